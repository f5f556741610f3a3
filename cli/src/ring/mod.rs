//! Key rings: folders of keys with a signed manifest. What a key may do is the library's matter; here are the files.
//!
//! ```text
//! RING/manifest.json     the manifest; its rename is the moment from which a change holds
//! RING/manifest.key      the key that signs it, and its public half in manifest.pub
//! RING/manifest.change   only while a change is under way: what it writes
//! RING/NAME/2.signing.key, 2.signing.pub, 2.opening.key, 2.opening.pub
//! ```

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};
use twinlock::{
    certificate::Time,
    ids::{
        MAX_KEY_FILE_LEN,
        ring::{MAX_MANIFEST_LEN, RESERVED},
    },
    keys::{self, Content, KeyId, PrivateKey, ProtectedKey, PublicKey, WrappingKey},
    ring::{self, Entry, Generation, Key, Manifest, Name, Use},
};
use zeroize::Zeroizing;

use crate::{
    args::default_provider,
    error::Error,
    files,
    passphrase::PassphraseArg,
    terminal::{self, io_words},
};

pub(crate) mod args;
mod folder;
mod write;

pub(crate) use write::{Job, Locked};

const MANIFEST: &str = "manifest.json";
const MANIFEST_KEY: &str = "manifest.key";
const MANIFEST_PUBLIC: &str = "manifest.pub";
const CHANGE: &str = "manifest.change";

/// A ring whose manifest was verified with the key beside it.
pub(crate) struct Ring {
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) key_id: KeyId,
}

impl Ring {
    /// Reads and verifies.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let Some(ring) = Self::find(path)? else {
            let what = match path.join(CHANGE).exists() {
                true => "is no key ring yet: what was to make it did not end",
                false => "is no key ring: it has no manifest.json",
            };
            return Err(Error::file(path, what).hint("twinlock key new --for PURPOSE --ring RING makes one"));
        };
        Ok(ring)
    }

    /// Whether there is one, sound or not.
    pub(crate) fn is_there(path: &Path) -> bool {
        path.join(MANIFEST).symlink_metadata().is_ok()
    }

    /// Says what was signed. Whoever remembers key and number knows an older ring by them.
    pub(crate) fn say(&self, what: &str) {
        let (number, key_id) = (self.manifest.sequence(), self.key_id);
        terminal::say(format_args!("{what} {}: manifest {number}, signed with {key_id}", self.path.display()));
    }

    fn find(path: &Path) -> Result<Option<Self>, Error> {
        let file = path.join(MANIFEST);
        // The ring may not be there, or be none yet.
        let Some(source) = regular(&file)? else { return Ok(None) };
        let most = u64::try_from(MAX_MANIFEST_LEN).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        source.take(most).read_to_end(&mut bytes).map_err(|error| Error::file(&file, io_words(&error)))?;
        let public_file = path.join(MANIFEST_PUBLIC);
        let bytes_of_public = files::read(&public_file, existing(&public_file)?, MAX_KEY_FILE_LEN)?;
        let public = PublicKey::from_bytes(&bytes_of_public).map_err(|error| Error::file(&public_file, error))?;
        let key = public.to_verifying_key(default_provider()).map_err(|error| Error::file(&public_file, error))?;
        let manifest = Manifest::verify(&bytes, &key).map_err(|error| match error {
            ring::Error::WrongKey { .. } | ring::Error::Signature => {
                Error::no(error).about(file.display()).hint("nothing in this ring is to be trusted; is there a copy?")
            }
            error => Error::file(&file, error),
        })?;
        Ok(Some(Self { path: path.into(), manifest, key_id: public.key_id() }))
    }

    /// The entry of that name.
    pub(crate) fn entry(&self, name: &Name) -> Result<&Entry, Error> {
        self.manifest.entry(name).map_err(|error| {
            Error::file(&self.path, error)
                .hint(format_args!("twinlock key list {} tells what there is", self.path.display()))
        })
    }

    /// Opens the ring's own key. Whoever has the passphrase knows by it that the manifest is of this ring, whatever
    /// someone who can write here made of `manifest.pub`.
    pub(crate) fn unlock<'a>(&'a self, passphrase: &'a PassphraseArg) -> Result<(PrivateKey, Opener<'a>), Error> {
        let mut opener = Opener { ring: &self.path, source: passphrase, passphrase: None, derived: Vec::new() };
        let file = self.path.join(MANIFEST_KEY);
        let key = opener.open(&file)?;
        if opener.derived.is_empty() {
            self.tell_unprotected(passphrase)?;
        }
        let public = public_of(&key, &file)?;
        if public.key_id() != self.key_id {
            return Err(Error::no(format_args!(
                "is the key {}, and the manifest is signed with {}",
                public.key_id(),
                self.key_id
            ))
            .about(file.display())
            .hint("someone else may have signed the manifest; is there a copy of the ring?"));
        }
        Ok((key, opener))
    }

    /// Whoever expects a passphrase must learn that none was asked for: another ring may be in the place of this one.
    fn tell_unprotected(&self, passphrase: &PassphraseArg) -> Result<(), Error> {
        let what = "is under no passphrase";
        if passphrase.passphrase_file.is_some() {
            return Err(Error::no(format_args!("{what}, and one was given")).about(self.path.display()).hint(
                "if it had one, someone put another ring here: is there a copy? else leave --passphrase-file out",
            ));
        }
        if io::stdin().is_terminal() {
            terminal::say(format_args!(
                "warning: {} {what}: nothing guards its keys and its list",
                self.path.display()
            ));
        }
        Ok(())
    }

    /// Where a key is.
    pub(crate) fn key_file(&self, name: &Name, generation: u32, key: &Key, extension: &str) -> PathBuf {
        folder::key_file(&self.path, name, generation, key.role(), extension)
    }

    /// A private key, if it is the one that the manifest names.
    fn read(&self, opener: &mut Opener<'_>, name: &Name, found: (&Generation, &Key)) -> Result<PrivateKey, Error> {
        let (generation, key) = found;
        let file = self.key_file(name, generation.number(), key, "key");
        let private = opener.open(&file)?;
        let id = public_of(&private, &file)?.key_id();
        if id != key.id() {
            return Err(
                Error::no(format_args!("is the key {id}, and the manifest names {}", key.id())).about(file.display())
            );
        }
        Ok(private)
    }

    /// Tells of what a change that was killed left, unless one is under way.
    pub(crate) fn tell_leftovers(&self) {
        let is_alone = || File::open(&self.path).is_ok_and(|folder| folder.try_lock_shared().is_ok());
        if self.path.join(CHANGE).exists() && is_alone() {
            terminal::say(
                "warning: a change of this ring was cut off and has no effect; the next one clears what it left",
            );
        }
    }
}

