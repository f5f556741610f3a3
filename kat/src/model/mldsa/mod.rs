//! A model of FIPS 204, with one switch per bug.
//!
//! It is a model to break, never a provider: plain, slow, not in constant time, and its secrets stay in
//! memory. Without a bug it is the standard, step by step; with one it is an implementation that a set of
//! vectors has to catch. [`craft`] makes the signatures that it takes to catch some of them.

mod bugs;
pub(crate) mod craft;
mod encode;
mod poly;
mod prehash;
mod sample;

pub(crate) use self::bugs::{BUGS, Bug};
use self::{
    encode::{Signature, SigningKey, centred_vector},
    poly::{D, Poly, Signed, difference, dot, inverse_ntt, norm, ntt, product, reduced, sum},
    prehash::Message,
};
use crate::{Alg, Answer, Field, Lack, Op, Output, Question, Reason, model::shake256};

/// A parameter set (FIPS 204 table 1).
struct Params {
    k: usize,
    l: usize,
    eta: i32,
    tau: usize,
    gamma1: i32,
    gamma2: u32,
    omega: usize,
    /// λ / 4: the length of c̃.
    challenge_len: usize,
}

const ML_DSA_44: Params =
    Params { k: 4, l: 4, eta: 2, tau: 39, gamma1: 1 << 17, gamma2: 95_232, omega: 80, challenge_len: 32 };
const ML_DSA_65: Params =
    Params { k: 6, l: 5, eta: 4, tau: 49, gamma1: 1 << 19, gamma2: 261_888, omega: 55, challenge_len: 48 };
const ML_DSA_87: Params =
    Params { k: 8, l: 7, eta: 2, tau: 60, gamma1: 1 << 19, gamma2: 261_888, omega: 75, challenge_len: 64 };

/// How often signing tries (FIPS 204 appendix C): only a signing key that no key generation makes gets there.
const ATTEMPTS: u16 = 814;

impl Params {
    const fn of(alg: Alg) -> Option<&'static Self> {
        match alg {
            Alg::MlDsa44 => Some(&ML_DSA_44),
            Alg::MlDsa65 => Some(&ML_DSA_65),
            Alg::MlDsa87 => Some(&ML_DSA_87),
            _ => None,
        }
    }

    /// β = τ · η.
    const fn beta(&self) -> i32 {
        self.eta.saturating_mul(self.tau as i32)
    }

    /// γ1 − β, which ‖z‖∞ is below.
    const fn z_bound(&self) -> i32 {
        self.gamma1.saturating_sub(self.beta())
    }
}

/// An implementation of a parameter set, with a bug or none.
#[derive(Clone, Copy)]
struct Model {
    params: &'static Params,
    bug: Option<Bug>,
}

/// Answers for ML-DSA: keys, signatures and verifications, of every interface.
pub(crate) fn answer(bug: Option<Bug>, question: &Question) -> Answer {
    let Some(params) = Params::of(question.alg) else { return Answer::Unsupported(Lack::Alg) };
    let model = Model { params, bug };
    let result = match question.op {
        Op::Keygen => model
            .keygen(question.input.bytes(Field::Seed))
            .map(|(pk, key)| Output::from([(Field::Pk, pk), (Field::Sk, model.encode_sk(&key))])),
        Op::Sign | Op::SignPrehash | Op::SignInternal | Op::SignMu => {
            model.sign(question).map(|sig| Output::from([(Field::Sig, sig)]))
        }
        Op::Verify | Op::VerifyPrehash | Op::VerifyInternal | Op::VerifyMu => {
            model.verify(question).map(|()| Output::new())
        }
        _ => Err(Answer::Unsupported(Lack::Op)),
    };
    result.map_or_else(|other| other, Answer::Output)
}

/// The verifying key that an unbroken model finds to an expanded signing key.
///
/// # Errors
/// As [`answer`]'s of a question with that key; a t0 or a tr that does not belong to the rest of it.
pub(crate) fn verifying_key(alg: Alg, sk: &[u8]) -> Result<Vec<u8>, Answer> {
    let model = Model { params: Params::of(alg).ok_or(Answer::Unsupported(Lack::Alg))?, bug: None };
    let key = model.decode_sk(sk)?;
    let (t1, t0) = model.halves(&key.rho, &key.s1, &key.s2);
    let pk = model.encode_pk(&key.rho, &t1);
    if t0 == key.t0 && shake256(&[&pk], 64) == key.tr { Ok(pk) } else { Err(Answer::Reject(Reason::Hash)) }
}

