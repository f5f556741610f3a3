//! Why a file of SSH could not be read, written or believed.

use core::fmt;

use crate::{
    codec,
    ids::{
        KeyKind, MAX_KEY_FILE_LEN,
        ssh::{MAX_BCRYPT_ROUNDS, MAX_BCRYPT_SALT_LEN, SIGNATURE_VERSION},
    },
    keys,
};

/// The error of [`ssh`](super), sorted by who is at fault. Nothing of a secret is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // Another file than the one wanted.
    /// Not what it is read as.
    NotSsh(Content),
    /// A key of an algorithm that is not ours, with its name if it is a well-known one.
    UnknownAlgorithm(Option<&'static str>),
    /// A private key under a cipher or a key derivation that is not supported.
    UnknownProtection,
    /// A signature of another version.
    Version {
        /// The version found.
        found: u32,
    },
    /// A signature over a hash that is not supported.
    UnknownHash,
    // Bad bytes.
    /// More than [`MAX_KEY_FILE_LEN`] bytes.
    TooLong {
        /// The length found.
        found: usize,
    },
    /// Not one armored block: BEGIN line, base64 in lines of one length, END line, nothing else.
    Armor,
    /// The base64 of a public key is not canonical.
    Base64,
    /// A field ends behind the end of its input.
    Truncated,
    /// Bytes are left after the last field.
    Trailing,
    /// A private key file that holds none or several keys.
    KeyCount {
        /// The number found.
        found: u32,
    },
    /// A key or a signature of another length than its algorithm has.
    WrongLength(KeyKind),
    /// The names, the public keys or the check numbers in one file are not the same.
    Disagrees,
    /// The bytes behind the private key are not 1, 2, 3 … up to the next full block.
    Padding,
    /// A key derivation that costs more than [`MAX_BCRYPT_ROUNDS`] rounds, or that has a bad salt.
    Cost {
        /// The rounds found.
        rounds: u32,
    },
    // The secret.
    /// The private key is under a passphrase, and none was given.
    Protected,
    /// The passphrase is wrong, or the protected part was changed.
    WrongPassphrase,
    // The signer.
    /// The signature is over another message, or was changed.
    Rejected,
    /// The signature was made by another key.
    WrongKey,
    /// The signature was made for another namespace.
    WrongNamespace,
    // The caller.
    /// A namespace is 1 to 255 bytes without control characters.
    Namespace,
    /// A comment has no control characters.
    Comment,
    /// A passphrase has at least one byte.
    EmptyPassphrase,
    /// SSH has no form of this key.
    NoForm(KeyKind),
    // Beneath.
    /// A public key that its algorithm does not allow, or a failing provider or generator.
    Crypto(crate::Error),
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content {
    /// A private key, `openssh-key-v1`.
    PrivateKey,
    /// A public key in one line.
    PublicKey,
    /// A signature, SSHSIG.
    Signature,
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivateKey => "an OpenSSH private key",
            Self::PublicKey => "an OpenSSH public key",
            Self::Signature => "an SSH signature",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSsh(content) => write!(f, "is not {content}"),
            Self::UnknownAlgorithm(Some(name)) => {
                write!(f, "holds a key of an algorithm that is not supported: {name}")
            }
            Self::UnknownAlgorithm(None) => f.write_str("holds a key of an algorithm that is not supported"),
            Self::UnknownProtection => {
                f.write_str("is under a cipher that is not supported; ssh-keygen -p -Z aes256-ctr writes it anew")
            }
            Self::Version { found } => write!(f, "is an SSH signature of version {found}, not {SIGNATURE_VERSION}"),
            Self::UnknownHash => f.write_str("is a signature over a hash other than sha256 and sha512"),
            Self::TooLong { found } => write!(f, "is {found} bytes, more than the {MAX_KEY_FILE_LEN} it may have"),
            Self::Armor => f.write_str(
                "not one armored block: one BEGIN line, base64 in lines of one length, the END line of the same label, \
                 nothing else",
            ),
            Self::Base64 => f.write_str("the key is not in base64"),
            Self::Truncated => f.write_str("ends inside a field; the file is cut off"),
            Self::Trailing => f.write_str("bytes are left after the last field"),
            Self::KeyCount { found } => write!(f, "holds {found} private keys; give a file with one"),
            Self::WrongLength(kind) => write!(f, "a field of {} has a wrong length", kind.name()),
            Self::Disagrees => f.write_str("its parts do not agree about the key"),
            Self::Padding => f.write_str("the bytes behind the private key are not its padding"),
            Self::Cost { rounds } => write!(
                f,
                "asks for {rounds} rounds of bcrypt or has a bad salt; 1 to {MAX_BCRYPT_ROUNDS} rounds and a salt of 1 \
                 to {MAX_BCRYPT_SALT_LEN} bytes are read"
            ),
            Self::Protected => f.write_str("the private key is protected by a passphrase"),
            Self::WrongPassphrase => f.write_str("the passphrase is wrong, or the file is damaged"),
            Self::Rejected => f.write_str("does not verify"),
            Self::WrongKey => f.write_str("the signature is by another key"),
            Self::WrongNamespace => f.write_str("the signature is for another namespace"),
            Self::Namespace => f.write_str("a namespace is 1 to 255 bytes without control characters"),
            Self::Comment => f.write_str("a comment has no control characters"),
            Self::EmptyPassphrase => f.write_str("the passphrase is empty"),
            Self::NoForm(kind) => write!(f, "SSH has no form of {} keys", kind.name()),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        match error {
            crate::Error::Rejected => Self::Rejected,
            other => Self::Crypto(other),
        }
    }
}

