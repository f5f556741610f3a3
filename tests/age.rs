//! age files: what is made opens again, and what is malformed is refused. Real age: `cli/tests/age.rs`.

#![expect(clippy::arithmetic_side_effects, clippy::string_slice, clippy::unwrap_used, reason = "a test fails loudly")]

use proptest::prelude::*;
use twinlock::{
    envelope::{Error, age},
    ids::{Kem, KeyKind},
    keys::{PrivateKey, PublicKey},
    provider::{self, Provider, SystemRng},
    secret::Seed,
};

const CHUNK_LEN: usize = 64 << 10;

fn provider() -> &'static Provider {
    Provider::by_name("aws-lc").unwrap_or(provider::RUST)
}

fn private(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(KeyKind::Kem(Kem::XWing), Seed::from_slice(&[seed; 32])).unwrap()
}

fn public(seed: u8) -> PublicKey {
    private(seed).public_key(provider()).unwrap()
}

fn seal(to: &[PublicKey], content: &[u8]) -> Vec<u8> {
    let (mut sealer, mut file) = age::Sealer::new(provider(), to, &mut SystemRng).unwrap();
    let mut rest = content;
    while let Some(job) = sealer.push(&mut rest).unwrap() {
        file.extend_from_slice(sealer.done(job.run().unwrap()).unwrap());
    }
    file.extend(sealer.finish().unwrap());
    file
}

fn open_by(seed: u8, file: &[u8], piece: usize) -> Result<Vec<u8>, Error> {
    let mut opener = age::Opener::new(private(seed).into_decapsulation_key(provider()).unwrap()).unwrap();
    let mut content = Vec::new();
    for mut piece in file.chunks(piece) {
        while let Some(job) = opener.push(&mut piece)? {
            content.extend_from_slice(opener.done(job.run()?)?);
        }
    }
    content.extend(opener.finish()?);
    Ok(content)
}

fn open(file: &[u8]) -> Result<Vec<u8>, Error> {
    open_by(1, file, 1 << 20)
}

/// A file with that header; the rest is of no matter.
fn with_header(header: &str) -> Result<Vec<u8>, Error> {
    open(&[header.as_bytes(), &[0; 64]].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_content_comes_back_in_any_pieces(
        chunks in 0..3_usize,
        more in prop_oneof![Just(0), Just(1), 0..CHUNK_LEN],
        piece in 1_usize..100_000,
    ) {
        let content: Vec<u8> = (0..chunks * CHUNK_LEN + more).map(|at| (at % 251) as u8).collect();
        let file = seal(&[public(2), public(1)], &content);
        for seed in [1, 2] {
            prop_assert!(open_by(seed, &file, piece).unwrap() == content);
        }
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_is_an_error() {
    let mut file = seal(&[public(1)], b"hello");
    assert_eq!(open(&file), Ok(b"hello".to_vec()));
    for at in 0..file.len() {
        assert!(open(&file[..at]).is_err(), "cut to {at}");
        file[at] ^= 1 << (at % 8);
        assert!(open(&file).is_err(), "bit flipped at {at}");
        file[at] ^= 1 << (at % 8);
    }
    assert_eq!(open(&[file.as_slice(), b"\0"].concat()), Err(Error::Chunk(0)));
    assert_eq!(open_by(3, &file, 1000), Err(Error::NotForThisKey(public(3).key_id())));
}

#[test]
fn stanzas_for_others_are_passed_over_and_malformed_ones_refused() {
    let file = seal(&[public(1)], b"hello");
    let end = file.windows(4).position(|window| window == b"--- ").unwrap();
    let (header, mac) = (str::from_utf8(&file[..end]).unwrap(), format!("--- {}\n", "A".repeat(43)));
    let (version, own) = header.split_at(22);
    assert_eq!(version, "age-encryption.org/v1\n");
    let enc = own.split_whitespace().nth(2).unwrap();
    // Found, but the MAC is not of this header.
    for more in ["", "-> grease a b\n\n", "-> X25519 abc\nAAAA\n"] {
        assert_eq!(with_header(&format!("{version}{more}{own}{mac}")), Err(Error::Header), "{more}");
    }
    let own_id = public(1).key_id();
    assert_eq!(with_header(&format!("{version}-> X25519 abc\nAAAA\n{mac}")), Err(Error::NotForThisKey(own_id)));
    for bad in [
        mac.clone(),
        format!("-> \n\n{own}{mac}"),
        format!("->  a\n\n{own}{mac}"),
        format!("-> a\u{7f}\n\n{own}{mac}"),
        format!("-> a\r\n\n{own}{mac}"),
        format!("-> a\n{}\n{own}{mac}", "A".repeat(65)),
        format!("-> a\nAB=\n{own}{mac}"),
        format!("-> a\nAB\n{own}{mac}"),
        format!("{own}--- {}\n", "A".repeat(42)),
        format!("{own}---{}\n", "A".repeat(43)),
        format!("-> mlkem768x25519 {enc} more\n{}\n{mac}", "A".repeat(43)),
        format!("-> mlkem768x25519\n{}\n{mac}", "A".repeat(43)),
        format!("-> mlkem768x25519 {}\n{}\n{mac}", &enc[4..], "A".repeat(43)),
        format!("-> mlkem768x25519 {enc}\n{}\n{mac}", "A".repeat(42)),
        format!("-> mlkem768x25519 {enc}\n{}\n{mac}", "A".repeat(44)),
    ] {
        assert_eq!(with_header(&format!("{version}{bad}")), Err(Error::AgeHeader), "{bad}");
    }
    assert_eq!(with_header("age-encryption.org/v2\n--- x\n"), Err(Error::UnknownVersion));
    assert_eq!(with_header("-----BEGIN AGE ENCRYPTED FILE-----\n"), Err(Error::NotAge));
    assert_eq!(open(b""), Err(Error::NotAge));
    assert_eq!(open(header.as_bytes()), Err(Error::CutHeader));
    let endless = [version.as_bytes(), &vec![b'A'; 3 << 20]].concat();
    assert_eq!(open(&endless), Err(Error::AgeHeader));
}

#[test]
fn keys_have_one_text() {
    let (key, id) = (private(7), public(7));
    let identity = age::identity_to_text(&key).unwrap();
    assert!(identity.starts_with("AGE-SECRET-KEY-PQ-1"));
    assert!(age::identity_from_text(&identity).unwrap().seed().unwrap().ct_eq(key.seed().unwrap()));
    let recipient = age::recipient_to_text(&id).unwrap();
    assert!(recipient.starts_with("age1pq1"));
    assert_eq!(age::recipient_from_text(&recipient), Ok(id));
    for bad in [
        String::new(),
        recipient.to_uppercase(),
        format!("{recipient}q"),
        recipient[..recipient.len() - 1].to_owned(),
        recipient.replacen('q', "p", 2),
        identity.to_string(),
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj".to_owned(),
    ] {
        assert_eq!(age::recipient_from_text(&bad), Err(Error::AgeKey), "{bad}");
    }
    // The example of the specification, of which only the text is known.
    let example = "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR";
    assert_eq!(*age::identity_to_text(&age::identity_from_text(example).unwrap()).unwrap(), example);
    for bad in [
        &example.to_lowercase(),
        &example[1..],
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
    ] {
        assert!(matches!(age::identity_from_text(bad), Err(Error::AgeKey)), "{bad}");
    }
}
