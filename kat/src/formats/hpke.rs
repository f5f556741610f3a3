//! The JSON of HPKE: RFC 9180's test vectors, and those of its post-quantum KEMs.
//!
//! A vector gives the key pairs from their `ikm`, one case of opening for each encryption, and one of
//! exporting for each export. What it tells beside that is on the way: the key schedule, and the sender's
//! ephemeral key, which the recipient never sees.

use serde::{Deserialize, de::IgnoredAny};

use crate::{Alg, Case, Error, Expect, Field as F, Input, Op, Output, Question, error::What, formats::encoding::Hex};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(non_snake_case, reason = "the names of RFC 9180")]
struct Vector {
    mode: u8,
    kem_id: u16,
    kdf_id: u16,
    aead_id: u16,
    info: Hex,
    ikmR: Hex,
    /// Of a Diffie-Hellman KEM the input of the ephemeral key pair; of others the randomness of encapsulation.
    ikmE: Hex,
    ikmS: Option<Hex>,
    skRm: Hex,
    pkRm: Hex,
    skEm: Option<Hex>,
    pkEm: Option<Hex>,
    skSm: Option<Hex>,
    pkSm: Option<Hex>,
    psk: Option<Hex>,
    psk_id: Option<Hex>,
    enc: Hex,
    base_nonce: Hex,
    encryptions: Vec<Encryption>,
    exports: Vec<Export>,
    #[serde(rename = "shared_secret")]
    _shared_secret: IgnoredAny,
    #[serde(rename = "suite_id")]
    _suite_id: Option<IgnoredAny>,
    #[serde(rename = "key_schedule_context")]
    _key_schedule_context: Option<IgnoredAny>,
    #[serde(rename = "secret")]
    _secret: Option<IgnoredAny>,
    #[serde(rename = "key")]
    _key: IgnoredAny,
    #[serde(rename = "exporter_secret")]
    _exporter_secret: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encryption {
    aad: Hex,
    ct: Hex,
    nonce: Hex,
    pt: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    exporter_context: Hex,
    #[serde(rename = "L")]
    len: u64,
    exported_value: Hex,
}

/// Reads a file.
///
/// # Errors
/// JSON of another shape, a mode without its keys or with another's, a nonce that no sequence number gives.
pub(crate) fn read(_file_name: &str, text: &str) -> Result<Vec<Case>, Error> {
    let vectors: Vec<Vector> = serde_json::from_str(text)?;
    let mut cases = Vec::new();
    for (number, vector) in (1_usize..).zip(vectors) {
        let id = format!("vector {number}");
        let fault = |what| Error::in_case(id.clone(), what);
        vector.cases(&id, &mut cases).map_err(fault)?;
    }
    if cases.is_empty() { Err(Error::of_file(What::Empty)) } else { Ok(cases) }
}

impl Vector {
    fn cases(self, id: &str, cases: &mut Vec<Case>) -> Result<(), What> {
        let mut common = Input::new()
            .with_number(F::KemId, self.kem_id.into())
            .with_number(F::KdfId, self.kdf_id.into())
            .with_number(F::AeadId, self.aead_id.into())
            .with_number(F::Mode, self.mode.into())
            .with(F::Info, self.info.0)
            .with(F::Enc, self.enc.0)
            .with(F::SkR, self.skRm.0.clone());
        let (has_psk, has_sender) = match self.mode {
            0 => (false, false),
            1 => (true, false),
            2 => (false, true),
            3 => (true, true),
            _ => return Err(What::Value { field: "mode".into(), expected: "0, 1, 2 or 3" }),
        };
        let of_mode = [
            (has_psk, F::Psk, "psk", self.psk),
            (has_psk, F::PskId, "psk_id", self.psk_id),
            (has_sender, F::PkS, "pkSm", self.pkSm.clone()),
        ];
        for (has, field, name, value) in of_mode {
            match (has, value) {
                (true, Some(value)) => common = common.with(field, value.0),
                (true, None) => return Err(What::MissingField(name.into())),
                (false, Some(_)) => return Err(What::Misplaced(name.into())),
                (false, None) => {}
            }
        }
        let mut push = |words: String, op, input, output| {
            let question = Question { alg: Alg::Hpke, op, input };
            let expect = Expect::Output(output);
            cases.push(Case { id: format!("{id}, {words}"), note: String::new(), flags: Vec::new(), question, expect });
        };
        let pairs = [
            ("R", Some(self.ikmR), Some(self.skRm), Some(self.pkRm)),
            ("E", self.skEm.is_some().then_some(self.ikmE), self.skEm, self.pkEm),
            ("S", self.ikmS, self.skSm, self.pkSm),
        ];
        for (whose, ikm, sk, pk) in pairs {
            match (ikm, sk, pk) {
                (Some(ikm), Some(sk), Some(pk)) => {
                    let input = Input::new().with_number(F::KemId, self.kem_id.into()).with(F::Ikm, ikm.0);
                    push(format!("keygen {whose}"), Op::Keygen, input, Output::from([(F::SkR, sk.0), (F::PkR, pk.0)]));
                }
                (None, None, None) => {}
                _ => return Err(What::MissingField(format!("one of ikm{whose}, sk{whose}m and pk{whose}m"))),
            }
        }
        for encryption in self.encryptions {
            let seq = sequence(&self.base_nonce.0, &encryption.nonce.0).ok_or(What::Value {
                field: "nonce".into(),
                expected: "base_nonce with a sequence number over its end (RFC 9180 §5.2)",
            })?;
            let input =
                common.clone().with_number(F::Seq, seq).with(F::Aad, encryption.aad.0).with(F::Ct, encryption.ct.0);
            push(format!("open {seq}"), Op::Open, input, Output::from([(F::Msg, encryption.pt.0)]));
        }
        for (number, export) in (1_usize..).zip(self.exports) {
            if u64::try_from(export.exported_value.0.len()) != Ok(export.len) {
                return Err(What::Value { field: "L".into(), expected: "the length of exported_value" });
            }
            let input = common.clone().with(F::Ctx, export.exporter_context.0).with_number(F::Len, export.len);
            push(format!("export {number}"), Op::Export, input, Output::from([(F::Secret, export.exported_value.0)]));
        }
        Ok(())
    }
}

/// The sequence number whose nonce this is.
fn sequence(base: &[u8], nonce: &[u8]) -> Option<u64> {
    let (head, tail) = nonce.split_last_chunk::<8>()?;
    let (base_head, base_tail) = base.split_last_chunk::<8>()?;
    (head == base_head).then(|| u64::from_be_bytes(*tail) ^ u64::from_be_bytes(*base_tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(mode: u8, more: &str) -> String {
        format!(
            r#"[{{"mode":{mode},"kem_id":32,"kdf_id":1,"aead_id":1,"info":"01","ikmR":"02","ikmE":"03","skRm":"04",
            "pkRm":"05","enc":"06","shared_secret":"07","key":"08","base_nonce":"0000000000000000000000ff",
            "exporter_secret":"0a",{more}
            "encryptions":[{{"aad":"","ct":"0b","nonce":"0000000000000000000001fe","pt":"0c"}}],
            "exports":[{{"exporter_context":"0d","L":1,"exported_value":"0e"}}]}}]"#
        )
    }

