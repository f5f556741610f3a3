//! X.509 certificates, requests for them, and revocation lists, with Ed25519, ML-DSA and composite signatures.
//!
//! Standards: RFC 5280, RFC 2986, RFC 8410 (Ed25519, X25519), RFC 9881 (ML-DSA), RFC 9935 (ML-KEM),
//! draft-ietf-lamps-pq-composite-sigs-19. `x509-cert` reads and writes the DER. Its builder wants signers and keys of
//! the `signature` crate, which ours are not, so the signed part is put together here from its types; and no
//! validator knows the composites, so the path check is [`Verifier`].
//!
//! Reading is strict: a document is in the one encoding that DER gives it, its signature algorithm stands twice and is
//! the same, each extension is there once, the key is valid, and the key usage is one that the key's standard allows.
//! What is read is not believed before its signature is verified.
//!
//! ```
//! use twinlock::{
//!     certificate::{Issuer, Template, Time, Validity, Verifier},
//!     ids::{KeyKind, Signature},
//!     keys::PrivateKey,
//!     provider::RUST,
//! };
//! # let mut rng = twinlock::provider::SystemRng;
//!
//! let day = |text: &str| text.parse::<Time>();
//! let validity = Validity::new(day("2026-01-01T00:00:00Z")?, day("2027-01-01T00:00:00Z")?)?;
//! let kind = KeyKind::Signature(Signature::MlDsa65Ed25519);
//!
//! let key = PrivateKey::generate(kind, &mut rng).unwrap().into_signing_key(RUST).unwrap();
//! let ca = Template::new("CN=Example CA".parse()?, validity).authority(Some(0)).self_signed(&key, &mut rng)?;
//!
//! let subject = PrivateKey::generate(kind, &mut rng).unwrap().public_key(RUST).unwrap();
//! let template = Template::new("CN=desk-7".parse()?, validity);
//! let chain = [Issuer::new(&ca, &key)?.issue(&template, &subject, &mut rng)?];
//!
//! let verifier = Verifier { provider: RUST, anchors: &[ca], lists: &[], at: day("2026-06-01T00:00:00Z")?, purpose: None };
//! let path = verifier.verify(&chain)?;
//! assert_eq!(path.len(), 2);
//! # Ok::<(), twinlock::certificate::Error>(())
//! ```

use alloc::{string::String, vec::Vec};
use core::fmt;

use der::Encode as _;
use x509_cert::{TbsCertificate, Version};

use crate::{
    ids::{Signature, certificate::Purpose},
    keys::{Oid, PublicKey},
    provider::Provider,
};

mod error;
mod extensions;
mod grant;
mod issue;
mod names;
mod path;
mod request;
mod revocation;
mod signed;

pub use error::{Document, Error, Profile, Reason};
pub use extensions::KeyUsage;
pub use grant::Grant;
pub use issue::{Issuer, Template};
pub use names::{AltName, Name, Serial, Time, Validity};
pub use path::Verifier;
pub use request::Request;
pub use revocation::{Revocation, RevocationList};

use error::from_der;
use extensions::Extensions;
use signed::Signed;

/// A certificate that is well-formed. Whether to believe it is what [`Verifier`] tells.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    signed: Signed,
    serial: Serial,
    issuer: Name,
    validity: Validity,
    subject: Name,
    key: PublicKey,
    extensions: Extensions,
}

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// Those of bad bytes.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let signed = Signed::from_der(der, Document::Certificate.most())?;
        let part: TbsCertificate = signed.read()?;
        signed.check_inner(part.signature())?;
        if part.version() != Version::V3 {
            return Err(Error::Version);
        }
        let spki = part.subject_public_key_info().to_der().map_err(from_der)?;
        let key = PublicKey::from_spki_der(&spki).map_err(Error::Key)?;
        let (from, until) = (part.validity().not_before, part.validity().not_after);
        Ok(Self {
            der: der.to_vec(),
            serial: Serial::from_x509(part.serial_number())?,
            issuer: Name(part.issuer().clone()),
            validity: Validity::new(Time::from_x509(from)?, Time::from_x509(until)?)?,
            subject: Name(part.subject().clone()),
            extensions: Extensions::read(part.extensions().map_or(&[], Vec::as_slice), key.kind())?,
            key,
            signed,
        })
    }

    /// Reads a file of one certificate, PEM or DER, told by its first bytes.
    ///
    /// # Errors
    /// As [`Certificate::from_der`]; another kind of file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_der(&signed::document(bytes, Document::Certificate)?)
    }

    /// Reads a file of one certificate in DER, or of up to 64 in PEM, in their order.
    ///
    /// # Errors
    /// As [`Certificate::from_bytes`].
    pub fn all_from_bytes(bytes: &[u8]) -> Result<Vec<Self>, Error> {
        signed::documents(bytes, Document::Certificate)?.iter().map(|der| Self::from_der(der)).collect()
    }

    /// The DER.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// PEM with line feeds.
    ///
    /// # Errors
    /// None for a certificate that exists.
    pub fn to_pem(&self) -> Result<String, Error> {
        signed::to_pem(Document::Certificate, &self.der)
    }

    /// The number that its issuer gave it.
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// Who signed it.
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whom it is about.
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// When it is valid.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// The subject's key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// What it is signed with.
    pub const fn algorithm(&self) -> Signature {
        self.signed.algorithm
    }

    /// Whether it is a CA.
    pub const fn is_ca(&self) -> bool {
        self.extensions.ca
    }

    /// How many CAs may be below it, if there is a limit.
    pub const fn path_len(&self) -> Option<u8> {
        self.extensions.path_len
    }

    /// What the key may be used for, if it says so.
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// The subject's other names.
    pub fn alt_names(&self) -> &[AltName] {
        &self.extensions.alt_names
    }

    /// What the certificate is for, if it says so: those that are known here, and the identifiers of others.
    pub fn purposes(&self) -> Option<impl Iterator<Item = (Option<Purpose>, Oid)>> {
        let purposes = self.extensions.purposes.as_ref()?;
        Some(purposes.iter().map(|oid| (extensions::purpose_of(*oid), *oid)))
    }

    /// A critical extension that is not known, or name constraints: what no path is believed with.
    pub fn obstacle(&self) -> Option<Reason> {
        let unknown = self.extensions.unknown_critical.map(Reason::UnknownCritical);
        unknown.or_else(|| self.extensions.name_constraints.then_some(Reason::NameConstraints))
    }

    /// Whether issuer and subject are the same.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whether `issuer` is named as its issuer and signed it. Neither has to be valid.
    ///
    /// # Errors
    /// [`Reason::WrongIssuer`], [`Reason::Signature`].
    pub fn check_issuer(&self, issuer: &Self, provider: &'static Provider) -> Result<(), Reason> {
        if !self.names_as_issuer(issuer) {
            return Err(Reason::WrongIssuer);
        }
        self.signed.verify(&issuer.key, provider).map_err(|_| Reason::Signature)
    }

    /// Whether `issuer` has the name, and the key identifier, that this certificate tells of its issuer.
    fn names_as_issuer(&self, issuer: &Self) -> bool {
        let ids = self.extensions.authority_key_id.as_ref().zip(issuer.extensions.subject_key_id.as_ref());
        self.issuer == issuer.subject && ids.is_none_or(|(one, other)| one == other)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject)
            .field("issuer", &self.issuer)
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}
