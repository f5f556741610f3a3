//! Known-answer tests: published vectors in one shape, a runner for any implementation, broken
//! implementations that a set of vectors must catch, and reports.
//!
//! A [`Case`] is a [`Question`] with what must come of it. An [`Implementation`] answers questions and never
//! sees what is expected; a [`Verdict`] judges. This crate knows no implementation of ours.

pub mod algorithm;
mod answer;
mod case;
mod diagnose;
mod error;
pub mod formats;
mod generate;
pub mod harness;
#[cfg(feature = "libtest")]
pub mod libtest;
mod model;
mod mutants;
mod pattern;
pub mod primitives;
pub mod report;
pub mod runner;
#[cfg(feature = "vectors")]
pub mod sets;
pub mod status;
mod verdict;
mod waiver;

pub use algorithm::{Alg, Family, Field, Op};
pub use answer::{About, Answer, Implementation, KeyForm, Lack, Outcome, Queue, Reason, Ticket};
pub use case::{Case, Expect, Input, Output, Question, Shape, Value};
pub use diagnose::{Certainty, Diagnosis, diagnose};
pub use error::{Error, Place, What};
pub use generate::{Disagreement, Generated, Made, generate};
pub use mutants::{Mutant, Row, Score, Scored, Tally, mutants, references, score};
pub use pattern::Pattern;
pub use report::{Counts, Failure, Mark, Record, Report, Sample, SetReport, Unselected, WaiverUse};
pub use runner::{Filter, Options, Progress, Set, run};
pub use verdict::{Class, Mismatch, Policy, Verdict};
pub use waiver::{Date, Waiver, Waivers};
