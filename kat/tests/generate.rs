//! The generator over real implementations, and what its sets are worth beside the published ones.

#![cfg(feature = "vectors")]

mod crates;

use std::sync::atomic::{AtomicUsize, Ordering};

use twinlock_kat::{
    About, Alg, Answer, Case, Generated, Implementation, KeyForm, Mutant, Op, Outcome, Question, Verdict, generate,
    mutants, references, score, sets,
};

#[test]
#[ignore = "minutes without optimization"]
fn all_that_is_shipped_kills_every_mutant_and_accuses_no_reference() {
    let load = |entry: &'static sets::Entry| sets::load(entry).map(|cases| (entry.name.clone(), cases));
    let score = score(sets::lock().unwrap().iter().map(load), 0).unwrap();
    println!("{score}");
    assert!(score.is_perfect(), "{}", score.summary());
}
