//! Small sets, and implementations of all kinds.

use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};
use twinlock_kat::{
    About, Alg, Answer, Case, Error, Expect, Field, Implementation, Input, Lack, Op, Options, Outcome, Output,
    Question, Queue, Reason, Report, Set,
};

pub(crate) fn about() -> About {
    About { name: "fake & <co>".into(), version: "1.0".into(), build: "test".into() }
}

pub(crate) fn digest(message: &[u8]) -> Output {
    Output::from([(Field::Digest, Sha256::digest(message).to_vec())])
}

pub(crate) fn case(id: impl Into<String>, alg: Alg, op: Op, input: Input, expect: Expect) -> Case {
    Case { id: id.into(), note: String::new(), flags: vec![], question: Question { alg, op, input }, expect }
}

/// Cases of SHA-256, numbered from 0.
pub(crate) fn hashes(name: &str, count: usize) -> Set {
    let cases = (0..count).map(|number| {
        let message = format!("{name} {number}").into_bytes();
        let expect = Expect::Output(digest(&message));
        case(number.to_string(), Alg::Sha256, Op::Hash, Input::new().with(Field::Msg, message), expect)
    });
    Set { name: name.into(), cases: cases.collect(), expected: Some(count) }
}

/// One case for each way in which a case can come out of [`Mixed`], and a legacy one.
pub(crate) fn mixed(name: &str) -> Set {
    let agree = || Input::new().with(Field::Private, [1; 32]).with(Field::Public, [0; 32]);
    let zero = || Output::from([(Field::Shared, vec![0; 32])]);
    let hash = |text: &str| Input::new().with(Field::Msg, text.as_bytes());
    let keygen = || Input::new().with(Field::Seed, [7; 32]);
    let point = Output::from([(Field::Pk, vec![9; 32])]);
    let right = |text: &str| Expect::Output(digest(text.as_bytes()));
    let mut cases = vec![
        case("pass", Alg::Sha256, Op::Hash, hash("pass"), right("pass")),
        case("pass-reject", Alg::X25519, Op::Agree, agree(), Expect::Reject),
        case("pass-policy", Alg::X25519, Op::Agree, agree(), Expect::Either(zero())),
        case("mismatch # 'quoted' \\ \u{1b}", Alg::Sha256, Op::Hash, hash("mismatch"), right("mismatch")),
        case("accepted", Alg::Sha256, Op::Hash, hash("accepted"), Expect::Reject),
        case("rejected", Alg::X25519, Op::Agree, agree(), Expect::Output(zero())),
        case("crash", Alg::Sha256, Op::Hash, hash("crash"), right("crash")),
        case("timeout", Alg::Sha256, Op::Hash, hash("timeout"), right("timeout")),
        case("protocol", Alg::Sha256, Op::Hash, hash("protocol"), right("protocol")),
        case("unsupported", Alg::Ed25519, Op::Keygen, keygen(), Expect::Output(point.clone())),
        case("waived", Alg::Sha256, Op::Hash, hash("waived"), right("other")),
        case("legacy", Alg::Kyber512, Op::Keygen, keygen(), Expect::Output(point)),
    ];
    for case in &mut cases {
        case.note = format!("the case {}\nof `two` lines & <marks>", case.id);
    }
    Set { name: name.into(), cases, expected: None }
}

/// Answers with a function.
pub(crate) struct Fake<F>(pub(crate) F);

impl<F: Fn(&Question) -> Answer + Sync> Implementation for Fake<F> {
    fn about(&self) -> About {
        about()
    }

    fn answer(&self, question: &Question) -> Answer {
        (self.0)(question)
    }
}

/// Right about SHA-256.
pub(crate) fn right(question: &Question) -> Answer {
    match (question.alg, question.op) {
        (Alg::Sha256, Op::Hash) => Answer::Output(digest(question.input.bytes(Field::Msg))),
        (Alg::X25519, _) => Answer::Reject(Reason::Zero),
        _ => Answer::Unsupported(Lack::Alg),
    }
}

/// What [`mixed`] needs.
pub(crate) struct Mixed;

impl Implementation for Mixed {
    fn about(&self) -> About {
        about()
    }

    fn answer(&self, question: &Question) -> Answer {
        match question.input.bytes(Field::Msg) {
            b"mismatch" => {
                let mut output = digest(b"mismatch");
                output.get_mut(&Field::Digest).unwrap()[5] ^= 1;
                Answer::Output(output)
            }
            b"crash" => panic!("a panic that belongs to the test"),
            _ => right(question),
        }
    }

    fn work(&self, queue: &dyn Queue) {
        while let Some(ticket) = queue.next() {
            let outcome = match ticket.case.question.input.bytes(Field::Msg) {
                b"timeout" => Outcome::Timeout,
                b"crash" => Outcome::Crash("died, ]]> \u{0} and all".into()),
                b"protocol" => Outcome::Protocol("garbage: {".into()),
                _ => Outcome::Answer(self.answer(&ticket.case.question)),
            };
            queue.done(ticket, outcome);
        }
    }
}

/// Works with a function that is given the queue.
pub(crate) struct Worker<F>(pub(crate) F);

impl<F: Fn(&dyn Queue) + Sync> Implementation for Worker<F> {
    fn about(&self) -> About {
        about()
    }

    fn answer(&self, question: &Question) -> Answer {
        right(question)
    }

    fn work(&self, queue: &dyn Queue) {
        (self.0)(queue);
    }
}

pub(crate) fn run(implementation: &dyn Implementation, sets: Vec<Set>, options: &Options) -> Result<Report, Error> {
    let last = AtomicUsize::new(0);
    let read: usize = sets.iter().map(|set| set.cases.len()).sum();
    let report = twinlock_kat::run(implementation, sets.into_iter().map(Ok), options, &|progress| {
        assert!(progress.done <= progress.read);
        last.fetch_max(progress.done, Ordering::Relaxed);
    })?;
    // A case never lost.
    assert_eq!(report.counts().read(), read);
    let records = report.sets.iter().map(|set| set.records.len());
    assert_eq!(records.sum::<usize>(), read);
    assert_eq!(last.into_inner(), read);
    Ok(report)
}
