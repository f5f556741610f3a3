//! Public keys: one line of name, base64 and comment, as in `id_ed25519.pub`.

use alloc::{format, string::String};

use base64ct::{Base64, Encoding as _};

use super::{
    Commented, Content, Error,
    wire::{check_len, public_blob, read_public_blob, unknown},
};
use crate::{
    ids::ssh::{key_kind, key_name},
    keys::PublicKey,
};

/// Reads one line; a line end may follow it. What may stand before a key in `authorized_keys` is not read.
///
/// # Errors
/// [`Error::NotSsh`], [`Error::UnknownAlgorithm`]; those of bad bytes.
pub fn decode_public(line: &[u8]) -> Result<Commented<PublicKey>, Error> {
    check_len(line)?;
    let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut fields = line.splitn(3, |byte| *byte == b' ');
    let name = fields.next().unwrap_or_default();
    let kind = key_kind(name).ok_or_else(|| match unknown(name) {
        Error::UnknownAlgorithm(None) => Error::NotSsh(Content::PublicKey),
        known => known,
    })?;
    let base64 = fields.next().and_then(|field| str::from_utf8(field).ok()).ok_or(Error::Base64)?;
    let key = read_public_blob(&Base64::decode_vec(base64).map_err(|_| Error::Base64)?)?;
    if key.kind() != kind {
        return Err(Error::Disagrees);
    }
    let comment = fields.next().unwrap_or_default();
    if comment.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(Error::Trailing);
    }
    Ok(Commented { key, comment: String::from_utf8_lossy(comment).into_owned() })
}

/// The line of a key, with a line feed.
///
/// # Errors
/// [`Error::NoForm`], [`Error::Comment`].
pub fn encode_public(key: &PublicKey, comment: &str) -> Result<String, Error> {
    check_comment(comment)?;
    let name = key_name(key.kind()).ok_or(Error::NoForm(key.kind()))?;
    let base64 = Base64::encode_string(&public_blob(key)?);
    let space = if comment.is_empty() { "" } else { " " };
    Ok(format!("{name} {base64}{space}{comment}\n"))
}

pub(super) fn check_comment(comment: &str) -> Result<(), Error> {
    if comment.chars().any(char::is_control) { Err(Error::Comment) } else { Ok(()) }
}
