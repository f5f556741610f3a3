//! What a certificate may look like.

use der::{Encode as _, Tag, asn1::Any};
use twinlock::{
    certificate::{AltName, Certificate, Document, Error, Name, Reason, Serial, Template, Time, Validity},
    ids::{
        KeyKind, Signature,
        certificate::{MAX_CERTIFICATE_LEN, Purpose},
    },
    keys,
    provider::SystemRng,
};

use super::support::*;

fn small() -> Party {
    Party::root(ED25519, "CN=A", None)
}

#[test]
fn what_is_issued_says_what_was_asked() {
    let root = Party::root(COMPOSITE, "CN=Root,O=Example", Some(1));
    let names = ["dns:*.example.org", "ip:192.0.2.1", "ip:2001:db8::1", "uri:https://example.org/a"];
    for (number, kind) in KeyKind::ALL.into_iter().enumerate() {
        let key = public(kind, u8::try_from(number).unwrap());
        let template = template("CN=end").alt_names(names.map(|name| name.parse().unwrap()));
        let template = template.purposes([Purpose::ServerAuth]);
        let made = root.issuer().issue(&template, &key, &mut SystemRng).unwrap();
        let read = Certificate::from_bytes(made.to_pem().unwrap().as_bytes()).unwrap();
        assert_eq!(read, made);
        assert_eq!((read.key(), read.algorithm()), (&key, Signature::MlDsa65Ed25519));
        assert_eq!(
            (read.subject().to_string(), read.issuer().to_string()),
            ("CN=end".into(), "CN=Root,O=Example".into())
        );
        assert_eq!(read.alt_names().iter().map(ToString::to_string).collect::<Vec<_>>(), names);
        assert_eq!((read.is_ca(), read.path_len(), read.validity()), (false, None, year()));
        assert_eq!(read.purposes().unwrap().map(|purpose| purpose.0).collect::<Vec<_>>(), [Some(Purpose::ServerAuth)]);
        let usage: Vec<_> = read.key_usage().unwrap().names().collect();
        let expected = match kind {
            KeyKind::X25519 => "keyAgreement",
            KeyKind::Signature(_) => "digitalSignature",
            _ => "keyEncipherment",
        };
        assert_eq!(usage, [expected]);
        assert_eq!(trusting(std::slice::from_ref(&root.certificate)).verify(&[read]).unwrap().len(), 2);
    }
    assert_eq!((root.certificate.is_ca(), root.certificate.path_len()), (true, Some(1)));
    assert_eq!(root.certificate.key_usage().unwrap().names().collect::<Vec<_>>(), ["keyCertSign", "cRLSign"]);
}

#[test]
fn serial_numbers_are_long_positive_and_differ() {
    let serials: Vec<Serial> = (0..20).map(|_| small().certificate.serial().clone()).collect();
    for (at, serial) in serials.iter().enumerate() {
        assert_eq!(serial.as_bytes().len(), 20);
        assert!((0x40..0x80).contains(&serial.as_bytes()[0]));
        assert!(!serials[..at].contains(serial));
    }
}

#[test]
fn no_bit_of_a_certificate_can_be_flipped() {
    let party = small();
    let good = party.certificate.as_der();
    let anchors = [party.certificate.clone()];
    for at in 0..good.len() * 8 {
        let mut bytes = good.to_vec();
        bytes[at / 8] ^= 1 << (at % 8);
        let Ok(certificate) = Certificate::from_der(&bytes) else { continue };
        assert!(trusting(&anchors).verify(std::slice::from_ref(&certificate)).is_err(), "bit {at}");
        // Nor does it vouch for itself. (What names another issuer and is trusted all the same has nobody to ask.)
        let own = [certificate];
        assert!(!own[0].is_self_issued() || trusting(&own).verify(&own).is_err(), "bit {at}");
    }
}

#[test]
fn every_truncation_and_every_trailing_byte_is_refused() {
    let good = small().certificate;
    for len in 0..good.as_der().len() {
        assert!(Certificate::from_bytes(&good.as_der()[..len]).is_err(), "{len}");
    }
    assert_eq!(refusal(&[good.as_der(), &[0]].concat()), Error::Trailing);
    let pem = good.to_pem().unwrap();
    let text = pem.trim_end();
    for len in 0..text.len() {
        assert!(Certificate::from_bytes(&text.as_bytes()[..len]).is_err(), "{len}");
    }
    assert_eq!(Certificate::from_bytes(format!("{pem}x").as_bytes()), Err(Error::Pem));
    assert_eq!(Certificate::from_bytes(format!("{pem}{pem}").as_bytes()), Err(Error::Trailing));
    assert_eq!(Certificate::all_from_bytes(format!("{pem}\n{pem}").as_bytes()).unwrap().len(), 2);
    assert_eq!(Certificate::all_from_bytes(pem.repeat(65).as_bytes()), Err(Error::TooMany));
    assert_eq!(Certificate::from_bytes(pem.replace('\n', "\r\n").as_bytes()).unwrap(), good);
}

