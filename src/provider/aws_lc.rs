//! The fastest composition: aws-lc-rs, with ML-DSA by libcrux, SHA-256 and KDFs by RustCrypto.
//!
//! aws-lc-rs has no context for ML-DSA, no seeds and no given randomness for ML-KEM, and no SHAKE256. AWS-LC
//! wipes all memory that it frees.

use alloc::{boxed::Box, vec::Vec};

use aws_lc_rs::{aead, agreement, digest, kem, signature};

use super::{
    Aead, AeadKey, Dh, Draft, Ed25519, Ed25519Key, Fill, Hash, HashState, Implementation, MlKem, MlKemKey, Operation,
    Provider,
    libcrux::{self, Libcrux},
    rust::{Rust, x25519_with_zero},
};
use crate::{
    error::{Error, Field, expect_len},
    ids::{self, Curve},
};

/// The error for what aws-lc-rs does not explain.
const FAILED: Error = Error::Library("aws-lc-rs");

/// The fastest per primitive, as measured. Needs a C compiler; encapsulates with AWS-LC's own generator.
pub static AWS_LC: &Provider = &Provider {
    name: "aws-lc",
    operations: &[
        Operation::Dh(Curve::X25519),
        Operation::Dh(Curve::P256),
        Operation::Dh(Curve::P384),
        Operation::Ed25519,
        Operation::MlKem,
        Operation::MlKemEncapsulate,
        Operation::MlKemExpanded,
        Operation::MlDsa,
        Operation::MlDsaExpanded,
        #[cfg(feature = "hazmat")]
        Operation::MlDsaInternal,
        Operation::Aead(ids::Aead::Aes256Gcm),
        Operation::Aead(ids::Aead::ChaCha20Poly1305),
        Operation::Hash(ids::Hash::Sha256),
        Operation::Hash(ids::Hash::Sha384),
        Operation::Hash(ids::Hash::Sha512),
        Operation::Hash(ids::Hash::Sha3_256),
        Operation::Shake256,
        Operation::Kdf,
    ],
    parts: &[
        ("X25519", "aws-lc-rs 1.19.0"),
        ("P-256", "aws-lc-rs 1.19.0"),
        ("P-384", "aws-lc-rs 1.19.0"),
        ("Ed25519", "aws-lc-rs 1.19.0"),
        ("ML-KEM", "aws-lc-rs 1.19.0"),
        ("ML-KEM seed expansion", "libcrux-ml-kem 0.0.11"),
        ("ML-DSA", "libcrux-ml-dsa 0.0.11"),
        ("AES-256-GCM", "aws-lc-rs 1.19.0"),
        ("ChaCha20-Poly1305", "aws-lc-rs 1.19.0"),
        ("SHA-256", "sha2 0.11.1"),
        ("SHA-384, SHA-512", "aws-lc-rs 1.19.0"),
        ("SHA-3", "aws-lc-rs 1.19.0"),
        ("SHAKE256", "shake 0.1.0"),
        ("HKDF", "hkdf 0.13.0"),
        ("HMAC", "hmac 0.13.0"),
    ],
    dh: &AwsLc,
    ed25519: &AwsLc,
    ml_kem: &AwsLc,
    ml_dsa: &Libcrux,
    aead: &AwsLc,
    hash: &AwsLc,
    kdf: &Rust,
    draft: &AwsLc,
};

struct AwsLc;

impl Implementation for AwsLc {
    fn name(&self) -> &'static str {
        "aws-lc"
    }
}

const fn curve_algorithm(curve: Curve) -> &'static agreement::Algorithm {
    match curve {
        Curve::X25519 => &agreement::X25519,
        Curve::P256 => &agreement::ECDH_P256,
        Curve::P384 => &agreement::ECDH_P384,
    }
}

