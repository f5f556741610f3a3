//! Key files: PKCS#8 and SubjectPublicKeyInfo, in DER and PEM, for every [`KeyKind`].
//!
//! A private key is its seed, and its file holds that alone: the form that every other implementation
//! reads. Reading is strict: each key has one DER encoding, which is the one that is written, and nothing
//! may stand before, after or beside it. There is one exception: a private key file that also carries the
//! public key (version 1 of RFC 5958) is read if the two agree, and written without it. The expanded forms
//! of ML-KEM and ML-DSA keys are recognised and refused.
//!
//! ```
//! use twinlock::{ids::{Kem, KeyKind}, keys::{PrivateKey, PublicKey}, provider};
//! # let mut rng = provider::SystemRng;
//!
//! let key = PrivateKey::generate(KeyKind::Kem(Kem::XWing), &mut rng)?;
//! let pem = key.to_pkcs8_pem()?;
//! assert!(PrivateKey::from_bytes(pem.as_bytes())?.seed().ct_eq(key.seed()));
//!
//! let public = key.public_key(provider::RUST)?;
//! assert_eq!(PublicKey::from_bytes(&public.to_spki_der())?, public);
//! println!("{}", public.key_id());
//! # Ok::<(), twinlock::keys::Error>(())
//! ```
//!
//! A private key does not clone:
//!
//! ```compile_fail,E0599
//! # let mut rng = twinlock::provider::SystemRng;
//! let key = twinlock::keys::PrivateKey::generate(twinlock::ids::KeyKind::X25519, &mut rng).unwrap();
//! let copy = key.clone();
//! ```

use alloc::{string::String, vec::Vec};
use core::fmt;

use der::pem::{self, LineEnding};
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::{
    ids::KeyKind,
    kem::{DecapsulationKey, EncapsulationKey, x25519},
    provider::{Provider, RUST},
    secret::Seed,
    sign::{SigningKey, VerifyingKey},
};

mod error;
mod file;
mod key_id;
mod pkcs8;
pub(crate) mod spki;

pub use error::{Content, Error, Oid, Use};
pub use key_id::KeyId;

/// A private key as a file holds it: what it is for, and its seed of [`KeyKind::seed_len`] bytes.
///
/// It computes nothing; [`PrivateKey::into_signing_key`] and [`PrivateKey::into_decapsulation_key`] give the
/// key that does.
pub struct PrivateKey {
    kind: KeyKind,
    seed: Seed,
}

impl PrivateKey {
    /// A fresh key.
    ///
    /// # Errors
    /// A failing generator; [`Error::NotStored`].
    pub fn generate<R: TryCryptoRng + ?Sized>(kind: KeyKind, rng: &mut R) -> Result<Self, Error> {
        let seed = Seed::build(kind.seed_len(), |out| rng.try_fill_bytes(out).map_err(|_| crate::Error::Random))?;
        Self::from_seed(kind, seed)
    }

    /// The key of a seed of [`KeyKind::seed_len`] bytes.
    ///
    /// # Errors
    /// [`Error::WrongSeedLength`]; [`Error::NotStored`] for the KEMs of TLS.
    pub fn from_seed(kind: KeyKind, seed: Seed) -> Result<Self, Error> {
        if kind.oid().is_none() {
            return Err(Error::NotStored(kind));
        }
        check_seed_len(kind, seed.secret_bytes())?;
        Ok(Self { kind, seed })
    }

    /// What it is a key of.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The seed.
    pub const fn seed(&self) -> &Seed {
        &self.seed
    }

    /// The public half, computed anew.
    ///
    /// # Errors
    /// An operation that the provider lacks.
    pub fn public_key(&self, provider: &'static Provider) -> Result<PublicKey, Error> {
        let seed = || Seed::from_slice(self.seed.secret_bytes());
        match self.kind {
            KeyKind::X25519 => PublicKey::from_raw(self.kind, &x25519::public_key(provider, &self.seed)?),
            KeyKind::Kem(kem) => {
                let key = DecapsulationKey::from_seed(provider, kem, seed())?;
                PublicKey::from_raw(self.kind, key.encapsulation_key().as_bytes())
            }
            KeyKind::Signature(algorithm) => {
                let key = SigningKey::from_seed(provider, algorithm, seed())?;
                PublicKey::from_raw(self.kind, key.verifying_key().as_bytes())
            }
        }
    }

