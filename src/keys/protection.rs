//! Private keys under a passphrase: PKCS#8's EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 (RFC 8018 §6.2).
//!
//! What is written is what OpenSSL opens: it has a limit of 32 MiB on scrypt, and no GCM in PBES2. What is read is
//! limited in memory and time before anything is computed, because the file says what opening it costs.

use alloc::{string::String, vec, vec::Vec};
use core::fmt;

use aes::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use cbc::{Decryptor, Encryptor};
use der::{
    Decode as _, Encode as _,
    asn1::{OctetString, OctetStringRef},
};
use pkcs5::{
    EncryptionScheme,
    pbes2::{self, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, Salt, ScryptParams},
};
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{Content, Error, Form, PrivateKey, error::from_der, file, to_pem};
use crate::ids::{
    MAX_PBKDF2_ITERATIONS, MAX_SCRYPT_MEMORY, MAX_SCRYPT_WORK, PBKDF2_ITERATIONS, SCRYPT_LOG_N, SCRYPT_P, SCRYPT_R,
};

const BLOCK: usize = 16;
const SALT_LEN: usize = 16;

/// How a passphrase becomes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection {
    /// scrypt (RFC 7914) with N = 2^14, r = 8, p = 5: 16 MiB, the most that OpenSSL opens, five times.
    Scrypt,
    /// PBKDF2 with HMAC-SHA-256 and 600,000 iterations, for peers without scrypt.
    Pbkdf2,
}

/// The key that a passphrase gives. To derive it is slow by design; one serves for any number of files.
pub struct WrappingKey {
    kdf: Kdf,
    key: Zeroizing<Vec<u8>>,
}

impl WrappingKey {
    /// The key of a passphrase under a fresh salt.
    ///
    /// # Errors
    /// [`Error::EmptyPassphrase`]; a failing generator.
    pub fn derive<R: TryCryptoRng + ?Sized>(
        passphrase: &[u8],
        protection: Protection,
        rng: &mut R,
    ) -> Result<Self, Error> {
        if passphrase.is_empty() {
            return Err(Error::EmptyPassphrase);
        }
        let salt: [u8; SALT_LEN] = random(rng)?;
        let salt = Salt::new(salt).map_err(from_der)?;
        let kdf = match protection {
            Protection::Scrypt => Kdf::Scrypt(ScryptParams {
                salt,
                cost_parameter: 1 << SCRYPT_LOG_N,
                block_size: SCRYPT_R,
                parallelization: SCRYPT_P,
                key_length: None,
            }),
            Protection::Pbkdf2 => Kdf::Pbkdf2(Pbkdf2Params {
                salt,
                iteration_count: PBKDF2_ITERATIONS,
                key_length: None,
                prf: Pbkdf2Prf::HmacWithSha256,
            }),
        };
        let key = derive(&kdf, passphrase)?;
        Ok(Self { kdf, key })
    }

    /// Whether this key opens that file: both have the same salt and costs.
    pub fn fits(&self, file: &ProtectedKey) -> bool {
        self.kdf == file.parameters.kdf
    }

    /// The key in that form as EncryptedPrivateKeyInfo in DER, under AES-256-CBC with a fresh IV.
    ///
    /// # Errors
    /// As [`PrivateKey::to_pkcs8_der_as`]; a failing generator.
    pub fn wrap_der<R: TryCryptoRng + ?Sized>(
        &self,
        key: &PrivateKey,
        form: Form,
        rng: &mut R,
    ) -> Result<Vec<u8>, Error> {
        let der = key.to_pkcs8_der_as(form)?;
        let iv: [u8; BLOCK] = random(rng)?;
        let encryption = pbes2::EncryptionScheme::Aes256Cbc { iv };
        let parameters = Parameters { kdf: self.kdf.clone(), encryption };
        // The salt may be that of a file under a shorter key, which says so.
        cbc_key_len(&parameters)?;
        // Room for the padding from the start: what grows leaves a copy behind.
        let padded = der.len().saturating_add(BLOCK);
        let mut buffer = Zeroizing::new(vec![0; padded]);
        let (head, _) = buffer.split_at_mut_checked(der.len()).ok_or(LIBRARY)?;
        head.copy_from_slice(&der);
        let cipher = Encryptor::<aes::Aes256>::new_from_slices(&self.key, &iv).map_err(|_| LIBRARY)?;
        let data = cipher.encrypt_padded::<Pkcs7>(&mut buffer, der.len()).map_err(|_| LIBRARY)?;
        let info = ::pkcs8::EncryptedPrivateKeyInfo {
            encryption_algorithm: EncryptionScheme::Pbes2(parameters),
            encrypted_data: OctetStringRef::new(data).map_err(from_der)?,
        };
        info.to_der().map_err(from_der)
    }

