//! Certificates for channels: who may use which services, for a short time.
//!
//! `docs/certificates.md` has the profile. Principals and services stand in the certificate as URIs, which every X.509
//! tool shows and no TLS client takes for a host.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use core::fmt::Write as _;

use super::{
    Certificate,
    error::{Error, Profile},
    issue::Template,
    names::{AltName, Name, Validity, is_plain},
};
use crate::ids::{
    KeyKind,
    certificate::{MAX_CHANNEL_LIFETIME, MAX_COMMON_NAME_LEN, MAX_PRINCIPAL_LEN, PRINCIPAL_URI, SERVICE_URI},
    protocol::{MAX_SERVICE_LEN, Suite},
};

/// What a certificate for channels grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    principals: Vec<String>,
    services: Vec<String>,
}

impl Grant {
    /// Who may use what. At least one of each.
    ///
    /// # Errors
    /// [`Error::ChannelName`], for one that is named twice too; [`Error::NotForChannels`] if there is none.
    pub fn new(principals: Vec<String>, services: Vec<String>) -> Result<Self, Error> {
        if principals.is_empty() {
            return Err(Error::NotForChannels(Profile::Principal));
        }
        if services.is_empty() {
            return Err(Error::NotForChannels(Profile::Service));
        }
        if !are_names(&principals, MAX_PRINCIPAL_LEN) || !are_names(&services, MAX_SERVICE_LEN) {
            return Err(Error::ChannelName);
        }
        Ok(Self { principals, services })
    }

    /// Who.
    pub fn principals(&self) -> &[String] {
        &self.principals
    }

    /// May use what.
    pub fn services(&self) -> &[String] {
        &self.services
    }

    /// The certificate that says so. Its subject is the first principal, for people to read.
    ///
    /// # Errors
    /// [`Error::NotForChannels`] for a life of more than 31 days.
    pub fn template(&self, validity: Validity) -> Result<Template, Error> {
        check_lifetime(validity)?;
        let subject = match self.principals.first() {
            Some(first) if first.chars().count() <= MAX_COMMON_NAME_LEN => Name::common(first)?,
            _ => Name::default(),
        };
        let principals = self.principals.iter().map(|name| uri(PRINCIPAL_URI, name));
        let services = self.services.iter().map(|name| uri(SERVICE_URI, name));
        Ok(Template::new(subject, validity).alt_names(principals.chain(services)).grant())
    }

    /// What a certificate grants, whose chain somebody has verified.
    ///
    /// # Errors
    /// [`Error::NotForChannels`].
    pub fn of(certificate: &Certificate) -> Result<Self, Error> {
        let refused = |profile| Err(Error::NotForChannels(profile));
        let kind = certificate.key.kind();
        if !Suite::ALL.iter().any(|suite| KeyKind::Signature(suite.signature()) == kind) {
            return refused(Profile::Key(kind));
        }
        if certificate.is_ca() {
            return refused(Profile::Ca);
        }
        if !certificate.key_usage().is_some_and(super::KeyUsage::is_signature_alone) {
            return refused(Profile::KeyUsage);
        }
        check_lifetime(certificate.validity)?;
        let (mut principals, mut services) = (Vec::new(), Vec::new());
        for name in certificate.alt_names() {
            let AltName::Uri(uri) = name else { return refused(Profile::Names) };
            if let Some(name) = read(uri, PRINCIPAL_URI) {
                principals.push(name);
            } else if let Some(name) = read(uri, SERVICE_URI) {
                services.push(name);
            } else {
                return refused(Profile::Names);
            }
        }
        Self::new(principals, services).map_err(|error| match error {
            Error::ChannelName => Error::NotForChannels(Profile::Names),
            other => other,
        })
    }
}

fn check_lifetime(validity: Validity) -> Result<(), Error> {
    let lifetime = validity.until().unix().saturating_sub(validity.from().unix());
    if lifetime > MAX_CHANNEL_LIFETIME { Err(Error::NotForChannels(Profile::Lifetime)) } else { Ok(()) }
}

fn are_names(names: &[String], most: usize) -> bool {
    let is_first = |(at, name): (usize, &String)| !names.iter().take(at).any(|before| before == name);
    names.iter().all(|name| name.len() <= most && is_plain(name)) && names.iter().enumerate().all(is_first)
}

/// The URI of a name: its bytes in UTF-8, those that RFC 3986 does not call unreserved as `%XX`.
fn uri(prefix: &str, name: &str) -> AltName {
    let mut uri = prefix.to_string();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    AltName::Uri(uri)
}

/// The name in a URI, if it is written in the one way.
fn read(text: &str, prefix: &str) -> Option<String> {
    let mut rest = text.strip_prefix(prefix)?.bytes();
    let mut bytes = Vec::new();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit =
                    |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                high << 4 | low
            }
            other => other,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    (uri(prefix, &name) == AltName::Uri(text.into())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_uri() {
        for (name, text) in [
            ("desk-7", "twinlock:principal:desk-7"),
            ("a b/c", "twinlock:principal:a%20b%2Fc"),
            ("Zürich", "twinlock:principal:Z%C3%BCrich"),
        ] {
            assert_eq!(uri(PRINCIPAL_URI, name), AltName::Uri(text.into()));
            assert_eq!(read(text, PRINCIPAL_URI).as_deref(), Some(name));
        }
        for bad in ["a%20b%2fc", "%61", "a b", "%", "%4", "%zz", "%FF", "%C3"] {
            assert_eq!(read(&format!("{PRINCIPAL_URI}{bad}"), PRINCIPAL_URI), None, "{bad}");
        }
    }

    #[test]
    fn names_are_bounded_and_stand_once() {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(Grant::new(list(&["a", "b"]), list(&["a"])).is_ok());
        let long = "x".repeat(65);
        for bad in [&["a", "a"][..], &[""], &["a\n"], &[&long]] {
            assert_eq!(Grant::new(list(bad), list(&["s"])), Err(Error::ChannelName), "{bad:?}");
            assert_eq!(Grant::new(list(&["p"]), list(bad)), Err(Error::ChannelName), "{bad:?}");
        }
        assert_eq!(Grant::new(list(&[]), list(&["s"])), Err(Error::NotForChannels(Profile::Principal)));
        assert_eq!(Grant::new(list(&["p"]), list(&[])), Err(Error::NotForChannels(Profile::Service)));
    }
}
