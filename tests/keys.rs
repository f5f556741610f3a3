//! Key files through the public API: every kind, every damage, other people's files.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

#[path = "common/data.rs"]
mod data;

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use base64ct::{Base64, Encoding as _};
use data::data;
use der::{Decode as _, Encode as _, asn1::BitStringRef};
use pkcs8::PrivateKeyInfoRef;
use twinlock::{
    ids::{Kem, KeyKind, MAX_KEY_FILE_LEN, MlDsa, MlKem, Signature},
    keys::{Content, Error, Form, KeyId, PrivateKey, PublicKey, Use},
    provider::{RUST, SystemRng},
    secret::Seed,
};

const ED25519: KeyKind = KeyKind::Signature(Signature::Ed25519);
const ML_KEM_768: KeyKind = KeyKind::Kem(Kem::MlKem(MlKem::MlKem768));

/// A key whose seed counts up, so that every run sees the same bytes.
fn key(kind: KeyKind) -> PrivateKey {
    let seed: Vec<u8> = (0..kind.seed_len()).map(|i| u8::try_from(i).unwrap()).collect();
    PrivateKey::from_seed(kind, Seed::from_slice(&seed)).unwrap()
}

fn private_der(kind: KeyKind) -> Vec<u8> {
    key(kind).to_pkcs8_der().unwrap().to_vec()
}

