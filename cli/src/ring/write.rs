//! Changes of a ring. Killed at any moment, a change leaves the ring as it was or as it should be:
//!
//! 1. `manifest.change` tells which files come;
//! 2. the files come, each with a name that no manifest has, and are on the disk;
//! 3. the new manifest takes the place of the old one: from here on the change holds;
//! 4. `manifest.change` goes.
//!
//! Whoever finds a `manifest.change` under the lock deletes the files in it that no manifest names.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    num::NonZero,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use indicatif::{ProgressBar, ProgressStyle};
use twinlock::{
    ids::{
        KeyKind,
        ring::{Purpose, Role, SIGNATURE},
    },
    keys::{PrivateKey, Protection, WrappingKey},
    provider::{Provider, SystemRng},
    ring::{Key, Manifest, Name},
    sign::SigningKey,
};

use super::{
    CHANGE, MANIFEST, MANIFEST_KEY, MANIFEST_PUBLIC, Ring,
    folder::{clear, files_of, key_file, put, put_note, sync_file_system, sync_folder},
    now, public_of,
};
use crate::{
    args::default_provider,
    error::Error,
    files::{self, PRIVATE_MODE, PUBLIC_MODE},
    passphrase::PassphraseArg,
    terminal::io_words,
};

/// Readable, and open, for its owner only.
const FOLDER_MODE: u32 = 0o700;
/// From how many new generations on the whole file system is synced once, instead of each file.
const MANY: usize = 64;

/// A ring that nobody else changes meanwhile.
pub(crate) struct Locked {
    pub(crate) ring: Ring,
    first: Option<First>,
    _lock: File,
}

/// Of a ring that is not there yet.
struct First {
    /// Its own key.
    key: PrivateKey,
    /// Whether its folder was made for it.
    is_made: bool,
}

/// One generation to make.
pub(crate) struct Job {
    pub(crate) name: Name,
    pub(crate) purpose: Purpose,
    pub(crate) number: u32,
    pub(crate) kinds: Vec<KeyKind>,
}

