//! Signatures of files: SSHSIG, the format of OpenSSH's PROTOCOL.sshsig.
//!
//! ```text
//! file:   "SSHSIG" ‖ 1 ‖ public key ‖ namespace ‖ reserved ‖ hash ‖ signature
//! signed: "SSHSIG" ‖ namespace ‖ reserved ‖ hash ‖ H(message)
//! ```

use alloc::{borrow::ToOwned as _, boxed::Box, string::String, vec, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;

use super::{
    Content, Error,
    error::from_keys,
    wire::{from_armor, public_blob, read_public_blob, to_armor},
};
use crate::{
    codec::{Reader, put_vec32},
    ids::{
        Hash, KeyKind,
        ssh::{HASHES, SIGNATURE_MAGIC, SIGNATURE_VERSION, key_name},
    },
    keys::PublicKey,
    provider::{HashState, Provider},
    sign::{SigningKey, VerifyingKey},
};

/// The hash of a message that comes piece by piece.
pub struct Message {
    hash: Hash,
    state: Box<dyn HashState>,
}

impl Message {
    /// Starts a message. To verify, the hash is [`Signature::hash`]; to sign, it is SHA-512 unless there is a
    /// reason for SHA-256.
    ///
    /// # Errors
    /// [`Error::UnknownHash`] for another one.
    pub fn new(provider: &'static Provider, hash: Hash) -> Result<Self, Error> {
        hash_name(hash)?;
        Ok(Self { hash, state: provider.hash.start(hash) })
    }

    /// The next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.state.update(piece);
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// A signature with what it says of itself, none of which is true before [`Signature::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key: PublicKey,
    namespace: String,
    /// Signed, and without meaning in this version.
    reserved: Vec<u8>,
    hash: Hash,
    signature: Vec<u8>,
}

impl Signature {
    /// Signs a message for a namespace, which tells what the signature is meant for: `file`, `git`, an address
    /// like `build@example.com`.
    ///
    /// # Errors
    /// [`Error::NoForm`], [`Error::Namespace`]; a failing generator.
    pub fn sign<R: TryCryptoRng + ?Sized>(
        key: &SigningKey,
        namespace: &str,
        message: &Message,
        rng: &mut R,
    ) -> Result<Self, Error> {
        let kind = KeyKind::Signature(key.algorithm());
        let public = PublicKey::from_raw(kind, key.verifying_key().as_bytes()).map_err(from_keys(kind))?;
        key_name(kind).ok_or(Error::NoForm(kind))?;
        check_namespace(namespace)?;
        let mut made = Self {
            key: public,
            namespace: namespace.to_owned(),
            reserved: Vec::new(),
            hash: message.hash,
            signature: Vec::new(),
        };
        made.signature = key.sign(&made.signed(message)?, b"", rng)?;
        Ok(made)
    }

    /// Verifies a message by that key, for that namespace.
    ///
    /// # Errors
    /// [`Error::WrongKey`], [`Error::WrongNamespace`], [`Error::Rejected`].
    pub fn verify(&self, key: &VerifyingKey, namespace: &str, message: &Message) -> Result<(), Error> {
        if self.key.kind() != KeyKind::Signature(key.algorithm()) || self.key.as_bytes() != key.as_bytes() {
            return Err(Error::WrongKey);
        }
        if self.namespace != namespace {
            return Err(Error::WrongNamespace);
        }
        if self.hash != message.hash {
            return Err(Error::Rejected);
        }
        Ok(key.verify(&self.signed(message)?, b"", &self.signature)?)
    }

    /// The key that it says it was made by.
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The namespace that it says it was made for: 1 to 255 bytes without control characters.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The hash that its message goes through.
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::NotSsh`], [`Error::UnknownAlgorithm`], [`Error::Version`], [`Error::UnknownHash`]; those of bad
    /// bytes.
    pub fn from_armor(file: &[u8]) -> Result<Self, Error> {
        let bytes = from_armor(file, Content::Signature)?;
        let mut reader = Reader::new(&bytes);
        if reader.array()? != SIGNATURE_MAGIC {
            return Err(Error::NotSsh(Content::Signature));
        }
        match reader.u32()? {
            SIGNATURE_VERSION => {}
            found => return Err(Error::Version { found }),
        }
        let key = read_public_blob(reader.vec32()?)?;
        let namespace = str::from_utf8(reader.vec32()?).map_err(|_| Error::Namespace)?;
        check_namespace(namespace)?;
        let reserved = reader.vec32()?.to_vec();
        let name = reader.vec32()?;
        let known = HASHES.iter().find(|(_, known)| known.as_bytes() == name);
        let hash = known.map(|(hash, _)| *hash).ok_or(Error::UnknownHash)?;
        let signature = read_signature(reader.vec32()?, key.kind())?;
        reader.finish()?;
        Ok(Self { key, namespace: namespace.to_owned(), reserved, hash, signature })
    }

    /// The file, in lines of 70 characters as ssh-keygen writes it.
    ///
    /// # Errors
    /// None for a signature that exists.
    pub fn to_armor(&self) -> Result<String, Error> {
        let name = key_name(self.key.kind()).ok_or(Error::NoForm(self.key.kind()))?;
        let mut signature = Vec::new();
        put_vec32(&mut signature, name.as_bytes())?;
        put_vec32(&mut signature, &self.signature)?;
        let mut bytes = SIGNATURE_MAGIC.to_vec();
        bytes.extend_from_slice(&SIGNATURE_VERSION.to_be_bytes());
        put_vec32(&mut bytes, &public_blob(&self.key)?)?;
        put_vec32(&mut bytes, self.namespace.as_bytes())?;
        put_vec32(&mut bytes, &self.reserved)?;
        put_vec32(&mut bytes, hash_name(self.hash)?.as_bytes())?;
        put_vec32(&mut bytes, &signature)?;
        Ok(to_armor(&bytes, Content::Signature)?.as_str().to_owned())
    }

    /// What is signed.
    fn signed(&self, message: &Message) -> Result<Vec<u8>, Error> {
        let mut digest = vec![0; message.hash.output_len()];
        message.state.snapshot(&mut digest);
        let mut signed = SIGNATURE_MAGIC.to_vec();
        put_vec32(&mut signed, self.namespace.as_bytes())?;
        put_vec32(&mut signed, &self.reserved)?;
        put_vec32(&mut signed, hash_name(message.hash)?.as_bytes())?;
        put_vec32(&mut signed, &digest)?;
        Ok(signed)
    }
}

/// The signature behind its name, which must be that of the key.
fn read_signature(blob: &[u8], kind: KeyKind) -> Result<Vec<u8>, Error> {
    let mut reader = Reader::new(blob);
    if Some(reader.vec32()?) != key_name(kind).map(str::as_bytes) {
        return Err(Error::Disagrees);
    }
    let signature = reader.vec32()?;
    reader.finish()?;
    match kind {
        KeyKind::Signature(algorithm) if algorithm.signature_len() == signature.len() => Ok(signature.to_vec()),
        _ => Err(Error::WrongLength(kind)),
    }
}

fn hash_name(hash: Hash) -> Result<&'static str, Error> {
    HASHES.iter().find(|(known, _)| *known == hash).map(|(_, name)| *name).ok_or(Error::UnknownHash)
}

fn check_namespace(namespace: &str) -> Result<(), Error> {
    let is_sound = (1..=255).contains(&namespace.len()) && !namespace.chars().any(char::is_control);
    if is_sound { Ok(()) } else { Err(Error::Namespace) }
}
