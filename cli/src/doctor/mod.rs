//! `twinlock doctor`: what the programs of this machine can do in post-quantum terms, and what would break.

mod facts;
mod probe;

use std::{fmt::Write as _, path::Path, thread, time::Instant};

use serde::Serialize;

use crate::{args::Doctor, error::Error, terminal};
use facts::{KnownBy, PROGRAMS, Program, Version};

/// What was found out about a program.
#[derive(Debug, Serialize)]
struct Finding {
    program: &'static str,
    path: String,
    /// As it says; none if it says nothing that we understand.
    version: Option<String>,
    can: Vec<Fact>,
    cannot: Vec<Fact>,
    breaks: Vec<Fact>,
}

#[derive(Debug, Serialize)]
struct Fact {
    what: &'static str,
    /// What it means, or what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    source: &'static str,
}

pub(crate) fn run(args: &Doctor) -> Result<(), Error> {
    let commands = PROGRAMS.iter().flat_map(|program| program.commands.iter().map(move |command| (program, command)));
    let found = commands.filter_map(|(program, command)| Some((program, probe::find(command)?)));
    // All at the same time: one that hangs costs its own time alone.
    let findings: Vec<Finding> = thread::scope(|scope| {
        let asked: Vec<_> = found.map(|(program, path)| scope.spawn(move || examine(program, &path))).collect();
        asked.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    if args.json { terminal::print_json(&findings) } else { terminal::show(&table(&findings)) }
}

/// Asks a program all questions.
fn examine(program: &Program, path: &Path) -> Finding {
    let start = Instant::now();
    let deadline = start.checked_add(probe::PATIENCE).unwrap_or(start);
    let ask = |question: &&[&str]| probe::ask(path, question, deadline).unwrap_or_default();
    let answers: Vec<String> = program.questions.iter().map(ask).collect();
    judge(program, path.display().to_string(), &answers)
}

/// Holds the answers of a program against the facts.
fn judge(program: &Program, path: String, answers: &[String]) -> Finding {
    let text = version_text(program, answers.first().map_or("", String::as_str));
    let version = text.and_then(version_of);
    let has_word = |word: &str| answers.iter().any(|answer| words(answer).any(|found| found == word));
    let (mut can, mut cannot) = (Vec::new(), Vec::new());
    for ability in program.abilities {
        let is_there = match ability.known_by {
            KnownBy::Word(word) => has_word(word),
            KnownBy::Version(least) => version.is_some_and(|version| version >= least),
        };
        let (what, source) = (ability.what, ability.source);
        if is_there {
            can.push(Fact { what, note: None, source });
        } else if version.is_some() {
            // Who does not even tell its version has not said that it lacks anything.
            cannot.push(Fact { what, note: Some(ability.without), source });
        }
    }
    let is_met = |since: Version, before: Option<Version>| {
        version.is_some_and(|version| version >= since && before.is_none_or(|before| version < before))
    };
    let breaks = program.troubles.iter().filter(|trouble| is_met(trouble.since, trouble.before));
    Finding {
        program: program.name,
        path,
        version: text.map(ToOwned::to_owned),
        can,
        cannot,
        breaks: breaks
            .map(|trouble| Fact { what: trouble.what, note: Some(trouble.remedy), source: trouble.source })
            .collect(),
    }
}

/// What stands behind the words that a program tells its version with.
fn version_text<'a>(program: &Program, answer: &'a str) -> Option<&'a str> {
    let rest = answer.lines().find_map(|line| line.strip_prefix(program.version_after))?;
    let text = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').next()?.trim_end_matches('.');
    (text.len() < 32 && version_of(text).is_some()).then_some(text)
}

/// `10.6p1` is (10, 6).
fn version_of(text: &str) -> Option<Version> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    let major = numbers.next()?.ok()?;
    Some((major, numbers.next().and_then(Result::ok).unwrap_or_default()))
}

/// The names in an answer: OpenSSL sets them in braces and between commas and colons.
fn words(answer: &str) -> impl Iterator<Item = &str> {
    answer.split(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',' | ':')).filter(|word| !word.is_empty())
}

