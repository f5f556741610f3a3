//! Why a certificate, a request or a revocation list could not be read, made or believed.

use core::fmt;

use der::ErrorKind;

use super::Time;
use crate::{
    ids::{
        KeyKind,
        certificate::{
            CHANNEL_URI, MAX_CHAIN_LEN, MAX_CHANNEL_LIFETIME, MAX_ITEMS, MAX_PRINCIPAL_LEN, Purpose, SERIAL_LEN,
        },
        protocol::MAX_SERVICE_LEN,
    },
    keys::{self, Oid},
};

/// The error of [`certificate`](super), sorted by who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // Another file than the one wanted.
    /// Neither PEM nor DER.
    NotADocument(Document),
    /// A file of another type.
    WrongDocument {
        /// What was asked for.
        expected: Document,
        /// What the file holds.
        found: Document,
    },
    // Bad bytes.
    /// More bytes than such a file may have.
    TooLong {
        /// The length found.
        found: usize,
        /// The longest allowed.
        most: usize,
    },
    /// More than [`MAX_ITEMS`] certificates in a file, or names, purposes or extensions in one.
    TooMany,
    /// Not PEM blocks in the strict form of RFC 7468.
    Pem,
    /// The DER ends inside a field.
    Truncated,
    /// Bytes are left after the last field.
    Trailing,
    /// Not the DER of what was expected.
    Der {
        /// Where reading stopped, if known, in bytes from the start of the part that was read.
        offset: Option<usize>,
    },
    /// It reads, but its one DER encoding is another.
    NotCanonical,
    /// Another version than X.509's third, or a revocation list's second.
    Version,
    /// A serial number that is not positive, or is longer than 20 bytes.
    SerialNumber,
    /// The signature algorithm inside the signed part is not the one outside.
    AlgorithmsDiffer,
    /// The signature algorithm, by an identifier that is not supported or not well-formed.
    Algorithm(keys::Error),
    /// Signed with the algorithm of a key that does not sign.
    DoesNotSign(KeyKind),
    /// The key that it is about.
    Key(keys::Error),
    /// It ends before it begins.
    Validity,
    /// An extension that is not well-formed.
    Extension(Oid),
    /// An extension that is there twice.
    ExtensionTwice(Oid),
    /// A use in keyUsage that the key's algorithm does not allow, or none.
    KeyUsage(KeyKind),
    /// A path length without the CA flag.
    PathLengthWithoutCa,
    /// An unknown critical extension in a revocation list.
    UnknownCritical(Oid),
    /// No certificate for channels.
    NotForChannels(Profile),
    // The issuer, or who hands the chain over.
    /// A chain without certificates.
    EmptyChain,
    /// More than [`MAX_CHAIN_LEN`] certificates before the anchor.
    ChainTooLong,
    /// A certificate of the path is not to be believed.
    Path {
        /// Which one: 0 is the end, the highest the anchor.
        position: usize,
        /// Why.
        reason: Reason,
    },
    /// A revocation list that is of no issuer of the path.
    StrayRevocationList {
        /// Which of those given, from 0.
        position: usize,
    },
    /// The signature of a request or a revocation list.
    Signature,
    // The caller.
    /// Not a distinguished name.
    Name,
    /// Not an alternative name that can be written.
    AltName,
    /// A name that only a [`Grant`](super::Grant) gives.
    ReservedName,
    /// Neither subject nor alternative name.
    Nameless,
    /// Not a time from 1970 to 9999 in the form `2026-01-31T12:00:00Z`.
    Time,
    /// A name of a principal or a service that cannot be in a certificate.
    ChannelName,
    /// The certificate of an issuer that is no CA.
    NotACa,
    /// The private key is not that of the issuer's certificate.
    NotTheIssuersKey,
    /// A CA key that does not sign.
    CaKey(KeyKind),
    /// The issuer's path length does not allow another CA.
    IssuerPathLength,
    /// It would outlive its issuer.
    Outlives {
        /// The end of the issuer.
        issuer: Time,
    },
    // Beneath.
    /// A failing provider or generator.
    Crypto(crate::Error),
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Document {
    /// A certificate.
    Certificate,
    /// A request for one, PKCS#10.
    Request,
    /// A certificate revocation list.
    RevocationList,
    /// A private key.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// Something else in PEM.
    Other,
}

