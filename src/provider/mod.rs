//! Where the primitives come from.
//!
//! A [`Provider`] is one value that holds one implementation of each primitive. Every function of this
//! crate that computes takes that value from its caller or from a key made with it: there is no global
//! provider and no silent fallback. What a provider lacks is [`Error::Unsupported`].
//!
//! | provider | needs | what for |
//! |---|---|---|
//! | [`RUST`] | nothing | no C, no unsafe in the lattice code, every deterministic entry point; slow |
//! | [`AWS_LC`] | feature `aws-lc`, a C compiler | the fastest composition that our bench measured |
//! | [`LIBCRUX`] | feature `libcrux` | fast without C; an independent second opinion |
//! | [`PQCLEAN`] | feature `pqclean` | drafts from before the standards; reports only |
//!
//! The traits are what an implementation gives. They trust their caller on public keys: `kem` and `sign`
//! validate those once, for every provider alike. Their deterministic and internal entry points are for
//! known-answer tests and are reachable through `Provider::hazmat` only (feature `hazmat`).

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use crate::{
    error::Error,
    ids::{self, Curve},
};

#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(any(feature = "aws-lc", feature = "libcrux"))]
mod libcrux;
#[cfg(feature = "pqclean")]
mod pqclean;
mod rust;
#[cfg(feature = "std")]
mod system_rng;

#[cfg(feature = "aws-lc")]
pub use aws_lc::AWS_LC;
#[cfg(feature = "libcrux")]
pub use libcrux::LIBCRUX;
#[cfg(feature = "pqclean")]
pub use pqclean::PQCLEAN;
pub use rust::RUST;
pub(crate) use rust::{expand_ml_dsa, expand_ml_kem};
#[cfg(feature = "std")]
pub use system_rng::SystemRng;

/// Every provider that this build holds, the default first.
pub const ALL: &[&Provider] = &[
    RUST,
    #[cfg(feature = "aws-lc")]
    AWS_LC,
    #[cfg(feature = "libcrux")]
    LIBCRUX,
    #[cfg(feature = "pqclean")]
    PQCLEAN,
];

/// Fills a buffer with random bytes.
pub type Fill<'a> = dyn FnMut(&mut [u8]) -> Result<(), Error> + 'a;

/// One implementation of each primitive.
pub struct Provider {
    /// The name on the command line and in reports.
    pub(crate) name: &'static str,
    /// What this provider can do.
    pub(crate) operations: &'static [Operation],
    /// Which crate and version does what, for people.
    pub(crate) parts: &'static [(&'static str, &'static str)],
    pub(crate) dh: &'static dyn Dh,
    pub(crate) ed25519: &'static dyn Ed25519,
    pub(crate) ml_kem: &'static dyn MlKem,
    pub(crate) ml_dsa: &'static dyn MlDsa,
    pub(crate) aead: &'static dyn Aead,
    pub(crate) hash: &'static dyn Hash,
    pub(crate) kdf: &'static dyn Kdf,
    pub(crate) draft: &'static dyn Draft,
}

impl Provider {
    /// The name on the command line and in reports.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether this provider has an operation.
    pub fn supports(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    /// Primitive and the crate, with version, that does it.
    pub const fn parts(&self) -> &'static [(&'static str, &'static str)] {
        self.parts
    }

    /// The drafts from before the standards, for reports and for opening old material.
    pub const fn draft(&self) -> &'static dyn Draft {
        self.draft
    }

    /// The provider of this build with that name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|provider| provider.name == name)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider").field(&self.name).finish()
    }
}

#[cfg(feature = "hazmat")]
impl Provider {
    /// The raw primitives, deterministic entry points included. For known-answer tests: a protocol that
    /// repeats randomness is broken.
    pub const fn hazmat(&self) -> Hazmat {
        Hazmat {
            dh: self.dh,
            ed25519: self.ed25519,
            ml_kem: self.ml_kem,
            ml_dsa: self.ml_dsa,
            aead: self.aead,
            hash: self.hash,
            kdf: self.kdf,
            draft: self.draft,
        }
    }
}

/// The raw primitives of a provider; see [`Provider::hazmat`].
#[cfg(feature = "hazmat")]
#[expect(missing_debug_implementations, reason = "eight trait objects have nothing to show")]
pub struct Hazmat {
    /// X25519 and the NIST curves.
    pub dh: &'static dyn Dh,
    /// Ed25519.
    pub ed25519: &'static dyn Ed25519,
    /// FIPS 203.
    pub ml_kem: &'static dyn MlKem,
    /// FIPS 204.
    pub ml_dsa: &'static dyn MlDsa,
    /// Authenticated encryption.
    pub aead: &'static dyn Aead,
    /// Hash functions.
    pub hash: &'static dyn Hash,
    /// HKDF and HMAC.
    pub kdf: &'static dyn Kdf,
    /// What came before the standards.
    pub draft: &'static dyn Draft,
}

