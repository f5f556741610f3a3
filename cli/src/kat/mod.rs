//! `twinlock kat`: vectors, who answers them, and reports.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use twinlock_kat::{
    Case,
    formats::{self, File, Format},
};

use crate::error::Error;

pub(crate) mod args;
mod files;
mod generate;
mod harness;
mod mutants;
mod provider;
mod run;
mod sets;
mod who;

use args::{Harness, Kat};

pub(crate) fn run(command: Kat) -> Result<(), Error> {
    match command {
        Kat::Run(args) => run::run(&args),
        Kat::List(args) => files::list(&args),
        Kat::Verify => files::verify(),
        Kat::Import(args) => files::import(&args),
        Kat::Convert(args) => files::convert(&args),
        Kat::Diff(args) => files::diff(&args),
        Kat::Gen(args) => generate::run(&args),
        Kat::Lint(args) => mutants::lint(&args),
        Kat::Score(args) => mutants::kill(&args),
        Kat::Mutants(args) => mutants::list(&args),
        Kat::Serve(args) => harness::serve(&args),
        Kat::Harness(Harness::Init(args)) => harness::init(&args),
        Kat::Harness(Harness::Doctor(args)) => harness::doctor(&args),
    }
}

/// The largest file that is read, in bytes: larger than any that is published.
const MAX_FILE: u64 = 256 << 20;

/// Reads vector files that belong together.
fn vectors(paths: &[&Path], format: Option<Format>) -> Result<Vec<Case>, twinlock_kat::Error> {
    let mut contents = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(MAX_FILE.saturating_add(1)).read_to_end(&mut bytes));
        let read = read.and_then(|len| match u64::try_from(len) {
            Ok(len) if len <= MAX_FILE => Ok(()),
            _ => Err(io::ErrorKind::FileTooLarge.into()),
        });
        read.map_err(|error| twinlock_kat::Error::from(error).in_file(name.as_str()))?;
        contents.push((name, bytes));
    }
    let files: Vec<_> = contents.iter().map(|(name, bytes)| File { name, bytes }).collect();
    formats::read(format, &files)
}
