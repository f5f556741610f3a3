//! What a refused peer is told: the same, whatever went wrong (docs/spec/channel.md §8).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use common::{End, Pair, Party, SERVICE, cached_pair, finish, peers, step};
use twinlock::{
    channel::{Error as ChannelError, Opened},
    handshake::Error,
    ids::{
        Signature,
        protocol::{FRAME_HEADER_LEN, FrameType},
    },
};

/// The alert in clear.
const ALERT: [u8; 6] = [FrameType::Alert as u8, 0, 0, 0, 1, 1];

#[test]
fn every_refusal_looks_the_same() {
    let pair = cached_pair();
    let (_, m1) = pair.initiator();
    // M1: no common version, no common suite, a list with a value twice, forms that nobody has, a bad key.
    let changes: [(usize, &[u8]); 5] =
        [(7, &[9]), (11, &[9, 9, 9, 8]), (11, &[0, 1, 0, 1]), (17, &[0]), (FRAME_HEADER_LEN + 60, &[0xff; 3])];
    let mut errors = Vec::new();
    for (at, bytes) in changes {
        let mut changed = m1.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        let failure = step(pair.responder(), &changed).unwrap_err();
        assert_eq!(failure.alert, ALERT, "{}", failure.error);
        errors.push(failure.error);
    }
    let expected =
        [Error::NoCommonVersion, Error::NoCommonSuite, Error::List, Error::NoCommonIdentityForm, Error::BadKey];
    assert_eq!(errors, expected);
    // M2: the wrong responder, and a changed tag.
    let (initiator, m1) = pair.initiator();
    let (_, mut m2) = step(pair.responder(), &m1).unwrap();
    *m2.last_mut().unwrap() ^= 1;
    assert_eq!(finish(initiator, &m2).unwrap_err().alert, ALERT);
    let mut other = Pair::new();
    other.responder_as_peer = Party::new("other", Signature::MlDsa65Ed25519).pinned();
    let (initiator, m1) = other.initiator();
    let (_, m2) = step(other.responder(), &m1).unwrap();
    let failure = finish(initiator, &m2).unwrap_err();
    assert!(matches!(failure.error, Error::WrongResponder { .. }));
    assert_eq!(failure.alert, ALERT);

    // M3: unknown, not allowed, changed. The initiator opens each refusal to the same.
    let mut unknown = Pair::new();
    unknown.peers = peers([Party::new("other", Signature::MlDsa65Ed25519).pinned()]);
    let mut not_allowed = Pair::new();
    not_allowed.initiator_config.service = format!("not {SERVICE}");
    for (pair, flip) in [(&unknown, 0), (&not_allowed, 0), (pair, 1)] {
        let (initiator, m1) = pair.initiator();
        let (responder, m2) = step(pair.responder(), &m1).unwrap();
        let (initiator, mut m3) = finish(initiator, &m2).unwrap();
        *m3.last_mut().unwrap() ^= flip;
        let mut refusal = finish(responder, &m3).unwrap_err().alert;
        assert_eq!((refusal.len(), refusal[0]), (22, FrameType::Refusal as u8));
        assert_eq!(End::of(initiator).open.open(&mut refusal), Err(ChannelError::Refused));
    }
}

#[test]
fn an_alert_is_not_answered() {
    let pair = cached_pair();
    let (initiator, m1) = pair.initiator();
    let (responder, _) = step(pair.responder(), &m1).unwrap();
    for machine in [initiator, pair.responder(), responder] {
        let failure = step(machine, &ALERT).unwrap_err();
        assert_eq!((failure.error, failure.alert.len()), (Error::Refused, 0));
    }
}

#[test]
fn a_refusal_counts_only_if_sealed_and_before_the_first_record() {
    let pair = cached_pair();
    let refused = |flip: u8| {
        let (initiator, m1) = pair.initiator();
        let (responder, m2) = step(pair.responder(), &m1).unwrap();
        let (initiator, mut m3) = finish(initiator, &m2).unwrap();
        m3[FRAME_HEADER_LEN] ^= 1;
        let mut refusal = finish(responder, &m3).unwrap_err().alert;
        refusal[FRAME_HEADER_LEN] ^= flip;
        (End::of(initiator), refusal)
    };
    let (mut end, mut refusal) = refused(0);
    assert_eq!(end.open.open(&mut refusal.clone()), Err(ChannelError::Refused));
    assert_eq!(end.open.open(&mut refusal), Err(ChannelError::Dead));
    let (mut end, mut forged) = refused(1);
    assert_eq!(end.open.open(&mut forged), Err(ChannelError::Rejected));
    // Of another session, of the initiator's own making, and behind a record: never a refusal.
    let (_, refusal) = refused(0);
    let (mut a, mut b) = pair.channel();
    assert_eq!(b.open.open(&mut refusal.clone()), Err(ChannelError::Rejected));
    let mut record = b.sealed(b"x");
    assert_eq!(a.open.open(&mut record), Ok(Opened::Data(&mut b"x".to_vec())));
    assert_eq!(a.open.open(&mut refusal.clone()), Err(ChannelError::Rejected));
}