fn private_key(curve: Curve, private: &[u8]) -> Result<agreement::PrivateKey, Error> {
    expect_len(Field::PrivateKey, private, curve.private_len())?;
    agreement::PrivateKey::from_private_key(curve_algorithm(curve), private)
        .map_err(|_| Error::NonCanonical(Field::PrivateKey))
}

impl Dh for AwsLc {
    fn public_key(&self, curve: Curve, private: &[u8], public: &mut [u8]) -> Result<(), Error> {
        let private = private_key(curve, private)?;
        expect_len(Field::PublicKey, public, curve.public_len())?;
        let made = private.compute_public_key().map_err(|_| FAILED)?;
        expect_len(Field::PublicKey, made.as_ref(), public.len())?;
        public.copy_from_slice(made.as_ref());
        Ok(())
    }

    fn agree(&self, curve: Curve, private: &[u8], peer: &[u8], shared: &mut [u8]) -> Result<(), Error> {
        let key = private_key(curve, private)?;
        expect_len(Field::PublicKey, peer, curve.public_len())?;
        expect_len(Field::PrivateKey, shared, curve.private_len())?;
        // AWS-LC also reads the hybrid form of a point, which starts with 6 or 7.
        if curve != Curve::X25519 && peer.first() != Some(&4) {
            return Err(Error::NonCanonical(Field::PublicKey));
        }
        let peer_key = agreement::UnparsedPublicKey::new(curve_algorithm(curve), peer);
        let agreed = agreement::agree(&key, peer_key, Error::NonCanonical(Field::PublicKey), |secret| {
            expect_len(Field::PrivateKey, secret, shared.len())?;
            shared.copy_from_slice(secret);
            Ok(())
        });
        match agreed {
            // AWS-LC refuses the all-zero result without telling that this is why. X-Wing mixes it, and the
            // others have an error of their own for it.
            Err(_) if curve == Curve::X25519 => x25519_with_zero(private, peer, shared),
            agreed => agreed,
        }
    }
}

impl Ed25519 for AwsLc {
    fn key(&self, seed: &[u8; 32]) -> Result<Box<dyn Ed25519Key>, Error> {
        Ok(Box::new(signature::Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| FAILED)?))
    }

    fn verify(&self, verifying_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        // dalek's strict verification, which the other providers use, refuses an R of small order and AWS-LC
        // does not. A signer who can make providers disagree can make peers disagree.
        let point = signature.first_chunk().map(ed25519_dalek::VerifyingKey::from_bytes);
        if !matches!(point, Some(Ok(r)) if !r.is_weak()) {
            return Err(Error::Rejected);
        }
        signature::UnparsedPublicKey::new(&signature::ED25519, verifying_key)
            .verify(message, signature)
            .map_err(|_| Error::Rejected)
    }
}

impl Ed25519Key for signature::Ed25519KeyPair {
    fn verifying_key(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(signature::KeyPair::public_key(self).as_ref());
        bytes
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.sign(message).as_ref());
        Ok(bytes)
    }
}

const fn kem_algorithm(params: ids::MlKem) -> &'static kem::Algorithm {
    match params {
        ids::MlKem::MlKem512 => &kem::ML_KEM_512,
        ids::MlKem::MlKem768 => &kem::ML_KEM_768,
        ids::MlKem::MlKem1024 => &kem::ML_KEM_1024,
    }
}

impl MlKem for AwsLc {
    fn key(&self, params: ids::MlKem, seed: &[u8; 64]) -> Result<Box<dyn MlKemKey>, Error> {
        libcrux::expand(params, seed, |expanded| load(params, expanded))
    }

    fn key_from_expanded(&self, params: ids::MlKem, expanded: &[u8]) -> Result<Box<dyn MlKemKey>, Error> {
        libcrux::validate_expanded(params, expanded)?;
        load(params, expanded)
    }