/// What a provider can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operation {
    /// Key agreement on a curve.
    Dh(Curve),
    /// Ed25519 keys, signing and verifying.
    Ed25519,
    /// ML-KEM keys from a seed, and decapsulation.
    MlKem,
    /// ML-KEM encapsulation.
    MlKemEncapsulate,
    /// ML-KEM encapsulation with a given `m` (FIPS 203 algorithm 17).
    MlKemEncapsulateDerand,
    /// ML-KEM decapsulation with an expanded key.
    MlKemExpanded,
    /// ML-DSA keys from a seed, signing with given randomness, verifying; with context.
    MlDsa,
    /// ML-DSA signing with an expanded key.
    MlDsaExpanded,
    /// ML-DSA on a formatted message (FIPS 204 algorithms 7 and 8).
    MlDsaInternal,
    /// ML-DSA on an external message representative μ.
    MlDsaMu,
    /// Authenticated encryption.
    Aead(ids::Aead),
    /// A hash function.
    Hash(ids::Hash),
    /// SHAKE256.
    Shake256,
    /// HKDF and HMAC.
    Kdf,
    /// The drafts of ML-KEM and ML-DSA from before the standards.
    Draft,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 21] = [
        Self::Dh(Curve::X25519),
        Self::Dh(Curve::P256),
        Self::Dh(Curve::P384),
        Self::Ed25519,
        Self::MlKem,
        Self::MlKemEncapsulate,
        Self::MlKemEncapsulateDerand,
        Self::MlKemExpanded,
        Self::MlDsa,
        Self::MlDsaExpanded,
        Self::MlDsaInternal,
        Self::MlDsaMu,
        Self::Aead(ids::Aead::Aes256Gcm),
        Self::Aead(ids::Aead::ChaCha20Poly1305),
        Self::Hash(ids::Hash::Sha256),
        Self::Hash(ids::Hash::Sha384),
        Self::Hash(ids::Hash::Sha512),
        Self::Hash(ids::Hash::Sha3_256),
        Self::Shake256,
        Self::Kdf,
        Self::Draft,
    ];
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dh(curve) => curve.name(),
            Self::Ed25519 => "Ed25519",
            Self::MlKem => "ML-KEM",
            Self::MlKemEncapsulate => "ML-KEM encapsulation",
            Self::MlKemEncapsulateDerand => "deterministic ML-KEM encapsulation",
            Self::MlKemExpanded => "ML-KEM with expanded keys",
            Self::MlDsa => "ML-DSA",
            Self::MlDsaExpanded => "ML-DSA with expanded keys",
            Self::MlDsaInternal => "internal ML-DSA",
            Self::MlDsaMu => "ML-DSA with external mu",
            Self::Aead(aead) => aead.name(),
            Self::Hash(hash) => hash.name(),
            Self::Shake256 => "SHAKE256",
            Self::Kdf => "HKDF",
            Self::Draft => "drafts from before the standards",
        })
    }
}

/// An implementation under a provider.
pub trait Implementation: Send + Sync {
    /// Its name in errors.
    fn name(&self) -> &'static str;

    /// The error for what it lacks.
    fn unsupported(&self, operation: Operation) -> Error {
        Error::Unsupported { implementation: self.name(), operation }
    }
}

/// Key agreement. Lengths: [`Curve::private_len`], [`Curve::public_len`].
pub trait Dh: Implementation {
    /// Writes the public key.
    ///
    /// # Errors
    /// A private key that is not a scalar of the curve, a wrong length, an unsupported curve.
    fn public_key(&self, curve: Curve, private: &[u8], public: &mut [u8]) -> Result<(), Error>;

    /// Writes the shared secret: for X25519 the u-coordinate, all-zero included; for the NIST curves the
    /// x-coordinate.
    ///
    /// # Errors
    /// As [`Dh::public_key`]; for the NIST curves, a peer's key that is not an uncompressed point.
    fn agree(&self, curve: Curve, private: &[u8], peer: &[u8], shared: &mut [u8]) -> Result<(), Error>;
}

