//! The key schedule of RFC 9180 §5.1.

use alloc::vec::Vec;

use zeroize::Zeroizing;

#[cfg(feature = "hazmat")]
use super::OpenContext;
use super::{Context, Exporter};
use crate::{
    error::Error,
    ids::{AEAD_KEY_LEN, AEAD_NONCE_LEN, Aead, HPKE_EXPORT_ONLY, HPKE_LABEL, HPKE_MODE_BASE, HPKE_SUITE_PREFIX, Hash},
    provider::Provider,
    secret::{ChainSecret, SharedSecret},
};

/// HKDF with the labels of a suite (RFC 9180 §4).
#[derive(Debug)]
pub struct Labeled {
    provider: &'static Provider,
    kdf: Hash,
    suite_id: Vec<u8>,
}

impl Labeled {
    /// For a suite id: of HPKE, or of a KEM alone.
    pub const fn new(provider: &'static Provider, kdf: Hash, suite_id: Vec<u8>) -> Self {
        Self { provider, kdf, suite_id }
    }

    /// LabeledExtract.
    ///
    /// # Errors
    /// A hash without HKDF.
    pub fn extract(&self, salt: &[u8], label: &str, ikm: &[u8]) -> Result<ChainSecret, Error> {
        let ikm = Zeroizing::new([HPKE_LABEL.as_slice(), &self.suite_id, label.as_bytes(), ikm].concat());
        ChainSecret::build(self.kdf.output_len(), |out| self.provider.kdf.extract(self.kdf, salt, &ikm, out))
    }

    /// LabeledExpand.
    ///
    /// # Errors
    /// [`Error::TooLong`] over 255 times the hash's length.
    pub fn expand(&self, prk: &ChainSecret, label: &str, info: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let len = u16::try_from(out.len()).map_err(|_| Error::TooLong)?.to_be_bytes();
        let info: [&[u8]; 5] = [&len, HPKE_LABEL, &self.suite_id, label.as_bytes(), info];
        self.provider.kdf.expand(self.kdf, prk.secret_bytes(), &info, out)
    }

    fn derive(&self, prk: &ChainSecret, label: &str, info: &[u8], len: usize) -> Result<ChainSecret, Error> {
        ChainSecret::build(len, |out| self.expand(prk, label, info, out))
    }
}

/// A mode, and what it adds to the shared secret.
#[derive(Debug)]
pub struct Mode<'a> {
    /// Its number.
    pub id: u8,
    /// The pre-shared key, or nothing.
    pub psk: &'a [u8],
    /// Its id, or nothing.
    pub psk_id: &'a [u8],
}

impl Mode<'static> {
    /// The mode that only needs the recipient's key.
    pub const BASE: Self = Self { id: HPKE_MODE_BASE, psk: &[], psk_id: &[] };
}

/// The secret of a context, before its keys.
pub struct KeySchedule {
    labeled: Labeled,
    aead: Option<Aead>,
    secret: ChainSecret,
    context: Vec<u8>,
}

impl KeySchedule {
    /// Mixes the shared secret of a KEM with all that was agreed on. Without `aead` it only exports.
    ///
    /// # Errors
    /// [`Error::Algorithm`] for a hash that HPKE has no id for.
    pub fn new(
        provider: &'static Provider,
        kem_id: u16,
        kdf: Hash,
        aead: Option<Aead>,
        mode: &Mode<'_>,
        info: &[u8],
        shared: &SharedSecret,
    ) -> Result<Self, Error> {
        let kdf_id = kdf.hpke_kdf_id().ok_or(Error::Algorithm)?;
        let aead_id = aead.map_or(HPKE_EXPORT_ONLY, Aead::hpke_id);
        let mut suite_id = HPKE_SUITE_PREFIX.to_vec();
        suite_id.extend([kem_id, kdf_id, aead_id].into_iter().flat_map(u16::to_be_bytes));
        let labeled = Labeled::new(provider, kdf, suite_id);
        let psk_id_hash = labeled.extract(&[], "psk_id_hash", mode.psk_id)?;
        let info_hash = labeled.extract(&[], "info_hash", info)?;
        let context = [&[mode.id], psk_id_hash.secret_bytes(), info_hash.secret_bytes()].concat();
        let secret = labeled.extract(shared.secret_bytes(), "secret", mode.psk)?;
        Ok(Self { labeled, aead, secret, context })
    }

    pub(super) fn into_context(self) -> Result<Context, Error> {
        let Self { labeled, aead, secret, context } = &self;
        let aead = aead.ok_or(Error::Algorithm)?;
        let key = labeled.derive(secret, "key", context, AEAD_KEY_LEN)?;
        let key = key.secret_bytes().try_into().map_err(|_| Error::Library("key schedule"))?;
        let key = labeled.provider.aead.key(aead, key)?;
        let base_nonce = labeled.derive(secret, "base_nonce", context, AEAD_NONCE_LEN)?;
        Ok(Context { key, base_nonce, sequence: 0, exporter: self.into_exporter()? })
    }

    fn into_exporter(self) -> Result<Exporter, Error> {
        let secret = self.labeled.derive(&self.secret, "exp", &self.context, self.labeled.kdf.output_len())?;
        Ok(Exporter { labeled: self.labeled, secret })
    }

    /// The recipient's context.
    ///
    /// # Errors
    /// [`Error::Algorithm`] if it only exports.
    #[cfg(feature = "hazmat")]
    pub fn open(self) -> Result<OpenContext, Error> {
        self.into_context().map(OpenContext)
    }

    /// One export.
    ///
    /// # Errors
    /// [`Error::TooLong`] over 255 times the hash's length.
    #[cfg(feature = "hazmat")]
    pub fn export(self, context: &[u8], len: usize) -> Result<crate::secret::ExportedSecret, Error> {
        self.into_exporter()?.export(context, len)
    }
}

impl core::fmt::Debug for KeySchedule {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeySchedule").field("aead", &self.aead).finish_non_exhaustive()
    }
}
