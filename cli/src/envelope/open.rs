//! `twinlock open`: an envelope into a file or stdout. Nobody sees the content before the sender is verified.

use std::path::Path;

use twinlock::{
    envelope::{Expected, Opener, age},
    ids::{
        KEY_ID_PREFIX, KeyKind,
        envelope::{KEM, SIGNATURES},
    },
    ring::Use,
};

use super::{Input, choose, no_recipient, no_sender, out::Out, workers};
use crate::{args::Open, error::Error, files, ring, terminal, token};

pub(crate) fn run(args: &Open) -> Result<(), Error> {
    args.passphrase.refuse_stdin_twice(&args.file)?;
    files::refuse_same(&args.out.out, [args.identity.as_path(), &args.file])?;
    let expected = expected(args)?;
    let path = args.identity.as_path();
    let entry = ring::opening_keys(path, args.revoked, &args.passphrase)?;
    let mut input = Input::open(&args.file)?;
    let key = match entry {
        Some(keys) => token::Key::read(path, choose::key(keys, &mut input, args, expected)?),
        None if args.revoked => return Err(Error::failed("--revoked is for entries of key rings")),
        None => token::Key::of(path, Use::Open, &args.passphrase)?,
    };
    if key.kind() != KeyKind::Kem(KEM) {
        return Err(no_recipient(path, key.kind()));
    }
    let key = key.into_decapsulation_key(args.provider.provider)?;
    let mut out = Out::new(&args.out, expected != Expected::Unsigned)?;
    let last = if args.age {
        let mut opener = age::Opener::new(key).map_err(Error::failed)?;
        workers::run(&mut opener, &mut input, |bytes| out.write(bytes))?;
        opener.finish()
    } else {
        let mut opener = Opener::new(key, expected).map_err(Error::failed)?;
        workers::run(&mut opener, &mut input, |bytes| out.write(bytes))?;
        opener.finish()
    };
    out.write(&last.map_err(|error| input.failed(error))?)?;
    out.keep()?;
    match expected {
        Expected::Sender(id) => terminal::say(format_args!("signed by {id}")),
        Expected::Unsigned => terminal::say("unsigned: anyone could have sealed it"),
    }
    Ok(())
}

/// Who must have signed.
fn expected(args: &Open) -> Result<Expected, Error> {
    let Some(text) = &args.from else { return Ok(Expected::Unsigned) };
    if text.starts_with(KEY_ID_PREFIX) {
        let id = text.parse().map_err(|error| Error::failed(format_args!("{text}: {error}")))?;
        return Ok(Expected::Sender(id));
    }
    let path = Path::new(text);
    let key = files::public_key(path)?;
    match SIGNATURES.iter().any(|(_, signature)| KeyKind::Signature(*signature) == key.kind()) {
        true => Ok(Expected::Sender(key.key_id())),
        false => Err(no_sender(path, key.kind())),
    }
}
