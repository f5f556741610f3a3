//! ML-DSA by RustCrypto's `ml-dsa`.

use alloc::{boxed::Box, vec::Vec};

use ml_dsa::{B32, EncodedVerifyingKey, ExpandedSigningKey, MlDsaParams, SigningKey, VerifyingKey};
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroize as _;

use super::Rust;
use crate::{
    error::{Error, Field, expect_len},
    ids,
    provider::{MlDsa, MlDsaKey},
};

/// Runs one generic body for the parameter set that `params` names.
macro_rules! with_params {
    ($params:ident, $P:ident => $body:expr) => {
        match $params {
            ids::MlDsa::MlDsa44 => {
                type $P = ml_dsa::MlDsa44;
                $body
            }
            ids::MlDsa::MlDsa65 => {
                type $P = ml_dsa::MlDsa65;
                $body
            }
            ids::MlDsa::MlDsa87 => {
                type $P = ml_dsa::MlDsa87;
                $body
            }
        }
    };
}

fn decode<P: MlDsaParams>(
    params: ids::MlDsa,
    verifying_key: &[u8],
    signature: &[u8],
) -> Result<(VerifyingKey<P>, ml_dsa::Signature<P>), Error> {
    let verifying_key: &EncodedVerifyingKey<P> = verifying_key.try_into().map_err(|_| Error::WrongLength {
        field: Field::VerifyingKey,
        expected: params.verifying_key_len(),
        found: verifying_key.len(),
    })?;
    let signature = ml_dsa::Signature::try_from(signature).map_err(|_| Error::Rejected)?;
    Ok((VerifyingKey::decode(verifying_key), signature))
}

const fn verdict(valid: bool) -> Result<(), Error> {
    if valid { Ok(()) } else { Err(Error::Rejected) }
}

impl MlDsa for Rust {
    fn key(&self, params: ids::MlDsa, seed: &[u8; 32]) -> Result<Box<dyn MlDsaKey>, Error> {
        Ok(with_params!(params, P => Box::new(Key(Form::Seed(SigningKey::<P>::from_seed(seed.into()))))))
    }

    fn key_from_expanded(&self, params: ids::MlDsa, expanded: &[u8]) -> Result<Box<dyn MlDsaKey>, Error> {
        expect_len(Field::ExpandedKey, expanded, params.expanded_len())?;
        // The library's decoder panics on coefficients that no key generation makes (FIPS 204 algorithm 25).
        if !short_coefficients_in_range(params, expanded) {
            return Err(Error::NonCanonical(Field::ExpandedKey));
        }
        with_params!(params, P => {
            let bytes = expanded.try_into().map_err(|_| Error::NonCanonical(Field::ExpandedKey))?;
            #[expect(deprecated, reason = "known-answer sets give expanded keys")]
            let key = ExpandedSigningKey::<P>::from_expanded(bytes);
            Ok(Box::new(Key(Form::Expanded(Box::new(key)))))
        })
    }

    fn verify(
        &self,
        params: ids::MlDsa,
        verifying_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        if context.len() > ids::MAX_CONTEXT_LEN {
            return Err(Error::Context);
        }
        with_params!(params, P => {
            let (key, signature) = decode::<P>(params, verifying_key, signature)?;
            verdict(key.verify_with_context(message, context, &signature))
        })
    }

    fn verify_internal(
        &self,
        params: ids::MlDsa,
        verifying_key: &[u8],
        formatted: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        with_params!(params, P => {
            let (key, signature) = decode::<P>(params, verifying_key, signature)?;
            verdict(key.verify_internal(formatted, &signature))
        })
    }

    fn verify_mu(
        &self,
        params: ids::MlDsa,
        verifying_key: &[u8],
        mu: &[u8; 64],
        signature: &[u8],
    ) -> Result<(), Error> {
        with_params!(params, P => {
            let (key, signature) = decode::<P>(params, verifying_key, signature)?;
            verdict(key.verify_mu(mu.into(), &signature))
        })
    }
}

