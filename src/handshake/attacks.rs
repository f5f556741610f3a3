//! Attacks that need a dishonest party's hands on the messages. Those that only touch the wire are in
//! `tests/handshake.rs` and `tests/link.rs`.

#![expect(clippy::arithmetic_side_effects, reason = "a test fails loudly")]

use alloc::{sync::Arc, vec, vec::Vec};

use super::{
    Config, Error, Failure, Identity, Machine, Peer, Peers, Pin, Progress,
    flight::{Role, Session},
    initiator,
    message::{Flight, InitiatorHello, Parameters, ResponderHello, put_message},
    responder,
    schedule::{HandshakeStage, TrafficKey, Transcript, finished, header},
};
use crate::{
    ids::{
        AEAD_TAG_LEN, KeyKind, Signature,
        protocol::{FRAME_HEADER_LEN, FrameType, IdentityForm, Suite, VERSION, label, message},
    },
    kem::{DecapsulationKey, EncapsulationKey},
    keys::{KeyId, PublicKey},
    provider::{Provider, RUST, SystemRng},
    secret::SharedSecret,
    sign::SigningKey,
};

const PROVIDER: &Provider = RUST;
const SUITE: Suite = Suite::XWingMlDsa65Aes256Gcm;

fn identity(algorithm: Signature) -> Arc<Identity> {
    Identity::new(SigningKey::generate(PROVIDER, algorithm, &mut SystemRng).unwrap()).unwrap()
}

fn config(identity: &Arc<Identity>) -> Config {
    Config::new(PROVIDER, identity.clone(), "orders")
}

fn public(identity: &Identity) -> PublicKey {
    PublicKey::from_raw(KeyKind::Signature(identity.key.algorithm()), identity.key.verifying_key().as_bytes()).unwrap()
}

fn peer(identity: &Identity) -> Peer {
    let pin = Pin::key(&public(identity), PROVIDER).unwrap();
    Peer { name: identity.id.short(), pin, services: vec!["orders".into()] }
}

fn allow(list: &[&Identity]) -> Arc<Peers> {
    let mut peers = Peers::default();
    for identity in list {
        peers.add(peer(identity)).unwrap();
    }
    Arc::new(peers)
}

/// What a dishonest signer puts into its flight; honest values are those of the role.
struct Forgery<'a> {
    signer: &'a SigningKey,
    claims: KeyId,
    signs_id: KeyId,
    signs_peer: Option<KeyId>,
    label_of: Role,
    context: &'static [u8],
    change: fn(&mut Vec<u8>),
    honest_mac: bool,
    parameters: Parameters,
}

impl<'a> Forgery<'a> {
    fn honest(identity: &'a Identity, role: Role, peer: Option<KeyId>) -> Self {
        Self {
            signer: &identity.key,
            claims: identity.id,
            signs_id: identity.id,
            signs_peer: peer,
            label_of: role,
            context: role.context(),
            change: |_| {},
            honest_mac: true,
            parameters: Self::parameters(role),
        }
    }

    fn parameters(role: Role) -> Parameters {
        match role {
            Role::Initiator => {
                Parameters { forms: Parameters::NO_FORMS, max_record: 16 << 10, service: "orders".into() }
            }
            Role::Responder => Parameters { forms: allow(&[]).forms(), max_record: 16 << 10, service: "".into() },
        }
    }

    /// The flight in clear, as an honest peer will open it.
    fn flight(&self, stage: &HandshakeStage, role: Role, transcript: &mut Transcript) -> Vec<u8> {
        let mut flight = Vec::new();
        self.parameters.put(&mut flight).unwrap();
        put_message(&mut flight, message::IDENTITY, &[&[1][..], self.claims.as_bytes()].concat()).unwrap();
        transcript.add(&flight);
        let signed = self.label_of.signed(&transcript.hash(), &self.signs_id, self.signs_peer.as_ref());
        let mut signature = self.signer.sign(&signed, self.context, &mut SystemRng).unwrap();
        (self.change)(&mut signature);
        let before = flight.len();
        put_message(&mut flight, message::AUTH, &signature).unwrap();
        transcript.add(&flight[before..]);
        let mut mac = finished(PROVIDER, role.traffic(stage), &transcript.hash()).unwrap();
        mac[0] ^= u8::from(!self.honest_mac);
        let before = flight.len();
        put_message(&mut flight, message::FINISHED, &mac).unwrap();
        transcript.add(&flight[before..]);
        flight
    }
}

