//! The vectors of draft-connolly-cfrg-xwing-kem: `test-vectors.json`.

use serde::Deserialize;

use crate::{Case, Error, Expect, Hex, Op, Output};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    /// The randomness of key generation, which is the decapsulation key.
    seed: Hex,
    eseed: Hex,
    ss: Hex,
    sk: Hex,
    pk: Hex,
    ct: Hex,
}

/// Reads the file. Each vector gives three cases: the key, encapsulation, decapsulation.
///
/// # Errors
/// A text that is not in the format.
pub fn from_json(text: &str) -> Result<Vec<Case>, Error> {
    let vectors: Vec<Vector> = serde_json::from_str(text)?;
    let mut cases = Vec::new();
    for (id, Vector { seed, eseed, ss, sk, pk, ct }) in (1..).zip(vectors) {
        if seed != sk {
            return Err(Error::Shape { id, field: "sk" });
        }
        let (sk, pk, ct, ss) = (sk.0, pk.0, ct.0, ss.0);
        for (note, op, output) in [
            ("key", Op::XWingKeyGen { sk: sk.clone() }, Output::from([("pk", pk.clone())])),
            (
                "encapsulation",
                Op::XWingEncapsulate { pk, eseed: eseed.0 },
                Output::from([("ct", ct.clone()), ("ss", ss.clone())]),
            ),
            ("decapsulation", Op::XWingDecapsulate { sk, ct }, Output::from([("ss", ss)])),
        ] {
            cases.push(Case { id: format!("vector {id}"), note: note.into(), op, expect: Expect::Output(output) });
        }
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_three_cases_and_has_six_keys() {
        let text = r#"[{"seed":"01","eseed":"02","ss":"03","sk":"01","pk":"04","ct":"05"}]"#;
        assert_eq!(from_json(text).unwrap().len(), 3);
        for (from, to) in [(r#""sk":"01""#, r#""sk":"02""#), (r#""pk":"04","#, ""), (r#""ct""#, r#""cd""#)] {
            assert!(from_json(&text.replace(from, to)).is_err(), "{to}");
        }
    }
}
