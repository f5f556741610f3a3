//! `twinlock kat` from outside.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

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

/// This binary as a harness, by each protocol that it serves.
#[test]
fn it_can_be_tested_as_anyone_s_harness() {
    let binary = env!("CARGO_BIN_EXE_twinlock");
    for (kind, protocol) in [("cmd", "kat"), ("modulewrapper", "modulewrapper"), ("crucible", "crucible")] {
        let command = format!("{kind}:'{binary}' kat serve --provider rust --protocol {protocol}");
        let output = kat(&["run", "acvp-2026/ML-KEM-encapDecap", "acvp-2026/ML-DSA-sigVer", "--impl", &command]);
        assert_eq!(output.status.code(), Some(0), "{protocol}: {}{}", stdout(&output), stderr(&output));
        assert!(stdout(&output).contains(" 0 failed"), "{}", stdout(&output));
    }
    let output = kat(&["harness", "doctor", binary, "kat", "serve", "--provider", "rust"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn a_mutant_fails_and_its_bug_is_named() {
    for (mutant, set) in
        [("ml-kem-no-implicit-rejection", "wycheproof/mlkem_768"), ("x25519-no-clamp", "wycheproof/x25519")]
    {
        let output = kat(&["run", set, "--impl", &format!("mutant:{mutant}")]);
        assert_eq!(output.status.code(), Some(1), "{mutant}: {}{}", stdout(&output), stderr(&output));
        assert!(stdout(&output).contains(mutant), "{}", stdout(&output));
    }
}

#[test]
fn a_dead_or_dumb_harness_verifies_nothing() {
    for command in
        ["cmd:true", "cmd:/no/such/program", "cmd:yes", "cmd:echo {}", "modulewrapper:false", "crucible:true"]
    {
        let output = kat(&["run", "acvp-2026/ML-KEM-keyGen", "--impl", command]);
        assert_eq!(output.status.code(), Some(3), "{command}: {}{}", stdout(&output), stderr(&output));
    }
    for command in ["cmd:", "cmd:'open", "provider:no", "mutant:no", "else:x", "x"] {
        let output = kat(&["run", "--impl", command]);
        assert_eq!(output.status.code(), Some(2), "{command}: {}", stderr(&output));
    }
}

#[test]
fn reports_have_the_same_totals_and_a_diff_finds_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (good, bad) = (path("good.json"), path("bad.json"));
    let set = "acvp-2026/ML-KEM-encapDecap";
    let reports = format!(
        "json={good},junit={},sarif={},tap={},md={},acvp={}",
        path("r.xml"),
        path("r.sarif"),
        path("r.tap"),
        path("r.md"),
        path("acvp.json")
    );
    let output = kat(&["run", set, "--impl", "provider:rust", "--report", &reports, "--vs-id", "42"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&good).unwrap()).unwrap();
    let read = report["counts"]["read"].as_u64().unwrap();
    let junit = fs::read_to_string(path("r.xml")).unwrap();
    assert!(junit.contains(&format!("tests=\"{read}\"")), "{}", junit.get(..400).unwrap_or(&junit));
    assert!(fs::read_to_string(path("r.tap")).unwrap().contains(&format!("1..{read}\n")));
    let response: serde_json::Value = serde_json::from_slice(&fs::read(path("acvp.json")).unwrap()).unwrap();
    let groups = response[1]["testGroups"].as_array().unwrap();
    assert_eq!(response[1]["vsId"], 42);
    assert_eq!(groups.iter().map(|group| group["tests"].as_array().unwrap().len() as u64).sum::<u64>(), read);

    let mutant = "mutant:ml-kem-no-implicit-rejection";
    let output = kat(&["run", set, "--impl", mutant, "--report", &format!("json={bad}")]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    let output = kat(&["diff", &good, &bad]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(kat(&["diff", &bad, &good]).status.code(), Some(0));
    fs::write(&bad, "{}").unwrap();
    assert_eq!(kat(&["diff", &good, &bad]).status.code(), Some(2));
}

#[test]
fn lists_of_sets_and_mutants_are_json_too() {
    for words in [&["list", "--json"][..], &["mutants", "--json"], &["score", "--json", "wycheproof/mlkem_512_encaps"]]
    {
        let output = kat(words);
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = value.as_array().or_else(|| value["mutants"].as_array()).unwrap();
        assert!(rows.len() > 40 && rows.iter().all(|row| row["name"].is_string()), "{words:?}");
    }
}

/// A few mutants survive one set: that is what the exit code says. All that is shipped is scored in CI.
#[test]
fn a_set_that_leaves_mutants_alive_is_not_enough() {
    let output = kat(&["score", "wycheproof/mlkem_512_encaps"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).contains("survives"), "{}", stdout(&output));
}

#[test]
fn what_is_generated_can_be_run_and_is_never_overwritten() {
    if std::env::var_os("TWINLOCK_SLOW").is_none() {
        eprintln!("skipped: what_is_generated_can_be_run_and_is_never_overwritten: TWINLOCK_SLOW is not set");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let words = ["gen", "--seed", &"5a".repeat(32), "--out", out];
    let output = kat(&words);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let mut files: Vec<_> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path().to_str().unwrap().to_owned()).collect();
    files.sort();
    assert!(files.len() > 5, "{files:?}");
    let before = fs::read(&files[0]).unwrap();
    assert_eq!(kat(&words).status.code(), Some(2));
    assert_eq!(fs::read(&files[0]).unwrap(), before);
    let mut run = vec!["run", "--impl", "provider:aws-lc"];
    run.extend(files.iter().map(String::as_str));
    let output = kat(&run);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    for seed in ["", "5a", "+5".repeat(32).as_str(), "zz".repeat(32).as_str()] {
        assert_eq!(kat(&["gen", "--seed", seed, "--out", out]).status.code(), Some(2), "{seed}");
    }
}

#[test]
fn a_harness_to_start_from_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("mine");
    let words = ["harness", "init", "--lang", "python", target.to_str().unwrap()];
    let output = kat(&words);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(target.join("harness.py").is_file());
    assert_eq!(kat(&words).status.code(), Some(2));
}

#[test]
fn drafts_and_defects_are_labelled() {
    let output = kat(&["lint", "acvp-2024/", "x-wing/", "wycheproof/mlkem_768_test"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.contains("acvp-2024/ML-DSA-sigVer: defective (") && text.contains("x-wing/draft-06: draft ("),
        "{text}"
    );
}
