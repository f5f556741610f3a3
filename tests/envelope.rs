//! Envelopes from outside: any content in any pieces, and whatever was done to the bytes on their way.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use std::{sync::OnceLock, thread};

use proptest::prelude::*;
use twinlock::{
    envelope::{Error, Expected, Opener, Sealer},
    ids::{
        AEAD_TAG_LEN, Kem, KeyKind, MlKem, Signature,
        envelope::{CHUNK_LEN, ENTRY_LEN, HASH_LEN, KEM, MAX_RECIPIENTS, PRELUDE_LEN, Suite, trailer_len},
    },
    kem::DecapsulationKey,
    keys::{KeyId, PublicKey},
    provider::{self, Provider, SystemRng},
    secret::Seed,
    sign::SigningKey,
};

const SUITE: Suite = Suite::XWingAes256Gcm;
const SIGNATURE: Signature = Signature::MlDsa65Ed25519;
const SEALED_LEN: usize = CHUNK_LEN + AEAD_TAG_LEN;

/// The fastest provider of the build, so that thousands of envelopes stay cheap.
fn provider() -> &'static Provider {
    Provider::by_name("aws-lc").unwrap_or(provider::RUST)
}

/// Somebody's key, the same at each call.
fn recipient_by(provider: &'static Provider, seed: u8) -> (DecapsulationKey, PublicKey) {
    let key = DecapsulationKey::from_seed(provider, KEM, Seed::from_slice(&[seed; 32])).unwrap();
    let public = PublicKey::from_raw(KeyKind::Kem(KEM), key.encapsulation_key().as_bytes()).unwrap();
    (key, public)
}

fn recipient(seed: u8) -> (DecapsulationKey, PublicKey) {
    recipient_by(provider(), seed)
}

struct Sender {
    key: SigningKey,
    id: KeyId,
}

impl Sender {
    fn new(provider: &'static Provider, algorithm: Signature) -> Self {
        let key = SigningKey::generate(provider, algorithm, &mut SystemRng).unwrap();
        let public = PublicKey::from_raw(KeyKind::Signature(algorithm), key.verifying_key().as_bytes()).unwrap();
        Self { key, id: public.key_id() }
    }

    /// The sender of most tests.
    fn usual() -> &'static Self {
        static SENDER: OnceLock<Sender> = OnceLock::new();
        SENDER.get_or_init(|| Self::new(provider(), SIGNATURE))
    }

    const fn expected(&self) -> Expected {
        Expected::Sender(self.id)
    }
}

/// Seals `content` given in pieces of `piece` bytes.
fn seal_by(
    provider: &'static Provider,
    suite: Suite,
    to: &[PublicKey],
    from: Option<&SigningKey>,
    content: &[u8],
    piece: usize,
) -> Vec<u8> {
    let (mut sealer, mut envelope) = Sealer::new(provider, suite, to, from, &mut SystemRng).unwrap();
    for mut piece in content.chunks(piece) {
        while let Some(job) = sealer.push(&mut piece).unwrap() {
            envelope.extend_from_slice(sealer.done(job.run().unwrap()).unwrap());
        }
    }
    envelope.extend(sealer.finish(&mut SystemRng).unwrap());
    envelope
}

/// From the usual sender.
fn seal(to: &[PublicKey], content: &[u8]) -> Vec<u8> {
    seal_by(provider(), SUITE, to, Some(&Sender::usual().key), content, 1 << 20)
}

/// What came out, and how it ended.
fn open_by(key: DecapsulationKey, expected: Expected, envelope: &[u8], piece: usize) -> (Vec<u8>, Result<(), Error>) {
    let mut content = Vec::new();
    let mut opener = Opener::new(key, expected).unwrap();
    let mut run = || {
        for mut piece in envelope.chunks(piece) {
            while let Some(job) = opener.push(&mut piece)? {
                content.extend_from_slice(opener.done(job.run()?)?);
            }
        }
        Ok(())
    };
    match run() {
        Err(error) => (content, Err(error)),
        Ok(()) => match opener.finish() {
            Ok(last) => {
                content.extend(last);
                (content, Ok(()))
            }
            Err(error) => (content, Err(error)),
        },
    }
}

/// Recipient 1 opens what the usual sender should have sealed.
fn open(envelope: &[u8]) -> (Vec<u8>, Result<(), Error>) {
    open_by(recipient(1).0, Sender::usual().expected(), envelope, 1 << 20)
}

