//! What `kat_tests!` does with implementations that are broken, and with suites that cannot be used: this binary
//! started again, as one of them. And that the guide shows what is true.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use std::{
    env, fs,
    path::Path,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Trial};
use ml_kem::{Decapsulate, DecapsulationKey768, EncapsulationKey768, KeyExport};
use twinlock_kat::{
    Alg, Date, Lack, Reason, Waivers,
    libtest::Suite,
    primitives::{Answered, Encapsulated, Kem, KemKey, PrivateKey, kem},
};

/// Which suite a child process is.
const SUITE: &str = "KAT_BROKEN_SUITE";
/// Where its files are.
const FOLDER: &str = "KAT_BROKEN_FOLDER";

/// ML-KEM-768 of the crate `ml-kem`, with a bug.
enum Broken {
    /// The halves of the seed change places.
    SeedSwapped,
    /// A ciphertext that is too long is cut.
    CiphertextCut,
    /// Decapsulation panics.
    Panics,
    /// It has nothing.
    Empty,
}

impl Broken {
    fn key(&self, seed: &[u8]) -> Answered<DecapsulationKey768> {
        let (d, z) = seed.split_at_checked(32).ok_or(Reason::Length)?;
        let seed = if let Self::SeedSwapped = self { [z, d].concat() } else { seed.to_vec() };
        Ok(DecapsulationKey768::from_seed(seed.as_slice().try_into().map_err(|_| Reason::Length)?))
    }
}

impl Kem for Broken {
    fn alg(&self) -> Alg {
        Alg::MlKem768
    }

    fn keygen(&self, seed: &[u8]) -> Answered<KemKey> {
        if let Self::Empty = self {
            return Err(Lack::Op.into());
        }
        Ok(KemKey { ek: self.key(seed)?.encapsulation_key().to_bytes().to_vec(), dk: None })
    }

    fn encaps(&self, ek: &[u8], m: &[u8]) -> Answered<Encapsulated> {
        if let Self::Empty = self {
            return Err(Lack::Derand.into());
        }
        let ek = ek.try_into().map_err(|_| Reason::Length)?;
        let key = EncapsulationKey768::new(ek).map_err(|_| Reason::Modulus)?;
        let (c, k) = key.encapsulate_deterministic(m.try_into().map_err(|_| Reason::Length)?);
        Ok(Encapsulated { c: c.to_vec(), k: k.to_vec() })
    }

    fn decaps(&self, key: PrivateKey<'_>, c: &[u8]) -> Answered<Vec<u8>> {
        let PrivateKey::Seed(seed) = key else { return Err(Lack::Key.into()) };
        let c = match self {
            Self::CiphertextCut => c.get(..1088).unwrap_or(c),
            Self::Panics => panic!("no ciphertext today"),
            Self::Empty => return Err(Lack::Op.into()),
            Self::SeedSwapped => c,
        };
        Ok(self.key(seed)?.decapsulate_slice(c).map_err(|_| Reason::Length)?.to_vec())
    }
}

fn main() -> ExitCode {
    let folder = env::var(FOLDER).unwrap_or_default();
    let suite = |broken| Suite::new(folder).implementation(kem(broken));
    let keys = ["acvp-2026/ML-KEM-keyGen"];
    let suite = match env::var(SUITE).unwrap_or_default().as_str() {
        "swapped" => suite(Broken::SeedSwapped).sets(["acvp-2026/ML-KEM", "rsp/ML-KEM-768"]),
        "cut" => suite(Broken::CiphertextCut).sets(["wycheproof/mlkem_768_test"]),
        "panics" => suite(Broken::Panics).sets(["rsp/ML-KEM-768"]),
        "empty" => suite(Broken::Empty).sets(keys),
        "waived" => suite(Broken::SeedSwapped).sets(keys).waivers("waivers.json"),
        "file" => suite(Broken::SeedSwapped).files(["vectors.json"]),
        "no set" => suite(Broken::SeedSwapped).sets(["acvp-2026/MLKEM"]),
        "no case" => suite(Broken::SeedSwapped).sets(["wycheproof/x25519_test"]),
        "nothing" => suite(Broken::SeedSwapped),
        _ => return tests(),
    };
    suite.main()
}

