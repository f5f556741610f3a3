//! The header (`docs/spec/envelope.md` §3), and what is derived from it and the payload key (§5).
//!
//! ```text
//! magic[20] │ suite │ signature │ count │ entries: id[32] ‖ encapsulation[1120] ‖ wrapped key[48] │ commitment[48]
//!             u16     u16         u16     ascending by id                                           │
//! ```

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::{Error, chunk::Cipher};
use crate::{
    codec::{self, Reader},
    hpke::{self, OpenContext, SealContext},
    ids::{
        AEAD_KEY_LEN, AEAD_TAG_LEN, KEY_ID_LEN, KeyKind, Signature,
        envelope::{
            ENTRY_LEN, HASH, HASH_LEN, KEM, MAGIC, MAX_RECIPIENTS, NAME, PAYLOAD_KEY_LEN, PRELUDE_LEN, SALT_LEN,
            SIGNATURES, Suite, UNSIGNED, label,
        },
    },
    kem::{DecapsulationKey, EncapsulationKey},
    keys::{KeyId, PublicKey},
    provider::Provider,
    secret::{ChainSecret, ct_eq},
};

/// What stands before the recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prelude {
    pub(super) suite: Suite,
    pub(super) signature: Option<Signature>,
    count: u16,
}

impl Prelude {
    fn new(suite: Suite, signature: Option<Signature>, recipients: usize) -> Result<Self, Error> {
        let allowed = (1..=MAX_RECIPIENTS).contains(&recipients);
        let count = u16::try_from(recipients).ok().filter(|_| allowed).ok_or(Error::Recipients(recipients))?;
        Ok(Self { suite, signature, count })
    }

    fn to_bytes(self) -> Result<Vec<u8>, Error> {
        let code = match self.signature {
            None => UNSIGNED,
            Some(signature) => {
                let known = SIGNATURES.iter().find(|(_, known)| *known == signature);
                known.ok_or(Error::SenderKind(KeyKind::Signature(signature)))?.0
            }
        };
        let mut out = MAGIC.to_vec();
        out.extend([self.suite.code_point(), code, self.count].into_iter().flat_map(u16::to_be_bytes));
        Ok(out)
    }

    /// Reads it off the front, or tells that more bytes are needed.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, Error> {
        if bytes.iter().zip(NAME).any(|(found, expected)| found != expected) {
            return Err(Error::NotAnEnvelope);
        }
        if bytes.iter().zip(MAGIC).any(|(found, expected)| found != expected) {
            return Err(Error::UnknownVersion);
        }
        let Some(bytes) = bytes.get(..PRELUDE_LEN) else { return Ok(None) };
        let mut reader = Reader::new(bytes);
        reader.take(MAGIC.len())?;
        let (suite, code, count) = (reader.u16()?, reader.u16()?, reader.u16()?);
        let suite = Suite::from_code_point(suite).ok_or(Error::UnknownSuite(suite))?;
        let signature = match code {
            UNSIGNED => None,
            _ => Some(SIGNATURES.iter().find(|(known, _)| *known == code).ok_or(Error::UnknownSignature(code))?.1),
        };
        if !(1..=MAX_RECIPIENTS).contains(&count.into()) {
            return Err(Error::Count(count));
        }
        Ok(Some(Self { suite, signature, count }))
    }

    /// Length of the whole header with its commitment.
    pub(super) fn header_len(self) -> usize {
        usize::from(self.count).saturating_mul(ENTRY_LEN).saturating_add(PRELUDE_LEN).saturating_add(HASH_LEN)
    }

    const fn hpke_suite(self) -> hpke::Suite {
        hpke::Suite { kdf: HASH, aead: self.suite.aead() }
    }
}

/// What an opened or a new header gives.
pub(super) struct Bound {
    pub(super) cipher: Cipher,
    pub(super) header_hash: [u8; HASH_LEN],
    pub(super) commitment: [u8; HASH_LEN],
}

impl Bound {
    /// All keys are of this header and of no other: its hash is the salt.
    fn new(provider: &'static Provider, suite: Suite, header: &[u8], payload_key: &ChainSecret) -> Result<Self, Error> {
        let mut header_hash = [0; HASH_LEN];
        provider.hash.digest(HASH, &[header], &mut header_hash);
        let secret = ChainSecret::build(HASH_LEN, |out| {
            provider.kdf.extract(HASH, &header_hash, payload_key.secret_bytes(), out)
        })?;
        let expander = provider.kdf.expander(HASH, secret.secret_bytes())?;
        let mut commitment = [0; HASH_LEN];
        expander.expand(&[label::COMMITMENT], &mut commitment)?;
        let key = ChainSecret::build(AEAD_KEY_LEN, |out| expander.expand(&[label::CHUNK_KEY], out))?;
        let salt = ChainSecret::build(SALT_LEN, |out| expander.expand(&[label::SALT], out))?;
        let key = key.secret_bytes().try_into().map_err(|_| crate::Error::Library("key schedule"))?;
        let cipher = Cipher::new(provider, provider.aead.key(suite.aead(), key)?, salt);
        Ok(Self { cipher, header_hash, commitment })
    }
}

