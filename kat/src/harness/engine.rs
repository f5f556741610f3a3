//! What is the same for every protocol: children are started, reused, blamed, restarted, and given up on.

use core::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    collections::BTreeMap,
    io,
    os::unix::process::ExitStatusExt as _,
    process::ExitStatus,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use super::{
    process::{Fault, Process, Reader},
    wire::key_form,
};
use crate::{Answer, Family, Field, Input, KeyForm, Lack, Op, Outcome, Question, Queue, Ticket};

/// Faults in one thread with no answer in between after which a harness is given up.
const IN_A_ROW: usize = 16;
/// Hangs in a run after which a harness is given up: each costs a timeout.
const HANGS: usize = 4;
/// Restarts in a run after which a harness is given up.
const RESTARTS: usize = 128;

/// How a child is treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long it may say nothing while a question is open.
    pub timeout: Duration,
    /// How long it has to start and to say hello.
    pub start: Duration,
    /// What a child cannot know before it runs, in hex: an output that holds it is an echo.
    pub nonce: String,
}

impl Options {
    /// Ten seconds for a question, ten to start.
    pub fn new(nonce: impl Into<String>) -> Self {
        let ten = Duration::from_secs(10);
        Self { timeout: ten, start: ten, nonce: nonce.into() }
    }
}

/// Why a harness could not be started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// The command could not be run.
    Spawn(String, io::ErrorKind),
    /// It ran and did not say hello.
    Hello(String, Fault),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn(command, kind) => write!(f, "cannot run `{command}`: {kind}"),
            Self::Hello(command, fault) => write!(f, "`{command}` did not say hello: {fault}"),
        }
    }
}

impl core::error::Error for StartError {}

/// Questions out for an answer, by their number at the child.
pub(super) type Flight = BTreeMap<u64, Ticket>;

/// The last answer of a child, held back until there is another or the child has ended.
#[derive(Default)]
pub(super) struct Last(Option<(Ticket, Answer)>);

impl Last {
    /// Takes an answer, and reports the one before it.
    pub(super) fn answered(&mut self, ticket: Ticket, answer: Answer, queue: &dyn Queue) {
        if let Some((ticket, answer)) = self.0.replace((ticket, answer)) {
            queue.done(ticket, Outcome::Answer(answer));
        }
    }

    /// Reports what is held back.
    fn settle(self, ended: Result<(), Fault>, queue: &dyn Queue) {
        if let Some((ticket, answer)) = self.0 {
            queue.done(ticket, ended.map_or_else(outcome, |()| Outcome::Answer(answer)));
        }
    }
}

/// A protocol.
pub(super) trait Peer: Sync + PartialEq + Sized {
    /// What the child writes.
    type Message: Send + 'static;

    /// How messages are cut out of what it writes.
    const READER: Reader<Self::Message>;

    /// The first exchange.
    fn greet(process: &mut Process<Self::Message>, command: &[String], options: &Options) -> Result<Self, Fault>;

    /// Why a question need not be asked.
    fn lack(&self, question: &Question) -> Option<Lack>;

    /// Asks one question of a child that has no other.
    fn ask(&self, process: &mut Process<Self::Message>, question: &Question) -> Result<Answer, Fault>;

    /// Whether a child may end like this when its input ends.
    fn ends_well(status: ExitStatus) -> bool {
        status.signal().is_none()
    }

    /// Asks until the queue is empty; after a fault the flight holds what has no answer. The last answer is not
    /// reported here: it counts only if the child ends well.
    fn stream(
        &self,
        process: &mut Process<Self::Message>,
        queue: &dyn Queue,
        flight: &mut Flight,
        last: &mut Last,
    ) -> Result<(), Fault> {
        while let Some(ticket) = queue.next() {
            if let Some(lack) = self.lack(&ticket.case.question) {
                queue.done(ticket, Outcome::Answer(Answer::Unsupported(lack)));
                continue;
            }
            let question = &flight.entry(0).or_insert(ticket).case.question;
            let answer = self.ask(process, question)?;
            if let Some(ticket) = flight.remove(&0) {
                last.answered(ticket, answer, queue);
            }
        }
        Ok(())
    }
}

