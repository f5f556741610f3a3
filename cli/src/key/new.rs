//! `twinlock key new`: makes a key, and puts it into files that are whole or not there.

use std::{fs, path::Path};

use serde::Serialize;
use twinlock::{keys::PrivateKey, provider::SystemRng};

use crate::{
    args::KeyNew,
    error::Error,
    files::{NewFile, PRIVATE_MODE, PUBLIC_MODE, same},
    terminal, token,
};

#[derive(Serialize)]
struct Report<'a> {
    algorithm: &'static str,
    key_id: String,
    private: &'a Path,
    public: Option<&'a Path>,
}

pub(super) fn run(args: &KeyNew) -> Result<(), Error> {
    let out = match (&args.token, &args.out) {
        (Some(uri), _) => return token::new(args, uri),
        (None, Some(_)) if args.passphrase_file.is_some() => {
            return Err(Error::failed("--passphrase-file is for --token, and no file would be protected by it")
                .hint("twinlock key protect puts a key file under a passphrase"));
        }
        (None, Some(out)) => out,
        (None, None) => return Err(Error::failed("where does the key go? give --out or --token")),
    };
    let to_stdout = out.as_os_str() == "-";
    if to_stdout && args.json {
        return Err(Error::failed("--json and --out - both write to stdout; give --out a file"));
    }
    if args.public.as_ref().is_some_and(|public| same(public, out)) {
        return Err(Error::file(out, "is given for the private and for the public key"));
    }
    let key = PrivateKey::generate(args.algorithm, &mut SystemRng).map_err(Error::failed)?;
    let public = key.public_key(args.provider.provider).map_err(Error::failed)?;
    let pem = key.to_pkcs8_pem().map_err(Error::failed)?;

    // Both are on the disk before either has its name. The private key comes last: if anything fails, none
    // is left behind.
    let public_pem = public.to_spki_pem().map_err(Error::failed)?;
    let private_file = match to_stdout {
        false => Some(NewFile::write(out, pem.as_bytes(), PRIVATE_MODE, args.force)?),
        true => None,
    };
    let public_file = match &args.public {
        Some(path) => Some(NewFile::write(path, public_pem.as_bytes(), PUBLIC_MODE, args.force)?),
        None => None,
    };
    if to_stdout {
        terminal::print(&*pem)?;
    }
    if let Some(file) = public_file {
        file.keep(args.force)?;
    }
    if let Some(Err(error)) = private_file.map(|file| file.keep(args.force)) {
        if let Some(path) = &args.public {
            // A public key without its private one is of no use to anybody.
            let _ = fs::remove_file(path);
        }
        return Err(error);
    }

    let report = Report {
        algorithm: args.algorithm.name(),
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
