//! `twinlock kat score`, `mutants` and `lint`: what sets are worth.

use std::fmt::Write as _;

use twinlock_kat::{Set, mutants, references, score, status};

use super::{
    args::{List, Score, Sets},
    run::bar,
    sets::Selection,
};
use crate::{error::Error, terminal};

/// The kill matrix.
pub(super) fn kill(args: &Score) -> Result<(), Error> {
    let selection = Selection::new(&args.sets.names)?;
    let bar = bar(selection.total());
    let mut done = 0;
    let sets = selection.read().map(|set| {
        set.map(|Set { name, cases, .. }| {
            bar.set_position(done);
            done = done.saturating_add(u64::try_from(cases.len()).unwrap_or(u64::MAX));
            (name, cases)
        })
    });
    let score = score(sets, 0);
    bar.finish_and_clear();
    let score = score.map_err(Error::failed)?;
    match (args.json, args.markdown) {
        (true, _) => terminal::print_json(&score)?,
        (_, true) => terminal::print(score.to_markdown())?,
        _ => terminal::show(&score.to_string())?,
    }
    if score.is_perfect() { Ok(()) } else { Err(Error::no(score.summary())) }
}

/// One line for each mutant.
pub(super) fn list(args: &List) -> Result<(), Error> {
    let all: Vec<_> = mutants().into_iter().chain(references()).collect();
    if args.json {
        return terminal::print_json(&all);
    }
    let width = all.iter().map(|mutant| mutant.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for mutant in &all {
        let _ = writeln!(text, "{:width$}  {} ({})", mutant.name, mutant.bug, mutant.standard);
    }
    let _ = writeln!(text, "{} mutants, {} references", mutants().len(), references().len());
    terminal::print(text)
}

/// The status of each set, and what it leaves untested.
pub(super) fn lint(args: &Sets) -> Result<(), Error> {
    let mut text = String::new();
    for set in Selection::new(&args.names)?.read() {
        let Set { name, cases, .. } = set.map_err(Error::failed)?;
        let _ = writeln!(text, "{name}: {}", status::status(&name, &cases));
        for finding in status::lint(&cases) {
            let _ = writeln!(text, "    {finding}");
        }
    }
    terminal::show(&text)
}
