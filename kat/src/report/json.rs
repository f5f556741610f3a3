//! `kat-report/1`: everything in JSON, the id of every case included. `kat/schemas/kat-report-1.schema.json`
//! describes it.

use std::{borrow::Cow, collections::BTreeMap, io};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Counts, Failure, Mark, Report, SetReport, Unselected, excerpt, write_json};
use crate::{Answer, Certainty, Class, Diagnosis, Error, Expect, Lack, Output, Value, Verdict, What};

/// A `kat-report/1`, as it is written and read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document<'a> {
    format: Format,
    implementation: Implementation<'a>,
    policy: Text<'a>,
    exit: u8,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    unverified: Option<Text<'a>>,
    probes: Vec<Text<'a>>,
    pub(super) counts: Totals,
    operations: Vec<Operation<'a>>,
    pub(super) sets: Vec<Set<'a>>,
    failures: Vec<Fail<'a>>,
    waivers: Vec<Waiver<'a>>,
}

type Text<'a> = Cow<'a, str>;

#[derive(Debug, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "kat-report/1")]
    One,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Implementation<'a> {
    name: Text<'a>,
    version: Text<'a>,
    build: Text<'a>,
}

/// Counts, with the sums that people look for first. Every class is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Totals {
    pub(super) read: usize,
    attempted: usize,
    passed: usize,
    failed: usize,
    not_selected: usize,
    pub(super) classes: BTreeMap<String, usize>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation<'a> {
    alg: Text<'a>,
    op: Text<'a>,
    counts: Totals,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Set<'a> {
    pub(super) name: Text<'a>,
    status: Text<'a>,
    pub(super) counts: Totals,
    /// The ids of the cases by what came of them.
    pub(super) cases: BTreeMap<Text<'a>, Vec<Text<'a>>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fail<'a> {
    set: Text<'a>,
    case: Text<'a>,
    note: Text<'a>,
    alg: Text<'a>,
    op: Text<'a>,
    class: Text<'a>,
    verdict: Text<'a>,
    standard: Text<'a>,
    #[serde(rename = "in")]
    input: Data<'a>,
    expect: Expected<'a>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    answer: Option<Given<'a>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    difference: Option<Difference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    diagnosis: Option<Bug<'a>>,
    repeat: Text<'a>,
}

type Data<'a> = BTreeMap<Text<'a>, Datum<'a>>;

