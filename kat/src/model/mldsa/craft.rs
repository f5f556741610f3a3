//! Signatures with a fault, made by whoever has the key: what it takes to catch verifiers that skip a check.
//!
//! Where an honest key makes them, one does. Where it would rarely or never, the key has t1 = 0: then w′ does
//! not depend on c̃, and any z and any hints become a signature by setting c̃ to what the verifier computes.

use super::{
    Bug, Model, Params,
    encode::{Signature, SigningKey},
    poly::{Signed, dot, inverse_ntt, norm},
    prehash::Message,
    transformed,
};
use crate::{Case, Expect, Field, Op, Output, Question, model::shake256};

macro_rules! faults {
    ($($variant:ident = $name:literal, $valid:literal;)*) => {
        /// What is special about a signature.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault {
            $(#[doc = $name] $variant,)*
        }

        impl Fault {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// It in words.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Whether the signature must be accepted all the same.
            pub(crate) const fn is_valid(self) -> bool {
                match self {
                    $(Self::$variant => $valid,)*
                }
            }
        }
    };
}

faults! {
    None = "no fault", true;
    OtherInterface = "a pure signature asked about as a pre-hash one, or the reverse", false;
    LongCtx = "a context over 255 bytes, signed with its length modulo 256", false;
    CtxCut = "a context over 255 bytes, signed cut to its length modulo 256", false;
    LongSignature = "a byte after the signature", false;
    LongKey = "a byte after the verifying key", false;
    LongKeyHashed = "t1 = 0 and a byte after the verifying key, which tr covers", false;
    ShortKey = "t1 = 0 and a verifying key without its last zero byte, and tr of that", false;
    ChallengeTail = "t1 = 0 and another last byte of c̃", false;
    ChallengeAfterZero = "t1 = 0 and another last byte of c̃, behind a zero byte", false;
    ZBelowBound = "t1 = 0 and a coefficient of z is γ1 − β − 1", true;
    ZBelowNegativeBound = "t1 = 0 and a coefficient of z is −(γ1 − β − 1)", true;
    ZAtBound = "t1 = 0 and a coefficient of z is γ1 − β", false;
    ZAtNegativeBound = "t1 = 0 and a coefficient of z is −(γ1 − β)", false;
    ZGamma1 = "t1 = 0 and a coefficient of z is γ1", false;
    ZOverBound = "positive coefficients of z are over the bound", false;
    ZOverNegativeBound = "negative coefficients of z are over the bound", false;
    ZLastOverBound = "only the last polynomial of z is over the bound", false;
    RepeatedHint = "a hint twice", false;
    UnorderedHints = "two hints swapped", false;
    PaddedHints = "padding of hints that is not zero", false;
    NoHints = "t1 = 0 and no hint", true;
    MostHints = "t1 = 0 and ω hints in one polynomial", true;
    TooManyHints = "t1 = 0 and ω + 1 hints, the last of them read behind the end", false;
    DecreasingCuts = "t1 = 0 and a cut between hints that is lower than the one before", false;
    HintAtZero = "t1 = 0 and a hint where r0 = 0", true;
    HintAtZeroUp = "t1 = 0 and a hint where r0 = 0, with 1 added", false;
    RemainderHalf = "t1 = 0 and a remainder of γ2", true;
    RemainderHalfUp = "t1 = 0 and a remainder of γ2, rounded up", false;
}

/// How many signatures are looked through for one that the fault fits.
const ROUNDS: u16 = 4096;

