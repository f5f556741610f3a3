//! `twinlock sign`: the signature of a file, in a file of its own.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read},
    path::{Path, PathBuf},
};

use twinlock::{
    ids::{Hash, KeyKind, Signature, ssh::SIGNATURE_MAGIC},
    keys::PublicKey,
    provider::{self, Operation, Provider, SystemRng},
    ring::Use,
    sign::SigningKey,
    ssh,
};

use crate::{
    args::{Sign, SignatureFormat, default_provider},
    error::Error,
    files::{self, NewFile, check_place, would_replace},
    terminal::{self, io_words},
    token,
};

/// Readable by all whom the umask lets.
const MODE: u32 = 0o666;
/// What the contexts of Twinlock's protocols begin with.
const OWN_CONTEXTS: &[u8] = b"twinlock";
/// How much of a message is in memory at a time.
const PIECE_LEN: usize = 64 * 1024;
/// The longest message of Ed25519, which reads it twice and so has all of it in memory.
const MAX_WHOLE_LEN: usize = 64 * 1024 * 1024;

pub(crate) fn run(args: &Sign) -> Result<(), Error> {
    args.passphrase.refuse_stdin_twice(&args.file)?;
    let (is_ssh, is_stdin) = (args.format == SignatureFormat::Ssh, is_dash(&args.file));
    let out = args.out.clone().unwrap_or_else(|| if is_stdin { "-".into() } else { signature_path(&args.file) });
    let to_stdout = is_dash(&out);
    if to_stdout && !is_ssh && io::stdout().is_terminal() {
        return Err(Error::failed("the signature is binary, and stdout is a terminal; give --out a file"));
    }
    if !to_stdout {
        for (other, what) in [(&args.file, "what is signed"), (&args.identity, "the private key")] {
            if would_replace(&out, other) {
                return Err(Error::file(&out, format_args!("is {what}, and would be replaced by the signature")));
            }
        }
        check_place(&out, args.force)?;
    }
    let namespace = match (&args.meant.namespace, is_ssh) {
        (Some(name), true) => name.as_str(),
        (None, false) => "",
        (None, true) => {
            return Err(Error::failed("an SSH signature is for a namespace")
                .hint("--namespace file is what ssh-keygen's manual uses for files"));
        }
        (Some(_), false) => {
            return Err(Error::failed("--namespace is for --format ssh; raw signatures have --context"));
        }
    };
    if is_ssh && args.meant.context().is_some() {
        return Err(Error::failed("--context is for raw signatures; SSH signatures have --namespace"));
    }

    let key = token::Key::of(&args.identity, Use::Sign, &args.passphrase)?;
    let algorithm = signature_of(&args.identity, key.kind())?;
    let provider = args.provider.provider.unwrap_or_else(|| provider_for(algorithm, is_ssh));
    let about_key = |error: &dyn std::fmt::Display| Error::file(&args.identity, error);
    let key = key.into_signing_key(provider)?;
    let signature = if is_ssh {
        let mut message = ssh::Message::new(provider, Hash::Sha512).map_err(Error::failed)?;
        pieces(&args.file, |piece| message.update(piece))?;
        let signature = ssh::Signature::sign(&key, namespace, &message, &mut SystemRng);
        signature.and_then(|signature| signature.to_armor()).map_err(|error| about_key(&error))?.into_bytes()
    } else {
        raw(&key, args)?
    };
    if to_stdout {
        terminal::print(&signature)?;
    } else {
        NewFile::write(&out, &signature, MODE, args.force)?.keep(args.force)?;
    }
    let public = PublicKey::from_raw(KeyKind::Signature(algorithm), key.verifying_key().as_bytes());
    let id = public.map_err(Error::failed)?.key_id();
    terminal::say(format_args!("signed with {} key {id}", algorithm.name()));
    if !to_stdout {
        terminal::say(format_args!("signature: {}", out.display()));
    }
    Ok(())
}

