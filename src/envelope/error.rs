//! Why an envelope was not sealed or opened.

use core::fmt;

use crate::{
    ids::{KeyKind, envelope::MAX_RECIPIENTS},
    keys::KeyId,
};

/// The error of envelopes, sorted by who is at fault.
///
/// What touches a secret fails in one wordless way for each part: [`Error::Header`], [`Error::Chunk`],
/// [`Error::Signature`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // Bad bytes.
    /// It does not begin as an envelope does.
    NotAnEnvelope,
    /// It does not begin as an age file does.
    NotAge,
    /// The header of an age file is malformed, or longer than any that is read.
    AgeHeader,
    /// Text that is not age's of an X-Wing key.
    AgeKey,
    /// An envelope of a version that this one does not know.
    UnknownVersion,
    /// A suite that this version does not know.
    UnknownSuite(u16),
    /// A signature algorithm that this version does not know.
    UnknownSignature(u16),
    /// No recipient, or more than allowed.
    Count(u16),
    /// The recipients are not in ascending order of their ids, or one is named twice.
    Order,
    /// The envelope ends inside its header.
    CutHeader,
    /// The envelope ends where no envelope can end.
    Cut,
    /// The sealed public key of the sender is not one of the algorithm that the header names.
    BadSender,
    // The peer.
    /// The key is not among the recipients.
    NotForThisKey(KeyId),
    /// The wrapped key or the commitment does not verify.
    Header,
    /// A chunk does not verify; the first has number 0.
    Chunk(u64),
    /// Nobody signed, and a sender is expected.
    Unsigned,
    /// Somebody signed, and no sender is named to compare with.
    Signed,
    /// The sender is not the one expected.
    WrongSender {
        /// Who should have signed.
        expected: KeyId,
        /// Who says to have signed.
        found: KeyId,
    },
    /// The sender's signature does not verify.
    Signature,
    // The caller.
    /// No recipients, or too many.
    Recipients(usize),
    /// A recipient that is named twice.
    Twice(KeyId),
    /// A key that is not for sealing to.
    RecipientKind(KeyKind),
    /// A key that is not for signing envelopes.
    SenderKind(KeyKind),
    /// A job came back out of order, or after a failure.
    OutOfOrder,
    /// More content than one key may seal.
    TooLong,
    /// A primitive failed for a reason that is not the peer's.
    Crypto(crate::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEnvelope => f.write_str("not a Twinlock envelope"),
            Self::NotAge => f.write_str("not an age file"),
            Self::AgeHeader => f.write_str("the header of the age file is malformed"),
            Self::AgeKey => f.write_str("not a post-quantum key of age, age1pq1… or AGE-SECRET-KEY-PQ-1…"),
            Self::UnknownVersion => f.write_str("an envelope of a version that is not known here"),
            Self::UnknownSuite(code) => write!(f, "suite 0x{code:04x} of the envelope is not known here"),
            Self::UnknownSignature(code) => {
                write!(f, "signature algorithm 0x{code:04x} of the envelope is not known here")
            }
            Self::Count(count) => write!(f, "the envelope tells {count} recipients; 1 to {MAX_RECIPIENTS} are allowed"),
            Self::Order => f.write_str("the recipients of the envelope are out of order or named twice"),
            Self::CutHeader => f.write_str("the envelope ends inside its header"),
            Self::Cut => f.write_str("the envelope is cut short"),
            Self::BadSender => f.write_str("the sender's public key in the envelope is malformed"),
            Self::NotForThisKey(id) => write!(f, "the envelope is not for key {id}"),
            Self::Header => f.write_str("the header of the envelope does not verify: it was changed"),
            Self::Chunk(number) => {
                write!(f, "chunk {number} of the envelope does not verify: it was changed, cut, or has more behind it")
            }
            Self::Unsigned => f.write_str("nobody signed the envelope"),
            Self::Signed => f.write_str("the envelope is signed"),
            Self::WrongSender { expected, found } => write!(f, "the envelope is from {found}, expected {expected}"),
            Self::Signature => f.write_str("the sender's signature does not verify"),
            Self::Recipients(count) => write!(f, "{count} recipients; 1 to {MAX_RECIPIENTS} are allowed"),
            Self::Twice(id) => write!(f, "recipient {id} is named twice"),
            Self::RecipientKind(kind) => write!(f, "{} keys do not receive envelopes", kind.name()),
            Self::SenderKind(kind) => write!(f, "{} keys do not sign envelopes", kind.name()),
            Self::OutOfOrder => f.write_str("a chunk came out of order, or after a failure"),
            Self::TooLong => f.write_str("more content than one envelope may hold"),
            Self::Crypto(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for Error {}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Crypto(error)
    }
}
