//! The fuzz bodies as ordinary tests: over the kept corpus, and over random changes of it.
//!
//! `TWINLOCK_WRITE_CORPUS=1` writes the seeds of the corpus anew.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "the crate `twinlock-fuzz` exports what is a private module here")]
mod bodies;

use std::{fs, path::PathBuf};

use bodies::Repeatable;
use rand_core::TryRng as _;
use twinlock::{
    certificate::{Grant, Issuer, Name, Request, Revocation, RevocationList, Template, Validity},
    envelope::Sealer,
    ids::{Kem, KeyKind, Signature, certificate::Purpose, envelope::Suite},
    keys::{PrivateKey, PublicKey},
    provider::RUST,
    secret::Seed,
};

type Body = fn(&[u8]);

/// A target's name, its body, and how many random changes of each corpus file an ordinary test run tries.
const TARGETS: &[(&str, Body, usize)] = &[
    ("frame_header", bodies::frame_header, 5_000),
    ("initiator_hello", bodies::initiator_hello, 40),
    ("responder_hello", bodies::responder_hello, 100),
    ("initiator_finish", bodies::initiator_finish, 40),
    ("flight", bodies::flight, 5_000),
    ("record", bodies::record, 200),
    ("private_key", bodies::private_key, 1_000),
    ("public_key", bodies::public_key, 300),
    ("ssh_key", bodies::ssh_key, 500),
    ("ssh_signature", bodies::ssh_signature, 500),
    ("certificate", bodies::certificate, 300),
    ("key_id", bodies::key_id, 5_000),
    ("encapsulation_key", bodies::encapsulation_key, 60),
    ("signature", bodies::signature, 60),
    ("envelope", bodies::envelope, 100),
    ("vectors", bodies::vectors, 2_000),
];

fn corpus(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// One to eight changes of `bytes`: a bit, a byte, a cut, a repeated part.
fn change(bytes: &mut Vec<u8>, rng: &mut Repeatable) {
    let mut below = |limit: usize| (rng.try_next_u64().unwrap() % (limit.max(1) as u64)) as usize;
    for _ in 0..=below(8) {
        let at = below(bytes.len());
        match below(6) {
            _ if bytes.is_empty() => bytes.push(below(256) as u8),
            0 => bytes[at] ^= 1 << below(8),
            1 => bytes[at] = below(256) as u8,
            2 => bytes.truncate(at),
            3 => bytes.insert(at, below(256) as u8),
            4 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)],
            _ => {
                let part = bytes[at..].to_vec();
                bytes.extend_from_slice(&part[..part.len().min(64)]);
            }
        }
    }
}

#[test]
fn every_body_takes_its_corpus_and_random_changes_of_it() {
    if std::env::var_os("TWINLOCK_WRITE_CORPUS").is_some() {
        write_corpus();
    }
    for (target, body, changes) in TARGETS {
        let mut count = 0;
        for file in fs::read_dir(corpus(target)).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            body(&bytes);
            let mut rng = Repeatable(7);
            for _ in 0..*changes {
                let mut changed = bytes.clone();
                change(&mut changed, &mut rng);
                body(&changed);
            }
            count += 1;
        }
        assert!(count > 0, "{target} has no corpus");
        println!("{target}: {count} files, {changes} changes each");
    }
}

#[test]
fn every_target_has_a_body_and_a_fuzz_target() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let mut named: Vec<&str> = manifest.lines().filter_map(|line| line.strip_prefix("name = ")).skip(1).collect();
    named.sort_unstable();
    let mut ours: Vec<String> = TARGETS.iter().map(|(name, ..)| format!("{name:?}")).collect();
    ours.sort_unstable();
    assert_eq!(named, ours);
    for (name, ..) in TARGETS {
        assert!(root.join("fuzz_targets").join(name).with_extension("rs").exists(), "{name}");
    }
}

