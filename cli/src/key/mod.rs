//! `twinlock key`: key files and key rings.

use crate::{args::Key, error::Error};

mod convert;
mod entries;
mod lifecycle;
mod list;
mod new;
mod readers;
mod show;

#[cfg(feature = "pkcs11")]
pub(crate) use show::describe;

pub(crate) fn run(command: Key) -> Result<(), Error> {
    match command {
        Key::New(args) => new::run(&args),
        Key::Show(args) => show::run(&args),
        Key::Convert(args) => convert::convert(&args),
        Key::Protect(args) => convert::protect(&args),
        Key::Rotate(args) => lifecycle::rotate(&args),
        Key::Revoke(args) => lifecycle::revoke(&args),
        Key::List(args) => list::run(&args),
    }
}
