//! NIST ACVP: ML-KEM keyGen and encapDecap (FIPS203), ML-DSA keyGen, sigGen and sigVer (FIPS204).
//!
//! A published set is `prompt.json` with `expectedResults.json`, or one `internalProjection.json` that holds
//! both. [`from_prompt`] joins the pair, by `tgId` and `tcId`, into the shape of the projection, so that one
//! strict schema reads either. Keys that only a projection has (`deferred`, `reason`) are optional there.
//!
//! Known limits of the sets: the invalid keys of `encapDecap` of 2026 all have the right length (a changed
//! hash, coefficients too large), and 2024 has no key checks. The ML-DSA sets of 2024 give no
//! `signatureInterface` and are of the internal interface (FIPS 204 algorithms 7 and 8).

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Case, Error, Expect, Hex, LatticeKey, MlDsa, MlDsaInput, MlKem, Op, Output};

/// Reads `internalProjection.json`.
///
/// # Errors
/// A text that is not in the format of a set listed above.
pub fn from_projection(projection: &str) -> Result<Vec<Case>, Error> {
    cases(serde_json::from_str(projection)?)
}

/// Reads `prompt.json` with `expectedResults.json`.
///
/// # Errors
/// As [`from_projection`]; two files of which one has a case that the other has not.
pub fn from_prompt(prompt: &str, results: &str) -> Result<Vec<Case>, Error> {
    let mut joined = serde_json::from_str(prompt)?;
    join(&mut joined, serde_json::from_str(results)?, None)?;
    cases(joined)
}

/// Adds the keys of `from` to those of `into`; arrays are matched by `tgId` or `tcId`.
fn join(into: &mut Value, from: Value, id: Option<u64>) -> Result<(), Error> {
    let unmatched = |key: &str, id| Err(Error::Unmatched { key: key.into(), id });
    let (Value::Object(into), Value::Object(from)) = (into, from) else {
        return unmatched("object", id);
    };
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Array(into)), Value::Array(from)) => {
                if into.len() != from.len() {
                    return unmatched(&key, id);
                }
                for (into, from) in into.iter_mut().zip(from) {
                    let id = number(into);
                    if id.is_none() || id != number(&from) {
                        return unmatched(&key, id);
                    }
                    join(into, from, id)?;
                }
            }
            (Some(into), value) if *into == value => {}
            _ => return unmatched(&key, id),
        }
    }
    Ok(())
}

/// The `tcId` of a test, else the `tgId` of a group.
fn number(value: &Value) -> Option<u64> {
    value.get("tcId").or_else(|| value.get("tgId"))?.as_u64()
}

fn cases(document: Value) -> Result<Vec<Case>, Error> {
    let Document { algorithm, mode, test_groups, .. } = Document::deserialize(document)?;
    match (algorithm, mode) {
        (Algorithm::MlKem, Mode::KeyGen) => groups::<MlKemKeyGenGroup>(test_groups),
        (Algorithm::MlKem, Mode::EncapDecap) => groups::<EncapDecapGroup>(test_groups),
        (Algorithm::MlDsa, Mode::KeyGen) => groups::<MlDsaKeyGenGroup>(test_groups),
        (Algorithm::MlDsa, Mode::SigGen) => groups::<SigGenGroup>(test_groups),
        (Algorithm::MlDsa, Mode::SigVer) => groups::<SigVerGroup>(test_groups),
        (Algorithm::MlKem, Mode::SigGen | Mode::SigVer) | (Algorithm::MlDsa, Mode::EncapDecap) => {
            Err(Error::Unmatched { key: "mode".into(), id: None })
        }
    }
}

fn groups<G: Group + DeserializeOwned>(groups: Value) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    Vec::<G>::deserialize(groups)?.into_iter().try_for_each(|group| group.cases(&mut cases))?;
    Ok(cases)
}

/// The head of every file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document {
    #[serde(rename = "vsId")]
    _vs_id: u64,
    algorithm: Algorithm,
    mode: Mode,
    #[serde(rename = "revision")]
    _revision: Revision,
    #[serde(rename = "isSample")]
    _is_sample: bool,
    test_groups: Value,
}

