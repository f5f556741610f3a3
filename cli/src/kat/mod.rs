//! `twinlock kat`: vectors, who answers them, and reports.

use std::path::Path;

use twinlock_kat::formats::{self, File};

use crate::{
    error::Error,
    files::{open, read},
};

pub(crate) mod args;
mod provider;
mod run;
mod serve;
mod sets;
mod vectors;

use args::Kat;

/// The largest file of vectors that is read, in bytes.
const MAX_FILE: usize = 64 << 20;

pub(crate) fn run(command: Kat) -> Result<(), Error> {
    match command {
        Kat::Run(args) => run::run(&args),
        Kat::List(args) => vectors::list(&args),
        Kat::Verify => vectors::verify(),
        Kat::Import(args) => vectors::import(&args),
        Kat::Convert(args) => vectors::convert(&args),
        Kat::Serve(args) => serve::run(&args),
    }
}

/// Reads vector files that belong together.
fn cases(paths: &[&Path], format: Option<formats::Format>) -> Result<Vec<twinlock_kat::Case>, Error> {
    let mut contents = Vec::new();
    for path in paths {
        let bytes = read(path, open(path)?, MAX_FILE)?;
        if bytes.len() > MAX_FILE {
            return Err(Error::file(path, format_args!("is over {} MiB", MAX_FILE >> 20)));
        }
        contents.push((path.display().to_string(), bytes));
    }
    let files: Vec<_> = contents.iter().map(|(name, bytes)| File { name, bytes }).collect();
    formats::read(format, &files).map_err(Error::failed)
}
