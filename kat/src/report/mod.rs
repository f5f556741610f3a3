//! What came of a run. Every report is written from one [`Report`], so that their totals agree.

pub mod acvp;
pub mod diff;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
mod section;
pub mod tap;

use core::fmt;
use std::{collections::BTreeMap, io, sync::Arc};

use data_encoding::HEXLOWER;
use serde::{Serialize, Serializer};

use crate::{About, Alg, Answer, Case, Class, Diagnosis, Lack, Op, Policy, Verdict, Waiver};

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who answered.
    pub about: About,
    /// Which answer was right where a standard leaves two.
    pub policy: Policy,
    /// How the implementation is named on the command line, for lines that repeat a failure; filled in by
    /// whoever knows it.
    pub selector: String,
    /// The sets, in the order in which they were read.
    pub sets: Vec<SetReport>,
    /// The failures that are kept whole, by set and place in it: the first
    /// [`FAILURES_KEPT`](crate::runner::FAILURES_KEPT) of each operation of each algorithm in each set. Waived
    /// ones are not among them.
    pub failures: Vec<Failure>,
    /// Some passes, kept whole: the first [`SAMPLES_KEPT`](crate::runner::SAMPLES_KEPT) of each operation of
    /// each algorithm.
    pub samples: Vec<Sample>,
    /// The waivers and what each waived.
    pub waivers: Vec<WaiverUse>,
    /// What probes of the implementation found, a line each; filled in by whoever probes.
    pub probes: Vec<String>,
    /// Why the answers cannot be trusted, such as that a wrong-on-purpose canary passed; filled in by whoever
    /// probes. A run with it never verifies anything.
    pub unverified: Option<String>,
    /// How many cases the implementation reported on.
    pub answered: usize,
}

/// What came of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetReport {
    /// Its name.
    pub name: String,
    /// What is known of the set, such as that it is a draft's; filled in by whoever knows it.
    pub status: String,
    /// Every case that was read, in the order of the set.
    pub records: Vec<Record>,
    /// How many of which class.
    pub counts: Counts,
    /// The same for each operation of each algorithm.
    pub operations: BTreeMap<(Alg, Op), Counts>,
    /// The answers by the place of their record, if they were to be kept.
    pub answers: BTreeMap<usize, Answer>,
}

/// A case of which only the mark is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id, unique in its set.
    pub id: Box<str>,
    /// Its algorithm.
    pub alg: Alg,
    /// Its operation.
    pub op: Op,
    /// What came of it.
    pub mark: Mark,
}

/// What came of a case, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A verdict of a class that is none of the following.
    Judged(Class),
    /// Not offered.
    Unsupported(Lack),
    /// A failure of this class that is let pass.
    Waived {
        /// The place of the waiver in [`Report::waivers`].
        waiver: usize,
        /// What it would be without.
        class: Class,
    },
    /// Not asked.
    NotSelected(Unselected),
}

/// Why a case was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unselected {
    /// A filter left it out.
    Filter,
    /// Its algorithm is from before the standards.
    Legacy,
}

/// How many cases came out how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of each class that there is any of.
    pub classes: BTreeMap<Class, usize>,
    /// Not selected, for each reason that there is any of.
    pub unselected: BTreeMap<Unselected, usize>,
}

/// A failure, kept whole.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The name of its set.
    pub set: String,
    /// The case: question and expectation.
    pub case: Arc<Case>,
    /// The verdict.
    pub verdict: Verdict,
    /// What was answered, if anything was.
    pub answer: Option<Answer>,
    /// The bug behind it, if [`diagnose`](crate::diagnose) knows one.
    pub diagnosis: Option<Diagnosis>,
    /// The place of its set in the report and its own in the set.
    pub(crate) place: (usize, usize),
}

/// A pass, kept whole.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The name of its set.
    pub set: String,
    /// The case: question and expectation.
    pub case: Arc<Case>,
    /// What was answered.
    pub answer: Answer,
}

/// A waiver, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverUse {
    /// The waiver.
    pub waiver: Waiver,
    /// How many failures it let pass.
    pub waived: usize,
}

impl Report {
    /// The counts of all sets together.
    pub fn counts(&self) -> Counts {
        self.sets.iter().fold(Counts::default(), |sum, set| sum.plus(&set.counts))
    }