#[test]
fn sizes_are_bounded() {
    let mut big = vec![0x30, 0x83, 0x0f, 0xff, 0xfb];
    big.resize(1 << 20, 0);
    let too_long = Error::TooLong { found: 1 << 20, most: MAX_CERTIFICATE_LEN };
    assert_eq!((refusal(&big), Certificate::from_bytes(&big)), (too_long, Err(too_long)));
    assert!(matches!(Certificate::from_bytes(&vec![b'-'; (1 << 20) + 1]), Err(Error::TooLong { .. })));
    let names = (0..65).map(|at| format!("dns:host{at}").parse().unwrap());
    let many = template("CN=A").alt_names(names).self_signed(&signer(ED25519, 1), &mut SystemRng);
    assert_eq!(many, Err(Error::TooMany));
}

#[test]
fn other_files_are_told() {
    let key = key(ED25519, 1);
    let (private, public) = (key.to_pkcs8_pem().unwrap(), public(ED25519, 1).to_spki_pem().unwrap());
    let expected = Document::Certificate;
    let wrong = |found| Err(Error::WrongDocument { expected, found });
    assert_eq!(Certificate::from_bytes(private.as_bytes()), wrong(Document::PrivateKey));
    assert_eq!(Certificate::from_bytes(public.as_bytes()), wrong(Document::PublicKey));
    assert_eq!(Certificate::from_bytes(b"hello"), Err(Error::NotADocument(expected)));
    assert_eq!(Certificate::from_bytes(b""), Err(Error::NotADocument(expected)));
    assert!(Certificate::from_bytes(&key.to_pkcs8_der().unwrap()).is_err());
}

#[test]
fn parameters_are_absent_and_algorithms_agree() {
    let party = small();
    let der = party.certificate.as_der();
    // The identifier of Ed25519 with NULL.
    let with_null = [0x30, 7, 6, 3, 0x2b, 0x65, 0x70, 5, 0].to_vec();
    let without = with_null[..7].to_vec();
    let without = [&[0x30, 5][..], &without[2..]].concat();
    let outer = |algorithm: &[u8]| {
        let mut parts = elements(der);
        parts[1] = algorithm.to_vec();
        sequence(&parts)
    };
    assert_eq!(outer(&without), der);
    let parameters = keys::Error::Parameters(ED25519);
    assert_eq!(refusal(&outer(&with_null)), Error::Algorithm(parameters));
    let inner = |algorithm: &[u8]| resigned(der, &party.key, |part| part[2] = algorithm.to_vec());
    assert_eq!(refusal(&inner(&with_null)), Error::Algorithm(parameters));
    let in_key = resigned(der, &party.key, |part| {
        let mut spki = elements(&part[6]);
        spki[0] = with_null.clone();
        part[6] = sequence(&spki);
    });
    assert_eq!(refusal(&in_key), Error::Key(parameters));

    let other = Party::root(ML_DSA_44, "CN=A", None);
    let ml_dsa = elements(other.certificate.as_der())[1].clone();
    assert_eq!(refusal(&outer(&ml_dsa)), Error::AlgorithmsDiffer);
    assert_eq!(refusal(&inner(&ml_dsa)), Error::AlgorithmsDiffer);
    let x25519 = [0x30, 5, 6, 3, 0x2b, 0x65, 0x6e];
    assert_eq!(refusal(&outer(&x25519)), Error::DoesNotSign(KeyKind::X25519));
    let rsa = sequence(&[Any::new(Tag::ObjectIdentifier, [0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11])
        .unwrap()
        .to_der()
        .unwrap()]);
    assert!(matches!(refusal(&outer(&rsa)), Error::Algorithm(keys::Error::UnknownAlgorithm(_))));
}

