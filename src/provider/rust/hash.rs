//! SHA-2, SHA-3, HMAC and HKDF by RustCrypto.

use alloc::boxed::Box;

use hmac::{KeyInit as _, Mac as _};
use sha2::digest::Digest;
use shake::{ExtendableOutput as _, XofReader as _};
use zeroize::Zeroize as _;

use super::Rust;
use crate::{
    error::{Error, Field, expect_len},
    ids,
    provider::{Expander, Hash, HashState, Implementation as _, Kdf, Operation},
};

impl Hash for Rust {
    fn start(&self, hash: ids::Hash) -> Box<dyn HashState> {
        match hash {
            ids::Hash::Sha256 => Box::new(State(sha2::Sha256::new())),
            ids::Hash::Sha384 => Box::new(State(sha2::Sha384::new())),
            ids::Hash::Sha512 => Box::new(State(sha2::Sha512::new())),
            ids::Hash::Sha3_256 => Box::new(State(sha3::Sha3_256::new())),
        }
    }

    fn start_shake256(&self) -> Box<dyn HashState> {
        Box::new(shake::Shake256::default())
    }
}

impl HashState for shake::Shake256 {
    fn update(&mut self, bytes: &[u8]) {
        shake::Update::update(self, bytes);
    }

    fn snapshot(&self, out: &mut [u8]) {
        self.clone().finalize_xof().read(out);
    }
}

/// Any RustCrypto hash.
struct State<D>(D);

impl<D: Digest + Clone + Send + Sync> HashState for State<D> {
    fn update(&mut self, bytes: &[u8]) {
        Digest::update(&mut self.0, bytes);
    }

    fn snapshot(&self, out: &mut [u8]) {
        for (to, from) in out.iter_mut().zip(self.0.clone().finalize()) {
            *to = from;
        }
    }
}

/// Runs one generic body for the SHA-2 that `hash` names.
macro_rules! sha2_of {
    ($self:ident, $hash:ident, $D:ident => $body:expr) => {
        match $hash {
            ids::Hash::Sha256 => {
                type $D = sha2::Sha256;
                $body
            }
            ids::Hash::Sha384 => {
                type $D = sha2::Sha384;
                $body
            }
            ids::Hash::Sha512 => {
                type $D = sha2::Sha512;
                $body
            }
            ids::Hash::Sha3_256 => Err($self.unsupported(Operation::Kdf)),
        }
    };
}

impl Kdf for Rust {
    /// RFC 5869 §2.2 is one HMAC. `hkdf`'s own extract also prepares the expansion, which costs half as much
    /// again.
    fn extract(&self, hash: ids::Hash, salt: &[u8], ikm: &[u8], prk: &mut [u8]) -> Result<(), Error> {
        self.hmac(hash, salt, ikm, prk)
    }

    fn expander(&self, hash: ids::Hash, prk: &[u8]) -> Result<Box<dyn Expander>, Error> {
        let short = Error::WrongLength { field: Field::PrivateKey, expected: hash.output_len(), found: prk.len() };
        sha2_of!(self, hash, D => Ok(Box::new(hkdf::Hkdf::<D>::from_prk(prk).map_err(|_| short)?)))
    }

    fn hmac(&self, hash: ids::Hash, key: &[u8], data: &[u8], out: &mut [u8]) -> Result<(), Error> {
        expect_len(Field::PrivateKey, out, hash.output_len())?;
        sha2_of!(self, hash, D => {
            let mut mac = hmac::Hmac::<D>::new_from_slice(key).map_err(|_| Error::Library("hmac"))?;
            hmac::Mac::update(&mut mac, data);
            let mut tag = mac.finalize().into_bytes();
            out.copy_from_slice(&tag);
            tag[..].zeroize();
            Ok(())
        })
    }
}

impl<H: hkdf::HmacImpl + Send + Sync> Expander for hkdf::GenericHkdf<H> {
    fn expand(&self, info: &[&[u8]], okm: &mut [u8]) -> Result<(), Error> {
        self.expand_multi_info(info, okm).map_err(|_| Error::TooLong)
    }
}
