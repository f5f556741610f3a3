//! The text formats on the files as published: how many cases, and whether they are what the standards say.
//!
//! Files come from the data folder, and those of the Python package `cryptography-vectors` from the folder in
//! `CRYPTOGRAPHY_VECTORS`. What is absent is skipped by name. The counts are those of another program: of `grep`
//! for the key that each entry has, times the cases that an entry gives.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

use std::{collections::BTreeSet, path::PathBuf};

use curve25519_dalek::MontgomeryPoint;
use sha2::Digest;
use sha3::{Sha3_256, Sha3_512};
use shake::{ExtendableOutput, Shake128, Shake256, Update, XofReader};
use twinlock_kat::{
    Alg, Case, Expect, Family, Field, Op, Output,
    formats::{File, Format, read},
    status::{Status, lint, status},
};

fn data() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os("TWINLOCK_DATA").map_or(folder, PathBuf::from).join("vectors")
}

fn package() -> PathBuf {
    std::env::var_os("CRYPTOGRAPHY_VECTORS").map_or_else(|| PathBuf::from("cryptography_vectors"), PathBuf::from)
}

/// The cases of a file, which must be so many, each of its shape and with an id of its own.
fn cases(test: &str, folder: PathBuf, name: &str, format: Format, count: usize) -> Vec<Case> {
    let path = folder.join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: {test}: {name} absent");
        return Vec::new();
    };
    let cases = read(Some(format), &[File { name, bytes: &bytes }]).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(cases.len(), count, "{name}");
    assert_eq!(cases.iter().map(|case| &case.id).collect::<BTreeSet<_>>().len(), count, "{name}");
    for case in &cases {
        assert_eq!(case.shape(), Ok(()), "{name}: {}", case.id);
    }
    cases
}

fn output(case: &Case) -> &Output {
    let (Expect::Output(output) | Expect::Either(output)) = &case.expect else { panic!("{} is refused", case.id) };
    output
}

fn shake256<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hash = Shake256::default();
    parts.iter().for_each(|part| hash.update(part));
    let mut out = [0; N];
    hash.finalize_xof().read(&mut out);
    out
}

fn rank(alg: Alg) -> u8 {
    match alg {
        Alg::MlKem512 => 2,
        Alg::MlKem768 => 3,
        Alg::MlKem1024 => 4,
        _ => panic!("{alg}"),
    }
}

/// FIPS 203: ρ is in the encapsulation key, `z` and H(ek) in the decapsulation key, and both secrets are hashes.
fn check_kem(case: &Case) {
    let (input, alg) = (&case.question.input, case.question.alg);
    let draft = alg.is_legacy();
    match case.question.op {
        Op::Keygen => {
            let (d, z) = input.bytes(Field::Seed).split_at(32);
            let tail = if draft { vec![] } else { vec![rank(alg)] };
            let rho = &Sha3_512::digest([d, &tail].concat())[..32];
            let (ek, dk) = (&output(case)[&Field::Ek], &output(case)[&Field::Dk]);
            assert!(ek.ends_with(rho), "{}: ρ", case.id);
            assert!(dk.ends_with(&[&Sha3_256::digest(ek)[..], z].concat()), "{}: H(ek) ‖ z", case.id);
        }
        Op::Encaps if !alg.name().starts_with("Kyber") => {
            let h = Sha3_256::digest(input.bytes(Field::Ek));
            let g = Sha3_512::digest([input.bytes(Field::M), &h].concat());
            assert_eq!(output(case)[&Field::K], g[..32], "{}: K", case.id);
        }
        _ => {}
    }
}

/// Whether the ciphertext is refused implicitly: then the secret is J(z ‖ c).
fn is_refusal(case: &Case) -> bool {
    let input = &case.question.input;
    let key = input.get(Field::Seed).or(input.get(Field::Dk)).unwrap();
    shake256::<32>(&[&key[key.len() - 32..], input.bytes(Field::C)])[..] == output(case)[&Field::K]
}

fn check_ml_kem_rsp(test: &str, folder: PathBuf, name: &str, alg: Alg) {
    let all = cases(test, folder, name, Format::Rsp, 6 * 1000);
    for case in &all {
        assert_eq!(case.question.alg, alg);
        check_kem(case);
        if case.question.op == Op::Decaps {
            assert_eq!(is_refusal(case), case.id.contains("ct_n"), "{name}: {}", case.id);
        }
    }
}