/// Seals `flight` behind `clear`, whose header may tell any length: it is made right here.
fn seal(stage: &HandshakeStage, role: Role, mut frame: Vec<u8>, flight: &[u8]) -> Vec<u8> {
    let start = frame.len();
    frame.extend_from_slice(flight);
    frame.extend_from_slice(&[0; AEAD_TAG_LEN]);
    TrafficKey::new(PROVIDER, SUITE.aead(), role.traffic(stage)).unwrap().seal(0, &mut frame, start).unwrap();
    frame
}

/// Answers `m1` as a responder that forges.
fn forged_m2(m1: &[u8], forgery: &Forgery<'_>) -> Vec<u8> {
    let hello = InitiatorHello::parse(m1).unwrap();
    let key = EncapsulationKey::from_bytes(PROVIDER, SUITE.kem(), hello.encapsulation_key).unwrap();
    let (ciphertext, secret) = key.encapsulate(&mut SystemRng).unwrap();
    m2_by(m1, &ciphertext, &secret, forgery)
}

fn m2_by(m1: &[u8], ciphertext: &[u8], secret: &SharedSecret, forgery: &Forgery<'_>) -> Vec<u8> {
    // One dry run tells the flight's length, which the header must tell before it is hashed.
    let build = |sealed_len| {
        let hello = ResponderHello { version: VERSION, suite: SUITE.code_point(), random: &[7; 32], ciphertext };
        let clear = hello.to_clear(sealed_len).unwrap();
        let mut transcript = Transcript::new(PROVIDER);
        transcript.add(m1);
        transcript.add(&clear);
        let stage = HandshakeStage::new(PROVIDER, SUITE, secret, &transcript.hash()).unwrap();
        let flight = forgery.flight(&stage, Role::Responder, &mut transcript);
        (clear, stage, flight)
    };
    let sealed_len = build(0).2.len() + AEAD_TAG_LEN;
    let (clear, stage, flight) = build(sealed_len);
    seal(&stage, Role::Responder, clear, &flight)
}

/// Answers M2 as an initiator that forges: an honest start, then the forged flight.
fn forged_m3(forgery: &Forgery<'_>, responder: &Identity, peers: Arc<Peers>) -> Failure {
    let key = DecapsulationKey::generate(PROVIDER, SUITE.kem(), &mut SystemRng).unwrap();
    let m1 = InitiatorHello {
        versions: vec![VERSION],
        suites: vec![SUITE.code_point()],
        forms: allow(&[]).forms(),
        random: &[1; 32],
        kem: SUITE.kem().code_point(),
        encapsulation_key: key.encapsulation_key().as_bytes(),
    }
    .to_frame()
    .unwrap();
    let responder_config = Config::new(PROVIDER, clone_identity(responder), "orders");
    let state = responder::start(&responder_config, peers).unwrap();
    let (state, mut m2) = state.read(&mut m1.clone(), &mut SystemRng).unwrap();

    let mut transcript = Transcript::new(PROVIDER);
    transcript.add(&m1);
    let (hello, clear_len) = ResponderHello::parse(&m2).unwrap();
    let secret = key.decapsulate(hello.ciphertext).unwrap();
    transcript.add(&m2[..clear_len]);
    let stage = HandshakeStage::new(PROVIDER, SUITE, &secret, &transcript.hash()).unwrap();
    let session = Session { provider: PROVIDER, suite: SUITE, stage: &stage, identity: responder };
    let pin = Pin::key(&public(responder), PROVIDER).unwrap();
    session.read(Role::Responder, &mut m2, clear_len, &mut transcript, None, |_| Ok(&pin)).unwrap();
    let flight = forgery.flight(&stage, Role::Initiator, &mut transcript);
    let head = header(FrameType::InitiatorFinish, flight.len() + AEAD_TAG_LEN).unwrap();
    let mut m3 = seal(&stage, Role::Initiator, head.to_vec(), &flight);
    state.read(&mut m3).map(|_| ()).unwrap_err()
}