fn public_of(key: &PrivateKey, file: &Path) -> Result<PublicKey, Error> {
    key.public_key(default_provider()).map_err(|error| Error::file(file, error))
}

/// Opens key files of one ring. The passphrase is asked for once, and a key derived from it once for all files with one
/// salt.
pub(crate) struct Opener<'a> {
    ring: &'a Path,
    source: &'a PassphraseArg,
    passphrase: Option<Zeroizing<Vec<u8>>>,
    derived: Vec<WrappingKey>,
}

impl Opener<'_> {
    fn open(&mut self, path: &Path) -> Result<PrivateKey, Error> {
        let failed = |error: keys::Error| Error::file(path, error);
        let file = existing(path)?;
        let metadata = file.metadata().map_err(|error| Error::file(path, io_words(&error)))?;
        let bytes = files::read(path, file, MAX_KEY_FILE_LEN)?;
        files::refuse_exposed(path, &metadata)?;
        match PrivateKey::from_bytes(&bytes) {
            Err(keys::Error::WrongContent { found: Content::EncryptedPrivateKey, .. }) => {
                let protected = ProtectedKey::from_bytes(&bytes).map_err(failed)?;
                self.wrapping_key(&protected).and_then(|key| protected.open_with(key).map_err(failed))
            }
            key => key.map_err(failed),
        }
    }

    fn wrapping_key(&mut self, file: &ProtectedKey) -> Result<&WrappingKey, Error> {
        let known = self.derived.iter().position(|key| key.fits(file));
        let index = match known {
            Some(index) => index,
            None => {
                let passphrase = match self.passphrase.take() {
                    Some(passphrase) => passphrase,
                    None => self.source.existing(self.ring)?,
                };
                let key = file.wrapping_key(&passphrase).map_err(|error| Error::file(self.ring, error))?;
                self.passphrase = Some(passphrase);
                self.derived.push(key);
                self.derived.len().saturating_sub(1)
            }
        };
        self.derived.get(index).ok_or_else(|| Error::failed("no key of the passphrase"))
    }

    /// What the ring's own key is under, and so every new one.
    fn into_wrapping_key(self) -> Option<WrappingKey> {
        self.derived.into_iter().next()
    }
}

/// Opens a file of a ring, if it is there. Not a pipe: someone who put one there could make us wait for ever.
fn regular(path: &Path) -> Result<Option<File>, Error> {
    let failed = |error: &io::Error| Error::file(path, io_words(error));
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(failed(&error.into())),
    };
    match file.metadata() {
        Ok(found) if found.is_file() => Ok(Some(file)),
        Ok(_) => Err(Error::file(path, "is no regular file")),
        Err(error) => Err(failed(&error)),
    }
}

