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
mod model;
mod mutants;
mod verdict;

pub use algorithm::{Alg, Family, Field, Op};
pub use answer::{About, Answer, Implementation, Lack, Outcome, Queue, Reason, Ticket};
pub use case::{Case, Expect, Input, Output, Question, Shape, Value};
pub use diagnose::{Certainty, Diagnosis, diagnose};
pub use error::{Error, Place, What};
pub use mutants::{Mutant, Row, Score, Scored, Tally, mutants, references, score};
pub use verdict::{Class, Mismatch, Policy, Verdict};
