//! The manifest: the model, its one text, and the signature over it.

use alloc::{
    borrow::{Cow, ToOwned as _},
    collections::BTreeMap,
    string::ToString as _,
    vec::Vec,
};

use base64ct::{Base64, Encoding as _};
use rand_core::TryCryptoRng;
use serde::{Deserialize, Serialize};

use super::{Entry, Error, Generation, Key, Name, State, error::from_keys};
use crate::{
    certificate::{Time, Validity},
    ids::{
        KEY_ID_PREFIX, KeyKind,
        ring::{FORMAT, MAX_ENTRIES, MAX_MANIFEST_LEN, NAME, Purpose, SIGNATURE, label},
    },
    keys::{KeyId, PublicKey},
    sign::{SigningKey, VerifyingKey},
};

/// What stands between the body and the signature.
const BEFORE_SIGNATURE: &[u8] = b",\"signature\":\"";
/// What stands behind the signature.
const AFTER_SIGNATURE: &[u8] = b"\"}\n";
/// Length of a key id in text.
const KEY_ID_TEXT_LEN: usize = KEY_ID_PREFIX.len() + 43;

/// The entries of a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    sequence: u64,
    created: Time,
    written: Time,
    entries: BTreeMap<Name, Entry>,
}

/// The members before the signature, in their order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    #[serde(borrow)]
    key: Cow<'a, str>,
    sequence: u64,
    #[serde(borrow)]
    created: Cow<'a, str>,
    #[serde(borrow)]
    written: Cow<'a, str>,
    #[serde(borrow)]
    entries: Vec<RawEntry<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    purpose: Cow<'a, str>,
    #[serde(borrow)]
    generations: Vec<RawGeneration<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGeneration<'a> {
    number: u32,
    #[serde(borrow)]
    from: Cow<'a, str>,
    #[serde(borrow)]
    until: Cow<'a, str>,
    #[serde(borrow)]
    keys: Vec<RawKey<'a>>,
    #[serde(borrow)]
    state: RawState<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey<'a> {
    #[serde(borrow)]
    algorithm: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum RawState<'a> {
    Current,
    SupersededBy(u32),
    #[serde(borrow)]
    Revoked(RawRevocation<'a>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRevocation<'a> {
    #[serde(borrow)]
    since: Cow<'a, str>,
    #[serde(borrow)]
    reason: Cow<'a, str>,
}

impl Manifest {
    /// A ring without entries, which nobody has signed yet.
    pub const fn new(created: Time) -> Self {
        Self { sequence: 0, created, written: created, entries: BTreeMap::new() }
    }

    /// How often it was signed: 1 is the first. It never falls, unless an older ring was put back.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// When the ring was made.
    pub const fn created(&self) -> Time {
        self.created
    }

    /// When it was signed last.
    pub const fn written(&self) -> Time {
        self.written
    }

    /// All entries, by name.
    pub const fn entries(&self) -> &BTreeMap<Name, Entry> {
        &self.entries
    }

    /// The entry of that name.
    ///
    /// # Errors
    /// [`Error::NoEntry`].
    pub fn entry(&self, name: &Name) -> Result<&Entry, Error> {
        self.entries.get(name).ok_or_else(|| Error::NoEntry(name.clone()))
    }

    /// Whether a generation is in it.
    pub fn has(&self, name: &Name, number: u32) -> bool {
        self.entries.get(name).is_some_and(|entry| entry.generations().iter().any(|one| one.number() == number))
    }

    /// A new entry with its first generation.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::TooManyEntries`], [`Error::Keys`], [`Error::Kind`].
    pub fn add(&mut self, name: &Name, purpose: Purpose, validity: Validity, keys: Vec<Key>) -> Result<(), Error> {
        if self.entries.contains_key(name) {
            return Err(Error::Exists(name.clone()));
        }
        if self.entries.len() >= MAX_ENTRIES {
            return Err(Error::TooManyEntries);
        }
        let first = Generation::new(purpose, 1, validity, keys, State::Current)?;
        self.entries.insert(name.clone(), Entry::new(purpose, Vec::from([first]))?);
        Ok(())
    }

    /// The next generation of an entry. The one before opens only, from now on; if it is revoked, it stays so.
    ///
    /// # Errors
    /// [`Error::NoEntry`], [`Error::TooManyGenerations`], [`Error::Keys`], [`Error::Kind`].
    pub fn rotate(&mut self, name: &Name, validity: Validity, keys: Vec<Key>) -> Result<(), Error> {
        self.entry_mut(name)?.rotate(validity, keys)
    }

    /// Revokes one generation of an entry, or all that are not yet revoked; gives the numbers of those that it revoked.
    ///
    /// # Errors
    /// [`Error::NoEntry`], [`Error::NoGeneration`], [`Error::AlreadyRevoked`], [`Error::Reason`].
    pub fn revoke(&mut self, name: &Name, number: Option<u32>, since: Time, reason: &str) -> Result<Vec<u32>, Error> {
        self.entry_mut(name)?.revoke(number, since, reason)
    }

    /// Gives it the next sequence number and signs it: the bytes of `manifest.json`.
    ///
    /// # Errors
    /// [`Error::ManifestKey`], [`Error::TooLong`], [`Error::Sequence`]; a failing generator.
    pub fn sign<R: TryCryptoRng + ?Sized>(
        &mut self,
        now: Time,
        key: &SigningKey,
        rng: &mut R,
    ) -> Result<Vec<u8>, Error> {
        let key_id = manifest_key_id(key.verifying_key())?;
        self.sequence = self.sequence.checked_add(1).ok_or(Error::Sequence)?;
        self.written = now;
        let mut bytes = self.body(&key_id)?;
        let signature = key.sign(&[label::SIGNED, &bytes].concat(), label::CONTEXT, rng)?;
        bytes.extend_from_slice(BEFORE_SIGNATURE);
        bytes.extend_from_slice(Base64::encode_string(&signature).as_bytes());
        bytes.extend_from_slice(AFTER_SIGNATURE);
        if bytes.len() > MAX_MANIFEST_LEN { Err(Error::TooLong(bytes.len())) } else { Ok(bytes) }
    }

    /// Reads a manifest that this key signed. Nothing of it is parsed before the signature is verified but its format
    /// and the id of its key, for the words of the error.
    ///
    /// # Errors
    /// Those of bad bytes; [`Error::ManifestKey`].
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, Error> {
        if bytes.len() > MAX_MANIFEST_LEN {
            return Err(Error::TooLong(bytes.len()));
        }
        let expected = manifest_key_id(key)?;
        let found = named_key(bytes)?;
        if found != expected {
            return Err(Error::WrongKey { expected, found });
        }
        let (body, signature) = split(bytes).ok_or(Error::NotAManifest)?;
        let signature = Base64::decode_vec(signature).map_err(|_| Error::NotAManifest)?;
        key.verify(&[label::SIGNED, body].concat(), label::CONTEXT, &signature)?;
        let text = [body, b"}"].concat();
        let raw = serde_json::from_slice(&text).map_err(|_| Error::Content("members of another form"))?;
        let manifest = Self::from_raw(&raw)?;
        // One text has one meaning, and one meaning one text.
        if manifest.body(&expected)? == body { Ok(manifest) } else { Err(Error::Content("another text than its own")) }
    }

    fn entry_mut(&mut self, name: &Name) -> Result<&mut Entry, Error> {
        self.entries.get_mut(name).ok_or_else(|| Error::NoEntry(name.clone()))
    }

    /// The text up to the signature, which covers it.
    fn body(&self, key: &KeyId) -> Result<Vec<u8>, Error> {
        let entries = self.entries.iter().map(|(name, entry)| RawEntry {
            name: Cow::Borrowed(name),
            purpose: entry.purpose().name().into(),
            generations: entry.generations().iter().map(raw_generation).collect(),
        });
        let raw = Raw {
            format: FORMAT.into(),
            key: key.to_string().into(),
            sequence: self.sequence,
            created: self.created.to_string().into(),
            written: self.written.to_string().into(),
            entries: entries.collect(),
        };
        let mut bytes = serde_json::to_vec(&raw).map_err(|_| Error::Content("what is not JSON"))?;
        // The object goes on behind the body.
        bytes.pop();
        Ok(bytes)
    }

    fn from_raw(raw: &Raw<'_>) -> Result<Self, Error> {
        if raw.entries.len() > MAX_ENTRIES {
            return Err(Error::TooManyEntries);
        }
        let mut entries = BTreeMap::new();
        for raw in &raw.entries {
            let purpose = Purpose::ALL.into_iter().find(|purpose| purpose.name() == raw.purpose);
            let purpose = purpose.ok_or(Error::Content("a purpose that is not known"))?;
            let generations = raw.generations.iter().map(|raw| generation(purpose, raw)).collect::<Result<_, _>>()?;
            entries.insert(raw.name.parse()?, Entry::new(purpose, generations)?);
        }
        if raw.sequence == 0 {
            return Err(Error::Content("no sequence number"));
        }
        Ok(Self { sequence: raw.sequence, created: time(&raw.created)?, written: time(&raw.written)?, entries })
    }
}

fn raw_generation(generation: &Generation) -> RawGeneration<'_> {
    let keys = generation.keys().iter();
    RawGeneration {
        number: generation.number(),
        from: generation.validity().from().to_string().into(),
        until: generation.validity().until().to_string().into(),
        keys: keys
            .map(|key| RawKey { algorithm: key.kind().cli_name().into(), id: key.id().to_string().into() })
            .collect(),
        state: match generation.state() {
            State::Current => RawState::Current,
            State::Superseded { by } => RawState::SupersededBy(*by),
            State::Revoked { since, reason } => {
                RawState::Revoked(RawRevocation { since: since.to_string().into(), reason: Cow::Borrowed(reason) })
            }
        },
    }
}

