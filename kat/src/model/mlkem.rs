//! ML-KEM: FIPS 203 §6 and §7 over [`super::kpke`], with one switch for each [`Bug`]; and, unbroken, what came
//! before it: the initial public draft and Kyber of round 3.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are checked against the parameter set before anything is cut; sizes are small constants"
)]

use sha3::{Sha3_256, Sha3_512};

use super::{
    Wrong, digest,
    kpke::{Edition, Pke, Q, coefficients},
    shake256,
};
use crate::{Alg, Answer, Field, Input, Lack, Op, Question, Reason};

bugs! {
    /// What an ML-KEM can get wrong.
    Bug {
        /// The ciphertext is not compared at all.
        NoImplicitRejection = "ml-kem-no-implicit-rejection", "a changed ciphertext gives the key of the message inside", "FIPS 203 §6.3, algorithm 18 step 9";
        ZerosOnRejection = "ml-kem-zeros-on-rejection", "a changed ciphertext gives 32 zero bytes", "FIPS 203 §6.3, algorithm 18 step 7";
        ExplicitRejection = "ml-kem-explicit-rejection", "a changed ciphertext is refused with an error", "FIPS 203 §6.3, algorithm 18 step 9";
        ComparesC1 = "ml-kem-compares-c1-only", "the comparison covers c1 only", "FIPS 203 §6.3, algorithm 18 step 9";
        ComparesC2 = "ml-kem-compares-c2-only", "the comparison covers c2 only", "FIPS 203 §6.3, algorithm 18 step 9";
        ComparesAllButFirst = "ml-kem-compares-all-but-first", "the comparison leaves out the first byte", "FIPS 203 §6.3, algorithm 18 step 9";
        ComparesAllButLast = "ml-kem-compares-all-but-last", "the comparison leaves out the last byte", "FIPS 203 §6.3, algorithm 18 step 9";
        ComparesFirst32 = "ml-kem-compares-first-32", "the comparison covers the first 32 bytes only", "FIPS 203 §6.3, algorithm 18 step 9";
        /// CVE-2026-6330.
        ComparesHalf = "ml-kem-compares-first-half", "the comparison covers the first half only", "FIPS 203 §6.3, algorithm 18 step 9";
        /// CVE-2026-10097.
        ComparesAllButLast32 = "ml-kem-compares-all-but-last-32", "the comparison leaves out the last 32 bytes", "FIPS 203 §6.3, algorithm 18 step 9";
        ComparesToZero = "ml-kem-compares-to-zero-byte", "the comparison stops at a zero byte, as strcmp does", "FIPS 203 §6.3, algorithm 18 step 9";
        ComparesMasked = "ml-kem-compares-seven-bits", "the comparison masks out the top bit of every byte", "FIPS 203 §6.3, algorithm 18 step 9";
        ComparesXor = "ml-kem-compares-xor", "the differences of the comparison are added by XOR: two equal ones vanish", "FIPS 203 §6.3, algorithm 18 step 9";
        RejectionOrder = "ml-kem-rejection-c-z", "the key of a rejection is J(c ‖ z)", "FIPS 203 §6.3, algorithm 18 step 7";
        RejectionFromHash = "ml-kem-rejection-from-h", "the key of a rejection is J(H(ek) ‖ c): z is read 32 bytes too early", "FIPS 203 §6.3, algorithm 18 step 4";
        RejectionUnbound = "ml-kem-rejection-without-c", "the key of a rejection is J(z), the same for every ciphertext", "FIPS 203 §6.3, algorithm 18 step 7";
        NoModulusCheck = "ml-kem-no-modulus-check", "an encapsulation key with coefficients at or over q is accepted", "FIPS 203 §7.2, modulus check";
        ModulusAcceptsQ = "ml-kem-modulus-check-accepts-q", "the modulus check lets q itself pass", "FIPS 203 §7.2, modulus check";
        ModulusFirst = "ml-kem-modulus-check-first-polynomial", "the modulus check looks at the first polynomial only", "FIPS 203 §7.2, modulus check";
        ModulusTight = "ml-kem-modulus-check-too-tight", "the modulus check refuses q − 1", "FIPS 203 §7.2, modulus check";
        LongEkCut = "ml-kem-long-ek-cut", "an encapsulation key that is too long is cut", "FIPS 203 §7.2, type check";
        LongDkCut = "ml-kem-long-dk-cut", "a decapsulation key that is too long is cut", "FIPS 203 §7.3, decapsulation key type check";
        LongCiphertextCut = "ml-kem-long-ciphertext-cut", "a ciphertext that is too long is cut", "FIPS 203 §7.3, ciphertext type check";
        ShortCiphertextPadded = "ml-kem-short-ciphertext-padded", "a ciphertext that is too short is filled up with zeros", "FIPS 203 §7.3, ciphertext type check";
        NoHashCheck = "ml-kem-no-hash-check", "an expanded key whose H(ek) is wrong is accepted", "FIPS 203 §7.3, hash check";
        DraftG = "ml-kem-draft-g", "the seed is expanded by G(d), as in the draft, without the byte k", "FIPS 203 §5.1, algorithm 13 step 1; §C.2";
        SeedHalvesSwapped = "ml-kem-seed-halves-swapped", "the seed is taken as z ‖ d", "FIPS 203 §7.1, algorithm 19";
        ZFromD = "ml-kem-z-from-d", "z is the first half of the seed too", "FIPS 203 §6.1, algorithm 16 step 3";
        Transposed = "ml-kem-a-transposed", "Â is transposed, as in the text of the draft", "FIPS 203 §5.1, algorithm 13 step 5; §C.2";
        NonceRestarts = "ml-kem-nonce-restarts", "the counter of the noise starts anew for e, so that e equals s", "FIPS 203 §5.1, algorithm 13 step 14";
        ThreeXofBlocks = "ml-kem-three-xof-blocks", "sampling of Â reads 504 bytes and leaves the rest zero", "FIPS 203 §4.2.2, algorithm 7";
        SampleAcceptsQ = "ml-kem-sampling-accepts-q", "sampling of Â takes the candidate q as a zero", "FIPS 203 §4.2.2, algorithm 7 step 8";
        EtaOf768 = "ml-kem-512-eta1-of-768", "ML-KEM-512 has η1 = 2", "FIPS 203 §8, table 2";
        WidthsOf768 = "ml-kem-1024-widths-of-768", "ML-KEM-1024 has du = 10 and dv = 4", "FIPS 203 §8, table 2";
        CompressCuts = "ml-kem-compress-cuts", "compression cuts where it must round", "FIPS 203 §4.2.1, equation 4.7";
        CompressSaturates = "ml-kem-compress-saturates", "compression stops at 2^d − 1 where it must wrap to 0", "FIPS 203 §4.2.1, equation 4.7";
        DecompressCuts = "ml-kem-decompress-cuts", "decompression cuts where it must round", "FIPS 203 §4.2.1, equation 4.8";
        RoundThreeKdf = "ml-kem-round-three-kdf", "the key is J(K ‖ H(c)), as in Kyber of round 3", "FIPS 203 §6.2, algorithm 17; §C.1";
        MessageHashed = "ml-kem-message-hashed", "m is hashed first, as in Kyber of round 3", "FIPS 203 §7.2, algorithm 20; §C.1";
        EkNotBound = "ml-kem-ek-not-bound", "K and r are G(m), without H(ek)", "FIPS 203 §6.2, algorithm 17 step 1";
    }
}