/// A private key of a curve that is not in memory: in a device, which agrees with it.
pub trait DhKey: Send + Sync {
    /// The public half, in the encoding of its curve.
    fn public_key(&self) -> &[u8];

    /// Writes the shared secret, as [`Dh::agree`] does.
    ///
    /// # Errors
    /// A wrong length; what the device answers, which may refuse a peer's point of small order.
    fn agree(&self, peer: &[u8], shared: &mut [u8]) -> Result<(), Error>;
}

/// Ed25519 (RFC 8032, pure).
pub trait Ed25519: Implementation {
    /// Expands a seed.
    ///
    /// # Errors
    /// Those of the library beneath.
    fn key(&self, seed: &[u8; 32]) -> Result<Box<dyn Ed25519Key>, Error>;

    /// Verifies without cofactor, refusing S ≥ L and an R of small order.
    ///
    /// # Errors
    /// [`Error::Rejected`].
    fn verify(&self, verifying_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error>;
}

/// An expanded Ed25519 key.
pub trait Ed25519Key: Send + Sync {
    /// The public half.
    fn verifying_key(&self) -> [u8; 32];

    /// Signs.
    ///
    /// # Errors
    /// None of a key in memory; of one in a device, what the device answers.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error>;
}

/// ML-KEM (FIPS 203). Encapsulation keys that come here are already checked for length and modulus.
pub trait MlKem: Implementation {
    /// Expands a seed `d ‖ z`.
    ///
    /// # Errors
    /// Those of the library beneath.
    fn key(&self, params: ids::MlKem, seed: &[u8; 64]) -> Result<Box<dyn MlKemKey>, Error>;

    /// Takes an expanded decapsulation key after the checks of FIPS 203 §7.3.
    ///
    /// # Errors
    /// A wrong length or hash; [`Operation::MlKemExpanded`] if absent.
    fn key_from_expanded(&self, params: ids::MlKem, expanded: &[u8]) -> Result<Box<dyn MlKemKey>, Error> {
        let _ = (params, expanded);
        Err(self.unsupported(Operation::MlKemExpanded))
    }

    /// Writes a ciphertext and its shared secret. `fill` may be ignored by an implementation that has its
    /// own generator.
    ///
    /// # Errors
    /// A failing generator; those of the library beneath.
    fn encapsulate(
        &self,
        params: ids::MlKem,
        encapsulation_key: &[u8],
        fill: &mut Fill<'_>,
        ciphertext: &mut [u8],
        shared_secret: &mut [u8],
    ) -> Result<(), Error> {
        let mut m = zeroize::Zeroizing::new([0; ids::LATTICE_SEED_LEN]);
        fill(&mut m[..])?;
        self.encapsulate_derand(params, encapsulation_key, &m, ciphertext, shared_secret)
    }

    /// The same with a given `m` (FIPS 203 algorithm 17).
    ///
    /// # Errors
    /// [`Operation::MlKemEncapsulateDerand`] if absent.
    fn encapsulate_derand(
        &self,
        params: ids::MlKem,
        encapsulation_key: &[u8],
        m: &[u8; 32],
        ciphertext: &mut [u8],
        shared_secret: &mut [u8],
    ) -> Result<(), Error> {
        let _ = (params, encapsulation_key, m, ciphertext, shared_secret);
        Err(self.unsupported(Operation::MlKemEncapsulateDerand))
    }
}

/// An expanded ML-KEM key.
pub trait MlKemKey: Send + Sync {
    /// The public half.
    fn encapsulation_key(&self) -> Vec<u8>;

    /// Writes the shared secret; a bad ciphertext of the right length gives the implicit rejection value.
    ///
    /// # Errors
    /// A wrong length.
    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8]) -> Result<(), Error>;
}

/// ML-DSA (FIPS 204).
pub trait MlDsa: Implementation {
    /// Expands a seed ξ.
    ///
    /// # Errors
    /// Those of the library beneath.
    fn key(&self, params: ids::MlDsa, seed: &[u8; 32]) -> Result<Box<dyn MlDsaKey>, Error>;

    /// Takes an expanded signing key.
    ///
    /// # Errors
    /// A wrong length, a coefficient out of range; [`Operation::MlDsaExpanded`] if absent.
    fn key_from_expanded(&self, params: ids::MlDsa, expanded: &[u8]) -> Result<Box<dyn MlDsaKey>, Error> {
        let _ = (params, expanded);
        Err(self.unsupported(Operation::MlDsaExpanded))
    }

