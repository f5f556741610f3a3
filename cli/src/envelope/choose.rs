//! Which of several keys opens a file: that of an entry of a key ring whose keys were rotated.

use std::{
    io::{self, Read as _},
    mem,
};

use twinlock::{
    envelope::{self, Expected, Opener, age},
    ids::envelope::KEM,
    kem::DecapsulationKey,
    keys::PrivateKey,
    secret::Seed,
};

use super::{Coder, Input, READ_LEN};
use crate::{args::Open, error::Error, ring::OpeningKeys};

/// The key that `input` is sealed to. The beginning of the file is read for it, and stands before the rest again.
pub(super) fn key(
    found: OpeningKeys,
    input: &mut Input<'_>,
    args: &Open,
    expected: Expected,
) -> Result<PrivateKey, Error> {
    let (mut start, mut buffer) = (Vec::new(), vec![0; READ_LEN]);
    let count = found.keys.len();
    for key in found.keys {
        let copy = copy(&key, args)?;
        let mut opener: Box<dyn Coder> = match args.age {
            true => Box::new(age::Opener::new(copy).map_err(Error::failed)?),
            false => Box::new(Opener::new(copy, expected).map_err(Error::failed)?),
        };
        let mut taken = 0;
        let is_meant = loop {
            let mut rest = start.get(taken..).unwrap_or_default();
            if rest.is_empty() {
                match input.read(&mut buffer)? {
                    [] => break true, // what is wrong with so short a file is told by the one who opens it
                    more => start.extend_from_slice(more),
                }
                continue;
            }
            taken = start.len();
            match opener.push(&mut rest) {
                Ok(None) => {}
                Err(envelope::Error::NotForThisKey(_)) => break false,
                // A whole chunk, or what is wrong with the file.
                Ok(Some(_)) | Err(_) => break true,
            }
        };
        if is_meant {
            let rest = mem::replace(&mut input.source, Box::new(io::empty()));
            input.source = Box::new(io::Cursor::new(start).chain(rest));
            return Ok(key);
        }
    }
    let entry = args.identity.display();
    let words = match count {
        1 => Error::no(format_args!("not sealed to the key of {entry}")),
        _ => Error::no(format_args!("sealed to none of the {count} keys of {entry}")),
    };
    let words = if args.file.as_os_str() == "-" { words } else { words.about(args.file.display()) };
    Err(match found.are_revoked_left {
        true => words.hint("--revoked tries the keys that were revoked, too"),
        false => words,
    })
}

/// A second key of the same seed, to try.
fn copy(key: &PrivateKey, args: &Open) -> Result<DecapsulationKey, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::file(&args.identity, error);
    let seed = key.seed().ok_or_else(|| failed(&"holds a key without its seed"))?;
    let seed = Seed::from_slice(seed.secret_bytes());
    DecapsulationKey::from_seed(args.provider.provider, KEM, seed).map_err(|error| failed(&error))
}