    /// The counts of all sets together for each operation of each algorithm.
    pub fn operations(&self) -> BTreeMap<(Alg, Op), Counts> {
        let mut sums = BTreeMap::<_, Counts>::new();
        for (operation, counts) in self.sets.iter().flat_map(|set| &set.operations) {
            let sum = sums.entry(*operation).or_default();
            *sum = core::mem::take(sum).plus(counts);
        }
        sums
    }

    /// What the process should exit with: 0 if something passed and nothing failed; 1 if anything failed,
    /// crashed or timed out; 3 if nothing was verified.
    pub fn exit_code(&self) -> u8 {
        let counts = self.counts();
        match () {
            () if self.unverified.is_some() || self.answered == 0 => 3,
            () if counts.failed() > 0 => 1,
            () if counts.passed() == 0 => 3,
            () => 0,
        }
    }

    /// Why the exit code is 3, if it is.
    pub fn doubt(&self) -> Option<&str> {
        let reason = self.unverified.as_deref().unwrap_or(match self.answered {
            0 => "not one case was answered",
            _ => "not one case passed",
        });
        (self.exit_code() == 3).then_some(reason)
    }

    /// What there is to say about waivers: those that are expired, and those that waived nothing.
    pub fn waiver_notes(&self) -> Vec<String> {
        let notes = self.waivers.iter().zip(1_usize..).filter_map(|(WaiverUse { waiver, waived }, number)| {
            let what = match waiver.expired {
                true => format!("ended on {}; fix what it waived, or give it a new day", waiver.until),
                false if *waived == 0 => "waived nothing; remove it".into(),
                false => return None,
            };
            Some(format!("waiver {number} ({}) {what}", waiver.reason))
        });
        notes.collect()
    }

    /// The command that repeats a failure.
    pub fn repro(&self, failure: &Failure) -> String {
        let mut line = format!("twinlock kat run {} --case {}", quoted(&failure.set), quoted(&failure.case.id));
        if !self.selector.is_empty() {
            line = format!("{line} --impl {}", quoted(&self.selector));
        }
        if self.policy != Policy::default() {
            line = format!("{line} --policy {}", self.policy.name());
        }
        if failure.case.question.alg.is_legacy() {
            line.push_str(" --legacy");
        }
        line
    }

    /// Every case that was read.
    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let failures: BTreeMap<_, _> = self.failures.iter().map(|failure| (failure.place, failure)).collect();
        let failures = Arc::new(failures);
        self.sets.iter().enumerate().flat_map(move |(number, set)| {
            let failures = Arc::clone(&failures);
            set.records.iter().enumerate().map(move |(index, record)| Entry {
                set,
                record,
                failure: failures.get(&(number, index)).copied(),
            })
        })
    }

    /// Why a case is not simply a pass or a failure, for people.
    fn remark(&self, mark: Mark) -> Option<String> {
        match mark {
            Mark::Judged(_) => None,
            Mark::Unsupported(lack) => Some(Verdict::Unsupported(lack).to_string()),
            Mark::NotSelected(reason) => Some(reason.to_string()),
            Mark::Waived { waiver, class } => {
                let waiver = &self.waivers.get(waiver)?.waiver;
                Some(format!("{}: {class}: {}", Verdict::Waived(waiver.until.to_string()), waiver.reason))
            }
        }
    }

    /// What is known of a failure that is kept whole, as names and values, without its verdict.
    fn details(&self, failure: &Failure) -> Vec<(&'static str, String)> {
        let Failure { case, verdict, diagnosis, .. } = failure;
        let mut details = vec![
            ("algorithm", case.question.alg.to_string()),
            ("operation", case.question.op.to_string()),
            ("standard", failure.standard()),
        ];
        if !case.note.is_empty() {
            details.push(("note", case.note.clone()));
        }
        if let Verdict::FailMismatch(mismatch) = verdict {
            details.push(("field", mismatch.field.to_string()));
            details.push(("byte", mismatch.at.to_string()));
            details.push(("expected", excerpt(&mismatch.expected, mismatch.at)));
            details
                .push(("given", mismatch.given.as_ref().map_or("nothing".into(), |given| excerpt(given, mismatch.at))));
        }
        if let Some(diagnosis) = diagnosis {
            details.push(("diagnosis", diagnosis.to_string()));
        }
        details.push(("repeat", self.repro(failure)));
        details
    }
}

