//! The provider without C: dalek and RustCrypto.

use super::{Draft, Implementation, Operation, Provider};
use crate::ids::{self, Curve};

mod aead;
mod curves;
mod hash;
mod ml_dsa;
mod ml_kem;

pub(crate) use ml_dsa::expand_ml_dsa;
pub(crate) use ml_kem::expand_ml_kem;

#[cfg(feature = "aws-lc")]
pub(super) use curves::x25519_with_zero;
#[cfg(any(feature = "aws-lc", feature = "libcrux"))]
pub(super) use ml_dsa::short_coefficients_in_range;

/// Pure Rust, no unsafe in the lattice code, keys wiped, every deterministic entry point. Slow.
pub static RUST: &Provider = &Provider {
    name: "rust",
    operations: &[
        Operation::Dh(Curve::X25519),
        Operation::Dh(Curve::P256),
        Operation::Dh(Curve::P384),
        Operation::Ed25519,
        Operation::MlKem,
        Operation::MlKemEncapsulate,
        Operation::MlKemEncapsulateDerand,
        Operation::MlKemExpanded,
        Operation::MlDsa,
        Operation::MlDsaExpanded,
        Operation::MlDsaInternal,
        Operation::MlDsaMu,
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
        ("X25519", "x25519-dalek 3.0.0"),
        ("P-256", "p256 0.14.0"),
        ("P-384", "p384 0.14.0"),
        ("Ed25519", "ed25519-dalek 3.0.0"),
        ("ML-KEM", "ml-kem 0.3.4"),
        ("ML-DSA", "ml-dsa 0.1.2"),
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
    ml_kem: &Rust,
    ml_dsa: &Rust,
    aead: &Rust,
    hash: &Rust,
    kdf: &Rust,
    draft: &Rust,
};

/// The implementation; other providers borrow its parts.
pub(super) struct Rust;

impl Implementation for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }
}

impl Draft for Rust {}
