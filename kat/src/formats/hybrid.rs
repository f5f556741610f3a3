//! The vectors of draft-irtf-cfrg-concrete-hybrid-kems: `test-vectors.json`.
//!
//! MLKEM768-X25519 is X-Wing, byte for byte.

use serde::Deserialize;

use crate::{
    Alg, Case, Error, What,
    formats::{
        encoding::Hex,
        xwing::{Kem, kem},
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mlkem768_p256: Vec<Vector>,
    mlkem768_x25519: Vec<Vector>,
    mlkem1024_p384: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    seed: Hex,
    randomness: Hex,
    encapsulation_key: Hex,
    decapsulation_key: Hex,
    /// The two halves that the decapsulation key is expanded to; no operation gives them.
    #[serde(rename = "decapsulation_key_pq")]
    _decapsulation_key_pq: Option<Hex>,
    #[serde(rename = "decapsulation_key_t")]
    _decapsulation_key_t: Option<Hex>,
    ciphertext: Hex,
    shared_secret: Hex,
}

/// Reads the file. Each vector gives three cases: the key, encapsulation, decapsulation.
///
/// # Errors
/// JSON of another shape; a decapsulation key that is not the seed.
pub(crate) fn read(text: &str) -> Result<Vec<Case>, Error> {
    let File { mlkem768_p256, mlkem768_x25519, mlkem1024_p384 } = serde_json::from_str(text)?;
    let mut cases = Vec::new();
    for (name, alg, vectors) in [
        ("mlkem768_p256", Alg::MlKem768P256, mlkem768_p256),
        ("mlkem768_x25519", Alg::XWing, mlkem768_x25519),
        ("mlkem1024_p384", Alg::MlKem1024P384, mlkem1024_p384),
    ] {
        for (number, vector) in (1_usize..).zip(vectors) {
            let id = format!("{name} {number}");
            if vector.seed != vector.decapsulation_key {
                let what = What::Value { field: "decapsulation_key".into(), expected: "the seed" };
                return Err(Error::in_case(id, what));
            }
            let Vector { seed: Hex(seed), encapsulation_key: Hex(ek), randomness: Hex(m), .. } = vector;
            let (Hex(c), Hex(shared)) = (vector.ciphertext, vector.shared_secret);
            kem(&mut cases, &id, alg, Kem { seed, ek, m, c, shared });
        }
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Expect, Field as F, Input, Op, Output};

    const TEXT: &str = r#"{"mlkem768_p256":[],"mlkem768_x25519":[
        {"seed":"01","randomness":"02","encapsulation_key":"03","decapsulation_key":"01",
         "decapsulation_key_pq":"04","decapsulation_key_t":"05","ciphertext":"06","shared_secret":"07"}],
        "mlkem1024_p384":[]}"#;

    #[test]
    fn a_vector_is_three_cases() {
        let cases = read(TEXT).unwrap();
        assert_eq!(cases.len(), 3);
        let decaps = &cases[2];
        assert_eq!((decaps.id.as_str(), decaps.question.alg), ("mlkem768_x25519 1, decaps", Alg::XWing));
        assert_eq!(decaps.question.op, Op::Decaps);
        assert_eq!(decaps.question.input, Input::new().with(F::Seed, [1]).with(F::C, [6]));
        assert_eq!(decaps.expect, Expect::Output(Output::from([(F::K, vec![7])])));
    }

    #[test]
    fn unknown_and_missing_keys_are_errors() {
        for (from, to, error) in [
            (
                r#""decapsulation_key":"01""#,
                r#""decapsulation_key":"02""#,
                "vectors: case mlkem768_x25519 1: field `decapsulation_key` must be the seed",
            ),
            (r#""randomness":"02","#, "", "vectors:3:103: missing field `randomness`"),
            (
                "mlkem1024_p384",
                "qsf_p384",
                "vectors:4:18: unknown field `qsf_p384`, expected one of `mlkem768_p256`, `mlkem768_x25519`, \
                 `mlkem1024_p384`",
            ),
        ] {
            assert_eq!(read(&TEXT.replace(from, to)).unwrap_err().to_string(), error);
        }
    }
}