    #[test]
    fn a_vector_gives_keys_openings_and_exports() {
        let cases = read("", &json(0, "")).unwrap();
        let ids: Vec<_> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["vector 1, keygen R", "vector 1, open 257", "vector 1, export 1"]);
        let whole = r#""ikmS":"20","skSm":"21","pkSm":"22","skEm":"23","pkEm":"24","psk":"25","psk_id":"26","#;
        let cases = read("", &json(3, whole)).unwrap();
        assert_eq!(cases.len(), 5);
        assert_eq!(cases[1].question.input.bytes(F::Ikm), [3]);
        assert_eq!(cases[3].question.input.bytes(F::PkS), [0x22]);
        for case in &cases {
            case.shape().unwrap();
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error_with_its_name() {
        for (text, error) in [
            (json(1, ""), "vectors: case vector 1: missing field `psk`"),
            (json(0, r#""psk":"00","#), "vectors: case vector 1: field `psk` must not be here"),
            (json(0, r#""skEm":"00","#), "vectors: case vector 1: missing field `one of ikmE, skEm and pkEm`"),
            (json(4, ""), "vectors: case vector 1: field `mode` must be 0, 1, 2 or 3"),
            (json(0, "").replace("\"L\":1", "\"L\":2"), "field `L` must be the length of exported_value"),
            (
                json(0, "").replace("0000000000000000000001fe", "0100000000000000000001fe"),
                "field `nonce` must be base_",
            ),
            (json(0, r#""xx":0,"#), "unknown field `xx`"),
            ("[]".into(), "vectors: holds not one case"),
            (json(0, "").get(..100).unwrap().into(), "ends in the middle"),
        ] {
            let found = read("", &text).unwrap_err().to_string();
            assert!(found.contains(error), "{found}");
        }
    }
}
