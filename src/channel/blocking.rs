//! The adapter for blocking streams: `std::io::{Read, Write}`.
//!
//! ```no_run
//! use std::{io::{Read as _, Write as _}, net::TcpStream};
//! use twinlock::{channel::blocking, handshake::{Config, Peer}};
//!
//! # fn run(config: &Config, peer: &Peer) -> Result<(), Box<dyn std::error::Error>> {
//! let stream = TcpStream::connect("127.0.0.1:9000")?;
//! let mut channel = blocking::connect(stream, config, peer)?;
//! channel.write_all(b"hello")?;
//! channel.close()?; // our direction ends, authenticated
//! let mut answer = Vec::new();
//! channel.read_to_end(&mut answer)?; // an error if the stream was cut
//! # Ok(())
//! # }
//! ```

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
    vec::Vec,
};

use super::{
    HandshakeFailure, Info,
    adapter::{Frames, Inbound, Inbox, Outbox},
};
use crate::{
    handshake::{self, Config, Machine, Peer, Peers, Progress},
    ids::protocol::HANDSHAKE_SECONDS,
    provider::SystemRng,
};

/// A stream that can be given a deadline, be used from two threads, and end in one direction.
pub trait Transport: Read + Write + Sized {
    /// Bounds each read and write that follows; `None` takes the bound away.
    ///
    /// # Errors
    /// Those of the system.
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// A second handle on the same stream.
    ///
    /// # Errors
    /// Those of the system.
    fn try_clone(&self) -> io::Result<Self>;

    /// Ends our direction (FIN).
    ///
    /// # Errors
    /// Those of the system.
    fn shutdown_write(&self) -> io::Result<()>;
}

macro_rules! transport {
    ($stream:ty) => {
        impl Transport for $stream {
            fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.set_read_timeout(timeout)?;
                self.set_write_timeout(timeout)
            }

            fn try_clone(&self) -> io::Result<Self> {
                <$stream>::try_clone(self)
            }

            fn shutdown_write(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }
        }
    };
}

transport!(TcpStream);
#[cfg(unix)]
transport!(std::os::unix::net::UnixStream);

/// A channel over a blocking stream.
#[derive(Debug)]
pub struct Channel<S> {
    info: Info,
    reader: Reader<S>,
    writer: Writer<S>,
}

/// Runs the initiator's handshake, ten seconds at the most.
///
/// A responder that refuses us says so only after this returns: the first read then fails with
/// [`Error::Refused`](super::Error::Refused).
///
/// # Errors
/// Those of the handshake and of the stream; the deadline.
pub fn connect<S: Transport>(stream: S, config: &Config, peer: &Peer) -> Result<Channel<S>, HandshakeFailure> {
    let (machine, m1) = Machine::initiator(config, peer, &mut SystemRng)?;
    run(stream, machine, m1)
}

/// Runs the responder's handshake, ten seconds at the most.
///
/// # Errors
/// Those of the handshake and of the stream; the deadline.
pub fn accept<S: Transport>(stream: S, config: &Config, peers: Arc<Peers>) -> Result<Channel<S>, HandshakeFailure> {
    run(stream, Machine::responder(config, peers)?, Vec::new())
}

