//! Whether what passed a run may be believed.
//!
//! Whoever knows the vectors can pass them without computing anything: all published ones are public. So each
//! operation that passed is asked questions that no file holds, with the answers of the models; and who refuses
//! everything passes every case that must be refused, so each must accept something too.

use shake::{ExtendableOutput as _, Shake256, Update as _, XofReader as _};

use super::probe::{Lie, Problem, model, probe};
use crate::{
    Alg, Answer, Case, Expect, Family, Field, Implementation, Input, KeyForm, Op, Outcome, Policy, Question, Report,
    Verdict,
};

/// Probes whoever answered a run, and writes what comes of it into the report: every [`Problem`] into
/// [`Report::probes`], and the first of them into [`Report::unverified`] unless the run has failures, which say
/// enough. `seed` is what the questions are made from: the implementation must not be able to know it. `valid` gives
/// a case of an operation that must be accepted, for those that no model has; none if there is none.
///
/// Each operation that passed costs up to eight questions.
///
/// ```
/// use twinlock_kat::{Alg, Case, Expect, Field, Input, Op, Options, Output, Question, Set, harness, references, run};
///
/// let model = references().remove(0);
/// let input = Input::new().with(Field::Ek, [0; 7]);
/// let question = Question { alg: Alg::MlKem768, op: Op::CheckEk, input };
/// let case = Case { id: "1".into(), note: String::new(), flags: vec![], question, expect: Expect::Reject };
/// let sets = [Ok(Set { name: "too short".into(), cases: vec![case], expected: None })];
/// let mut report = run(&model, sets.into_iter(), &Options::default(), &|_| ())?;
/// harness::trust(&model, &mut report, &[7; 32], |_, _| None);
/// assert_eq!((report.probes.len(), report.exit_code()), (0, 0));
/// # Ok::<(), twinlock_kat::Error>(())
/// ```
pub fn trust(
    implementation: &dyn Implementation,
    report: &mut Report,
    seed: &[u8; 32],
    mut valid: impl FnMut(Alg, Op) -> Option<Case>,
) {
    let mut problems = Vec::new();
    for ((alg, op), counts) in report.operations() {
        if counts.passed() == 0 {
            continue;
        }
        let what = Some((alg, op));
        let passes = report.samples.iter().filter(|pass| (pass.case.question.alg, pass.case.question.op) == (alg, op));
        let accepted = passes.clone().find(|pass| matches!(pass.answer, Answer::Output(_)));
        let refused = passes.clone().find(|pass| matches!(pass.answer, Answer::Reject(_)));
        let sample: Vec<_> = [accepted, refused].into_iter().flatten().map(|pass| (*pass.case).clone()).collect();
        problems.extend(probe(implementation, &sample));

        let mut accepts = accepted.is_some();
        if let Some(case) = fresh(alg, op, implementation.key_forms(alg, op), seed) {
            match tried(implementation, &case) {
                Tried::Right => accepts = true,
                // Who refuses everything could say so too: another operation must show that something is computed.
                Tried::NotOffered => accepts |= computes(implementation, alg, seed),
                Tried::Wrong => problems.push(Problem { lie: Lie::ByHeart, what, case: String::new() }),
            }
        }
        if !accepts {
            let tried = valid(alg, op).map(|case| (tried(implementation, &case), case.id));
            let lie = match tried {
                Some((Tried::Right, _)) => continue,
                Some((Tried::Wrong, case)) => Problem { lie: Lie::RejectsEverything, what, case },
                Some((Tried::NotOffered, _)) | None => Problem { lie: Lie::Unshown, what, case: String::new() },
            };
            problems.push(lie);
        }
    }
    report.probes = problems.iter().map(ToString::to_string).collect();
    if report.counts().failed() == 0 {
        report.unverified = report.probes.first().map(|first| format!("the answers prove nothing: {first}"));
    }
}

/// What came of a question that must be accepted.
enum Tried {
    /// The expected answer.
    Right,
    /// Another.
    Wrong,
    /// None, but no refusal either.
    NotOffered,
}

/// Whether any operation of an algorithm gives the answer of the models to a fresh question.
fn computes(implementation: &dyn Implementation, alg: Alg, seed: &[u8; 32]) -> bool {
    alg.ops().iter().any(|op| {
        let case = fresh(alg, *op, implementation.key_forms(alg, *op), seed);
        case.is_some_and(|case| matches!(tried(implementation, &case), Tried::Right))
    })
}

fn tried(implementation: &dyn Implementation, case: &Case) -> Tried {
    let answer = implementation.answer(&case.question);
    if matches!(answer, Answer::Unsupported(_)) {
        return Tried::NotOffered;
    }
    let verdict = Verdict::judge(case, Outcome::Answer(answer), Policy::default());
    if verdict.class().is_pass() { Tried::Right } else { Tried::Wrong }
}

