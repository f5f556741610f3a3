//! What a file holds, and its way into DER.

use alloc::vec;

use der::{Decode as _, Reader as _, SliceReader, Tag, asn1::AnyRef, oid::ObjectIdentifier, pem};
use zeroize::Zeroizing;

use super::{Content, Error, error::from_der};
use crate::ids::MAX_KEY_FILE_LEN;

const PEM_START: &[u8] = b"-----BEGIN ";
const DER_START: u8 = 0x30; // SEQUENCE
const OPENSSH_START: &[u8] = b"ssh-";

/// The label that PEM of `content` has, for those that are written.
pub(super) const fn label(content: Content) -> &'static str {
    match content {
        Content::PublicKey => "PUBLIC KEY",
        Content::EncryptedPrivateKey => "ENCRYPTED PRIVATE KEY",
        _ => "PRIVATE KEY",
    }
}

/// Runs `parse` on the DER of a file, which its first bytes tell to be PEM or DER.
pub(super) fn read<T>(
    bytes: &[u8],
    expected: Content,
    parse: impl FnOnce(&[u8]) -> Result<T, Error>,
) -> Result<T, Error> {
    if bytes.starts_with(PEM_START) {
        read_pem(bytes, expected, parse)
    } else if bytes.starts_with(OPENSSH_START) {
        Err(Error::WrongContent { expected, found: Content::OpenSshPublicKey })
    } else if bytes.first() == Some(&DER_START) {
        parse(bytes)
    } else {
        Err(Error::NotAKey)
    }
}

/// Runs `parse` on the DER in a PEM block, of which no copy stays.
pub(super) fn read_pem<T>(
    pem: &[u8],
    expected: Content,
    parse: impl FnOnce(&[u8]) -> Result<T, Error>,
) -> Result<T, Error> {
    check_len(pem)?;
    // RFC 7468 lets explanatory text stand before the block; a key file has none.
    if !pem.starts_with(PEM_START) {
        return Err(Error::Pem);
    }
    let found = match pem::decode_label(pem).map_err(|_| Error::Pem)? {
        "PRIVATE KEY" => Content::PrivateKey,
        "PUBLIC KEY" => Content::PublicKey,
        "ENCRYPTED PRIVATE KEY" => Content::EncryptedPrivateKey,
        "CERTIFICATE"
        | "X509 CERTIFICATE"
        | "TRUSTED CERTIFICATE"
        | "CERTIFICATE REQUEST"
        | "NEW CERTIFICATE REQUEST" => Content::Certificate,
        "OPENSSH PRIVATE KEY" => Content::OpenSshPrivateKey,
        "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => Content::RsaKey,
        "EC PRIVATE KEY" => Content::EcKey,
        _ => Content::Other,
    };
    if found != expected {
        return Err(Error::WrongContent { expected, found });
    }
    let mut buffer = Zeroizing::new(vec![0; pem.len()]);
    let (_, der) = pem::decode(pem, &mut buffer).map_err(|_| Error::Pem)?;
    parse(der)
}

/// Refuses what is too long to be a key before any of it is parsed.
pub(super) const fn check_len(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > MAX_KEY_FILE_LEN { Err(Error::TooLong { found: bytes.len() }) } else { Ok(()) }
}

/// Why `der` did not parse as `expected`: it is something else, or else what the reader said.
pub(super) fn explain(der: &[u8], expected: Content, error: der::Error) -> Error {
    match recognise(der) {
        Some(found) if found != expected => Error::WrongContent { expected, found },
        _ => from_der(error),
    }
}

/// The algorithm of an EncryptedPrivateKeyInfo, known or not.
pub(super) fn scheme(der: &[u8]) -> der::Result<Option<ObjectIdentifier>> {
    let mut reader = SliceReader::new(AnyRef::from_der(der)?.value())?;
    let algorithm = AnyRef::decode(&mut reader)?;
    Ok(ObjectIdentifier::decode(&mut SliceReader::new(algorithm.value())?).ok())
}

/// Tells a whole DER file by the tags of its outermost fields.
fn recognise(der: &[u8]) -> Option<Content> {
    let outer = AnyRef::from_der(der).ok().filter(|outer| outer.header().tag() == Tag::Sequence)?;
    let mut fields = SliceReader::new(outer.value()).ok()?;
    let mut next = || if fields.is_finished() { None } else { AnyRef::decode(&mut fields).ok() };
    let tags = [next(), next(), next()].map(|field| field.map(|field| field.header().tag()));
    match tags {
        [Some(Tag::Integer), Some(Tag::Sequence), Some(Tag::OctetString)] => Some(Content::PrivateKey),
        [Some(Tag::Sequence), Some(Tag::BitString), None] => Some(Content::PublicKey),
        [Some(Tag::Sequence), Some(Tag::OctetString), None] => Some(Content::EncryptedPrivateKey),
        [Some(Tag::Sequence), Some(Tag::Sequence), Some(Tag::BitString)] => Some(Content::Certificate),
        [Some(Tag::Integer), Some(Tag::Integer), _] => Some(Content::RsaKey),
        [Some(Tag::Integer), Some(Tag::OctetString), _] => Some(Content::EcKey),
        _ => None,
    }
}
