//! ML-KEM (FIPS 203): comparisons that skip a part of the ciphertext, keys that must be refused, unlucky seeds.

use sha3::{Digest, Sha3_256, Sha3_512};
use shake::{
    Shake128,
    digest::{ExtendableOutput, Update, XofReader},
};

use super::{Candidate, Maker, flipped, question, take, wrong_lengths};
use crate::{Alg, Field, Op, model::mlkem::craft_noisy};

/// The modulus q.
const Q: u16 = 3329;

/// A parameter set and its module rank `k`.
pub(super) struct Params {
    pub(super) alg: Alg,
    pub(super) k: usize,
}

pub(super) const PARAMS: [Params; 3] =
    [Params { alg: Alg::MlKem512, k: 2 }, Params { alg: Alg::MlKem768, k: 3 }, Params { alg: Alg::MlKem1024, k: 4 }];

impl Params {
    /// The length of the polynomials in an encapsulation key, and of the secret part of a decapsulation key: 384 k.
    pub(super) const fn vector(&self) -> usize {
        self.k.saturating_mul(384)
    }

    /// The length of the ciphertext.
    fn c(&self) -> usize {
        self.alg.lengths().map_or(0, |lengths| lengths.result)
    }

    const fn ek(&self) -> usize {
        self.vector().saturating_add(32)
    }

    fn name(&self, class: &str) -> String {
        format!("{}-{class}", self.alg.name().to_lowercase())
    }
}

pub(super) fn make(maker: &mut Maker<'_>) {
    for params in &PARAMS {
        keys(maker, params);
        encapsulation_keys(maker, params);
        decapsulation_keys(maker, params);
        ciphertexts(maker, params);
    }
}

/// Seeds: constant ones, random ones, and those whose matrix needs a fourth block of SHAKE128.
fn keys(maker: &mut Maker<'_>, params: &Params) {
    let mut stream = maker.stream(&params.name("keys"));
    let mut candidates = Vec::new();
    let mut put = |note: &str, seed: &[u8]| {
        candidates.push(Candidate::new(note, question(params.alg, Op::Keygen, &[(Field::Seed, seed)])));
    };
    put("d and z are zeros", &[0; 64]);
    put("d and z are ones", &[0xff; 64]);
    let seed = stream.bytes(64);
    put("random d ‖ z", &seed);
    put("its d and z swapped", &[seed.get(32..), seed.get(..32)].map(Option::unwrap_or_default).concat());
    let mut unlucky = 0_u32;
    while unlucky < 8 {
        let seed = stream.bytes(64);
        if needs_fourth_block(params, &seed) {
            unlucky = unlucky.saturating_add(1);
            put("the matrix needs more than 504 bytes of SHAKE128: a sampler of three blocks runs dry", &seed);
        }
    }
    for (what, seed) in wrong_lengths(&seed) {
        put(&format!("seed: {what}"), &seed);
    }
    maker.put(&params.name("keys"), candidates);
}

/// Whether `SampleNTT` (FIPS 203 algorithm 7) needs more than three blocks for an entry of the matrix. About 0.7% of
/// entries do. A fifth block is never seen: four hold 448 candidates, of which 364 ± 8 are below q.
fn needs_fourth_block(params: &Params, seed: &[u8]) -> bool {
    let rank = u8::try_from(params.k).unwrap_or_default();
    let mut g = Sha3_512::default();
    Digest::update(&mut g, seed.get(..32).unwrap_or_default());
    Digest::update(&mut g, [rank]);
    let hash = g.finalize();
    let rho = hash.get(..32).unwrap_or_default();
    (0..rank).flat_map(|i| (0..rank).map(move |j| [j, i])).any(|place| {
        let mut xof = Shake128::default();
        xof.update(rho);
        xof.update(&place);
        let mut three_blocks = [0; 504];
        xof.finalize_xof().read(&mut three_blocks);
        let below = |coefficient: &u16| *coefficient < Q;
        let taken = three_blocks.chunks_exact(3).flat_map(|chunk| match *chunk {
            [a, b, c] => [u16::from(a) | (u16::from(b & 15) << 8), u16::from(b >> 4) | (u16::from(c) << 4)],
            _ => [Q; 2],
        });
        taken.filter(below).count() < 256
    })
}

/// A value in place of a coefficient of `ByteEncode12`: two coefficients are three bytes.
pub(super) fn with_coefficient(key: &[u8], index: usize, value: u16) -> Vec<u8> {
    let mut changed = key.to_vec();
    let [low, high] = value.to_le_bytes();
    let at = (index / 2).saturating_mul(3);
    if let Some([a, b, c]) = changed.get_mut(at..at.saturating_add(3)) {
        if index.is_multiple_of(2) {
            (*a, *b) = (low, (*b & 0xf0) | high);
        } else {
            (*b, *c) = ((*b & 0x0f) | (low << 4), (low >> 4) | (high << 4));
        }
    }
    changed
}

