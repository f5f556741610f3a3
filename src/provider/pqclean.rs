//! The drafts from before the standards, by PQClean's C.
//!
//! pqcrypto-kyber 0.8 implements the draft of FIPS 203, pqcrypto-dilithium 0.5 a draft of FIPS 204. Sizes are
//! those of the standards, meaning is not. The libraries seed themselves from the system's generator, and
//! their own stack copies of keys cannot be wiped: for reports and for opening old material, not for new.

use alloc::{boxed::Box, vec::Vec};

use pqcrypto_traits::{
    kem::{Ciphertext as _, PublicKey as _, SecretKey as _, SharedSecret as _},
    sign::{DetachedSignature as _, PublicKey as _, SecretKey as _},
};

use super::{Draft, Implementation, MlDsa, MlDsaKey, MlKem, MlKemKey, Operation, Provider, rust::Rust};
use crate::{
    error::{Error, Field, expect_len},
    ids::{self, Curve},
    secret::{Seed, SharedSecret},
};

/// The drafts only. The standards' ML-KEM and ML-DSA are refused here; the classical half is the `rust` one.
pub static PQCLEAN: &Provider = &Provider {
    name: "pqclean",
    operations: &[
        Operation::Dh(Curve::X25519),
        Operation::Dh(Curve::P256),
        Operation::Dh(Curve::P384),
        Operation::Ed25519,
        Operation::Aead(ids::Aead::Aes256Gcm),
        Operation::Aead(ids::Aead::ChaCha20Poly1305),
        Operation::Hash(ids::Hash::Sha256),
        Operation::Hash(ids::Hash::Sha384),
        Operation::Hash(ids::Hash::Sha512),
        Operation::Hash(ids::Hash::Sha3_256),
        Operation::Shake256,
        Operation::Kdf,
        Operation::Draft,
    ],
    parts: &[
        ("X25519", "x25519-dalek 3.0.0"),
        ("P-256", "p256 0.14.0"),
        ("P-384", "p384 0.14.0"),
        ("Ed25519", "ed25519-dalek 3.0.0"),
        ("draft of ML-KEM", "pqcrypto-kyber 0.8.1"),
        ("draft of ML-DSA", "pqcrypto-dilithium 0.5.0"),
        ("AES-256-GCM", "aes-gcm 0.11.1"),
        ("ChaCha20-Poly1305", "chacha20poly1305 0.11.0"),
        ("SHA-2", "sha2 0.11.1"),
        ("SHA-3", "sha3 0.12.0"),
        ("SHAKE256", "shake 0.1.0"),
        ("HKDF", "hkdf 0.13.0"),
        ("HMAC", "hmac 0.13.0"),
    ],
    dh: &Rust,
    ed25519: &Rust,
    ml_kem: &Pqclean,
    ml_dsa: &Pqclean,
    aead: &Rust,
    hash: &Rust,
    kdf: &Rust,
    draft: &Pqclean,
};

struct Pqclean;

impl Implementation for Pqclean {
    fn name(&self) -> &'static str {
        "pqclean"
    }
}

impl MlKem for Pqclean {
    fn key(&self, _: ids::MlKem, _: &[u8; 64]) -> Result<Box<dyn MlKemKey>, Error> {
        Err(self.unsupported(Operation::MlKem))
    }

    fn encapsulate(
        &self,
        _: ids::MlKem,
        _: &[u8],
        _: &mut super::Fill<'_>,
        _: &mut [u8],
        _: &mut [u8],
    ) -> Result<(), Error> {
        Err(self.unsupported(Operation::MlKemEncapsulate))
    }
}

impl MlDsa for Pqclean {
    fn key(&self, _: ids::MlDsa, _: &[u8; 32]) -> Result<Box<dyn MlDsaKey>, Error> {
        Err(self.unsupported(Operation::MlDsa))
    }