/// Only an error, and nothing before it.
fn refused(envelope: &[u8]) -> Error {
    let (content, end) = open(envelope);
    assert_eq!(content, b"");
    end.unwrap_err()
}

fn header_len(recipients: usize) -> usize {
    PRELUDE_LEN + recipients * ENTRY_LEN + HASH_LEN
}

/// Content that differs from chunk to chunk.
fn content(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_content_comes_back_in_any_pieces(
        chunks in 0..4_usize,
        more in prop_oneof![Just(0), Just(1), Just(CHUNK_LEN - 1), 0..CHUNK_LEN],
        pieces in (1_usize..200_000, 1_usize..200_000),
        signed: bool,
    ) {
        let content = content(chunks * CHUNK_LEN + more);
        let (key, public) = recipient(1);
        let sender = Sender::usual();
        let from = signed.then_some(&sender.key);
        let expected = if signed { sender.expected() } else { Expected::Unsigned };
        let envelope = seal_by(provider(), SUITE, &[public], from, &content, pieces.0);
        let full = content.len().saturating_sub(1) / CHUNK_LEN;
        let trailer = trailer_len(from.map(SigningKey::algorithm));
        prop_assert_eq!(envelope.len(), header_len(1) + content.len() + (full + 1) * AEAD_TAG_LEN + trailer);
        let (opened, end) = open_by(key, expected, &envelope, pieces.1);
        prop_assert_eq!(end, Ok(()));
        prop_assert!(opened == content);
    }

    #[test]
    fn a_cut_envelope_gives_whole_chunks_and_an_error(len in CHUNK_LEN..4 * CHUNK_LEN, cut: prop::sample::Index) {
        let content = content(len);
        let mut envelope = seal(&[recipient(1).1], &content);
        envelope.truncate(cut.index(envelope.len()));
        let (opened, end) = open(&envelope);
        prop_assert!(end.is_err());
        prop_assert!(opened.len() % CHUNK_LEN == 0 && content.starts_with(&opened) && opened.len() < len);
    }
}

#[test]
fn one_byte_at_a_time() {
    let content = content(CHUNK_LEN + 1);
    let (key, public) = recipient(1);
    let envelope = seal_by(provider(), SUITE, &[public], Some(&Sender::usual().key), &content, 1);
    assert_eq!(open_by(key, Sender::usual().expected(), &envelope, 1), (content, Ok(())));
}

#[test]
fn every_suite_signature_and_provider_understand_each_other() {
    let providers = ["rust", "aws-lc", "libcrux"].map(|name| Provider::by_name(name).unwrap());
    for suite in Suite::ALL {
        for algorithm in [Signature::MlDsa44Ed25519, Signature::MlDsa65Ed25519] {
            for (from, to) in providers.iter().zip(providers.iter().cycle().skip(1)) {
                let sender = Sender::new(from, algorithm);
                let (key, public) = recipient_by(to, 1);
                let envelope = seal_by(from, suite, &[public], Some(&sender.key), b"hello", 1);
                assert_eq!(open_by(key, sender.expected(), &envelope, 7), (b"hello".to_vec(), Ok(())), "{suite:?}");
            }
        }
    }
}

#[test]
fn every_truncation_and_every_addition_is_an_error() {
    let envelope = seal(&[recipient(1).1], b"attack at dawn");
    for len in 0..envelope.len() {
        let (content, end) = open(&envelope[..len]);
        assert!(content.is_empty() && end.is_err(), "cut to {len}");
    }
    assert_eq!(refused(&envelope[..PRELUDE_LEN]), Error::CutHeader);
    assert_eq!(refused(&envelope[..header_len(1)]), Error::Cut);
    assert_eq!(refused(&envelope[..envelope.len() - 1]), Error::Chunk(0));
    for more in [1, SEALED_LEN, 2 * SEALED_LEN] {
        assert_eq!(refused(&[envelope.as_slice(), &vec![0; more]].concat()), Error::Chunk(0));
    }
    assert_eq!(refused(&[envelope.as_slice(), &envelope].concat()), Error::Chunk(0));
}