impl Bug {
    /// Whether the bug can show in an algorithm; where it cannot, the mutant does not answer.
    const fn concerns(self, alg: Alg) -> bool {
        match self {
            Self::EtaOf768 => matches!(alg, Alg::MlKem512),
            Self::WidthsOf768 => matches!(alg, Alg::MlKem1024),
            _ => matches!(alg, Alg::MlKem512 | Alg::MlKem768 | Alg::MlKem1024),
        }
    }
}

/// A parameter set of ML-KEM, in one of its editions, broken or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct MlKem(Pke);

/// What decapsulation comes by before it compares.
pub(crate) struct Reencryption {
    /// The key of the message inside, if the ciphertext is good.
    pub(crate) key: Vec<u8>,
    /// The ciphertext that the message inside gives.
    pub(crate) c: Vec<u8>,
}

impl MlKem {
    pub(super) const fn new(alg: Alg, bug: Option<Bug>) -> Option<Self> {
        let (k, edition) = match alg {
            Alg::MlKem512 => (2, Edition::Final),
            Alg::MlKem768 => (3, Edition::Final),
            Alg::MlKem1024 => (4, Edition::Final),
            Alg::MlKem512Ipd => (2, Edition::Draft),
            Alg::MlKem768Ipd => (3, Edition::Draft),
            Alg::MlKem1024Ipd => (4, Edition::Draft),
            Alg::Kyber512 => (2, Edition::RoundThree),
            Alg::Kyber768 => (3, Edition::RoundThree),
            Alg::Kyber1024 => (4, Edition::RoundThree),
            _ => return None,
        };
        let eta1 = if k == 2 && !matches!(bug, Some(Bug::EtaOf768)) { 3 } else { 2 };
        let (du, dv) = if k == 4 && !matches!(bug, Some(Bug::WidthsOf768)) { (11, 5) } else { (10, 4) };
        Some(Self(Pke { k, eta1, du, dv, edition, bug }))
    }