    fn verify(&self, _: ids::MlDsa, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> Result<(), Error> {
        Err(self.unsupported(Operation::MlDsa))
    }
}

/// Runs one body with the library's module for the level that `params` names.
macro_rules! with_kyber {
    ($params:ident, $m:ident => $body:expr) => {
        match $params {
            ids::MlKem::MlKem512 => {
                use pqcrypto_kyber::kyber512 as $m;
                $body
            }
            ids::MlKem::MlKem768 => {
                use pqcrypto_kyber::kyber768 as $m;
                $body
            }
            ids::MlKem::MlKem1024 => {
                use pqcrypto_kyber::kyber1024 as $m;
                $body
            }
        }
    };
}

/// Dilithium counts its levels by NIST category.
macro_rules! with_dilithium {
    ($params:ident, $m:ident => $body:expr) => {
        match $params {
            ids::MlDsa::MlDsa44 => {
                use pqcrypto_dilithium::dilithium2 as $m;
                $body
            }
            ids::MlDsa::MlDsa65 => {
                use pqcrypto_dilithium::dilithium3 as $m;
                $body
            }
            ids::MlDsa::MlDsa87 => {
                use pqcrypto_dilithium::dilithium5 as $m;
                $body
            }
        }
    };
}

/// A length that our own check let pass and the library did not.
const fn unread(_: pqcrypto_traits::Error) -> Error {
    Error::Library("pqcrypto")
}

impl Draft for Pqclean {
    fn kem_keypair(&self, params: ids::MlKem) -> Result<(Vec<u8>, Seed), Error> {
        with_kyber!(params, m => {
            let (public, secret) = m::keypair();
            Ok((public.as_bytes().to_vec(), Seed::from_slice(secret.as_bytes())))
        })
    }

    fn kem_encapsulate(&self, params: ids::MlKem, encapsulation_key: &[u8]) -> Result<(Vec<u8>, SharedSecret), Error> {
        expect_len(Field::EncapsulationKey, encapsulation_key, params.encapsulation_key_len())?;
        with_kyber!(params, m => {
            let public = m::PublicKey::from_bytes(encapsulation_key).map_err(unread)?;
            let (secret, ciphertext) = m::encapsulate(&public);
            Ok((ciphertext.as_bytes().to_vec(), SharedSecret::from_slice(secret.as_bytes())))
        })
    }

    fn kem_decapsulate(&self, params: ids::MlKem, expanded: &[u8], ciphertext: &[u8]) -> Result<SharedSecret, Error> {
        expect_len(Field::ExpandedKey, expanded, params.expanded_len())?;
        expect_len(Field::Ciphertext, ciphertext, params.ciphertext_len())?;
        with_kyber!(params, m => {
            let secret = m::SecretKey::from_bytes(expanded).map_err(unread)?;
            let ciphertext = m::Ciphertext::from_bytes(ciphertext).map_err(unread)?;
            Ok(SharedSecret::from_slice(m::decapsulate(&ciphertext, &secret).as_bytes()))
        })
    }

    fn signature_keypair(&self, params: ids::MlDsa) -> Result<(Vec<u8>, Seed), Error> {
        with_dilithium!(params, m => {
            let (public, secret) = m::keypair();
            Ok((public.as_bytes().to_vec(), Seed::from_slice(secret.as_bytes())))
        })
    }

    fn sign(&self, params: ids::MlDsa, expanded: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
        expect_len(Field::ExpandedKey, expanded, params.expanded_len())?;
        with_dilithium!(params, m => {
            let secret = m::SecretKey::from_bytes(expanded).map_err(unread)?;
            Ok(m::detached_sign(message, &secret).as_bytes().to_vec())
        })
    }

    fn verify(&self, params: ids::MlDsa, verifying_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Error> {
        expect_len(Field::VerifyingKey, verifying_key, params.verifying_key_len())?;
        with_dilithium!(params, m => {
            let public = m::PublicKey::from_bytes(verifying_key).map_err(unread)?;
            let signature = m::DetachedSignature::from_bytes(signature).map_err(|_| Error::Rejected)?;
            m::verify_detached_signature(&signature, message, &public).map_err(|_| Error::Rejected)
        })
    }
}
