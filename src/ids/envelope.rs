//! `twinlock-envelope/1`: code points, labels and limits. `docs/spec/envelope.md` gives them their meaning.

use super::{AEAD_TAG_LEN, Aead, Hash, KEY_ID_LEN, Kem, Signature};

/// What an envelope of any version begins with.
pub const NAME: &[u8; 18] = b"twinlock-envelope/";
/// What an envelope of this version begins with.
pub const MAGIC: &[u8; 20] = b"twinlock-envelope/1\n";

/// Whole suites: KEM, KDF and AEAD, for the wrapped keys and for the content alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Suite {
    /// The default.
    XWingAes256Gcm,
    /// For machines without AES instructions.
    XWingChaCha20Poly1305,
}

impl Suite {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::XWingAes256Gcm, Self::XWingChaCha20Poly1305];

    /// The code point.
    pub const fn code_point(self) -> u16 {
        match self {
            Self::XWingAes256Gcm => 0x0001,
            Self::XWingChaCha20Poly1305 => 0x0002,
        }
    }

    /// The suite of a code point.
    pub fn from_code_point(code_point: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.code_point() == code_point)
    }

    /// The authenticated encryption.
    pub const fn aead(self) -> Aead {
        match self {
            Self::XWingAes256Gcm => Aead::Aes256Gcm,
            Self::XWingChaCha20Poly1305 => Aead::ChaCha20Poly1305,
        }
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XWingAes256Gcm => "XWING-HKDFSHA384-AES256GCM",
            Self::XWingChaCha20Poly1305 => "XWING-HKDFSHA384-CHACHA20POLY1305",
        }
    }
}

/// The KEM of every suite.
pub const KEM: Kem = Kem::XWing;
/// The hash of HKDF and of the header.
pub const HASH: Hash = Hash::Sha384;
/// Length of the header's hash and of the commitment.
pub const HASH_LEN: usize = 48;
/// The hash of one chunk; salted, so that only the sender could look for collisions.
pub const CHUNK_HASH: Hash = Hash::Sha256;
/// Length of a chunk's digest.
pub const CHUNK_HASH_LEN: usize = 32;
/// The hash over the digests of all chunks.
pub const CONTENT_HASH: Hash = Hash::Sha512;
/// Length of that.
pub const CONTENT_HASH_LEN: usize = 64;

/// In place of a signature's code point: nobody signed.
pub const UNSIGNED: u16 = 0x0000;
/// Who may sign, and their code points.
pub const SIGNATURES: [(u16, Signature); 2] =
    [(0x0001, Signature::MlDsa65Ed25519), (0x0002, Signature::MlDsa44Ed25519)];

/// Length of a SubjectPublicKeyInfo around a key of one of them, without the key.
const SPKI_OVERHEAD: usize = 21;

/// Length of a sender's SubjectPublicKeyInfo.
pub const fn spki_len(signature: Signature) -> usize {
    signature.verifying_key_len().saturating_add(SPKI_OVERHEAD)
}

/// Length of what follows the content in the last chunk.
pub const fn trailer_len(signature: Option<Signature>) -> usize {
    match signature {
        Some(signature) => spki_len(signature).saturating_add(signature.signature_len()),
        None => 0,
    }
}

/// Length of what stands before the recipients: magic, suite, signature, count.
pub const PRELUDE_LEN: usize = MAGIC.len() + 6;
/// The most recipients.
pub const MAX_RECIPIENTS: usize = 1000;
/// Length of the key that is wrapped for each recipient.
pub const PAYLOAD_KEY_LEN: usize = 32;
/// Length of a wrapped key.
pub const WRAPPED_KEY_LEN: usize = PAYLOAD_KEY_LEN + AEAD_TAG_LEN;
/// Length of a recipient's entry: key id, encapsulation, wrapped key.
pub const ENTRY_LEN: usize = KEY_ID_LEN + KEM.ciphertext_len() + WRAPPED_KEY_LEN;
/// Length of the salt of chunk digests: one block of SHA-256.
pub const SALT_LEN: usize = 64;
/// Length of a chunk's content; only the last chunk has less.
pub const CHUNK_LEN: usize = 64 << 10;
/// The most chunks under one key: 256 TiB.
pub const MAX_CHUNKS: u64 = 1 << 32;

/// Labels.
pub mod label {
    /// Of the commitment to the payload key and the header.
    pub const COMMITMENT: &[u8] = b"twinlock-envelope/1 commitment";
    /// Of the AEAD key of all chunks.
    pub const CHUNK_KEY: &[u8] = b"twinlock-envelope/1 chunk key";
    /// Of the salt of chunk digests.
    pub const SALT: &[u8] = b"twinlock-envelope/1 digest salt";
    /// What begins the message that a sender signs.
    pub const SIGNED: &[u8] = b"twinlock-envelope/1 signed\0";
    /// The context of the sender's composite signature.
    pub const CONTEXT: &[u8] = b"twinlock-envelope/1";
}

/// age files (c2sp.org/age) for X-Wing keys.
pub mod age {
    use crate::ids::{Aead, Hash};

    /// What a file of any version begins with.
    pub const NAME: &str = "age-encryption.org/";
    /// The first line of this version.
    pub const VERSION_LINE: &str = "age-encryption.org/v1\n";
    /// What a stanza's first line begins with.
    pub const STANZA: &str = "-> ";
    /// What the last line of the header begins with.
    pub const MAC: &str = "---";
    /// The name of X-Wing's stanzas.
    pub const XWING: &str = "mlkem768x25519";
    /// HPKE's info in them.
    pub const XWING_INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
    /// The label of the key of the header's MAC.
    pub const HEADER_LABEL: &[u8] = b"header";
    /// The label of the key of all chunks.
    pub const PAYLOAD_LABEL: &[u8] = b"payload";
    /// The only hash.
    pub const HASH: Hash = Hash::Sha256;
    /// The only AEAD.
    pub const AEAD: Aead = Aead::ChaCha20Poly1305;
    /// Length of the key that is wrapped for each recipient.
    pub const FILE_KEY_LEN: usize = 16;
    /// Length of what stands between header and chunks.
    pub const NONCE_LEN: usize = 16;
    /// Length of the header's MAC.
    pub const MAC_LEN: usize = 32;
    /// The MAC with what stands around it: a space, base64, a line feed.
    pub const MAC_TEXT_LEN: usize = 45;
    /// Columns of a stanza's body.
    pub const COLUMNS: usize = 64;
    /// The longest header that is read: more than a thousand stanzas of X-Wing.
    pub const MAX_HEADER_LEN: usize = 2 << 20;
    /// The human-readable part of a recipient.
    pub const RECIPIENT_HRP: &str = "age1pq";
    /// The human-readable part of an identity; written in upper case.
    pub const IDENTITY_HRP: &str = "age-secret-key-pq-";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_specification() {
        assert_eq!((PRELUDE_LEN, ENTRY_LEN, PRELUDE_LEN + MAX_RECIPIENTS * ENTRY_LEN), (26, 1200, 1_200_026));
        assert_eq!((HASH.output_len(), CHUNK_HASH.output_len()), (HASH_LEN, CHUNK_HASH_LEN));
        assert_eq!(CONTENT_HASH.output_len(), CONTENT_HASH_LEN);
        assert!(MAGIC.starts_with(NAME));
    }

    #[test]
    fn code_points_round_trip() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_code_point(suite.code_point()), Some(suite));
        }
        assert_eq!(Suite::from_code_point(0), None);
        assert!(SIGNATURES.iter().all(|(code, signature)| *code != UNSIGNED && signature.composite_label().is_some()));
    }
}
