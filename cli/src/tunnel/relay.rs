//! Moves bytes between a channel and a plain stream until both directions have ended.

use std::fmt;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use twinlock::channel::tokio::{Reader, RelayError, Writer};

use super::stream::Stream;
use crate::terminal::io_words;

/// How a relay ended, and what it moved.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Bytes from the channel to the plain stream.
    pub(super) received: u64,
    /// Bytes from the plain stream to the channel.
    pub(super) sent: u64,
    /// Why it ended other than by both sides' closes.
    pub(super) error: Option<RelayError>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes received, {} sent, ", self.received, self.sent)?;
        match &self.error {
            None => f.write_str("closed by both sides"),
            Some(RelayError::Channel(error)) => write!(f, "channel: {}", io_words(error)),
            Some(RelayError::Plain(error)) => write!(f, "plain side: {}", io_words(error)),
        }
    }
}

/// Relays. Each direction ends by itself: FIN becomes an authenticated close, and that becomes FIN. Whatever
/// else ends one direction ends both: the plain side is reset then, and the channel is left without a close,
/// so that neither takes it for a clean end.
pub(super) async fn relay<R, W>(reader: &mut Reader<R>, writer: &mut Writer<W>, plain: &mut Stream) -> Outcome
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut outcome = Outcome::default();
    // Armed first: it also holds when this process is killed.
    if let Err(error) = plain.reset_on_drop(true) {
        outcome.error = Some(RelayError::Plain(error));
        return outcome;
    }
    let Outcome { received, sent, .. } = &mut outcome;
    let (mut plain_reader, mut plain_writer) = plain.split();
    let inward = async {
        while let Some(content) = reader.next().await.map_err(RelayError::Channel)? {
            plain_writer.write_all(content).await.map_err(RelayError::Plain)?;
            *received = received.saturating_add(u64::try_from(content.len()).unwrap_or_default());
        }
        plain_writer.shutdown().await.map_err(RelayError::Plain)
    };
    let outward = async {
        loop {
            match writer.relay_from(&mut plain_reader).await? {
                0 => return writer.shutdown().await.map_err(RelayError::Channel),
                len => *sent = sent.saturating_add(u64::try_from(len).unwrap_or_default()),
            }
        }
    };
    // Inward first: what the peer said last explains why writing to it fails.
    let ended = tokio::try_join!(inward, outward);
    drop((plain_reader, plain_writer));
    outcome.error = ended.err().or_else(|| plain.reset_on_drop(false).err().map(RelayError::Plain));
    outcome
}
