//! One report, printed as aligned text or as JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::{error::Error, terminal};

/// Rows, in sections. In JSON a section is an object named by its title, and a row's name is its label and
/// unit; the rows of the section without title stand at the top.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Row>);

#[derive(Debug)]
struct Row {
    section: String,
    label: String,
    value: Value,
    unit: &'static str,
}

impl Report {
    /// Adds a row. The unit is empty for words.
    pub(crate) fn row(
        &mut self,
        section: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<Value>,
        unit: &'static str,
    ) {
        self.0.push(Row { section: section.into(), label: label.into(), value: value.into(), unit });
    }

    /// Writes it to stdout.
    pub(crate) fn print(&self, json: bool) -> Result<(), Error> {
        if json { terminal::print_json(&self.to_json()) } else { terminal::show(&self.to_text()) }
    }

    fn to_json(&self) -> Value {
        let mut top = Map::new();
        for Row { section, label, value, unit } in &self.0 {
            let name = name(&[label, unit]);
            if section.is_empty() {
                top.insert(name, value.clone());
            } else if let Value::Object(rows) = top.entry(self::name(&[section])).or_insert_with(|| Map::new().into()) {
                rows.insert(name, value.clone());
            }
        }
        top.into()
    }

    fn to_text(&self) -> String {
        let width = self.0.iter().map(|row| row.label.chars().count()).max().unwrap_or_default();
        let (mut text, mut current) = (String::new(), "");
        for Row { section, label, value, unit } in &self.0 {
            if section != current {
                current = section;
                let _ = writeln!(text, "{}{section}", if text.is_empty() { "" } else { "\n" });
            }
            let indent = if section.is_empty() { "" } else { "  " };
            let line = format!("{indent}{label:width$}  {} {unit}", plain(value));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Words to a name in JSON.
fn name(parts: &[&str]) -> String {
    let words = parts.join(" ").to_lowercase().replace('µ', "u");
    words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// A value for people: `1,184`, `3.14`, `a, b`.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Number(number) => match number.as_u64() {
            Some(number) => thousands(number),
            None => number.to_string(),
        },
        Value::Null | Value::Bool(_) | Value::Object(_) => value.to_string(),
    }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        out.push(digit);
        if place != 0 && place.is_multiple_of(3) {
            out.push(',');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_say_the_same() {
        let mut report = Report::default();
        report.row("", "kind", "private key", "");
        report.row("sizes", "public key", 1184, "bytes");
        report.row("sizes", "round trip, p50", 2.5, "µs");
        assert_eq!(
            report.to_text(),
            "kind             private key\n\nsizes\n  public key       1,184 bytes\n  round trip, p50  2.5 µs\n"
        );
        let json = serde_json::json!({
            "kind": "private key",
            "sizes": { "public_key_bytes": 1184, "round_trip_p50_us": 2.5 },
        });
        assert_eq!(report.to_json(), json);
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (67_108_864, "67,108,864")] {
            assert_eq!(thousands(number), text);
        }
    }
}