/// The places of coefficients that implementations treat apart: even and odd in a pair, first and last of a
/// polynomial, at the edges of a vector register, first and last of all.
pub(super) fn places(k: usize) -> Vec<usize> {
    let of_one = [0, 1, 2, 3, 15, 16, 31, 32, 127, 128, 254, 255];
    (0..k).flat_map(|poly| of_one.map(|place| poly.saturating_mul(256).saturating_add(place))).collect()
}

/// Encapsulation keys that FIPS 203 §7.2 refuses.
fn encapsulation_keys(maker: &mut Maker<'_>, params: &Params) {
    let mut stream = maker.stream(&params.name("encapsulation-keys"));
    let (seed, m) = (stream.bytes(64), stream.bytes(32));
    let keygen = question(params.alg, Op::Keygen, &[(Field::Seed, &seed)]);
    let Some(ek) = take(maker.know_one(keygen), Field::Ek) else { return };
    let mut keys = vec![("a right key".to_owned(), ek.clone())];
    for place in places(params.k) {
        for (value, what) in [(3328, "q − 1, reduced"), (Q, "q"), (3330, "q + 1"), (4095, "4095")] {
            keys.push((format!("coefficient {place} is {what}"), with_coefficient(&ek, place, value)));
        }
    }
    keys.extend(wrong_lengths(&ek).map(|(what, key)| (format!("key: {what}"), key)));
    keys.push(("key without ρ".into(), ek.get(..params.vector()).unwrap_or_default().to_vec()));
    keys.push(("key with 32 bytes more".into(), [&*ek, &[0; 32]].concat()));
    for other in PARAMS.iter().filter(|other| other.k != params.k) {
        let key: Vec<_> = ek.iter().copied().cycle().take(other.ek()).collect();
        keys.push((format!("key of the length of {}", other.alg), key));
    }
    let mut candidates = Vec::new();
    for (note, key) in keys {
        let check = question(params.alg, Op::CheckEk, &[(Field::Ek, &key)]);
        let encaps = question(params.alg, Op::Encaps, &[(Field::Ek, &key), (Field::M, &m)]);
        candidates.push(Candidate::new(note.clone(), check));
        candidates.push(Candidate::new(note, encaps));
    }
    maker.put(&params.name("encapsulation-keys"), candidates);
}

/// Decapsulation keys that FIPS 203 §7.3 refuses, and ciphertexts of wrong lengths.
fn decapsulation_keys(maker: &mut Maker<'_>, params: &Params) {
    let mut stream = maker.stream(&params.name("decapsulation-keys"));
    let (seed, m) = (stream.bytes(64), stream.bytes(32));
    let keygen = question(params.alg, Op::Keygen, &[(Field::Seed, &seed)]);
    let Some(mut key) = maker.know_one(keygen) else { return };
    let (Some(ek), Some(dk)) = (key.remove(&Field::Ek), key.remove(&Field::Dk)) else { return };
    let encaps = question(params.alg, Op::Encaps, &[(Field::Ek, &ek), (Field::M, &m)]);
    let Some(c) = take(maker.know_one(encaps), Field::C) else { return };

    let (ek_at, hash_at) = (params.vector(), params.vector().saturating_add(params.ek()));
    let z_at = hash_at.saturating_add(32);
    let mut keys = vec![("a right key".to_owned(), dk.clone())];
    for (what, from, bytes) in [("ek", ek_at, params.ek()), ("H(ek)", hash_at, 32)] {
        for byte in [0, 1, bytes / 2, bytes.saturating_sub(1)] {
            let key = flipped(&dk, from.saturating_add(byte), 1);
            keys.push((format!("byte {byte} of {what} is changed: the hash does not match"), key));
        }
    }
    let hash_of_z = [dk.get(..hash_at), Some(&*Sha3_256::digest(dk.get(z_at..).unwrap_or_default())), dk.get(z_at..)];
    keys.push(("the hash is that of z".into(), hash_of_z.map(Option::unwrap_or_default).concat()));
    keys.push(("z is changed: a right key with other implicit rejections".into(), flipped(&dk, z_at, 1)));
    keys.extend(wrong_lengths(&dk).map(|(what, key)| (format!("key: {what}"), key)));
    keys.push(("key without z".into(), dk.get(..z_at).unwrap_or_default().to_vec()));
    keys.push(("only the secret part of a key".into(), dk.get(..ek_at).unwrap_or_default().to_vec()));

    let wrong = flipped(&c, 0, 1);
    let mut candidates = Vec::new();
    for (note, key) in keys {
        let decaps = |c: &[u8]| question(params.alg, Op::Decaps, &[(Field::Dk, &key), (Field::C, c)]);
        candidates.push(Candidate::new(note.clone(), question(params.alg, Op::CheckDk, &[(Field::Dk, &key)])));
        candidates.push(Candidate::new(format!("{note}; its ciphertext"), decaps(&c)));
        candidates.push(Candidate::new(format!("{note}; a wrong ciphertext"), decaps(&wrong)));
    }
    for (form, key) in [(Field::Seed, &seed), (Field::Dk, &dk)] {
        let others = PARAMS.iter().filter(|other| other.alg != params.alg);
        let of_others = others.map(|other| ("of another parameter set", vec![0; other.c()]));
        for (what, c) in wrong_lengths(&c).into_iter().chain(of_others) {
            let decaps = question(params.alg, Op::Decaps, &[(form, key), (Field::C, &c)]);
            candidates.push(Candidate::new(format!("ciphertext: {what}, {} bytes; key as {form}", c.len()), decaps));
        }
    }
    maker.put(&params.name("decapsulation-keys"), candidates);
}

