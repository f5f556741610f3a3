//! Whether the low part t0 in an expanded ML-DSA key is that of its other parts.
//!
//! A wrong t0 makes signatures that fail now and then, and of a chosen one nobody knows what it leaks. No library
//! tells: they recompute t1 and throw t0 away. So this computes the one equation of key generation,
//! t1 · 2^13 + t0 = A·s1 + s2 (FIPS 204 algorithm 6), where both sides are polynomials at the 256 roots that the NTT
//! evaluates at. It is slow, plain, and only ever says yes or no.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "every value is below q < 2^23, every sum has at most 256 products below 2^46"
)]

use alloc::vec::Vec;

use shake::{ExtendableOutput as _, Shake128, Update as _, XofReader as _};
use zeroize::Zeroizing;

use crate::ids::{ML_DSA_DROPPED_BITS, ML_DSA_Q, ML_DSA_ZETA, MlDsa};

const DEGREE: usize = 256;
const RHO_LEN: usize = 32;
/// What stands before s1: ρ, K and tr.
const HEAD_LEN: usize = 128;

type Polynomial = Zeroizing<Vec<u64>>;

/// `public` is the verifying key of the same ρ, s1 and s2; ρ and the lengths were checked.
pub(super) fn is_right(params: MlDsa, expanded: &[u8], public: &[u8]) -> bool {
    let (rows, columns, eta, eta_bits) = match params {
        MlDsa::MlDsa44 => (4, 4, 2, 3),
        MlDsa::MlDsa65 => (6, 5, 4, 4),
        MlDsa::MlDsa87 => (8, 7, 2, 3),
    };
    let Some((rho, t1)) = public.split_at_checked(RHO_LEN) else { return false };
    let Some(rest) = expanded.get(HEAD_LEN..) else { return false };
    let s_len = DEGREE / 8 * eta_bits;
    let Some((s1, rest)) = rest.split_at_checked(columns * s_len) else { return false };
    let Some((s2, t0)) = rest.split_at_checked(rows * s_len) else { return false };
    let t0_bits = ML_DSA_DROPPED_BITS;
    let t1_bits = 23 - t0_bits;

    let powers = powers();
    let s1: Vec<Polynomial> =
        s1.chunks(s_len).map(|packed| at_roots(&signed(packed, eta_bits, eta), &powers)).collect();
    let low = t0.chunks(DEGREE / 8 * t0_bits).map(|packed| signed(packed, t0_bits, 1 << (t0_bits - 1)));
    let s2 = s2.chunks(s_len).map(|packed| signed(packed, eta_bits, eta));
    let rows = (0u8..).zip(t1.chunks(DEGREE / 8 * t1_bits).zip(low).zip(s2));
    rows.map(|(row, ((t1, t0), s2))| {
        let rest: Polynomial = Zeroizing::new(
            unpacked(t1, t1_bits)
                .zip(t0.iter().zip(s2.iter()))
                .map(|(t1, (t0, s2))| ((t1 << t0_bits) + t0 + ML_DSA_Q - s2) % ML_DSA_Q)
                .collect(),
        );
        let mut sum = Zeroizing::new(alloc::vec![0; DEGREE]);
        for (column, s1) in (0u8..).zip(&s1) {
            for ((sum, a), s) in sum.iter_mut().zip(entry(rho, row, column)).zip(s1.iter()) {
                *sum = (*sum + a * s) % ML_DSA_Q;
            }
        }
        *sum == *at_roots(&rest, &powers)
    })
    .fold(true, |all, one| all & one)
}

/// ζ^0 … ζ^511 modulo q; ζ is a 512th root of unity.
fn powers() -> Vec<u64> {
    core::iter::successors(Some(1), |power| Some(power * ML_DSA_ZETA % ML_DSA_Q)).take(2 * DEGREE).collect()
}

/// The values of a polynomial at ζ^(2·brv(i)+1), for i from 0 to 255 (FIPS 204 §7.5).
fn at_roots(polynomial: &[u64], powers: &[u64]) -> Polynomial {
    let value = |i: u8| {
        let root = 2 * usize::from(i.reverse_bits()) + 1;
        let terms = polynomial
            .iter()
            .enumerate()
            .map(|(j, coefficient)| coefficient * powers.get(root * j % powers.len()).copied().unwrap_or_default());
        terms.sum::<u64>() % ML_DSA_Q
    };
    Zeroizing::new((0..=u8::MAX).map(value).collect())
}

/// One polynomial of the matrix A, given at its roots already (FIPS 204 algorithms 30 and 32).
fn entry(rho: &[u8], row: u8, column: u8) -> impl Iterator<Item = u64> {
    let mut hash = Shake128::default();
    hash.update(rho);
    hash.update(&[column, row]);
    let mut stream = hash.finalize_xof();
    core::iter::repeat_with(move || {
        let mut bytes = [0; 3];
        stream.read(&mut bytes);
        let [a, b, c] = bytes.map(u64::from);
        a | (b << 8) | ((c & 0x7f) << 16)
    })
    .filter(|candidate| *candidate < ML_DSA_Q)
    .take(DEGREE)
}

/// Coefficients packed as `largest - coefficient`, modulo q.
fn signed(packed: &[u8], bits: usize, largest: u64) -> Polynomial {
    Zeroizing::new(unpacked(packed, bits).map(|value| (largest + ML_DSA_Q - value) % ML_DSA_Q).collect())
}

/// Numbers of `bits` bits each, the lowest bit first (FIPS 204 algorithm 18).
fn unpacked(packed: &[u8], bits: usize) -> impl Iterator<Item = u64> {
    let bit = move |at: usize| packed.get(at / 8).map_or(0, |byte| u64::from(byte >> (at % 8) & 1));
    (0..DEGREE).map(move |i| (0..bits).rev().fold(0, |value, b| (value << 1) | bit(i * bits + b)))
}