fn public(kind: KeyKind) -> PublicKey {
    key(kind).public_key(RUST).unwrap()
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = Base64::encode_string(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// `der` with the bytes `old` replaced, and every length byte in `lengths` grown by what that adds.
fn spliced(der: &[u8], old: &[u8], new: &[u8], lengths: &[usize]) -> Vec<u8> {
    let at = der.windows(old.len()).position(|window| window == old).unwrap();
    let mut out = [&der[..at], new, &der[at + old.len()..]].concat();
    for &length in lengths {
        out[length] += u8::try_from(new.len() - old.len()).unwrap();
    }
    out
}

#[test]
fn every_kind_round_trips() {
    for kind in KeyKind::ALL {
        let fresh = PrivateKey::generate(kind, &mut SystemRng).unwrap();
        let der = fresh.to_pkcs8_der().unwrap();
        let text = fresh.to_pkcs8_pem().unwrap();
        assert_eq!(*text, pem("PRIVATE KEY", &der));
        for read in [
            PrivateKey::from_pkcs8_der(&der),
            PrivateKey::from_pkcs8_pem(&*text),
            PrivateKey::from_pkcs8_pem(text.replace('\n', "\r\n")),
            PrivateKey::from_pkcs8_pem(text.trim_end()),
            PrivateKey::from_bytes(&der),
            PrivateKey::from_bytes(text.as_bytes()),
        ] {
            let read = read.unwrap();
            assert_eq!(read.kind(), kind);
            assert!(read.seed().unwrap().ct_eq(fresh.seed().unwrap()));
            assert_eq!(read.form(), Form::Seed);
            assert_eq!(*read.to_pkcs8_der().unwrap(), *der);
        }

        let public = fresh.public_key(RUST).unwrap();
        let der = public.to_spki_der();
        let text = public.to_spki_pem().unwrap();
        assert_eq!(public.as_bytes().len(), kind.public_len());
        assert_eq!(text, pem("PUBLIC KEY", &der));
        for read in [
            PublicKey::from_raw(kind, public.as_bytes()),
            PublicKey::from_spki_der(&der),
            PublicKey::from_spki_pem(&text),
            PublicKey::from_bytes(&der),
            PublicKey::from_bytes(text.as_bytes()),
        ] {
            let read = read.unwrap();
            assert_eq!(read, public);
            assert_eq!(read.kind(), kind);
            assert_eq!(read.key_id(), public.key_id());
        }
        assert_eq!(public.key_id().to_string().parse::<KeyId>(), Ok(public.key_id()));
    }
}

#[test]
fn a_key_computes_what_it_is_for_and_nothing_else() {
    for kind in KeyKind::ALL {
        let public = public(kind);
        let signing = key(kind).into_signing_key(RUST);
        let decapsulating = key(kind).into_decapsulation_key(RUST);
        let not_for = |expected| Error::WrongKind { expected, found: kind };
        if let KeyKind::Signature(algorithm) = kind {
            let signing = signing.unwrap();
            assert_eq!(signing.algorithm(), algorithm);
            assert_eq!(public.to_verifying_key(RUST).as_ref(), Ok(signing.verifying_key()));
        } else {
            assert_eq!(signing.unwrap_err(), not_for(Use::Signature));
            assert_eq!(public.to_verifying_key(RUST).unwrap_err(), not_for(Use::Signature));
        }
        if let KeyKind::Kem(kem) = kind {
            let decapsulating = decapsulating.unwrap();
            assert_eq!(decapsulating.kem(), kem);
            assert_eq!(public.to_encapsulation_key(RUST).as_ref(), Ok(decapsulating.encapsulation_key()));
        } else {
            assert_eq!(decapsulating.unwrap_err(), not_for(Use::Kem));
            assert_eq!(public.to_encapsulation_key(RUST).unwrap_err(), not_for(Use::Kem));
        }
    }
}

#[test]
fn what_cannot_be_stored_is_refused() {
    for kem in [Kem::X25519MlKem768, Kem::SecP256r1MlKem768, Kem::SecP384r1MlKem1024] {
        let kind = KeyKind::Kem(kem);
        assert_eq!(PrivateKey::generate(kind, &mut SystemRng).unwrap_err(), Error::NotStored(kind));
        let sound = twinlock::kem::DecapsulationKey::generate(RUST, kem, &mut SystemRng).unwrap();
        let raw = sound.encapsulation_key().as_bytes();
        assert_eq!(PublicKey::from_raw(kind, raw).unwrap_err(), Error::NotStored(kind));
    }
    for kind in KeyKind::ALL {
        for found in [0, kind.seed_len() - 1, kind.seed_len() + 1] {
            let error = PrivateKey::from_seed(kind, Seed::from_slice(&vec![0; found])).unwrap_err();
            assert_eq!(error, Error::WrongSeedLength { kind, found });
        }
    }
}

#[test]
fn a_private_key_does_not_print() {
    let key = PrivateKey::from_seed(ED25519, Seed::from_slice(&[0xa5; 32])).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey { kind: Signature(Ed25519), .. }");
}

#[test]
fn cut_or_extended_files_are_refused() {
    let mut refused = 0;
    for kind in KeyKind::ALL {
        let (private, public) = (private_der(kind), public(kind).to_spki_der());
        for len in 0..private.len() {
            let error = PrivateKey::from_pkcs8_der(&private[..len]).unwrap_err();
            assert_eq!(error, Error::Truncated, "{kind:?} {len}");
            refused += 1;
        }
        for len in 0..public.len() {
            assert_eq!(PublicKey::from_spki_der(&public[..len]).unwrap_err(), Error::Truncated, "{kind:?} {len}");
            refused += 1;
        }
        for byte in 0..=u8::MAX {
            let more = |der: &[u8]| [der, &[byte]].concat();
            assert_eq!(PrivateKey::from_pkcs8_der(&more(&private)).unwrap_err(), Error::Trailing);
            assert_eq!(PublicKey::from_spki_der(&more(&public)).unwrap_err(), Error::Trailing);
            refused += 2;
        }
        let text = pem("PRIVATE KEY", &private);
        for len in 0..text.len() - 1 {
            assert!(PrivateKey::from_bytes(&text.as_bytes()[..len]).is_err(), "{kind:?} {len}");
            refused += 1;
        }
    }
    println!("{refused} refused");
    assert!(refused > 10_000);
}

#[test]
fn a_changed_byte_never_gives_another_encoding() {
    let (mut read, mut refused) = (0, 0);
    let mut count = |is_read: bool| if is_read { read += 1 } else { refused += 1 };
    for kind in KeyKind::ALL {
        let (private, public) = (private_der(kind), public(kind).to_spki_der());
        for at in 0..private.len() {
            for byte in 0..=u8::MAX {
                let mut changed = private.clone();
                changed[at] = byte;
                let parsed = PrivateKey::from_pkcs8_der(&changed);
                count(parsed.is_ok());
                if let Ok(key) = parsed {
                    assert_eq!(*key.to_pkcs8_der().unwrap(), changed, "{kind:?} {at} {byte:#x}");
                }
                assert!(PublicKey::from_spki_der(&changed).is_err());
            }
        }
        for at in 0..public.len() {
            for mask in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = public.clone();
                changed[at] ^= mask;
                let parsed = PublicKey::from_spki_der(&changed);
                count(parsed.is_ok());
                if let Ok(key) = parsed {
                    assert_eq!(key.to_spki_der(), changed, "{kind:?} {at} {mask:#x}");
                }
                assert!(PrivateKey::from_pkcs8_der(&changed).is_err());
            }
        }
    }
    println!("{read} read, {refused} refused");
    assert!(read > 0 && refused > 0);
}

#[test]
fn changed_pem_gives_the_same_key_or_an_error() {
    let text = key(ED25519).to_pkcs8_pem().unwrap();
    let seed_chars = text.find('\n').unwrap() + 1..text.rfind("\n-----END").unwrap();
    for at in 0..text.len() {
        for byte in 0..=u8::MAX {
            let mut changed = text.as_bytes().to_vec();
            changed[at] = byte;
            if let Ok(key) = PrivateKey::from_bytes(&changed) {
                let same = seed_chars.contains(&at) && key.to_pkcs8_pem().unwrap().as_bytes() == changed;
                assert!(same || byte == text.as_bytes()[at] || byte == b'\r', "{at} {byte:#x}");
            }
        }
    }
}

#[test]
fn only_one_pem_block_and_nothing_else() {
    let text = key(ML_KEM_768).to_pkcs8_pem().unwrap();
    let public = public(ML_KEM_768).to_spki_pem().unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let [begin, first, second, end] = lines[..] else { panic!("{} lines", lines.len()) };
    for bad in [
        format!("{}{}", *text, *text),
        format!("{}{public}", *text),
        format!("{}\n", *text),
        format!("{} ", *text),
        text.replace("END PRIVATE", "END PUBLIC"),
        text.replace('=', ""),
        text.replacen('\n', "\n\n", 1),
        format!("{begin}\n{first}{second}\n{end}\n"),
        format!("{begin}\n{first}\n\n{second}\n{end}\n"),
        format!("{begin}\n{first}\n {second}\n{end}\n"),
        format!("{begin}\n{first}{second}{end}\n"),
        text.replacen('\n', "\nDEK-Info: none\n\n", 1),
    ] {
        assert_eq!(PrivateKey::from_bytes(bad.as_bytes()).unwrap_err(), Error::Pem, "{bad}");
    }
    let preamble = format!("a comment\n{}", *text);
    assert_eq!(PrivateKey::from_bytes(preamble.as_bytes()).unwrap_err(), Error::NotAKey);
    assert_eq!(PrivateKey::from_pkcs8_pem(&preamble).unwrap_err(), Error::Pem);
}

#[test]
fn other_files_are_named() {
    let wrong = |expected, found| Error::WrongContent { expected, found };
    for (label, found) in [
        ("ENCRYPTED PRIVATE KEY", Content::EncryptedPrivateKey),
        ("CERTIFICATE", Content::Certificate),
        ("CERTIFICATE REQUEST", Content::Certificate),
        ("OPENSSH PRIVATE KEY", Content::OpenSshPrivateKey),
        ("RSA PRIVATE KEY", Content::RsaKey),
        ("EC PRIVATE KEY", Content::EcKey),
        ("PGP MESSAGE", Content::Other),
    ] {
        let text = pem(label, b"whatever");
        let error = PrivateKey::from_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error, wrong(Content::PrivateKey, found));
        let error = PublicKey::from_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error, wrong(Content::PublicKey, found));
    }
    for kind in KeyKind::ALL {
        let (private, public) = (private_der(kind), public(kind).to_spki_der());
        for file in [private.clone(), pem("PRIVATE KEY", &private).into(), pem("PUBLIC KEY", &private).into()] {
            let error = PublicKey::from_bytes(&file).unwrap_err();
            assert_eq!(error, wrong(Content::PublicKey, Content::PrivateKey));
        }
        for file in [public.clone(), pem("PUBLIC KEY", &public).into(), pem("PRIVATE KEY", &public).into()] {
            let error = PrivateKey::from_bytes(&file).unwrap_err();
            assert_eq!(error, wrong(Content::PrivateKey, Content::PublicKey));
        }
    }
    let error = PublicKey::from_bytes(b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me").unwrap_err();
    assert_eq!(error, wrong(Content::PublicKey, Content::OpenSshPublicKey));
    for junk in [&b""[..], b"\0", b"[]", &[0xff; 40]] {
        assert_eq!(PrivateKey::from_bytes(junk).unwrap_err(), Error::NotAKey);
        assert_eq!(PublicKey::from_bytes(junk).unwrap_err(), Error::NotAKey);
    }
}

