//! SSH's files: private keys, public keys, and signatures of files.
//!
//! | file | begins with | functions |
//! |---|---|---|
//! | private key (`openssh-key-v1`) | `-----BEGIN OPENSSH PRIVATE KEY-----` | [`PrivateFile`], [`encode_private`] |
//! | public key, one line | `ssh-ed25519 `, `ssh-mldsa44-ed25519 ` | [`decode_public`], [`encode_public`] |
//! | signature (SSHSIG) | `-----BEGIN SSH SIGNATURE-----` | [`Signature`] |
//!
//! SSH has a name for two of our keys: Ed25519 and the composite MLDSA44-Ed25519, which OpenSSH knows since 10.6.
//! Reading is strict. What stands twice in a file must agree, the private key with its public one too; nothing
//! may be left over. There are certificates of SSH and lists of keys: this module reads neither.
//!
//! ```
//! use twinlock::{ids::{Hash, Signature as Algorithm, KeyKind}, keys::PrivateKey, provider, ssh};
//! # let mut rng = provider::SystemRng;
//!
//! let key = PrivateKey::generate(KeyKind::Signature(Algorithm::MlDsa44Ed25519), &mut rng).unwrap();
//! let file = ssh::encode_private(&key, "me@here", &mut rng)?;
//! let public = key.public_key(provider::RUST).unwrap();
//! println!("{}", ssh::encode_public(&public, "me@here")?);
//!
//! let key = ssh::decode_private(file.as_bytes())?.into_signing_key(provider::RUST).unwrap();
//! let mut message = ssh::Message::new(provider::RUST, Hash::Sha512)?;
//! message.update(b"content of the file");
//! let signature = ssh::Signature::sign(&key, "file", &message, &mut rng)?;
//! ssh::Signature::from_armor(signature.to_armor()?.as_bytes())?.verify(key.verifying_key(), "file", &message)?;
//! # Ok::<(), ssh::Error>(())
//! ```

mod error;
mod private;
mod protection;
mod public;
mod signature;
mod wire;

pub use error::{Content, Error};
pub use private::{PrivateFile, decode_private, encode_private, encode_private_protected};
pub use public::{decode_public, encode_public};
pub use signature::{Message, Signature};

/// A key with what its file says about it; the comment is no part of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commented<K> {
    /// The key.
    pub key: K,
    /// The comment, often `user@host`; may be empty. It comes from the file and may steer a terminal.
    pub comment: alloc::string::String,
}
