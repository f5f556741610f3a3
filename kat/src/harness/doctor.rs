//! What is wrong with a harness, in words for who writes it.

use core::fmt;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::{Hello, Lie, StartError, child::Harness, engine::Options, probe, process::Fault};
use crate::{Alg, Case, Class, Implementation as _, Op, Outcome, Policy, Queue, Ticket, Verdict};

/// Cases asked of each operation.
const CASES: usize = 3;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it must be.
    Good,
    /// Worth knowing.
    Note,
    /// A run with this harness fails, or proves nothing.
    Problem,
}

/// Something that was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is, in a line.
    pub what: String,
    /// What to do; empty if nothing.
    pub advice: String,
}

/// All that was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkup {
    /// What the harness said first, if it did.
    pub hello: Option<Hello>,
    /// In the order of the checks.
    pub findings: Vec<Finding>,
}

impl Checkup {
    /// Whether no finding is a problem.
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Problem)
    }

    fn find(&mut self, level: Level, what: impl Into<String>, advice: impl Into<String>) {
        self.findings.push(Finding { level, what: what.into(), advice: advice.into() });
    }
}

impl fmt::Display for Checkup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(hello) = &self.hello {
            writeln!(f, "{hello}")?;
        }
        for Finding { level, what, advice } in &self.findings {
            let mark = match level {
                Level::Good => "ok     ",
                Level::Note => "note   ",
                Level::Problem => "problem",
            };
            writeln!(f, "{mark}  {what}")?;
            if !advice.is_empty() {
                writeln!(f, "         {advice}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Hello {
    /// Who it is, and a table of what it offers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = &self.about;
        writeln!(f, "{} {} ({})", about.name, about.version, about.build)?;
        let derand = if self.derand { "given randomness" } else { "no given randomness" };
        writeln!(f, "{derand}, {} in flight", self.inflight)?;
        let mut rows: BTreeMap<Alg, Vec<Op>> = BTreeMap::new();
        for cap in &self.caps {
            rows.entry(cap.alg).or_default().push(cap.op);
        }
        for (alg, ops) in rows {
            let names: Vec<_> = ops.iter().map(|op| op.name()).collect();
            writeln!(f, "  {alg:<26} {}", names.join(" "))?;
        }
        Ok(())
    }
}

/// Starts a harness and looks at all that can be wrong with it. The cases are those that it is tried with:
/// a few of each operation are taken.
pub fn doctor(command: &[String], options: Options, cases: &[Case]) -> Checkup {
    let mut checkup = Checkup { hello: None, findings: Vec::new() };
    let started = Instant::now();
    let harness = match Harness::start(command, options) {
        Ok(harness) => harness,
        Err(error) => {
            let advice = advice_to_start(&error);
            checkup.find(Level::Problem, error.to_string(), advice);
            return checkup;
        }
    };
    checkup.find(Level::Good, format!("says hello after {} ms", started.elapsed().as_millis()), "");
    let hello = harness.hello().clone();
    if hello.caps.is_empty() {
        checkup.find(
            Level::Problem,
            "offers nothing: `caps` is empty",
            "list what it has: {\"alg\":\"ML-KEM-768\",\"op\":\"decaps\"}; `twinlock kat list` knows the names",
        );
    }
    if !hello.derand {
        checkup.find(
            Level::Note,
            "takes no given randomness: encapsulation, and signing with `rnd`, are not tested",
            "if the library has a deterministic entry point for tests, use it and say \"derand\":true",
        );
    }
    let mut sample: Vec<Case> = Vec::new();
    for cap in &hello.caps {
        let of_cap = |case: &&Case| (case.question.alg, case.question.op) == (cap.alg, cap.op);
        let taken: Vec<_> = cases.iter().filter(of_cap).take(CASES).cloned().collect();
        if taken.is_empty() {
            checkup.find(Level::Note, format!("{} {}: no case to try it with", cap.alg, cap.op), "");
        }
        sample.extend(taken);
    }
    checkup.hello = Some(hello);
    if let Some(case) = sample.first() {
        look_at_lines(&harness, case, &mut checkup);
        look_at_answers(&harness, &sample, &mut checkup);
        for problem in probe(&harness, &sample) {
            let advice = match problem.lie {
                Lie::SupportsNothing => "it offers what it then does not support: correct `caps`",
                Lie::RejectsEverything => "valid cases are refused: see how the library takes its inputs",
                Lie::Unsteady => "take all randomness from the question; do not keep state between questions",
                Lie::Echo(_) => "an input is copied to an output: see which variable is written",
                Lie::Deaf(_) | Lie::Selective(_) => "compute every answer from the inputs; do not look answers up",
                Lie::Forged(_) => "use what the library returns: a failed check must become {\"reject\":…}",
                Lie::ByHeart => "compute every answer from the inputs: this one is wrong",
                Lie::Fails => "a question is answered, or refused with a reason",
                Lie::Unshown => "offer something that it accepts",
                Lie::CanaryPassed => "report this as a defect of twinlock-kat",
            };
            checkup.find(Level::Problem, problem.to_string(), advice);
        }
    } else {
        checkup.find(Level::Problem, "nothing was tried", "");
    }
    checkup
}

fn advice_to_start(error: &StartError) -> &'static str {
    match error {
        StartError::Spawn(..) => "see that the path is right and the file may be executed",
        StartError::Hello(_, Fault::Hang(_)) => {
            "read one line from stdin, answer one line on stdout, and flush stdout after every line"
        }
        StartError::Hello(_, Fault::Crash(_)) => "run it by hand and give it the hello line; it must stay alive",
        StartError::Hello(_, Fault::Protocol(_)) => {
            "the first line on stdout must be {\"kat\":1,\"impl\":{\"name\":…,\"version\":…,\"build\":…},\"caps\":[…],\
             \"derand\":true,\"inflight\":1}; what is for people goes to stderr"
        }
    }
}

