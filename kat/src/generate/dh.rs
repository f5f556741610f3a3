//! Key agreement on X25519 (RFC 7748), and Ed25519 (RFC 8032) with S at or over the order of the group.

use super::{Candidate, Maker, flipped, question, take, wrong_lengths};
use crate::{Alg, Field, Op, model::eddsa};

/// The points of low order, in every encoding of 255 bits: key agreement with any of them gives zero.
pub(super) const LOW_ORDER: [(&str, [u8; 32]); 7] = [
    ("0", little_endian(&[], 0, 0)),
    ("1", little_endian(&[1], 0, 0)),
    (
        "order 8",
        [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09,
            0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
        ],
    ),
    (
        "order 8, the other",
        [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44,
            0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
        ],
    ),
    ("p − 1", little_endian(&[0xec], 0xff, 0x7f)),
    ("p, not canonical", little_endian(&[0xed], 0xff, 0x7f)),
    ("p + 1, not canonical", little_endian(&[0xee], 0xff, 0x7f)),
];

/// These bytes, then others, then a last one.
const fn little_endian(first: &[u8], others: u8, last: u8) -> [u8; 32] {
    let mut bytes = [others; 32];
    bytes[31] = last;
    if let [byte, ..] = first {
        bytes[0] = *byte;
    }
    bytes
}

/// Coordinates from p + 2 to 2²⁵⁵ − 1, which RFC 7748 §5 reduces: not canonical, and not of low order.
pub(super) fn not_canonical() -> impl Iterator<Item = (String, [u8; 32])> {
    (0xef..=0xff)
        .map(|byte: u8| (format!("p + {}, not canonical", byte.wrapping_sub(0xed)), little_endian(&[byte], 0xff, 0x7f)))
}

pub(super) fn make(maker: &mut Maker<'_>) {
    x25519(maker);
    ed25519(maker);
}

fn x25519(maker: &mut Maker<'_>) {
    let mut stream = maker.stream("x25519");
    let (private, peer) = (stream.bytes(32), stream.bytes(32));
    let keygen = question(Alg::X25519, Op::Keygen, &[(Field::Private, &peer)]);
    let Some(public) = take(maker.know_one(keygen), Field::Public) else { return };
    let mut candidates = Vec::new();
    let mut put = |note: String, private: &[u8], public: &[u8], either| {
        let input = [(Field::Private, private), (Field::Public, public)];
        candidates.push(Candidate { note, question: question(Alg::X25519, Op::Agree, &input), either });
    };
    put("random scalar and point".into(), &private, &public, false);
    for (first, last) in [(0, 0), (7, 0), (0, 0x80), (7, 0xc0), (0xff, 0xff), (1, 0x3f)] {
        let mut scalar = private.clone();
        if let [low, .., high] = &mut *scalar {
            (*low, *high) = (*low & 0xf8 | first & 7, *high & 0x3f | last & 0xc0);
        }
        put(
            format!("scalar with low bits {} and high bits {}: clamped", first & 7, last >> 6),
            &scalar,
            &public,
            false,
        );
    }
    put("scalar of zeros: clamped to 2²⁵⁴".into(), &[0; 32], &public, false);
    put("scalar of ones: clamped".into(), &[0xff; 32], &public, false);
    put("bit 255 of the point is set: ignored".into(), &private, &flipped(&public, 31, 0x80), false);
    for (name, point) in not_canonical() {
        put(format!("point {name}: reduced"), &private, &point, false);
        put(format!("point {name}, bit 255 set: reduced"), &private, &flipped(&point, 31, 0x80), false);
    }
    // Where all who are asked refuse zero, as RFC 7748 §6.1 lets them, no case comes of these.
    for (name, point) in LOW_ORDER {
        put(format!("point of low order {name}: zero or refused"), &private, &point, true);
        put(
            format!("point of low order {name}, bit 255 set: zero or refused"),
            &private,
            &flipped(&point, 31, 0x80),
            true,
        );
    }
    for (what, wrong) in wrong_lengths(&public) {
        put(format!("point: {what}"), &private, &wrong, false);
    }
    maker.put("x25519", candidates);
}

/// The order L of the group, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The sum, if it fits.
fn sum(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let mut carry = 0;
    let bytes = a.iter().zip(b).map(|(a, b)| {
        let [low, high] = u16::from(*a).wrapping_add(u16::from(*b)).wrapping_add(carry).to_le_bytes();
        carry = u16::from(high);
        low
    });
    let bytes = bytes.collect();
    (carry == 0).then_some(bytes)
}

fn ed25519(maker: &mut Maker<'_>) {
    let mut stream = maker.stream("ed25519");
    let mut candidates = Vec::new();
    for _ in 0..4 {
        let (seed, msg) = (stream.bytes(32), stream.bytes(48));
        let keygen = question(Alg::Ed25519, Op::Keygen, &[(Field::Seed, &seed)]);
        let sign = question(Alg::Ed25519, Op::Sign, &[(Field::Seed, &seed), (Field::Msg, &msg)]);
        let Some(pk) = take(maker.know_one(keygen.clone()), Field::Pk) else { return };
        let Some(sig) = take(maker.know_one(sign.clone()), Field::Sig) else { return };
        candidates.push(Candidate::new("key of a seed", keygen));
        candidates.push(Candidate::new("signature", sign));
        let mut put = |note: String, pk: &[u8], msg: &[u8], sig: &[u8]| {
            let input = [(Field::Pk, pk), (Field::Msg, msg), (Field::Sig, sig)];
            candidates.push(Candidate::new(note, question(Alg::Ed25519, Op::Verify, &input)));
        };
        put("right signature".into(), &pk, &msg, &sig);
        let (r, mut s) = sig.split_at_checked(32).map(|(r, s)| (r, s.to_vec())).unwrap_or_default();
        let mut times = 1_u32;
        while let Some(next) = sum(&s, &L) {
            put(format!("S + {times} L: the same scalar, not canonical"), &pk, &msg, &[r, &next].concat());
            (s, times) = (next, times.saturating_add(1));
        }
        for at in [0, 31, 32, 62] {
            put(format!("byte {at} differs"), &pk, &msg, &flipped(&sig, at, 1));
        }
        put("message differs".into(), &pk, &flipped(&msg, 0, 1), &sig);
        for (what, wrong) in wrong_lengths(&sig) {
            put(format!("signature: {what}"), &pk, &msg, &wrong);
        }
        for (what, wrong) in wrong_lengths(&pk) {
            put(format!("key: {what}"), &wrong, &msg, &sig);
        }
        for (bug, _, what, _) in eddsa::BUGS {
            let crafted = eddsa::craft(*bug, &seed, &msg);
            candidates.extend(crafted.map(|question| Candidate::new(format!("right where {what}"), question)));
        }
    }
    maker.put("ed25519", candidates);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_carry_and_end() {
        assert_eq!(sum(&[0xff, 1], &[1, 0]), Some(vec![0, 2]));
        assert_eq!(sum(&[0xff, 0xff], &[1, 0]), None);
    }
}
