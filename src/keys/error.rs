//! Why a key could not be read, written or used.

use core::fmt;

use der::{ErrorKind, oid::ObjectIdentifier};

use super::Form;
use crate::ids::{
    KEY_ID_PREFIX, KeyKind, MAX_KEY_FILE_LEN, MAX_PBKDF2_ITERATIONS, MAX_SCRYPT_MEMORY, MAX_SCRYPT_WORK,
    OTHER_KEY_ALGORITHMS,
};

/// The error of [`keys`](super), sorted by who is at fault. Nothing of a secret is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // Another file than the one wanted.
    /// Neither PEM nor DER nor JSON.
    NotAKey,
    /// A file of another type.
    WrongContent {
        /// What was asked for.
        expected: Content,
        /// What the file holds.
        found: Content,
    },
    /// A key of an algorithm that this version does not know.
    UnknownAlgorithm(Oid),
    /// A protection by a passphrase with an algorithm that is not supported.
    Scheme(Oid),
    // Bad bytes.
    /// More than [`MAX_KEY_FILE_LEN`] bytes.
    TooLong {
        /// The length found.
        found: usize,
    },
    /// Not one PEM block in the strict form of RFC 7468.
    Pem,
    /// The DER ends inside a field.
    Truncated,
    /// Bytes are left after the last field.
    Trailing,
    /// Not the DER of a key.
    Der {
        /// Where reading stopped, if known, in bytes from the start of the DER.
        offset: Option<usize>,
    },
    /// Not JSON, or a member that is unknown, missing, twice there or of another type.
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Not a JSON Web Key of a key that is read here; what it has is told.
    Jwk(&'static str),
    /// The algorithm identifier has parameters, be it NULL; for every algorithm here they are absent.
    Parameters(KeyKind),
    /// A PKCS#8 file with attributes or other fields beside the key.
    ExtraFields,
    /// The seed and the expanded key in a file are not of one key.
    FormsDisagree(KeyKind),
    /// An expanded key that does not agree with itself: a hash, a length or a range in it is wrong.
    ExpandedKey(KeyKind),
    /// A protection that would take too much memory or time to open.
    Cost,
    /// The private key field has none of the forms of its algorithm.
    SeedForm(KeyKind),
    /// A seed of another length than [`KeyKind::seed_len`].
    WrongSeedLength {
        /// The algorithm.
        kind: KeyKind,
        /// The length found.
        found: usize,
    },
    /// The public key inside a private key file is not the one of its seed.
    Disagrees(KeyKind),
    /// Not a key id in text.
    KeyId,
    // The caller.
    /// The passphrase is wrong, or the file was changed.
    Passphrase,
    /// An empty passphrase protects nothing.
    EmptyPassphrase,
    /// A key that was read without its seed cannot do that.
    NoSeed(KeyKind),
    /// The algorithm has no such form.
    NoForm {
        /// The algorithm.
        kind: KeyKind,
        /// The form asked for.
        form: Form,
    },
    /// No JSON Web Key of this algorithm is standard.
    NoJwk(KeyKind),
    /// A sound key that is for something else.
    WrongKind {
        /// What the key is needed for.
        expected: Use,
        /// The key given.
        found: KeyKind,
    },
    /// A KEM that has only ephemeral keys.
    NotStored(KeyKind),
    // Beneath.
    /// A public key that its algorithm does not allow, or a failing provider or generator.
    Crypto(crate::Error),
}

/// What a file holds, as far as its PEM label or its outermost DER fields tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content {
    /// PKCS#8.
    PrivateKey,
    /// SubjectPublicKeyInfo.
    PublicKey,
    /// PKCS#8 under a passphrase.
    EncryptedPrivateKey,
    /// An X.509 certificate or a request for one.
    Certificate,
    /// OpenSSH's own format of a private key.
    OpenSshPrivateKey,
    /// OpenSSH's own format of a public key.
    OpenSshPublicKey,
    /// An RSA key in the format of PKCS#1.
    RsaKey,
    /// An elliptic curve key in the format of SEC 1.
    EcKey,
    /// Something else in PEM.
    Other,
}

/// What a key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Use {
    /// Signing and verifying.
    Signature,
    /// Encapsulation and decapsulation.
    Kem,
}

/// An object identifier.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Oid(pub(super) ObjectIdentifier);

