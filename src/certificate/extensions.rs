//! The extensions that are known (RFC 5280 §4.2), read strictly: each once, each in its one encoding.

use alloc::{vec, vec::Vec};

use der::{
    Decode, Encode,
    asn1::OctetString,
    flagset::FlagSet,
    oid::{AssociatedOid, ObjectIdentifier},
};
use x509_cert::{
    ext::{
        Criticality, Extension, ToExtension as _,
        pkix::{
            AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage as X509KeyUsage, KeyUsages,
            NameConstraints, SubjectAltName, SubjectKeyIdentifier,
        },
    },
    name::Name as X509Name,
};

use super::{
    error::{Error, from_der},
    names::{AltName, Name},
};
use crate::{
    ids::{
        Hash, KeyKind,
        certificate::{KEY_IDENTIFIER_LEN, MAX_ITEMS, Purpose},
    },
    keys::{Oid, PublicKey, spki},
    provider::RUST,
};

/// What the extensions of a certificate say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    /// Whether it is a CA, and how many CAs may be below it.
    pub(super) ca: bool,
    pub(super) path_len: Option<u8>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) alt_names: Vec<AltName>,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    pub(super) purposes: Option<Vec<Oid>>,
    pub(super) name_constraints: bool,
    pub(super) unknown_critical: Option<Oid>,
}

