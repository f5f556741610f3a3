//! HPKE (RFC 9180) in base mode, with X-Wing as its KEM (draft-ietf-hpke-pq).
//!
//! Base mode tells nobody who sent: with a post-quantum KEM there is no authenticated mode. [`envelope`] puts a
//! signature inside. KDF: HKDF with SHA-256, SHA-384 or SHA-512.
//!
//! [`envelope`]: crate::envelope
//!
//! ```
//! use twinlock::{hpke::{OpenContext, SealContext, Suite}, ids::{Aead, Hash, Kem}, kem::DecapsulationKey, provider};
//! # let mut rng = provider::SystemRng;
//!
//! let key = DecapsulationKey::generate(provider::RUST, Kem::XWing, &mut rng)?;
//! let suite = Suite { kdf: Hash::Sha384, aead: Aead::Aes256Gcm };
//! let (encapsulation, mut sender) = SealContext::new(key.encapsulation_key(), suite, b"info", &mut rng)?;
//! let mut data = *b"hello";
//! let tag = sender.seal(b"with it", &mut data)?;
//!
//! let mut recipient = OpenContext::new(&key, suite, b"info", &encapsulation)?;
//! recipient.open(b"with it", &mut data, &tag)?;
//! assert_eq!(&data, b"hello");
//! # Ok::<(), twinlock::Error>(())
//! ```

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;

use crate::{
    error::Error,
    ids::{AEAD_NONCE_LEN, AEAD_TAG_LEN, Aead, HPKE_KEM_PREFIX, HPKE_LABEL, Hash, Kem},
    kem::{DecapsulationKey, EncapsulationKey},
    provider::{AeadKey, Provider},
    secret::{ChainSecret, ExportedSecret, Seed, SharedSecret},
};

#[cfg_attr(not(feature = "hazmat"), expect(unreachable_pub, reason = "known-answer tests bring other KEMs and modes"))]
mod schedule;

#[cfg(feature = "hazmat")]
pub use schedule::{KeySchedule, Labeled, Mode};
#[cfg(not(feature = "hazmat"))]
use schedule::{KeySchedule, Labeled, Mode};

/// What is used beside the KEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Suite {
    /// The hash of HKDF.
    pub kdf: Hash,
    /// The authenticated encryption.
    pub aead: Aead,
}

/// Exports of one context; both sides have the same.
struct Exporter {
    labeled: Labeled,
    secret: ChainSecret,
}

impl Exporter {
    /// RFC 9180 §5.3.
    fn export(&self, context: &[u8], len: usize) -> Result<ExportedSecret, Error> {
        ExportedSecret::build(len, |out| self.labeled.expand(&self.secret, "sec", context, out))
    }
}

/// DeriveKeyPair of draft-ietf-hpke-pq for X-Wing: the seed, of 32 bytes, of the key that belongs to secret input with at
/// least as much entropy. Older drafts had another function, which gives another key for the same input.
///
/// # Errors
/// An operation that the provider lacks.
pub fn derive_seed(provider: &Provider, ikm: &[u8]) -> Result<Seed, Error> {
    let (kem, label) = (Kem::XWing, b"DeriveKeyPair".as_slice());
    let id = kem.hpke_kem_id().ok_or(Error::Algorithm)?.to_be_bytes();
    let lengths = [label.len(), kem.seed_len()].map(|len| u16::try_from(len).map(u16::to_be_bytes));
    let [Ok(label_len), Ok(seed_len)] = lengths else { return Err(Error::TooLong) };
    let mut state = provider.hash.start_shake256();
    for part in [ikm, HPKE_LABEL, HPKE_KEM_PREFIX, &id, &label_len, label, &seed_len] {
        state.update(part);
    }
    Seed::build(kem.seed_len(), |out| {
        state.snapshot(out);
        Ok(())
    })
}

/// What both sides keep after the setup (RFC 9180 §5.2).
struct Context {
    key: Box<dyn AeadKey>,
    base_nonce: ChainSecret,
    sequence: u64,
    exporter: Exporter,
}

impl Context {
    fn new(
        provider: &'static Provider,
        kem: Kem,
        suite: Suite,
        info: &[u8],
        shared: &SharedSecret,
    ) -> Result<Self, Error> {
        let kem_id = kem.hpke_kem_id().ok_or(Error::Algorithm)?;
        KeySchedule::new(provider, kem_id, suite.kdf, Some(suite.aead), &Mode::BASE, info, shared)?.into_context()
    }

