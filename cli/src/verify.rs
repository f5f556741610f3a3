//! `twinlock verify`: whether a signature is by that key, over that file, for that purpose.

use std::{io, path::Path};

use twinlock::{
    ids::{MAX_KEY_FILE_LEN, Signature},
    ssh,
};
use zeroize::Zeroizing;

use crate::{
    args::Verify,
    error::Error,
    files,
    sign::{check_ed25519_context, is_dash, pieces, provider_for, signature_of, signature_path, stream_error, whole},
    terminal,
};

pub(crate) fn run(args: &Verify) -> Result<(), Error> {
    let path = match &args.signature {
        Some(path) if is_dash(path) && is_dash(&args.file) => {
            return Err(Error::failed("the file and its signature cannot both be stdin"));
        }
        Some(path) => path.clone(),
        None if is_dash(&args.file) => return Err(Error::failed("give the signature of stdin: --signature SIG")),
        None => signature_path(&args.file),
    };
    let key = files::public_key(&args.key)?;
    let algorithm = signature_of(&args.key, key.kind())?;
    let signature = read(&path)?;
    let is_ssh = ssh::Content::of(&signature) == Some(ssh::Content::Signature);
    let provider = args.provider.provider.unwrap_or_else(|| provider_for(algorithm, is_ssh));
    let verifying = key.to_verifying_key(provider).map_err(|error| Error::file(&args.key, error))?;
    let no = |why: &dyn std::fmt::Display| Error::no(format_args!("{}: not authentic: {why}", args.file.display()));

    if is_ssh {
        let sound = ssh::Signature::from_armor(&signature).map_err(|error| match error {
            ssh::Error::Version { .. } | ssh::Error::UnknownHash => Error::file(&path, error),
            _ => no(&format_args!("{}: {error}", path.display())),
        })?;
        let namespace = namespace(args, &path, &sound)?;
        let mut message = ssh::Message::new(provider, sound.hash()).map_err(Error::failed)?;
        pieces(&args.file, |piece| message.update(piece))?;
        sound.verify(&verifying, namespace, &message).map_err(|error| match error {
            ssh::Error::WrongKey => no(&error).hint(format_args!("it names the key {}", sound.public_key().key_id())),
            ssh::Error::WrongNamespace => no(&error).hint(format_args!("it is for {}", sound.namespace())),
            ssh::Error::Rejected => no(&"the signature does not verify"),
            _ => Error::failed(error),
        })?;
    } else {
        if args.meant.namespace.is_some() {
            return Err(
                Error::file(&path, "is a raw signature, which has no namespace").hint("raw signatures have --context")
            );
        }
        let context = args.meant.context().unwrap_or_default();
        let expected = algorithm.signature_len();
        let verdict = if signature.len() != expected {
            return Err(no(&format_args!(
                "{} is {} bytes, and signatures of {} are {expected}",
                path.display(),
                signature.len(),
                algorithm.name()
            )));
        } else if algorithm == Signature::Ed25519 {
            check_ed25519_context(context)?;
            verifying.verify(&whole(&args.file, verifying.algorithm())?, context, &signature)
        } else {
            let mut verifier = verifying.verifier(context).map_err(stream_error)?;
            pieces(&args.file, |piece| verifier.update(piece))?;
            verifier.verify(&signature)
        };
        verdict.map_err(|error| match error {
            twinlock::Error::Rejected => {
                no(&"the signature does not verify").hint("another key, file or context, or a changed signature")
            }
            _ => Error::failed(error),
        })?;
    }
    terminal::show(&format!("{}: authentic, by {} key {}\n", args.file.display(), algorithm.name(), key.key_id()))
}

/// The namespace that is expected of an SSH signature.
fn namespace<'a>(args: &'a Verify, path: &Path, signature: &ssh::Signature) -> Result<&'a str, Error> {
    if args.meant.context().is_some() {
        return Err(Error::file(path, "is an SSH signature, which has no context"));
    }
    args.meant.namespace.as_deref().ok_or_else(|| {
        Error::file(path, "is an SSH signature; say what for with --namespace")
            .hint(format_args!("it says that it is for {}", signature.namespace()))
    })
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    if is_dash(path) {
        files::read(path, io::stdin().lock(), MAX_KEY_FILE_LEN)
    } else {
        files::read(path, files::open(path)?, MAX_KEY_FILE_LEN)
    }
}