#[test]
fn ml_kem_rsp() {
    check_ml_kem_rsp("ml_kem_rsp", data(), "pq-kat/kat_MLKEM_512.rsp.xz", Alg::MlKem512);
    for (name, alg) in [("768", Alg::MlKem768), ("1024", Alg::MlKem1024)] {
        check_ml_kem_rsp("ml_kem_rsp", package(), &format!("asymmetric/MLKEM/kat_MLKEM_{name}.rsp"), alg);
    }
}

/// The files of Kyber give the seed alone, so that each ρ and each `z` checks the generator.
#[test]
fn kyber_rsp() {
    for (name, alg) in [("1632", Alg::Kyber512), ("2400", Alg::Kyber768)] {
        let name = format!("legacy-round3/PQCkemKAT_{name}.rsp");
        for case in cases("kyber_rsp", data(), &name, Format::Rsp, 400) {
            assert_eq!(case.question.alg, alg);
            check_kem(&case);
        }
    }
}

/// ρ is at the start of the verifying key, from ξ: with the parameters' size in FIPS 204, without in round 3.
#[test]
fn signature_rsp() {
    let dilithium = ("legacy-round3/PQCsignKAT_Dilithium2.rsp".to_owned(), data(), Alg::Dilithium2, 300, vec![]);
    let shared = ("pq-kat/kat_MLDSA_44_det_pure.rsp.xz".to_owned(), data(), Alg::MlDsa44, 400, vec![4, 4]);
    let of_package = [("44", Alg::MlDsa44, [4, 4]), ("65", Alg::MlDsa65, [6, 5]), ("87", Alg::MlDsa87, [8, 7])];
    let of_package = of_package.map(|(name, alg, size)| {
        (format!("asymmetric/MLDSA/kat_MLDSA_{name}_det_pure.rsp"), package(), alg, 400, size.to_vec())
    });
    for (name, folder, alg, count, size) in [dilithium, shared].into_iter().chain(of_package) {
        for case in cases("signature_rsp", folder, &name, Format::Rsp, count) {
            assert_eq!(case.question.alg, alg);
            if case.question.op == Op::Keygen {
                let rho = shake256::<32>(&[case.question.input.bytes(Field::Seed), &size]);
                assert!(output(&case)[&Field::Pk].starts_with(&rho), "{name}: {}", case.id);
            }
        }
    }
}

#[test]
fn cctv() {
    for (name, alg, keys) in [("512", Alg::MlKem512, 775), ("768", Alg::MlKem768, 780), ("1024", Alg::MlKem1024, 1040)]
    {
        let file = format!("cctv/ML-KEM/modulus/ML-KEM-{name}.txt.gz");
        for case in cases("cctv", data(), &file, Format::Cctv, 2 * keys) {
            assert_eq!((case.question.alg, &case.expect), (alg, &Expect::Reject));
            let ek = case.question.input.bytes(Field::Ek);
            let coefficients = ek[..ek.len() - 32].chunks_exact(3).flat_map(|three| {
                let [a, b, c] = [0, 1, 2].map(|i| u16::from(three[i]));
                [a | (b & 15) << 8, b >> 4 | c << 4]
            });
            assert_eq!(coefficients.filter(|coefficient| *coefficient >= 3329).count(), 1, "{file}: {}", case.id);
        }
        let file = format!("cctv/ML-KEM/strcmp/ML-KEM-{name}.txt");
        for case in cases("cctv", data(), &file, Format::Cctv, 1) {
            assert!(is_refusal(&case), "{file}");
        }
        for kind in ["unluckysample", "intermediate"] {
            for case in cases("cctv", data(), &format!("cctv/ML-KEM/{kind}/ML-KEM-{name}.txt"), Format::Cctv, 5) {
                check_kem(&case);
                assert!(case.question.op != Op::Decaps || !is_refusal(&case), "{kind}: {}", case.id);
            }
        }
    }
}