    pub(super) const fn ek_len(&self) -> usize {
        self.0.ek_len()
    }

    pub(super) const fn c_len(&self) -> usize {
        self.0.c_len()
    }

    /// Length of the expanded key: ŝ ‖ ek ‖ H(ek) ‖ z.
    pub(super) const fn dk_len(&self) -> usize {
        2 * self.0.ek_len() + 32
    }

    /// Algorithm 16, from `d ‖ z`: the encapsulation key, and the expanded decapsulation key.
    pub(super) fn keygen(&self, seed: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Wrong> {
        let Some((d, z)) = seed.split_at_checked(32).filter(|(_, z)| z.len() == 32) else {
            return Err(Reason::Length.into());
        };
        let (d, z) = if self.0.has(Bug::SeedHalvesSwapped) { (z, d) } else { (d, z) };
        let (ek, mut dk) = self.0.keygen(d);
        dk.extend_from_slice(&ek);
        dk.extend_from_slice(&h(&ek));
        dk.extend_from_slice(if self.0.has(Bug::ZFromD) { d } else { z });
        Ok((ek, dk))
    }

    /// The checks of §7.2. What the caller goes on with is the key that it returns.
    pub(super) fn check_ek<'a>(&self, ek: &'a [u8]) -> Result<&'a [u8], Wrong> {
        let ek = exact(ek, self.ek_len(), self.0.has(Bug::LongEkCut))?;
        let (limit, polynomials) = match self.0.bug {
            Some(Bug::NoModulusCheck) => return Ok(ek),
            Some(Bug::ModulusAcceptsQ) => (Q, self.0.k),
            Some(Bug::ModulusTight) => (Q - 2, self.0.k),
            Some(Bug::ModulusFirst) => (Q - 1, 1),
            _ if self.0.edition == Edition::RoundThree => return Ok(ek),
            _ => (Q - 1, self.0.k),
        };
        let over = |bytes| coefficients(bytes, 12).iter().any(|coefficient| *coefficient > limit);
        if ek.chunks_exact(384).take(polynomials).any(over) { Err(Reason::Modulus.into()) } else { Ok(ek) }
    }

    /// The checks of §7.3 on the key. What the caller goes on with is the key that it returns.
    pub(super) fn check_dk<'a>(&self, dk: &'a [u8]) -> Result<&'a [u8], Wrong> {
        let dk = exact(dk, self.dk_len(), self.0.has(Bug::LongDkCut))?;
        let Parts { ek, hash, .. } = self.parts(dk);
        if h(ek) == hash || self.0.has(Bug::NoHashCheck) || self.0.edition == Edition::RoundThree {
            Ok(dk)
        } else {
            Err(Reason::Hash.into())
        }
    }

    /// §7.2 and algorithm 17: the ciphertext and the key.
    pub(super) fn encaps(&self, ek: &[u8], m: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Wrong> {
        let ek = self.check_ek(ek)?;
        if m.len() != 32 {
            return Err(Reason::Length.into());
        }
        let hashed = self.0.edition == Edition::RoundThree || self.0.has(Bug::MessageHashed);
        let m = if hashed { h(m) } else { m.to_vec() };
        let (key, randomness) = self.g(&m, &h(ek));
        let c = self.0.encrypt(ek, &m, &randomness);
        let key = self.bound(key, &c);
        Ok((c, key))
    }

    /// §7.3 and algorithm 18: the key.
    pub(super) fn decaps(&self, dk: &[u8], c: &[u8]) -> Result<Vec<u8>, Wrong> {
        let dk = self.check_dk(dk)?;
        let mut filled = c.to_vec();
        if c.len() < self.c_len() && self.0.has(Bug::ShortCiphertextPadded) {
            filled.resize(self.c_len(), 0);
        }
        let c = exact(&filled, self.c_len(), self.0.has(Bug::LongCiphertextCut))?;
        let Reencryption { key, c: again } = self.reencrypt(dk, c);
        if self.same(c, &again) {
            return Ok(key);
        }
        let Parts { hash, z, .. } = self.parts(dk);
        Ok(match self.0.bug {
            Some(Bug::ZerosOnRejection) => vec![0; 32],
            Some(Bug::ExplicitRejection) => return Err(Reason::Other.into()),
            Some(Bug::RejectionOrder) => j(&[c, z]),
            Some(Bug::RejectionFromHash) => j(&[hash, c]),
            Some(Bug::RejectionUnbound) => j(&[z]),
            Some(Bug::RoundThreeKdf) => j(&[z, &h(c)]),
            _ if self.0.edition == Edition::RoundThree => j(&[z, &h(c)]),
            _ => j(&[z, c]),
        })
    }

    /// Algorithm 18, steps 5, 6 and 8. The lengths must be right.
    fn reencrypt(&self, dk: &[u8], c: &[u8]) -> Reencryption {
        let Parts { s, ek, hash, .. } = self.parts(dk);
        let m = self.0.decrypt(s, c);
        let (key, randomness) = self.g(&m, hash);
        let again = self.0.encrypt(ek, &m, &randomness);
        Reencryption { key: self.bound(key, c), c: again }
    }

    /// The encapsulation key in an expanded key of the right length.
    pub(super) fn ek_of<'a>(&self, dk: &'a [u8]) -> &'a [u8] {
        self.parts(dk).ek
    }

    /// Whether an expanded key of the right length opens what its own encapsulation key closes: the consistency
    /// check of §7.1, on a message of zeros, without H(ek).
    pub(super) fn opens_its_own(&self, dk: &[u8]) -> bool {
        let Parts { s, ek, .. } = self.parts(dk);
        self.0.decrypt(s, &self.0.encrypt(ek, &[0; 32], &[0; 32])) == [0; 32]
    }

    fn parts<'a>(&self, dk: &'a [u8]) -> Parts<'a> {
        let (s, rest) = dk.split_at(384 * self.0.k);
        let (ek, rest) = rest.split_at(self.ek_len());
        let (hash, z) = rest.split_at(32);
        Parts { s, ek, hash, z }
    }

    /// K and r.
    fn g(&self, m: &[u8], hash: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let g = digest::<Sha3_512>(&[m, if self.0.has(Bug::EkNotBound) { &[] } else { hash }]);
        (g[..32].to_vec(), g[32..].to_vec())
    }

    /// Round 3 binds the key to the ciphertext once more.
    fn bound(&self, key: Vec<u8>, c: &[u8]) -> Vec<u8> {
        let binds = self.0.edition == Edition::RoundThree || self.0.has(Bug::RoundThreeKdf);
        if binds { j(&[&key, &h(c)]) } else { key }
    }

    /// Algorithm 18, step 9.
    fn same(&self, c: &[u8], again: &[u8]) -> bool {
        let (len, c1) = (self.c_len(), self.0.c1_len());
        let compared = match self.0.bug {
            Some(Bug::NoImplicitRejection) => 0..0,
            Some(Bug::ComparesC1) => 0..c1,
            Some(Bug::ComparesC2) => c1..len,
            Some(Bug::ComparesAllButFirst) => 1..len,
            Some(Bug::ComparesAllButLast) => 0..len - 1,
            Some(Bug::ComparesFirst32) => 0..32,
            Some(Bug::ComparesHalf) => 0..len / 2,
            Some(Bug::ComparesAllButLast32) => 0..len - 32,
            Some(Bug::ComparesToZero) => {
                let end = c.iter().zip(again).position(|(a, b)| *a == 0 && *b == 0);
                0..end.unwrap_or(len)
            }
            _ => 0..len,
        };
        let mut differences = compared.map(|i| c[i] ^ again[i]);
        match self.0.bug {
            Some(Bug::ComparesMasked) => differences.all(|difference| difference & 0x7f == 0),
            Some(Bug::ComparesXor) => differences.fold(0, |sum, difference| sum ^ difference) == 0,
            _ => differences.all(|difference| difference == 0),
        }
    }

    /// The expanded key of a question, and its encapsulation key.
    fn private(&self, input: &Input) -> Result<(Vec<u8>, Vec<u8>), Wrong> {
        if let Some(seed) = input.get(Field::Seed) {
            return self.keygen(seed);
        }
        let dk = self.check_dk(input.bytes(Field::Dk))?;
        Ok((self.ek_of(dk).to_vec(), dk.to_vec()))
    }
}

