//! What an outcome means for a case.

use core::fmt;

use crate::{Answer, Case, Expect, Field, Lack, Outcome, Output, Reason};

/// The judgement on one case. Every case attempted gets exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The outputs are the expected ones.
    Pass,
    /// Refused, as it must be.
    PassReject(Reason),
    /// One of the two answers that the file allows, and that the policy allows.
    PassPolicy,
    /// An output is not the expected one.
    FailMismatch(Mismatch),
    /// Accepted, and must be refused.
    FailAccepted,
    /// Refused, and must be accepted.
    FailRejected(Reason),
    /// The implementation died, panicked, or answered with an error.
    Crash(String),
    /// It said nothing in time.
    Timeout,
    /// It said what is not in the protocol.
    Protocol(String),
    /// It does not offer this.
    Unsupported(Lack),
    /// A failure that a waiver names; with the day on which the waiver ends.
    Waived(String),
}

/// The first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The output.
    pub field: Field,
    /// The expected bytes.
    pub expected: Vec<u8>,
    /// The given bytes; none if the output is not given.
    pub given: Option<Vec<u8>>,
    /// The first byte that differs, from 0; the shorter length if one begins the other.
    pub at: usize,
}

/// The classes of verdicts, as reports count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// [`Verdict::Pass`]
    Pass,
    /// [`Verdict::PassReject`]
    PassReject,
    /// [`Verdict::PassPolicy`]
    PassPolicy,
    /// [`Verdict::FailMismatch`]
    FailMismatch,
    /// [`Verdict::FailAccepted`]
    FailAccepted,
    /// [`Verdict::FailRejected`]
    FailRejected,
    /// [`Verdict::Crash`]
    Crash,
    /// [`Verdict::Timeout`]
    Timeout,
    /// [`Verdict::Protocol`]
    Protocol,
    /// [`Verdict::Unsupported`]
    Unsupported,
    /// [`Verdict::Waived`]
    Waived,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Pass,
        Self::PassReject,
        Self::PassPolicy,
        Self::FailMismatch,
        Self::FailAccepted,
        Self::FailRejected,
        Self::Crash,
        Self::Timeout,
        Self::Protocol,
        Self::Unsupported,
        Self::Waived,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::PassReject => "PASS-REJECT",
            Self::PassPolicy => "PASS-POLICY",
            Self::FailMismatch => "FAIL-MISMATCH",
            Self::FailAccepted => "FAIL-ACCEPTED",
            Self::FailRejected => "FAIL-REJECTED",
            Self::Crash => "CRASH",
            Self::Timeout => "TIMEOUT",
            Self::Protocol => "PROTOCOL",
            Self::Unsupported => "UNSUPPORTED",
            Self::Waived => "WAIVED",
        }
    }

    /// Whether a case of it makes the run fail.
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::FailMismatch | Self::FailAccepted | Self::FailRejected | Self::Crash | Self::Timeout | Self::Protocol
        )
    }

    /// Whether a case of it was answered and right.
    pub const fn is_pass(self) -> bool {
        matches!(self, Self::Pass | Self::PassReject | Self::PassPolicy)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which answer is right where a standard leaves two: key agreement that ends in zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// RFC 7748 §6.1: the check for zero is optional.
    #[default]
    Rfc7748,
    /// RFC 8446 §7.4.2, RFC 10024: zero is refused.
    Tls,
    /// RFC 9180 §7.1.4: zero is refused.
    Hpke,
    /// X-Wing hashes whatever comes: zero is not refused.
    XWing,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rfc7748, Self::Tls, Self::Hpke, Self::XWing];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rfc7748 => "rfc7748",
            Self::Tls => "tls",
            Self::Hpke => "hpke",
            Self::XWing => "xwing",
        }
    }

    /// Whether a case where either answer is right must be refused, must be accepted, or stays open.
    fn must_reject(self, expected: &Output) -> Option<bool> {
        let zero = expected.get(&Field::Shared).is_some_and(|shared| shared.iter().all(|byte| *byte == 0));
        match (self, zero) {
            (Self::Rfc7748, _) => None,
            (Self::Tls | Self::Hpke, true) => Some(true),
            (Self::XWing, _) | (_, false) => Some(false),
        }
    }
}

