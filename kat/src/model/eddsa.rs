//! A model of Ed25519 (RFC 8032 §5.1), with one switch per bug.
//!
//! Of the two verifications that the RFC allows it has the one without the cofactor: the encoding of
//! \[S\]B − \[k\]A is compared with R.
#![expect(clippy::arithmetic_side_effects, reason = "the operators are those of the group and of its scalars")]

use curve25519_dalek::{EdwardsPoint, Scalar, edwards::CompressedEdwardsY, scalar::clamp_integer};
use sha2::Sha512;

use super::digest;
use crate::{Alg, Answer, Field, Lack, Op, Output, Question, Reason};

bugs! {
    /// What is wrong with a model of Ed25519.
    Bug {
        HighS = "ed25519-high-s", "S over the group's order is accepted", "RFC 8032 §5.1.7";
        HighSBits = "ed25519-high-s-bits", "only the top three bits of S are checked", "RFC 8032 §5.1.7";
        LongSignature = "ed25519-long-signature-cut", "bytes after the end of a signature are ignored", "RFC 8032 §5.1.7";
        ShortSignature = "ed25519-short-signature-padded", "a short signature is filled with zeros", "RFC 8032 §5.1.7";
        PointR = "ed25519-non-canonical-r", "R is compared as a point, whatever its encoding", "RFC 8032 §5.1.3";
        SignOfR = "ed25519-r-sign-ignored", "the sign of R's x-coordinate is not compared", "RFC 8032 §5.1.2";
        PointA = "ed25519-non-canonical-key", "a verifying key in an encoding that is not canonical is accepted", "RFC 8032 §5.1.3";
        KeyNotHashed = "ed25519-key-not-hashed", "the verifying key is not hashed into k", "RFC 8032 §5.1.6";
    }
}

/// The order of the group, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Answers for Ed25519.
pub(crate) fn answer(bug: Option<Bug>, question: &Question) -> Answer {
    if question.alg != Alg::Ed25519 {
        return Answer::Unsupported(Lack::Alg);
    }
    let input = &question.input;
    let (seed, msg) = (input.bytes(Field::Seed), input.bytes(Field::Msg));
    let outputs = match question.op {
        Op::Keygen => Key::new(seed).map(|key| Output::from([(Field::Pk, key.public.to_vec())])),
        Op::Sign => Key::new(seed).map(|key| Output::from([(Field::Sig, key.sign(bug, msg))])),
        Op::Verify => verify(bug, input.bytes(Field::Pk), msg, input.bytes(Field::Sig)).map(|()| Output::new()),
        _ => return Answer::Unsupported(Lack::Op),
    };
    outputs.map_or_else(Answer::Reject, Answer::Output)
}

/// A signing key (§5.1.5).
struct Key {
    scalar: Scalar,
    prefix: [u8; 32],
    public: [u8; 32],
}

impl Key {
    fn new(seed: &[u8]) -> Result<Self, Reason> {
        let hash = digest::<Sha512>(&[seed]);
        let (scalar, prefix) = hash.split_first_chunk().ok_or(Reason::Other)?;
        let prefix = prefix.try_into().map_err(|_| Reason::Other)?;
        if seed.len() != 32 {
            return Err(Reason::Length);
        }
        let public = EdwardsPoint::mul_base_clamped(*scalar).compress().to_bytes();
        Ok(Self { scalar: Scalar::from_bytes_mod_order(clamp_integer(*scalar)), prefix, public })
    }

    /// §5.1.6.
    fn sign(&self, bug: Option<Bug>, msg: &[u8]) -> Vec<u8> {
        let nonce = scalar(&[&self.prefix, msg]);
        let r = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
        let s = nonce + challenge(bug, &r, &self.public, msg) * self.scalar;
        [r, s.to_bytes()].concat()
    }
}

