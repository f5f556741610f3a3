//! `twinlock key new --for`: entries of a key ring, one or a whole fleet.

use std::{collections::HashMap, path::Path};

use serde::Serialize;
use twinlock::{
    certificate::Validity,
    ids::{
        KeyKind,
        ring::{MAX_ENTRIES, MAX_NAME_LEN, Purpose, Role},
    },
    ring::{Key, Manifest, Name},
};

use crate::{
    args::KeyNew,
    cert::from_now,
    error::Error,
    files, passphrase,
    ring::{Job, Locked, Ring},
    terminal,
};

/// How long keys are valid unless told.
const LIFETIME: u64 = 365 * 24 * 60 * 60;

/// One name, and where it was read.
struct Named<'a> {
    name: Name,
    place: Option<(&'a Path, usize)>,
}

impl Named<'_> {
    fn error(&self, error: impl std::fmt::Display) -> Error {
        match self.place {
            Some((file, line)) => at_line(file, line, error),
            None => Error::failed(error),
        }
    }
}

pub(super) fn run(args: &KeyNew, purpose: Purpose, path: &Path) -> Result<(), Error> {
    let new = &args.entries;
    if args.json && path.to_str().is_none() {
        return Err(Error::failed("--json cannot tell a path that is not UTF-8"));
    }
    let kinds = kinds(purpose, args.algorithm)?;
    let names = names(args)?;
    let validity = from_now(new.lifetime.unwrap_or(LIFETIME))?;
    let jobs: Vec<Job> =
        names.iter().map(|named| Job { name: named.name.clone(), purpose, number: 1, kinds: kinds.clone() }).collect();
    let enter = |manifest: &mut Manifest, keys: Vec<Vec<_>>| {
        jobs.iter().zip(keys).try_for_each(|(job, keys)| manifest.add(&job.name, purpose, validity, keys))
    };
    let provider = args.provider.provider;
    let is_new = !Ring::is_there(path);
    let ring = if is_new {
        if new.passphrase.passphrase_file.is_some() {
            return Err(Error::file(path, "is no key ring yet, and --passphrase-file is for one that is there")
                .hint("--new-passphrase-file makes one under a passphrase"));
        }
        let passphrase = match new.unprotected {
            true => None,
            false => Some(passphrase::new(new.new_passphrase_file.as_deref(), path)?),
        };
        Locked::new(path)?.make(passphrase.as_ref().map(|words| words.as_slice()), provider, &jobs, enter)?
    } else {
        if new.unprotected || new.new_passphrase_file.is_some() {
            return Err(Error::file(path, "is a key ring already, and has its protection")
                .hint("--passphrase-file tells the passphrase of a ring that is there"));
        }
        let locked = Locked::open(path)?;
        let there = locked.ring.manifest.entries().len();
        if there.saturating_add(names.len()) > MAX_ENTRIES {
            return Err(Error::file(path, format_args!("holds {there} entries, and {MAX_ENTRIES} are the most")));
        }
        for named in &names {
            if locked.ring.manifest.entries().contains_key(&named.name) {
                return Err(named.error(twinlock::ring::Error::Exists(named.name.clone())));
            }
        }
        locked.change(&new.passphrase, provider, &jobs, enter)?
    };
    report(args, &ring, &jobs, validity, is_new)
}

/// What an entry's keys are; `--algorithm` tells the signing key, or the only one.
fn kinds(purpose: Purpose, algorithm: Option<KeyKind>) -> Result<Vec<KeyKind>, Error> {
    let told = algorithm.and_then(Role::of);
    if let Some(kind) = algorithm
        && !purpose.roles().iter().any(|role| purpose.kinds(*role).contains(&kind))
    {
        let names = purpose.roles().iter().flat_map(|role| purpose.kinds(*role)).map(|kind| kind.cli_name());
        return Err(Error::failed(format_args!("{} is not for the purpose {}", kind.name(), purpose.name()))
            .hint(format_args!("it has {}", names.collect::<Vec<_>>().join(", "))));
    }
    let kind =
        |role: &Role| algorithm.filter(|_| told == Some(*role)).or_else(|| purpose.kinds(*role).first().copied());
    Ok(purpose.roles().iter().filter_map(kind).collect())
}

