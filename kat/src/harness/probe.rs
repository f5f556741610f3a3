//! Questions whose answers show that an implementation is not to be trusted, whatever it gets right. None of
//! them can go wrong for one that computes.

use core::fmt;
use std::collections::BTreeMap;

use sha2::Digest as _;
use shake::{ExtendableOutput as _, Shake128, Shake256, Update as _, XofReader};

use crate::{
    Alg, Answer, Case, Expect, Family, Field, Implementation, Op, Outcome, Output, Policy, Question, Value, Verdict,
    references,
};

/// Something that no honest implementation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it does.
    pub lie: Lie,
    /// The algorithm and the operation; none if it is all of them.
    pub what: Option<(Alg, Op)>,
    /// The case that shows it; empty if it takes more than one.
    pub case: String,
}

/// What no honest implementation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lie {
    /// Offers nothing of what was asked.
    SupportsNothing,
    /// Rejects every case that must be accepted.
    RejectsEverything,
    /// Answers the same question in two ways.
    Unsteady,
    /// Gives an input back as this output.
    Echo(Field),
    /// Gives the same answer after a byte of this input was changed.
    Deaf(Field),
    /// Accepts after a byte of this input was changed.
    Forged(Field),
    /// Answers, but neither accepts nor rejects after a byte of this input was changed.
    Selective(Field),
    /// Answers a question that no file holds, and the answer is wrong.
    ByHeart,
    /// Fails on a question, without a judgement.
    Fails,
    /// Nothing shows that it accepts anything.
    Unshown,
    /// A wrong expectation was met.
    CanaryPassed,
}

impl fmt::Display for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SupportsNothing => f.write_str("supports nothing of what was asked"),
            Self::RejectsEverything => f.write_str("rejects everything, valid cases too"),
            Self::Unsteady => f.write_str("answers the same question in two ways"),
            Self::Echo(field) => write!(f, "gives an input back as `{field}`"),
            Self::Deaf(field) => write!(f, "gives the same answer after a byte of `{field}` was changed"),
            Self::Forged(field) => write!(f, "accepts after a byte of `{field}` was changed"),
            Self::Selective(field) => write!(f, "answers the case, but not with a byte of `{field}` changed"),
            Self::ByHeart => f.write_str("answers wrongly what no file holds"),
            Self::Fails => f.write_str("fails on a question, without a judgement"),
            Self::Unshown => f.write_str("refuses all that passed, and there is no valid case to try it with"),
            Self::CanaryPassed => f.write_str("passes with an expected byte changed"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((alg, op)) = self.what {
            write!(f, "{alg} {op}: ")?;
        }
        write!(f, "{}", self.lie)?;
        if self.case.is_empty() { Ok(()) } else { write!(f, " ({})", self.case) }
    }
}

/// Asks each case up to three times: as it is, again, and with one byte changed. A few cases of each
/// operation are enough; some of them must be valid. An empty answer means that nothing is wrong with an
/// implementation that answered at least one case.
pub fn probe(implementation: &dyn Implementation, sample: &[Case]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut answered = false;
    // Of the cases that must be accepted: whether there is one that is not rejected.
    let mut accepts: BTreeMap<(Alg, Op), bool> = BTreeMap::new();
    for case in sample {
        let question = &case.question;
        let what = (question.alg, question.op);
        let answer = implementation.answer(question);
        if matches!(answer, Answer::Unsupported(_)) {
            continue;
        }
        answered = true;
        if matches!(case.expect, Expect::Output(_)) {
            *accepts.entry(what).or_default() |= !matches!(answer, Answer::Reject(_));
        }
        let lies = lies(implementation, case, &answer);
        problems.extend(lies.into_iter().map(|lie| Problem { lie, what: Some(what), case: case.id.clone() }));
    }
    let rejects = accepts.into_iter().filter(|(_, accepts)| !accepts);
    problems.extend(rejects.map(|(what, _)| Problem {
        lie: Lie::RejectsEverything,
        what: Some(what),
        case: String::new(),
    }));
    if !answered {
        problems.push(Problem { lie: Lie::SupportsNothing, what: None, case: String::new() });
    }
    problems
}

