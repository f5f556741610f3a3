//! Making an envelope.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use super::{
    Done, Error, Job,
    chunk::Stream,
    header::{self, Bound},
    signed_message,
};
use crate::{
    ids::{
        KeyKind,
        envelope::{CHUNK_LEN, HASH_LEN, SIGNATURES, Suite, label},
    },
    keys::{KeyId, PublicKey},
    provider::Provider,
    sign::SigningKey,
};

/// Seals a stream: content goes in by [`push`](Sealer::push), what is to be written comes out of
/// [`new`](Sealer::new), [`done`](Sealer::done) and [`finish`](Sealer::finish), in this order.
pub struct Sealer<'a> {
    stream: Stream,
    sender: Option<Sender<'a>>,
    header_hash: [u8; HASH_LEN],
    commitment: [u8; HASH_LEN],
}

struct Sender<'a> {
    key: &'a SigningKey,
    id: KeyId,
    spki: Vec<u8>,
}

impl<'a> Sealer<'a> {
    /// Begins an envelope and gives its header. Without a `sender` nobody can tell who sealed it.
    ///
    /// # Errors
    /// [`Error::Recipients`], [`Error::Twice`], [`Error::RecipientKind`], [`Error::SenderKind`]; a failing generator.
    pub fn new<R: TryCryptoRng + ?Sized>(
        provider: &'static Provider,
        suite: Suite,
        recipients: &[PublicKey],
        sender: Option<&'a SigningKey>,
        rng: &mut R,
    ) -> Result<(Self, Vec<u8>), Error> {
        let sender = sender.map(Sender::new).transpose()?;
        let signature = sender.as_ref().map(|sender| sender.key.algorithm());
        let (header, Bound { cipher, header_hash, commitment }) =
            header::seal(provider, suite, signature, recipients, rng)?;
        let stream = Stream::seal(cipher, CHUNK_LEN, sender.is_some());
        Ok((Self { stream, sender, header_hash, commitment }, header))
    }

    /// Takes from the front of `content` until a chunk is ready to be sealed; `None` when all is taken.
    ///
    /// # Errors
    /// [`Error::TooLong`].
    pub fn push(&mut self, content: &mut &[u8]) -> Result<Option<Job>, Error> {
        self.stream.push(content)
    }

    /// Takes a job back, in the order in which they came, and gives the bytes of the envelope.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`].
    pub fn done(&mut self, done: Done) -> Result<&[u8], Error> {
        self.stream.done(done)
    }

    /// Ends the content and gives the last bytes of the envelope. All jobs must be back.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`], [`Error::TooLong`]; a failing generator.
    pub fn finish<R: TryCryptoRng + ?Sized>(self, rng: &mut R) -> Result<Vec<u8>, Error> {
        let mut last = self.stream.finish()?;
        let content = core::mem::take(&mut last.bytes);
        let hash = last.content_hash(&content);
        last.bytes = content;
        if let Some((sender, content_hash)) = self.sender.zip(hash) {
            let message = signed_message(&self.header_hash, &self.commitment, &content_hash, &sender.id);
            let signature = sender.key.sign(&message, label::CONTEXT, rng)?;
            last.bytes.extend_from_slice(&sender.spki);
            last.bytes.extend_from_slice(&signature);
        }
        last.cipher.seal(last.place, &mut last.bytes)?;
        Ok(last.bytes)
    }
}

impl<'a> Sender<'a> {
    fn new(key: &'a SigningKey) -> Result<Self, Error> {
        let kind = KeyKind::Signature(key.algorithm());
        let public = PublicKey::from_raw(kind, key.verifying_key().as_bytes()).map_err(|_| Error::SenderKind(kind))?;
        match SIGNATURES.iter().any(|(_, signature)| *signature == key.algorithm()) {
            true => Ok(Self { key, id: public.key_id(), spki: public.to_spki_der() }),
            false => Err(Error::SenderKind(kind)),
        }
    }
}

impl fmt::Debug for Sealer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}