fn generation(purpose: Purpose, raw: &RawGeneration<'_>) -> Result<Generation, Error> {
    let validity = Validity::new(time(&raw.from)?, time(&raw.until)?);
    let key = |raw: &RawKey<'_>| {
        let kind = KeyKind::ALL.into_iter().find(|kind| kind.cli_name() == raw.algorithm);
        let id = raw.id.parse().map_err(|_| Error::Content("a key id that is none"))?;
        Key::new(purpose, kind.ok_or(Error::Content("an algorithm that is not known"))?, id)
    };
    let state = match &raw.state {
        RawState::Current => State::Current,
        RawState::SupersededBy(by) => State::Superseded { by: *by },
        RawState::Revoked(raw) => State::Revoked { since: time(&raw.since)?, reason: raw.reason.as_ref().to_owned() },
    };
    let validity = validity.map_err(|_| Error::Content("a key that expires before it is valid"))?;
    Generation::new(purpose, raw.number, validity, raw.keys.iter().map(key).collect::<Result<_, _>>()?, state)
}

fn time(text: &str) -> Result<Time, Error> {
    text.parse().map_err(|_| Error::Content("a time of another form than 2026-01-31T12:00:00Z"))
}

/// The id of a key, if it is one that signs manifests.
fn manifest_key_id(key: &VerifyingKey) -> Result<KeyId, Error> {
    let kind = KeyKind::Signature(key.algorithm());
    if key.algorithm() != SIGNATURE {
        return Err(Error::ManifestKey(kind));
    }
    Ok(PublicKey::from_raw(kind, key.as_bytes()).map_err(from_keys)?.key_id())
}