/// Opens a file of a ring that must be there.
fn existing(path: &Path) -> Result<File, Error> {
    regular(path)?.ok_or_else(|| Error::file(path, "no such file or directory"))
}

/// The ring and the name in it, if that is what a path leads to.
pub(crate) fn entry_at(path: &Path) -> Result<Option<(PathBuf, Name)>, Error> {
    if files::is_std(path) {
        return Ok(None);
    }
    if path.is_dir() && path.join(MANIFEST).exists() {
        return Err(Error::file(path, "is a key ring; give one of its entries")
            .hint(format_args!("twinlock key list {} tells what there is", path.display())));
    }
    // `.` and `..` have no name of their own.
    let whole = match path.file_name() {
        Some(_) => path.into(),
        None => path.canonicalize().map_err(|error| Error::file(path, io_words(&error)))?,
    };
    let ring = files::folder(&whole);
    // Others have a manifest.json, too.
    if !Ring::is_there(ring) || ring.join(MANIFEST_PUBLIC).symlink_metadata().is_err() {
        return Ok(None);
    }
    let name = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // The files of the ring itself are no entries. What else has a name beside a manifest is one, even if someone put a
    // file there: it must not pass for a key file to which no rule holds.
    if name.starts_with(RESERVED) {
        return Ok(None);
    }
    let name = name.parse().map_err(|error| Error::file(path, error))?;
    Ok(Some((ring.into(), name)))
}

/// The same for commands that take nothing else.
pub(crate) fn entry_of(path: &Path) -> Result<(PathBuf, Name), Error> {
    entry_at(path)?.ok_or_else(|| {
        Error::file(path, "is no entry of a key ring: beside it is no manifest.json").hint("an entry is RING/NAME")
    })
}

/// A private key from a file, or the current one of an entry if it may be used for that.
pub(crate) fn private_key(path: &Path, wanted: Use, passphrase: &PassphraseArg) -> Result<PrivateKey, Error> {
    let Some((ring, name)) = entry_at(path)? else { return files::private_key(path, passphrase) };
    let ring = Ring::open(&ring)?;
    let found = ring.entry(&name)?.key_for(wanted, now()?).map_err(|error| refused(path, error))?;
    let (_, mut opener) = ring.unlock(passphrase)?;
    ring.read(&mut opener, &name, found)
}

/// Keys that may open a file, the newest first.
pub(crate) struct OpeningKeys {
    pub(crate) keys: Vec<PrivateKey>,
    /// Whether there are others, which were revoked.
    pub(crate) are_revoked_left: bool,
}

/// The opening keys of an entry; of any other path nothing.
pub(crate) fn opening_keys(
    path: &Path,
    revoked: bool,
    passphrase: &PassphraseArg,
) -> Result<Option<OpeningKeys>, Error> {
    let Some((ring, name)) = entry_at(path)? else { return Ok(None) };
    let ring = Ring::open(&ring)?;
    let entry = ring.entry(&name)?;
    let found = entry.opening_keys(revoked).map_err(|error| match error {
        error @ ring::Error::Revoked { .. } => {
            Error::file(path, error).hint("--revoked opens with it all the same; others may have the key")
        }
        error => refused(path, error),
    })?;
    let are_revoked_left = found.len() < entry.generations().len();
    let (_, mut opener) = ring.unlock(passphrase)?;
    let (mut keys, mut unread) = (Vec::new(), Vec::new());
    for found in found {
        match ring.read(&mut opener, &name, found) {
            Ok(key) => keys.push(key),
            Err(error) => unread.push(error),
        }
    }
    // One that is lost must not keep the others from opening what is theirs. Of none, the newest tells why.
    if keys.is_empty() && !unread.is_empty() {
        return Err(unread.swap_remove(0));
    }
    for error in unread {
        error.warn();
    }
    Ok(Some(OpeningKeys { keys, are_revoked_left }))
}

/// Why an entry's key is not used, and what to do.
fn refused(path: &Path, error: ring::Error) -> Error {
    let words = Error::file(path, &error);
    match error {
        ring::Error::Expired { .. } | ring::Error::Revoked { .. } => {
            words.hint(format_args!("twinlock key rotate {} makes the next", path.display()))
        }
        ring::Error::Purpose { .. } => words.hint("twinlock key new --for PURPOSE makes an entry for something else"),
        _ => words,
    }
}

/// The time of the system's clock.
pub(crate) fn now() -> Result<Time, Error> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(Error::failed)?;
    Time::from_unix(since.as_secs()).map_err(Error::failed)
}
