//! Implementations in other processes.

pub mod templates;
