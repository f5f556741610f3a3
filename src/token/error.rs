//! Why a token could not be used.

use alloc::{
    format,
    string::{String, ToString as _},
};
use core::fmt;

use cryptoki::error::{Error as Call, RvError};

use crate::{
    ids::{KeyKind, token::MODULE_PATH},
    keys,
};

/// Why a token or a key in it could not be used.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // The caller.
    /// No `pkcs11:` URI, or one without `=` where one must be.
    NotAUri,
    /// An attribute of the URI that is not known, or stands on the other side of `?`.
    UriAttribute(String),
    /// An attribute of the URI, and what is wrong with its value.
    UriValue(&'static str, &'static str),
    /// A PIN in the URI, where others can see it.
    UriPin,
    /// A URI that names no module.
    NoModule,
    /// A new key needs a label.
    NoLabel,
    // The module.
    /// It cannot be loaded, or is no PKCS#11 module; why.
    Module(String),
    // The token.
    /// No token matches.
    NoToken,
    /// More than one token matches; how many.
    ManyTokens(usize),
    /// The token was never given a PIN.
    NotReady,
    /// The PIN is wrong.
    WrongPin,
    /// The PIN is locked after too many wrong ones.
    Locked,
    /// One wrong PIN more would lock the token: it was not tried.
    LastTry,
    /// The token was removed, or has closed the session.
    Gone,
    /// The token lacks a mechanism; its name.
    Mechanism(String),
    /// The token does not make new keys for us: it is write-protected.
    ReadOnly,
    /// A call failed; the function and its answer.
    Call {
        /// The function of PKCS#11.
        function: String,
        /// What it answered.
        answer: String,
    },
    // The key.
    /// No key matches.
    NoKey,
    /// More than one key matches; how many.
    ManyKeys(usize),
    /// Objects of one id and label that are not one key of ours; their label.
    Mixed(String),
    /// A private key without its public key; its label.
    NoPublic(String),
    /// A key with that label or id is there.
    Exists,
    /// The key can be read out of the token, and was deleted.
    NotKept,
    /// A key of this kind cannot be used for that.
    WrongKind(KeyKind),
    /// The token gave a public key that is not valid.
    Public(keys::Error),
    /// A key does not do what it must.
    Crypto(crate::Error),
}

impl Error {
    /// What the answer of a call means.
    pub(super) fn of(call: Call) -> Self {
        match call {
            Call::Pkcs11(answer, function) => match answer {
                RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => Self::WrongPin,
                RvError::PinLocked => Self::Locked,
                RvError::UserPinNotInitialized => Self::NotReady,
                RvError::TokenWriteProtected => Self::ReadOnly,
                answer if is_gone(&answer) => Self::Gone,
                answer => Self::Call { function: function.to_string(), answer: format!("{answer:?}") },
            },
            Call::LibraryLoading(error) => Self::Module(error.to_string()),
            error => Self::Call { function: "the module".into(), answer: error.to_string() },
        }
    }
}

/// The same where the error must be without a heap.
pub(super) fn device(call: Call) -> crate::Error {
    crate::Error::Device(match call {
        Call::Pkcs11(answer, _) => match answer {
            answer if is_gone(&answer) => "the token was removed, or has closed the session",
            RvError::UserNotLoggedIn => "nobody is logged in to the token any more",
            RvError::KeyHandleInvalid | RvError::ObjectHandleInvalid => "the key is not in the token any more",
            RvError::MechanismInvalid | RvError::FunctionNotSupported => "the token lacks the mechanism",
            RvError::MechanismParamInvalid => "the token does not take this context, or this kind of hedging",
            RvError::KeyFunctionNotPermitted => "the token does not let this key do that",
            RvError::DataLenRange => "the message is too long for the token",
            _ => "the token could not do it",
        },
        Call::NullFunctionPointer => "the module lacks the function",
        _ => "the module gave a wrong answer",
    })
}

fn is_gone(answer: &RvError) -> bool {
    matches!(
        answer,
        RvError::DeviceRemoved
            | RvError::TokenNotPresent
            | RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::SlotIdInvalid
            | RvError::CryptokiNotInitialized
    )
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAUri => f.write_str("is not a pkcs11: URI of names and values"),
            Self::UriAttribute(name) => write!(f, "the URI has an attribute that is not known there: {name}"),
            Self::UriValue(name, what) => write!(f, "{name} in the URI {what}"),
            Self::UriPin => f.write_str("the URI holds a PIN, or where to get one, which others can see"),
            Self::NoModule => write!(f, "the URI does not name the module: {MODULE_PATH} is missing"),
            Self::NoLabel => f.write_str("a new key needs a label: object is missing in the URI"),
            Self::Module(why) => write!(f, "the module cannot be used: {why}"),
            Self::NoToken => f.write_str("the module has no such token"),
            Self::ManyTokens(count) => write!(f, "{count} tokens match the URI"),
            Self::NotReady => f.write_str("the token has no user PIN yet"),
            Self::WrongPin => f.write_str("the PIN is wrong"),
            Self::Locked => f.write_str("the PIN is locked after too many wrong ones"),
            Self::LastTry => f.write_str("one wrong PIN more would lock the token, so it was not tried"),
            Self::Gone => f.write_str("the token was removed, or has closed the session"),
            Self::Mechanism(name) => write!(f, "the token lacks {name}"),
            Self::ReadOnly => f.write_str("the token is write-protected"),
            Self::Call { function, answer } => write!(f, "{function} answered {answer}"),
            Self::NoKey => f.write_str("the token has no such key"),
            Self::ManyKeys(count) => write!(f, "{count} keys match the URI"),
            Self::Mixed(label) => write!(f, "the objects {label:?} are not one key that is known here"),
            Self::NoPublic(label) => write!(f, "the key {label:?} is there without its public key"),
            Self::Exists => f.write_str("a key with that label or id is in the token already"),
            Self::NotKept => f.write_str("the token made a key that can be read out of it; it was deleted"),
            Self::WrongKind(kind) => write!(f, "{} cannot be used for that", kind.name()),
            Self::Public(error) => write!(f, "the token gave a bad public key: {error}"),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Crypto(error)
    }
}
