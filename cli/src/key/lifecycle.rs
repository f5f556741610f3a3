//! `twinlock key rotate` and `key revoke`: what becomes of the entries of a key ring.

use twinlock::{
    certificate::Validity,
    ring::{Entry, Manifest, Name},
};

use crate::{
    args::default_provider,
    cert::from_now,
    error::Error,
    ring::{
        Job, Locked,
        args::{KeyRevoke, KeyRotate},
        entry_of, now,
    },
    terminal,
};

pub(super) fn rotate(args: &KeyRotate) -> Result<(), Error> {
    let mut path = None;
    let mut names: Vec<Name> = Vec::with_capacity(args.entries.len());
    for entry in &args.entries {
        let (ring, name) = entry_of(entry)?;
        if path.get_or_insert_with(|| ring.clone()) != &ring {
            return Err(Error::file(entry, "is of another ring than the entries before it"));
        }
        names.push(name);
    }
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| match pair {
        [one, next] if one == next => Some(one),
        _ => None,
    });
    if let Some(twice) = twice {
        return Err(Error::failed(format_args!("{twice} is given twice")));
    }
    let path = path.ok_or_else(|| Error::failed("no entry is given"))?;
    let locked = Locked::open(&path)?;
    let (mut jobs, mut validities) = (Vec::with_capacity(names.len()), Vec::with_capacity(names.len()));
    for name in &names {
        let entry = locked.ring.entry(name)?;
        jobs.push(job(name, entry).map_err(|error| Error::file(&path.join(&**name), error))?);
        let before = entry.newest().map_err(Error::failed)?.validity();
        let span = before.until().unix().saturating_sub(before.from().unix());
        validities.push(from_now(args.lifetime.unwrap_or(span))?);
    }
    let enter = |manifest: &mut Manifest, keys: Vec<Vec<_>>| {
        let with_keys = jobs.iter().zip(&validities).zip(keys);
        with_keys.into_iter().try_for_each(|((job, validity), keys)| manifest.rotate(&job.name, *validity, keys))
    };
    let ring = locked.change(&args.passphrase, default_provider(), &jobs, enter)?;
    ring.say("key ring");
    match (jobs.as_slice(), validities.as_slice()) {
        ([job], [validity]) => say_generation(&ring.path.join(&*job.name), job.number, *validity),
        (jobs, _) => terminal::say(format_args!("entries: {} rotated", jobs.len())),
    }
    Ok(())
}

fn job(name: &Name, entry: &Entry) -> Result<Job, twinlock::ring::Error> {
    let kinds = entry.newest()?.keys().iter().map(|key| key.kind()).collect();
    Ok(Job { name: name.clone(), purpose: entry.purpose(), number: entry.next_number()?, kinds })
}

fn say_generation(entry: &std::path::Path, number: u32, validity: Validity) {
    terminal::say(format_args!(
        "{}: generation {number} is current, valid until {}",
        entry.display(),
        validity.until()
    ));
}

pub(super) fn revoke(args: &KeyRevoke) -> Result<(), Error> {
    let (path, name) = entry_of(&args.entry)?;
    let locked = Locked::open(&path)?;
    let since = now()?;
    // What cannot be is told before anybody is asked for a passphrase.
    let failed = |error| Error::file(&args.entry, error);
    let mut next = locked.ring.manifest.clone();
    let revoked = next.revoke(&name, args.generation, since, &args.reason).map_err(failed)?;
    let enter = |manifest: &mut Manifest, _| {
        *manifest = next;
        Ok(())
    };
    let ring = locked.change(&args.passphrase, default_provider(), &[], enter)?;
    ring.say("key ring");
    let numbers: Vec<_> = revoked.iter().map(ToString::to_string).collect();
    terminal::say(format_args!("{}: revoked generation {}", args.entry.display(), numbers.join(", ")));
    Ok(())
}
