//! Vectors that nobody publishes: made from a seed, and written only where implementations agree.
//!
//! A class makes questions that tell a broken implementation from a right one. Each question goes to every
//! implementation. A case comes of it if at least two give the same answer (the same outputs, or a refusal) and none
//! gives another; otherwise no case is written, and the disagreement is told with all answers. So nothing here knows
//! a right answer, and a bug of one implementation cannot get into the vectors.
//!
//! Left out by design: questions that standards leave open and implementations answer by choice, such as expanded
//! keys of ML-KEM whose secret part is not reduced, or points of Ed25519 that are not canonical.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use shake::{
    Shake256, Shake256Reader,
    digest::{ExtendableOutput, Update, XofReader},
};

use crate::{Answer, Case, Expect, Field, Implementation, Lack, Op, Outcome, Output, Question, Queue, Ticket};

mod channel;
mod composite;
mod dh;
mod encodings;
mod hybrid;
mod mldsa;
mod mlkem;

/// What [`generate`] made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The sets, each with at least one case.
    pub sets: Vec<Made>,
    /// The questions that implementations answered differently. No case came of them.
    pub disagreements: Vec<Disagreement>,
    /// How many questions had fewer than two answers.
    pub unanswered: usize,
}

/// A set of generated cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
    /// The names of the implementations that gave the answers.
    pub agreed: BTreeSet<String>,
}

/// A question with different answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The set that the case would have been in.
    pub set: String,
    /// What it would have tested.
    pub note: String,
    /// The question.
    pub question: Question,
    /// Every implementation's name and what came of the question.
    pub outcomes: Vec<(String, Outcome)>,
}

/// Makes every class from the seed. The same seed and implementations give the same result.
pub fn generate(seed: &[u8; 32], implementations: &[&dyn Implementation]) -> Generated {
    let mut maker = Maker { seed, implementations, made: Generated::default() };
    mlkem::make(&mut maker);
    mldsa::make(&mut maker);
    dh::make(&mut maker);
    hybrid::make(&mut maker);
    encodings::make(&mut maker);
    composite::make(&mut maker);
    channel::make(&mut maker);
    maker.made
}

/// A question that a class would make a case of.
struct Candidate {
    note: String,
    question: Question,
    /// Whether a refusal is right too, where others give an output.
    either: bool,
}

impl Candidate {
    fn new(note: impl Into<String>, question: Question) -> Self {
        Self { note: note.into(), question, either: false }
    }
}

/// Asks, compares, and collects.
struct Maker<'a> {
    seed: &'a [u8; 32],
    implementations: &'a [&'a dyn Implementation],
    made: Generated,
}

impl Maker<'_> {
    /// The randomness of a class: no class changes that of another.
    fn stream(&self, label: &str) -> Stream {
        let mut hasher = Shake256::default();
        hasher.update(self.seed);
        hasher.update(label.as_bytes());
        Stream(hasher.finalize_xof())
    }

    /// What at least two implementations give as the outputs of each question, and none denies: what a class builds
    /// on.
    fn know(&self, questions: &[Question]) -> Vec<Option<Output>> {
        let judge = |(question, outcomes): (&Question, _)| match agree(question, false, outcomes) {
            Agreement::Case(Expect::Output(output), _) => Some(output),
            _ => None,
        };
        questions.iter().zip(self.ask(questions)).map(judge).collect()
    }

    /// One of the same.
    fn know_one(&self, question: Question) -> Option<Output> {
        self.know(&[question]).pop().flatten()
    }

    /// Makes a set of what is agreed on.
    fn put(&mut self, name: &str, candidates: Vec<Candidate>) {
        let questions: Vec<_> = candidates.iter().map(|candidate| candidate.question.clone()).collect();
        let outcomes = self.ask(&questions);
        let (mut cases, mut agreed) = (Vec::new(), BTreeSet::new());
        for (Candidate { note, question, either }, outcomes) in candidates.into_iter().zip(outcomes) {
            match agree(&question, either, outcomes) {
                Agreement::Case(expect, by) => {
                    agreed.extend(by.into_iter().filter_map(|index| self.implementations.get(index)).map(name_of));
                    let id = cases.len().saturating_add(1).to_string();
                    cases.push(Case { id, note, flags: Vec::new(), question, expect });
                }
                Agreement::Silence => self.made.unanswered = self.made.unanswered.saturating_add(1),
                Agreement::None(outcomes) => {
                    let outcomes = self.implementations.iter().map(name_of).zip(outcomes).collect();
                    let set = name.to_owned();
                    self.made.disagreements.push(Disagreement { set, note, question, outcomes });
                }
            }
        }
        if !cases.is_empty() {
            self.made.sets.push(Made { name: name.to_owned(), cases, agreed });
        }
    }

    /// Every implementation's outcome for each question.
    fn ask(&self, questions: &[Question]) -> Vec<Vec<Outcome>> {
        let mut all = vec![Vec::new(); questions.len()];
        for implementation in self.implementations {
            for (outcomes, outcome) in all.iter_mut().zip(ask_one(*implementation, questions)) {
                outcomes.push(outcome);
            }
        }
        all
    }
}

