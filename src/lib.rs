//! Post-quantum hybrid key exchange: two locks on every door.
//!
//! A classical lock (X25519, Ed25519) and a lattice lock (ML-KEM, ML-DSA) close each channel; an attacker
//! must break both. This crate holds the primitives behind [providers](provider), the [KEMs](kem) and
//! [signatures](sign) built from them, [HPKE](hpke), [key files](keys), [SSH's formats](ssh),
//! [certificates](certificate), [envelopes](envelope), [key rings](ring), the [handshake] and the [channel]. It does no
//! I/O and reads no clock: bytes, time and randomness come in as arguments. The two adapters in [channel] are the
//! exception, for `std::io` and for tokio, and so is `token` with the feature `pkcs11`, whose modules do what they like.
//!
//! A module uses only what stands left of it, and a test refuses an import that points the wrong way:
//!
//! ```text
//! error, secret, ids, codec  ◄  provider  ◄  kem, sign  ◄  hpke  ◄  keys  ◄  certificate, envelope, handshake, ring, ssh, token  ◄  channel
//! ```
#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;

pub mod certificate;
pub mod channel;
pub mod codec;
pub mod envelope;
pub mod error;
pub mod handshake;
pub mod hpke;
pub mod ids;
pub mod kem;
pub mod keys;
pub mod provider;
pub mod ring;
pub mod secret;
pub mod sign;
pub mod ssh;
#[cfg(feature = "pkcs11")]
pub mod token;

pub use error::Error;

/// The example in the README compiles and runs.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;