/// What one case shows.
fn lies(implementation: &dyn Implementation, case: &Case, answer: &Answer) -> Vec<Lie> {
    let mut lies = Vec::new();
    let question = &case.question;
    let Answer::Output(output) = answer else {
        if matches!(answer, Answer::Reject(_)) && !matches!(implementation.answer(question), Answer::Reject(_)) {
            lies.push(Lie::Unsteady);
        }
        if matches!(answer, Answer::Error(_)) {
            lies.push(Lie::Fails);
        }
        return lies;
    };
    if implementation.answer(question) != *answer {
        lies.push(Lie::Unsteady);
    }
    // What is expected may be an input: some vectors are made so.
    let right = matches!(&case.expect, Expect::Output(expected) | Expect::Either(expected) if expected == output);
    if !right {
        lies.extend(echo(question, output).map(Lie::Echo));
    }
    if canary(case).is_some_and(|canary| {
        let outcome = Outcome::Answer(answer.clone());
        Verdict::judge(&canary, outcome, Policy::default()).class().is_pass()
    }) {
        lies.push(Lie::CanaryPassed);
    }
    if !matches!(case.expect, Expect::Reject)
        && let Some((field, changed)) = changed(question)
    {
        lies.extend(match implementation.answer(&changed) {
            Answer::Output(_) if must_reject(question.op) => Some(Lie::Forged(field)),
            Answer::Output(other) if other == *output => Some(Lie::Deaf(field)),
            answer @ (Answer::Output(_) | Answer::Reject(_)) => by_heart(changed, answer),
            Answer::Unsupported(_) | Answer::Error(_) => Some(Lie::Selective(field)),
        });
    }
    lies
}

/// Whether an answer is not the one of the models.
fn by_heart(question: Question, answer: Answer) -> Option<Lie> {
    let expect = match model(&question)? {
        Answer::Output(output) => Expect::Output(output),
        _ => Expect::Reject,
    };
    let case = Case { id: String::new(), note: String::new(), flags: Vec::new(), question, expect };
    (!Verdict::judge(&case, Outcome::Answer(answer), Policy::default()).class().is_pass()).then_some(Lie::ByHeart)
}

/// What the models, or the libraries of hash functions, say to a question; none if they have nothing to say to it.
pub(super) fn model(question: &Question) -> Option<Answer> {
    if question.op != Op::Hash {
        return references().iter().find_map(|model| model.reply(question));
    }
    let msg = question.input.bytes(Field::Msg);
    let xof = |mut reader: Box<dyn XofReader>| {
        // More than any vector asks for is more than is worth to compute.
        let length = usize::try_from(question.input.number(Field::Len)?).ok().filter(|length| *length <= 1 << 16)?;
        let mut bytes = vec![0; length];
        reader.read(&mut bytes);
        Some(bytes)
    };
    let digest = match question.alg {
        Alg::Sha224 => sha2::Sha224::digest(msg).to_vec(),
        Alg::Sha256 => sha2::Sha256::digest(msg).to_vec(),
        Alg::Sha384 => sha2::Sha384::digest(msg).to_vec(),
        Alg::Sha512 => sha2::Sha512::digest(msg).to_vec(),
        Alg::Sha512_224 => sha2::Sha512_224::digest(msg).to_vec(),
        Alg::Sha512_256 => sha2::Sha512_256::digest(msg).to_vec(),
        Alg::Sha3_224 => sha3::Sha3_224::digest(msg).to_vec(),
        Alg::Sha3_256 => sha3::Sha3_256::digest(msg).to_vec(),
        Alg::Sha3_384 => sha3::Sha3_384::digest(msg).to_vec(),
        Alg::Sha3_512 => sha3::Sha3_512::digest(msg).to_vec(),
        Alg::Shake128 => xof(Box::new(Shake128::default().chain(msg).finalize_xof()))?,
        Alg::Shake256 => xof(Box::new(Shake256::default().chain(msg).finalize_xof()))?,
        _ => return None,
    };
    Some(Answer::Output(Output::from([(Field::Digest, digest)])))
}

