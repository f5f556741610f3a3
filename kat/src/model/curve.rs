//! Key agreement: X25519 (RFC 7748 §5 and §6.1) and ECDH on P-256 and P-384 (SP 800-56A §5.7.1.2) with
//! uncompressed points, around the arithmetic of libraries, with one switch for each [`Bug`].

use curve25519_dalek::{EdwardsPoint, MontgomeryPoint};
use sha2::{Digest as _, Sha512};

use super::Wrong;
use crate::{Alg, Answer, Field, Lack, Op, Question, Reason};

bugs! {
    /// What key agreement can get wrong.
    Bug {
        NoClamp = "x25519-no-clamp", "the private key is not clamped", "RFC 7748 §5, decodeScalar25519";
        HighBitKept = "x25519-high-bit-kept", "the top bit of the peer's public key is not masked", "RFC 7748 §5, decodeUCoordinate";
        NonCanonicalRefused = "x25519-non-canonical-refused", "a public key at or over p is refused where it must be reduced", "RFC 7748 §5";
        ZeroAccepted = "x25519-zero-accepted", "an all-zero result is accepted where the protocol refuses it", "RFC 7748 §6.1; RFC 8446 §7.4.2";
        ZeroOfInput = "x25519-zero-check-of-input", "a public key of zeros is refused, every other point of low order accepted", "RFC 7748 §6.1; RFC 8446 §7.4.2";
        YIgnored = "ecdh-y-ignored", "the y-coordinate of the peer's point is not checked against the curve", "SP 800-56A §5.6.2.3.3";
        ZerosStripped = "ecdh-zeros-stripped", "leading zero bytes of the shared x-coordinate are dropped", "SP 800-56A §5.7.1.2, step 4";
    }
}

impl Bug {
    const fn concerns(self, alg: Alg) -> bool {
        match self {
            Self::NoClamp | Self::HighBitKept | Self::NonCanonicalRefused | Self::ZeroAccepted | Self::ZeroOfInput => {
                matches!(alg, Alg::X25519)
            }
            Self::YIgnored | Self::ZerosStripped => matches!(alg, Alg::P256 | Alg::P384),
        }
    }
}

/// A curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    X25519,
    P256,
    P384,
}

impl Curve {
    /// Length of a private key, and of the result.
    pub(super) const fn private_len(self) -> usize {
        if matches!(self, Self::P384) { 48 } else { 32 }
    }

    /// Length of a public key.
    pub(super) const fn public_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::P256 => 65,
            Self::P384 => 97,
        }
    }

    /// The public key.
    pub(super) fn public(self, bug: Option<Bug>, private: &[u8]) -> Result<Vec<u8>, Wrong> {
        match self {
            Self::X25519 => x25519(bug, private, &[&[9][..], &[0; 31]].concat()),
            Self::P256 => p256_public(private),
            Self::P384 => p384_public(private),
        }
    }

    /// The result, which for X25519 may be all zeros.
    pub(super) fn agree(self, bug: Option<Bug>, private: &[u8], public: &[u8]) -> Result<Vec<u8>, Wrong> {
        if self == Self::X25519 {
            return x25519(bug, private, public);
        }
        if public.len() != self.public_len() {
            return Err(Reason::Length.into());
        }
        let mut point = public.to_vec();
        if bug == Some(Bug::YIgnored)
            && let [4, .., last] = public
        {
            // The compressed form lets the curve's equation give y.
            point.truncate(self.private_len().saturating_add(1));
            if let Some(form) = point.first_mut() {
                *form = 2 | (last & 1);
            }
        } else if public.first() != Some(&4) {
            return Err(Reason::Encoding.into());
        }
        let shared = match self {
            Self::P384 => p384_agree(private, &point)?,
            _ => p256_agree(private, &point)?,
        };
        if bug == Some(Bug::ZerosStripped) {
            return Ok(shared.into_iter().skip_while(|byte| *byte == 0).collect());
        }
        Ok(shared)
    }
}

/// The function X25519.
fn x25519(bug: Option<Bug>, private: &[u8], public: &[u8]) -> Result<Vec<u8>, Wrong> {
    let (Ok(private), Ok(mut u)) = (<[u8; 32]>::try_from(private), <[u8; 32]>::try_from(public)) else {
        return Err(Reason::Length.into());
    };
    if bug == Some(Bug::NonCanonicalRefused) && at_least_p(u) {
        return Err(Reason::Encoding.into());
    }
    if bug == Some(Bug::HighBitKept) {
        u = with_high_bit(u);
    }
    let point = MontgomeryPoint(u);
    let result = if bug == Some(Bug::NoClamp) {
        point.mul_bits_be((0..256u16).rev().map(|i| bit(&private, i)))
    } else {
        point.mul_clamped(private)
    };
    Ok(result.to_bytes().to_vec())
}

/// A bit of a little-endian number.
fn bit(bytes: &[u8; 32], i: u16) -> bool {
    bytes.get(usize::from(i >> 3)).is_some_and(|byte| byte >> (i & 7) & 1 == 1)
}

/// Whether the number without its top bit is 2^255 − 19 or more.
fn at_least_p(u: [u8; 32]) -> bool {
    let [low, middle @ .., high] = u;
    low >= 0xed && middle == [0xff; 30] && high & 0x7f == 0x7f
}

