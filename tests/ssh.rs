//! SSH's files through the public API: what ssh-keygen makes, every damage, and the way back.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use std::{fs, path::Path};

use base64ct::{Base64, Encoding as _};
use proptest::prelude::*;
use twinlock::{
    ids::{Hash, KeyKind, MAX_KEY_FILE_LEN, Signature as Algorithm},
    keys::{PrivateKey, PublicKey},
    provider::{RUST, SystemRng},
    secret::Seed,
    sign::SigningKey,
    ssh::{self, Content, Error, Message, PrivateFile, Signature},
};

const KINDS: [(KeyKind, &str); 2] = [
    (KeyKind::Signature(Algorithm::Ed25519), "ed25519"),
    (KeyKind::Signature(Algorithm::MlDsa44Ed25519), "mldsa44-ed25519"),
];
const PASSPHRASE: &[u8] = b"correct horse";
const PRIVATE: &str = "OPENSSH PRIVATE KEY";
const SIGNATURE: &str = "SSH SIGNATURE";

/// A file that ssh-keygen made.
fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ssh").join(name)).unwrap()
}

fn public(name: &str) -> PublicKey {
    ssh::decode_public(&fixture(&format!("{name}.pub"))).unwrap().key
}

/// A key whose seed counts up.
fn key(kind: KeyKind) -> PrivateKey {
    let seed: Vec<u8> = (0..kind.seed_len()).map(|i| u8::try_from(i).unwrap()).collect();
    PrivateKey::from_seed(kind, Seed::from_slice(&seed)).unwrap()
}

