//! The bodies of the fuzz targets. `tests/fuzz.rs` of the workspace runs the same bodies over the kept corpus
//! and random changes of it, so that they are checked without a fuzzer too.
//!
//! A body takes any bytes. It panics only where a property is broken, and the fuzzer reports that.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken property is to be reported by a panic")]

use std::sync::{Arc, OnceLock};

use rand_core::{TryCryptoRng, TryRng};
use twinlock::{
    certificate::{Certificate, Grant, Request, RevocationList},
    channel::{OpenHalf, Opened, SealHalf},
    envelope::{Expected, Job, Opener},
    handshake::{Config, FrameHeader, Identity, Machine, Peer, Peers, Pin, Progress, parse_flight},
    ids::{Aead, Hash, Kem, KeyKind, Signature, envelope::KEM},
    kem::{DecapsulationKey, EncapsulationKey},
    keys::{KeyId, PrivateKey, PublicKey},
    provider::RUST,
    secret::{ChainSecret, Seed},
    sign::{SigningKey, VerifyingKey},
    ssh,
};

/// A generator that gives the same bytes every time, so that a corpus stays valid.
#[derive(Debug)]
pub struct Repeatable(pub u64);

impl TryRng for Repeatable {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    /// SplitMix64.
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ (word >> 31))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in out.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            for (to, from) in chunk.iter_mut().zip(word) {
                *to = from;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Repeatable {}

struct Parties {
    initiator: Config,
    responder: Config,
    responder_as_peer: Peer,
    peers: Arc<Peers>,
}

fn parties() -> &'static Parties {
    static PARTIES: OnceLock<Parties> = OnceLock::new();
    PARTIES.get_or_init(|| {
        let party = |seed| {
            let algorithm = Signature::MlDsa65Ed25519;
            let key = SigningKey::from_seed(RUST, algorithm, Seed::from_slice(&[seed; 64])).unwrap();
            let public = PublicKey::from_raw(KeyKind::Signature(algorithm), key.verifying_key().as_bytes()).unwrap();
            let pin = Pin::key(&public, RUST).unwrap();
            let peer = Peer { name: format!("peer {seed}"), pin, services: vec!["fuzz".into()] };
            (Config::new(RUST, Identity::new(key).unwrap(), "fuzz"), peer)
        };
        let ((initiator, initiator_as_peer), (responder, responder_as_peer)) = (party(1), party(2));
        let mut peers = Peers::default();
        peers.add(initiator_as_peer).unwrap();
        Parties { initiator, responder, responder_as_peer, peers: Arc::new(peers) }
    })
}

fn initiator() -> (Machine, Vec<u8>) {
    Machine::initiator(&parties().initiator, &parties().responder_as_peer, &mut Repeatable(1)).unwrap()
}

fn responder() -> Machine {
    Machine::responder(&parties().responder, parties().peers.clone()).unwrap()
}

fn await_finish(m1: &[u8]) -> (Machine, Vec<u8>) {
    match responder().read(&mut m1.to_vec(), &mut Repeatable(2)).unwrap() {
        Progress::Continue(machine, m2) => (machine, m2),
        Progress::Done(..) => panic!("M1 ended the handshake"),
    }
}

/// M1, M2 and M3 of the handshake that the bodies continue: seeds for a corpus.
pub fn honest_messages() -> [Vec<u8>; 3] {
    let (machine, m1) = initiator();
    let (_, m2) = await_finish(&m1);
    match machine.read(&mut m2.clone(), &mut Repeatable(3)).unwrap() {
        Progress::Done(_, m3) => [m1, m2, m3],
        Progress::Continue(..) => panic!("M2 did not end the handshake"),
    }
}

/// Five bytes of a header.
pub fn frame_header(data: &[u8]) {
    if let Some(Ok(header)) = data.first_chunk().map(FrameHeader::parse) {
        assert!(header.body_len <= header.frame.max_body());
    }
}

/// A responder reads M1.
pub fn initiator_hello(data: &[u8]) {
    let _ = responder().read(&mut data.to_vec(), &mut Repeatable(2));
}

