//! Why a cryptographic operation failed.

use core::fmt;

use crate::provider::Operation;

/// The error of `provider`, `kem`, `sign`, `aead` and `kdf`, sorted by who is at fault.
///
/// What touches a secret fails in one wordless way: [`Error::Rejected`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // Bad bytes.
    /// A field has a length that its algorithm does not allow; lengths are bytes.
    WrongLength {
        /// What was read.
        field: Field,
        /// The only length allowed.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// A key is not in its one canonical encoding, or is not a valid point or scalar.
    NonCanonical(Field),
    // The peer.
    /// A key agreement gave the all-zero result: the peer sent a point of small order (RFC 7748 §6.1).
    AllZero,
    /// A signature, a tag or a ciphertext does not verify.
    Rejected,
    // No common ground.
    /// The provider does not have this operation.
    Unsupported {
        /// Who was asked.
        implementation: &'static str,
        /// What for.
        operation: Operation,
    },
    // The caller.
    /// An algorithm that has no place where it was given.
    Algorithm,
    /// A context longer than 255 bytes, or any context for an algorithm that has none.
    Context,
    /// Ed25519 reads its message twice: it cannot sign or verify one that comes piece by piece.
    TwoPass,
    /// An output or a message longer than the algorithm can give or take.
    TooLong,
    /// The random generator failed.
    Random,
    /// The device that holds the key failed, or gave what its key cannot give.
    Device(&'static str),
    /// A library under the provider failed without telling why; no key of ours should make it.
    Library(&'static str),
}

/// What was being read when an [`Error`] came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// A stored seed.
    Seed,
    /// A classical private key.
    PrivateKey,
    /// A classical public key.
    PublicKey,
    /// An expanded lattice key.
    ExpandedKey,
    /// A KEM's public key.
    EncapsulationKey,
    /// A KEM's ciphertext.
    Ciphertext,
    /// A signature's public key.
    VerifyingKey,
    /// A signature.
    Signature,
    /// An AEAD key.
    AeadKey,
    /// An AEAD ciphertext with its tag.
    Sealed,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seed => "seed",
            Self::PrivateKey => "private key",
            Self::PublicKey => "public key",
            Self::ExpandedKey => "expanded key",
            Self::EncapsulationKey => "encapsulation key",
            Self::Ciphertext => "ciphertext",
            Self::VerifyingKey => "verifying key",
            Self::Signature => "signature",
            Self::AeadKey => "AEAD key",
            Self::Sealed => "sealed data",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongLength { field, expected, found } => {
                write!(f, "{field} is {found} bytes, must be {expected}")
            }
            Self::NonCanonical(field) => write!(f, "{field} is not a canonical encoding"),
            Self::AllZero => f.write_str("key agreement gave the all-zero result"),
            Self::Rejected => f.write_str("does not verify"),
            Self::Unsupported { implementation, operation } => {
                write!(f, "{implementation} does not have {operation}")
            }
            Self::Algorithm => f.write_str("the algorithm has no place here"),
            Self::Context => f.write_str("context is longer than 255 bytes or not allowed here"),
            Self::TwoPass => f.write_str("Ed25519 reads its message twice and cannot take it piece by piece"),
            Self::TooLong => f.write_str("longer than the algorithm allows"),
            Self::Random => f.write_str("the random generator failed"),
            Self::Device(why) => write!(f, "the device that holds the key: {why}"),
            Self::Library(name) => write!(f, "{name} failed"),
        }
    }
}

impl core::error::Error for Error {}

/// Checks a length and names the field when it is off.
pub(crate) fn expect_len(field: Field, bytes: &[u8], expected: usize) -> Result<(), Error> {
    if bytes.len() == expected { Ok(()) } else { Err(Error::WrongLength { field, expected, found: bytes.len() }) }
}

/// The same, as an array.
pub(crate) fn expect_array<const N: usize>(field: Field, bytes: &[u8]) -> Result<&[u8; N], Error> {
    bytes.try_into().map_err(|_| Error::WrongLength { field, expected: N, found: bytes.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_and_how_long() {
        let error = Error::WrongLength { field: Field::Ciphertext, expected: 1088, found: 1 };
        assert_eq!(error.to_string(), "ciphertext is 1 bytes, must be 1088");
        assert_eq!(Error::Rejected.to_string(), "does not verify");
        let error = Error::Unsupported { implementation: "aws-lc", operation: Operation::MlKemEncapsulateDerand };
        assert_eq!(error.to_string(), "aws-lc does not have deterministic ML-KEM encapsulation");
    }
}
