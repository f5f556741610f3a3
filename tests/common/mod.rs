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

pub(crate) const SERVICE: &str = "orders";

/// The fastest provider of the build, so that thousands of handshakes stay cheap.
pub(crate) fn provider() -> &'static Provider {
    Provider::by_name("aws-lc").unwrap_or(provider::RUST)
}

/// One party: its identity, and its public key as others pin it.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) name: &'static str,
    pub(crate) identity: Arc<Identity>,
    pub(crate) public: PublicKey,
}

impl Party {
    pub(crate) fn new(name: &'static str, algorithm: Signature) -> Self {
        let key = SigningKey::generate(provider(), algorithm, &mut SystemRng).unwrap();
        let public = PublicKey::from_raw(KeyKind::Signature(algorithm), key.verifying_key().as_bytes()).unwrap();
        Self { name, identity: Identity::new(key).unwrap(), public }
    }

    pub(crate) fn config(&self) -> Config {
        Config::new(provider(), self.identity.clone(), SERVICE)
    }

    /// This party as a pinned peer.
    pub(crate) fn pinned(&self) -> Peer {
        Peer {
            name: self.name.into(),
            pin: Pin::key(&self.public, provider()).unwrap(),
            services: vec![SERVICE.into()],
        }
    }

    /// This party as a peer of whom only the id is known.
    pub(crate) fn by_id(&self) -> Peer {
        Peer { pin: Pin::id(self.public.key_id()), ..self.pinned() }
    }
}

pub(crate) fn peers(list: impl IntoIterator<Item = Peer>) -> Arc<Peers> {
    let mut peers = Peers::default();
    for peer in list {
        peers.add(peer).unwrap();
    }
    Arc::new(peers)
}

/// A pair that pins each other.
pub(crate) struct Pair {
    pub(crate) initiator: Party,
    pub(crate) responder: Party,
    pub(crate) initiator_config: Config,
    pub(crate) responder_config: Config,
    pub(crate) responder_as_peer: Peer,
    pub(crate) peers: Arc<Peers>,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::of(Signature::MlDsa65Ed25519)
    }

    pub(crate) fn of(algorithm: Signature) -> Self {
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

    pub(crate) fn of_suite(suite: Suite) -> Self {
        let mut pair = Self::of(suite.signature());
        pair.initiator_config.suites = vec![suite];
        pair.responder_config.suites = vec![suite];
        pair
    }

    pub(crate) fn initiator(&self) -> (Machine, Vec<u8>) {
        Machine::initiator(&self.initiator_config, &self.responder_as_peer, &mut SystemRng).unwrap()
    }

    pub(crate) fn responder(&self) -> Machine {
        Machine::responder(&self.responder_config, self.peers.clone()).unwrap()
    }

    /// An honest handshake: what each side has at the end, and M1, M2, M3.
    pub(crate) fn run(&self) -> (Established, Established, [Vec<u8>; 3]) {
        let (initiator, m1) = self.initiator();
        let (responder, m2) = step(self.responder(), &m1).unwrap();
        let (initiator, m3) = finish(initiator, &m2).unwrap();
        let (responder, _) = finish(responder, &m3).unwrap();
        (initiator, responder, [m1, m2, m3])
    }

    /// Both ends of an honest channel.
    pub(crate) fn channel(&self) -> (End, End) {
        let (initiator, responder, _) = self.run();
        (End::of(initiator), End::of(responder))
    }
}

/// One pair for tests that run thousands of handshakes and do not change it.
pub(crate) fn cached_pair() -> &'static Pair {
    static PAIR: std::sync::OnceLock<Pair> = std::sync::OnceLock::new();
    PAIR.get_or_init(Pair::new)
}

/// One end of a channel.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) seal: SealHalf,
    pub(crate) open: OpenHalf,
    pub(crate) exporter: Exporter,
}

impl End {
    pub(crate) fn of(established: Established) -> Self {
        let (seal, open, exporter) = channel::halves(established).unwrap();
        Self { seal, open, exporter }
    }

    pub(crate) fn sealed(&mut self, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.seal.seal_all(content, &mut out).unwrap();
        out
    }
}

/// A step that must go on.
pub(crate) fn step(machine: Machine, frame: &[u8]) -> Result<(Machine, Vec<u8>), Failure> {
    match machine.read(&mut frame.to_vec(), &mut SystemRng)? {
        Progress::Continue(machine, bytes) => Ok((machine, bytes)),
        Progress::Done(..) => panic!("the handshake ended early"),
    }
}

/// A step that must end the handshake.
pub(crate) fn finish(machine: Machine, frame: &[u8]) -> Result<(Established, Vec<u8>), Failure> {
    match machine.read(&mut frame.to_vec(), &mut SystemRng)? {
        Progress::Done(established, bytes) => Ok((*established, bytes)),
        Progress::Continue(..) => panic!("the handshake goes on"),
    }
}
