//! The note of a change that has begun: which generations may be there though no manifest names them.

use alloc::{borrow::Cow, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{Error, Name};
use crate::ids::ring::{CHANGE_FORMAT, MAX_MANIFEST_LEN};

/// What a change is about to write. It stands beside the manifest before the first file of a new key does, and goes
/// when the manifest that names them is there. So whoever finds it knows what a change that was killed left behind,
/// and need not guess which files are nobody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether it makes the ring: the manifest's key is new too.
    pub is_first: bool,
    /// The generations that it makes.
    pub generations: Vec<(Name, u32)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    first: bool,
    #[serde(borrow)]
    generations: Vec<RawGeneration<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGeneration<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    number: u32,
}

impl Change {
    /// JSON in one line.
    ///
    /// # Errors
    /// None for a change that exists.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let generations = self.generations.iter();
        let generations =
            generations.map(|(name, number)| RawGeneration { name: Cow::Borrowed(name), number: *number });
        let raw =
            Raw { format: CHANGE_FORMAT.into(), first: self.is_first, generations: generations.collect::<Vec<_>>() };
        let mut bytes = serde_json::to_vec(&raw).map_err(|_| Error::Change)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads what [`Change::to_bytes`] writes, and nothing else.
    ///
    /// # Errors
    /// [`Error::Change`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_MANIFEST_LEN {
            return Err(Error::Change);
        }
        let raw: Raw<'_> = serde_json::from_slice(bytes).map_err(|_| Error::Change)?;
        let generations = raw.generations.iter().map(|one| Ok((one.name.parse()?, one.number)));
        let change = Self {
            is_first: raw.first,
            generations: generations.collect::<Result<_, Error>>().map_err(|_| Error::Change)?,
        };
        if change.to_bytes()? == bytes { Ok(change) } else { Err(Error::Change) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_change_has_one_text() {
        let change = Change { is_first: true, generations: vec![("a".parse().unwrap(), 2), ("b".parse().unwrap(), 1)] };
        let text = r#"{"format":"twinlock-ring-change/1","first":true,"generations":[{"name":"a","number":2},{"name":"b","number":1}]}"#;
        let bytes = change.to_bytes().unwrap();
        assert_eq!(bytes, format!("{text}\n").as_bytes());
        assert_eq!(Change::from_bytes(&bytes), Ok(change));
        for bad in [
            "",
            text,
            &format!("{text}\n\n"),
            &format!(" {text}\n"),
            &format!("{}\n", text.replace("ring-change/1", "ring-change/2")),
            &format!("{}\n", text.replace("\"a\"", "\"../a\"")),
            &format!("{}\n", text.replace("true", "true,\"x\":1")),
            &format!("{}\n", text.replace("true", "true,\"first\":true")),
        ] {
            assert_eq!(Change::from_bytes(bad.as_bytes()), Err(Error::Change), "{bad}");
        }
    }
}
