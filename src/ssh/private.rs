//! Private keys: `openssh-key-v1`, the format of OpenSSH's PROTOCOL.key.
//!
//! ```text
//! "openssh-key-v1\0" ‖ cipher ‖ kdf ‖ kdf options ‖ 1 ‖ public key ‖ private part [‖ tag]
//! private part: check ‖ check ‖ name ‖ public key ‖ private key ‖ comment ‖ 1 2 3 …
//! ```
//!
//! The private key of Ed25519 is its seed with the public key behind it, that of the composite the two seeds.

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    Commented, Content, Error,
    error::from_keys,
    protection::Protection,
    public::check_comment,
    wire::{from_armor, public_blob, read_public_blob, to_armor},
};
use crate::{
    codec::{Reader, put_vec32},
    ids::{KeyKind, Signature, ssh::PRIVATE_KEY_MAGIC},
    keys::{PrivateKey, PublicKey},
    provider::RUST,
    secret::Seed,
};

/// A private key file whose private part is still closed. What is public in it needs no passphrase.
pub struct PrivateFile {
    public: PublicKey,
    blob: Vec<u8>,
    protection: Option<Protection>,
    private: Zeroizing<Vec<u8>>,
    tag: Vec<u8>,
}

impl PrivateFile {
    /// Reads all that is public.
    ///
    /// # Errors
    /// [`Error::NotSsh`], [`Error::UnknownAlgorithm`], [`Error::UnknownProtection`]; those of bad bytes.
    pub fn from_bytes(file: &[u8]) -> Result<Self, Error> {
        let bytes = from_armor(file, Content::PrivateKey)?;
        let mut reader = Reader::new(&bytes);
        if reader.array()? != PRIVATE_KEY_MAGIC {
            return Err(Error::NotSsh(Content::PrivateKey));
        }
        let protection = Protection::read(&mut reader)?;
        match reader.u32()? {
            1 => {}
            found => return Err(Error::KeyCount { found }),
        }
        let blob = reader.vec32()?.to_vec();
        let public = read_public_blob(&blob)?;
        let private = Zeroizing::new(reader.vec32()?.to_vec());
        let tag = reader.take(Protection::tag_len(protection.as_ref()))?.to_vec();
        reader.finish()?;
        if private.is_empty() || !private.len().is_multiple_of(Protection::block_len(protection.as_ref())) {
            return Err(Error::Padding);
        }
        Ok(Self { public, blob, protection, private, tag })
    }

    /// The public key that the file tells in clear.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Cipher and rounds, for people; none if there is no passphrase.
    pub fn protection(&self) -> Option<String> {
        self.protection.as_ref().map(Protection::describe)
    }

    /// Opens the private part.
    ///
    /// # Errors
    /// [`Error::Protected`] without a passphrase that is needed; with one, [`Error::WrongPassphrase`] for whatever
    /// is wrong; those of bad bytes for a file without protection.
    pub fn open(mut self, passphrase: Option<&[u8]>) -> Result<Commented<PrivateKey>, Error> {
        let block_len = Protection::block_len(self.protection.as_ref());
        let Some(protection) = &self.protection else {
            return self.read(block_len);
        };
        protection.open(passphrase.ok_or(Error::Protected)?, &mut self.private, &self.tag)?;
        self.read(block_len).map_err(|_| Error::WrongPassphrase)
    }

    /// Reads the decrypted private part.
    fn read(&self, block_len: usize) -> Result<Commented<PrivateKey>, Error> {
        let kind = self.public.kind();
        let mut reader = Reader::new(&self.private);
        if reader.u32()? != reader.u32()? || reader.take(self.blob.len())? != self.blob {
            return Err(Error::Disagrees);
        }
        let mut seed = reader.vec32()?;
        if kind == KeyKind::Signature(Signature::Ed25519) {
            let (head, public) = seed.split_at_checked(kind.seed_len()).ok_or(Error::WrongLength(kind))?;
            if public != self.public.as_bytes() {
                return Err(Error::Disagrees);
            }
            seed = head;
        }
        let key = PrivateKey::from_seed(kind, Seed::from_slice(seed)).map_err(from_keys(kind))?;
        let comment = String::from_utf8_lossy(reader.vec32()?).into_owned();
        let padding = reader.rest();
        if padding.len() >= block_len || !padding.iter().copied().eq((1..=u8::MAX).take(padding.len())) {
            return Err(Error::Padding);
        }
        if key.public_key(RUST).map_err(from_keys(kind))? != self.public {
            return Err(Error::Disagrees);
        }
        Ok(Commented { key, comment })
    }
}