#[test]
fn fields_are_those_of_the_third_version() {
    let party = small();
    let der = party.certificate.as_der();
    let edited = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| refusal(&resigned(der, &party.key, edit));
    let integer = |bytes: &[u8]| Any::new(Tag::Integer, bytes).unwrap().to_der().unwrap();
    let text = |tag, text: &str| Any::new(tag, text.as_bytes()).unwrap().to_der().unwrap();

    assert_eq!(edited(&|part| part[0][4] = 1), Error::Version);
    assert!(matches!(edited(&|part| part[0][4] = 3), Error::Der { .. }));
    assert_eq!(edited(&|part| drop(part.remove(0))), Error::Version);
    for serial in [&[0][..], &[0x80], &[0xff; 20], &[0; 21]] {
        assert!(
            matches!(edited(&|part| part[1] = integer(serial)), Error::SerialNumber | Error::Der { .. }),
            "{serial:?}"
        );
    }
    let long = [&[0, 0x80][..], &[0; 19]].concat();
    assert_eq!(edited(&|part| part[1] = integer(&long)), Error::SerialNumber);

    let (utc, general) = (|t: &str| text(Tag::UtcTime, t), |t: &str| text(Tag::GeneralizedTime, t));
    let validity =
        |from: Vec<u8>, until: Vec<u8>| edited(&move |part| part[4] = sequence(&[from.clone(), until.clone()]));
    assert_eq!(validity(utc("270101000000Z"), utc("260101000000Z")), Error::Validity);
    assert_eq!(validity(utc("260101000000Z"), general("20270101000000Z")), Error::NotCanonical);
    assert!(matches!(validity(utc("2601010000Z"), utc("270101000000Z")), Error::Der { .. }));
    assert!(matches!(validity(utc("260101000000+0100"), utc("270101000000Z")), Error::Der { .. }));
    assert!(matches!(validity(utc("261301000000Z"), utc("270101000000Z")), Error::Der { .. }));
    let late =
        resigned(der, &party.key, |part| part[4] = sequence(&[utc("260101000000Z"), general("99991231235959Z")]));
    assert_eq!(Certificate::from_der(&late).unwrap().validity().until(), time("9999-12-31T23:59:59Z"));
}

#[test]
fn extensions_stand_once_and_fit_the_key() {
    let party = small();
    let edited = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| Certificate::from_der(&with_extensions(&party, edit));
    assert_eq!(edited(&|_| {}).unwrap().subject(), party.certificate.subject());
    assert!(matches!(edited(&|list| list.push(list[0].clone())), Err(Error::ExtensionTwice(_))));
    let usage = |bits: &'static [u8]| edited(&move |list| list[0] = extension(&id_ce(15), true, bits));
    // keyEncipherment, none, trailing zero bits, another type.
    assert_eq!(usage(&[3, 2, 5, 0x20]), Err(Error::KeyUsage(ED25519)));
    assert_eq!(usage(&[3, 2, 5, 0xa0]), Err(Error::KeyUsage(ED25519)));
    assert!(usage(&[3, 1, 0]).is_err());
    assert!(matches!(usage(&[3, 2, 0, 0x80]), Err(Error::Extension(_))));
    assert!(matches!(usage(&[4, 1, 1]), Err(Error::Extension(_))));
    let constraints = |value: &'static [u8]| edited(&move |list| list[2] = extension(&id_ce(19), true, value));
    assert_eq!(constraints(&[0x30, 3, 2, 1, 0]), Err(Error::PathLengthWithoutCa));
    // An explicit FALSE, and a TRUE that is not 0xff.
    assert!(matches!(constraints(&[0x30, 3, 1, 1, 0]), Err(Error::Extension(_))));
    assert!(matches!(constraints(&[0x30, 3, 1, 1, 1]), Err(Error::Extension(_))));
    assert!(matches!(constraints(&[0x30, 0, 0]), Err(Error::Extension(_))));
    assert!(constraints(&[0x30, 0]).is_ok_and(|read| !read.is_ca()));
    let alt_name = |value: &'static [u8]| edited(&move |list| list.push(extension(&id_ce(17), false, value)));
    assert!(matches!(alt_name(&[0x30, 0]), Err(Error::Extension(_))));
    assert!(matches!(alt_name(&[0x30, 5, 0x87, 3, 1, 2, 3]), Err(Error::Extension(_))));
    assert_eq!(alt_name(&[0x30, 3, 0x81, 1, b'a']).unwrap().alt_names(), [AltName::Email("a".into())]);
    assert!(matches!(edited(&|list| list.push(extension(&id_ce(37), false, &[0x30, 0]))), Err(Error::Extension(_))));

    let kem = Party::root(ED25519, "CN=A", None);
    let end = kem.issuer().issue(&template("CN=B"), &public(ML_KEM_768, 2), &mut SystemRng).unwrap();
    let end = Party { key: signer(ED25519, 1), certificate: end };
    // RFC 9935 §5: keyEncipherment and nothing else.
    for bits in [[3, 2, 5, 0xa0], [3, 2, 7, 0x80], [3, 2, 3, 0x28]] {
        let der = with_extensions(&end, |list| list[0] = extension(&id_ce(15), true, &bits));
        assert_eq!(refusal(&der), Error::KeyUsage(ML_KEM_768));
    }
}

