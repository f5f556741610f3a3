//! JUnit XML: a test case for each case that was read, a test suite for each set.
//!
//! Wrong answers are failures; crashes, timeouts and breaches of the protocol are errors; what is not offered,
//! not selected or waived is skipped with the reason. Written with no more than the attributes that the schemas
//! of Jenkins know.

use std::io::{self, Write};

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

use super::{Entry, Report, SetReport};
use crate::{Class, Counts, Mark};

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: impl Write) -> io::Result<()> {
    let mut writer = Writer::new_with_indent(out, b' ', 1);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let tally = Tally::of(&report.counts());
    let name = text(&report.about.name);
    let root = writer.create_element("testsuites").with_attributes([
        ("name", name.as_str()),
        ("tests", &tally.tests),
        ("failures", &tally.failures),
        ("errors", &tally.errors),
    ]);
    let mut entries = report.entries();
    root.write_inner_content(|writer| report.sets.iter().try_for_each(|set| suite(report, set, &mut entries, writer)))?;
    writeln!(writer.into_inner())
}

fn suite<'a, W: Write>(
    report: &Report,
    set: &SetReport,
    entries: &mut impl Iterator<Item = Entry<'a>>,
    writer: &mut Writer<W>,
) -> io::Result<()> {
    let tally = Tally::of(&set.counts);
    let name = text(&set.name);
    let suite = writer.create_element("testsuite").with_attributes([
        ("name", name.as_str()),
        ("tests", &tally.tests),
        ("failures", &tally.failures),
        ("errors", &tally.errors),
        ("skipped", &tally.skipped),
    ]);
    let cases = entries.take(set.records.len());
    suite.write_inner_content(|writer| {
        properties(report, set, writer)?;
        for entry in cases {
            case(report, &name, &entry, writer)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn properties<W: Write>(report: &Report, set: &SetReport, writer: &mut Writer<W>) -> io::Result<()> {
    let about = &report.about;
    let all = [
        ("implementation", about.name.as_str()),
        ("version", &about.version),
        ("build", &about.build),
        ("policy", report.policy.name()),
        ("set", &set.status),
        ("unverified", report.doubt().unwrap_or_default()),
    ];
    writer.create_element("properties").write_inner_content(|writer| {
        for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
            let value = text(value);
            let property = writer.create_element("property");
            property.with_attributes([("name", name), ("value", value.as_str())]).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn case<W: Write>(report: &Report, suite: &str, entry: &Entry<'_>, writer: &mut Writer<W>) -> io::Result<()> {
    let record = entry.record;
    let name = text(&record.id);
    let case = writer.create_element("testcase").with_attributes([("name", name.as_str()), ("classname", suite)]);
    let (element, class) = match record.mark {
        Mark::Judged(class) if class.is_pass() => return case.write_empty().map(drop),
        Mark::Judged(class) if is_error(class) => ("error", class),
        Mark::Judged(class) => ("failure", class),
        mark => {
            // As text: the older schema knows no attributes here.
            let remark = text(&report.remark(mark).unwrap_or_default());
            return case
                .write_inner_content(|writer| {
                    writer.create_element("skipped").write_text_content(BytesText::new(&remark)).map(drop)
                })
                .map(drop);
        }
    };
    let message = text(&entry.message(class));
    let details = entry.failure.map(|failure| report.details(failure)).unwrap_or_default();
    let body: String = details.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    case.write_inner_content(|writer| {
        let attributes = [("message", message.as_str()), ("type", class.name())];
        let element = writer.create_element(element).with_attributes(attributes);
        match body.is_empty() {
            true => element.write_empty()?,
            false => element.write_text_content(BytesText::new(&text(&body)))?,
        };
        Ok(())
    })?;
    Ok(())
}

/// What JUnit calls an error: no judgement at all.
const fn is_error(class: Class) -> bool {
    matches!(class, Class::Crash | Class::Timeout | Class::Protocol)
}

struct Tally {
    tests: String,
    failures: String,
    errors: String,
    skipped: String,
}

impl Tally {
    fn of(counts: &Counts) -> Self {
        let errors = counts.sum(is_error);
        let answered = counts.passed().saturating_add(counts.failed());
        Self {
            tests: counts.read().to_string(),
            failures: counts.failed().saturating_sub(errors).to_string(),
            errors: errors.to_string(),
            skipped: counts.read().saturating_sub(answered).to_string(),
        }
    }
}

/// Text that XML 1.0 (§2.2) can hold.
fn text(text: &str) -> String {
    let fits =
        |char: &char| !matches!(char, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(fits).collect()
}
