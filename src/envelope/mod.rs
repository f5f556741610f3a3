//! Envelopes: content sealed to one or many X-Wing keys, with the sender's composite signature inside.
//!
//! `docs/spec/envelope.md` is the format, byte by byte. A [`Sealer`] and an [`Opener`] take a stream of any length
//! in pieces of any length. What costs time, sealing or opening a chunk of 64 KiB, is a [`Job`] that any thread may
//! run; the jobs go back in the order in which they came.
//!
//! An [`Opener`] gives content before it knows the sender. Whoever uses that content, or gives it a name, must wait
//! for [`Opener::finish`].
//!
//! ```
//! use twinlock::{
//!     envelope::{Expected, Opener, Sealer},
//!     ids::{KeyKind, Signature, envelope::{KEM, Suite}},
//!     keys::PrivateKey,
//!     provider::{RUST, SystemRng},
//! };
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = PrivateKey::generate(KeyKind::Kem(KEM), &mut SystemRng)?;
//! let sender = PrivateKey::generate(KeyKind::Signature(Signature::MlDsa65Ed25519), &mut SystemRng)?;
//! let (recipients, sender_id) = ([key.public_key(RUST)?], sender.public_key(RUST)?.key_id());
//!
//! let sender = sender.into_signing_key(RUST)?;
//! let suite = Suite::XWingAes256Gcm;
//! let (mut sealer, mut envelope) = Sealer::new(RUST, suite, &recipients, Some(&sender), &mut SystemRng)?;
//! let mut content = &[7; 100_000][..];
//! while let Some(job) = sealer.push(&mut content)? {
//!     envelope.extend_from_slice(sealer.done(job.run()?)?);
//! }
//! envelope.extend(sealer.finish(&mut SystemRng)?);
//!
//! let mut opener = Opener::new(key.into_decapsulation_key(RUST)?, Expected::Sender(sender_id))?;
//! let (mut content, mut rest) = (Vec::new(), envelope.as_slice());
//! while let Some(job) = opener.push(&mut rest)? {
//!     content.extend_from_slice(opener.done(job.run()?)?);
//! }
//! content.extend(opener.finish()?);
//! assert_eq!(content, [7; 100_000]);
//! # Ok(())
//! # }
//! ```

use alloc::vec::Vec;

use crate::{
    ids::envelope::{CONTENT_HASH_LEN, HASH_LEN, label},
    keys::KeyId,
};

pub mod age;
#[cfg(test)]
mod attacks;
mod chunk;
mod error;
mod header;
mod opener;
mod sealer;

pub use chunk::{Done, Job};
pub use error::Error;
pub use opener::{Expected, Opener};
pub use sealer::Sealer;

/// What the sender signs: the header with all recipients, the key, all content, and itself.
fn signed_message(
    header_hash: &[u8; HASH_LEN],
    commitment: &[u8; HASH_LEN],
    content_hash: &[u8; CONTENT_HASH_LEN],
    sender: &KeyId,
) -> Vec<u8> {
    let parts: [&[u8]; 5] = [label::SIGNED, header_hash, commitment, content_hash, sender.as_bytes()];
    parts.concat()
}
