//! The unbroken models against published vectors.

use std::{fs, path::PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use serde_json::Value;

use super::{
    encoding::{self, Bug},
    hybrid, mlkem,
};
use crate::{Alg, Answer, Field, Input, Lack, Op, Output, Question, Reason};

/// A file of the external data folder; none, told by name, if it is absent.
pub(in crate::model) fn data(test: &str, file: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("TWINLOCK_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let bytes = fs::read(folder.join("vectors").join(file)).ok();
    if bytes.is_none() {
        eprintln!("skipped: {test}: {file} absent");
    }
    bytes
}

fn hex(value: &Value) -> Vec<u8> {
    HEX.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

fn ask(alg: Alg, op: Op, input: Input) -> Answer {
    let question = Question { alg, op, input };
    assert_eq!(question.shape(), Ok(()));
    match mlkem::answer(None, &question) {
        Answer::Unsupported(Lack::Op) => encoding::answer(None, &question),
        Answer::Unsupported(_) => hybrid::answer(None, &question),
        answer => answer,
    }
}

fn output(outputs: &[(Field, Vec<u8>)]) -> Answer {
    Answer::Output(outputs.iter().cloned().collect::<Output>())
}

#[test]
fn ml_kem_agrees_with_acvp() {
    for (folder, expected) in [("acvp-nist-2024", 180), ("acvp-nist-2026-07", 240)] {
        let mut cases = 0;
        for part in ["keyGen", "encapDecap"] {
            let file = format!("{folder}/ML-KEM-{part}-FIPS203/internalProjection.json");
            let Some(bytes) = data("ml_kem_agrees_with_acvp", &file) else { return };
            let file: Value = serde_json::from_slice(&bytes).unwrap();
            for group in file["testGroups"].as_array().unwrap() {
                let alg = Alg::by_name(group["parameterSet"].as_str().unwrap()).unwrap();
                for test in group["tests"].as_array().unwrap() {
                    acvp(alg, group, test);
                    cases += 1;
                }
            }
        }
        assert_eq!(cases, expected, "{folder}");
    }
}

fn acvp(alg: Alg, group: &Value, test: &Value) {
    // Encapsulation and decapsulation may have the keys in the group.
    let get = |name: &str| hex(if test[name].is_null() { &group[name] } else { &test[name] });
    let id = test["tcId"].clone();
    match group["function"].as_str() {
        None => {
            let seed = [get("d"), get("z")].concat();
            let answer = ask(alg, Op::Keygen, Input::new().with(Field::Seed, seed));
            assert_eq!(answer, output(&[(Field::Ek, get("ek")), (Field::Dk, get("dk"))]), "{id}");
        }
        Some("encapsulation") => {
            let answer = ask(alg, Op::Encaps, Input::new().with(Field::Ek, get("ek")).with(Field::M, get("m")));
            assert_eq!(answer, output(&[(Field::C, get("c")), (Field::K, get("k"))]), "{id}");
        }
        Some("decapsulation") => {
            let Answer::Output(given) =
                ask(alg, Op::Decaps, Input::new().with(Field::Dk, get("dk")).with(Field::C, get("c")))
            else {
                panic!("{id} is refused");
            };
            assert_eq!(given[&Field::K], get("k"), "{id}");
        }
        Some(function) => {
            let answer = match function {
                "encapsulationKeyCheck" => ask(alg, Op::CheckEk, Input::new().with(Field::Ek, get("ek"))),
                _ => ask(alg, Op::CheckDk, Input::new().with(Field::Dk, get("dk"))),
            };
            assert_eq!(matches!(answer, Answer::Output(_)), test["testPassed"] == true, "{id}: {answer:?}");
        }
    }
}

/// Key, encapsulation and decapsulation of a KEM whose private key is a seed.
fn round(alg: Alg, [seed, m, ek, c, shared]: [&Value; 5]) {
    let [seed, m, ek, c, shared] = [seed, m, ek, c, shared].map(hex);
    let key = Input::new().with(Field::Seed, seed);
    assert_eq!(ask(alg, Op::Keygen, key.clone()), output(&[(Field::Ek, ek.clone())]), "{alg}");
    let answer = ask(alg, Op::Encaps, Input::new().with(Field::Ek, ek.clone()).with(Field::M, m));
    assert_eq!(answer, output(&[(Field::C, c.clone()), (Field::K, shared.clone())]), "{alg}");
    let answer = ask(alg, Op::Decaps, key.with(Field::C, c));
    assert_eq!(answer, output(&[(Field::Ek, ek), (Field::K, shared)]), "{alg}");
}

#[test]
fn x_wing_agrees_with_its_draft() {
    let Some(bytes) = data("x_wing_agrees_with_its_draft", "xwing-draft/test-vectors.json") else { return };
    let vectors: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(vectors.len(), 3);
    for v in vectors {
        round(Alg::XWing, ["seed", "eseed", "pk", "ct", "ss"].map(|name| &v[name]));
    }
}

#[test]
fn the_kems_of_hpke_agree_with_its_vectors() {
    let Some(bytes) = data("the_kems_of_hpke_agree_with_its_vectors", "hpke-pq/test-vectors.json") else { return };
    let vectors: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    let mut seen = Vec::new();
    for v in &vectors {
        let alg = match v["kem_id"].as_u64().unwrap() {
            0x50 => Alg::MlKem768P256,
            0x51 => Alg::MlKem1024P384,
            0x647a => Alg::XWing,
            _ => continue,
        };
        round(alg, ["skRm", "ikmE", "pkRm", "enc", "shared_secret"].map(|name| &v[name]));
        seen.push(alg);
    }
    assert_eq!(seen.len(), 5);
}

/// The values of a text file by name. A name that comes twice keeps its first value.
fn named(text: &str) -> std::collections::BTreeMap<&str, Vec<u8>> {
    let mut values = std::collections::BTreeMap::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(" = ")) {
        if let Ok(value) = HEX.decode(value.as_bytes()) {
            values.entry(name).or_insert(value);
        }
    }
    values
}

#[test]
fn the_draft_agrees_with_cctv() {
    for (alg, name) in
        [(Alg::MlKem512Ipd, "ML-KEM-512"), (Alg::MlKem768Ipd, "ML-KEM-768"), (Alg::MlKem1024Ipd, "ML-KEM-1024")]
    {
        for folder in ["intermediate", "unluckysample"] {
            let file = format!("cctv/ML-KEM/{folder}/{name}.txt");
            let Some(bytes) = data("the_draft_agrees_with_cctv", &file) else { return };
            let values = named(str::from_utf8(&bytes).unwrap());
            let get = |name: &str| values[name].clone();
            let key = Input::new().with(Field::Seed, [get("d"), get("z")].concat());
            assert_eq!(ask(alg, Op::Keygen, key), output(&[(Field::Ek, get("ek")), (Field::Dk, get("dk"))]), "{file}");
            let answer = ask(alg, Op::Encaps, Input::new().with(Field::Ek, get("ek")).with(Field::M, get("m")));
            assert_eq!(answer, output(&[(Field::C, get("c")), (Field::K, get("K"))]), "{file}");
        }
    }
}

#[test]
fn kyber_agrees_with_round_three() {
    for (alg, file) in
        [(Alg::Kyber512, "legacy-round3/PQCkemKAT_1632.rsp"), (Alg::Kyber768, "legacy-round3/PQCkemKAT_2400.rsp")]
    {
        let Some(bytes) = data("kyber_agrees_with_round_three", file) else { return };
        let mut cases = 0;
        for entry in str::from_utf8(&bytes).unwrap().split("\n\n") {
            let values = named(entry);
            let Some(sk) = values.get("sk") else { continue };
            let input = Input::new().with(Field::Dk, sk.clone()).with(Field::C, values["ct"].clone());
            let answer = ask(alg, Op::Decaps, input);
            assert_eq!(answer, output(&[(Field::Ek, values["pk"].clone()), (Field::K, values["ss"].clone())]), "{alg}");
            cases += 1;
        }
        assert_eq!(cases, 100, "{alg}");
    }
}

/// A PEM file of LAMPS, decoded.
fn lamps(test: &str, file: &str) -> Option<Vec<u8>> {
    let bytes = data(test, file)?;
    Some(der::pem::decode_vec(str::from_utf8(&bytes).unwrap().trim_start().as_bytes()).unwrap().1)
}

/// The keys of a folder are read in every form, and nothing after their end.
fn read_forms(test: &str, folder: &str, algs: &[Alg]) -> Option<()> {
    for alg in algs {
        let public = lamps(test, &format!("{folder}/{alg}.pub"))?;
        let question = |op, der| Question { alg: *alg, op, input: Input::new().with(Field::Der, der) };
        let public = encoding::answer(None, &question(Op::Spki, public));
        assert!(matches!(public, Answer::Output(_)), "{alg}");
        for form in ["seed", "expanded", "both"] {
            let private = lamps(test, &format!("{folder}/{alg}-{form}.priv"))?;
            let ask = |der: Vec<u8>| encoding::answer(None, &question(Op::Pkcs8, der));
            assert_eq!(ask(private.clone()), public, "{alg} {form}");
            assert_eq!(ask([&private[..], &[0]].concat()), Answer::Reject(Reason::Encoding), "{alg} {form}");
        }
    }
    Some(())
}

/// The bad keys of a folder are refused, and accepted by exactly the mutant that lacks the check.
fn refuse_bad(test: &str, folder: &str, alg: Alg, bugs: &[Option<Bug>]) -> Option<()> {
    for (number, bug) in (1..).zip(bugs) {
        let private = lamps(test, &format!("{folder}/bad-{alg}-{number}.priv"))?;
        let question = Question { alg, op: Op::Pkcs8, input: Input::new().with(Field::Der, private) };
        assert!(matches!(encoding::answer(None, &question), Answer::Reject(_)), "{number}");
        for (other, name, ..) in encoding::BUGS {
            let accepts = matches!(encoding::answer(Some(*other), &question), Answer::Output(_));
            assert_eq!(accepts, Some(*other) == *bug, "{number}: {name}");
        }
    }
    Some(())
}

#[test]
fn keys_of_rfc_9935_are_read_and_bad_ones_refused() {
    let (test, folder) = ("keys_of_rfc_9935_are_read_and_bad_ones_refused", "lamps-mlkem-rfc9935");
    let bugs = [Bug::Disagreement, Bug::PairUnchecked, Bug::HashUnchecked, Bug::Disagreement].map(Some);
    read_forms(test, folder, &[Alg::MlKem512, Alg::MlKem768, Alg::MlKem1024])
        .and_then(|()| refuse_bad(test, folder, Alg::MlKem512, &bugs));
}

#[test]
fn keys_of_rfc_9881_are_read_and_bad_ones_refused() {
    let (test, folder) = ("keys_of_rfc_9881_are_read_and_bad_ones_refused", "lamps-mldsa-rfc9881");
    read_forms(test, folder, &[Alg::MlDsa44, Alg::MlDsa65, Alg::MlDsa87])
        .and_then(|()| refuse_bad(test, folder, Alg::MlDsa44, &[Some(Bug::Disagreement), None, None]));
}