fn names(args: &KeyNew) -> Result<Vec<Named<'_>>, Error> {
    let new = &args.entries;
    let file = match (&new.name, &new.names) {
        (Some(name), _) => return Ok(vec![Named { name: name.clone(), place: None }]),
        (None, Some(file)) => file.as_path(),
        (None, None) => return Err(Error::failed("an entry has a name: --name NAME, or --names FILE for many")),
    };
    let passphrases = [&new.passphrase.passphrase_file, &new.new_passphrase_file];
    if files::is_std(file) && passphrases.into_iter().flatten().any(|file| files::is_std(file)) {
        return Err(Error::failed("the names and the passphrase are both to come from stdin"));
    }
    let most = MAX_ENTRIES * (MAX_NAME_LEN + 2);
    let bytes = files::content(file, most)?;
    if bytes.len() > most {
        return Err(Error::file(file, format_args!("is more than {MAX_ENTRIES} names, the most in a ring")));
    }
    let text = str::from_utf8(&bytes).map_err(|_| Error::file(file, "is not UTF-8"))?;
    let (mut names, mut lines) = (Vec::new(), HashMap::new());
    for (line, text) in (1..).zip(text.lines()) {
        let name: Name = text.parse().map_err(|error| at_line(file, line, error))?;
        if let Some(first) = lines.insert(name.clone(), line) {
            return Err(at_line(file, line, format_args!("{name} is there twice, first in line {first}")));
        }
        if names.len() == MAX_ENTRIES {
            return Err(at_line(file, line, format_args!("more than {MAX_ENTRIES} names, the most in a ring")));
        }
        names.push(Named { name, place: Some((file, line)) });
    }
    match new.count {
        Some(count) if count != names.len() => {
            Err(Error::file(file, format_args!("holds {} names, not the {count} of --count", names.len())))
        }
        _ if names.is_empty() => Err(Error::file(file, "holds no name")),
        _ => Ok(names),
    }
}

fn at_line(file: &Path, line: usize, error: impl std::fmt::Display) -> Error {
    Error::failed(format_args!("{}, line {line}: {error}", file.display()))
}

#[derive(Serialize)]
struct Report<'a> {
    ring: &'a Path,
    manifest_key: String,
    sequence: u64,
    entries: Vec<EntryReport<'a>>,
}

#[derive(Serialize)]
struct EntryReport<'a> {
    name: &'a str,
    keys: Vec<KeyReport>,
}

#[derive(Serialize)]
struct KeyReport {
    algorithm: &'static str,
    key_id: String,
    private: String,
    public: String,
}

fn report(args: &KeyNew, ring: &Ring, jobs: &[Job], validity: Validity, is_new: bool) -> Result<(), Error> {
    let entry = |job: &'_ Job| -> Result<Vec<KeyReport>, Error> {
        let generation = ring.entry(&job.name)?.newest().map_err(Error::failed)?;
        let file =
            |key: &Key, extension| ring.key_file(&job.name, generation.number(), key, extension).display().to_string();
        let key = |key: &Key| KeyReport {
            algorithm: key.kind().name(),
            key_id: key.id().to_string(),
            private: file(key, "key"),
            public: file(key, "pub"),
        };
        Ok(generation.keys().iter().map(key).collect())
    };
    if args.json {
        let entries = jobs.iter().map(|job| Ok(EntryReport { name: &job.name, keys: entry(job)? }));
        return terminal::print_json(&Report {
            ring: &ring.path,
            manifest_key: ring.key_id.to_string(),
            sequence: ring.manifest.sequence(),
            entries: entries.collect::<Result<_, Error>>()?,
        });
    }
    ring.say(if is_new { "new key ring" } else { "key ring" });
    match jobs {
        [job] => {
            for key in entry(job)? {
                terminal::say(format_args!("{} key {}", key.algorithm, key.key_id));
                terminal::say(format_args!("public key: {}", key.public));
            }
            terminal::say(format_args!("entry: {}", ring.path.join(&*job.name).display()));
        }
        jobs => terminal::say(format_args!("entries: {} new", jobs.len())),
    }
    terminal::say(format_args!("valid until: {}", validity.until()));
    Ok(())
}