/// The verification of a signature with this fault, for a question that asks to sign with a seed. Its id is
/// the fault's name. Nothing if the question is another, if the interface cannot have the fault, or if no
/// signature with it is found.
pub(crate) fn craft(fault: Fault, question: &Question) -> Option<Case> {
    let smith = Smith::new(question)?;
    let params = smith.model.params;
    let (below, bound) = (params.z_bound().saturating_sub(1), params.z_bound());
    let any = |_: &mut Signature| Some(());
    let question = match fault {
        Fault::None => smith.honest(any),
        Fault::OtherInterface => smith.other_interface(),
        Fault::LongCtx => smith.long_ctx(Bug::LongCtx),
        Fault::CtxCut => smith.long_ctx(Bug::CtxCut),
        Fault::LongSignature => smith.honest(any).map(|question| lengthened(question, Field::Sig)),
        Fault::LongKey => smith.honest(any).map(|question| lengthened(question, Field::Pk)),
        Fault::LongKeyHashed => {
            let mut pk = smith.zero_key();
            pk.push(0);
            smith.forged(Bug::LongKeyHashed, pk, smith.small_z(0), smith.hints(&[]))
        }
        Fault::ShortKey => {
            let mut pk = smith.zero_key();
            pk.pop();
            smith.forged(Bug::ShortKey, pk, smith.small_z(0), smith.hints(&[]))
        }
        Fault::ChallengeTail => smith.other_challenge(|_| true),
        Fault::ChallengeAfterZero => smith.other_challenge(|rest| rest.contains(&0)),
        Fault::ZBelowBound => smith.with_coefficient(below),
        Fault::ZBelowNegativeBound => smith.with_coefficient(below.saturating_neg()),
        Fault::ZAtBound => smith.with_coefficient(bound),
        Fault::ZAtNegativeBound => smith.with_coefficient(bound.saturating_neg()),
        Fault::ZGamma1 => smith.with_coefficient(params.gamma1),
        Fault::ZOverBound => smith.with_z(|z| highest(z) > bound && lowest(z) > bound.saturating_neg()),
        Fault::ZOverNegativeBound => smith.with_z(|z| lowest(z) < bound.saturating_neg() && highest(z) < bound),
        Fault::ZLastOverBound => smith.with_z(|z| {
            z.split_last().is_some_and(|(last, rest)| norm(core::slice::from_ref(last)) > bound && norm(rest) < bound)
        }),
        Fault::RepeatedHint => smith.honest(|sig| smith.repeat_hint(&mut sig.hints)),
        Fault::UnorderedHints => smith.honest(|sig| smith.swap_hints(&mut sig.hints)),
        Fault::PaddedHints => smith.honest(|sig| {
            let last = sig.hints.get_mut(params.omega.checked_sub(1)?)?;
            (*last == 0).then(|| *last = 1)
        }),
        Fault::NoHints => smith.forged(None, smith.zero_key(), smith.small_z(0), smith.hints(&[])),
        Fault::MostHints => {
            let places: Vec<u8> = (0..params.omega as u8).collect();
            smith.forged(None, smith.zero_key(), smith.small_z(0), smith.hints(&places))
        }
        Fault::TooManyHints => {
            // Of the last polynomial's two hints, the second is behind the end, where the first cut stands.
            let places: Vec<u8> = (0..params.omega as u8).collect();
            let mut hints = smith.hints(places.split_last()?.1);
            *hints.last_mut()? = (params.omega as u8).checked_add(1)?;
            smith.forged(Bug::HintCount, smith.zero_key(), smith.small_z(0), hints)
        }
        Fault::DecreasingCuts => {
            let mut hints = smith.hints(&[7]);
            *hints.get_mut(params.omega.checked_add(1)?)? = 0;
            smith.forged(Bug::DecreasingCuts, smith.zero_key(), smith.small_z(0), hints)
        }
        // z = 0 makes w′ = 0.
        Fault::HintAtZero => smith.forged(None, smith.zero_key(), smith.zero_z(), smith.hints(&[7])),
        Fault::HintAtZeroUp => smith.forged(Bug::UseHintZero, smith.zero_key(), smith.zero_z(), smith.hints(&[7])),
        Fault::RemainderHalf => smith.with_half_remainder(None),
        Fault::RemainderHalfUp => smith.with_half_remainder(Some(Bug::DecomposeHalf)),
    }?;
    let name = fault.name().to_owned();
    let expect = if fault.is_valid() { Expect::Output(Output::new()) } else { Expect::Reject };
    Some(Case { id: name.clone(), note: name, flags: Vec::new(), question, expect })
}