impl Oid {
    /// The algorithm's usual name, if it is a well-known one.
    pub fn name(&self) -> Option<&'static str> {
        OTHER_KEY_ALGORITHMS.iter().find(|(oid, _)| ObjectIdentifier::new(oid) == Ok(self.0)).map(|(_, name)| *name)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivateKey => "a private key",
            Self::PublicKey => "a public key",
            Self::EncryptedPrivateKey => "a private key protected by a passphrase",
            Self::Certificate => "a certificate or a request for one",
            Self::OpenSshPrivateKey => "an OpenSSH private key",
            Self::OpenSshPublicKey => "an OpenSSH public key",
            Self::RsaKey => "an RSA key",
            Self::EcKey => "an elliptic curve key",
            Self::Other => "no key, but another PEM block",
        })
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signature => "signatures",
            Self::Kem => "key encapsulation",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey => f.write_str(
                "neither PEM nor DER nor JSON: a key begins with \"-----BEGIN \", with byte 0x30 or with \"{\"",
            ),
            Self::WrongContent { expected, found } => write!(f, "holds {found}; give {expected}"),
            Self::UnknownAlgorithm(oid) => match oid.name() {
                Some(name) => write!(f, "holds a key of an algorithm that is not supported: {name} ({oid})"),
                None => write!(f, "holds a key of an algorithm that is not supported: {oid}"),
            },
            Self::Scheme(oid) => {
                write!(f, "is protected by an algorithm that is not supported ({oid}); ")?;
                f.write_str("supported are scrypt and PBKDF2 with SHA-2, and AES-CBC")
            }
            Self::TooLong { found } => write!(f, "is {found} bytes, more than the {MAX_KEY_FILE_LEN} a key file may have"),
            Self::Pem => f.write_str(
                "not one PEM block: one BEGIN line, base64 in lines of 64, the END line of the same label, nothing else",
            ),
            Self::Truncated => f.write_str("ends inside a field; the file is cut off"),
            Self::Trailing => f.write_str("bytes are left after the key"),
            Self::Der { offset: Some(offset) } => write!(f, "not the DER of a key, at byte {offset}"),
            Self::Der { offset: None } => f.write_str("not the DER of a key"),
            Self::Json { line, column } => {
                write!(f, "not a JSON Web Key of a known form, at line {line}, column {column}")
            }
            Self::Jwk(what) => write!(f, "the JSON Web Key has {what}"),
            Self::NoJwk(kind) => write!(f, "no JSON Web Key of {} is standard; Ed25519, X25519 and ML-DSA have one", kind.name()),
            Self::Parameters(kind) => {
                write!(f, "the algorithm identifier has parameters; {} must have none, not even NULL", kind.name())
            }
            Self::ExtraFields => f.write_str("attributes or other fields stand beside the private key; write it without"),
            Self::FormsDisagree(kind) => {
                write!(f, "the seed and the expanded key in the file are of two {} keys; one was changed", kind.name())
            }
            Self::ExpandedKey(kind) => {
                write!(f, "the expanded {} key does not agree with itself: it was changed or cut", kind.name())
            }
            Self::Cost => write!(
                f,
                "opening it would cost too much: at most {} MiB and N·r·p = {MAX_SCRYPT_WORK} of scrypt, \
                 {MAX_PBKDF2_ITERATIONS} iterations of PBKDF2",
                MAX_SCRYPT_MEMORY >> 20
            ),
            Self::Passphrase => f.write_str("wrong passphrase, or the file was changed"),
            Self::EmptyPassphrase => f.write_str("the passphrase is empty"),
            Self::NoSeed(kind) => write!(
                f,
                "holds the expanded {} key without its seed, which does not sign and has no other form; \
                 write it with its seed where it was made",
                kind.name()
            ),
            Self::NoForm { kind, form } => write!(f, "{} has no form named {}; it has seed", kind.name(), form.name()),
            Self::SeedForm(kind) => write!(f, "the private key field is not in a form of {}", kind.name()),
            Self::WrongSeedLength { kind, found } => {
                write!(f, "seed is {found} bytes, must be {} for {}", kind.seed_len(), kind.name())
            }
            Self::Disagrees(kind) => {
                write!(f, "the {} public key in the file is not that of its private key", kind.name())
            }
            Self::KeyId => write!(f, "not a key id: {KEY_ID_PREFIX} and 43 characters of base64"),
            Self::WrongKind { expected, found } => write!(f, "{} is not for {expected}", found.name()),
            Self::NotStored(kind) => write!(f, "{} has only ephemeral keys, which are not stored", kind.name()),
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

