//! Making certificates.

use alloc::vec::Vec;

use der::{Decode as _, Sequence};
use rand_core::TryCryptoRng;
use x509_cert::{
    Version,
    ext::Extension,
    name::Name as X509Name,
    serial_number::SerialNumber,
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
    time::Validity as X509Validity,
};

use super::{
    Certificate,
    error::{Error, from_der},
    extensions::{Wanted, key_identifier},
    names::{AltName, Name, Serial, Validity},
    signed,
};
use crate::{
    ids::{
        KeyKind,
        certificate::{CHANNEL_URI, Purpose},
    },
    keys::PublicKey,
    sign::SigningKey,
};

/// RFC 5280 §4.1.2, as far as it is written: `x509-cert` has the same type, whose fields only its builder can fill.
#[derive(Sequence)]
struct TbsCertificate {
    #[asn1(context_specific = "0", default = "Default::default")]
    version: Version,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: X509Name,
    validity: X509Validity,
    subject: X509Name,
    subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

/// What a new certificate says beside its key and its issuer.
#[derive(Clone, Debug)]
pub struct Template {
    subject: Name,
    validity: Validity,
    ca: Option<Option<u8>>,
    alt_names: Vec<AltName>,
    purposes: Vec<Purpose>,
    grant: bool,
}

impl Template {
    /// A certificate that issues no others.
    pub const fn new(subject: Name, validity: Validity) -> Self {
        Self { subject, validity, ca: None, alt_names: Vec::new(), purposes: Vec::new(), grant: false }
    }

    /// Makes it a CA, with at most that many CAs below it.
    #[must_use]
    pub const fn authority(mut self, path_len: Option<u8>) -> Self {
        self.ca = Some(path_len);
        self
    }

    /// Adds other names.
    #[must_use]
    pub fn alt_names(mut self, names: impl IntoIterator<Item = AltName>) -> Self {
        self.alt_names.extend(names);
        self
    }

    /// Limits what it is for.
    #[must_use]
    pub fn purposes(mut self, purposes: impl IntoIterator<Item = Purpose>) -> Self {
        self.purposes.extend(purposes);
        self
    }

    /// Lets it name principals and services.
    pub(super) const fn grant(mut self) -> Self {
        self.grant = true;
        self
    }

    /// A certificate of a key, signed with the same key.
    ///
    /// # Errors
    /// A subject without any name; names that cannot be written; a failing generator.
    pub fn self_signed<R: TryCryptoRng + ?Sized>(&self, key: &SigningKey, rng: &mut R) -> Result<Certificate, Error> {
        let kind = KeyKind::Signature(key.algorithm());
        let public = PublicKey::from_raw(kind, key.verifying_key().as_bytes()).map_err(Error::Key)?;
        let id = key_identifier(&public);
        self.sign(&public, &self.subject, Some(id), key, rng)
    }

    fn sign<R: TryCryptoRng + ?Sized>(
        &self,
        subject_key: &PublicKey,
        issuer: &Name,
        authority_key_id: Option<Vec<u8>>,
        key: &SigningKey,
        rng: &mut R,
    ) -> Result<Certificate, Error> {
        // A CA without a name could issue nothing that is told apart.
        if self.subject.is_empty() && (self.alt_names.is_empty() || self.ca.is_some()) {
            return Err(Error::Nameless);
        }
        // Names come from requests: they must not say what a grant says.
        let is_reserved = |name: &AltName| matches!(name, AltName::Uri(uri) if uri.starts_with(CHANNEL_URI));
        if !self.grant && self.alt_names.iter().any(is_reserved) {
            return Err(Error::ReservedName);
        }
        if self.ca.is_some() && !matches!(subject_key.kind(), KeyKind::Signature(_)) {
            return Err(Error::CaKey(subject_key.kind()));
        }
        let wanted = Wanted {
            subject: &self.subject,
            key: subject_key,
            ca: self.ca,
            alt_names: &self.alt_names,
            purposes: &self.purposes,
            authority_key_id,
        };
        let part = TbsCertificate {
            version: Version::V3,
            serial_number: Serial::generate(rng)?.to_x509()?,
            signature: signed::identifier(key.algorithm())?,
            issuer: issuer.0.clone(),
            validity: X509Validity::new(self.validity.from().to_x509()?, self.validity.until().to_x509()?),
            subject: self.subject.0.clone(),
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(&subject_key.to_spki_der())
                .map_err(from_der)?,
            extensions: Some(wanted.write()?),
        };
        // What is written is read: nothing leaves that would be refused on arrival.
        Certificate::from_der(&signed::sign(&part, key, rng)?)
    }
}

/// A CA: its certificate and its key.
#[derive(Clone, Copy, Debug)]
pub struct Issuer<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) key: &'a SigningKey,
}

impl<'a> Issuer<'a> {
    /// Brings them together.
    ///
    /// # Errors
    /// [`Error::NotACa`] without the CA flag or the key usage for certificates; [`Error::NotTheIssuersKey`].
    pub fn new(certificate: &'a Certificate, key: &'a SigningKey) -> Result<Self, Error> {
        let may_sign = certificate.key_usage().is_some_and(super::KeyUsage::certificates);
        if !certificate.is_ca() || !may_sign {
            return Err(Error::NotACa);
        }
        let same_kind = certificate.key.kind() == KeyKind::Signature(key.algorithm());
        if !same_kind || certificate.key.as_bytes() != key.verifying_key().as_bytes() {
            return Err(Error::NotTheIssuersKey);
        }
        Ok(Self { certificate, key })
    }

    /// A certificate of a key. That its owner has the private half is for the caller to know; a
    /// [`Request`](super::Request) proves it.
    ///
    /// # Errors
    /// Those of the caller; a failing generator.
    pub fn issue<R: TryCryptoRng + ?Sized>(
        &self,
        template: &Template,
        subject_key: &PublicKey,
        rng: &mut R,
    ) -> Result<Certificate, Error> {
        let end = self.certificate.validity.until();
        if template.validity.until() > end {
            return Err(Error::Outlives { issuer: end });
        }
        if template.ca.is_some() && self.certificate.path_len() == Some(0) {
            return Err(Error::IssuerPathLength);
        }
        template.sign(subject_key, &self.certificate.subject, self.key_id(), self.key, rng)
    }

    /// What names the CA's key in what it signs.
    pub(super) fn key_id(&self) -> Option<Vec<u8>> {
        self.certificate.extensions.subject_key_id.clone()
    }
}
