//! Asks an implementation every case of every set, and judges each exactly once.
//!
//! One thread reads; as many as there are cores answer. While one set is being answered the next one is read,
//! so that no more than two are in memory; of earlier ones only the cases that are still out for an answer.
//! What stays of a case is its id and its mark; some failures and passes are kept whole.
//!
//! A case cannot get lost. Until it is reported on it is in one of two places, waiting or out, and what is left
//! in either at the end is a crash.

use core::panic::AssertUnwindSafe;
use std::{
    collections::{BTreeMap, VecDeque},
    panic::catch_unwind,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Alg, Case, Class, Error, Failure, Implementation, Mark, Op, Outcome, Pattern, Policy, Queue, Record, Report,
    Sample, SetReport, Ticket, Unselected, Verdict, WaiverUse, Waivers, What, diagnose, report::acvp,
};

/// How many failures of one operation of one algorithm in one set are kept whole.
pub const FAILURES_KEPT: usize = 16;

/// How many passes of one operation of one algorithm are kept whole, for whoever looks for the cause of a failure.
pub const SAMPLES_KEPT: usize = 8;

/// What an answering thread may use: the reference code of lattice signatures is hungry when not optimised.
const STACK: usize = 8 << 20;

/// A set of cases.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its name, unique in a run.
    pub name: String,
    /// Its cases, at least one.
    pub cases: Vec<Case>,
    /// How many cases the lock file says that it has, if it is in the lock file.
    pub expected: Option<usize>,
}

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which answer is right where a standard leaves two.
    pub policy: Policy,
    /// How many threads answer; 0 for one on each core.
    pub threads: usize,
    /// Which cases to ask.
    pub filter: Filter,
    /// Failures to let pass.
    pub waivers: Waivers,
    /// How many cases there will be, if that is known: for [`Progress`] only.
    pub total: Option<usize>,
    /// Keep every answer to a case of an ACVP set, for [`acvp::write`].
    pub keep_answers: bool,
}

/// Which cases to ask. A list that is empty leaves all in. What is left out is counted as not selected.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Names of sets.
    pub sets: Vec<Pattern>,
    /// Ids of cases.
    pub cases: Vec<Pattern>,
    /// Algorithms.
    pub algs: Vec<Alg>,
    /// Operations.
    pub ops: Vec<Op>,
    /// Also algorithms [from before the standards](Alg::is_legacy). Naming one in `algs` asks for it too.
    pub legacy: bool,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Cases read.
    pub read: usize,
    /// Cases judged, or not selected.
    pub done: usize,
    /// Failures among them that are not waived.
    pub failed: usize,
    /// How many cases there will be, if [`Options::total`] says so.
    pub total: Option<usize>,
}

/// Runs sets against an implementation. `progress` is called for each set that is read and
/// after each case, by several threads at once.
///
/// # Errors
/// The first error of `sets`; a set with no case, with another count of cases than the lock file says, or of a
/// name that was there before.
pub fn run(
    implementation: &dyn Implementation,
    mut sets: impl Iterator<Item = Result<Set, Error>> + Send,
    options: &Options,
    progress: &(dyn Fn(&Progress) + Sync),
) -> Result<Report, Error> {
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let state = State { workers: threads, ..State::default() };
    let run = Run { options, progress, state: Mutex::new(state), changed: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let leave = OnDrop(|| run.change(|state| state.workers = state.workers.saturating_sub(1)));
            let work = || {
                let _leave = leave;
                if catch_unwind(AssertUnwindSafe(|| implementation.work(&run))).is_err() {
                    run.lock().fault = Some("its worker panicked".into());
                }
            };
            // A thread that cannot be started has left: `work` is dropped with its guard.
            let _ = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        }
        // Also if a reader panics, so that nobody waits for it.
        let _finish = OnDrop(|| run.change(|state| state.finished = true));
        let read = run.read(&mut sets);
        if read.is_err() {
            run.change(|state| state.waiting.clear());
        }
        read
    })?;
    run.give_up();
    let lost = core::mem::take(&mut run.lock().out);
    for place in lost.into_values() {
        run.settle(place, Outcome::Crash("taken, and never reported on".into()));
    }
    Ok(run.report(implementation))
}

