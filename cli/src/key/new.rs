//! `twinlock key new`: makes a key, and puts it into files that are whole or not there.

use std::{fs, io, path::Path};

use serde::Serialize;
use twinlock::{ids::KeyKind, keys::PrivateKey, provider::SystemRng};

use super::entries;
use crate::{
    args::KeyNew,
    error::Error,
    files::{NewFile, PRIVATE_MODE, PUBLIC_MODE, lock_folder, same},
    terminal::{self, io_words},
    token,
};

#[derive(Serialize)]
struct Report<'a> {
    algorithm: &'static str,
    key_id: String,
    private: &'a Path,
    public: Option<&'a Path>,
}

pub(super) fn run(args: &KeyNew) -> Result<(), Error> {
    if let (Some(purpose), Some(ring)) = (args.entries.purpose, &args.entries.ring) {
        return entries::run(args, purpose, ring);
    }
    if let Some(option) = args.entries.first_given(args.token.is_some()) {
        let error = Error::failed(format_args!("{option} is for key rings: --for tells what the entry is for"));
        return Err(match option.contains("passphrase") {
            true => error.hint("twinlock key protect puts a key file under a passphrase"),
            false => error,
        });
    }
    match (args.algorithm, &args.token, &args.out) {
        (Some(algorithm), Some(uri), _) => token::new(args, algorithm, uri),
        (Some(algorithm), None, Some(out)) => file(args, algorithm, out),
        _ => Err(Error::failed("a key has an --algorithm and a place: --out, --token, or --for in a key ring")),
    }
}

fn file(args: &KeyNew, algorithm: KeyKind, out: &Path) -> Result<(), Error> {
    let to_stdout = out.as_os_str() == "-";
    if to_stdout && args.json {
        return Err(Error::failed("--json and --out - both write to stdout; give --out a file"));
    }
    if args.json && [Some(out), args.public.as_deref()].into_iter().flatten().any(|path| path.to_str().is_none()) {
        return Err(Error::failed("--json cannot tell a path that is not UTF-8"));
    }
    if args.public.as_ref().is_some_and(|public| same(public, out)) {
        return Err(Error::file(out, "is given for the private and for the public key"));
    }
    let key = PrivateKey::generate(algorithm, &mut SystemRng).map_err(Error::failed)?;
    let public = key.public_key(args.provider.provider).map_err(Error::failed)?;
    let pem = key.to_pkcs8_pem().map_err(Error::failed)?;

    // Both are on the disk before either has its name.
    let public_pem = public.to_spki_pem().map_err(Error::failed)?;
    let private_file = match to_stdout {
        false => Some(NewFile::write(out, pem.as_bytes(), PRIVATE_MODE, args.force)?),
        true => None,
    };
    let public_file = match &args.public {
        Some(path) => Some((path, NewFile::write(path, public_pem.as_bytes(), PUBLIC_MODE, args.force)?)),
        None => None,
    };
    if to_stdout {
        terminal::print(&*pem)?;
    }
    // Of two at the same time, both files are of one.
    let _lock = match (to_stdout, &public_file) {
        (false, Some(_)) => Some(lock_folder(out)?),
        _ => None,
    };
    keep(out, private_file, public_file, args.force)?;

    let report = Report {
        algorithm: algorithm.name(),
        key_id: public.key_id().to_string(),
        private: out,
        public: args.public.as_deref(),
    };
    if args.json {
        return terminal::print_json(&report);
    }
    terminal::say(format_args!("{} key {}", report.algorithm, report.key_id));
    if !to_stdout {
        terminal::say(format_args!("private key: {}", report.private.display()));
    }
    if let Some(path) = report.public {
        terminal::say(format_args!("public key: {}", path.display()));
    }
    Ok(())
}

/// Gives both files their names. Whoever is killed between leaves a private key without its public file, which can be
/// computed from it; never a public key whose private one nobody has, or that of another private key.
fn keep(
    out: &Path,
    private: Option<NewFile>,
    public: Option<(impl AsRef<Path>, NewFile)>,
    force: bool,
) -> Result<(), Error> {
    if let Some((path, _)) = public.as_ref().filter(|_| force) {
        let path = path.as_ref();
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file(path, io_words(&error))),
            _ => {}
        }
    }
    let has_private = private.is_some();
    if let Some(file) = private {
        file.keep(force)?;
    }
    let kept = public.map_or(Ok(()), |(_, file)| file.keep(force));
    if kept.is_err() && has_private && !force {
        // The command failed: nothing of it stays.
        let _ = fs::remove_file(out);
    }
    kept
}
