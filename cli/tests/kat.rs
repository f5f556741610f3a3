//! `twinlock kat` from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::{
    fs,
    process::{Command, Output},
};

fn kat(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_twinlock")).arg("kat").args(words).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every shipped set of the standards' primitives, on every provider of this build that has them all. The whole of
/// what is shipped, optimised, is the step `kat` of `.ci/run`.
#[test]
fn shipped_vectors_pass_on_every_provider() {
    for provider in ["rust", "libcrux", "aws-lc"] {
        let implementation = format!("provider:{provider}");
        let output =
            kat(&["run", "wycheproof/", "acvp-2026/ML-KEM", "cctv/modulus", "cctv/strcmp", "--impl", &implementation]);
        assert_eq!(output.status.code(), Some(0), "{provider}: {}{}", stdout(&output), stderr(&output));
        let counts = stdout(&output);
        println!("{counts}");
        assert!(counts.contains(" 0 failed"), "{counts}");
        assert!(!stderr(&output).contains('\u{1b}'), "a progress bar in a pipe");
    }
}

/// A set in our format, as `kat convert` writes it.
fn converted(folder: &std::path::Path) -> (String, String) {
    let source = folder.join("modulus.json");
    fs::write(
        &source,
        r#"[{"seed":"7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
            "eseed":"3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
            "sk":"7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
            "pk":"00","ct":"00","ss":"00"}]"#,
    )
    .unwrap();
    let out = folder.join("set.jsonl");
    let output = kat(&["convert", "--format", "xwing", source.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    (out.to_str().unwrap().to_owned(), fs::read_to_string(&out).unwrap())
}

#[test]
fn a_wrong_expected_value_names_the_case() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = converted(folder.path());
    let output = kat(&["run", &file]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("vector 1"), "{}", stdout(&output));
    assert!(stdout(&output).contains("FAIL-MISMATCH"), "{}", stdout(&output));
}

#[test]
fn bad_files_name_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let (_, text) = converted(folder.path());
    let bad = folder.path().join("bad.jsonl");
    let path = bad.to_str().unwrap();
    let cut = text.get(..text.len() - 20).unwrap();
    let renamed = text.replacen("\"alg\"", "\"algo\"", 1);
    for (content, words) in [("", "holds not one case"), (cut, ":4:"), (renamed.as_str(), "algo")] {
        fs::write(&bad, content).unwrap();
        let output = kat(&["run", path]);
        assert_eq!(output.status.code(), Some(2), "{words}: {}", stderr(&output));
        assert!(stderr(&output).contains(words) && stderr(&output).contains(path), "{words}: {}", stderr(&output));
    }
}

#[test]
fn nothing_run_is_never_a_pass() {
    let output = kat(&["run", "wycheproof/mlkem_768_test", "--case", "no such case"]);
    assert_eq!(output.status.code(), Some(3), "{}{}", stdout(&output), stderr(&output));
    let output = kat(&["run", "no-such-set"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn what_is_shipped_is_what_the_lock_file_says() {
    let output = kat(&["verify"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}
