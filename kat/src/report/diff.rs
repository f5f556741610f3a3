//! What changed between two reports.

use core::fmt;
use std::collections::BTreeMap;

use super::json::{Document, class_of};
use crate::Class;

/// What changed from one `kat-report/1` to another, each list by set and in the order of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Cases that fail and did not.
    pub new_failures: Vec<Change>,
    /// Cases that failed and pass.
    pub fixed: Vec<Change>,
    /// Cases that are no longer offered.
    pub newly_unsupported: Vec<Change>,
    /// Cases that were asked and now are not: gone from the set, or not selected.
    pub no_longer_asked: Vec<Change>,
    /// Cases that fail as before, in another way.
    pub changed_failures: Vec<Change>,
    /// The counts of classes that differ: name, old, new.
    pub counts: Vec<(String, usize, usize)>,
}

/// A case that came out differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its set.
    pub set: String,
    /// Its id.
    pub case: String,
    /// What came of it before; none if it was not asked.
    pub old: Option<Class>,
    /// What comes of it now; none if it was not asked.
    pub new: Option<Class>,
}

impl Diff {
    /// Compares two reports.
    pub fn of(old: &Document<'_>, new: &Document<'_>) -> Self {
        let (before, now) = (classes(old), classes(new));
        let mut diff = Self { counts: counts(old, new), ..Self::default() };
        let gone = before.iter().filter(|(case, _)| !now.contains_key(*case)).map(|(case, _)| (case, &None));
        for (case, class) in now.iter().chain(gone) {
            let old = before.get(case).copied().flatten();
            let failed = |class: Option<Class>| class.is_some_and(Class::is_failure);
            let list = match (old, *class) {
                (old, new) if old == new => continue,
                (old, new) if failed(old) && failed(new) => &mut diff.changed_failures,
                (_, new) if failed(new) => &mut diff.new_failures,
                (Some(_), None) => &mut diff.no_longer_asked,
                (Some(_), Some(Class::Unsupported)) => &mut diff.newly_unsupported,
                (old, Some(new)) if failed(old) && new.is_pass() => &mut diff.fixed,
                _ => continue,
            };
            list.push(Change { set: case.0.into(), case: case.1.into(), old, new: *class });
        }
        diff
    }

    /// What the process should exit with: 1 if there is a new failure, or a case is no longer asked, else 0.
    pub const fn exit_code(&self) -> u8 {
        if self.new_failures.is_empty() && self.no_longer_asked.is_empty() { 0 } else { 1 }
    }
}

type Classes<'a> = BTreeMap<(&'a str, &'a str), Option<Class>>;

fn classes<'a>(document: &'a Document<'_>) -> Classes<'a> {
    let lists = document.sets.iter().flat_map(|set| set.cases.iter().map(move |(label, ids)| (set, label, ids)));
    let cases = lists.flat_map(|(set, label, ids)| {
        let class = class_of(label).flatten();
        ids.iter().map(move |id| ((&*set.name, &**id), class))
    });
    cases.collect()
}

fn counts(old: &Document<'_>, new: &Document<'_>) -> Vec<(String, usize, usize)> {
    let all = |document: &Document<'_>| {
        let classes = Class::ALL.map(|class| class.name());
        let count = |class| document.counts.classes.get(class).copied().unwrap_or_default();
        let counts = classes.into_iter().map(|class| (class, count(class)));
        counts.chain([("all", document.counts.read)]).collect::<Vec<_>>()
    };
    let pairs = all(old).into_iter().zip(all(new));
    pairs.filter(|(old, new)| old.1 != new.1).map(|(old, new)| (old.0.to_owned(), old.1, new.1)).collect()
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("new failures", &self.new_failures),
            ("fixed", &self.fixed),
            ("newly unsupported", &self.newly_unsupported),
            ("no longer asked", &self.no_longer_asked),
            ("failing in another way", &self.changed_failures),
        ];
        for (name, list) in lists {
            writeln!(f, "{name}: {}", list.len())?;
            for Change { set, case, old, new } in list {
                let name = |class: &Option<Class>| class.map_or("not asked", Class::name);
                writeln!(f, "  {set}: {case}: {} -> {}", name(old), name(new))?;
            }
        }
        for (name, old, new) in &self.counts {
            writeln!(f, "{name}: {old} -> {new} cases")?;
        }
        Ok(())
    }
}