/// An output that is an input. Short ones can be equal by chance, zeros by low-order points; private keys
/// are left out, because some are their seed.
fn echo(question: &Question, output: &Output) -> Option<Field> {
    let given = |bytes: &Vec<u8>| question.input.0.values().any(|value| *value == Value::Bytes(bytes.clone()));
    let telling = |field: Field, bytes: &[u8]| {
        bytes.len() >= 8 && bytes.iter().any(|byte| *byte != 0) && !question.op.may_lack(field)
    };
    output.iter().find(|(field, bytes)| telling(**field, bytes) && given(bytes)).map(|(field, _)| *field)
}

/// The case with one bit of what is expected changed, where there is something that must be given.
fn canary(case: &Case) -> Option<Case> {
    let mut case = case.clone();
    let op = case.question.op;
    let (Expect::Output(expected) | Expect::Either(expected)) = &mut case.expect else { return None };
    let (_, bytes) = expected.iter_mut().find(|(field, bytes)| !bytes.is_empty() && !op.may_lack(**field))?;
    flip(bytes)?;
    Some(case)
}

/// Whether an operation must reject what [`changed`] makes of a valid question.
const fn must_reject(op: Op) -> bool {
    matches!(op, Op::Verify | Op::VerifyPrehash | Op::VerifyInternal | Op::VerifyMu | Op::Open)
}

/// The question with one byte changed that decides the answer. None where a change may change nothing, as in
/// the checks of keys, or where there is no byte to change.
fn changed(question: &Question) -> Option<(Field, Question)> {
    let fields: &[Field] = match (question.op, question.alg.family()) {
        (Op::Keygen, Family::Composite) => &[Field::Sk],
        (Op::Keygen, _) => &[Field::Seed, Field::Ikm, Field::Private],
        (Op::Encaps, _) => &[Field::M],
        (Op::Decaps, _) => &[Field::C],
        (Op::Sign | Op::SignPrehash | Op::SignInternal, _) => &[Field::Msg],
        (Op::SignMu, _) => &[Field::Mu],
        (Op::Verify | Op::VerifyPrehash | Op::VerifyInternal | Op::VerifyMu, _) => &[Field::Sig],
        (Op::Agree, _) => &[Field::Public],
        (Op::Derive, _) => &[Field::Ikm],
        (Op::Seal, Family::Twinlock) => &[Field::Secret],
        (Op::Seal, _) => &[Field::Key],
        (Op::Open, Family::Twinlock) => &[Field::Record],
        (Op::Open, Family::Hpke) => &[Field::Ct],
        (Op::Open, _) => &[Field::Tag],
        (Op::Export, _) => &[Field::SkR],
        (Op::Hash | Op::Monte, _) => &[Field::Msg],
        (Op::Handshake, _) => &[Field::RndI],
        (Op::CheckEk | Op::CheckDk | Op::Pkcs8 | Op::Spki, _) => &[],
    };
    let mut question = question.clone();
    let field = *fields.iter().find(|field| question.input.0.contains_key(field))?;
    let Some(Value::Bytes(bytes)) = question.input.0.get_mut(&field) else { return None };
    flip(bytes)?;
    Some((field, question))
}

/// Changes a bit of the first byte: of `d` in seeds, since `z` is in no output but the private key; and bit 4,
/// which clamping leaves alone.
fn flip(bytes: &mut [u8]) -> Option<()> {
    *bytes.first_mut()? ^= 0x10;
    Some(())
}

