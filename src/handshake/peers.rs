//! Who may talk: identities, pinned peers, and the set of peers that a responder allows.

use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};

use crate::{
    handshake::error::Error,
    ids::{
        KeyKind,
        protocol::{MAX_SERVICE_LEN, Suite},
    },
    keys::{self, KeyId, PublicKey},
    provider::Provider,
    sign::{SigningKey, VerifyingKey},
};

use super::message::{Forms, IdentityMessage};

/// Our own signing key with its id and encoding, made once and shared by all sessions.
#[derive(Debug)]
pub struct Identity {
    pub(super) key: SigningKey,
    pub(super) id: KeyId,
    pub(super) spki: Vec<u8>,
}

impl Identity {
    /// Wraps a composite signing key.
    ///
    /// # Errors
    /// A key whose algorithm no suite uses.
    pub fn new(key: SigningKey) -> Result<Arc<Self>, Error> {
        if !Suite::ALL.iter().any(|suite| suite.signature() == key.algorithm()) {
            return Err(Error::NoUsableSuite);
        }
        let kind = KeyKind::Signature(key.algorithm());
        let public = PublicKey::from_raw(kind, key.verifying_key().as_bytes()).map_err(|_| Error::NoUsableSuite)?;
        let (id, spki) = (public.key_id(), public.to_spki_der());
        Ok(Arc::new(Self { key, id, spki }))
    }

    /// SHA-256 of our SubjectPublicKeyInfo.
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Those of `suites` that our key can sign for, in their order.
    pub(super) fn usable(&self, suites: &[Suite]) -> Result<Vec<Suite>, Error> {
        let usable: Vec<Suite> =
            suites.iter().copied().filter(|suite| suite.signature() == self.key.algorithm()).collect();
        if usable.is_empty() { Err(Error::NoUsableSuite) } else { Ok(usable) }
    }
}

/// How a peer is pinned: by its key, or only by its key's id, in which case it must send the key.
#[derive(Clone, Debug)]
pub struct Pin {
    id: KeyId,
    key: Option<VerifyingKey>,
}

impl Pin {
    /// Pins a key. The peer then sends 32 bytes.
    ///
    /// # Errors
    /// A key that does not verify signatures.
    pub fn key(key: &PublicKey, provider: &'static Provider) -> Result<Self, keys::Error> {
        Ok(Self { id: key.key_id(), key: Some(key.to_verifying_key(provider)?) })
    }

    /// Pins a key by its id. The peer then sends its SubjectPublicKeyInfo.
    pub const fn id(id: KeyId) -> Self {
        Self { id, key: None }
    }

    /// The id of the pinned key.
    pub const fn key_id(&self) -> &KeyId {
        &self.id
    }

    pub(super) const fn forms(&self) -> Forms {
        if self.key.is_some() { Forms::KEY_ID_OR_SPKI } else { Forms::SPKI }
    }
}

/// A peer that is allowed.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The name for people and logs.
    pub name: String,
    /// Its key.
    pub pin: Pin,
    /// The services that it may use.
    pub services: Vec<String>,
}

/// The peers that a responder allows. Whoever is not in it is refused.
#[derive(Clone, Debug, Default)]
pub struct Peers(BTreeMap<KeyId, Peer>);

impl Peers {
    /// Adds a peer; gives it back if its key or its name is there already.
    ///
    /// # Errors
    /// The peer that was not added.
    pub fn add(&mut self, peer: Peer) -> Result<(), Peer> {
        if self.0.values().any(|other| other.name == peer.name) || self.0.contains_key(peer.pin.key_id()) {
            return Err(peer);
        }
        self.0.insert(peer.pin.id, peer);
        Ok(())
    }

    /// The peer of a key id.
    pub fn get(&self, id: &KeyId) -> Option<&Peer> {
        self.0.get(id)
    }

    /// All peers.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.0.values()
    }

    /// A key id suffices only if we hold every key.
    pub(super) fn forms(&self) -> Forms {
        if self.0.values().all(|peer| peer.pin.key.is_some()) { Forms::KEY_ID_OR_SPKI } else { Forms::SPKI }
    }
}

/// What the peer claimed to be, with its key: from the pin if only an id came. Not yet proven.
pub(super) struct Claimed {
    pub(super) id: KeyId,
    pub(super) key: VerifyingKey,
}

impl Claimed {
    /// Finds the claimed key; `pin_of` gives the pin of an id.
    pub(super) fn find<'a>(
        provider: &'static Provider,
        suite: Suite,
        message: &IdentityMessage<'_>,
        pin_of: impl FnOnce(&KeyId) -> Result<&'a Pin, Error>,
    ) -> Result<Self, Error> {
        let (id, sent) = match message {
            IdentityMessage::KeyId(id) => (*id, None),
            IdentityMessage::Spki(spki) => {
                let public = PublicKey::from_spki_der(spki).map_err(|_| Error::BadKey)?;
                (public.key_id(), Some(public))
            }
        };
        let key = match (&pin_of(&id)?.key, sent) {
            (Some(key), _) => key.clone(),
            (None, Some(public)) => public.to_verifying_key(provider).map_err(|_| Error::BadKey)?,
            (None, None) => return Err(Error::NoCommonIdentityForm),
        };
        // A key of another algorithm cannot sign for this suite; nothing was proven, so nothing more is told.
        if key.algorithm() != suite.signature() {
            return Err(Error::Unauthenticated);
        }
        Ok(Self { id, key })
    }
}

/// Whether a service has a name that can be sent: 1 to 64 bytes without control characters.
pub(super) fn check_service(service: &str) -> Result<(), Error> {
    if service.is_empty() || service.len() > MAX_SERVICE_LEN || service.chars().any(char::is_control) {
        return Err(Error::Config);
    }
    Ok(())
}