#[test]
fn botan() {
    for case in cases("botan", data(), "botan/ml_kem.vec", Format::Botan, 75) {
        assert!(is_refusal(&case), "{}", case.id);
    }
    let curve = cases("botan", data(), "botan/x25519.vec", Format::Botan, 90);
    check_x25519(&curve);
    let zeros = curve.iter().filter(|case| matches!(case.expect, Expect::Either(_))).count();
    assert!(curve.is_empty() || zeros == 14, "{zeros}");
}

fn check_x25519(cases: &[Case]) {
    for case in cases {
        let bytes = |field| <[u8; 32]>::try_from(case.question.input.bytes(field)).unwrap();
        let shared = MontgomeryPoint(bytes(Field::Public)).mul_clamped(bytes(Field::Private));
        assert_eq!(output(case)[&Field::Shared], shared.to_bytes(), "{}", case.id);
    }
}

#[test]
fn hpke() {
    // 128 vectors: 128 R, 128 E and 64 S; 96 of 257 encryptions; three exports each.
    let counts =
        [("hpke-rfc9180/test-vectors.json.xz", 320 + 96 * 257 + 128 * 3), ("hpke-pq/test-vectors.json", 13 * 16)];
    for (name, count) in counts {
        for case in cases("hpke", data(), name, Format::Hpke, count) {
            let input = &case.question.input;
            if (case.question.op, input.number(Field::KemId)) == (Op::Keygen, Some(0x20)) {
                let private = <[u8; 32]>::try_from(output(&case)[&Field::SkR].as_slice()).unwrap();
                let public = MontgomeryPoint::mul_base_clamped(private);
                assert_eq!(output(&case)[&Field::PkR], public.to_bytes(), "{name}: {}", case.id);
            }
            if case.question.op == Op::Open {
                let tag = 16;
                assert_eq!(output(&case)[&Field::Msg].len() + tag, input.bytes(Field::Ct).len(), "{name}: {}", case.id);
            }
        }
    }
}

fn digest(alg: Alg, msg: &[u8], len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    match alg {
        Alg::Sha224 => sha2::Sha224::digest(msg).to_vec(),
        Alg::Sha256 => sha2::Sha256::digest(msg).to_vec(),
        Alg::Sha384 => sha2::Sha384::digest(msg).to_vec(),
        Alg::Sha512 => sha2::Sha512::digest(msg).to_vec(),
        Alg::Sha512_224 => sha2::Sha512_224::digest(msg).to_vec(),
        Alg::Sha512_256 => sha2::Sha512_256::digest(msg).to_vec(),
        Alg::Sha3_224 => sha3::Sha3_224::digest(msg).to_vec(),
        Alg::Sha3_256 => sha3::Sha3_256::digest(msg).to_vec(),
        Alg::Sha3_384 => sha3::Sha3_384::digest(msg).to_vec(),
        Alg::Sha3_512 => sha3::Sha3_512::digest(msg).to_vec(),
        Alg::Shake128 => {
            let mut hash = Shake128::default();
            hash.update(msg);
            hash.finalize_xof().read(&mut out);
            out
        }
        Alg::Shake256 => {
            let mut hash = Shake256::default();
            hash.update(msg);
            hash.finalize_xof().read(&mut out);
            out
        }
        _ => panic!("{alg}"),
    }
}

/// SHAVS §6.4 and SHA3VS §6.2.3.
fn monte(alg: Alg, seed: &[u8]) -> Vec<u8> {
    let mut last = [seed.to_vec(), seed.to_vec(), seed.to_vec()];
    for _ in 0..1000 {
        let msg = if alg.name().starts_with("SHA3") { last[2].clone() } else { last.concat() };
        last.rotate_left(1);
        last[2] = digest(alg, &msg, 0);
    }
    last[2].clone()
}

fn check_hashes(test: &str, name: &str, count: usize) {
    for case in cases(test, package(), name, Format::Cavp, count) {
        let (alg, msg) = (case.question.alg, case.question.input.bytes(Field::Msg));
        let expected = &output(&case)[&Field::Digest];
        let found = match case.question.op {
            Op::Monte => monte(alg, msg),
            _ => digest(alg, msg, expected.len()),
        };
        assert_eq!(&found, expected, "{name}: {}", case.id);
        let long = case.question.input.number(Field::Len);
        assert_eq!(alg.family() == Family::Xof, long == u64::try_from(expected.len()).ok(), "{name}: {}", case.id);
    }
}

