//! Why a handshake failed.

use core::fmt;

use crate::{codec, ids::protocol::FrameType, keys::KeyId};

/// The error of a handshake, sorted by who is at fault. It is for the local log: the peer sees one alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // Bad bytes.
    /// A message is cut short or has bytes left over.
    Malformed(codec::Error),
    /// A frame type that this version does not know.
    UnknownFrame(u8),
    /// A frame that does not belong here.
    UnexpectedFrame {
        /// What this state waits for.
        expected: FrameType,
        /// What came.
        found: FrameType,
    },
    /// An inner message that does not belong here.
    UnexpectedMessage {
        /// The type that this place needs.
        expected: u8,
    },
    /// A frame whose header tells more bytes than its type may have.
    TooLarge {
        /// Its type.
        frame: FrameType,
        /// The limit in bytes.
        limit: usize,
    },
    /// A field or a flag that must be empty in this version.
    Reserved,
    /// A list that is empty, odd, or names a value twice.
    List,
    /// Parameters out of their limits.
    Parameters,
    /// A key that is malformed: the peer's encapsulation key, ciphertext, or identity.
    BadKey,
    // The peer.
    /// KEM, MAC and signature failures, which look the same.
    Unauthenticated,
    /// The peer's key is not among the allowed.
    UnknownPeer(KeyId),
    /// The peer is known but may not use this service.
    NotAllowed(KeyId),
    /// The peer is known but asked for another service than the one here.
    OtherService(KeyId),
    /// The responder is not the one expected.
    WrongResponder {
        /// The pinned key.
        expected: KeyId,
        /// The key that came.
        found: KeyId,
    },
    /// The peer refused; its log says why.
    Refused,
    // No common ground.
    /// No version of the initiator's is ours.
    NoCommonVersion,
    /// No suite of the initiator's is ours.
    NoCommonSuite,
    /// The peer accepts, or sends, no form of identity that this version has.
    NoCommonIdentityForm,
    // The caller.
    /// No suite of the configuration fits its identity's signature algorithm.
    NoUsableSuite,
    /// A limit or a service name of the configuration is out of range.
    Config,
    /// A primitive failed for a reason that is not the peer's.
    Crypto(crate::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed handshake message: {error}"),
            Self::UnknownFrame(frame) => {
                write!(f, "unknown frame type 0x{frame:02x}: the peer does not speak Twinlock/1")
            }
            Self::UnexpectedFrame { expected, found } => write!(f, "expected {expected}, got {found}"),
            Self::UnexpectedMessage { expected } => write!(f, "expected inner message 0x{expected:02x}"),
            Self::TooLarge { frame, limit } => write!(f, "{frame} is over its limit of {limit} bytes"),
            Self::Reserved => f.write_str("a reserved field is not empty"),
            Self::List => f.write_str("a list is empty, odd, or names a value twice"),
            Self::Parameters => f.write_str("parameters are out of range"),
            Self::BadKey => f.write_str("a key or ciphertext of the peer is malformed"),
            Self::Unauthenticated => f.write_str("the peer could not be authenticated"),
            Self::UnknownPeer(id) => write!(f, "unknown peer {id}"),
            Self::OtherService(id) => write!(f, "peer {id} asked for another service than the one here"),
            Self::NotAllowed(id) => write!(f, "peer {id} may not use this service"),
            Self::WrongResponder { expected, found } => {
                write!(f, "the responder is {found}, expected {expected}")
            }
            Self::Refused => f.write_str("refused by the peer"),
            Self::NoCommonVersion => f.write_str("no protocol version in common"),
            Self::NoCommonSuite => f.write_str("no suite in common"),
            Self::NoCommonIdentityForm => f.write_str("no form of identity in common"),
            Self::NoUsableSuite => f.write_str("no configured suite fits the identity's signature algorithm"),
            Self::Config => f.write_str("a limit or the service name is out of range"),
            Self::Crypto(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for Error {}

impl From<codec::Error> for Error {
    fn from(error: codec::Error) -> Self {
        Self::Malformed(error)
    }
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Crypto(error)
    }
}

impl fmt::Display for FrameType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InitiatorHello => "M1",
            Self::ResponderHello => "M2",
            Self::InitiatorFinish => "M3",
            Self::Alert => "an alert",
            Self::Refusal => "a refusal",
            Self::Record => "a record",
        })
    }
}