struct Run<'a> {
    options: &'a Options,
    progress: &'a (dyn Fn(&Progress) + Sync),
    state: Mutex<State>,
    /// A set was added or used up, a worker left, or the reader is done.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Cases that nobody has taken.
    waiting: VecDeque<Place>,
    /// Cases out for an answer, by the numbers of their tickets.
    out: BTreeMap<usize, Place>,
    sets: Vec<SetReport>,
    failures: BTreeMap<(usize, Alg, Op), BTreeMap<usize, Failure>>,
    samples: BTreeMap<(Alg, Op), BTreeMap<(usize, usize), Sample>>,
    /// How many failures each waiver has waived.
    waived: BTreeMap<usize, usize>,
    progress: Progress,
    /// Tickets given out.
    tickets: usize,
    /// Cases that the implementation reported on.
    answered: usize,
    /// How it failed last without a judgement.
    fault: Option<String>,
    workers: usize,
    /// No more sets will come.
    finished: bool,
}

/// A case and where it belongs: the number of its set, and its own in that.
struct Place {
    set: usize,
    index: usize,
    case: Arc<Case>,
}

/// Does something at the end of a scope, however that ends.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Queue for Run<'_> {
    fn next(&self) -> Option<Ticket> {
        let mut state = self.lock();
        loop {
            if let Some(place) = state.waiting.pop_front() {
                if state.waiting.front().is_none_or(|next| next.set != place.set) {
                    self.changed.notify_all();
                }
                let number = state.tickets;
                state.tickets = number.wrapping_add(1);
                let case = Arc::clone(&place.case);
                state.out.insert(number, place);
                return Some(Ticket { case, number });
            }
            if state.finished {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, ticket: Ticket, outcome: Outcome) {
        // What is not out was reported on before: the first word counts.
        let Some(place) = self.lock().out.remove(&ticket.number) else { return };
        drop(ticket);
        let fault = self.settle(place, outcome);
        let mut state = self.lock();
        state.answered = state.answered.saturating_add(1);
        state.fault = fault.or_else(|| state.fault.take());
    }
}

impl Run<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Reads all sets, each when only one is waiting.
    fn read(&self, sets: &mut impl Iterator<Item = Result<Set, Error>>) -> Result<(), Error> {
        loop {
            let mut state = self.lock();
            while state.workers > 0
                && state.waiting.front().map(|place| place.set) != state.waiting.back().map(|place| place.set)
            {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let deserted = state.workers == 0;
            drop(state);
            if deserted {
                self.give_up();
            }
            match sets.next() {
                Some(set) => self.add(set?)?,
                None => return Ok(()),
            }
        }
    }

    /// Lets the cases of a set wait for an answer, those of them that are selected.
    fn add(&self, set: Set) -> Result<(), Error> {
        let Set { name, cases, expected } = set;
        let found = cases.len();
        let what = match expected {
            Some(expected) if expected != found => Some(What::Count { expected, found }),
            _ if found == 0 => Some(What::Empty),
            _ if self.lock().sets.iter().any(|set| set.name == name) => {
                Some(What::Syntax("is given twice; name it once".into()))
            }
            _ => None,
        };
        if let Some(what) = what {
            return Err(Error::of_file(what).in_file(name));
        }
        let mut report = SetReport::new(name);
        let mut selected = Vec::new();
        for (index, case) in cases.into_iter().enumerate() {
            let (alg, op) = (case.question.alg, case.question.op);
            let left_out = self.options.filter.leaves_out(&report.name, &case);
            // Lost until it is reported on.
            let mark = left_out.map_or(Mark::Judged(Class::Crash), Mark::NotSelected);
            report.records.push(Record { id: case.id.as_str().into(), alg, op, mark });
            match left_out {
                Some(_) => report.count((alg, op), mark),
                None => selected.push((index, Arc::new(case))),
            }
        }
        let mut state = self.lock();
        let set = state.sets.len();
        state.progress.read = state.progress.read.saturating_add(found);
        state.progress.done = state.progress.done.saturating_add(found.saturating_sub(selected.len()));
        state.waiting.extend(selected.into_iter().map(|(index, case)| Place { set, index, case }));
        state.sets.push(report);
        self.tell(state);
        self.changed.notify_all();
        Ok(())
    }

    /// Settles what nobody will take any more.
    fn give_up(&self) {
        let (waiting, fault) = {
            let mut state = self.lock();
            (core::mem::take(&mut state.waiting), state.fault.clone())
        };
        let last = fault.map(|fault| format!(", after {fault}")).unwrap_or_default();
        for place in waiting {
            self.settle(place, Outcome::Crash(format!("never asked: the implementation gave up{last}")));
        }
    }

    /// Judges a case and records it. Gives the words of a verdict that is no judgement.
    fn settle(&self, place: Place, outcome: Outcome) -> Option<String> {
        let Place { set, index, case } = place;
        let answer = match &outcome {
            Outcome::Answer(answer) => Some(answer.clone()),
            _ => None,
        };
        let verdict = Verdict::judge(&case, outcome, self.options.policy);
        let class = verdict.class();
        let operation = (case.question.alg, case.question.op);
        let mut guard = self.lock();
        let state = &mut *guard;
        let report = state.sets.get_mut(set)?;

        let waiver = class.is_failure().then(|| self.options.waivers.find(&report.name, &case)).flatten();
        let mark = match (&verdict, waiver) {
            (_, Some(waiver)) => Mark::Waived { waiver, class },
            (Verdict::Unsupported(lack), None) => Mark::Unsupported(*lack),
            (_, None) => Mark::Judged(class),
        };
        if let Some(record) = report.records.get_mut(index) {
            record.mark = mark;
        }
        report.count(operation, mark);
        if let Some(waiver) = waiver {
            let waived = state.waived.entry(waiver).or_default();
            *waived = waived.saturating_add(1);
        }
        let fault = matches!(class, Class::Crash | Class::Timeout | Class::Protocol).then(|| verdict.to_string());
        if self.options.keep_answers && acvp::ids(&case.id).is_some() {
            report.answers.extend(answer.clone().map(|answer| (index, answer)));
        }
        let name = || report.name.clone();
        match answer {
            Some(answer) if class.is_pass() => {
                let kept = state.samples.entry(operation).or_default();
                keep(kept, SAMPLES_KEPT, (set, index), || Sample { set: name(), case, answer });
            }
            answer if class.is_failure() && waiver.is_none() => {
                let kept = state.failures.entry((set, operation.0, operation.1)).or_default();
                let place = (set, index);
                let failure = || Failure { set: name(), case, verdict, answer, diagnosis: None, place };
                keep(kept, FAILURES_KEPT, index, failure);
                state.progress.failed = state.progress.failed.saturating_add(1);
            }
            _ => {}
        }
        state.progress.done = state.progress.done.saturating_add(1);
        self.tell(guard);
        fault
    }

    /// Lets go of the state, and tells how far it is.
    fn tell(&self, state: MutexGuard<'_, State>) {
        let progress = Progress { total: self.options.total, ..state.progress };
        drop(state);
        (self.progress)(&progress);
    }

    fn report(self, implementation: &dyn Implementation) -> Report {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut failures: Vec<_> = state.failures.into_values().flat_map(BTreeMap::into_values).collect();
        failures.sort_by_key(|failure| failure.place);
        let samples: Vec<_> = state.samples.into_values().flat_map(BTreeMap::into_values).collect();
        diagnose::attach(&mut failures, &samples);
        let waivers = self.options.waivers.iter().enumerate().map(|(number, waiver)| WaiverUse {
            waiver: waiver.clone(),
            waived: state.waived.get(&number).copied().unwrap_or_default(),
        });
        Report {
            about: implementation.about(),
            policy: self.options.policy,
            selector: String::new(),
            sets: state.sets,
            failures,
            samples,
            waivers: waivers.collect(),
            probes: Vec::new(),
            unverified: None,
            answered: state.answered,
        }
    }
}

/// Keeps the `limit` first of what comes in any order, so that what is kept does not depend on who was faster.
fn keep<K: Ord, V>(kept: &mut BTreeMap<K, V>, limit: usize, key: K, value: impl FnOnce() -> V) {
    if kept.len() < limit || kept.last_key_value().is_some_and(|(last, _)| key < *last) {
        kept.insert(key, value());
        if kept.len() > limit {
            kept.pop_last();
        }
    }
}

impl Filter {
    /// Whether any case of a set can be selected: a set of which none can need not be read.
    pub fn selects_set(&self, name: &str) -> bool {
        self.sets.is_empty() || self.sets.iter().any(|pattern| pattern.matches(name))
    }

    fn leaves_out(&self, set: &str, case: &Case) -> Option<Unselected> {
        let (alg, op) = (case.question.alg, case.question.op);
        let selected = self.selects_set(set)
            && (self.cases.is_empty() || self.cases.iter().any(|pattern| pattern.matches(&case.id)))
            && (self.algs.is_empty() || self.algs.contains(&alg))
            && (self.ops.is_empty() || self.ops.contains(&op));
        match selected {
            false => Some(Unselected::Filter),
            true if alg.is_legacy() && !self.legacy && !self.algs.contains(&alg) => Some(Unselected::Legacy),
            true => None,
        }
    }
}
