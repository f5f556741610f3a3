//! A model of composite signatures (draft-ietf-lamps-pq-composite-sigs-19) of ML-DSA and Ed25519, with one
//! switch per bug.
//!
//! ```text
//! key, signature   ML-DSA's ‖ Ed25519's
//! M′               prefix ‖ label ‖ len(ctx) ‖ ctx ‖ SHA-512(M)
//! ```
//!
//! Both halves sign M′; the label is also ML-DSA's context.

use sha2::Sha512;

use super::{digest, eddsa, mldsa};
use crate::{Alg, Answer, Field, Input, Lack, Op, Output, Question, Reason};

bugs! {
    /// What a composite can get wrong beside its halves.
    Bug {
        OnlyMlDsa = "composite-only-ml-dsa", "Ed25519's half is not verified", "draft-ietf-lamps-pq-composite-sigs-19 §3.3";
        OnlyEd25519 = "composite-only-ed25519", "ML-DSA's half is not verified", "draft-ietf-lamps-pq-composite-sigs-19 §3.3";
        NoPrefix = "composite-prefix-missing", "M′ lacks its prefix", "draft-ietf-lamps-pq-composite-sigs-19 §2.2";
        NoLabel = "composite-label-missing", "M′ lacks its label", "draft-ietf-lamps-pq-composite-sigs-19 §2.2";
        NoCtx = "composite-ctx-missing", "M′ lacks the context", "draft-ietf-lamps-pq-composite-sigs-19 §2.2";
        NotHashed = "composite-not-hashed", "M′ ends in M in place of its hash", "draft-ietf-lamps-pq-composite-sigs-19 §2.2";
        NoMlDsaCtx = "composite-ml-dsa-ctx-empty", "ML-DSA's context is empty in place of the label", "draft-ietf-lamps-pq-composite-sigs-19 §3.3";
        LongCtx = "composite-long-ctx-accepted", "a context over 255 bytes is accepted, its length written modulo 256", "draft-ietf-lamps-pq-composite-sigs-19 §3.3";
        LongSignature = "composite-long-signature-cut", "bytes after the end of a signature are ignored", "draft-ietf-lamps-pq-composite-sigs-19 §4";
    }
}

/// A composite.
struct Composite {
    lattice: Alg,
    label: &'static [u8],
    pk_len: usize,
    sig_len: usize,
}

impl Composite {
    const fn of(alg: Alg) -> Option<Self> {
        match alg {
            Alg::CompositeMlDsa44Ed25519 => Some(Self {
                lattice: Alg::MlDsa44,
                label: b"COMPSIG-MLDSA44-Ed25519-SHA512",
                pk_len: 1312,
                sig_len: 2420,
            }),
            Alg::CompositeMlDsa65Ed25519 => Some(Self {
                lattice: Alg::MlDsa65,
                label: b"COMPSIG-MLDSA65-Ed25519-SHA512",
                pk_len: 1952,
                sig_len: 3309,
            }),
            _ => None,
        }
    }

    /// §2.2.
    fn representative(&self, bug: Option<Bug>, msg: &[u8], ctx: &[u8]) -> Result<Vec<u8>, Answer> {
        if ctx.len() > 255 && bug != Some(Bug::LongCtx) {
            return Err(Answer::Reject(Reason::Ctx));
        }
        let [len, ..] = ctx.len().to_le_bytes();
        let with_len = [&[len], ctx].concat();
        let hashed = if bug == Some(Bug::NotHashed) { msg.to_vec() } else { digest::<Sha512>(&[msg]) };
        let unless = |one, part: &[u8]| if bug == Some(one) { Vec::new() } else { part.to_vec() };
        let prefix = unless(Bug::NoPrefix, b"CompositeAlgorithmSignatures2025");
        Ok([prefix, unless(Bug::NoLabel, self.label), unless(Bug::NoCtx, &with_len), hashed].concat())
    }

    /// ML-DSA's context.
    const fn lattice_ctx(&self, bug: Option<Bug>) -> &'static [u8] {
        if matches!(bug, Some(Bug::NoMlDsaCtx)) { &[] } else { self.label }
    }

    fn lattice(&self, op: Op, input: Input) -> Answer {
        mldsa::answer(None, &Question { alg: self.lattice, op, input })
    }

    fn keygen(&self, sk: &[u8]) -> Result<Vec<u8>, Answer> {
        let (lattice, classical) = split(sk, 32)?;
        let mut pk = output(self.lattice(Op::Keygen, Input::new().with(Field::Seed, lattice)), Field::Pk)?;
        pk.extend(output(ed25519(Op::Keygen, Input::new().with(Field::Seed, classical)), Field::Pk)?);
        Ok(pk)
    }

    /// §3.3.
    fn verify(&self, bug: Option<Bug>, input: &Input) -> Result<(), Answer> {
        let (pk, sig) = (input.bytes(Field::Pk), input.bytes(Field::Sig));
        let msg = self.representative(bug, input.bytes(Field::Msg), input.bytes(Field::Ctx))?;
        let (lattice_pk, classical_pk) = split(pk, self.pk_len)?;
        let (lattice_sig, mut classical_sig) = split(sig, self.sig_len)?;
        if bug == Some(Bug::LongSignature) {
            classical_sig = classical_sig.get(..64).unwrap_or(classical_sig);
        }
        let question = |pk: &[u8], sig: &[u8]| Input::new().with(Field::Pk, pk).with(Field::Sig, sig);
        let lattice = question(lattice_pk, lattice_sig).with(Field::Msg, &*msg);
        let lattice = self.lattice(Op::Verify, lattice.with(Field::Ctx, self.lattice_ctx(bug)));
        let classical = ed25519(Op::Verify, question(classical_pk, classical_sig).with(Field::Msg, msg));
        for (answer, skipped) in [(lattice, Bug::OnlyEd25519), (classical, Bug::OnlyMlDsa)] {
            if !matches!(answer, Answer::Output(_)) && bug != Some(skipped) {
                return Err(answer);
            }
        }
        Ok(())
    }
}