/// An implementation that is reached through children of one command, one for each thread that asks.
pub(super) struct Engine<P: Peer> {
    pub(super) peer: P,
    command: Vec<String>,
    options: Options,
    idle: Mutex<Vec<Process<P::Message>>>,
    hangs: AtomicUsize,
    restarts: AtomicUsize,
    given_up: OnceLock<String>,
    /// Lines of standard error passed on.
    told: Arc<AtomicUsize>,
}

/// Starts a child and greets it.
fn start<P: Peer>(
    command: &[String],
    options: &Options,
    told: &Arc<AtomicUsize>,
) -> Result<(Process<P::Message>, P), StartError> {
    let process = Process::spawn(command, P::READER, options.start, told);
    let mut process = process.map_err(|error| StartError::Spawn(command.join(" "), error.kind()))?;
    match P::greet(&mut process, command, options) {
        Ok(peer) => {
            process.timeout = options.timeout;
            Ok((process, peer))
        }
        Err(fault) => Err(StartError::Hello(command.join(" "), process.fail(fault))),
    }
}

impl<P: Peer> Engine<P> {
    /// Starts the first child.
    ///
    /// # Errors
    /// It cannot be started, or does not say hello.
    pub(super) fn start(command: &[String], options: Options) -> Result<Self, StartError> {
        let told = Arc::default();
        let (process, peer) = start::<P>(command, &options, &told)?;
        Ok(Self {
            peer,
            command: command.to_vec(),
            options,
            idle: Mutex::new(vec![process]),
            hangs: AtomicUsize::new(0),
            restarts: AtomicUsize::new(0),
            given_up: OnceLock::new(),
            told,
        })
    }

    /// A child that is ready.
    pub(super) fn open(&self) -> Result<Process<P::Message>, Fault> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(process) = idle {
            return Ok(process);
        }
        match start::<P>(&self.command, &self.options, &self.told) {
            Ok((process, peer)) if peer == self.peer => Ok(process),
            Ok(_) => Err(Fault::Protocol("started again it says another hello".into())),
            Err(StartError::Hello(_, fault)) => Err(fault),
            Err(error @ StartError::Spawn(..)) => Err(Fault::Crash(error.to_string())),
        }
    }

    /// Keeps a child for the next who asks.
    pub(super) fn close(&self, process: Process<P::Message>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
    }

    /// Ends a child for a fault, and counts it.
    fn strike(&self, process: Option<Process<P::Message>>, fault: Fault, in_a_row: &AtomicUsize) -> Fault {
        let fault = match process {
            Some(mut process) => process.fail(fault),
            None => fault,
        };
        let hung = usize::from(matches!(fault, Fault::Hang(_)));
        let over = |counter: &AtomicUsize, more: usize, limit: usize| {
            counter.fetch_add(more, Ordering::Relaxed).saturating_add(more) >= limit
        };
        let limits = [(in_a_row, 1, IN_A_ROW), (&self.hangs, hung, HANGS), (&self.restarts, 1, RESTARTS)];
        let passed = limits.map(|(counter, more, limit)| over(counter, more, limit));
        if passed.contains(&true) {
            let _ = self.given_up.set(format!("harness dead, not asked: it failed too often, last: {fault}"));
        }
        fault
    }

    /// One question, outside of a run.
    pub(super) fn answer(&self, question: &Question) -> Answer {
        if let Some(lack) = self.peer.lack(question) {
            return Answer::Unsupported(lack);
        }
        match self.alone(question, &AtomicUsize::new(0)) {
            Outcome::Answer(answer) => answer,
            Outcome::Timeout => Answer::Error(Fault::Hang(self.options.timeout).to_string()),
            Outcome::Crash(text) | Outcome::Protocol(text) => Answer::Error(text),
        }
    }

    /// One question to a child that has no other.
    fn alone(&self, question: &Question, in_a_row: &AtomicUsize) -> Outcome {
        if let Some(why) = self.given_up.get() {
            return Outcome::Crash(why.clone());
        }
        let mut process = match self.open() {
            Ok(process) => process,
            Err(fault) => return outcome(self.strike(None, fault, in_a_row)),
        };
        match self.peer.ask(&mut process, question) {
            Ok(answer) => {
                in_a_row.store(0, Ordering::Relaxed);
                self.close(process);
                Outcome::Answer(answer)
            }
            Err(fault) => outcome(self.strike(Some(process), fault, in_a_row)),
        }
    }

    /// Works through a queue, as [`crate::Implementation::work`].
    pub(super) fn work(&self, queue: &dyn Queue) {
        let in_a_row = &AtomicUsize::new(0);
        let queue = &Counting { queue, in_a_row };
        while self.given_up.get().is_none() {
            let mut process = match self.open() {
                Ok(process) => process,
                Err(fault) => {
                    self.strike(None, fault, in_a_row);
                    continue;
                }
            };
            let (mut flight, mut last) = (Flight::new(), Last::default());
            match self.peer.stream(&mut process, queue, &mut flight, &mut last) {
                Ok(()) => return last.settle(process.finish(P::ends_well), queue),
                Err(fault) => {
                    last.settle(Ok(()), queue);
                    let fault = self.strike(Some(process), fault, in_a_row);
                    self.settle(flight, fault, queue, in_a_row);
                }
            }
        }
        let why = self.given_up.get().cloned().unwrap_or_default();
        while let Some(ticket) = queue.next() {
            let lack = self.peer.lack(&ticket.case.question);
            let outcome =
                lack.map_or_else(|| Outcome::Crash(why.clone()), |lack| Outcome::Answer(Answer::Unsupported(lack)));
            queue.done(ticket, outcome);
        }
    }

    /// Finds out which of the questions in flight is to blame, by asking each alone.
    fn settle(&self, mut flight: Flight, fault: Fault, queue: &dyn Queue, in_a_row: &AtomicUsize) {
        if flight.len() <= 1 {
            if let Some((_, ticket)) = flight.pop_first() {
                queue.done(ticket, outcome(fault));
            }
            return;
        }
        let count = flight.len();
        let alone = |ticket: Ticket| {
            let outcome = self.alone(&ticket.case.question, in_a_row);
            (ticket, outcome)
        };
        let mut settled: Vec<_> = flight.into_values().map(alone).collect();
        // A fault that needs several questions must not get lost: the oldest bears it.
        if settled.iter().all(|(_, outcome)| matches!(outcome, Outcome::Answer(_)))
            && let Some((_, oldest)) = settled.first_mut()
        {
            let with = |text: String| format!("{text} (with {count} questions open; none does it alone)");
            *oldest = match fault {
                Fault::Crash(text) => Outcome::Crash(with(text)),
                Fault::Protocol(text) => Outcome::Protocol(with(text)),
                Fault::Hang(_) => Outcome::Timeout,
            };
        }
        for (ticket, outcome) in settled {
            queue.done(ticket, outcome);
        }
    }
}

