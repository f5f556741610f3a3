//! Private keys in DER: PKCS#8 (RFC 5958), and the forms of its private key field.
//!
//! | algorithm | the private key field holds | source |
//! |---|---|---|
//! | X25519, Ed25519 | the key in an OCTET STRING | RFC 8410 §7 |
//! | ML-KEM | one of the [forms](Form) | RFC 9935 §6 |
//! | ML-DSA | one of the [forms](Form) | RFC 9881 §6 |
//! | X-Wing | the seed itself | draft-connolly-cfrg-xwing-kem-10 |
//! | composites | the seed itself | draft-ietf-lamps-pq-composite-sigs-19 §5.2 |

use alloc::vec::Vec;
use core::fmt;

use ::pkcs8::PrivateKeyInfoRef;
use der::{
    Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagNumber,
    asn1::{AnyRef, OctetStringRef},
};
use zeroize::Zeroizing;

use super::{Content, Error, Material, PrivateKey, error::from_der, expanded, file, spki};
use crate::{
    ids::{Kem, KeyKind, Signature},
    provider::RUST,
    secret::Seed,
};

const SEED_TAG: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };

/// What the private key field of an ML-KEM or ML-DSA key holds. Other algorithms have one form, the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// The seed, tagged \[0\]: what everybody reads, and what is written unless asked otherwise.
    Seed,
    /// The expanded key in an OCTET STRING.
    Expanded,
    /// Both in a SEQUENCE: what OpenSSL 3.5 writes by default.
    Both,
    /// The seed without a tag, as Botan writes it.
    BareSeed,
    /// The expanded key without a tag, from drafts of the RFCs.
    BareExpanded,
    /// The expanded key and the public key in one OCTET STRING, as the provider of liboqs wrote it.
    ExpandedPublic,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Seed, Self::Expanded, Self::Both, Self::BareSeed, Self::BareExpanded, Self::ExpandedPublic];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Expanded => "expanded",
            Self::Both => "both",
            Self::BareSeed => "bare-seed",
            Self::BareExpanded => "bare-expanded",
            Self::ExpandedPublic => "expanded-public",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seed => "seed",
            Self::Expanded => "expanded key, no seed",
            Self::Both => "seed and expanded key",
            Self::BareSeed => "seed without its tag",
            Self::BareExpanded => "expanded key without its tag, no seed",
            Self::ExpandedPublic => "expanded key with the public key behind it, no seed",
        })
    }
}

/// The length of the expanded key of a lattice key.
pub(super) const fn expanded_len(kind: KeyKind) -> Option<usize> {
    match kind {
        KeyKind::Kem(Kem::MlKem(params)) => Some(params.expanded_len()),
        KeyKind::Signature(Signature::MlDsa(params)) => Some(params.expanded_len()),
        KeyKind::X25519 | KeyKind::Kem(_) | KeyKind::Signature(_) => None,
    }
}

/// Version 0, no attributes, no public key.
pub(super) fn encode(key: &PrivateKey, form: Form) -> Result<Zeroizing<Vec<u8>>, Error> {
    let field = field(key, form)?;
    let field = OctetStringRef::new(&field).map_err(from_der)?;
    PrivateKeyInfoRef::new(spki::algorithm(key.kind)?, field).to_der().map(Zeroizing::new).map_err(from_der)
}

fn field(key: &PrivateKey, form: Form) -> Result<Zeroizing<Vec<u8>>, Error> {
    let kind = key.kind;
    if expanded_len(kind).is_none() && form != Form::Seed {
        return Err(Error::NoForm { kind, form });
    }
    let seed = || key.seed().map(Seed::secret_bytes).ok_or(Error::NoSeed(kind));
    let expanded = || match &key.material {
        Material::Expanded(expanded) => Ok(Seed::from_slice(expanded.secret_bytes())),
        Material::Seed(seed) => expanded::expand(kind, seed),
    };
    let tagged = |tag, bytes: &[u8]| {
        AnyRef::new(tag, bytes).and_then(|field| field.to_der()).map(Zeroizing::new).map_err(from_der)
    };
    match form {
        Form::Seed if expanded_len(kind).is_some() => tagged(SEED_TAG, seed()?),
        Form::Seed if has_octet_string(kind) => tagged(Tag::OctetString, seed()?),
        Form::Seed | Form::BareSeed => Ok(Zeroizing::new(seed()?.to_vec())),
        Form::Expanded => tagged(Tag::OctetString, expanded()?.secret_bytes()),
        Form::BareExpanded => Ok(Zeroizing::new(expanded()?.secret_bytes().to_vec())),
        Form::Both => {
            let parts = [tagged(Tag::OctetString, seed()?)?, tagged(Tag::OctetString, expanded()?.secret_bytes())?];
            tagged(Tag::Sequence, &Zeroizing::new(parts.each_ref().map(|part| part.as_slice()).concat()))
        }
        Form::ExpandedPublic => {
            let public = key.public_key(RUST)?;
            let joined = Zeroizing::new([expanded()?.secret_bytes(), public.as_bytes()].concat());
            tagged(Tag::OctetString, &joined)
        }
    }
}

