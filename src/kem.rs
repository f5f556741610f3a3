//! Key encapsulation: ML-KEM, X-Wing, and the TLS hybrids.
//!
//! One shape for all: a [`DecapsulationKey`] from a seed, its [`EncapsulationKey`] as bytes,
//! [`EncapsulationKey::encapsulate`] giving a ciphertext and a [`SharedSecret`], and
//! [`DecapsulationKey::decapsulate`]. For the TLS groups of RFC 10024 the encapsulation key is the client's
//! share and the ciphertext the server's. Sizes: [`ids::Kem`].
//!
//! ```
//! use twinlock::{ids::Kem, kem::DecapsulationKey, provider};
//! # let mut rng = provider::SystemRng;
//!
//! let key = DecapsulationKey::generate(provider::RUST, Kem::XWing, &mut rng)?;
//! let (ciphertext, sent) = key.encapsulation_key().encapsulate(&mut rng)?;
//! let received = key.decapsulate(&ciphertext)?;
//! assert!(sent.ct_eq(&received));
//! # Ok::<(), twinlock::Error>(())
//! ```

use alloc::{boxed::Box, vec, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::{
    error::{Error, Field, expect_array, expect_len},
    ids::{self, Curve, Hash, Kem, ML_KEM_SHARED_SECRET_LEN, XWING_LABEL},
    provider::{DhKey, Fill, MlKemKey, Provider},
    secret::{Seed, SharedSecret},
};

/// Private scalars of the NIST curves are drawn until one is in range; fewer than one draw in 2^32 fails.
const SCALAR_DRAWS: usize = 8;

/// A KEM's private key: what was expanded from the seed, kept for the next use.
pub struct DecapsulationKey {
    kem: Kem,
    lattice: Box<dyn MlKemKey>,
    classical: Option<Classical>,
    public: EncapsulationKey,
}

/// The classical half.
enum Classical {
    Private(Seed),
    Held(Box<dyn DhKey>),
}

impl DecapsulationKey {
    /// A fresh key.
    ///
    /// # Errors
    /// A failing generator; an operation that the provider lacks.
    pub fn generate<R: TryCryptoRng + ?Sized>(
        provider: &'static Provider,
        kem: Kem,
        rng: &mut R,
    ) -> Result<Self, Error> {
        let mut draws = 0..SCALAR_DRAWS;
        loop {
            let seed = Seed::build(kem.seed_len(), |out| rng.try_fill_bytes(out).map_err(|_| Error::Random))?;
            match Self::from_seed(provider, kem, seed) {
                Err(Error::NonCanonical(Field::PrivateKey)) if draws.next().is_some() => {}
                result => return result,
            }
        }
    }

    /// The key of a seed of [`Kem::seed_len`] bytes.
    ///
    /// # Errors
    /// A wrong length; a P-256 or P-384 scalar out of range; an operation that the provider lacks.
    pub fn from_seed(provider: &'static Provider, kem: Kem, seed: Seed) -> Result<Self, Error> {
        expect_len(Field::Seed, seed.secret_bytes(), kem.seed_len())?;
        let expanded = match kem {
            // draft-connolly-cfrg-xwing-kem-10 §5.2, expandDecapsulationKey.
            Kem::XWing => Some(Seed::build(96, |out| {
                provider.hash.shake256(seed.secret_bytes(), out);
                Ok::<_, Error>(())
            })?),
            _ => None,
        };
        let halves = expanded.as_ref().unwrap_or(&seed).secret_bytes();
        let (lattice, classical) = halves.split_at_checked(ids::ML_KEM_SEED_LEN).ok_or(Error::Library("seed"))?;
        let lattice = provider.ml_kem.key(kem.lattice(), expect_array(Field::Seed, lattice)?)?;
        let classical = kem.classical().map(|curve| (curve, Seed::from_slice(classical)));

        let mut public = lattice.encapsulation_key();
        if let Some((curve, private)) = &classical {
            let mut point = vec![0; curve.public_len()];
            provider.dh.public_key(*curve, private.secret_bytes(), &mut point)?;
            public = join(kem, &public, &point);
        }
        Ok(Self {
            kem,
            lattice,
            classical: classical.map(|(_, private)| Classical::Private(private)),
            public: EncapsulationKey { provider, kem, bytes: public },
        })
    }

    /// The key of an ML-KEM decapsulation key of [`ids::MlKem::expanded_len`] bytes, whose seed is lost.
    ///
    /// # Errors
    /// A wrong length; a key whose hash is not that of its encapsulation key (FIPS 203 §7.3), or whose
    /// encapsulation key is not reduced; an operation that the provider lacks.
    pub fn from_expanded(provider: &'static Provider, params: ids::MlKem, expanded: &Seed) -> Result<Self, Error> {
        let kem = Kem::MlKem(params);
        let lattice = provider.ml_kem.key_from_expanded(params, expanded.secret_bytes())?;
        let public = EncapsulationKey::from_bytes(provider, kem, &lattice.encapsulation_key())?;
        Ok(Self { kem, lattice, classical: None, public })
    }

    /// A key whose halves are held elsewhere, in a device: of ML-KEM the one, of a hybrid both.
    ///
    /// # Errors
    /// [`Error::Algorithm`] for a half too few or too many; a public half of wrong length, or that is not valid.
    pub fn from_halves(
        provider: &'static Provider,
        kem: Kem,
        lattice: Box<dyn MlKemKey>,
        classical: Option<Box<dyn DhKey>>,
    ) -> Result<Self, Error> {
        let mut public = lattice.encapsulation_key();
        expect_len(Field::EncapsulationKey, &public, kem.lattice().encapsulation_key_len())?;
        match (&classical, kem.classical()) {
            (None, None) => {}
            (Some(key), Some(curve)) => {
                expect_len(Field::PublicKey, key.public_key(), curve.public_len())?;
                public = join(kem, &public, key.public_key());
            }
            _ => return Err(Error::Algorithm),
        }
        let public = EncapsulationKey::from_bytes(provider, kem, &public)?;
        Ok(Self { kem, lattice, classical: classical.map(Classical::Held), public })
    }

    /// The algorithm.
    pub const fn kem(&self) -> Kem {
        self.kem
    }

    /// The public half.
    pub const fn encapsulation_key(&self) -> &EncapsulationKey {
        &self.public
    }

    /// The shared secret of a ciphertext of [`Kem::ciphertext_len`] bytes.
    ///
    /// A bad lattice half is not an error: ML-KEM rejects implicitly, with a secret that nobody else has.
    ///
    /// # Errors
    /// A wrong length; for the TLS groups, a bad point or [`Error::AllZero`]. X-Wing mixes an all-zero
    /// X25519 result like any other.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<SharedSecret, Error> {
        let provider = self.public.provider;
        expect_len(Field::Ciphertext, ciphertext, self.kem.ciphertext_len())?;
        let (lattice_ct, point) = split(self.kem, ciphertext, self.kem.lattice().ciphertext_len())?;
        let lattice_ss =
            SharedSecret::build(ML_KEM_SHARED_SECRET_LEN, |out| self.lattice.decapsulate(lattice_ct, out))?;
        let Some((curve, private)) = self.kem.classical().zip(self.classical.as_ref()) else {
            return Ok(lattice_ss);
        };
        let (_, own_point) = split(self.kem, &self.public.bytes, self.kem.lattice().encapsulation_key_len())?;
        let classical_ss = agreed(self.kem, curve, |out| match private {
            Classical::Private(private) => provider.dh.agree(curve, private.secret_bytes(), point, out),
            Classical::Held(key) => key.agree(point, out),
        })?;
        combine(provider, self.kem, &lattice_ss, &classical_ss, point, own_point)
    }
}