impl Model {
    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Algorithm 6: the verifying key's encoding, and the signing key.
    fn keygen(&self, seed: &[u8]) -> Result<(Vec<u8>, SigningKey), Answer> {
        if seed.len() != 32 {
            return Err(Answer::Reject(Reason::Length));
        }
        let sizes = [self.params.k as u8, self.params.l as u8];
        let sizes: &[u8] = if self.has(Bug::SeedDraft) { &[] } else { &sizes };
        let expanded = shake256(&[seed, sizes], 128);
        let (rho, rest) = expanded.split_at(32);
        let (rho_prime, key) = rest.split_at(64);
        let (s1, s2) = self.expand_s(rho_prime);
        let (t1, t0) = self.halves(rho, &s1, &s2);
        let pk = self.encode_pk(rho, &t1);
        let tr = shake256(&[&pk], 64);
        Ok((pk, SigningKey { rho: rho.to_vec(), k: key.to_vec(), tr, s1, s2, t0 }))
    }

    /// t1 and t0 of t = A·s1 + s2: algorithm 6, steps 5 and 6.
    fn halves(&self, rho: &[u8], s1: &[Signed], s2: &[Signed]) -> (Vec<Poly>, Vec<Signed>) {
        let s1_hat = transformed(s1);
        let t = self.expand_a(rho).into_iter().zip(s2);
        let t = t.map(|(row, s2)| sum(&inverse_ntt(dot(&row, &s1_hat)), &reduced(s2)));
        let pairs = t.map(|t| t.map(|t| self.power2round(t)));
        pairs.map(|pairs| (pairs.map(|(high, _)| high), pairs.map(|(_, low)| low))).unzip()
    }

    /// Algorithms 2 and 4, with the randomness given.
    fn sign(&self, question: &Question) -> Result<Vec<u8>, Answer> {
        let input = &question.input;
        let key = self.signing_key(question)?;
        let Some(message) = self.messages(question.op, input)?.into_iter().next() else {
            return Err(Answer::Unsupported(Lack::Op));
        };
        let rnd = input.bytes(Field::Rnd);
        if rnd.len() != 32 {
            return Err(Answer::Reject(Reason::Length));
        }
        let in_bound = |z: &[Signed]| match self.bug {
            Some(Bug::SignNoZ) => true,
            Some(Bug::SignZLoose) => norm(z) <= self.params.z_bound(),
            _ => norm(z) < self.params.z_bound(),
        };
        self.sign_internal(&key, &message, rnd, in_bound)
    }

    fn signing_key(&self, question: &Question) -> Result<SigningKey, Answer> {
        match question.input.get(Field::Seed) {
            Some(seed) => self.keygen(seed).map(|(_, key)| key),
            None => self.decode_sk(question.input.bytes(Field::Sk)),
        }
    }

    /// Algorithm 7: the first signature with a z that is taken.
    fn sign_internal(
        &self,
        key: &SigningKey,
        message: &Message,
        rnd: &[u8],
        take_z: impl Fn(&[Signed]) -> bool,
    ) -> Result<Vec<u8>, Answer> {
        let Params { l, gamma2, omega, challenge_len, .. } = *self.params;
        let (s1, s2, t0) = (transformed(&key.s1), transformed(&key.s2), transformed(&key.t0));
        let a = self.expand_a(&key.rho);
        let mu = self.representative(&key.tr, message);
        let rnd = if self.has(Bug::RndIgnored) { &[0; 32] } else { rnd };
        let seed = shake256(&[&key.k, rnd, &mu], 64);
        let step = if self.has(Bug::KappaByOne) { 1 } else { l as u16 };
        let low_bound = (gamma2 as i32).saturating_sub(self.params.beta());
        for attempt in 0..ATTEMPTS {
            let y = self.expand_mask(&seed, attempt.wrapping_mul(step));
            let y_hat = transformed(&y);
            let w: Vec<Poly> = a.iter().map(|row| inverse_ntt(dot(row, &y_hat))).collect();
            let w1 = self.encode_w1(w.iter().flatten().map(|w| self.high_bits(*w)));
            let challenge = shake256(&[&mu, &w1], challenge_len);
            let c = ntt(reduced(&self.sample_in_ball(&challenge)));
            let times_c =
                |vector: &[Poly]| -> Vec<Poly> { vector.iter().map(|one| inverse_ntt(product(&c, one))).collect() };
            let z: Vec<Poly> = y.iter().zip(times_c(&s1)).map(|(y, cs1)| sum(&reduced(y), &cs1)).collect();
            let z = centred_vector(&z);
            if !take_z(&z) {
                continue;
            }
            let rest: Vec<Poly> = w.iter().zip(times_c(&s2)).map(|(w, cs2)| difference(w, &cs2)).collect();
            let low: Vec<Signed> = rest.iter().map(|rest| rest.map(|r| self.low_bits(r))).collect();
            let low_fits = match self.bug {
                Some(Bug::SignNoR0) => true,
                Some(Bug::SignR0Loose) => norm(&low) <= low_bound,
                _ => norm(&low) < low_bound,
            };
            let ct0 = times_c(&t0);
            let ct0_fits = norm(&centred_vector(&ct0)) < gamma2 as i32 || self.has(Bug::SignNoCt0);
            if !low_fits || !ct0_fits {
                continue;
            }
            let hints: Vec<_> = rest.iter().zip(&ct0).map(|(rest, ct0)| self.make_hints(rest, ct0)).collect();
            if hints.iter().flatten().filter(|hint| **hint).count() > omega && !self.has(Bug::SignNoHintCount) {
                continue;
            }
            return Ok(self.encode_sig(&Signature { challenge, z, hints: self.encode_hints(&hints) }));
        }
        Err(Answer::Reject(Reason::Other))
    }

