use data_encoding::HEXUPPER_PERMISSIVE as HEX;
use serde_json::Value;

use super::{craft::Fault, *};
use crate::{Case, Expect, Input, Policy, Verdict, answer::Outcome, model::tests::data};

const SETS: [Alg; 3] = [Alg::MlDsa44, Alg::MlDsa65, Alg::MlDsa87];

fn json(test: &str, file: &str) -> Option<Value> {
    data(test, file).map(|text| serde_json::from_slice(&text).unwrap())
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "message" => Field::Msg,
        "context" => Field::Ctx,
        "signature" => Field::Sig,
        "sk" | "pk" | "mu" | "rnd" | "seed" => Field::by_name(name).unwrap(),
        _ => return None,
    })
}

/// The cases of ACVP prompts and results; in 2024 only the internal interface was asked about, and both were
/// one file.
fn acvp(mode: &str, prompt: &Value, results: &Value) -> Vec<Case> {
    let mut cases = Vec::new();
    let groups = prompt["testGroups"].as_array().unwrap().iter().zip(results["testGroups"].as_array().unwrap());
    for (group, results) in groups {
        let external = group["signatureInterface"] == "external";
        let op = match (mode, external, group["preHash"] == "preHash", group["externalMu"] == true) {
            ("keyGen", ..) => Op::Keygen,
            ("sigGen", true, false, _) => Op::Sign,
            ("sigGen", true, true, _) => Op::SignPrehash,
            ("sigGen", false, _, true) => Op::SignMu,
            ("sigGen", ..) => Op::SignInternal,
            (_, true, false, _) => Op::Verify,
            (_, true, true, _) => Op::VerifyPrehash,
            (_, false, _, true) => Op::VerifyMu,
            _ => Op::VerifyInternal,
        };
        let alg = Alg::by_name(group["parameterSet"].as_str().unwrap()).unwrap();
        for (test, result) in group["tests"].as_array().unwrap().iter().zip(results["tests"].as_array().unwrap()) {
            assert_eq!(test["tcId"], result["tcId"]);
            let (mut input, mut output) = (Input::new(), Output::new());
            for needs in op.inputs(alg.family()) {
                for &wanted in needs.names() {
                    let all = test.as_object().unwrap().iter().chain(group.as_object().unwrap());
                    for (_, value) in all.filter(|(name, _)| field(name) == Some(wanted)) {
                        input = input.with(wanted, HEX.decode(value.as_str().unwrap().as_bytes()).unwrap());
                    }
                }
            }
            if op == Op::SignPrehash || op == Op::VerifyPrehash {
                input = input.with_text(Field::Hash, test["hashAlg"].as_str().unwrap());
            }
            if mode == "sigGen" && group["deterministic"] == true {
                input = input.with(Field::Rnd, [0; 32]);
            }
            for (name, value) in result.as_object().unwrap() {
                if let Some(field) = field(name).filter(|field| op.outputs(alg.family()).contains(field)) {
                    output.insert(field, HEX.decode(value.as_str().unwrap().as_bytes()).unwrap());
                }
            }
            let expect = if result["testPassed"] == false { Expect::Reject } else { Expect::Output(output) };
            let question = Question { alg, op, input };
            let id = test["tcId"].to_string();
            let case = Case { id, note: String::new(), flags: vec![], question, expect };
            assert_eq!(case.shape(), Ok(()));
            cases.push(case);
        }
    }
    cases
}

fn judge(bug: Option<Bug>, case: &Case) -> Verdict {
    Verdict::judge(case, Outcome::Answer(answer(bug, &case.question)), Policy::Rfc7748)
}

fn passes(bug: Option<Bug>, case: &Case) -> bool {
    matches!(judge(bug, case), Verdict::Pass | Verdict::PassReject(_))
}

