//! What a recipient with all keys of an envelope can do to it: nothing that another recipient takes for the sender's.

use super::{
    chunk::{Cipher, Place},
    header::{self, Bound, Prelude},
    *,
};
use crate::{
    ids::{
        KeyKind, Signature,
        envelope::{CHUNK_LEN, KEM, Suite, trailer_len},
    },
    kem::DecapsulationKey,
    keys::PublicKey,
    provider::{RUST, SystemRng},
    secret::Seed,
    sign::SigningKey,
};

const SIGNATURE: Signature = Signature::MlDsa44Ed25519;
const SUITE: Suite = Suite::XWingAes256Gcm;
const FIRST: Place = Place { number: 0, is_last: true };

fn recipient(seed: u8) -> (DecapsulationKey, PublicKey) {
    let key = DecapsulationKey::from_seed(RUST, KEM, Seed::from_slice(&[seed; 32])).unwrap();
    let public = PublicKey::from_raw(KeyKind::Kem(KEM), key.encapsulation_key().as_bytes()).unwrap();
    (key, public)
}

fn sender() -> (SigningKey, Expected) {
    let key = SigningKey::from_seed(RUST, SIGNATURE, Seed::from_slice(&[3; 64])).unwrap();
    let public = PublicKey::from_raw(KeyKind::Signature(SIGNATURE), key.verifying_key().as_bytes()).unwrap();
    (key, Expected::Sender(public.key_id()))
}

fn seal(to: &[u8], content: &[u8]) -> Vec<u8> {
    let to: Vec<PublicKey> = to.iter().map(|seed| recipient(*seed).1).collect();
    let (sender, _) = sender();
    let (mut sealer, mut envelope) = Sealer::new(RUST, SUITE, &to, Some(&sender), &mut SystemRng).unwrap();
    let mut content = content;
    while let Some(job) = sealer.push(&mut content).unwrap() {
        envelope.extend_from_slice(sealer.done(job.run().unwrap()).unwrap());
    }
    envelope.extend(sealer.finish(&mut SystemRng).unwrap());
    envelope
}

fn open(seed: u8, envelope: &[u8]) -> Result<Vec<u8>, Error> {
    let mut opener = Opener::new(recipient(seed).0, sender().1).unwrap();
    let (mut rest, mut content) = (envelope, Vec::new());
    while let Some(job) = opener.push(&mut rest)? {
        content.extend_from_slice(opener.done(job.run()?)?);
    }
    content.extend(opener.finish()?);
    Ok(content)
}

/// All that the recipient of that seed knows: the header, the keys, and what follows the header.
fn insider(seed: u8, envelope: &[u8]) -> (&[u8], Bound, &[u8]) {
    let (key, public) = recipient(seed);
    let prelude = Prelude::read(envelope).unwrap().unwrap();
    let (header, body) = envelope.split_at(prelude.header_len());
    (header, header::open(prelude, header, &key, &public.key_id()).unwrap(), body)
}

fn opened(cipher: &Cipher, place: Place, sealed: &[u8]) -> Vec<u8> {
    let mut bytes = sealed.to_vec();
    cipher.open(place, &mut bytes).unwrap();
    bytes
}

