//! Files: keys are read with care for who else can, and whatever is written is whole or not there.

use std::{
    fs::{File, Metadata, Permissions},
    io::{self, Read, Write as _},
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use tempfile::TempPath;
use twinlock::{
    envelope::age,
    handshake::{Identity, Peer, Pin},
    ids::{KEY_ID_PREFIX, KeyKind, MAX_KEY_FILE_LEN, protocol::Suite},
    keys::{self, Content, PrivateKey, ProtectedKey, PublicKey},
    provider::Provider,
    ring::Use,
    ssh,
};
use zeroize::Zeroizing;

use crate::{
    args::IdentityArg,
    error::Error,
    passphrase::PassphraseArg,
    ring,
    terminal::{io_words, stdin_file},
    token,
};

/// Readable by its owner only.
pub(crate) const PRIVATE_MODE: u32 = 0o600;
/// Readable by all whom the umask lets.
pub(crate) const PUBLIC_MODE: u32 = 0o666;
/// The bits of group and others.
const NOT_OWNER: u32 = 0o077;

/// A key file, and what opened it.
pub(crate) enum Found {
    Private { key: PrivateKey, passphrase: Option<Zeroizing<Vec<u8>>> },
    Public(PublicKey),
}

/// A key from a file or from stdin, whoever else can read it.
pub(crate) fn key(path: &Path, passphrase: &PassphraseArg) -> Result<Found, Error> {
    key_of(path, &content(path, MAX_KEY_FILE_LEN)?, passphrase)
}

fn key_of(path: &Path, bytes: &[u8], passphrase: &PassphraseArg) -> Result<Found, Error> {
    let failed = |error: keys::Error| Error::file(path, error);
    match ssh::Content::of(bytes) {
        Some(ssh::Content::PrivateKey) => return ssh_key(path, bytes, passphrase),
        Some(ssh::Content::PublicKey) => return ssh_public_key(path, bytes).map(Found::Public),
        _ => {}
    }
    if let Some(found) = age_key(path, bytes)? {
        return Ok(found);
    }
    match PrivateKey::from_bytes(bytes) {
        Ok(key) => Ok(Found::Private { key, passphrase: None }),
        Err(keys::Error::WrongContent { found: Content::PublicKey, .. }) => {
            PublicKey::from_bytes(bytes).map(Found::Public).map_err(failed)
        }
        Err(keys::Error::WrongContent { found: Content::EncryptedPrivateKey, .. }) => {
            // What cannot be opened at all is told before anybody is asked.
            let protected = ProtectedKey::from_bytes(bytes).map_err(failed)?;
            let passphrase = passphrase.existing(path)?;
            let key = protected.open(&passphrase).map_err(failed)?;
            Ok(Found::Private { key, passphrase: Some(passphrase) })
        }
        Err(keys::Error::WrongContent { found, .. }) => {
            Err(Error::file(path, format_args!("holds {found}; give a private or a public key")))
        }
        Err(error) => Err(failed(error)),
    }
}

fn ssh_key(path: &Path, bytes: &[u8], passphrase: &PassphraseArg) -> Result<Found, Error> {
    let failed = |error: ssh::Error| Error::file(path, error);
    let file = ssh::PrivateFile::from_bytes(bytes).map_err(failed)?;
    let passphrase = match file.protection() {
        Some(_) => Some(passphrase.existing(path)?),
        None => None,
    };
    let key = file.open(passphrase.as_ref().map(|passphrase| passphrase.as_slice())).map_err(failed)?.key;
    Ok(Found::Private { key, passphrase })
}

fn ssh_public_key(path: &Path, line: &[u8]) -> Result<PublicKey, Error> {
    Ok(ssh::decode_public(line).map_err(|error| Error::file(path, error))?.key)
}

/// A key in the text form of age, if it is one.
pub(crate) fn age_key(path: &Path, bytes: &[u8]) -> Result<Option<Found>, Error> {
    let Some(text) = age_text(bytes) else { return Ok(None) };
    let found = if text.starts_with("age1") {
        age::recipient_from_text(text).map(Found::Public)
    } else {
        age::identity_from_text(text).map(|key| Found::Private { key, passphrase: None })
    };
    found.map(Some).map_err(|error| Error::file(path, error))
}

/// The one line of an age key file that is no comment.
fn age_text(bytes: &[u8]) -> Option<&str> {
    let mut lines = str::from_utf8(bytes).ok()?.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().filter(|line| line.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("age")))?;
    lines.next().is_none().then_some(line)
}

