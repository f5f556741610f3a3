//! TCP and Unix sockets under one type.

use std::{
    fs, io,
    os::unix::fs::FileTypeExt as _,
    os::unix::net as unix,
    path::{Path, PathBuf},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    time::timeout,
};

use crate::{address::Address, terminal::io_words};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// Silence after which a TCP peer is asked whether it is still there, and how often then. A machine that
/// vanished is found out within three minutes, where Linux itself takes two hours.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(12));

/// A half that reads.
pub(super) type ReadHalf<'a> = Box<dyn AsyncRead + Send + Unpin + 'a>;
/// A half that writes. Dropping it leaves the stream as it is.
pub(super) type WriteHalf<'a> = Box<dyn AsyncWrite + Send + Unpin + 'a>;

/// A connection.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Connects, ten seconds at the most.
    pub(super) async fn connect(to: &Address) -> io::Result<Self> {
        let connect = async {
            Ok(match to {
                Address::Tcp(address) => Self::Tcp(tcp(TcpStream::connect(address).await?)?),
                Address::Unix(path) => Self::Unix(UnixStream::connect(path).await?),
            })
        };
        timeout(CONNECT, connect).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Both directions.
    pub(super) fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        match self {
            Self::Tcp(stream) => {
                let (reader, writer) = stream.split();
                (Box::new(reader), Box::new(writer))
            }
            Self::Unix(stream) => {
                let (reader, writer) = stream.split();
                (Box::new(reader), Box::new(writer))
            }
        }
    }

    /// Whether dropping it, or the death of this process, resets the connection instead of ending it as if
    /// all were said. A Unix socket knows no reset: its end is always the same.
    pub(super) fn reset_on_drop(&self, reset: bool) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => SockRef::from(stream).set_linger(reset.then_some(Duration::ZERO)),
            Self::Unix(_) => Ok(()),
        }
    }
}

/// Small messages leave at once, and a vanished peer is noticed.
fn tcp(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE)?;
    Ok(stream)
}

/// A connection on its way from the thread that accepts to the one that serves it.
#[derive(Debug)]
pub(super) enum Accepted {
    Tcp(std::net::TcpStream),
    Unix(unix::UnixStream),
}

impl Accepted {
    /// Joins the runtime of the calling thread.
    pub(super) fn join(self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(stream) => Stream::Tcp(tcp(TcpStream::from_std(stream)?)?),
            Self::Unix(stream) => Stream::Unix(UnixStream::from_std(stream)?),
        })
    }
}

/// A socket that listens. A Unix socket's file goes with it.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Listens. The file of a Unix socket that nobody listens on any more is replaced.
    pub(super) async fn bind(address: &Address) -> io::Result<Self> {
        Ok(match address {
            Address::Tcp(address) => Self::Tcp(TcpListener::bind(address).await?),
            Address::Unix(path) => {
                if is_left_over(path) {
                    fs::remove_file(path)?;
                }
                Self::Unix(UnixListener::bind(path)?, path.clone())
            }
        })
    }

    /// Where, with the port that the system chose for port 0.
    pub(super) fn address(&self) -> io::Result<Address> {
        Ok(match self {
            Self::Tcp(listener) => Address::Tcp(listener.local_addr()?.to_string()),
            Self::Unix(_, path) => Address::Unix(path.clone()),
        })
    }

    /// The next connection, and from where it comes.
    pub(super) async fn accept(&self) -> io::Result<(Accepted, String)> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                (Accepted::Tcp(stream.into_std()?), from.to_string())
            }
            Self::Unix(listener, path) => {
                let (stream, _) = listener.accept().await?;
                (Accepted::Unix(stream.into_std()?), format!("unix:{}", path.display()))
            }
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Gone already is as good.
            let _ = fs::remove_file(path);
        }
    }
}

fn is_left_over(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket())
        && unix::UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// A failure to reach an address, in one line.
pub(super) fn unreachable_words(what: &str, address: &Address, error: &io::Error) -> String {
    format!("{what} at {address}: {}", io_words(error))
}
