//! `twinlock seal`: a file or stdin into an envelope.

use std::path::Path;

use twinlock::{
    envelope::{Sealer, age},
    ids::{
        KeyKind,
        envelope::{KEM, SIGNATURES, Suite, age::RECIPIENT_HRP},
    },
    keys::PublicKey,
    provider::{Provider, SystemRng},
    ring::Use,
    sign::SigningKey,
};

use super::{Input, no_recipient, no_sender, out::Out, workers};
use crate::{args::Seal, error::Error, files, terminal, token};

pub(crate) fn run(args: &Seal) -> Result<(), Error> {
    let provider = args.provider.provider;
    args.passphrase.refuse_stdin_twice(&args.file)?;
    let read = args.to.iter().chain(&args.from).chain([&args.file]).map(|path| path.as_path());
    files::refuse_same(&args.out.out, read)?;
    let recipients = recipients(args)?;
    let sender = sender(args, provider)?;
    let mut input = Input::open(&args.file)?;
    let mut out = Out::new(&args.out, false)?;
    if out.is_terminal() {
        return Err(Error::failed("an envelope is binary, which does not go to a terminal")
            .hint("-o FILE, or send stdout to a file or a program"));
    }
    if args.age {
        let (mut sealer, header) = age::Sealer::new(provider, &recipients, &mut SystemRng).map_err(Error::failed)?;
        out.write(&header)?;
        workers::run(&mut sealer, &mut input, |bytes| out.write(bytes))?;
        out.write(&sealer.finish().map_err(Error::failed)?)?;
    } else {
        let new = Sealer::new(provider, Suite::XWingAes256Gcm, &recipients, sender.as_ref(), &mut SystemRng);
        let (mut sealer, header) = new.map_err(Error::failed)?;
        out.write(&header)?;
        workers::run(&mut sealer, &mut input, |bytes| out.write(bytes))?;
        out.write(&sealer.finish(&mut SystemRng).map_err(Error::failed)?)?;
    }
    out.keep()?;
    terminal::say(format_args!(
        "sealed to {}, {}",
        match recipients.len() {
            1 => "1 recipient".into(),
            count => format!("{count} recipients"),
        },
        if sender.is_some() { "signed" } else { "unsigned" }
    ));
    Ok(())
}

fn recipients(args: &Seal) -> Result<Vec<PublicKey>, Error> {
    let read = |path: &Path| {
        let text = path.to_str().filter(|text| text.starts_with(RECIPIENT_HRP));
        let key = match text {
            Some(text) => age::recipient_from_text(text).map_err(Error::failed)?,
            None => files::public_key(path)?,
        };
        if key.kind() == KeyKind::Kem(KEM) { Ok(key) } else { Err(no_recipient(path, key.kind())) }
    };
    args.to.iter().map(|path| read(path)).collect()
}

fn sender(args: &Seal, provider: &'static Provider) -> Result<Option<SigningKey>, Error> {
    let Some(path) = &args.from else { return Ok(None) };
    let key = token::Key::of(path, Use::Sign, &args.passphrase)?;
    let kind = key.kind();
    if !SIGNATURES.iter().any(|(_, signature)| KeyKind::Signature(*signature) == kind) {
        return Err(no_sender(path, kind));
    }
    key.into_signing_key(provider).map(Some)
}
