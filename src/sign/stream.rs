//! Messages of any size, piece by piece, in bounded memory.
//!
//! What comes out is what [`SigningKey::sign`] gives for the whole message, and verifies as that. A composite
//! signs SHA-512 of its message, so that hash is what is kept. ML-DSA signs μ = SHAKE256(tr ‖ 0 ‖ len(ctx) ‖
//! ctx ‖ M) (FIPS 204 §5.2, §6.2), so that state is kept, and the provider must take an external μ: of ours,
//! [`RUST`](crate::provider::RUST). Ed25519 reads its message twice: [`Error::TwoPass`].
//!
//! ```
//! use twinlock::{ids::Signature, provider, sign::SigningKey};
//! # let mut rng = provider::SystemRng;
//!
//! let key = SigningKey::generate(provider::RUST, Signature::MlDsa65Ed25519, &mut rng)?;
//! let mut signer = key.signer(b"context")?;
//! signer.update(b"mess");
//! signer.update(b"age");
//! let signature = signer.sign(&mut rng)?;
//! key.verifying_key().verify(b"message", b"context", &signature)?;
//! # Ok::<(), twinlock::Error>(())
//! ```

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;

use super::{SigningKey, VerifyingKey, composite, context_len, fresh};
use crate::{
    error::{Error, Field, expect_array},
    ids::{COMPOSITE_HASH, ML_DSA_MU_LEN, MlDsa, Signature},
    provider::{HashState, Operation},
    secret::Seed,
};

/// Signs a message that comes piece by piece; made by [`SigningKey::signer`].
pub struct Signer<'a> {
    key: &'a SigningKey,
    message: Message,
}

impl SigningKey {
    /// Starts to sign a message of any size.
    ///
    /// # Errors
    /// [`Error::Context`] as in [`SigningKey::sign`]; [`Error::TwoPass`] for Ed25519; for ML-DSA,
    /// [`Error::Unsupported`] by a provider without [`Operation::MlDsaMu`], and by a key that is held elsewhere.
    pub fn signer(&self, context: &[u8]) -> Result<Signer<'_>, Error> {
        // μ goes to the key itself, and no device takes it.
        if self.seed.is_none() && self.classical.is_none() {
            let implementation = self.lattice.as_ref().map_or("", |key| key.implementation());
            return Err(Error::Unsupported { implementation, operation: Operation::MlDsaMu });
        }
        Ok(Signer { key: self, message: Message::new(&self.public, context)? })
    }
}

impl Signer<'_> {
    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.message.hash.update(piece);
    }

    /// Signs all that came, hedged, as [`SigningKey::sign`] does.
    ///
    /// # Errors
    /// A failing generator.
    pub fn sign<R: TryCryptoRng + ?Sized>(self, rng: &mut R) -> Result<Vec<u8>, Error> {
        self.sign_by(&fresh(rng)?)
    }

    /// The same with given randomness of 32 bytes; all zero is FIPS 204's deterministic variant.
    ///
    /// # Errors
    /// A wrong length.
    #[cfg(feature = "hazmat")]
    pub fn sign_derand(self, randomness: &Seed) -> Result<Vec<u8>, Error> {
        self.sign_by(randomness)
    }

    fn sign_by(self, randomness: &Seed) -> Result<Vec<u8>, Error> {
        match self.message.finish() {
            Representative::Composite { message, label } => self.key.sign_representative(&message, label, randomness),
            Representative::Mu { params, mu } => {
                let mut signature = alloc::vec![0; params.signature_len()];
                let randomness = expect_array(Field::Seed, randomness.secret_bytes())?;
                let key = self.key.lattice.as_ref().ok_or(Error::Library("signer"))?;
                key.sign_mu(&mu, randomness, &mut signature)?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key", self.key).finish_non_exhaustive()
    }
}

/// Verifies a message that comes piece by piece; made by [`VerifyingKey::verifier`].
pub struct Verifier<'a> {
    key: &'a VerifyingKey,
    message: Message,
}

impl VerifyingKey {
    /// Starts to verify a message of any size.
    ///
    /// # Errors
    /// As [`SigningKey::signer`].
    pub fn verifier(&self, context: &[u8]) -> Result<Verifier<'_>, Error> {
        Ok(Verifier { key: self, message: Message::new(self, context)? })
    }
}

impl Verifier<'_> {
    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.message.hash.update(piece);
    }

    /// Verifies all that came.
    ///
    /// # Errors
    /// [`Error::Rejected`], as [`VerifyingKey::verify`].
    pub fn verify(self, signature: &[u8]) -> Result<(), Error> {
        match self.message.finish() {
            Representative::Composite { message, label } => self.key.verify_representative(&message, label, signature),
            Representative::Mu { params, .. } if signature.len() != params.signature_len() => Err(Error::Rejected),
            Representative::Mu { params, mu } => {
                self.key.provider.ml_dsa.verify_mu(params, &self.key.bytes, &mu, signature)
            }
        }
    }
}

impl fmt::Debug for Verifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("key", self.key).finish_non_exhaustive()
    }
}

/// What is kept of a message, whatever its size.
struct Message {
    hash: Box<dyn HashState>,
    form: Form,
}

