//! Where the result goes: a file that has its name when it is whole, or stdout.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _, Seek as _, Write as _},
};

use super::READ_LEN;
use crate::{
    args::OutArg,
    error::Error,
    files::{NewFile, PRIVATE_MODE},
    terminal::{io_words, is_binary, stdout_error, stdout_file},
};

pub(super) enum Out {
    /// A file without its name yet.
    File {
        file: NewFile,
        force: bool,
    },
    Stdout(File),
    /// What stdout gets when it is known to be good; a file without any name.
    Held {
        file: File,
        stdout: File,
    },
}

impl Out {
    /// What is `held` reaches nobody before [`Out::keep`].
    pub(super) fn new(args: &OutArg, held: bool) -> Result<Self, Error> {
        if args.out.as_os_str() != "-" {
            let file = NewFile::create(&args.out, PRIVATE_MODE, args.force)?;
            return Ok(Self::File { file, force: args.force });
        }
        let stdout = stdout_file()?;
        if !held {
            return Ok(Self::Stdout(stdout));
        }
        Ok(Self::Held { file: tempfile::tempfile().map_err(|error| held_error(&error))?, stdout })
    }

    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::File { .. } => false,
            Self::Stdout(stdout) | Self::Held { stdout, .. } => stdout.is_terminal(),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::File { file, .. } => file.append(bytes),
            Self::Stdout(stdout) => show(stdout, bytes),
            Self::Held { file, .. } => file.write_all(bytes).map_err(|error| held_error(&error)),
        }
    }

    /// All is there, and good.
    pub(super) fn keep(self) -> Result<(), Error> {
        match self {
            Self::File { file, force } => {
                file.sync()?;
                file.keep(force)
            }
            Self::Stdout(_) => Ok(()),
            Self::Held { mut file, mut stdout } => {
                let mut buffer = vec![0; READ_LEN];
                file.rewind().map_err(|error| held_error(&error))?;
                loop {
                    match file.read(&mut buffer).map_err(|error| held_error(&error))? {
                        0 => return Ok(()),
                        len => show(&mut stdout, buffer.get(..len).unwrap_or_default())?,
                    }
                }
            }
        }
    }
}

fn held_error(error: &io::Error) -> Error {
    Error::failed(format_args!("temporary file: {}", io_words(error)))
}

/// To stdout, but nothing that would steer a terminal.
fn show(stdout: &mut File, bytes: &[u8]) -> Result<(), Error> {
    if stdout.is_terminal() && is_binary(bytes) {
        return Err(Error::failed("the content is binary, which does not go to a terminal")
            .hint("-o FILE, or send stdout to a file or a program"));
    }
    stdout.write_all(bytes).map_err(|error| stdout_error(&error))
}