impl Locked {
    /// A ring that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if !Ring::is_there(path) {
            Ring::open(path)?; // which tells it
        }
        let lock = files::lock_folder(&path.join(MANIFEST))?;
        Ok(Self { ring: Ring::open(path)?, first: None, _lock: lock })
    }

    /// A ring that is not there yet, in a folder that is empty or not there.
    pub(crate) fn new(path: &Path) -> Result<Self, Error> {
        let failed = |error: &io::Error| Error::file(path, io_words(error));
        let is_made = match DirBuilder::new().mode(FOLDER_MODE).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            made => made.map(|()| true).map_err(|error| failed(&error))?,
        };
        let lock = files::lock_folder(&path.join(MANIFEST))?;
        if Ring::find(path)?.is_some() {
            return Err(Error::file(path, "became a key ring meanwhile; try again"));
        }
        clear(path, None)?;
        if fs::read_dir(path).map_err(|error| failed(&error))?.next().is_some() {
            return Err(
                Error::file(path, "is no key ring, and not empty").hint("give a folder that is empty or not there")
            );
        }
        let key = PrivateKey::generate(KeyKind::Signature(SIGNATURE), &mut SystemRng).map_err(Error::failed)?;
        let key_id = public_of(&key, &path.join(MANIFEST_KEY))?.key_id();
        let ring = Ring { path: path.into(), manifest: Manifest::new(now()?), key_id };
        Ok(Self { ring, first: Some(First { key, is_made }), _lock: lock })
    }

    /// Changes a ring that is there, when what a change that was killed left in it is cleared: makes keys, lets `enter` put them into the manifest, in the order of the jobs.
    pub(crate) fn change(
        mut self,
        passphrase: &PassphraseArg,
        provider: &'static Provider,
        jobs: &[Job],
        enter: impl FnOnce(&mut Manifest, Vec<Vec<Key>>) -> Result<(), twinlock::ring::Error>,
    ) -> Result<Ring, Error> {
        let (key, opener) = self.ring.unlock(passphrase)?;
        let wrapping = opener.into_wrapping_key();
        // Only whoever has the passphrase makes the note count.
        clear(&self.ring.path, Some(&self.ring.manifest))?;
        self.write(key, wrapping.as_ref(), provider, jobs, enter)
    }

    /// Makes a new ring, whose keys are under that passphrase, or under none.
    pub(crate) fn make(
        mut self,
        passphrase: Option<&[u8]>,
        provider: &'static Provider,
        jobs: &[Job],
        enter: impl FnOnce(&mut Manifest, Vec<Vec<Key>>) -> Result<(), twinlock::ring::Error>,
    ) -> Result<Ring, Error> {
        let derive = |passphrase: &[u8]| WrappingKey::derive(passphrase, Protection::Scrypt, &mut SystemRng);
        let wrapping = passphrase.map(derive).transpose().map_err(Error::failed)?;
        let First { key, is_made } = self.first.take().ok_or_else(|| Error::failed("the ring is there already"))?;
        let files = Files { ring: &self.ring.path, wrapping: wrapping.as_ref(), provider, is_synced: true };
        let made = put_note(&self.ring.path, true, jobs)
            .and_then(|()| files.pair(&self.ring.path.join(MANIFEST_KEY), &self.ring.path.join(MANIFEST_PUBLIC), &key))
            .and_then(|_| self.write(key, wrapping.as_ref(), provider, jobs, enter));
        if made.is_err() {
            let _ = clear(&self.ring.path, None);
            if is_made {
                let _ = fs::remove_dir(&self.ring.path);
            }
        }
        made
    }

    fn write(
        &mut self,
        key: PrivateKey,
        wrapping: Option<&WrappingKey>,
        provider: &'static Provider,
        jobs: &[Job],
        enter: impl FnOnce(&mut Manifest, Vec<Vec<Key>>) -> Result<(), twinlock::ring::Error>,
    ) -> Result<Ring, Error> {
        let path = self.ring.path.as_path();
        let is_first = self.ring.manifest.sequence() == 0;
        let signer = key.into_signing_key(default_provider()).map_err(|error| Error::file(path, error))?;
        let files = Files { ring: path, wrapping, provider, is_synced: jobs.len() < MANY };
        if !is_first && !jobs.is_empty() {
            // What the note names is deleted if this fails: nothing of someone else's may be among it.
            jobs.iter().try_for_each(|job| files.check_place(job))?;
            put_note(path, false, jobs)?;
        }
        let mut next = self.ring.manifest.clone();
        if let Err(error) = files.commit(jobs, &mut next, enter, &signer) {
            // The manifest names none of it. Of a new ring, more is to be cleared.
            if !is_first {
                let _ = clear(path, Some(&self.ring.manifest));
            }
            return Err(error);
        }
        // It holds from here on; the note is cleared by the next change if not by this one.
        let _ = fs::remove_file(path.join(CHANGE));
        Ok(Ring { path: path.into(), manifest: next, key_id: self.ring.key_id })
    }
}

/// How files of keys are written.
struct Files<'a> {
    ring: &'a Path,
    wrapping: Option<&'a WrappingKey>,
    provider: &'static Provider,
    /// Whether each file is on the disk before the next.
    is_synced: bool,
}

