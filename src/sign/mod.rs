//! Signatures: Ed25519, ML-DSA, and the composites of both.
//!
//! A composite (draft-ietf-lamps-pq-composite-sigs-19) verifies only if both halves do, over one message
//! representative: `prefix ‖ label ‖ len(ctx) ‖ ctx ‖ SHA-512(M)`. Sizes:
//! [`ids::Signature`]. Messages of any size are signed and verified piece by piece with
//! [`SigningKey::signer`] and [`VerifyingKey::verifier`].
//!
//! ```
//! use twinlock::{ids::Signature, provider, sign::SigningKey};
//! # let mut rng = provider::SystemRng;
//!
//! let key = SigningKey::generate(provider::RUST, Signature::MlDsa65Ed25519, &mut rng)?;
//! let signature = key.sign(b"message", b"context", &mut rng)?;
//! key.verifying_key().verify(b"message", b"context", &signature)?;
//! assert!(key.verifying_key().verify(b"message", b"other context", &signature).is_err());
//! # Ok::<(), twinlock::Error>(())
//! ```

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;

use crate::{
    error::{Error, Field, expect_array, expect_len},
    ids::{self, COMPOSITE_HASH, COMPOSITE_PREFIX, ED25519_KEY_LEN, LATTICE_SEED_LEN, MAX_CONTEXT_LEN, Signature},
    kem::below_25519_prime,
    provider::{Ed25519Key, MlDsaKey, Provider},
    secret::Seed,
};

mod stream;

pub use stream::{Signer, Verifier};

