//! `twinlock seal` and `twinlock open`: files through envelopes.

use std::{
    io::{self, Read},
    path::Path,
};

use twinlock::{
    envelope::{self, Done, Job, Opener, Sealer, age},
    ids::{
        KeyKind,
        envelope::{KEM, SIGNATURES},
    },
};

use crate::{error::Error, files, terminal::io_words};

mod choose;
mod open;
mod out;
mod seal;
mod workers;

pub(crate) use open::run as open;
pub(crate) use seal::run as seal;

/// How much is read at once.
const READ_LEN: usize = 256 << 10;

/// One direction: a stream in, chunks by many threads, a stream out.
trait Coder {
    fn push(&mut self, input: &mut &[u8]) -> Result<Option<Job>, envelope::Error>;
    fn done(&mut self, done: Done) -> Result<&[u8], envelope::Error>;
}

macro_rules! coders {
    ($($coder:ty),*) => {$(
        impl Coder for $coder {
            fn push(&mut self, input: &mut &[u8]) -> Result<Option<Job>, envelope::Error> {
                <$coder>::push(self, input)
            }

            fn done(&mut self, done: Done) -> Result<&[u8], envelope::Error> {
                <$coder>::done(self, done)
            }
        }
    )*};
}

coders!(Sealer<'_>, Opener, age::Sealer, age::Opener);

/// What is sealed or opened.
struct Input<'a> {
    path: &'a Path,
    source: Box<dyn Read>,
}

impl<'a> Input<'a> {
    fn open(path: &'a Path) -> Result<Self, Error> {
        let source: Box<dyn Read> = match path.as_os_str() == "-" {
            true => Box::new(io::stdin()),
            false => Box::new(files::open(path)?),
        };
        Ok(Self { path, source })
    }

    /// The next bytes; none at the end.
    fn read<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
        loop {
            match self.source.read(buffer) {
                Ok(len) => return Ok(buffer.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::file(self.path, io_words(&error))),
            }
        }
    }

    /// What went wrong with what was read: an answer, or no answer.
    fn failed(&self, error: envelope::Error) -> Error {
        use envelope::Error as E;
        let about = |error: Error| if self.path.as_os_str() == "-" { error } else { error.about(self.path.display()) };
        match error {
            E::Unsigned => about(Error::no(error)).hint("--unsigned opens it, whoever made it"),
            E::NotAnEnvelope => about(Error::failed(error)).hint("--age opens files of age"),
            E::NotAge => about(Error::failed(error)).hint("without --age it may be a Twinlock envelope"),
            E::Signed => about(Error::no(error)).hint("--from tells who must have signed it"),
            E::NotForThisKey(_)
            | E::Header
            | E::Chunk(_)
            | E::Cut
            | E::CutHeader
            | E::BadSender
            | E::WrongSender { .. }
            | E::Signature => about(Error::no(error)),
            error => about(Error::failed(error)),
        }
    }
}

/// The key is sound, but neither opens nor receives envelopes.
fn no_recipient(path: &Path, kind: KeyKind) -> Error {
    let error = Error::file(path, envelope::Error::RecipientKind(kind));
    error.hint(format_args!("twinlock key new --algorithm {} makes one", KeyKind::Kem(KEM).cli_name()))
}

/// The key is sound, but signs no envelopes.
fn no_sender(path: &Path, kind: KeyKind) -> Error {
    let names = SIGNATURES.map(|(_, signature)| KeyKind::Signature(signature).cli_name());
    Error::file(path, envelope::Error::SenderKind(kind))
        .hint(format_args!("twinlock key new --algorithm {} makes one", names.join(" or ")))
}
