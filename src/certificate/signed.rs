//! What certificates, requests and revocation lists share: a signed part, and a file around it.

use alloc::{string::String, vec, vec::Vec};

use der::{
    Decode as _, Encode as _, Sequence,
    asn1::{AnyRef, BitStringRef},
    pem::{self, LineEnding},
};
use rand_core::TryCryptoRng;
use x509_cert::spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef};

use super::error::{Document, Error, from_der};
use crate::{
    ids::{
        KeyKind, Signature,
        certificate::{MAX_CERTIFICATE_FILE_LEN, MAX_CERTIFICATE_LEN, MAX_ITEMS, MAX_REVOCATION_LIST_LEN},
    },
    keys::{PublicKey, spki},
    provider::Provider,
    sign::SigningKey,
};

const PEM_START: &str = "-----BEGIN ";
const PEM_END: &str = "-----END ";
const PEM_CLOSE: &str = "-----";
const DER_START: u8 = 0x30; // SEQUENCE

/// The shape of all three (RFC 5280 §4.1, §5.1; RFC 2986 §4.2).
#[derive(Sequence)]
struct Outer<'a> {
    signed: AnyRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
}

/// A document taken apart, its signature not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signed {
    /// The DER that the signature covers.
    pub(super) part: Vec<u8>,
    pub(super) algorithm: Signature,
    signature: Vec<u8>,
}

impl Signed {
    pub(super) fn from_der(der: &[u8], most: usize) -> Result<Self, Error> {
        check_len(der, most)?;
        let outer = Outer::from_der(der).map_err(from_der)?;
        if outer.to_der().map_err(from_der)? != der {
            return Err(Error::NotCanonical);
        }
        Ok(Self {
            part: outer.signed.to_der().map_err(from_der)?,
            algorithm: signature_algorithm(&outer.algorithm)?,
            signature: outer.signature.as_bytes().ok_or(Error::Der { offset: None })?.to_vec(),
        })
    }

    /// Reads the signed part, which must be the one encoding of what it reads as.
    pub(super) fn read<'a, T>(&'a self) -> Result<T, Error>
    where
        T: der::Decode<'a, Error = der::Error> + der::Encode,
    {
        let read = T::from_der(&self.part).map_err(from_der)?;
        if read.to_der().map_err(from_der)? == self.part { Ok(read) } else { Err(Error::NotCanonical) }
    }

    /// Whether the algorithm that is repeated inside is the one outside.
    pub(super) fn check_inner(&self, inner: &AlgorithmIdentifierOwned) -> Result<(), Error> {
        let inner = AlgorithmIdentifierRef { oid: inner.oid, parameters: inner.parameters.as_ref().map(Into::into) };
        if signature_algorithm(&inner)? == self.algorithm { Ok(()) } else { Err(Error::AlgorithmsDiffer) }
    }

    /// Composites verify with an empty context, as in all of X.509.
    pub(super) fn verify(&self, key: &PublicKey, provider: &'static Provider) -> Result<(), Error> {
        if key.kind() != KeyKind::Signature(self.algorithm) {
            return Err(Error::Signature);
        }
        let key = key.to_verifying_key(provider).map_err(Error::Key)?;
        key.verify(&self.part, b"", &self.signature).map_err(|error| match error {
            crate::Error::Rejected => Error::Signature,
            other => Error::Crypto(other),
        })
    }
}

fn signature_algorithm(identifier: &AlgorithmIdentifierRef<'_>) -> Result<Signature, Error> {
    match spki::kind(identifier).map_err(Error::Algorithm)? {
        KeyKind::Signature(algorithm) => Ok(algorithm),
        other => Err(Error::DoesNotSign(other)),
    }
}

/// The identifier of a key's signatures.
pub(super) fn identifier(algorithm: Signature) -> Result<AlgorithmIdentifierOwned, Error> {
    let identifier = spki::algorithm(KeyKind::Signature(algorithm)).map_err(Error::Algorithm)?;
    Ok(AlgorithmIdentifierOwned { oid: identifier.oid, parameters: None })
}

