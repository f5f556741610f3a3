//! age files (c2sp.org/age) for X-Wing keys: recipients `age1pq1…`, identities `AGE-SECRET-KEY-PQ-1…`.
//!
//! For people who have age 1.3 or newer and not Twinlock. An age file has no sender: anyone who knows the
//! recipient's key can have made it, and a recipient can change it for the others.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;

use super::{
    Done, Error, Job,
    chunk::{Cipher, Stream},
};
use crate::{
    ids::{
        AEAD_KEY_LEN, AEAD_TAG_LEN, KeyKind,
        envelope::{
            CHUNK_LEN, KEM,
            age::{AEAD, FILE_KEY_LEN, HASH, MAC, MAX_HEADER_LEN, NAME, NONCE_LEN, PAYLOAD_LABEL},
        },
    },
    kem::DecapsulationKey,
    keys::{KeyId, PublicKey},
    provider::Provider,
    secret::ChainSecret,
};

mod header;
mod text;

pub use text::{identity_from_text, identity_to_text, recipient_from_text, recipient_to_text};

/// HKDF-SHA-256 as age has it.
fn hkdf(
    provider: &Provider,
    file_key: &ChainSecret,
    salt: &[u8],
    info: &[u8],
    len: usize,
) -> Result<ChainSecret, crate::Error> {
    let prk =
        ChainSecret::build(HASH.output_len(), |out| provider.kdf.extract(HASH, salt, file_key.secret_bytes(), out))?;
    ChainSecret::build(len, |out| provider.kdf.expand(HASH, prk.secret_bytes(), &[info], out))
}

/// What seals and opens the chunks, which are those of an unsigned envelope.
fn cipher(
    provider: &'static Provider,
    file_key: &ChainSecret,
    nonce: &[u8; NONCE_LEN],
) -> Result<Cipher, crate::Error> {
    let key = hkdf(provider, file_key, nonce, PAYLOAD_LABEL, AEAD_KEY_LEN)?;
    let key = key.secret_bytes().try_into().map_err(|_| crate::Error::Library("key schedule"))?;
    Ok(Cipher::new(provider, provider.aead.key(AEAD, key)?, ChainSecret::from_slice(&[])))
}

/// Makes an age file, as [`envelope::Sealer`](super::Sealer) makes an envelope.
pub struct Sealer(Stream);

impl Sealer {
    /// Begins a file and gives its header.
    ///
    /// # Errors
    /// [`Error::Recipients`], [`Error::RecipientKind`]; a failing generator.
    pub fn new<R: TryCryptoRng + ?Sized>(
        provider: &'static Provider,
        recipients: &[PublicKey],
        rng: &mut R,
    ) -> Result<(Self, Vec<u8>), Error> {
        let random = |_| crate::Error::Random;
        let file_key = ChainSecret::build(FILE_KEY_LEN, |out| rng.try_fill_bytes(out).map_err(random))?;
        let mut nonce = [0; NONCE_LEN];
        rng.try_fill_bytes(&mut nonce).map_err(random)?;
        let mut header = header::seal(provider, &file_key, recipients, rng)?.into_bytes();
        header.extend_from_slice(&nonce);
        let stream = Stream::seal(cipher(provider, &file_key, &nonce)?, CHUNK_LEN, false);
        Ok((Self(stream), header))
    }

    /// As [`envelope::Sealer::push`](super::Sealer::push).
    ///
    /// # Errors
    /// [`Error::TooLong`].
    pub fn push(&mut self, content: &mut &[u8]) -> Result<Option<Job>, Error> {
        self.0.push(content)
    }

    /// As [`envelope::Sealer::done`](super::Sealer::done).
    ///
    /// # Errors
    /// [`Error::OutOfOrder`].
    pub fn done(&mut self, done: Done) -> Result<&[u8], Error> {
        self.0.done(done)
    }

    /// As [`envelope::Sealer::finish`](super::Sealer::finish).
    ///
    /// # Errors
    /// [`Error::OutOfOrder`], [`Error::TooLong`].
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        let mut last = self.0.finish()?;
        last.cipher.seal(last.place, &mut last.bytes)?;
        Ok(last.bytes)
    }
}