#[test]
fn cavp_hashes() {
    let sha2 = [
        ("224", 65, 64),
        ("256", 65, 64),
        ("384", 129, 128),
        ("512", 129, 128),
        ("512_224", 129, 128),
        ("512_256", 129, 128),
    ];
    for (name, short, long) in sha2 {
        for (kind, count) in [("ShortMsg", short), ("LongMsg", long), ("Monte", 100)] {
            check_hashes("cavp_hashes", &format!("hashes/SHA2/SHA{name}{kind}.rsp"), count);
        }
    }
    for (name, short) in [("224", 145), ("256", 137), ("384", 105), ("512", 73)] {
        for (kind, count) in [("ShortMsg", short), ("LongMsg", 100), ("Monte", 100)] {
            check_hashes("cavp_hashes", &format!("hashes/SHA3/SHA3_{name}{kind}.rsp"), count);
        }
    }
    for (name, short, variable) in [("128", 337, 1126), ("256", 273, 1246)] {
        for (kind, count) in [("ShortMsg", short), ("LongMsg", 100), ("VariableOut", variable)] {
            check_hashes("cavp_hashes", &format!("hashes/SHAKE/SHAKE{name}{kind}.rsp"), count);
        }
    }
}

#[test]
fn cavp_gcm() {
    for (name, alg, failing) in
        [("128", Alg::Aes128Gcm, 4011), ("192", Alg::Aes192Gcm, 3978), ("256", Alg::Aes256Gcm, 3919)]
    {
        let file = format!("ciphers/AES/GCM/gcmDecrypt{name}.rsp");
        let all = cases("cavp_gcm", package(), &file, Format::Cavp, 2 * 7875 - failing);
        let refused = all.iter().filter(|case| case.expect == Expect::Reject).count();
        assert!(all.is_empty() || refused == failing, "{file}");
        let file = format!("ciphers/AES/GCM/gcmEncryptExtIV{name}.rsp");
        let sealing = cases("cavp_gcm", package(), &file, Format::Cavp, 2 * 7875);
        assert!(all.iter().chain(&sealing).all(|case| case.question.alg == alg));
    }
}

#[test]
fn plain_text_files() {
    let test = "plain_text_files";
    for (name, count) in [
        ("KDF/rfc-5869-HKDF-SHA256.txt", 3),
        ("KDF/hkdf-generated.txt", 1),
        ("ciphers/ChaCha20Poly1305/boringssl.txt", 2 * 66),
        ("ciphers/ChaCha20Poly1305/openssl.txt", 2 * 4 + 1),
    ] {
        cases(test, package(), name, Format::Cavp, count);
    }
    check_x25519(&cases(test, package(), "asymmetric/X25519/rfc7748.txt", Format::Cavp, 3));
}

/// What is known of the published sets, found again from their content.
#[test]
fn statuses_of_published_files() {
    for (name, format, count, expected) in [
        ("cctv/ML-KEM/modulus/ML-KEM-512.txt.gz", Format::Cctv, 1550, Status::Final),
        ("cctv/ML-KEM/strcmp/ML-KEM-512.txt", Format::Cctv, 1, Status::Final),
        ("cctv/ML-KEM/unluckysample/ML-KEM-512.txt", Format::Cctv, 5, Status::Draft("FIPS 203 initial public draft")),
        ("legacy-round3/PQCkemKAT_1632.rsp", Format::Rsp, 400, Status::Draft("Kyber round 3")),
        ("legacy-round3/PQCsignKAT_Dilithium2.rsp", Format::Rsp, 300, Status::Draft("Dilithium round 3")),
        ("pq-kat/kat_MLDSA_44_det_pure.rsp.xz", Format::Rsp, 400, Status::Final),
        ("hpke-pq/test-vectors.json", Format::Hpke, 208, Status::Draft("draft-ietf-hpke-pq")),
    ] {
        let all = cases("statuses_of_published_files", data(), name, format, count);
        assert!(all.is_empty() || status("", &all) == expected, "{name}: {:?}", status("", &all));
        assert!(lint(&all).iter().all(|finding| finding.rule != "contradiction"), "{name}");
    }
}