#[test]
fn extensions_are_counted() {
    let party = small();
    let many = |count: u8| {
        let der = with_extensions(&party, |list| {
            let missing = count - u8::try_from(list.len()).unwrap();
            list.extend((0..missing).map(|at| extension(&[0x2a, 3, at], false, &[5, 0])));
        });
        Certificate::from_der(&der)
    };
    assert!(many(64).is_ok());
    assert_eq!(many(65), Err(Error::TooMany));
}

#[test]
fn what_is_not_understood_is_told() {
    let party = small();
    let with =
        |extension: Vec<u8>| Certificate::from_der(&with_extensions(&party, |list| list.push(extension))).unwrap();
    assert!(matches!(with(extension(&[0x2a, 3, 4], true, &[5, 0])).obstacle(), Some(Reason::UnknownCritical(_))));
    assert_eq!(with(extension(&[0x2a, 3, 4], false, &[5, 0])).obstacle(), None);
    for critical in [false, true] {
        assert_eq!(with(extension(&id_ce(30), critical, &[0x30, 0])).obstacle(), Some(Reason::NameConstraints));
    }
}

#[test]
fn a_name_that_would_draw_a_line_of_its_own_is_refused() {
    let party = small();
    for tag in [0x81, 0x82, 0x86] {
        let name = |text: [u8; 3]| {
            let value = [&[0x30, 5, tag, 3][..], &text].concat();
            Certificate::from_der(&with_extensions(&party, |list| list.push(extension(&id_ce(17), false, &value))))
        };
        assert!(name(*b"a.b").is_ok());
        assert!(matches!(name(*b"a\nb"), Err(Error::Extension(_))));
        assert!(matches!(name(*b"a\x1bb"), Err(Error::Extension(_))));
    }
}

#[test]
fn names_and_times_have_one_text() {
    for good in ["CN=desk-7,O=Example", "CN=a\\, b", "C=CH", "CN=Zürich", ""] {
        assert_eq!(good.parse::<Name>().unwrap().to_string(), good);
    }
    for bad in ["desk-7", "CN=", "XX=a", "CN=a\nb", "CN=\\ff", "C=Ü", "=", ",", "CN=a,", "CN=#zz"] {
        assert_eq!(bad.parse::<Name>(), Err(Error::Name), "{bad}");
    }
    for bad in [
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-02-30T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "",
    ] {
        assert_eq!(bad.parse::<Time>(), Err(Error::Time), "{bad}");
    }
    assert_eq!(Time::from_unix(0).unwrap().to_string(), "1970-01-01T00:00:00Z");
    assert_eq!(Time::from_unix(253_402_300_799).unwrap().to_string(), "9999-12-31T23:59:59Z");
    assert_eq!(Time::from_unix(253_402_300_800), Err(Error::Time));
    for bad in [
        "dns:",
        "dns:a..b",
        "dns:-a",
        "dns:a b",
        "dns:Ü",
        "dns:a.*",
        "ip:1.2.3",
        "uri:a",
        "uri:a b:c",
        "uri:é:c",
        "email:a",
        "x",
    ] {
        assert_eq!(bad.parse::<AltName>(), Err(Error::AltName), "{bad}");
    }
}

#[test]
fn an_issuer_makes_nothing_that_would_be_refused() {
    let root = Party::root(ED25519, "CN=A", Some(0));
    let issue = |template: &Template| root.issuer().issue(template, &public(ED25519, 2), &mut SystemRng);
    assert_eq!(issue(&template("CN=B").authority(None)), Err(Error::IssuerPathLength));
    assert_eq!(issue(&template("")), Err(Error::Nameless));
    let later = Validity::new(year().from(), time("2027-01-01T00:00:00Z")).unwrap();
    assert_eq!(issue(&Template::new("CN=B".parse().unwrap(), later)), Err(Error::Outlives { issuer: year().until() }));
    assert_eq!(issue(&template("CN=B").alt_names([AltName::Email("a".into())])), Err(Error::AltName));
    let root = Party::root(ED25519, "CN=A", None);
    let kem = root.issuer().issue(&template("CN=B").authority(None), &public(ML_KEM_768, 2), &mut SystemRng);
    assert_eq!(kem, Err(Error::CaKey(ML_KEM_768)));
    // A name alone that is not the subject is enough, and is critical then.
    let nameless = template("").alt_names(["dns:a".parse().unwrap()]);
    let made = root.issuer().issue(&nameless, &public(ED25519, 2), &mut SystemRng).unwrap();
    assert!(made.subject().is_empty());
    let critical = extension(&id_ce(17), true, &[0x30, 3, 0x82, 1, b'a']);
    assert!(made.as_der().windows(critical.len()).any(|window| window == critical));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
        let _ = Certificate::from_bytes(&bytes);
        let _ = Certificate::from_der(&[&[0x30, 0x82, 2, 0][..], &bytes].concat());
    }
}
