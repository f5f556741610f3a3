//! `twinlock connect`: one peer, as `nc` has one.

use std::{
    io,
    net::{TcpStream, ToSocketAddrs as _},
    os::unix::net::UnixStream,
    time::Duration,
};

use twinlock::{
    channel::blocking::{self, Transport},
    handshake::{Config, Peer},
    ids::protocol::HANDSHAKE_SECONDS,
};

use crate::{
    address::Address,
    args::Connect,
    error::Error,
    files, pipe,
    terminal::{io_words, say},
};

pub(crate) fn run(args: &Connect) -> Result<(), Error> {
    let provider = args.ours.provider.provider;
    let identity = files::identity(&args.ours)?;
    let peer = files::peer(&args.peer, &args.service.service, provider)?;
    let config = Config::new(provider, identity, &args.service.service);
    let failed = |error: io::Error| {
        let words = Error::failed(format_args!("connect to {}: {}", args.to, io_words(&error)));
        match error.kind() {
            io::ErrorKind::ConnectionRefused => words.hint("does the peer listen, and is this its port?"),
            _ => words,
        }
    };
    match &args.to {
        Address::Tcp(address) => talk(dial(address).map_err(failed)?, &args.to, &config, &peer),
        Address::Unix(path) => talk(UnixStream::connect(path).map_err(failed)?, &args.to, &config, &peer),
    }
}

/// Tries the addresses of a host in turn; gives the last one's error.
fn dial(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, Duration::from_secs(HANDSHAKE_SECONDS)) {
            Ok(stream) => return stream.set_nodelay(true).map(|()| stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn talk<S: Transport + Send + 'static>(stream: S, to: &Address, config: &Config, peer: &Peer) -> Result<(), Error> {
    let channel = blocking::connect(stream, config, peer).map_err(|failure| Error::from(failure).about(to))?;
    say(format_args!("connected to {to}: {}", pipe::describe(channel.info())));
    pipe::run(channel)
}
