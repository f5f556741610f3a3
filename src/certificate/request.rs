//! Requests for certificates: PKCS#10 (RFC 2986).

use alloc::{string::String, vec, vec::Vec};
use core::fmt;

use der::{Decode as _, Encode as _, asn1::SetOfVec, oid::AssociatedOid as _};
use rand_core::TryCryptoRng;
use x509_cert::{
    attr::Attribute,
    ext::pkix::SubjectAltName,
    request::{CertReqInfo, ExtensionReq, Version},
    spki::SubjectPublicKeyInfoOwned,
};

use super::{
    error::{Document, Error, from_der},
    extensions,
    names::{AltName, Name},
    signed::{self, Signed},
};
use crate::{
    ids::KeyKind,
    keys::{PublicKey, spki},
    provider::Provider,
    sign::SigningKey,
};

/// A request whose signature verifies: who made it has the private key.
///
/// Of the extensions it asks for, only the alternative names are read. What goes into the certificate is the issuer's
/// to decide.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    der: Vec<u8>,
    subject: Name,
    key: PublicKey,
    alt_names: Vec<AltName>,
}

impl Request {
    /// Asks for a certificate of this key.
    ///
    /// # Errors
    /// A subject without any name; names that cannot be written; a failing generator.
    pub fn new<R: TryCryptoRng + ?Sized>(
        subject: Name,
        alt_names: &[AltName],
        key: &SigningKey,
        rng: &mut R,
    ) -> Result<Self, Error> {
        if subject.is_empty() && alt_names.is_empty() {
            return Err(Error::Nameless);
        }
        let kind = KeyKind::Signature(key.algorithm());
        let public = PublicKey::from_raw(kind, key.verifying_key().as_bytes()).map_err(Error::Key)?;
        let mut attributes = SetOfVec::new();
        if !alt_names.is_empty() {
            let names = vec![extensions::subject_alt_name(&subject.0, alt_names)?];
            let attribute = Attribute::try_from(ExtensionReq(names)).map_err(from_der)?;
            attributes.insert(attribute).map_err(from_der)?;
        }
        let part = CertReqInfo {
            version: Version::V1,
            subject: subject.0,
            public_key: SubjectPublicKeyInfoOwned::from_der(&public.to_spki_der()).map_err(from_der)?,
            attributes,
        };
        Self::read(&signed::sign(&part, key, rng)?).map(|(request, _)| request)
    }

    /// Reads DER and verifies the signature.
    ///
    /// # Errors
    /// Those of bad bytes; [`Error::Signature`].
    pub fn from_der(der: &[u8], provider: &'static Provider) -> Result<Self, Error> {
        let (request, signed) = Self::read(der)?;
        signed.verify(&request.key, provider)?;
        Ok(request)
    }

    /// Reads a file, PEM or DER, told by its first bytes, and verifies the signature.
    ///
    /// # Errors
    /// As [`Request::from_der`]; another kind of file.
    pub fn from_bytes(bytes: &[u8], provider: &'static Provider) -> Result<Self, Error> {
        Self::from_der(&signed::document(bytes, Document::Request)?, provider)
    }

    fn read(der: &[u8]) -> Result<(Self, Signed), Error> {
        let signed = Signed::from_der(der, Document::Request.most())?;
        let part: CertReqInfo = signed.read()?;
        let spki = part.public_key.to_der().map_err(from_der)?;
        let key = PublicKey::from_spki_der(&spki).map_err(Error::Key)?;
        let alt_names = requested(&part)?;
        Ok((Self { der: der.to_vec(), subject: Name(part.subject), key, alt_names }, signed))
    }

    /// The DER.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// PEM with line feeds.
    ///
    /// # Errors
    /// None for a request that exists.
    pub fn to_pem(&self) -> Result<String, Error> {
        signed::to_pem(Document::Request, &self.der)
    }

    /// Whom the certificate is to be about.
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// The other names that it asks for.
    pub fn alt_names(&self) -> &[AltName] {
        &self.alt_names
    }

    /// The key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// The alternative names among the extensions that are asked for.
fn requested(part: &CertReqInfo) -> Result<Vec<AltName>, Error> {
    let oid = spki::oid(ExtensionReq::OID);
    let mut wanted = part.attributes.iter().filter(|attribute| attribute.oid == ExtensionReq::OID);
    let Some(attribute) = wanted.next() else { return Ok(Vec::new()) };
    let [value] = attribute.values.as_slice() else { return Err(Error::Extension(oid)) };
    if wanted.next().is_some() {
        return Err(Error::ExtensionTwice(oid));
    }
    let der = value.to_der().map_err(from_der)?;
    let ExtensionReq(list) = ExtensionReq::from_der(&der).map_err(|_| Error::Extension(oid))?;
    extensions::check_once(&list)?;
    let names = list.iter().find(|extension| extension.extn_id == SubjectAltName::OID);
    names.map_or_else(|| Ok(Vec::new()), extensions::alt_names)
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("subject", &self.subject).field("key", &self.key).finish_non_exhaustive()
    }
}
