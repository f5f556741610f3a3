//! The channel from outside: honest runs, exporter, rekeying, sizes on the wire, cut and refused streams.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use common::{End, Pair, Party, SERVICE, peers};
use proptest::prelude::*;
use twinlock::{
    channel::{self, HandshakeFailure, Opened, blocking},
    handshake,
    ids::{Signature, protocol::Suite},
};

#[test]
fn every_suite_carries_data_both_ways() {
    for suite in Suite::ALL {
        let pair = Pair::of_suite(suite);
        let (initiator, responder, _) = pair.run();
        assert_eq!((initiator.suite(), responder.suite()), (suite, suite));
        assert_eq!(initiator.peer(), pair.responder.identity.id());
        assert_eq!(responder.peer(), pair.initiator.identity.id());
        assert_eq!((responder.peer_name(), responder.service()), ("initiator", SERVICE));
        let (mut a, mut b) = (End::of(initiator), End::of(responder));
        for content in [&b"x"[..], &[7; 16 << 10], &[9; 64 << 10]] {
            assert_eq!(b.open.open(&mut a.sealed(content)), Ok(Opened::Data(&mut content.to_vec())));
            assert_eq!(a.open.open(&mut b.sealed(content)), Ok(Opened::Data(&mut content.to_vec())));
        }
    }
}

#[test]
fn every_form_of_identity_is_negotiated() {
    for (initiator_by_id, responder_by_id) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut pair = Pair::new();
        if initiator_by_id {
            pair.peers = peers([pair.initiator.by_id()]);
        }
        if responder_by_id {
            pair.responder_as_peer = pair.responder.by_id();
        }
        let (_, _, [_, m2, m3]) = pair.run();
        // A key of 1984 bytes instead of its id of 32.
        assert_eq!(m2.len() > 6_000, responder_by_id);
        assert_eq!(m3.len() > 5_000, initiator_by_id);
    }
}

#[test]
fn messages_of_suite_0x0001_with_pinned_keys_keep_their_sizes() {
    let (_, _, [m1, m2, m3]) = Pair::of_suite(Suite::XWingMlDsa65Aes256Gcm).run();
    println!("M1 {} M2 {} M3 {} bytes", m1.len(), m2.len(), m3.len());
    assert!(m1.len() <= 1_400 && m2.len() <= 4_800 && m3.len() <= 3_600);
}

#[test]
fn both_ends_export_the_same_and_every_export_differs() {
    let pair = Pair::new();
    let (a, b) = pair.channel();
    assert_eq!(a.exporter.channel_id(), b.exporter.channel_id());
    let mut seen = vec![a.exporter.channel_id().unwrap().to_vec()];
    for (label, context, len) in
        [("fix logon", &b""[..], 32), ("fix logon", b"1", 32), ("fix", b" logon1", 32), ("other", b"", 12_240)]
    {
        let secret = a.exporter.export(label, context, len).unwrap();
        assert!(secret.ct_eq(&b.exporter.export(label, context, len).unwrap()));
        seen.push(secret.secret_bytes()[..32].to_vec());
    }
    let (other, _) = pair.channel();
    seen.push(other.exporter.channel_id().unwrap().to_vec());
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
    assert_eq!(a.exporter.export("x", b"", 12_241).unwrap_err(), twinlock::Error::TooLong);
}

#[test]
fn content_over_the_peers_limit_is_refused_by_the_sealer() {
    let mut pair = Pair::new();
    pair.responder_config.max_record = 16 << 10;
    let (mut a, mut b) = pair.channel();
    assert_eq!((a.seal.max_content(), b.seal.max_content()), (16 << 10, 64 << 10));
    let mut record = vec![0; 17 << 10];
    assert_eq!(a.seal.seal(&mut record, (16 << 10) + 1), Err(channel::Error::TooLong));
    // seal_all cuts instead.
    let sealed = a.sealed(&[1; 20 << 10]);
    let (first, second) = sealed.split_at((16 << 10) + 22);
    assert_eq!(b.open.open(&mut first.to_vec()), Ok(Opened::Data(&mut [1; 16 << 10])));
    assert_eq!(b.open.open(&mut second.to_vec()), Ok(Opened::Data(&mut [1; 4 << 10])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whenever keys change, no two records are alike and all content arrives in order.
    #[test]
    fn nonce_reuse_under_random_rekey_schedules(schedule in prop::collection::vec((any::<bool>(), 0..3_u8), 1..40)) {
        let (mut a, mut b) = common::cached_pair().channel();
        let mut seen = std::collections::BTreeSet::new();
        for (initiator_sends, rekeys) in schedule {
            let (from, to) = if initiator_sends { (&mut a, &mut b) } else { (&mut b, &mut a) };
            for _ in 0..rekeys {
                let mut rekey = Vec::new();
                from.seal.rekey(&mut rekey).unwrap();
                prop_assert!(seen.insert(rekey.clone()));
                prop_assert_eq!(to.open.open(&mut rekey), Ok(Opened::Rekeyed));
            }
            let mut record = from.sealed(b"the same content each time");
            prop_assert!(seen.insert(record.clone()), "a nonce was used twice");
            prop_assert_eq!(to.open.open(&mut record), Ok(Opened::Data(&mut b"the same content each time".to_vec())));
        }
    }
}

/// A responder in a thread, and an initiator here, over TCP on loopback.
fn over_tcp<T: Send + 'static>(
    pair: &Pair,
    responder: impl FnOnce(Result<blocking::Channel<TcpStream>, HandshakeFailure>) -> T + Send + 'static,
) -> (Result<blocking::Channel<TcpStream>, HandshakeFailure>, thread::JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (config, peers) = (pair.responder_config.clone(), pair.peers.clone());
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        responder(blocking::accept(stream, &config, peers))
    });
    let stream = TcpStream::connect(address).unwrap();
    (blocking::connect(stream, &pair.initiator_config, &pair.responder_as_peer), thread)
}

