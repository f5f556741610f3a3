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

#[cfg(test)]
mod tests;
