//! `twinlock key`: key files.

use crate::{args::Key, error::Error};

mod convert;
mod new;
mod readers;
mod show;

/// Readable by its owner only.
const PRIVATE_MODE: u32 = 0o600;
/// Readable by all whom the umask lets.
const PUBLIC_MODE: u32 = 0o666;

pub(crate) fn run(command: Key) -> Result<(), Error> {
    match command {
        Key::New(args) => new::run(&args),
        Key::Show(args) => show::run(&args),
        Key::Convert(args) => convert::convert(&args),
        Key::Protect(args) => convert::protect(&args),
    }
}
