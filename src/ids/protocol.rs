//! Twinlock/1: code points, labels and limits. `docs/spec/channel.md` gives them their meaning.

use super::{Aead, Hash, Kem, Signature};

/// The one version so far.
pub const VERSION: u16 = 0x0001;

/// Whole suites; no part of one is chosen alone, and none is classical only.
///
/// 0x0010 (level 5) is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Suite {
    /// The default.
    XWingMlDsa65Aes256Gcm,
    /// Smaller and faster signatures, of category 2.
    XWingMlDsa44Aes256Gcm,
    /// For machines without AES instructions.
    XWingMlDsa65ChaCha20Poly1305,
}

impl Suite {
    /// All of them, the default first.
    pub const ALL: [Self; 3] =
        [Self::XWingMlDsa65Aes256Gcm, Self::XWingMlDsa44Aes256Gcm, Self::XWingMlDsa65ChaCha20Poly1305];

    /// The code point.
    pub const fn code_point(self) -> u16 {
        match self {
            Self::XWingMlDsa65Aes256Gcm => 0x0001,
            Self::XWingMlDsa44Aes256Gcm => 0x0002,
            Self::XWingMlDsa65ChaCha20Poly1305 => 0x0003,
        }
    }

    /// The suite of a code point.
    pub fn from_code_point(code_point: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.code_point() == code_point)
    }

    /// The key encapsulation mechanism.
    pub const fn kem(self) -> Kem {
        Kem::XWing
    }

    /// The signature algorithm of both identities.
    pub const fn signature(self) -> Signature {
        match self {
            Self::XWingMlDsa65Aes256Gcm | Self::XWingMlDsa65ChaCha20Poly1305 => Signature::MlDsa65Ed25519,
            Self::XWingMlDsa44Aes256Gcm => Signature::MlDsa44Ed25519,
        }
    }

    /// The authenticated encryption.
    pub const fn aead(self) -> Aead {
        match self {
            Self::XWingMlDsa65Aes256Gcm | Self::XWingMlDsa44Aes256Gcm => Aead::Aes256Gcm,
            Self::XWingMlDsa65ChaCha20Poly1305 => Aead::ChaCha20Poly1305,
        }
    }

    /// What the X-Wing secret is extracted with: the derived early secret of `docs/spec/channel.md` §6. Nothing
    /// secret goes into it, only the [`name`](Suite::name).
    pub const fn salt(self) -> &'static [u8; SUITE_HASH_LEN] {
        match self {
            Self::XWingMlDsa65Aes256Gcm => &[
                0xda, 0xe1, 0xb1, 0xac, 0x69, 0x2d, 0xd7, 0x5b, 0xc9, 0xc9, 0x47, 0x11, 0x97, 0xd6, 0x9f, 0xa1, 0x74,
                0xfb, 0x46, 0xa3, 0xb3, 0xe4, 0xaa, 0x4e, 0xe5, 0xf2, 0x9c, 0x5a, 0x43, 0x9e, 0x14, 0x66, 0xd2, 0x45,
                0x50, 0x32, 0xaf, 0x0f, 0xc6, 0x1c, 0xbc, 0x94, 0x3a, 0x3f, 0xde, 0xd9, 0xce, 0x92,
            ],
            Self::XWingMlDsa44Aes256Gcm => &[
                0x29, 0x08, 0x34, 0x54, 0x92, 0x2f, 0xbb, 0x4d, 0x50, 0x2f, 0xf9, 0xce, 0x45, 0x00, 0x34, 0x55, 0x86,
                0xfe, 0x1c, 0x09, 0xa3, 0xf6, 0x55, 0x63, 0xbf, 0x8f, 0x0c, 0x55, 0xfc, 0x2e, 0x81, 0x66, 0x27, 0xf4,
                0x45, 0x69, 0xbc, 0x62, 0xd5, 0x3a, 0xe1, 0x1a, 0xbe, 0x54, 0x88, 0x36, 0xd4, 0x78,
            ],
            Self::XWingMlDsa65ChaCha20Poly1305 => &[
                0xf3, 0xbb, 0x83, 0xb2, 0x53, 0x0b, 0x86, 0xfc, 0x10, 0xdb, 0x71, 0xaf, 0x7f, 0x46, 0xb7, 0x36, 0x51,
                0x0d, 0x4d, 0xd0, 0xcd, 0xd5, 0x26, 0xcf, 0x20, 0xb7, 0x1f, 0xe9, 0x5b, 0x6b, 0xa0, 0x29, 0x17, 0xdf,
                0x04, 0x6b, 0x48, 0x95, 0xf9, 0xb8, 0x06, 0xf6, 0x6a, 0x65, 0x04, 0xd5, 0x9b, 0xd1,
            ],
        }
    }

    /// The name, which is an input of the key schedule through the [`salt`](Suite::salt).
    pub const fn name(self) -> &'static str {
        match self {
            Self::XWingMlDsa65Aes256Gcm => "XWING-MLDSA65ED25519-AES256GCM-SHA384",
            Self::XWingMlDsa44Aes256Gcm => "XWING-MLDSA44ED25519-AES256GCM-SHA384",
            Self::XWingMlDsa65ChaCha20Poly1305 => "XWING-MLDSA65ED25519-CHACHA20POLY1305-SHA384",
        }
    }
}

/// The hash of every suite.
pub const SUITE_HASH: Hash = Hash::Sha384;
/// Length of a transcript hash, of a secret of the key schedule, and of a Finished MAC.
pub const SUITE_HASH_LEN: usize = 48;

