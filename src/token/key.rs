//! A key in a token, and its halves as the rest of the library takes them.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;

use cryptoki::{
    mechanism::{
        Mechanism, MechanismType,
        dsa::{HedgeType, SignAdditionalContext},
        eddsa::{EddsaParams, EddsaSignatureScheme},
        elliptic_curve::{EcKdf, Ecdh1DeriveParams},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use zeroize::Zeroizing;

use super::{Error, Shared, Uri, error::device};
use crate::{
    error::{Error as CryptoError, Field, expect_array, expect_len},
    ids::{ED25519_KEY_LEN, Kem, KeyKind, LATTICE_SEED_LEN, Signature},
    kem::DecapsulationKey,
    keys::PublicKey,
    provider::{DhKey, Ed25519Key, MlDsaKey, MlKemKey, Provider},
    sign::SigningKey,
};

/// The name in errors.
const NAME: &str = "the token";

/// A key in a token; its private halves stay there.
pub struct Key {
    pub(super) token: Arc<Shared>,
    pub(super) public: PublicKey,
    pub(super) uri: Uri,
    pub(super) kept: bool,
    pub(super) lattice: Option<Half>,
    pub(super) classical: Option<Half>,
}

/// One object of a key.
pub(super) struct Half {
    pub(super) handle: ObjectHandle,
    pub(super) kind: KeyKind,
    pub(super) public: Vec<u8>,
}

impl Key {
    /// What it is a key of.
    pub const fn kind(&self) -> KeyKind {
        self.public.kind()
    }

    /// The public half, as the token tells it.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The URI that names this key and no other.
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether the token says that the private key never leaves it: it is sensitive, and cannot be extracted.
    pub const fn never_leaves(&self) -> bool {
        self.kept
    }

    /// The key that signs. Its signatures are verified with `provider` before they are given out.
    ///
    /// # Errors
    /// [`Error::WrongKind`]; [`Error::Mechanism`]; a public key that is not valid.
    pub fn into_signing_key(self, provider: &'static Provider) -> Result<SigningKey, Error> {
        let KeyKind::Signature(algorithm) = self.kind() else { return Err(Error::WrongKind(self.kind())) };
        self.check()?;
        let [lattice, classical] = self.held()?;
        let lattice = lattice.map(|held| Box::new(held) as Box<dyn MlDsaKey>);
        let classical = classical.map(|held| Box::new(held) as Box<dyn Ed25519Key>);
        Ok(SigningKey::from_halves(provider, algorithm, lattice, classical)?)
    }

    /// The key that decapsulates.
    ///
    /// # Errors
    /// As [`Key::into_signing_key`].
    pub fn into_decapsulation_key(self, provider: &'static Provider) -> Result<DecapsulationKey, Error> {
        let KeyKind::Kem(kem) = self.kind() else { return Err(Error::WrongKind(self.kind())) };
        self.check()?;
        let [lattice, classical] = self.held()?;
        let lattice = lattice.ok_or(Error::WrongKind(KeyKind::Kem(kem)))?;
        let classical = classical.map(|held| Box::new(held) as Box<dyn DhKey>);
        Ok(DecapsulationKey::from_halves(provider, kem, Box::new(lattice), classical)?)
    }

    /// Whether the token has what the halves need.
    fn check(&self) -> Result<(), Error> {
        let halves = [&self.lattice, &self.classical].into_iter().flatten();
        self.token.require(&halves.map(|half| mechanism(half.kind)).collect::<Vec<_>>())
    }

    fn held(self) -> Result<[Option<Held>; 2], Error> {
        let Self { token, lattice, classical, .. } = self;
        let held = |half: Option<Half>| half.map(|half| Held { token: Arc::clone(&token), half });
        Ok([held(lattice), held(classical)])
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kind", &self.kind()).field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// What uses a private key of that kind.
pub(super) const fn mechanism(kind: KeyKind) -> MechanismType {
    match kind {
        KeyKind::Signature(Signature::Ed25519) => MechanismType::EDDSA,
        KeyKind::Signature(_) => MechanismType::ML_DSA,
        KeyKind::Kem(_) => MechanismType::ML_KEM,
        KeyKind::X25519 => MechanismType::ECDH1_DERIVE,
    }
}

/// A half with its token.
struct Held {
    token: Arc<Shared>,
    half: Half,
}

impl Held {
    fn sign(&self, mechanism: &Mechanism<'_>, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.token.session().sign(mechanism, self.half.handle, message).map_err(device)
    }
}

impl MlDsaKey for Held {
    fn implementation(&self) -> &'static str {
        NAME
    }

    fn verifying_key(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.half.public.clone())
    }

    fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        randomness: &[u8; LATTICE_SEED_LEN],
        signature: &mut [u8],
    ) -> Result<(), CryptoError> {
        // A token takes no randomness from outside.
        let hedge = match randomness.iter().all(|byte| *byte == 0) {
            true => HedgeType::DeterministicRequired,
            false => HedgeType::Required,
        };
        let context = Some(context).filter(|context| !context.is_empty());
        let made = Self::sign(self, &Mechanism::MlDsa(SignAdditionalContext::new(hedge, context)), message)?;
        expect_len(Field::Signature, &made, signature.len())?;
        signature.copy_from_slice(&made);
        Ok(())
    }
}

impl Ed25519Key for Held {
    fn verifying_key(&self) -> [u8; ED25519_KEY_LEN] {
        // A public key of another length was refused with the key.
        self.half.public.as_slice().try_into().unwrap_or_default()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], CryptoError> {
        let made = Self::sign(self, &Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)), message)?;
        expect_array(Field::Signature, &made).copied()
    }
}

