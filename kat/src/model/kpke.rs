//! K-PKE, the encryption scheme inside ML-KEM: FIPS 203 §4 and §5, algorithms 3 to 15, with the switches of
//! [`Bug`] that sit this deep.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "coefficients stay below q and sums below 2^32; indices come from loops over fixed lengths, and who calls \
              has checked the lengths of keys and ciphertexts"
)]

use sha3::Sha3_512;
use shake::{ExtendableOutput as _, Shake128, Shake256, Update as _, XofReader as _};

use super::{digest, mlkem::Bug};

/// The modulus.
pub(super) const Q: u16 = 3329;
/// Coefficients of a polynomial.
const N: usize = 256;
/// The XOF's rate: three bytes are two candidates, so a block never splits a pair.
const XOF_BLOCK: usize = 168;

/// A polynomial, or its number-theoretic transform; every coefficient below q.
type Poly = [u16; N];

/// Which text the scheme follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edition {
    /// FIPS 203 of August 2024.
    Final,
    /// The initial public draft of August 2023: `G(d)` without k (FIPS 203 §C.2). Its text also transposes Â, by
    /// mistake; no published vector does, nor does this.
    Draft,
    /// Kyber of round 3: `G(d)` without k.
    RoundThree,
}

/// A parameter set of FIPS 203 §8, and how it is computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pke {
    pub(super) k: usize,
    pub(super) eta1: usize,
    pub(super) du: usize,
    pub(super) dv: usize,
    pub(super) edition: Edition,
    pub(super) bug: Option<Bug>,
}

impl Pke {
    pub(super) const fn ek_len(&self) -> usize {
        384 * self.k + 32
    }

    /// Length of c1, the part of the ciphertext that holds u.
    pub(super) const fn c1_len(&self) -> usize {
        32 * self.du * self.k
    }

    pub(super) const fn c_len(&self) -> usize {
        self.c1_len() + 32 * self.dv
    }

    pub(super) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Algorithm 13: the encryption key, and ŝ encoded.
    pub(super) fn keygen(&self, d: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let separated = self.edition == Edition::Final && !self.has(Bug::DraftG);
        let k = if separated { vec![self.k as u8] } else { vec![] };
        let g = digest::<Sha3_512>(&[d, &k]);
        let (rho, sigma) = g.split_at(32);
        let a = self.matrix(rho);
        let s = self.noise(sigma, 0, self.eta1).map(ntt);
        let first = if self.has(Bug::NonceRestarts) { 0 } else { self.k };
        let e = self.noise(sigma, first, self.eta1).map(ntt);
        let (mut ek, mut dk) = (Vec::new(), Vec::new());
        let s: Vec<Poly> = s.collect();
        for (i, e) in e.enumerate() {
            let row: Vec<&Poly> = a[i].iter().collect();
            encode(&add(&dot(&row, &s), &e), 12, &mut ek);
            encode(&s[i], 12, &mut dk);
        }
        ek.extend_from_slice(rho);
        (ek, dk)
    }

    /// An encryption key whose error has this much more in its first coefficient: in the domain of the NTT that is
    /// the same constant everywhere.
    pub(super) fn with_error(&self, ek: &[u8], more: u16) -> Vec<u8> {
        let mut out = Vec::new();
        let first = decode(&ek[..384], 12);
        encode(&core::array::from_fn(|i| if i % 2 == 0 { (first[i] + more) % Q } else { first[i] }), 12, &mut out);
        out.extend_from_slice(&ek[384..]);
        out
    }

    /// Algorithm 14.
    pub(super) fn encrypt(&self, ek: &[u8], m: &[u8], randomness: &[u8]) -> Vec<u8> {
        let (t, rho) = ek.split_at(384 * self.k);
        let t: Vec<Poly> = t.chunks_exact(384).map(|t| decode(t, 12)).collect();
        let a = self.matrix(rho);
        let y: Vec<Poly> = self.noise(randomness, 0, self.eta1).map(ntt).collect();
        let e1 = self.noise(randomness, self.k, 2);
        let mut c = Vec::with_capacity(self.c_len());
        for (i, e1) in e1.enumerate() {
            let column: Vec<&Poly> = a.iter().map(|row| &row[i]).collect();
            let u = add(&inverse_ntt(dot(&column, &y)), &e1);
            encode(&u.map(|x| self.compress(x, self.du)), self.du, &mut c);
        }
        let e2 = cbd(randomness, 2 * self.k, 2);
        let mu = decode(m, 1).map(|bit| bit * Q.div_ceil(2));
        let v = add(&add(&inverse_ntt(dot(&t.iter().collect::<Vec<_>>(), &y)), &e2), &mu);
        encode(&v.map(|x| self.compress(x, self.dv)), self.dv, &mut c);
        c
    }

