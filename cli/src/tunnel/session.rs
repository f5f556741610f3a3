//! One connection through a tunnel, from its first byte to its last.

use std::{fmt, sync::Arc, time::Instant};

use tokio::io::{AsyncRead, AsyncWrite};
use twinlock::{
    channel::{
        HandshakeFailure,
        tokio::{Channel, accept, connect},
    },
    handshake::{self, Config, Peer, Peers},
};

use super::{
    half_open::HalfOpen,
    relay::relay,
    stream::{Stream, unreachable_words},
};
use crate::{
    address::Address,
    allow,
    terminal::{io_words, say},
};

/// What all sessions of a tunnel share.
#[derive(Debug)]
pub(super) struct Tunnel {
    config: Config,
    role: Role,
    to: Address,
    half_open: HalfOpen,
}

/// Which side of the channel this is.
#[derive(Debug)]
pub(super) enum Role {
    /// Channels come in, the plain service is at `to`.
    Server(Arc<Peers>),
    /// Plain connections come in, the server is at `to`.
    Client(Box<Peer>),
}

/// A connection that was accepted.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) number: u64,
    pub(super) from: String,
    pub(super) stream: Stream,
}

impl Tunnel {
    pub(super) fn new(config: Config, role: Role, to: Address) -> Self {
        Self { config, role, to, half_open: HalfOpen::new() }
    }

    /// Serves one connection to its end. What happens goes to the log.
    pub(super) async fn serve(&self, incoming: Incoming) {
        match &self.role {
            Role::Server(peers) => self.serve_channel(peers, incoming).await,
            Role::Client(peer) => self.serve_plain(peer, incoming).await,
        }
    }

    async fn serve_channel(&self, peers: &Arc<Peers>, Incoming { number, from, mut stream }: Incoming) {
        let (reader, writer) = stream.split();
        let handshake = accept(reader, writer, &self.config, peers.clone());
        let Some(accepted) = self.half_open.run(number, host(&from), handshake).await else {
            return say(format_args!("dropped {from}: too many handshakes at once, and this was the oldest"));
        };
        match accepted {
            Err(HandshakeFailure::Handshake(handshake::Error::Refused)) => say(format_args!("{from} refused us")),
            Err(HandshakeFailure::Handshake(error)) => {
                let words = allow::refusal(&error, peers, &self.config.service);
                say(format_args!("refused {from}: {}", words.unwrap_or_else(|| error.to_string())));
            }
            Err(failure) => say(format_args!("no handshake with {from}: {}", words(&failure))),
            // Only now: who is not let in does not even reach the service.
            Ok(channel) => match Stream::connect(&self.to).await {
                Err(error) => {
                    say(unreachable_words(&format!("session {number} from {from}: service"), &self.to, &error))
                }
                Ok(mut service) => session(number, &from, channel, &mut service).await,
            },
        }
    }

    async fn serve_plain(&self, peer: &Peer, Incoming { number, from, stream: mut plain }: Incoming) {
        // Until the channel is there, there is nothing that could end cleanly.
        if let Err(error) = plain.reset_on_drop(true) {
            return say(format_args!("{from}: {}", io_words(&error)));
        }
        let mut server = match Stream::connect(&self.to).await {
            Ok(server) => server,
            Err(error) => return say(unreachable_words(&format!("{from}: server"), &self.to, &error)),
        };
        let (reader, writer) = server.split();
        match connect(reader, writer, &self.config, peer).await {
            Err(failure) => say(format_args!("{from}: no channel to {}: {}", self.to, words(&failure))),
            Ok(channel) => session(number, &from, channel, &mut plain).await,
        }
    }
}

impl fmt::Display for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, to, .. } = self;
        write!(f, "service {} at {to}, our key is {}", config.service, config.identity.id())
    }
}

/// The address without its port; all clients of a Unix socket are one.
fn host(from: &str) -> &str {
    from.rsplit_once(':').map_or(from, |(host, _)| host)
}

fn words(failure: &HandshakeFailure) -> String {
    match failure {
        HandshakeFailure::Io(error) => io_words(error),
        other => other.to_string(),
    }
}

async fn session<R, W>(number: u64, from: &str, channel: Channel<R, W>, plain: &mut Stream)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (info, mut reader, mut writer) = channel.split();
    let [m1, m2, m3] = info.message_bytes;
    say(format_args!(
        "session {number} begins: {from}, peer {} {}, service {}, {}, handshake {m1} + {m2} + {m3} bytes",
        info.peer_name,
        info.peer.short(),
        info.service,
        info.suite.name(),
    ));
    drop(info);
    let begin = Instant::now();
    let outcome = relay(&mut reader, &mut writer, plain).await;
    say(format_args!("session {number} ends: {outcome}, {:.3} s", begin.elapsed().as_secs_f64()));
}
