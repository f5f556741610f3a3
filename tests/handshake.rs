//! Attacks on the wire: what an attacker between two honest parties can do to their messages.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

mod common;

use common::{End, Pair, cached_pair, finish, provider, step};
use twinlock::{
    channel::{Error as ChannelError, Opened},
    codec,
    handshake::{Error, FrameHeader, Machine},
    ids::{
        Signature,
        protocol::{FRAME_HEADER_LEN, FrameType, Suite},
    },
    provider::SystemRng,
    sign::SigningKey,
};

/// Both sides' fate when one message of the handshake is changed.
#[derive(Debug, PartialEq)]
struct Fate {
    initiator: Option<Error>,
    responder: Option<Error>,
}

/// Runs a handshake in which `change` is applied to message `which` (1 to 3) on its way, and each side
/// hears the other's alert.
fn tampered(pair: &Pair, which: u8, change: impl FnOnce(&mut Vec<u8>)) -> Fate {
    let mut change = Some(change);
    let mut pass = |number: u8, mut bytes: Vec<u8>| {
        if number == which {
            change.take().unwrap()(&mut bytes);
        }
        bytes
    };
    // A frame whose length grew never completes; its reader then sees the end of the stream.
    let whole = |bytes: &[u8]| match bytes.first_chunk::<FRAME_HEADER_LEN>().map(FrameHeader::parse) {
        Some(Ok(header)) if header.body_len + FRAME_HEADER_LEN > bytes.len() => {
            Err(Error::Malformed(codec::Error::Truncated))
        }
        Some(Ok(header)) => Ok(bytes[..header.body_len + FRAME_HEADER_LEN].to_vec()),
        Some(Err(error)) => Err(error),
        None => Err(Error::Malformed(codec::Error::Truncated)),
    };
    let (initiator, m1) = pair.initiator();
    let responder = pair.responder();
    let m1 = match whole(&pass(1, m1)) {
        Ok(m1) => m1,
        Err(error) => return Fate { initiator: refused_by(initiator, &ALERT), responder: Some(error) },
    };
    let (responder, m2) = match step(responder, &m1) {
        Ok(next) => next,
        Err(failure) => {
            return Fate { initiator: refused_by(initiator, &failure.alert), responder: Some(failure.error) };
        }
    };
    let m2 = match whole(&pass(2, m2)) {
        Ok(m2) => m2,
        Err(error) => return Fate { initiator: Some(error), responder: refused_by(responder, &ALERT) },
    };
    let (established, m3) = match finish(initiator, &m2) {
        Ok(done) => done,
        Err(failure) => {
            return Fate { initiator: Some(failure.error), responder: refused_by(responder, &failure.alert) };
        }
    };
    let mut end = End::of(established);
    let early_data = end.sealed(b"early");
    let m3 = match whole(&pass(3, m3)) {
        Ok(m3) => m3,
        Err(error) => return Fate { initiator: Some(Error::Refused), responder: Some(error) },
    };
    match finish(responder, &m3) {
        Ok((established, _)) => {
            let opened = End::of(established).open.open(&mut early_data.clone()).map(|_| ());
            panic!("message {which} was changed and the handshake went on; early data: {opened:?}");
        }
        Err(failure) => {
            // The initiator is established already; the sealed refusal tells it.
            let told = end.open.open(&mut failure.alert.clone()).map(|_| ()).unwrap_err();
            assert_eq!(told, ChannelError::Refused);
            Fate { initiator: Some(Error::Refused), responder: Some(failure.error) }
        }
    }
}

/// The alert in clear, as an adapter sends it.
const ALERT: [u8; 6] = [4, 0, 0, 0, 1, 1];

fn refused_by(machine: Machine, alert: &[u8]) -> Option<Error> {
    machine.read(&mut alert.to_vec(), &mut SystemRng).err().map(|failure| failure.error)
}

#[test]
fn every_ciphertext_byte_flipped() {
    // Each byte of M1, M2 and M3: both sides end in a typed error, and no application data is delivered.
    let pair = cached_pair();
    let (_, _, messages) = pair.run();
    // With the pure-Rust provider a stride keeps the test short; CI's provider walks every byte.
    let stride = if provider().name() == "rust" { 17 } else { 1 };
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for (number, message) in (1..).zip(&messages) {
        for at in (0..message.len()).step_by(stride) {
            // Another bit at each byte; the first hundred bytes get every bit.
            let bits: &[u8] = if at < 100 { &[1, 2, 4, 8, 16, 32, 64, 128] } else { &[1 << (at % 8)] };
            for bit in bits {
                let fate = tampered(pair, number, |bytes| bytes[at] ^= bit);
                let (Some(initiator), Some(responder)) = (fate.initiator, fate.responder) else {
                    panic!("M{number} byte {at} bit {bit}: {fate:?}");
                };
                *seen.entry(format!("M{number}: initiator: {initiator}; responder: {responder}")).or_default() += 1;
            }
        }
    }
    for (fate, count) in seen {
        println!("{count:6} {fate}");
    }
}