#[test]
fn long_input_is_refused_unread() {
    let found = MAX_KEY_FILE_LEN + 1;
    for start in [&b"-----BEGIN PRIVATE KEY-----\n"[..], &[0x30, 0x83]] {
        let mut long = start.to_vec();
        long.resize(found, b'A');
        assert_eq!(PrivateKey::from_bytes(&long).unwrap_err(), Error::TooLong { found });
        assert_eq!(PublicKey::from_bytes(&long).unwrap_err(), Error::TooLong { found });
        assert_eq!(PublicKey::from_spki_der(&long).unwrap_err(), Error::TooLong { found });
        assert_eq!(PrivateKey::from_pkcs8_pem(&long).unwrap_err(), Error::TooLong { found });
        long.pop();
        assert_ne!(PrivateKey::from_bytes(&long).unwrap_err(), Error::TooLong { found });
    }
}

#[test]
fn parameters_even_null_are_refused() {
    for kind in KeyKind::ALL {
        let private = private_der(kind);
        let info = PrivateKeyInfoRef::from_der(&private).unwrap();
        for parameters in [der::asn1::AnyRef::NULL, der::asn1::AnyRef::new(der::Tag::Sequence, &[]).unwrap()] {
            let algorithm = pkcs8::spki::AlgorithmIdentifierRef { parameters: Some(parameters), ..info.algorithm };
            let file = PrivateKeyInfoRef::new(algorithm, info.private_key).to_der().unwrap();
            assert_eq!(PrivateKey::from_pkcs8_der(&file).unwrap_err(), Error::Parameters(kind));
            let raw = public(kind).as_bytes().to_vec();
            let subject_public_key = BitStringRef::from_bytes(&raw).unwrap();
            let file = pkcs8::spki::SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().unwrap();
            assert_eq!(PublicKey::from_spki_der(&file).unwrap_err(), Error::Parameters(kind));
        }
    }
}