/// A private key from a file that is closed to group and others.
pub(crate) fn private_key(path: &Path, passphrase: &PassphraseArg) -> Result<PrivateKey, Error> {
    let file = open(path)?;
    let metadata = file.metadata().map_err(|error| Error::file(path, io_words(&error)))?;
    let bytes = read(path, file, MAX_KEY_FILE_LEN)?;
    // What is no private key may be open to all; then its kind is what is wrong with it.
    let key = match key_of(path, &bytes, passphrase)? {
        Found::Private { key, .. } => key,
        Found::Public(_) => {
            return Err(Error::file(path, format_args!("holds {}; give {}", Content::PublicKey, Content::PrivateKey)));
        }
    };
    refuse_exposed(path, &metadata)?;
    Ok(key)
}

/// Refuses a private key that others can read.
pub(crate) fn refuse_exposed(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    match open_to_others(metadata) {
        Some(mode) => {
            Err(Error::file(path, format_args!("the private key is open to group or others, mode {mode:04o}"))
                .hint(format_args!("chmod 600 {}", path.display())))
        }
        None => Ok(()),
    }
}

/// Our identity.
pub(crate) fn identity(ours: &IdentityArg) -> Result<Arc<Identity>, Error> {
    let (path, provider) = (ours.identity.as_path(), ours.provider.provider);
    let key = token::Key::of(path, Use::Channel, &ours.passphrase)?;
    let KeyKind::Signature(_) = key.kind() else { return Err(no_identity(path, key.kind())) };
    let kind = key.kind();
    Identity::new(key.into_signing_key(provider)?).map_err(|_| no_identity(path, kind))
}

/// The key is sound, but no suite signs with it.
fn no_identity(path: &Path, kind: KeyKind) -> Error {
    let mut names: Vec<_> = Suite::ALL.map(|suite| KeyKind::Signature(suite.signature()).cli_name()).into();
    names.sort_unstable();
    names.dedup();
    Error::file(path, format_args!("{} is not for identities of channels", kind.name()))
        .hint(format_args!("twinlock key new --algorithm {} makes one", names.join(" or ")))
}

/// A public key file.
pub(crate) fn public_key(path: &Path) -> Result<PublicKey, Error> {
    if path.is_dir() && ring::entry_at(path)?.is_some() {
        return Err(Error::file(path, "is an entry of a key ring, and a public key is wanted")
            .hint("its public keys are the files N.signing.pub and N.opening.pub in it"));
    }
    let bytes = content(path, MAX_KEY_FILE_LEN)?;
    if ssh::Content::of(&bytes) == Some(ssh::Content::PublicKey) {
        return ssh_public_key(path, &bytes);
    }
    if let Some(Found::Public(key)) = age_key(path, &bytes)? {
        return Ok(key);
    }
    PublicKey::from_bytes(&bytes).map_err(|error| Error::file(path, error))
}

/// The pin of a public key file, if a suite verifies with its key.
pub(crate) fn pin(path: &Path, provider: &'static Provider) -> Result<Pin, Error> {
    let key = public_key(path)?;
    if !Suite::ALL.iter().any(|suite| KeyKind::Signature(suite.signature()) == key.kind()) {
        return Err(no_identity(path, key.kind()));
    }
    Pin::key(&key, provider).map_err(|error| Error::file(path, error))
}

/// The one peer that is expected: a public key file, or a key id `SHA256:…`.
pub(crate) fn peer(text: &str, service: &str, provider: &'static Provider) -> Result<Peer, Error> {
    let pin = if text.starts_with(KEY_ID_PREFIX) {
        Pin::id(text.parse().map_err(|error| Error::failed(format_args!("{text}: {error}")))?)
    } else {
        pin(Path::new(text), provider)?
    };
    Ok(Peer { name: text.into(), pin, services: vec![service.into()] })
}

/// The mode of a file that others than its owner can open.
pub(crate) fn open_to_others(metadata: &Metadata) -> Option<u32> {
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & NOT_OWNER != 0).then_some(mode)
}

/// Opens a file to read.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|error| Error::file(path, io_words(&error)))
}

/// The content of a file, or of stdin if it is `-`; see [`read`].
pub(crate) fn content(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    if is_std(path) { read(path, stdin_file()?, limit) } else { read(path, open(path)?, limit) }
}

/// Whether a path means stdin or stdout.
pub(crate) fn is_std(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads at most `limit` bytes and one more, so that what reads them can tell that they are too many.
/// They are wiped.
pub(crate) fn read(path: &Path, source: impl Read, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let limit = limit.saturating_add(1);
    // Room for all from the start: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    source.take(most).read_to_end(&mut bytes).map_err(|error| Error::file(path, io_words(&error)))?;
    Ok(bytes)
}

/// A new file that nobody sees before [`NewFile::keep`].
///
/// Until then it has no name where the system can do that, so that whatever ends the process leaves nothing of it.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    /// Where it is until then, on a file system without nameless files.
    named: Option<TempPath>,
    path: PathBuf,
}

