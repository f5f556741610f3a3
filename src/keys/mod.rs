//! Key files: PKCS#8 and SubjectPublicKeyInfo, in DER and PEM, for every [`KeyKind`].
//!
//! A private key is its seed, and the file that is written holds that alone: the form that every other
//! implementation reads. The other [forms](Form) are read too, after everything in them was found to agree, and
//! written on request; so is a file under a [passphrase](WrappingKey), and a JSON Web Key. Reading is strict: each
//! form of a key has one DER encoding, and nothing may stand before, after or beside it. There is one exception:
//! a private key file that also carries the public key (version 1 of RFC 5958) is read if the two agree, and
//! written without it.
//!
//! ```
//! use twinlock::{ids::{Kem, KeyKind}, keys::{PrivateKey, PublicKey}, provider};
//! # let mut rng = provider::SystemRng;
//!
//! let key = PrivateKey::generate(KeyKind::Kem(Kem::XWing), &mut rng)?;
//! let pem = key.to_pkcs8_pem()?;
//! assert_eq!(PrivateKey::from_bytes(pem.as_bytes())?.public_key(provider::RUST)?, key.public_key(provider::RUST)?);
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
    ids::{Kem, KeyKind},
    kem::{DecapsulationKey, EncapsulationKey, x25519},
    provider::{Provider, RUST},
    secret::Seed,
    sign::{SigningKey, VerifyingKey},
};

mod error;
mod expanded;
mod file;
mod jwk;
mod key_id;
mod pkcs8;
mod protection;
pub(crate) mod spki;
mod t0;

pub use error::{Content, Error, Oid, Use};
pub use key_id::KeyId;
pub use pkcs8::Form;
pub use protection::{ProtectedKey, Protection, WrappingKey};

/// A private key as a file holds it: what it is for, and its seed of [`KeyKind::seed_len`] bytes; of a file
/// without the seed, the expanded key.
///
/// It computes nothing; [`PrivateKey::into_signing_key`] and [`PrivateKey::into_decapsulation_key`] give the
/// key that does.
pub struct PrivateKey {
    kind: KeyKind,
    form: Form,
    material: Material,
}

