//! The responder: `start → AwaitHello → AwaitFinish → Established`.

use alloc::{string::String, sync::Arc, vec::Vec};

use rand_core::TryCryptoRng;

use super::{
    Config, Established, Failure, Peers,
    error::Error,
    expect_frame,
    flight::{Role, Session},
    message::{InitiatorHello, Parameters, ResponderHello, kem_of},
    schedule::{HandshakeStage, TrafficKey, Transcript, header},
};
use crate::{
    ids::{
        AEAD_TAG_LEN,
        protocol::{ALERT_REFUSED, FRAME_HEADER_LEN, FrameType, REFUSAL_SEQUENCE, Suite, VERSION},
    },
    kem::EncapsulationKey,
};

/// Waits for M1.
pub struct AwaitHello {
    config: Config,
    peers: Arc<Peers>,
    suites: Vec<Suite>,
}

/// Makes a responder that allows `peers`.
///
/// # Errors
/// A configuration that cannot work.
pub fn start(config: &Config, peers: Arc<Peers>) -> Result<AwaitHello, Error> {
    config.check()?;
    let suites = config.identity.usable(&config.suites)?;
    Ok(AwaitHello { config: config.clone(), peers, suites })
}

impl AwaitHello {
    /// Reads M1 and makes M2. Nothing is signed before M1 is found sound.
    ///
    /// # Errors
    /// What went wrong, and the alert to send.
    pub fn read<R: TryCryptoRng + ?Sized>(
        self,
        frame: &mut [u8],
        rng: &mut R,
    ) -> Result<(AwaitFinish, Vec<u8>), Failure> {
        Ok(self.step(frame, rng)?)
    }

    fn step<R: TryCryptoRng + ?Sized>(self, frame: &[u8], rng: &mut R) -> Result<(AwaitFinish, Vec<u8>), Error> {
        let Self { config, peers, suites } = self;
        let provider = config.provider;
        expect_frame(frame, FrameType::InitiatorHello)?;
        let hello = InitiatorHello::parse(frame)?;
        if !hello.versions.contains(&VERSION) {
            return Err(Error::NoCommonVersion);
        }
        // Our order decides. The share must be for the suite's KEM: there is no second try.
        let offered =
            |suite: &Suite| hello.suites.contains(&suite.code_point()) && kem_of(hello.kem) == Some(suite.kem());
        let suite = suites.into_iter().find(offered).ok_or(Error::NoCommonSuite)?;
        let form = hello.forms.shortest()?;
        let mut random = [0; 32];
        rng.try_fill_bytes(&mut random).map_err(|_| crate::Error::Random)?;
        let (ciphertext, shared_secret) = EncapsulationKey::from_bytes(provider, suite.kem(), hello.encapsulation_key)
            .map_err(|_| Error::BadKey)?
            .encapsulate(rng)?;

        let mut transcript = Transcript::new(provider);
        transcript.add(frame);
        let ours = Parameters { forms: peers.forms(), max_record: config.max_record, service: String::new() };
        let clear =
            ResponderHello { version: VERSION, suite: suite.code_point(), random: &random, ciphertext: &ciphertext };
        let sealed_len = Session::sealed_len(suite, &ours, &config.identity, form);
        let mut m2 = clear.to_clear(sealed_len)?;
        transcript.add(&m2);
        let stage = HandshakeStage::new(provider, suite, &shared_secret, &transcript.hash())?;
        let session = Session { provider, suite, stage: &stage, identity: &config.identity };
        let key = session.write(Role::Responder, &mut m2, &mut transcript, &ours, form, None, rng)?;
        Ok((AwaitFinish { config, peers, suite, transcript, stage, key }, m2))
    }
}

impl core::fmt::Debug for AwaitHello {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("AwaitHello")
    }
}

/// Waits for M3.
pub struct AwaitFinish {
    config: Config,
    peers: Arc<Peers>,
    suite: Suite,
    transcript: Transcript,
    stage: HandshakeStage,
    /// Sealed M2, and seals the refusal of M3.
    key: TrafficKey,
}

impl AwaitFinish {
    /// Reads M3, which is decrypted in place. Only now is the initiator known, and only now may application
    /// data be sent.
    ///
    /// # Errors
    /// What went wrong, and the sealed refusal to send.
    pub fn read(mut self, frame: &mut [u8]) -> Result<Established, Failure> {
        self.step(frame).map_err(|error| {
            // An initiator that refused us is gone; one that we cannot answer under keys gets nothing.
            let alert = if error == Error::Refused { Vec::new() } else { self.refusal().unwrap_or_default() };
            Failure { error, alert }
        })
    }

    fn refusal(&self) -> Result<Vec<u8>, Error> {
        let plaintext = [ALERT_REFUSED];
        let header = header(FrameType::Refusal, AEAD_TAG_LEN.saturating_add(plaintext.len()))?;
        let mut frame = [&header[..], &plaintext, &[0; AEAD_TAG_LEN]].concat();
        self.key.seal(REFUSAL_SEQUENCE, &mut frame, FRAME_HEADER_LEN)?;
        Ok(frame)
    }

    fn step(&mut self, frame: &mut [u8]) -> Result<Established, Error> {
        let Self { config, peers, suite, transcript, stage, .. } = self;
        let (provider, suite) = (config.provider, *suite);
        expect_frame(frame, FrameType::InitiatorFinish)?;
        let session = Session { provider, suite, stage, identity: &config.identity };
        let us = Some(&config.identity.id);
        let (theirs, claimed, _) = session.read(Role::Initiator, frame, FRAME_HEADER_LEN, transcript, us, |id| {
            peers.get(id).map(|peer| &peer.pin).ok_or(Error::UnknownPeer(*id))
        })?;
        if theirs.forms != Parameters::NO_FORMS {
            return Err(Error::Parameters);
        }
        let peer = peers.get(&claimed.id).ok_or(Error::UnknownPeer(claimed.id))?;
        if theirs.service != config.service {
            return Err(Error::OtherService(claimed.id));
        }
        if !peer.services.contains(&theirs.service) {
            return Err(Error::NotAllowed(claimed.id));
        }
        let secrets = stage.finish(provider, &transcript.hash())?;
        Ok(Established {
            provider,
            suite,
            peer: claimed.id,
            peer_name: peer.name.clone(),
            service: theirs.service,
            send_limit: theirs.max_record,
            receive_limit: config.max_record,
            send: secrets.responder,
            receive: secrets.initiator,
            exporter: secrets.exporter,
            refusal: None,
        })
    }
}

impl core::fmt::Debug for AwaitFinish {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AwaitFinish").field("suite", &self.suite).finish_non_exhaustive()
    }
}
