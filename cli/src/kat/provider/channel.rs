//! Twinlock/1 itself: records, and whole handshakes with given randomness, as docs/spec/channel.md lays them down for
//! known answers.

use std::sync::Arc;

use rand_core::{TryCryptoRng, TryRng};
use twinlock::{
    channel::{self, OpenHalf, Opened, SealHalf},
    handshake::{Config, Identity, Machine, Peer, Peers, Pin, Progress},
    ids::{
        KeyKind,
        protocol::{MAX_RECORD_LEN, Suite},
    },
    keys::PublicKey,
    provider::{Operation, Provider},
    secret::{ChainSecret, Seed},
    sign::SigningKey,
};
use twinlock_kat::{Answer, Field, Lack, Op, Output, Question, Reason};

use super::{Given, refusal};

/// The service of every handshake.
const SERVICE: &str = "kat";

/// How many records may come before the one in question: each is computed.
const MAX_SEQ: u64 = 64;

/// The bytes of a traffic secret.
const SECRET_LEN: usize = 48;

pub(super) fn offers(provider: &'static Provider, op: Op) -> bool {
    op != Op::Handshake || provider.supports(Operation::MlKemEncapsulateDerand)
}

pub(super) fn answer(provider: &'static Provider, question: &Question) -> Given {
    let suite = question.input.number(Field::Suite).and_then(|code| u16::try_from(code).ok());
    let suite = suite.and_then(Suite::from_code_point).ok_or(Answer::Unsupported(Lack::Param))?;
    match question.op {
        Op::Handshake => handshake(provider, suite, question),
        _ => record(provider, suite, question),
    }
}

/// The record of a sequence number: those before it are sealed, and opened, first.
fn record(provider: &'static Provider, suite: Suite, question: &Question) -> Given {
    let input = &question.input;
    let secret = || match input.bytes(Field::Secret) {
        bytes if bytes.len() == SECRET_LEN => Ok(ChainSecret::from_slice(bytes)),
        _ => Err(Answer::Reject(Reason::Length)),
    };
    let seq = input.number(Field::Seq).unwrap_or_default();
    if seq > MAX_SEQ {
        return Err(Answer::Unsupported(Lack::Param));
    }
    let mut seal = SealHalf::from_secret(provider, suite.aead(), secret()?, MAX_RECORD_LEN).map_err(failed)?;
    let mut open = OpenHalf::from_secret(provider, suite.aead(), secret()?, MAX_RECORD_LEN).map_err(failed)?;
    for _ in 0..seq {
        let mut before = sealed(&mut seal, &[])?;
        open.open(&mut before).map_err(failed)?;
    }
    if question.op == Op::Seal {
        return Ok(Output::from([(Field::Record, sealed(&mut seal, input.bytes(Field::Msg))?)]));
    }
    let mut record = input.bytes(Field::Record).to_vec();
    match open.open(&mut record) {
        Ok(Opened::Data(content)) => Ok(Output::from([(Field::Msg, content.to_vec())])),
        _ => Err(Answer::Reject(Reason::Tag)),
    }
}

fn sealed(half: &mut SealHalf, content: &[u8]) -> Result<Vec<u8>, Answer> {
    let mut record = [&[0; SealHalf::RECORD_HEADER], content, &[0; SealHalf::RECORD_TRAILER]].concat();
    half.seal(&mut record, content.len()).map_err(|error| match error {
        channel::Error::TooLong => Answer::Reject(Reason::Length),
        other => failed(other),
    })?;
    Ok(record)
}

