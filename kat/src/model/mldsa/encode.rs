//! Encodings: FIPS 204 §7.1 (bits) and §7.2 (keys, signatures, hints).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "widths are at most 20 bits and lengths come from the parameter sets"
)]

use super::{
    Bug, Model, Params,
    poly::{D, Poly, Signed, centred},
};
use crate::{Answer, Reason};

/// One hint per coefficient of w.
pub(super) type Hints = Vec<[bool; 256]>;

/// Algorithm 16: `bits` bits of each value, lowest first.
pub(super) fn pack(values: impl IntoIterator<Item = u32>, bits: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut held, mut count) = (0u64, 0);
    for value in values {
        held |= (u64::from(value) & ((1 << bits) - 1)) << count;
        count += bits;
        while count >= 8 {
            out.push(held as u8);
            held >>= 8;
            count -= 8;
        }
    }
    out
}

/// Algorithm 18: the values of `bits` bits.
fn unpack_values(bytes: &[u8], bits: u32) -> impl Iterator<Item = u32> {
    let mut bytes = bytes.iter();
    let (mut held, mut count) = (0u64, 0);
    core::iter::from_fn(move || {
        while count < bits {
            held |= u64::from(*bytes.next()?) << count;
            count += 8;
        }
        let value = held & ((1 << bits) - 1);
        held >>= bits;
        count -= bits;
        Some(value as u32)
    })
}

fn polynomial<T: Copy + Default>(values: impl Iterator<Item = T>) -> [T; 256] {
    let mut a = [T::default(); 256];
    a.iter_mut().zip(values).for_each(|(a, value)| *a = value);
    a
}

/// Algorithm 17: coefficients from `b` downwards.
fn pack_signed(a: &Signed, bits: u32, b: i32) -> Vec<u8> {
    pack(a.iter().map(|&a| (b - a) as u32), bits)
}

/// Algorithm 19.
pub(super) fn unpack(bytes: &[u8], bits: u32, b: i32) -> Signed {
    polynomial(unpack_values(bytes, bits).map(|value| b - value as i32))
}

fn unpack_vector(bytes: &[u8], bits: u32, b: i32) -> Vec<Signed> {
    bytes.chunks_exact(32 * bits as usize).map(|one| unpack(one, bits, b)).collect()
}

/// Splits off the first `len` bytes.
fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8], Answer> {
    let (first, rest) = bytes.split_at_checked(len).ok_or(Answer::Reject(Reason::Length))?;
    *bytes = rest;
    Ok(first)
}

impl Params {
    /// Bits of a coefficient of s1 and s2.
    const fn eta_bits(&self) -> u32 {
        if self.eta == 2 { 3 } else { 4 }
    }

    /// Bits of a coefficient of z.
    pub(super) const fn z_bits(&self) -> u32 {
        if self.gamma1 == 1 << 17 { 18 } else { 20 }
    }

    /// Length of a verifying key.
    pub(super) const fn pk_len(&self) -> usize {
        32 + 320 * self.k
    }

    /// Length of an expanded signing key.
    pub(super) const fn sk_len(&self) -> usize {
        128 + 32 * self.eta_bits() as usize * (self.k + self.l) + 32 * D as usize * self.k
    }

    /// Length of a signature.
    pub(super) const fn sig_len(&self) -> usize {
        self.challenge_len + 32 * self.z_bits() as usize * self.l + self.omega + self.k
    }
}

/// An expanded signing key.
pub(super) struct SigningKey {
    pub(super) rho: Vec<u8>,
    pub(super) k: Vec<u8>,
    pub(super) tr: Vec<u8>,
    pub(super) s1: Vec<Signed>,
    pub(super) s2: Vec<Signed>,
    pub(super) t0: Vec<Signed>,
}

/// A signature, hints still as bytes.
#[derive(Clone)]
pub(crate) struct Signature {
    pub(super) challenge: Vec<u8>,
    pub(super) z: Vec<Signed>,
    pub(super) hints: Vec<u8>,
}

impl Model {
    /// Algorithm 22.
    pub(super) fn encode_pk(&self, rho: &[u8], t1: &[Poly]) -> Vec<u8> {
        let mut out = rho.to_vec();
        out.extend(t1.iter().flat_map(|t1| pack(t1.iter().copied(), 10)));
        out
    }

