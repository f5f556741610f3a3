//! `twinlock completions` and `twinlock man`: both come from the one definition of the commands.

use std::{fs, io};

use clap::CommandFactory as _;

use crate::{
    args::{Cli, Completions, Man},
    error::Error,
    terminal::{self, io_words, say},
};

pub(crate) fn completions(args: &Completions) -> Result<(), Error> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "twinlock", &mut text);
    terminal::print(text)
}

pub(crate) fn man(args: &Man) -> Result<(), Error> {
    let Some(folder) = &args.out else {
        let mut text = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut text).map_err(|error| Error::failed(io_words(&error)))?;
        return terminal::print(text);
    };
    let failed = |error: io::Error| Error::file(folder, io_words(&error));
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)?;
    say(format_args!("manual pages: {}", folder.display()));
    Ok(())
}