/// A valid ciphertext, with each bit flipped in turn for ML-KEM-768 and one bit of each byte for the others: a
/// comparison that skips any part of it gives the wrong secret somewhere. Then ciphertexts with a zero byte early,
/// where a comparison of C strings ends.
fn ciphertexts(maker: &mut Maker<'_>, params: &Params) {
    let mut stream = maker.stream(&params.name("ciphertexts"));
    let seed = stream.bytes(64);
    let keygen = question(params.alg, Op::Keygen, &[(Field::Seed, &seed)]);
    let Some(mut key) = maker.know_one(keygen) else { return };
    let Some(ek) = key.remove(&Field::Ek) else { return };
    let dk = key.remove(&Field::Dk);
    let encaps: Vec<_> = (0..1024)
        .map(|_| question(params.alg, Op::Encaps, &[(Field::Ek, &ek), (Field::M, &stream.bytes(32))]))
        .collect();
    let (plain, searched) = encaps.split_at(1);
    let Some(c) = maker.know(plain).pop().and_then(|output| take(output, Field::C)) else { return };

    let mut candidates = Vec::new();
    let mut put = |note: String, c: &[u8], expanded: bool| {
        let key = match &dk {
            Some(dk) if expanded => (Field::Dk, &**dk),
            _ => (Field::Seed, &*seed),
        };
        candidates.push(Candidate::new(note, question(params.alg, Op::Decaps, &[key, (Field::C, c)])));
    };
    put("the ciphertext itself".into(), &c, false);
    put("the ciphertext itself".into(), &c, true);
    for at in 0..c.len() {
        for bit in 0..8 {
            if params.k == 3 || at % 8 == bit {
                let note = format!("byte {at} differs in bit {bit}: implicit rejection");
                put(note, &flipped(&c, at, 1 << bit), at % 64 == 1);
            }
        }
    }
    put("all bytes differ".into(), &c.iter().map(|byte| !byte).collect::<Vec<_>>(), false);
    put("zeros".into(), &vec![0; c.len()], false);
    put("ones".into(), &vec![0xff; c.len()], false);
    let found: Vec<_> = maker.know(searched).into_iter().filter_map(|output| take(output, Field::C)).collect();
    for zero_at in [0, 1] {
        let Some(c) = found.iter().find(|c| c.get(zero_at) == Some(&0)) else { continue };
        put(format!("byte {zero_at} is zero"), c, false);
        for at in (zero_at..c.len()).step_by(61).chain([c.len().saturating_sub(1)]) {
            if at != zero_at {
                put(format!("byte {zero_at} is zero, and byte {at} differs after it"), &flipped(c, at, 1), false);
            }
        }
    }
    let noisy = (0..4).filter_map(|_| craft_noisy(params.alg, &stream.bytes(64)));
    candidates.extend(noisy.map(|question| {
        Candidate::new("a valid key with a large error: the message comes out if decompression rounds", question)
    }));
    maker.put(&params.name("ciphertexts"), candidates);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_placed_as_byte_encode_12_does() {
        let key = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66];
        assert_eq!(with_coefficient(&key, 0, 0xabc), [0xbc, 0x2a, 0x33, 0x44, 0x55, 0x66]);
        assert_eq!(with_coefficient(&key, 1, 0xabc), [0x11, 0xc2, 0xab, 0x44, 0x55, 0x66]);
        assert_eq!(with_coefficient(&key, 2, 0xabc), [0x11, 0x22, 0x33, 0xbc, 0x5a, 0x66]);
        assert_eq!(with_coefficient(&key, 9, 0xabc), key, "a place that is not there");
    }
}
