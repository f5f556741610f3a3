//! The initiator: `start → AwaitResponse → Established`.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::{
    Config, Established, Failure, Peer,
    error::Error,
    expect_frame,
    flight::{Role, Session},
    message::{InitiatorHello, Parameters, ResponderHello},
    schedule::{HandshakeStage, Transcript, header},
};
use crate::{
    ids::protocol::{FRAME_HEADER_LEN, FrameType, Suite, VERSION, grease},
    kem::DecapsulationKey,
};

/// Waits for M2.
pub struct AwaitResponse {
    config: Config,
    peer: Peer,
    suites: Vec<Suite>,
    key: DecapsulationKey,
    transcript: Transcript,
}

/// Makes M1.
///
/// # Errors
/// A configuration that cannot work; a failing generator.
pub fn start<R: TryCryptoRng + ?Sized>(
    config: &Config,
    peer: &Peer,
    rng: &mut R,
) -> Result<(AwaitResponse, Vec<u8>), Error> {
    config.check()?;
    let suites = config.identity.usable(&config.suites)?;
    let kem = suites.first().ok_or(Error::NoUsableSuite)?.kem();
    let mut random = [0; 34];
    rng.try_fill_bytes(&mut random).map_err(|_| crate::Error::Random)?;
    let [grease_version, grease_suite, random @ ..] = random;
    let key = DecapsulationKey::generate(config.provider, kem, rng)?;
    let m1 = InitiatorHello {
        versions: [VERSION, grease(grease_version)].to_vec(),
        suites: suites.iter().map(|suite| suite.code_point()).chain([grease(grease_suite)]).collect(),
        forms: peer.pin.forms(),
        random: &random,
        kem: kem.code_point(),
        encapsulation_key: key.encapsulation_key().as_bytes(),
    }
    .to_frame()?;
    let mut transcript = Transcript::new(config.provider);
    transcript.add(&m1);
    Ok((AwaitResponse { config: config.clone(), peer: peer.clone(), suites, key, transcript }, m1))
}

impl AwaitResponse {
    /// Reads M2, which is decrypted in place, and makes M3. Application data may follow M3 at once.
    ///
    /// # Errors
    /// What went wrong, and the alert to send.
    pub fn read<R: TryCryptoRng + ?Sized>(
        self,
        frame: &mut [u8],
        rng: &mut R,
    ) -> Result<(Established, Vec<u8>), Failure> {
        Ok(self.step(frame, rng)?)
    }

    fn step<R: TryCryptoRng + ?Sized>(self, frame: &mut [u8], rng: &mut R) -> Result<(Established, Vec<u8>), Error> {
        let Self { config, peer, suites, key, mut transcript } = self;
        let provider = config.provider;
        expect_frame(frame, FrameType::ResponderHello)?;
        let (hello, clear_len) = ResponderHello::parse(frame)?;
        if hello.version != VERSION {
            return Err(Error::NoCommonVersion);
        }
        let suite = Suite::from_code_point(hello.suite).filter(|suite| suites.contains(suite));
        let suite = suite.ok_or(Error::NoCommonSuite)?;
        let shared_secret = key.decapsulate(hello.ciphertext).map_err(|_| Error::BadKey)?;
        transcript.add(frame.get(..clear_len).unwrap_or_default());
        let stage = HandshakeStage::new(provider, suite, &shared_secret, &transcript.hash())?;
        let session = Session { provider, suite, stage: &stage, identity: &config.identity };

        let expected = *peer.pin.key_id();
        let (theirs, claimed, refusal) =
            session.read(Role::Responder, frame, clear_len, &mut transcript, None, |found| {
                if *found == expected { Ok(&peer.pin) } else { Err(Error::WrongResponder { expected, found: *found }) }
            })?;

        if !theirs.service.is_empty() {
            return Err(Error::Parameters);
        }

        let ours =
            Parameters { forms: Parameters::NO_FORMS, max_record: config.max_record, service: config.service.clone() };
        let form = theirs.forms.shortest()?;
        let sealed_len = Session::sealed_len(suite, &ours, &config.identity, form);
        let mut m3 = Vec::with_capacity(sealed_len.saturating_add(FRAME_HEADER_LEN));
        m3.extend_from_slice(&header(FrameType::InitiatorFinish, sealed_len)?);
        session.write(Role::Initiator, &mut m3, &mut transcript, &ours, form, Some(&claimed.id), rng)?;

        let secrets = stage.finish(provider, &transcript.hash())?;
        let established = Established {
            provider,
            suite,
            peer: claimed.id,
            peer_name: peer.name,
            service: config.service,
            send_limit: theirs.max_record,
            receive_limit: config.max_record,
            send: secrets.initiator,
            receive: secrets.responder,
            exporter: secrets.exporter,
            refusal: Some(refusal),
        };
        Ok((established, m3))
    }
}

impl core::fmt::Debug for AwaitResponse {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AwaitResponse").field("peer", &self.peer.name).finish_non_exhaustive()
    }
}
