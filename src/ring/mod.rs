//! Key rings: which keys exist under which names, what each may still do, and a signed list of all that.
//!
//! The [`Manifest`] is the list; `docs/spec/ring.md` gives its bytes. It holds no key, only key ids: the keys are in
//! files beside it, and whoever reads one compares its id. The manifest is signed with the ring's own key, so that
//! whoever can write files but has not that key cannot prolong, revive or exchange anything unnoticed. What it cannot
//! tell is that a whole ring was put back to an older state; its [sequence number](Manifest::sequence) can, to
//! whoever remembers one.
//!
//! ```
//! use twinlock::{
//!     certificate::{Time, Validity},
//!     ids::{KeyKind, ring::{Purpose, SIGNATURE}},
//!     keys::PrivateKey,
//!     provider::RUST,
//!     ring::{Key, Manifest, Use},
//!     sign::SigningKey,
//! };
//! # let mut rng = twinlock::provider::SystemRng;
//! let now: Time = "2026-01-31T12:00:00Z".parse()?;
//! let year = Validity::new(now, "2027-01-31T12:00:00Z".parse()?)?;
//! let kind = KeyKind::Signature(SIGNATURE);
//! let purpose = Purpose::Channel;
//! let mut key = || -> Result<Key, Box<dyn std::error::Error>> {
//!     let private = PrivateKey::generate(kind, &mut rng)?; // goes into a file
//!     Ok(Key::new(purpose, kind, private.public_key(RUST)?.key_id())?)
//! };
//!
//! let mut ring = Manifest::new(now);
//! let desk = "desk-7".parse()?;
//! ring.add(&desk, purpose, year, vec![key()?])?;
//! ring.rotate(&desk, year, vec![key()?])?;
//! let (generation, _) = ring.entry(&desk)?.key_for(Use::Channel, now)?;
//! assert_eq!(generation.number(), 2);
//!
//! let signer = SigningKey::generate(RUST, SIGNATURE, &mut rng)?;
//! let text = ring.sign(now, &signer, &mut rng)?;
//! assert_eq!(Manifest::verify(&text, signer.verifying_key())?, ring);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod change;
mod entry;
mod error;
mod manifest;
mod name;

pub use change::Change;
pub use entry::{Entry, Generation, Key, State, Use, file_stem};
pub use error::Error;
pub use manifest::Manifest;
pub use name::Name;