/// A value of an input or an output. Bytes become hex as they are written, so that they are never there twice;
/// read back they are text.
#[derive(Debug)]
enum Datum<'a> {
    Bytes(&'a [u8]),
    Text(Text<'a>),
    Number(u64),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected<'a> {
    Out(Data<'a>),
    Reject,
    Either(Data<'a>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Given<'a> {
    Out(Data<'a>),
    Reject(Text<'a>),
    Unsupported(Text<'a>),
    Error(Text<'a>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference<'a> {
    field: Text<'a>,
    at: usize,
    expected: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    given: Option<Text<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bug<'a> {
    bug: Text<'a>,
    text: Text<'a>,
    standard: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    one_of: Option<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiver<'a> {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    set: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    case: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    alg: Option<Text<'a>>,
    reason: Text<'a>,
    until: Text<'a>,
    expired: bool,
    waived: usize,
}

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: impl io::Write) -> io::Result<()> {
    write_json(&Document::of(report), out)
}

/// Reads a report. It must add up: the lists of cases to the counts of their sets, and those to the counts of
/// the whole.
///
/// # Errors
/// A text that is not a `kat-report/1`, or that does not add up.
pub fn read(name: &str, bytes: &[u8]) -> Result<Document<'static>, Error> {
    let document: Document<'static> =
        serde_json::from_slice(bytes).map_err(|error| Error::from(error).in_file(name))?;
    match document.check() {
        Ok(()) => Ok(document),
        Err(error) => Err(error.in_file(name)),
    }
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        let about = &report.about;
        let operations = report.operations();
        Self {
            format: Format::One,
            implementation: Implementation {
                name: text(&about.name),
                version: text(&about.version),
                build: text(&about.build),
            },
            policy: text(report.policy.name()),
            exit: report.exit_code(),
            unverified: report.doubt().map(text),
            probes: report.probes.iter().map(|line| text(line)).collect(),
            counts: Totals::from(&report.counts()),
            operations: operations
                .iter()
                .map(|((alg, op), counts)| Operation {
                    alg: text(alg.name()),
                    op: text(op.name()),
                    counts: Totals::from(counts),
                })
                .collect(),
            sets: report.sets.iter().map(Set::of).collect(),
            failures: report.failures.iter().map(|failure| Fail::of(report, failure)).collect(),
            waivers: report.waivers.iter().map(Waiver::of).collect(),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |place: &str, field: &str, expected| {
            Err(Error::in_case(place, What::Value { field: field.into(), expected }))
        };
        let mut sum = Totals::from(&Counts::default());
        let mut names = BTreeMap::new();
        for set in &self.sets {
            if names.insert(&set.name, ()).is_some() {
                return wrong(&set.name, "name", "there once");
            }
            let mut counts = Totals::from(&Counts::default());
            let mut ids = BTreeMap::new();
            for (label, cases) in &set.cases {
                let Some(class) = class_of(label) else { return wrong(&set.name, label, "a verdict") };
                for id in cases {
                    if ids.insert(id, ()).is_some() {
                        return wrong(&set.name, "cases", "each there once");
                    }
                }
                counts.add(class, cases.len());
            }
            if counts != set.counts {
                return wrong(&set.name, "counts", "those of its cases");
            }
            sum.plus(&counts);
        }
        if sum != self.counts {
            return Err(Error::of_file(What::Value { field: "counts".into(), expected: "the sum of the sets'" }));
        }
        let mut operations = Totals::from(&Counts::default());
        self.operations.iter().for_each(|operation| operations.plus(&operation.counts));
        match operations == sum {
            true => Ok(()),
            false => Err(Error::of_file(What::Value { field: "operations".into(), expected: "as many as the cases" })),
        }
    }
}

/// What a case is listed under.
fn label(mark: Mark) -> Text<'static> {
    match mark {
        Mark::Unsupported(lack) => Cow::Owned(Verdict::Unsupported(lack).to_string()),
        Mark::NotSelected(Unselected::Filter) => Cow::Borrowed("NOT-SELECTED(filter)"),
        Mark::NotSelected(Unselected::Legacy) => Cow::Borrowed("NOT-SELECTED(legacy)"),
        Mark::Judged(class) => Cow::Borrowed(class.name()),
        Mark::Waived { .. } => Cow::Borrowed(Class::Waived.name()),
    }
}

/// The class that a list of cases is of; none inside if they were not selected.
pub(super) fn class_of(label: &str) -> Option<Option<Class>> {
    if matches!(label, "NOT-SELECTED(filter)" | "NOT-SELECTED(legacy)") {
        return Some(None);
    }
    let lack = |lack: &&Lack| Verdict::Unsupported(**lack).to_string() == label;
    if Lack::ALL.iter().find(lack).is_some() {
        return Some(Some(Class::Unsupported));
    }
    let plain = |class: &Class| class.name() == label && *class != Class::Unsupported;
    Class::ALL.into_iter().find(plain).map(Some)
}

impl Totals {
    fn add(&mut self, class: Option<Class>, count: usize) {
        let add = |sum: &mut usize| *sum = sum.saturating_add(count);
        add(&mut self.read);
        let Some(class) = class else { return add(&mut self.not_selected) };
        add(&mut self.attempted);
        if class.is_pass() {
            add(&mut self.passed);
        }
        if class.is_failure() {
            add(&mut self.failed);
        }
        self.classes.entry(class.name().into()).and_modify(add);
    }

    fn plus(&mut self, other: &Self) {
        for class in Class::ALL {
            self.add(Some(class), other.classes.get(class.name()).copied().unwrap_or_default());
        }
        self.add(None, other.not_selected);
    }
}

impl From<&Counts> for Totals {
    fn from(counts: &Counts) -> Self {
        Self {
            read: counts.read(),
            attempted: counts.attempted(),
            passed: counts.passed(),
            failed: counts.failed(),
            not_selected: counts.not_selected(),
            classes: Class::ALL.into_iter().map(|class| (class.name().to_owned(), counts.of(class))).collect(),
        }
    }
}

impl<'a> Set<'a> {
    fn of(set: &'a SetReport) -> Self {
        let mut cases = BTreeMap::<_, Vec<_>>::new();
        for record in &set.records {
            cases.entry(label(record.mark)).or_default().push(text(&record.id));
        }
        Self { name: text(&set.name), status: text(&set.status), counts: Totals::from(&set.counts), cases }
    }
}

impl<'a> Fail<'a> {
    fn of(report: &Report, failure: &'a Failure) -> Self {
        let Failure { set, case, verdict, answer, diagnosis, .. } = failure;
        let question = &case.question;
        let datum = |value: &'a Value| match value {
            Value::Bytes(bytes) => Datum::Bytes(bytes),
            Value::Text(name) => Datum::Text(text(name)),
            Value::Number(number) => Datum::Number(*number),
        };
        let difference = match verdict {
            Verdict::FailMismatch(mismatch) => Some(Difference {
                field: text(mismatch.field.name()),
                at: mismatch.at,
                expected: Cow::Owned(excerpt(&mismatch.expected, mismatch.at)),
                given: mismatch.given.as_ref().map(|given| Cow::Owned(excerpt(given, mismatch.at))),
            }),
            _ => None,
        };
        Self {
            set: text(set),
            case: text(&case.id),
            note: text(&case.note),
            alg: text(question.alg.name()),
            op: text(question.op.name()),
            class: text(verdict.class().name()),
            verdict: Cow::Owned(verdict.to_string()),
            standard: Cow::Owned(failure.standard()),
            input: question.input.0.iter().map(|(field, value)| (text(field.name()), datum(value))).collect(),
            expect: match &case.expect {
                Expect::Output(output) => Expected::Out(data(output)),
                Expect::Reject => Expected::Reject,
                Expect::Either(output) => Expected::Either(data(output)),
            },
            answer: answer.as_ref().map(|answer| match answer {
                Answer::Output(output) => Given::Out(data(output)),
                Answer::Reject(reason) => Given::Reject(text(reason.word())),
                Answer::Unsupported(lack) => Given::Unsupported(text(lack.word())),
                Answer::Error(words) => Given::Error(text(words)),
            }),
            difference,
            diagnosis: diagnosis.as_ref().map(|Diagnosis { name, text: words, standard, certainty, .. }| Bug {
                bug: text(name),
                text: text(words),
                standard: text(standard),
                one_of: match certainty {
                    Certainty::OneOf(count) => Some(*count),
                    _ => None,
                },
            }),
            repeat: Cow::Owned(report.repro(failure)),
        }
    }
}

impl<'a> Waiver<'a> {
    fn of(of: &'a super::WaiverUse) -> Self {
        let super::WaiverUse { waiver, waived } = of;
        Self {
            set: waiver.set.as_ref().map(|pattern| text(pattern.as_str())),
            case: waiver.case.as_ref().map(|pattern| text(pattern.as_str())),
            alg: waiver.alg.map(|alg| text(alg.name())),
            reason: text(&waiver.reason),
            until: Cow::Owned(waiver.until.to_string()),
            expired: waiver.expired,
            waived: *waived,
        }
    }
}

const fn text(text: &str) -> Text<'_> {
    Cow::Borrowed(text)
}

fn data(output: &Output) -> Data<'_> {
    output.iter().map(|(field, bytes)| (text(field.name()), Datum::Bytes(bytes))).collect()
}

impl Serialize for Datum<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bytes(bytes) => serializer.collect_str(&HEXLOWER.encode_display(bytes)),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for Datum<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u64),
            Text(String),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Number(number) => Self::Number(number),
            Either::Text(text) => Self::Text(Cow::Owned(text)),
        })
    }
}
