//! An opener written from docs/spec/envelope.md alone, over primitives: what the page says is what is made.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use twinlock::{
    envelope::Sealer,
    hpke::{self, OpenContext},
    ids::{Aead, Hash, Kem, KeyKind, Signature, envelope::Suite},
    kem::DecapsulationKey,
    keys::PublicKey,
    provider::{Hazmat, RUST, SystemRng},
    secret::Seed,
    sign::SigningKey,
};

const PRIMITIVES: Hazmat = RUST.hazmat();

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn hash(hash: Hash, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![0; hash.output_len()];
    PRIMITIVES.hash.digest(hash, parts, &mut out);
    out
}

/// The content; the sender's key as it stands in the envelope, if it is signed.
fn open(envelope: &[u8], key: &DecapsulationKey, id: &[u8]) -> (Vec<u8>, Option<PublicKey>) {
    // §3
    assert_eq!(&envelope[..20], b"twinlock-envelope/1\n");
    let (suite, signature, count) = (number(&envelope[20..22]), number(&envelope[22..24]), number(&envelope[24..26]));
    let (header, rest) = envelope.split_at(26 + 1200 * count);
    let (commitment, mut body) = rest.split_at(48);
    let entry = header[26..].chunks(1200).find(|entry| &entry[..32] == id).unwrap();
    // §2
    let aead = [Aead::Aes256Gcm, Aead::ChaCha20Poly1305][suite - 1];
    let (algorithm, spki_len, signature_len) =
        [(None, 0, 0), (Some(Signature::MlDsa65Ed25519), 2005, 3373), (Some(Signature::MlDsa44Ed25519), 1365, 2484)]
            [signature];
    // §4
    let info = [&envelope[..26], id].concat();
    let hpke_suite = hpke::Suite { kdf: Hash::Sha384, aead };
    let mut context = OpenContext::new(key, hpke_suite, &info, &entry[32..1152]).unwrap();
    let mut payload_key = entry[1152..1184].to_vec();
    context.open(b"", &mut payload_key, entry[1184..].try_into().unwrap()).unwrap();
    // §5
    let header_hash = hash(Hash::Sha384, &[header]);
    let mut secret = vec![0; 48];
    PRIMITIVES.kdf.extract(Hash::Sha384, &header_hash, &payload_key, &mut secret).unwrap();
    let expand = |label: &str, len: usize| {
        let mut out = vec![0; len];
        PRIMITIVES.kdf.expand(Hash::Sha384, &secret, &[label.as_bytes()], &mut out).unwrap();
        out
    };
    assert_eq!(commitment, expand("twinlock-envelope/1 commitment", 48));
    let chunk_key = expand("twinlock-envelope/1 chunk key", 32);
    let salt = expand("twinlock-envelope/1 digest salt", 64);
    // §6
    let trailer_len = spki_len + signature_len;
    let chunk_key = PRIMITIVES.aead.key(aead, chunk_key.as_slice().try_into().unwrap()).unwrap();
    let (mut content, mut trailer, mut digests) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0_u64.. {
        let mark = u8::from(body.len() <= 65_552 + trailer_len);
        let len = if mark == 1 { body.len() } else { 65_552 };
        let (chunk, tag) = body[..len].split_at(len - 16);
        body = &body[len..];
        let mut chunk = chunk.to_vec();
        let nonce = [&[0; 3][..], &number.to_be_bytes(), &[mark]].concat();
        chunk_key.open(nonce.as_slice().try_into().unwrap(), b"", &mut chunk, tag.try_into().unwrap()).unwrap();
        if mark == 1 {
            trailer = chunk.split_off(chunk.len() - trailer_len);
        }
        // §7
        digests.extend(hash(Hash::Sha256, &[&salt, &number.to_be_bytes(), &[mark], &chunk]));
        content.extend(chunk);
        if mark == 1 {
            break;
        }
    }
    let sender = algorithm.map(|algorithm| {
        let (spki, signature) = trailer.split_at(spki_len);
        let sender = PublicKey::from_spki_der(spki).unwrap();
        assert_eq!(sender.kind(), KeyKind::Signature(algorithm));
        let content_hash = hash(Hash::Sha512, &[&digests]);
        let sender_id = hash(Hash::Sha256, &[spki]);
        let message = [b"twinlock-envelope/1 signed\0", &*header_hash, commitment, &content_hash, &sender_id].concat();
        let key = sender.to_verifying_key(RUST).unwrap();
        key.verify(&message, b"twinlock-envelope/1", signature).unwrap();
        sender
    });
    (content, sender)
}

#[test]
fn what_is_sealed_is_what_the_page_says() {
    let keys = [1, 2].map(|seed| DecapsulationKey::from_seed(RUST, Kem::XWing, Seed::from_slice(&[seed; 32])).unwrap());
    let to = keys
        .each_ref()
        .map(|key| PublicKey::from_raw(KeyKind::Kem(Kem::XWing), key.encapsulation_key().as_bytes()).unwrap());
    for suite in Suite::ALL {
        for algorithm in [None, Some(Signature::MlDsa65Ed25519), Some(Signature::MlDsa44Ed25519)] {
            for len in [0, 5, 65_536, 200_000] {
                let sender = algorithm.map(|kind| SigningKey::generate(RUST, kind, &mut SystemRng).unwrap());
                let content: Vec<u8> = (0..len).map(|at| (at % 253) as u8).collect();
                let (mut sealer, mut envelope) =
                    Sealer::new(RUST, suite, &to, sender.as_ref(), &mut SystemRng).unwrap();
                let mut rest = content.as_slice();
                while let Some(job) = sealer.push(&mut rest).unwrap() {
                    envelope.extend_from_slice(sealer.done(job.run().unwrap()).unwrap());
                }
                envelope.extend(sealer.finish(&mut SystemRng).unwrap());
                for (key, public) in keys.iter().zip(&to) {
                    let (opened, found) = open(&envelope, key, public.key_id().as_bytes());
                    assert!(opened == content, "{suite:?} {algorithm:?} {len} bytes");
                    let expected = sender.as_ref().map(|key| key.verifying_key().as_bytes());
                    assert_eq!(found.as_ref().map(PublicKey::as_bytes), expected);
                }
            }
        }
    }
}