fn check(test: &str, mode: &str, counts: [usize; 2]) {
    let folder = |year: &str| format!("acvp-nist-{year}/ML-DSA-{mode}-FIPS204");
    let both = format!("{}/internalProjection.json", folder("2024"));
    let first = json(test, &both).map(|both| (both.clone(), both));
    let half = |name: &str| json(test, &format!("{}/{name}.json", folder("2026-07")));
    let second = half("prompt").zip(half("expectedResults"));
    for (files, count) in [first, second].into_iter().zip(counts) {
        let Some((prompt, results)) = files else { continue };
        let cases = acvp(mode, &prompt, &results);
        assert_eq!(cases.len(), count);
        for case in &cases {
            assert!(passes(None, case), "{mode} {}: {}", case.id, judge(None, case));
        }
    }
}

#[test]
fn makes_the_keys_of_acvp() {
    check("makes_the_keys_of_acvp", "keyGen", [75, 75]);
}

#[test]
fn makes_the_signatures_of_acvp() {
    check("makes_the_signatures_of_acvp", "sigGen", [60, 360]);
}

#[test]
fn judges_the_signatures_of_acvp() {
    check("judges_the_signatures_of_acvp", "sigVer", [45, 180]);
}

fn to_sign(alg: Alg, op: Op) -> Question {
    let input = Input::new().with(Field::Seed, [1; 32]).with(Field::Rnd, [2; 32]);
    let input = match op {
        Op::SignMu => input.with(Field::Mu, [3; 64]),
        Op::SignInternal => input.with(Field::Msg, *b"message"),
        _ => input.with(Field::Msg, *b"message").with(Field::Ctx, *b"context"),
    };
    let input = if op == Op::SignPrehash { input.with_text(Field::Hash, "SHAKE-128") } else { input };
    Question { alg, op, input }
}

#[test]
fn crafted_signatures_are_what_they_say() {
    for fault in Fault::ALL {
        for (alg, op) in [
            (Alg::MlDsa44, Op::Sign),
            (Alg::MlDsa65, Op::SignPrehash),
            (Alg::MlDsa87, Op::SignInternal),
            (Alg::MlDsa44, Op::SignMu),
        ] {
            let Some(case) = craft::craft(*fault, &to_sign(alg, op)) else {
                let of_contexts = matches!(fault, Fault::OtherInterface | Fault::LongCtx | Fault::CtxCut);
                assert!(of_contexts && matches!(op, Op::SignInternal | Op::SignMu), "{alg} {op} {fault:?}");
                continue;
            };
            assert_eq!(case.shape(), Ok(()));
            assert!(passes(None, &case), "{alg} {op} {fault:?}: {}", judge(None, &case));
        }
    }
}

fn number(n: u32, len: usize) -> Vec<u8> {
    let mut bytes = n.to_le_bytes().to_vec();
    bytes.resize(len, 0);
    bytes
}

/// What a bug answers wrongly, where no crafted signature is needed. The numbers were found by counting up.
fn question(bug: Bug) -> Option<Question> {
    let alg = Alg::MlDsa44;
    let keygen = |n| Question { alg, op: Op::Keygen, input: Input::new().with(Field::Seed, number(n, 32)) };
    let Answer::Output(key) = answer(None, &keygen(0)) else { return None };
    let mut sk = key[&Field::Sk].clone();
    let sign_with = |sk: &[u8], n| {
        let input = Input::new().with(Field::Sk, sk).with(Field::Mu, number(n, 64)).with(Field::Rnd, [0; 32]);
        Question { alg, op: Op::SignMu, input }
    };
    Some(match bug {
        Bug::SeedDraft => keygen(0),
        Bug::Power2RoundHalf => keygen(1),
        Bug::SampleQ => keygen(2869),
        Bug::RndIgnored => to_sign(alg, Op::Sign),
        Bug::KappaByOne | Bug::SignNoR0 => sign_with(&sk, 0),
        Bug::SignNoZ => sign_with(&sk, 1),
        Bug::SignR0Loose => sign_with(&sk, 20),
        Bug::SignNoHintCount => sign_with(&sk, 61),
        Bug::SignZLoose => sign_with(&sk, 146),
        Bug::SignNoCt0 => {
            // In an honest key ct0 is hardly ever large: one polynomial of t0 is all 2¹², the others zero.
            let t0 = [vec![0; 416], encode::pack([4096; 3 * 256], 13)].concat();
            let from = sk.len().saturating_sub(t0.len());
            sk[from..].copy_from_slice(&t0);
            sign_with(&sk, 351)
        }
        Bug::LongSigningKey => sign_with(&[&*sk, &[0]].concat(), 0),
        Bug::SecretRange => {
            sk[128] = 0xff;
            sign_with(&sk, 0)
        }
        _ => return None,
    })
}

