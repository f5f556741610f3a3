//! Requests for certificates.

use der::{Encode as _, Tag, asn1::Any};
use twinlock::{
    certificate::{AltName, Document, Error, Request},
    ids::KeyKind,
    provider::SystemRng,
};

use super::support::*;

fn names() -> Vec<AltName> {
    ["dns:example.org", "ip:192.0.2.1"].map(|name| name.parse().unwrap()).into()
}

fn request(kind: KeyKind, names: &[AltName]) -> Request {
    Request::new("CN=desk-7".parse().unwrap(), names, &signer(kind, 2), &mut SystemRng).unwrap()
}

#[test]
fn a_request_becomes_a_certificate() {
    let root = Party::root(COMPOSITE, "CN=Root", None);
    for kind in KeyKind::ALL.into_iter().filter(|kind| matches!(kind, KeyKind::Signature(_))) {
        for names in [names(), vec![]] {
            let made = request(kind, &names);
            let read = Request::from_bytes(made.to_pem().unwrap().as_bytes(), provider()).unwrap();
            assert_eq!((&read, read.alt_names(), read.key()), (&made, &names[..], &public(kind, 2)));
            let template = template(&read.subject().to_string()).alt_names(read.alt_names().iter().cloned());
            let certificate = root.issuer().issue(&template, read.key(), &mut SystemRng).unwrap();
            assert_eq!((certificate.subject(), certificate.alt_names()), (read.subject(), &names[..]));
        }
    }
}

#[test]
fn no_bit_of_a_request_can_be_flipped() {
    let made = request(ED25519, &names());
    for at in 0..made.as_der().len() * 8 {
        let mut der = made.as_der().to_vec();
        der[at / 8] ^= 1 << (at % 8);
        assert!(Request::from_der(&der, provider()).is_err(), "bit {at}");
    }
    for len in 0..made.as_der().len() {
        assert!(Request::from_bytes(&made.as_der()[..len], provider()).is_err(), "{len}");
    }
    assert_eq!(Request::from_der(&[made.as_der(), &[0]].concat(), provider()), Err(Error::Trailing));
}

#[test]
fn bad_requests_are_refused() {
    assert_eq!(
        Request::new("".parse().unwrap(), &[], &signer(ED25519, 2), &mut SystemRng).unwrap_err(),
        Error::Nameless
    );
    // Someone else's key.
    let other = resigned(request(ED25519, &[]).as_der(), &signer(ED25519, 3), |_| {});
    assert_eq!(Request::from_der(&other, provider()), Err(Error::Signature));
    let good = request(ED25519, &names());
    let edited = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
        Request::from_der(&resigned(good.as_der(), &signer(ED25519, 2), edit), provider()).unwrap_err()
    };
    // The attribute twice, with two values, with none.
    let set = |elements: &[Vec<u8>]| Any::new(Tag::Set, elements.concat()).unwrap().to_der().unwrap();
    let attributes = |part: &mut Vec<Vec<u8>>, values: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let mut attribute = elements(&elements(&part[3])[0]);
        attribute[1] = values(elements(&attribute[1])[0].clone());
        let attribute = sequence(&attribute);
        let mut all = attribute.clone();
        let header = u8::try_from(attribute.len()).unwrap();
        all.splice(0..0, [0xa0, header]);
        part[3] = all;
    };
    assert!(matches!(edited(&|part| attributes(part, &|_| set(&[]))), Error::Extension(_)));
    assert!(matches!(edited(&|part| attributes(part, &|_| set(&[vec![5, 0]]))), Error::Extension(_)));
    assert!(matches!(edited(&|part| part[0][2] = 1), Error::Der { .. }));
    let certificate = Party::root(ED25519, "CN=A", None).certificate;
    let expected = Document::Request;
    assert_eq!(
        Request::from_bytes(certificate.to_pem().unwrap().as_bytes(), provider()),
        Err(Error::WrongDocument { expected, found: Document::Certificate })
    );
    assert!(Request::from_bytes(certificate.as_der(), provider()).is_err());
}