/// What the DER reader says, in our words. Not a `From`: that would make `der` a part of the API.
pub(super) fn from_der(error: der::Error) -> Error {
    match error.kind() {
        ErrorKind::Incomplete { .. } => Error::Truncated,
        ErrorKind::TrailingData { .. } => Error::Trailing,
        _ => Error::Der { offset: error.position().and_then(|at| usize::try_from(at).ok()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Kem, MlKem, Signature};

    #[test]
    fn messages_say_what_it_is_and_what_to_do() {
        let kind = KeyKind::Kem(Kem::MlKem(MlKem::MlKem768));
        let oid = |text| Oid(ObjectIdentifier::new(text).unwrap());
        let cases = [
            (
                Error::NotAKey,
                "neither PEM nor DER nor JSON: a key begins with \"-----BEGIN \", with byte 0x30 or with \"{\"",
            ),
            (Error::Json { line: 1, column: 7 }, "not a JSON Web Key of a known form, at line 1, column 7"),
            (Error::Jwk("a"), "the JSON Web Key has a"),
            (Error::NoJwk(kind), "no JSON Web Key of ML-KEM-768 is standard; Ed25519, X25519 and ML-DSA have one"),
            (
                Error::WrongContent { expected: Content::PrivateKey, found: Content::PublicKey },
                "holds a public key; give a private key",
            ),
            (
                Error::WrongContent { expected: Content::PrivateKey, found: Content::EncryptedPrivateKey },
                "holds a private key protected by a passphrase; give a private key",
            ),
            (
                Error::UnknownAlgorithm(oid("1.2.840.10045.2.1")),
                "holds a key of an algorithm that is not supported: elliptic curve (1.2.840.10045.2.1)",
            ),
            (Error::UnknownAlgorithm(oid("1.2.3")), "holds a key of an algorithm that is not supported: 1.2.3"),
            (
                Error::Scheme(oid("1.2.3")),
                "is protected by an algorithm that is not supported (1.2.3); supported are scrypt and PBKDF2 with \
                 SHA-2, and AES-CBC",
            ),
            (
                Error::FormsDisagree(kind),
                "the seed and the expanded key in the file are of two ML-KEM-768 keys; one was changed",
            ),
            (Error::ExpandedKey(kind), "the expanded ML-KEM-768 key does not agree with itself: it was changed or cut"),
            (
                Error::Cost,
                "opening it would cost too much: at most 256 MiB and N·r·p = 8388608 of scrypt, 10000000 iterations \
                 of PBKDF2",
            ),
            (Error::Passphrase, "wrong passphrase, or the file was changed"),
            (Error::EmptyPassphrase, "the passphrase is empty"),
            (
                Error::NoSeed(kind),
                "holds the expanded ML-KEM-768 key without its seed, which does not sign and has no other form; \
                 write it with its seed where it was made",
            ),
            (Error::NoForm { kind: KeyKind::X25519, form: Form::Both }, "X25519 has no form named both; it has seed"),
            (Error::TooLong { found: 65_537 }, "is 65537 bytes, more than the 65536 a key file may have"),
            (
                Error::Pem,
                "not one PEM block: one BEGIN line, base64 in lines of 64, the END line of the same label, nothing else",
            ),
            (Error::Truncated, "ends inside a field; the file is cut off"),
            (Error::Trailing, "bytes are left after the key"),
            (Error::Der { offset: Some(7) }, "not the DER of a key, at byte 7"),
            (
                Error::Parameters(kind),
                "the algorithm identifier has parameters; ML-KEM-768 must have none, not even NULL",
            ),
            (Error::ExtraFields, "attributes or other fields stand beside the private key; write it without"),
            (Error::SeedForm(kind), "the private key field is not in a form of ML-KEM-768"),
            (Error::WrongSeedLength { kind, found: 32 }, "seed is 32 bytes, must be 64 for ML-KEM-768"),
            (Error::Disagrees(kind), "the ML-KEM-768 public key in the file is not that of its private key"),
            (Error::KeyId, "not a key id: SHA256: and 43 characters of base64"),
            (
                Error::WrongKind { expected: Use::Kem, found: KeyKind::Signature(Signature::Ed25519) },
                "Ed25519 is not for key encapsulation",
            ),
            (
                Error::NotStored(KeyKind::Kem(Kem::X25519MlKem768)),
                "X25519MLKEM768 has only ephemeral keys, which are not stored",
            ),
            (Error::Crypto(crate::Error::Random), "the random generator failed"),
        ];
        for (error, message) in cases {
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn well_known_algorithms_have_valid_oids() {
        for (text, name) in OTHER_KEY_ALGORITHMS {
            assert_eq!(Oid(ObjectIdentifier::new(text).unwrap()).name(), Some(*name));
        }
    }
}
