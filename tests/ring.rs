//! Key rings: the manifest has one text, says who signed it, and holds to the lifecycle.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails loudly")]

use std::fmt::Write as _;

use proptest::prelude::*;
use twinlock::{
    certificate::{Time, Validity},
    ids::{
        Kem, KeyKind, MlDsa, Signature,
        ring::{MAX_GENERATIONS, MAX_REASON_LEN, Purpose, SIGNATURE, label},
    },
    keys::{KeyId, PublicKey},
    provider::{RUST, SystemRng},
    ring::{Error, Key, Manifest, Name, State, Use, file_stem},
    sign::SigningKey,
};

const COMPOSITE: KeyKind = KeyKind::Signature(SIGNATURE);
const XWING: KeyKind = KeyKind::Kem(Kem::XWing);

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn now() -> Time {
    time("2026-01-31T12:00:00Z")
}

fn year() -> Validity {
    Validity::new(now(), time("2027-01-31T12:00:00Z")).unwrap()
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// Keys of a purpose whose ids are made of one byte: a manifest holds no more of them.
fn keys(purpose: Purpose, byte: u8) -> Vec<Key> {
    let key = |role| Key::new(purpose, purpose.kinds(role)[0], KeyId::from_digest([byte; 32])).unwrap();
    purpose.roles().iter().map(|role| key(*role)).collect()
}

fn signer() -> SigningKey {
    SigningKey::generate(RUST, SIGNATURE, &mut SystemRng).unwrap()
}

fn id_of(signer: &SigningKey) -> KeyId {
    PublicKey::from_raw(COMPOSITE, signer.verifying_key().as_bytes()).unwrap().key_id()
}

/// One entry of each purpose, each rotated once, one revoked.
fn example() -> Manifest {
    let mut ring = Manifest::new(now());
    for (purpose, byte) in Purpose::ALL.into_iter().zip(1..) {
        let name = name(&format!("{}-1", purpose.name()));
        ring.add(&name, purpose, year(), keys(purpose, byte)).unwrap();
        ring.rotate(&name, year(), keys(purpose, byte | 0x80)).unwrap();
    }
    ring.revoke(&name("signing-1"), None, now(), "lost: \"a\" \\ b, in München").unwrap();
    ring
}

/// The bytes that a text gets when someone with the key signs it.
fn signed(body: &str, signer: &SigningKey) -> Vec<u8> {
    use base64ct::{Base64, Encoding as _};
    let message = [label::SIGNED, body.as_bytes()].concat();
    let signature = signer.sign(&message, label::CONTEXT, &mut SystemRng).unwrap();
    format!("{body},\"signature\":\"{}\"}}\n", Base64::encode_string(&signature)).into_bytes()
}

fn body(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.split_once(",\"signature\":\"").unwrap().0.to_owned()
}

#[test]
fn a_manifest_is_what_the_specification_says() {
    let signer = signer();
    let mut ring = Manifest::new(now());
    ring.add(&name("desk-7"), Purpose::Identity, year(), keys(Purpose::Identity, 0)).unwrap();
    ring.rotate(&name("desk-7"), year(), keys(Purpose::Identity, 0)).unwrap();
    ring.add(&name("b"), Purpose::Channel, year(), keys(Purpose::Channel, 0)).unwrap();
    ring.revoke(&name("b"), None, now(), "\"lost\" \\ é").unwrap();
    let bytes = ring.sign(time("2026-02-01T00:00:00Z"), &signer, &mut SystemRng).unwrap();
    let id = format!("SHA256:{}", "A".repeat(43));
    let span = r#""from":"2026-01-31T12:00:00Z","until":"2027-01-31T12:00:00Z""#;
    let mut expected = format!(
        r#"{{"format":"twinlock-ring/1","key":"{}","sequence":1,"created":"2026-01-31T12:00:00Z","written":"2026-02-01T00:00:00Z","entries":["#,
        id_of(&signer)
    );
    let _ = write!(
        expected,
        r#"{{"name":"b","purpose":"channel","generations":[{{"number":1,{span},"keys":[{{"algorithm":"mldsa65-ed25519","id":"{id}"}}],"state":{{"revoked":{{"since":"2026-01-31T12:00:00Z","reason":"\"lost\" \\ é"}}}}}}]}},"#,
    );
    let keys = format!(r#"[{{"algorithm":"mldsa65-ed25519","id":"{id}"}},{{"algorithm":"x-wing","id":"{id}"}}]"#);
    let _ = write!(
        expected,
        r#"{{"name":"desk-7","purpose":"identity","generations":[{{"number":1,{span},"keys":{keys},"state":{{"superseded-by":2}}}},{{"number":2,{span},"keys":{keys},"state":"current"}}]}}]"#
    );
    assert_eq!(body(&bytes), expected);
    // What this test signs by the page alone is read.
    assert_eq!(Manifest::verify(&signed(&expected, &signer), signer.verifying_key()), Ok(ring));
}

#[test]
fn a_signed_manifest_is_read_back() {
    let signer = signer();
    let mut ring = example();
    for sequence in 1..=3 {
        let bytes = ring.sign(now(), &signer, &mut SystemRng).unwrap();
        assert_eq!(Manifest::verify(&bytes, signer.verifying_key()), Ok(ring.clone()));
        assert_eq!(ring.sequence(), sequence);
    }
}

#[test]
fn no_changed_cut_or_lengthened_manifest_is_believed() {
    let signer = signer();
    let bytes = example().sign(now(), &signer, &mut SystemRng).unwrap();
    let verify = |bytes: &[u8]| Manifest::verify(bytes, signer.verifying_key()).unwrap_err();
    let changes = [
        ("2027-01-31T12:00:00Z", "2097-01-31T12:00:00Z"),
        ("\"sequence\":1", "\"sequence\":9"),
        ("AQEBAQ", "AQEBAA"),
        ("channel-1", "channel-2"),
        ("lost", "last"),
        ("\"superseded-by\":2", "\"superseded-by\":3"),
    ];
    for (from, to) in changes {
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_ne!(text, text.replacen(from, to, 1), "{from}");
        assert_eq!(verify(text.replacen(from, to, 1).as_bytes()), Error::Signature, "{from}");
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        verify(&bad);
        verify(&bytes[..at]);
    }
    for more in ["\n", " ", "x", "{}"] {
        assert_eq!(verify(&[&bytes, more.as_bytes()].concat()), Error::NotAManifest);
    }
    assert_eq!(verify(b""), Error::NotAManifest);
    let other = String::from_utf8(bytes).unwrap().replacen("ring/1", "ring/2", 1);
    assert_eq!(verify(other.as_bytes()), Error::UnknownVersion);
}

#[test]
fn another_key_is_told_and_other_algorithms_sign_no_manifest() {
    let (signer, other) = (signer(), signer());
    let bytes = example().sign(now(), &signer, &mut SystemRng).unwrap();
    let wrong = Error::WrongKey { expected: id_of(&other), found: id_of(&signer) };
    assert_eq!(Manifest::verify(&bytes, other.verifying_key()), Err(wrong));
    let weak = SigningKey::generate(RUST, Signature::Ed25519, &mut SystemRng).unwrap();
    let error = Error::ManifestKey(KeyKind::Signature(Signature::Ed25519));
    assert_eq!(example().sign(now(), &weak, &mut SystemRng), Err(error.clone()));
    assert_eq!(Manifest::verify(&bytes, weak.verifying_key()), Err(error));
}

#[test]
fn what_is_signed_in_another_form_is_refused() {
    let signer = signer();
    let good = body(&example().sign(now(), &signer, &mut SystemRng).unwrap());
    let verify = |text: &str| Manifest::verify(&signed(text, &signer), signer.verifying_key());
    assert!(verify(&good).is_ok());
    let changes = [
        ("\"sequence\":1", "\"sequence\":0"),
        ("\"sequence\":1", "\"sequence\":01"),
        ("\"sequence\":1", "\"sequence\": 1"),
        ("\"sequence\":1", "\"sequence\":1,\"sequence\":1"),
        ("\"sequence\":1", "\"sequence\":1,\"more\":1"),
        ("\"sequence\":1", "\"sequence\":1.0"),
        ("\"name\":\"channel-1\"", "\"name\":\"../1\""),
        ("\"name\":\"channel-1\"", "\"name\":\"signing-1\""),
        ("\"name\":\"channel-1\"", "\"name\":\"zzz\""),
        ("\"name\":\"channel-1\"", "\"name\":\"channel\\u002d1\""),
        ("\"purpose\":\"channel\"", "\"purpose\":\"other\""),
        ("\"purpose\":\"channel\"", "\"purpose\":\"opening\""),
        ("\"number\":1", "\"number\":2"),
        ("\"number\":2", "\"number\":3"),
        ("{\"superseded-by\":2}", "\"current\""),
        ("{\"superseded-by\":2}", "{\"superseded-by\":1}"),
        ("\"current\"", "{\"superseded-by\":3}"),
        ("mldsa65-ed25519", "ed25519"),
        ("x-wing", "ml-kem-768"),
        ("x-wing", "rsa"),
        ("SHA256:AQ", "SHA256:!Q"),
        ("\"until\":\"2027-01-31T12:00:00Z\"", "\"until\":\"2025-01-31T12:00:00Z\""),
        ("\"until\":\"2027-01-31T12:00:00Z\"", "\"until\":\"2027-01-31T12:00:00.0Z\""),
        ("\"until\":\"2027-01-31T12:00:00Z\"", "\"until\":1"),
        ("\"reason\":\"lost", "\"reason\":\"lost\\n"),
        ("München", "M\\u00fcnchen"),
        ("\"entries\":[", "\"entries\":[[],"),
    ];
    for (from, to) in changes {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(verify(&bad).is_err(), "{from} became {to}");
    }
}

#[test]
fn only_the_newest_key_signs_and_only_in_its_time() {
    let mut ring = Manifest::new(now());
    let desk = name("desk-7");
    ring.add(&desk, Purpose::Identity, year(), keys(Purpose::Identity, 1)).unwrap();
    let number = |ring: &Manifest, at: &str| {
        ring.entry(&desk).unwrap().key_for(Use::Channel, time(at)).map(|(generation, _)| generation.number())
    };
    assert_eq!(number(&ring, "2026-01-31T12:00:00Z"), Ok(1));
    assert_eq!(number(&ring, "2027-01-31T12:00:00Z"), Ok(1));
    let expired = Error::Expired { generation: 1, until: year().until() };
    assert_eq!(number(&ring, "2027-01-31T12:00:01Z"), Err(expired));
    assert_eq!(number(&ring, "2026-01-31T11:59:59Z"), Err(Error::NotYet { generation: 1, from: now() }));

    ring.rotate(&desk, year(), keys(Purpose::Identity, 2)).unwrap();
    assert_eq!(number(&ring, "2026-01-31T12:00:00Z"), Ok(2));
    let entry = ring.entry(&desk).unwrap();
    assert_eq!(entry.generations()[0].state(), &State::Superseded { by: 2 });
    let opening: Vec<u32> = entry.opening_keys(false).unwrap().iter().map(|(one, _)| one.number()).collect();
    assert_eq!(opening, [2, 1]);
    assert!(entry.opening_keys(false).unwrap().iter().all(|(_, key)| key.kind() == XWING));
}

#[test]
fn a_revoked_key_does_nothing_unasked() {
    let mut ring = Manifest::new(now());
    let desk = name("desk-7");
    ring.add(&desk, Purpose::Identity, year(), keys(Purpose::Identity, 1)).unwrap();
    ring.rotate(&desk, year(), keys(Purpose::Identity, 2)).unwrap();
    let opening = |ring: &Manifest, revoked| -> Result<Vec<u32>, Error> {
        let entry = ring.entry(&desk).unwrap();
        entry.opening_keys(revoked).map(|keys| keys.iter().map(|(one, _)| one.number()).collect())
    };
    assert_eq!(ring.revoke(&desk, Some(3), now(), "lost"), Err(Error::NoGeneration(3)));
    assert_eq!(ring.revoke(&desk, Some(1), now(), "lost"), Ok(vec![1]));
    assert_eq!(ring.revoke(&desk, Some(1), now(), "lost"), Err(Error::AlreadyRevoked));
    assert_eq!((opening(&ring, false), opening(&ring, true)), (Ok(vec![2]), Ok(vec![2, 1])));
    assert_eq!(ring.revoke(&desk, None, now(), "stolen"), Ok(vec![2]));
    let refused = Error::Revoked { generation: 2, since: now(), reason: "stolen".into() };
    assert_eq!(ring.entry(&desk).unwrap().key_for(Use::Channel, now()), Err(refused.clone()));
    assert_eq!((opening(&ring, false), opening(&ring, true)), (Err(refused), Ok(vec![2, 1])));
    // The next generation is a new beginning; what was revoked stays revoked.
    ring.rotate(&desk, year(), keys(Purpose::Identity, 3)).unwrap();
    assert!(ring.entry(&desk).unwrap().key_for(Use::Channel, now()).is_ok());
    assert_eq!(opening(&ring, false), Ok(vec![3]));
}

#[test]
fn a_key_does_what_its_entry_is_for_and_nothing_else() {
    let expected = [
        (Purpose::Channel, [true, false, true, false]),
        (Purpose::Signing, [false, true, true, false]),
        (Purpose::Opening, [false, false, false, true]),
        (Purpose::Identity, [true, true, true, true]),
    ];
    for (purpose, expected) in expected {
        let mut ring = Manifest::new(now());
        ring.add(&name("a"), purpose, year(), keys(purpose, 1)).unwrap();
        let entry = ring.entry(&name("a")).unwrap();
        for (wanted, expected) in [Use::Channel, Use::Sign, Use::Certificate, Use::Open].into_iter().zip(expected) {
            let got = entry.key_for(wanted, now()).map(|_| ());
            let refused = Err(Error::Purpose { purpose, wanted });
            assert_eq!(got, if expected { Ok(()) } else { refused.clone() });
            if wanted == Use::Open && !expected {
                assert_eq!(entry.opening_keys(true).map(|_| ()), refused);
            }
        }
    }
}

#[test]
fn entries_take_no_other_keys_names_or_reasons() {
    let mut ring = Manifest::new(now());
    let id = KeyId::from_digest([1; 32]);
    for (purpose, kind) in [
        (Purpose::Channel, KeyKind::Signature(Signature::Ed25519)),
        (Purpose::Channel, XWING),
        (Purpose::Opening, COMPOSITE),
        (Purpose::Identity, KeyKind::Signature(Signature::MlDsa(MlDsa::MlDsa65))),
        (Purpose::Signing, KeyKind::X25519),
    ] {
        assert_eq!(Key::new(purpose, kind, id), Err(Error::Kind { purpose, kind }));
    }
    let a = name("a");
    let channel = || keys(Purpose::Channel, 1);
    assert_eq!(ring.add(&a, Purpose::Identity, year(), channel()), Err(Error::Keys(Purpose::Identity)));
    assert_eq!(ring.add(&a, Purpose::Channel, year(), Vec::new()), Err(Error::Keys(Purpose::Channel)));
    let other = vec![Key::new(Purpose::Signing, KeyKind::Signature(Signature::Ed25519), id).unwrap()];
    assert!(matches!(ring.add(&a, Purpose::Channel, year(), other), Err(Error::Kind { .. })));
    ring.add(&a, Purpose::Channel, year(), channel()).unwrap();
    assert_eq!(ring.add(&a, Purpose::Channel, year(), channel()), Err(Error::Exists(a.clone())));
    assert_eq!(ring.rotate(&name("b"), year(), channel()), Err(Error::NoEntry(name("b"))));
    for bad in ["", "a\n", "\u{9b}", &"a".repeat(MAX_REASON_LEN + 1)] {
        assert_eq!(ring.revoke(&a, None, now(), bad), Err(Error::Reason));
    }
    for _ in 1..MAX_GENERATIONS {
        ring.rotate(&a, year(), channel()).unwrap();
    }
    assert_eq!(ring.rotate(&a, year(), channel()), Err(Error::TooManyGenerations));
    assert_eq!(file_stem(12, Key::new(Purpose::Opening, XWING, id).unwrap().role()), "12.opening");
}

proptest! {
    /// Whatever is done to a ring in whatever order, its text reads back as the same ring, at most one generation of an
    /// entry is current, and it is the newest.
    #[test]
    fn every_life_of_a_ring_reads_back(steps in prop::collection::vec((0_u8..4, 0_u8..4, 0_u32..4, "[^\\p{Cc}]{0,9}"), 0..24)) {
        static SIGNER: std::sync::OnceLock<SigningKey> = std::sync::OnceLock::new();
        let signer = SIGNER.get_or_init(signer);
        let mut ring = Manifest::new(now());
        for (what, which, number, reason) in steps {
            let purpose = Purpose::ALL[usize::from(which)];
            let name = name(purpose.name());
            let _ = match what {
                0 => ring.add(&name, purpose, year(), keys(purpose, which)),
                1 => ring.rotate(&name, year(), keys(purpose, which)),
                2 => ring.revoke(&name, None, now(), &reason).map(|_| ()),
                _ => ring.revoke(&name, Some(number), now(), &reason).map(|_| ()),
            };
        }
        let bytes = ring.sign(now(), signer, &mut SystemRng).unwrap();
        prop_assert_eq!(Manifest::verify(&bytes, signer.verifying_key()).unwrap(), ring.clone());
        for entry in ring.entries().values() {
            let current = entry.generations().iter().filter(|one| *one.state() == State::Current);
            prop_assert!(current.clone().count() <= 1);
            prop_assert!(current.map(|one| one.number()).all(|number| number == entry.newest().unwrap().number()));
        }
    }
}