/// Why a certificate of a path is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It begins later.
    NotYetValid(Time),
    /// It has ended.
    Expired(Time),
    /// The next certificate is not its issuer: another name, or another key identifier.
    WrongIssuer,
    /// No anchor is its issuer.
    NoAnchor,
    /// Its signature does not verify with the issuer's key.
    Signature,
    /// It is in the chain twice.
    Twice,
    /// It issues others and is no CA.
    NotACa,
    /// It issues others, and its keyUsage does not have keyCertSign.
    NoCertSign,
    /// More CAs below it than its path length allows.
    PathLength(u8),
    /// A critical extension that is not known.
    UnknownCritical(Oid),
    /// Name constraints, which are not supported.
    NameConstraints,
    /// It is not for that.
    Purpose(Purpose),
    /// It is for a purpose, and its keyUsage allows none.
    KeyUsage,
    /// Revoked, with the date of it.
    Revoked(Time),
    /// No revocation list of its issuer was given beside those of others.
    NoRevocationList,
    /// The issuer's list: its signature does not verify.
    ListSignature,
    /// The issuer's list begins later.
    ListNotYetValid(Time),
    /// The issuer's list should have been followed by the next one.
    ListExpired(Time),
    /// The issuer's keyUsage does not have cRLSign.
    NoListSign,
}

