//! Markdown for people: counts, sets, failures.

use std::io::{self, Write};

use super::{Counts, Report};
use crate::Class;

/// Writes the report.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, mut out: impl Write) -> io::Result<()> {
    let about = &report.about;
    let counts = report.counts();
    let who = [&about.name, &about.version, &about.build].map(|text| escaped(text)).join(" ");
    writeln!(out, "# Known-answer tests of {}\n", who.trim_end())?;
    let result = match (report.exit_code(), report.doubt()) {
        (_, Some(doubt)) => format!("Could not verify: {}", escaped(doubt)),
        (0, None) => "All pass".into(),
        (_, None) => "Failed".into(),
    };
    writeln!(out, "**{result}.** {counts}. Policy: {}.\n", report.policy.name())?;

    writeln!(out, "| Verdict | Cases |\n|---|---:|")?;
    for (class, count) in &counts.classes {
        writeln!(out, "| {class} | {count} |")?;
    }
    for (reason, count) in &counts.unselected {
        writeln!(out, "| {reason} | {count} |")?;
    }
    writeln!(out, "| all | {} |", counts.read())?;

    table(
        &mut out,
        "Set",
        report.sets.iter().map(|set| {
            let status = if set.status.is_empty() { String::new() } else { format!(" ({})", set.status) };
            (format!("{}{status}", set.name), &set.counts)
        }),
    )?;
    let operations = report.operations();
    table(&mut out, "Operation", operations.iter().map(|((alg, op), counts)| (format!("{alg} {op}"), counts)))?;
    list(&mut out, "Probes", &report.probes)?;
    list(&mut out, "Waivers", &report.waiver_notes())?;
    failures(report, &counts, out)
}

fn table<'a>(out: &mut impl Write, name: &str, rows: impl Iterator<Item = (String, &'a Counts)>) -> io::Result<()> {
    writeln!(out, "\n| {name} | Cases | Passed | Failed | Unsupported | Waived | Not selected |")?;
    writeln!(out, "|---|---:|---:|---:|---:|---:|---:|")?;
    for (name, counts) in rows {
        let (read, passed, failed) = (counts.read(), counts.passed(), counts.failed());
        let (unsupported, waived) = (counts.of(Class::Unsupported), counts.of(Class::Waived));
        let rest = format!("{unsupported} | {waived} | {}", counts.not_selected());
        writeln!(out, "| {} | {read} | {passed} | {failed} | {rest} |", escaped(&name))?;
    }
    Ok(())
}

fn list(out: &mut impl Write, name: &str, lines: &[String]) -> io::Result<()> {
    if !lines.is_empty() {
        writeln!(out, "\n## {name}\n")?;
    }
    lines.iter().try_for_each(|line| writeln!(out, "- {}", escaped(line)))
}

fn failures(report: &Report, counts: &Counts, mut out: impl Write) -> io::Result<()> {
    if counts.failed() == 0 {
        return Ok(());
    }
    writeln!(out, "\n## Failures\n")?;
    for failure in &report.failures {
        let name = escaped(&format!("{}: {}", failure.set, failure.case.id));
        writeln!(out, "- **{name}** {}", escaped(&failure.verdict.to_string()))?;
        for (name, value) in report.details(failure) {
            writeln!(out, "  - {name}: {}", code(&value))?;
        }
    }
    match counts.failed().saturating_sub(report.failures.len()) {
        0 => Ok(()),
        more => writeln!(out, "\nAnd {more} more; the JSON report names them all."),
    }
}

/// Text of which nothing is markup.
fn escaped(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    let markup = |char: char| matches!(char, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~');
    text.chars().flat_map(|char| markup(char).then_some('\\').into_iter().chain([char])).collect()
}

/// Text in a code span, with a fence that is longer than any run of backquotes in it (CommonMark §6.1).
fn code(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.saturating_add(1));
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}
