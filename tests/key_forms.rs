//! Private keys in every form that is met: forms of PKCS#8, files under a passphrase, JSON Web Keys.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

#[path = "common/data.rs"]
mod data;

use data::data;
use proptest::prelude::*;
use twinlock::{
    ids::{Kem, KeyKind, MlDsa, MlKem, Signature},
    keys::{Content, Error, Form, PrivateKey, ProtectedKey, Protection, PublicKey, WrappingKey},
    provider::{self, RUST, SystemRng},
};

const ED25519: KeyKind = KeyKind::Signature(Signature::Ed25519);
const ML_KEM_512: KeyKind = KeyKind::Kem(Kem::MlKem(MlKem::MlKem512));
const ML_DSA_44: KeyKind = KeyKind::Signature(Signature::MlDsa(MlDsa::MlDsa44));

fn fresh(kind: KeyKind) -> PrivateKey {
    PrivateKey::generate(kind, &mut SystemRng).unwrap()
}

fn lattice() -> impl Iterator<Item = KeyKind> {
    let is_lattice =
        |kind: &KeyKind| matches!(kind, KeyKind::Kem(Kem::MlKem(_)) | KeyKind::Signature(Signature::MlDsa(_)));
    KeyKind::ALL.into_iter().filter(is_lattice)
}

#[test]
fn every_form_round_trips() {
    for kind in lattice() {
        let key = fresh(kind);
        let public = key.public_key(RUST).unwrap();
        for form in Form::ALL {
            let der = key.to_pkcs8_der_as(form).unwrap();
            let read = PrivateKey::from_bytes(&der).unwrap();
            assert_eq!((read.kind(), read.form()), (kind, form));
            assert_eq!(read.public_key(provider::LIBCRUX).unwrap(), public);
            assert_eq!(*read.to_pkcs8_der_as(form).unwrap(), *der, "{kind:?} {form:?}");
            let has_seed = matches!(form, Form::Seed | Form::Both | Form::BareSeed);
            assert_eq!(read.seed().is_some(), has_seed);
            if has_seed {
                assert_eq!(*read.to_pkcs8_der().unwrap(), *key.to_pkcs8_der().unwrap());
            } else {
                assert_eq!(*read.to_pkcs8_der().unwrap(), *key.to_pkcs8_der_as(Form::Expanded).unwrap());
                assert_eq!(read.to_pkcs8_der_as(Form::Seed).unwrap_err(), Error::NoSeed(kind));
                assert_eq!(read.to_pkcs8_der_as(Form::Both).unwrap_err(), Error::NoSeed(kind));
            }
        }
    }
}

#[test]
fn other_algorithms_have_one_form() {
    for kind in KeyKind::ALL.into_iter().filter(|kind| !lattice().any(|other| other == *kind)) {
        for form in Form::ALL.into_iter().filter(|form| *form != Form::Seed) {
            assert_eq!(fresh(kind).to_pkcs8_der_as(form).unwrap_err(), Error::NoForm { kind, form });
        }
    }
}

#[test]
fn an_expanded_key_decapsulates_and_does_not_sign() {
    for kind in lattice() {
        let key = fresh(kind);
        let public = key.public_key(RUST).unwrap();
        let expanded = || PrivateKey::from_bytes(&key.to_pkcs8_der_as(Form::Expanded).unwrap()).unwrap();
        for provider in [RUST, provider::LIBCRUX, provider::AWS_LC] {
            if let KeyKind::Kem(_) = kind {
                let (ciphertext, sent) =
                    public.to_encapsulation_key(provider).unwrap().encapsulate(&mut SystemRng).unwrap();
                let received = expanded().into_decapsulation_key(provider).unwrap().decapsulate(&ciphertext).unwrap();
                assert!(sent.ct_eq(&received));
            } else {
                assert_eq!(expanded().into_signing_key(provider).unwrap_err(), Error::NoSeed(kind));
            }
        }
    }
}