#[test]
fn a_public_key_in_the_private_file_must_agree() {
    for kind in KeyKind::ALL {
        let private = private_der(kind);
        let public = public(kind);
        let read = |bits| {
            let mut info = PrivateKeyInfoRef::from_der(&private).unwrap();
            info.public_key = Some(bits);
            PrivateKey::from_pkcs8_der(&info.to_der().unwrap())
        };
        let agreeing = read(BitStringRef::from_bytes(public.as_bytes()).unwrap()).unwrap();
        assert_eq!(*agreeing.to_pkcs8_der().unwrap(), private, "it is written without");

        let mut other = public.as_bytes().to_vec();
        other[0] ^= 1;
        let cut = &public.as_bytes()[1..];
        let bits_unused = BitStringRef::new(1, &[0; 32]).unwrap();
        for bad in [BitStringRef::from_bytes(&other).unwrap(), BitStringRef::from_bytes(cut).unwrap(), bits_unused] {
            assert_eq!(read(bad).unwrap_err(), Error::Disagrees(kind));
        }
    }
}

#[test]
fn rfc_8410_examples() {
    let decode = |text: &str| Base64::decode_vec(text).unwrap();
    // §10.1 and §10.3.
    let public = PublicKey::from_bytes(&decode("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="));
    let private = decode("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC");
    let key = PrivateKey::from_bytes(&private).unwrap();
    assert_eq!(key.public_key(RUST), public);
    assert_eq!(*key.to_pkcs8_der().unwrap(), private);
    let with_attributes = decode(
        "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCoB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hh\
         aXJzgSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
    );
    assert_eq!(PrivateKey::from_bytes(&with_attributes).unwrap_err(), Error::ExtraFields);
}

