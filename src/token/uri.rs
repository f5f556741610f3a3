//! The names of tokens and of the keys in them: `pkcs11:` URIs (RFC 7512).

use alloc::{
    borrow::ToOwned as _,
    string::{String, ToString as _},
    vec::Vec,
};
use core::{fmt, str::FromStr};
use std::path::PathBuf;

use super::Error;
use crate::ids::token::{
    LABEL_LEN, MANUFACTURER_LEN, MAX_ID_LEN, MAX_OBJECT_LEN, MAX_URI_LEN, MODEL_LEN, SCHEME, SERIAL_LEN,
};

/// What a `pkcs11:` URI says: a module, which of its tokens, and which of the keys there. What it does not say matches
/// any.
///
/// Read strictly: each attribute once, no attribute that is not known here, and no PIN, which others could see.
///
/// ```
/// let uri: twinlock::token::Uri = "pkcs11:token=ops;object=gate?module-path=/usr/lib/hsm.so".parse()?;
/// assert_eq!(uri.to_string(), "pkcs11:token=ops;object=gate?module-path=/usr/lib/hsm.so");
/// assert!("pkcs11:token=ops?pin-value=1234".parse::<twinlock::token::Uri>().is_err());
/// # Ok::<(), twinlock::token::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uri {
    pub(super) token: Option<String>,
    pub(super) manufacturer: Option<String>,
    pub(super) model: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) object: Option<String>,
    pub(super) id: Option<Vec<u8>>,
    pub(super) module_path: Option<PathBuf>,
}

impl Uri {
    /// The label of the key.
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// The id of the key.
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    /// Takes one attribute of the path.
    fn path(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "token" => set(&mut self.token, "token", text("token", value, LABEL_LEN)?),
            "manufacturer" => {
                set(&mut self.manufacturer, "manufacturer", text("manufacturer", value, MANUFACTURER_LEN)?)
            }
            "model" => set(&mut self.model, "model", text("model", value, MODEL_LEN)?),
            "serial" => set(&mut self.serial, "serial", text("serial", value, SERIAL_LEN)?),
            "object" => set(&mut self.object, "object", text("object", value, MAX_OBJECT_LEN)?),
            "id" => set(&mut self.id, "id", bytes("id", value, MAX_ID_LEN)?),
            "type" if value == "private" => Ok(()),
            "type" => Err(Error::UriValue("type", "must be private")),
            _ => Err(unknown(name)),
        }
    }

    /// Takes one attribute of the query.
    fn query(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "module-path" => {
                let path = PathBuf::from(text("module-path", value, MAX_URI_LEN)?);
                if !path.is_absolute() {
                    return Err(Error::UriValue("module-path", "must begin with /"));
                }
                set(&mut self.module_path, "module-path", path)
            }
            "pin-value" | "pin-source" => Err(Error::UriPin),
            _ => Err(unknown(name)),
        }
    }
}

impl FromStr for Uri {
    type Err = Error;

    fn from_str(uri: &str) -> Result<Self, Error> {
        let rest = uri.strip_prefix(SCHEME).filter(|_| uri.len() <= MAX_URI_LEN).ok_or(Error::NotAUri)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut read = Self::default();
        let mut seen = Vec::new();
        let mut each = |list: &str, separator, in_query| {
            for attribute in list.split(separator).filter(|_| !list.is_empty()) {
                let (name, value) = attribute.split_once('=').ok_or(Error::NotAUri)?;
                if in_query { read.query(name, value) } else { read.path(name, value) }?;
                if seen.contains(&name.to_owned()) {
                    return Err(Error::UriValue("type", "stands there twice")); // `set` tells of all others
                }
                seen.push(name.to_owned());
            }
            Ok(())
        };
        each(path, ';', false)?;
        each(query, '&', true)?;
        Ok(read)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        let texts = [
            ("token", &self.token),
            ("manufacturer", &self.manufacturer),
            ("model", &self.model),
            ("serial", &self.serial),
            ("object", &self.object),
        ];
        let texts = texts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?.as_bytes())));
        for (at, (name, value)) in texts.chain(self.id.as_ref().map(|id| ("id", id.as_slice()))).enumerate() {
            let separator = if at == 0 { "" } else { ";" };
            write!(f, "{separator}{name}=")?;
            escape(f, value, name == "id")?;
        }
        if let Some(path) = &self.module_path {
            f.write_str("?module-path=")?;
            escape(f, path.as_os_str().as_encoded_bytes(), false)?;
        }
        Ok(())
    }
}

fn set<T>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), Error> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::UriValue(name, "stands there twice")),
    }
}

/// The name is the caller's text: what of it could move a terminal's cursor is not repeated.
fn unknown(name: &str) -> Error {
    let sound = !name.is_empty() && name.len() <= LABEL_LEN && name.bytes().all(|byte| byte.is_ascii_graphic());
    Error::UriAttribute(if sound { name.to_string() } else { "?".to_string() })
}