impl From<codec::Error> for Error {
    fn from(error: codec::Error) -> Self {
        match error {
            codec::Error::Trailing => Self::Trailing,
            _ => Self::Truncated,
        }
    }
}

/// What `keys` says of a key whose kind and lengths are checked already.
pub(super) fn from_keys(kind: KeyKind) -> impl Fn(keys::Error) -> Error {
    move |error| match error {
        keys::Error::Crypto(crate::Error::WrongLength { .. }) | keys::Error::WrongSeedLength { .. } => {
            Error::WrongLength(kind)
        }
        keys::Error::Crypto(error) => error.into(),
        _ => Error::NoForm(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Signature;

    #[test]
    fn messages_say_what_it_is_and_what_to_do() {
        let kind = KeyKind::Signature(Signature::MlDsa65Ed25519);
        let cases = [
            (Error::NotSsh(Content::PublicKey), "is not an OpenSSH public key"),
            (Error::UnknownAlgorithm(Some("ssh-rsa")), "holds a key of an algorithm that is not supported: ssh-rsa"),
            (
                Error::UnknownProtection,
                "is under a cipher that is not supported; ssh-keygen -p -Z aes256-ctr writes it anew",
            ),
            (Error::Version { found: 2 }, "is an SSH signature of version 2, not 1"),
            (Error::TooLong { found: 65_537 }, "is 65537 bytes, more than the 65536 it may have"),
            (Error::KeyCount { found: 2 }, "holds 2 private keys; give a file with one"),
            (Error::WrongLength(kind), "a field of MLDSA65-Ed25519-SHA512 has a wrong length"),
            (
                Error::Cost { rounds: 1 << 20 },
                "asks for 1048576 rounds of bcrypt or has a bad salt; 1 to 2048 rounds and a salt of 1 to 64 bytes are \
                 read",
            ),
            (Error::WrongPassphrase, "the passphrase is wrong, or the file is damaged"),
            (Error::NoForm(kind), "SSH has no form of MLDSA65-Ed25519-SHA512 keys"),
            (Error::Crypto(crate::Error::Random), "the random generator failed"),
        ];
        for (error, message) in cases {
            assert_eq!(error.to_string(), message);
        }
    }
}