#[test]
fn extra_fields_and_odd_der_are_refused() {
    let der = private_der(ED25519);
    let seed = [&[4, 32][..], key(ED25519).seed().unwrap().secret_bytes()].concat();
    let with = |tail: &[u8]| spliced(&der, &seed, &[&seed, tail].concat(), &[1]);
    assert_eq!(PrivateKey::from_pkcs8_der(&with(&[0xa0, 0])).unwrap_err(), Error::ExtraFields);
    assert_eq!(PrivateKey::from_pkcs8_der(&with(&[0xa2, 2, 5, 0])).unwrap_err(), Error::ExtraFields);
    // A public key needs version 1, and version 1 a public key.
    assert!(PrivateKey::from_pkcs8_der(&with(&[0x81, 2, 0, 7])).is_err());
    assert!(PrivateKey::from_pkcs8_der(&spliced(&der, &[2, 1, 0], &[2, 1, 1], &[])).is_err());
    assert!(PrivateKey::from_pkcs8_der(&spliced(&der, &[2, 1, 0], &[2, 2, 0, 0], &[1])).is_err());
    // Lengths in a longer form than needed.
    assert!(PrivateKey::from_pkcs8_der(&[&[0x30, 0x81][..], &der[1..]].concat()).is_err());
    assert!(PrivateKey::from_pkcs8_der(&spliced(&der, &[4, 32], &[4, 0x81, 32], &[1, 14])).is_err());
    // Bits left unused at the end of a public key.
    let public = public(ED25519).to_spki_der();
    assert!(PublicKey::from_spki_der(&spliced(&public, &[3, 33, 0], &[3, 33, 1], &[])).is_err());
}

#[test]
fn a_seed_in_the_wrong_form_is_refused() {
    let x_wing = private_der(KeyKind::Kem(Kem::XWing));
    let begin =
        [0x30, 0x34, 2, 1, 0, 0x30, 0x0d, 6, 0x0b, 0x2b, 6, 1, 4, 1, 0x83, 0xe6, 0x2d, 0x81, 0xc8, 0x7a, 4, 0x20];
    assert_eq!(x_wing[..22], begin);
    let ml_kem = private_der(ML_KEM_768);
    assert_eq!(ml_kem[18..22], [4, 66, 0x80, 64]);
    // The seed as an octet string is no form of ML-KEM.
    let octets = spliced(&ml_kem, &[0x80, 64], &[4, 64], &[]);
    assert_eq!(PrivateKey::from_pkcs8_der(&octets).unwrap_err(), Error::SeedForm(ML_KEM_768));
    // 32 bytes are the seed of ML-DSA, not of ML-KEM.
    let mut half = spliced(&ml_kem, &[4, 66, 0x80, 64], &[4, 34, 0x80, 32], &[]);
    half.truncate(half.len() - 32);
    half[1] -= 32;
    let error = PrivateKey::from_pkcs8_der(&half).unwrap_err();
    assert_eq!(error, Error::WrongSeedLength { kind: ML_KEM_768, found: 32 });
}

#[test]
fn invalid_public_keys_are_refused() {
    for (kind, name, bytes) in [
        (KeyKind::X25519, "public key is not a canonical encoding", vec![0xff; 32]),
        (ED25519, "verifying key is not a canonical encoding", vec![0; 32]),
        (ML_KEM_768, "encapsulation key is not a canonical encoding", vec![0xff; 1184]),
        (ML_KEM_768, "encapsulation key is 1183 bytes, must be 1184", vec![0; 1183]),
        (KeyKind::Signature(Signature::MlDsa65Ed25519), "verifying key is not a canonical encoding", vec![0; 1984]),
        (KeyKind::Signature(Signature::MlDsa(MlDsa::MlDsa87)), "verifying key is 0 bytes, must be 2592", vec![]),
    ] {
        let error = PublicKey::from_raw(kind, &bytes).unwrap_err();
        assert_eq!(error.to_string(), name);
        let sound = public(kind).to_spki_der();
        let info = pkcs8::spki::SubjectPublicKeyInfoRef::from_der(&sound).unwrap();
        let subject_public_key = BitStringRef::from_bytes(&bytes).unwrap();
        let file = pkcs8::spki::SubjectPublicKeyInfoRef { subject_public_key, ..info }.to_der().unwrap();
        assert_eq!(PublicKey::from_spki_der(&file).unwrap_err(), error);
    }
}

#[test]
fn composite_vectors() {
    let Some(file) = data("composite_vectors", "composite-sigs/testvectors.json") else { return };
    let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let mut run = 0;
    for test in file["tests"].as_array().unwrap() {
        let field = |name: &str| Base64::decode_vec(test[name].as_str().unwrap()).unwrap();
        let name = test["tcId"].as_str().unwrap();
        let Some(kind) = KeyKind::ALL.iter().find(|kind| name.strip_prefix("id-") == Some(kind.name())) else {
            continue;
        };
        let key = PrivateKey::from_bytes(&field("sk_pkcs8")).unwrap();
        assert_eq!(key.kind(), *kind);
        assert_eq!(key.seed().unwrap().secret_bytes(), field("sk"));
        assert_eq!(*key.to_pkcs8_der().unwrap(), field("sk_pkcs8"));
        assert_eq!(key.public_key(RUST), PublicKey::from_raw(*kind, &field("pk")));
        run += 1;
    }
    assert_eq!(run, 5, "two composites, and the three ML-DSA keys that the file has for comparison");
}