/// A case that was read, with what is kept of it.
struct Entry<'a> {
    set: &'a SetReport,
    record: &'a Record,
    failure: Option<&'a Failure>,
}

impl Entry<'_> {
    /// What a report says of a failure in one line.
    fn message(&self, class: Class) -> String {
        let Record { alg, op, .. } = self.record;
        match self.failure {
            Some(failure) => failure.verdict.to_string(),
            None => format!("{class}: {alg} {op}; details are kept of the first failures only"),
        }
    }
}

impl Failure {
    /// The section of the standard that it is about.
    pub fn standard(&self) -> String {
        section::section(self.case.question.alg, self.case.question.op)
    }
}

impl SetReport {
    pub(crate) const fn new(name: String) -> Self {
        Self {
            name,
            status: String::new(),
            records: Vec::new(),
            counts: Counts { classes: BTreeMap::new(), unselected: BTreeMap::new() },
            operations: BTreeMap::new(),
            answers: BTreeMap::new(),
        }
    }

    pub(crate) fn count(&mut self, operation: (Alg, Op), mark: Mark) {
        self.counts.add(mark);
        self.operations.entry(operation).or_default().add(mark);
    }
}

impl Mark {
    /// Its class; none if the case was not asked.
    pub const fn class(self) -> Option<Class> {
        match self {
            Self::Judged(class) => Some(class),
            Self::Unsupported(_) => Some(Class::Unsupported),
            Self::Waived { .. } => Some(Class::Waived),
            Self::NotSelected(_) => None,
        }
    }
}

impl fmt::Display for Unselected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Filter => "not selected: left out by a filter",
            Self::Legacy => "not selected: from before the standards",
        })
    }
}

impl Counts {
    fn add(&mut self, mark: Mark) {
        let count = match mark {
            Mark::NotSelected(reason) => self.unselected.entry(reason).or_default(),
            mark => self.classes.entry(mark.class().unwrap_or(Class::Crash)).or_default(),
        };
        *count = count.saturating_add(1);
    }

    fn plus(mut self, other: &Self) -> Self {
        fn sum<K: Ord + Copy>(into: &mut BTreeMap<K, usize>, from: &BTreeMap<K, usize>) {
            for (key, count) in from {
                let sum = into.entry(*key).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
        sum(&mut self.classes, &other.classes);
        sum(&mut self.unselected, &other.unselected);
        self
    }

    /// How many of a class.
    pub fn of(&self, class: Class) -> usize {
        self.classes.get(&class).copied().unwrap_or_default()
    }

    fn sum(&self, which: impl Fn(Class) -> bool) -> usize {
        self.classes.iter().filter(|(class, _)| which(**class)).map(|(_, count)| count).sum()
    }

    /// Answered, and right.
    pub fn passed(&self) -> usize {
        self.sum(Class::is_pass)
    }

    /// What makes a run fail.
    pub fn failed(&self) -> usize {
        self.sum(Class::is_failure)
    }

    /// All that were selected.
    pub fn attempted(&self) -> usize {
        self.sum(|_| true)
    }

    /// All that were not.
    pub fn not_selected(&self) -> usize {
        self.unselected.values().sum()
    }

    /// All that were read.
    pub fn read(&self) -> usize {
        self.attempted().saturating_add(self.not_selected())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cases: {} passed, {} failed, {} unsupported, {} waived, {} not selected",
            self.read(),
            self.passed(),
            self.failed(),
            self.of(Class::Unsupported),
            self.of(Class::Waived),
            self.not_selected()
        )
    }
}

/// An argument that a shell reads as it stands here.
fn quoted(argument: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,+=@%".contains(&byte);
    match !argument.is_empty() && argument.bytes().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    }
}

/// Up to 16 bytes from a place on, in hex, with dots where more are left out.
fn excerpt(bytes: &[u8], at: usize) -> String {
    let rest = bytes.get(at..).unwrap_or_default();
    let (shown, more) = rest.split_at_checked(16).unwrap_or((rest, &[]));
    let dots = |cut: bool| if cut { "…" } else { "" };
    format!("{}{}{}", dots(at > 0), HEXLOWER.encode(shown), dots(!more.is_empty()))
}

/// Serialises an iterator's items as they come, so that no report is in memory whole.
struct Each<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Writes JSON for people and ends the line.
fn write_json(value: &impl Serialize, mut out: impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")
}
