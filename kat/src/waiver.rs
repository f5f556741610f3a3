//! Failures that are known and may pass for a while: each with a reason and a last day.
//!
//! ```json
//! {"format": "kat-waivers/1", "waivers": [
//!   {"set": "acvp/*", "case": "tg 3, tc *", "alg": "ML-KEM-768", "reason": "issue 12", "until": "2026-12-31"}]}
//! ```
//!
//! `set`, `case` and `alg` narrow a waiver down; one of them must be there. In the first two `*` is any text.

use core::fmt;

use serde::Deserialize;

use crate::{Alg, Case, Error, Pattern, What};

/// The waivers of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waivers(Vec<Waiver>);

/// A waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The sets that it is for; all of them if none.
    pub set: Option<Pattern>,
    /// The cases that it is for; all of them if none.
    pub case: Option<Pattern>,
    /// The algorithm that it is for; all of them if none.
    pub alg: Option<Alg>,
    /// Why these failures are let pass.
    pub reason: String,
    /// The last day on which they are.
    pub until: Date,
    /// Whether that day is over: an expired waiver waives nothing.
    pub expired: bool,
}

/// A day of the calendar, years 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: Format,
    waivers: Vec<Entry>,
}

#[derive(Deserialize)]
enum Format {
    #[serde(rename = "kat-waivers/1")]
    One,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    set: Option<String>,
    case: Option<String>,
    alg: Option<String>,
    reason: String,
    until: String,
}

impl Waivers {
    /// Reads a file of waivers, as of today.
    ///
    /// # Errors
    /// A text that is not in the format above, a waiver that names nothing or has no reason, an unknown
    /// algorithm, a date that is none.
    pub fn read(name: &str, bytes: &[u8], today: Date) -> Result<Self, Error> {
        let File { format: Format::One, waivers } =
            serde_json::from_slice(bytes).map_err(|error| Error::from(error).in_file(name))?;
        let waivers = waivers.into_iter().zip(1_usize..).map(|(entry, number)| {
            entry.check(today).map_err(|what| Error::in_case(format!("waiver {number}"), what).in_file(name))
        });
        waivers.collect::<Result<_, _>>().map(Self)
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Waiver> {
        self.0.iter()
    }

    /// The place of the first one that waives a case.
    pub(crate) fn find(&self, set: &str, case: &Case) -> Option<usize> {
        self.0.iter().position(|waiver| !waiver.expired && waiver.covers(set, case))
    }
}

impl Waiver {
    fn covers(&self, set: &str, case: &Case) -> bool {
        self.set.as_ref().is_none_or(|pattern| pattern.matches(set))
            && self.case.as_ref().is_none_or(|pattern| pattern.matches(&case.id))
            && self.alg.is_none_or(|alg| alg == case.question.alg)
    }
}

impl Entry {
    fn check(self, today: Date) -> Result<Waiver, What> {
        let Self { set, case, alg, reason, until } = self;
        if set.is_none() && case.is_none() && alg.is_none() {
            return Err(What::MissingField("set".into()));
        }
        if reason.trim().is_empty() {
            return Err(What::Value { field: "reason".into(), expected: "a text" });
        }
        let until = Date::parse(&until)
            .ok_or(What::Value { field: "until".into(), expected: "a day, written as 2026-12-31" })?;
        let alg = alg.map(|name| Alg::by_name(&name).ok_or(What::Algorithm(name))).transpose()?;
        let expired = until < today;
        Ok(Waiver { set: set.map(Pattern::new), case: case.map(Pattern::new), alg, reason, until, expired })
    }
}

impl Date {
    /// Reads `YYYY-MM-DD`; none if that is not a day.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |range| -> Option<u16> {
            let digits: &str = text.get(range)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let dashes = (text.get(4..5)?, text.get(7..8)?, text.len());
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let valid = dashes == ("-", "-", 10) && year >= 1970 && (1..=days_of_month(year, month)).contains(&day);
        valid.then_some(Self { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? })
    }

    /// The day, in UTC, of a number of seconds since 1970; the last day of 9999 for all later ones.
    pub fn of_unix_seconds(seconds: u64) -> Self {
        let mut days = seconds / 86_400;
        for year in 1970..=9999_u16 {
            for month in 1..=12_u8 {
                let length = days_of_month(year, month.into());
                match days.checked_sub(length.into()) {
                    Some(rest) => days = rest,
                    None => return Self { year, month, day: u8::try_from(days).unwrap_or(0).saturating_add(1) },
                }
            }
        }
        Self { year: 9999, month: 12, day: 31 }
    }
}

/// The days of a month of the Gregorian calendar; 0 for a month that is none.
const fn days_of_month(year: u16, month: u16) -> u16 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(400) || (year.is_multiple_of(4) && !year.is_multiple_of(100)) => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Waivers, String> {
        Waivers::read("w.json", text.as_bytes(), Date::parse("2026-11-21").unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        for day in ["2026-11-21", "2024-02-29", "2000-02-29", "9999-12-31"] {
            assert_eq!(Date::parse(day).unwrap().to_string(), day);
        }
        for day in
            ["2026-02-29", "2100-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-1-01", "2026-01-011", "", "€"]
        {
            assert_eq!(Date::parse(day), None, "{day}");
        }
        assert_eq!(Date::parse("2026+01-01"), None);
        assert_eq!(Date::parse("2026-+1-01"), None);
        for (seconds, day) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_795_219_200, "2026-11-21"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Date::of_unix_seconds(seconds).to_string(), day);
        }
    }

    #[test]
    fn a_waiver_lasts_through_its_last_day() {
        let of = |until: &str| {
            let text =
                format!(r#"{{"format":"kat-waivers/1","waivers":[{{"set":"a","reason":"r","until":"{until}"}}]}}"#);
            read(&text).unwrap().0.remove(0).expired
        };
        assert!(!of("2026-11-21"));
        assert!(of("2026-11-20"));
    }

    #[test]
    fn a_file_that_is_not_in_the_format_is_refused() {
        for (text, error) in [
            (r#"{"format":"kat-waivers/1","waivers":[{"reason":"r","until":"2027-01-01"}]}"#, "missing field `set`"),
            (
                r#"{"format":"kat-waivers/1","waivers":[{"set":"a","reason":" ","until":"2027-01-01"}]}"#,
                "w.json: case waiver 1: field `reason` must be a text",
            ),
            (
                r#"{"format":"kat-waivers/1","waivers":[{"set":"a","reason":"r","until":"soon"}]}"#,
                "field `until` must be a day, written as 2026-12-31",
            ),
            (
                r#"{"format":"kat-waivers/1","waivers":[{"alg":"RSA","reason":"r","until":"2027-01-01"}]}"#,
                "unknown algorithm `RSA`",
            ),
            (r#"{"format":"kat-waivers/1","waivers":[{"sett":"a"}]}"#, "unknown field `sett`"),
            (r#"{"format":"kat-waivers/2","waivers":[]}"#, "unknown variant `kat-waivers/2`"),
            (r#"{"format":"kat-waivers/1","#, "ends in the middle"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.contains(error), "{found}");
        }
        assert_eq!(read(r#"{"format":"kat-waivers/1","waivers":[]}"#), Ok(Waivers::default()));
    }
}