/// A private signing key: the seed, and what was expanded from it, kept for the next use. Of a key in a device, there
/// is no seed.
pub struct SigningKey {
    seed: Option<Seed>,
    lattice: Option<Box<dyn MlDsaKey>>,
    classical: Option<Box<dyn Ed25519Key>>,
    public: VerifyingKey,
}

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    /// A failing generator; an operation that the provider lacks.
    pub fn generate<R: TryCryptoRng + ?Sized>(
        provider: &'static Provider,
        algorithm: Signature,
        rng: &mut R,
    ) -> Result<Self, Error> {
        let seed = Seed::build(algorithm.seed_len(), |out| rng.try_fill_bytes(out).map_err(|_| Error::Random))?;
        Self::from_seed(provider, algorithm, seed)
    }

    /// The key of a seed of [`Signature::seed_len`] bytes.
    ///
    /// # Errors
    /// A wrong length; an operation that the provider lacks.
    pub fn from_seed(provider: &'static Provider, algorithm: Signature, seed: Seed) -> Result<Self, Error> {
        let bytes = seed.secret_bytes();
        expect_len(Field::Seed, bytes, algorithm.seed_len())?;
        let mut public = Vec::with_capacity(algorithm.verifying_key_len());
        let mut rest = bytes;
        let mut lattice = None;
        if let Some(params) = algorithm.lattice() {
            let (head, tail) = bytes.split_first_chunk::<LATTICE_SEED_LEN>().ok_or(Error::Library("seed"))?;
            let key = provider.ml_dsa.key(params, head)?;
            public.extend_from_slice(&key.verifying_key()?);
            lattice = Some(key);
            rest = tail;
        }
        let mut classical = None;
        if !rest.is_empty() {
            let key = provider.ed25519.key(expect_array(Field::Seed, rest)?)?;
            public.extend_from_slice(&key.verifying_key());
            classical = Some(key);
        }
        let public = VerifyingKey { provider, algorithm, bytes: public };
        Ok(Self { seed: Some(seed), lattice, classical, public })
    }

    /// A key whose halves are held elsewhere, in a device. `provider` does the rest, and verifies each signature before
    /// it is given out.
    ///
    /// # Errors
    /// [`Error::Algorithm`] for a half too few or too many; a public half of wrong length, or that is not valid.
    pub fn from_halves(
        provider: &'static Provider,
        algorithm: Signature,
        lattice: Option<Box<dyn MlDsaKey>>,
        classical: Option<Box<dyn Ed25519Key>>,
    ) -> Result<Self, Error> {
        let has_classical = algorithm == Signature::Ed25519 || algorithm.composite_label().is_some();
        if lattice.is_some() != algorithm.lattice().is_some() || classical.is_some() != has_classical {
            return Err(Error::Algorithm);
        }
        let mut public = Vec::with_capacity(algorithm.verifying_key_len());
        if let Some((key, params)) = lattice.as_ref().zip(algorithm.lattice()) {
            let half = key.verifying_key()?;
            expect_len(Field::VerifyingKey, &half, params.verifying_key_len())?;
            public.extend_from_slice(&half);
        }
        if let Some(key) = &classical {
            public.extend_from_slice(&key.verifying_key());
        }
        let public = VerifyingKey::from_bytes(provider, algorithm, &public)?;
        Ok(Self { seed: None, lattice, classical, public })
    }

    /// The algorithm.
    pub const fn algorithm(&self) -> Signature {
        self.public.algorithm
    }

    /// What a key file stores; `None` of a key that is held elsewhere.
    pub const fn seed(&self) -> Option<&Seed> {
        self.seed.as_ref()
    }

    /// The public half.
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs, hedged: ML-DSA mixes fresh randomness with the key (FIPS 204 §3.4). The signature has
    /// [`Signature::signature_len`] bytes.
    ///
    /// # Errors
    /// [`Error::Context`] over 255 bytes, or for any context with Ed25519, which has none; a failing
    /// generator; [`Error::Device`].
    pub fn sign<R: TryCryptoRng + ?Sized>(
        &self,
        message: &[u8],
        context: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, Error> {
        self.sign_by(message, context, &fresh(rng)?)
    }

    /// The same with given randomness of 32 bytes; all zero is FIPS 204's deterministic variant.
    ///
    /// # Errors
    /// As [`SigningKey::sign`], and a wrong length.
    #[cfg(feature = "hazmat")]
    pub fn sign_derand(&self, message: &[u8], context: &[u8], randomness: &Seed) -> Result<Vec<u8>, Error> {
        self.sign_by(message, context, randomness)
    }

    fn sign_by(&self, message: &[u8], context: &[u8], randomness: &Seed) -> Result<Vec<u8>, Error> {
        let VerifyingKey { provider, algorithm, .. } = &self.public;
        let (message, context) = &representative(provider, *algorithm, message, context)?;
        self.sign_representative(message, context, randomness)
    }

    /// Signs what [`representative`] gives.
    fn sign_representative(&self, message: &[u8], context: &[u8], randomness: &Seed) -> Result<Vec<u8>, Error> {
        let algorithm = self.public.algorithm;
        let mut signature = Vec::with_capacity(algorithm.signature_len());
        if let Some((key, params)) = self.lattice.as_ref().zip(algorithm.lattice()) {
            signature.resize(params.signature_len(), 0);
            let randomness = expect_array(Field::Seed, randomness.secret_bytes())?;
            key.sign(message, context, randomness, &mut signature)?;
        }
        if let Some(key) = &self.classical {
            signature.extend_from_slice(&key.sign(message)?);
        }
        // A device with a fault, or with another key than it said, must not give its signature away.
        if self.seed.is_none() && self.public.verify_representative(message, context, &signature).is_err() {
            return Err(Error::Device("it signed with another key, or wrongly"));
        }
        Ok(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.public.algorithm).finish_non_exhaustive()
    }
}

/// A public verifying key, validated.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    provider: &'static Provider,
    algorithm: Signature,
    bytes: Vec<u8>,
}