/// Text without control characters, at most `most` bytes.
fn text(name: &'static str, value: &str, most: usize) -> Result<String, Error> {
    let text = String::from_utf8(bytes(name, value, most)?).map_err(|_| Error::UriValue(name, "must be UTF-8"))?;
    match text.chars().any(char::is_control) {
        true => Err(Error::UriValue(name, "must be without control characters")),
        false => Ok(text),
    }
}

/// The bytes of a value: percent-decoded, neither empty nor longer than `most`.
fn bytes(name: &'static str, value: &str, most: usize) -> Result<Vec<u8>, Error> {
    let bad = Error::UriValue(name, "has a character that must be written as % and two hex digits");
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => match (digit(rest.next()), digit(rest.next())) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(bad),
            },
            // RFC 7512 §2.3; ; and & have ended the value already, and ? the path.
            _ if byte.is_ascii_alphanumeric() || b"-._~:[]@!$'()*+,=&/?|".contains(&byte) => byte,
            _ => return Err(bad),
        });
    }
    match decoded.len() {
        0 => Err(Error::UriValue(name, "is empty")),
        len if len > most => Err(Error::UriValue(name, "is too long")),
        _ => Ok(decoded),
    }
}

fn escape(f: &mut fmt::Formatter<'_>, value: &[u8], all: bool) -> fmt::Result {
    for byte in value {
        match byte {
            _ if all => write!(f, "%{byte:02x}")?,
            b'-' | b'.' | b'_' | b'~' | b'/' => write!(f, "{}", char::from(*byte))?,
            _ if byte.is_ascii_alphanumeric() => write!(f, "{}", char::from(*byte))?,
            _ => write!(f, "%{byte:02x}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str) -> Result<Uri, Error> {
        uri.parse()
    }

    #[test]
    fn what_is_written_is_read() {
        for uri in [
            "pkcs11:",
            "pkcs11:token=a",
            "pkcs11:token=a%20b%3b%c3%a4;manufacturer=m;model=v1;serial=12;object=gate;id=%00%ff?module-path=/lib/a%3f.so",
            "pkcs11:?module-path=/lib/a.so",
        ] {
            assert_eq!(read(uri).unwrap().to_string(), uri);
        }
        let uri = read("pkcs11:id=%01Az;type=private;token=a%3Db").unwrap();
        assert_eq!((uri.id(), uri.token.as_deref()), (Some(&b"\x01Az"[..]), Some("a=b")));
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "pkcs11",
            "PKCS11:",
            "pkcs12:token=a",
            "pkcs11:token",
            "pkcs11:;",
            "pkcs11:token=a;",
            "pkcs11:token=a?",
        ] {
            let found = read(bad);
            assert!(bad.ends_with('?') && found.is_ok() || found == Err(Error::NotAUri), "{bad}: {found:?}");
        }
        for bad in [
            "token=",
            "token=%",
            "token=%4",
            "token=%zz",
            "token=a b",
            "token=a#b",
            "token=a\"",
            "token=ä",
            "token=%ff",
            "token=%00",
            "token=a%1b",
            "token=a;token=a",
            "type=private;type=private",
            "type=public",
            "type=",
            "id=",
            "token=123456789012345678901234567890123",
            "serial=12345678901234567",
            "token=a?module-path=lib.so",
            "token=a?module-path=/a&module-path=/a",
        ] {
            assert!(matches!(read(&["pkcs11:", bad].concat()), Err(Error::UriValue(..))), "{bad}");
        }
        for (bad, name) in
            [("slot-id=1", "slot-id"), ("Token=a", "Token"), ("x-a=1", "x-a"), ("\u{1b}[2J=1", "?"), ("=1", "?")]
        {
            assert_eq!(read(&["pkcs11:", bad].concat()), Err(Error::UriAttribute(name.into())));
        }
        assert_eq!(read("pkcs11:module-path=/a"), Err(Error::UriAttribute("module-path".into())));
        assert_eq!(read("pkcs11:?token=a"), Err(Error::UriAttribute("token".into())));
        assert_eq!(read(&["pkcs11:", &"a".repeat(MAX_URI_LEN)].concat()), Err(Error::NotAUri));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_refused_or_read_and_written_alike(text in "[a-z:;=?&%0-9/ä -]{0,40}") {
            for uri in [text.clone(), ["pkcs11:", &text].concat(), ["pkcs11:token=", &text].concat()] {
                if let Ok(found) = read(&uri) {
                    assert_eq!(read(&found.to_string()), Ok(found));
                }
            }
        }

        #[test]
        fn what_a_token_can_be_called_is_written_and_read(token in "\\PC{1,8}", id in proptest::collection::vec(0u8.., 1..9)) {
            let uri = Uri { token: Some(token), id: Some(id), module_path: Some("/a b/ü".into()), ..Uri::default() };
            assert_eq!(read(&uri.to_string()), Ok(uri));
        }
    }

    #[test]
    fn a_pin_is_refused_and_not_repeated() {
        for attribute in ["pin-value=1234", "pin-source=file:1234"] {
            let error = read(&["pkcs11:token=a?", attribute].concat()).unwrap_err();
            assert_eq!(error, Error::UriPin);
            assert!(!error.to_string().contains("1234"));
        }
    }
}
