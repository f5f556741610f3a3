//! Pseudorandom sampling: FIPS 204 §7.3, and the hashes of §3.7.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a swap index is at most its loop's, a remainder below its divisor, and counters are below 2^16"
)]

use shake::{ExtendableOutput, Shake128, Shake256, Update, XofReader};

use super::{
    Bug, Model,
    encode::unpack,
    poly::{Poly, Q, Signed},
};
use crate::model::shake256;

/// H: SHAKE256 of the parts.
pub(super) fn h(parts: &[&[u8]]) -> impl XofReader + use<> {
    let mut state = Shake256::default();
    for part in parts {
        state.update(part);
    }
    state.finalize_xof()
}

impl Model {
    /// Algorithm 29.
    pub(super) fn sample_in_ball(&self, seed: &[u8]) -> Signed {
        // The initial public draft had c̃ = (c̃1, c̃2), and c from the first, of 32 bytes.
        let seed = if self.has(Bug::ChallengeDraft) { seed.get(..32).unwrap_or(seed) } else { seed };
        let mut stream = h(&[seed]);
        let mut signs = [0; 8];
        stream.read(&mut signs);
        let mut signs = u64::from_le_bytes(signs);
        let mut c = [0; 256];
        for at in 256 - self.params.tau..256 {
            let mut byte = [0];
            let other = loop {
                stream.read(&mut byte);
                if usize::from(byte[0]) <= at {
                    break usize::from(byte[0]);
                }
            };
            c[at] = c[other];
            c[other] = if signs & 1 == 0 { 1 } else { -1 };
            signs >>= 1;
        }
        c
    }

    /// Algorithm 32: Â by rows.
    pub(super) fn expand_a(&self, rho: &[u8]) -> Vec<Vec<Poly>> {
        (0..self.params.k)
            .map(|r| (0..self.params.l).map(|s| self.reject_ntt(rho, s as u8, r as u8)).collect())
            .collect()
    }

    /// Algorithm 30, with algorithm 14.
    fn reject_ntt(&self, rho: &[u8], s: u8, r: u8) -> Poly {
        let mut state = Shake128::default();
        state.update(rho);
        state.update(&if self.has(Bug::MatrixTransposed) { [r, s] } else { [s, r] });
        let mut stream = state.finalize_xof();
        let mut block = [0; 168];
        let mut a = [0; 256];
        let mut at = 0;
        while at < a.len() {
            stream.read(&mut block);
            for three in block.chunks_exact(3) {
                let value = u32::from_le_bytes([three[0], three[1], three[2] & 0x7f, 0]);
                if at < a.len() && (value < Q || (value == Q && self.has(Bug::SampleQ))) {
                    a[at] = value % Q;
                    at += 1;
                }
            }
        }
        a
    }

    /// Algorithm 33: (s1, s2).
    pub(super) fn expand_s(&self, rho: &[u8]) -> (Vec<Signed>, Vec<Signed>) {
        let all = self.params.l + self.params.k;
        let mut s1: Vec<_> = (0..all).map(|r| self.reject_bounded(rho, r as u16)).collect();
        let s2 = s1.split_off(self.params.l);
        (s1, s2)
    }

    /// Algorithm 31, with algorithm 15.
    fn reject_bounded(&self, rho: &[u8], r: u16) -> Signed {
        let mut stream = h(&[rho, &r.to_le_bytes()]);
        let mut a = [0; 256];
        let mut at = 0;
        while at < a.len() {
            let mut byte = [0];
            stream.read(&mut byte);
            for half in [byte[0] & 15, byte[0] >> 4] {
                let value = i32::from(half);
                let value = match self.params.eta {
                    2 if value < 15 => 2 - value % 5,
                    4 if value < 9 => 4 - value,
                    _ => continue,
                };
                if at < a.len() {
                    a[at] = value;
                    at += 1;
                }
            }
        }
        a
    }

    /// Algorithm 34.
    pub(super) fn expand_mask(&self, rho: &[u8], kappa: u16) -> Vec<Signed> {
        let bits = self.params.z_bits();
        let one = |r: u16| {
            unpack(
                &shake256(&[rho, &kappa.wrapping_add(r).to_le_bytes()], 32 * bits as usize),
                bits,
                self.params.gamma1,
            )
        };
        (0..self.params.l as u16).map(one).collect()
    }
}
