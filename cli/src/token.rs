//! Keys in PKCS#11 tokens, named by `pkcs11:` URIs wherever a private key file is. A build without the feature
//! `pkcs11` knows such a name, and says that it cannot.

use std::path::Path;

use twinlock::{
    ids::{KeyKind, token::SCHEME},
    kem::DecapsulationKey,
    keys::PrivateKey,
    provider::Provider,
    ring::Use,
    sign::SigningKey,
};

use crate::{error::Error, passphrase::PassphraseArg, ring};

#[cfg(feature = "pkcs11")]
mod held;
#[cfg(feature = "pkcs11")]
pub(crate) use held::{new, public_key, show};

/// Whether a name is that of a key in a token, and not of a file.
pub(crate) fn is_uri(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().starts_with(SCHEME.as_bytes())
}

/// Our private key, in a file, in a key ring or in a token.
pub(crate) struct Key<'a> {
    path: &'a Path,
    held: Held,
}

enum Held {
    File(PrivateKey),
    #[cfg(feature = "pkcs11")]
    Token(Box<twinlock::token::Key>),
}

impl<'a> Key<'a> {
    /// The key of that name, if it may be used for that. A file must be closed to group and others.
    pub(crate) fn of(path: &'a Path, wanted: Use, passphrase: &PassphraseArg) -> Result<Self, Error> {
        #[cfg(feature = "pkcs11")]
        if is_uri(path) {
            return Ok(Self { path, held: Held::Token(Box::new(held::key(path, passphrase)?)) });
        }
        if is_uri(path) {
            return Err(unsupported());
        }
        Ok(Self::read(path, ring::private_key(path, wanted, passphrase)?))
    }

    /// A key that was read there.
    pub(crate) const fn read(path: &'a Path, key: PrivateKey) -> Self {
        Self { path, held: Held::File(key) }
    }

    /// What it is a key of.
    pub(crate) fn kind(&self) -> KeyKind {
        match &self.held {
            Held::File(key) => key.kind(),
            #[cfg(feature = "pkcs11")]
            Held::Token(key) => key.kind(),
        }
    }

    /// The key that signs.
    pub(crate) fn into_signing_key(self, provider: &'static Provider) -> Result<SigningKey, Error> {
        match self.held {
            Held::File(key) => key.into_signing_key(provider).map_err(|error| Error::file(self.path, error)),
            #[cfg(feature = "pkcs11")]
            Held::Token(key) => key.into_signing_key(provider).map_err(|error| Error::file(self.path, error)),
        }
    }

    /// The key that decapsulates.
    pub(crate) fn into_decapsulation_key(self, provider: &'static Provider) -> Result<DecapsulationKey, Error> {
        match self.held {
            Held::File(key) => key.into_decapsulation_key(provider).map_err(|error| Error::file(self.path, error)),
            #[cfg(feature = "pkcs11")]
            Held::Token(key) => key.into_decapsulation_key(provider).map_err(|error| Error::file(self.path, error)),
        }
    }
}

/// What a build without the feature says.
fn unsupported() -> Error {
    Error::failed("this build cannot use keys in tokens").hint("cargo build --features pkcs11 makes one that can")
}

#[cfg(not(feature = "pkcs11"))]
pub(crate) fn public_key(_: &Path, _: &PassphraseArg) -> Result<twinlock::keys::PublicKey, Error> {
    Err(unsupported())
}

#[cfg(not(feature = "pkcs11"))]
pub(crate) fn new(_: &crate::args::KeyNew, _: KeyKind, _: &Path) -> Result<(), Error> {
    Err(unsupported())
}

#[cfg(not(feature = "pkcs11"))]
pub(crate) fn show(_: &crate::args::KeyShow) -> Result<(), Error> {
    Err(unsupported())
}
