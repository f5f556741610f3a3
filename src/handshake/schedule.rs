//! Transcript and key schedule (`docs/spec/channel.md` §6).
//!
//! ```text
//! 0 ─► Extract ─► ES ─► derived ─► Extract(X-Wing) ─► HS ─► c hs, s hs
//!                                                     HS ─► derived ─► Extract(0) ─► MS ─► c ap, s ap, exporter
//! ```

use alloc::boxed::Box;

use crate::{
    codec,
    error::Error,
    ids::{
        AEAD_KEY_LEN, AEAD_NONCE_LEN, AEAD_TAG_LEN, Aead,
        protocol::{FRAME_HEADER_LEN, FrameType, SUITE_HASH, SUITE_HASH_LEN, Suite, label},
    },
    provider::{AeadKey, Expander, HashState, Provider},
    secret::{ChainSecret, SharedSecret},
};

/// A transcript hash.
pub(crate) type TranscriptHash = [u8; SUITE_HASH_LEN];

/// The running hash over whole frames and whole inner messages.
pub(super) struct Transcript(Box<dyn HashState>);

impl Transcript {
    pub(super) fn new(provider: &Provider) -> Self {
        Self(provider.hash.start(SUITE_HASH))
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn hash(&self) -> TranscriptHash {
        let mut out = [0; SUITE_HASH_LEN];
        self.0.snapshot(&mut out);
        out
    }
}

/// Expand with a label: info is `len16 ‖ vec8("twinlock/1 " ‖ label) ‖ vec8(context)`.
pub(crate) fn expand(
    provider: &Provider,
    secret: &ChainSecret,
    name: &str,
    context: &[u8],
    out: &mut [u8],
) -> Result<(), Error> {
    Prk::new(provider, secret)?.expand(name, context, out)
}

/// A secret prepared for several expansions.
struct Prk(Box<dyn Expander>);

impl Prk {
    fn new(provider: &Provider, secret: &ChainSecret) -> Result<Self, Error> {
        provider.kdf.expander(SUITE_HASH, secret.secret_bytes()).map(Self)
    }

    fn expand(&self, name: &str, context: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let len = u16::try_from(out.len()).map_err(|_| Error::TooLong)?.to_be_bytes();
        let label_len = label::PREFIX.len().checked_add(name.len()).ok_or(Error::TooLong)?;
        let label_len = [u8::try_from(label_len).map_err(|_| Error::TooLong)?];
        let context_len = [u8::try_from(context.len()).map_err(|_| Error::TooLong)?];
        let info: [&[u8]; 6] = [&len, &label_len, label::PREFIX.as_bytes(), name.as_bytes(), &context_len, context];
        self.0.expand(&info, out)
    }

    fn derive(&self, name: &str, context: &[u8]) -> Result<ChainSecret, Error> {
        ChainSecret::build(SUITE_HASH_LEN, |out| self.expand(name, context, out))
    }
}

/// Expand to the next secret of the schedule.
pub(crate) fn derive(
    provider: &Provider,
    secret: &ChainSecret,
    name: &str,
    context: &[u8],
) -> Result<ChainSecret, Error> {
    Prk::new(provider, secret)?.derive(name, context)
}

fn extract(provider: &Provider, salt: &[u8], ikm: &[u8]) -> Result<ChainSecret, Error> {
    ChainSecret::build(SUITE_HASH_LEN, |out| provider.kdf.extract(SUITE_HASH, salt, ikm, out))
}

/// The stage between the hellos and the end of the handshake.
pub(super) struct HandshakeStage {
    secret: ChainSecret,
    pub(super) initiator: ChainSecret,
    pub(super) responder: ChainSecret,
}

impl HandshakeStage {
    /// `hellos` is the transcript hash over M1 and the clear part of M2.
    pub(super) fn new(
        provider: &Provider,
        suite: Suite,
        shared_secret: &SharedSecret,
        hellos: &TranscriptHash,
    ) -> Result<Self, Error> {
        let secret = extract(provider, suite.salt(), shared_secret.secret_bytes())?;
        let prk = Prk::new(provider, &secret)?;
        let initiator = prk.derive(label::C_HS, hellos)?;
        let responder = prk.derive(label::S_HS, hellos)?;
        Ok(Self { secret, initiator, responder })
    }

