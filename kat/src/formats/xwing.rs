//! The vectors of draft-connolly-cfrg-xwing-kem: `test-vectors.json`.

use serde::Deserialize;

use crate::{Alg, Case, Error, Field as F, Input, Op, Output, What, formats::encoding::Hex};

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
/// JSON of another shape; a `sk` that is not the `seed`.
pub(crate) fn read(text: &str) -> Result<Vec<Case>, Error> {
    let vectors: Vec<Vector> = serde_json::from_str(text)?;
    let mut cases = Vec::new();
    for (number, vector) in (1_usize..).zip(vectors) {
        let id = format!("vector {number}");
        let Vector { seed: Hex(seed), eseed, ss: Hex(ss), sk: Hex(sk), pk: Hex(ek), ct: Hex(c) } = vector;
        if seed != sk {
            return Err(Error::in_case(id, What::Value { field: "sk".into(), expected: "the seed" }));
        }
        kem(&mut cases, &id, Alg::XWing, Kem { seed, ek, m: eseed.0, c, shared: ss });
    }
    Ok(cases)
}

/// What a vector of a KEM gives.
pub(super) struct Kem {
    pub(super) seed: Vec<u8>,
    pub(super) ek: Vec<u8>,
    pub(super) m: Vec<u8>,
    pub(super) c: Vec<u8>,
    pub(super) shared: Vec<u8>,
}

/// The key, encapsulation and decapsulation.
pub(super) fn kem(cases: &mut Vec<Case>, id: &str, alg: Alg, kem: Kem) {
    let Kem { seed, ek, m, c, shared } = kem;
    let rows = [
        (Op::Keygen, Input::new().with(F::Seed, seed.clone()), Output::from([(F::Ek, ek.clone())])),
        (
            Op::Encaps,
            Input::new().with(F::Ek, ek).with(F::M, m),
            Output::from([(F::C, c.clone()), (F::K, shared.clone())]),
        ),
        (Op::Decaps, Input::new().with(F::Seed, seed).with(F::C, c), Output::from([(F::K, shared)])),
    ];
    cases
        .extend(rows.into_iter().map(|(op, input, output)| super::case(format!("{id}, {op}"), alg, op, input, output)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expect;

    const TEXT: &str = "[{\"seed\":\"01\",\"eseed\":\"02\",\n\"ss\":\"03\",\"sk\":\"01\",\"pk\":\"04\",\"ct\":\"05\"}]";

    #[test]
    fn a_vector_is_three_cases() {
        let cases = read(TEXT).unwrap();
        let rows: Vec<_> = cases.iter().map(|case| (case.id.as_str(), case.question.op)).collect();
        let ids = ["vector 1, keygen", "vector 1, encaps", "vector 1, decaps"];
        assert_eq!(rows, ids.into_iter().zip([Op::Keygen, Op::Encaps, Op::Decaps]).collect::<Vec<_>>());
        assert_eq!(cases[1].question.input, Input::new().with(F::Ek, [4]).with(F::M, [2]));
        assert_eq!(cases[1].expect, Expect::Output(Output::from([(F::C, vec![5]), (F::K, vec![3])])));
        cases.iter().for_each(|case| case.shape().unwrap());
    }

    #[test]
    fn unknown_and_missing_keys_are_errors() {
        for (from, to, error) in [
            (r#""sk":"01""#, r#""sk":"02""#, "vectors: case vector 1: field `sk` must be the seed"),
            (r#""pk":"04","#, "", "vectors:2:30: missing field `pk`"),
            (
                r#""ct""#,
                r#""cd""#,
                "vectors:2:34: unknown field `cd`, expected one of `seed`, `eseed`, `ss`, `sk`, `pk`, `ct`",
            ),
            (r#""05"}]"#, r#""05"}"#, "vectors:2:40: ends in the middle; fetch the file again"),
        ] {
            let text = TEXT.replace(from, to);
            assert_ne!(text, TEXT);
            let found = read(&text).unwrap_err().to_string();
            assert!(found.starts_with(error), "{error}: {found}");
        }
    }
}
