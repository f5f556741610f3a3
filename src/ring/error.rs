//! Why a ring was not read or not changed, or a key of it not used.

use alloc::string::String;
use core::fmt;

use super::{Name, Use};
use crate::{
    certificate::Time,
    ids::{
        KeyKind,
        ring::{
            FORMAT, MAX_ENTRIES, MAX_GENERATIONS, MAX_MANIFEST_LEN, MAX_NAME_LEN, MAX_REASON_LEN, Purpose, RESERVED,
        },
    },
    keys::{self, KeyId},
};

/// The error of key rings, sorted by who is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // Bad bytes.
    /// It does not begin or end as a manifest does.
    NotAManifest,
    /// A manifest of a version that this one does not know.
    UnknownVersion,
    /// More bytes than a manifest may have.
    TooLong(usize),
    /// The manifest is signed with another key.
    WrongKey {
        /// The key given.
        expected: KeyId,
        /// The key that the manifest names.
        found: KeyId,
    },
    /// The manifest's signature does not verify.
    Signature,
    /// Signed, but not what a manifest says; what is wrong is told.
    Content(&'static str),
    /// The note of a change is malformed.
    Change,
    // The caller.
    /// Not a name of an entry.
    Name,
    /// A name that begins as the ring's own files do.
    ReservedName,
    /// Not a reason of a revocation.
    Reason,
    /// A key that does not sign manifests.
    ManifestKey(KeyKind),
    /// The name is taken.
    Exists(Name),
    /// No entry has that name.
    NoEntry(Name),
    /// The entry has no generation of that number.
    NoGeneration(u32),
    /// Nothing is left to revoke.
    AlreadyRevoked,
    /// A key that an entry of that purpose does not have.
    Kind {
        /// The purpose.
        purpose: Purpose,
        /// The key.
        kind: KeyKind,
    },
    /// More keys, or fewer, than an entry of that purpose has.
    Keys(Purpose),
    /// The most entries are there already.
    TooManyEntries,
    /// The most generations are there already.
    TooManyGenerations,
    /// No sequence number is left.
    Sequence,
    // A key that is not to be used.
    /// The entry is for something else.
    Purpose {
        /// What it is for.
        purpose: Purpose,
        /// What it was to be used for.
        wanted: Use,
    },
    /// The newest generation is revoked.
    Revoked {
        /// Its number.
        generation: u32,
        /// When.
        since: Time,
        /// Why.
        reason: String,
    },
    /// The newest generation is expired.
    Expired {
        /// Its number.
        generation: u32,
        /// Its last second.
        until: Time,
    },
    /// The newest generation is not valid yet, or the clock is wrong.
    NotYet {
        /// Its number.
        generation: u32,
        /// Its first second.
        from: Time,
    },
    // Beneath.
    /// A primitive or a generator failed.
    Crypto(crate::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAManifest => f.write_str("not the manifest of a key ring, or cut"),
            Self::UnknownVersion => write!(f, "a manifest of another version than {FORMAT}"),
            Self::TooLong(len) => write!(f, "a manifest of {len} bytes; the most are {MAX_MANIFEST_LEN}"),
            Self::WrongKey { expected, found } => write!(f, "the manifest is signed with {found}, not with {expected}"),
            Self::Signature => f.write_str("the manifest's signature does not verify: it was changed"),
            Self::Content(what) => write!(f, "the manifest has {what}"),
            Self::Change => f.write_str("not the note of a change of a key ring"),
            Self::Name => write!(
                f,
                "a name has 1 to {MAX_NAME_LEN} characters, small letters, digits, \"-\", \"_\" and \".\", \
                 and begins with a letter or a digit"
            ),
            Self::ReservedName => write!(f, "a name does not begin with \"{RESERVED}\""),
            Self::Reason => {
                write!(f, "a reason has 1 to {MAX_REASON_LEN} bytes of UTF-8 without control characters")
            }
            Self::ManifestKey(kind) => write!(f, "{} does not sign manifests", kind.name()),
            Self::Exists(name) => write!(f, "{name} is in the ring already"),
            Self::NoEntry(name) => write!(f, "no entry {name} is in the ring"),
            Self::NoGeneration(number) => write!(f, "has no generation {number}"),
            Self::AlreadyRevoked => f.write_str("is revoked already"),
            Self::Kind { purpose, kind } => write!(f, "{} is not for the purpose {}", kind.name(), purpose.name()),
            Self::Keys(purpose) => {
                write!(f, "an entry for {} has {} key(s)", purpose.name(), purpose.roles().len())
            }
            Self::TooManyEntries => write!(f, "a ring has {MAX_ENTRIES} entries at most"),
            Self::TooManyGenerations => write!(f, "an entry has {MAX_GENERATIONS} generations at most"),
            Self::Sequence => f.write_str("the ring has no sequence number left"),
            Self::Purpose { purpose, wanted } => write!(f, "is for {}, not for {wanted}", purpose.name()),
            Self::Revoked { generation, since, reason } => {
                write!(f, "generation {generation} was revoked at {since}: {reason}")
            }
            Self::Expired { generation, until } => write!(f, "generation {generation} expired at {until}"),
            Self::NotYet { generation, from } => {
                write!(f, "generation {generation} is valid from {from} on; is the clock right?")
            }
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        match error {
            crate::Error::Rejected => Self::Signature,
            other => Self::Crypto(other),
        }
    }
}

/// A key of a known kind does not become a verifying key or an id only if a primitive fails.
pub(super) fn from_keys(error: keys::Error) -> Error {
    match error {
        keys::Error::Crypto(error) => error.into(),
        _ => Error::Crypto(crate::Error::Library("manifest key")),
    }
}