/// A byte more of a field.
fn lengthened(mut question: Question, field: Field) -> Question {
    let longer = [question.input.bytes(field), &[0]].concat();
    question.input = question.input.with(field, longer);
    question
}

/// Who signs: an honest key, and what there is to sign.
struct Smith<'a> {
    model: Model,
    question: &'a Question,
    pk: Vec<u8>,
    key: SigningKey,
}

impl<'a> Smith<'a> {
    fn new(question: &'a Question) -> Option<Self> {
        let model = Model { params: Params::of(question.alg)?, bug: None };
        let (pk, key) = model.keygen(question.input.get(Field::Seed)?).ok()?;
        question.input.get(Field::Rnd)?;
        Some(Self { model, question, pk, key })
    }

    fn message(&self, model: Model) -> Option<Message> {
        model.messages(self.question.op, &self.question.input).ok()?.into_iter().next()
    }

    /// The question whether a signature verifies.
    fn ask(&self, pk: Vec<u8>, sig: &Signature) -> Option<Question> {
        let op = match self.question.op {
            Op::Sign => Op::Verify,
            Op::SignPrehash => Op::VerifyPrehash,
            Op::SignInternal => Op::VerifyInternal,
            Op::SignMu => Op::VerifyMu,
            _ => return None,
        };
        let mut input = self.question.input.clone().with(Field::Pk, pk).with(Field::Sig, self.model.encode_sig(sig));
        input.0.retain(|field, _| !matches!(field, Field::Seed | Field::Rnd));
        Some(Question { alg: self.question.alg, op, input })
    }

    /// The first of the honest key's signatures with a z that is taken and that can be edited so, over
    /// randomness that comes from the question's.
    fn search(
        &self,
        model: Model,
        take_z: impl Fn(&[Signed]) -> bool,
        edit: impl Fn(&mut Signature) -> Option<()>,
    ) -> Option<Question> {
        let message = self.message(model)?;
        (0..ROUNDS).find_map(|round| {
            let rnd = shake256(&[self.question.input.bytes(Field::Rnd), &round.to_le_bytes()], 32);
            let sig = model.sign_internal(&self.key, &message, &rnd, &take_z).ok()?;
            let mut sig = self.model.decode_sig(&sig).ok()?;
            edit(&mut sig)?;
            self.ask(self.pk.clone(), &sig)
        })
    }

    fn honest(&self, edit: impl Fn(&mut Signature) -> Option<()>) -> Option<Question> {
        let bound = self.model.params.z_bound();
        self.search(self.model, |z| norm(z) < bound, edit)
    }

    /// A signature with such a z, and all else as it must be.
    fn with_z(&self, take_z: impl Fn(&[Signed]) -> bool) -> Option<Question> {
        self.search(self.model, take_z, |_| Some(()))
    }

    fn other_interface(&self) -> Option<Question> {
        let mut question = self.honest(|_| Some(()))?;
        match question.op {
            Op::Verify => {
                question.op = Op::VerifyPrehash;
                question.input = question.input.with_text(Field::Hash, "SHA2-512");
            }
            Op::VerifyPrehash => {
                question.op = Op::Verify;
                question.input.0.remove(&Field::Hash);
            }
            _ => return None,
        }
        Some(question)
    }

    /// A signature over a context that is too long, as this bug takes it.
    fn long_ctx(&self, bug: Bug) -> Option<Question> {
        if !matches!(self.question.op, Op::Sign | Op::SignPrehash) {
            return None;
        }
        let mut question = self.question.clone();
        question.input = question.input.with(Field::Ctx, [7; 259]);
        let bound = self.model.params.z_bound();
        let model = Model { bug: Some(bug), ..self.model };
        Smith::new(&question)?.search(model, |z| norm(z) < bound, |_| Some(()))
    }

    /// Writes the first hint twice, if there is room.
    fn repeat_hint(&self, hints: &mut [u8]) -> Option<()> {
        let (places, cuts) = hints.split_at_mut_checked(self.model.params.omega)?;
        let total = usize::from(*cuts.last()?);
        if total == 0 || total == places.len() {
            return None;
        }
        let owner = cuts.iter().position(|cut| *cut > 0)?;
        places.copy_within(..total, 1);
        cuts.iter_mut().skip(owner).for_each(|cut| *cut = cut.saturating_add(1));
        Some(())
    }

