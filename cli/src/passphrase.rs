//! Passphrases: from a file or from the terminal, never from an argument or the environment, which others can see.

use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::{
    error::Error,
    files,
    terminal::{self, io_words},
};

/// The longest passphrase, in bytes.
const MAX_LEN: usize = 1024;

/// Where the passphrase of an existing key comes from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PassphraseArg {
    /// The passphrase of a protected key, or the PIN of a token, in a file of one line, /dev/fd/N, or - for stdin; else it is asked for
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl PassphraseArg {
    /// The passphrase of that key.
    pub(crate) fn existing(&self, key: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
        match &self.passphrase_file {
            Some(file) if files::is_std(file) && files::is_std(key) => {
                Err(Error::failed("the key and its passphrase are both to come from stdin"))
            }
            Some(file) => read(file),
            None => ask(&format!("passphrase of {}: ", key.display()), "--passphrase-file"),
        }
    }

    /// Refuses to take the passphrase and the data from stdin: the data would be what is left.
    pub(crate) fn refuse_stdin_twice(&self, data: &Path) -> Result<(), Error> {
        match &self.passphrase_file {
            Some(file) if files::is_std(file) && files::is_std(data) => {
                Err(Error::failed("the passphrase and the data are both to come from stdin"))
            }
            _ => Ok(()),
        }
    }

    /// The PIN of a token.
    #[cfg(feature = "pkcs11")]
    pub(crate) fn pin(&self, token: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        match &self.passphrase_file {
            Some(file) => read(file),
            None => ask(&format!("PIN of token {}: ", token.escape_debug()), "--passphrase-file"),
        }
    }
}

/// A passphrase for a new protection of that key; asked for twice on a terminal.
pub(crate) fn new(file: Option<&Path>, key: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let passphrase = match file {
        Some(file) if files::is_std(file) && files::is_std(key) => {
            return Err(Error::failed("the key and its new passphrase are both to come from stdin"));
        }
        Some(file) => read(file)?,
        None => {
            let flag = "--new-passphrase-file";
            let first = ask("new passphrase: ", flag)?;
            if *first != *ask("the same again: ", flag)? {
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

/// The one line of a file.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = if files::is_std(path) {
        files::read(path, terminal::stdin_file()?, MAX_LEN)?
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
    if bytes.is_empty() {
        return Err(Error::file(path, "holds no passphrase"));
    }
    // PBKDF2 fills a short passphrase with NUL: "a" and "a\0" would be the same.
    if bytes.len() > MAX_LEN || bytes.iter().any(|byte| matches!(byte, b'\n' | 0)) {
        return Err(Error::file(
            path,
            format_args!("a passphrase is one line of at most {MAX_LEN} bytes without NUL, and nothing else"),
        ));
    }
    Ok(bytes)
}

/// Asks on the terminal; without one, `flag` is what helps.
fn ask(prompt: &str, flag: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let text = rpassword::prompt_password(prompt).map_err(|error| {
        let what = prompt.trim_end_matches(": ");
        Error::failed(format_args!("no terminal to ask for the {what}: {}", io_words(&error)))
            .hint(format_args!("{flag} reads it from a file or a file descriptor"))
    })?;
    Ok(Zeroizing::new(text.into_bytes()))
}