fn table(findings: &[Finding]) -> String {
    let row = |finding: &Finding| {
        let list = |facts: &[Fact]| facts.iter().map(|fact| fact.what).collect::<Vec<_>>().join(", ");
        let none = if finding.version.is_some() { "-" } else { "?" };
        let or_none = |text: String| if text.is_empty() { none.to_owned() } else { text };
        let version = or_none(finding.version.clone().unwrap_or_default());
        [finding.program.to_owned(), version, or_none(list(&finding.can)), or_none(list(&finding.cannot))]
    };
    let head = ["program", "version", "can", "cannot"].map(ToOwned::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(findings.iter().map(row)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let (a, b, c) = (width(0), width(1), width(2));
    let mut text = String::new();
    for [program, version, can, cannot] in &rows {
        let _ = writeln!(text, "{program:a$}  {version:b$}  {can:c$}  {cannot}");
    }
    if findings.is_empty() {
        text.push_str("none of the programs that are known was found\n");
    }
    for finding in findings {
        for Fact { what, note, source } in &finding.cannot {
            let _ = writeln!(text, "\n{}: no {what}: {} [{source}]", finding.path, note.unwrap_or_default());
        }
        for Fact { what, note, source } in &finding.breaks {
            let _ = writeln!(text, "\n{}: {what} [{source}]\n  {}", finding.path, note.unwrap_or_default());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(name: &str) -> &'static Program {
        PROGRAMS.iter().find(|program| program.name == name).unwrap()
    }

    fn judged(name: &str, answers: &[&str]) -> Finding {
        judge(program(name), "/bin/it".into(), &answers.iter().map(|&answer| answer.into()).collect::<Vec<_>>())
    }

    fn whats(facts: &[Fact]) -> Vec<&str> {
        facts.iter().map(|fact| fact.what).collect()
    }

    #[test]
    fn old_and_new_openssl_are_told_apart() {
        let old = judged("OpenSSL", &["OpenSSL 3.0.19 27 Jan 2026 (Library: …)\n", "{ RSA } @ default\n", "", ""]);
        assert_eq!(old.version.as_deref(), Some("3.0.19"));
        assert_eq!(whats(&old.cannot), ["X25519MLKEM768", "ML-KEM", "ML-DSA"]);
        assert_eq!(old.breaks.len(), 1);
        let new = judged(
            "OpenSSL",
            &[
                "OpenSSL 3.5.7 9 Jun 2026\n",
                "  { 2.16.840.1.101.3.4.4.2, id-alg-ml-kem-768, ML-KEM-768, MLKEM768 } @ default\n",
                "  { 2.16.840.1.101.3.4.3.18, id-ml-dsa-65, ML-DSA-65, MLDSA65 } @ default\n",
                "x25519:X25519MLKEM768:SecP384r1MLKEM1024\n",
            ],
        );
        assert_eq!(whats(&new.can), ["X25519MLKEM768", "ML-KEM", "ML-DSA"]);
        assert_eq!(new.breaks.len(), 2);
        let libre = judged("OpenSSL", &["LibreSSL 4.1.0\n", "", "", ""]);
        assert_eq!((libre.version, libre.cannot.len(), libre.breaks.len()), (None, 0, 0));
    }

    #[test]
    fn versions_are_numbers_not_text() {
        for (name, answer, can) in [
            ("Go", "go version go1.23.4 linux/amd64", &[][..]),
            ("Go", "go version go1.24 linux/amd64", &["X25519MLKEM768", "ML-KEM"]),
            ("Go", "go version go1.100.1 linux/amd64", &["X25519MLKEM768", "ML-KEM", "ML-DSA"]),
            ("Firefox", "Mozilla Firefox 99.0\n", &[]),
            ("Firefox", "Mozilla Firefox 132.0.1esr\n", &["X25519MLKEM768"]),
            ("Chromium", "Chromium 131.0.6778.85 built on Debian\n", &["X25519MLKEM768"]),
            ("Chromium", "a warning first\nChromium 131.0.6778.85\n", &["X25519MLKEM768"]),
            ("Firefox", "", &[]),
        ] {
            assert_eq!(whats(&judged(name, &[answer]).can), can, "{answer}");
        }
        let ssh = judged("OpenSSH", &["\nOpenSSH_10.6p1 Debian-1, OpenSSL 3.6.5\n", "mlkem768x25519-sha256\n", ""]);
        assert_eq!(ssh.version.as_deref(), Some("10.6p1"));
        assert!(ssh.breaks.is_empty());
    }

    #[test]
    fn an_answer_is_no_version_unless_it_looks_like_one() {
        for answer in ["OpenSSL \u{1b}[31m\n", "OpenSSL \n", "OpenSSL 99999999999999999999.1\n", "3.5.0\n"] {
            assert_eq!(judged("OpenSSL", &[answer]).version, None, "{answer:?}");
        }
        assert_eq!(judged("OpenSSL", &["OpenSSL 3.5.\u{1b}]0;owned\u{7}\n"]).version.as_deref(), Some("3.5"));
    }

    #[test]
    fn every_fact_has_a_source() {
        for program in PROGRAMS {
            assert!(!program.questions.is_empty() && !program.commands.is_empty());
            for ability in program.abilities {
                assert!(!ability.without.is_empty() && ability.source.chars().any(|c| c.is_ascii_digit()));
            }
            for trouble in program.troubles {
                assert!(!trouble.remedy.is_empty() && trouble.source.chars().any(|c| c.is_ascii_digit()));
            }
        }
    }

    #[test]
    fn the_table_says_all() {
        let finding = judged("OpenSSL", &["OpenSSL 3.0.19 27 Jan 2026\n"]);
        let text = table(&[finding]);
        assert!(
            text.starts_with("program  version  can  cannot\nOpenSSL  3.0.19   -    X25519MLKEM768, ML-KEM, ML-DSA\n")
        );
        assert!(text.contains("\n/bin/it: no ML-KEM: it reads no ML-KEM keys [OpenSSL 3.5 release notes]\n"), "{text}");
        assert!(table(&[]).contains("none of the programs"));
    }
}