/// Length of a frame's header: type, flags, three bytes of length.
pub const FRAME_HEADER_LEN: usize = 5;
/// The frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameType {
    /// M1.
    InitiatorHello = 0x01,
    /// M2.
    ResponderHello = 0x02,
    /// M3.
    InitiatorFinish = 0x03,
    /// A refusal before keys, in clear.
    Alert = 0x04,
    /// A refusal of M3, sealed.
    Refusal = 0x05,
    /// Application data and what steers it.
    Record = 0x06,
}

impl FrameType {
    /// The frame type of a code point.
    pub const fn from_code_point(code_point: u8) -> Option<Self> {
        Some(match code_point {
            0x01 => Self::InitiatorHello,
            0x02 => Self::ResponderHello,
            0x03 => Self::InitiatorFinish,
            0x04 => Self::Alert,
            0x05 => Self::Refusal,
            0x06 => Self::Record,
            _ => return None,
        })
    }

    /// The largest body that is allocated for.
    pub const fn max_body(self) -> usize {
        match self {
            Self::InitiatorHello => 4 << 10,
            Self::ResponderHello | Self::InitiatorFinish => 64 << 10,
            Self::Alert => 1,
            Self::Refusal => 1 + super::AEAD_TAG_LEN,
            Self::Record => MAX_RECORD_LEN + 1 + super::AEAD_TAG_LEN,
        }
    }
}

/// The one code of alerts and refusals: whoever is not authenticated learns nothing more.
pub const ALERT_REFUSED: u8 = 0x01;

/// The sequence number of a refusal: M2 used zero under the same key.
pub const REFUSAL_SEQUENCE: u64 = 1;

/// The messages inside a sealed flight.
pub mod message {
    /// Limits and the service.
    pub const PARAMETERS: u8 = 0x11;
    /// Who sends.
    pub const IDENTITY: u8 = 0x12;
    /// The composite signature.
    pub const AUTH: u8 = 0x13;
    /// The MAC over all before.
    pub const FINISHED: u8 = 0x14;
}

/// The last byte of a record's plaintext before its padding.
pub mod record {
    /// Application data.
    pub const DATA: u8 = 0x01;
    /// The sender sends no more.
    pub const CLOSE: u8 = 0x02;
    /// The sender's next record is under the next key.
    pub const REKEY: u8 = 0x03;
}

/// The forms of an identity; the value is its bit in a set of forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum IdentityForm {
    /// The 32-byte key id of a key that the peer holds already.
    KeyId = 0x01,
    /// A SubjectPublicKeyInfo.
    Spki = 0x02,
}

/// The record plaintext that everybody accepts.
pub const DEFAULT_RECORD_LEN: usize = 16 << 10;
/// The largest record plaintext that can be negotiated.
pub const MAX_RECORD_LEN: usize = 64 << 10;
/// The longest name of a service.
pub const MAX_SERVICE_LEN: usize = 64;
/// Records under one key; the next one must be a rekey.
pub const MAX_RECORDS_PER_KEY: u64 = 1 << 23;
/// Bytes of plaintext under one key.
pub const MAX_BYTES_PER_KEY: u64 = 64 << 30;
/// Seconds under one key.
pub const MAX_SECONDS_PER_KEY: u64 = 3600;
/// Seconds for a whole handshake.
pub const HANDSHAKE_SECONDS: u64 = 10;

/// Labels of the key schedule; each stands behind [`PREFIX`](label::PREFIX).
pub mod label {
    /// What every label begins with.
    pub const PREFIX: &str = "twinlock/1 ";
    /// From one extracted secret to the next.
    pub const DERIVED: &str = "derived";
    /// The initiator's handshake traffic.
    pub const C_HS: &str = "c hs";
    /// The responder's handshake traffic.
    pub const S_HS: &str = "s hs";
    /// The initiator's application traffic.
    pub const C_AP: &str = "c ap";
    /// The responder's application traffic.
    pub const S_AP: &str = "s ap";
    /// The key of a Finished MAC.
    pub const FINISHED: &str = "finished";
    /// An AEAD key.
    pub const KEY: &str = "key";
    /// An AEAD nonce mask.
    pub const IV: &str = "iv";
    /// The next traffic secret.
    pub const UPDATE: &str = "update";
    /// The exporter's secret.
    pub const EXPORTER: &str = "exporter";
    /// One export.
    pub const EXPORT: &str = "export";
    /// The channel id.
    pub const CHANNEL_ID: &str = "channel id";
    /// What the responder signs.
    pub const RESPONDER_AUTH: &str = "responder auth";
    /// What the initiator signs.
    pub const INITIATOR_AUTH: &str = "initiator auth";
    /// The context of the responder's composite signature.
    pub const RESPONDER_CONTEXT: &[u8] = b"twinlock/1 R";
    /// The context of the initiator's composite signature.
    pub const INITIATOR_CONTEXT: &[u8] = b"twinlock/1 I";
}

/// Values of the form 0x?A?A mean nothing; an initiator offers one among versions and suites so that a
/// responder learns to pass over what it does not know.
pub const fn grease(random: u8) -> u16 {
    u16::from_be_bytes([(random & 0xf0) | 0x0a, (random << 4) | 0x0a])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grease_is_never_a_version_or_a_suite() {
        for random in 0..=u8::MAX {
            assert_eq!(grease(random) & 0x0f0f, 0x0a0a);
            assert_eq!(Suite::from_code_point(grease(random)), None);
        }
    }

    #[test]
    fn code_points_round_trip() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_code_point(suite.code_point()), Some(suite));
        }
        for code_point in 0..=u8::MAX {
            assert!(FrameType::from_code_point(code_point).is_none_or(|frame| frame as u8 == code_point));
        }
    }
}
