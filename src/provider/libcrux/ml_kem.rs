//! ML-KEM by `libcrux-ml-kem`.

use alloc::{boxed::Box, vec::Vec};

use libcrux_ml_kem::{MlKemCiphertext, MlKemKeyPair, MlKemPrivateKey, MlKemSharedSecret};
use zeroize::{Zeroize as _, optimization_barrier};

use super::{Libcrux, MlKem};
use crate::{
    error::{Error, Field, expect_array, expect_len},
    ids,
    provider::MlKemKey,
};

/// Runs one body with the library's module for the parameter set that `params` names.
macro_rules! with_params {
    ($params:expr, $m:ident => $body:expr) => {
        match $params {
            ids::MlKem::MlKem512 => {
                use libcrux_ml_kem::mlkem512 as $m;
                $body
            }
            ids::MlKem::MlKem768 => {
                use libcrux_ml_kem::mlkem768 as $m;
                $body
            }
            ids::MlKem::MlKem1024 => {
                use libcrux_ml_kem::mlkem1024 as $m;
                $body
            }
        }
    };
}

/// Expands a seed, lends the expanded key to `with`, and wipes it.
pub(in crate::provider) fn expand<T>(params: ids::MlKem, seed: &[u8; 64], with: impl FnOnce(&[u8]) -> T) -> T {
    with_params!(params, m => {
        let mut pair = m::generate_key_pair(*seed);
        let result = with(pair.sk());
        // The pair lends its bytes read-only, so that it is wiped by overwriting the whole of it.
        pair = MlKemKeyPair::new([0; _], [0; _]);
        optimization_barrier(&pair);
        result
    })
}

/// The checks of FIPS 203 §7.3 that need no ciphertext: the length and H(ek); and §7.2 on the embedded ek.
pub(in crate::provider) fn validate_expanded(params: ids::MlKem, expanded: &[u8]) -> Result<(), Error> {
    with_params!(params, m => {
        let private = Private::new(expanded)?;
        let public = expect_array(Field::ExpandedKey, encapsulation_key(params, expanded)?)?.into();
        // The library asks for a ciphertext to hold its length in the type, and does not read it.
        if m::validate_private_key(&private.0, &Default::default()) && m::validate_public_key(&public) {
            Ok(())
        } else {
            Err(Error::NonCanonical(Field::ExpandedKey))
        }
    })
}

/// The encapsulation key in an expanded key, which is dk_PKE ‖ ek ‖ H(ek) ‖ z.
pub(in crate::provider) fn encapsulation_key(params: ids::MlKem, expanded: &[u8]) -> Result<&[u8], Error> {
    expect_len(Field::ExpandedKey, expanded, params.expanded_len())?;
    expanded
        .split_last_chunk::<64>()
        .and_then(|(keys, _)| keys.split_at_checked(keys.len().checked_sub(params.encapsulation_key_len())?))
        .map(|(_, public)| public)
        .ok_or(Error::NonCanonical(Field::ExpandedKey))
}

impl MlKem for Libcrux {
    fn key(&self, params: ids::MlKem, seed: &[u8; 64]) -> Result<Box<dyn MlKemKey>, Error> {
        expand(params, seed, |expanded| load(params, expanded))
    }

    fn key_from_expanded(&self, params: ids::MlKem, expanded: &[u8]) -> Result<Box<dyn MlKemKey>, Error> {
        validate_expanded(params, expanded)?;
        load(params, expanded)
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
        with_params!(params, library => {
            let public = expect_array(Field::EncapsulationKey, encapsulation_key)?.into();
            let (made, mut secret) = library::encapsulate(&public, *m);
            ciphertext.copy_from_slice(made.as_slice());
            shared_secret.copy_from_slice(&secret);
            secret.zeroize();
        });
        Ok(())
    }
}

fn load(params: ids::MlKem, expanded: &[u8]) -> Result<Box<dyn MlKemKey>, Error> {
    with_params!(params, m => {
        Ok(Box::new(Key {
            private: Private::new(expanded)?,
            encapsulation_key: encapsulation_key(params, expanded)?.to_vec(),
            decapsulate: m::decapsulate,
        }))
    })
}

/// An expanded key that is wiped on drop.
struct Private<const DK: usize>(Box<MlKemPrivateKey<DK>>);

impl<const DK: usize> Private<DK> {
    fn new(expanded: &[u8]) -> Result<Self, Error> {
        expect_len(Field::ExpandedKey, expanded, DK)?;
        let mut private = Self(Box::default());
        private.bytes().copy_from_slice(expanded);
        Ok(private)
    }

    fn bytes(&mut self) -> &mut [u8] {
        // The library's own `IndexMut`, its only mutable access; the whole range is always in range.
        &mut self.0[0..]
    }
}

impl<const DK: usize> Drop for Private<DK> {
    fn drop(&mut self) {
        self.bytes().zeroize();
    }
}

struct Key<const DK: usize, const CT: usize> {
    private: Private<DK>,
    encapsulation_key: Vec<u8>,
    decapsulate: fn(&MlKemPrivateKey<DK>, &MlKemCiphertext<CT>) -> MlKemSharedSecret,
}

impl<const DK: usize, const CT: usize> MlKemKey for Key<DK, CT> {
    fn encapsulation_key(&self) -> Vec<u8> {
        self.encapsulation_key.clone()
    }

    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8]) -> Result<(), Error> {
        expect_len(Field::Ciphertext, shared_secret, ids::ML_KEM_SHARED_SECRET_LEN)?;
        let ciphertext = expect_array::<CT>(Field::Ciphertext, ciphertext)?.into();
        let mut secret = (self.decapsulate)(&self.private.0, &ciphertext);
        shared_secret.copy_from_slice(&secret);
        secret.zeroize();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wiping_reaches_every_byte_of_a_private_key() {
        let mut private = Private::<1632>::new(&[0xa5; 1632]).unwrap();
        assert_eq!(private.0.as_slice(), &[0xa5; 1632]);
        private.bytes().zeroize();
        assert_eq!(private.0.as_slice(), &[0; 1632]);
    }
}
