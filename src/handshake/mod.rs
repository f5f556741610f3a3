//! The handshake of Twinlock/1: SIGMA-I in three messages, mutual, hybrid in key exchange and signature.
//!
//! ```text
//! initiator                                                         responder
//!   Start ── M1: versions, suites, random, X-Wing key ──────────►  AwaitHello
//!   AwaitResponse ◄── M2: suite, random, X-Wing ciphertext, ─────  AwaitFinish
//!                        {parameters, identity, signature, MAC}
//!   Established ── M3: {parameters, identity, signature, MAC} ──►  Established
//! ```
//!
//! No I/O: each step takes one whole frame and gives the next state and the bytes to send. A step consumes
//! its state, and a step that fails gives none back:
//!
//! ```compile_fail,E0382
//! # use twinlock::handshake::initiator::AwaitResponse;
//! # fn step(state: AwaitResponse, mut frame: Vec<u8>) {
//! let first = state.read(&mut frame, &mut twinlock::provider::SystemRng);
//! let again = state.read(&mut frame, &mut twinlock::provider::SystemRng); // used after it was consumed
//! # }
//! ```
//!
//! `docs/spec/channel.md` is the byte-exact text. Not built yet, their places left: resumption, the KEM
//! ratchet, certificates, padding, the sealed hint, the probe MAC.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};

use rand_core::TryCryptoRng;

use crate::{
    ids::protocol::{ALERT_REFUSED, DEFAULT_RECORD_LEN, FRAME_HEADER_LEN, FrameType, MAX_RECORD_LEN, Suite},
    keys::KeyId,
    provider::Provider,
    secret::ChainSecret,
};

#[cfg(test)]
mod attacks;
mod error;
mod flight;
pub mod initiator;
mod message;
mod peers;
pub mod responder;
pub(crate) mod schedule;

pub use error::Error;
pub use message::FrameHeader;
pub use peers::{Identity, Peer, Peers, Pin};

/// What both sides configure alike.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the primitives come from.
    pub provider: &'static Provider,
    /// Our key.
    pub identity: Arc<Identity>,
    /// The suites that we take, the best first. Those that our key cannot sign for are passed over.
    pub suites: Vec<Suite>,
    /// The service: what the initiator asks for and the responder serves; 1 to 64 bytes.
    pub service: String,
    /// The largest record plaintext that we accept: 16 KiB to 64 KiB.
    pub max_record: usize,
}

impl Config {
    /// All suites, and the largest records.
    pub fn new(provider: &'static Provider, identity: Arc<Identity>, service: impl Into<String>) -> Self {
        Self { provider, identity, suites: Suite::ALL.to_vec(), service: service.into(), max_record: MAX_RECORD_LEN }
    }

    fn check(&self) -> Result<(), Error> {
        peers::check_service(&self.service)?;
        if (DEFAULT_RECORD_LEN..=MAX_RECORD_LEN).contains(&self.max_record) { Ok(()) } else { Err(Error::Config) }
    }
}

/// A step that failed: why, and what to send to the peer before closing.
#[derive(Debug)]
pub struct Failure {
    /// For the local log.
    pub error: Error,
    /// The alert for the peer; empty if it would be of no use.
    pub alert: Vec<u8>,
}

impl Failure {
    /// The one alert in clear, for whatever went wrong before the peer was authenticated.
    fn in_clear(error: Error) -> Self {
        let alert = if error == Error::Refused {
            Vec::new() // never answer an alert with an alert
        } else {
            [FrameType::Alert as u8, 0, 0, 0, 1, ALERT_REFUSED].to_vec()
        };
        Self { error, alert }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::in_clear(error)
    }
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.error.fmt(f)
    }
}

impl core::error::Error for Failure {}

/// What a finished handshake gives. [`channel::halves`](crate::channel::halves) turns it into a channel.
pub struct Established {
    pub(crate) provider: &'static Provider,
    pub(crate) suite: Suite,
    pub(crate) peer: KeyId,
    pub(crate) peer_name: String,
    pub(crate) service: String,
    /// The largest record plaintext that the peer accepts.
    pub(crate) send_limit: usize,
    /// The largest that we accept.
    pub(crate) receive_limit: usize,
    pub(crate) send: ChainSecret,
    pub(crate) receive: ChainSecret,
    pub(crate) exporter: ChainSecret,
    /// For the initiator: opens the responder's refusal of M3.
    pub(crate) refusal: Option<schedule::TrafficKey>,
}

