//! Chunks (`docs/spec/envelope.md` §6): cutting a stream into them, and sealing and opening each by itself.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, mem};

use super::Error;
use crate::{
    ids::{
        AEAD_NONCE_LEN, AEAD_TAG_LEN,
        envelope::{CHUNK_HASH, CHUNK_HASH_LEN, CONTENT_HASH, CONTENT_HASH_LEN, MAX_CHUNKS},
    },
    provider::{AeadKey, HashState, Provider},
    secret::ChainSecret,
};

/// What seals, opens and hashes the chunks of one envelope, from any thread.
pub(super) struct Cipher {
    provider: &'static Provider,
    key: Box<dyn AeadKey>,
    salt: ChainSecret,
}

impl Cipher {
    pub(super) const fn new(provider: &'static Provider, key: Box<dyn AeadKey>, salt: ChainSecret) -> Self {
        Self { provider, key, salt }
    }

    /// No two chunks of an envelope have the same.
    const fn nonce(place: Place) -> [u8; AEAD_NONCE_LEN] {
        let [a, b, c, d, e, f, g, h] = place.number.to_be_bytes();
        [0, 0, 0, a, b, c, d, e, f, g, h, place.is_last as u8]
    }

    /// Encrypts in place and appends the tag.
    pub(super) fn seal(&self, place: Place, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let tag = self.key.seal(&Self::nonce(place), &[], bytes)?;
        bytes.extend_from_slice(&tag);
        Ok(())
    }

    /// Decrypts in place and takes the tag off.
    pub(super) fn open(&self, place: Place, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let (data, tag) = bytes.split_last_chunk_mut::<AEAD_TAG_LEN>().ok_or(Error::Cut)?;
        self.key.open(&Self::nonce(place), &[], data, tag).map_err(|_| Error::Chunk(place.number))?;
        let len = data.len();
        bytes.truncate(len);
        Ok(())
    }

    /// What the sender's signature covers of one chunk.
    pub(super) fn digest(&self, place: Place, content: &[u8]) -> [u8; CHUNK_HASH_LEN] {
        let mut digest = [0; CHUNK_HASH_LEN];
        let (number, mark) = (place.number.to_be_bytes(), [u8::from(place.is_last)]);
        self.provider.hash.digest(CHUNK_HASH, &[self.salt.secret_bytes(), &number, &mark, content], &mut digest);
        digest
    }

    /// The hash over all digests, empty.
    pub(super) fn content_hash(&self) -> ContentHash {
        ContentHash(self.provider.hash.start(CONTENT_HASH))
    }
}

/// Where a chunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) is_last: bool,
}

/// The hash over the digests of all chunks in their order.
pub(super) struct ContentHash(Box<dyn HashState>);

impl ContentHash {
    pub(super) fn add(&mut self, digest: &[u8; CHUNK_HASH_LEN]) {
        self.0.update(digest);
    }

    pub(super) fn finish(self) -> [u8; CONTENT_HASH_LEN] {
        let mut hash = [0; CONTENT_HASH_LEN];
        self.0.snapshot(&mut hash);
        hash
    }
}

#[derive(Clone, Copy)]
enum Work {
    Seal,
    Open,
}

/// One chunk to be sealed or opened, on any thread.
pub struct Job {
    cipher: Arc<Cipher>,
    work: Work,
    signed: bool,
    number: u64,
    bytes: Vec<u8>,
}

impl Job {
    /// Does it.
    ///
    /// # Errors
    /// [`Error::Chunk`] for a chunk that does not open.
    pub fn run(self) -> Result<Done, Error> {
        let Self { cipher, work, signed, number, mut bytes } = self;
        let place = Place { number, is_last: false };
        let digest = |bytes: &[u8]| signed.then(|| cipher.digest(place, bytes));
        let digest = match work {
            Work::Seal => {
                let digest = digest(&bytes);
                cipher.seal(place, &mut bytes)?;
                digest
            }
            Work::Open => {
                cipher.open(place, &mut bytes)?;
                digest(&bytes)
            }
        };
        Ok(Done { number, bytes, digest })
    }
}

/// What a [`Job`] became. It goes back to where the job came from, in order.
pub struct Done {
    number: u64,
    bytes: Vec<u8>,
    digest: Option<[u8; CHUNK_HASH_LEN]>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("number", &self.number).finish_non_exhaustive()
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Cuts a stream into chunks, and takes them back in order. A chunk is the last one if no more than `trailer`
/// bytes follow it.
pub(super) struct Stream {
    cipher: Arc<Cipher>,
    work: Work,
    chunk_len: usize,
    trailer_len: usize,
    /// A whole chunk, of which it is not clear yet whether it is the last.
    full: Option<Vec<u8>>,
    /// What came behind it.
    next: Vec<u8>,
    /// Buffers for chunks to come.
    spare: Vec<Vec<u8>>,
    /// The number of the next job.
    number: u64,
    /// The number of the next that is to come back.
    expected: u64,
    content: Option<ContentHash>,
    /// What was handed out last.
    out: Vec<u8>,
}

impl Stream {
    pub(super) fn seal(cipher: Cipher, chunk_len: usize, signed: bool) -> Self {
        Self::new(cipher, Work::Seal, chunk_len, 0, signed)
    }