fn name_of(implementation: &&dyn Implementation) -> String {
    implementation.about().name
}

/// What came of comparing the outcomes of a question.
enum Agreement {
    /// A case, by these implementations.
    Case(Expect, Vec<usize>),
    /// Fewer than two answers.
    Silence,
    /// Different answers, or something that is no answer.
    None(Vec<Outcome>),
}

fn agree(question: &Question, either: bool, outcomes: Vec<Outcome>) -> Agreement {
    let (mut outputs, mut refused) = (Vec::new(), Vec::new());
    for (index, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Outcome::Answer(Answer::Output(output)) => outputs.push((index, output)),
            Outcome::Answer(Answer::Reject(_)) => refused.push(index),
            Outcome::Answer(Answer::Unsupported(_)) => {}
            _ => return Agreement::None(outcomes),
        }
    }
    let count = outputs.len().saturating_add(refused.len());
    let by = |outputs: &[(usize, &Output)]| outputs.iter().map(|(index, _)| *index).collect();
    match (outputs.is_empty(), refused.is_empty()) {
        _ if count < 2 => Agreement::Silence,
        // What may be refused needs two who do not: one alone may be the broken one.
        _ if either && outputs.len() < 2 => Agreement::Silence,
        (true, _) => Agreement::Case(Expect::Reject, refused),
        (false, false) if !either => Agreement::None(outcomes),
        _ => match common(question, &outputs) {
            Some(output) if either => Agreement::Case(Expect::Either(output), by(&outputs)),
            Some(output) => Agreement::Case(Expect::Output(output), by(&outputs)),
            None => Agreement::None(outcomes),
        },
    }
}

/// The outputs that all who give them give alike. An output that may be left out is kept if two give it; what
/// decapsulation knows of its encapsulation key is not.
fn common(question: &Question, given: &[(usize, &Output)]) -> Option<Output> {
    let mut output = Output::new();
    for &field in question.op.outputs(question.alg.family()) {
        let mut values = given.iter().filter_map(|(_, output)| output.get(&field));
        let Some(first) = values.next() else {
            if question.op.may_lack(field) {
                continue;
            } else {
                return None;
            };
        };
        let others = values.clone().count();
        if values.any(|value| value != first) {
            return None;
        }
        let optional = question.op.may_lack(field);
        if !optional && others.saturating_add(1) < given.len() {
            return None;
        }
        if !optional || (others > 0 && question.op == Op::Keygen) {
            output.insert(field, first.clone());
        }
    }
    Some(output)
}

/// Questions and the outcomes so far, as the queue of an implementation's threads.
struct Asking<'a> {
    questions: &'a [Question],
    /// The places of those that are still to be asked.
    open: Mutex<std::vec::IntoIter<usize>>,
    outcomes: Mutex<Vec<Outcome>>,
}

impl Queue for Asking<'_> {
    fn next(&self) -> Option<Ticket> {
        let number = self.open.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        let question = self.questions.get(number)?.clone();
        let (id, note, flags) = (number.to_string(), String::new(), Vec::new());
        // Nobody judges this case: it carries the question.
        let case = Case { id, note, flags, question, expect: Expect::Reject };
        Some(Ticket { case: Arc::new(case), number })
    }

    fn done(&self, ticket: Ticket, outcome: Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = outcomes.get_mut(ticket.number) {
            *place = outcome;
        }
    }
}

fn ask_one(implementation: &dyn Implementation, questions: &[Question]) -> Vec<Outcome> {
    let offered = |question: &Question| implementation.offers(question.alg, question.op);
    let unasked = |question| match offered(question) {
        true => Outcome::Crash("gave no answer".into()),
        false => Outcome::Answer(Answer::Unsupported(Lack::Op)),
    };
    let open: Vec<_> =
        (0..).zip(questions).filter_map(|(place, question)| offered(question).then_some(place)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(open.len());
    let outcomes = Mutex::new(questions.iter().map(unasked).collect());
    let asking = Asking { questions, open: Mutex::new(open.into_iter()), outcomes };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| implementation.work(&asking));
        }
    });
    asking.outcomes.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes from the seed.
struct Stream(Shake256Reader);

impl Stream {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read(&mut bytes);
        bytes
    }
}

/// A question about bytes.
fn question(alg: crate::Alg, op: Op, input: &[(Field, &[u8])]) -> Question {
    let input = input.iter().fold(crate::Input::new(), |all, (field, bytes)| all.with(*field, *bytes));
    Question { alg, op, input }
}

/// An output by name, moved out.
fn take(output: Option<Output>, field: Field) -> Option<Vec<u8>> {
    output?.remove(&field)
}

/// The same bytes with these bits of one byte flipped.
fn flipped(bytes: &[u8], at: usize, bits: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    if let Some(byte) = changed.get_mut(at) {
        *byte ^= bits;
    }
    changed
}

/// Wrong lengths of a right value: nothing, one byte less, one byte more.
fn wrong_lengths(bytes: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    let short = bytes.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default();
    [("empty", Vec::new()), ("one byte short", short), ("one byte long", [bytes, &[0]].concat())]
}

#[cfg(test)]
mod tests;
