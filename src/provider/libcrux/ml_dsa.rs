//! ML-DSA by `libcrux-ml-dsa`.

use alloc::{boxed::Box, vec::Vec};

use libcrux_ml_dsa::{MLDSASignature, MLDSASigningKey, MLDSAVerificationKey, SigningError, VerificationError};
use zeroize::Zeroize as _;

use super::{Libcrux, MlDsa};
use crate::{
    error::{Error, Field, expect_array, expect_len},
    ids,
    provider::{MlDsaKey, Operation, rust::short_coefficients_in_range},
};

/// Runs one body with the library's module for the parameter set that `params` names.
macro_rules! with_params {
    ($params:expr, $m:ident => $body:expr) => {
        match $params {
            ids::MlDsa::MlDsa44 => {
                use libcrux_ml_dsa::ml_dsa_44 as $m;
                $body
            }
            ids::MlDsa::MlDsa65 => {
                use libcrux_ml_dsa::ml_dsa_65 as $m;
                $body
            }
            ids::MlDsa::MlDsa87 => {
                use libcrux_ml_dsa::ml_dsa_87 as $m;
                $body
            }
        }
    };
}

fn decode<const VK: usize, const SIG: usize>(
    verifying_key: &[u8],
    signature: &[u8],
) -> Result<(MLDSAVerificationKey<VK>, MLDSASignature<SIG>), Error> {
    let verifying_key = expect_array(Field::VerifyingKey, verifying_key)?;
    let signature = signature.try_into().map_err(|_| Error::Rejected)?;
    Ok((MLDSAVerificationKey::new(*verifying_key), MLDSASignature::new(signature)))
}

const fn refused(error: VerificationError) -> Error {
    match error {
        VerificationError::VerificationContextTooLongError => Error::Context,
        VerificationError::MalformedHintError
        | VerificationError::SignerResponseExceedsBoundError
        | VerificationError::CommitmentHashesDontMatchError => Error::Rejected,
    }
}

const fn unsigned(error: SigningError) -> Error {
    match error {
        SigningError::ContextTooLongError => Error::Context,
        SigningError::RejectionSamplingError => Error::Library("libcrux-ml-dsa"),
    }
}

impl MlDsa for Libcrux {
    fn key(&self, params: ids::MlDsa, seed: &[u8; 32]) -> Result<Box<dyn MlDsaKey>, Error> {
        with_params!(params, m => {
            let mut pair = m::generate_key_pair(*seed);
            let key = load(params, pair.signing_key.as_slice(), Some(pair.verification_key.as_slice()));
            pair.signing_key.as_mut_slice().zeroize();
            key
        })
    }

    fn key_from_expanded(&self, params: ids::MlDsa, expanded: &[u8]) -> Result<Box<dyn MlDsaKey>, Error> {
        expect_len(Field::ExpandedKey, expanded, params.expanded_len())?;
        if !short_coefficients_in_range(params, expanded) {
            return Err(Error::NonCanonical(Field::ExpandedKey));
        }
        load(params, expanded, None)
    }

    fn verify(
        &self,
        params: ids::MlDsa,
        verifying_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        with_params!(params, m => {
            let (key, signature) = decode(verifying_key, signature)?;
            m::verify(&key, message, context, &signature).map_err(refused)
        })
    }

    #[cfg(feature = "hazmat")]
    fn verify_internal(
        &self,
        params: ids::MlDsa,
        verifying_key: &[u8],
        formatted: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        with_params!(params, m => {
            let (key, signature) = decode(verifying_key, signature)?;
            m::verify_internal(&key, formatted, &signature).map_err(refused)
        })
    }
}

fn load(params: ids::MlDsa, expanded: &[u8], verifying_key: Option<&[u8]>) -> Result<Box<dyn MlDsaKey>, Error> {
    with_params!(params, m => {
        expect_len(Field::ExpandedKey, expanded, params.expanded_len())?;
        let mut key = Box::new(Key {
            signing: MLDSASigningKey::zero(),
            verifying: verifying_key.map(<[u8]>::to_vec),
            sign: m::sign,
            #[cfg(feature = "hazmat")]
            sign_internal: m::sign_internal,
        });
        key.signing.as_mut_slice().copy_from_slice(expanded);
        Ok(key)
    })
}

type Signed<const SIG: usize> = Result<MLDSASignature<SIG>, SigningError>;

/// Lives in a box only, so that no move copies the key.
struct Key<const SK: usize, const SIG: usize> {
    signing: MLDSASigningKey<SK>,
    verifying: Option<Vec<u8>>,
    sign: fn(&MLDSASigningKey<SK>, &[u8], &[u8], [u8; 32]) -> Signed<SIG>,
    #[cfg(feature = "hazmat")]
    sign_internal: fn(&MLDSASigningKey<SK>, &[u8], [u8; 32]) -> Signed<SIG>,
}

impl<const SK: usize, const SIG: usize> Drop for Key<SK, SIG> {
    fn drop(&mut self) {
        self.signing.as_mut_slice().zeroize();
    }
}

impl<const SK: usize, const SIG: usize> MlDsaKey for Key<SK, SIG> {
    fn implementation(&self) -> &'static str {
        "libcrux"
    }

    /// An expanded key does not hold t1, and the library cannot compute it.
    fn verifying_key(&self) -> Result<Vec<u8>, Error> {
        self.verifying
            .clone()
            .ok_or(Error::Unsupported { implementation: self.implementation(), operation: Operation::MlDsaExpanded })
    }

    fn sign(&self, message: &[u8], context: &[u8], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        expect_len(Field::Signature, signature, SIG)?;
        let made = (self.sign)(&self.signing, message, context, *randomness).map_err(unsigned)?;
        signature.copy_from_slice(made.as_slice());
        Ok(())
    }

    #[cfg(feature = "hazmat")]
    fn sign_internal(&self, formatted: &[u8], randomness: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        expect_len(Field::Signature, signature, SIG)?;
        let made = (self.sign_internal)(&self.signing, formatted, *randomness).map_err(unsigned)?;
        signature.copy_from_slice(made.as_slice());
        Ok(())
    }
}