fn write_corpus() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(corpus(target)).unwrap();
        fs::write(corpus(target).join(name), bytes).unwrap();
    };
    let [m1, m2, m3] = bodies::honest_messages();
    for (name, message) in [("m1", &m1), ("m2", &m2), ("m3", &m3)] {
        write("frame_header", name, &message[..5]);
    }
    write("initiator_hello", "m1", &m1);
    write("responder_hello", "m2", &m2);
    write("initiator_finish", "m3", &m3);
    let mut flight = vec![0x11, 0, 0, 9, 3, 1, 0, 0, 4, b'f', b'u', b'z', b'z'];
    for (kind, len) in [(0x12_u8, 33_usize), (0x13, 3373), (0x14, 48)] {
        flight.extend([kind, 0, (len >> 8) as u8, len as u8]);
        flight.extend(vec![1; len]);
    }
    write("flight", "key-id", &flight);
    write("record", "content", b"8=FIX.4.4\x019=5\x0135=0\x01");
    for kind in KeyKind::ALL {
        let key = PrivateKey::from_seed(kind, Seed::from_slice(&vec![9; kind.seed_len()])).unwrap();
        let public = key.public_key(RUST).unwrap();
        write("private_key", kind.cli_name(), &key.to_pkcs8_der().unwrap());
        write("public_key", kind.cli_name(), &public.to_spki_der());
        if kind == KeyKind::Signature(Signature::Ed25519) {
            write("private_key", "pem", key.to_pkcs8_pem().unwrap().as_bytes());
            write("public_key", "pem", public.to_spki_pem().unwrap().as_bytes());
            write("key_id", "id", public.key_id().to_string().as_bytes());
        }
    }
    for name in ["ed25519", "mldsa44-ed25519"] {
        let made =
            |file: String| fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/ssh").join(file)).unwrap();
        write("ssh_key", &format!("{name}-private"), &made(format!("{name}.key")));
        write("ssh_key", &format!("{name}-protected"), &made(format!("{name}-aes256-ctr.key")));
        write("ssh_key", &format!("{name}-public"), &made(format!("{name}.pub")));
        write("ssh_signature", name, &made(format!("{name}-sha512.sig")));
    }
    write_certificates(&write);
    for (pick, kem) in (0..).zip(Kem::ALL) {
        let key = twinlock::kem::DecapsulationKey::generate(RUST, kem, &mut Repeatable(8)).unwrap();
        write("encapsulation_key", kem.name(), &[&[pick][..], key.encapsulation_key().as_bytes()].concat());
    }
    for (pick, algorithm) in (0..).zip(Signature::ALL) {
        let seed = Seed::from_slice(&vec![6; algorithm.seed_len()]);
        let key = twinlock::sign::SigningKey::from_seed(RUST, algorithm, seed).unwrap();
        let signature = key.sign(b"another message", b"", &mut Repeatable(9)).unwrap();
        write("signature", algorithm.name(), &[&[pick][..], &signature].concat());
    }
    let to = bodies::recipient();
    let to = PublicKey::from_raw(KeyKind::Kem(Kem::XWing), to.encapsulation_key().as_bytes()).unwrap();
    let (sealer, header) = Sealer::new(RUST, Suite::XWingAes256Gcm, &[to], None, &mut Repeatable(10)).unwrap();
    write("envelope", "unsigned", &[header, sealer.finish(&mut Repeatable(11)).unwrap()].concat());
    write("vectors", "keygen", ACVP.as_bytes());
}

/// A certificate of each kind, in DER; a request and a revocation list; and a chain in PEM.
fn write_certificates(write: &dyn Fn(&str, &str, &[u8])) {
    let validity = |from: &str, until: &str| Validity::new(from.parse().unwrap(), until.parse().unwrap()).unwrap();
    let year = validity("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z");
    let mut rng = Repeatable(10);
    let key = PrivateKey::from_seed(KeyKind::Signature(Signature::Ed25519), Seed::from_slice(&[4; 32])).unwrap();
    let key = key.into_signing_key(RUST).unwrap();
    let ca = Template::new("CN=CA,O=Example".parse().unwrap(), year).authority(Some(1));
    let ca = ca.self_signed(&key, &mut rng).unwrap();
    let issuer = Issuer::new(&ca, &key).unwrap();
    let names = ["dns:a.example.org", "ip:192.0.2.1", "uri:https://a"].map(|name| name.parse().unwrap());
    let subject: Name = "CN=end".parse().unwrap();
    for kind in [KeyKind::X25519, KeyKind::Kem(Kem::XWing), KeyKind::Signature(Signature::Ed25519)] {
        let public = PrivateKey::from_seed(kind, Seed::from_slice(&[5; 32])).unwrap().public_key(RUST).unwrap();
        let template = Template::new(subject.clone(), year).alt_names(names.clone()).purposes([Purpose::ServerAuth]);
        write("certificate", kind.cli_name(), issuer.issue(&template, &public, &mut rng).unwrap().as_der());
    }
    let kind = KeyKind::Signature(Signature::MlDsa44Ed25519);
    let public = PrivateKey::from_seed(kind, Seed::from_slice(&[5; 64])).unwrap().public_key(RUST).unwrap();
    let grant = Grant::new(vec!["desk-7".into()], vec!["orders".into()]).unwrap();
    let template = grant.template(validity("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")).unwrap();
    let channel = issuer.issue(&template, &public, &mut rng).unwrap();
    write("certificate", "channel", channel.as_der());
    write("certificate", "chain", [channel.to_pem().unwrap(), ca.to_pem().unwrap()].concat().as_bytes());
    let request = Request::new(subject, &names, &key, &mut rng).unwrap();
    write("certificate", "request", request.as_der());
    let entries = [Revocation { serial: channel.serial().clone(), since: year.from() }];
    let list = RevocationList::issue(&issuer, 1, year, &entries, &mut rng).unwrap();
    write("certificate", "revocation-list", list.as_der());
}

const ACVP: &str = r#"{"vsId":42,"algorithm":"ML-KEM","mode":"keyGen","revision":"FIPS203","isSample":false,"testGroups":[{"tgId":1,"testType":"AFT","parameterSet":"ML-KEM-512","tests":[{"tcId":1,"deferred":false,"z":"00","d":"00","ek":"00","dk":"00"}]}]}"#;