/// Both sides of one handshake.
fn handshake(provider: &'static Provider, suite: Suite, question: &Question) -> Given {
    let input = &question.input;
    let identity = |field| {
        let key = SigningKey::from_seed(provider, suite.signature(), Seed::from_slice(input.bytes(field)));
        Identity::new(key.map_err(refusal)?).map_err(failed)
    };
    let (initiator, responder) = (identity(Field::SeedI)?, identity(Field::SeedR)?);
    let pinned = |seed: Field, name: &str| {
        let key = SigningKey::from_seed(provider, suite.signature(), Seed::from_slice(input.bytes(seed)));
        let kind = KeyKind::Signature(suite.signature());
        let key = key.map_err(refusal)?;
        let public = PublicKey::from_raw(kind, key.verifying_key().as_bytes()).map_err(failed)?;
        let pin = Pin::key(&public, provider).map_err(failed)?;
        Ok::<_, Answer>(Peer { name: name.into(), pin, services: vec![SERVICE.into()] })
    };
    let config = |identity: Arc<Identity>| Config { suites: vec![suite], ..Config::new(provider, identity, SERVICE) };
    let mut peers = Peers::default();
    peers.add(pinned(Field::SeedI, "initiator")?).map_err(|_| failed("two peers of one name"))?;
    let (mut rnd_i, mut rnd_r) = (Drawn(input.bytes(Field::RndI)), Drawn(input.bytes(Field::RndR)));

    let peer = pinned(Field::SeedR, "responder")?;
    let (initiator, m1) = Machine::initiator(&config(initiator), &peer, &mut rnd_i).map_err(failed)?;
    let responder = Machine::responder(&config(responder), Arc::new(peers)).map_err(failed)?;
    let (responder, m2) = match responder.read(&mut m1.clone(), &mut rnd_r).map_err(|failure| failed(failure.error))? {
        Progress::Continue(responder, m2) => (responder, m2),
        Progress::Done(..) => return Err(failed("done after M1")),
    };
    let (ours, m3) = done(initiator.read(&mut m2.clone(), &mut rnd_i).map_err(|failure| failed(failure.error))?)?;
    let (theirs, _) = done(responder.read(&mut m3.clone(), &mut rnd_r).map_err(|failure| failed(failure.error))?)?;
    if !(rnd_i.0.is_empty() && rnd_r.0.is_empty()) {
        return Err(Answer::Reject(Reason::Length));
    }
    let id = |established| {
        let (_, _, exporter) = channel::halves(established).map_err(failed)?;
        exporter.channel_id().map_err(refusal)
    };
    let (ours, theirs) = (id(ours)?, id(theirs)?);
    if ours != theirs {
        return Err(failed("the two sides have different channel ids"));
    }
    Ok(Output::from([(Field::M1, m1), (Field::M2, m2), (Field::M3, m3), (Field::ChannelId, ours.to_vec())]))
}

fn done(progress: Progress) -> Result<(twinlock::handshake::Established, Vec<u8>), Answer> {
    match progress {
        Progress::Done(established, message) => Ok((*established, message)),
        Progress::Continue(..) => Err(failed("not done where it must be")),
    }
}

/// Something that honest inputs do not lead to.
fn failed(error: impl ToString) -> Answer {
    Answer::Error(error.to_string())
}

/// Randomness that is given, used up in order.
struct Drawn<'a>(&'a [u8]);

/// All of it has been drawn.
#[derive(Debug)]
struct UsedUp;

impl core::fmt::Display for UsedUp {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the given randomness is used up")
    }
}

impl core::error::Error for UsedUp {}

impl Drawn<'_> {
    fn draw<const N: usize>(&mut self) -> Result<[u8; N], UsedUp> {
        let mut bytes = [0; N];
        self.try_fill_bytes(&mut bytes).map(|()| bytes)
    }
}

impl TryRng for Drawn<'_> {
    type Error = UsedUp;

    fn try_next_u32(&mut self) -> Result<u32, UsedUp> {
        self.draw().map(u32::from_le_bytes)
    }

    fn try_next_u64(&mut self) -> Result<u64, UsedUp> {
        self.draw().map(u64::from_le_bytes)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), UsedUp> {
        let (drawn, rest) = self.0.split_at_checked(out.len()).ok_or(UsedUp)?;
        out.copy_from_slice(drawn);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}