impl fmt::Debug for DecapsulationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecapsulationKey").field("kem", &self.kem).finish_non_exhaustive()
    }
}

/// A KEM's public key, validated.
#[derive(Clone, Debug)]
pub struct EncapsulationKey {
    provider: &'static Provider,
    kem: Kem,
    bytes: Vec<u8>,
}

impl EncapsulationKey {
    /// Takes the [`Kem::encapsulation_key_len`] bytes of a key after checking the lattice half's modulus
    /// (FIPS 203 §7.2), whatever the provider.
    ///
    /// # Errors
    /// A wrong length; an unreduced coefficient. A NIST point is checked when it is used.
    pub fn from_bytes(provider: &'static Provider, kem: Kem, bytes: &[u8]) -> Result<Self, Error> {
        expect_len(Field::EncapsulationKey, bytes, kem.encapsulation_key_len())?;
        let (lattice, _) = split(kem, bytes, kem.lattice().encapsulation_key_len())?;
        if !is_reduced(lattice) {
            return Err(Error::NonCanonical(Field::EncapsulationKey));
        }
        Ok(Self { provider, kem, bytes: bytes.to_vec() })
    }

    /// The algorithm.
    pub const fn kem(&self) -> Kem {
        self.kem
    }

    /// The encoding.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Who computes with it.
    pub(crate) const fn provider(&self) -> &'static Provider {
        self.provider
    }

    /// A fresh ciphertext and its shared secret.
    ///
    /// The lattice half may take its randomness from the provider's own generator.
    ///
    /// # Errors
    /// A failing generator; for the TLS groups, a bad point or [`Error::AllZero`]; an operation that the
    /// provider lacks.
    pub fn encapsulate<R: TryCryptoRng + ?Sized>(&self, rng: &mut R) -> Result<(Vec<u8>, SharedSecret), Error> {
        let mut fill = |out: &mut [u8]| rng.try_fill_bytes(out).map_err(|_| Error::Random);
        self.encapsulate_by(&mut fill, None)
    }

    /// The same with given randomness: ML-KEM's `m`, then the ephemeral private key if hybrid.
    ///
    /// # Errors
    /// As [`EncapsulationKey::encapsulate`], and wrong lengths.
    #[cfg(feature = "hazmat")]
    pub fn encapsulate_derand(&self, randomness: &Seed) -> Result<(Vec<u8>, SharedSecret), Error> {
        let (m, ephemeral) = randomness
            .secret_bytes()
            .split_first_chunk::<{ ids::LATTICE_SEED_LEN }>()
            .ok_or(Error::NonCanonical(Field::Seed))?;
        let mut fill = |out: &mut [u8]| {
            expect_len(Field::Seed, ephemeral, out.len())?;
            out.copy_from_slice(ephemeral);
            Ok(())
        };
        self.encapsulate_by(&mut fill, Some(m))
    }

    fn encapsulate_by(&self, fill: &mut Fill<'_>, m: Option<&[u8; 32]>) -> Result<(Vec<u8>, SharedSecret), Error> {
        let params = self.kem.lattice();
        let (lattice_ek, point) = split(self.kem, &self.bytes, params.encapsulation_key_len())?;
        let mut lattice_ct = vec![0; params.ciphertext_len()];
        let backend = self.provider.ml_kem;
        let lattice_ss = SharedSecret::build(ML_KEM_SHARED_SECRET_LEN, |out| match m {
            Some(m) => backend.encapsulate_derand(params, lattice_ek, m, &mut lattice_ct, out),
            None => backend.encapsulate(params, lattice_ek, fill, &mut lattice_ct, out),
        })?;
        let Some(curve) = self.kem.classical() else {
            return Ok((lattice_ct, lattice_ss));
        };
        let (private, own_point) = ephemeral(self.provider, curve, fill)?;
        let agree = |out: &mut [u8]| self.provider.dh.agree(curve, private.secret_bytes(), point, out);
        let classical_ss = agreed(self.kem, curve, agree)?;
        let secret = combine(self.provider, self.kem, &lattice_ss, &classical_ss, &own_point, point)?;
        Ok((join(self.kem, &lattice_ct, &own_point), secret))
    }
}