/// Lines that are none, and the time of one that is.
fn look_at_lines(harness: &Harness, case: &Case, checkup: &mut Checkup) {
    if harness.shrugs_off(b"this is not a line of kat/1\n", &case.question) {
        checkup.find(Level::Good, "goes on after a line that it cannot read", "");
    } else {
        checkup.find(
            Level::Note,
            "does not go on after a line that it cannot read",
            "answer {\"id\":null,\"error\":\"…\"} and read the next line",
        );
    }
    let started = Instant::now();
    let _ = harness.answer(&case.question);
    let Case { question, .. } = case;
    let time = format!("{} {}: {} µs there and back", question.alg, question.op, started.elapsed().as_micros());
    checkup.find(Level::Good, time, "");
}

/// Answers to the sample, as many in flight as it takes.
fn look_at_answers(harness: &Harness, sample: &[Case], checkup: &mut Checkup) {
    let queue = Sample::new(sample);
    harness.work(&queue);
    let verdicts = queue.verdicts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let passed = verdicts.iter().filter(|(_, verdict)| verdict.class().is_pass()).count();
    let level = if passed == verdicts.len() { Level::Good } else { Level::Note };
    checkup.find(level, format!("{passed} of {} cases pass", verdicts.len()), "");
    for (what, verdict) in verdicts {
        let advice = match verdict.class() {
            Class::Crash => "a failure is {\"error\":…}; a harness that ends takes its other questions with it",
            Class::Timeout => "flush stdout after every line, and answer every question",
            Class::Protocol => "stdout is for answers alone, one object a line, with the id of its question",
            Class::FailMismatch | Class::FailAccepted | Class::FailRejected => {
                "run this case alone: the harness or what it tests is wrong"
            }
            Class::Unsupported => "take it out of `caps` if it is never supported",
            _ => continue,
        };
        let level = if verdict.class() == Class::Unsupported { Level::Note } else { Level::Problem };
        checkup.find(level, format!("{what}: {verdict}"), advice);
    }
}

/// A queue of a few cases.
struct Sample {
    waiting: Mutex<VecDeque<Ticket>>,
    verdicts: Mutex<Vec<(String, Verdict)>>,
}

impl Sample {
    fn new(cases: &[Case]) -> Self {
        let ticket = |(number, case): (usize, &Case)| Ticket { case: Arc::new(case.clone()), number };
        Self { waiting: Mutex::new(cases.iter().enumerate().map(ticket).collect()), verdicts: Mutex::default() }
    }
}

impl Queue for Sample {
    fn next(&self) -> Option<Ticket> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn done(&self, ticket: Ticket, outcome: Outcome) {
        let Case { id, question, .. } = &*ticket.case;
        let what = format!("{} {} ({id})", question.alg, question.op);
        let verdict = Verdict::judge(&ticket.case, outcome, Policy::default());
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).push((what, verdict));
    }
}