fn sealed(cipher: &Cipher, place: Place, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    cipher.seal(place, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_recipient_cannot_change_the_content_for_another() {
    let envelope = seal(&[1, 2], b"pay 100");
    assert_eq!(open(1, &envelope), Ok(b"pay 100".to_vec()));
    let (header, bound, body) = insider(2, &envelope);
    let mut content = opened(&bound.cipher, FIRST, body);
    assert!(content.starts_with(b"pay 100"));
    content[4] = b'9';
    let forged = [header, &sealed(&bound.cipher, FIRST, &content)].concat();
    assert_eq!(open(1, &forged), Err(Error::Signature));
}

#[test]
fn a_recipient_cannot_change_order_or_length_for_another() {
    let content: Vec<u8> = [7, 8, 9].map(|byte| [byte; CHUNK_LEN]).concat();
    let envelope = seal(&[1, 2], &content);
    let (header, bound, body) = insider(2, &envelope);
    let middle = |number| Place { number, is_last: false };
    let sealed_len = CHUNK_LEN + 16;
    let (a, b) = (opened(&bound.cipher, middle(0), &body[..sealed_len]), &body[sealed_len..2 * sealed_len]);
    let (b, c) = (opened(&bound.cipher, middle(1), b), &body[2 * sealed_len..]);
    let c = opened(&bound.cipher, Place { number: 2, is_last: true }, c);
    let trailer = &c[CHUNK_LEN..];
    let forge = |chunks: &[&[u8]]| {
        let mut forged = header.to_vec();
        let (last, middles) = chunks.split_last().unwrap();
        for (number, chunk) in (0..).zip(middles) {
            forged.extend(sealed(&bound.cipher, middle(number), chunk));
        }
        let last_place = Place { number: middles.len() as u64, is_last: true };
        forged.extend(sealed(&bound.cipher, last_place, &[last, trailer].concat()));
        forged
    };
    assert_eq!(open(1, &forge(&[&a, &b, &c[..CHUNK_LEN]])), Ok(content.clone()));
    for chunks in
        [&[&b[..], &a, &c[..CHUNK_LEN]][..], &[&a, &b], &[&a, &b, &c[..CHUNK_LEN], b"more"], &[&a, &b, &c[..9]]]
    {
        assert_eq!(open(1, &forge(chunks)), Err(Error::Signature));
    }
    // An empty last chunk behind others would be a second envelope of the same content.
    assert_eq!(open(1, &forge(&[&a, &b, &c[..CHUNK_LEN], b""])), Err(Error::Chunk(3)));
}

#[test]
fn a_recipient_cannot_pass_on_what_was_signed_for_it() {
    let envelope = seal(&[2], b"you are hired");
    let (_, bound, body) = insider(2, &envelope);
    let content = opened(&bound.cipher, FIRST, body);
    for to in [&[1][..], &[1, 2]] {
        let to: Vec<PublicKey> = to.iter().map(|seed| recipient(*seed).1).collect();
        let (header, other) = header::seal(RUST, SUITE, Some(SIGNATURE), &to, &mut SystemRng).unwrap();
        let forged = [header, sealed(&other.cipher, FIRST, &content)].concat();
        assert_eq!(open(1, &forged), Err(Error::Signature));
    }
}

#[test]
fn a_recipient_cannot_sign_as_the_sender() {
    let envelope = seal(&[1, 2], b"x");
    let (header, bound, body) = insider(2, &envelope);
    let content = opened(&bound.cipher, FIRST, body);
    let own = SigningKey::from_seed(RUST, SIGNATURE, Seed::from_slice(&[4; 64])).unwrap();
    let own_public = PublicKey::from_raw(KeyKind::Signature(SIGNATURE), own.verifying_key().as_bytes()).unwrap();
    let mut hash = bound.cipher.content_hash();
    hash.add(&bound.cipher.digest(FIRST, b"y"));
    let Expected::Sender(id) = sender().1 else { panic!("a sender is expected") };
    let message = signed_message(&bound.header_hash, &bound.commitment, &hash.finish(), &id);
    let signature = own.sign(&message, label::CONTEXT, &mut SystemRng).unwrap();
    let spki = &content[1..content.len() - SIGNATURE.signature_len()];
    let forge = |spki: &[u8]| {
        let bytes = [b"y", spki, &signature].concat();
        assert_eq!(bytes.len(), 1 + trailer_len(Some(SIGNATURE)));
        [header, &sealed(&bound.cipher, FIRST, &bytes)].concat()
    };
    assert_eq!(open(1, &forge(spki)), Err(Error::Signature));
    let found = own_public.key_id();
    assert_eq!(open(1, &forge(&own_public.to_spki_der())), Err(Error::WrongSender { expected: id, found }));
    assert_eq!(open(1, &forge(&vec![0x30; spki.len()])), Err(Error::BadSender));
}

#[test]
fn two_recipients_cannot_be_given_two_payload_keys() {
    // A sender who wraps another key for the second recipient: the commitment fits one of them only.
    let to = [recipient(1).1, recipient(2).1];
    let (one, _) = header::seal(RUST, SUITE, None, &to, &mut SystemRng).unwrap();
    let (two, _) = header::seal(RUST, SUITE, None, &to, &mut SystemRng).unwrap();
    let prelude = Prelude::read(&one).unwrap().unwrap();
    let entries =
        crate::ids::envelope::PRELUDE_LEN..crate::ids::envelope::PRELUDE_LEN + crate::ids::envelope::ENTRY_LEN;
    let mut mixed = one;
    mixed[entries.clone()].copy_from_slice(&two[entries]);
    for seed in [1, 2] {
        let (key, public) = recipient(seed);
        assert!(matches!(header::open(prelude, &mixed, &key, &public.key_id()), Err(Error::Header)));
    }
}
