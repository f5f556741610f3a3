//! The name of an entry, which is also that of its folder.

use alloc::{borrow::ToOwned as _, string::String};
use core::{fmt, ops::Deref, str::FromStr};

use super::Error;
use crate::ids::ring::{MAX_NAME_LEN, RESERVED};

/// A name of 1 to 64 characters: small letters, digits, `-`, `_` and `.`, of which the first is a letter or a digit.
///
/// No name can leave its folder, be hidden, or be the same as another on a file system that does not tell capitals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_safe = text.starts_with(plain)
            && text.len() <= MAX_NAME_LEN
            && text.chars().all(|c| plain(c) || matches!(c, '-' | '_' | '.'));
        match is_safe {
            true if text.starts_with(RESERVED) => Err(Error::ReservedName),
            true => Ok(Self(text.to_owned())),
            false => Err(Error::Name),
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_as_names_of_folders() {
        let longest = "a".repeat(MAX_NAME_LEN);
        for good in ["a", "7", "desk-7", "db1.example.com", "a_b", "a..b", "manifest", "manifests.x", &longest] {
            assert_eq!(&*good.parse::<Name>().unwrap(), good);
        }
        let too_long = "a".repeat(MAX_NAME_LEN + 1);
        let bad = [
            "",
            ".",
            "..",
            "../a",
            "a/b",
            "a\\b",
            "/a",
            "-a",
            "_a",
            ".a",
            "A",
            "aB",
            "a b",
            "a\n",
            "a\0",
            "é",
            "a\u{202e}",
            "a\r",
            &too_long,
        ];
        for bad in bad {
            assert_eq!(bad.parse::<Name>(), Err(Error::Name), "{bad:?}");
        }
        for reserved in ["manifest.json", "manifest.key", "manifest.x"] {
            assert_eq!(reserved.parse::<Name>(), Err(Error::ReservedName));
        }
    }
}