    fn nonce(&self) -> [u8; AEAD_NONCE_LEN] {
        let mut nonce = [0; AEAD_NONCE_LEN];
        let number = [0; 4].into_iter().chain(self.sequence.to_be_bytes());
        for ((out, base), number) in nonce.iter_mut().zip(self.base_nonce.secret_bytes()).zip(number) {
            *out = base ^ number;
        }
        nonce
    }

    /// The number after this one. The last is never used, so that none comes twice.
    fn next(&self) -> Result<u64, Error> {
        self.sequence.checked_add(1).ok_or(Error::TooLong)
    }
}

/// The sender's side.
pub struct SealContext(Context);

impl SealContext {
    /// RFC 9180's SetupBaseS: a fresh encapsulation for the recipient's key, and the context.
    ///
    /// # Errors
    /// [`Error::Algorithm`] for a KEM or a hash that is not used here; a failing generator; an operation that the
    /// provider lacks.
    pub fn new<R: TryCryptoRng + ?Sized>(
        recipient: &EncapsulationKey,
        suite: Suite,
        info: &[u8],
        rng: &mut R,
    ) -> Result<(Vec<u8>, Self), Error> {
        let (encapsulation, shared) = recipient.encapsulate(rng)?;
        let context = Context::new(recipient.provider(), recipient.kem(), suite, info, &shared)?;
        Ok((encapsulation, Self(context)))
    }

    /// Encrypts the next message in place and gives its tag.
    ///
    /// # Errors
    /// [`Error::TooLong`] for a message longer than the AEAD allows, and after 2^64 - 1 of them.
    pub fn seal(&mut self, aad: &[u8], data: &mut [u8]) -> Result<[u8; AEAD_TAG_LEN], Error> {
        let next = self.0.next()?;
        let tag = self.0.key.seal(&self.0.nonce(), aad, data)?;
        self.0.sequence = next;
        Ok(tag)
    }

    /// A secret that both sides derive alike.
    ///
    /// # Errors
    /// [`Error::TooLong`] over 255 times the hash's length.
    pub fn export(&self, context: &[u8], len: usize) -> Result<ExportedSecret, Error> {
        self.0.exporter.export(context, len)
    }
}

/// The recipient's side.
pub struct OpenContext(Context);

impl OpenContext {
    /// RFC 9180's SetupBaseR. An encapsulation for another key is not told here: nothing opens then.
    ///
    /// # Errors
    /// [`Error::Algorithm`] as for [`SealContext::new`]; an encapsulation of wrong length.
    pub fn new(key: &DecapsulationKey, suite: Suite, info: &[u8], encapsulation: &[u8]) -> Result<Self, Error> {
        let shared = key.decapsulate(encapsulation)?;
        Context::new(key.encapsulation_key().provider(), key.kem(), suite, info, &shared).map(Self)
    }

    /// Decrypts the next message in place. One that fails leaves the number where it is.
    ///
    /// # Errors
    /// [`Error::Rejected`]; `data` then holds nothing of use.
    pub fn open(&mut self, aad: &[u8], data: &mut [u8], tag: &[u8; AEAD_TAG_LEN]) -> Result<(), Error> {
        let next = self.0.next()?;
        self.0.key.open(&self.0.nonce(), aad, data, tag)?;
        self.0.sequence = next;
        Ok(())
    }

    /// A secret that both sides derive alike.
    ///
    /// # Errors
    /// [`Error::TooLong`] over 255 times the hash's length.
    pub fn export(&self, context: &[u8], len: usize) -> Result<ExportedSecret, Error> {
        self.0.exporter.export(context, len)
    }

    /// Goes on with the message of that number, whatever came before.
    #[cfg(feature = "hazmat")]
    pub const fn skip_to(&mut self, sequence: u64) {
        self.0.sequence = sequence;
    }
}

impl fmt::Debug for SealContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealContext").field("sequence", &self.0.sequence).finish_non_exhaustive()
    }
}