impl Established {
    /// The negotiated suite.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The id of the peer's key.
    pub const fn peer(&self) -> &KeyId {
        &self.peer
    }

    /// The peer's name in our configuration.
    pub fn peer_name(&self) -> &str {
        &self.peer_name
    }

    /// The service that both agreed on.
    pub fn service(&self) -> &str {
        &self.service
    }
}

impl core::fmt::Debug for Established {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Established")
            .field("suite", &self.suite)
            .field("peer", &self.peer)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// A handshake that waits for a frame: one enum over the states, for adapters.
#[derive(Debug)]
pub enum Machine {
    /// The initiator waits for M2.
    AwaitResponse(Box<initiator::AwaitResponse>),
    /// The responder waits for M1.
    AwaitHello(Box<responder::AwaitHello>),
    /// The responder waits for M3.
    AwaitFinish(Box<responder::AwaitFinish>),
}

/// What a step of a [`Machine`] leads to.
#[derive(Debug)]
pub enum Progress {
    /// Send these bytes and read the next frame.
    Continue(Machine, Vec<u8>),
    /// Send these bytes, if any; the handshake is over.
    Done(Box<Established>, Vec<u8>),
}

impl Machine {
    /// An initiator, and M1 to send.
    ///
    /// # Errors
    /// Those of [`initiator::start`].
    pub fn initiator<R: TryCryptoRng + ?Sized>(
        config: &Config,
        peer: &Peer,
        rng: &mut R,
    ) -> Result<(Self, Vec<u8>), Error> {
        let (state, m1) = initiator::start(config, peer, rng)?;
        Ok((Self::AwaitResponse(Box::new(state)), m1))
    }

    /// A responder.
    ///
    /// # Errors
    /// Those of [`responder::start`].
    pub fn responder(config: &Config, peers: Arc<Peers>) -> Result<Self, Error> {
        Ok(Self::AwaitHello(Box::new(responder::start(config, peers)?)))
    }

    /// The frame that it waits for. Instead of it an alert may come, six bytes; nothing else need be read.
    pub const fn awaits(&self) -> FrameType {
        match self {
            Self::AwaitResponse(_) => FrameType::ResponderHello,
            Self::AwaitHello(_) => FrameType::InitiatorHello,
            Self::AwaitFinish(_) => FrameType::InitiatorFinish,
        }
    }

    /// Takes one whole frame, header included. It is decrypted in place.
    ///
    /// # Errors
    /// What went wrong, and the alert to send.
    pub fn read<R: TryCryptoRng + ?Sized>(self, frame: &mut [u8], rng: &mut R) -> Result<Progress, Failure> {
        match self {
            Self::AwaitResponse(state) => {
                let (established, m3) = state.read(frame, rng)?;
                Ok(Progress::Done(Box::new(established), m3))
            }
            Self::AwaitHello(state) => {
                let (next, m2) = state.read(frame, rng)?;
                Ok(Progress::Continue(Self::AwaitFinish(Box::new(next)), m2))
            }
            Self::AwaitFinish(state) => {
                let established = state.read(frame)?;
                Ok(Progress::Done(Box::new(established), Vec::new()))
            }
        }
    }
}

/// Reads the four messages of an opened flight and forgets them. For fuzzing: on the wire they are sealed.
///
/// # Errors
/// Those of bad bytes.
#[cfg(feature = "hazmat")]
pub fn parse_flight(plaintext: &[u8]) -> Result<(), Error> {
    message::Flight::parse(plaintext).map(|_| ())
}

/// Checks the header of a frame that is to be `expected`; a peer's alert is its refusal.
fn expect_frame(frame: &[u8], expected: FrameType) -> Result<(), Error> {
    let header = frame.first_chunk::<FRAME_HEADER_LEN>().ok_or(crate::codec::Error::Truncated)?;
    if FrameHeader::parse(header)?.frame == FrameType::Alert {
        return Err(Error::Refused);
    }
    FrameHeader::split(frame, expected).map(|_| ())
}
