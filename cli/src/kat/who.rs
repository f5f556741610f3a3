//! Who answers, and whether they can be trusted.

use std::time::Duration;

use twinlock_kat::{
    Case, Expect, Implementation, Report,
    harness::{self, Crucible, Harness, Modulewrapper, Options},
    sets,
};

use super::{
    args::{Protocol, Who},
    provider::Under,
};
use crate::error::Error;

/// Starts whoever answers.
pub(super) fn start(who: &Who, timeout: Duration) -> Result<Box<dyn Implementation>, Error> {
    let options = || Ok::<_, Error>(Options { timeout, start: timeout, ..options()? });
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
    let nonce: [u8; 16] = random()?;
    Ok(Options::new(nonce.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// Finds out whether the answers of a run may be believed.
pub(super) fn trust(implementation: &dyn Implementation, report: &mut Report) -> Result<(), Error> {
    harness::trust(implementation, report, &random()?, |alg, op| {
        let is_valid = |case: &Case| {
            (case.question.alg, case.question.op) == (alg, op) && matches!(case.expect, Expect::Output(_))
        };
        let cases = sets::lock().ok()?.iter().filter_map(|entry| sets::load(entry).ok()).flatten();
        cases.into_iter().find(is_valid)
    });
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::failed)?;
    Ok(bytes)
}