impl VerifyingKey {
    /// Takes the [`Signature::verifying_key_len`] bytes of a key. The Ed25519 half must be the canonical
    /// encoding of a point that is not of small order, whatever the provider. Every byte string of the right
    /// length is an ML-DSA verifying key.
    ///
    /// # Errors
    /// A wrong length; a bad Ed25519 point.
    pub fn from_bytes(provider: &'static Provider, algorithm: Signature, bytes: &[u8]) -> Result<Self, Error> {
        expect_len(Field::VerifyingKey, bytes, algorithm.verifying_key_len())?;
        let key = Self { provider, algorithm, bytes: bytes.to_vec() };
        let (_, classical) = key.halves(&key.bytes, ids::MlDsa::verifying_key_len)?;
        if !classical.is_empty() && !is_strong_point(expect_array(Field::VerifyingKey, classical)?) {
            return Err(Error::NonCanonical(Field::VerifyingKey));
        }
        Ok(key)
    }

    /// The algorithm.
    pub const fn algorithm(&self) -> Signature {
        self.algorithm
    }

    /// The encoding.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies. A composite does the work of both halves before it tells.
    ///
    /// # Errors
    /// [`Error::Rejected`] for any signature that does not verify, of wrong length, or malleated;
    /// [`Error::Context`] as in [`SigningKey::sign`].
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        let (message, context) = &representative(self.provider, self.algorithm, message, context)?;
        self.verify_representative(message, context, signature)
    }

    /// Verifies what [`representative`] gives.
    fn verify_representative(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        if signature.len() != self.algorithm.signature_len() {
            return Err(Error::Rejected);
        }
        let (lattice_key, classical_key) = self.halves(&self.bytes, ids::MlDsa::verifying_key_len)?;
        let (lattice, classical) = self.halves(signature, ids::MlDsa::signature_len)?;
        let lattice = match self.algorithm.lattice() {
            Some(params) => self.provider.ml_dsa.verify(params, lattice_key, message, context, lattice),
            None => Ok(()),
        };
        let classical = if classical.is_empty() {
            Ok(())
        } else {
            let key = expect_array(Field::VerifyingKey, classical_key)?;
            self.provider.ed25519.verify(key, message, expect_array(Field::Signature, classical)?)
        };
        lattice.and(classical)
    }

    /// The lattice half, of the length that `len` tells, and the classical rest.
    fn halves<'a>(
        &self,
        joined: &'a [u8],
        len: impl FnOnce(ids::MlDsa) -> usize,
    ) -> Result<(&'a [u8], &'a [u8]), Error> {
        joined.split_at_checked(self.algorithm.lattice().map_or(0, len)).ok_or(Error::Library("split"))
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.bytes == other.bytes
    }
}

impl Eq for VerifyingKey {}

/// What hedges one signature.
fn fresh<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Seed, Error> {
    Seed::build(LATTICE_SEED_LEN, |out| rng.try_fill_bytes(out).map_err(|_| Error::Random))
}

/// What both halves sign, and ML-DSA's context with it. Draft -19 §2.2 for composites.
fn representative<'a>(
    provider: &Provider,
    algorithm: Signature,
    message: &'a [u8],
    context: &'a [u8],
) -> Result<(alloc::borrow::Cow<'a, [u8]>, &'a [u8]), Error> {
    let len = context_len(algorithm, context)?;
    let Some(label) = algorithm.composite_label() else {
        return Ok((message.into(), context));
    };
    let mut digest = [0; COMPOSITE_HASH.output_len()];
    provider.hash.digest(COMPOSITE_HASH, &[message], &mut digest);
    Ok((composite(label, len, context, &digest).into(), label))
}

/// The length of a context as it is signed.
fn context_len(algorithm: Signature, context: &[u8]) -> Result<u8, Error> {
    debug_assert_eq!(MAX_CONTEXT_LEN, usize::from(u8::MAX));
    match u8::try_from(context.len()) {
        Ok(len) if len == 0 || algorithm != Signature::Ed25519 => Ok(len),
        _ => Err(Error::Context),
    }
}

