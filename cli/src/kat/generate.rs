//! `twinlock kat gen`: vectors that nobody publishes.

use std::fs;

use twinlock::provider::{self, Operation};
use twinlock_kat::{
    Implementation,
    formats::kat_vector::{self, Header},
    generate, references,
};

use super::{args::Gen, provider::Under};
use crate::{error::Error, files::NewFile, terminal};

pub(super) fn run(args: &Gen) -> Result<(), Error> {
    let providers: Vec<_> = provider::ALL
        .iter()
        .filter(|provider| provider.supports(Operation::MlDsa))
        .map(|provider| Under(provider))
        .collect();
    let models = references();
    let mut implementations: Vec<&dyn Implementation> = Vec::new();
    implementations.extend(models.iter().map(|model| model as &dyn Implementation));
    implementations.extend(providers.iter().map(|provider| provider as &dyn Implementation));
    fs::create_dir_all(&args.out).map_err(|error| Error::file(&args.out, terminal::io_words(&error)))?;
    let generated = generate(&args.seed.0, &implementations);
    let mut files = Vec::new();
    let mut total = 0_usize;
    for set in &generated.sets {
        let agreed = set.agreed.iter().cloned().collect();
        let header = Header::new("twinlock kat gen", "MIT OR Apache-2.0", agreed);
        let mut content = Vec::new();
        kat_vector::write(&header, &set.cases, &mut content).map_err(Error::failed)?;
        let path = args.out.join(format!("{}.jsonl", set.name));
        files.push(NewFile::write(&path, &content, 0o644, args.force)?);
        total = total.saturating_add(set.cases.len());
    }
    // All or none.
    for file in files {
        file.keep(args.force)?;
    }
    terminal::print(format!(
        "{} sets, {total} cases; {} questions had fewer than two answers\n",
        generated.sets.len(),
        generated.unanswered
    ))?;
    for one in &generated.disagreements {
        terminal::say(format_args!("{}: {}: left out:", one.set, one.note));
        for (name, outcome) in &one.outcomes {
            terminal::say(format_args!("    {name}: {outcome:.100?}"));
        }
    }
    match generated.disagreements.len() {
        0 => Ok(()),
        count => Err(Error::no(format_args!("{count} questions were answered in different ways"))),
    }
}