impl Verdict {
    /// Judges an outcome.
    pub fn judge(case: &Case, outcome: Outcome, policy: Policy) -> Self {
        let answer = match outcome {
            Outcome::Answer(Answer::Error(text)) | Outcome::Crash(text) => return Self::Crash(text),
            Outcome::Timeout => return Self::Timeout,
            Outcome::Protocol(text) => return Self::Protocol(text),
            Outcome::Answer(Answer::Unsupported(lack)) => return Self::Unsupported(lack),
            Outcome::Answer(answer) => answer,
        };
        match (&case.expect, answer) {
            (Expect::Reject, Answer::Reject(reason)) => Self::PassReject(reason),
            (Expect::Reject, _) => Self::FailAccepted,
            (Expect::Output(_), Answer::Reject(reason)) => Self::FailRejected(reason),
            (Expect::Output(expected), Answer::Output(given)) => match mismatch(case, expected, &given) {
                Some(mismatch) => Self::FailMismatch(mismatch),
                None => Self::Pass,
            },
            (Expect::Either(expected), Answer::Reject(reason)) => match policy.must_reject(expected) {
                Some(false) => Self::FailRejected(reason),
                _ => Self::PassPolicy,
            },
            (Expect::Either(expected), Answer::Output(given)) => {
                match (policy.must_reject(expected), mismatch(case, expected, &given)) {
                    (Some(true), _) => Self::FailAccepted,
                    (_, Some(mismatch)) => Self::FailMismatch(mismatch),
                    (_, None) => Self::PassPolicy,
                }
            }
            (_, Answer::Error(text)) => Self::Crash(text),
            (_, Answer::Unsupported(lack)) => Self::Unsupported(lack),
        }
    }