/// Every byte of an expanded key is covered by a check, but for ML-DSA's K, of which any 32 bytes are right.
#[test]
fn a_changed_expanded_key_is_refused() {
    for kind in [ML_KEM_512, ML_DSA_44] {
        let key = fresh(kind);
        for (form, refused) in [(Form::Expanded, Error::ExpandedKey(kind)), (Form::Both, Error::FormsDisagree(kind))] {
            let der = key.to_pkcs8_der_as(form).unwrap();
            let start = der.len() - if kind == ML_DSA_44 { 2560 } else { 1632 };
            for at in (start..der.len()).step_by(41) {
                if kind == ML_DSA_44 && form == Form::Expanded && (32..64).contains(&(at - start)) {
                    continue;
                }
                let mut changed = der.to_vec();
                changed[at] ^= 1;
                let error = PrivateKey::from_bytes(&changed).unwrap_err();
                assert_eq!(error, refused, "{kind:?} {form:?} at {}", at - start);
            }
        }
    }
}

/// A coefficient and the same plus q are one number to those who reduce.
#[test]
fn an_expanded_key_that_is_not_reduced_is_refused() {
    let der = fresh(ML_KEM_512).to_pkcs8_der_as(Form::Expanded).unwrap();
    let start = der.len() - 1632;
    let low = |der: &[u8], at: usize| u16::from(der[at]) | (u16::from(der[at + 1] & 0x0f) << 8);
    let small = (start..start + 768).step_by(3).find(|at| low(&der, *at) < 4096 - 3329).unwrap();
    let mut changed = der.to_vec();
    let [first, second] = (low(&der, small) + 3329).to_le_bytes();
    (changed[small], changed[small + 1]) = (first, (der[small + 1] & 0xf0) | second);
    assert_eq!(PrivateKey::from_bytes(&changed).unwrap_err(), Error::ExpandedKey(ML_KEM_512));
}

#[test]
fn halves_of_two_keys_disagree() {
    for kind in lattice() {
        let (one, other) = (fresh(kind), fresh(kind));
        let (both, foreign) = (one.to_pkcs8_der_as(Form::Both).unwrap(), other.to_pkcs8_der_as(Form::Both).unwrap());
        let seed_end = 30 + kind.seed_len();
        let mixed = [&both[..seed_end], &foreign[seed_end..]].concat();
        assert_eq!(PrivateKey::from_bytes(&mixed).unwrap_err(), Error::FormsDisagree(kind));
        let joined = one.to_pkcs8_der_as(Form::ExpandedPublic).unwrap();
        let public = other.public_key(RUST).unwrap();
        let mixed = [&joined[..joined.len() - kind.public_len()], public.as_bytes()].concat();
        assert_eq!(PrivateKey::from_bytes(&mixed).unwrap_err(), Error::Disagrees(kind));
    }
}

#[test]
fn a_passphrase_protects_and_only_it_opens() {
    for protection in [Protection::Scrypt, Protection::Pbkdf2] {
        let wrapping = WrappingKey::derive(b"open sesame", protection, &mut SystemRng).unwrap();
        for kind in KeyKind::ALL {
            let key = fresh(kind);
            let (der, pem) = (
                wrapping.wrap_der(&key, Form::Seed, &mut SystemRng).unwrap(),
                wrapping.wrap_pem(&key, Form::Seed, &mut SystemRng).unwrap(),
            );
            let refused = Error::WrongContent { expected: Content::PrivateKey, found: Content::EncryptedPrivateKey };
            assert_eq!(PrivateKey::from_bytes(&der).unwrap_err(), refused);
            assert_eq!(PrivateKey::from_bytes(pem.as_bytes()).unwrap_err(), refused);
            if kind == ED25519 {
                for file in [&der[..], pem.as_bytes()] {
                    let closed = ProtectedKey::from_bytes(file).unwrap();
                    let opened = closed.open(b"open sesame").unwrap();
                    assert_eq!(*opened.to_pkcs8_der().unwrap(), *key.to_pkcs8_der().unwrap());
                    assert_eq!(closed.open(b"open sesam").unwrap_err(), Error::Passphrase);
                }
            }
        }
    }
    let empty = WrappingKey::derive(b"", Protection::Scrypt, &mut SystemRng);
    assert_eq!(empty.unwrap_err(), Error::EmptyPassphrase);
}

