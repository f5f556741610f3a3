//! Names, numbers and times in certificates.

use alloc::{
    borrow::ToOwned as _,
    string::{String, ToString as _},
    vec,
    vec::Vec,
};
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
    time::Duration,
};

use der::{
    DateTime, Decode as _, Encode as _, Tag, Tagged as _,
    asn1::{Any, Ia5String, Ia5StringRef, OctetString, PrintableStringRef, Utf8StringRef},
    oid::db::rfc4519::COMMON_NAME,
};
use rand_core::TryCryptoRng;
use x509_cert::{
    attr::AttributeTypeAndValue,
    ext::pkix::name::GeneralName,
    name::{RdnSequence, RelativeDistinguishedName},
    serial_number::SerialNumber,
};

use super::error::{Error, from_der};
use crate::ids::certificate::{LAST_SECOND, SERIAL_LEN};

const MAX_DNS_LEN: usize = 253;
const MAX_LABEL_LEN: usize = 63;

/// A time in whole seconds, UTC, from 1970 to 9999. In text `2026-01-31T12:00:00Z`, and no other way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(u64);

impl Time {
    /// That many seconds after the start of 1970.
    ///
    /// # Errors
    /// [`Error::Time`] after 9999.
    pub const fn from_unix(seconds: u64) -> Result<Self, Error> {
        if seconds > LAST_SECOND { Err(Error::Time) } else { Ok(Self(seconds)) }
    }

    /// Seconds after the start of 1970.
    pub const fn unix(self) -> u64 {
        self.0
    }

    pub(super) fn from_x509(time: x509_cert::time::Time) -> Result<Self, Error> {
        Self::from_unix(time.to_unix_duration().as_secs())
    }

    pub(super) fn to_x509(self) -> Result<x509_cert::time::Time, Error> {
        DateTime::from_unix_duration(Duration::from_secs(self.0)).map(Into::into).map_err(|_| Error::Time)
    }
}

impl FromStr for Time {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let time: DateTime = text.parse().map_err(|_| Error::Time)?;
        if time.to_string() == text { Self::from_unix(time.unix_duration().as_secs()) } else { Err(Error::Time) }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DateTime::from_unix_duration(Duration::from_secs(self.0)).map_err(|_| fmt::Error)?.fmt(f)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Time({self})")
    }
}

/// From when until when something is valid, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    from: Time,
    until: Time,
}

impl Validity {
    /// Both ends.
    ///
    /// # Errors
    /// [`Error::Validity`] if it ends before it begins.
    pub fn new(from: Time, until: Time) -> Result<Self, Error> {
        if from <= until { Ok(Self { from, until }) } else { Err(Error::Validity) }
    }

    /// The first second.
    pub const fn from(&self) -> Time {
        self.from
    }

    /// The last second.
    pub const fn until(&self) -> Time {
        self.until
    }
}

/// A serial number: positive, at most 20 bytes, without leading zeros.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// A random one of 20 bytes; 158 of its bits are random.
    pub(super) fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        let mut bytes = [0; SERIAL_LEN];
        rng.try_fill_bytes(&mut bytes).map_err(|_| crate::Error::Random)?;
        // Positive, and of the same length always.
        if let Some(first) = bytes.first_mut() {
            *first = *first & 0x7f | 0x40;
        }
        Ok(Self(bytes.to_vec()))
    }

    pub(super) fn from_x509(serial: &SerialNumber) -> Result<Self, Error> {
        let bytes = match serial.as_bytes() {
            // A zero in front keeps a number positive.
            [0, rest @ ..] => rest,
            [first, ..] if *first >= 0x80 => return Err(Error::SerialNumber),
            all => all,
        };
        if bytes.is_empty() || serial.as_bytes().len() > SERIAL_LEN {
            return Err(Error::SerialNumber);
        }
        Ok(Self(bytes.to_vec()))
    }

    pub(super) fn to_x509(&self) -> Result<SerialNumber, Error> {
        SerialNumber::new(&self.0).map_err(|_| Error::SerialNumber)
    }

    /// The number, big-endian.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Hexadecimal, lower case.
impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

/// A distinguished name, as RFC 4514 writes it: `CN=desk-7,O=Example`. Two are equal if their bytes are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Name(pub(super) x509_cert::name::Name);