fn tests() -> ExitCode {
    const TESTS: &[(&str, fn())] = &[
        ("the_bug_behind_a_failure_is_named", the_bug_behind_a_failure_is_named),
        ("what_is_accepted_or_panics_fails", what_is_accepted_or_panics_fails),
        ("names_select_as_those_of_libtest_do", names_select_as_those_of_libtest_do),
        ("what_is_not_offered_is_ignored_and_never_all", what_is_not_offered_is_ignored_and_never_all),
        ("waived_failures_are_ignored_until_their_day", waived_failures_are_ignored_until_their_day),
        ("a_suite_that_cannot_be_used_fails", a_suite_that_cannot_be_used_fails),
        ("the_guide_shows_what_runs", the_guide_shows_what_runs),
    ];
    let trial = |&(name, test): &(&'static str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), TESTS.iter().map(trial).collect()).exit_code()
}

/// Runs a suite: whether it passed, and what it said.
fn run(suite: &str, folder: &Path, arguments: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.args(arguments).env(SUITE, suite).env(FOLDER, folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn assert_says(said: &str, words: &str) {
    assert!(said.contains(words), "{words:?} is not in\n{said}");
}

const KEY_TEST: &str = "acvp-2026/ML-KEM-keyGen::ML-KEM-768::keygen::tg 2, tc 26";

fn the_bug_behind_a_failure_is_named() {
    let bug = "bug: ml-kem-seed-halves-swapped: the seed is taken as z ‖ d (FIPS 203 §7.1, algorithm 19)\n";
    let (passed, said, _) = run("swapped", Path::new(""), &["--exact", KEY_TEST]);
    assert!(!passed);
    assert_says(&said, "FAIL-MISMATCH: `ek` differs from byte 0 on\n  expected: ");
    assert_says(&said, "\n  standard: FIPS 203 §6.1, §7.1\n");
    assert_says(&said, bug);
    let (passed, said, _) =
        run("swapped", Path::new(""), &["--exact", "rsp/ML-KEM-768::ML-KEM-768::decaps::line 12, decaps with seed"]);
    assert!(!passed, "{said}");
    assert_says(&said, bug);
}

fn what_is_accepted_or_panics_fails() {
    let (passed, said, _) = run("cut", Path::new(""), &[]);
    assert!(!passed);
    assert_says(&said, "FAIL-ACCEPTED: accepted, must be refused\n");
    assert_says(&said, "bug: ml-kem-long-ciphertext-cut: a ciphertext that is too long is cut (FIPS 203 §7.3");
    let (passed, said, _) = run("panics", Path::new(""), &["::decaps::"]);
    assert!(!passed);
    assert_says(&said, "CRASH: no ciphertext today\n  standard: FIPS 203 §6.3, §7.3\n");
    assert_says(&said, "test result: FAILED. 0 passed; 30 failed; 30 ignored;");
}

fn names_select_as_those_of_libtest_do() {
    let (passed, said, _) = run("swapped", Path::new(""), &["--list", "--format", "terse"]);
    assert!(passed);
    let lines: Vec<_> = said.lines().collect();
    assert!(lines.contains(&format!("{KEY_TEST}: test").as_str()), "{said}");
    assert!(lines.iter().all(|line| line.ends_with(": test") && line.contains("::ML-KEM-768::")), "{said}");
    let (_, said, _) = run("swapped", Path::new(""), &["--list", "--format", "terse", "--exact", KEY_TEST]);
    assert_eq!(said, format!("{KEY_TEST}: test\n"));
    let (passed, said, noise) = run("swapped", Path::new(""), &["no such test"]);
    assert!(passed, "as for every binary of `cargo test`: {noise}");
    assert_says(&said, "test result: ok. 0 passed; 0 failed; 0 ignored;");
}

fn what_is_not_offered_is_ignored_and_never_all() {
    // Where marks are asked for, as nextest does, by mark; in a plain run with the reason.
    let (_, said, _) = run("swapped", Path::new(""), &["--list", "--format", "terse", "--ignored"]);
    let expanded = said.lines().find(|line| line.contains("::decaps::")).unwrap().strip_suffix(": test").unwrap();
    assert!(!said.contains("::keygen::") && said.contains("::check-ek::"), "{said}");
    let (passed, said, _) = run("swapped", Path::new(""), &["--exact", expanded]);
    assert!(passed);
    assert_says(&said, "... ignored (UNSUPPORTED(key))\n");
    let (passed, said, noise) = run("empty", Path::new(""), &[]);
    assert!(!passed, "{said}");
    assert_says(&said, "test result: ok. 0 passed; 0 failed; 25 ignored;");
    assert_says(&noise, "kat: 50 cases left out: no implementation here offers their algorithms\n");
    assert_says(&noise, "kat: not one case was verified\n");
}

fn waived_failures_are_ignored_until_their_day() {
    let folder = tempfile::tempdir().unwrap();
    for (until, says) in [
        ("9999-12-31", "... ignored (FAIL-MISMATCH, waived: issue 12, until 9999-12-31)\n"),
        ("2020-01-01", "... FAILED\n"),
    ] {
        let waiver = format!(r#"{{"alg": "ML-KEM-768", "reason": "issue 12", "until": "{until}"}}"#);
        let waivers = format!(r#"{{"format": "kat-waivers/1", "waivers": [{waiver}]}}"#);
        fs::write(folder.path().join("waivers.json"), waivers).unwrap();
        let (_, said, _) = run("waived", folder.path(), &["--exact", KEY_TEST]);
        assert_says(&said, says);
    }
}

fn a_suite_that_cannot_be_used_fails() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = folder.path().join("vectors.json");
    let absent = run("file", folder.path(), &[]);
    fs::write(&vectors, "{\"format\": \"kat-vector/1\",\n \"cases\": [").unwrap();
    let truncated = run("file", folder.path(), &["--list"]);
    for ((passed, said, noise), says) in [
        (
            run("no set", folder.path(), &[]),
            "no shipped set begins with `acvp-2026/MLKEM`; `twinlock kat list` shows them",
        ),
        (
            run("no case", folder.path(), &[]),
            "`wycheproof/x25519_test` has no case of an algorithm that is offered here",
        ),
        (run("nothing", folder.path(), &["--list"]), "no cases to test with; name `sets` or `files`"),
        (run("waived", folder.path(), &[]), "waivers.json: no such file"),
        (absent, "vectors.json: no such file"),
        (truncated, "vectors.json:"),
    ] {
        assert!(!passed && said.is_empty(), "{said}");
        assert_says(&noise, &format!("kat: {says}"));
    }
}

/// The guide's code is that of the test beside this one, its failure is what this one says, and its waivers are read.
fn the_guide_shows_what_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = folder.join("../docs/kat-guide.md");
    let Ok(guide) = fs::read_to_string(&guide) else {
        return eprintln!("skipped: the_guide_shows_what_runs: docs/kat-guide.md absent");
    };
    let blocks = |language: &str| {
        let fence = format!("```{language}\n");
        let blocks: Vec<_> = guide.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!blocks.is_empty(), "no block of {language}");
        blocks.concat()
    };
    let test = fs::read_to_string(folder.join("tests/libtest_ml_kem.rs")).unwrap();
    let (_, code) = test.split_once("\n\n").unwrap();
    assert_eq!(blocks("rust"), code);
    let (_, said, _) = run("swapped", Path::new(""), &["--exact", KEY_TEST]);
    assert_says(&said, &blocks("text"));
    Waivers::read("guide", blocks("json").as_bytes(), Date::of_unix_seconds(0)).unwrap();
}