#[test]
fn a_flipped_bit_anywhere_is_an_error() {
    let mut envelope = seal(&[recipient(1).1, recipient(2).1], b"attack at dawn");
    for at in 0..envelope.len() {
        let bit = 1 << (at % 8);
        envelope[at] ^= bit;
        let (content, end) = open(&envelope);
        assert!(content.is_empty() && end.is_err(), "bit flipped at {at}");
        envelope[at] ^= bit;
    }
    assert_eq!(open(&envelope), (b"attack at dawn".to_vec(), Ok(())));
}

#[test]
fn chunks_open_in_their_place_only() {
    let content = content(4 * CHUNK_LEN);
    let envelope = seal(&[recipient(1).1], &content);
    let (header, body) = envelope.split_at(header_len(1));
    let chunks: Vec<&[u8]> = body.chunks(SEALED_LEN).collect();
    // The last chunk has the trailer behind it, here as a fifth piece.
    let [a, b, c, d, end] = chunks[..] else { panic!("{} pieces", chunks.len()) };
    let cases: [(&[&[u8]], u64); 8] = [
        (&[b, a, c, d, end], 0),
        (&[a, c, b, d, end], 1),
        (&[a, a, b, c, d, end], 1),
        (&[a, b, b, c, d, end], 2),
        (&[b, c, d, end], 0),
        (&[a, b, d, end], 2),
        (&[a, b, c, end], 2),
        (&[a, b, c, a, end], 3),
    ];
    for (pieces, good) in cases {
        let (opened, end) = open(&[&[header], pieces].concat().concat());
        assert_eq!(end, Err(Error::Chunk(good)));
        assert!(opened.len() as u64 <= good * CHUNK_LEN as u64 && content.starts_with(&opened));
    }
    // A middle chunk is no last one, and what follows the last one has no place.
    assert_eq!(open(&[header, a, b, &c[..SEALED_LEN - 1]].concat()).1, Err(Error::Chunk(2)));
    assert_eq!(open(&[header, a, b, c, d, end, b"\0"].concat()).1, Err(Error::Chunk(3)));
}

#[test]
fn two_envelopes_to_the_same_recipients_do_not_mix() {
    let to = [recipient(1).1, recipient(2).1];
    let (one, two) = (seal(&to, &content(2 * CHUNK_LEN)), seal(&to, &content(2 * CHUNK_LEN)));
    let header = header_len(2);
    assert_eq!(refused(&[&one[..header], &two[header..]].concat()), Error::Chunk(0));
    // The commitment, and one entry, of the other envelope.
    assert_eq!(refused(&[&one[..header - HASH_LEN], &two[header - HASH_LEN..]].concat()), Error::Header);
    for at in [PRELUDE_LEN, PRELUDE_LEN + ENTRY_LEN] {
        let mut mixed = one.clone();
        mixed[at..at + ENTRY_LEN].copy_from_slice(&two[at..at + ENTRY_LEN]);
        assert_eq!(refused(&mixed), Error::Header);
    }
    // A later chunk of the other.
    let at = header + SEALED_LEN;
    let (opened, end) = open(&[&one[..at], &two[at..]].concat());
    assert_eq!((opened.len(), end), (CHUNK_LEN, Err(Error::Chunk(1))));
}

/// The header with other entries; the count is made to fit.
fn with_entries(envelope: &[u8], entries: &[&[u8]]) -> Vec<u8> {
    let recipients = usize::from(u16::from_be_bytes([envelope[PRELUDE_LEN - 2], envelope[PRELUDE_LEN - 1]]));
    let count = (entries.len() as u16).to_be_bytes();
    let rest = &envelope[PRELUDE_LEN + recipients * ENTRY_LEN..];
    [&envelope[..PRELUDE_LEN - 2], &count, &entries.concat(), rest].concat()
}

