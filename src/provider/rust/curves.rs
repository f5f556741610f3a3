//! X25519 and Ed25519 by dalek, the NIST curves by RustCrypto.

use alloc::boxed::Box;

use ::p256::elliptic_curve::sec1::ToSec1Point as _;
use zeroize::Zeroizing;

use super::Rust;
use crate::{
    error::{Error, Field, expect_array, expect_len},
    ids::Curve,
    provider::{Dh, Ed25519, Ed25519Key},
};

/// X25519 with the all-zero result told as such, for libraries that report it as a nameless error.
pub(in crate::provider) fn x25519_with_zero(private: &[u8], peer: &[u8], shared: &mut [u8]) -> Result<(), Error> {
    let private = Zeroizing::new(*expect_array::<32>(Field::PrivateKey, private)?);
    let peer = *expect_array::<32>(Field::PublicKey, peer)?;
    expect_len(Field::PrivateKey, shared, 32)?;
    let secret = x25519_dalek::StaticSecret::from(*private);
    shared.copy_from_slice(secret.diffie_hellman(&peer.into()).as_bytes());
    Ok(())
}

macro_rules! nist {
    ($module:ident, $krate:ident) => {
        mod $module {
            use super::*;
            use ::$krate as curve;

            fn secret(private: &[u8]) -> Result<curve::SecretKey, Error> {
                curve::SecretKey::from_slice(private).map_err(|_| Error::NonCanonical(Field::PrivateKey))
            }

            pub(super) fn public_key(private: &[u8], public: &mut [u8]) -> Result<(), Error> {
                public.copy_from_slice(secret(private)?.public_key().to_sec1_point(false).as_bytes());
                Ok(())
            }

            pub(super) fn agree(private: &[u8], peer: &[u8], shared: &mut [u8]) -> Result<(), Error> {
                let peer =
                    curve::PublicKey::from_sec1_bytes(peer).map_err(|_| Error::NonCanonical(Field::PublicKey))?;
                let secret = secret(private)?;
                let result = curve::ecdh::diffie_hellman(secret.to_nonzero_scalar(), peer.as_affine());
                shared.copy_from_slice(result.raw_secret_bytes());
                Ok(())
            }
        }
    };
}

nist!(nist256, p256);
nist!(nist384, p384);

impl Dh for Rust {
    fn public_key(&self, curve: Curve, private: &[u8], public: &mut [u8]) -> Result<(), Error> {
        expect_len(Field::PrivateKey, private, curve.private_len())?;
        expect_len(Field::PublicKey, public, curve.public_len())?;
        match curve {
            Curve::X25519 => {
                let private = Zeroizing::new(*expect_array::<32>(Field::PrivateKey, private)?);
                let secret = x25519_dalek::StaticSecret::from(*private);
                public.copy_from_slice(x25519_dalek::PublicKey::from(&secret).as_bytes());
                Ok(())
            }
            Curve::P256 => nist256::public_key(private, public),
            Curve::P384 => nist384::public_key(private, public),
        }
    }

    fn agree(&self, curve: Curve, private: &[u8], peer: &[u8], shared: &mut [u8]) -> Result<(), Error> {
        expect_len(Field::PrivateKey, private, curve.private_len())?;
        expect_len(Field::PublicKey, peer, curve.public_len())?;
        expect_len(Field::PrivateKey, shared, curve.private_len())?;
        match curve {
            Curve::X25519 => x25519_with_zero(private, peer, shared),
            Curve::P256 => nist256::agree(private, peer, shared),
            Curve::P384 => nist384::agree(private, peer, shared),
        }
    }
}

impl Ed25519 for Rust {
    fn key(&self, seed: &[u8; 32]) -> Result<Box<dyn Ed25519Key>, Error> {
        Ok(Box::new(ed25519_dalek::SigningKey::from_bytes(seed)))
    }

    fn verify(&self, verifying_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        ed25519_dalek::VerifyingKey::from_bytes(verifying_key)
            .and_then(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)))
            .map_err(|_| Error::Rejected)
    }
}

impl Ed25519Key for ed25519_dalek::SigningKey {
    fn verifying_key(&self) -> [u8; 32] {
        ed25519_dalek::SigningKey::verifying_key(self).to_bytes()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        Ok(ed25519_dalek::Signer::sign(self, message).to_bytes())
    }
}