/// A header for these recipients, commitment included, with a fresh payload key.
pub(super) fn seal<R: TryCryptoRng + ?Sized>(
    provider: &'static Provider,
    suite: Suite,
    signature: Option<Signature>,
    recipients: &[PublicKey],
    rng: &mut R,
) -> Result<(Vec<u8>, Bound), Error> {
    let prelude = Prelude::new(suite, signature, recipients.len())?;
    let mut keys = Vec::with_capacity(recipients.len());
    for recipient in recipients {
        let wrong_kind = Error::RecipientKind(recipient.kind());
        if recipient.kind() != KeyKind::Kem(KEM) {
            return Err(wrong_kind);
        }
        keys.push((recipient.key_id(), recipient.to_encapsulation_key(provider).map_err(|_| wrong_kind)?));
    }
    keys.sort_unstable_by_key(|(id, _)| *id);
    let twice = keys.windows(2).find_map(|pair| match pair {
        [(one, _), (next, _)] if one == next => Some(*one),
        _ => None,
    });
    if let Some(id) = twice {
        return Err(Error::Twice(id));
    }
    let payload_key =
        ChainSecret::build(PAYLOAD_KEY_LEN, |out| rng.try_fill_bytes(out).map_err(|_| crate::Error::Random))?;
    let prelude_bytes = prelude.to_bytes()?;
    let mut header = Vec::with_capacity(prelude.header_len());
    header.extend_from_slice(&prelude_bytes);
    for (id, key) in &keys {
        wrap(&mut header, prelude, &prelude_bytes, id, key, &payload_key, rng)?;
    }
    let bound = Bound::new(provider, suite, &header, &payload_key)?;
    header.extend_from_slice(&bound.commitment);
    Ok((header, bound))
}

/// Appends one recipient's entry.
fn wrap<R: TryCryptoRng + ?Sized>(
    header: &mut Vec<u8>,
    prelude: Prelude,
    prelude_bytes: &[u8],
    id: &KeyId,
    key: &EncapsulationKey,
    payload_key: &ChainSecret,
    rng: &mut R,
) -> Result<(), Error> {
    let info = [prelude_bytes, id.as_bytes()].concat();
    let (encapsulation, mut context) = SealContext::new(key, prelude.hpke_suite(), &info, rng)?;
    let mut tag = [0; AEAD_TAG_LEN];
    // Encrypted where it was copied to and wiped from: no second copy of the payload key.
    let wrapped = ChainSecret::build(PAYLOAD_KEY_LEN, |out| {
        out.copy_from_slice(payload_key.secret_bytes());
        tag = context.seal(&[], out)?;
        Ok::<_, crate::Error>(())
    })?;
    for part in [id.as_bytes(), encapsulation.as_slice(), wrapped.secret_bytes(), &tag] {
        header.extend_from_slice(part);
    }
    Ok(())
}

/// Checks a whole header and opens it with one recipient's key.
pub(super) fn open(prelude: Prelude, bytes: &[u8], key: &DecapsulationKey, id: &KeyId) -> Result<Bound, Error> {
    let mut reader = Reader::new(bytes);
    let prelude_bytes = reader.take(PRELUDE_LEN)?;
    let mut previous: Option<&[u8; KEY_ID_LEN]> = None;
    let mut own = None;
    for _ in 0..prelude.count {
        let entry_id: &[u8; KEY_ID_LEN] = reader.array()?;
        if previous.is_some_and(|previous| previous >= entry_id) {
            return Err(Error::Order);
        }
        previous = Some(entry_id);
        let rest = (reader.take(KEM.ciphertext_len())?, reader.array::<PAYLOAD_KEY_LEN>()?, reader.array()?);
        if entry_id == id.as_bytes() {
            own = Some(rest);
        }
    }
    let commitment = reader.rest();
    let (encapsulation, wrapped, tag) = own.ok_or(Error::NotForThisKey(*id))?;
    let info = [prelude_bytes, id.as_bytes()].concat();
    let mut context = OpenContext::new(key, prelude.hpke_suite(), &info, encapsulation)?;
    let payload_key = ChainSecret::build(PAYLOAD_KEY_LEN, |out| {
        out.copy_from_slice(wrapped);
        context.open(&[], out, tag)
    });
    let payload_key = payload_key.map_err(|_| Error::Header)?;
    let header = bytes.get(..bytes.len().saturating_sub(HASH_LEN)).ok_or(Error::CutHeader)?;
    let bound = Bound::new(key.encapsulation_key().provider(), prelude.suite, header, &payload_key)?;
    if ct_eq(&bound.commitment, commitment) { Ok(bound) } else { Err(Error::Header) }
}

impl From<codec::Error> for Error {
    /// Only reading fails here: every length is fixed.
    fn from(_: codec::Error) -> Self {
        Self::CutHeader
    }
}