#[test]
fn every_bug_changes_an_answer() {
    let crafted: Vec<Question> = [(Alg::MlDsa65, Op::Sign), (Alg::MlDsa44, Op::SignPrehash)]
        .into_iter()
        .flat_map(|(alg, op)| Fault::ALL.iter().filter_map(move |fault| craft::craft(*fault, &to_sign(alg, op))))
        .map(|case| case.question)
        .collect();
    for (bug, name, ..) in BUGS {
        let caught = match question(*bug) {
            Some(question) => answer(Some(*bug), &question) != answer(None, &question),
            None => crafted.iter().any(|question| answer(Some(*bug), question) != answer(None, question)),
        };
        assert!(caught, "{name}");
    }
}

#[test]
fn bad_lengths_are_refused_and_what_is_not_ml_dsa_is_not_offered() {
    for alg in SETS {
        for (op, field, len) in [
            (Op::Keygen, Field::Seed, 31),
            (Op::SignMu, Field::Mu, 63),
            (Op::Sign, Field::Rnd, 33),
            (Op::Sign, Field::Seed, 0),
            (Op::Verify, Field::Pk, 5),
            (Op::Verify, Field::Sig, 0),
        ] {
            let question = Question { alg, op, input: to_sign(alg, op).input.with(field, vec![0; len]) };
            assert_eq!(answer(None, &question), Answer::Reject(Reason::Length), "{alg} {op} {field}");
        }
        let long =
            Question { input: to_sign(alg, Op::Sign).input.with(Field::Ctx, [0; 256]), ..to_sign(alg, Op::Sign) };
        assert_eq!(answer(None, &long), Answer::Reject(Reason::Ctx));
        let mut other = to_sign(alg, Op::SignPrehash);
        other.input = other.input.with_text(Field::Hash, "MD5");
        assert_eq!(answer(None, &other), Answer::Unsupported(Lack::Param));
        assert_eq!(answer(None, &to_sign(alg, Op::Spki)), Answer::Unsupported(Lack::Op));
    }
    assert_eq!(answer(None, &to_sign(Alg::Ed25519, Op::Sign)), Answer::Unsupported(Lack::Alg));
}

#[test]
fn a_signing_key_that_nothing_can_be_signed_with_ends() {
    let alg = Alg::MlDsa44;
    let keygen = Question { alg, op: Op::Keygen, input: Input::new().with(Field::Seed, [1; 32]) };
    let Answer::Output(key) = answer(None, &keygen) else { panic!("no key") };
    let mut sk = key[&Field::Sk].clone();
    // As large a t0 as there is, with signs at random, needs more than ω hints.
    let signs = crate::model::shake256(&[b"signs"], 4 * 256);
    let t0 = encode::pack(signs.iter().map(|sign| u32::from(sign & 1) * 8191), 13);
    let from = sk.len().saturating_sub(t0.len());
    sk[from..].copy_from_slice(&t0);
    let input = Input::new().with(Field::Sk, sk).with(Field::Mu, [0; 64]).with(Field::Rnd, [0; 32]);
    let question = Question { alg, op: Op::SignMu, input };
    assert_eq!(answer(None, &question), Answer::Reject(Reason::Other));
}
