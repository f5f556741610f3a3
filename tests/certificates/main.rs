//! Certificates, requests, revocation lists and paths through the public API: every refusal, other people's files.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

mod channel;
mod path;
mod reading;
mod requests;
mod revocation;
mod support;
mod vectors;