#[test]
fn no_recipient_is_removed_added_or_moved() {
    let to: Vec<PublicKey> = (1..=3).map(|seed| recipient(seed).1).collect();
    let envelope = seal(&to, b"to three");
    let entries: Vec<&[u8]> = envelope[PRELUDE_LEN..PRELUDE_LEN + 3 * ENTRY_LEN].chunks(ENTRY_LEN).collect();
    let own = recipient(1).1.key_id();
    let at = entries.iter().position(|entry| entry.starts_with(own.as_bytes())).unwrap();
    for other in (0..3).filter(|other| *other != at) {
        let mut kept = entries.clone();
        kept.remove(other);
        assert_eq!(refused(&with_entries(&envelope, &kept)), Error::Header, "one recipient less");
    }
    let mut without_own = entries.clone();
    without_own.remove(at);
    assert_eq!(refused(&with_entries(&envelope, &without_own)), Error::NotForThisKey(own));

    let other = seal(&[recipient(4).1], b"to a fourth");
    let mut more = [entries.clone(), vec![&other[PRELUDE_LEN..PRELUDE_LEN + ENTRY_LEN]]].concat();
    more.sort_unstable();
    assert_eq!(refused(&with_entries(&envelope, &more)), Error::Header, "one recipient more");

    let mut reversed = entries.clone();
    reversed.reverse();
    assert_eq!(refused(&with_entries(&envelope, &reversed)), Error::Order);
    let twice = [entries[0], entries[0], entries[1], entries[2]];
    assert_eq!(refused(&with_entries(&envelope, &twice)), Error::Order);
}

#[test]
fn every_recipient_opens_and_nobody_else() {
    let to: Vec<PublicKey> = (1..=9).map(|seed| recipient(seed).1).collect();
    let envelope = seal(&to, b"to nine");
    for seed in 1..=9 {
        let opened = open_by(recipient(seed).0, Sender::usual().expected(), &envelope, 1000);
        assert_eq!(opened, (b"to nine".to_vec(), Ok(())));
    }
    let (key, public) = recipient(10);
    let (content, end) = open_by(key, Sender::usual().expected(), &envelope, 1000);
    assert_eq!((content, end), (Vec::new(), Err(Error::NotForThisKey(public.key_id()))));
}