    /// Algorithm 15: the message.
    pub(super) fn decrypt(&self, s: &[u8], c: &[u8]) -> Vec<u8> {
        let (c1, c2) = c.split_at(self.c1_len());
        let s: Vec<Poly> = s.chunks_exact(384).map(|s| decode(s, 12)).collect();
        let u: Vec<Poly> = c1
            .chunks_exact(32 * self.du)
            .map(|u| ntt(decode(u, self.du).map(|y| self.decompress(y, self.du))))
            .collect();
        let v = decode(c2, self.dv).map(|y| self.decompress(y, self.dv));
        let su = inverse_ntt(dot(&s.iter().collect::<Vec<_>>(), &u));
        let mut m = Vec::new();
        encode(&core::array::from_fn(|i| compress((v[i] + Q - su[i]) % Q, 1)), 1, &mut m);
        m
    }

    /// Â, row by row.
    fn matrix(&self, rho: &[u8]) -> Vec<Vec<Poly>> {
        let element =
            |i, j| if self.has(Bug::Transposed) { self.sample_ntt(rho, i, j) } else { self.sample_ntt(rho, j, i) };
        (0..self.k as u8).map(|i| (0..self.k as u8).map(|j| element(i, j)).collect()).collect()
    }

    /// Algorithm 7.
    fn sample_ntt(&self, rho: &[u8], first: u8, second: u8) -> Poly {
        let mut xof = Shake128::default();
        xof.update(rho);
        xof.update(&[first, second]);
        let mut xof = xof.finalize_xof();
        let bound = if self.has(Bug::SampleAcceptsQ) { Q + 1 } else { Q };
        let (mut a, mut len, mut blocks) = ([0; N], 0, 0);
        // What the cut stream does not fill stays zero.
        while len < N && !(self.has(Bug::ThreeXofBlocks) && blocks == 3) {
            let mut block = [0; XOF_BLOCK];
            xof.read(&mut block);
            blocks += 1;
            for bytes in block.chunks_exact(3) {
                let [b0, b1, b2] = [bytes[0], bytes[1], bytes[2]].map(u16::from);
                for candidate in [b0 | (b1 & 15) << 8, b1 >> 4 | b2 << 4] {
                    if candidate < bound && len < N {
                        a[len] = candidate % Q;
                        len += 1;
                    }
                }
            }
        }
        a
    }

    /// k polynomials of noise, with counters from `first` on.
    fn noise(&self, seed: &[u8], first: usize, eta: usize) -> impl Iterator<Item = Poly> {
        (first..first + self.k).map(move |counter| cbd(seed, counter, eta))
    }

    /// Compress_d of §4.2.1.
    fn compress(&self, x: u16, d: usize) -> u16 {
        if self.has(Bug::CompressCuts) {
            return ((u32::from(x) << d) / u32::from(Q)) as u16;
        }
        if self.has(Bug::CompressSaturates) {
            return rounded(x, d).min((1 << d) - 1);
        }
        compress(x, d)
    }

    /// Decompress_d of §4.2.1.
    fn decompress(&self, y: u16, d: usize) -> u16 {
        let half = if self.has(Bug::DecompressCuts) { 0 } else { 1 << (d - 1) };
        ((u32::from(y) * u32::from(Q) + half) >> d) as u16
    }
}

/// ⌈(2^d/q)·x⌋, which is 2^d at most.
fn rounded(x: u16, d: usize) -> u16 {
    (((u32::from(x) << d) + u32::from(Q) / 2) / u32::from(Q)) as u16
}

fn compress(x: u16, d: usize) -> u16 {
    rounded(x, d) & ((1 << d) - 1)
}

/// PRF and algorithm 8.
fn cbd(seed: &[u8], counter: usize, eta: usize) -> Poly {
    let mut prf = Shake256::default();
    prf.update(seed);
    prf.update(&[counter as u8]);
    let mut bytes = [0; 64 * 3];
    prf.finalize_xof().read(&mut bytes[..64 * eta]);
    let bit = |i: usize| u16::from(bytes[i / 8] >> (i % 8) & 1);
    core::array::from_fn(|i| {
        let sum = |from: usize| (from..from + eta).map(bit).sum::<u16>();
        (sum(2 * i * eta) + Q - sum((2 * i + 1) * eta)) % Q
    })
}

