//! What came of a set of cases on one implementation.

use core::fmt;
use std::collections::BTreeMap;

use crate::{Case, Expect, Output};

/// Why a case gave no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The implementation judged the input bad.
    Rejected,
    /// The case was not run.
    Skipped(Skip),
    /// The implementation failed without a judgement; never a rejection.
    Broken(String),
}

/// Why a case was not run. The whole list: nothing is skipped for another reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Skip {
    /// The provider does not have this operation.
    Lacks(String),
    /// An algorithm that the library does not offer.
    Algorithm,
    /// A key of a size that the library does not offer.
    KeySize,
    /// A nonce of a size that the library does not offer.
    NonceSize,
    /// HashML-DSA.
    PreHash,
    /// Hedged signing of an external μ.
    HedgedMu,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacks(operation) => write!(f, "provider lacks {operation}"),
            Self::Algorithm => f.write_str("algorithm not offered"),
            Self::KeySize => f.write_str("key size not offered"),
            Self::NonceSize => f.write_str("nonce size not offered"),
            Self::PreHash => f.write_str("pre-hash not offered"),
            Self::HedgedMu => f.write_str("hedged external mu not offered"),
        }
    }
}

/// The count of one set on one implementation. Shown, it is one line.
#[derive(Clone, Debug)]
pub struct Tally {
    set: String,
    implementation: String,
    run: usize,
    refused: usize,
    accepted: usize,
    skipped: BTreeMap<Skip, usize>,
    failed: Vec<String>,
}

/// A set that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failed {
    /// Not one case was run.
    NothingRan,
    /// These cases, with what is wrong about each.
    Cases(Vec<String>),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingRan => f.write_str("not one case was run"),
            Self::Cases(cases) => write!(f, "{}", cases.join("\n")),
        }
    }
}

impl core::error::Error for Failed {}

impl Tally {
    /// An empty count.
    pub fn new(set: &str, implementation: &str) -> Self {
        Self {
            set: set.into(),
            implementation: implementation.into(),
            run: 0,
            refused: 0,
            accepted: 0,
            skipped: BTreeMap::new(),
            failed: Vec::new(),
        }
    }

    /// Judges what came of a case and counts it. Outputs that the case does not expect are not looked at;
    /// an expected one that is not given fails.
    pub fn record(&mut self, case: &Case, result: Result<Output, Refusal>) {
        let wrong = match (&case.expect, result) {
            (_, Err(Refusal::Skipped(reason))) => {
                bump(self.skipped.entry(reason).or_default());
                return;
            }
            (_, Err(Refusal::Broken(error))) => Some(format!("broken: {error}")),
            (Expect::Reject, Err(Refusal::Rejected)) => None,
            (Expect::Reject, Ok(_)) => Some("accepted, must be refused".into()),
            (Expect::Output(_), Err(Refusal::Rejected)) => Some("refused, must be accepted".into()),
            (Expect::Output(expected), Ok(given)) => difference(expected, &given),
            (Expect::Either(_), Err(Refusal::Rejected)) => {
                bump(&mut self.refused);
                None
            }
            (Expect::Either(expected), Ok(given)) => {
                bump(&mut self.accepted);
                difference(expected, &given)
            }
        };
        bump(&mut self.run);
        if let Some(wrong) = wrong {
            let Self { set, implementation, .. } = self;
            self.failed.push(format!("{set}, {implementation}, {} ({}): {wrong}", case.id, case.note));
        }
    }

    /// How many cases were run, failed ones included.
    pub const fn run(&self) -> usize {
        self.run
    }

    /// How many cases were skipped, by reason.
    pub const fn skipped(&self) -> &BTreeMap<Skip, usize> {
        &self.skipped
    }