#[test]
fn a_thousand_recipients_are_the_most() {
    let keys = (0..=MAX_RECIPIENTS).map(|number| {
        let mut seed = [9; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let key = DecapsulationKey::from_seed(provider(), KEM, Seed::from_slice(&seed)).unwrap();
        PublicKey::from_raw(KeyKind::Kem(KEM), key.encapsulation_key().as_bytes()).unwrap()
    });
    let mut keys: Vec<PublicKey> = keys.collect();
    keys[500] = recipient(1).1;
    let new = |to: &[PublicKey]| Sealer::new(provider(), SUITE, to, None, &mut SystemRng).map(drop);
    assert_eq!(new(&keys), Err(Error::Recipients(MAX_RECIPIENTS + 1)));
    assert_eq!(new(&[]), Err(Error::Recipients(0)));
    keys.pop();
    let envelope = seal(&keys, b"to a thousand");
    assert_eq!(envelope.len(), header_len(1000) + 13 + AEAD_TAG_LEN + trailer_len(Some(SIGNATURE)));
    assert_eq!(open(&envelope), (b"to a thousand".to_vec(), Ok(())));
}

#[test]
fn the_sender_is_the_one_expected() {
    let (to, stranger) = ([recipient(1).1], Sender::new(provider(), Signature::MlDsa44Ed25519));
    let (usual, expected) = (Sender::usual(), Sender::usual().expected());
    let signed = seal(&to, b"x");
    let unsigned = seal_by(provider(), SUITE, &to, None, b"x", 1);
    let by_stranger = seal_by(provider(), SUITE, &to, Some(&stranger.key), b"x", 1);
    let open = |envelope: &[u8], expected| open_by(recipient(1).0, expected, envelope, 1000).1;
    assert_eq!(open(&signed, expected), Ok(()));
    assert_eq!(open(&unsigned, Expected::Unsigned), Ok(()));
    assert_eq!(open(&by_stranger, stranger.expected()), Ok(()));
    assert_eq!(open(&signed, Expected::Unsigned), Err(Error::Signed));
    assert_eq!(open(&unsigned, expected), Err(Error::Unsigned));
    let wrong = Error::WrongSender { expected: usual.id, found: stranger.id };
    assert_eq!(open(&by_stranger, expected), Err(wrong));
    // Saying in the header that it is not signed, or by another algorithm, changes every key.
    for (envelope, code, expected) in
        [(&signed, 0, Expected::Unsigned), (&unsigned, 1, expected), (&signed, 2, expected)]
    {
        let mut changed = envelope.clone();
        changed[PRELUDE_LEN - 3] = code;
        assert_eq!(open(&changed, expected), Err(Error::Header));
    }
}

#[test]
fn a_header_that_makes_no_sense_is_refused_before_its_recipients() {
    let envelope = seal(&[recipient(1).1], b"x");
    let changed = |at: usize, bytes: &[u8]| {
        let mut prelude = envelope[..PRELUDE_LEN].to_vec();
        prelude[at..at + bytes.len()].copy_from_slice(bytes);
        refused(&prelude)
    };
    assert_eq!(refused(b"-----BEGIN"), Error::NotAnEnvelope);
    assert_eq!(refused(b""), Error::NotAnEnvelope);
    assert_eq!(refused(b"twinlock-envelope"), Error::NotAnEnvelope);
    assert_eq!(refused(b"twinlock-envelope/"), Error::CutHeader);
    assert_eq!(changed(0, b"T"), Error::NotAnEnvelope);
    assert_eq!(changed(18, b"2"), Error::UnknownVersion);
    assert_eq!(changed(19, b"\r"), Error::UnknownVersion);
    assert_eq!(changed(20, &[0, 3]), Error::UnknownSuite(3));
    assert_eq!(changed(20, &[0x0a, 0x0a]), Error::UnknownSuite(0x0a0a));
    assert_eq!(changed(22, &[0, 9]), Error::UnknownSignature(9));
    for count in [0, 1001, u16::MAX] {
        assert_eq!(changed(24, &count.to_be_bytes()), Error::Count(count));
    }
    assert_eq!(changed(24, &1000_u16.to_be_bytes()), Error::CutHeader);
}

#[test]
fn keys_for_something_else_are_refused() {
    let other = DecapsulationKey::generate(provider(), Kem::MlKem(MlKem::MlKem768), &mut SystemRng).unwrap();
    let kind = KeyKind::Kem(other.kem());
    let public = PublicKey::from_raw(kind, other.encapsulation_key().as_bytes()).unwrap();
    let ed25519 = SigningKey::generate(provider(), Signature::Ed25519, &mut SystemRng).unwrap();
    let to = [recipient(1).1, recipient(2).1, recipient(1).1];
    let new = |to: &[PublicKey], from| Sealer::new(provider(), SUITE, to, from, &mut SystemRng).map(drop);
    assert_eq!(new(&[public], None), Err(Error::RecipientKind(kind)));
    assert_eq!(new(&to, None), Err(Error::Twice(to[0].key_id())));
    assert_eq!(new(&to[..1], Some(&ed25519)), Err(Error::SenderKind(KeyKind::Signature(Signature::Ed25519))));
    assert_eq!(Opener::new(other, Expected::Unsigned).map(drop), Err(Error::RecipientKind(kind)));
}

#[test]
fn jobs_run_on_any_thread_and_come_back_in_order() {
    let content = content(5 * CHUNK_LEN);
    let (key, public) = recipient(1);
    let sender = Sender::usual();
    let (mut sealer, mut envelope) =
        Sealer::new(provider(), SUITE, &[public], Some(&sender.key), &mut SystemRng).unwrap();
    let (mut rest, mut running) = (content.as_slice(), Vec::new());
    while let Some(job) = sealer.push(&mut rest).unwrap() {
        running.push(thread::spawn(|| job.run()));
    }
    let mut done: Vec<_> = running.into_iter().map(|job| job.join().unwrap().unwrap()).collect();
    let early = done.remove(1);
    assert_eq!(sealer.done(early).unwrap_err(), Error::OutOfOrder);
    envelope.extend_from_slice(sealer.done(done.remove(0)).unwrap());
    assert_eq!(sealer.done(done.remove(0)).unwrap_err(), Error::OutOfOrder, "number 1 is lost");
    assert_eq!(sealer.finish(&mut SystemRng), Err(Error::OutOfOrder));

    // A chunk that failed is never passed over.
    let envelope = [envelope, vec![0; 3 * SEALED_LEN]].concat();
    let mut opener = Opener::new(key, sender.expected()).unwrap();
    let mut rest = envelope.as_slice();
    let mut jobs = Vec::new();
    while let Some(job) = opener.push(&mut rest).unwrap() {
        jobs.push(job.run());
    }
    assert_eq!(opener.done(jobs.remove(0).unwrap()).unwrap(), &content[..CHUNK_LEN]);
    assert_eq!(jobs.remove(0).unwrap_err(), Error::Chunk(1));
    assert_eq!(opener.finish(), Err(Error::OutOfOrder));
}
