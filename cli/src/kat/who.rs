//! Who answers, and whether they can be trusted.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use twinlock_kat::{
    Alg, Case, Expect, Implementation, Op, Report, Set,
    harness::{self, Crucible, Harness, Modulewrapper, Options},
    sets,
};

use super::{
    args::{Protocol, Who},
    provider::Under,
};
use crate::error::Error;

/// Cases kept of each operation that must be accepted, and as many that must be refused.
const KEPT: usize = 2;

/// Starts whoever answers.
pub(super) fn start(who: &Who, timeout: Duration) -> Result<Box<dyn Implementation>, Error> {
    let options = || Ok::<_, Error>(Options { timeout, ..options()? });
    // A harness that cannot be started verifies nothing.
    let dead = |error: harness::StartError| {
        Error::unverified(error).hint("twinlock kat harness doctor COMMAND says what is wrong with a harness of kat/1")
    };
    Ok(match who {
        Who::Provider(provider) => Box::new(Under(provider)),
        Who::Mutant(mutant) => Box::new(*mutant),
        Who::Command(Protocol::Kat, words) => Box::new(Harness::start(words, options()?).map_err(dead)?),
        Who::Command(Protocol::Modulewrapper, words) => {
            Box::new(Modulewrapper::start(words, options()?).map_err(dead)?)
        }
        Who::Command(Protocol::Crucible, words) => Box::new(Crucible::start(words, options()?).map_err(dead)?),
    })
}

/// How harnesses are treated, with a nonce that they cannot know.
pub(super) fn options() -> Result<Options, Error> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(Error::failed)?;
    Ok(Options::new(nonce.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// A few cases of each operation, to ask again in ways that only an honest implementation stands.
#[derive(Default)]
pub(super) struct Samples(Mutex<BTreeMap<(Alg, Op), Kinds>>);

/// Those that must be accepted, and those that must be refused.
type Kinds = [Vec<Case>; 2];

impl Samples {
    /// Takes what is still missing from a set.
    pub(super) fn take(&self, cases: &[Case]) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for case in cases {
            let [valid, invalid] = samples.entry((case.question.alg, case.question.op)).or_default();
            let kept = match case.expect {
                Expect::Output(_) => valid,
                Expect::Reject => invalid,
                Expect::Either(_) => continue,
            };
            if kept.len() < KEPT {
                kept.push(case.clone());
            }
        }
    }

    /// All of them, and none of what was never asked.
    fn of(&self, asked: &[(Alg, Op)]) -> Vec<Case> {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter_map(|operation| samples.get(operation)).flatten().flatten().cloned().collect()
    }

    fn has_valid(&self, operation: (Alg, Op)) -> bool {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.get(&operation).is_some_and(|[valid, _]| !valid.is_empty())
    }
}

/// Probes whoever answered a run. Who refuses everything passes every case that must be refused: so operations
/// of which no other was asked are tried with a shipped one that must be accepted.
pub(super) fn probe(implementation: &dyn Implementation, samples: &Samples, report: &mut Report) -> Result<(), Error> {
    let attempted = report.operations().into_iter().filter(|(_, counts)| counts.passed() > 0);
    let asked: Vec<_> = attempted.map(|(operation, _)| operation).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let missing = || asked.iter().filter(|operation| !samples.has_valid(**operation));
    for entry in sets::lock().map_err(Error::failed)? {
        if missing().next().is_none() {
            break;
        }
        samples.take(&sets::load(entry).map_err(Error::failed)?);
    }
    let problems = harness::probe(implementation, &samples.of(&asked));
    let untried = missing().map(|(alg, op)| format!("{alg} {op}: no case that must be accepted to try it with"));
    report.probes = problems.iter().map(ToString::to_string).chain(untried).collect();
    report.unverified = report.probes.first().map(|first| format!("the answers prove nothing: {first}"));
    Ok(())
}

/// Lets samples take their part of every set that passes by.
pub(super) fn sampled<'a>(
    sets: impl Iterator<Item = Result<Set, twinlock_kat::Error>> + Send + 'a,
    samples: &'a Samples,
) -> impl Iterator<Item = Result<Set, twinlock_kat::Error>> + Send + 'a {
    sets.inspect(|set| {
        if let Ok(set) = set {
            samples.take(&set.cases);
        }
    })
}
