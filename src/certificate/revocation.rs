//! Certificate revocation lists (RFC 5280 §5): whole ones, of the issuer's own certificates.

use alloc::{string::String, vec, vec::Vec};
use core::fmt;

use der::{
    asn1::Uint,
    oid::{AssociatedOid as _, ObjectIdentifier},
};
use rand_core::TryCryptoRng;
use x509_cert::{
    Version,
    crl::{RevokedCert, TbsCertList},
    ext::pkix::{AuthorityKeyIdentifier, CrlNumber},
    name::Name as X509Name,
};

use super::{
    Certificate,
    error::{Document, Error, Reason},
    extensions,
    issue::Issuer,
    names::{Name, Serial, Time, Validity},
    signed::{self, Signed},
};
use crate::{
    ids::{Signature, certificate::PARTIAL_LIST_OIDS},
    keys::spki,
    provider::Provider,
};

/// A revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Its number.
    pub serial: Serial,
    /// Since when.
    pub since: Time,
}

/// A revocation list that is well-formed. Whether it is its issuer's, [`RevocationList::verify`] tells.
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationList {
    der: Vec<u8>,
    signed: Signed,
    issuer: Name,
    validity: Validity,
    number: Option<u64>,
    authority_key_id: Option<Vec<u8>>,
    entries: Vec<Revocation>,
}

impl RevocationList {
    /// Signs a list. Its `number` must be higher than that of the list before.
    ///
    /// # Errors
    /// An issuer whose key usage does not allow lists; a failing generator; a list that is too long.
    pub fn issue<R: TryCryptoRng + ?Sized>(
        issuer: &Issuer<'_>,
        number: u64,
        validity: Validity,
        entries: &[Revocation],
        rng: &mut R,
    ) -> Result<Self, Error> {
        if !issuer.certificate.key_usage().is_some_and(super::KeyUsage::revocation_lists) {
            return Err(Error::NotACa);
        }
        let nobody = X509Name::default();
        let number = CrlNumber::try_from(number).map_err(super::error::from_der)?;
        let mut list_extensions = vec![extensions::with(&nobody, &number)?];
        if let Some(id) = issuer.key_id() {
            list_extensions.push(extensions::authority(&id)?);
        }
        let revoked = entries.iter().map(|entry| {
            let (serial_number, revocation_date) = (entry.serial.to_x509()?, entry.since.to_x509()?);
            Ok(RevokedCert { serial_number, revocation_date, crl_entry_extensions: None })
        });
        let revoked = revoked.collect::<Result<Vec<_>, Error>>()?;
        let part = TbsCertList {
            version: Version::V2,
            signature: signed::identifier(issuer.key.algorithm())?,
            issuer: issuer.certificate.subject.0.clone(),
            this_update: validity.from().to_x509()?,
            next_update: Some(validity.until().to_x509()?),
            // The list is absent rather than empty.
            revoked_certificates: if revoked.is_empty() { None } else { Some(revoked) },
            crl_extensions: Some(list_extensions),
        };
        Self::from_der(&signed::sign(&part, issuer.key, rng)?)
    }

