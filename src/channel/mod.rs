//! The channel of Twinlock/1: records in both directions after a [handshake].
//!
//! [`halves`] turns an [`Established`] into a [`SealHalf`], an [`OpenHalf`] and an [`Exporter`], which do no
//! I/O. The adapters over them: [`blocking`] for `std::io`, [`mod@tokio`] for tokio.
//!
//! Each direction ends by itself with an authenticated close. A stream that ends without one was cut:
//! [`Error::Truncated`].

use core::fmt;

use crate::{
    handshake::{self, Established},
    ids::protocol::{SUITE_HASH, SUITE_HASH_LEN, label},
    provider::Provider,
    secret::{ChainSecret, ExportedSecret},
};

#[cfg(feature = "std")]
mod adapter;
#[cfg(feature = "std")]
pub mod blocking;
mod record;
#[cfg(feature = "tokio")]
pub mod tokio;

#[cfg(feature = "std")]
pub use adapter::{HandshakeFailure, Info};
pub use record::{OpenHalf, Opened, SealHalf};

/// The error of a channel, sorted by who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // Bad bytes.
    /// A frame that is malformed, too large, or out of place.
    Frame(handshake::Error),
    /// A record whose tag does not verify: changed, reordered, repeated or dropped on the way.
    Rejected,
    /// An inner type that this version does not know, or a record of padding only.
    UnknownRecord,
    /// The stream ended without an authenticated close.
    Truncated,
    /// A record after the authenticated close.
    AfterClose,
    // The peer.
    /// The responder refused M3; its log says why.
    Refused,
    /// The peer sealed more under one key than the protocol allows.
    PeerOverLimit,
    // The caller.
    /// More content than one record to this peer may carry.
    TooLong,
    /// The key has sealed all that it may: rekey first.
    KeyExhausted,
    /// This half failed before or is closed.
    Dead,
    /// A primitive failed for a reason that is not the peer's.
    Crypto(crate::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(error) => write!(f, "{error}"),
            Self::Rejected => f.write_str("a record does not verify"),
            Self::UnknownRecord => f.write_str("a record of unknown kind"),
            Self::Truncated => f.write_str("the stream was cut: it ended without an authenticated close"),
            Self::AfterClose => f.write_str("a record after the authenticated close"),
            Self::Refused => f.write_str("refused by the responder"),
            Self::PeerOverLimit => f.write_str("the peer sealed too much under one key"),
            Self::TooLong => f.write_str("more content than one record may carry"),
            Self::KeyExhausted => f.write_str("the key has sealed all that it may"),
            Self::Dead => f.write_str("the channel is closed or has failed"),
            Self::Crypto(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for Error {}

impl From<handshake::Error> for Error {
    fn from(error: handshake::Error) -> Self {
        Self::Frame(error)
    }
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Crypto(error)
    }
}

/// Takes a finished handshake apart.
///
/// # Errors
/// Those of the provider.
pub fn halves(established: Established) -> Result<(SealHalf, OpenHalf, Exporter), Error> {
    let Established { provider, suite, send_limit, receive_limit, send, receive, exporter, refusal, .. } = established;
    let seal = SealHalf::new(provider, suite.aead(), send, send_limit)?;
    let open = OpenHalf::new(provider, suite.aead(), receive, receive_limit, refusal)?;
    Ok((seal, open, Exporter { provider, secret: exporter }))
}

/// Keys and ids bound to this channel, the same on both sides.
pub struct Exporter {
    provider: &'static Provider,
    secret: ChainSecret,
}

impl Exporter {
    /// `len` bytes for `label` and `context`, independent of all other exports.
    ///
    /// # Errors
    /// [`crate::Error::TooLong`] over 12,240 bytes.
    pub fn export(&self, label: &str, context: &[u8], len: usize) -> Result<ExportedSecret, crate::Error> {
        let label_len = u64::try_from(label.len()).map_err(|_| crate::Error::TooLong)?.to_be_bytes();
        let mut hash = [0; SUITE_HASH_LEN];
        self.provider.hash.digest(SUITE_HASH, &[&label_len, label.as_bytes(), context], &mut hash);
        ExportedSecret::build(len, |out| {
            handshake::schedule::expand(self.provider, &self.secret, label::EXPORT, &hash, out)
        })
    }

    /// A name of this channel that no other has, to bind a logon to it. Not secret.
    ///
    /// # Errors
    /// Those of the provider.
    pub fn channel_id(&self) -> Result<[u8; 32], crate::Error> {
        let mut id = [0; 32];
        handshake::schedule::expand(self.provider, &self.secret, label::CHANNEL_ID, &[], &mut id)?;
        Ok(id)
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter([redacted])")
    }
}
