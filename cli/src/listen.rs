//! `twinlock listen`: one peer, as `nc -l` has one.

use std::{fmt::Display, fs, io, net::TcpListener, os::unix::net::UnixListener, sync::Arc};

use twinlock::{
    channel::blocking::{self, Transport},
    handshake::{Config, Peers},
};

use crate::{
    address::Address,
    allow,
    args::Listen,
    error::Error,
    files, pipe,
    terminal::{io_words, say},
};

pub(crate) fn run(args: &Listen) -> Result<(), Error> {
    let provider = args.ours.provider.provider;
    let identity = files::identity(&args.ours)?;
    let peers = allow::load(&args.allow, provider)?;
    let config = Config::new(provider, identity, &args.service.service);
    let failed = |error: io::Error| {
        let words = Error::failed(format_args!("listen on {}: {}", args.listen, io_words(&error)));
        match (&args.listen, error.kind()) {
            (Address::Unix(_), io::ErrorKind::AddrInUse) => words.hint("remove the socket if nobody listens on it"),
            _ => words,
        }
    };
    match &args.listen {
        Address::Tcp(address) => {
            let listener = TcpListener::bind(address).map_err(failed)?;
            say(format_args!("listening on {}", listener.local_addr().map_err(failed)?));
            let (stream, from) = listener.accept().map_err(failed)?;
            drop(listener); // whoever comes second is told so by the system
            stream.set_nodelay(true).map_err(failed)?;
            serve(stream, from, &config, peers)
        }
        Address::Unix(path) => {
            let listener = UnixListener::bind(path).map_err(failed)?;
            say(format_args!("listening on {}", args.listen));
            let accepted = listener.accept();
            // The connection lives on without its name.
            let _ = fs::remove_file(path);
            serve(accepted.map_err(failed)?.0, &args.listen, &config, peers)
        }
    }
}

fn serve<S: Transport + Send + 'static>(
    stream: S,
    from: impl Display,
    config: &Config,
    peers: Arc<Peers>,
) -> Result<(), Error> {
    let channel = blocking::accept(stream, config, peers.clone())
        .map_err(|failure| allow::refused(failure, &from, &peers, &config.service))?;
    say(format_args!("connection from {from}: {}", pipe::describe(channel.info())));
    pipe::run(channel)
}
