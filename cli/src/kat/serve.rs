//! `twinlock kat serve`: a provider behind kat/1, so that anyone's runner can test this build.

use std::io;

use twinlock_kat::harness;

use super::{args::Serve, provider::Under};
use crate::{error::Error, terminal};

pub(super) fn run(args: &Serve) -> Result<(), Error> {
    harness::serve(&Under(args.provider), io::stdin().lock(), io::stdout().lock())
        .map_err(|error| terminal::stdout_error(&error))
}
