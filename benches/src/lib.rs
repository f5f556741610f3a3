//! Measuring: what the ratios of the benches are made of.
//!
//! `cargo bench -p twinlock-bench` times each primitive by implementation, and then compares the handshake
//! and the records with their primitives; those two fail if Twinlock adds more than it may.

pub mod ratio;

/// Whether `cargo bench` runs this bench. `cargo test` runs it too, to see that it works: then nothing is
/// worth timing.
pub fn is_timed() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}