    /// The application stage; `all` is the transcript hash over M1 to M3.
    pub(super) fn finish(&self, provider: &Provider, all: &TranscriptHash) -> Result<ApplicationSecrets, Error> {
        let salt = derive(provider, &self.secret, label::DERIVED, &[])?;
        let master = extract(provider, salt.secret_bytes(), &[0; SUITE_HASH_LEN])?;
        let prk = Prk::new(provider, &master)?;
        Ok(ApplicationSecrets {
            initiator: prk.derive(label::C_AP, all)?,
            responder: prk.derive(label::S_AP, all)?,
            exporter: prk.derive(label::EXPORTER, all)?,
        })
    }
}

/// What remains of a handshake.
pub(super) struct ApplicationSecrets {
    pub(super) initiator: ChainSecret,
    pub(super) responder: ChainSecret,
    pub(super) exporter: ChainSecret,
}

/// The MAC of a Finished message.
pub(super) fn finished(
    provider: &Provider,
    traffic: &ChainSecret,
    transcript: &TranscriptHash,
) -> Result<TranscriptHash, Error> {
    let key = derive(provider, traffic, label::FINISHED, &[])?;
    let mut mac = [0; SUITE_HASH_LEN];
    provider.kdf.hmac(SUITE_HASH, key.secret_bytes(), transcript, &mut mac)?;
    Ok(mac)
}

/// One direction's AEAD key and nonce mask, expanded from a traffic secret. Kept apart from the sequence
/// number, which its owner counts.
pub(crate) struct TrafficKey {
    key: Box<dyn AeadKey>,
    iv: ChainSecret,
}

impl TrafficKey {
    pub(crate) fn new(provider: &Provider, aead: Aead, traffic: &ChainSecret) -> Result<Self, Error> {
        let prk = Prk::new(provider, traffic)?;
        let bytes = ChainSecret::build(AEAD_KEY_LEN, |out| prk.expand(label::KEY, &[], out))?;
        let key = bytes.secret_bytes().try_into().map_err(|_| Error::Library("key schedule"))?;
        let key = provider.aead.key(aead, key)?;
        let iv = ChainSecret::build(AEAD_NONCE_LEN, |out| prk.expand(label::IV, &[], out))?;
        Ok(Self { key, iv })
    }

    /// The mask XOR the sequence number, right-aligned.
    fn nonce(&self, sequence: u64) -> [u8; AEAD_NONCE_LEN] {
        let mut nonce = [0; AEAD_NONCE_LEN];
        let number = [0; 4].into_iter().chain(sequence.to_be_bytes());
        for ((out, mask), number) in nonce.iter_mut().zip(self.iv.secret_bytes()).zip(number) {
            *out = mask ^ number;
        }
        nonce
    }

    /// Encrypts what stands from `data` on in a whole frame, up to the room for the tag at its end. The
    /// header at the front is the associated data and must already tell the final length.
    pub(crate) fn seal(&self, sequence: u64, frame: &mut [u8], data: usize) -> Result<(), Error> {
        let (head, sealed) = frame.split_at_mut_checked(data).ok_or(Error::Library("frame"))?;
        let header = head.first_chunk::<FRAME_HEADER_LEN>().ok_or(Error::Library("frame"))?;
        let (plaintext, tag) = sealed.split_last_chunk_mut::<AEAD_TAG_LEN>().ok_or(Error::Library("frame"))?;
        *tag = self.key.seal(&self.nonce(sequence), header, plaintext)?;
        Ok(())
    }

    /// Decrypts what stands from `start` on in a whole frame, in place, and gives the plaintext.
    pub(crate) fn open<'a>(&self, sequence: u64, frame: &'a mut [u8], start: usize) -> Result<&'a mut [u8], Error> {
        let (head, body) = frame.split_at_mut_checked(start).ok_or(Error::Rejected)?;
        let header = head.first_chunk::<FRAME_HEADER_LEN>().ok_or(Error::Rejected)?;
        let (data, tag) = body.split_last_chunk_mut::<AEAD_TAG_LEN>().ok_or(Error::Rejected)?;
        self.key.open(&self.nonce(sequence), header, data, tag)?;
        Ok(data)
    }
}

/// A frame's header: type, no flags, length.
pub(crate) fn header(frame: FrameType, body_len: usize) -> Result<[u8; FRAME_HEADER_LEN], codec::Error> {
    let len = u32::try_from(body_len).map_err(|_| codec::Error::TooLong)?;
    let [0, a, b, c] = len.to_be_bytes() else { return Err(codec::Error::TooLong) };
    Ok([frame as u8, 0, a, b, c])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::RUST;

    #[test]
    fn the_salt_of_a_suite_is_its_derived_early_secret() {
        let zeros = [0; SUITE_HASH_LEN];
        let early = extract(RUST, &zeros, &zeros).unwrap();
        for suite in Suite::ALL {
            let mut name = [0; SUITE_HASH_LEN];
            RUST.hash.digest(SUITE_HASH, &[label::PREFIX.as_bytes(), suite.name().as_bytes()], &mut name);
            let salt = derive(RUST, &early, label::DERIVED, &name).unwrap();
            assert_eq!(salt.secret_bytes(), suite.salt(), "{suite:?}");
        }
    }
}