#[derive(Deserialize)]
enum Algorithm {
    #[serde(rename = "ML-KEM")]
    MlKem,
    #[serde(rename = "ML-DSA")]
    MlDsa,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Mode {
    KeyGen,
    EncapDecap,
    SigGen,
    SigVer,
}

#[derive(Deserialize)]
enum Revision {
    #[serde(rename = "FIPS203")]
    Fips203,
    #[serde(rename = "FIPS204")]
    Fips204,
}

#[derive(Deserialize)]
enum TestType {
    #[serde(rename = "AFT")]
    Functional,
    #[serde(rename = "VAL")]
    Validation,
}

/// A group with its parameters, to be told apart into cases.
trait Group {
    fn cases(self, cases: &mut Vec<Case>) -> Result<(), Error>;
}

fn case(group: u64, test: u64, note: Option<String>, op: Op, expect: Expect) -> Case {
    Case { id: format!("tg {group}, tc {test}"), note: note.unwrap_or_default(), op, expect }
}

fn output<const N: usize>(outputs: [(&'static str, Hex); N]) -> Expect {
    Expect::Output(outputs.into_iter().map(|(name, Hex(bytes))| (name, bytes)).collect())
}

fn passes(passed: bool) -> Expect {
    if passed { Expect::Output(Output::new()) } else { Expect::Reject }
}

/// An input that the case must have.
fn must(id: u64, field: &'static str, value: Option<Hex>) -> Result<Vec<u8>, Error> {
    value.map(|Hex(bytes)| bytes).ok_or(Error::Shape { id, field })
}

/// Inputs that the case must not have.
fn must_not(id: u64, others: &[(&'static str, bool)]) -> Result<(), Error> {
    match others.iter().find(|(_, present)| *present) {
        Some((field, _)) => Err(Error::Shape { id, field }),
        None => Ok(()),
    }
}

/// Declares the groups and tests of a mode. Each gets the keys that all of its kind have.
macro_rules! schema {
    (
        $group:ident<$params:ty> { $($(#[$gattr:meta])* $gfield:ident: $gtype:ty,)* }
        $test:ident { $($(#[$tattr:meta])* $tfield:ident: $ttype:ty,)* }
    ) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        struct $group {
            tg_id: u64,
            #[serde(rename = "testType")]
            _test_type: TestType,
            parameter_set: $params,
            $($(#[$gattr])* $gfield: $gtype,)*
            tests: Vec<$test>,
        }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        struct $test {
            tc_id: u64,
            /// Whether the server computes the answer; projections only.
            #[serde(default, rename = "deferred")]
            _deferred: Option<bool>,
            $($(#[$tattr])* $tfield: $ttype,)*
        }
    };
}

schema! {
    MlKemKeyGenGroup<MlKem> {}
    MlKemKeyGenTest { d: Hex, z: Hex, ek: Hex, dk: Hex, }
}

impl Group for MlKemKeyGenGroup {
    fn cases(self, cases: &mut Vec<Case>) -> Result<(), Error> {
        cases.extend(self.tests.into_iter().map(|test| {
            let op = Op::MlKemKeyGen { params: self.parameter_set, seed: [test.d.0, test.z.0].concat() };
            case(self.tg_id, test.tc_id, None, op, output([("ek", test.ek), ("dk", test.dk)]))
        }));
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(tag = "function", rename_all = "camelCase")]
enum EncapDecapGroup {
    Encapsulation(EncapsulationGroup),
    Decapsulation(DecapsulationGroup),
    EncapsulationKeyCheck(KeyCheckGroup),
    DecapsulationKeyCheck(KeyCheckGroup),
}

schema! {
    EncapsulationGroup<MlKem> {}
    EncapsulationTest {
        ek: Hex,
        m: Hex,
        c: Hex,
        k: Hex,
        reason: Option<String>,
        #[serde(default, rename = "dk")]
        _dk: Option<Hex>,
    }
}

schema! {
    DecapsulationGroup<MlKem> {
        dk: Option<Hex>,
        #[serde(default, rename = "ek")]
        _ek: Option<Hex>,
    }
    DecapsulationTest {
        dk: Option<Hex>,
        c: Hex,
        k: Hex,
        reason: Option<String>,
        #[serde(default, rename = "ek")]
        _ek: Option<Hex>,
    }
}

schema! {
    KeyCheckGroup<MlKem> {}
    KeyCheckTest { ek: Option<Hex>, dk: Option<Hex>, test_passed: bool, reason: Option<String>, }
}

impl Group for EncapDecapGroup {
    fn cases(self, cases: &mut Vec<Case>) -> Result<(), Error> {
        match self {
            Self::Encapsulation(group) => {
                for test in group.tests {
                    let op = Op::MlKemEncapsulate { params: group.parameter_set, ek: test.ek.0, m: test.m.0 };
                    let expect = output([("c", test.c), ("K", test.k)]);
                    cases.push(case(group.tg_id, test.tc_id, test.reason, op, expect));
                }
            }
            Self::Decapsulation(group) => {
                for test in group.tests {
                    must_not(test.tc_id, &[("dk", group.dk.is_some() && test.dk.is_some())])?;
                    let dk = must(test.tc_id, "dk", test.dk.or_else(|| group.dk.clone()))?;
                    let key = LatticeKey::Expanded(dk);
                    let op = Op::MlKemDecapsulate { params: group.parameter_set, key, c: test.c.0 };
                    cases.push(case(group.tg_id, test.tc_id, test.reason, op, output([("K", test.k)])));
                }
            }
            Self::EncapsulationKeyCheck(group) => {
                for test in group.tests {
                    let ek = must(test.tc_id, "ek", test.ek)?;
                    let op = Op::MlKemCheckEncapsulationKey { params: group.parameter_set, ek };
                    cases.push(case(group.tg_id, test.tc_id, test.reason, op, passes(test.test_passed)));
                }
            }
            Self::DecapsulationKeyCheck(group) => {
                for test in group.tests {
                    let dk = must(test.tc_id, "dk", test.dk)?;
                    let op = Op::MlKemCheckDecapsulationKey { params: group.parameter_set, dk };
                    cases.push(case(group.tg_id, test.tc_id, test.reason, op, passes(test.test_passed)));
                }
            }
        }
        Ok(())
    }
}

schema! {
    MlDsaKeyGenGroup<MlDsa> {}
    MlDsaKeyGenTest { seed: Hex, pk: Hex, sk: Hex, }
}

impl Group for MlDsaKeyGenGroup {
    fn cases(self, cases: &mut Vec<Case>) -> Result<(), Error> {
        cases.extend(self.tests.into_iter().map(|test| {
            let op = Op::MlDsaKeyGen { params: self.parameter_set, seed: test.seed.0 };
            case(self.tg_id, test.tc_id, None, op, output([("pk", test.pk), ("sk", test.sk)]))
        }));
        Ok(())
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SignatureInterface {
    External,
    Internal,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PreHash {
    Pure,
    PreHash,
}

/// Which of FIPS 204's interfaces a group is about; the three keys come together or not at all.
#[derive(Clone, Copy)]
struct Interface(Option<SignatureInterface>, Option<PreHash>, Option<bool>);

/// What a test gives to be signed.
struct Inputs {
    id: u64,
    message: Option<Hex>,
    context: Option<Hex>,
    hash_alg: Option<String>,
    mu: Option<Hex>,
}

impl Interface {
    fn input(self, inputs: Inputs) -> Result<MlDsaInput, Error> {
        let Inputs { id, message, context, hash_alg, mu } = inputs;
        let has = [
            ("message", message.is_some()),
            ("context", context.is_some()),
            ("hashAlg", hash_alg.is_some()),
            ("mu", mu.is_some()),
        ];
        let [has_message, has_context, has_hash, has_mu] = has;
        match self {
            Self(Some(SignatureInterface::External), Some(PreHash::Pure), None) => {
                must_not(id, &[has_hash, has_mu])?;
                Ok(MlDsaInput::Pure { message: must(id, "message", message)?, context: must(id, "context", context)? })
            }
            Self(Some(SignatureInterface::External), Some(PreHash::PreHash), None) => {
                must_not(id, &[has_mu])?;
                Ok(MlDsaInput::PreHash {
                    hash: hash_alg.ok_or(Error::Shape { id, field: "hashAlg" })?,
                    message: must(id, "message", message)?,
                    context: must(id, "context", context)?,
                })
            }
            Self(Some(SignatureInterface::Internal), None, Some(true)) => {
                must_not(id, &[has_message, has_context, has_hash])?;
                Ok(MlDsaInput::Mu(must(id, "mu", mu)?))
            }
            Self(Some(SignatureInterface::Internal), None, Some(false)) | Self(None, None, None) => {
                must_not(id, &[has_context, has_hash, has_mu])?;
                Ok(MlDsaInput::Internal(must(id, "message", message)?))
            }
            _ => Err(Error::Shape { id, field: "signatureInterface" }),
        }
    }
}

schema! {
    SigGenGroup<MlDsa> {
        deterministic: bool,
        signature_interface: Option<SignatureInterface>,
        pre_hash: Option<PreHash>,
        external_mu: Option<bool>,
    }
    SigGenTest {
        sk: Hex,
        message: Option<Hex>,
        context: Option<Hex>,
        hash_alg: Option<String>,
        mu: Option<Hex>,
        rnd: Option<Hex>,
        signature: Hex,
    }
}

impl Group for SigGenGroup {
    fn cases(self, cases: &mut Vec<Case>) -> Result<(), Error> {
        let interface = Interface(self.signature_interface, self.pre_hash, self.external_mu);
        for test in self.tests {
            let SigGenTest { tc_id: id, message, context, hash_alg, mu, .. } = test;
            let rnd = if self.deterministic {
                must_not(id, &[("rnd", test.rnd.is_some())])?;
                vec![0; 32]
            } else {
                must(id, "rnd", test.rnd)?
            };
            let input = interface.input(Inputs { id, message, context, hash_alg, mu })?;
            let key = LatticeKey::Expanded(test.sk.0);
            let op = Op::MlDsaSign { params: self.parameter_set, key, input, rnd };
            cases.push(case(self.tg_id, id, None, op, output([("signature", test.signature)])));
        }
        Ok(())
    }
}

schema! {
    SigVerGroup<MlDsa> {
        signature_interface: Option<SignatureInterface>,
        pre_hash: Option<PreHash>,
        external_mu: Option<bool>,
        pk: Option<Hex>,
        #[serde(default, rename = "sk")]
        _sk: Option<Hex>,
    }
    SigVerTest {
        pk: Option<Hex>,
        message: Option<Hex>,
        context: Option<Hex>,
        hash_alg: Option<String>,
        mu: Option<Hex>,
        signature: Hex,
        test_passed: bool,
        reason: Option<String>,
        #[serde(default, rename = "sk")]
        _sk: Option<Hex>,
    }
}

impl Group for SigVerGroup {
    fn cases(self, cases: &mut Vec<Case>) -> Result<(), Error> {
        let interface = Interface(self.signature_interface, self.pre_hash, self.external_mu);
        for test in self.tests {
            let SigVerTest { tc_id: id, message, context, hash_alg, mu, .. } = test;
            must_not(id, &[("pk", self.pk.is_some() && test.pk.is_some())])?;
            let pk = must(id, "pk", test.pk.or_else(|| self.pk.clone()))?;
            let input = interface.input(Inputs { id, message, context, hash_alg, mu })?;
            let op = Op::MlDsaVerify { params: self.parameter_set, pk, input, signature: test.signature.0 };
            cases.push(case(self.tg_id, id, test.reason, op, passes(test.test_passed)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = r#"{"vsId":1,"algorithm":"ML-KEM","mode":"encapDecap","revision":"FIPS203","isSample":true,
        "testGroups":[{"tgId":4,"testType":"VAL","parameterSet":"ML-KEM-768","function":"decapsulation",
        "tests":[{"tcId":7,"dk":"AA","c":"bb"}]}]}"#;
    const RESULTS: &str = r#"{"vsId":1,"algorithm":"ML-KEM","mode":"encapDecap","revision":"FIPS203","isSample":true,
        "testGroups":[{"tgId":4,"tests":[{"tcId":7,"k":"CC"}]}]}"#;

    #[test]
    fn prompt_and_results_join_by_number() {
        let cases = from_prompt(PROMPT, RESULTS).unwrap();
        let [Case { id, op: Op::MlKemDecapsulate { params, key: LatticeKey::Expanded(dk), c }, expect, .. }] =
            &cases[..]
        else {
            panic!("{cases:?}")
        };
        assert_eq!((id.as_str(), *params, &dk[..], &c[..]), ("tg 4, tc 7", MlKem::MlKem768, &[0xaa][..], &[0xbb][..]));
        assert_eq!(*expect, Expect::Output(Output::from([("K", vec![0xcc])])));

        for (from, to) in [(r#""tcId":7"#, r#""tcId":8"#), (r#""tgId":4"#, r#""tgId":5"#)] {
            assert!(matches!(from_prompt(PROMPT, &RESULTS.replace(from, to)), Err(Error::Unmatched { .. })), "{to}");
        }
        let other_set = RESULTS.replace(r#""vsId":1"#, r#""vsId":2"#);
        assert!(matches!(from_prompt(PROMPT, &other_set), Err(Error::Unmatched { key, id: None }) if key == "vsId"));
        let fewer = RESULTS.replace(r#"{"tcId":7,"k":"CC"}"#, "");
        assert!(matches!(from_prompt(PROMPT, &fewer), Err(Error::Unmatched { key, id: Some(4) }) if key == "tests"));
    }

    #[test]
    fn unknown_and_missing_keys_are_errors() {
        for (from, to) in [
            (r#""vsId":1"#, r#""vsId":1,"x":0"#),
            (r#""tgId":4"#, r#""tgId":4,"x":0"#),
            (r#""tcId":7"#, r#""tcId":7,"x":0"#),
            (r#""c":"bb""#, r#""C":"bb""#),
            (r#""c":"bb""#, r#""c":"b""#),
            (r#""dk":"AA","#, ""),
            ("ML-KEM-768", "ML-KEM-769"),
            ("FIPS203", "FIPS202"),
            (r#""decapsulation""#, r#""decapsulate""#),
            ("encapDecap", "sigGen"),
        ] {
            let (prompt, results) = (PROMPT.replace(from, to), RESULTS.replace(from, to));
            assert_ne!(prompt, PROMPT);
            assert!(from_prompt(&prompt, &results).is_err(), "{to}");
        }
    }

    #[test]
    fn an_interface_has_its_inputs_and_no_others() {
        use {PreHash as H, SignatureInterface as I};
        let hex = || Some(Hex(vec![1]));
        let inputs = |message: bool, context: bool, hash: bool, mu: bool| Inputs {
            id: 1,
            message: message.then(hex).flatten(),
            context: context.then(hex).flatten(),
            hash_alg: hash.then(|| "SHA2-256".into()),
            mu: mu.then(hex).flatten(),
        };
        let rows = [
            (Interface(Some(I::External), Some(H::Pure), None), 0b1100),
            (Interface(Some(I::External), Some(H::PreHash), None), 0b1110),
            (Interface(Some(I::Internal), None, Some(true)), 0b0001),
            (Interface(Some(I::Internal), None, Some(false)), 0b1000),
            (Interface(None, None, None), 0b1000),
            (Interface(Some(I::External), None, Some(true)), 0b10000),
        ];
        for (interface, right) in rows {
            for bits in 0..16 {
                let given = inputs(bits & 8 != 0, bits & 4 != 0, bits & 2 != 0, bits & 1 != 0);
                assert_eq!(interface.input(given).is_ok(), bits == right, "{bits:04b} for {right:04b}");
            }
        }
    }
}