/// Algorithm 5, onto the end of `out`.
fn encode(poly: &Poly, d: usize, out: &mut Vec<u8>) {
    let (mut pending, mut bits) = (0u32, 0);
    for &coefficient in poly {
        pending |= u32::from(coefficient) << bits;
        bits += d;
        while bits >= 8 {
            out.push(pending as u8);
            pending >>= 8;
            bits -= 8;
        }
    }
}

/// Algorithm 6: 32·d bytes to coefficients, modulo q where d is 12.
fn decode(bytes: &[u8], d: usize) -> Poly {
    coefficients(bytes, d).map(|x| if d == 12 { x % Q } else { x })
}

/// The same without a reduction, which is what the modulus check of §7.2 looks at.
pub(super) fn coefficients(bytes: &[u8], d: usize) -> Poly {
    let mut bytes = bytes.iter();
    let (mut pending, mut bits) = (0u32, 0);
    core::array::from_fn(|_| {
        while bits < d {
            pending |= bytes.next().map_or(0, |byte| u32::from(*byte)) << bits;
            bits += 8;
        }
        let coefficient = pending & ((1 << d) - 1);
        pending >>= d;
        bits -= d;
        coefficient as u16
    })
}

fn add(a: &Poly, b: &Poly) -> Poly {
    core::array::from_fn(|i| (a[i] + b[i]) % Q)
}

/// ζ^BitRev7(i) for the NTT, with ζ = 17 (§4.3).
const ZETAS: [u32; 128] = {
    let mut zetas = [1; 128];
    let mut i = 0;
    while i < 128 {
        let (mut exponent, mut factor) = ((i as u8).reverse_bits() >> 1, 17);
        while exponent > 0 {
            if exponent & 1 == 1 {
                zetas[i] = zetas[i] * factor % Q as u32;
            }
            factor = factor * factor % Q as u32;
            exponent >>= 1;
        }
        i += 1;
    }
    zetas
};

/// Algorithm 9.
fn ntt(mut f: Poly) -> Poly {
    let (mut zetas, mut len) = (ZETAS[1..].iter(), 128);
    while len >= 2 {
        for (block, zeta) in f.chunks_exact_mut(2 * len).zip(&mut zetas) {
            let (low, high) = block.split_at_mut(len);
            for (low, high) in low.iter_mut().zip(high) {
                let t = (zeta * u32::from(*high) % u32::from(Q)) as u16;
                *high = (*low + Q - t) % Q;
                *low = (*low + t) % Q;
            }
        }
        len /= 2;
    }
    f
}

/// Algorithm 10.
fn inverse_ntt(mut f: Poly) -> Poly {
    let (mut zetas, mut len) = (ZETAS[1..].iter().rev(), 2);
    while len <= 128 {
        for (block, zeta) in f.chunks_exact_mut(2 * len).zip(&mut zetas) {
            let (low, high) = block.split_at_mut(len);
            for (low, high) in low.iter_mut().zip(high) {
                let t = *low;
                *low = (t + *high) % Q;
                *high = (zeta * u32::from(*high + Q - t) % u32::from(Q)) as u16;
            }
        }
        len *= 2;
    }
    f.map(|x| (u32::from(x) * 3303 % u32::from(Q)) as u16)
}

/// The scalar product of two vectors in the NTT domain: algorithms 11 and 12.
fn dot(a: &[&Poly], b: &[Poly]) -> Poly {
    let mut sum = [0u32; N];
    for (a, b) in a.iter().zip(b) {
        for i in 0..N / 2 {
            let [a0, a1, b0, b1] = [a[2 * i], a[2 * i + 1], b[2 * i], b[2 * i + 1]].map(u32::from);
            // γ = ζ^(2·BitRev7(i)+1): of a pair of neighbours, the second is the negative of the first.
            let zeta = ZETAS[64 + i / 2];
            let gamma = if i % 2 == 0 { zeta } else { u32::from(Q) - zeta };
            sum[2 * i] += (a0 * b0 + a1 * b1 % u32::from(Q) * gamma) % u32::from(Q);
            sum[2 * i + 1] += (a0 * b1 + a1 * b0) % u32::from(Q);
        }
    }
    sum.map(|x| (x % u32::from(Q)) as u16)
}