    fn encapsulate(
        &self,
        params: ids::MlKem,
        encapsulation_key: &[u8],
        _: &mut Fill<'_>,
        ciphertext: &mut [u8],
        shared_secret: &mut [u8],
    ) -> Result<(), Error> {
        expect_len(Field::EncapsulationKey, encapsulation_key, params.encapsulation_key_len())?;
        expect_len(Field::Ciphertext, ciphertext, params.ciphertext_len())?;
        expect_len(Field::Ciphertext, shared_secret, ids::ML_KEM_SHARED_SECRET_LEN)?;
        // What a key of the right length can fail for is its modulus, and that shows only here.
        let (made, secret) = kem::EncapsulationKey::new(kem_algorithm(params), encapsulation_key)
            .map_err(|_| FAILED)?
            .encapsulate()
            .map_err(|_| Error::NonCanonical(Field::EncapsulationKey))?;
        ciphertext.copy_from_slice(made.as_ref());
        shared_secret.copy_from_slice(secret.as_ref());
        Ok(())
    }
}

fn load(params: ids::MlKem, expanded: &[u8]) -> Result<Box<dyn MlKemKey>, Error> {
    Ok(Box::new(KemKey {
        private: kem::DecapsulationKey::new(kem_algorithm(params), expanded).map_err(|_| FAILED)?,
        encapsulation_key: libcrux::encapsulation_key(params, expanded)?.to_vec(),
        ciphertext_len: params.ciphertext_len(),
    }))
}

/// The library cannot recompute the public half of a key that it was given.
struct KemKey {
    private: kem::DecapsulationKey,
    encapsulation_key: Vec<u8>,
    ciphertext_len: usize,
}

impl MlKemKey for KemKey {
    fn encapsulation_key(&self) -> Vec<u8> {
        self.encapsulation_key.clone()
    }

    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8]) -> Result<(), Error> {
        expect_len(Field::Ciphertext, ciphertext, self.ciphertext_len)?;
        expect_len(Field::Ciphertext, shared_secret, ids::ML_KEM_SHARED_SECRET_LEN)?;
        let secret = self.private.decapsulate(ciphertext.into()).map_err(|_| FAILED)?;
        shared_secret.copy_from_slice(secret.as_ref());
        Ok(())
    }
}

impl Aead for AwsLc {
    fn key(&self, algorithm: ids::Aead, key: &[u8; ids::AEAD_KEY_LEN]) -> Result<Box<dyn AeadKey>, Error> {
        let algorithm = match algorithm {
            ids::Aead::Aes256Gcm => &aead::AES_256_GCM,
            ids::Aead::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        };
        let key = aead::UnboundKey::new(algorithm, key).map_err(|_| FAILED)?;
        Ok(Box::new(aead::LessSafeKey::new(key)))
    }
}

impl AeadKey for aead::LessSafeKey {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; 16], Error> {
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        let tag = self.seal_in_place_separate_tag(nonce, aead::Aad::from(aad), data).map_err(|_| Error::TooLong)?;
        tag.as_ref().try_into().map_err(|_| FAILED)
    }

    fn open(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> Result<(), Error> {
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        self.open_in_place_separate_tag(nonce, aead::Aad::from(aad), tag, data).map(|_| ()).map_err(|_| Error::Rejected)
    }
}

impl Hash for AwsLc {
    fn start(&self, hash: ids::Hash) -> Box<dyn HashState> {
        Box::new(digest::Context::new(match hash {
            ids::Hash::Sha256 => return Rust.start(hash),
            ids::Hash::Sha384 => &digest::SHA384,
            ids::Hash::Sha512 => &digest::SHA512,
            ids::Hash::Sha3_256 => &digest::SHA3_256,
        }))
    }

    fn start_shake256(&self) -> Box<dyn HashState> {
        Rust.start_shake256()
    }
}

impl HashState for digest::Context {
    fn update(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn snapshot(&self, out: &mut [u8]) {
        for (to, from) in out.iter_mut().zip(self.clone().finish().as_ref()) {
            *to = *from;
        }
    }
}

impl Draft for AwsLc {}