#[test]
fn reflection() {
    let pair = cached_pair();
    let (initiator, m1) = pair.initiator();
    let error = finish(initiator, &m1).unwrap_err().error;
    let (expected, found) = (FrameType::ResponderHello, FrameType::InitiatorHello);
    assert_eq!(error, Error::UnexpectedFrame { expected, found });

    // M2 back at the responder, as it is and dressed as M3.
    let (_, m1) = pair.initiator();
    for dress in [false, true] {
        let (responder, mut m2) = step(pair.responder(), &m1).unwrap();
        if dress {
            m2[0] = FrameType::InitiatorFinish as u8;
        }
        let error = finish(responder, &m2).unwrap_err().error;
        assert_eq!(error == Error::Unauthenticated, dress, "{error}");
    }

    // A party that plays both roles with one key, and allows itself.
    let mut alone = Pair::new();
    alone.responder = alone.initiator.clone();
    alone.responder_config = alone.initiator_config.clone();
    alone.responder_as_peer = alone.initiator.pinned();
    let (mut a, mut b) = alone.channel();
    let record = a.sealed(b"to the other");
    assert_eq!(a.open.open(&mut record.clone()), Err(ChannelError::Rejected));
    assert_eq!(b.open.open(&mut record.clone()), Ok(Opened::Data(&mut b"to the other".to_vec())));
}

#[test]
fn downgrade_and_suite_reorder() {
    let pair = cached_pair();
    let (_, m1) = pair.initiator();
    // versions: len 4, 0x0001, GREASE; suites: len 6, 0x0001, 0x0003, GREASE.
    let suites = FRAME_HEADER_LEN + 5;
    assert_eq!(m1[suites..suites + 5], [6, 0, 1, 0, 3]);
    // The default is hidden from the responder, or the order changed: whatever it then picks, the
    // transcripts differ.
    for replacement in [[0x1a, 0x1a, 0, 3], [0, 3, 0, 1], [0, 1, 0x7f, 0x7f]] {
        let fate = tampered(pair, 1, |m1| m1[suites + 1..suites + 5].copy_from_slice(&replacement));
        let expected = Fate { initiator: Some(Error::Unauthenticated), responder: Some(Error::Refused) };
        assert_eq!(fate, expected, "{replacement:?}");
    }
    // Another suite in M2.
    let fate = tampered(pair, 2, |m2| m2[FRAME_HEADER_LEN + 3] = 3);
    assert_eq!(fate, Fate { initiator: Some(Error::Unauthenticated), responder: Some(Error::Refused) });
    // Nothing in common is told as such.
    let fate = tampered(pair, 1, |m1| m1[suites + 1..suites + 5].copy_from_slice(&[0x1a, 0x1a, 0x2a, 0x2a]));
    assert_eq!(fate, Fate { initiator: Some(Error::Refused), responder: Some(Error::NoCommonSuite) });
    let mut other = Pair::new();
    other.responder_config.suites = vec![Suite::XWingMlDsa65ChaCha20Poly1305];
    other.initiator_config.suites = vec![Suite::XWingMlDsa65Aes256Gcm];
    let (_, m1) = other.initiator();
    assert_eq!(step(other.responder(), &m1).unwrap_err().error, Error::NoCommonSuite);
}

#[test]
fn the_responder_prefers_its_own_order() {
    let mut pair = Pair::new();
    pair.responder_config.suites = vec![Suite::XWingMlDsa65ChaCha20Poly1305, Suite::XWingMlDsa65Aes256Gcm];
    let (initiator, _, _) = pair.run();
    assert_eq!(initiator.suite(), Suite::XWingMlDsa65ChaCha20Poly1305);
}

#[test]
fn replay_of_m1_and_m3() {
    let pair = cached_pair();
    let (_, _, [m1, _, m3]) = pair.run();
    // A replayed M1 gets a fresh M2, which whoever replays cannot answer: the old M3 is for another M2.
    let (responder, _) = step(pair.responder(), &m1).unwrap();
    assert_eq!(finish(responder, &m3).unwrap_err().error, Error::Unauthenticated);
    // An M3 of another session at the same time.
    let (_, other_m1) = pair.initiator();
    let (responder, _) = step(pair.responder(), &other_m1).unwrap();
    assert_eq!(finish(responder, &m3).unwrap_err().error, Error::Unauthenticated);
    // M3 instead of M1, and M1 instead of M3.
    assert!(step(pair.responder(), &m3).is_err());
    let (responder, _) = step(pair.responder(), &m1).unwrap();
    assert!(finish(responder, &m1).is_err());
}

