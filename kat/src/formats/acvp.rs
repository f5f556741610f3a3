//! NIST ACVP: ML-KEM keyGen and encapDecap (FIPS203), ML-DSA keyGen, sigGen and sigVer (FIPS204).
//!
//! A published set is a prompt with its expected results, or one internal projection that holds both. A server
//! wraps sets in an array, behind an object that tells its version or its session; BoringSSL keeps them so. All
//! have the same keys, each file a part of them, so one schema reads any file and [`Document::join`] puts two
//! together by `vsId`, `tgId` and `tcId`.
//!
//! The ML-DSA sets of 2024 give no `signatureInterface` and are of the internal one (FIPS 204 algorithms 7 and
//! 8). Projections tell more than their cases need: `deferred`, and keys that nobody is given.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

use crate::{Alg, Case, Error, Expect, Family, Field as F, Input, Op, Output, Question, What, formats::encoding::Hex};

/// A file.
#[derive(Debug)]
pub(crate) struct Document(Vec<Set>);

/// Reads a file of any kind.
///
/// # Errors
/// JSON of another shape, with its line and column.
pub(crate) fn parse(text: &str) -> Result<Document, Error> {
    if text.trim_start().starts_with('[') {
        let mut sets: Vec<Set> = serde_json::from_str(text)?;
        sets.retain(|set| !set.is_head());
        Ok(Document(sets))
    } else {
        Ok(Document(vec![serde_json::from_str(text)?]))
    }
}

impl Document {
    /// Joins a prompt and its expected results, in either order.
    ///
    /// # Errors
    /// A set, group or test that only one has; a key that both have with different values.
    pub(crate) fn join(mut self, other: Self) -> Result<Self, Error> {
        zip(&mut self.0, other.0, "vsId", None, |set| set.vs_id, Set::join)?;
        Ok(self)
    }

    /// The cases.
    ///
    /// # Errors
    /// A key that a case lacks, or has beside those of its kind; an algorithm or mode that is not read here.
    pub(crate) fn cases(self) -> Result<Vec<Case>, Error> {
        let many = self.0.len() > 1;
        let mut cases = Vec::new();
        for set in self.0 {
            let prefix = if many { format!("vs {}, ", set.vs_id.unwrap_or_default()) } else { String::new() };
            set.cases(&prefix, &mut cases)?;
        }
        Ok(cases)
    }
}

/// Joins lists of which each member has a number.
fn zip<T>(
    into: &mut [T],
    from: Vec<T>,
    key: &str,
    place: Option<&str>,
    number: impl Fn(&T) -> Option<u64>,
    join: impl Fn(&mut T, T) -> Result<(), Error>,
) -> Result<(), Error> {
    let unmatched = || {
        let what = What::Unmatched(key.to_owned());
        place.map_or_else(|| Error::of_file(what.clone()), |place| Error::in_case(place, what.clone()))
    };
    if into.len() != from.len() {
        return Err(unmatched());
    }
    for (into, from) in into.iter_mut().zip(from) {
        if number(into).is_none() || number(into) != number(&from) {
            return Err(unmatched());
        }
        join(into, from)?;
    }
    Ok(())
}

/// Joins one key.
fn join<T: PartialEq>(place: &str, key: &str, into: &mut Option<T>, from: Option<T>) -> Result<(), Error> {
    match (into.as_ref(), from) {
        (_, None) => Ok(()),
        (Some(one), Some(other)) if *one == other => Ok(()),
        (Some(_), Some(_)) => Err(Error::in_case(place, What::Unmatched(key.to_owned()))),
        (None, from) => {
            *into = from;
            Ok(())
        }
    }
}

/// A vector set; or what servers put before the first one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Set {
    vs_id: Option<u64>,
    algorithm: Option<Algorithm>,
    mode: Option<Mode>,
    revision: Option<Revision>,
    is_sample: Option<bool>,
    test_groups: Option<Vec<Group>>,
    #[serde(rename = "acvVersion")]
    acv_version: Option<String>,
    #[serde(rename = "time")]
    _time: Option<String>,
    #[serde(rename = "url")]
    _url: Option<String>,
    vector_set_urls: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