impl MlKemKey for Held {
    fn encapsulation_key(&self) -> Vec<u8> {
        self.half.public.clone()
    }

    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8]) -> Result<(), CryptoError> {
        let KeyKind::Kem(Kem::MlKem(params)) = self.half.kind else { return Err(CryptoError::Algorithm) };
        expect_len(Field::Ciphertext, ciphertext, params.ciphertext_len())?;
        let session = self.token.session();
        let secret = session
            .decapsulate_key(&Mechanism::MlKem, self.half.handle, &secret(shared_secret.len())?, ciphertext)
            .map_err(device)?;
        take(&session, secret, shared_secret)
    }
}

impl DhKey for Held {
    fn public_key(&self) -> &[u8] {
        &self.half.public
    }

    fn agree(&self, peer: &[u8], shared: &mut [u8]) -> Result<(), CryptoError> {
        expect_len(Field::PublicKey, peer, ED25519_KEY_LEN)?;
        let session = self.token.session();
        let mechanism = Mechanism::Ecdh1Derive(Ecdh1DeriveParams::new(EcKdf::null(), peer));
        let secret = session.derive_key(&mechanism, self.half.handle, &secret(shared.len())?).map_err(device)?;
        take(&session, secret, shared)
    }
}

/// A secret of `len` bytes that can be read and that ends with the session.
fn secret(len: usize) -> Result<[Attribute; 6], CryptoError> {
    Ok([
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
        Attribute::ValueLen(len.try_into().map_err(device)?),
    ])
}

/// Reads a secret and deletes it in the token.
fn take(session: &Session, secret: ObjectHandle, out: &mut [u8]) -> Result<(), CryptoError> {
    let read = session.get_attributes(secret, &[AttributeType::Value]);
    let deleted = session.destroy_object(secret);
    let mut read = read.map_err(device)?;
    let Some(Attribute::Value(value)) = read.pop() else {
        return Err(CryptoError::Device("the token does not give out the shared secret"));
    };
    let value = Zeroizing::new(value);
    deleted.map_err(device)?;
    if value.len() != out.len() {
        return Err(CryptoError::Device("the token gave a shared secret of wrong length"));
    }
    out.copy_from_slice(&value);
    Ok(())
}