    /// The same in PEM, with line feeds.
    ///
    /// # Errors
    /// As [`WrappingKey::wrap_der`].
    pub fn wrap_pem<R: TryCryptoRng + ?Sized>(
        &self,
        key: &PrivateKey,
        form: Form,
        rng: &mut R,
    ) -> Result<String, Error> {
        to_pem(Content::EncryptedPrivateKey, &self.wrap_der(key, form, rng)?)
    }
}

impl fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappingKey").finish_non_exhaustive()
    }
}

/// A private key file under a passphrase, not yet opened.
#[derive(Debug)]
pub struct ProtectedKey {
    parameters: Parameters,
    data: Vec<u8>,
}

impl ProtectedKey {
    /// Reads a file in PEM or DER, told by its first bytes.
    ///
    /// # Errors
    /// [`Error::WrongContent`] for another kind of file; those of bad bytes; [`Error::Scheme`] and [`Error::Cost`]
    /// for a protection that is not opened.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        file::read(bytes, Content::EncryptedPrivateKey, Self::from_der)
    }

    fn from_der(der: &[u8]) -> Result<Self, Error> {
        file::check_len(der)?;
        let explain = |error| file::explain(der, Content::EncryptedPrivateKey, error);
        let scheme = file::scheme(der).map_err(explain)?;
        let info = ::pkcs8::EncryptedPrivateKeyInfo::<OctetString>::from_der(der).map_err(|error| match scheme {
            // The reader knows no other algorithm than those it can name.
            Some(oid) if error.kind() != der::ErrorKind::Failed => scheme_error(oid, error),
            _ => explain(error),
        })?;
        let EncryptionScheme::Pbes2(parameters) = info.encryption_algorithm else {
            return Err(Error::Scheme(super::Oid(info.encryption_algorithm.oid())));
        };
        check_cost(&parameters.kdf)?;
        cbc_key_len(&parameters)?;
        Ok(Self { parameters, data: info.encrypted_data.as_bytes().to_vec() })
    }

    /// How it is protected: `scrypt with N = 16384, r = 8, p = 5; AES-256-CBC`.
    pub fn scheme(&self) -> String {
        let kdf = match &self.parameters.kdf {
            Kdf::Scrypt(ScryptParams { cost_parameter, block_size, parallelization, .. }) => {
                alloc::format!("scrypt with N = {cost_parameter}, r = {block_size}, p = {parallelization}")
            }
            Kdf::Pbkdf2(params) => alloc::format!("PBKDF2 with {} iterations", params.iteration_count),
            _ => String::from("unknown"),
        };
        let bits = self.parameters.encryption.key_size().saturating_mul(8);
        alloc::format!("{kdf}; AES-{bits}-CBC")
    }

    /// The key that a passphrase gives for this file. It opens, and wraps, others with the same salt too.
    ///
    /// # Errors
    /// [`Error::Scheme`].
    pub fn wrapping_key(&self, passphrase: &[u8]) -> Result<WrappingKey, Error> {
        Ok(WrappingKey { kdf: self.parameters.kdf.clone(), key: derive(&self.parameters.kdf, passphrase)? })
    }

    /// The key in it.
    ///
    /// # Errors
    /// [`Error::Passphrase`] for the wrong one, and as well for data that was changed: nothing in the format tells
    /// them apart; then as [`PrivateKey::from_pkcs8_der`].
    pub fn open(&self, passphrase: &[u8]) -> Result<PrivateKey, Error> {
        self.open_with(&self.wrapping_key(passphrase)?)
    }

    /// The same with a key that was derived before.
    ///
    /// # Errors
    /// As [`ProtectedKey::open`]; [`Error::Passphrase`] too for a key that does not [fit](WrappingKey::fits).
    pub fn open_with(&self, wrapping: &WrappingKey) -> Result<PrivateKey, Error> {
        let len = cbc_key_len(&self.parameters)?;
        let key = wrapping.key.get(..len).filter(|_| wrapping.fits(self)).ok_or(Error::Passphrase)?;
        let mut buffer = Zeroizing::new(self.data.clone());
        let iv = match &self.parameters.encryption {
            pbes2::EncryptionScheme::Aes128Cbc { iv }
            | pbes2::EncryptionScheme::Aes192Cbc { iv }
            | pbes2::EncryptionScheme::Aes256Cbc { iv } => iv,
            other => return Err(Error::Scheme(super::Oid(other.oid()))),
        };
        macro_rules! decrypt {
            ($cipher:ty) => {
                Decryptor::<$cipher>::new_from_slices(key, iv)
                    .map_err(|_| LIBRARY)?
                    .decrypt_padded::<Pkcs7>(&mut buffer)
                    .map_err(|_| Error::Passphrase)?
            };
        }
        let der = match key.len() {
            16 => decrypt!(aes::Aes128),
            24 => decrypt!(aes::Aes192),
            _ => decrypt!(aes::Aes256),
        };
        // One wrong passphrase in 256 leaves a padding that looks right, and no key behind it.
        PrivateKey::from_pkcs8_der(der).map_err(|error| match error {
            Error::Truncated | Error::Trailing | Error::Der { .. } | Error::WrongContent { .. } => Error::Passphrase,
            other => other,
        })
    }
}