/// An initiator reads M2: only the honest one is taken.
pub fn responder_hello(data: &[u8]) {
    static HONEST: OnceLock<Vec<u8>> = OnceLock::new();
    let honest = HONEST.get_or_init(|| honest_messages()[1].clone());
    let taken = initiator().0.read(&mut data.to_vec(), &mut Repeatable(3)).is_ok();
    assert_eq!(taken, data == honest);
}

/// A responder reads M3: only the honest one is taken.
pub fn initiator_finish(data: &[u8]) {
    static HONEST: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
    let [m1, _, m3] = HONEST.get_or_init(honest_messages);
    let taken = await_finish(m1).0.read(&mut data.to_vec(), &mut Repeatable(4)).is_ok();
    assert_eq!(taken, data == m3);
}

/// The messages inside a sealed flight.
pub fn flight(data: &[u8]) {
    let _ = parse_flight(data);
}

/// A record that nobody sealed, then one that was sealed and changed.
pub fn record(data: &[u8]) {
    // Each input has its own key. Under one key for all, the fuzzer finds in memory what this body sealed for an
    // earlier input, and presents it as a forgery.
    let mut digest = [0; 48];
    RUST.hazmat().hash.digest(Hash::Sha384, &[data], &mut digest);
    let secret = || ChainSecret::from_slice(&digest);
    let open = || OpenHalf::from_secret(RUST, Aead::Aes256Gcm, secret(), 16 << 10).unwrap();
    assert!(open().open(&mut data.to_vec()).is_err(), "a record that nobody sealed");

    let mut seal = SealHalf::from_secret(RUST, Aead::Aes256Gcm, secret(), 16 << 10).unwrap();
    let content = data.get(..16 << 10).unwrap_or(data);
    let mut sealed = vec![0; SealHalf::RECORD_HEADER + content.len() + SealHalf::RECORD_TRAILER];
    if let Some(room) = sealed.get_mut(SealHalf::RECORD_HEADER..) {
        room.iter_mut().zip(content).for_each(|(to, from)| *to = *from);
    }
    seal.seal(&mut sealed, content.len()).unwrap();
    assert_eq!(open().open(&mut sealed.clone()), Ok(Opened::Data(&mut content.to_vec())));
    let mut changed = sealed.clone();
    changed.iter_mut().zip(data).for_each(|(to, change)| *to ^= change);
    assert!(changed == sealed || open().open(&mut changed).is_err(), "a changed record");
}

/// A private key file: what is read is written again and read as the same key.
pub fn private_key(data: &[u8]) {
    if let Ok(key) = PrivateKey::from_bytes(data) {
        let again = PrivateKey::from_bytes(&key.to_pkcs8_der().unwrap()).unwrap();
        assert!(key.kind() == again.kind() && *key.to_pkcs8_der().unwrap() == *again.to_pkcs8_der().unwrap());
    }
}

/// A public key file: DER has one form only.
pub fn public_key(data: &[u8]) {
    if let Ok(key) = PublicKey::from_bytes(data) {
        let der = key.to_spki_der();
        assert!(PublicKey::from_spki_der(&der).unwrap() == key);
        assert!(data.starts_with(b"-----") || data.starts_with(b"{") || der == data, "two encodings of one key");
    }
}

/// A private key file of SSH, opened if it needs no passphrase, and a public key line: what is read is written
/// again and read as the same key.
pub fn ssh_key(data: &[u8]) {
    if let Ok(key) = ssh::decode_private(data) {
        let again = ssh::encode_private(&key, "", &mut Repeatable(1)).unwrap();
        assert!(ssh::decode_private(again.as_bytes()).unwrap().seed().unwrap().ct_eq(key.seed().unwrap()));
    }
    if let Ok(line) = ssh::decode_public(data) {
        let again = ssh::encode_public(&line.key, "").unwrap();
        assert!(data.starts_with(again.trim_end().as_bytes()), "two encodings of one key");
    }
}