impl Extensions {
    pub(super) fn read(extensions: &[Extension], kind: KeyKind) -> Result<Self, Error> {
        let mut found = Self::default();
        check_once(extensions)?;
        for extension in extensions {
            match extension.extn_id {
                BasicConstraints::OID => {
                    let BasicConstraints { ca, path_len_constraint } = decode(extension)?;
                    if path_len_constraint.is_some() && !ca {
                        return Err(Error::PathLengthWithoutCa);
                    }
                    (found.ca, found.path_len) = (ca, path_len_constraint);
                }
                X509KeyUsage::OID => {
                    let usage = KeyUsage(decode::<X509KeyUsage>(extension)?.0);
                    if !usage.fits(kind) {
                        return Err(Error::KeyUsage(kind));
                    }
                    found.key_usage = Some(usage);
                }
                SubjectAltName::OID => found.alt_names = alt_names(extension)?,
                SubjectKeyIdentifier::OID => {
                    found.subject_key_id = Some(decode::<SubjectKeyIdentifier>(extension)?.0.as_bytes().to_vec());
                }
                AuthorityKeyIdentifier::OID => found.authority_key_id = authority_key_id(extension)?,
                ExtendedKeyUsage::OID => {
                    let purposes = decode::<ExtendedKeyUsage>(extension)?.0;
                    if purposes.is_empty() {
                        return Err(Error::Extension(spki::oid(extension.extn_id)));
                    }
                    if purposes.len() > MAX_ITEMS {
                        return Err(Error::TooMany);
                    }
                    found.purposes = Some(purposes.into_iter().map(spki::oid).collect());
                }
                NameConstraints::OID => found.name_constraints = true,
                other if extension.critical => {
                    found.unknown_critical = found.unknown_critical.or(Some(spki::oid(other)));
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

/// Refuses a second extension of a kind (RFC 5280 §4.2), and too many of them.
pub(super) fn check_once(extensions: &[Extension]) -> Result<(), Error> {
    // What follows is quadratic.
    if extensions.len() > MAX_ITEMS {
        return Err(Error::TooMany);
    }
    let mut rest = extensions;
    while let [first, tail @ ..] = rest {
        if tail.iter().any(|other| other.extn_id == first.extn_id) {
            return Err(Error::ExtensionTwice(spki::oid(first.extn_id)));
        }
        rest = tail;
    }
    Ok(())
}

/// Reads the value of an extension, which must be the one encoding of what it reads as.
pub(super) fn decode<T>(extension: &Extension) -> Result<T, Error>
where
    T: for<'a> Decode<'a, Error = der::Error> + Encode,
{
    let bad = Error::Extension(spki::oid(extension.extn_id));
    let value = T::from_der(extension.extn_value.as_bytes()).map_err(|_| bad)?;
    if value.to_der().map_err(from_der)? == extension.extn_value.as_bytes() { Ok(value) } else { Err(bad) }
}

pub(super) fn alt_names(extension: &Extension) -> Result<Vec<AltName>, Error> {
    let names = decode::<SubjectAltName>(extension)?.0;
    if names.is_empty() {
        return Err(Error::Extension(spki::oid(extension.extn_id)));
    }
    if names.len() > MAX_ITEMS {
        return Err(Error::TooMany);
    }
    let bad = |_| Error::Extension(spki::oid(extension.extn_id));
    names.iter().map(|name| AltName::from_x509(name).map_err(bad)).collect()
}

pub(super) fn authority_key_id(extension: &Extension) -> Result<Option<Vec<u8>>, Error> {
    let found = decode::<AuthorityKeyIdentifier>(extension)?;
    Ok(found.key_identifier.map(|id| id.as_bytes().to_vec()))
}

/// What a key may be used for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(FlagSet<KeyUsages>);

impl KeyUsage {
    /// What is written for a key: certificates and revocation lists for a CA; signatures for another signing key;
    /// keyAgreement for X25519 (RFC 8410 §5); keyEncipherment alone for a KEM (RFC 9935 §5).
    pub(super) fn of(kind: KeyKind, ca: bool) -> Self {
        Self(match kind {
            KeyKind::X25519 => KeyUsages::KeyAgreement.into(),
            KeyKind::Kem(_) => KeyUsages::KeyEncipherment.into(),
            KeyKind::Signature(_) if ca => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
            KeyKind::Signature(_) => KeyUsages::DigitalSignature.into(),
        })
    }

    /// Whether the standard of the algorithm allows it: RFC 8410 §5, RFC 9881 §5, RFC 9935 §5, and
    /// draft-ietf-lamps-pq-composite-sigs-19 §5.3.
    fn fits(self, kind: KeyKind) -> bool {
        let allowed = match kind {
            KeyKind::X25519 => KeyUsages::KeyAgreement | KeyUsages::EncipherOnly | KeyUsages::DecipherOnly,
            KeyKind::Kem(_) => KeyUsages::KeyEncipherment.into(),
            KeyKind::Signature(_) => {
                KeyUsages::DigitalSignature | KeyUsages::NonRepudiation | KeyUsages::KeyCertSign | KeyUsages::CRLSign
            }
        };
        let needed = match kind {
            KeyKind::X25519 => KeyUsages::KeyAgreement.into(),
            _ => allowed,
        };
        !self.0.is_disjoint(needed) && allowed.contains(self.0)
    }

    /// Whether the key may sign certificates.
    pub fn certificates(self) -> bool {
        self.0.contains(KeyUsages::KeyCertSign)
    }

    /// Whether the key may sign revocation lists.
    pub fn revocation_lists(self) -> bool {
        self.0.contains(KeyUsages::CRLSign)
    }

    /// Whether the key may do what a handshake asks of it: sign, agree, or decapsulate.
    pub(super) fn handshakes(self) -> bool {
        !self.0.is_disjoint(KeyUsages::DigitalSignature | KeyUsages::KeyAgreement | KeyUsages::KeyEncipherment)
    }

    /// Whether it is for signatures that are neither, and for nothing else.
    pub(super) fn is_signature_alone(self) -> bool {
        self.0 == KeyUsages::DigitalSignature
    }

    /// The standard's names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.0.into_iter().map(|usage| match usage {
            KeyUsages::DigitalSignature => "digitalSignature",
            KeyUsages::NonRepudiation => "nonRepudiation",
            KeyUsages::KeyEncipherment => "keyEncipherment",
            KeyUsages::DataEncipherment => "dataEncipherment",
            KeyUsages::KeyAgreement => "keyAgreement",
            KeyUsages::KeyCertSign => "keyCertSign",
            KeyUsages::CRLSign => "cRLSign",
            KeyUsages::EncipherOnly => "encipherOnly",
            KeyUsages::DecipherOnly => "decipherOnly",
        })
    }
}

impl core::fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// What is to be written.
pub(super) struct Wanted<'a> {
    pub(super) subject: &'a Name,
    pub(super) key: &'a PublicKey,
    /// A CA, and its path length.
    pub(super) ca: Option<Option<u8>>,
    pub(super) alt_names: &'a [AltName],
    pub(super) purposes: &'a [Purpose],
    pub(super) authority_key_id: Option<Vec<u8>>,
}

impl Wanted<'_> {
    pub(super) fn write(self) -> Result<Vec<Extension>, Error> {
        let subject = &self.subject.0;
        let mut out = vec![
            with(subject, &X509KeyUsage(KeyUsage::of(self.key.kind(), self.ca.is_some()).0))?,
            with(subject, &SubjectKeyIdentifier(octets(&key_identifier(self.key))?))?,
        ];
        if let Some(path_len_constraint) = self.ca {
            out.push(with(subject, &BasicConstraints { ca: true, path_len_constraint })?);
        }
        if let Some(id) = self.authority_key_id {
            out.push(authority(&id)?);
        }
        if !self.alt_names.is_empty() {
            out.push(subject_alt_name(subject, self.alt_names)?);
        }
        if !self.purposes.is_empty() {
            let oids = self.purposes.iter().map(|purpose| ObjectIdentifier::new(purpose.oid()));
            let oids = oids.collect::<Result<_, _>>().map_err(|_| Error::Der { offset: None })?;
            out.push(with(subject, &ExtendedKeyUsage(oids))?);
        }
        Ok(out)
    }
}

