//! The encodings that the three files share.

use alloc::{string::String, vec, vec::Vec};

use der::pem::{self, LineEnding};
use zeroize::Zeroizing;

use super::{Content, Error, error::from_keys};
use crate::{
    codec::{Reader, put_vec32},
    ids::{
        MAX_KEY_FILE_LEN,
        ssh::{LINE_LEN, OTHER_KEYS, PRIVATE_KEY_LABEL, SIGNATURE_LABEL, key_kind, key_name},
    },
    keys::PublicKey,
};

const PEM_START: &[u8] = b"-----BEGIN ";

/// The PEM label; a public key has none.
const fn label(content: Content) -> &'static str {
    match content {
        Content::Signature => SIGNATURE_LABEL,
        _ => PRIVATE_KEY_LABEL,
    }
}

impl Content {
    /// What a file is by its first bytes, if it is one of SSH's.
    pub fn of(file: &[u8]) -> Option<Self> {
        let is_armored =
            |content| file.strip_prefix(PEM_START).is_some_and(|rest| rest.starts_with(label(content).as_bytes()));
        if is_armored(Self::PrivateKey) {
            Some(Self::PrivateKey)
        } else if is_armored(Self::Signature) {
            Some(Self::Signature)
        } else {
            let name = file.split(|byte| *byte == b' ').next().unwrap_or_default();
            (key_kind(name).is_some() || unknown(name) != Error::UnknownAlgorithm(None)).then_some(Self::PublicKey)
        }
    }
}

/// Refuses what is too long before any of it is parsed.
pub(super) const fn check_len(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > MAX_KEY_FILE_LEN { Err(Error::TooLong { found: bytes.len() }) } else { Ok(()) }
}

/// The bytes of an armored file, of which no copy stays. OpenSSH's lines have 70 characters, others write 64
/// or 76.
pub(super) fn from_armor(text: &[u8], content: Content) -> Result<Zeroizing<Vec<u8>>, Error> {
    check_len(text)?;
    if !text.starts_with(PEM_START) {
        return Err(Error::NotSsh(content));
    }
    if pem::decode_label(text).map_err(|_| Error::Armor)? != label(content) {
        return Err(Error::NotSsh(content));
    }
    let mut decoder = pem::Decoder::new_detect_wrap(text).map_err(|_| Error::Armor)?;
    let mut bytes = Zeroizing::new(vec![0; decoder.remaining_len()]);
    decoder.decode(&mut bytes).map_err(|_| Error::Armor)?;
    if decoder.is_finished() { Ok(bytes) } else { Err(Error::Armor) }
}

/// The armored file of those bytes.
pub(super) fn to_armor(bytes: &[u8], content: Content) -> Result<Zeroizing<String>, Error> {
    let too_long = |_| Error::TooLong { found: bytes.len() };
    let len = pem::encapsulated_len_wrapped(label(content), LINE_LEN, LineEnding::LF, bytes.len()).map_err(too_long)?;
    let mut text = Zeroizing::new(vec![0; len]);
    let mut encoder =
        pem::Encoder::new_wrapped(label(content), LINE_LEN, LineEnding::LF, &mut text).map_err(too_long)?;
    encoder.encode(bytes).map_err(too_long)?;
    encoder.finish().map_err(too_long)?;
    Ok(Zeroizing::new(str::from_utf8(&text).map_err(|_| Error::Armor)?.into()))
}

/// The name and the public key, each behind its length (RFC 4253 §6.6).
pub(super) fn public_blob(key: &PublicKey) -> Result<Vec<u8>, Error> {
    let name = key_name(key.kind()).ok_or(Error::NoForm(key.kind()))?;
    let mut blob = Vec::new();
    put_vec32(&mut blob, name.as_bytes())?;
    put_vec32(&mut blob, key.as_bytes())?;
    Ok(blob)
}

/// Reads what [`public_blob`] writes, and nothing else.
pub(super) fn read_public_blob(blob: &[u8]) -> Result<PublicKey, Error> {
    let mut reader = Reader::new(blob);
    let name = reader.vec32()?;
    let kind = key_kind(name).ok_or_else(|| unknown(name))?;
    let bytes = reader.vec32()?;
    reader.finish()?;
    PublicKey::from_raw(kind, bytes).map_err(from_keys(kind))
}

/// The error for a key that is not one of ours.
pub(super) fn unknown(name: &[u8]) -> Error {
    Error::UnknownAlgorithm(OTHER_KEYS.iter().copied().find(|other| other.as_bytes() == name))
}