/// Signs, and puts all together.
pub(super) fn sign<R: TryCryptoRng + ?Sized>(
    part: &impl der::Encode,
    key: &SigningKey,
    rng: &mut R,
) -> Result<Vec<u8>, Error> {
    let part = part.to_der().map_err(from_der)?;
    let signature = key.sign(&part, b"", rng)?;
    let outer = Outer {
        signed: AnyRef::from_der(&part).map_err(from_der)?,
        algorithm: spki::algorithm(KeyKind::Signature(key.algorithm())).map_err(Error::Algorithm)?,
        signature: BitStringRef::from_bytes(&signature).map_err(from_der)?,
    };
    outer.to_der().map_err(from_der)
}

const fn check_len(bytes: &[u8], most: usize) -> Result<(), Error> {
    if bytes.len() > most { Err(Error::TooLong { found: bytes.len(), most }) } else { Ok(()) }
}

impl Document {
    const fn label(self) -> &'static str {
        match self {
            Self::Certificate => "CERTIFICATE",
            Self::Request => "CERTIFICATE REQUEST",
            _ => "X509 CRL",
        }
    }

    fn of_label(label: &str) -> Self {
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Self::Certificate,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Self::Request,
            "X509 CRL" => Self::RevocationList,
            "PUBLIC KEY" => Self::PublicKey,
            label if label.ends_with("PRIVATE KEY") => Self::PrivateKey,
            _ => Self::Other,
        }
    }

    /// The longest of its kind that is read, in DER.
    pub(super) const fn most(self) -> usize {
        match self {
            Self::RevocationList => MAX_REVOCATION_LIST_LEN,
            _ => MAX_CERTIFICATE_LEN,
        }
    }
}

/// PEM with line feeds.
pub(super) fn to_pem(document: Document, der: &[u8]) -> Result<String, Error> {
    pem::encode_string(document.label(), LineEnding::LF, der).map_err(|_| Error::Pem)
}

/// The DER of each document in a file, which is one in DER or any number in PEM, with nothing between them.
pub(super) fn documents(bytes: &[u8], expected: Document) -> Result<Vec<Vec<u8>>, Error> {
    if bytes.first() == Some(&DER_START) {
        check_len(bytes, expected.most())?;
        return Ok(vec![bytes.to_vec()]);
    }
    // Base64 makes four of three, and a file may hold more than one certificate.
    check_len(bytes, expected.most().saturating_mul(2).max(MAX_CERTIFICATE_FILE_LEN))?;
    let text = str::from_utf8(bytes).map_err(|_| Error::NotADocument(expected))?;
    let mut rest = text.trim_ascii_start();
    if !rest.starts_with(PEM_START) {
        return Err(Error::NotADocument(expected));
    }
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (block, tail) = first_block(rest).ok_or(Error::Pem)?;
        let label = pem::decode_label(block.as_bytes()).map_err(|_| Error::Pem)?;
        if Document::of_label(label) != expected {
            return Err(Error::WrongDocument { expected, found: Document::of_label(label) });
        }
        let (_, der) = pem::decode_vec(block.as_bytes()).map_err(|_| Error::Pem)?;
        check_len(&der, expected.most())?;
        found.push(der);
        if found.len() > MAX_ITEMS {
            return Err(Error::TooMany);
        }
        rest = tail.trim_ascii_start();
    }
    Ok(found)
}

/// The one document in a file.
pub(super) fn document(bytes: &[u8], expected: Document) -> Result<Vec<u8>, Error> {
    let mut found = documents(bytes, expected)?;
    match (found.pop(), found.is_empty()) {
        (Some(der), true) => Ok(der),
        _ => Err(Error::Trailing),
    }
}

/// The PEM block at the start of a text, and what stands behind it.
fn first_block(text: &str) -> Option<(&str, &str)> {
    let end = text.strip_prefix(PEM_START)?.find(PEM_END)?;
    let label = end.checked_add(PEM_START.len())?.checked_add(PEM_END.len())?;
    let close = text.get(label..)?.find(PEM_CLOSE)?;
    text.split_at_checked(label.checked_add(close)?.checked_add(PEM_CLOSE.len())?)
}