/// The key that a manifest says to be signed with, from its first bytes.
fn named_key(bytes: &[u8]) -> Result<KeyId, Error> {
    let rest = bytes.strip_prefix(br#"{"format":""#).and_then(|rest| rest.strip_prefix(NAME.as_bytes()));
    let rest = rest.ok_or(Error::NotAManifest)?;
    let version = FORMAT.strip_prefix(NAME).unwrap_or_default();
    let rest = rest.strip_prefix(version.as_bytes()).and_then(|rest| rest.strip_prefix(br#"","key":""#));
    let id = rest.ok_or(Error::UnknownVersion)?.get(..KEY_ID_TEXT_LEN).ok_or(Error::NotAManifest)?;
    str::from_utf8(id).ok().and_then(|id| id.parse().ok()).ok_or(Error::NotAManifest)
}

/// The body, and the signature in base64; their lengths alone tell where one ends.
fn split(bytes: &[u8]) -> Option<(&[u8], &str)> {
    let rest = bytes.strip_suffix(AFTER_SIGNATURE)?;
    let signature_len = SIGNATURE.signature_len().div_ceil(3).checked_mul(4)?;
    let (rest, signature) = rest.split_at_checked(rest.len().checked_sub(signature_len)?)?;
    Some((rest.strip_suffix(BEFORE_SIGNATURE)?, str::from_utf8(signature).ok()?))
}