impl Files<'_> {
    /// All the way to the new manifest.
    fn commit(
        &self,
        jobs: &[Job],
        next: &mut Manifest,
        enter: impl FnOnce(&mut Manifest, Vec<Vec<Key>>) -> Result<(), twinlock::ring::Error>,
        signer: &SigningKey,
    ) -> Result<(), Error> {
        let keys = self.all(jobs)?;
        let failed = |error| Error::file(self.ring, error);
        enter(next, keys).map_err(failed)?;
        let bytes = next.sign(now()?, signer, &mut SystemRng).map_err(failed)?;
        self.sync(jobs).map_err(|error| Error::file(self.ring, io_words(&error)))?;
        put(self.ring, MANIFEST, &bytes)
    }

    /// The keys of all jobs, in their order, made on all processors.
    fn all(&self, jobs: &[Job]) -> Result<Vec<Vec<Key>>, Error> {
        let count = thread::available_parallelism().map_or(1, NonZero::get).min(jobs.len());
        let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let bar = bar(jobs.len());
        let work = || {
            let mut made = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(job) = jobs.get(number) else { break };
                match self.one(job) {
                    Ok(keys) => made.push((number, keys)),
                    Err(error) => {
                        is_over.store(true, Ordering::Relaxed);
                        return Err(error);
                    }
                }
                bar.inc(1);
            }
            Ok(made)
        };
        let made = thread::scope(|scope| {
            let start = |_| thread::Builder::new().spawn_scoped(scope, work);
            let workers: Vec<_> = (0..count).map(start).collect();
            let ends = workers.into_iter().map(|worker| {
                let worker = worker.map_err(|error| {
                    is_over.store(true, Ordering::Relaxed);
                    Error::failed(format_args!("cannot start a thread: {}", io_words(&error)))
                })?;
                worker.join().map_err(|_| Error::failed("a thread ended"))?
            });
            // All are waited for; the first failure is told.
            ends.collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>, Error>>()
        });
        bar.finish_and_clear();
        let mut made: Vec<_> = made?.into_iter().flatten().collect();
        made.sort_unstable_by_key(|(number, _)| *number);
        Ok(made.into_iter().map(|(_, keys)| keys).collect())
    }

    /// Refuses what no manifest names where new files are to come.
    fn check_place(&self, job: &Job) -> Result<(), Error> {
        let folder = self.ring.join(&*job.name);
        let is_there = |path: &Path| path.symlink_metadata().is_ok();
        if job.number == 1 {
            return if is_there(&folder) { Err(in_the_way(&folder)) } else { Ok(()) };
        }
        match folder.symlink_metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(Error::file(&folder, "is no folder")),
            Err(error) => return Err(Error::file(&folder, io_words(&error))),
        }
        match files_of(self.ring, &job.name, job.number).find(|path| is_there(path)) {
            Some(path) => Err(in_the_way(&path)),
            None => Ok(()),
        }
    }

    fn one(&self, job: &Job) -> Result<Vec<Key>, Error> {
        if job.number == 1 {
            let folder = self.ring.join(&*job.name);
            let made = DirBuilder::new().mode(FOLDER_MODE).create(&folder);
            made.map_err(|error| Error::file(&folder, io_words(&error)))?;
        }
        let key = |kind: &KeyKind| {
            let key = PrivateKey::generate(*kind, &mut SystemRng).map_err(Error::failed)?;
            let role = Role::of(*kind).ok_or_else(|| Error::failed("no key for a ring"))?;
            let file = |extension| key_file(self.ring, &job.name, job.number, role, extension);
            let id = self.pair(&file("key"), &file("pub"), &key)?;
            Key::new(job.purpose, *kind, id).map_err(Error::failed)
        };
        job.kinds.iter().map(key).collect()
    }

    /// The two files of a key; gives its id.
    fn pair(&self, private: &Path, public: &Path, key: &PrivateKey) -> Result<twinlock::keys::KeyId, Error> {
        let failed = |error| Error::file(private, error);
        let public_key = key.public_key(self.provider).map_err(failed)?;
        match self.wrapping {
            Some(wrapping) => {
                let pem = wrapping.wrap_pem(key, key.best_form(), &mut SystemRng).map_err(failed)?;
                self.new_file(private, pem.as_bytes(), PRIVATE_MODE)?;
            }
            None => self.new_file(private, key.to_pkcs8_pem().map_err(failed)?.as_bytes(), PRIVATE_MODE)?,
        }
        self.new_file(public, public_key.to_spki_pem().map_err(failed)?.as_bytes(), PUBLIC_MODE)?;
        Ok(public_key.key_id())
    }

    fn new_file(&self, path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
            file.write_all(content)?;
            if self.is_synced { file.sync_all() } else { Ok(()) }
        };
        write().map_err(|error| Error::file(path, io_words(&error)))
    }

    /// Waits until all new files and their names are on the disk.
    fn sync(&self, jobs: &[Job]) -> io::Result<()> {
        if !self.is_synced {
            return sync_file_system(&File::open(self.ring)?, self.ring, jobs);
        }
        jobs.iter().for_each(|job| sync_folder(&self.ring.join(&*job.name)));
        sync_folder(self.ring);
        Ok(())
    }
}

fn in_the_way(path: &Path) -> Error {
    Error::file(path, "is there, and no manifest names it; move it away")
}

/// A progress bar on a terminal, for what takes long; nothing elsewhere.
fn bar(total: usize) -> ProgressBar {
    if total < MANY {
        return ProgressBar::hidden();
    }
    ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX)).with_style(
        ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} entries, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}