impl PartialEq for EncapsulationKey {
    fn eq(&self, other: &Self) -> bool {
        self.kem == other.kem && self.bytes == other.bytes
    }
}

impl Eq for EncapsulationKey {}

/// X25519 on its own, an all-zero result refused.
pub mod x25519 {
    use super::*;

    /// The public key of a 32-byte private key.
    ///
    /// # Errors
    /// A wrong length.
    pub fn public_key(provider: &'static Provider, private: &Seed) -> Result<[u8; 32], Error> {
        let mut public = [0; 32];
        provider.dh.public_key(Curve::X25519, private.secret_bytes(), &mut public)?;
        Ok(public)
    }

    /// The shared secret with a peer (RFC 7748 §6.1).
    ///
    /// # Errors
    /// A wrong length; a peer's key that is not the canonical encoding of a u-coordinate;
    /// [`Error::AllZero`] for a peer's point of small order.
    pub fn agree(provider: &'static Provider, private: &Seed, peer: &[u8]) -> Result<SharedSecret, Error> {
        validate(peer)?;
        SharedSecret::build(32, |out| {
            provider.dh.agree(Curve::X25519, private.secret_bytes(), peer, out)?;
            refuse_zero(out)
        })
    }

    /// Whether these bytes are a u-coordinate below 2^255 - 19.
    ///
    /// # Errors
    /// A wrong length; a value that is not reduced.
    pub fn validate(public: &[u8]) -> Result<(), Error> {
        let bytes = expect_array::<32>(Field::PublicKey, public)?;
        if below_25519_prime(bytes) { Ok(()) } else { Err(Error::NonCanonical(Field::PublicKey)) }
    }
}

