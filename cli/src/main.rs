//! The command line: what was typed, what it means, doing it. One file per command.

use std::process::ExitCode;

use clap::Parser as _;

mod address;
mod allow;
mod args;
mod cert;
mod connect;
mod demo;
mod doctor;
mod envelope;
mod error;
mod files;
mod kat;
mod key;
mod listen;
mod pages;
mod passphrase;
mod pipe;
mod report;
mod ring;
mod sign;
mod terminal;
mod token;
mod tunnel;
mod verify;
mod version;

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
        Command::Sign(args) => sign::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Cert(command) => cert::run(command),
        Command::Seal(args) => envelope::seal(&args),
        Command::Open(args) => envelope::open(&args),
        Command::Listen(args) => listen::run(&args),
        Command::Connect(args) => connect::run(&args),
        Command::Kat(command) => kat::run(command),
        Command::Doctor(args) => doctor::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Version(args) => version::run(&args),
        Command::Completions(args) => pages::completions(&args),
        Command::Man(args) => pages::man(&args),
        Command::Tunnel(command) => tunnel::run(command),
    }
}