    /// Verifies a pure signature with its context.
    ///
    /// # Errors
    /// [`Error::Rejected`]; a wrong length; a context over 255 bytes.
    fn verify(
        &self,
        params: ids::MlDsa,
        verifying_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Result<(), Error>;

    /// Verifies over a formatted message M′ (FIPS 204 algorithm 8).
    ///
    /// # Errors
    /// As [`MlDsa::verify`]; [`Operation::MlDsaInternal`] if absent.
    fn verify_internal(
        &self,
        params: ids::MlDsa,
        verifying_key: &[u8],
        formatted: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        let _ = (params, verifying_key, formatted, signature);
        Err(self.unsupported(Operation::MlDsaInternal))
    }

    /// Verifies over an external μ.
    ///
    /// # Errors
    /// As [`MlDsa::verify`]; [`Operation::MlDsaMu`] if absent.
    fn verify_mu(
        &self,
        params: ids::MlDsa,
        verifying_key: &[u8],
        mu: &[u8; 64],
        signature: &[u8],
    ) -> Result<(), Error> {
        let _ = (params, verifying_key, mu, signature);
        Err(self.unsupported(Operation::MlDsaMu))
    }
}

/// An expanded ML-DSA key.
pub trait MlDsaKey: Send + Sync {
    /// Who made it, for errors.
    fn implementation(&self) -> &'static str;

    /// The public half.
    ///
    /// # Errors
    /// A key from an expanded form whose library cannot recompute it.
    fn verifying_key(&self) -> Result<Vec<u8>, Error>;

    /// Signs, pure, with context. `randomness` all zero is the deterministic variant; a device takes no other, and
    /// hedges with its own.
    ///
    /// # Errors
    /// A context over 255 bytes; those of the library beneath.
    fn sign(&self, message: &[u8], context: &[u8], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error>;

    /// Signs a formatted message M′ (FIPS 204 algorithm 7).
    ///
    /// # Errors
    /// [`Operation::MlDsaInternal`] if absent.
    fn sign_internal(&self, formatted: &[u8], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        let _ = (formatted, randomness, signature);
        Err(Error::Unsupported { implementation: self.implementation(), operation: Operation::MlDsaInternal })
    }

    /// Signs an external μ.
    ///
    /// # Errors
    /// [`Operation::MlDsaMu`] if absent.
    fn sign_mu(&self, mu: &[u8; 64], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        let _ = (mu, randomness, signature);
        Err(Error::Unsupported { implementation: self.implementation(), operation: Operation::MlDsaMu })
    }
}

/// Authenticated encryption.
pub trait Aead: Implementation {
    /// Expands a key.
    ///
    /// # Errors
    /// An unsupported algorithm.
    fn key(&self, algorithm: ids::Aead, key: &[u8; ids::AEAD_KEY_LEN]) -> Result<Box<dyn AeadKey>, Error>;
}

/// An expanded AEAD key.
pub trait AeadKey: Send + Sync {
    /// Encrypts `data` in place and gives the tag.
    ///
    /// # Errors
    /// A message longer than the algorithm allows.
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; 16], Error>;

    /// Decrypts `data` in place.
    ///
    /// # Errors
    /// [`Error::Rejected`]; `data` then holds nothing of use and must be dropped.
    fn open(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> Result<(), Error>;
}

/// Hash functions.
pub trait Hash: Implementation {
    /// Starts a hash.
    fn start(&self, hash: ids::Hash) -> Box<dyn HashState>;

    /// Writes the hash of the parts in order; `out` must be [`ids::Hash::output_len`] bytes.
    fn digest(&self, hash: ids::Hash, parts: &[&[u8]], out: &mut [u8]) {
        let mut state = self.start(hash);
        for part in parts {
            state.update(part);
        }
        state.snapshot(out);
    }

    /// Starts SHAKE256, whose snapshots have any length.
    fn start_shake256(&self) -> Box<dyn HashState>;

    /// Fills `out` with SHAKE256 of `input`.
    fn shake256(&self, input: &[u8], out: &mut [u8]) {
        let mut state = self.start_shake256();
        state.update(input);
        state.snapshot(out);
    }
}

/// A hash in progress.
pub trait HashState: Send + Sync {
    /// Absorbs more.
    fn update(&mut self, bytes: &[u8]);
    /// Writes the hash of all absorbed so far and goes on; a shorter `out` takes the front.
    fn snapshot(&self, out: &mut [u8]);
}

/// HKDF (RFC 5869) and HMAC (RFC 2104) over SHA-2.
pub trait Kdf: Implementation {
    /// HKDF-Extract; `prk` is the hash's length.
    ///
    /// # Errors
    /// A hash without HMAC here.
    fn extract(&self, hash: ids::Hash, salt: &[u8], ikm: &[u8], prk: &mut [u8]) -> Result<(), Error>;

