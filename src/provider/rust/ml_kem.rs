//! ML-KEM by RustCrypto's `ml-kem`.

use alloc::{boxed::Box, vec::Vec};

use ml_kem::{ArraySize, B32, DecapsulationKey, EncapsulationKey, Seed, array::Array, kem::KeyExport as _};
use zeroize::Zeroize as _;

use super::Rust;
use crate::{
    error::{Error, Field, expect_len},
    ids,
    provider::{MlKem, MlKemKey},
};

/// Runs one generic body for the parameter set that `params` names.
macro_rules! with_params {
    ($params:ident, $P:ident => $body:expr) => {
        match $params {
            ids::MlKem::MlKem512 => {
                type $P = ml_kem::MlKem512;
                $body
            }
            ids::MlKem::MlKem768 => {
                type $P = ml_kem::MlKem768;
                $body
            }
            ids::MlKem::MlKem1024 => {
                type $P = ml_kem::MlKem1024;
                $body
            }
        }
    };
}

/// Borrows a slice of the right length as the library's array.
fn array<N: ArraySize>(field: Field, bytes: &[u8]) -> Result<&Array<u8, N>, Error> {
    bytes.try_into().map_err(|_| Error::WrongLength { field, expected: N::USIZE, found: bytes.len() })
}

impl MlKem for Rust {
    fn key(&self, params: ids::MlKem, seed: &[u8; 64]) -> Result<Box<dyn MlKemKey>, Error> {
        let mut seed: Seed = (*seed).into();
        let key: Box<dyn MlKemKey> = with_params!(params, P => Box::new(DecapsulationKey::<P>::from_seed(seed)));
        seed[..].zeroize();
        Ok(key)
    }

    fn key_from_expanded(&self, params: ids::MlKem, expanded: &[u8]) -> Result<Box<dyn MlKemKey>, Error> {
        with_params!(params, P => {
            #[expect(deprecated, reason = "known-answer sets give expanded keys")]
            let key = DecapsulationKey::<P>::from_expanded(array(Field::ExpandedKey, expanded)?)
                .map_err(|_| Error::NonCanonical(Field::ExpandedKey))?;
            Ok(Box::new(key))
        })
    }

    fn encapsulate_derand(
        &self,
        params: ids::MlKem,
        encapsulation_key: &[u8],
        m: &[u8; 32],
        ciphertext: &mut [u8],
        shared_secret: &mut [u8],
    ) -> Result<(), Error> {
        expect_len(Field::Ciphertext, ciphertext, params.ciphertext_len())?;
        expect_len(Field::Ciphertext, shared_secret, ids::ML_KEM_SHARED_SECRET_LEN)?;
        with_params!(params, P => {
            let key = EncapsulationKey::<P>::new(array(Field::EncapsulationKey, encapsulation_key)?)
                .map_err(|_| Error::NonCanonical(Field::EncapsulationKey))?;
            let m: &B32 = m.into();
            let (made, mut secret) = key.encapsulate_deterministic(m);
            ciphertext.copy_from_slice(&made);
            shared_secret.copy_from_slice(&secret);
            secret[..].zeroize();
        });
        Ok(())
    }
}

/// Writes the expanded key of a seed, for files that hold it: dk_PKE ‖ ek ‖ H(ek) ‖ z (FIPS 203 §7.1).
pub(crate) fn expand_ml_kem(params: ids::MlKem, seed: &[u8; 64], expanded: &mut [u8]) -> Result<(), Error> {
    expect_len(Field::ExpandedKey, expanded, params.expanded_len())?;
    let mut seed: Seed = (*seed).into();
    with_params!(params, P => {
        #[expect(deprecated, reason = "other implementations' files hold the expanded key")]
        let mut bytes = ml_kem::ExpandedKeyEncoding::to_expanded_bytes(&DecapsulationKey::<P>::from_seed(seed));
        expanded.copy_from_slice(&bytes);
        bytes[..].zeroize();
    });
    seed[..].zeroize();
    Ok(())
}

/// The library wipes its keys on drop.
macro_rules! keys {
    ($($P:ty),*) => {
        $(impl MlKemKey for DecapsulationKey<$P> {
            fn encapsulation_key(&self) -> Vec<u8> {
                self.encapsulation_key().to_bytes().to_vec()
            }

            fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8]) -> Result<(), Error> {
                expect_len(Field::Ciphertext, shared_secret, ids::ML_KEM_SHARED_SECRET_LEN)?;
                let mut secret = ml_kem::kem::Decapsulate::decapsulate(self, array(Field::Ciphertext, ciphertext)?);
                shared_secret.copy_from_slice(&secret);
                secret[..].zeroize();
                Ok(())
            }
        })*
    };
}

keys!(ml_kem::MlKem512, ml_kem::MlKem768, ml_kem::MlKem1024);
