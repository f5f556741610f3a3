//! Published files, read whole. The counts are those of an independent count of the tests in each file.
#![expect(clippy::panic, reason = "a test fails loudly")]

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use twinlock_kat::{
    Alg, Case, Expect, Field, Op,
    formats::{File, Format, kat_vector, read},
};

/// The file's bytes, or a word that it is not there.
fn file(test: &str, name: &str) -> Option<Vec<u8>> {
    let data = env::var_os("TWINLOCK_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let bytes = fs::read(data.join("vectors").join(name));
    if bytes.is_err() {
        eprintln!("skipped: {test}: {name} absent");
    }
    bytes.ok()
}

/// Reads files by their content, and by their format, which must come to the same.
fn cases(test: &str, format: Format, names: &[&str]) -> Option<Vec<Case>> {
    let bytes = names.iter().map(|name| file(test, name)).collect::<Option<Vec<_>>>()?;
    let files: Vec<_> = names.iter().zip(&bytes).map(|(name, bytes)| File { name, bytes }).collect();
    let told = read(Some(format), &files).unwrap_or_else(|error| panic!("{error}"));
    let detected = read(None, &files).unwrap_or_else(|error| panic!("{error}"));
    assert!(told == detected, "{names:?}");
    Some(told)
}

#[test]
fn acvp_files_hold_their_tests() {
    const TEST: &str = "acvp_files_hold_their_tests";
    for (set, count) in [
        ("acvp-nist-2024/ML-KEM-keyGen-FIPS203", 75),
        ("acvp-nist-2024/ML-KEM-encapDecap-FIPS203", 105),
        ("acvp-nist-2024/ML-DSA-keyGen-FIPS204", 75),
        ("acvp-nist-2024/ML-DSA-sigGen-FIPS204", 60),
        ("acvp-nist-2024/ML-DSA-sigVer-FIPS204", 45),
        ("acvp-nist-2026-07/ML-KEM-keyGen-FIPS203", 75),
        ("acvp-nist-2026-07/ML-KEM-encapDecap-FIPS203", 165),
    ] {
        let name = format!("{set}/internalProjection.json");
        let Some(cases) = cases(TEST, Format::Acvp, &[&name]) else { continue };
        assert_eq!(cases.len(), count, "{set}");
    }
    for (set, count) in [
        ("ML-KEM-keyGen-FIPS203", 75),
        ("ML-KEM-encapDecap-FIPS203", 165),
        ("ML-DSA-keyGen-FIPS204", 75),
        ("ML-DSA-sigGen-FIPS204", 360),
        ("ML-DSA-sigVer-FIPS204", 180),
    ] {
        let name = |file: &str| format!("acvp-nist-2026-07/{set}/{file}.json");
        let names = [name("prompt"), name("expectedResults")];
        let Some(joined) = cases(TEST, Format::Acvp, &[&names[0], &names[1]]) else { continue };
        assert_eq!(joined.len(), count, "{set}");
        if set.starts_with("ML-KEM") {
            let Some(mut projected) = cases(TEST, Format::Acvp, &[&name("internalProjection")]) else { continue };
            projected.iter_mut().for_each(|case| case.note.clear());
            assert!(joined == projected, "{set}: a projection must hold what the pair holds");
        }
    }
}

#[test]
fn every_interface_of_ml_dsa_is_in_acvp() {
    const TEST: &str = "every_interface_of_ml_dsa_is_in_acvp";
    for (set, ops) in [
        ("sigGen", [Op::Sign, Op::SignPrehash, Op::SignInternal, Op::SignMu]),
        ("sigVer", [Op::Verify, Op::VerifyPrehash, Op::VerifyInternal, Op::VerifyMu]),
    ] {
        let name = |file: &str| format!("acvp-nist-2026-07/ML-DSA-{set}-FIPS204/{file}.json");
        let names = [name("prompt"), name("expectedResults")];
        let Some(cases) = cases(TEST, Format::Acvp, &[&names[0], &names[1]]) else { continue };
        for op in ops {
            let own: Vec<_> = cases.iter().filter(|case| case.question.op == op).collect();
            assert_eq!(own.len(), cases.len() / 4, "{op}");
            let zero = own.iter().filter(|case| case.question.input.bytes(Field::Rnd) == [0; 32]).count();
            assert_eq!(zero, if set == "sigGen" { own.len() / 2 } else { 0 }, "{op}");
        }
    }
}

#[test]
fn wrapped_and_compressed_acvp_is_read() {
    let names = ["boringssl-acvp/vectors/ML-KEM.bz2", "boringssl-acvp/expected/ML-KEM.bz2"];
    let Some(cases) = cases("wrapped_and_compressed_acvp_is_read", Format::Acvp, &names) else { return };
    assert_eq!(cases.len(), 10);
    let ops: BTreeSet<_> = cases.iter().map(|case| case.question.op).collect();
    assert_eq!(ops, BTreeSet::from([Op::Keygen, Op::Encaps, Op::Decaps, Op::CheckEk, Op::CheckDk]));
    assert_eq!(cases.iter().filter(|case| case.expect == Expect::Reject).count(), 1);
}

#[test]
fn xwing_files_are_read() {
    for name in ["xwing-draft/test-vectors.json", "xwing-draft/rustcrypto-test-vectors.json"] {
        let Some(cases) = cases("xwing_files_are_read", Format::XWing, &[name]) else { continue };
        assert_eq!(cases.len(), 9, "{name}");
        assert!(cases.iter().all(|case| case.question.alg == Alg::XWing));
    }
}

#[test]
fn composites_of_every_kind_are_read() {
    const TEST: &str = "composites_of_every_kind_are_read";
    for (name, count, algs) in [("composite-sigs/testvectors.json", 66, 21), ("composite-kem/testvectors.json", 18, 14)]
    {
        let Some(cases) = cases(TEST, Format::Composite, &[name]) else { continue };
        assert_eq!(cases.len(), count, "{name}");
        let found: BTreeSet<_> = cases.iter().map(|case| case.question.alg).collect();
        assert_eq!(found.len(), algs, "{name}");
    }
}

#[test]
fn lamps_keys_of_one_name_go_together() {
    const TEST: &str = "lamps_keys_of_one_name_go_together";
    for (folder, algs, bad, count) in [
        ("lamps-mlkem-rfc9935", ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"], ["bad-ML-KEM-512"; 4].as_slice(), 16),
        ("lamps-mldsa-rfc9881", ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"], ["bad-ML-DSA-44"; 3].as_slice(), 15),
    ] {
        let mut names = Vec::new();
        for alg in algs {
            names.extend(
                ["-seed.priv", "-expanded.priv", "-both.priv", ".pub"].map(|end| format!("{folder}/{alg}{end}")),
            );
        }
        names.extend(bad.iter().zip(1..).map(|(name, number)| format!("{folder}/{name}-{number}.priv")));
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let Some(cases) = cases(TEST, Format::Lamps, &names) else { continue };
        assert_eq!(cases.len(), count, "{folder}");
        for case in cases {
            match &case.expect {
                Expect::Output(output) => {
                    assert!(algs.contains(&case.question.alg.name()) && output.len() == 1, "{}", case.id);
                }
                other => assert!(case.id.starts_with("bad-") && *other == Expect::Reject, "{}", case.id),
            }
        }
    }
}

#[test]
fn a_set_survives_our_own_form() {
    let name = "acvp-nist-2026-07/ML-KEM-encapDecap-FIPS203/internalProjection.json";
    let Some(cases) = cases("a_set_survives_our_own_form", Format::Acvp, &[name]) else { return };
    let mut out = Vec::new();
    kat_vector::write(&kat_vector::Header::new("NIST", "public domain", vec![]), &cases, &mut out).unwrap();
    assert!(read(None, &[File { name: "x", bytes: &out }]).unwrap() == cases);
}

#[test]
fn a_cut_file_is_never_read() {
    let name = "xwing-draft/test-vectors.json";
    let Some(bytes) = file("a_cut_file_is_never_read", name) else { return };
    for len in [1, 100, bytes.len() / 2, bytes.trim_ascii_end().len() - 1] {
        let error = read(Some(Format::XWing), &[File { name, bytes: &bytes[..len] }]).unwrap_err();
        assert!(error.to_string().ends_with("ends in the middle; fetch the file again"), "{error}");
    }
}