    /// Swaps the first two hints of a polynomial that has two.
    fn swap_hints(&self, hints: &mut [u8]) -> Option<()> {
        let (places, cuts) = hints.split_at_mut_checked(self.model.params.omega)?;
        let starts = core::iter::once(0).chain(cuts.iter().copied());
        let (start, _) = starts.zip(cuts.iter()).find(|(start, cut)| cut.saturating_sub(*start) >= 2)?;
        let start = usize::from(start);
        let [first, second] = places.get_mut(start..)?.first_chunk_mut()?;
        core::mem::swap(first, second);
        Some(())
    }

    /// The verifying key with t1 = 0, and the ρ of the honest one.
    fn zero_key(&self) -> Vec<u8> {
        let t1 = vec![[0; 256]; self.model.params.k];
        self.model.encode_pk(&self.key.rho, &t1)
    }

    /// A z well below the bound.
    fn small_z(&self, round: u16) -> Vec<Signed> {
        let seed = shake256(&[self.question.input.bytes(Field::Rnd), &round.to_le_bytes()], 64);
        self.model.expand_mask(&seed, 0).iter().map(|z| z.map(|z| z >> 1)).collect()
    }

    fn zero_z(&self) -> Vec<Signed> {
        vec![[0; 256]; self.model.params.l]
    }

    /// The bytes of hints at these places of the first polynomial.
    fn hints(&self, first: &[u8]) -> Vec<u8> {
        let mut bytes = first.to_vec();
        bytes.resize(self.model.params.omega, 0);
        bytes.extend(vec![first.len() as u8; self.model.params.k]);
        bytes
    }

    /// A signature under a key with t1 = 0 that a model with this bug accepts.
    fn forged(&self, bug: impl Into<Option<Bug>>, pk: Vec<u8>, z: Vec<Signed>, hints: Vec<u8>) -> Option<Question> {
        let model = Model { bug: bug.into(), ..self.model };
        let mut sig = Signature { challenge: vec![0; model.params.challenge_len], z, hints };
        sig.challenge = model.challenge(&pk, &self.message(model)?, &sig).ok()?;
        self.ask(pk, &sig)
    }

    /// The same, but for another last byte of c̃ where the rest of it is so.
    fn other_challenge(&self, fits: impl Fn(&[u8]) -> bool) -> Option<Question> {
        (0..ROUNDS).find_map(|round| {
            let question = self.forged(None, self.zero_key(), self.small_z(round), self.hints(&[]))?;
            let mut sig = self.model.decode_sig(question.input.bytes(Field::Sig)).ok()?;
            let (last, rest) = sig.challenge.split_last_mut()?;
            *last ^= 1;
            if fits(rest) { self.ask(self.zero_key(), &sig) } else { None }
        })
    }

    /// The same with this coefficient in z.
    fn with_coefficient(&self, value: i32) -> Option<Question> {
        let mut z = self.small_z(0);
        z.iter_mut().flatten().take(1).for_each(|z| *z = value);
        self.forged(None, self.zero_key(), z, self.hints(&[]))
    }

    /// The same with a coefficient of w′ whose r0 is γ2.
    fn with_half_remainder(&self, bug: Option<Bug>) -> Option<Question> {
        let a = self.model.expand_a(&self.key.rho);
        let half = self.model.params.gamma2 as i32;
        let z = (0..ROUNDS).map(|round| self.small_z(round)).find(|z| {
            let z = transformed(z);
            a.iter().any(|row| inverse_ntt(dot(row, &z)).iter().any(|w| self.model.low_bits(*w) == half))
        })?;
        self.forged(bug, self.zero_key(), z, self.hints(&[]))
    }
}

fn highest(z: &[Signed]) -> i32 {
    z.iter().flatten().copied().max().unwrap_or(0)
}

fn lowest(z: &[Signed]) -> i32 {
    z.iter().flatten().copied().min().unwrap_or(0)
}