/// A question on an expanded key, for protocols that know no other: the seed in it is expanded by the
/// implementation's own key generation.
pub(super) fn expanded(
    question: &Question,
    ask: impl FnOnce(&Question) -> Result<Answer, Fault>,
) -> Result<Result<Question, Answer>, Fault> {
    let mut question = question.clone();
    let Question { alg, op, .. } = question;
    let key = if alg.family() == Family::MlKem { Field::Dk } else { Field::Sk };
    if key_form(&question) != Some(KeyForm::Seed) {
        return Ok(Ok(question));
    }
    let seed = question.input.0.remove(&Field::Seed);
    let input = Input(seed.map(|seed| (Field::Seed, seed)).into_iter().collect());
    Ok(match ask(&Question { alg, op: Op::Keygen, input })? {
        Answer::Output(mut output) => {
            let input = question.input.with(key, output.remove(&key).unwrap_or_default());
            Ok(Question { alg, op, input })
        }
        other => Err(other),
    })
}

/// What a fault is to the case that bears it.
fn outcome(fault: Fault) -> Outcome {
    match fault {
        Fault::Crash(text) => Outcome::Crash(text),
        Fault::Hang(_) => Outcome::Timeout,
        Fault::Protocol(text) => Outcome::Protocol(text),
    }
}

/// A queue that notes that there are answers.
struct Counting<'a> {
    queue: &'a dyn Queue,
    in_a_row: &'a AtomicUsize,
}

impl Queue for Counting<'_> {
    fn next(&self) -> Option<Ticket> {
        self.queue.next()
    }

    fn done(&self, ticket: Ticket, outcome: Outcome) {
        if matches!(outcome, Outcome::Answer(Answer::Output(_) | Answer::Reject(_))) {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
        self.queue.done(ticket, outcome);
    }
}