    /// Algorithms 3 and 5.
    fn verify(&self, question: &Question) -> Result<(), Answer> {
        let (pk, sig) = (question.input.bytes(Field::Pk), question.input.bytes(Field::Sig));
        let mut result = Err(Answer::Reject(Reason::Tag));
        for message in self.messages(question.op, &question.input)? {
            let sig = self.decode_sig(sig)?;
            let computed = self.challenge(pk, &message, &sig)?;
            if self.same_challenge(&sig.challenge, &computed) && self.z_fits(&sig.z) {
                result = Ok(());
            }
        }
        result
    }

    /// Algorithm 8 without its last step: c̃′.
    fn challenge(&self, pk: &[u8], message: &Message, sig: &Signature) -> Result<Vec<u8>, Answer> {
        let Params { challenge_len, .. } = *self.params;
        let fitted = self.fitted(pk);
        let (rho, t1) = self.decode_pk(&fitted)?;
        let hints = self.decode_hints(&sig.hints)?;
        let hashed = if self.has(Bug::LongKey) { pk.get(..self.params.pk_len()).unwrap_or(pk) } else { pk };
        let mu = self.representative(&shake256(&[hashed], 64), message);
        let c = ntt(reduced(&self.sample_in_ball(&sig.challenge)));
        let z = transformed(&sig.z);
        let rows = self.expand_a(rho).into_iter().zip(&t1).map(|(row, t1)| {
            let t1 = ntt(t1.map(|t1| t1 << D));
            difference(&dot(&row, &z), &product(&c, &t1))
        });
        let w: Vec<Poly> = rows.map(inverse_ntt).collect();
        let pairs = hints.iter().flatten().zip(w.iter().flatten());
        let w1 = self.encode_w1(pairs.map(|(hint, w)| self.use_hint(*hint, *w)));
        Ok(shake256(&[&mu, &w1], challenge_len))
    }

    /// μ: algorithm 7 step 6, algorithm 8 step 7.
    fn representative(&self, tr: &[u8], message: &Message) -> Vec<u8> {
        let tr = if self.has(Bug::ShortTr) { tr.get(..32).unwrap_or(tr) } else { tr };
        match message {
            Message::Formatted(message) => shake256(&[tr, message], 64),
            Message::Mu(mu) => mu.clone(),
        }
    }

    /// A verifying key in the length that it must have, where a bug makes it fit.
    fn fitted(&self, pk: &[u8]) -> Vec<u8> {
        let mut pk = pk.to_vec();
        let len = self.params.pk_len();
        if (pk.len() > len && self.has(Bug::LongKeyHashed)) || (pk.len() < len && self.has(Bug::ShortKey)) {
            pk.resize(len, 0);
        }
        pk
    }

    /// Algorithm 8 step 13, ‖z‖∞ < γ1 − β.
    fn z_fits(&self, z: &[Signed]) -> bool {
        let Params { gamma1, .. } = *self.params;
        let bound = self.params.z_bound();
        match self.bug {
            Some(Bug::NoZBound) => true,
            Some(Bug::ZBoundDouble) => norm(z) < gamma1.saturating_add(bound),
            Some(Bug::ZBoundGamma1) => norm(z) < gamma1,
            Some(Bug::ZBoundLoose) => norm(z) <= bound,
            Some(Bug::ZBoundTight) => norm(z) < bound.saturating_sub(1),
            Some(Bug::ZNegative) => z.iter().flatten().all(|z| *z < bound),
            Some(Bug::ZPositive) => z.iter().flatten().all(|z| *z > bound.saturating_neg()),
            Some(Bug::ZLast) => norm(z.split_last().map_or(z, |(_, rest)| rest)) < bound,
            _ => norm(z) < bound,
        }
    }

    /// Algorithm 8 step 13, c̃ = c̃′.
    fn same_challenge(&self, given: &[u8], computed: &[u8]) -> bool {
        match self.bug {
            Some(Bug::Challenge32) => given.get(..32) == computed.get(..32),
            Some(Bug::ChallengeStrcmp) => {
                let text = |bytes: &[u8]| bytes.iter().copied().take_while(|byte| *byte != 0).collect::<Vec<_>>();
                text(given) == text(computed)
            }
            _ => given == computed,
        }
    }
}

fn transformed(vector: &[Signed]) -> Vec<Poly> {
    vector.iter().map(|one| ntt(reduced(one))).collect()
}

#[cfg(test)]
mod tests;