/// The bytes of a signature.
fn raw(key: &SigningKey, args: &Sign) -> Result<Vec<u8>, Error> {
    let context = args.meant.context().unwrap_or_default();
    // Nobody gets a signature from here that Twinlock's own protocols would take.
    if context.get(..OWN_CONTEXTS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN_CONTEXTS)) {
        return Err(Error::failed("contexts that begin with twinlock are for its own protocols"));
    }
    let is_ed25519 = key.algorithm() == Signature::Ed25519;
    if is_ed25519 {
        check_ed25519_context(context)?;
    }
    // A token takes no message of ML-DSA piece by piece that it could also hash by itself.
    if is_ed25519 || (key.seed().is_none() && matches!(key.algorithm(), Signature::MlDsa(_))) {
        let message = whole(&args.file, key.algorithm())?;
        if context.is_empty() {
            refuse_ssh(&args.file, &message)?;
        }
        return key.sign(&message, context, &mut SystemRng).map_err(Error::failed);
    }
    let mut signer = key.signer(context).map_err(stream_error)?;
    let mut start = Vec::with_capacity(SIGNATURE_MAGIC.len());
    pieces(&args.file, |piece| {
        start.extend(piece.iter().take(SIGNATURE_MAGIC.len().saturating_sub(start.len())));
        signer.update(piece);
    })?;
    if context.is_empty() {
        refuse_ssh(&args.file, &start)?;
    }
    signer.sign(&mut SystemRng).map_err(Error::failed)
}

/// A raw signature of what SSHSIG signs would be one of SSHSIG, of a message that was never shown.
fn refuse_ssh(path: &Path, message: &[u8]) -> Result<(), Error> {
    match message.starts_with(SIGNATURE_MAGIC) {
        true => Err(Error::file(path, "begins as what SSH signs").hint("--format ssh signs messages for SSH")),
        false => Ok(()),
    }
}

/// Ed25519 is the one that has no context.
pub(crate) fn check_ed25519_context(context: &[u8]) -> Result<(), Error> {
    match context {
        [] => Ok(()),
        _ => Err(Error::failed("Ed25519 has no context").hint("ML-DSA and the composites have one")),
    }
}

/// Why a message cannot be taken piece by piece.
pub(crate) fn stream_error(error: twinlock::Error) -> Error {
    match error {
        twinlock::Error::Context => Error::failed("the context is longer than 255 bytes"),
        twinlock::Error::Unsupported { .. } => {
            Error::failed(error).hint("--provider rust has it, and is chosen when none is given")
        }
        _ => Error::failed(error),
    }
}

/// The algorithm of a key, if it signs.
pub(crate) fn signature_of(path: &Path, kind: KeyKind) -> Result<Signature, Error> {
    match kind {
        KeyKind::Signature(algorithm) => Ok(algorithm),
        _ => Err(Error::file(path, format_args!("{} is not for signatures", kind.name()))
            .hint("twinlock key new --algorithm mldsa65-ed25519 makes one that is")),
    }
}

/// The default provider, or the first that can take messages of this algorithm piece by piece.
pub(crate) fn provider_for(algorithm: Signature, is_ssh: bool) -> &'static Provider {
    let needs_mu = matches!(algorithm, Signature::MlDsa(_)) && !is_ssh;
    let can = |provider: &&'static Provider| !needs_mu || provider.supports(Operation::MlDsaMu);
    [default_provider()].into_iter().chain(provider::ALL.iter().copied()).find(can).unwrap_or(provider::RUST)
}

/// Where the signature of a file is unless told.
pub(crate) fn signature_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads a file or stdin to its end.
pub(crate) fn pieces(path: &Path, mut take: impl FnMut(&[u8])) -> Result<(), Error> {
    let mut source = source(path)?;
    let mut buffer = vec![0; PIECE_LEN];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(len) => take(buffer.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::file(path, io_words(&error))),
        }
    }
}

/// All of a file or of stdin, for Ed25519, and for ML-DSA in a token.
pub(crate) fn whole(path: &Path, algorithm: Signature) -> Result<Vec<u8>, Error> {
    let mut message = Vec::new();
    let most = u64::try_from(MAX_WHOLE_LEN).unwrap_or(u64::MAX).saturating_add(1);
    let read = source(path)?.take(most).read_to_end(&mut message);
    read.map_err(|error| Error::file(path, io_words(&error)))?;
    if message.len() > MAX_WHOLE_LEN {
        let name = algorithm.name();
        let error = format!("is more than 64 MiB, and a raw {name} signature needs all of it in memory");
        return Err(Error::file(path, error).hint(match algorithm {
            Signature::Ed25519 => "--format ssh signs a hash of it, and ML-DSA and the composites sign any size",
            _ => "the composites sign any size in a token",
        }));
    }
    Ok(message)
}

fn source(path: &Path) -> Result<Box<dyn Read>, Error> {
    Ok(if is_dash(path) { Box::new(io::stdin().lock()) } else { Box::<File>::new(files::open(path)?) })
}
