//! `testvectors.json` of draft-ietf-lamps-pq-composite-sigs and of draft-ietf-lamps-pq-composite-kem.
//!
//! Beside composites both files have the ML-DSA and ML-KEM that they are made of. Certificates are not read, and
//! of composites no PKCS#8.

use serde::Deserialize;

use crate::{Alg, Case, Error, Field as F, Input, Op, Output, What, formats::encoding::Base64};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    m: Option<Base64>,
    ctx: Option<Base64>,
    #[serde(rename = "cacert")]
    ca_cert: Option<Base64>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    /// The algorithm's name, which the file has once.
    #[serde(rename = "tcId")]
    name: String,
    #[serde(rename = "x5c")]
    _x5c: Base64,
    pk: Option<Base64>,
    sk: Option<Base64>,
    sk_pkcs8: Option<Base64>,
    s: Option<Base64>,
    #[serde(rename = "sWithContext")]
    s_with_context: Option<Base64>,
    ek: Option<Base64>,
    dk: Option<Base64>,
    dk_pkcs8: Option<Base64>,
    c: Option<Base64>,
    k: Option<Base64>,
}

/// Reads either file. A signature gives the key and two verifications, a KEM a decapsulation; ML-DSA and ML-KEM
/// also the reading of their PKCS#8, and ML-KEM the key.
///
/// # Errors
/// JSON of another shape; an algorithm that neither draft has.
pub(crate) fn read(text: &str) -> Result<Vec<Case>, Error> {
    let File { m, ctx, ca_cert, tests } = serde_json::from_str(text)?;
    let mut cases = Vec::new();
    for test in tests {
        let id = test.name.clone();
        let rows = match (&m, &ctx, &ca_cert) {
            (Some(m), Some(ctx), None) => test.signature(&m.0, &ctx.0),
            (None, None, Some(_)) => test.kem(),
            _ => return Err(Error::of_file(What::Syntax("must have `m` and `ctx`, or `cacert`".into()))),
        };
        let (alg, rows) = rows.map_err(|what| Error::in_case(&id, what))?;
        let row = |(words, op, input, output)| super::case(format!("{id}, {words}"), alg, op, input, output);
        cases.extend(rows.into_iter().map(row));
    }
    Ok(cases)
}

