//! The lattice half by libcrux; the rest is borrowed from `rust`.
//!
//! libcrux wipes nothing. What it hands out is copied once, into heap storage that is wiped on drop, and the
//! original is wiped before it goes. Seeds and randomness go in by value, as its API wants: what the callee
//! leaves on its own stack is beyond reach.

#[cfg(feature = "libcrux")]
use super::{Draft, Operation, Provider, rust::Rust};
use super::{Implementation, MlDsa, MlKem};
#[cfg(feature = "libcrux")]
use crate::ids::{self, Curve};

mod ml_dsa;
mod ml_kem;

#[cfg(feature = "aws-lc")]
pub(super) use ml_kem::{encapsulation_key, expand, validate_expanded};

/// Fast without C, with deterministic entry points. An independent second opinion on the lattice half.
#[cfg(feature = "libcrux")]
pub static LIBCRUX: &Provider = &Provider {
    name: "libcrux",
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
        ("X25519", "x25519-dalek 3.0.0"),
        ("P-256", "p256 0.14.0"),
        ("P-384", "p384 0.14.0"),
        ("Ed25519", "ed25519-dalek 3.0.0"),
        ("ML-KEM", "libcrux-ml-kem 0.0.11"),
        ("ML-DSA", "libcrux-ml-dsa 0.0.11"),
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
    ml_kem: &Libcrux,
    ml_dsa: &Libcrux,
    aead: &Rust,
    hash: &Rust,
    kdf: &Rust,
    draft: &Libcrux,
};

/// The lattice half; `aws-lc` borrows its ML-DSA.
pub(super) struct Libcrux;

impl Implementation for Libcrux {
    fn name(&self) -> &'static str {
        "libcrux"
    }
}

#[cfg(feature = "libcrux")]
impl Draft for Libcrux {}