    /// Whether the set passed.
    ///
    /// # Errors
    /// A failed case; no case run.
    pub fn verdict(&self) -> Result<(), Failed> {
        match (self.run, self.failed.as_slice()) {
            (0, _) => Err(Failed::NothingRan),
            (_, []) => Ok(()),
            (_, failed) => Err(Failed::Cases(failed.to_vec())),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped: usize = self.skipped.values().sum();
        write!(f, "{}, {}: {} run, {skipped} skipped", self.set, self.implementation, self.run)?;
        for (i, (reason, count)) in self.skipped.iter().enumerate() {
            write!(f, "{}{count} {reason}", if i == 0 { " (" } else { ", " })?;
        }
        write!(f, "{}, {} failed", if skipped == 0 { "" } else { ")" }, self.failed.len())?;
        if self.accepted != 0 || self.refused != 0 {
            write!(f, "; of those where either is right, {} accepted and {} refused", self.accepted, self.refused)?;
        }
        Ok(())
    }
}

/// A count of cases of one file: it cannot overflow.
const fn bump(count: &mut usize) {
    *count = count.saturating_add(1);
}

/// What is wrong about these outputs.
fn difference(expected: &Output, given: &Output) -> Option<String> {
    expected.iter().find_map(|(name, expected)| {
        let Some(given) = given.get(name) else {
            return Some(format!("{name} is not given"));
        };
        if expected.len() != given.len() {
            return Some(format!("{name} is {} bytes, must be {}", given.len(), expected.len()));
        }
        let at = expected.iter().zip(given).position(|(a, b)| a != b)?;
        Some(format!("{name} differs from byte {at} on"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Op;

    fn case(expect: Expect) -> Case {
        let op = Op::X25519 { private: vec![], public: vec![] };
        Case { id: "tc 1".into(), note: "note".into(), op, expect }
    }

    fn output(bytes: &[u8]) -> Output {
        Output::from([("shared", bytes.to_vec())])
    }

    fn wrong(expect: Expect, result: Result<Output, Refusal>) -> Option<String> {
        let mut tally = Tally::new("set", "mine");
        tally.record(&case(expect), result);
        assert_eq!(tally.run(), 1);
        match tally.verdict() {
            Err(Failed::Cases(cases)) => Some(cases[0].strip_prefix("set, mine, tc 1 (note): ").unwrap().into()),
            other => {
                other.unwrap();
                None
            }
        }
    }

    #[test]
    fn right_and_wrong_outcomes_are_told_apart() {
        let right = output(&[1, 2]);
        for expect in [Expect::Output(right.clone()), Expect::Either(right.clone())] {
            assert_eq!(wrong(expect.clone(), Ok(right.clone())), None);
            assert_eq!(wrong(expect.clone(), Ok(output(&[1, 3]))).unwrap(), "shared differs from byte 1 on");
            assert_eq!(wrong(expect.clone(), Ok(output(&[1]))).unwrap(), "shared is 1 bytes, must be 2");
            assert_eq!(wrong(expect.clone(), Ok(Output::new())).unwrap(), "shared is not given");
            assert_eq!(wrong(expect, Err(Refusal::Broken("x".into()))).unwrap(), "broken: x");
        }
        assert_eq!(wrong(Expect::Either(right.clone()), Err(Refusal::Rejected)), None);
        assert_eq!(wrong(Expect::Output(right.clone()), Err(Refusal::Rejected)).unwrap(), "refused, must be accepted");
        assert_eq!(wrong(Expect::Reject, Err(Refusal::Rejected)), None);
        assert_eq!(wrong(Expect::Reject, Ok(right)).unwrap(), "accepted, must be refused");
        assert_eq!(wrong(Expect::Reject, Err(Refusal::Broken("x".into()))).unwrap(), "broken: x");
    }

    #[test]
    fn a_run_of_zero_cases_fails_however_many_are_skipped() {
        let mut tally = Tally::new("set", "mine");
        assert_eq!(tally.verdict(), Err(Failed::NothingRan));
        for reason in [Skip::KeySize, Skip::Lacks("X25519".into()), Skip::KeySize] {
            tally.record(&case(Expect::Reject), Err(Refusal::Skipped(reason)));
        }
        assert_eq!(tally.verdict(), Err(Failed::NothingRan));
        let shown = "set, mine: 0 run, 3 skipped (1 provider lacks X25519, 2 key size not offered), 0 failed";
        assert_eq!(tally.to_string(), shown);
    }
}
