//! AES-256-GCM and ChaCha20-Poly1305 by RustCrypto.

use alloc::boxed::Box;

use aes_gcm::aead::{AeadInOut, KeyInit as _, array::typenum};

use super::Rust;
use crate::{
    error::Error,
    ids,
    provider::{Aead, AeadKey},
};

impl Aead for Rust {
    fn key(&self, algorithm: ids::Aead, key: &[u8; ids::AEAD_KEY_LEN]) -> Result<Box<dyn AeadKey>, Error> {
        Ok(match algorithm {
            ids::Aead::Aes256Gcm => Box::new(Key(aes_gcm::Aes256Gcm::new(key.into()))),
            ids::Aead::ChaCha20Poly1305 => Box::new(Key(chacha20poly1305::ChaCha20Poly1305::new(key.into()))),
        })
    }
}

/// A RustCrypto AEAD with 12-byte nonces and 16-byte tags.
struct Key<A>(A);

impl<A> AeadKey for Key<A>
where
    A: AeadInOut<NonceSize = typenum::U12, TagSize = typenum::U16> + Send + Sync,
{
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; 16], Error> {
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, data.into()).map_err(|_| Error::TooLong)?;
        Ok(tag.into())
    }

    fn open(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> Result<(), Error> {
        self.0.decrypt_inout_detached(nonce.into(), aad, data.into(), tag.into()).map_err(|_| Error::Rejected)
    }
}
