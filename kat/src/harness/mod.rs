//! Implementations behind a pipe.
//!
//! [`Harness`] speaks `kat/1` to a child process, [`Modulewrapper`] the frames of BoringSSL's `acvptool`, and
//! [`Crucible`] Crucible's lines; each is an [`Implementation`](crate::Implementation). The other sides are
//! [`serve()`], [`serve_modulewrapper`] and [`serve_crucible`], for any implementation. [`probe()`] finds those
//! who cannot be trusted, [`trust()`] holds a whole run up to that, and [`doctor()`] tells people what is wrong
//! with their harness.
//!
//! ```text
//!   questions ─► engine ─► writer thread ─► stdin  ┐
//!       ▲          ▲                               ├ child, in a process group of its own
//!   outcomes ◄─────┴────── reader thread ◄─ stdout ┘
//! ```

mod child;
mod crucible;
mod doctor;
mod engine;
mod modulewrapper;
mod probe;
mod process;
mod serve;
pub mod templates;
mod trust;
mod wire;

pub use child::Harness;
pub use crucible::{Crucible, serve_crucible};
pub use doctor::{Checkup, Finding, Level, doctor};
pub use engine::{Options, StartError};
pub use modulewrapper::{Modulewrapper, serve_modulewrapper};
pub use probe::{Lie, Problem, probe};
pub use process::Fault;
pub use serve::serve;
pub use trust::trust;
pub use wire::{Cap, Hello};

use crate::Alg;

/// The lengths of an algorithm's encodings, in bytes.
struct Sizes {
    /// The encapsulation or verifying key.
    public: usize,
    /// The expanded private key.
    private: usize,
    /// The ciphertext or signature.
    result: usize,
}

/// FIPS 203 table 3 and FIPS 204 table 2; none of any other algorithm.
const fn sizes(alg: Alg) -> Option<Sizes> {
    let (public, private, result) = match alg {
        Alg::MlKem512 => (800, 1632, 768),
        Alg::MlKem768 => (1184, 2400, 1088),
        Alg::MlKem1024 => (1568, 3168, 1568),
        Alg::MlDsa44 => (1312, 2560, 2420),
        Alg::MlDsa65 => (1952, 4032, 3309),
        Alg::MlDsa87 => (2592, 4896, 4627),
        _ => return None,
    };
    Some(Sizes { public, private, result })
}

#[cfg(test)]
mod tests;
