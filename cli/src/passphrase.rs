//! Passphrases: from a file or from the terminal, never from an argument or the environment, which others can see.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use zeroize::Zeroizing;

use crate::{error::Error, files, terminal::io_words};

/// The longest passphrase, in bytes.
const MAX_LEN: usize = 1024;

/// Where the passphrase of an existing key comes from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PassphraseArg {
    /// The passphrase of a protected key, in the first line of a file, /dev/fd/N, or - for stdin; else it is asked for
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl PassphraseArg {
    /// The passphrase of that key.
    pub(crate) fn existing(&self, key: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
        match &self.passphrase_file {
            Some(file) => read(file),
            None => ask(&format!("passphrase of {}: ", key.display())),
        }
    }
}

/// A passphrase for a new protection; asked for twice on a terminal.
pub(crate) fn new(file: Option<&Path>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let passphrase = match file {
        Some(file) => read(file)?,
        None => {
            let first = ask("new passphrase: ")?;
            if *first != *ask("the same again: ")? {
                return Err(Error::failed("the two passphrases differ"));
            }
            first
        }
    };
    if passphrase.is_empty() {
        return Err(Error::failed("the passphrase is empty"));
    }
    Ok(passphrase)
}

/// The first line of a file, which must be its only one.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = if path.as_os_str() == "-" {
        files::read(path, io::stdin().lock(), MAX_LEN)?
    } else {
        let file = files::open(path)?;
        let metadata = file.metadata().map_err(|error| Error::file(path, io_words(&error)))?;
        if let Some(mode) = files::open_to_others(&metadata).filter(|_| metadata.is_file()) {
            return Err(Error::file(path, format_args!("the passphrase is open to group or others, mode {mode:04o}"))
                .hint(format_args!("chmod 600 {}", path.display())));
        }
        files::read(path, file, MAX_LEN)?
    };
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    if bytes.len() > MAX_LEN || bytes.contains(&b'\n') {
        return Err(Error::file(path, format_args!("must hold one line of at most {MAX_LEN} bytes")));
    }
    Ok(bytes)
}

fn ask(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let text = rpassword::prompt_password(prompt).map_err(|error| {
        Error::failed(format_args!("cannot ask for the passphrase: {}", io_words(&error)))
            .hint("--passphrase-file reads it from a file or a file descriptor")
    })?;
    Ok(Zeroizing::new(text.into_bytes()))
}