/// Whether a little-endian number is below 2^255 - 19.
pub(crate) fn below_25519_prime(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    *last < 0x7f || (*last == 0x7f && (*first < 0xed || middle.iter().any(|byte| *byte != 0xff)))
}

/// Whether every coefficient of an ML-KEM encapsulation key is below q. The last 32 bytes are ρ.
fn is_reduced(encapsulation_key: &[u8]) -> bool {
    encapsulation_key.split_last_chunk::<32>().is_none_or(|(packed, _rho)| are_reduced(packed))
}

/// Whether all coefficients of a vector in ML-KEM's encoding, of 12 bits each, are below q.
pub(crate) fn are_reduced(packed: &[u8]) -> bool {
    packed.as_chunks::<3>().0.iter().all(|[a, b, c]| {
        let low = u16::from(*a) | (u16::from(*b & 0x0f) << 8);
        let high = u16::from(*b >> 4) | (u16::from(*c) << 4);
        low < ids::ML_KEM_Q && high < ids::ML_KEM_Q
    })
}

/// A fresh key pair of a curve.
fn ephemeral(provider: &Provider, curve: Curve, fill: &mut Fill<'_>) -> Result<(Seed, Vec<u8>), Error> {
    let mut point = vec![0; curve.public_len()];
    let mut draws = 0..SCALAR_DRAWS;
    loop {
        let private = Seed::build(curve.private_len(), &mut *fill)?;
        match provider.dh.public_key(curve, private.secret_bytes(), &mut point) {
            Err(Error::NonCanonical(Field::PrivateKey)) if draws.next().is_some() => {}
            result => return result.map(|()| (private, point)),
        }
    }
}

/// The classical half. Only X-Wing lets an all-zero result pass, because it mixes it.
fn agreed(kem: Kem, curve: Curve, agree: impl FnOnce(&mut [u8]) -> Result<(), Error>) -> Result<SharedSecret, Error> {
    SharedSecret::build(curve.private_len(), |out| {
        agree(out)?;
        if kem == Kem::XWing { Ok(()) } else { refuse_zero(out) }
    })
}

fn refuse_zero(secret: &[u8]) -> Result<(), Error> {
    let zero = Zeroizing::new(vec![0; secret.len()]);
    if crate::secret::ct_eq(secret, &zero) { Err(Error::AllZero) } else { Ok(()) }
}

/// Concatenation in the order of the KEM.
fn join(kem: Kem, lattice: &[u8], classical: &[u8]) -> Vec<u8> {
    if kem.lattice_first() { [lattice, classical].concat() } else { [classical, lattice].concat() }
}

/// The lattice half, `lattice_len` bytes, and the rest.
fn split(kem: Kem, joined: &[u8], lattice_len: usize) -> Result<(&[u8], &[u8]), Error> {
    let mid = if kem.lattice_first() { Some(lattice_len) } else { joined.len().checked_sub(lattice_len) };
    let (first, second) = mid.and_then(|mid| joined.split_at_checked(mid)).ok_or(Error::Library("split"))?;
    Ok(if kem.lattice_first() { (first, second) } else { (second, first) })
}