pub(super) fn subject_alt_name(subject: &X509Name, names: &[AltName]) -> Result<Extension, Error> {
    if names.len() > MAX_ITEMS {
        return Err(Error::TooMany);
    }
    let names = names.iter().map(AltName::to_x509).collect::<Result<_, _>>()?;
    with(subject, &SubjectAltName(names))
}

/// Names the issuer's key.
pub(super) fn authority(id: &[u8]) -> Result<Extension, Error> {
    let value = AuthorityKeyIdentifier { key_identifier: Some(octets(id)?), ..Default::default() };
    with(&X509Name::default(), &value)
}

pub(super) fn with<T: AssociatedOid + Criticality + Encode>(subject: &X509Name, value: &T) -> Result<Extension, Error> {
    value.to_extension(subject, &[]).map_err(from_der)
}

fn octets(bytes: &[u8]) -> Result<OctetString, Error> {
    OctetString::new(bytes).map_err(from_der)
}

/// RFC 7093 §2, method 1.
pub(super) fn key_identifier(key: &PublicKey) -> Vec<u8> {
    let mut digest = [0; 32];
    RUST.hash.digest(Hash::Sha256, &[key.as_bytes()], &mut digest);
    digest.iter().copied().take(KEY_IDENTIFIER_LEN).collect()
}

/// Whether a purpose is among those of an extension.
pub(super) fn is_for(purposes: &[Oid], purpose: Purpose) -> bool {
    ObjectIdentifier::new(purpose.oid()).is_ok_and(|oid| purposes.contains(&spki::oid(oid)))
}

/// The name of a purpose, or its identifier.
pub(super) fn purpose_of(oid: Oid) -> Option<Purpose> {
    Purpose::ALL.into_iter().find(|purpose| is_for(&[oid], *purpose))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Kem, Signature};

    #[test]
    fn each_kind_has_its_uses() {
        let all = FlagSet::<KeyUsages>::full();
        for kind in KeyKind::ALL {
            for ca in [false, true] {
                assert!(KeyUsage::of(kind, ca).fits(kind), "{}", kind.name());
            }
            assert!(!KeyUsage(FlagSet::default()).fits(kind) && !KeyUsage(all).fits(kind), "{}", kind.name());
        }
        let fits = |usage: FlagSet<KeyUsages>, kind| KeyUsage(usage).fits(kind);
        let (kem, ed25519) = (KeyKind::Kem(Kem::XWing), KeyKind::Signature(Signature::Ed25519));
        assert!(!fits(KeyUsages::KeyEncipherment | KeyUsages::KeyAgreement, kem));
        assert!(!fits(KeyUsages::DigitalSignature.into(), kem));
        assert!(!fits(KeyUsages::KeyEncipherment | KeyUsages::DigitalSignature, ed25519));
        assert!(fits(KeyUsages::DigitalSignature | KeyUsages::KeyCertSign, ed25519));
        assert!(fits(KeyUsages::KeyAgreement | KeyUsages::DecipherOnly, KeyKind::X25519));
        assert!(!fits(KeyUsages::DecipherOnly.into(), KeyKind::X25519));
    }
}