/// What a certificate for channels must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// A principal.
    Principal,
    /// A service.
    Service,
    /// Only names that a channel knows, each once.
    Names,
    /// A key that a suite signs with.
    Key(KeyKind),
    /// A keyUsage of digitalSignature.
    KeyUsage,
    /// No CA flag.
    Ca,
    /// A life of at most [`MAX_CHANNEL_LIFETIME`] seconds.
    Lifetime,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "a certificate",
            Self::Request => "a request for a certificate",
            Self::RevocationList => "a revocation list",
            Self::PrivateKey => "a private key",
            Self::PublicKey => "a public key",
            Self::Other => "another PEM block",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYetValid(from) => write!(f, "is not valid before {from}"),
            Self::Expired(until) => write!(f, "expired on {until}"),
            Self::WrongIssuer => f.write_str("is not issued by the next certificate of the chain"),
            Self::NoAnchor => f.write_str("is issued by no CA that is trusted here"),
            Self::Signature => f.write_str("its signature does not verify with the key of its issuer"),
            Self::Twice => f.write_str("is in the chain twice"),
            Self::NotACa => f.write_str("issues another and is no CA"),
            Self::NoCertSign => f.write_str("issues another, which its key usage does not allow"),
            Self::PathLength(most) => write!(f, "more CAs are below it than the {most} that its path length allows"),
            Self::UnknownCritical(oid) => write!(f, "has a critical extension that is not known: {oid}"),
            Self::NameConstraints => f.write_str("has name constraints, which are not supported"),
            Self::KeyUsage => f.write_str("its key usage is not for handshakes"),
            Self::Purpose(purpose) => write!(f, "its extended key usage does not have {}", purpose.name()),
            Self::Revoked(since) => write!(f, "was revoked on {since}"),
            Self::NoRevocationList => f.write_str("no revocation list of its issuer was given"),
            Self::ListSignature => f.write_str("the revocation list in its issuer's name is not signed by its issuer"),
            Self::ListNotYetValid(from) => write!(f, "its issuer's revocation list is not valid before {from}"),
            Self::ListExpired(until) => write!(f, "its issuer's revocation list expired on {until}"),
            Self::NoListSign => f.write_str("the key usage of its issuer does not allow revocation lists"),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal => f.write_str("it names no principal"),
            Self::Service => f.write_str("it names no service"),
            Self::Names => f.write_str("its names are not those of principals and services, each once"),
            Self::Key(kind) => write!(f, "no suite signs with {}", kind.name()),
            Self::KeyUsage => f.write_str("its key usage must be digitalSignature alone"),
            Self::Ca => f.write_str("it is a CA"),
            Self::Lifetime => write!(f, "it is valid for more than {} days", MAX_CHANNEL_LIFETIME / (24 * 60 * 60)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADocument(expected) => write!(f, "neither PEM nor DER; give {expected}"),
            Self::WrongDocument { expected, found } => write!(f, "holds {found}; give {expected}"),
            Self::TooLong { found, most } => write!(f, "is {found} bytes, more than the {most} that are read"),
            Self::TooMany => write!(f, "holds more than {MAX_ITEMS} certificates, names, purposes or extensions"),
            Self::Pem => {
                f.write_str("not PEM blocks alone: BEGIN line, base64 in lines of 64, END line of the same label")
            }
            Self::Truncated => f.write_str("ends inside a field; it is cut off"),
            Self::Trailing => f.write_str("bytes are left after the last field"),
            Self::Der { offset: Some(offset) } => write!(f, "not the DER that it should be, at byte {offset}"),
            Self::Der { offset: None } => f.write_str("not the DER that it should be"),
            Self::NotCanonical => f.write_str("is encoded in another way than DER's one"),
            Self::Version => f.write_str("is of another version than X.509's third, or a list's second"),
            Self::SerialNumber => write!(f, "the serial number is not a positive one of up to {SERIAL_LEN} bytes"),
            Self::AlgorithmsDiffer => f.write_str("the signature algorithm is another inside than outside"),
            Self::Algorithm(error) => write!(f, "the signature algorithm: {error}"),
            Self::DoesNotSign(kind) => write!(f, "is signed with {}, which does not sign", kind.name()),
            Self::Key(error) => write!(f, "the public key: {error}"),
            Self::Validity => f.write_str("ends before it begins"),
            Self::Extension(oid) => write!(f, "extension {oid} is malformed or of a form that is not supported"),
            Self::ExtensionTwice(oid) => write!(f, "extension {oid} is there twice"),
            Self::KeyUsage(kind) => write!(f, "the key usage is not one that {} has", kind.name()),
            Self::PathLengthWithoutCa => f.write_str("has a path length and is no CA"),
            Self::UnknownCritical(oid) => write!(f, "has a critical extension that is not known: {oid}"),
            Self::NotForChannels(profile) => write!(f, "not a certificate for channels: {profile}"),
            Self::EmptyChain => f.write_str("holds no certificate"),
            Self::ChainTooLong => write!(f, "the chain has more than {MAX_CHAIN_LEN} certificates before its anchor"),
            Self::Path { position: 0, reason } => reason.fmt(f),
            Self::Path { position, reason } => write!(f, "issuer {position} above it: {reason}"),
            Self::StrayRevocationList { position } => {
                let number = position.saturating_add(1);
                write!(f, "revocation list {number} is of no issuer of this chain")
            }
            Self::Signature => f.write_str("the signature does not verify"),
            Self::Name => f.write_str("not a name: write CN=desk-7,O=Example, the most specific part first"),
            Self::AltName => f.write_str("not a name: write dns:HOST, ip:ADDRESS, or uri:URI"),
            Self::ReservedName => {
                write!(f, "a name begins with {CHANNEL_URI}, which is for principals and services of channels alone")
            }
            Self::Nameless => f.write_str("needs a subject or another name"),
            Self::Time => f.write_str("not a time: write 2026-01-31T12:00:00Z, from 1970 to 9999"),
            Self::ChannelName => write!(
                f,
                "a principal has 1 to {MAX_PRINCIPAL_LEN} and a service 1 to {MAX_SERVICE_LEN} bytes without control \
                 characters, and each is named once"
            ),
            Self::NotACa => f.write_str("the issuer's certificate is no CA that may sign"),
            Self::NotTheIssuersKey => f.write_str("the private key is not that of the issuer's certificate"),
            Self::CaKey(kind) => write!(f, "{} does not sign, so it is no key for this", kind.name()),
            Self::IssuerPathLength => f.write_str("the issuer's path length allows no CA below it"),
            Self::Outlives { issuer } => write!(f, "would outlive its issuer, which ends on {issuer}"),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Crypto(error)
    }
}