impl Name {
    /// A name of one common name. Not by way of text, whose escapes the reader of names does not all understand.
    pub(super) fn common(text: &str) -> Result<Self, Error> {
        let value = Any::new(Tag::Utf8String, text.as_bytes()).map_err(|_| Error::Name)?;
        let part = AttributeTypeAndValue { oid: COMMON_NAME, value };
        let part = RelativeDistinguishedName::try_from(vec![part]).map_err(|_| Error::Name)?;
        let der = RdnSequence::from(vec![part]).to_der().map_err(from_der)?;
        x509_cert::name::Name::from_der(&der).map(Self).map_err(from_der)
    }

    /// Whether it has no part.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Name {
    type Err = Error;

    /// The empty text is the empty name.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let name = x509_cert::name::Name::from_str(text).map_err(|_| Error::Name)?;
        let is_text = |tag, der: &[u8]| match tag {
            Tag::Utf8String => Utf8StringRef::from_der(der).is_ok_and(|text| is_plain(text.as_str())),
            Tag::PrintableString => PrintableStringRef::from_der(der).is_ok_and(|text| is_plain(text.as_str())),
            Tag::Ia5String => Ia5StringRef::from_der(der).is_ok_and(|text| is_plain(text.as_str())),
            _ => false,
        };
        for part in name.iter() {
            if !is_text(part.value.tag(), &part.value.to_der().map_err(from_der)?) {
                return Err(Error::Name);
            }
        }
        Ok(Self(name))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// Text of at least one character and without control characters.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// Another name of a subject. In text `dns:`, `ip:`, `uri:` or `email:` and the name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AltName {
    /// A host, in ASCII; the first label may be `*`.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// A URI, in ASCII.
    Uri(String),
    /// A mailbox; read, not written.
    Email(String),
    /// A name of another kind; read, not written.
    Other,
}

impl AltName {
    pub(super) fn from_x509(name: &GeneralName) -> Result<Self, Error> {
        // Control characters are in none of them, and would draw lines of their own where names are shown.
        let text = |text: &str| match text.chars().any(char::is_control) {
            true => Err(Error::AltName),
            false => Ok(text.to_owned()),
        };
        Ok(match name {
            GeneralName::DnsName(name) => Self::Dns(text(name.as_str())?),
            GeneralName::UniformResourceIdentifier(name) => Self::Uri(text(name.as_str())?),
            GeneralName::Rfc822Name(name) => Self::Email(text(name.as_str())?),
            GeneralName::IpAddress(bytes) => Self::Ip(address(bytes.as_bytes()).ok_or(Error::AltName)?),
            _ => Self::Other,
        })
    }

    pub(super) fn to_x509(&self) -> Result<GeneralName, Error> {
        let text = |text: &str| Ia5String::new(text).map_err(|_| Error::AltName);
        match self {
            Self::Dns(host) if is_host(host) => text(host).map(GeneralName::DnsName),
            Self::Uri(uri) if is_uri(uri) => text(uri).map(GeneralName::UniformResourceIdentifier),
            Self::Ip(address) => {
                let bytes = match address {
                    IpAddr::V4(address) => address.octets().to_vec(),
                    IpAddr::V6(address) => address.octets().to_vec(),
                };
                OctetString::new(bytes).map(GeneralName::IpAddress).map_err(|_| Error::AltName)
            }
            _ => Err(Error::AltName),
        }
    }
}

impl FromStr for AltName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (kind, name) = text.split_once(':').ok_or(Error::AltName)?;
        let name = match kind {
            "dns" => Self::Dns(name.to_owned()),
            "ip" => Self::Ip(name.parse().map_err(|_| Error::AltName)?),
            "uri" => Self::Uri(name.to_owned()),
            _ => return Err(Error::AltName),
        };
        name.to_x509().map(|_| name)
    }
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(host) => write!(f, "dns:{host}"),
            Self::Ip(address) => write!(f, "ip:{address}"),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
            Self::Email(mailbox) => write!(f, "email:{mailbox}"),
            Self::Other => f.write_str("another kind of name"),
        }
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = || <[u8; 4]>::try_from(bytes).ok().map(|bytes| Ipv4Addr::from(bytes).into());
    let sixteen = || <[u8; 16]>::try_from(bytes).ok().map(|bytes| Ipv6Addr::from(bytes).into());
    four().or_else(sixteen)
}

/// RFC 1034 §3.5 in lower or upper case, and a star for the first label.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_LEN).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= MAX_DNS_LEN && host.strip_prefix("*.").unwrap_or(host).split('.').all(is_label)
}

/// A scheme, a colon, and printable ASCII without what RFC 3986 leaves out.
fn is_uri(uri: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    let is_allowed =
        |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    uri.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
        && uri.chars().all(is_allowed)
}
