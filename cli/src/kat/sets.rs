//! Which cases a command is about.

use std::{
    fs,
    path::{Path, PathBuf},
};

use twinlock_kat::{Set, sets};

use crate::error::Error;

/// What was named: shipped sets and files. Nothing named is all that is shipped.
pub(super) struct Selection {
    shipped: Vec<&'static sets::Entry>,
    /// Each with the files that belong together.
    files: Vec<(PathBuf, Vec<PathBuf>)>,
}

impl Selection {
    /// A name is a file that is there, or a folder of ACVP's or our generator's; else a shipped set; else the start of the names of some.
    pub(super) fn new(names: &[String]) -> Result<Self, Error> {
        let lock = sets::lock().map_err(Error::failed)?;
        if names.is_empty() {
            return Ok(Self { shipped: lock.iter().collect(), files: Vec::new() });
        }
        let mut selection = Self { shipped: Vec::new(), files: Vec::new() };
        for name in names {
            let path = Path::new(name);
            if path.is_file() {
                selection.files.push((path.into(), vec![path.into()]));
                continue;
            }
            let acvp = ["prompt.json", "expectedResults.json"].map(|file| path.join(file));
            if acvp.iter().all(|file| file.is_file()) {
                selection.files.push((path.into(), acvp.into()));
                continue;
            }
            let made = generated(path);
            if !made.is_empty() {
                selection.files.extend(made.into_iter().map(|file| (file.clone(), vec![file])));
                continue;
            }
            let exact: Vec<_> = lock.iter().filter(|entry| entry.name == *name).collect();
            let found = if exact.is_empty() {
                lock.iter().filter(|entry| entry.name.starts_with(name.as_str())).collect()
            } else {
                exact
            };
            if found.is_empty() {
                return Err(Error::failed(format_args!(
                    "{name}: neither a file, nor a folder with prompt.json and expectedResults.json or *.jsonl, nor a shipped set"
                ))
                .hint("twinlock kat list shows the shipped sets"));
            }
            for entry in found {
                if !selection.shipped.iter().any(|chosen| chosen.name == entry.name) {
                    selection.shipped.push(entry);
                }
            }
        }
        Ok(selection)
    }

    /// The files that are read.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().flat_map(|(_, files)| files).map(PathBuf::as_path)
    }

    /// How many sets there are.
    pub(super) fn len(&self) -> usize {
        self.shipped.len().saturating_add(self.files.len())
    }

    /// How many cases there will be, if all of them are shipped.
    pub(super) fn total(&self) -> Option<usize> {
        self.files.is_empty().then(|| self.shipped.iter().map(|entry| entry.cases).sum())
    }

    /// What is known of a shipped set beside its cases.
    pub(super) fn status(&self, name: &str) -> Option<&'static str> {
        self.shipped.iter().find(|entry| entry.name == name).map(|entry| entry.status.name())
    }

    /// The sets, read one after another.
    pub(super) fn read(&self) -> impl Iterator<Item = Result<Set, twinlock_kat::Error>> + Send {
        self.read_small(usize::MAX)
    }

    /// The sets, without the shipped ones of more cases than that.
    pub(super) fn read_small(&self, most: usize) -> impl Iterator<Item = Result<Set, twinlock_kat::Error>> + Send {
        let shipped = self.shipped.iter().filter(move |entry| entry.cases <= most).map(|entry| {
            let cases = sets::load(entry)?;
            Ok(Set { name: entry.name.clone(), cases, expected: Some(entry.cases) })
        });
        let files = self.files.iter().map(|(name, paths)| {
            let paths: Vec<&Path> = paths.iter().map(AsRef::as_ref).collect();
            let cases = super::vectors(&paths, None)?;
            Ok(Set { name: name.display().to_string(), cases, expected: None })
        });
        shipped.chain(files)
    }
}

/// The sets in a folder that `kat gen` has written, by name; none of any other folder.
fn generated(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> =
        entries.filter(|path| path.is_file() && path.extension().is_some_and(|of_path| of_path == "jsonl")).collect();
    files.sort();
    files
}