/// The number with its top bit, modulo 2^255 − 19: that bit is worth 19.
fn with_high_bit(mut u: [u8; 32]) -> [u8; 32] {
    // Twice, since the first sum can reach the top bit again.
    for _ in 0..2 {
        let mut carry = u16::from(bit(&u, 255)).wrapping_mul(19);
        u[31] &= 0x7f;
        for byte in &mut u {
            carry = carry.wrapping_add(u16::from(*byte));
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
    }
    u
}

macro_rules! nist {
    ($curve:ident, $public:ident, $agree:ident) => {
        fn $public(private: &[u8]) -> Result<Vec<u8>, Wrong> {
            let secret = $curve::SecretKey::from_slice(private).map_err(|_| Reason::Other)?;
            Ok(secret.public_key().to_sec1_bytes().into())
        }

        fn $agree(private: &[u8], public: &[u8]) -> Result<Vec<u8>, Wrong> {
            let secret = $curve::SecretKey::from_slice(private).map_err(|_| Reason::Other)?;
            let public = $curve::PublicKey::from_sec1_bytes(public).map_err(|_| Reason::Point)?;
            Ok(secret.diffie_hellman(&public).raw_secret_bytes().to_vec())
        }
    };
}

nist!(p256, p256_public, p256_agree);
nist!(p384, p384_public, p384_agree);

/// The public key of an Ed25519 seed: RFC 8032 §5.1.5.
pub(super) fn ed25519_public(seed: &[u8]) -> Vec<u8> {
    let digest = Sha512::digest(seed);
    let scalar = digest.first_chunk().copied().unwrap_or_default();
    EdwardsPoint::mul_base_clamped(scalar).compress().to_bytes().to_vec()
}

/// What the model, broken or not, says to a question. Unbroken X25519 refuses zero, as TLS and HPKE do.
pub(crate) fn answer(bug: Option<Bug>, question: &Question) -> Answer {
    let Question { alg, op, input } = question;
    if bug.is_some_and(|bug| !bug.concerns(*alg)) {
        return Answer::Unsupported(Lack::Alg);
    }
    let curve = match alg {
        Alg::X25519 => Curve::X25519,
        Alg::P256 => Curve::P256,
        Alg::P384 => Curve::P384,
        _ => return Answer::Unsupported(Lack::Alg),
    };
    let outputs = || {
        let mut private = input.bytes(Field::Private).to_vec();
        if curve != Curve::X25519 {
            // Files write this number with more zeros in front, or fewer.
            let zeros = private.iter().take_while(|byte| **byte == 0).count();
            private.drain(..zeros);
            let missing = curve.private_len().saturating_sub(private.len());
            private.splice(..0, core::iter::repeat_n(0, missing));
        }
        Ok(match op {
            Op::Keygen => vec![(Field::Public, curve.public(bug, &private)?)],
            Op::Agree => {
                let public = input.bytes(Field::Public);
                let shared = curve.agree(bug, &private, public)?;
                let looked_at = match bug {
                    Some(Bug::ZeroAccepted) => None,
                    Some(Bug::ZeroOfInput) => Some(public),
                    _ => Some(shared.as_slice()),
                };
                if curve == Curve::X25519 && looked_at.is_some_and(is_zero) {
                    return Err(Reason::Zero.into());
                }
                vec![(Field::Shared, shared)]
            }
            _ => return Err(Wrong::Lacks(Lack::Op)),
        })
    };
    super::answered(outputs())
}

pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_standards_own_examples_come_out() {
        // RFC 7748 §5.2, the second vector: its u has the top bit set.
        let private = unhex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d");
        let u = unhex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493");
        let shared = unhex("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
        assert_eq!(Curve::X25519.agree(None, &private, &u), Ok(shared.clone()));
        for bug in [Bug::NoClamp, Bug::HighBitKept] {
            assert_ne!(Curve::X25519.agree(Some(bug), &private, &u), Ok(shared.clone()), "{bug:?}");
        }
        // RFC 8032 §7.1, the first vector.
        let seed = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert_eq!(ed25519_public(&seed), public);
    }

    #[test]
    fn a_kept_high_bit_is_worth_nineteen() {
        let high = |low: u8, rest: u8, top: u8| {
            let mut u = [rest; 32];
            (u[0], u[31]) = (low, top);
            u
        };
        assert_eq!(with_high_bit(high(5, 0, 0x80)), high(24, 0, 0));
        assert_eq!(with_high_bit(high(5, 0, 0x7f)), high(5, 0, 0x7f));
        // 2^256 − 1 is 37 modulo p: the first sum reaches the top bit again.
        assert_eq!(with_high_bit([0xff; 32]), high(37, 0, 0));
        assert!(at_least_p(high(0xed, 0xff, 0x7f)) && !at_least_p(high(0xec, 0xff, 0x7f)));
    }

    #[test]
    fn a_wrong_y_passes_only_where_it_is_ignored() {
        for curve in [Curve::P256, Curve::P384] {
            let (ours, theirs) = (vec![1; curve.private_len()], vec![2; curve.private_len()]);
            let mut public = curve.public(None, &theirs).unwrap();
            let shared = curve.agree(None, &ours, &public).unwrap();
            assert_eq!(curve.agree(None, &theirs, &curve.public(None, &ours).unwrap()), Ok(shared.clone()));
            *public.last_mut().unwrap() ^= 2;
            assert_eq!(curve.agree(None, &ours, &public), Err(Wrong::Input(Reason::Point)));
            assert_eq!(curve.agree(Some(Bug::YIgnored), &ours, &public), Ok(shared));
        }
    }
}