type Row = (&'static str, Op, Input, Output);

impl Test {
    /// The algorithm of this name: a composite's own, or `id-` before that of what it is made of.
    fn alg(&self, prefix: &str) -> Result<(Alg, bool), What> {
        let pure = self.name.strip_prefix(prefix).and_then(|name| Alg::by_name(&name.to_uppercase()));
        let alg = Alg::by_name(&self.name).map(|alg| (alg, true)).or_else(|| pure.map(|alg| (alg, false)));
        alg.ok_or_else(|| What::Algorithm(self.name.clone()))
    }

    fn signature(self, m: &[u8], ctx: &[u8]) -> Result<(Alg, Vec<Row>), What> {
        let (alg, composite) = self.alg("id-")?;
        none([("ek", &self.ek), ("dk", &self.dk), ("dk_pkcs8", &self.dk_pkcs8), ("c", &self.c), ("k", &self.k)])?;
        let (pk, sk, pkcs8) = (some("pk", self.pk)?, some("sk", self.sk)?, some("sk_pkcs8", self.sk_pkcs8)?);
        let verify = |ctx: &[u8], sig: Vec<u8>| {
            Input::new().with(F::Pk, pk.clone()).with(F::Msg, m).with(F::Ctx, ctx).with(F::Sig, sig)
        };
        let key = || Output::from([(F::Pk, pk.clone())]);
        let mut rows = vec![
            ("keygen", Op::Keygen, Input::new().with(if composite { F::Sk } else { F::Seed }, sk), key()),
            ("verify", Op::Verify, verify(&[], some("s", self.s)?), Output::new()),
            ("verify with context", Op::Verify, verify(ctx, some("sWithContext", self.s_with_context)?), Output::new()),
        ];
        if !composite {
            rows.push(("pkcs8", Op::Pkcs8, Input::new().with(F::Der, pkcs8), key()));
        }
        Ok((alg, rows))
    }

    fn kem(self) -> Result<(Alg, Vec<Row>), What> {
        let (alg, composite) = self.alg("id-alg-")?;
        none([("pk", &self.pk), ("sk", &self.sk), ("sk_pkcs8", &self.sk_pkcs8), ("s", &self.s)])?;
        none([("sWithContext", &self.s_with_context)])?;
        let (ek, dk, pkcs8) = (some("ek", self.ek)?, some("dk", self.dk)?, some("dk_pkcs8", self.dk_pkcs8)?);
        let (c, k) = (some("c", self.c)?, some("k", self.k)?);
        let output = Output::from([(F::K, k), (F::Ek, ek.clone())]);
        let form = if composite { F::Dk } else { F::Seed };
        let mut rows = vec![("decaps", Op::Decaps, Input::new().with(form, dk.clone()).with(F::C, c), output)];
        if !composite {
            let key = Output::from([(F::Ek, ek)]);
            rows.push(("keygen", Op::Keygen, Input::new().with(F::Seed, dk), key.clone()));
            rows.push(("pkcs8", Op::Pkcs8, Input::new().with(F::Der, pkcs8), key));
        }
        Ok((alg, rows))
    }
}

fn some(key: &str, value: Option<Base64>) -> Result<Vec<u8>, What> {
    value.map(|bytes| bytes.0).ok_or_else(|| What::MissingField(key.to_owned()))
}

fn none<const N: usize>(values: [(&str, &Option<Base64>); N]) -> Result<(), What> {
    match values.into_iter().find(|(_, value)| value.is_some()) {
        Some((key, _)) => Err(What::Misplaced(key.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGS: &str = r#"{"m":"AA==","ctx":"AQ==","tests":[
        {"tcId":"id-MLDSA44-Ed25519-SHA512","pk":"Ag==","x5c":"","sk":"Aw==","sk_pkcs8":"BA==","s":"BQ==","sWithContext":"Bg=="},
        {"tcId":"id-ML-DSA-44","pk":"Ag==","x5c":"","sk":"Aw==","sk_pkcs8":"BA==","s":"BQ==","sWithContext":"Bg=="}]}"#;
    const KEMS: &str = r#"{"cacert":"","tests":[
        {"tcId":"id-MLKEM768-X25519-SHA3-256","ek":"Ag==","x5c":"","dk":"Aw==","dk_pkcs8":"BA==","c":"BQ==","k":"Bg=="},
        {"tcId":"id-alg-ml-kem-768","ek":"Ag==","x5c":"","dk":"Aw==","dk_pkcs8":"BA==","c":"BQ==","k":"Bg=="}]}"#;

    #[test]
    fn a_signature_is_a_key_and_two_verifications() {
        let cases = read(SIGS).unwrap();
        assert_eq!(cases.len(), 3 + 4);
        cases.iter().for_each(|case| case.shape().unwrap());
        let [key, _, with_context, pure, ..] = &cases[..] else { panic!() };
        assert_eq!(key.question.alg, Alg::CompositeMlDsa44Ed25519);
        assert_eq!(key.question.input, Input::new().with(F::Sk, [3]));
        assert_eq!(with_context.id, "id-MLDSA44-Ed25519-SHA512, verify with context");
        let input = Input::new().with(F::Pk, [2]).with(F::Msg, [0]).with(F::Ctx, [1]).with(F::Sig, [6]);
        assert_eq!(with_context.question.input, input);
        assert_eq!((pure.question.alg, &pure.question.input), (Alg::MlDsa44, &Input::new().with(F::Seed, [3])));
        assert_eq!(cases[6].question.input, Input::new().with(F::Der, [4]));
    }

    #[test]
    fn a_kem_is_a_decapsulation() {
        let cases = read(KEMS).unwrap();
        assert_eq!(cases.len(), 1 + 3);
        cases.iter().for_each(|case| case.shape().unwrap());
        assert_eq!(cases[0].question.input, Input::new().with(F::Dk, [3]).with(F::C, [5]));
        assert_eq!(cases[1].question.input, Input::new().with(F::Seed, [3]).with(F::C, [5]));
        assert_eq!((cases[3].question.alg, cases[3].question.op), (Alg::MlKem768, Op::Pkcs8));
    }

    #[test]
    fn unknown_and_missing_keys_are_errors() {
        for (text, from, to, error) in [
            (SIGS, r#""m""#, r#""n":"","m""#, "vectors:1:4: unknown field `n`, expected one of "),
            (SIGS, r#""s":"BQ==","#, "", "vectors: case id-MLDSA44-Ed25519-SHA512: missing field `s`"),
            (SIGS, r#""s":"#, r#""c":"","s":"#, "vectors: case id-MLDSA44-Ed25519-SHA512: field `c` must not be here"),
            (SIGS, "id-ML-DSA-44", "id-ML-DSA-45", "vectors: case id-ML-DSA-45: unknown algorithm `id-ML-DSA-45`"),
            (SIGS, r#""ctx":"AQ==","#, "", "vectors: must have `m` and `ctx`, or `cacert`"),
            (
                KEMS,
                r#""k":"Bg==""#,
                r#""s":"""#,
                "vectors: case id-MLKEM768-X25519-SHA3-256: field `s` must not be here",
            ),
            (KEMS, r#""ek":"Ag=="#, r#""ek":"Ag="#, "vectors:2:56: not bytes in base64: "),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text);
            let found = read(&changed).unwrap_err().to_string();
            assert!(found.starts_with(error), "{error}: {found}");
        }
    }
}
