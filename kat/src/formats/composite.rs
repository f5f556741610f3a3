//! The vectors of draft-ietf-lamps-pq-composite-sigs: `testvectors.json`.

use serde::Deserialize;

use crate::{Base64, Case, Error, Expect, Op, Output};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    m: Base64,
    ctx: Base64,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    /// The algorithm's name, which the file has once.
    #[serde(rename = "tcId")]
    algorithm: String,
    pk: Base64,
    /// A certificate of the key.
    #[serde(rename = "x5c")]
    _x5c: Base64,
    sk: Base64,
    #[serde(rename = "sk_pkcs8")]
    _sk_pkcs8: Base64,
    s: Base64,
    #[serde(rename = "sWithContext")]
    s_with_context: Base64,
}

/// Reads the file. Each test gives three cases: the key, and both signatures.
///
/// # Errors
/// A text that is not in the format.
pub fn from_json(text: &str) -> Result<Vec<Case>, Error> {
    let File { m, ctx, tests } = serde_json::from_str(text)?;
    let mut cases = Vec::new();
    for Test { algorithm, pk, sk, s, s_with_context, .. } in tests {
        let verify = |context: &[u8], signature| Op::CompositeVerify {
            algorithm: algorithm.clone(),
            pk: pk.0.clone(),
            message: m.0.clone(),
            context: context.into(),
            signature,
        };
        let key = Op::CompositeKeyGen { algorithm: algorithm.clone(), sk: sk.0 };
        for (note, op, output) in [
            ("key", key, Output::from([("pk", pk.0.clone())])),
            ("signature", verify(&[], s.0), Output::new()),
            ("signature with context", verify(&ctx.0, s_with_context.0), Output::new()),
        ] {
            cases.push(Case { id: algorithm.clone(), note: note.into(), op, expect: Expect::Output(output) });
        }
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_three_cases_and_unknown_keys_are_errors() {
        let text = r#"{"m":"AA==","ctx":"AQ==","tests":[{"tcId":"id-X","pk":"","x5c":"","sk":"","sk_pkcs8":"",
            "s":"","sWithContext":""}]}"#;
        let cases = from_json(text).unwrap();
        let contexts: Vec<_> = cases
            .iter()
            .filter_map(|case| match &case.op {
                Op::CompositeVerify { context, .. } => Some(context.clone()),
                _ => None,
            })
            .collect();
        assert_eq!((cases.len(), contexts), (3, vec![vec![], vec![1]]));
        for (from, to) in [(r#""m""#, r#""n":"","m""#), (r#""s":"","#, ""), (r#""s""#, r#""t":0,"s""#)] {
            assert!(from_json(&text.replace(from, to)).is_err(), "{to}");
        }
    }
}
