//! The sealed half of M2 and M3: parameters, identity, signature, MAC. The same code for both roles.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::{
    error::Error,
    message::{Flight, IdentityMessage, Parameters, put_message},
    peers::{Claimed, Identity, Pin},
    schedule::{HandshakeStage, TrafficKey, Transcript, TranscriptHash, finished},
};
use crate::{
    ids::{
        AEAD_TAG_LEN,
        protocol::{IdentityForm, SUITE_HASH_LEN, Suite, label, message},
    },
    keys::KeyId,
    provider::Provider,
    secret::{ChainSecret, ct_eq},
};

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Initiator,
    Responder,
}

impl Role {
    const fn label(self) -> &'static str {
        match self {
            Self::Initiator => label::INITIATOR_AUTH,
            Self::Responder => label::RESPONDER_AUTH,
        }
    }

    pub(super) const fn context(self) -> &'static [u8] {
        match self {
            Self::Initiator => label::INITIATOR_CONTEXT,
            Self::Responder => label::RESPONDER_CONTEXT,
        }
    }

    pub(super) const fn traffic(self, stage: &HandshakeStage) -> &ChainSecret {
        match self {
            Self::Initiator => &stage.initiator,
            Self::Responder => &stage.responder,
        }
    }

    /// 64 spaces, the role, a zero, the transcript hash, the signer's id, and its peer's if it knows it.
    pub(super) fn signed(self, transcript: &TranscriptHash, signer: &KeyId, peer: Option<&KeyId>) -> Vec<u8> {
        let peer = peer.map_or(&[][..], |peer| peer.as_bytes());
        let parts: [&[u8]; 7] =
            [&[b' '; 64], label::PREFIX.as_bytes(), self.label().as_bytes(), &[0], transcript, signer.as_bytes(), peer];
        parts.concat()
    }
}

/// What both directions of a flight share.
pub(super) struct Session<'a> {
    pub(super) provider: &'static Provider,
    pub(super) suite: Suite,
    pub(super) stage: &'a HandshakeStage,
    /// Ours.
    pub(super) identity: &'a Identity,
}

impl Session<'_> {
    /// Bytes of a sealed flight. The header tells them, and the header is hashed before the flight is made.
    pub(super) fn sealed_len(suite: Suite, parameters: &Parameters, identity: &Identity, form: IdentityForm) -> usize {
        let identity_len = match form {
            IdentityForm::KeyId => identity.id.as_bytes().len(),
            IdentityForm::Spki => identity.spki.len(),
        };
        let message_header = 4;
        [
            message_header,
            parameters.encoded_len(),
            message_header,
            1,
            identity_len,
            message_header,
            suite.signature().signature_len(),
            message_header,
            SUITE_HASH_LEN,
            AEAD_TAG_LEN,
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    /// Appends the sealed flight to `frame`, which holds its header and clear part. Gives the key that sealed it.
    #[expect(clippy::too_many_arguments, reason = "one call per role; each is an input of the signature")]
    pub(super) fn write<R: TryCryptoRng + ?Sized>(
        &self,
        role: Role,
        frame: &mut Vec<u8>,
        transcript: &mut Transcript,
        parameters: &Parameters,
        form: IdentityForm,
        peer: Option<&KeyId>,
        rng: &mut R,
    ) -> Result<TrafficKey, Error> {
        let Self { identity, .. } = self;
        let start = frame.len();
        let mut hashed = start;
        let mut hash = |transcript: &mut Transcript, frame: &[u8]| {
            transcript.add(frame.get(hashed..).unwrap_or_default());
            hashed = frame.len();
            transcript.hash()
        };
        parameters.put(frame)?;
        IdentityMessage::put(form, &identity.id, &identity.spki, frame)?;
        let signed = role.signed(&hash(transcript, frame), &identity.id, peer);
        put_message(frame, message::AUTH, &identity.key.sign(&signed, role.context(), rng)?)?;
        let traffic = role.traffic(self.stage);
        let mac = finished(self.provider, traffic, &hash(transcript, frame))?;
        put_message(frame, message::FINISHED, &mac)?;
        hash(transcript, frame);
        frame.extend_from_slice(&[0; AEAD_TAG_LEN]);
        let key = TrafficKey::new(self.provider, self.suite.aead(), traffic)?;
        key.seal(0, frame, start)?;
        Ok(key)
    }

    /// Opens and verifies the flight that stands from `start` on. `us` is our id if the signer knew it. Gives
    /// the key that opened it, too.
    pub(super) fn read<'p>(
        &self,
        role: Role,
        frame: &mut [u8],
        start: usize,
        transcript: &mut Transcript,
        us: Option<&KeyId>,
        pin_of: impl FnOnce(&KeyId) -> Result<&'p Pin, Error>,
    ) -> Result<(Parameters, Claimed, TrafficKey), Error> {
        let traffic = role.traffic(self.stage);
        let key = TrafficKey::new(self.provider, self.suite.aead(), traffic)?;
        let plaintext = key.open(0, frame, start).map_err(|_| Error::Unauthenticated)?;
        let flight = Flight::parse(plaintext)?;

        transcript.add(flight.parameters.0);
        transcript.add(flight.identity.0);
        let claimed = Claimed::find(self.provider, self.suite, &flight.identity.1, pin_of);
        // Whether an id is known shows in nothing but the log: an unknown one costs as much work, on our key.
        let decoy = (&self.identity.id, self.identity.key.verifying_key());
        let (id, verifying_key) = claimed.as_ref().map_or(decoy, |claimed| (&claimed.id, &claimed.key));
        let signed = role.signed(&transcript.hash(), id, us);
        let signature = verifying_key.verify(&signed, role.context(), flight.auth.1);

        transcript.add(flight.auth.0);
        let mac = finished(self.provider, traffic, &transcript.hash())?;
        let finished = ct_eq(&mac, flight.finished.1);
        transcript.add(flight.finished.0);
        let claimed = claimed?;
        if signature.is_err() || !finished {
            return Err(Error::Unauthenticated);
        }
        Ok((flight.parameters.1, claimed, key))
    }
}
