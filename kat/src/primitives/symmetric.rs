//! Authenticated encryption, key derivation, hash functions and extendable-output functions.

use std::collections::VecDeque;

use super::{Adapter, Answered, LEFT_OUT, outputs};
use crate::{Alg, Field, Implementation, Lack, Op, Output, Question};

/// The length of a tag in bytes where a case gives none.
const TAG: usize = 16;

/// What authenticated encryption gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The ciphertext, as long as the plaintext.
    pub ct: Vec<u8>,
    /// The tag.
    pub tag: Vec<u8>,
}

/// Authenticated encryption: AES-GCM of SP 800-38D, ChaCha20-Poly1305 of RFC 8439. Answer [`Lack::Param`] to a
/// length of nonce or tag that is not offered.
pub trait Aead: Sync {
    /// Which one.
    fn alg(&self) -> Alg;

    /// Encrypts, with a tag of `tag_len` bytes.
    ///
    /// # Errors
    /// A key or a nonce of a wrong length.
    fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], msg: &[u8], tag_len: usize) -> Answered<Sealed>;

    /// The plaintext.
    ///
    /// # Errors
    /// A tag that does not verify, a key or a nonce of a wrong length.
    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ct: &[u8], tag: &[u8]) -> Answered<Vec<u8>>;
}

/// Key derivation: HKDF of RFC 5869, extract then expand.
pub trait Kdf: Sync {
    /// Which one.
    fn alg(&self) -> Alg;

    /// Output key material of `len` bytes.
    ///
    /// # Errors
    /// A length over 255 digests.
    fn derive(&self, ikm: &[u8], salt: &[u8], info: &[u8], len: usize) -> Answered<Vec<u8>>;
}

/// A hash function: SHA-2 of FIPS 180-4, SHA-3 of FIPS 202.
pub trait Hash: Sync {
    /// Which one.
    fn alg(&self) -> Alg;

    /// The digest of a message.
    ///
    /// # Errors
    /// Only what the implementation itself runs into.
    fn digest(&self, msg: &[u8]) -> Answered<Vec<u8>>;
}

/// An extendable-output function: SHAKE of FIPS 202.
pub trait Xof: Sync {
    /// Which one.
    fn alg(&self) -> Alg;

    /// The first `len` bytes of the output for a message.
    ///
    /// # Errors
    /// Only what the implementation itself runs into.
    fn output(&self, msg: &[u8], len: usize) -> Answered<Vec<u8>>;
}

/// Authenticated encryption as an implementation that can be asked.
pub fn aead<T: Aead>(one: T) -> impl Implementation {
    Adapter { alg: one.alg(), one, ask: ask_aead::<T> }
}

/// Key derivation as an implementation that can be asked.
pub fn kdf<T: Kdf>(one: T) -> impl Implementation {
    Adapter { alg: one.alg(), one, ask: ask_kdf::<T> }
}

/// A hash function as an implementation that can be asked, also for CAVP's Monte Carlo tests.
pub fn hash<T: Hash>(one: T) -> impl Implementation {
    Adapter { alg: one.alg(), one, ask: ask_hash::<T> }
}

/// An extendable-output function as an implementation that can be asked.
pub fn xof<T: Xof>(one: T) -> impl Implementation {
    Adapter { alg: one.alg(), one, ask: ask_xof::<T> }
}

fn ask_aead<T: Aead>(one: &T, question: &Question) -> Answered<Output> {
    let bytes = |field| question.input.bytes(field);
    let [key, nonce, aad] = [Field::Key, Field::Nonce, Field::Aad].map(bytes);
    match question.op {
        Op::Seal => {
            let tag_len = number(question, Field::TagLen)?.unwrap_or(TAG);
            let Sealed { ct, tag } = one.seal(key, nonce, aad, bytes(Field::Msg), tag_len)?;
            Ok(outputs([(Field::Ct, ct), (Field::Tag, tag)]))
        }
        Op::Open => Ok(outputs([(Field::Msg, one.open(key, nonce, aad, bytes(Field::Ct), bytes(Field::Tag))?)])),
        _ => Err(LEFT_OUT),
    }
}

fn ask_kdf<T: Kdf>(one: &T, question: &Question) -> Answered<Output> {
    let [ikm, salt, info] = [Field::Ikm, Field::Salt, Field::Info].map(|field| question.input.bytes(field));
    match (question.op, number(question, Field::Len)?) {
        (Op::Derive, Some(len)) => Ok(outputs([(Field::Okm, one.derive(ikm, salt, info, len)?)])),
        _ => Err(LEFT_OUT),
    }
}

fn ask_hash<T: Hash>(one: &T, question: &Question) -> Answered<Output> {
    let msg = question.input.bytes(Field::Msg);
    let digest = match question.op {
        Op::Hash => one.digest(msg)?,
        Op::Monte => monte(one, msg)?,
        _ => return Err(LEFT_OUT),
    };
    Ok(outputs([(Field::Digest, digest)]))
}

fn ask_xof<T: Xof>(one: &T, question: &Question) -> Answered<Output> {
    match (question.op, number(question, Field::Len)?) {
        (Op::Hash, Some(len)) => Ok(outputs([(Field::Digest, one.output(question.input.bytes(Field::Msg), len)?)])),
        _ => Err(LEFT_OUT),
    }
}

/// CAVP's Monte Carlo test: each digest is of the one before, for SHA-2 of the three before.
fn monte<T: Hash>(one: &T, seed: &[u8]) -> Answered<Vec<u8>> {
    let before = match one.alg() {
        Alg::Sha3_224 | Alg::Sha3_256 | Alg::Sha3_384 | Alg::Sha3_512 => 1,
        _ => 3,
    };
    let mut last: VecDeque<Vec<u8>> = core::iter::repeat_n(seed.to_vec(), before).collect();
    for _ in 0..1000 {
        let next = one.digest(&last.make_contiguous().concat())?;
        last.pop_front();
        last.push_back(next);
    }
    Ok(last.pop_back().unwrap_or_default())
}

/// A number in a question, if it is there; one that no memory holds is not offered.
fn number(question: &Question, field: Field) -> Answered<Option<usize>> {
    let number = question.input.number(field).map(usize::try_from).transpose();
    number.map_err(|_| Lack::Param.into())
}