const fn has_octet_string(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::X25519 | KeyKind::Signature(Signature::Ed25519))
}

pub(super) fn decode(der: &[u8]) -> Result<PrivateKey, Error> {
    file::check_len(der)?;
    let info = PrivateKeyInfoRef::from_der(der).map_err(|error| file::explain(der, Content::PrivateKey, error))?;
    let kind = spki::kind(&info.algorithm)?;
    let key = key(kind, info.private_key.as_bytes())?;
    // `pkcs8` skips attributes and unknown fields, and does not write them: what has any differs here.
    let written = info.to_der().map(Zeroizing::new).map_err(from_der)?;
    if *written != der {
        return Err(Error::ExtraFields);
    }
    if let Some(public) = info.public_key
        && public.as_bytes() != Some(key.public_key(RUST)?.as_bytes())
    {
        return Err(Error::Disagrees(kind));
    }
    Ok(key)
}

/// The key in a private key field.
fn key(kind: KeyKind, field: &[u8]) -> Result<PrivateKey, Error> {
    let of_seed = |seed: &[u8], form| {
        super::check_seed_len(kind, seed)?;
        Ok(PrivateKey { kind, form, material: Material::Seed(Seed::from_slice(seed)) })
    };
    let Some(expanded_len) = expanded_len(kind) else {
        if !has_octet_string(kind) {
            return of_seed(field, Form::Seed);
        }
        let octets = <&OctetStringRef>::from_der(field).map_err(|_| Error::SeedForm(kind))?;
        return of_seed(octets.as_bytes(), Form::Seed);
    };
    let of_expanded = |bytes: &[u8], form| {
        let bytes = Seed::from_slice(bytes);
        expanded::public_key(kind, &bytes)?;
        Ok(PrivateKey { kind, form, material: Material::Expanded(bytes) })
    };
    // The bare forms are told by their length: no other form of the algorithm has it.
    if field.len() == kind.seed_len() {
        return of_seed(field, Form::BareSeed);
    }
    if field.len() == expanded_len {
        return of_expanded(field, Form::BareExpanded);
    }
    let outer = AnyRef::from_der(field).map_err(|_| Error::SeedForm(kind))?;
    let value = outer.value();
    match outer.header().tag() {
        SEED_TAG => of_seed(value, Form::Seed),
        Tag::Sequence => {
            let (seed, found) = both(value).map_err(|_| Error::SeedForm(kind))?;
            let key = of_seed(seed, Form::Both)?;
            let Material::Seed(seed) = &key.material else { return Err(Error::SeedForm(kind)) };
            if found.len() != expanded_len {
                return Err(Error::SeedForm(kind));
            }
            if !expanded::expand(kind, seed)?.ct_eq(&Seed::from_slice(found)) {
                return Err(Error::FormsDisagree(kind));
            }
            Ok(key)
        }
        Tag::OctetString if value.len() == expanded_len => of_expanded(value, Form::Expanded),
        Tag::OctetString if Some(value.len()) == expanded_len.checked_add(kind.public_len()) => {
            let (private, public) = value.split_at_checked(expanded_len).ok_or(Error::SeedForm(kind))?;
            let key = of_expanded(private, Form::ExpandedPublic)?;
            if key.public_key(RUST)?.as_bytes() == public { Ok(key) } else { Err(Error::Disagrees(kind)) }
        }
        _ => Err(Error::SeedForm(kind)),
    }
}

/// The two OCTET STRINGs of the form that holds the seed and the expanded key.
fn both(fields: &[u8]) -> der::Result<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(fields)?;
    let seed = <&OctetStringRef>::decode(&mut reader)?;
    let expanded = <&OctetStringRef>::decode(&mut reader)?;
    reader.finish()?;
    Ok((seed.as_bytes(), expanded.as_bytes()))
}