#[test]
fn x_wing_vectors() {
    let Some(file) = data("x_wing_vectors", "xwing-draft/test-vectors.json") else { return };
    let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let kind = KeyKind::Kem(Kem::XWing);
    let tests = file.as_array().unwrap();
    for test in tests {
        let field = |name: &str| -> Vec<u8> {
            let text = test[name].as_str().unwrap();
            let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
        };
        let key = PrivateKey::from_seed(kind, Seed::from_slice(&field("sk"))).unwrap();
        assert_eq!(key.public_key(RUST), PublicKey::from_raw(kind, &field("pk")));
    }
    assert_eq!(tests.len(), 3);
}

/// What `openssl` prints for this input; panics if it refuses.
fn openssl(arguments: &str, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn has_openssl(test: &str) -> bool {
    let has = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !has {
        println!("skipped: {test}: openssl absent");
    }
    has
}

#[test]
fn openssl_reads_ours_and_we_read_its() {
    if !has_openssl("openssl_reads_ours_and_we_read_its") {
        return;
    }
    for kind in [KeyKind::X25519, ED25519] {
        let ours = PrivateKey::generate(kind, &mut SystemRng).unwrap();
        let public = ours.public_key(RUST).unwrap();
        let pem = ours.to_pkcs8_pem().unwrap();
        assert_eq!(openssl("pkey", pem.as_bytes()), pem.as_bytes());
        assert_eq!(openssl("pkey -outform DER", pem.as_bytes()), *ours.to_pkcs8_der().unwrap());
        assert_eq!(openssl("pkey -pubout -outform DER", pem.as_bytes()), public.to_spki_der());
        let text = public.to_spki_pem().unwrap();
        assert_eq!(openssl("pkey -pubin", text.as_bytes()), text.as_bytes());

        let theirs = openssl(&format!("genpkey -algorithm {}", kind.name()), b"");
        let read = PrivateKey::from_bytes(&theirs).unwrap();
        assert_eq!(read.kind(), kind);
        assert_eq!(read.to_pkcs8_pem().unwrap().as_bytes(), theirs);
        let public = openssl("pkey -pubout", &theirs);
        assert_eq!(PublicKey::from_bytes(&public), read.public_key(RUST));
    }
}

#[test]
fn openssl_keys_of_other_kinds_are_named() {
    if !has_openssl("openssl_keys_of_other_kinds_are_named") {
        return;
    }
    let error = |file: &[u8]| PrivateKey::from_bytes(file).unwrap_err();
    let wrong = |found| Error::WrongContent { expected: Content::PrivateKey, found };
    let rsa = openssl("genpkey -algorithm RSA", b"");
    let ec = openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", b"");
    let ed448 = openssl("genpkey -algorithm Ed448", b"");
    for (file, name) in [(&rsa, "RSA"), (&ec, "elliptic curve"), (&ed448, "Ed448")] {
        let Error::UnknownAlgorithm(oid) = error(file) else { panic!("{name}: {:?}", error(file)) };
        assert_eq!(oid.name(), Some(name));
        let public = openssl("pkey -pubout", file);
        assert_eq!(PublicKey::from_bytes(&public).unwrap_err(), Error::UnknownAlgorithm(oid));
    }
    assert_eq!(error(&openssl("rsa -traditional", &rsa)), wrong(Content::RsaKey));
    assert_eq!(error(&openssl("rsa -traditional -outform DER", &rsa)), wrong(Content::RsaKey));
    assert_eq!(error(&openssl("ec -outform DER", &ec)), wrong(Content::EcKey));
    let sealed = openssl("pkcs8 -topk8 -passout pass:open -outform DER", &rsa);
    assert_eq!(error(&sealed), wrong(Content::EncryptedPrivateKey));
    let sealed = openssl("pkcs8 -topk8 -passout pass:open", &rsa);
    assert_eq!(error(&sealed), wrong(Content::EncryptedPrivateKey));
}