fn armored(label: &str, bytes: &[u8], width: usize) -> String {
    let base64 = Base64::encode_string(bytes);
    let lines: Vec<&str> = base64.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn bytes_of(armored: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(armored).unwrap();
    Base64::decode_vec(&text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

/// `bytes` with its one occurrence of `old` replaced.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at: Vec<usize> = (0..=bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
    assert_eq!(at.len(), 1, "{} occurrences", at.len());
    [&bytes[..at[0]], new, &bytes[at[0] + old.len()..]].concat()
}

fn field(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn open(file: &[u8], passphrase: Option<&[u8]>) -> Result<PrivateKey, Error> {
    PrivateFile::from_bytes(file)?.open(passphrase).map(|opened| opened.key)
}

fn message(hash: Hash, content: &[u8]) -> Message {
    let mut message = Message::new(RUST, hash).unwrap();
    content.chunks(5).for_each(|piece| message.update(piece));
    message
}

#[test]
fn what_ssh_keygen_makes_is_read() {
    for (kind, name) in KINDS {
        let public = public(name);
        assert_eq!(public.kind(), kind);
        let line = ssh::decode_public(&fixture(&format!("{name}.pub"))).unwrap();
        assert_eq!(line.comment, "tests@twinlock");
        let written = ssh::encode_public(&line.key, &line.comment).unwrap();
        assert_eq!(written.as_bytes(), fixture(&format!("{name}.pub")));

        assert_eq!(Content::of(&fixture(&format!("{name}.pub"))), Some(Content::PublicKey));
        assert_eq!(Content::of(&fixture(&format!("{name}.key"))), Some(Content::PrivateKey));
        let file = PrivateFile::from_bytes(&fixture(&format!("{name}.key"))).unwrap();
        assert_eq!((file.public_key(), file.protection()), (&public, None));
        let opened = file.open(None).unwrap();
        assert_eq!(opened.comment, "tests@twinlock");
        assert_eq!(opened.key.public_key(RUST).unwrap(), public);

        for cipher in ["aes256-ctr", "aes256-gcm", "aes256-cbc", "aes128-ctr"] {
            if name != "ed25519" && cipher != "aes256-ctr" {
                continue;
            }
            let bytes = fixture(&format!("{name}-{cipher}.key"));
            let file = PrivateFile::from_bytes(&bytes).unwrap();
            assert_eq!(file.public_key(), &public);
            assert!(file.protection().unwrap().starts_with(cipher));
            assert!(
                file.open(Some(PASSPHRASE)).unwrap().key.seed().unwrap().ct_eq(opened.key.seed().unwrap()),
                "{cipher}"
            );
            assert_eq!(open(&bytes, None).unwrap_err(), Error::Protected);
            assert_eq!(open(&bytes, Some(b"wrong")).unwrap_err(), Error::WrongPassphrase, "{cipher}");
            assert_eq!(open(&bytes, Some(b"")).unwrap_err(), Error::EmptyPassphrase);
            assert_eq!(ssh::decode_private(&bytes).unwrap_err(), Error::Protected);
        }
    }
}

#[test]
fn what_ssh_keygen_signs_verifies() {
    let content = fixture("message.txt");
    for (_, name) in KINDS {
        let key = public(name).to_verifying_key(RUST).unwrap();
        for (hash, hash_name) in [(Hash::Sha512, "sha512"), (Hash::Sha256, "sha256")] {
            let file = fixture(&format!("{name}-{hash_name}.sig"));
            assert_eq!(Content::of(&file), Some(Content::Signature));
            let signature = Signature::from_armor(&file).unwrap();
            assert_eq!((signature.hash(), signature.namespace()), (hash, "file"));
            assert_eq!(signature.public_key(), &public(name));
            assert_eq!(signature.to_armor().unwrap().as_bytes(), file);
            assert_eq!(signature.verify(&key, "file", &message(hash, &content)), Ok(()));
            assert_eq!(signature.verify(&key, "git", &message(hash, &content)), Err(Error::WrongNamespace));
            assert_eq!(signature.verify(&key, "file", &message(hash, b"other")), Err(Error::Rejected));
            let other_hash = if hash == Hash::Sha512 { Hash::Sha256 } else { Hash::Sha512 };
            assert_eq!(signature.verify(&key, "file", &message(other_hash, &content)), Err(Error::Rejected));
            for (kind, _) in KINDS {
                let stranger = key_of(kind);
                let verdict = signature.verify(stranger.verifying_key(), "file", &message(hash, &content));
                assert_eq!(verdict, Err(Error::WrongKey));
            }
        }
    }
}

fn key_of(kind: KeyKind) -> SigningKey {
    key(kind).into_signing_key(RUST).unwrap()
}

#[test]
fn what_we_write_reads_back() {
    for (kind, _) in KINDS {
        let key = key(kind);
        for comment in ["", "a", "me@here", "seven78", "ünïcode, and more than a block of it"] {
            let file = ssh::encode_private(&key, comment, &mut SystemRng).unwrap();
            assert!(file.lines().all(|line| line.len() <= 70));
            let opened = PrivateFile::from_bytes(file.as_bytes()).unwrap().open(None).unwrap();
            assert!(opened.key.seed().unwrap().ct_eq(key.seed().unwrap()));
            assert_eq!(opened.comment, comment);
            // A passphrase that is not needed does no harm, other line ends and widths neither.
            assert!(open(file.as_bytes(), Some(b"x")).is_ok());
            assert!(open(file.replace('\n', "\r\n").as_bytes(), None).is_ok());
            assert!(open(file.trim_end().as_bytes(), None).is_ok());
            assert!(open(armored(PRIVATE, &bytes_of(file.as_bytes()), 64).as_bytes(), None).is_ok());
            assert!(open(armored(PRIVATE, &bytes_of(file.as_bytes()), 76).as_bytes(), None).is_ok());
        }
        let file = ssh::encode_private_protected(&key, "c", PASSPHRASE, &mut SystemRng).unwrap();
        assert!(open(file.as_bytes(), Some(PASSPHRASE)).unwrap().seed().unwrap().ct_eq(key.seed().unwrap()));
        assert_eq!(open(file.as_bytes(), Some(b"correct hors")).unwrap_err(), Error::WrongPassphrase);
        let described = PrivateFile::from_bytes(file.as_bytes()).unwrap().protection();
        assert_eq!(described.as_deref(), Some("aes256-ctr, 24 rounds of bcrypt"));
        let again = ssh::encode_private_protected(&key, "c", PASSPHRASE, &mut SystemRng).unwrap();
        assert_ne!(*file, *again, "a fresh salt for every file");

        let key = key_of(kind);
        for hash in [Hash::Sha512, Hash::Sha256] {
            let signature = Signature::sign(&key, "n", &message(hash, b"m"), &mut SystemRng).unwrap();
            let read = Signature::from_armor(signature.to_armor().unwrap().as_bytes()).unwrap();
            assert_eq!(read, signature);
            assert_eq!(read.verify(key.verifying_key(), "n", &message(hash, b"m")), Ok(()));
        }
    }
}

#[test]
fn what_ssh_has_no_form_of_is_refused() {
    let mut refused = 0;
    for kind in KeyKind::ALL.into_iter().filter(|kind| KINDS.iter().all(|(known, _)| known != kind)) {
        assert_eq!(ssh::encode_private(&key(kind), "", &mut SystemRng).unwrap_err(), Error::NoForm(kind));
        let public = key(kind).public_key(RUST).unwrap();
        assert_eq!(ssh::encode_public(&public, "").unwrap_err(), Error::NoForm(kind));
        if let KeyKind::Signature(_) = kind {
            let made = Signature::sign(&key_of(kind), "file", &message(Hash::Sha512, b""), &mut SystemRng);
            assert_eq!(made.unwrap_err(), Error::NoForm(kind));
        }
        refused += 1;
    }
    assert_eq!(refused, 9);
    let key = key(KINDS[0].0);
    assert_eq!(ssh::encode_private(&key, "a\nb", &mut SystemRng).unwrap_err(), Error::Comment);
    assert_eq!(ssh::encode_public(&key.public_key(RUST).unwrap(), "a\u{1b}").unwrap_err(), Error::Comment);
    assert_eq!(ssh::encode_private_protected(&key, "", b"", &mut SystemRng).unwrap_err(), Error::EmptyPassphrase);
    let signing = key_of(KINDS[0].0);
    for namespace in ["", "a\nb", &"n".repeat(256)] {
        let made = Signature::sign(&signing, namespace, &message(Hash::Sha512, b""), &mut SystemRng);
        assert_eq!(made.unwrap_err(), Error::Namespace);
    }
    assert_eq!(Message::new(RUST, Hash::Sha384).unwrap_err(), Error::UnknownHash);
}

#[test]
fn bad_private_keys_are_refused_with_the_reason() {
    for (kind, name) in KINDS {
        let bytes = bytes_of(&fixture(&format!("{name}.key")));
        let other = bytes_of(ssh::encode_private(&key(kind), "tests@twinlock", &mut SystemRng).unwrap().as_bytes());
        let refused = |changed: &[u8]| open(armored(PRIVATE, changed, 70).as_bytes(), None).unwrap_err();
        let ssh_name = if name == "ed25519" { "ssh-ed25519" } else { "ssh-mldsa44-ed25519" };
        let blob = [field(ssh_name.as_bytes()), field(public(name).as_bytes())].concat();
        let count = [&[0, 0, 0, 1][..], &field(&blob)].concat();
        let private_at = bytes_at(&bytes, &count) + count.len();
        let (head, private) = (&bytes[..private_at], &bytes[private_at + 4..]);
        let with_private = |private: &[u8]| [head, &field(private)].concat();
        assert_eq!(with_private(private), bytes);

        assert_eq!(
            refused(&replaced(&bytes, b"openssh-key-v1", b"openssh-key-v2")),
            Error::NotSsh(Content::PrivateKey)
        );
        assert_eq!(
            refused(&replaced(&bytes, &count, &[&[0, 0, 0, 0][..], &field(&blob)].concat())),
            Error::KeyCount { found: 0 }
        );
        assert_eq!(
            refused(&replaced(&bytes, &count, &[&[0, 0, 0, 2][..], &field(&blob)].concat())),
            Error::KeyCount { found: 2 }
        );
        assert_eq!(refused(&[&bytes[..], &[0]].concat()), Error::Trailing);
        assert_eq!(refused(&with_private(&[private, &[9; 8]].concat())), Error::Padding);
        assert_eq!(refused(&with_private(&private[..private.len() - 8])), Error::Truncated);
        assert_eq!(refused(&with_private(&private[..private.len() - 1])), Error::Padding, "not a full block");
        assert_eq!(refused(&with_private(&[])), Error::Padding);
        let mut checks = private.to_vec();
        checks[0] ^= 1;
        assert_eq!(refused(&with_private(&checks)), Error::Disagrees);
        let mut padding = private.to_vec();
        *padding.last_mut().unwrap() ^= 1;
        assert_eq!(refused(&with_private(&padding)), Error::Padding);
        // The public part of one key with the private part of another.
        let other_private = &other[other.len() - private.len()..];
        assert_eq!(refused(&with_private(other_private)), Error::Disagrees);
        // The seed of another key in an otherwise sound file.
        let seed = open(armored(PRIVATE, &bytes, 70).as_bytes(), None).unwrap();
        let swapped = replaced(&bytes, seed.seed().unwrap().secret_bytes(), key(kind).seed().unwrap().secret_bytes());
        assert_eq!(refused(&swapped), Error::Disagrees);

        // Another kind under that name, unknown names, and unknown ciphers.
        let rsa = refused(&replaced(
            &bytes,
            &count,
            &[&[0, 0, 0, 1][..], &field(&[field(b"ssh-rsa"), field(b"n")].concat())].concat(),
        ));
        assert_eq!(rsa, Error::UnknownAlgorithm(Some("ssh-rsa")));
        let short = field(&[field(ssh_name.as_bytes()), field(&public(name).as_bytes()[1..])].concat());
        assert_eq!(refused(&replaced(&bytes, &count, &[&[0, 0, 0, 1][..], &short].concat())), Error::WrongLength(kind));
        let unprotected = [field(b"none"), field(b"none"), field(b"")].concat();
        let options = [field(&[7; 16]), vec![0, 0, 0, 16]].concat();
        for (cipher, kdf) in [("rot13", "bcrypt"), ("aes256-ctr", "md5"), ("none", "bcrypt"), ("aes256-ctr", "none")] {
            let fields = [field(cipher.as_bytes()), field(kdf.as_bytes()), field(&options)].concat();
            assert_eq!(refused(&replaced(&bytes, &unprotected, &fields)), Error::UnknownProtection);
        }
        let fields = [field(b"none"), field(b"none"), field(&options)].concat();
        assert_eq!(refused(&replaced(&bytes, &unprotected, &fields)), Error::Trailing);
        for (salt, rounds) in [(16, u32::MAX), (16, 2049), (16, 0), (0, 16), (65, 16)] {
            let options = [field(&vec![7; salt]), rounds.to_be_bytes().to_vec()].concat();
            let fields = [field(b"aes256-ctr"), field(b"bcrypt"), field(&options)].concat();
            assert_eq!(refused(&replaced(&bytes, &unprotected, &fields)), Error::Cost { rounds });
        }
    }
}

fn bytes_at(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}

#[test]
fn bad_public_lines_are_refused_with_the_reason() {
    for (kind, name) in KINDS {
        let line = fixture(&format!("{name}.pub"));
        let text = std::str::from_utf8(&line).unwrap().trim_end();
        let fields: Vec<&str> = text.split(' ').collect();
        let refused = |line: &str| ssh::decode_public(line.as_bytes()).unwrap_err();
        let read = |line: &str| ssh::decode_public(line.as_bytes()).unwrap();
        assert_eq!(read(&format!("{text}\r\n")).comment, "tests@twinlock");
        assert_eq!(read(&format!("{} {}", fields[0], fields[1])).comment, "");
        assert_eq!(read(&format!("{text} and words")).comment, "tests@twinlock and words");
        for (line, error) in [
            (String::new(), Error::NotSsh(Content::PublicKey)),
            (format!(" {text}"), Error::NotSsh(Content::PublicKey)),
            (format!("restrict {text}"), Error::NotSsh(Content::PublicKey)),
            (format!("{text}\n{text}\n"), Error::Trailing),
            (format!("{text}\n\n"), Error::Trailing),
            (fields[0].to_owned(), Error::Base64),
            (format!("{}  {}", fields[0], fields[1]), Error::Truncated),
            (format!("{} {}=", fields[0], fields[1]), Error::Base64),
            (format!("ssh-rsa {}", fields[1]), Error::UnknownAlgorithm(Some("ssh-rsa"))),
            (format!("{} {}", fields[0], Base64::encode_string(b"")), Error::Truncated),
        ] {
            assert_eq!(refused(&line), error, "{line}");
        }
        let other = KINDS.iter().find(|(other, _)| *other != kind).unwrap().1;
        let other = String::from_utf8(fixture(&format!("{other}.pub"))).unwrap();
        let other = other.split(' ').next().unwrap();
        assert_eq!(refused(&format!("{other} {}", fields[1])), Error::Disagrees);
        let blob = Base64::decode_vec(fields[1]).unwrap();
        let longer = Base64::encode_string(&[&blob[..], &[0]].concat());
        assert_eq!(refused(&format!("{} {longer}", fields[0])), Error::Trailing);
        assert_eq!(refused(&"ssh-ed25519 ".repeat(MAX_KEY_FILE_LEN / 12 + 1)), Error::TooLong { found: 65_544 });
    }
    assert_eq!(Content::of(b"ssh-rsa AAAA"), Some(Content::PublicKey));
    for other in [&b""[..], b"ssh-", b"-----BEGIN PRIVATE KEY-----", b"0\x82"] {
        assert_eq!(Content::of(other), None);
    }
    // A point of small order in an otherwise sound line.
    let weak = [field(b"ssh-ed25519"), field(&[0; 32])].concat();
    let line = format!("ssh-ed25519 {}", Base64::encode_string(&weak));
    assert!(matches!(ssh::decode_public(line.as_bytes()), Err(Error::Crypto(_))));
}

#[test]
fn bad_signatures_are_refused_with_the_reason() {
    for (kind, name) in KINDS {
        let file = fixture(&format!("{name}-sha512.sig"));
        let bytes = bytes_of(&file);
        let refused = |changed: &[u8]| Signature::from_armor(armored(SIGNATURE, changed, 70).as_bytes()).unwrap_err();
        let ssh_name = if name == "ed25519" { "ssh-ed25519" } else { "ssh-mldsa44-ed25519" };
        let tail = &bytes[bytes_at(&bytes, &field(b"sha512")) + 10..];
        let signature = &tail[4 + 4 + ssh_name.len() + 4..];
        let head = &bytes[..bytes.len() - tail.len()];
        let with_signature = |blob: &[u8]| [head, &field(blob)].concat();
        assert_eq!(with_signature(&[field(ssh_name.as_bytes()), field(signature)].concat()), bytes);

        assert_eq!(refused(&[b"SSHSIH", &bytes[6..]].concat()), Error::NotSsh(Content::Signature));
        assert_eq!(refused(&[b"SSHSIG\0\0\0\x02", &bytes[10..]].concat()), Error::Version { found: 2 });
        assert_eq!(refused(&[&bytes[..], &[0]].concat()), Error::Trailing);
        assert_eq!(refused(&replaced(&bytes, &field(b"sha512"), &field(b"sha1"))), Error::UnknownHash);
        for namespace in [&b""[..], b"a\0", b"\xff", &[b'n'; 256]] {
            assert_eq!(refused(&replaced(&bytes, &field(b"file"), &field(namespace))), Error::Namespace);
        }
        let other = [field(b"ssh-rsa"), field(signature)].concat();
        assert_eq!(refused(&with_signature(&other)), Error::Disagrees);
        let short = [field(ssh_name.as_bytes()), field(&signature[1..])].concat();
        assert_eq!(refused(&with_signature(&short)), Error::WrongLength(kind));
        let trailing = [field(ssh_name.as_bytes()), field(signature), vec![0]].concat();
        assert_eq!(refused(&with_signature(&trailing)), Error::Trailing);

        // The reserved field is read, and signed.
        let reserved =
            replaced(&bytes, &[&field(b"file")[..], &field(b"")].concat(), &[field(b"file"), field(b"x")].concat());
        let read = Signature::from_armor(armored(SIGNATURE, &reserved, 76).as_bytes()).unwrap();
        let verdict = read.verify(
            &public(name).to_verifying_key(RUST).unwrap(),
            "file",
            &message(Hash::Sha512, &fixture("message.txt")),
        );
        assert_eq!(verdict, Err(Error::Rejected));

        let text = String::from_utf8(file).unwrap();
        for bad in [
            text.replace("SIGNATURE", "SIGNATURES"),
            text.replacen("SSH SIGNATURE", "OPENSSH PRIVATE KEY", 2),
            format!("words\n{text}"),
            format!("{text}words\n"),
            format!("{text}{text}"),
            text.replacen('\n', "\n\n", 2),
            text.replacen("-----\n", "-----\nVersion: 1\n\n", 1),
            String::new(),
        ] {
            let error = Signature::from_armor(bad.as_bytes()).unwrap_err();
            assert!(matches!(error, Error::Armor | Error::NotSsh(Content::Signature)), "{error:?}: {bad}");
        }
        assert_eq!(Signature::from_armor(&vec![b'-'; 1 << 20]).unwrap_err(), Error::TooLong { found: 1 << 20 });
    }
}

#[test]
fn cut_files_are_refused() {
    let mut refused = 0;
    for (_, name) in KINDS {
        let private = fixture(&format!("{name}.key"));
        let bytes = bytes_of(&private);
        for len in 0..private.len() - 1 {
            assert!(open(&private[..len], None).is_err(), "{name} {len}");
        }
        for len in 0..bytes.len() {
            assert!(open(armored(PRIVATE, &bytes[..len], 70).as_bytes(), None).is_err(), "{name} {len}");
        }
        let signature = fixture(&format!("{name}-sha512.sig"));
        for len in 0..signature.len() - 1 {
            assert!(Signature::from_armor(&signature[..len]).is_err(), "{name} {len}");
        }
        let line = fixture(&format!("{name}.pub"));
        let end = line.len() - " tests@twinlock\n".len();
        for len in 0..end {
            assert!(ssh::decode_public(&line[..len]).is_err(), "{name} {len}");
        }
        refused += private.len() + bytes.len() + signature.len() + end;
    }
    assert!(refused > 10_000, "{refused}");
}

/// A file with one bit changed.
fn flipped(mut file: Vec<u8>, at: prop::sample::Index, bit: u32) -> Vec<u8> {
    let at = at.index(file.len());
    file[at] ^= 1 << bit;
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_changed_private_key_is_refused_or_the_same(kind in 0..2usize, at: prop::sample::Index, bit in 0..8u32) {
        let (_, name) = KINDS[kind];
        if let Ok(key) = open(&flipped(fixture(&format!("{name}.key")), at, bit), None) {
            prop_assert_eq!(key.public_key(RUST).unwrap(), public(name));
        }
        let bytes = flipped(bytes_of(&fixture(&format!("{name}.key"))), at, bit);
        if let Ok(key) = open(armored(PRIVATE, &bytes, 70).as_bytes(), None) {
            prop_assert_eq!(key.public_key(RUST).unwrap(), public(name));
        }
    }

    #[test]
    fn a_changed_signature_does_not_verify(kind in 0..2usize, at: prop::sample::Index, bit in 0..8u32) {
        let (_, name) = KINDS[kind];
        let file = fixture(&format!("{name}-sha512.sig"));
        let sound = Signature::from_armor(&file).unwrap();
        let key = public(name).to_verifying_key(RUST).unwrap();
        let changed = armored(SIGNATURE, &flipped(bytes_of(&file), at, bit), 70);
        for text in [flipped(file, at, bit), changed.into_bytes()] {
            if let Ok(read) = Signature::from_armor(&text) {
                let verdict = read.verify(&key, "file", &message(read.hash(), &fixture("message.txt")));
                prop_assert!(read == sound || verdict.is_err());
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        for content in [&bytes[..], armored(PRIVATE, &bytes, 70).as_bytes(), armored(SIGNATURE, &bytes, 70).as_bytes()] {
            let _ = ssh::decode_private(content);
            let _ = ssh::decode_public(content);
            let _ = Signature::from_armor(content);
        }
        let _ = ssh::decode_public(&[b"ssh-ed25519 ", &bytes[..]].concat());
    }
}

proptest! {
    // Each case costs two rounds of bcrypt.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_changed_protected_key_is_refused_or_the_same(gcm: bool, at: prop::sample::Index, bit in 0..8u32) {
        let name = if gcm { "ed25519-aes256-gcm" } else { "ed25519-aes256-ctr" };
        let bytes = bytes_of(&fixture(&format!("{name}.key")));
        // What tells the rounds stays: more of them only cost.
        let rounds = bytes_at(&bytes, &[0, 0, 0, 2, 0, 0, 0, 1]);
        let bytes = flipped(bytes, at, bit);
        let is_cheap = bytes[rounds..rounds + 4] == [0, 0, 0, 2];
        if is_cheap && let Ok(key) = open(armored(PRIVATE, &bytes, 70).as_bytes(), Some(PASSPHRASE)) {
            prop_assert_eq!(key.public_key(RUST).unwrap(), public("ed25519"));
        }
    }
}