/// `classical_ct` is the encapsulator's point, `classical_ek` the decapsulator's.
fn combine(
    provider: &Provider,
    kem: Kem,
    lattice: &SharedSecret,
    classical: &SharedSecret,
    classical_ct: &[u8],
    classical_ek: &[u8],
) -> Result<SharedSecret, Error> {
    let (lattice, classical) = (lattice.secret_bytes(), classical.secret_bytes());
    SharedSecret::build(kem.shared_secret_len(), |out| {
        if kem == Kem::XWing {
            // draft-connolly-cfrg-xwing-kem-10 §5.3, Combiner.
            provider.hash.digest(Hash::Sha3_256, &[lattice, classical, classical_ct, classical_ek, XWING_LABEL], out);
            return Ok(());
        }
        let (first, second) = if kem.lattice_first() { (lattice, classical) } else { (classical, lattice) };
        let (head, tail) = out.split_at_mut_checked(first.len()).ok_or(Error::Library("combine"))?;
        head.copy_from_slice(first);
        expect_len(Field::Ciphertext, tail, second.len())?;
        tail.copy_from_slice(second);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::MlKem,
        provider::{RUST, SystemRng},
    };

    #[test]
    fn every_kem_agrees_with_itself() {
        for kem in Kem::ALL {
            let key = DecapsulationKey::generate(RUST, kem, &mut SystemRng).unwrap();
            assert_eq!(key.encapsulation_key().as_bytes().len(), kem.encapsulation_key_len(), "{kem:?}");
            let public = EncapsulationKey::from_bytes(RUST, kem, key.encapsulation_key().as_bytes()).unwrap();
            let (ciphertext, sent) = public.encapsulate(&mut SystemRng).unwrap();
            assert_eq!(ciphertext.len(), kem.ciphertext_len());
            assert_eq!(sent.secret_bytes().len(), kem.shared_secret_len());
            assert!(sent.ct_eq(&key.decapsulate(&ciphertext).unwrap()), "{kem:?}");
        }
    }

    #[test]
    fn an_unreduced_encapsulation_key_is_refused() {
        let key = DecapsulationKey::generate(RUST, Kem::MlKem(MlKem::MlKem768), &mut SystemRng).unwrap();
        let good = key.encapsulation_key().as_bytes();
        for (at, value) in [(0, [0xff, 0xff]), (1150, [0xff, 0xff])] {
            let mut bad = good.to_vec();
            bad[at..at + 2].copy_from_slice(&value);
            let refused = EncapsulationKey::from_bytes(RUST, key.kem(), &bad).unwrap_err();
            assert_eq!(refused, Error::NonCanonical(Field::EncapsulationKey));
        }
        // q itself, as the first coefficient.
        let mut bad = good.to_vec();
        bad[0] = 0x01;
        bad[1] = (bad[1] & 0xf0) | 0x0d;
        assert!(EncapsulationKey::from_bytes(RUST, key.kem(), &bad).is_err());
    }

    #[test]
    fn wrong_lengths_are_refused_by_type() {
        for kem in Kem::ALL {
            let key = DecapsulationKey::generate(RUST, kem, &mut SystemRng).unwrap();
            for len in [0, 1, kem.ciphertext_len() - 1, kem.ciphertext_len() + 1] {
                let error = key.decapsulate(&vec![0; len]).unwrap_err();
                assert!(matches!(error, Error::WrongLength { field: Field::Ciphertext, found, .. } if found == len));
            }
            let error = EncapsulationKey::from_bytes(RUST, kem, &[]).unwrap_err();
            assert!(matches!(error, Error::WrongLength { field: Field::EncapsulationKey, found: 0, .. }));
        }
    }

    #[test]
    fn zero_x25519_output_is_refused_but_x_wing_mixes_it() {
        let private = Seed::from_slice(&[0x42; 32]);
        assert_eq!(x25519::agree(RUST, &private, &[0; 32]).unwrap_err(), Error::AllZero);

        let key = DecapsulationKey::generate(RUST, Kem::XWing, &mut SystemRng).unwrap();
        let (mut ciphertext, _) = key.encapsulation_key().encapsulate(&mut SystemRng).unwrap();
        ciphertext[1088..].fill(0);
        assert!(key.decapsulate(&ciphertext).is_ok());

        let key = DecapsulationKey::generate(RUST, Kem::X25519MlKem768, &mut SystemRng).unwrap();
        let (mut ciphertext, _) = key.encapsulation_key().encapsulate(&mut SystemRng).unwrap();
        ciphertext[1088..].fill(0);
        assert_eq!(key.decapsulate(&ciphertext).unwrap_err(), Error::AllZero);
    }

    #[test]
    fn non_canonical_x25519_keys_are_refused() {
        let mut p = [0xff; 32];
        (p[0], p[31]) = (0xed, 0x7f);
        assert_eq!(x25519::validate(&p), Err(Error::NonCanonical(Field::PublicKey)));
        p[0] = 0xec;
        assert_eq!(x25519::validate(&p), Ok(()));
        p[31] = 0xff;
        assert_eq!(x25519::validate(&p), Err(Error::NonCanonical(Field::PublicKey)));
    }
}