    /// Reads DER. A list must tell when the next one comes; lists of a part of the certificates, and of those of
    /// other issuers, are refused.
    ///
    /// # Errors
    /// Those of bad bytes.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let signed = Signed::from_der(der, Document::RevocationList.most())?;
        let part: TbsCertList = signed.read()?;
        signed.check_inner(&part.signature)?;
        if part.version != Version::V2 {
            return Err(Error::Version);
        }
        let until = part.next_update.ok_or(Error::Validity)?;
        let (mut number, mut authority_key_id) = (None, None);
        let found = part.crl_extensions.unwrap_or_default();
        extensions::check_once(&found)?;
        for extension in &found {
            match extension.extn_id {
                CrlNumber::OID => number = to_u64(&extensions::decode::<CrlNumber>(extension)?.0),
                AuthorityKeyIdentifier::OID => authority_key_id = extensions::authority_key_id(extension)?,
                // They must be critical (RFC 5280 §5.2.4, §5.2.5); whoever forgot it made no whole list either.
                other if PARTIAL_LIST_OIDS.iter().any(|oid| ObjectIdentifier::new(oid) == Ok(other)) => {
                    return Err(Error::UnknownCritical(spki::oid(other)));
                }
                other if extension.critical => return Err(Error::UnknownCritical(spki::oid(other))),
                _ => {}
            }
        }
        let entries = part.revoked_certificates.unwrap_or_default().into_iter().map(|entry| {
            let about = entry.crl_entry_extensions.unwrap_or_default();
            if let Some(critical) = about.iter().find(|extension| extension.critical) {
                return Err(Error::UnknownCritical(spki::oid(critical.extn_id)));
            }
            let since = Time::from_x509(entry.revocation_date)?;
            Ok(Revocation { serial: Serial::from_x509(&entry.serial_number)?, since })
        });
        Ok(Self {
            der: der.to_vec(),
            entries: entries.collect::<Result<_, _>>()?,
            issuer: Name(part.issuer),
            validity: Validity::new(Time::from_x509(part.this_update)?, Time::from_x509(until)?)?,
            number,
            authority_key_id,
            signed,
        })
    }

    /// Reads a file of one list, PEM or DER, told by its first bytes.
    ///
    /// # Errors
    /// As [`RevocationList::from_der`]; another kind of file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_der(&signed::document(bytes, Document::RevocationList)?)
    }

    /// The DER.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// PEM with line feeds.
    ///
    /// # Errors
    /// None for a list that exists.
    pub fn to_pem(&self) -> Result<String, Error> {
        signed::to_pem(Document::RevocationList, &self.der)
    }

    /// Who signed it.
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it is valid: until the next one is due.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Its number in the row of its issuer's lists.
    pub const fn number(&self) -> Option<u64> {
        self.number
    }

    /// What it is signed with.
    pub const fn algorithm(&self) -> Signature {
        self.signed.algorithm
    }

    /// What is revoked.
    pub fn entries(&self) -> &[Revocation] {
        &self.entries
    }

    /// Since when a number is revoked.
    pub fn revoked(&self, serial: &Serial) -> Option<Time> {
        self.entries.iter().find(|entry| entry.serial == *serial).map(|entry| entry.since)
    }

    /// Whether it is a list of that issuer, by name and key identifier.
    pub(super) fn is_of(&self, issuer: &Certificate) -> bool {
        let ids = self.authority_key_id.as_ref().zip(issuer.extensions.subject_key_id.as_ref());
        self.issuer == issuer.subject && ids.is_none_or(|(one, other)| one == other)
    }

    /// Verifies that the issuer signed it; not whether it is of now.
    ///
    /// # Errors
    /// [`Error::Signature`], for another issuer too.
    pub fn verify(&self, issuer: &Certificate, provider: &'static Provider) -> Result<(), Error> {
        if self.is_of(issuer) { self.signed.verify(&issuer.key, provider) } else { Err(Error::Signature) }
    }

    /// Why it tells nothing about certificates of `issuer`, whose list it says it is.
    pub(super) fn check(&self, issuer: &Certificate, at: Time, provider: &'static Provider) -> Result<(), Reason> {
        // An issuer that tells no key usage is refused as such before.
        if issuer.key_usage().is_some_and(|usage| !usage.revocation_lists()) {
            return Err(Reason::NoListSign);
        }
        self.verify(issuer, provider).map_err(|_| Reason::ListSignature)?;
        if at < self.validity.from() {
            return Err(Reason::ListNotYetValid(self.validity.from()));
        }
        if at > self.validity.until() {
            return Err(Reason::ListExpired(self.validity.until()));
        }
        Ok(())
    }
}

/// Numbers of up to 20 bytes are allowed; those that are made here are short.
fn to_u64(number: &Uint) -> Option<u64> {
    let bytes = number.as_bytes();
    let start = 8_usize.checked_sub(bytes.len())?;
    let mut full = [0; 8];
    full.get_mut(start..)?.copy_from_slice(bytes);
    Some(u64::from_be_bytes(full))
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationList")
            .field("issuer", &self.issuer)
            .field("number", &self.number)
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}