#[test]
fn a_protection_says_what_it_is() {
    for (protection, scheme) in [
        (Protection::Scrypt, "scrypt with N = 16384, r = 8, p = 5; AES-256-CBC"),
        (Protection::Pbkdf2, "PBKDF2 with 600000 iterations; AES-256-CBC"),
    ] {
        let wrapping = WrappingKey::derive(b"x", protection, &mut SystemRng).unwrap();
        let der = wrapping.wrap_der(&fresh(ED25519), Form::Seed, &mut SystemRng).unwrap();
        assert_eq!(ProtectedKey::from_bytes(&der).unwrap().scheme(), scheme);
    }
}

/// DER of a type whose content is shorter than 128 bytes.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&[tag, u8::try_from(content.len()).unwrap()][..], &content].concat()
}

fn integer(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let bytes: Vec<u8> = std::iter::once(0).chain(bytes).collect();
    let start = (0..8).find(|at| bytes[*at] != 0 || bytes[at + 1] >= 0x80).unwrap_or(8);
    tlv(2, &[&bytes[start..]])
}

const PBES2: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
const PBKDF2: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
const SCRYPT: &[u8] = &[6, 9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 11];
const AES_256_CBC: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42];
const AES_256_GCM: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 46];

const DES_EDE3_CBC: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7];

fn protected(kdf: &[u8], cipher: &[u8]) -> Vec<u8> {
    let iv: &[u8] = match cipher {
        AES_256_CBC => &[7; 16],
        AES_256_GCM => &[7; 12],
        _ => &[7; 8],
    };
    let cipher = tlv(0x30, &[cipher, &tlv(4, &[iv])]);
    let scheme = tlv(0x30, &[PBES2, &tlv(0x30, &[kdf, &cipher])]);
    tlv(0x30, &[&scheme, &tlv(4, &[&[9; 16]])])
}

fn scrypt(n: u64, r: u64, p: u64) -> Vec<u8> {
    tlv(0x30, &[SCRYPT, &tlv(0x30, &[&tlv(4, &[b"salt"]), &integer(n), &integer(r), &integer(p)])])
}

fn pbkdf2(iterations: u64) -> Vec<u8> {
    let sha256 = tlv(0x30, &[&[6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9], &[5, 0]]);
    tlv(0x30, &[PBKDF2, &tlv(0x30, &[&tlv(4, &[b"salt"]), &integer(iterations), &sha256])])
}

#[test]
fn a_file_may_not_ask_for_any_cost() {
    let read = |kdf: &[u8]| ProtectedKey::from_bytes(&protected(kdf, AES_256_CBC)).map(|key| key.scheme());
    assert_eq!(read(&scrypt(1 << 14, 8, 1)).unwrap(), "scrypt with N = 16384, r = 8, p = 1; AES-256-CBC");
    assert!(read(&scrypt(1 << 18, 8, 1)).is_ok());
    for (n, r, p) in
        [(1 << 19, 8, 1), (1 << 40, 8, 1), (1 << 63, 8, 1), (1 << 14, 65535, 1), (1 << 14, 8, 65535), (2, 65535, 65535)]
    {
        assert_eq!(read(&scrypt(n, r, p)).unwrap_err(), Error::Cost, "{n} {r} {p}");
    }
    for (n, r, p) in [(0, 8, 1), (1, 8, 1), (3, 8, 1), (16384, 0, 1), (16384, 8, 0)] {
        assert_eq!(read(&scrypt(n, r, p)).unwrap_err(), Error::Der { offset: None }, "{n} {r} {p}");
    }
    assert!(read(&scrypt(1 << 14, 65536, 1)).is_err(), "more than 16 bits");
    assert_eq!(read(&pbkdf2(2048)).unwrap(), "PBKDF2 with 2048 iterations; AES-256-CBC");
    assert_eq!(read(&pbkdf2(10_000_001)).unwrap_err(), Error::Cost);
    assert_eq!(read(&pbkdf2(0)).unwrap_err(), Error::Der { offset: None });
}