enum Material {
    Seed(Seed),
    Expanded(Seed),
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
        Ok(Self { kind, form: Form::Seed, material: Material::Seed(seed) })
    }

    /// What it is a key of.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The form that the file had; of a fresh key, the seed.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The seed; `None` if the file held the expanded key alone.
    pub const fn seed(&self) -> Option<&Seed> {
        match &self.material {
            Material::Seed(seed) => Some(seed),
            Material::Expanded(_) => None,
        }
    }

    /// The public half, computed anew.
    ///
    /// # Errors
    /// An operation that the provider lacks.
    pub fn public_key(&self, provider: &'static Provider) -> Result<PublicKey, Error> {
        let seed = match &self.material {
            Material::Seed(seed) => seed,
            Material::Expanded(bytes) => {
                return PublicKey::from_raw(self.kind, &expanded::public_key(self.kind, bytes)?);
            }
        };
        let copy = || Seed::from_slice(seed.secret_bytes());
        match self.kind {
            KeyKind::X25519 => PublicKey::from_raw(self.kind, &x25519::public_key(provider, seed)?),
            KeyKind::Kem(kem) => {
                let key = DecapsulationKey::from_seed(provider, kem, copy())?;
                PublicKey::from_raw(self.kind, key.encapsulation_key().as_bytes())
            }
            KeyKind::Signature(algorithm) => {
                let key = SigningKey::from_seed(provider, algorithm, copy())?;
                PublicKey::from_raw(self.kind, key.verifying_key().as_bytes())
            }
        }
    }

    /// PKCS#8 of version 0, without attributes: the seed alone, or of a key that has none the expanded key.
    ///
    /// # Errors
    /// None for a key that exists.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.to_pkcs8_der_as(self.best_form())
    }

    /// The same in that form, for a peer that reads no other.
    ///
    /// # Errors
    /// [`Error::NoForm`] of an algorithm that has one form only; [`Error::NoSeed`].
    pub fn to_pkcs8_der_as(&self, form: Form) -> Result<Zeroizing<Vec<u8>>, Error> {
        pkcs8::encode(self, form)
    }

    /// What [`PrivateKey::to_pkcs8_der`] writes.
    pub const fn best_form(&self) -> Form {
        match self.material {
            Material::Seed(_) => Form::Seed,
            Material::Expanded(_) => Form::Expanded,
        }
    }

    /// [`PrivateKey::to_pkcs8_der`] in PEM, with line feeds.
    ///
    /// # Errors
    /// None for a key that exists.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        self.to_pkcs8_pem_as(self.best_form())
    }

    /// [`PrivateKey::to_pkcs8_der_as`] in PEM, with line feeds.
    ///
    /// # Errors
    /// As [`PrivateKey::to_pkcs8_der_as`].
    pub fn to_pkcs8_pem_as(&self, form: Form) -> Result<Zeroizing<String>, Error> {
        to_pem(Content::PrivateKey, &self.to_pkcs8_der_as(form)?).map(Zeroizing::new)
    }

    /// Reads any [`Form`], with or without the public key beside it.
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

    /// The key as a JSON Web Key (RFC 8037, RFC 9964), with a line feed.
    ///
    /// # Errors
    /// [`Error::NoJwk`]; [`Error::NoSeed`].
    pub fn to_jwk(&self) -> Result<Zeroizing<String>, Error> {
        jwk::write(&self.public_key(RUST)?, Some(self))
    }

    /// Reads a file of any of these kinds, PEM, DER or JSON, told by its first bytes. One under a passphrase is
    /// for [`ProtectedKey`].
    ///
    /// # Errors
    /// As [`PrivateKey::from_pkcs8_pem`]; [`Error::NotAKey`]; [`Error::Json`] and [`Error::Jwk`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if jwk::is_jwk(bytes) {
            return jwk::private(bytes);
        }
        file::read(bytes, Content::PrivateKey, pkcs8::decode)
    }

    /// The key that signs.
    ///
    /// # Errors
    /// [`Error::WrongKind`]; [`Error::NoSeed`] for an expanded ML-DSA key; an
    /// operation that the provider lacks.
    pub fn into_signing_key(self, provider: &'static Provider) -> Result<SigningKey, Error> {
        match (self.kind, self.material) {
            (KeyKind::Signature(algorithm), Material::Seed(seed)) => {
                Ok(SigningKey::from_seed(provider, algorithm, seed)?)
            }
            (KeyKind::Signature(_), Material::Expanded(_)) => Err(Error::NoSeed(self.kind)),
            (found, _) => Err(Error::WrongKind { expected: Use::Signature, found }),
        }
    }

    /// The key that decapsulates.
    ///
    /// # Errors
    /// [`Error::WrongKind`]; an operation that the provider lacks.
    pub fn into_decapsulation_key(self, provider: &'static Provider) -> Result<DecapsulationKey, Error> {
        match (self.kind, self.material) {
            (KeyKind::Kem(kem), Material::Seed(seed)) => Ok(DecapsulationKey::from_seed(provider, kem, seed)?),
            (KeyKind::Kem(Kem::MlKem(params)), Material::Expanded(expanded)) => {
                Ok(DecapsulationKey::from_expanded(provider, params, &expanded)?)
            }
            (found, _) => Err(Error::WrongKind { expected: Use::Kem, found }),
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

    /// The key as a JSON Web Key (RFC 8037, RFC 9964), with a line feed.
    ///
    /// # Errors
    /// [`Error::NoJwk`].
    pub fn to_jwk(&self) -> Result<String, Error> {
        jwk::write(self, None).map(|text| text.as_str().into())
    }

    /// Reads a file of any of these kinds, PEM, DER or JSON, told by its first bytes.
    ///
    /// # Errors
    /// As [`PublicKey::from_spki_pem`]; [`Error::NotAKey`]; [`Error::Json`] and [`Error::Jwk`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if jwk::is_jwk(bytes) {
            return jwk::public(bytes);
        }
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