enum Algorithm {
    #[serde(rename = "ML-KEM")]
    MlKem,
    #[serde(rename = "ML-DSA")]
    MlDsa,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Mode {
    KeyGen,
    EncapDecap,
    SigGen,
    SigVer,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Revision {
    Fips203,
    Fips204,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Group {
    tg_id: Option<u64>,
    test_type: Option<TestType>,
    parameter_set: Option<String>,
    function: Option<Function>,
    deterministic: Option<bool>,
    signature_interface: Option<Interface>,
    pre_hash: Option<PreHash>,
    external_mu: Option<bool>,
    ek: Option<Hex>,
    dk: Option<Hex>,
    pk: Option<Hex>,
    sk: Option<Hex>,
    tests: Vec<Test>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
enum TestType {
    #[serde(rename = "AFT")]
    Functional,
    #[serde(rename = "VAL")]
    Validation,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Function {
    Encapsulation,
    Decapsulation,
    EncapsulationKeyCheck,
    DecapsulationKeyCheck,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Interface {
    External,
    Internal,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PreHash {
    Pure,
    PreHash,
}

/// A test: whatever keys it has.
#[derive(Debug, Default)]
struct Test {
    id: Option<u64>,
    passed: Option<bool>,
    reason: Option<String>,
    hash: Option<String>,
    bytes: BTreeMap<&'static str, Vec<u8>>,
}

/// The keys of tests that are bytes.
const BYTES: [&str; 15] =
    ["d", "z", "seed", "ek", "dk", "m", "c", "k", "pk", "sk", "message", "context", "mu", "rnd", "signature"];

/// All keys of tests.
const KEYS: &[&str] = &[
    "tcId",
    "deferred",
    "testPassed",
    "reason",
    "hashAlg",
    "d",
    "z",
    "seed",
    "ek",
    "dk",
    "m",
    "c",
    "k",
    "pk",
    "sk",
    "message",
    "context",
    "mu",
    "rnd",
    "signature",
];

impl<'de> Deserialize<'de> for Test {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Test;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a test")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Test, A::Error> {
                let mut test = Test::default();
                while let Some(key) = map.next_key::<String>()? {
                    let twice = match key.as_str() {
                        "tcId" => test.id.replace(map.next_value()?).is_some(),
                        "testPassed" => test.passed.replace(map.next_value()?).is_some(),
                        "reason" => test.reason.replace(map.next_value()?).is_some(),
                        "hashAlg" => test.hash.replace(map.next_value()?).is_some(),
                        // Whether the server computes the answer.
                        "deferred" => map.next_value::<bool>().map(|_| false)?,
                        name => match BYTES.into_iter().find(|one| *one == name) {
                            Some(name) => test.bytes.insert(name, map.next_value::<Hex>()?.0).is_some(),
                            None => return Err(de::Error::unknown_field(name, KEYS)),
                        },
                    };
                    if twice {
                        return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
                    }
                }
                Ok(test)
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

impl Set {
    fn is_head(&self) -> bool {
        self.test_groups.is_none() && (self.acv_version.is_some() || self.vector_set_urls.is_some())
    }

    fn join(&mut self, other: Self) -> Result<(), Error> {
        let place = format!("vs {}", self.vs_id.unwrap_or_default());
        join(&place, "algorithm", &mut self.algorithm, other.algorithm)?;
        join(&place, "mode", &mut self.mode, other.mode)?;
        join(&place, "revision", &mut self.revision, other.revision)?;
        join(&place, "isSample", &mut self.is_sample, other.is_sample)?;
        let groups = self.test_groups.as_deref_mut().unwrap_or_default();
        let others = other.test_groups.unwrap_or_default();
        zip(groups, others, "testGroups", Some(&place), |group| group.tg_id, Group::join)
    }

    fn cases(self, prefix: &str, cases: &mut Vec<Case>) -> Result<(), Error> {
        let missing = |key: &str| Error::of_file(What::MissingField(key.to_owned()));
        self.vs_id.ok_or_else(|| missing("vsId"))?;
        let algorithm = self.algorithm.ok_or_else(|| missing("algorithm"))?;
        let mode = self.mode.ok_or_else(|| missing("mode"))?;
        let (family, revision) = match algorithm {
            Algorithm::MlKem => (Family::MlKem, Revision::Fips203),
            Algorithm::MlDsa => (Family::MlDsa, Revision::Fips204),
        };
        if self.revision.ok_or_else(|| missing("revision"))? != revision {
            let expected = "FIPS203 for ML-KEM, FIPS204 for ML-DSA";
            return Err(Error::of_file(What::Value { field: "revision".into(), expected }));
        }
        for group in self.test_groups.ok_or_else(|| missing("testGroups"))? {
            group.cases(prefix, family, mode, cases)?;
        }
        Ok(())
    }
}

impl Group {
    fn join(&mut self, other: Self) -> Result<(), Error> {
        let place = format!("tg {}", self.tg_id.unwrap_or_default());
        join(&place, "testType", &mut self.test_type, other.test_type)?;
        join(&place, "parameterSet", &mut self.parameter_set, other.parameter_set)?;
        join(&place, "function", &mut self.function, other.function)?;
        join(&place, "deterministic", &mut self.deterministic, other.deterministic)?;
        join(&place, "signatureInterface", &mut self.signature_interface, other.signature_interface)?;
        join(&place, "preHash", &mut self.pre_hash, other.pre_hash)?;
        join(&place, "externalMu", &mut self.external_mu, other.external_mu)?;
        join(&place, "ek", &mut self.ek, other.ek)?;
        join(&place, "dk", &mut self.dk, other.dk)?;
        join(&place, "pk", &mut self.pk, other.pk)?;
        join(&place, "sk", &mut self.sk, other.sk)?;
        let test = |test: &mut Test, other: Test| test.join(&place, other);
        zip(&mut self.tests, other.tests, "tests", Some(&place), |test| test.id, test)
    }

    fn cases(mut self, prefix: &str, family: Family, mode: Mode, cases: &mut Vec<Case>) -> Result<(), Error> {
        let id = self.tg_id.ok_or_else(|| Error::of_file(What::MissingField("tgId".into())))?;
        let place = format!("{prefix}tg {id}");
        let fault = |what| Error::in_case(&place, what);
        self.test_type.ok_or_else(|| fault(What::MissingField("testType".into())))?;
        let name = self.parameter_set.take().ok_or_else(|| fault(What::MissingField("parameterSet".into())))?;
        let alg = Alg::by_name(&name).filter(|alg| alg.family() == family);
        let alg = alg.ok_or_else(|| fault(What::Algorithm(name)))?;
        let kind = self.kind(mode, family).map_err(fault)?;
        for test in core::mem::take(&mut self.tests) {
            let number = test.id.ok_or_else(|| fault(What::MissingField("tcId".into())))?;
            let note = test.reason.clone().unwrap_or_default();
            let id = format!("{place}, tc {number}");
            let (op, input, expect) = self.case(kind, test).map_err(|what| Error::in_case(&id, what))?;
            cases.push(Case { id, note, flags: Vec::new(), question: Question { alg, op, input }, expect });
        }
        Ok(())
    }

    /// What the group is about, from the keys that say so, which must be those of its mode and no others.
    fn kind(&self, mode: Mode, family: Family) -> Result<Kind, What> {
        let kind = match (mode, family) {
            (Mode::KeyGen, _) => Kind::KeyGen(family),
            (Mode::EncapDecap, Family::MlKem) => {
                Kind::Kem(self.function.ok_or_else(|| What::MissingField("function".into()))?)
            }
            (Mode::SigGen, Family::MlDsa) => {
                let deterministic = self.deterministic.ok_or_else(|| What::MissingField("deterministic".into()))?;
                Kind::SigGen(self.input()?, deterministic)
            }
            (Mode::SigVer, Family::MlDsa) => Kind::SigVer(self.input()?),
            _ => return Err(What::Value { field: "mode".into(), expected: "one of the algorithm's" }),
        };
        let signs = matches!(kind, Kind::SigGen(..) | Kind::SigVer(_));
        for (key, given, fits) in [
            ("function", self.function.is_some(), matches!(kind, Kind::Kem(_))),
            ("deterministic", self.deterministic.is_some(), matches!(kind, Kind::SigGen(..))),
            ("signatureInterface", self.signature_interface.is_some(), signs),
            ("preHash", self.pre_hash.is_some(), signs),
            ("externalMu", self.external_mu.is_some(), signs),
            ("ek", self.ek.is_some(), matches!(kind, Kind::Kem(Function::Decapsulation))),
            ("dk", self.dk.is_some(), matches!(kind, Kind::Kem(Function::Decapsulation))),
            ("pk", self.pk.is_some(), matches!(kind, Kind::SigVer(_))),
            ("sk", self.sk.is_some(), matches!(kind, Kind::SigVer(_))),
        ] {
            if given && !fits {
                return Err(What::Misplaced(key.into()));
            }
        }
        Ok(kind)
    }

    /// Which of FIPS 204's interfaces the group is about.
    fn input(&self) -> Result<Signed, What> {
        match (self.signature_interface, self.pre_hash, self.external_mu) {
            (Some(Interface::External), Some(PreHash::Pure), None) => Ok(Signed::Pure),
            (Some(Interface::External), Some(PreHash::PreHash), None) => Ok(Signed::PreHash),
            (Some(Interface::Internal), None, Some(true)) => Ok(Signed::Mu),
            (Some(Interface::Internal), None, Some(false)) | (None, None, None) => Ok(Signed::Internal),
            (_, Some(_), Some(_)) => Err(What::Misplaced("externalMu".into())),
            (Some(Interface::External), None, _) => Err(What::MissingField("preHash".into())),
            (Some(Interface::Internal), None, _) => Err(What::MissingField("externalMu".into())),
            (Some(Interface::Internal), Some(_), None) => Err(What::Misplaced("preHash".into())),
            (None, ..) => Err(What::MissingField("signatureInterface".into())),
        }
    }

    /// The question of a test, and what must come of it.
    fn case(&self, kind: Kind, mut test: Test) -> Result<(Op, Input, Expect), What> {
        let input = Input::new();
        let case = match kind {
            Kind::KeyGen(Family::MlKem) => {
                let seed = [test.must("d")?, test.must("z")?].concat();
                (Op::Keygen, input.with(F::Seed, seed), test.outputs([("ek", F::Ek), ("dk", F::Dk)])?)
            }
            Kind::KeyGen(_) => {
                let input = input.with(F::Seed, test.must("seed")?);
                (Op::Keygen, input, test.outputs([("pk", F::Pk), ("sk", F::Sk)])?)
            }
            Kind::Kem(Function::Encapsulation) => {
                test.bytes.remove("dk");
                let input = input.with(F::Ek, test.must("ek")?).with(F::M, test.must("m")?);
                (Op::Encaps, input, test.outputs([("c", F::C), ("k", F::K)])?)
            }
            Kind::Kem(Function::Decapsulation) => {
                test.bytes.remove("ek");
                let input = input.with(F::Dk, test.key("dk", self.dk.as_ref())?).with(F::C, test.must("c")?);
                (Op::Decaps, input, test.outputs([("k", F::K)])?)
            }
            Kind::Kem(Function::EncapsulationKeyCheck) => {
                test.bytes.remove("dk");
                (Op::CheckEk, input.with(F::Ek, test.must("ek")?), test.passes()?)
            }
            Kind::Kem(Function::DecapsulationKeyCheck) => {
                test.bytes.remove("ek");
                (Op::CheckDk, input.with(F::Dk, test.must("dk")?), test.passes()?)
            }
            Kind::SigGen(signed, deterministic) => {
                test.bytes.remove("pk");
                let rnd = if deterministic { vec![0; 32] } else { test.must("rnd")? };
                let input = test.signed(signed, input)?.with(F::Sk, test.must("sk")?).with(F::Rnd, rnd);
                let op = match signed {
                    Signed::Pure => Op::Sign,
                    Signed::PreHash => Op::SignPrehash,
                    Signed::Internal => Op::SignInternal,
                    Signed::Mu => Op::SignMu,
                };
                (op, input, test.outputs([("signature", F::Sig)])?)
            }
            Kind::SigVer(signed) => {
                test.bytes.remove("sk");
                let pk = test.key("pk", self.pk.as_ref())?;
                let input = test.signed(signed, input)?.with(F::Pk, pk).with(F::Sig, test.must("signature")?);
                let op = match signed {
                    Signed::Pure => Op::Verify,
                    Signed::PreHash => Op::VerifyPrehash,
                    Signed::Internal => Op::VerifyInternal,
                    Signed::Mu => Op::VerifyMu,
                };
                (op, input, test.passes()?)
            }
        };
        test.finish()?;
        Ok(case)
    }
}

/// What a group is about.
#[derive(Clone, Copy)]
enum Kind {
    KeyGen(Family),
    Kem(Function),
    /// Whether in the deterministic variant, which gives no `rnd`.
    SigGen(Signed, bool),
    SigVer(Signed),
}

/// What ML-DSA signs.
#[derive(Clone, Copy)]
enum Signed {
    Pure,
    PreHash,
    Internal,
    Mu,
}

impl Test {
    fn join(&mut self, place: &str, other: Self) -> Result<(), Error> {
        let place = format!("{place}, tc {}", self.id.unwrap_or_default());
        join(&place, "testPassed", &mut self.passed, other.passed)?;
        join(&place, "reason", &mut self.reason, other.reason)?;
        join(&place, "hashAlg", &mut self.hash, other.hash)?;
        for (key, value) in other.bytes {
            let mut own = self.bytes.remove(key);
            join(&place, key, &mut own, Some(value))?;
            self.bytes.extend(own.map(|own| (key, own)));
        }
        Ok(())
    }

    /// Takes a key that must be there.
    fn must(&mut self, key: &str) -> Result<Vec<u8>, What> {
        self.bytes.remove(key).ok_or_else(|| What::MissingField(key.to_owned()))
    }

    /// Takes a key that the test has, or its group for all tests.
    fn key(&mut self, key: &str, of_group: Option<&Hex>) -> Result<Vec<u8>, What> {
        match (self.bytes.remove(key), of_group) {
            (Some(_), Some(_)) => Err(What::Misplaced(key.to_owned())),
            (own, group) => {
                own.or_else(|| group.map(|hex| hex.0.clone())).ok_or_else(|| What::MissingField(key.to_owned()))
            }
        }
    }

    fn outputs<const N: usize>(&mut self, keys: [(&str, F); N]) -> Result<Expect, What> {
        let outputs = keys.into_iter().map(|(key, field)| Ok((field, self.must(key)?)));
        Ok(Expect::Output(outputs.collect::<Result<_, What>>()?))
    }

    fn passes(&mut self) -> Result<Expect, What> {
        let passed = self.passed.take().ok_or_else(|| What::MissingField("testPassed".into()))?;
        Ok(if passed { Expect::Output(Output::new()) } else { Expect::Reject })
    }

    fn signed(&mut self, signed: Signed, input: Input) -> Result<Input, What> {
        Ok(match signed {
            Signed::Mu => input.with(F::Mu, self.must("mu")?),
            Signed::Internal => input.with(F::Msg, self.must("message")?),
            Signed::Pure => input.with(F::Msg, self.must("message")?).with(F::Ctx, self.must("context")?),
            Signed::PreHash => {
                let hash = self.hash.take().ok_or_else(|| What::MissingField("hashAlg".into()))?;
                let input = input.with(F::Msg, self.must("message")?).with(F::Ctx, self.must("context")?);
                input.with_text(F::Hash, hash)
            }
        })
    }

    /// Finds what nobody took.
    fn finish(&self) -> Result<(), What> {
        let passed = self.passed.map(|_| "testPassed");
        let hash = self.hash.as_ref().map(|_| "hashAlg");
        match self.bytes.keys().copied().next().or(passed).or(hash) {
            Some(key) => Err(What::Misplaced(key.to_owned())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = r#"{"vsId":1,"algorithm":"ML-KEM","mode":"encapDecap","revision":"FIPS203","isSample":true,
        "testGroups":[{"tgId":4,"testType":"VAL","parameterSet":"ML-KEM-768","function":"decapsulation",
        "tests":[{"tcId":7,"dk":"AA",
        "c":"bb"}]}]}"#;
    const RESULTS: &str = r#"{"vsId":1,"algorithm":"ML-KEM","testGroups":[{"tgId":4,"tests":[{"tcId":7,"k":"CC"}]}]}"#;

    fn joined(prompt: &str, results: &str) -> Result<Vec<Case>, Error> {
        parse(prompt)?.join(parse(results)?)?.cases()
    }

    #[test]
    fn prompt_and_results_join_by_number() {
        let cases = joined(PROMPT, RESULTS).unwrap();
        assert_eq!(cases, joined(RESULTS, PROMPT).unwrap());
        let [case] = &cases[..] else { panic!("{cases:?}") };
        assert_eq!((case.id.as_str(), case.question.alg, case.question.op), ("tg 4, tc 7", Alg::MlKem768, Op::Decaps));
        assert_eq!(case.question.input, Input::new().with(F::Dk, [0xaa]).with(F::C, [0xbb]));
        assert_eq!(case.expect, Expect::Output(Output::from([(F::K, vec![0xcc])])));
        for (from, to, error) in [
            (r#""tcId":7"#, r#""tcId":8"#, "vectors: case tg 4: prompt and results do not match in `tests`"),
            (r#"{"tcId":7,"k":"CC"}"#, "", "vectors: case tg 4: prompt and results do not match in `tests`"),
            (r#""tgId":4"#, r#""tgId":5"#, "vectors: case vs 1: prompt and results do not match in `testGroups`"),
            (r#""vsId":1"#, r#""vsId":2"#, "vectors: prompt and results do not match in `vsId`"),
            ("ML-KEM", "ML-DSA", "vectors: case vs 1: prompt and results do not match in `algorithm`"),
            (r#""k":"#, r#""c":"#, "vectors: case tg 4, tc 7: prompt and results do not match in `c`"),
        ] {
            assert_eq!(joined(PROMPT, &RESULTS.replace(from, to)).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_server_s_array_is_read_alike() {
        let wrap = |head: &str, set: &str| {
            let second = set.replace(r#""vsId":1"#, r#""vsId":2"#);
            format!("[{head},{set},{second}]")
        };
        let url = r#"{"time":"2026-01-01","url":"a","vectorSetUrls":["b"]}"#;
        for head in [r#"{"acvVersion":"1.0"}"#, url] {
            let cases = joined(&wrap(head, PROMPT), &wrap(head, RESULTS)).unwrap();
            let ids: Vec<_> = cases.iter().map(|case| case.id.as_str()).collect();
            assert_eq!(ids, ["vs 1, tg 4, tc 7", "vs 2, tg 4, tc 7"]);
        }
        let error = joined(r#"[{"acvVersion":"1.0"}, {}]"#, r#"[{}]"#).unwrap_err();
        assert_eq!(error.to_string(), "vectors: prompt and results do not match in `vsId`");
    }

    #[test]
    fn unknown_keys_name_their_line_and_column() {
        let projection = PROMPT.replace(r#""c":"bb""#, r#""c":"bb","k":"CC","deferred":false,"reason":"r""#);
        let cases = parse(&projection).unwrap().cases().unwrap();
        assert_eq!((cases.len(), cases[0].note.as_str()), (1, "r"));
        for (from, to, error) in [
            (r#""c":"bb""#, r#""C":"bb""#, "vectors:4:11: unknown field `C`, expected one of "),
            (r#""c":"bb""#, r#""c":"b""#, "vectors:4:15: not bytes in hex: "),
            (r#""c":"bb""#, r#""c":"bb","c":"bb""#, "vectors:4:25: duplicate field `c`"),
            (r#""vsId":1"#, r#""vsId":1,"x":0"#, "vectors:1:13: unknown field `x`, expected one of "),
            (r#""tgId":4"#, r#""tgId":4,"x":0"#, "vectors:2:35: unknown field `x`, expected one of "),
            (r#""decapsulation""#, r#""decapsulate""#, "vectors:2:101: unknown variant `decapsulate`"),
            ("FIPS203", "FIPS202", "vectors:1:71: unknown variant `FIPS202`"),
            ("]}]}", "]}", "vectors:4:"),
        ] {
            let text = projection.replace(from, to);
            assert_ne!(text, projection);
            let found = parse(&text).unwrap_err().to_string();
            assert!(found.starts_with(error), "{error}: {found}");
        }
    }

    #[test]
    fn wrong_keys_name_their_case_and_field() {
        let projection = PROMPT.replace(r#""c":"bb""#, r#""c":"bb","k":"CC""#);
        for (from, to, error) in [
            (r#""dk":"AA","#, "", "vectors: case tg 4, tc 7: missing field `dk`"),
            (r#","k":"CC""#, "", "vectors: case tg 4, tc 7: missing field `k`"),
            (r#""tcId":7"#, r#""tcId":7,"m":"""#, "vectors: case tg 4, tc 7: field `m` must not be here"),
            (r#""tcId":7"#, r#""tcId":7,"hashAlg":"""#, "vectors: case tg 4, tc 7: field `hashAlg` must not be here"),
            (r#""tgId":4"#, r#""tgId":4,"dk":"""#, "vectors: case tg 4, tc 7: field `dk` must not be here"),
            (r#""tgId":4"#, r#""tgId":4,"pk":"""#, "vectors: case tg 4: field `pk` must not be here"),
            (r#","function":"decapsulation""#, "", "vectors: case tg 4: missing field `function`"),
            ("ML-KEM-768", "ML-KEM-769", "vectors: case tg 4: unknown algorithm `ML-KEM-769`"),
            ("ML-KEM-768", "ML-DSA-65", "vectors: case tg 4: unknown algorithm `ML-DSA-65`"),
            ("encapDecap", "sigGen", "vectors: case tg 4: field `mode` must be one of the algorithm's"),
            ("FIPS203", "FIPS204", "vectors: field `revision` must be FIPS203 for ML-KEM, FIPS204 for ML-DSA"),
            (r#""vsId":1,"#, "", "vectors: missing field `vsId`"),
            (r#""tcId":7,"#, "", "vectors: case tg 4: missing field `tcId`"),
        ] {
            let text = projection.replace(from, to);
            assert_ne!(text, projection);
            assert_eq!(parse(&text).and_then(Document::cases).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn an_interface_has_its_inputs_and_no_others() {
        let rows = [
            (r#""signatureInterface":"external","preHash":"pure","#, 0b1100, Op::Verify),
            (r#""signatureInterface":"external","preHash":"preHash","#, 0b1110, Op::VerifyPrehash),
            (r#""signatureInterface":"internal","externalMu":true,"#, 0b0001, Op::VerifyMu),
            (r#""signatureInterface":"internal","externalMu":false,"#, 0b1000, Op::VerifyInternal),
            ("", 0b1000, Op::VerifyInternal),
            (r#""signatureInterface":"external","externalMu":true,"#, 0b10000, Op::Verify),
            (r#""signatureInterface":"internal","preHash":"pure","#, 0b10000, Op::Verify),
            (r#""externalMu":true,"#, 0b10000, Op::Verify),
        ];
        for (interface, right, op) in rows {
            for bits in 0..16 {
                let keys = [r#""message":"","#, r#""context":"","#, r#""hashAlg":"SHA2-256","#, r#""mu":"","#];
                let keys = keys.iter().enumerate().filter(|(i, _)| bits & (8 >> i) != 0).map(|(_, key)| *key);
                let text = format!(
                    r#"{{"vsId":1,"algorithm":"ML-DSA","mode":"sigVer","revision":"FIPS204","testGroups":[
                    {{"tgId":1,"testType":"AFT","parameterSet":"ML-DSA-44",{interface}"tests":[
                    {{"tcId":1,"pk":"","signature":"",{}"testPassed":false}}]}}]}}"#,
                    keys.collect::<String>()
                );
                let cases = parse(&text).unwrap().cases();
                assert_eq!(cases.is_ok(), bits == right, "{bits:04b} for {right:04b} of {interface}: {cases:?}");
                for case in cases.iter().flatten() {
                    assert_eq!((case.question.op, &case.expect), (op, &Expect::Reject));
                    case.shape().unwrap();
                }
            }
        }
    }

    #[test]
    fn the_deterministic_variant_gives_no_randomness() {
        let text = |deterministic: bool, rnd: &str| {
            format!(
                r#"{{"vsId":1,"algorithm":"ML-DSA","mode":"sigGen","revision":"FIPS204","testGroups":[
                {{"tgId":1,"testType":"AFT","parameterSet":"ML-DSA-44","deterministic":{deterministic},"tests":[
                {{"tcId":1,"sk":"","message":"",{rnd}"signature":""}}]}}]}}"#
            )
        };
        let read = |deterministic, rnd| parse(&text(deterministic, rnd)).unwrap().cases();
        assert_eq!(read(true, "").unwrap()[0].question.input.bytes(F::Rnd), [0; 32]);
        assert_eq!(read(false, r#""rnd":"05","#).unwrap()[0].question.input.bytes(F::Rnd), [5]);
        let error = read(false, "").unwrap_err().to_string();
        assert_eq!(error, "vectors: case tg 1, tc 1: missing field `rnd`");
        let error = read(true, r#""rnd":"05","#).unwrap_err().to_string();
        assert_eq!(error, "vectors: case tg 1, tc 1: field `rnd` must not be here");
    }
}