#[test]
fn other_protections_are_named() {
    let error = |der: &[u8]| ProtectedKey::from_bytes(der).unwrap_err().to_string();
    for (cipher, oid) in [(AES_256_GCM, "2.16.840.1.101.3.4.1.46"), (DES_EDE3_CBC, "1.2.840.113549.3.7")] {
        let error = error(&protected(&pbkdf2(2048), cipher));
        let expected = format!("is protected by an algorithm that is not supported ({oid}); ");
        assert!(error.starts_with(&expected), "{error}");
    }
    // PBES1 with MD5 and DES.
    let old = tlv(
        0x30,
        &[
            &tlv(
                0x30,
                &[
                    &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 3],
                    &tlv(0x30, &[&tlv(4, &[&[1; 8]]), &integer(2048)]),
                ],
            ),
            &tlv(4, &[&[9; 16]]),
        ],
    );
    let old = error(&old);
    assert!(old.starts_with("is protected by an algorithm that is not supported (1.2.840.113549.1.5.3)"), "{old}");
}

#[test]
fn a_cut_or_longer_protected_file_is_refused() {
    let der = protected(&pbkdf2(1), AES_256_CBC);
    for end in 0..der.len() {
        assert!(ProtectedKey::from_bytes(&der[..end]).is_err(), "{end}");
    }
    assert_eq!(ProtectedKey::from_bytes(&[&der[..], &[0]].concat()).unwrap_err(), Error::Trailing);
    assert_eq!(ProtectedKey::from_bytes(&vec![0x30; 1 << 20]).unwrap_err(), Error::TooLong { found: 1 << 20 });
}

#[test]
fn json_web_keys_round_trip() {
    for kind in KeyKind::ALL {
        let key = fresh(kind);
        let public = key.public_key(RUST).unwrap();
        let has =
            kind == KeyKind::X25519 || matches!(kind, KeyKind::Signature(Signature::Ed25519 | Signature::MlDsa(_)));
        if !has {
            assert_eq!(key.to_jwk().unwrap_err(), Error::NoJwk(kind));
            assert_eq!(public.to_jwk().unwrap_err(), Error::NoJwk(kind));
            continue;
        }
        let (private_text, public_text) = (key.to_jwk().unwrap(), public.to_jwk().unwrap());
        let read = PrivateKey::from_bytes(private_text.as_bytes()).unwrap();
        assert_eq!(*read.to_pkcs8_der().unwrap(), *key.to_pkcs8_der().unwrap());
        assert_eq!(PublicKey::from_bytes(public_text.as_bytes()).unwrap(), public);
        let wrong = |expected, found| Error::WrongContent { expected, found };
        assert_eq!(
            PrivateKey::from_bytes(public_text.as_bytes()).unwrap_err(),
            wrong(Content::PrivateKey, Content::PublicKey)
        );
        assert_eq!(
            PublicKey::from_bytes(private_text.as_bytes()).unwrap_err(),
            wrong(Content::PublicKey, Content::PrivateKey)
        );
        let other = fresh(kind).public_key(RUST).unwrap().to_jwk().unwrap();
        let other = other.trim_end().trim_end_matches('}');
        let member = if kind == KeyKind::X25519 || kind == ED25519 { ",\"d\"" } else { ",\"priv\"" };
        let seed = private_text.split_once(member).unwrap().1;
        let mixed = format!("{other}{member}{seed}");
        assert_eq!(PrivateKey::from_bytes(mixed.as_bytes()).unwrap_err(), Error::Disagrees(kind));
    }
}