/// Writes the expanded key of a seed, for files that hold it (FIPS 204 algorithm 24).
pub(crate) fn expand_ml_dsa(params: ids::MlDsa, seed: &[u8; 32], expanded: &mut [u8]) -> Result<(), Error> {
    expect_len(Field::ExpandedKey, expanded, params.expanded_len())?;
    with_params!(params, P => {
        let key = SigningKey::<P>::from_seed(seed.into());
        #[expect(deprecated, reason = "other implementations' files hold the expanded key")]
        let mut bytes = key.expanded_key().to_expanded();
        expanded.copy_from_slice(&bytes);
        bytes[..].zeroize();
    });
    Ok(())
}

/// Whether every coefficient of s1 and s2 is in [-η, η], as FIPS 204 algorithm 25 demands of trusted input.
pub(in crate::provider) fn short_coefficients_in_range(params: ids::MlDsa, expanded: &[u8]) -> bool {
    // Bits per coefficient, their mask, the largest packed value 2η, and 32·bits·(k + ℓ) bytes behind rho, K
    // and tr.
    let (bits, mask, largest, len) = match params {
        ids::MlDsa::MlDsa44 => (3, 0b111, 4, 768),
        ids::MlDsa::MlDsa65 => (4, 0b1111, 8, 1408),
        ids::MlDsa::MlDsa87 => (3, 0b111, 4, 1440),
    };
    let Some(packed) = expanded.get(128..).and_then(|tail| tail.get(..len)) else {
        return false;
    };
    packed.chunks(bits).all(|chunk| {
        // Little-endian bit packing: `bits` bytes hold eight coefficients.
        let word = chunk.iter().rev().fold(0u32, |word, byte| (word << 8) | u32::from(*byte));
        (0..u32::BITS).step_by(bits).take(8).all(|at| word.unbounded_shr(at) & mask <= largest)
    })
}

/// The library wipes both forms on drop.
enum Form<P: MlDsaParams> {
    Seed(SigningKey<P>),
    Expanded(Box<ExpandedSigningKey<P>>),
}

struct Key<P: MlDsaParams>(Form<P>);

impl<P: MlDsaParams> Key<P> {
    fn expanded(&self) -> &ExpandedSigningKey<P> {
        match &self.0 {
            Form::Seed(key) => key.expanded_key(),
            Form::Expanded(key) => key,
        }
    }
}

impl<P> MlDsaKey for Key<P>
where
    P: MlDsaParams + Send + Sync,
    SigningKey<P>: Send + Sync,
    ExpandedSigningKey<P>: Send + Sync,
{
    fn implementation(&self) -> &'static str {
        "rust"
    }

    fn verifying_key(&self) -> Result<Vec<u8>, Error> {
        Ok(self.expanded().verifying_key().encode().to_vec())
    }

    fn sign(&self, message: &[u8], context: &[u8], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        // M' of FIPS 204 algorithm 2, line 10: 0 ‖ |ctx| ‖ ctx ‖ M.
        let len = u8::try_from(context.len()).map_err(|_| Error::Context)?;
        self.put(&[&[0, len], context, message], randomness, signature)
    }

    fn sign_internal(&self, formatted: &[u8], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        self.put(&[formatted], randomness, signature)
    }

    fn sign_mu(&self, mu: &[u8; 64], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        let made = self.expanded().sign_mu_randomized(mu.into(), &mut Given(randomness));
        put(&made.map_err(|_| Error::Library("ml-dsa"))?, signature)
    }
}

impl<P: MlDsaParams> Key<P> {
    fn put(&self, parts: &[&[u8]], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        let randomness: &B32 = randomness.into();
        put(&self.expanded().sign_internal(parts, randomness), signature)
    }
}

/// The randomness of one signature, for the library draws its own: 32 bytes, once.
struct Given<'a>(&'a [u8; 32]);

impl TryRng for Given<'_> {
    type Error = Error;

    fn try_next_u32(&mut self) -> Result<u32, Error> {
        Err(Error::Random)
    }

    fn try_next_u64(&mut self) -> Result<u64, Error> {
        Err(Error::Random)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        expect_len(Field::Seed, out, self.0.len())?;
        out.copy_from_slice(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Given<'_> {}

fn put<P: MlDsaParams>(made: &ml_dsa::Signature<P>, signature: &mut [u8]) -> Result<(), Error> {
    let bytes = made.encode();
    expect_len(Field::Signature, signature, bytes.len())?;
    signature.copy_from_slice(&bytes);
    Ok(())
}
