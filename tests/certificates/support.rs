//! Keys and certificates to test with, and tools to make those that no CA would.

use der::{
    Decode as _, Encode as _, Reader as _, SliceReader, Tag,
    asn1::{Any, AnyRef, BitStringRef},
};
use twinlock::{
    certificate::{Certificate, Error, Issuer, Template, Time, Validity, Verifier},
    ids::{Kem, KeyKind, MlDsa, MlKem, Signature},
    keys::{PrivateKey, PublicKey},
    provider::{self, Provider, SystemRng},
    secret::Seed,
    sign::SigningKey,
};

pub(crate) const ED25519: KeyKind = KeyKind::Signature(Signature::Ed25519);
pub(crate) const ML_DSA_44: KeyKind = KeyKind::Signature(Signature::MlDsa(MlDsa::MlDsa44));
pub(crate) const ML_KEM_768: KeyKind = KeyKind::Kem(Kem::MlKem(MlKem::MlKem768));
pub(crate) const COMPOSITE: KeyKind = KeyKind::Signature(Signature::MlDsa65Ed25519);

/// The fastest provider of the build.
pub(crate) fn provider() -> &'static Provider {
    Provider::by_name("aws-lc").unwrap_or(provider::RUST)
}

pub(crate) fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// The year 2026.
pub(crate) fn year() -> Validity {
    Validity::new(time("2026-01-01T00:00:00Z"), time("2026-12-31T23:59:59Z")).unwrap()
}

/// A day in it.
pub(crate) fn now() -> Time {
    time("2026-06-15T12:00:00Z")
}

/// A key that only its number tells apart.
pub(crate) fn key(kind: KeyKind, number: u8) -> PrivateKey {
    PrivateKey::from_seed(kind, Seed::from_slice(&vec![number; kind.seed_len()])).unwrap()
}

pub(crate) fn public(kind: KeyKind, number: u8) -> PublicKey {
    key(kind, number).public_key(provider()).unwrap()
}

pub(crate) fn signer(kind: KeyKind, number: u8) -> SigningKey {
    key(kind, number).into_signing_key(provider()).unwrap()
}

pub(crate) fn template(subject: &str) -> Template {
    Template::new(subject.parse().unwrap(), year())
}

/// Someone with a key and a certificate of it.
pub(crate) struct Party {
    pub(crate) key: SigningKey,
    pub(crate) certificate: Certificate,
}

impl Party {
    /// A CA at the top.
    pub(crate) fn root(kind: KeyKind, name: &str, path_len: Option<u8>) -> Self {
        let key = signer(kind, 1);
        let certificate = template(name).authority(path_len).self_signed(&key, &mut SystemRng).unwrap();
        Self { key, certificate }
    }

    pub(crate) fn issuer(&self) -> Issuer<'_> {
        Issuer::new(&self.certificate, &self.key).unwrap()
    }

    /// Someone below, with the Ed25519 key of that number.
    pub(crate) fn below(&self, template: &Template, number: u8) -> Self {
        let key = signer(ED25519, number);
        let certificate = self.issuer().issue(template, &public(ED25519, number), &mut SystemRng).unwrap();
        Self { key, certificate }
    }
}

/// A verifier of now, for one anchor, without lists.
pub(crate) fn trusting(anchors: &[Certificate]) -> Verifier<'_> {
    Verifier { provider: provider(), anchors, lists: &[], at: now(), purpose: None }
}

/// The elements of a constructed value.
pub(crate) fn elements(der: &[u8]) -> Vec<Vec<u8>> {
    let outer = AnyRef::from_der(der).unwrap();
    let mut reader = SliceReader::new(outer.value()).unwrap();
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(AnyRef::decode(&mut reader).unwrap().to_der().unwrap());
    }
    found
}

pub(crate) fn wrap(tag: Tag, elements: &[Vec<u8>]) -> Vec<u8> {
    Any::new(tag, elements.concat()).unwrap().to_der().unwrap()
}

pub(crate) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    wrap(Tag::Sequence, elements)
}

/// The signed part changed, and signed anew.
pub(crate) fn resigned(der: &[u8], key: &SigningKey, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut outer = elements(der);
    let mut part = elements(&outer[0]);
    edit(&mut part);
    outer[0] = sequence(&part);
    let signature = key.sign(&outer[0], b"", &mut SystemRng).unwrap();
    outer[2] = BitStringRef::from_bytes(&signature).unwrap().to_der().unwrap();
    sequence(&outer)
}

/// The extensions of a certificate changed, and it signed anew.
pub(crate) fn with_extensions(party: &Party, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    resigned(party.certificate.as_der(), &party.key, |part| {
        let explicit = part.last_mut().unwrap();
        let tag = AnyRef::from_der(explicit).unwrap().header().tag();
        let mut list = elements(&elements(explicit)[0]);
        edit(&mut list);
        *explicit = wrap(tag, &[sequence(&list)]);
    })
}

/// An extension by its arcs in DER.
pub(crate) fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let any = |tag, bytes: &[u8]| Any::new(tag, bytes).unwrap().to_der().unwrap();
    let mut parts = vec![any(Tag::ObjectIdentifier, oid)];
    if critical {
        parts.push(any(Tag::Boolean, &[0xff]));
    }
    parts.push(any(Tag::OctetString, value));
    sequence(&parts)
}

/// The arcs of id-ce.
pub(crate) const fn id_ce(last: u8) -> [u8; 3] {
    [0x55, 0x1d, last]
}

pub(crate) fn refusal(der: &[u8]) -> Error {
    Certificate::from_der(der).unwrap_err()
}