    /// Algorithm 23: ρ, t1.
    pub(super) fn decode_pk<'a>(&self, pk: &'a [u8]) -> Result<(&'a [u8], Vec<Poly>), Answer> {
        let mut rest = self.exact(pk, self.params.pk_len(), Bug::LongKey)?;
        let rho = take(&mut rest, 32)?;
        Ok((rho, rest.chunks_exact(320).map(|one| polynomial(unpack_values(one, 10))).collect()))
    }

    /// Algorithm 24.
    pub(super) fn encode_sk(&self, key: &SigningKey) -> Vec<u8> {
        let mut out = [&*key.rho, &key.k, &key.tr].concat();
        let secrets = key.s1.iter().chain(&key.s2);
        out.extend(secrets.flat_map(|s| pack_signed(s, self.params.eta_bits(), self.params.eta)));
        out.extend(key.t0.iter().flat_map(|t0| pack_signed(t0, D, 1 << (D - 1))));
        out
    }

    /// Algorithm 25, which leaves it to its caller that s1 and s2 are in range: here they must be.
    pub(super) fn decode_sk(&self, sk: &[u8]) -> Result<SigningKey, Answer> {
        let Params { k, l, eta, .. } = *self.params;
        let mut rest = self.exact(sk, self.params.sk_len(), Bug::LongSigningKey)?;
        let (rho, key, tr) = (take(&mut rest, 32)?, take(&mut rest, 32)?, take(&mut rest, 64)?);
        let bits = self.params.eta_bits();
        let s1 = unpack_vector(take(&mut rest, 32 * bits as usize * l)?, bits, eta);
        let s2 = unpack_vector(take(&mut rest, 32 * bits as usize * k)?, bits, eta);
        let out_of_range = s1.iter().chain(&s2).flatten().any(|s| *s < -eta);
        if out_of_range && !self.has(Bug::SecretRange) {
            return Err(Answer::Reject(Reason::Encoding));
        }
        let t0 = unpack_vector(rest, D, 1 << (D - 1));
        Ok(SigningKey { rho: rho.to_vec(), k: key.to_vec(), tr: tr.to_vec(), s1, s2, t0 })
    }

    /// Algorithm 26.
    pub(super) fn encode_sig(&self, sig: &Signature) -> Vec<u8> {
        let z = sig.z.iter().flat_map(|z| pack_signed(z, self.params.z_bits(), self.params.gamma1));
        sig.challenge.iter().copied().chain(z).chain(sig.hints.iter().copied()).collect()
    }

    /// Algorithm 27 without its step for hints, which is [`Model::decode_hints`].
    pub(super) fn decode_sig(&self, sig: &[u8]) -> Result<Signature, Answer> {
        let mut rest = self.exact(sig, self.params.sig_len(), Bug::LongSignature)?;
        let challenge = take(&mut rest, self.params.challenge_len)?;
        let z = take(&mut rest, 32 * self.params.z_bits() as usize * self.params.l)?;
        let z = unpack_vector(z, self.params.z_bits(), self.params.gamma1);
        Ok(Signature { challenge: challenge.to_vec(), z, hints: rest.to_vec() })
    }

    /// Algorithm 28.
    pub(super) fn encode_w1(&self, w1: impl IntoIterator<Item = u32>) -> Vec<u8> {
        pack(w1, if self.params.gamma2 == 95_232 { 6 } else { 4 })
    }

    /// Algorithm 20. More than ω hints, which only a broken signer has, are cut.
    pub(super) fn encode_hints(&self, hints: &Hints) -> Vec<u8> {
        let (mut places, mut cuts) = (Vec::new(), Vec::new());
        for one in hints {
            places.extend((0..=u8::MAX).zip(one).filter(|(_, hint)| **hint).map(|(place, _)| place));
            places.truncate(self.params.omega);
            cuts.push(places.len() as u8);
        }
        places.resize(self.params.omega, 0);
        places.extend(cuts);
        places
    }

    /// Algorithm 21: the checks that make the encoding of hints the only one.
    pub(super) fn decode_hints(&self, bytes: &[u8]) -> Result<Hints, Answer> {
        let bad = || Answer::Reject(Reason::Encoding);
        let omega = self.params.omega;
        let (places, cuts) = bytes.split_at_checked(omega).ok_or_else(bad)?;
        let mut index = 0;
        let mut hints = Vec::new();
        for &cut in cuts {
            let cut = usize::from(cut);
            if (cut < index && !self.has(Bug::DecreasingCuts)) || (cut > omega && !self.has(Bug::HintCount)) {
                return Err(bad());
            }
            let mut one = [false; 256];
            let mut last = None;
            while index < cut {
                // A cut over ω reads on into the cuts, and ends with them.
                let Some(&place) = bytes.get(index) else { break };
                let in_order = match last {
                    None => true,
                    Some(last) => {
                        last < place || (last == place && self.has(Bug::RepeatedHints)) || self.has(Bug::UnorderedHints)
                    }
                };
                if !in_order {
                    return Err(bad());
                }
                if let Some(hint) = one.get_mut(usize::from(place)) {
                    *hint = true;
                }
                last = Some(place);
                index += 1;
            }
            hints.push(one);
        }
        let padding = places.iter().skip(index);
        if !self.has(Bug::PaddedHints) && padding.copied().any(|place| place != 0) {
            return Err(bad());
        }
        Ok(hints)
    }

    /// Bytes of exactly this length; with the bug, longer ones are cut.
    fn exact<'a>(&self, bytes: &'a [u8], len: usize, cut: Bug) -> Result<&'a [u8], Answer> {
        match bytes.get(..len) {
            Some(first) if bytes.len() == len || self.has(cut) => Ok(first),
            _ => Err(Answer::Reject(Reason::Length)),
        }
    }
}

/// z as the signature holds it.
pub(super) fn centred_vector(vector: &[Poly]) -> Vec<Signed> {
    vector.iter().map(centred).collect()
}
