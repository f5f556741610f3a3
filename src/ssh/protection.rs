//! What keeps a private key under a passphrase: bcrypt-pbkdf and AES.

use alloc::{string::String, vec, vec::Vec};

use rand_core::TryCryptoRng;
use ssh_cipher::Cipher;
use zeroize::Zeroizing;

use super::Error;
use crate::{
    codec::{Reader, put_vec32},
    ids::ssh::{BCRYPT, BCRYPT_ROUNDS, BCRYPT_SALT_LEN, MAX_BCRYPT_ROUNDS, MAX_BCRYPT_SALT_LEN, NONE},
};

/// What ssh-keygen has written by default or can be told to, but for ChaCha20-Poly1305.
const CIPHERS: [Cipher; 8] = [
    Cipher::Aes256Ctr,
    Cipher::Aes256Gcm,
    Cipher::Aes256Cbc,
    Cipher::Aes192Ctr,
    Cipher::Aes192Cbc,
    Cipher::Aes128Ctr,
    Cipher::Aes128Gcm,
    Cipher::Aes128Cbc,
];

/// Length of the tag of AES-GCM.
const TAG_LEN: usize = 16;

/// Cipher, salt and rounds.
pub(super) struct Protection {
    cipher: Cipher,
    salt: Vec<u8>,
    rounds: u32,
}

impl Protection {
    /// Reads the three fields that stand before the number of keys; none if the key is not protected.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Error> {
        let (cipher, kdf, mut options) = (reader.vec32()?, reader.vec32()?, Reader::new(reader.vec32()?));
        if cipher == NONE.as_bytes() && kdf == NONE.as_bytes() {
            options.finish()?;
            return Ok(None);
        }
        let cipher = CIPHERS.into_iter().find(|known| known.as_str().as_bytes() == cipher);
        let cipher = cipher.filter(|_| kdf == BCRYPT.as_bytes()).ok_or(Error::UnknownProtection)?;
        let (salt, rounds) = (options.vec32()?, options.u32()?);
        options.finish()?;
        if !(1..=MAX_BCRYPT_ROUNDS).contains(&rounds) || !(1..=MAX_BCRYPT_SALT_LEN).contains(&salt.len()) {
            return Err(Error::Cost { rounds });
        }
        Ok(Some(Self { cipher, salt: salt.to_vec(), rounds }))
    }

    /// What we write: AES-256-CTR as ssh-keygen does, with a fresh salt.
    pub(super) fn fresh<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        let mut salt = vec![0; BCRYPT_SALT_LEN];
        rng.try_fill_bytes(&mut salt).map_err(|_| crate::Error::Random)?;
        Ok(Self { cipher: Cipher::Aes256Ctr, salt, rounds: BCRYPT_ROUNDS })
    }

    /// Writes what [`Protection::read`] reads.
    pub(super) fn write(this: Option<&Self>, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut options = Vec::new();
        let (cipher, kdf) = match this {
            None => (NONE, NONE),
            Some(this) => {
                put_vec32(&mut options, &this.salt)?;
                options.extend_from_slice(&this.rounds.to_be_bytes());
                (this.cipher.as_str(), BCRYPT)
            }
        };
        for field in [cipher.as_bytes(), kdf.as_bytes(), &options] {
            put_vec32(out, field)?;
        }
        Ok(())
    }

    /// For people: cipher and rounds.
    pub(super) fn describe(&self) -> String {
        alloc::format!("{}, {} rounds of {BCRYPT}", self.cipher.as_str(), self.rounds)
    }

    /// What the length of the protected part is a multiple of.
    pub(super) fn block_len(this: Option<&Self>) -> usize {
        this.map_or(Cipher::None, |this| this.cipher).block_size()
    }

    /// Length of the tag that follows the protected part.
    pub(super) fn tag_len(this: Option<&Self>) -> usize {
        if this.is_some_and(|this| this.cipher.has_tag()) { TAG_LEN } else { 0 }
    }

    /// Decrypts in place. Without a tag, a wrong passphrase is not told here.
    pub(super) fn open(&self, passphrase: &[u8], data: &mut [u8], tag: &[u8]) -> Result<(), Error> {
        let tag = match tag {
            [] => None,
            tag => Some(tag.try_into().map_err(|_| Error::Truncated)?),
        };
        self.with_key(passphrase, |key, iv| self.cipher.decrypt(key, iv, data, tag).map_err(|_| Error::WrongPassphrase))
    }

    /// Encrypts in place and gives the tag, empty for a cipher that has none.
    pub(super) fn seal(&self, passphrase: &[u8], data: &mut [u8]) -> Result<Vec<u8>, Error> {
        let tag = self.with_key(passphrase, |key, iv| {
            self.cipher.encrypt(key, iv, data).map_err(|_| crate::Error::Library("ssh-cipher").into())
        })?;
        Ok(tag.map(|tag| tag.to_vec()).unwrap_or_default())
    }

    fn with_key<T>(&self, passphrase: &[u8], run: impl FnOnce(&[u8], &[u8]) -> Result<T, Error>) -> Result<T, Error> {
        if passphrase.is_empty() {
            return Err(Error::EmptyPassphrase);
        }
        let failed = Error::Crypto(crate::Error::Library("ssh-cipher"));
        let (key_len, iv_len) = self.cipher.key_and_iv_size().ok_or(failed)?;
        let mut derived = Zeroizing::new(vec![0; key_len.saturating_add(iv_len)]);
        bcrypt_pbkdf::bcrypt_pbkdf(passphrase, &self.salt, self.rounds, &mut derived)
            .map_err(|_| crate::Error::Library("bcrypt-pbkdf"))?;
        let (key, iv) = derived.split_at_checked(key_len).ok_or(failed)?;
        run(key, iv)
    }
}
