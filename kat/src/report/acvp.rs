//! The response that an ACVP server wants: the answers to the cases of an ACVP set, whatever their verdicts.
//!
//! For ML-KEM (draft-celi-acvp-ml-kem §9) and ML-DSA (draft-celi-acvp-ml-dsa §9). A case without an answer is
//! there with nothing but its number, so that the server counts it as failed and not as forgotten.

use std::{collections::BTreeMap, io};

use data_encoding::HEXUPPER;
use serde_json::{Map, Value, json};

use super::{SetReport, write_json};
use crate::{Alg, Answer, Family, Field, Op};

/// Writes the answers to a set as the response to vector set `vs_id`. The run must have kept the answers, and
/// selected the whole set.
///
/// # Errors
/// Those of `out`; [`io::ErrorKind::InvalidInput`] for a set whose ids are not ACVP's, that is of several modes
/// or of one without a response here, or of which no answers were kept.
pub fn write(set: &SetReport, vs_id: u64, out: impl io::Write) -> io::Result<()> {
    let invalid = |words: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {words}", set.name));
    if set.answers.is_empty() {
        return Err(invalid("no answers to an ACVP set were kept"));
    }
    let mut head = None;
    let mut groups = BTreeMap::<u64, Vec<Value>>::new();
    for (index, record) in set.records.iter().enumerate() {
        let mode = mode(record.alg, record.op).ok_or_else(|| invalid("no ACVP response is known for this mode"))?;
        if *head.get_or_insert(mode) != mode {
            return Err(invalid("holds several modes of ACVP"));
        }
        let (group, test) = ids(&record.id).ok_or_else(|| invalid("the ids of its cases are not ACVP's"))?;
        let mut result = Map::from_iter([("tcId".to_owned(), test.into())]);
        if let Some(answer) = set.answers.get(&index) {
            add(&mut result, record.op, answer);
        }
        groups.entry(group).or_default().push(Value::Object(result));
    }
    let (algorithm, mode, revision) = head.ok_or_else(|| invalid("holds not one case"))?;
    let groups: Vec<_> = groups.into_iter().map(|(group, tests)| json!({ "tgId": group, "tests": tests })).collect();
    let body = json!({
        "vsId": vs_id,
        "algorithm": algorithm,
        "mode": mode,
        "revision": revision,
        "testGroups": groups,
    });
    write_json(&json!([{ "acvVersion": "1.0" }, body]), out)
}

/// The numbers in the id of a case: `tg 3, tc 45`.
pub(crate) fn ids(id: &str) -> Option<(u64, u64)> {
    let (group, test) = id.strip_prefix("tg ")?.split_once(", tc ")?;
    Some((group.parse().ok()?, test.parse().ok()?))
}

const fn mode(alg: Alg, op: Op) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match (alg.family(), op) {
        (Family::MlKem, Op::Keygen) => ("ML-KEM", "keyGen", "FIPS203"),
        (Family::MlKem, Op::Encaps | Op::Decaps | Op::CheckEk | Op::CheckDk) => ("ML-KEM", "encapDecap", "FIPS203"),
        (Family::MlDsa, Op::Keygen) => ("ML-DSA", "keyGen", "FIPS204"),
        (Family::MlDsa, Op::Sign | Op::SignPrehash | Op::SignInternal | Op::SignMu) => ("ML-DSA", "sigGen", "FIPS204"),
        (Family::MlDsa, Op::Verify | Op::VerifyPrehash | Op::VerifyInternal | Op::VerifyMu) => {
            ("ML-DSA", "sigVer", "FIPS204")
        }
        _ => return None,
    })
}

fn add(result: &mut Map<String, Value>, op: Op, answer: &Answer) {
    let judges =
        matches!(op, Op::CheckEk | Op::CheckDk | Op::Verify | Op::VerifyPrehash | Op::VerifyInternal | Op::VerifyMu);
    match answer {
        Answer::Output(_) | Answer::Reject(_) if judges => {
            result.insert("testPassed".into(), matches!(answer, Answer::Output(_)).into());
        }
        Answer::Output(output) => {
            let name = |field| match field {
                Field::K => Some("k"),
                Field::Sig => Some("signature"),
                // Decapsulation from a seed gives it too, and ACVP does not ask for it.
                Field::Ek if op == Op::Decaps => None,
                field => Some(field.name()),
            };
            let named = output.iter().filter_map(|(field, bytes)| Some((name(*field)?, bytes)));
            result.extend(named.map(|(name, bytes)| (name.to_owned(), HEXUPPER.encode(bytes).into())));
        }
        _ => {}
    }
}
