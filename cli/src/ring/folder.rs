//! The files of a ring: put in place whole, named, cleared when a change did not end.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use twinlock::{
    ids::ring::{MAX_MANIFEST_LEN, Role},
    ring::{Change, Manifest, Name, file_stem},
};

use super::{CHANGE, MANIFEST, MANIFEST_KEY, MANIFEST_PUBLIC, regular, write::Job};
use crate::{
    error::Error,
    files::{self, PUBLIC_MODE},
    terminal::{self, io_words},
};

/// A file of a key.
pub(super) fn key_file(ring: &Path, name: &Name, generation: u32, role: Role, extension: &str) -> PathBuf {
    ring.join(&**name).join(format!("{}.{extension}", file_stem(generation, role)))
}

/// Puts a file of the ring itself into its place, whole and on the disk.
pub(super) fn put(ring: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let (path, new) = (ring.join(name), ring.join(format!("{name}.new")));
    let write = || {
        remove(&new)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(PUBLIC_MODE).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    write().map_err(|error| Error::file(&path, io_words(&error)))?;
    // It is there: nothing that fails from here on may let the caller think that it is not.
    sync_folder(ring);
    Ok(())
}

/// Names are on the disk when their folder is. Not every file system lets a folder be synced.
pub(super) fn sync_folder(path: &Path) {
    let _ = File::open(path).and_then(|folder| folder.sync_all());
}

/// Deletes what a change that did not end has left. The manifest decides: what it names stays.
pub(super) fn clear(ring: &Path, manifest: Option<&Manifest>) -> Result<(), Error> {
    let file = ring.join(CHANGE);
    let failed = |path: &Path, error: &io::Error| Error::file(path, io_words(error));
    for name in [CHANGE, MANIFEST] {
        let new = ring.join(format!("{name}.new"));
        remove(&new).map_err(|error| failed(&new, &error))?;
    }
    let Some(source) = regular(&file)? else { return Ok(()) };
    let change = Change::from_bytes(&files::read(&file, source, MAX_MANIFEST_LEN / 8)?);
    let change = change.map_err(|error| Error::file(&file, error))?;
    let has = |name: &Name, number| manifest.is_some_and(|manifest| manifest.has(name, number));
    let mut count = 0_usize;
    for (name, number) in change.generations.iter().filter(|(name, number)| !has(name, *number)) {
        // A link would lead to somebody else's files.
        if !ring.join(&**name).symlink_metadata().is_ok_and(|found| found.is_dir()) {
            continue;
        }
        for path in files_of(ring, name, *number) {
            count = count.saturating_add(usize::from(remove(&path).map_err(|error| failed(&path, &error))?));
        }
        if *number == 1 {
            // Not if anything else is in it.
            let _ = fs::remove_dir(ring.join(&**name));
        }
    }
    if change.is_first && manifest.is_none() {
        for name in [MANIFEST_KEY, MANIFEST_PUBLIC] {
            let path = ring.join(name);
            count = count.saturating_add(usize::from(remove(&path).map_err(|error| failed(&path, &error))?));
        }
    }
    remove(&file).map_err(|error| failed(&file, &error))?;
    if count > 0 {
        terminal::say(format_args!("cleared {count} files of a change that was cut off"));
    }
    Ok(())
}

/// Every file that a generation can have.
pub(super) fn files_of(ring: &Path, name: &Name, number: u32) -> impl Iterator<Item = PathBuf> {
    let pairs = [Role::Signing, Role::Opening].into_iter().flat_map(|role| [(role, "key"), (role, "pub")]);
    pairs.map(move |(role, extension)| key_file(ring, name, number, role, extension))
}

/// Removes a file; tells whether it was there.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

/// One call for tens of thousands of files.
#[cfg(target_os = "linux")]
pub(super) fn sync_file_system(ring: &File, _: &Path, _: &[Job]) -> io::Result<()> {
    Ok(rustix::fs::syncfs(ring)?)
}

/// Where there is no such call, file by file.
#[cfg(not(target_os = "linux"))]
pub(super) fn sync_file_system(ring: &File, path: &Path, jobs: &[Job]) -> io::Result<()> {
    for job in jobs {
        let folder = path.join(&*job.name);
        for file in fs::read_dir(&folder)? {
            File::open(file?.path())?.sync_all()?;
        }
        File::open(&folder)?.sync_all()?;
    }
    ring.sync_all()
}

/// Says what is about to be written.
pub(super) fn put_note(ring: &Path, is_first: bool, jobs: &[Job]) -> Result<(), Error> {
    let generations = jobs.iter().map(|job| (job.name.clone(), job.number)).collect();
    let bytes = Change { is_first, generations }.to_bytes().map_err(Error::failed)?;
    put(ring, CHANGE, &bytes)
}
