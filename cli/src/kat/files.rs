//! What is shipped, and files of any format.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use serde_json::json;
use twinlock_kat::{Case, Expect, formats, sets};

use super::args::{Convert, Import, List};
use crate::{error::Error, files::NewFile, terminal};

/// One line for each shipped set.
pub(super) fn list(args: &List) -> Result<(), Error> {
    let lock = sets::lock().map_err(Error::failed)?;
    if args.json {
        let sets: Vec<_> = lock
            .iter()
            .map(|entry| {
                json!({
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

fn read(args: &Import) -> Result<Vec<Case>, Error> {
    let format = match args.format.as_deref() {
        None => None,
        Some(name) => Some(formats::Format::by_name(name).ok_or_else(|| {
            let names: Vec<_> = formats::Format::ALL.iter().map(|format| format.name()).collect();
            Error::failed(format_args!("no format {name}")).hint(names.join(", "))
        })?),
    };
    let paths: Vec<&Path> = args.files.iter().map(AsRef::as_ref).collect();
    super::vectors(&paths, format).map_err(Error::failed)
}

/// Counts by algorithm and operation.
pub(super) fn import(args: &Import) -> Result<(), Error> {
    let cases = read(args)?;
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
    terminal::print(text)
}

/// Writes `kat-vector/1`.
pub(super) fn convert(args: &Convert) -> Result<(), Error> {
    let cases = read(&args.from)?;
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
