//! `twinlock key list`: what is in a key ring, after its manifest was verified.

use std::{fmt::Write as _, path::Path};

use serde::Serialize;
use twinlock::{
    certificate::Time,
    ids::KEY_ID_PREFIX,
    ring::{Generation, State},
};

use crate::{
    error::Error,
    files,
    ring::{Ring, args::KeyList, now},
    terminal,
};

const DAY: u64 = 24 * 60 * 60;

#[derive(Serialize)]
struct Report<'a> {
    ring: &'a Path,
    manifest_key: String,
    sequence: u64,
    created: String,
    written: String,
    entries: Vec<EntryReport<'a>>,
}

#[derive(Serialize)]
struct EntryReport<'a> {
    name: &'a str,
    purpose: &'static str,
    generations: Vec<GenerationReport<'a>>,
}

#[derive(Serialize)]
struct GenerationReport<'a> {
    number: u32,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    valid_from: String,
    valid_until: String,
    /// Whole days; negative when it is over.
    days_left: i64,
    keys: Vec<KeyReport>,
}

#[derive(Serialize)]
struct KeyReport {
    role: &'static str,
    algorithm: &'static str,
    key_id: String,
    public: String,
}

pub(super) fn run(args: &KeyList) -> Result<(), Error> {
    if args.json && args.ring.to_str().is_none() {
        return Err(Error::failed("--json cannot tell a path that is not UTF-8"));
    }
    let ring = Ring::open(&args.ring)?;
    if let Some(text) = &args.manifest_key {
        let expected = match text.starts_with(KEY_ID_PREFIX) {
            true => text.parse().map_err(|error| Error::failed(format_args!("{text}: {error}")))?,
            false => files::public_key(Path::new(text))?.key_id(),
        };
        if ring.key_id != expected {
            let found = ring.key_id;
            return Err(Error::no(format_args!("the manifest is signed with {found}, not with {expected}"))
                .about(args.ring.display()));
        }
    }
    ring.tell_leftovers();
    let now = now()?;
    if args.json { json(&ring, now) } else { text(&ring, now) }
}

fn json(ring: &Ring, now: Time) -> Result<(), Error> {
    let entries = ring.manifest.entries().iter().map(|(name, entry)| EntryReport {
        name,
        purpose: entry.purpose().name(),
        generations: entry
            .generations()
            .iter()
            .map(|one| {
                let keys = one.keys().iter().map(|key| KeyReport {
                    role: key.role().name(),
                    algorithm: key.kind().name(),
                    key_id: key.id().to_string(),
                    public: ring.key_file(name, one.number(), key, "pub").display().to_string(),
                });
                let (superseded_by, revoked_at, reason) = match one.state() {
                    State::Current => (None, None, None),
                    State::Superseded { by } => (Some(*by), None, None),
                    State::Revoked { since, reason } => (None, Some(since.to_string()), Some(reason.as_str())),
                };
                GenerationReport {
                    number: one.number(),
                    state: state(one),
                    superseded_by,
                    revoked_at,
                    reason,
                    valid_from: one.validity().from().to_string(),
                    valid_until: one.validity().until().to_string(),
                    days_left: days_left(one, now),
                    keys: keys.collect(),
                }
            })
            .collect(),
    });
    terminal::print_json(&Report {
        ring: &ring.path,
        manifest_key: ring.key_id.to_string(),
        sequence: ring.manifest.sequence(),
        created: ring.manifest.created().to_string(),
        written: ring.manifest.written().to_string(),
        entries: entries.collect(),
    })
}

/// One line for each key, under the manifest that vouches for it.
fn text(ring: &Ring, now: Time) -> Result<(), Error> {
    let manifest = &ring.manifest;
    let mut text = format!(
        "manifest {} of {}, signed at {} with {}\n",
        manifest.sequence(),
        ring.path.display(),
        manifest.written(),
        ring.key_id
    );
    let width = manifest.entries().keys().map(|name| name.len()).max().unwrap_or_default().max("name".len());
    let _ = writeln!(text, "{:width$}  purpose   generation  state       expires       key", "name");
    for (name, entry) in manifest.entries() {
        for (one, key) in entry.generations().iter().flat_map(|one| one.keys().iter().map(move |key| (one, key))) {
            let expires = match days_left(one, now) {
                days @ 0.. => format!("in {days} d"),
                days => format!("{} d ago", days.unsigned_abs()),
            };
            let _ = writeln!(
                text,
                "{:width$}  {:8}  {:>10}  {:10}  {expires:>12}  {} {}",
                &**name,
                entry.purpose().name(),
                one.number(),
                state(one),
                key.kind().cli_name(),
                key.id()
            );
        }
    }
    terminal::show(&text)
}

const fn state(generation: &Generation) -> &'static str {
    match generation.state() {
        State::Current => "current",
        State::Superseded { .. } => "superseded",
        State::Revoked { .. } => "revoked",
    }
}

/// Whole days until it expires, or since it did; the day of the end counts as begun.
fn days_left(generation: &Generation, now: Time) -> i64 {
    let (now, until) = (now.unix(), generation.validity().until().unix());
    let days = |seconds: u64| i64::try_from(seconds.div_euclid(DAY)).unwrap_or(i64::MAX);
    match until.checked_sub(now) {
        Some(left) => days(left),
        None => days(now.saturating_sub(until)).saturating_add(1).saturating_neg(),
    }
}