#[test]
fn transcript_truncation_insertion_reorder() {
    let pair = cached_pair();
    // Of handshake messages: every shorter M1, M2 and M3 that still is a frame, and bytes put in.
    for number in 1..=3 {
        for cut in [1, 16, 17, 100, 700] {
            let fate = tampered(pair, number, |bytes| {
                bytes.truncate(bytes.len() - cut);
                set_len(bytes);
            });
            assert!(fate.initiator.is_some() && fate.responder.is_some(), "M{number} cut by {cut}: {fate:?}");
            let fate = tampered(pair, number, |bytes| {
                bytes.extend_from_slice(&vec![0; cut]);
                set_len(bytes);
            });
            assert!(fate.initiator.is_some() && fate.responder.is_some(), "M{number} padded by {cut}: {fate:?}");
        }
    }
    // Of records: each one dropped, doubled, swapped with the next, or put in from the other direction.
    let count = 5;
    for at in 0..count {
        for attack in ["drop", "double", "swap", "insert"] {
            let (mut a, mut b) = pair.channel();
            let mut records: Vec<Vec<u8>> = (0..count).map(|i| a.sealed(&[i; 3])).collect();
            let at = usize::from(at);
            match attack {
                "drop" => drop(records.remove(at)),
                "double" => records.insert(at, records[at].clone()),
                "swap" => records.swap(at, (at + 1) % usize::from(count)),
                _ => records.insert(at, b.sealed(b"not from a")),
            }
            let mut delivered = Vec::new();
            let result: Result<(), ChannelError> = records.iter_mut().try_for_each(|record| {
                if let Opened::Data(content) = b.open.open(record)? {
                    delivered.push(content[0]);
                }
                Ok(())
            });
            // What was delivered is what was sent, in order, up to the attack.
            let honest: Vec<u8> = (0..count).take(delivered.len()).collect();
            assert_eq!(delivered, honest, "{attack} at {at}");
            let dropped_the_last = attack == "drop" && at + 1 == usize::from(count);
            assert_eq!(result.is_ok(), dropped_the_last, "{attack} at {at}");
            assert!(b.open.end().is_err(), "without an authenticated close the end is a cut");
        }
    }
}

/// Makes the header tell the frame's true length.
fn set_len(frame: &mut [u8]) {
    let len = u32::try_from(frame.len() - FRAME_HEADER_LEN).unwrap().to_be_bytes();
    frame[2..FRAME_HEADER_LEN].copy_from_slice(&len[1..]);
}

#[test]
fn oversize_lengths() {
    // Refused from the five bytes of the header, before anything is allocated.
    for (frame, limit) in [
        (FrameType::InitiatorHello, 4 << 10),
        (FrameType::ResponderHello, 64 << 10),
        (FrameType::InitiatorFinish, 64 << 10),
        (FrameType::Alert, 1),
        (FrameType::Refusal, 17),
        (FrameType::Record, (64 << 10) + 17),
    ] {
        let header = |len: usize| {
            let len = u32::try_from(len).unwrap().to_be_bytes();
            [frame as u8, 0, len[1], len[2], len[3]]
        };
        assert_eq!(FrameHeader::parse(&header(limit)), Ok(FrameHeader { frame, body_len: limit }));
        for len in [limit + 1, 0xff_ffff] {
            assert_eq!(FrameHeader::parse(&header(len)), Err(Error::TooLarge { frame, limit }));
        }
    }
    assert_eq!(FrameHeader::parse(&[0x16, 3, 1, 2, 0]), Err(Error::UnknownFrame(0x16)));
    assert_eq!(FrameHeader::parse(&[1, 1, 0, 0, 0]), Err(Error::Reserved));
    // Lists: empty, odd, twice the same.
    let pair = cached_pair();
    for versions in [&[0][..], &[3, 0, 1, 0], &[4, 0, 1, 0, 1]] {
        let fate = tampered(pair, 1, |m1| {
            m1.splice(FRAME_HEADER_LEN..FRAME_HEADER_LEN + 5, versions.iter().copied());
            set_len(m1);
        });
        assert_eq!(fate.responder, Some(Error::List), "{versions:?}");
    }
}

#[test]
fn an_identity_that_no_suite_can_use_is_refused_before_anything_is_sent() {
    let key = SigningKey::generate(provider(), Signature::Ed25519, &mut SystemRng).unwrap();
    assert_eq!(twinlock::handshake::Identity::new(key).unwrap_err(), Error::NoUsableSuite);
    let mut pair = Pair::new();
    pair.initiator_config.suites = vec![Suite::XWingMlDsa44Aes256Gcm];
    let error = Machine::initiator(&pair.initiator_config, &pair.responder_as_peer, &mut SystemRng).unwrap_err();
    assert_eq!(error, Error::NoUsableSuite);
    for service in ["", "line\nbreak", &"x".repeat(65)] {
        let mut config = pair.responder_config.clone();
        config.service = service.into();
        assert_eq!(Machine::responder(&config, pair.peers.clone()).unwrap_err(), Error::Config);
    }
}
