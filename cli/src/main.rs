//! The command line: what was typed, what it means, doing it. One file per command.

use std::process::ExitCode;

use clap::Parser as _;

mod address;
mod allow;
mod args;
mod error;
mod files;
mod key;
mod report;
mod terminal;
mod tunnel;

use args::{Cli, Command};
use error::Error;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Key(command) => key::run(command),
        Command::Tunnel(command) => tunnel::run(command),
    }
}