    /// HKDF-Expand; the parts of `info` in order.
    ///
    /// # Errors
    /// [`Error::TooLong`] over 255 times the hash's length; a `prk` shorter than the hash.
    fn expand(&self, hash: ids::Hash, prk: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Result<(), Error> {
        self.expander(hash, prk)?.expand(info, okm)
    }

    /// Prepares a `prk` for several expansions: half the work of one.
    ///
    /// # Errors
    /// A `prk` shorter than the hash; a hash without HMAC here.
    fn expander(&self, hash: ids::Hash, prk: &[u8]) -> Result<Box<dyn Expander>, Error>;

    /// HMAC; `out` is the hash's length.
    ///
    /// # Errors
    /// A hash without HMAC here.
    fn hmac(&self, hash: ids::Hash, key: &[u8], data: &[u8], out: &mut [u8]) -> Result<(), Error>;
}

/// HKDF-Expand of one prepared key.
pub trait Expander: Send + Sync {
    /// As [`Kdf::expand`].
    ///
    /// # Errors
    /// [`Error::TooLong`] over 255 times the hash's length.
    fn expand(&self, info: &[&[u8]], okm: &mut [u8]) -> Result<(), Error>;
}

/// The drafts of ML-KEM and ML-DSA. They have no seeds and no contexts, and neither is the standard.
pub trait Draft: Implementation {
    /// A fresh pair: encapsulation key, expanded decapsulation key.
    ///
    /// # Errors
    /// [`Operation::Draft`] if absent.
    fn kem_keypair(&self, params: ids::MlKem) -> Result<(Vec<u8>, crate::secret::Seed), Error> {
        let _ = params;
        Err(self.unsupported(Operation::Draft))
    }

    /// A ciphertext and its shared secret.
    ///
    /// # Errors
    /// A wrong length; [`Operation::Draft`] if absent.
    fn kem_encapsulate(
        &self,
        params: ids::MlKem,
        encapsulation_key: &[u8],
    ) -> Result<(Vec<u8>, crate::secret::SharedSecret), Error> {
        let _ = (params, encapsulation_key);
        Err(self.unsupported(Operation::Draft))
    }

    /// The shared secret of a ciphertext.
    ///
    /// # Errors
    /// A wrong length; [`Operation::Draft`] if absent.
    fn kem_decapsulate(
        &self,
        params: ids::MlKem,
        expanded: &[u8],
        ciphertext: &[u8],
    ) -> Result<crate::secret::SharedSecret, Error> {
        let _ = (params, expanded, ciphertext);
        Err(self.unsupported(Operation::Draft))
    }

    /// A fresh pair: verifying key, expanded signing key.
    ///
    /// # Errors
    /// [`Operation::Draft`] if absent.
    fn signature_keypair(&self, params: ids::MlDsa) -> Result<(Vec<u8>, crate::secret::Seed), Error> {
        let _ = params;
        Err(self.unsupported(Operation::Draft))
    }

    /// A detached signature.
    ///
    /// # Errors
    /// A wrong length; [`Operation::Draft`] if absent.
    fn sign(&self, params: ids::MlDsa, expanded: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
        let _ = (params, expanded, message);
        Err(self.unsupported(Operation::Draft))
    }

    /// Verifies a detached signature.
    ///
    /// # Errors
    /// [`Error::Rejected`]; a wrong length; [`Operation::Draft`] if absent.
    fn verify(&self, params: ids::MlDsa, verifying_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let _ = (params, verifying_key, message, signature);
        Err(self.unsupported(Operation::Draft))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_tell_the_versions_of_the_lock_file() {
        let lock = include_str!("../../Cargo.lock");
        let mut checked = 0;
        for (provider, (primitive, part)) in ALL.iter().flat_map(|p| p.parts.iter().map(|part| (p.name, part))) {
            let (name, version) = part.split_once(' ').unwrap();
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            assert!(lock.contains(&entry), "{provider}: {primitive} is not by {part}");
            checked += 1;
        }
        assert!(checked > ALL.len());
    }

    #[test]
    fn a_provider_is_found_by_its_name_only() {
        for provider in ALL {
            assert_eq!(Provider::by_name(provider.name).unwrap().name, provider.name);
        }
        assert!(Provider::by_name("none").is_none());
    }
}