/// The same key again: `Identity` has no `Clone`, and tests know the seed.
fn clone_identity(identity: &Identity) -> Arc<Identity> {
    let seed = crate::secret::Seed::from_slice(identity.key.seed().unwrap().secret_bytes());
    Identity::new(SigningKey::from_seed(PROVIDER, identity.key.algorithm(), seed).unwrap()).unwrap()
}

/// Runs an initiator that expects `responder` against a forged M2.
fn initiator_against(forge: impl FnOnce(&[u8]) -> Vec<u8>, responder: &Identity) -> Error {
    let us = identity(Signature::MlDsa65Ed25519);
    let (state, m1) = initiator::start(&config(&us), &peer(responder), &mut SystemRng).unwrap();
    state.read(&mut forge(&m1), &mut SystemRng).map(|_| ()).unwrap_err().error
}

#[test]
fn forgeries_work_when_they_forge_nothing() {
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    let (state, m1) = initiator::start(&config(&us), &peer(&them), &mut SystemRng).unwrap();
    let mut m2 = forged_m2(&m1, &Forgery::honest(&them, Role::Responder, None));
    assert!(state.read(&mut m2, &mut SystemRng).is_ok());
    // An honest forgery of M3 fails only at the service, which is checked last.
    let parameters = Parameters { service: "other".into(), ..Forgery::parameters(Role::Initiator) };
    let honest = Forgery { parameters, ..Forgery::honest(&us, Role::Initiator, Some(them.id)) };
    let failure = forged_m3(&honest, &them, allow(&[&us]));
    assert_eq!(failure.error, Error::OtherService(us.id));
}

#[test]
fn parameters_out_of_range_are_refused_from_a_signer_too() {
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    let limits = [(16 << 10) - 1, (64 << 10) + 1, 0, 0xff_ffff];
    let bad = |role| {
        let honest = move || Forgery::parameters(role);
        let unasked = match role {
            Role::Initiator => Parameters { forms: allow(&[]).forms(), ..honest() },
            Role::Responder => Parameters { service: "orders".into(), ..honest() },
        };
        let long = Parameters { service: "x".repeat(65), ..honest() };
        limits.iter().map(move |limit| Parameters { max_record: *limit, ..honest() }).chain([unasked, long])
    };
    for parameters in bad(Role::Responder) {
        let forgery = Forgery { parameters, ..Forgery::honest(&them, Role::Responder, None) };
        assert_eq!(initiator_against(|m1| forged_m2(m1, &forgery), &them), Error::Parameters);
    }
    for parameters in bad(Role::Initiator) {
        let forgery = Forgery { parameters, ..Forgery::honest(&us, Role::Initiator, Some(them.id)) };
        assert_eq!(forged_m3(&forgery, &them, allow(&[&us])).error, Error::Parameters);
    }
}

