//! Writes the generated sets that the crate ships: one file of `kat-vector/1` each.
//!
//!     cargo run --release -p twinlock-kat --example generate -- DIRECTORY
//!
//! The implementations that must agree are the models and published crates. What they disagree on is told on stderr.

#[path = "../tests/crates/mod.rs"]
mod crates;

use std::{fs::File, io::BufWriter, path::PathBuf, process::ExitCode};

use twinlock_kat::{
    Error, Generated, Implementation,
    formats::kat_vector::{Header, write},
    generate, references,
};

/// The seed of the shipped sets.
const SEED: [u8; 32] = *b"twinlock generated vectors, no 1";

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("generate: the directory to write to is missing");
        return ExitCode::from(2);
    };
    let models = references();
    let mut implementations: Vec<&dyn Implementation> = vec![&crates::Crates];
    implementations.extend(models.iter().map(|model| model as &dyn Implementation));
    let generated = generate(&SEED, &implementations);
    for one in &generated.disagreements {
        eprintln!("{}: {}: left out:", one.set, one.note);
        for (name, outcome) in &one.outcomes {
            eprintln!("  {name}: {outcome:.80?}");
        }
    }
    eprintln!("{} disagreements, {} unanswered", generated.disagreements.len(), generated.unanswered);
    match save(&directory.into(), &generated) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn save(directory: &PathBuf, generated: &Generated) -> Result<(), Error> {
    for set in &generated.sets {
        let header = Header::new("twinlock-kat, generated", "MIT OR Apache-2.0", set.agreed.iter().cloned().collect());
        let out = BufWriter::new(File::create(directory.join(&set.name).with_extension("jsonl"))?);
        write(&header, &set.cases, out)?;
    }
    Ok(())
}