impl fmt::Debug for OpenContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenContext").field("sequence", &self.0.sequence).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::MlKem,
        provider::{RUST, SystemRng},
    };

    const SUITE: Suite = Suite { kdf: Hash::Sha384, aead: Aead::Aes256Gcm };

    fn key() -> DecapsulationKey {
        DecapsulationKey::generate(RUST, Kem::XWing, &mut SystemRng).unwrap()
    }

    #[test]
    fn messages_open_in_their_order_only() {
        let key = key();
        for kdf in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            for aead in Aead::ALL {
                let suite = Suite { kdf, aead };
                let (enc, mut sender) =
                    SealContext::new(key.encapsulation_key(), suite, b"info", &mut SystemRng).unwrap();
                let mut recipient = OpenContext::new(&key, suite, b"info", &enc).unwrap();
                let mut messages = [*b"one", *b"two"];
                let tags = messages.each_mut().map(|message| sender.seal(b"aad", message).unwrap());
                let mut early = messages[1];
                assert_eq!(recipient.open(b"aad", &mut early, &tags[1]), Err(Error::Rejected));
                for ((message, tag), expected) in messages.iter_mut().zip(&tags).zip([b"one", b"two"]) {
                    recipient.open(b"aad", message, tag).unwrap();
                    assert_eq!(message, expected);
                }
                let (a, b) = (sender.export(b"x", 40).unwrap(), recipient.export(b"x", 40).unwrap());
                assert!(a.ct_eq(&b) && !a.ct_eq(&sender.export(b"y", 40).unwrap()));
                assert!(matches!(sender.export(b"x", 255 * kdf.output_len() + 1), Err(Error::TooLong)));
            }
        }
    }

    #[test]
    fn another_key_info_suite_or_aad_opens_nothing() {
        let (right, wrong) = (key(), key());
        let (enc, mut sender) = SealContext::new(right.encapsulation_key(), SUITE, b"info", &mut SystemRng).unwrap();
        let mut sealed = *b"message";
        let tag = sender.seal(b"aad", &mut sealed).unwrap();
        let chacha = Suite { aead: Aead::ChaCha20Poly1305, ..SUITE };
        let cases = [
            (&right, SUITE, &b"info"[..], &b"aad"[..], Ok(())),
            (&wrong, SUITE, b"info", b"aad", Err(Error::Rejected)),
            (&right, chacha, b"info", b"aad", Err(Error::Rejected)),
            (&right, Suite { kdf: Hash::Sha512, ..SUITE }, b"info", b"aad", Err(Error::Rejected)),
            (&right, SUITE, b"inf", b"aad", Err(Error::Rejected)),
            (&right, SUITE, b"info", b"", Err(Error::Rejected)),
        ];
        for (key, suite, info, aad, expected) in cases {
            let mut recipient = OpenContext::new(key, suite, info, &enc).unwrap();
            assert_eq!(recipient.open(aad, &mut sealed.clone(), &tag), expected);
        }
        assert!(OpenContext::new(&right, SUITE, b"info", &enc[1..]).is_err());
    }

    #[test]
    fn what_hpke_has_no_id_for_is_refused() {
        let other = DecapsulationKey::generate(RUST, Kem::MlKem(MlKem::MlKem768), &mut SystemRng).unwrap();
        let setup =
            |key: &DecapsulationKey, suite| SealContext::new(key.encapsulation_key(), suite, b"", &mut SystemRng);
        assert_eq!(setup(&other, SUITE).unwrap_err(), Error::Algorithm);
        let no_hkdf = Suite { kdf: Hash::Sha3_256, ..SUITE };
        assert_eq!(setup(&key(), no_hkdf).unwrap_err(), Error::Algorithm);
    }

    /// The seed is what crypto/hpke of Go 1.27 makes of the same input.
    #[test]
    fn a_key_pair_is_derived_as_the_draft_says() {
        let ikm: Vec<u8> = (0..32).collect();
        let derived = |ikm| derive_seed(RUST, ikm).unwrap();
        assert_eq!(derived(&ikm).secret_bytes().get(..4), Some(&[0x4c, 0xb5, 0x46, 0x11][..]));
        assert!(!derived(&ikm[1..]).ct_eq(&derived(&ikm)));
    }

    #[test]
    fn numbers_run_out_before_one_repeats() {
        let (_, mut sender) = SealContext::new(key().encapsulation_key(), SUITE, b"", &mut SystemRng).unwrap();
        sender.0.sequence = u64::MAX - 1;
        sender.seal(b"", &mut []).unwrap();
        assert_eq!(sender.seal(b"", &mut []), Err(Error::TooLong));
    }
}