/// What the DER reader says, in our words. Not a `From`: that would make `der` a part of the API.
pub(super) fn from_der(error: der::Error) -> Error {
    match error.kind() {
        ErrorKind::Incomplete { .. } => Error::Truncated,
        ErrorKind::TrailingData { .. } => Error::Trailing,
        _ => Error::Der { offset: error.position().and_then(|at| usize::try_from(at).ok()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{Kem, Signature},
        keys::spki,
    };

    fn oid() -> Oid {
        spki::oid(der::oid::ObjectIdentifier::new("1.2.3").unwrap())
    }

    #[test]
    fn messages_say_what_it_is_and_what_to_do() {
        let (ed25519, x_wing) = (KeyKind::Signature(Signature::Ed25519), KeyKind::Kem(Kem::XWing));
        let path = |position, reason| Error::Path { position, reason };
        let cases = [
            (Error::NotADocument(Document::Certificate), "neither PEM nor DER; give a certificate"),
            (
                Error::WrongDocument { expected: Document::Request, found: Document::RevocationList },
                "holds a revocation list; give a request for a certificate",
            ),
            (Error::TooLong { found: 70_000, most: 65_536 }, "is 70000 bytes, more than the 65536 that are read"),
            (Error::TooMany, "holds more than 64 certificates, names, purposes or extensions"),
            (Error::Truncated, "ends inside a field; it is cut off"),
            (Error::Trailing, "bytes are left after the last field"),
            (Error::Der { offset: Some(7) }, "not the DER that it should be, at byte 7"),
            (Error::Der { offset: None }, "not the DER that it should be"),
            (Error::NotCanonical, "is encoded in another way than DER's one"),
            (Error::Version, "is of another version than X.509's third, or a list's second"),
            (Error::SerialNumber, "the serial number is not a positive one of up to 20 bytes"),
            (Error::AlgorithmsDiffer, "the signature algorithm is another inside than outside"),
            (
                Error::Algorithm(keys::Error::Parameters(ed25519)),
                "the signature algorithm: the algorithm identifier has parameters; Ed25519 must have none, not even NULL",
            ),
            (Error::DoesNotSign(x_wing), "is signed with X-Wing, which does not sign"),
            (Error::Validity, "ends before it begins"),
            (Error::Extension(oid()), "extension 1.2.3 is malformed or of a form that is not supported"),
            (Error::ExtensionTwice(oid()), "extension 1.2.3 is there twice"),
            (Error::KeyUsage(x_wing), "the key usage is not one that X-Wing has"),
            (Error::PathLengthWithoutCa, "has a path length and is no CA"),
            (Error::UnknownCritical(oid()), "has a critical extension that is not known: 1.2.3"),
            (
                Error::NotForChannels(Profile::Lifetime),
                "not a certificate for channels: it is valid for more than 31 days",
            ),
            (Error::ChainTooLong, "the chain has more than 8 certificates before its anchor"),
            (path(0, Reason::NoAnchor), "is issued by no CA that is trusted here"),
            (
                path(2, Reason::PathLength(1)),
                "issuer 2 above it: more CAs are below it than the 1 that its path length allows",
            ),
            (path(0, Reason::Revoked(Time::from_unix(0).unwrap())), "was revoked on 1970-01-01T00:00:00Z"),
            (Error::StrayRevocationList { position: 1 }, "revocation list 2 is of no issuer of this chain"),
            (
                Error::ReservedName,
                "a name begins with twinlock:, which is for principals and services of channels alone",
            ),
            (
                Error::ChannelName,
                "a principal has 1 to 64 and a service 1 to 64 bytes without control characters, and each is named once",
            ),
            (Error::CaKey(x_wing), "X-Wing does not sign, so it is no key for this"),
            (
                Error::Outlives { issuer: Time::from_unix(0).unwrap() },
                "would outlive its issuer, which ends on 1970-01-01T00:00:00Z",
            ),
            (Error::Crypto(crate::Error::Random), "the random generator failed"),
        ];
        for (error, message) in cases {
            assert_eq!(error.to_string(), message);
        }
    }
}
