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
    for alg in SETS {
        for fault in Fault::ALL {
            let case = craft::craft(*fault, &to_sign(alg, Op::Sign)).unwrap_or_else(|| panic!("{alg} {fault:?}"));
            assert_eq!(case.shape(), Ok(()));
            assert!(passes(None, &case), "{alg} {fault:?}: {}", judge(None, &case));
        }
    }
}

fn number(n: u32, len: usize) -> Vec<u8> {
    let mut bytes = n.to_le_bytes().to_vec();
    bytes.resize(len, 0);
    bytes
}

fn signing(sk: &[u8], n: u32) -> Question {
    let input = Input::new().with(Field::Sk, sk).with(Field::Mu, number(n, 64)).with(Field::Rnd, [0; 32]);
    Question { alg: Alg::MlDsa44, op: Op::SignMu, input }
}

#[test]
fn tmp_search() {
    let keygen =
        |n| Question { alg: Alg::MlDsa44, op: Op::Keygen, input: Input::new().with(Field::Seed, number(n, 32)) };
    let Answer::Output(out) = answer(None, &keygen(0)) else { panic!() };
    let sk = out[&Field::Sk].clone();
    let mut large = sk.clone();
    let len = large.len();
    large[len - 4 * 416..].fill(0);
    // t0: one polynomial of 4096, three of 0
    let zero: Vec<u8> = encode::pack([4096; 256], 13);
    for i in 1..4 {
        large[len - i * 416..len - (i - 1) * 416].copy_from_slice(&zero);
    }
    let find = |bug: Bug, f: &dyn Fn(u32) -> Question| {
        let t = std::time::Instant::now();
        let n = (0..20000).find(|n| answer(None, &f(*n)) != answer(Some(bug), &f(*n)));
        eprintln!("{bug:?} {n:?} {:?}", t.elapsed());
    };
    let plain = |n| signing(&sk, n);
    for bug in [
        Bug::SignZLoose,
        Bug::SignR0Loose,
        Bug::SignNoHintCount,
        Bug::KappaByOne,
        Bug::SignNoZ,
        Bug::SignNoR0,
        Bug::RndIgnored,
    ] {
        if bug != Bug::RndIgnored {
            find(bug, &plain);
        }
    }
    find(Bug::SignNoCt0, &|n| signing(&large, n));
    find(Bug::Power2RoundHalf, &keygen);
    find(Bug::SampleQ, &keygen);
}

#[test]
fn tmp_time() {
    for alg in SETS {
        let q = to_sign(alg, Op::Sign);
        let c = craft::craft(Fault::None, &q).unwrap();
        let k = Question { alg, op: Op::Keygen, input: Input::new().with(Field::Seed, [1; 32]) };
        let time = |q: &dyn Fn(u8) -> Question| {
            let t = std::time::Instant::now();
            for n in 0..200 {
                let _ = std::hint::black_box(answer(None, &q(n)));
            }
            t.elapsed() / 200
        };
        eprintln!(
            "{alg} keygen {:?} verify {:?} sign {:?}",
            time(&|_| k.clone()),
            time(&|_| c.question.clone()),
            time(&|n| {
                let mut q = q.clone();
                q.input = q.input.with(Field::Msg, [n]);
                q
            })
        );
        for fault in Fault::ALL {
            let t = std::time::Instant::now();
            craft::craft(*fault, &q).unwrap();
            if t.elapsed().as_millis() > 30 {
                eprintln!("{fault:?} {:?}", t.elapsed());
            }
        }
    }
}
