//! Why vectors cannot be used: always with the file, the place in it, and the field.

use core::fmt;

use crate::{Shape, algorithm::Kind};

/// A file that is not what its format says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The file; empty until whoever opened it says so with [`Error::in_file`].
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub what: What,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, from 1.
    Line(usize),
    /// A line and a column, from 1.
    Column(usize, usize),
    /// A case, by its number in the file, where a format has lost its lines.
    Case(String),
    /// The file as a whole.
    File,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Not one case.
    Empty,
    /// The file ends in the middle of something.
    Truncated,
    /// No format that is read here looks like this.
    UnknownFormat,
    /// A key that the format does not have.
    UnknownField(String),
    /// A key that must be there.
    MissingField(String),
    /// A key that is there twice, or beside another that it excludes.
    Misplaced(String),
    /// A value that its key cannot have.
    Value {
        /// The key.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Text that the format's grammar does not have; JSON's own words where it is JSON.
    Syntax(String),
    /// A case of one of two files that the other does not have, or a common key in which they differ.
    Unmatched(String),
    /// A question or an expectation that its algorithm does not have.
    Shape(Shape),
    /// An algorithm that is not known here.
    Algorithm(String),
    /// Bytes that are not those that the lock file names.
    Digest,
    /// Another count of cases than the lock file's.
    Count {
        /// What the lock file says.
        expected: usize,
        /// What was read.
        found: usize,
    },
    /// The file could not be read or written.
    Io(std::io::ErrorKind),
}

impl Error {
    /// An error at a line.
    pub const fn at(line: usize, what: What) -> Self {
        Self { file: String::new(), place: Place::Line(line), what }
    }

    /// An error in a case.
    pub fn in_case(id: impl Into<String>, what: What) -> Self {
        Self { file: String::new(), place: Place::Case(id.into()), what }
    }

    /// An error of the whole file.
    pub const fn of_file(what: What) -> Self {
        Self { file: String::new(), place: Place::File, what }
    }

    /// The same, of this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = if self.file.is_empty() { "vectors" } else { &self.file };
        match &self.place {
            Place::Line(line) => write!(f, "{file}:{line}: {}", self.what),
            Place::Column(line, column) => write!(f, "{file}:{line}:{column}: {}", self.what),
            Place::Case(id) => write!(f, "{file}: case {id}: {}", self.what),
            Place::File => write!(f, "{file}: {}", self.what),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("holds not one case"),
            Self::Truncated => f.write_str("ends in the middle; fetch the file again"),
            Self::UnknownFormat => {
                f.write_str("is in no format that is read here; `twinlock kat import --help` lists them")
            }
            Self::UnknownField(field) => write!(f, "unknown field `{field}`"),
            Self::MissingField(field) => write!(f, "missing field `{field}`"),
            Self::Misplaced(field) => write!(f, "field `{field}` must not be here"),
            Self::Value { field, expected } => write!(f, "field `{field}` must be {expected}"),
            Self::Syntax(text) => f.write_str(text),
            Self::Unmatched(key) => write!(f, "prompt and results do not match in `{key}`"),
            Self::Shape(shape) => write!(f, "{shape}"),
            Self::Algorithm(name) => write!(f, "unknown algorithm `{name}`"),
            Self::Digest => f.write_str("its SHA-256 is not the one in kat.lock"),
            Self::Count { expected, found } => write!(f, "holds {found} cases, and kat.lock says {expected}"),
            Self::Io(std::io::ErrorKind::NotFound) => f.write_str("no such file"),
            Self::Io(kind) => write!(f, "{kind}"),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Op => f.write_str("the algorithm has no such operation"),
            Self::Missing(field) => write!(f, "missing field `{field}`"),
            Self::Unknown(field) => write!(f, "field `{field}` must not be here"),
            Self::Kind(field) => {
                let kind = match field.kind() {
                    Kind::Bytes => "bytes in hex",
                    Kind::Text => "a name",
                    Kind::Number => "a number",
                };
                write!(f, "field `{field}` must be {kind}")
            }
        }
    }
}

impl core::error::Error for Error {}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        let place = if error.line() == 0 { Place::File } else { Place::Column(error.line(), error.column()) };
        let what = if error.is_eof() {
            What::Truncated
        } else {
            // serde_json ends its words with the place, which has its own home here.
            let text = error.to_string();
            let words = text.split(" at line ").next().unwrap_or_default();
            // The words have parts of the file in them.
            What::Syntax(words.replace(char::is_control, "\u{fffd}"))
        };
        Self { file: String::new(), place, what }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::of_file(What::Io(error.kind()))
    }
}
