//! Two parties that pin each other, and their handshake.

use std::sync::Arc;

use twinlock::{
    channel,
    handshake::{Config, Established, Identity, Machine, Peer, Peers, Pin, Progress},
    ids::{KeyKind, protocol::Suite},
    keys::PublicKey,
    provider::{Provider, SystemRng},
    sign::SigningKey,
};

const SERVICE: &str = "orders";

pub(crate) struct Parties {
    initiator: Config,
    responder: Config,
    responder_pin: Peer,
    peers: Arc<Peers>,
}

impl Parties {
    pub(crate) fn new(provider: &'static Provider, suite: Suite) -> Self {
        let (initiator, initiator_pin) = party(provider, suite);
        let (responder, responder_pin) = party(provider, suite);
        let mut peers = Peers::default();
        peers.add(initiator_pin).unwrap();
        Self { initiator, responder, responder_pin, peers: Arc::new(peers) }
    }

    /// Both sides of a full handshake, from nothing to established.
    pub(crate) fn handshake(&self) -> [Established; 2] {
        let rng = &mut SystemRng;
        let (initiator, mut m1) = Machine::initiator(&self.initiator, &self.responder_pin, rng).unwrap();
        let responder = Machine::responder(&self.responder, self.peers.clone()).unwrap();
        let Progress::Continue(responder, mut m2) = responder.read(&mut m1, rng).unwrap() else {
            panic!("the responder needs two messages");
        };
        let Progress::Done(initiator, mut m3) = initiator.read(&mut m2, rng).unwrap() else {
            panic!("the initiator needs one message");
        };
        let Progress::Done(responder, _) = responder.read(&mut m3, rng).unwrap() else {
            panic!("the responder needs two messages");
        };
        [*initiator, *responder]
    }

    /// A handshake that gives both sides the same channel.
    pub(crate) fn check(&self) {
        let ids = self.handshake().map(|side| channel::halves(side).unwrap().2.channel_id().unwrap());
        assert_eq!(ids[0], ids[1]);
    }
}

fn party(provider: &'static Provider, suite: Suite) -> (Config, Peer) {
    let key = SigningKey::generate(provider, suite.signature(), &mut SystemRng).unwrap();
    let kind = KeyKind::Signature(suite.signature());
    let public = PublicKey::from_raw(kind, key.verifying_key().as_bytes()).unwrap();
    let mut config = Config::new(provider, Identity::new(key).unwrap(), SERVICE);
    config.suites = vec![suite];
    let pin = Pin::key(&public, provider).unwrap();
    (config, Peer { name: "peer".into(), pin, services: vec![SERVICE.into()] })
}