impl NewFile {
    /// A file with that content, on the disk.
    pub(crate) fn write(path: &Path, content: &[u8], mode: u32, force: bool) -> Result<Self, Error> {
        let mut file = Self::create(path, mode, force)?;
        file.append(content)?;
        file.sync()?;
        Ok(file)
    }

    /// An empty file in the folder of `path`, with that mode from its first moment. Without `force`, a file at
    /// `path` is an error.
    pub(crate) fn create(path: &Path, mode: u32, force: bool) -> Result<Self, Error> {
        check_place(path, force)?;
        if let Some(file) = nameless(folder(path), mode) {
            return Ok(Self { file, named: None, path: path.into() });
        }
        let permissions = Permissions::from_mode(mode);
        let temporary = beside().permissions(permissions).tempfile_in(folder(path));
        let (file, named) = temporary.map_err(|error| Error::file(path, io_words(&error)))?.into_parts();
        Ok(Self { file, named: Some(named), path: path.into() })
    }

    /// Writes more at the end.
    pub(crate) fn append(&mut self, content: &[u8]) -> Result<(), Error> {
        self.file.write_all(content).map_err(|error| Error::file(&self.path, io_words(&error)))
    }

    /// Waits until all is on the disk.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file.sync_all().map_err(|error| Error::file(&self.path, io_words(&error)))
    }

    /// Gives the file its name. Without `force`, what came to be there meanwhile stays.
    pub(crate) fn keep(self, force: bool) -> Result<(), Error> {
        let Self { file, named, path } = self;
        let kept = match named {
            None if !force => link(&file, &path),
            // A link replaces nothing: another name first, which then does.
            None => beside()
                .make_in(folder(&path), |other| link(&file, other))
                .and_then(|other| other.persist(&path).map_err(|failure| failure.error)),
            Some(named) if force => named.persist(&path).map_err(|failure| failure.error),
            Some(named) => named.persist_noclobber(&path).map_err(|failure| failure.error),
        };
        kept.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&path),
            _ => Error::file(&path, io_words(&error)),
        })?;
        // The name is on the disk when its folder is. Not every file system lets a folder be synced.
        let _ = File::open(folder(&path)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

/// How names for a moment look.
fn beside() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".twinlock-");
    builder
}

/// A file without a name, where that can be given later: that takes `O_TMPFILE` and `/proc`.
fn nameless(folder: &Path, mode: u32) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(folder, flags, Mode::from_raw_mode(mode)).ok()?);
    descriptor(&file).exists().then_some(file)
}

/// Gives a nameless file a name that nobody has.
fn link(file: &File, path: &Path) -> io::Result<()> {
    Ok(rustix::fs::linkat(CWD, descriptor(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// A path to what has none.
fn descriptor(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// Whether a file could come to be at `path`, for those who want to know before long work.
pub(crate) fn check_place(path: &Path, force: bool) -> Result<(), Error> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => Err(Error::file(path, "is a directory")),
        Ok(found) if !found.is_file() && !found.is_symlink() => {
            Err(Error::file(path, "is neither a file nor a place for one"))
        }
        Ok(_) if !force => Err(exists(path)),
        _ => Ok(()),
    }
}

/// Whether two paths that need not exist yet name the same file.
pub(crate) fn same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| (folder(path).canonicalize().ok(), path.file_name().map(ToOwned::to_owned));
    one == other || place(one) == place(other)
}

/// Refuses to write over what is read, `--force` or not: a key would be gone.
pub(crate) fn refuse_same<'a>(out: &Path, read: impl IntoIterator<Item = &'a Path>) -> Result<(), Error> {
    match is_std(out) || !read.into_iter().any(|read| !is_std(read) && would_replace(out, read)) {
        true => Ok(()),
        false => Err(Error::file(out, "is read and was to be written; give another file")),
    }
}

/// Whether what is written to `out` would replace what is read: that file, or one of that entry of a key ring.
pub(crate) fn would_replace(out: &Path, read: &Path) -> bool {
    same(read, out) || same(read, folder(out)) && ring::entry_at(read).is_ok_and(|entry| entry.is_some())
}

/// Waits until no other process changes files in the folder of `path` by this function.
pub(crate) fn lock_folder(path: &Path) -> Result<File, Error> {
    let folder = open(folder(path))?;
    folder.lock().map_err(|error| Error::file(path, io_words(&error)))?;
    Ok(folder)
}

fn exists(path: &Path) -> Error {
    Error::file(path, "exists already").hint("--force replaces it")
}

/// The folder that a path lies in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_paths_of_one_file_are_told() {
        for (one, other, expected) in
            [("k", "k", true), ("k", "./k", true), ("./k", "../cli/k", true), ("k", "l", false), ("k", "src/k", false)]
        {
            assert_eq!(same(Path::new(one), Path::new(other)), expected, "{one} {other}");
        }
    }
}