const LIBRARY: Error = Error::Crypto(crate::Error::Library("aes"));

fn random<const N: usize, R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rng.try_fill_bytes(&mut bytes).map_err(|_| crate::Error::Random)?;
    Ok(bytes)
}

/// Why a reader that got as far as the algorithm did not like it.
fn scheme_error(oid: der::oid::ObjectIdentifier, error: der::Error) -> Error {
    match error.kind() {
        der::ErrorKind::OidUnknown { oid } => Error::Scheme(super::Oid(oid)),
        der::ErrorKind::Incomplete { .. } | der::ErrorKind::TrailingData { .. } => from_der(error),
        _ if oid == pbes2::PBES2_OID => from_der(error),
        _ => Error::Scheme(super::Oid(oid)),
    }
}

/// Only CBC: GCM in PBES2 is read by nobody else.
fn cbc_key_len(parameters: &Parameters) -> Result<usize, Error> {
    let scheme = &parameters.encryption;
    let len = match scheme {
        pbes2::EncryptionScheme::Aes128Cbc { .. } => 16,
        pbes2::EncryptionScheme::Aes192Cbc { .. } => 24,
        pbes2::EncryptionScheme::Aes256Cbc { .. } => 32,
        other => return Err(Error::Scheme(super::Oid(other.oid()))),
    };
    match parameters.kdf.key_length() {
        Some(told) if usize::from(told) != len => Err(Error::Der { offset: None }),
        _ => Ok(len),
    }
}

/// Refuses what would take more memory or time than a key file may ask for.
fn check_cost(kdf: &Kdf) -> Result<(), Error> {
    match kdf {
        Kdf::Scrypt(params) => {
            let (n, r, p) = (params.cost_parameter, u64::from(params.block_size), u64::from(params.parallelization));
            // RFC 7914 §2: N is a power of two above one.
            if !n.is_power_of_two() || n == 1 || r == 0 || p == 0 {
                return Err(Error::Der { offset: None });
            }
            let memory = n.saturating_mul(r).saturating_mul(128);
            let work = n.saturating_mul(r).saturating_mul(p);
            // Beside the table there are p blocks of 128 · r bytes.
            let blocks = r.saturating_mul(p).saturating_mul(128);
            if memory > MAX_SCRYPT_MEMORY || blocks > MAX_SCRYPT_MEMORY || work > MAX_SCRYPT_WORK {
                return Err(Error::Cost);
            }
        }
        Kdf::Pbkdf2(params) if params.iteration_count == 0 => return Err(Error::Der { offset: None }),
        Kdf::Pbkdf2(params) if params.iteration_count > MAX_PBKDF2_ITERATIONS => return Err(Error::Cost),
        _ => {}
    }
    Ok(())
}

/// 32 bytes. A shorter key of the same passphrase is their beginning: both scrypt and PBKDF2 write blocks of that length
/// or more.
fn derive(kdf: &Kdf, passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    check_cost(kdf)?;
    let mut key = Zeroizing::new(vec![0; 32]);
    match kdf {
        Kdf::Scrypt(params) => {
            let log_n = u8::try_from(params.cost_parameter.ilog2()).map_err(|_| Error::Cost)?;
            let (r, p) = (u32::from(params.block_size), u32::from(params.parallelization));
            let costs = scrypt::Params::new(log_n, r, p).map_err(|_| Error::Cost)?;
            scrypt::scrypt(passphrase, params.salt.as_bytes(), &costs, &mut key).map_err(|_| LIBRARY)?;
        }
        Kdf::Pbkdf2(params) => {
            let (salt, rounds) = (params.salt.as_bytes(), params.iteration_count);
            match params.prf {
                Pbkdf2Prf::HmacWithSha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>(passphrase, salt, rounds, &mut key),
                Pbkdf2Prf::HmacWithSha384 => pbkdf2::pbkdf2_hmac::<sha2::Sha384>(passphrase, salt, rounds, &mut key),
                Pbkdf2Prf::HmacWithSha512 => pbkdf2::pbkdf2_hmac::<sha2::Sha512>(passphrase, salt, rounds, &mut key),
                other => return Err(Error::Scheme(super::Oid(other.oid()))),
            }
        }
        other => return Err(Error::Scheme(super::Oid(other.oid()))),
    }
    Ok(key)
}