/// A case that must be accepted, made from the seed with the models; none if they do not have the operation.
fn fresh(alg: Alg, op: Op, forms: &[KeyForm], seed: &[u8; 32]) -> Option<Case> {
    let mut hash = Shake256::default();
    [seed, alg.name().as_bytes(), op.name().as_bytes()].iter().for_each(|part| hash.update(part));
    let mut stream = hash.finalize_xof();
    let mut random = |length: usize| {
        let mut bytes = vec![0; length];
        stream.read(&mut bytes);
        bytes
    };
    let known = |op, input| match model(&Question { alg, op, input })? {
        Answer::Output(output) => Some(output),
        _ => None,
    };
    let input = match alg.family() {
        Family::MlKem | Family::Kem => {
            let (seed, m) = lengths(alg)?;
            let (seed, m) = (Input::new().with(Field::Seed, random(seed)), random(m));
            let mut pair = known(Op::Keygen, seed.clone())?;
            let mut part = |field| Some(Input::new().with(field, pair.remove(&field)?));
            match op {
                Op::Keygen => seed,
                Op::Encaps => part(Field::Ek)?.with(Field::M, m),
                Op::Decaps => {
                    let c = known(Op::Encaps, part(Field::Ek)?.with(Field::M, m))?.remove(&Field::C)?;
                    let key = if forms.contains(&KeyForm::Seed) { seed } else { part(Field::Dk)? };
                    key.with(Field::C, c)
                }
                Op::CheckEk => part(Field::Ek)?,
                Op::CheckDk => part(Field::Dk)?,
                _ => return None,
            }
        }
        Family::MlDsa | Family::EdDsa => {
            let seed = Input::new().with(Field::Seed, random(32));
            if op == Op::Keygen {
                return known(op, seed.clone()).map(|output| case(Question { alg, op, input: seed }, output));
            }
            let mut pair = known(Op::Keygen, seed.clone())?;
            let ed = alg.family() == Family::EdDsa;
            let sign = match op {
                Op::Verify => Op::Sign,
                Op::VerifyPrehash => Op::SignPrehash,
                Op::VerifyInternal => Op::SignInternal,
                Op::VerifyMu => Op::SignMu,
                op => op,
            };
            let text = match sign {
                Op::Sign if ed => Input::new().with(Field::Msg, random(32)),
                Op::Sign => Input::new().with(Field::Msg, random(32)).with(Field::Ctx, random(8)),
                Op::SignPrehash => {
                    let input = Input::new().with(Field::Msg, random(32)).with(Field::Ctx, random(8));
                    input.with_text(Field::Hash, "SHA2-512")
                }
                Op::SignInternal => Input::new().with(Field::Msg, random(32)),
                Op::SignMu => Input::new().with(Field::Mu, random(64)),
                _ => return None,
            };
            let with = |mut key: Input| {
                key.0.extend(text.0.clone());
                key
            };
            // Zeros are the randomness that every implementation can sign with.
            let signing = |key| if ed { with(key) } else { with(key).with(Field::Rnd, [0; 32]) };
            if op == sign {
                let expanded = !ed && !forms.contains(&KeyForm::Seed);
                signing(if expanded { Input::new().with(Field::Sk, pair.remove(&Field::Sk)?) } else { seed })
            } else {
                let sig = known(sign, signing(seed))?.remove(&Field::Sig)?;
                with(Input::new().with(Field::Pk, pair.remove(&Field::Pk)?)).with(Field::Sig, sig)
            }
        }
        Family::Hash if op == Op::Hash => Input::new().with(Field::Msg, random(32)),
        Family::Xof => Input::new().with(Field::Msg, random(32)).with_number(Field::Len, 32),
        Family::Dh => {
            let mut private = || Input::new().with(Field::Private, random(if alg == Alg::P384 { 48 } else { 32 }));
            match op {
                Op::Keygen => private(),
                Op::Agree => {
                    let public = known(Op::Keygen, private())?.remove(&Field::Public)?;
                    private().with(Field::Public, public)
                }
                _ => return None,
            }
        }
        _ => return None,
    };
    let output = known(op, input.clone())?;
    Some(case(Question { alg, op, input }, output))
}

fn case(question: Question, output: crate::Output) -> Case {
    let (id, note, flags) = (String::new(), String::new(), Vec::new());
    Case { id, note, flags, question, expect: Expect::Output(output) }
}

/// The lengths of a KEM's seed and of the randomness of its encapsulation, in bytes, where a model has it.
const fn lengths(alg: Alg) -> Option<(usize, usize)> {
    Some(match alg {
        Alg::MlKem512 | Alg::MlKem768 | Alg::MlKem1024 | Alg::MlKem512Ipd | Alg::MlKem768Ipd | Alg::MlKem1024Ipd => {
            (64, 32)
        }
        Alg::Kyber512 | Alg::Kyber768 | Alg::Kyber1024 => (64, 32),
        Alg::XWing => (32, 64),
        Alg::MlKem768P256 => (32, 160),
        Alg::MlKem1024P384 => (32, 80),
        Alg::X25519MlKem768 | Alg::SecP256r1MlKem768 | Alg::SshMlKem768X25519 => (96, 64),
        Alg::SecP384r1MlKem1024 => (112, 80),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{About, Lack, Options, Reason, Set, run};

    /// Refuses what it is to refuse, and offers nothing that must be accepted.
    struct Refuser;

    impl Implementation for Refuser {
        fn about(&self) -> About {
            About::default()
        }

        fn answer(&self, question: &Question) -> Answer {
            match question.input.bytes(Field::Ek).len() {
                7 => Answer::Reject(Reason::Length),
                _ => Answer::Unsupported(Lack::Param),
            }
        }
    }

    #[test]
    fn who_only_refuses_is_not_excused_by_offering_nothing_else() {
        for op in [Op::Encaps, Op::CheckEk] {
            let input = Input::new().with(Field::Ek, [0; 7]).with(Field::M, [0; 32]);
            let input = if op == Op::CheckEk { Input::new().with(Field::Ek, [0; 7]) } else { input };
            let question = Question { alg: Alg::MlKem768, op, input };
            let case = Case { id: "1".into(), note: String::new(), flags: vec![], question, expect: Expect::Reject };
            let sets = [Ok(Set { name: "too short".into(), cases: vec![case], expected: None })];
            let mut report = run(&Refuser, sets.into_iter(), &Options::default(), &|_| ()).unwrap();
            assert_eq!(report.exit_code(), 0);
            trust(&Refuser, &mut report, &[7; 32], |_, _| None);
            assert_eq!(report.exit_code(), 3, "{op}");
        }
    }
}