    /// PKCS#8 of version 0, seed-only, without attributes.
    ///
    /// # Errors
    /// None for a key that exists.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        pkcs8::encode(self)
    }

    /// The same in PEM, with line feeds.
    ///
    /// # Errors
    /// None for a key that exists.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        to_pem(Content::PrivateKey, &self.to_pkcs8_der()?).map(Zeroizing::new)
    }

    /// Reads what [`PrivateKey::to_pkcs8_der`] writes, and the same with the public key in it.
    ///
    /// # Errors
    /// All of [`Error`] but those of the caller; [`Error::WrongContent`] for another kind of file.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, Error> {
        pkcs8::decode(der)
    }

    /// The same in PEM, with line feeds or CR LF.
    ///
    /// # Errors
    /// As [`PrivateKey::from_pkcs8_der`]; [`Error::Pem`].
    pub fn from_pkcs8_pem(pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        file::read_pem(pem.as_ref(), Content::PrivateKey, pkcs8::decode)
    }

    /// Reads a file of either kind, told by its first bytes.
    ///
    /// # Errors
    /// As [`PrivateKey::from_pkcs8_pem`]; [`Error::NotAKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        file::read(bytes, Content::PrivateKey, pkcs8::decode)
    }

    /// The key that signs.
    ///
    /// # Errors
    /// [`Error::WrongKind`]; an operation that the provider lacks.
    pub fn into_signing_key(self, provider: &'static Provider) -> Result<SigningKey, Error> {
        match self.kind {
            KeyKind::Signature(algorithm) => Ok(SigningKey::from_seed(provider, algorithm, self.seed)?),
            found => Err(Error::WrongKind { expected: Use::Signature, found }),
        }
    }

    /// The key that decapsulates.
    ///
    /// # Errors
    /// As [`PrivateKey::into_signing_key`].
    pub fn into_decapsulation_key(self, provider: &'static Provider) -> Result<DecapsulationKey, Error> {
        match self.kind {
            KeyKind::Kem(kem) => Ok(DecapsulationKey::from_seed(provider, kem, self.seed)?),
            found => Err(Error::WrongKind { expected: Use::Kem, found }),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A public key, validated: a wrong length, an unreduced ML-KEM coefficient, a u-coordinate of X25519 or a
/// point of Ed25519 that is not canonical, or one of small order, never gets this far.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    spki: Vec<u8>,
}

impl PublicKey {
    /// Takes the [`KeyKind::public_len`] bytes of a key.
    ///
    /// # Errors
    /// [`Error::Crypto`] for a key that is not valid; [`Error::NotStored`] for the KEMs of TLS.
    pub fn from_raw(kind: KeyKind, bytes: &[u8]) -> Result<Self, Error> {
        // These checks do not depend on the provider.
        match kind {
            KeyKind::X25519 => x25519::validate(bytes)?,
            KeyKind::Kem(kem) => drop(EncapsulationKey::from_bytes(RUST, kem, bytes)?),
            KeyKind::Signature(algorithm) => drop(VerifyingKey::from_bytes(RUST, algorithm, bytes)?),
        }
        Ok(Self { kind, spki: spki::encode(kind, bytes)? })
    }

    /// What it is a key of.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key itself, [`KeyKind::public_len`] bytes.
    pub fn as_bytes(&self) -> &[u8] {
        // A SubjectPublicKeyInfo ends with the key.
        let start = self.spki.len().saturating_sub(self.kind.public_len());
        self.spki.get(start..).unwrap_or_default()
    }

    /// The name of the key.
    pub fn key_id(&self) -> KeyId {
        KeyId::of_spki(&self.spki)
    }

    /// SubjectPublicKeyInfo.
    pub fn to_spki_der(&self) -> Vec<u8> {
        self.spki.clone()
    }

    /// The same in PEM, with line feeds.
    ///
    /// # Errors
    /// None for a key that exists.
    pub fn to_spki_pem(&self) -> Result<String, Error> {
        to_pem(Content::PublicKey, &self.spki)
    }

    /// Reads what [`PublicKey::to_spki_der`] writes, and nothing else.
    ///
    /// # Errors
    /// [`Error::WrongContent`] for another kind of file, [`Error::UnknownAlgorithm`], those of bad bytes,
    /// and as [`PublicKey::from_raw`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, Error> {
        let (kind, bytes) = spki::decode(der)?;
        Self::from_raw(kind, bytes)
    }

    /// The same in PEM, with line feeds or CR LF.
    ///
    /// # Errors
    /// As [`PublicKey::from_spki_der`]; [`Error::Pem`].
    pub fn from_spki_pem(pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        file::read_pem(pem.as_ref(), Content::PublicKey, Self::from_spki_der)
    }

    /// Reads a file of either kind, told by its first bytes.
    ///
    /// # Errors
    /// As [`PublicKey::from_spki_pem`]; [`Error::NotAKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        file::read(bytes, Content::PublicKey, Self::from_spki_der)
    }

    /// The key that verifies.
    ///
    /// # Errors
    /// [`Error::WrongKind`].
    pub fn to_verifying_key(&self, provider: &'static Provider) -> Result<VerifyingKey, Error> {
        match self.kind {
            KeyKind::Signature(algorithm) => Ok(VerifyingKey::from_bytes(provider, algorithm, self.as_bytes())?),
            found => Err(Error::WrongKind { expected: Use::Signature, found }),
        }
    }

    /// The key that encapsulates.
    ///
    /// # Errors
    /// [`Error::WrongKind`].
    pub fn to_encapsulation_key(&self, provider: &'static Provider) -> Result<EncapsulationKey, Error> {
        match self.kind {
            KeyKind::Kem(kem) => Ok(EncapsulationKey::from_bytes(provider, kem, self.as_bytes())?),
            found => Err(Error::WrongKind { expected: Use::Kem, found }),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("kind", &self.kind).field("key_id", &self.key_id()).finish()
    }
}

fn check_seed_len(kind: KeyKind, seed: &[u8]) -> Result<(), Error> {
    if seed.len() == kind.seed_len() { Ok(()) } else { Err(Error::WrongSeedLength { kind, found: seed.len() }) }
}

fn to_pem(content: Content, der: &[u8]) -> Result<String, Error> {
    pem::encode_string(file::label(content), LineEnding::LF, der).map_err(|_| Error::Pem)
}
