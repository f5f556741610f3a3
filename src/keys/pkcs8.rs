//! Private keys in DER: PKCS#8 (RFC 5958), one form per algorithm.
//!
//! | algorithm | the private key field holds | source |
//! |---|---|---|
//! | X25519, Ed25519 | the key in an OCTET STRING | RFC 8410 §7 |
//! | ML-KEM | the seed under tag [0] | RFC 9935 §6 |
//! | ML-DSA | the seed under tag [0] | RFC 9881 §6 |
//! | X-Wing | the seed itself | draft-connolly-cfrg-xwing-kem-10 |
//! | composites | the seed itself | draft-ietf-lamps-pq-composite-sigs-19 §5.2 |

use alloc::vec::Vec;

use ::pkcs8::PrivateKeyInfoRef;
use der::{
    Decode as _, Encode as _, Tag, TagNumber,
    asn1::{AnyRef, OctetStringRef},
};
use zeroize::Zeroizing;

use super::{Content, Error, PrivateKey, error::from_der, file, spki};
use crate::{
    ids::{Kem, KeyKind, Signature},
    provider::RUST,
    secret::Seed,
};

const SEED_TAG: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };

/// The tag around the seed in the private key field, if there is one.
const fn seed_tag(kind: KeyKind) -> Option<Tag> {
    match kind {
        KeyKind::X25519 | KeyKind::Signature(Signature::Ed25519) => Some(Tag::OctetString),
        KeyKind::Kem(Kem::MlKem(_)) | KeyKind::Signature(Signature::MlDsa(_)) => Some(SEED_TAG),
        KeyKind::Kem(_) | KeyKind::Signature(_) => None,
    }
}

/// The length of the expanded key that the private key field of a lattice key may hold instead.
const fn expanded_len(kind: KeyKind) -> Option<usize> {
    match kind {
        KeyKind::Kem(Kem::MlKem(params)) => Some(params.expanded_len()),
        KeyKind::Signature(Signature::MlDsa(params)) => Some(params.expanded_len()),
        KeyKind::X25519 | KeyKind::Kem(_) | KeyKind::Signature(_) => None,
    }
}

/// Version 0, no attributes, no public key.
pub(super) fn encode(key: &PrivateKey) -> Result<Zeroizing<Vec<u8>>, Error> {
    let seed = key.seed.secret_bytes();
    let field = match seed_tag(key.kind) {
        Some(tag) => AnyRef::new(tag, seed).and_then(|field| field.to_der()).map_err(from_der)?,
        None => seed.to_vec(),
    };
    let field = Zeroizing::new(field);
    let field = OctetStringRef::new(&field).map_err(from_der)?;
    PrivateKeyInfoRef::new(spki::algorithm(key.kind)?, field).to_der().map(Zeroizing::new).map_err(from_der)
}

pub(super) fn decode(der: &[u8]) -> Result<PrivateKey, Error> {
    file::check_len(der)?;
    let info = PrivateKeyInfoRef::from_der(der).map_err(|error| file::explain(der, Content::PrivateKey, error))?;
    let kind = spki::kind(&info.algorithm)?;
    let seed = seed(kind, info.private_key.as_bytes())?;
    // `pkcs8` skips attributes and unknown fields, and does not write them: what has any differs here.
    let written = info.to_der().map(Zeroizing::new).map_err(from_der)?;
    if *written != der {
        return Err(Error::ExtraFields);
    }
    let key = PrivateKey::from_seed(kind, seed)?;
    if let Some(public) = info.public_key
        && public.as_bytes() != Some(key.public_key(RUST)?.as_bytes())
    {
        return Err(Error::Disagrees(kind));
    }
    Ok(key)
}

/// The seed in a private key field.
fn seed(kind: KeyKind, field: &[u8]) -> Result<Seed, Error> {
    let seed = match seed_tag(kind) {
        None => field,
        Some(expected) => {
            let field = AnyRef::from_der(field).map_err(|_| Error::SeedForm(kind))?;
            match field.header().tag() {
                found if found == expected => field.value(),
                Tag::OctetString if Some(field.value().len()) == expanded_len(kind) => {
                    return Err(Error::ExpandedForm(kind));
                }
                Tag::Sequence if expanded_len(kind).is_some() => return Err(Error::BothForm(kind)),
                _ => return Err(Error::SeedForm(kind)),
            }
        }
    };
    super::check_seed_len(kind, seed)?;
    Ok(Seed::from_slice(seed))
}