/// Answers for composites.
pub(crate) fn answer(bug: Option<Bug>, question: &Question) -> Answer {
    let Some(composite) = Composite::of(question.alg) else { return Answer::Unsupported(Lack::Alg) };
    let outputs = match question.op {
        Op::Keygen => composite.keygen(question.input.bytes(Field::Sk)).map(|pk| Output::from([(Field::Pk, pk)])),
        Op::Verify => composite.verify(bug, &question.input).map(|()| Output::new()),
        _ => return Answer::Unsupported(Lack::Op),
    };
    outputs.map_or_else(|other| other, Answer::Output)
}

fn ed25519(op: Op, input: Input) -> Answer {
    eddsa::answer(None, &Question { alg: Alg::Ed25519, op, input })
}

fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), Answer> {
    bytes.split_at_checked(at).ok_or(Answer::Reject(Reason::Length))
}

fn output(answer: Answer, field: Field) -> Result<Vec<u8>, Answer> {
    match answer {
        Answer::Output(mut outputs) => outputs.remove(&field).ok_or(Answer::Unsupported(Lack::Op)),
        other => Err(other),
    }
}

/// A verification that a model with this bug accepts; without one, a valid one. With a bug it must be refused.
/// `sk` is the draft's, of 64 bytes.
pub(crate) fn craft(bug: Option<Bug>, alg: Alg, sk: &[u8], msg: &[u8], ctx: &[u8]) -> Option<Question> {
    let composite = Composite::of(alg)?;
    let ctx = if bug == Some(Bug::LongCtx) { &[7; 259] } else { ctx };
    let signed = composite.representative(bug, msg, ctx).ok()?;
    let (lattice, classical) = sk.split_at_checked(32)?;
    let to_sign = |seed| Input::new().with(Field::Seed, seed).with(Field::Msg, &*signed);
    let lattice = to_sign(lattice).with(Field::Ctx, composite.lattice_ctx(bug)).with(Field::Rnd, [0; 32]);
    let mut sig = output(composite.lattice(Op::Sign, lattice), Field::Sig).ok()?;
    sig.extend(output(ed25519(Op::Sign, to_sign(classical)), Field::Sig).ok()?);
    match bug {
        Some(Bug::OnlyMlDsa) => sig.last_mut().map(|byte| *byte ^= 1)?,
        Some(Bug::OnlyEd25519) => sig.first_mut().map(|byte| *byte ^= 1)?,
        Some(Bug::LongSignature) => sig.push(0),
        _ => {}
    }
    let input = Input::new().with(Field::Pk, composite.keygen(sk).ok()?).with(Field::Sig, sig);
    Some(Question { alg, op: Op::Verify, input: input.with(Field::Msg, msg).with(Field::Ctx, ctx) })
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;
    use crate::model::tests::data;

    const ALGS: [Alg; 2] = [Alg::CompositeMlDsa44Ed25519, Alg::CompositeMlDsa65Ed25519];

    #[test]
    fn verifies_the_drafts_vectors() {
        let Some(file) = data("verifies_the_drafts_vectors", "composite-sigs/testvectors.json") else { return };
        let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
        let bytes = |value: &serde_json::Value| BASE64.decode(value.as_str().unwrap().as_bytes()).unwrap();
        let tests = file["tests"].as_array().unwrap().iter();
        let known = tests.filter_map(|test| {
            let alg = Alg::by_name(test["tcId"].as_str()?).filter(|alg| ALGS.contains(alg))?;
            Some((alg, test))
        });
        let mut count = 0;
        for (alg, test) in known {
            let keygen = Question { alg, op: Op::Keygen, input: Input::new().with(Field::Sk, bytes(&test["sk"])) };
            let pk = bytes(&test["pk"]);
            assert_eq!(answer(None, &keygen), Answer::Output(Output::from([(Field::Pk, pk.clone())])));
            for (name, ctx) in [("s", vec![]), ("sWithContext", bytes(&file["ctx"]))] {
                let input = Input::new().with(Field::Pk, &*pk).with(Field::Msg, bytes(&file["m"]));
                let input = input.with(Field::Ctx, ctx).with(Field::Sig, bytes(&test[name]));
                let question = Question { alg, op: Op::Verify, input };
                assert_eq!(answer(None, &question), Answer::Output(Output::new()), "{alg} {name}");
                count += 1;
            }
        }
        assert_eq!(count, 4);
    }

    #[test]
    fn every_bug_accepts_what_must_be_refused() {
        for alg in ALGS {
            let question = craft(None, alg, &[9; 64], b"message", b"context").unwrap();
            assert_eq!(answer(None, &question), Answer::Output(Output::new()));
            for (bug, name, ..) in BUGS {
                let question = craft(Some(*bug), alg, &[9; 64], b"message", b"context").unwrap();
                assert_eq!(question.shape(), Ok(()));
                assert_eq!(answer(Some(*bug), &question), Answer::Output(Output::new()), "{alg} {name}");
                assert!(matches!(answer(None, &question), Answer::Reject(_)), "{alg} {name}");
            }
        }
    }
}