    pub(super) fn open(cipher: Cipher, chunk_len: usize, trailer_len: usize, signed: bool) -> Self {
        Self::new(cipher, Work::Open, chunk_len, trailer_len, signed)
    }

    fn new(cipher: Cipher, work: Work, chunk_len: usize, trailer_len: usize, signed: bool) -> Self {
        let content = signed.then(|| cipher.content_hash());
        Self {
            cipher: Arc::new(cipher),
            work,
            chunk_len,
            trailer_len,
            full: None,
            next: Vec::new(),
            spare: Vec::new(),
            number: 0,
            expected: 0,
            content,
            out: Vec::new(),
        }
    }

    /// Takes from the front of `input` until a chunk is ready or nothing is left.
    pub(super) fn push(&mut self, input: &mut &[u8]) -> Result<Option<Job>, Error> {
        loop {
            // Behind a whole chunk, one byte more than a trailer tells that it is not the last.
            let wanted = if self.full.is_some() { self.trailer_len.saturating_add(1) } else { self.chunk_len };
            if self.next.len() >= wanted {
                match self.full.take() {
                    Some(bytes) => return self.job(bytes).map(Some),
                    None => {
                        let next = self.buffer();
                        self.full = Some(mem::replace(&mut self.next, next));
                    }
                }
                continue;
            }
            if input.is_empty() {
                return Ok(None);
            }
            // Not more than fills a chunk, so that nothing is ever moved on.
            let room = self.chunk_len.max(wanted).saturating_sub(self.next.len());
            let (taken, rest) = input.split_at_checked(room).unwrap_or((input, &[]));
            self.next.extend_from_slice(taken);
            *input = rest;
        }
    }

    fn buffer(&mut self) -> Vec<u8> {
        let room = self.chunk_len.saturating_add(self.trailer_len).saturating_add(AEAD_TAG_LEN);
        self.spare.pop().unwrap_or_else(|| Vec::with_capacity(room))
    }

    fn job(&mut self, bytes: Vec<u8>) -> Result<Job, Error> {
        let place = self.advance(false)?;
        let signed = self.content.is_some();
        Ok(Job { cipher: self.cipher.clone(), work: self.work, signed, number: place.number, bytes })
    }

    fn advance(&mut self, is_last: bool) -> Result<Place, Error> {
        let number = self.number;
        self.number = number.checked_add(1).filter(|next| *next <= MAX_CHUNKS).ok_or(Error::TooLong)?;
        Ok(Place { number, is_last })
    }

    /// Takes a job back and gives what became of it.
    pub(super) fn done(&mut self, done: Done) -> Result<&[u8], Error> {
        if done.number != self.expected {
            return Err(Error::OutOfOrder);
        }
        self.expected = self.expected.saturating_add(1);
        if let Some((content, digest)) = self.content.as_mut().zip(done.digest) {
            content.add(&digest);
        }
        let mut used = mem::replace(&mut self.out, done.bytes);
        used.clear();
        if used.capacity() > 0 {
            self.spare.push(used);
        }
        Ok(&self.out)
    }

    /// What is left, which is the last chunk; all jobs must be back.
    pub(super) fn finish(mut self) -> Result<Last, Error> {
        if self.expected != self.number {
            return Err(Error::OutOfOrder);
        }
        let place = self.advance(true)?;
        let mut bytes = self.full.take().unwrap_or_default();
        bytes.append(&mut self.next);
        Ok(Last { cipher: self.cipher, place, bytes, content: self.content })
    }
}

/// The end of a [`Stream`].
pub(super) struct Last {
    pub(super) cipher: Arc<Cipher>,
    pub(super) place: Place,
    pub(super) bytes: Vec<u8>,
    content: Option<ContentHash>,
}

impl Last {
    /// Opens it and gives its content, and the trailer behind that.
    pub(super) fn open(&mut self, trailer_len: usize) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let mut content = mem::take(&mut self.bytes);
        if content.len() < trailer_len.saturating_add(AEAD_TAG_LEN) {
            return Err(Error::Cut);
        }
        self.cipher.open(self.place, &mut content)?;
        let trailer = content.split_off(content.len().saturating_sub(trailer_len));
        // Every content has one cut: a last chunk is empty only where there is no other.
        match content.is_empty() && self.place.number > 0 {
            true => Err(Error::Chunk(self.place.number)),
            false => Ok((content, trailer)),
        }
    }

    /// The hash of all content, of which `content` is the last, if it is signed.
    pub(super) fn content_hash(&mut self, content: &[u8]) -> Option<[u8; CONTENT_HASH_LEN]> {
        let mut hash = self.content.take()?;
        hash.add(&self.cipher.digest(self.place, content));
        Some(hash.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::Aead, provider::RUST};

    #[test]
    fn numbers_end_before_a_nonce_repeats() {
        let key = RUST.aead.key(Aead::Aes256Gcm, &[0; 32]).unwrap();
        let mut stream = Stream::seal(Cipher::new(RUST, key, ChainSecret::from_slice(&[0; 64])), 4, true);
        stream.number = MAX_CHUNKS - 1;
        let mut content = &b"last, and more"[..];
        assert!(stream.push(&mut content).unwrap().is_some_and(|job| job.number == MAX_CHUNKS - 1));
        assert_eq!(stream.push(&mut content).unwrap_err(), Error::TooLong);
        stream.expected = stream.number;
        assert!(matches!(stream.finish(), Err(Error::TooLong)));
    }
}