/// M' of a composite, from the hash of M.
fn composite(label: &[u8], len: u8, context: &[u8], digest: &[u8]) -> Vec<u8> {
    let parts: [&[u8]; 5] = [COMPOSITE_PREFIX, label, &[len], context, digest];
    parts.concat()
}

/// Whether these bytes encode, canonically, a point of Ed25519 that is not of small order.
fn is_strong_point(bytes: &[u8; ED25519_KEY_LEN]) -> bool {
    let mut y = *bytes;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f; // the top bit is the sign of x
    }
    below_25519_prime(&y) && ed25519_dalek::VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{RUST, SystemRng};

    fn key(algorithm: Signature) -> SigningKey {
        SigningKey::generate(RUST, algorithm, &mut SystemRng).unwrap()
    }

    fn context(algorithm: Signature) -> &'static [u8] {
        if algorithm == Signature::Ed25519 { b"" } else { b"context" }
    }

    #[test]
    fn every_signature_verifies_and_no_changed_one_does() {
        for algorithm in Signature::ALL {
            let (key, context) = (key(algorithm), context(algorithm));
            let signature = key.sign(b"message", context, &mut SystemRng).unwrap();
            assert_eq!(signature.len(), algorithm.signature_len());
            let public = VerifyingKey::from_bytes(RUST, algorithm, key.verifying_key().as_bytes()).unwrap();
            assert_eq!(public.verify(b"message", context, &signature), Ok(()));
            assert_eq!(public.verify(b"massage", context, &signature), Err(Error::Rejected));
            for at in [0, signature.len() / 2, signature.len() - 1] {
                let mut bad = signature.clone();
                bad[at] ^= 1;
                assert_eq!(public.verify(b"message", context, &bad), Err(Error::Rejected), "{algorithm:?} {at}");
            }
            assert_eq!(public.verify(b"message", context, &signature[1..]), Err(Error::Rejected));
        }
    }

    #[test]
    fn contexts_separate_and_have_a_limit() {
        for algorithm in Signature::ALL {
            let key = key(algorithm);
            assert_eq!(key.sign(b"", &[0; 256], &mut SystemRng), Err(Error::Context));
            if algorithm == Signature::Ed25519 {
                assert_eq!(key.sign(b"", b"c", &mut SystemRng), Err(Error::Context));
            } else {
                let signature = key.sign(b"m", &[7; 255], &mut SystemRng).unwrap();
                assert_eq!(key.verifying_key().verify(b"m", &[7; 255], &signature), Ok(()));
                assert_eq!(key.verifying_key().verify(b"m", &[7; 254], &signature), Err(Error::Rejected));
            }
        }
    }

    #[test]
    fn weak_and_non_canonical_ed25519_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut y_is_p = [0xff; 32];
        (y_is_p[0], y_is_p[31]) = (0xed, 0x7f);
        for bad in [[0; 32], identity, y_is_p, [0xff; 32]] {
            let error = VerifyingKey::from_bytes(RUST, Signature::Ed25519, &bad).unwrap_err();
            assert_eq!(error, Error::NonCanonical(Field::VerifyingKey));
            let mut composite = vec![0; 1984];
            composite[1952..].copy_from_slice(&bad);
            assert!(VerifyingKey::from_bytes(RUST, Signature::MlDsa65Ed25519, &composite).is_err());
        }
    }

    #[test]
    fn a_malleated_ed25519_signature_is_refused() {
        // S + L is the same scalar in another encoding; L is the group order (RFC 8032 §5.1).
        const L: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let key = key(Signature::Ed25519);
        let mut signature = key.sign(b"m", b"", &mut SystemRng).unwrap();
        let mut carry = 0u16;
        for (s, l) in signature[32..].iter_mut().zip(L) {
            carry += u16::from(*s) + u16::from(l);
            *s = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert_eq!(key.verifying_key().verify(b"m", b"", &signature), Err(Error::Rejected));
    }
}
