//! Polynomials of FIPS 204: the ring (§2.4), the number-theoretic transform (§7.5), and rounding (§7.4).
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "coefficients are below q, so that sums fit 32 bits and products 64; indices come from loops over arrays of 256"
)]

use super::{Bug, Model};

/// The modulus.
pub(super) const Q: u32 = 8_380_417;
/// Bits dropped from t.
pub(super) const D: u32 = 13;

/// 256 coefficients, each below q.
pub(super) type Poly = [u32; 256];
/// 256 coefficients around zero.
pub(super) type Signed = [i32; 256];

/// ζ^BitRev8(i) for ζ = 1753 (appendix B).
const ZETAS: Poly = {
    let mut powers = [1; 256];
    let mut at = 1;
    while at < 256 {
        powers[at] = (powers[at - 1] as u64 * 1753 % Q as u64) as u32;
        at += 1;
    }
    let mut zetas = [0; 256];
    let mut at = 0;
    while at < 256 {
        zetas[at] = powers[(at as u8).reverse_bits() as usize];
        at += 1;
    }
    zetas
};

fn mul(a: u32, b: u32) -> u32 {
    (u64::from(a) * u64::from(b) % u64::from(Q)) as u32
}

fn add(a: u32, b: u32) -> u32 {
    let sum = a + b;
    if sum < Q { sum } else { sum - Q }
}

fn sub(a: u32, b: u32) -> u32 {
    if a < b { a + Q - b } else { a - b }
}

/// The representative below q.
fn reduce(a: i32) -> u32 {
    a.rem_euclid(Q as i32) as u32
}

/// The representative around zero: `a mod± q`.
fn centre(a: u32) -> i32 {
    if a > Q / 2 { a as i32 - Q as i32 } else { a as i32 }
}

pub(super) fn reduced(a: &Signed) -> Poly {
    a.map(reduce)
}

pub(super) fn centred(a: &Poly) -> Signed {
    a.map(centre)
}

pub(super) fn sum(a: &Poly, b: &Poly) -> Poly {
    core::array::from_fn(|at| add(a[at], b[at]))
}

pub(super) fn difference(a: &Poly, b: &Poly) -> Poly {
    core::array::from_fn(|at| sub(a[at], b[at]))
}

/// Algorithm 45.
pub(super) fn product(a: &Poly, b: &Poly) -> Poly {
    core::array::from_fn(|at| mul(a[at], b[at]))
}

/// One row of algorithm 48: Â's row times a vector, in the transformed domain.
pub(super) fn dot(row: &[Poly], vector: &[Poly]) -> Poly {
    let mut sums = [0; 256];
    for (a, b) in row.iter().zip(vector) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += u64::from(*a) * u64::from(*b));
    }
    sums.map(|sum| (sum % u64::from(Q)) as u32)
}

/// Algorithm 41.
pub(super) fn ntt(mut w: Poly) -> Poly {
    let mut zetas = ZETAS.iter().skip(1);
    for len in [128, 64, 32, 16, 8, 4, 2, 1] {
        for (block, &zeta) in w.chunks_exact_mut(2 * len).zip(&mut zetas) {
            let (low, high) = block.split_at_mut(len);
            for (a, b) in low.iter_mut().zip(high) {
                let t = mul(zeta, *b);
                (*a, *b) = (add(*a, t), sub(*a, t));
            }
        }
    }
    w
}

/// Algorithm 42.
pub(super) fn inverse_ntt(mut w: Poly) -> Poly {
    const INVERSE_OF_256: u32 = 8_347_681;
    let mut m = 256;
    for len in [1, 2, 4, 8, 16, 32, 64, 128] {
        for block in w.chunks_exact_mut(2 * len) {
            m -= 1;
            let (low, high) = block.split_at_mut(len);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (add(*a, *b), mul(ZETAS[m], sub(*b, *a)));
            }
        }
    }
    w.map(|a| mul(INVERSE_OF_256, a))
}

/// ‖a‖∞ over a vector.
pub(super) fn norm(vector: &[Signed]) -> i32 {
    vector.iter().flatten().map(|a| a.abs()).max().unwrap_or(0)
}

impl Model {
    /// Algorithm 35: `(r1, r0)` with `r0` in (−2¹², 2¹²].
    pub(super) fn power2round(&self, r: u32) -> (u32, i32) {
        let half = 1 << (D - 1);
        let up = if self.has(Bug::Power2RoundHalf) { half } else { half - 1 };
        let r1 = (r + up) >> D;
        (r1, r as i32 - (r1 << D) as i32)
    }

    /// Algorithm 36: `(r1, r0)` with `r0` in (−γ2, γ2].
    pub(super) fn decompose(&self, r: u32) -> (u32, i32) {
        let step = 2 * self.params.gamma2;
        let up = if self.has(Bug::DecomposeHalf) { self.params.gamma2 } else { self.params.gamma2 - 1 };
        let r1 = (r + up) / step;
        let r0 = r as i32 - (r1 * step) as i32;
        if r1 == self.modulus_of_high() && !self.has(Bug::DecomposeTop) { (0, r0 - 1) } else { (r1, r0) }
    }

    /// Algorithm 37.
    pub(super) fn high_bits(&self, r: u32) -> u32 {
        self.decompose(r).0
    }

    /// Algorithm 38.
    pub(super) fn low_bits(&self, r: u32) -> i32 {
        self.decompose(r).1
    }

    /// Algorithm 39, of −ct0 and w − cs2 + ct0: whether ct0 moves a coefficient of w − cs2 to another high part.
    pub(super) fn make_hints(&self, rest: &Poly, ct0: &Poly) -> [bool; 256] {
        core::array::from_fn(|at| self.high_bits(rest[at]) != self.high_bits(add(rest[at], ct0[at])))
    }

    /// Algorithm 40.
    pub(super) fn use_hint(&self, hint: bool, r: u32) -> u32 {
        let m = self.modulus_of_high();
        let (r1, r0) = self.decompose(r);
        let up = r0 > 0 || (r0 == 0 && self.has(Bug::UseHintZero));
        match hint {
            false => r1,
            true if up => (r1 + 1) % m,
            true => (r1 + m - 1) % m,
        }
    }

    /// m = (q − 1) / 2γ2: high parts are below it.
    fn modulus_of_high(&self) -> u32 {
        (Q - 1) / (2 * self.params.gamma2)
    }
}