#[test]
fn a_half_closed_channel_still_carries_the_other_direction() {
    let (channel, responder) = over_tcp(&Pair::new(), |channel| {
        let mut channel = channel.unwrap();
        let mut got = Vec::new();
        channel.read_to_end(&mut got).unwrap(); // ends at the initiator's close
        channel.write_all(&got).unwrap();
        channel.close().unwrap();
        (got.len(), channel.info().exporter.channel_id().unwrap())
    });
    let mut channel = channel.unwrap();
    let sent: Vec<u8> = (0..5_000_000_u32).map(|i| i.to_le_bytes()[0]).collect();
    channel.write_all(&sent).unwrap();
    channel.close().unwrap();
    assert_eq!(channel.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    let mut back = Vec::new();
    channel.read_to_end(&mut back).unwrap();
    assert!(back == sent);
    let (len, id) = responder.join().unwrap();
    assert_eq!((len, id), (sent.len(), channel.info().exporter.channel_id().unwrap()));
}

#[test]
fn bare_fin() {
    let (channel, responder) = over_tcp(&Pair::new(), |channel| {
        let mut channel = channel.unwrap();
        channel.write_all(b"half a message").unwrap();
        // Dropped without close: the kernel sends FIN, but nobody authenticated it.
    });
    responder.join().unwrap();
    let mut channel = channel.unwrap();
    let mut got = Vec::new();
    let error = channel.read_to_end(&mut got).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(error.to_string().contains("cut"), "{error}");
    assert_eq!(got, b"half a message");
}

#[test]
fn a_refused_initiator_learns_it_on_its_first_read() {
    let mut pair = Pair::new();
    let stranger = Party::new("stranger", Signature::MlDsa65Ed25519);
    pair.peers = peers([stranger.pinned()]);
    let (channel, responder) = over_tcp(&pair, |channel| channel.unwrap_err());
    let mut channel = channel.unwrap();
    let error = channel.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let HandshakeFailure::Handshake(handshake::Error::UnknownPeer(id)) = responder.join().unwrap() else { panic!() };
    assert_eq!(&id, pair.initiator.identity.id());
}

#[test]
fn a_peer_may_use_its_services_only() {
    for (asked, allowed) in [("orders", "prices"), ("prices", "prices")] {
        let mut pair = Pair::new();
        pair.initiator_config.service = asked.into();
        let mut peer = pair.initiator.pinned();
        peer.services = vec![allowed.into()];
        pair.peers = peers([peer]);
        let (channel, responder) = over_tcp(&pair, |channel| channel.unwrap_err());
        assert_eq!(channel.unwrap().read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::PermissionDenied);
        let failure = responder.join().unwrap();
        let HandshakeFailure::Handshake(error) = failure else { panic!("{failure}") };
        let id = *pair.initiator.identity.id();
        let asks_for_ours = asked == SERVICE;
        let expected =
            if asks_for_ours { handshake::Error::NotAllowed(id) } else { handshake::Error::OtherService(id) };
        assert_eq!(error, expected);
    }
}

#[test]
fn slow_peers() {
    // One byte a second never completes M1; the deadline of ten seconds is for the whole handshake.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let pair = Pair::new();
    let drip = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        for byte in [1_u8, 0, 0, 5, 0].into_iter().chain([1; 30]) {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_secs(1));
        }
        panic!("nobody hung up");
    });
    let (stream, _) = listener.accept().unwrap();
    let failure = blocking::accept(stream, &pair.responder_config, pair.peers.clone()).unwrap_err();
    assert!(matches!(failure, HandshakeFailure::Deadline), "{failure}");
    drip.join().unwrap();
}

#[test]
fn whoever_does_not_speak_the_protocol_is_told_so() {
    for (bytes, words) in [(&b"GET / HTTP/1.1\r\n\r\n"[..], "unknown frame type"), (b"", "closed the connection")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let pair = Pair::new();
        let (accepted, _) = listener.accept().unwrap();
        let failure = blocking::accept(accepted, &pair.responder_config, pair.peers).unwrap_err();
        assert!(failure.to_string().contains(words), "{failure}");
        // The stranger gets the one alert, or nothing if it sent nothing.
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer); // unread bytes make the system reset instead of end
        assert!(answer.is_empty() || answer == [4, 0, 0, 0, 1, 1], "{answer:?}");
    }
}
