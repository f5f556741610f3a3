//! The runner and the reports, with implementations that are right, wrong, and broken in every other way.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]

mod fakes;
mod reports;
mod runner;