/// Opens an age file, as [`envelope::Opener`](super::Opener) opens an unsigned envelope.
pub struct Opener {
    key: DecapsulationKey,
    id: KeyId,
    state: State,
}

enum State {
    /// What came of the header, and where its last line begins.
    Header {
        bytes: Vec<u8>,
        line: usize,
    },
    /// What came of the nonce.
    Nonce {
        file_key: ChainSecret,
        nonce: Vec<u8>,
    },
    Content(Box<Stream>),
}

impl Opener {
    /// Opens with that key.
    ///
    /// # Errors
    /// [`Error::RecipientKind`].
    pub fn new(key: DecapsulationKey) -> Result<Self, Error> {
        let id = super::opener::own_id(&key)?;
        Ok(Self { key, id, state: State::Header { bytes: Vec::new(), line: 0 } })
    }

    /// As [`envelope::Opener::push`](super::Opener::push).
    ///
    /// # Errors
    /// Those of bad bytes; [`Error::NotForThisKey`], [`Error::Header`].
    pub fn push(&mut self, file: &mut &[u8]) -> Result<Option<Job>, Error> {
        let provider = self.key.encapsulation_key().provider();
        loop {
            if let State::Content(stream) = &mut self.state {
                return stream.push(file);
            }
            if file.is_empty() {
                return Ok(None);
            }
            match &mut self.state {
                State::Header { bytes, line } => {
                    // Line by line, so that nothing behind the header is taken.
                    let len = file.iter().position(|byte| *byte == b'\n').map_or(file.len(), |at| at.saturating_add(1));
                    take(file, len, bytes);
                    if bytes.iter().zip(NAME.as_bytes()).any(|(found, expected)| found != expected) {
                        return Err(Error::NotAge);
                    }
                    if bytes.len() > MAX_HEADER_LEN {
                        return Err(Error::AgeHeader);
                    }
                    if bytes.last() != Some(&b'\n') {
                        continue;
                    }
                    if bytes.get(*line..).is_some_and(|line| line.starts_with(MAC.as_bytes())) {
                        let file_key = header::open(bytes, &self.key, &self.id)?;
                        self.state = State::Nonce { file_key, nonce: Vec::new() };
                    } else {
                        *line = bytes.len();
                    }
                }
                State::Nonce { file_key, nonce } => {
                    take(file, NONCE_LEN.saturating_sub(nonce.len()), nonce);
                    if let Ok(nonce) = nonce.as_slice().try_into() {
                        let cipher = cipher(provider, file_key, nonce)?;
                        let sealed_len = CHUNK_LEN.saturating_add(AEAD_TAG_LEN);
                        self.state = State::Content(Box::new(Stream::open(cipher, sealed_len, 0, false)));
                    }
                }
                State::Content(_) => {}
            }
        }
    }

    /// As [`envelope::Opener::done`](super::Opener::done).
    ///
    /// # Errors
    /// [`Error::OutOfOrder`].
    pub fn done(&mut self, done: Done) -> Result<&[u8], Error> {
        match &mut self.state {
            State::Content(stream) => stream.done(done),
            _ => Err(Error::OutOfOrder),
        }
    }

    /// Ends the file and gives the last of its content.
    ///
    /// # Errors
    /// [`Error::NotAge`], [`Error::CutHeader`], [`Error::Cut`], [`Error::Chunk`]; [`Error::OutOfOrder`].
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        match self.state {
            State::Header { bytes, .. } if bytes.len() < NAME.len() => Err(Error::NotAge),
            State::Header { .. } => Err(Error::CutHeader),
            State::Nonce { .. } => Err(Error::Cut),
            State::Content(stream) => Ok(stream.finish()?.open(0)?.0),
        }
    }
}

/// Moves at most `len` bytes from the front of `input` to the end of `out`.
fn take(input: &mut &[u8], len: usize, out: &mut Vec<u8>) {
    let (taken, rest) = input.split_at_checked(len).unwrap_or((input, &[]));
    out.extend_from_slice(taken);
    *input = rest;
}

/// The kind of keys that age files are sealed to here.
const KIND: KeyKind = KeyKind::Kem(KEM);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("id", &self.id).finish_non_exhaustive()
    }
}
