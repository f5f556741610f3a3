//! `twinlock kat`: vectors, who answers them, and reports.

use std::{fs, path::Path};

use twinlock_kat::{
    Case,
    formats::{self, File, Format},
};

use crate::error::Error;

pub(crate) mod args;
mod files;
mod provider;
mod run;
mod sets;

use args::Kat;

pub(crate) fn run(command: Kat) -> Result<(), Error> {
    match command {
        Kat::Run(args) => run::run(&args),
        Kat::List(args) => files::list(&args),
        Kat::Verify => files::verify(),
        Kat::Import(args) => files::import(&args),
        Kat::Convert(args) => files::convert(&args),
    }
}

/// Reads vector files that belong together.
fn vectors(paths: &[&Path], format: Option<Format>) -> Result<Vec<Case>, twinlock_kat::Error> {
    let mut contents = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| twinlock_kat::Error::from(error).in_file(name.as_str()))?;
        contents.push((name, bytes));
    }
    let files: Vec<_> = contents.iter().map(|(name, bytes)| File { name, bytes }).collect();
    formats::read(format, &files)
}