/// RFC 8037 appendix A.1.
#[test]
fn the_json_web_key_of_rfc_8037() {
    let private = r#"{"kty":"OKP","crv":"Ed25519",
        "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = PrivateKey::from_bytes(private.as_bytes()).unwrap();
    assert_eq!(
        *key.to_jwk().unwrap(),
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\
         \"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}\n"
    );
}

#[test]
fn odd_json_is_refused_with_its_place() {
    let x = r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
    for (text, error) in [
        ("{".into(), "not a JSON Web Key of a known form, at line 1, column 1"),
        (format!(r#"{{"kty":"OKP",{x},"zz":1}}"#), "not a JSON Web Key of a known form, at line 1, column 67"),
        (format!(r#"{{"kty":"OKP","kty":"OKP",{x}}}"#), "not a JSON Web Key of a known form, at line 1, column 18"),
        (format!(r#"{{"kty":"OKP",{x}}} x"#), "not a JSON Web Key of a known form, at line 1, column 65"),
        (
            format!(r#"{{"kty":"RSA",{x}}}"#),
            "the JSON Web Key has a key type that is not supported: there are OKP and AKP",
        ),
        (format!(r#"{{"kty":"OKP",{x}}}"#), "the JSON Web Key has a member that is missing, or of another type"),
        (format!(r#"{{"kty":"OKP","crv":"Ed448",{x}}}"#), "the JSON Web Key has an algorithm that is not supported"),
        (
            format!(r#"{{"kty":"OKP","crv":"ML-DSA-44",{x}}}"#),
            "the JSON Web Key has an algorithm that is not supported",
        ),
        (
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}"#.into(),
            "the JSON Web Key has a public member that is not base64url",
        ),
        (r#"{"kty":"OKP","crv":"Ed25519","x":"11qY"}"#.into(), "verifying key is 3 bytes, must be 32"),
        (
            format!(r#"{{"kty":"OKP","crv":"Ed25519",{x},"d":null}}"#),
            "not a JSON Web Key of a known form, at line 1, column 87",
        ),
        (
            format!(r#"{{"kty":"OKP","crv":"Ed25519",{x},"alg":"RS256"}}"#),
            "the JSON Web Key has an algorithm that is not of its key",
        ),
        (
            format!(r#"{{"kty":"OKP","crv":"Ed25519",{x},"use":"enc"}}"#),
            "the JSON Web Key has a use or an operation that its algorithm does not have",
        ),
        (
            format!(r#"{{"kty":"OKP","crv":"Ed25519",{x},"use":"sig","key_ops":["verify","decrypt"]}}"#),
            "the JSON Web Key has a use or an operation that its algorithm does not have",
        ),
    ] {
        assert_eq!(PublicKey::from_bytes(text.as_bytes()).unwrap_err().to_string(), error, "{text}");
    }
    let text = format!(r#"{{"kty":"OKP","crv":"Ed25519",{x},"d":"AAAA"}}"#);
    let error = PrivateKey::from_bytes(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "the JSON Web Key has a private member that is not the base64url of a seed");
}

proptest! {
    /// Whatever stands in a file, reading it ends.
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), start in 0usize..4) {
        let start: &[u8] = [&b"{"[..], b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n", b"\x30", b""][start];
        let file = [start, &bytes].concat();
        let _ = PrivateKey::from_bytes(&file);
        let _ = PublicKey::from_bytes(&file);
        let _ = ProtectedKey::from_bytes(&file);
    }
}

#[test]
fn lamps_examples() {
    let (mut read, mut refused) = (0, 0);
    for kind in lattice() {
        let folder = match kind {
            KeyKind::Kem(_) => "lamps-mlkem-rfc9935",
            _ => "lamps-mldsa-rfc9881",
        };
        let file = |end: &str| data("lamps_examples", &format!("{folder}/{}{end}", kind.name()));
        let Some(seed) = file("-seed.priv") else { return };
        let public_file = file(".pub").unwrap();
        let public = PublicKey::from_bytes(&public_file).unwrap();
        assert_eq!(public.to_spki_pem().unwrap().as_bytes(), public_file);
        read += 1;
        for (end, form) in [("-seed.priv", Form::Seed), ("-expanded.priv", Form::Expanded), ("-both.priv", Form::Both)]
        {
            let text = file(end).unwrap();
            let key = PrivateKey::from_bytes(&text).unwrap();
            assert_eq!(key.form(), form);
            assert_eq!(key.public_key(RUST).unwrap(), public);
            assert_eq!(key.to_pkcs8_pem_as(form).unwrap().as_bytes(), text);
            if form == Form::Both {
                assert_eq!(key.to_pkcs8_pem().unwrap().as_bytes(), seed);
            }
            read += 1;
        }
        let error = PrivateKey::from_bytes(&file(".crt").unwrap()).unwrap_err();
        assert_eq!(error, Error::WrongContent { expected: Content::PrivateKey, found: Content::Certificate });
        refused += 1;
    }
    for (name, error) in [
        ("lamps-mlkem-rfc9935/bad-ML-KEM-512-1.priv", Error::FormsDisagree(ML_KEM_512)),
        ("lamps-mlkem-rfc9935/bad-ML-KEM-512-2.priv", Error::ExpandedKey(ML_KEM_512)),
        ("lamps-mlkem-rfc9935/bad-ML-KEM-512-3.priv", Error::ExpandedKey(ML_KEM_512)),
        ("lamps-mlkem-rfc9935/bad-ML-KEM-512-4.priv", Error::FormsDisagree(ML_KEM_512)),
        ("lamps-mldsa-rfc9881/bad-ML-DSA-44-1.priv", Error::FormsDisagree(ML_DSA_44)),
        ("lamps-mldsa-rfc9881/bad-ML-DSA-44-2.priv", Error::ExpandedKey(ML_DSA_44)),
        ("lamps-mldsa-rfc9881/bad-ML-DSA-44-3.priv", Error::ExpandedKey(ML_DSA_44)),
    ] {
        assert_eq!(PrivateKey::from_bytes(&data("lamps_examples", name).unwrap()).unwrap_err(), error, "{name}");
        refused += 1;
    }
    println!("{read} read, {refused} refused");
    assert_eq!((read, refused), (24, 13));
}

#[test]
fn one_derivation_opens_and_wraps_all_files_with_one_salt() {
    let key = || PrivateKey::generate(KeyKind::X25519, &mut SystemRng).unwrap();
    let (one, other) = (key(), key());
    let made = WrappingKey::derive(b"open sesame", Protection::Scrypt, &mut SystemRng).unwrap();
    let wrap = |wrapping: &WrappingKey, key| {
        let der = wrapping.wrap_der(key, Form::Seed, &mut SystemRng).unwrap();
        ProtectedKey::from_bytes(&der).unwrap()
    };
    let first = wrap(&made, &one);
    let again = first.wrapping_key(b"open sesame").unwrap();
    let second = wrap(&again, &other);
    for file in [&first, &second] {
        assert!(made.fits(file) && again.fits(file));
        assert_eq!(file.open_with(&made).unwrap().to_pkcs8_der(), file.open(b"open sesame").unwrap().to_pkcs8_der());
    }
    assert_eq!(second.open_with(&made).unwrap().to_pkcs8_der(), other.to_pkcs8_der());
    assert_eq!(first.open_with(&first.wrapping_key(b"open says me").unwrap()).unwrap_err(), Error::Passphrase);
    let elsewhere = wrap(&WrappingKey::derive(b"open sesame", Protection::Scrypt, &mut SystemRng).unwrap(), &one);
    assert!(!made.fits(&elsewhere));
    assert_eq!(elsewhere.open_with(&made).unwrap_err(), Error::Passphrase);
}