/// An expanded key, taken apart.
struct Parts<'a> {
    s: &'a [u8],
    ek: &'a [u8],
    hash: &'a [u8],
    z: &'a [u8],
}

/// The bytes, if there are as many as must be; those at the front if there are more and `cut` lets that pass.
fn exact(bytes: &[u8], len: usize, cut: bool) -> Result<&[u8], Wrong> {
    match bytes.get(..len) {
        Some(front) if cut || bytes.len() == len => Ok(front),
        _ => Err(Reason::Length.into()),
    }
}

fn h(bytes: &[u8]) -> Vec<u8> {
    digest::<Sha3_256>(&[bytes])
}

fn j(parts: &[&[u8]]) -> Vec<u8> {
    shake256(parts, 32)
}

/// What the model, broken or not, says to a question.
pub(crate) fn answer(bug: Option<Bug>, question: &Question) -> Answer {
    let Question { alg, op, input } = question;
    if bug.is_some_and(|bug| !bug.concerns(*alg)) {
        return Answer::Unsupported(Lack::Alg);
    }
    let Some(kem) = MlKem::new(*alg, bug) else { return Answer::Unsupported(Lack::Alg) };
    let outputs = || {
        Ok(match op {
            Op::Keygen => {
                let (ek, dk) = kem.keygen(input.bytes(Field::Seed))?;
                vec![(Field::Ek, ek), (Field::Dk, dk)]
            }
            Op::Encaps => {
                let (c, key) = kem.encaps(input.bytes(Field::Ek), input.bytes(Field::M))?;
                vec![(Field::C, c), (Field::K, key)]
            }
            Op::Decaps => {
                let (ek, dk) = kem.private(input)?;
                vec![(Field::Ek, ek), (Field::K, kem.decaps(&dk, input.bytes(Field::C))?)]
            }
            Op::CheckEk => kem.check_ek(input.bytes(Field::Ek)).map(|_| vec![])?,
            Op::CheckDk => kem.check_dk(input.bytes(Field::Dk)).map(|_| vec![])?,
            _ => return Err(Wrong::Lacks(Lack::Op)),
        })
    };
    super::answered(outputs())
}

