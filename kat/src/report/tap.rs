//! TAP 14: a test point for each case that was read.
//!
//! What is not offered or not selected is a `SKIP`, what is waived a `TODO`. A run that verified nothing bails
//! out, because a consumer would take skips alone for success.

use std::io::{self, Write};

use super::{Entry, Report};
use crate::Mark;

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, mut out: impl Write) -> io::Result<()> {
    writeln!(out, "TAP version 14\n1..{}", report.counts().read())?;
    for (entry, number) in report.entries().zip(1_usize..) {
        let Entry { set, record, failure } = &entry;
        let failed = matches!(record.mark, Mark::Waived { .. } | Mark::Judged(_))
            && !record.mark.class().is_some_and(crate::Class::is_pass);
        let status = if failed { "not ok" } else { "ok" };
        let name = escaped(&format!("{}: {}", set.name, record.id));
        let directive = match (record.mark, report.remark(record.mark)) {
            (Mark::Waived { .. }, Some(remark)) => format!(" # TODO {}", escaped(&remark)),
            (_, Some(remark)) => format!(" # SKIP {}", escaped(&remark)),
            (_, None) => String::new(),
        };
        writeln!(out, "{status} {number} - {name}{directive}")?;
        if let Mark::Judged(class) = record.mark
            && failed
        {
            let details = failure.map(|failure| report.details(failure)).unwrap_or_default();
            writeln!(out, "  ---\n  verdict: {}", scalar(&entry.message(class)))?;
            for (name, value) in details {
                writeln!(out, "  {name}: {}", scalar(&value))?;
            }
            writeln!(out, "  ...")?;
        }
    }
    match report.doubt() {
        Some(doubt) => writeln!(out, "Bail out! {}", escaped(doubt)),
        None => Ok(()),
    }
}

/// A description or a reason: one line in which neither `#` nor `\` means anything.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('#', r"\#").replace(char::is_control, " ")
}

/// A text in YAML, of which JSON's strings are a part.
fn scalar(text: &str) -> serde_json::Value {
    text.into()
}
