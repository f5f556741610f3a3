//! Writes the generated sets that the crate ships: one file of `kat-vector/1` each.
//!
//!     cargo run --release -p twinlock-kat --example generate -- DIRECTORY
//!
//! The implementations that must agree are the models and published crates. What they disagree on is told on stderr,
//! and so is how many questions fewer than two of them answered.

#[path = "../tests/crates/mod.rs"]
mod crates;

use std::{path::PathBuf, process::ExitCode};

use twinlock_kat::{Error, Implementation, Made, generate, references};

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("generate: the directory to write to is missing");
        return ExitCode::from(2);
    };
    let models = references();
    let mut implementations: Vec<&dyn Implementation> = vec![&crates::Crates];
    implementations.extend(models.iter().map(|model| model as &dyn Implementation));
    let generated = generate(&crates::SEED, &implementations);
    for one in &generated.disagreements {
        eprintln!("{}: {}: left out:", one.set, one.note);
        for (name, outcome) in &one.outcomes {
            eprintln!("  {name}: {outcome:.80?}");
        }
    }
    eprintln!("{} disagreements, {} unanswered", generated.disagreements.len(), generated.unanswered);
    let save = |set: &Made| -> Result<(), Error> {
        let path = directory.join(&set.name).with_extension("jsonl");
        std::fs::write(path, crates::text(set)?).map_err(Error::from)
    };
    match generated.sets.iter().try_for_each(save) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
}