/// What unbroken decapsulation of a question comes by before it compares, and the ciphertext that it is asked
/// about; none if the question is not decapsulation, or is refused.
pub(crate) fn reencryption(question: &Question) -> Option<(Reencryption, &[u8])> {
    let kem = MlKem::new(question.alg, None).filter(|_| question.op == Op::Decaps)?;
    let (_, dk) = kem.private(&question.input).ok()?;
    let c = question.input.get(Field::C).filter(|c| c.len() == kem.c_len())?;
    Some((kem.reencrypt(&dk, c), c))
}

/// A decapsulation whose message comes out right only if decompression rounds: of an honest ciphertext under a
/// valid expanded key with a larger error than key generation makes. With honest keys nobody would ever see
/// that bug. `seed` is the key's, of 64 bytes; nothing if it is not, or if no message is found.
pub(crate) fn craft_noisy(alg: Alg, seed: &[u8]) -> Option<Question> {
    let (kem, cuts) = (MlKem::new(alg, None)?, MlKem::new(alg, Some(Bug::DecompressCuts))?);
    let (honest, dk) = kem.keygen(seed).ok()?;
    let Parts { s, z, .. } = kem.parts(&dk);
    (0..4096u16).find_map(|number| {
        // An error of a reaches the coefficients of the message at most η1-fold: near q/4 some get lost.
        let more = (Q / 4 - 8 * (10 + number % 16)) / kem.0.eta1 as u16;
        let ek = kem.0.with_error(&honest, more);
        let (c, key) = kem.encaps(&ek, &shake256(&[seed, &number.to_le_bytes()], 32)).ok()?;
        let dk = [s, &ek, &h(&ek), z].concat();
        let tells = kem.decaps(&dk, &c).ok()? == key && cuts.decaps(&dk, &c).ok()? != key;
        let input = Input::new().with(Field::Dk, dk).with(Field::C, c);
        tells.then_some(Question { alg, op: Op::Decaps, input })
    })
}