    /// Its class.
    pub const fn class(&self) -> Class {
        match self {
            Self::Pass => Class::Pass,
            Self::PassReject(_) => Class::PassReject,
            Self::PassPolicy => Class::PassPolicy,
            Self::FailMismatch(_) => Class::FailMismatch,
            Self::FailAccepted => Class::FailAccepted,
            Self::FailRejected(_) => Class::FailRejected,
            Self::Crash(_) => Class::Crash,
            Self::Timeout => Class::Timeout,
            Self::Protocol(_) => Class::Protocol,
            Self::Unsupported(_) => Class::Unsupported,
            Self::Waived(_) => Class::Waived,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class();
        match self {
            Self::FailMismatch(Mismatch { field, given: None, .. }) => write!(f, "{class}: `{field}` is not given"),
            Self::FailMismatch(Mismatch { field, expected, given: Some(given), .. })
                if given.len() != expected.len() =>
            {
                write!(f, "{class}: `{field}` is {} bytes, must be {}", given.len(), expected.len())
            }
            Self::FailMismatch(Mismatch { field, at, .. }) => write!(f, "{class}: `{field}` differs from byte {at} on"),
            Self::FailAccepted => write!(f, "{class}: accepted, must be refused"),
            Self::FailRejected(reason) => write!(f, "{class}: refused ({reason}), must be accepted"),
            Self::Crash(text) | Self::Protocol(text) => write!(f, "{class}: {text}"),
            Self::Unsupported(lack) => write!(f, "{class}({lack})"),
            Self::Waived(until) => write!(f, "{class}(until {until})"),
            Self::Pass | Self::PassReject(_) | Self::PassPolicy | Self::Timeout => write!(f, "{class}"),
        }
    }
}

/// The first expected output that is not as expected. Outputs that nothing is known about are not looked at.
fn mismatch(case: &Case, expected: &Output, given: &Output) -> Option<Mismatch> {
    let op = case.question.op;
    expected.iter().find_map(|(&field, expected)| {
        let given = match given.get(&field) {
            None if op.may_lack(field) => return None,
            given => given,
        };
        let at = match given {
            Some(given) if given == expected => return None,
            Some(given) => expected.iter().zip(given).take_while(|(a, b)| a == b).count(),
            None => 0,
        };
        Some(Mismatch { field, expected: expected.clone(), given: given.cloned(), at })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alg, Input, Op, Question};

    fn judge(expect: Expect, outcome: Outcome, policy: Policy) -> String {
        let question = Question { alg: Alg::X25519, op: Op::Agree, input: Input::new() };
        let case = Case { id: "1".into(), note: String::new(), flags: vec![], question, expect };
        Verdict::judge(&case, outcome, policy).to_string()
    }

    fn output(bytes: &[u8]) -> Output {
        Output::from([(Field::Shared, bytes.to_vec())])
    }

    #[test]
    fn right_and_wrong_outcomes_are_told_apart() {
        let answer = Outcome::Answer;
        let right = Expect::Output(output(&[1, 2]));
        for (expect, outcome, verdict) in [
            (right.clone(), answer(Answer::Output(output(&[1, 2]))), "PASS"),
            (right.clone(), answer(Answer::Output(output(&[1, 3]))), "FAIL-MISMATCH: `shared` differs from byte 1 on"),
            (right.clone(), answer(Answer::Output(output(&[1]))), "FAIL-MISMATCH: `shared` is 1 bytes, must be 2"),
            (right.clone(), answer(Answer::Output(Output::new())), "FAIL-MISMATCH: `shared` is not given"),
            (right.clone(), answer(Answer::Reject(Reason::Zero)), "FAIL-REJECTED: refused (zero), must be accepted"),
            (right.clone(), answer(Answer::Unsupported(Lack::Derand)), "UNSUPPORTED(derand)"),
            (right.clone(), answer(Answer::Error("x".into())), "CRASH: x"),
            (right.clone(), Outcome::Crash("y".into()), "CRASH: y"),
            (right, Outcome::Timeout, "TIMEOUT"),
            (Expect::Reject, answer(Answer::Reject(Reason::Point)), "PASS-REJECT"),
            (Expect::Reject, answer(Answer::Output(output(&[]))), "FAIL-ACCEPTED: accepted, must be refused"),
            (Expect::Reject, answer(Answer::Error("z".into())), "CRASH: z"),
            (Expect::Reject, Outcome::Protocol("w".into()), "PROTOCOL: w"),
        ] {
            assert_eq!(judge(expect, outcome, Policy::Rfc7748), verdict);
        }
    }

    #[test]
    fn a_policy_decides_where_either_is_right() {
        let zero = || Expect::Either(output(&[0, 0]));
        let accepted = || Outcome::Answer(Answer::Output(output(&[0, 0])));
        let refused = || Outcome::Answer(Answer::Reject(Reason::Zero));
        for (policy, accept, refuse) in [
            (Policy::Rfc7748, "PASS-POLICY", "PASS-POLICY"),
            (Policy::Tls, "FAIL-ACCEPTED: accepted, must be refused", "PASS-POLICY"),
            (Policy::Hpke, "FAIL-ACCEPTED: accepted, must be refused", "PASS-POLICY"),
            (Policy::XWing, "PASS-POLICY", "FAIL-REJECTED: refused (zero), must be accepted"),
        ] {
            assert_eq!(judge(zero(), accepted(), policy), accept, "{}", policy.name());
            assert_eq!(judge(zero(), refused(), policy), refuse, "{}", policy.name());
        }
        let twist = Expect::Either(output(&[7]));
        let wrong = Outcome::Answer(Answer::Output(output(&[8])));
        assert_eq!(judge(twist, wrong, Policy::Tls), "FAIL-MISMATCH: `shared` differs from byte 0 on");
    }
}