fn run<S: Transport>(mut stream: S, mut machine: Machine, first: Vec<u8>) -> Result<Channel<S>, HandshakeFailure> {
    let deadline = Instant::now().checked_add(Duration::from_secs(HANDSHAKE_SECONDS));
    let bound = |stream: &S| match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
        Some(left) if left.is_zero() => Err(HandshakeFailure::Deadline),
        left => Ok(stream.set_timeout(left)?),
    };
    let mut sizes = Vec::with_capacity(3);
    let mut send = first;
    let mut frames = Frames::default();
    loop {
        if !send.is_empty() {
            sizes.push(send.len());
            bound(&stream)?;
            stream.write_all(&send)?;
        }
        let frame = loop {
            match frames.next(Some(machine.awaits())) {
                Ok(frame) => break frame,
                Err(missing) => {
                    // A drip of bytes must not renew the deadline, so each read gets what is left of it.
                    bound(&stream)?;
                    match stream.read(frames.room(missing)) {
                        Ok(0) => return Err(HandshakeFailure::Closed),
                        Ok(len) => frames.filled(len),
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        };
        sizes.push(frame.len());
        match machine.read(frames.bytes(frame), &mut SystemRng) {
            Ok(Progress::Continue(next, bytes)) => (machine, send) = (next, bytes),
            Ok(Progress::Done(established, last)) => {
                if !last.is_empty() {
                    sizes.push(last.len());
                    bound(&stream)?;
                    stream.write_all(&last)?;
                }
                stream.set_timeout(None)?;
                let sizes = sizes.try_into().map_err(|_| handshake::Error::Config)?;
                let (info, inbox, outbox) = Info::split(*established, sizes, frames)?;
                let reader = Reader { stream: stream.try_clone()?, inbox };
                let writer = Writer { stream, outbox, pending: Vec::new() };
                return Ok(Channel { info, reader, writer });
            }
            Err(failure) => {
                // The handshake has failed already; whether its alert arrives changes nothing.
                let _ = stream.write_all(&failure.alert);
                return Err(failure.error.into());
            }
        }
    }
}

impl<S: Transport> Channel<S> {
    /// What was negotiated.
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// Ends our direction: an authenticated close, then FIN. The other direction goes on.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn close(&mut self) -> io::Result<()> {
        self.writer.close()
    }

    /// One half for each direction, for two threads.
    pub fn split(self) -> (Info, Reader<S>, Writer<S>) {
        (self.info, self.reader, self.writer)
    }
}

impl<S: Transport> Read for Channel<S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.reader.read(out)
    }
}

impl<S: Transport> Write for Channel<S> {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        self.writer.write(content)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The receiving half.
#[derive(Debug)]
pub struct Reader<S> {
    stream: S,
    inbox: Inbox,
}

impl<S: Read> Read for Reader<S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inbox.poll()? {
                Inbound::Closed => return Ok(0),
                Inbound::Data => {
                    let content = self.inbox.content();
                    let len = content.len().min(out.len());
                    if let Some((to, from)) = out.get_mut(..len).zip(content.get(..len)) {
                        to.copy_from_slice(from);
                    }
                    self.inbox.taken(len);
                    return Ok(len);
                }
                Inbound::Missing(missing) => match self.stream.read(self.inbox.frames.room(missing)) {
                    Ok(0) => {
                        self.inbox.end()?;
                        return Ok(0);
                    }
                    Ok(len) => self.inbox.frames.filled(len),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                },
            }
        }
    }
}

/// What one `write` seals at the most, so that its memory is bounded.
const MAX_WRITE: usize = 1 << 20;

/// The sending half. Dropped without [`close`](Writer::close), it leaves the peer a cut stream, which the
/// peer reports as such.
#[derive(Debug)]
pub struct Writer<S> {
    stream: S,
    outbox: Outbox,
    /// Sealed bytes, empty between calls.
    pending: Vec<u8>,
}

impl<S: Transport> Writer<S> {
    /// Ends our direction: an authenticated close, then FIN.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn close(&mut self) -> io::Result<()> {
        self.pending.clear();
        self.outbox.seal.close(&mut self.pending)?;
        self.stream.write_all(&self.pending)?;
        self.stream.shutdown_write()
    }
}

impl<S: Write> Write for Writer<S> {
    /// Seals and sends `content`, one megabyte at the most, in as many records as it needs.
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        let content = content.get(..MAX_WRITE).unwrap_or(content);
        self.pending.clear();
        self.outbox.refresh(&mut self.pending)?;
        self.outbox.seal.seal_all(content, &mut self.pending)?;
        // A record that went out in part would desynchronise the peer: send it whole or fail for good.
        match self.stream.write_all(&self.pending) {
            Ok(()) => Ok(content.len()),
            Err(error) => {
                self.outbox.seal.kill();
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
