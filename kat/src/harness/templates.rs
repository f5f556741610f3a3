//! Starting points for harnesses: small programs that speak `kat/1` and have one operation that works.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::{Error, What};

/// A language that there is a template in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, with the crate `ml-kem` as its example.
    Rust,
    /// C, with OpenSSL's libcrypto as its example; jansson reads the JSON.
    C,
    /// Go, with crypto/mlkem as its example.
    Go,
    /// Python, with hashlib as its example.
    Python,
    /// JavaScript for Node.js, with node:crypto as its example.
    Js,
}

macro_rules! files {
    ($directory:literal: $($name:literal from $source:literal),*) => {
        &[$(($name, include_str!(concat!("../../harness/templates/", $directory, "/", $source)))),*]
    };
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rust, Self::C, Self::Go, Self::Python, Self::Js];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Go => "go",
            Self::Python => "python",
            Self::Js => "js",
        }
    }

    /// The one of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// Its files: where each goes, and what is in it.
    const fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // A file of the name `Cargo.toml` would keep cargo from packaging its directory.
            Self::Rust => files!("rust": "Cargo.toml" from "Cargo.toml.in", "src/main.rs" from "src/main.rs",
                "README.md" from "README.md"),
            Self::C => files!("c": "Makefile" from "Makefile", "harness.c" from "harness.c",
                "README.md" from "README.md"),
            Self::Go => files!("go": "go.mod" from "go.mod", "main.go" from "main.go", "README.md" from "README.md"),
            Self::Python => files!("python": "harness.py" from "harness.py", "README.md" from "README.md"),
            Self::Js => files!("js": "harness.mjs" from "harness.mjs", "README.md" from "README.md"),
        }
    }
}

/// Writes a template into a directory, which is made if there is none, and gives the files written.
///
/// # Errors
/// The first file that could not be written: nothing is overwritten, and what was written before is removed.
pub fn init(language: Language, directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut written = Vec::new();
    for (name, text) in language.files() {
        let path = directory.join(name);
        if let Err(error) = write_new(&path, text, &mut written) {
            for path in written {
                // The error that is told is the first one.
                let _ = fs::remove_file(path);
            }
            return Err(Error::of_file(What::Io(error.kind())).in_file(path.display().to_string()));
        }
    }
    Ok(written)
}

/// Writes one file. It is among those written from the moment at which it is there.
fn write_new(path: &Path, text: &str, written: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    written.push(path.to_owned());
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_written_whole() {
        for language in Language::ALL {
            assert_eq!(Language::by_name(language.name()), Some(language));
            let directory = tempfile::tempdir().unwrap();
            let target = directory.path().join("new");
            let written = init(language, &target).unwrap();
            assert_eq!(written.len(), language.files().len());
            for ((name, text), path) in language.files().iter().zip(&written) {
                assert_eq!(*path, target.join(name));
                assert_eq!(fs::read_to_string(path).unwrap(), *text);
            }
        }
        assert_eq!(Language::by_name("cobol"), None);
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let readme = directory.path().join("README.md");
        fs::write(&readme, "mine").unwrap();
        for language in Language::ALL {
            let error = init(language, directory.path()).unwrap_err();
            assert_eq!(error.file, readme.display().to_string());
            assert_eq!(error.what, What::Io(std::io::ErrorKind::AlreadyExists));
            let left: Vec<_> = fs::read_dir(directory.path())
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_file())
                .collect();
            assert_eq!(left, std::slice::from_ref(&readme));
        }
        assert_eq!(fs::read_to_string(readme).unwrap(), "mine");
    }
}