#[cfg(test)]
mod tests {
    use sha2::Sha256;

    use super::*;
    use crate::{About, Input, Lack, Reason};

    struct Fake(fn(&Question) -> Answer);

    impl Implementation for Fake {
        fn about(&self) -> About {
            About::default()
        }

        fn answer(&self, question: &Question) -> Answer {
            self.0(question)
        }
    }

    fn digest(msg: &[u8]) -> Answer {
        Answer::Output(Output::from([(Field::Digest, Sha256::digest(msg).to_vec())]))
    }

    /// SHA-256, and a "signature" that is a hash.
    fn honest(question: &Question) -> Answer {
        let msg = question.input.bytes(Field::Msg);
        match question.op {
            Op::Hash => digest(msg),
            _ if question.input.bytes(Field::Sig) == Sha256::digest(msg).as_slice() => Answer::Output(Output::new()),
            _ => Answer::Reject(Reason::Tag),
        }
    }

    fn sample() -> Vec<Case> {
        let msg = b"a message to hash";
        let hash = Question { alg: Alg::Sha256, op: Op::Hash, input: Input::new().with(Field::Msg, *msg) };
        let Answer::Output(expected) = digest(msg) else { panic!("no digest") };
        let input = Input::new().with(Field::Pk, [9; 32]).with(Field::Msg, *msg);
        let verify = |sig: &[u8], expect| {
            let question = Question { alg: Alg::Ed25519, op: Op::Verify, input: input.clone().with(Field::Sig, sig) };
            Case { id: "v".into(), note: String::new(), flags: vec![], question, expect }
        };
        vec![
            Case {
                id: "h".into(),
                note: String::new(),
                flags: vec![],
                question: hash,
                expect: Expect::Output(expected.clone()),
            },
            verify(&expected[&Field::Digest], Expect::Output(Output::new())),
            verify(&[1; 32], Expect::Reject),
        ]
    }

    #[test]
    fn an_honest_implementation_has_no_problem_and_each_lie_is_found() {
        fn lies(answer: fn(&Question) -> Answer) -> Vec<Lie> {
            probe(&Fake(answer), &sample()).into_iter().map(|problem| problem.lie).collect()
        }
        use std::sync::atomic::{AtomicU8, Ordering};
        static COUNT: AtomicU8 = AtomicU8::new(0);
        assert_eq!(lies(honest), []);
        assert_eq!(lies(|_| Answer::Unsupported(Lack::Alg)), [Lie::SupportsNothing]);
        assert_eq!(lies(|_| Answer::Reject(Reason::Other)), [Lie::RejectsEverything, Lie::RejectsEverything]);
        let unsteady = lies(|question| match question.op {
            Op::Hash => digest(&[COUNT.fetch_add(1, Ordering::Relaxed)]),
            _ => honest(question),
        });
        assert_eq!(unsteady, [Lie::Unsteady, Lie::ByHeart]);
        let echo = lies(|question| match question.op {
            Op::Hash => Answer::Output(Output::from([(Field::Digest, question.input.bytes(Field::Msg).to_vec())])),
            _ => honest(question),
        });
        assert_eq!(echo, [Lie::Echo(Field::Digest), Lie::ByHeart]);
        let deaf = lies(|question| if question.op == Op::Hash { digest(b"fixed") } else { honest(question) });
        assert_eq!(deaf, [Lie::Deaf(Field::Msg)]);
        let gullible =
            lies(|question| if question.op == Op::Hash { honest(question) } else { Answer::Output(Output::new()) });
        assert_eq!(gullible, [Lie::Forged(Field::Sig)]);
        let by_heart = lies(|question| {
            let known = sample().iter().any(|case| case.question == *question);
            if known { honest(question) } else { Answer::Error("not in my list".into()) }
        });
        assert_eq!(by_heart, [Lie::Selective(Field::Msg), Lie::Selective(Field::Sig)]);
    }
}