#[test]
fn identity_misbinding() {
    let (them, mallory) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    // Mallory answers with its own signature under the expected responder's name, whatever id it signs.
    for signs_id in [them.id, mallory.id] {
        let forgery = Forgery { claims: them.id, signs_id, ..Forgery::honest(&mallory, Role::Responder, None) };
        assert_eq!(initiator_against(|m1| forged_m2(m1, &forgery), &them), Error::Unauthenticated);
    }
    // The expected responder's own key over another id than its own.
    let forgery = Forgery { signs_id: mallory.id, ..Forgery::honest(&them, Role::Responder, None) };
    assert_eq!(initiator_against(|m1| forged_m2(m1, &forgery), &them), Error::Unauthenticated);
    // The same from the initiator's side.
    let us = identity(Signature::MlDsa65Ed25519);
    for signs_id in [us.id, mallory.id] {
        let forgery = Forgery { claims: us.id, signs_id, ..Forgery::honest(&mallory, Role::Initiator, Some(them.id)) };
        let failure = forged_m3(&forgery, &them, allow(&[&us]));
        assert_eq!(failure.error, Error::Unauthenticated);
        assert_eq!(failure.alert.first(), Some(&(FrameType::Refusal as u8)));
    }
}

#[test]
fn unknown_key_share() {
    let (us, them, mallory) =
        (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    // An initiator that believes to talk to Mallory signs Mallory's id; the responder wants its own there.
    for signs_peer in [Some(mallory.id), None] {
        let forgery = Forgery { signs_peer, ..Forgery::honest(&us, Role::Initiator, Some(them.id)) };
        assert_eq!(forged_m3(&forgery, &them, allow(&[&us])).error, Error::Unauthenticated);
    }
    // Mallory relays our M1 to the real responder and its M2 back: not the one that we pinned.
    let (state, m1) = initiator::start(&config(&us), &peer(&mallory), &mut SystemRng).unwrap();
    let relay = responder::start(&config(&them), allow(&[&us])).unwrap();
    let (_, mut m2) = relay.read(&mut m1.clone(), &mut SystemRng).unwrap();
    let error = state.read(&mut m2, &mut SystemRng).unwrap_err().error;
    assert_eq!(error, Error::WrongResponder { expected: mallory.id, found: them.id });
}

#[test]
fn key_compromise_impersonation() {
    // Mallory holds our own key, and wants us to take it for the responder.
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    let (state, m1) = initiator::start(&config(&us), &peer(&them), &mut SystemRng).unwrap();
    let forgery = Forgery { claims: them.id, signs_id: them.id, ..Forgery::honest(&us, Role::Responder, None) };
    let mut m2 = forged_m2(&m1, &forgery);
    assert_eq!(state.read(&mut m2, &mut SystemRng).unwrap_err().error, Error::Unauthenticated);
    // Mallory holds the responder's key, and wants the responder to take it for us.
    let forgery = Forgery { claims: us.id, signs_id: us.id, ..Forgery::honest(&them, Role::Initiator, Some(them.id)) };
    assert_eq!(forged_m3(&forgery, &them, allow(&[&us])).error, Error::Unauthenticated);
}

#[test]
fn signatures_do_not_cross_roles() {
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    for (label_of, context) in [
        (Role::Initiator, label::RESPONDER_CONTEXT),
        (Role::Responder, label::INITIATOR_CONTEXT),
        (Role::Responder, b""),
    ] {
        let forgery = Forgery { label_of, context, ..Forgery::honest(&them, Role::Responder, None) };
        assert_eq!(initiator_against(|m1| forged_m2(m1, &forgery), &them), Error::Unauthenticated);
    }
    let forgery = Forgery { context: label::RESPONDER_CONTEXT, ..Forgery::honest(&us, Role::Initiator, Some(them.id)) };
    assert_eq!(forged_m3(&forgery, &them, allow(&[&us])).error, Error::Unauthenticated);
}

#[test]
fn composite_stripping_and_splitting() {
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    let lattice_len = 3309;
    let changes: [fn(&mut Vec<u8>); 5] = [
        |signature| signature.truncate(3309),      // the lattice half alone
        |signature| drop(signature.drain(..3309)), // the classical half alone
        |signature| signature[3309..].fill(0),     // the classical half blanked
        |signature| signature[..3309].fill(0),     // the lattice half blanked
        |signature| signature.rotate_left(3309),   // halves swapped
    ];
    assert_eq!(Signature::MlDsa65Ed25519.signature_len(), lattice_len + 64);
    for change in changes {
        let forgery = Forgery { change, ..Forgery::honest(&them, Role::Responder, None) };
        assert_eq!(initiator_against(|m1| forged_m2(m1, &forgery), &them), Error::Unauthenticated);
        let forgery = Forgery { change, ..Forgery::honest(&us, Role::Initiator, Some(them.id)) };
        assert_eq!(forged_m3(&forgery, &them, allow(&[&us])).error, Error::Unauthenticated);
    }
    // 44 under a suite of 65: the key is known, but it cannot sign for this suite.
    let small = identity(Signature::MlDsa44Ed25519);
    let forgery = Forgery::honest(&small, Role::Initiator, Some(them.id));
    assert_eq!(forged_m3(&forgery, &them, allow(&[&small])).error, Error::Unauthenticated);
}

#[test]
fn a_wrong_finished_mac_looks_like_a_wrong_signature() {
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    let forgery = Forgery { honest_mac: false, ..Forgery::honest(&them, Role::Responder, None) };
    assert_eq!(initiator_against(|m1| forged_m2(m1, &forgery), &them), Error::Unauthenticated);
    let forgery = Forgery { honest_mac: false, ..Forgery::honest(&us, Role::Initiator, Some(them.id)) };
    assert_eq!(forged_m3(&forgery, &them, allow(&[&us])).error, Error::Unauthenticated);
}

#[test]
fn kem_reencapsulation_and_wrong_key_binding() {
    let (us, them, mallory) =
        (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    // Mallory puts its own encapsulation key into M1, so that it learns the responder's secret.
    let (state, m1) = initiator::start(&config(&us), &peer(&them), &mut SystemRng).unwrap();
    let hello = InitiatorHello::parse(&m1).unwrap();
    let own = DecapsulationKey::generate(PROVIDER, SUITE.kem(), &mut SystemRng).unwrap();
    let mut swapped =
        InitiatorHello { encapsulation_key: own.encapsulation_key().as_bytes(), ..hello }.to_frame().unwrap();
    let responder = responder::start(&config(&them), allow(&[&us])).unwrap();
    let (_, m2) = responder.read(&mut swapped, &mut SystemRng).unwrap();
    // It passes M2 on as it is, with a ciphertext re-encapsulated to us: neither opens for us.
    let (hello2, clear_len) = ResponderHello::parse(&m2).unwrap();
    assert!(own.decapsulate(hello2.ciphertext).is_ok());
    let key =
        EncapsulationKey::from_bytes(PROVIDER, SUITE.kem(), InitiatorHello::parse(&m1).unwrap().encapsulation_key)
            .unwrap();
    let (again, _) = key.encapsulate(&mut SystemRng).unwrap();
    let mut relayed = ResponderHello { ciphertext: &again, ..hello2 }.to_clear(m2.len() - clear_len).unwrap();
    relayed.extend_from_slice(&m2[clear_len..]);
    assert_eq!(state.read(&mut relayed, &mut SystemRng).unwrap_err().error, Error::Unauthenticated);
    // A ciphertext made for another key decapsulates to another secret: implicit rejection, one error.
    let other = DecapsulationKey::generate(PROVIDER, SUITE.kem(), &mut SystemRng).unwrap();
    let (for_other, secret) = other.encapsulation_key().encapsulate(&mut SystemRng).unwrap();
    let forgery = Forgery::honest(&them, Role::Responder, None);
    let error = initiator_against(|m1| m2_by(m1, &for_other, &secret, &forgery), &them);
    assert_eq!(error, Error::Unauthenticated);
    let forgery = Forgery { claims: them.id, ..Forgery::honest(&mallory, Role::Responder, None) };
    assert_eq!(initiator_against(|m1| forged_m2(m1, &forgery), &them), Error::Unauthenticated);
}

#[test]
fn expanded_keys_refused_on_the_wire() {
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    let (_, m1) = initiator::start(&config(&us), &peer(&them), &mut SystemRng).unwrap();
    let hello = InitiatorHello::parse(&m1).unwrap();
    for encapsulation_key in [&[0; 2400][..], &[0; 2464], &[0; 1184], &[0; 32], &[], &[0xff; 1216]] {
        let mut m1 =
            InitiatorHello { encapsulation_key, versions: vec![VERSION], suites: vec![1], ..hello }.to_frame().unwrap();
        let responder = responder::start(&config(&them), allow(&[&us])).unwrap();
        let failure = responder.read(&mut m1, &mut SystemRng).unwrap_err();
        assert_eq!(failure.error, Error::BadKey, "{} bytes", encapsulation_key.len());
    }
    // An identity that is a private key file, or an expanded key, is not a SubjectPublicKeyInfo.
    let private = crate::keys::PrivateKey::from_seed(
        KeyKind::Signature(Signature::MlDsa65Ed25519),
        crate::secret::Seed::from_slice(us.key.seed().unwrap().secret_bytes()),
    )
    .unwrap();
    for bytes in [private.to_pkcs8_der().unwrap().to_vec(), vec![0; 4032], us.key.verifying_key().as_bytes().to_vec()] {
        let mut flight = Vec::new();
        let parameters = Parameters { forms: Parameters::NO_FORMS, max_record: 16 << 10, service: "orders".into() };
        parameters.put(&mut flight).unwrap();
        put_message(&mut flight, message::IDENTITY, &[&[IdentityForm::Spki as u8][..], &bytes].concat()).unwrap();
        put_message(&mut flight, message::AUTH, &[0; 3373]).unwrap();
        put_message(&mut flight, message::FINISHED, &[0; 48]).unwrap();
        let flight = Flight::parse(&flight).unwrap();
        let found = super::peers::Claimed::find(PROVIDER, SUITE, &flight.identity.1, |id| Err(Error::UnknownPeer(*id)));
        assert_eq!(found.map(|_| ()).unwrap_err(), Error::BadKey);
    }
}

#[test]
fn a_responder_cannot_choose_what_was_not_offered() {
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    for (version, suite, expected) in [
        (2, 1, Error::NoCommonVersion),
        (0x0a0a, 1, Error::NoCommonVersion),
        (1, 2, Error::NoCommonSuite), // known, but we cannot sign for it and did not offer it
        (1, 0x0010, Error::NoCommonSuite),
        (1, 0xfafa, Error::NoCommonSuite),
    ] {
        let (state, _) = initiator::start(&config(&us), &peer(&them), &mut SystemRng).unwrap();
        let hello = ResponderHello { version, suite, random: &[0; 32], ciphertext: &[0; 1120] };
        let mut m2 = hello.to_clear(0).unwrap();
        assert_eq!(state.read(&mut m2, &mut SystemRng).unwrap_err().error, expected);
    }
}

#[test]
fn what_is_reserved_must_be_empty() {
    let (us, them) = (identity(Signature::MlDsa65Ed25519), identity(Signature::MlDsa65Ed25519));
    let (_, m1) = initiator::start(&config(&us), &peer(&them), &mut SystemRng).unwrap();
    // hint<2>, ticket<2>, probe<1> are the last five bytes, all zero lengths.
    let body = &m1[FRAME_HEADER_LEN..m1.len() - 5];
    for tail in [&[0, 1, 9, 0, 0, 0][..], &[0, 0, 0, 1, 9, 0], &[0, 0, 0, 0, 1, 9]] {
        let head = header(FrameType::InitiatorHello, body.len() + tail.len()).unwrap();
        let mut m1 = [&head[..], body, tail].concat();
        let machine = Machine::responder(&config(&them), allow(&[&us])).unwrap();
        let failure = machine.read(&mut m1, &mut SystemRng).map(|_: Progress| ()).unwrap_err();
        assert_eq!(failure.error, Error::Reserved);
    }
}
