//! Opening an envelope.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use super::{
    Done, Error, Job,
    chunk::Stream,
    header::{self, Bound, Prelude},
    signed_message,
};
use crate::{
    ids::{
        AEAD_TAG_LEN, KeyKind, Signature,
        envelope::{CHUNK_LEN, HASH_LEN, KEM, NAME, PRELUDE_LEN, label, spki_len, trailer_len},
    },
    kem::DecapsulationKey,
    keys::{KeyId, PublicKey},
};

/// Who must have sealed an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The owner of that key, whose signature is inside.
    Sender(KeyId),
    /// Nobody: an envelope without a signature, which anyone could have made.
    Unsigned,
}

/// Opens a stream: the envelope goes in by [`push`](Opener::push), the content comes out of
/// [`done`](Opener::done) and [`finish`](Opener::finish), in this order.
///
/// What `done` gives comes from someone who knew the recipients' keys, in its right place; who that was, and
/// that no other recipient changed it, is known when `finish` succeeds, and not before.
pub struct Opener {
    key: DecapsulationKey,
    id: KeyId,
    expected: Expected,
    state: State,
}

enum State {
    Header(Vec<u8>),
    Content(Box<Content>),
}

struct Content {
    stream: Stream,
    signature: Option<Signature>,
    header_hash: [u8; HASH_LEN],
    commitment: [u8; HASH_LEN],
}

impl Opener {
    /// Opens with that key, and only what `expected` allows.
    ///
    /// # Errors
    /// [`Error::RecipientKind`].
    pub fn new(key: DecapsulationKey, expected: Expected) -> Result<Self, Error> {
        let id = own_id(&key)?;
        Ok(Self { key, id, expected, state: State::Header(Vec::new()) })
    }

    /// Takes from the front of `envelope` until a chunk is ready to be opened; `None` when all is taken.
    ///
    /// # Errors
    /// Those of bad bytes; [`Error::NotForThisKey`], [`Error::Header`], [`Error::Unsigned`], [`Error::Signed`].
    pub fn push(&mut self, envelope: &mut &[u8]) -> Result<Option<Job>, Error> {
        loop {
            let header = match &mut self.state {
                State::Content(content) => return content.stream.push(envelope),
                State::Header(header) => header,
            };
            let prelude = Prelude::read(header)?;
            if let Some(prelude) = prelude {
                match (self.expected, prelude.signature) {
                    (Expected::Sender(_), None) => return Err(Error::Unsigned),
                    (Expected::Unsigned, Some(_)) => return Err(Error::Signed),
                    _ => {}
                }
            }
            let wanted = prelude.map_or(PRELUDE_LEN, Prelude::header_len);
            if let Some(prelude) = prelude.filter(|_| header.len() >= wanted) {
                let bound = header::open(prelude, header, &self.key, &self.id)?;
                self.state = State::Content(Box::new(Content::new(bound, prelude.signature)));
                continue;
            }
            if envelope.is_empty() {
                return Ok(None);
            }
            let room = wanted.saturating_sub(header.len());
            let (taken, rest) = envelope.split_at_checked(room).unwrap_or((envelope, &[]));
            header.extend_from_slice(taken);
            *envelope = rest;
        }
    }

    /// Takes a job back, in the order in which they came, and gives its content.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`].
    pub fn done(&mut self, done: Done) -> Result<&[u8], Error> {
        match &mut self.state {
            State::Header(_) => Err(Error::OutOfOrder),
            State::Content(content) => content.stream.done(done),
        }
    }

    /// Ends the envelope, verifies the sender, and gives the last of the content. All jobs must be back.
    ///
    /// # Errors
    /// [`Error::NotAnEnvelope`], [`Error::CutHeader`], [`Error::Cut`], [`Error::Chunk`]; [`Error::BadSender`], [`Error::WrongSender`],
    /// [`Error::Signature`]; [`Error::OutOfOrder`].
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        let content = match self.state {
            State::Content(content) => content,
            State::Header(header) if header.len() < NAME.len() => return Err(Error::NotAnEnvelope),
            State::Header(_) => return Err(Error::CutHeader),
        };
        let Content { stream, signature, header_hash, commitment } = *content;
        let mut last = stream.finish()?;
        let (content, trailer) = last.open(trailer_len(signature))?;
        if let (Some(algorithm), Expected::Sender(expected)) = (signature, self.expected) {
            let (spki, signature) = trailer.split_at_checked(spki_len(algorithm)).ok_or(Error::Cut)?;
            let sender = PublicKey::from_spki_der(spki).map_err(|_| Error::BadSender)?;
            if sender.kind() != KeyKind::Signature(algorithm) {
                return Err(Error::BadSender);
            }
            let found = sender.key_id();
            if found != expected {
                return Err(Error::WrongSender { expected, found });
            }
            let content_hash = last.content_hash(&content).ok_or(Error::Signature)?;
            let message = signed_message(&header_hash, &commitment, &content_hash, &found);
            let provider = self.key.encapsulation_key().provider();
            let verifying_key = sender.to_verifying_key(provider).map_err(|_| Error::BadSender)?;
            verifying_key.verify(&message, label::CONTEXT, signature).map_err(|_| Error::Signature)?;
        }
        Ok(content)
    }
}

/// The id of a key that opens envelopes.
pub(super) fn own_id(key: &DecapsulationKey) -> Result<KeyId, Error> {
    let kind = KeyKind::Kem(key.kem());
    match PublicKey::from_raw(kind, key.encapsulation_key().as_bytes()) {
        Ok(public) if key.kem() == KEM => Ok(public.key_id()),
        _ => Err(Error::RecipientKind(kind)),
    }
}

impl Content {
    fn new(bound: Bound, signature: Option<Signature>) -> Self {
        let Bound { cipher, header_hash, commitment } = bound;
        let sealed_len = CHUNK_LEN.saturating_add(AEAD_TAG_LEN);
        let stream = Stream::open(cipher, sealed_len, trailer_len(signature), signature.is_some());
        Self { stream, signature, header_hash, commitment }
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("id", &self.id).field("expected", &self.expected).finish_non_exhaustive()
    }
}