/// A signature of SSH has one form only, but for the length of its lines and its last line end.
pub fn ssh_signature(data: &[u8]) {
    if let Ok(signature) = ssh::Signature::from_armor(data) {
        let base64 = |text: &[u8]| text.iter().copied().filter(|c| !c.is_ascii_whitespace()).collect::<Vec<_>>();
        assert_eq!(base64(signature.to_armor().unwrap().as_bytes()), base64(data));
    }
}

/// A certificate, a request or a revocation list: each has one DER form, and reads again from its PEM.
pub fn certificate(data: &[u8]) {
    let is_one_form = |der: &[u8], pem: String| {
        assert!(data.first() != Some(&0x30) || der == data, "two encodings of one document");
        pem
    };
    if let Ok(chain) = Certificate::all_from_bytes(data) {
        for found in chain {
            let pem = is_one_form(found.as_der(), found.to_pem().unwrap());
            assert!(Certificate::from_bytes(pem.as_bytes()).unwrap() == found);
            let _ = Grant::of(&found);
        }
    }
    if let Ok(found) = Request::from_bytes(data, RUST) {
        let pem = is_one_form(found.as_der(), found.to_pem().unwrap());
        assert!(Request::from_bytes(pem.as_bytes(), RUST).unwrap() == found);
    }
    if let Ok(found) = RevocationList::from_bytes(data) {
        let pem = is_one_form(found.as_der(), found.to_pem().unwrap());
        assert!(RevocationList::from_bytes(pem.as_bytes()).unwrap() == found);
    }
}

/// A key id in text has one form only.
pub fn key_id(data: &[u8]) {
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(id) = text.parse::<KeyId>()
    {
        assert_eq!(id.to_string(), text);
    }
}

/// Raw encapsulation keys; the first byte picks the KEM.
pub fn encapsulation_key(data: &[u8]) {
    let Some((pick, bytes)) = data.split_first() else { return };
    let kem = Kem::ALL.into_iter().cycle().nth(usize::from(*pick)).unwrap();
    if let Ok(key) = EncapsulationKey::from_bytes(RUST, kem, bytes) {
        // What was taken either works or is a point that is not on its curve.
        let _ = key.encapsulate(&mut Repeatable(5));
    }
}

/// Signatures over a fixed message; the first byte picks the algorithm. None verifies.
pub fn signature(data: &[u8]) {
    static KEYS: OnceLock<Vec<VerifyingKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let key = |algorithm: &Signature| {
            let seed = Seed::from_slice(&vec![6; algorithm.seed_len()]);
            SigningKey::from_seed(RUST, *algorithm, seed).unwrap().verifying_key().clone()
        };
        Signature::ALL.iter().map(key).collect()
    });
    let Some((pick, bytes)) = data.split_first() else { return };
    let key = keys.iter().cycle().nth(usize::from(*pick)).unwrap();
    // Padded or cut to the right length, so that the bytes reach the decoders.
    let mut bytes = bytes.to_vec();
    bytes.resize(key.algorithm().signature_len(), 0);
    assert!(key.verify(b"nobody signed this", b"", &bytes).is_err());
}

/// The key that the envelopes of the corpus are for.
pub fn recipient() -> DecapsulationKey {
    DecapsulationKey::from_seed(RUST, KEM, Seed::from_slice(&[5; 32])).unwrap()
}

/// An envelope, in pieces: nothing comes out that did not go in.
pub fn envelope(data: &[u8]) {
    let mut opener = Opener::new(recipient(), Expected::Unsigned).unwrap();
    let mut len = 0_usize;
    for mut piece in data.chunks(1000) {
        loop {
            match opener.push(&mut piece).and_then(|job| job.map(Job::run).transpose()) {
                Ok(Some(done)) => len = len.saturating_add(opener.done(done).unwrap().len()),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
    if let Ok(last) = opener.finish() {
        assert!(len.saturating_add(last.len()) < data.len());
    }
}

/// A file of vectors, of any format, compressed or not.
pub fn vectors(data: &[u8]) {
    let _ = twinlock_kat::formats::read(None, &[twinlock_kat::formats::File { name: "fuzz", bytes: data }]);
}