impl fmt::Debug for PrivateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateFile").field("public", &self.public).finish_non_exhaustive()
    }
}

/// The key of a file that is not protected.
///
/// # Errors
/// As [`PrivateFile::from_bytes`] and [`PrivateFile::open`].
pub fn decode_private(file: &[u8]) -> Result<PrivateKey, Error> {
    Ok(PrivateFile::from_bytes(file)?.open(None)?.key)
}

/// The file of a key, without protection.
///
/// # Errors
/// [`Error::NoForm`], [`Error::Comment`]; a failing generator.
pub fn encode_private<R: TryCryptoRng + ?Sized>(
    key: &PrivateKey,
    comment: &str,
    rng: &mut R,
) -> Result<Zeroizing<String>, Error> {
    encode(key, comment, None, rng)
}

/// The file of a key under a passphrase: AES-256-CTR under 24 rounds of bcrypt, as ssh-keygen writes it.
///
/// # Errors
/// As [`encode_private`]; [`Error::EmptyPassphrase`].
pub fn encode_private_protected<R: TryCryptoRng + ?Sized>(
    key: &PrivateKey,
    comment: &str,
    passphrase: &[u8],
    rng: &mut R,
) -> Result<Zeroizing<String>, Error> {
    encode(key, comment, Some((Protection::fresh(rng)?, passphrase)), rng)
}

fn encode<R: TryCryptoRng + ?Sized>(
    key: &PrivateKey,
    comment: &str,
    protection: Option<(Protection, &[u8])>,
    rng: &mut R,
) -> Result<Zeroizing<String>, Error> {
    check_comment(comment)?;
    let kind = key.kind();
    let public = key.public_key(RUST).map_err(from_keys(kind))?;
    let blob = public_blob(&public)?;
    let how = protection.as_ref().map(|(how, _)| how);
    let block_len = Protection::block_len(how);

    // Room for all from the start: a buffer that grows leaves copies of the seed behind.
    let seed = key.seed().ok_or(Error::NoForm(kind))?.secret_bytes();
    let room = [blob.len(), seed.len(), public.as_bytes().len(), comment.len(), 64].into_iter().sum();
    let mut private = Zeroizing::new(Vec::with_capacity(room));
    let mut check = [0; 4];
    rng.try_fill_bytes(&mut check).map_err(|_| crate::Error::Random)?;
    private.extend_from_slice(&check);
    private.extend_from_slice(&check);
    private.extend_from_slice(&blob);
    if kind == KeyKind::Signature(Signature::Ed25519) {
        let both = Zeroizing::new([seed, public.as_bytes()].concat());
        put_vec32(&mut private, &both)?;
    } else {
        put_vec32(&mut private, seed)?;
    }
    put_vec32(&mut private, comment.as_bytes())?;
    let over = private.len().checked_rem(block_len).unwrap_or_default();
    let padding = if over == 0 { 0 } else { block_len.saturating_sub(over) };
    private.extend((1..=u8::MAX).take(padding));

    let tag = match &protection {
        Some((how, passphrase)) => how.seal(passphrase, &mut private)?,
        None => Vec::new(),
    };
    let mut file = Zeroizing::new(Vec::with_capacity(room.saturating_add(blob.len()).saturating_add(256)));
    file.extend_from_slice(PRIVATE_KEY_MAGIC);
    Protection::write(how, &mut file)?;
    file.extend_from_slice(&1u32.to_be_bytes());
    put_vec32(&mut file, &blob)?;
    put_vec32(&mut file, &private)?;
    file.extend_from_slice(&tag);
    to_armor(&file, Content::PrivateKey)
}
