//! Public keys in DER: SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), and algorithm identifiers.

use alloc::vec::Vec;

use ::pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use der::{Decode as _, Encode as _, asn1::BitStringRef, oid::ObjectIdentifier};

use super::{Content, Error, Oid, error::from_der, file};
use crate::ids::KeyKind;

/// The identifier of a kind; its parameters are absent.
pub(crate) fn algorithm(kind: KeyKind) -> Result<AlgorithmIdentifierRef<'static>, Error> {
    let oid = kind.oid().and_then(|oid| ObjectIdentifier::new(oid).ok()).ok_or(Error::NotStored(kind))?;
    Ok(AlgorithmIdentifierRef { oid, parameters: None })
}

/// The kind of an identifier.
pub(crate) fn kind(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<KeyKind, Error> {
    let is_it = |kind: &KeyKind| kind.oid().is_some_and(|oid| ObjectIdentifier::new(oid) == Ok(algorithm.oid));
    let kind = KeyKind::ALL.into_iter().find(is_it).ok_or(Error::UnknownAlgorithm(Oid(algorithm.oid)))?;
    if algorithm.parameters.is_some() { Err(Error::Parameters(kind)) } else { Ok(kind) }
}

/// An identifier in our own type.
pub(crate) const fn oid(oid: ObjectIdentifier) -> Oid {
    Oid(oid)
}

pub(super) fn encode(kind: KeyKind, key: &[u8]) -> Result<Vec<u8>, Error> {
    let subject_public_key = BitStringRef::from_bytes(key).map_err(from_der)?;
    SubjectPublicKeyInfoRef { algorithm: algorithm(kind)?, subject_public_key }.to_der().map_err(from_der)
}

/// The kind and the key, not yet validated.
pub(super) fn decode(der: &[u8]) -> Result<(KeyKind, &[u8]), Error> {
    file::check_len(der)?;
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|error| file::explain(der, Content::PublicKey, error))?;
    let kind = kind(&info.algorithm)?;
    let key = info.subject_public_key.as_bytes().ok_or(Error::Der { offset: None })?;
    Ok((kind, key))
}