/// SHA-512 modulo the order.
fn scalar(parts: &[&[u8]]) -> Scalar {
    let mut wide = [0; 64];
    wide.iter_mut().zip(digest::<Sha512>(parts)).for_each(|(to, from)| *to = from);
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// k.
fn challenge(bug: Option<Bug>, r: &[u8], public: &[u8], msg: &[u8]) -> Scalar {
    scalar(&[r, if bug == Some(Bug::KeyNotHashed) { &[] } else { public }, msg])
}

/// §5.1.7.
fn verify(bug: Option<Bug>, public: &[u8], msg: &[u8], sig: &[u8]) -> Result<(), Reason> {
    let has = |one| bug == Some(one);
    let mut sig = sig.to_vec();
    if (sig.len() > 64 && has(Bug::LongSignature)) || (sig.len() < 64 && has(Bug::ShortSignature)) {
        sig.resize(64, 0);
    }
    let public: [u8; 32] = public.try_into().map_err(|_| Reason::Length)?;
    let (r, s) = sig.split_first_chunk::<32>().ok_or(Reason::Length)?;
    let s: [u8; 32] = s.try_into().map_err(|_| Reason::Length)?;

    let low = s.iter().rev().lt(ORDER.iter().rev());
    let passes = low || has(Bug::HighS) || (has(Bug::HighSBits) && s[31] < 0x20);
    if !passes {
        return Err(Reason::Encoding);
    }
    let a = CompressedEdwardsY(public).decompress().ok_or(Reason::Point)?;
    if a.compress().to_bytes() != public && !has(Bug::PointA) {
        return Err(Reason::Encoding);
    }
    let k = challenge(bug, r, &public, msg);
    let sum = EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &-a, &Scalar::from_bytes_mod_order(s));
    let mut difference = sum.compress().to_bytes();
    difference.iter_mut().zip(r).for_each(|(ours, theirs)| *ours ^= theirs);
    if has(Bug::SignOfR) {
        difference[31] &= 0x7f;
    }
    let same_point = has(Bug::PointR) && CompressedEdwardsY(*r).decompress() == Some(sum);
    if difference == [0; 32] || same_point { Ok(()) } else { Err(Reason::Tag) }
}

/// A verification that a model with this bug accepts, and that must be refused.
pub(crate) fn craft(bug: Bug, seed: &[u8], msg: &[u8]) -> Option<Question> {
    let mut key = Key::new(seed).ok()?;
    let mut sig = key.sign(Some(bug), msg);
    match bug {
        // S + the order is below 2^253, so both kinds of a missing check let it pass.
        Bug::HighS | Bug::HighSBits => {
            let mut carry = 0;
            for (s, order) in sig.iter_mut().skip(32).zip(ORDER) {
                let sum = u16::from(*s) + u16::from(order) + carry;
                [*s, _] = sum.to_le_bytes();
                carry = sum >> 8;
            }
        }
        Bug::LongSignature => sig.push(0),
        Bug::ShortSignature => {
            // S is below 2^252 and a little, so one message in sixteen has an S that ends in a zero byte.
            let mut longer = msg.to_vec();
            let found = (0..=u8::MAX).find_map(|round| {
                longer.truncate(msg.len());
                longer.push(round);
                let sig = key.sign(None, &longer);
                (sig.last() == Some(&0)).then_some(sig)
            });
            sig = found?;
            sig.pop();
            return Some(ask(&key.public, &longer, sig));
        }
        Bug::SignOfR => {
            let nonce = scalar(&[&key.prefix, msg]);
            let mut r = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
            r[31] ^= 0x80;
            let s = nonce + challenge(None, &r, &key.public, msg) * key.scalar;
            sig = [r, s.to_bytes()].concat();
        }
        // R is the neutral element, y = 1, with a sign that x = 0 does not have.
        Bug::PointR => {
            let mut r = [0; 32];
            (r[0], r[31]) = (1, 0x80);
            let s = challenge(None, &r, &key.public, msg) * key.scalar;
            sig = [r, s.to_bytes()].concat();
        }
        // The same as A: any S is right, with R = [S]B.
        Bug::PointA => {
            key.public = [0; 32];
            (key.public[0], key.public[31]) = (1, 0x80);
            let s = key.scalar;
            sig = [EdwardsPoint::mul_base(&s).compress().to_bytes(), s.to_bytes()].concat();
        }
        Bug::KeyNotHashed => {}
    }
    Some(ask(&key.public, msg, sig))
}

fn ask(public: &[u8], msg: &[u8], sig: Vec<u8>) -> Question {
    let input = crate::Input::new().with(Field::Pk, public).with(Field::Msg, msg).with(Field::Sig, sig);
    Question { alg: Alg::Ed25519, op: Op::Verify, input }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_accepts_what_must_be_refused() {
        for (bug, name, ..) in BUGS {
            let question = craft(*bug, &[7; 32], b"message").unwrap();
            assert_eq!(question.shape(), Ok(()));
            assert_eq!(answer(Some(*bug), &question), Answer::Output(Output::new()), "{name}");
            assert!(matches!(answer(None, &question), Answer::Reject(_)), "{name}");
        }
    }
}
