//! New keys, made in the token.

use alloc::{string::String, vec::Vec};

use cryptoki::{
    mechanism::{Mechanism, MechanismType},
    object::{Attribute, ObjectClass, ObjectHandle},
    session::Session,
};

use super::{
    Error, Key, Token, Uri,
    find::{halves, objects, parameters},
    key::mechanism,
};
use crate::{
    ids::KeyKind,
    provider::{Provider, SystemRng},
};

impl Token {
    /// Makes a key that never leaves the token, tries it out with `provider`, and gives it. If anything fails, nothing of
    /// it stays.
    ///
    /// # Errors
    /// [`Error::Exists`] for a label or an id that is taken; [`Error::Mechanism`], [`Error::ReadOnly`],
    /// [`Error::NotKept`]; a failing call.
    pub fn generate(&self, kind: KeyKind, label: &str, id: &[u8], provider: &'static Provider) -> Result<Key, Error> {
        let (lattice, classical) = halves(kind);
        let wanted: Vec<KeyKind> = [lattice, classical].into_iter().flatten().collect();
        let needed = wanted.iter().flat_map(|kind| [generator(*kind), mechanism(*kind)]);
        self.shared.require(&needed.collect::<Vec<_>>())?;

        let session = self.shared.module.open_rw_session(self.shared.slot).map_err(Error::of)?;
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            for (label, id) in [(Some(label), None), (None, Some(id))] {
                if !objects(&session, class, label, id)?.is_empty() {
                    return Err(Error::Exists);
                }
            }
        }
        let mut made = Vec::new();
        let done = wanted
            .iter()
            .try_for_each(|kind| {
                made.extend(pair(&session, *kind, label, id)?);
                Ok(())
            })
            .and_then(|()| self.tried(label, id, provider));
        if done.is_err() {
            for handle in made {
                // What fails here is told by what failed before.
                let _ = session.destroy_object(handle);
            }
        }
        done
    }

    /// The new key, after it did once what it is for.
    fn tried(&self, label: &str, id: &[u8], provider: &'static Provider) -> Result<Key, Error> {
        let uri = Uri { object: Some(String::from(label)), id: Some(id.into()), ..self.uri() };
        let key = self.key(&uri)?;
        if !key.never_leaves() {
            return Err(Error::NotKept);
        }
        match key.kind() {
            KeyKind::Signature(_) => {
                // It verifies what it signs.
                self.key(&uri)?.into_signing_key(provider)?.sign(b"", b"", &mut SystemRng)?;
            }
            KeyKind::Kem(_) => {
                let private = self.key(&uri)?.into_decapsulation_key(provider)?;
                let (ciphertext, secret) = private.encapsulation_key().encapsulate(&mut SystemRng)?;
                if !private.decapsulate(&ciphertext)?.ct_eq(&secret) {
                    return Err(crate::Error::Device("it decapsulates with another key, or wrongly").into());
                }
            }
            KeyKind::X25519 => {}
        }
        Ok(key)
    }
}

const fn generator(kind: KeyKind) -> MechanismType {
    match kind {
        KeyKind::Signature(crate::ids::Signature::Ed25519) => MechanismType::ECC_EDWARDS_KEY_PAIR_GEN,
        KeyKind::Signature(_) => MechanismType::ML_DSA_KEY_PAIR_GEN,
        KeyKind::Kem(_) => MechanismType::ML_KEM_KEY_PAIR_GEN,
        KeyKind::X25519 => MechanismType::ECC_MONTGOMERY_KEY_PAIR_GEN,
    }
}

/// The public and the private object of one algorithm.
fn pair(session: &Session, kind: KeyKind, label: &str, id: &[u8]) -> Result<[ObjectHandle; 2], Error> {
    let Some((_, parameters)) = parameters(kind) else { return Err(Error::WrongKind(kind)) };
    let name = [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(id.into())];
    let (by_public, by_private, generator) = match kind {
        KeyKind::Signature(algorithm) => (
            Some(Attribute::Verify(true)),
            Attribute::Sign(true),
            match algorithm {
                crate::ids::Signature::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
                _ => Mechanism::MlDsaKeyPairGen,
            },
        ),
        KeyKind::Kem(_) => {
            (Some(Attribute::Encapsulate(true)), Attribute::Decapsulate(true), Mechanism::MlKemKeyPairGen)
        }
        KeyKind::X25519 => (None, Attribute::Derive(true), Mechanism::EccMontgomeryKeyPairGen),
    };
    let public: Vec<_> = name.iter().cloned().chain([Attribute::Private(false), parameters]).chain(by_public).collect();
    let kept = [Attribute::Private(true), Attribute::Sensitive(true), Attribute::Extractable(false), by_private];
    let private: Vec<_> = name.into_iter().chain(kept).collect();
    let (public, private) = session.generate_key_pair(&generator, &public, &private).map_err(Error::of)?;
    Ok([public, private])
}