enum Form {
    /// `hash` is over M; the rest of M' waits for it.
    Composite { label: &'static [u8], len: u8, context: Vec<u8> },
    /// `hash` becomes μ.
    Mu(MlDsa),
}

/// What is signed.
enum Representative {
    Composite { message: Vec<u8>, label: &'static [u8] },
    Mu { params: MlDsa, mu: [u8; ML_DSA_MU_LEN] },
}

impl Message {
    fn new(key: &VerifyingKey, context: &[u8]) -> Result<Self, Error> {
        let provider = key.provider;
        let len = context_len(key.algorithm, context)?;
        if let Some(label) = key.algorithm.composite_label() {
            let form = Form::Composite { label, len, context: context.to_vec() };
            return Ok(Self { hash: provider.hash.start(COMPOSITE_HASH), form });
        }
        let Signature::MlDsa(params) = key.algorithm else {
            return Err(Error::TwoPass);
        };
        if !provider.supports(Operation::MlDsaMu) {
            return Err(Error::Unsupported { implementation: provider.name, operation: Operation::MlDsaMu });
        }
        let mut tr = [0; ML_DSA_MU_LEN];
        provider.hash.shake256(&key.bytes, &mut tr);
        let mut hash = provider.hash.start_shake256();
        for part in [&tr[..], &[0, len], context] {
            hash.update(part);
        }
        Ok(Self { hash, form: Form::Mu(params) })
    }

    fn finish(self) -> Representative {
        match self.form {
            Form::Composite { label, len, context } => {
                let mut digest = [0; COMPOSITE_HASH.output_len()];
                self.hash.snapshot(&mut digest);
                Representative::Composite { message: composite(label, len, &context, &digest), label }
            }
            Form::Mu(params) => {
                let mut mu = [0; ML_DSA_MU_LEN];
                self.hash.snapshot(&mut mu);
                Representative::Mu { params, mu }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{self, RUST, SystemRng};

    const STREAMED: [Signature; 5] = [
        Signature::MlDsa(MlDsa::MlDsa44),
        Signature::MlDsa(MlDsa::MlDsa65),
        Signature::MlDsa(MlDsa::MlDsa87),
        Signature::MlDsa44Ed25519,
        Signature::MlDsa65Ed25519,
    ];

    fn key(algorithm: Signature) -> SigningKey {
        SigningKey::from_seed(RUST, algorithm, Seed::from_slice(&vec![7; algorithm.seed_len()])).unwrap()
    }

    #[test]
    fn pieces_sign_and_verify_as_the_whole() {
        let message: Vec<u8> = (0..=u8::MAX).cycle().take(1000).collect();
        for algorithm in STREAMED {
            let key = key(algorithm);
            for (pieces, context) in [(1, &b""[..]), (136, b"context"), (1000, &[9; 255])] {
                let mut signer = key.signer(context).unwrap();
                let mut verifier = key.verifying_key().verifier(context).unwrap();
                for piece in message.chunks(pieces) {
                    signer.update(piece);
                    verifier.update(piece);
                }
                let randomness = Seed::from_slice(&[5; 32]);
                let signature = signer.sign_by(&randomness).unwrap();
                assert_eq!(signature, key.sign_by(&message, context, &randomness).unwrap(), "{algorithm:?}");
                assert_eq!(verifier.verify(&signature), Ok(()));
                assert_eq!(key.verifying_key().verify(&message, context, &signature), Ok(()));
            }
        }
    }

    #[test]
    fn what_was_changed_is_rejected() {
        for algorithm in STREAMED {
            let key = key(algorithm);
            let verified = |context: &[u8], message: &[u8], signature: &[u8]| {
                let mut verifier = key.verifying_key().verifier(context).unwrap();
                verifier.update(message);
                verifier.verify(signature)
            };
            let mut signer = key.signer(b"c").unwrap();
            signer.update(b"message");
            let signature = signer.sign(&mut SystemRng).unwrap();
            assert_eq!(verified(b"c", b"message", &signature), Ok(()));
            assert_eq!(verified(b"c", b"massage", &signature), Err(Error::Rejected));
            assert_eq!(verified(b"", b"message", &signature), Err(Error::Rejected));
            assert_eq!(verified(b"cm", b"essage", &signature), Err(Error::Rejected));
            assert_eq!(verified(b"c", b"message", &signature[1..]), Err(Error::Rejected));
            assert_eq!(verified(b"c", b"message", &[]), Err(Error::Rejected));
            for at in [0, signature.len() / 2, signature.len() - 1] {
                let mut bad = signature.clone();
                bad[at] ^= 1;
                assert_eq!(verified(b"c", b"message", &bad), Err(Error::Rejected), "{algorithm:?} {at}");
            }
        }
    }

    #[test]
    fn what_cannot_be_streamed_says_so_at_the_start() {
        let ed25519 = key(Signature::Ed25519);
        assert_eq!(ed25519.signer(b"").unwrap_err(), Error::TwoPass);
        assert_eq!(ed25519.verifying_key().verifier(b"").unwrap_err(), Error::TwoPass);
        assert_eq!(ed25519.signer(b"c").unwrap_err(), Error::Context);
        for algorithm in STREAMED {
            assert_eq!(key(algorithm).signer(&[0; 256]).unwrap_err(), Error::Context);
            for provider in provider::ALL.iter().filter(|provider| provider.supports(Operation::MlDsa)) {
                let seed = Seed::from_slice(&vec![7; algorithm.seed_len()]);
                let key = SigningKey::from_seed(provider, algorithm, seed).unwrap();
                let lacks = matches!(algorithm, Signature::MlDsa(_)) && !provider.supports(Operation::MlDsaMu);
                let unsupported = Error::Unsupported { implementation: provider.name, operation: Operation::MlDsaMu };
                assert_eq!(key.signer(b"").err(), lacks.then_some(unsupported), "{provider:?} {algorithm:?}");
            }
        }
    }
}
