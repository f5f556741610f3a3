//! What the tests of the handshake and the channel share: two parties, and a link that can misbehave.

#![allow(dead_code, reason = "each test crate uses its part")]

use std::sync::Arc;

use twinlock::{
    channel::{self, Exporter, OpenHalf, SealHalf},
    handshake::{Config, Established, Failure, Identity, Machine, Peer, Peers, Pin, Progress},
    ids::{KeyKind, Signature, protocol::Suite},
    keys::PublicKey,
    provider::{self, Provider, SystemRng},
    sign::SigningKey,
};

pub const SERVICE: &str = "orders";

/// The fastest provider of the build, so that thousands of handshakes stay cheap.
pub fn provider() -> &'static Provider {
    Provider::by_name("aws-lc").unwrap_or(provider::RUST)
}

/// One party: its identity, and its public key as others pin it.
#[derive(Clone)]
pub struct Party {
    pub name: &'static str,
    pub identity: Arc<Identity>,
    pub public: PublicKey,
}

impl Party {
    pub fn new(name: &'static str, algorithm: Signature) -> Self {
        let key = SigningKey::generate(provider(), algorithm, &mut SystemRng).unwrap();
        let public = PublicKey::from_raw(KeyKind::Signature(algorithm), key.verifying_key().as_bytes()).unwrap();
        Self { name, identity: Identity::new(key).unwrap(), public }
    }

    pub fn config(&self) -> Config {
        Config::new(provider(), self.identity.clone(), SERVICE)
    }

    /// This party as a pinned peer.
    pub fn pinned(&self) -> Peer {
        Peer {
            name: self.name.into(),
            pin: Pin::key(&self.public, provider()).unwrap(),
            services: vec![SERVICE.into()],
        }
    }

    /// This party as a peer of whom only the id is known.
    pub fn by_id(&self) -> Peer {
        Peer { pin: Pin::id(self.public.key_id()), ..self.pinned() }
    }
}

pub fn peers(list: impl IntoIterator<Item = Peer>) -> Arc<Peers> {
    let mut peers = Peers::default();
    for peer in list {
        peers.add(peer).unwrap();
    }
    Arc::new(peers)
}

/// A pair that pins each other.
pub struct Pair {
    pub initiator: Party,
    pub responder: Party,
    pub initiator_config: Config,
    pub responder_config: Config,
    pub responder_as_peer: Peer,
    pub peers: Arc<Peers>,
}

impl Pair {
    pub fn new() -> Self {
        Self::of(Signature::MlDsa65Ed25519)
    }

    pub fn of(algorithm: Signature) -> Self {
        let (initiator, responder) = (Party::new("initiator", algorithm), Party::new("responder", algorithm));
        Self {
            initiator_config: initiator.config(),
            responder_config: responder.config(),
            responder_as_peer: responder.pinned(),
            peers: peers([initiator.pinned()]),
            initiator,
            responder,
        }
    }

    pub fn of_suite(suite: Suite) -> Self {
        let mut pair = Self::of(suite.signature());
        pair.initiator_config.suites = vec![suite];
        pair.responder_config.suites = vec![suite];
        pair
    }

    pub fn initiator(&self) -> (Machine, Vec<u8>) {
        Machine::initiator(&self.initiator_config, &self.responder_as_peer, &mut SystemRng).unwrap()
    }

    pub fn responder(&self) -> Machine {
        Machine::responder(&self.responder_config, self.peers.clone()).unwrap()
    }

    /// An honest handshake: what each side has at the end, and M1, M2, M3.
    pub fn run(&self) -> (Established, Established, [Vec<u8>; 3]) {
        let (initiator, m1) = self.initiator();
        let (responder, m2) = step(self.responder(), &m1).unwrap();
        let (initiator, m3) = finish(initiator, &m2).unwrap();
        let (responder, _) = finish(responder, &m3).unwrap();
        (initiator, responder, [m1, m2, m3])
    }

    /// Both ends of an honest channel.
    pub fn channel(&self) -> (End, End) {
        let (initiator, responder, _) = self.run();
        (End::of(initiator), End::of(responder))
    }
}

/// One end of a channel.
#[derive(Debug)]
pub struct End {
    pub seal: SealHalf,
    pub open: OpenHalf,
    pub exporter: Exporter,
}

impl End {
    pub fn of(established: Established) -> Self {
        let (seal, open, exporter) = channel::halves(established).unwrap();
        Self { seal, open, exporter }
    }

    pub fn sealed(&mut self, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.seal.seal_all(content, &mut out).unwrap();
        out
    }
}

/// A step that must go on.
pub fn step(machine: Machine, frame: &[u8]) -> Result<(Machine, Vec<u8>), Failure> {
    match machine.read(&mut frame.to_vec(), &mut SystemRng)? {
        Progress::Continue(machine, bytes) => Ok((machine, bytes)),
        Progress::Done(..) => panic!("the handshake ended early"),
    }
}

/// A step that must end the handshake.
pub fn finish(machine: Machine, frame: &[u8]) -> Result<(Established, Vec<u8>), Failure> {
    match machine.read(&mut frame.to_vec(), &mut SystemRng)? {
        Progress::Done(established, bytes) => Ok((*established, bytes)),
        Progress::Continue(..) => panic!("the handshake goes on"),
    }
}
