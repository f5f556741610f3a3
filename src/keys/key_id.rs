//! The name of a public key.

use alloc::string::String;
use core::{fmt, str::FromStr};

use base64ct::{Base64Unpadded, Encoding as _};

use super::Error;
use crate::{
    ids::{Hash, KEY_ID_LEN, KEY_ID_PREFIX},
    provider::RUST,
};

/// How many characters [`KeyId::short`] shows: 96 bits.
const SHORT_LEN: usize = 16;

/// SHA-256 of a key's SubjectPublicKeyInfo in DER: 32 bytes.
///
/// In text `SHA256:` and 43 characters of base64 without padding, like OpenSSH's fingerprints. That text is
/// the only one that parses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; KEY_ID_LEN]);

impl KeyId {
    /// The id of these 32 bytes, as the handshake sends them.
    pub const fn from_digest(digest: [u8; KEY_ID_LEN]) -> Self {
        Self(digest)
    }

    pub(super) fn of_spki(der: &[u8]) -> Self {
        let mut id = [0; KEY_ID_LEN];
        RUST.hash.digest(Hash::Sha256, &[der], &mut id);
        Self(id)
    }

    /// The digest.
    pub const fn as_bytes(&self) -> &[u8; KEY_ID_LEN] {
        &self.0
    }

    /// The first 16 characters of the base64. For people to tell keys apart, never for a program to decide.
    pub fn short(&self) -> String {
        Base64Unpadded::encode_string(&self.0).chars().take(SHORT_LEN).collect()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{KEY_ID_PREFIX}{}", Base64Unpadded::encode_string(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = Error;

    /// Reads the text that `Display` writes.
    ///
    /// # Errors
    /// [`Error::KeyId`] for any other.
    fn from_str(text: &str) -> Result<Self, Error> {
        let base64 = text.strip_prefix(KEY_ID_PREFIX).ok_or(Error::KeyId)?;
        let mut id = [0; KEY_ID_LEN];
        let len = Base64Unpadded::decode(base64, &mut id).map_err(|_| Error::KeyId)?.len();
        if len == KEY_ID_LEN { Ok(Self(id)) } else { Err(Error::KeyId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_the_only_one() {
        // SHA-256 of nothing, as `sha256sum` and base64 give it.
        let id = KeyId::of_spki(b"");
        let text = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
        assert_eq!(id.to_string(), text);
        assert_eq!(format!("{id:?}"), format!("KeyId({text})"));
        assert_eq!(id.short(), "47DEQpj8HBSa+/TI");
        assert_eq!(text.parse(), Ok(id));
        for bad in [
            "",
            "SHA256:",
            text.trim_start_matches(KEY_ID_PREFIX),
            text.trim_end_matches('U'),
            &format!("{text}="),
            &format!("{text}A"),
            &format!("{text}\n"),
            &text.to_lowercase(),
            &text.replace('+', "-"),
            // Other unused bits at the end.
            &text.replace("uFU", "uFV"),
        ] {
            assert_eq!(bad.parse::<KeyId>(), Err(Error::KeyId), "{bad}");
        }
    }
}
