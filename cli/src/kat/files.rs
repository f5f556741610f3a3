//! What is shipped, and files of any format.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use serde_json::json as value;
use twinlock_kat::{
    Case, Expect, formats,
    report::{self, json},
    sets,
};

use super::args::{Convert, Diff, Import, List};
use crate::{
    error::Error,
    files::{NewFile, open, read as read_file},
    terminal,
};

/// The largest report that is read, in bytes: every case of all that is shipped is there by its id.
const MAX_REPORT: usize = 64 << 20;

/// One line for each shipped set.
pub(super) fn list(args: &List) -> Result<(), Error> {
    let lock = sets::lock().map_err(Error::failed)?;
    if args.json {
        let sets: Vec<_> = lock
            .iter()
            .map(|entry| {
                value!({
                    "name": entry.name,
                    "cases": entry.cases,
                    "format": entry.format,
                    "status": entry.status.name(),
                    "package": entry.package,
                    "version": entry.version,
                    "licence": entry.licence,
                })
            })
            .collect();
        return terminal::print_json(&sets);
    }
    let mut text = String::new();
    let width = lock.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    for entry in lock {
        let _ = writeln!(
            text,
            "{:width$}  {:>6}  {}  ({} {})",
            entry.name,
            entry.cases,
            entry.status.name(),
            entry.package,
            entry.version
        );
    }
    let total: usize = lock.iter().map(|entry| entry.cases).sum();
    let _ = writeln!(text, "{:width$}  {total:>6}  in {} sets", "", lock.len());
    terminal::print(text)
}

/// Hashes and reads every shipped set.
pub(super) fn verify() -> Result<(), Error> {
    let lock = sets::lock().map_err(Error::failed)?;
    let mut total = 0_usize;
    for entry in lock {
        sets::verify(entry).map_err(Error::no)?;
        let found = sets::load(entry).map_err(Error::no)?.len();
        if found != entry.cases {
            return Err(Error::no(format_args!("{}: {found} cases, and kat.lock says {}", entry.name, entry.cases)));
        }
        total = total.saturating_add(found);
    }
    terminal::print(format!("{} sets, {total} cases: as in kat.lock\n", lock.len()))
}

fn cases(args: &Import) -> Result<Vec<Case>, Error> {
    let paths: Vec<&Path> = args.files.iter().map(AsRef::as_ref).collect();
    super::vectors(&paths, args.format).map_err(Error::failed)
}

/// Counts by algorithm and operation.
pub(super) fn import(args: &Import) -> Result<(), Error> {
    let cases = cases(args)?;
    let mut counts = BTreeMap::<_, (usize, usize)>::new();
    for case in &cases {
        let (all, rejected) = counts.entry((case.question.alg, case.question.op)).or_default();
        *all = all.saturating_add(1);
        *rejected = rejected.saturating_add(usize::from(case.expect == Expect::Reject));
    }
    let mut text = String::new();
    for ((alg, op), (all, rejected)) in counts {
        let _ = writeln!(text, "{all:>6}  {alg} {op}, {rejected} to be refused");
    }
    let _ = writeln!(text, "{:>6}  cases", cases.len());
    terminal::print(text)?;
    for path in &args.files {
        for (line, why) in left_out(path) {
            terminal::say(format_args!("{}:{line}: left out: {why}", path.display()));
        }
    }
    Ok(())
}

/// What a file of OpenSSL's evp_test has beside what is read here; nothing of any other.
fn left_out(path: &Path) -> Vec<(usize, String)> {
    fs::read_to_string(path).ok().and_then(|text| formats::left_out(&text).ok()).unwrap_or_default()
}

/// What changed from one report to another.
pub(super) fn diff(args: &Diff) -> Result<(), Error> {
    let (old, new) = (content(&args.old)?, content(&args.new)?);
    let document = |path: &Path, bytes| json::read(&path.display().to_string(), bytes).map_err(Error::failed);
    let changes = report::diff::Diff::of(&document(&args.old, &old)?, &document(&args.new, &new)?);
    terminal::show(&changes.to_string())?;
    match (changes.exit_code(), changes.new_failures.len(), changes.no_longer_asked.len()) {
        (0, ..) => Ok(()),
        (_, fail, gone) => Err(Error::no(format_args!("{fail} cases fail that did not, {gone} are no longer asked"))),
    }
}

fn content(path: &Path) -> Result<Vec<u8>, Error> {
    Ok(read_file(path, open(path)?, MAX_REPORT)?.to_vec())
}

/// Writes `kat-vector/1`.
pub(super) fn convert(args: &Convert) -> Result<(), Error> {
    let cases = cases(&args.from)?;
    let source = args.from.files.iter().filter_map(|file| file.file_name()).map(|name| name.to_string_lossy());
    let source: Vec<_> = source.collect();
    let header = formats::kat_vector::Header::new(source.join(", "), String::new(), Vec::new());
    let mut content = Vec::new();
    formats::kat_vector::write(&header, &cases, &mut content).map_err(Error::failed)?;
    if args.out.as_os_str() == "-" {
        return terminal::print(content);
    }
    NewFile::write(&args.out, &content, 0o644, args.force)?.keep(args.force)
}
