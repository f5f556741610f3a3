//! Hashes, HKDF and authenticated encryption.

use twinlock::{ids, provider::Provider};
use twinlock_kat::{Alg, Answer, Family, Field, Lack, Op, Output, Question, Reason};

use super::{Given, array, refusal};

/// The longest output that is computed; what a question asks for is allocated.
const MAX_OUTPUT: u64 = 1 << 20;

/// The library's AEAD of an algorithm.
pub(super) fn aead(alg: Alg) -> Option<ids::Aead> {
    ids::Aead::ALL.into_iter().find(|aead| aead.name() == alg.name())
}

/// The library's hash of an algorithm; of HKDF, its hash.
pub(super) fn hash(alg: Alg) -> Option<ids::Hash> {
    match alg {
        Alg::Sha256 | Alg::HkdfSha256 => Some(ids::Hash::Sha256),
        Alg::Sha384 | Alg::HkdfSha384 => Some(ids::Hash::Sha384),
        Alg::Sha512 | Alg::HkdfSha512 => Some(ids::Hash::Sha512),
        Alg::Sha3_256 => Some(ids::Hash::Sha3_256),
        _ => None,
    }
}

pub(super) fn answer(provider: &'static Provider, question: &Question) -> Given {
    match question.alg.family() {
        Family::Aead => sealed(provider, question),
        Family::Hkdf => hkdf(provider, question),
        Family::Xof => {
            let mut out = vec![0; length(question)?];
            provider.hazmat().hash.shake256(question.input.bytes(Field::Msg), &mut out);
            Ok(Output::from([(Field::Digest, out)]))
        }
        _ => digest(provider, question),
    }
}

fn length(question: &Question) -> Result<usize, Answer> {
    let len = question.input.number(Field::Len).unwrap_or_default();
    if len > MAX_OUTPUT {
        return Err(Answer::Unsupported(Lack::Param));
    }
    usize::try_from(len).map_err(|_| Answer::Unsupported(Lack::Param))
}

fn hkdf(provider: &'static Provider, question: &Question) -> Given {
    let hash = hash(question.alg).ok_or(Answer::Unsupported(Lack::Alg))?;
    let (input, kdf) = (&question.input, provider.hazmat().kdf);
    let (mut prk, mut okm) = (vec![0; hash.output_len()], vec![0; length(question)?]);
    kdf.extract(hash, input.bytes(Field::Salt), input.bytes(Field::Ikm), &mut prk).map_err(refusal)?;
    kdf.expand(hash, &prk, &[input.bytes(Field::Info)], &mut okm).map_err(refusal)?;
    Ok(Output::from([(Field::Okm, okm)]))
}

/// CAVP's Monte Carlo hashes 1,000 times: SHA-3 the digest before, SHA-2 the three before.
fn digest(provider: &'static Provider, question: &Question) -> Given {
    let hash = hash(question.alg).ok_or(Answer::Unsupported(Lack::Alg))?;
    let provided = provider.hazmat().hash;
    let msg = question.input.bytes(Field::Msg);
    let mut out = vec![0; hash.output_len()];
    match (question.op, hash) {
        (Op::Monte, ids::Hash::Sha3_256) => {
            out = msg.to_vec();
            for _ in 0..1000 {
                let before = out;
                out = vec![0; hash.output_len()];
                provided.digest(hash, &[&before], &mut out);
            }
        }
        (Op::Monte, _) => {
            let (mut first, mut second, mut third) = (msg.to_vec(), msg.to_vec(), msg.to_vec());
            for _ in 0..1000 {
                provided.digest(hash, &[&first, &second, &third], &mut out);
                (first, second, third) = (second, third, out.clone());
            }
        }
        _ => provided.digest(hash, &[msg], &mut out),
    }
    Ok(Output::from([(Field::Digest, out)]))
}

/// The library has nonces of 12 bytes and tags of 16 alone.
fn sealed(provider: &'static Provider, question: &Question) -> Given {
    let algorithm = aead(question.alg).ok_or(Answer::Unsupported(Lack::Alg))?;
    let input = &question.input;
    let param = |_| Answer::Unsupported(Lack::Param);
    let key = array(input.bytes(Field::Key))?;
    let nonce = input.bytes(Field::Nonce).try_into().map_err(param)?;
    let key = provider.hazmat().aead.key(algorithm, key).map_err(refusal)?;
    if question.op == Op::Seal {
        if input.number(Field::TagLen).is_some_and(|len| len != 16) {
            return Err(Answer::Unsupported(Lack::Param));
        }
        let mut ct = input.bytes(Field::Msg).to_vec();
        let tag = key.seal(nonce, input.bytes(Field::Aad), &mut ct).map_err(refusal)?;
        return Ok(Output::from([(Field::Ct, ct), (Field::Tag, tag.to_vec())]));
    }
    let tag = match input.bytes(Field::Tag) {
        // A short tag is a parameter, where the algorithm has such; no tag is none.
        short if short.len() >= 4 && short.len() < 16 => return Err(Answer::Unsupported(Lack::Param)),
        tag => tag.try_into().map_err(|_| Answer::Reject(Reason::Length))?,
    };
    let mut msg = input.bytes(Field::Ct).to_vec();
    key.open(nonce, input.bytes(Field::Aad), &mut msg, tag).map_err(refusal)?;
    Ok(Output::from([(Field::Msg, msg)]))
}
