//! The templates of harnesses, as a user gets them: written, built, and asked.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::unreachable,
    reason = "a test fails loudly"
)]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use twinlock_kat::harness::templates::{Language, init};
use twinlock_kat::harness::{Options, doctor};
use twinlock_kat::{Alg, Answer, Case, Expect, Field, Implementation as _, Input, Op, Output, Question, references};

struct Harness {
    child: Child,
    next: u64,
}

impl Harness {
    fn start(program: impl AsRef<OsStr>, arguments: &[&OsStr]) -> Self {
        let mut command = Command::new(program);
        let child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut harness = Self { child, next: 0 };
        let hello = harness.say(&json!({ "kat": 1, "hello": { "runner": "test", "nonce": "00" } }));
        assert_eq!(hello["kat"], 1);
        for member in ["name", "version", "build"] {
            assert!(hello["impl"][member].is_string(), "{hello}");
        }
        assert!(!hello["caps"].as_array().unwrap().is_empty(), "{hello}");
        assert!(hello["derand"].is_boolean() && hello["inflight"].as_u64() > Some(0), "{hello}");
        harness
    }

    fn say(&mut self, line: &Value) -> Value {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        let mut reply = String::new();
        // Nothing is lost with the reader: there is one line for each line.
        BufReader::new(self.child.stdout.as_mut().unwrap()).read_line(&mut reply).unwrap();
        serde_json::from_str(&reply).unwrap()
    }

    /// Asks, and gives the answer without its number.
    fn ask(&mut self, alg: &str, op: &str, input: Value) -> Value {
        self.next += 1;
        let mut reply = self.say(&json!({ "id": self.next, "alg": alg, "op": op, "in": input }));
        assert_eq!(reply.as_object_mut().unwrap().remove("id"), Some(self.next.into()));
        reply
    }

    /// Ends the input, at which every harness ends well.
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

/// Whether a program runs here; a test without it is skipped by name.
fn have(test: &str, program: &str, arguments: &[&str]) -> bool {
    let found = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: {test}: {program} {} does not run", arguments.join(" "));
    }
    found
}

fn build(directory: &Path, program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A case that the models, which answer all but hashes, have the answer to.
fn case(alg: Alg, op: Op, input: Input) -> Case {
    let question = Question { alg, op, input };
    let answers = references().into_iter().map(|model| model.answer(&question));
    let expect = match answers.into_iter().find(|answer| !matches!(answer, Answer::Unsupported(_))) {
        Some(Answer::Output(output)) => Expect::Output(output),
        Some(Answer::Reject(_)) => Expect::Reject,
        None => Expect::Output(Output::from([(Field::Digest, hex(SHA3_ABC))])),
        Some(Answer::Unsupported(_) | Answer::Error(_)) => unreachable!(),
    };
    Case { id: format!("{alg} {op}"), note: String::new(), flags: vec![], question, expect }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..][..2], 16).unwrap()).collect()
}

/// What the doctor says to a harness, which must be that nothing is wrong with it.
fn is_healthy(command: &[&OsStr]) {
    let (alg, seed) = (Alg::MlKem768, [7; 64]);
    let keygen = case(alg, Op::Keygen, Input::new().with(Field::Seed, seed));
    let Expect::Output(pair) = &keygen.expect else { unreachable!() };
    let ek = pair[&Field::Ek].clone();
    let encaps = case(alg, Op::Encaps, Input::new().with(Field::Ek, ek).with(Field::M, [9; 32]));
    let Expect::Output(sent) = &encaps.expect else { unreachable!() };
    let c = sent[&Field::C].clone();
    let cases = [
        case(alg, Op::Encaps, Input::new().with(Field::Ek, [0xff; 1184]).with(Field::M, [9; 32])),
        case(alg, Op::Decaps, Input::new().with(Field::Seed, seed).with(Field::C, c)),
        case(alg, Op::Decaps, Input::new().with(Field::Seed, seed).with(Field::C, *b"short")),
        keygen,
        encaps,
        case(Alg::X25519, Op::Agree, Input::new().with(Field::Private, [9; 32]).with(Field::Public, [8; 32])),
        case(Alg::Sha3_256, Op::Hash, Input::new().with(Field::Msg, *b"abc")),
    ];
    let command: Vec<_> = command.iter().map(|word| word.to_str().unwrap().to_owned()).collect();
    let checkup = doctor(&command, Options::new("00112233445566778899aabbccddeeff"), &cases);
    assert!(checkup.is_healthy() && checkup.to_string().contains("cases pass"), "{checkup}");
}

const SHA3_ABC: &str = "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532";
const SHA3_EMPTY: &str = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";

fn hashes(harness: &mut Harness) {
    let mut sha3 = |msg: &str| harness.ask("SHA3-256", "hash", json!({ "msg": msg }));
    assert_eq!(sha3("616263"), json!({ "out": { "digest": SHA3_ABC } }));
    assert_eq!(sha3(""), json!({ "out": { "digest": SHA3_EMPTY } }));
    assert!(sha3("6x")["error"].is_string());
    assert!(sha3("616")["error"].is_string());
    assert_eq!(harness.ask("SHA3-256", "seal", json!({})), json!({ "unsupported": "op" }));
    assert_eq!(harness.ask("SHA-256", "hash", json!({ "msg": "" })), json!({ "unsupported": "alg" }));
}

fn shake(harness: &mut Harness) {
    let answer = harness.ask("SHAKE256", "hash", json!({ "msg": "616263", "len": 5 }));
    assert_eq!(answer, json!({ "out": { "digest": "4833666013" } }));
}

fn mlkem(harness: &mut Harness) {
    let seed = "07".repeat(64);
    let ek = harness.ask("ML-KEM-768", "keygen", json!({ "seed": seed }))["out"]["ek"].as_str().unwrap().to_owned();
    let m = "09".repeat(32);
    let encapsulated = harness.ask("ML-KEM-768", "encaps", json!({ "ek": ek, "m": m }))["out"].clone();
    let c = encapsulated["c"].as_str().unwrap();
    let secret = harness.ask("ML-KEM-768", "decaps", json!({ "seed": seed, "c": c }))["out"]["K"].clone();
    assert_eq!(secret.as_str().unwrap().len(), 64);
    assert_eq!(secret, encapsulated["K"]);

    let bad = format!("ffffff{}", &ek[6..]);
    for (op, input, answer) in [
        ("encaps", json!({ "ek": bad, "m": m }), json!({ "reject": "modulus" })),
        ("encaps", json!({ "ek": ek[2..], "m": m }), json!({ "reject": "length" })),
        ("decaps", json!({ "seed": seed, "c": c[2..] }), json!({ "reject": "length" })),
        ("decaps", json!({ "seed": seed[2..], "c": c }), json!({ "reject": "length" })),
        ("decaps", json!({ "dk": "", "c": c }), json!({ "unsupported": "key" })),
        ("check-ek", json!({ "ek": ek }), json!({ "unsupported": "op" })),
    ] {
        assert_eq!(harness.ask("ML-KEM-768", op, input), answer, "{op}");
    }
    assert!(harness.ask("ML-KEM-768", "keygen", json!({ "seed": "xx" }))["error"].is_string());
    assert_eq!(harness.ask("ML-KEM-512", "keygen", json!({ "seed": seed })), json!({ "unsupported": "alg" }));
}

#[test]
fn python() {
    if !have("python", "python3", &["--version"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let files = init(Language::Python, directory.path()).unwrap();
    is_healthy(&[OsStr::new("python3"), files[0].as_os_str()]);
    let mut harness = Harness::start("python3", &[files[0].as_os_str()]);
    hashes(&mut harness);
    shake(&mut harness);
    harness.end();
}

#[test]
fn js() {
    if !have("js", "node", &["--version"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let files = init(Language::Js, directory.path()).unwrap();
    is_healthy(&[OsStr::new("node"), files[0].as_os_str()]);
    let mut harness = Harness::start("node", &[files[0].as_os_str()]);
    hashes(&mut harness);
    shake(&mut harness);
    harness.end();
}

#[test]
fn c() {
    if !have("c", "pkg-config", &["--exists", "libcrypto >= 3", "jansson"]) || !have("c", "cc", &["--version"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    init(Language::C, directory.path()).unwrap();
    build(directory.path(), "make", &["CFLAGS=-O1 -Wall -Wextra -Wpedantic -Werror"]);
    let harness = directory.path().join("harness");
    is_healthy(&[harness.as_os_str()]);
    let mut harness = Harness::start(harness, &[]);
    hashes(&mut harness);
    let private = "09".repeat(32);
    let mut agree = |public: &str| harness.ask("X25519", "agree", json!({ "private": private, "public": public }));
    assert_eq!(agree(&"00".repeat(32)), json!({ "reject": "zero" }));
    assert_eq!(agree("09"), json!({ "reject": "length" }));
    assert_eq!(agree(&format!("09{}", "00".repeat(31)))["out"]["shared"].as_str().unwrap().len(), 64);
    harness.end();
}

#[test]
fn go() {
    if !have("go", "go", &["doc", "crypto/mlkem/mlkemtest"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    init(Language::Go, directory.path()).unwrap();
    build(directory.path(), "go", &["build", "-o", "harness", "."]);
    let harness = directory.path().join("harness");
    is_healthy(&[harness.as_os_str()]);
    let mut harness = Harness::start(harness, &[]);
    mlkem(&mut harness);
    harness.end();
}

/// Cargo builds this one with us, as an example, unless it is told to build single tests only; its manifest is put
/// to use by `scripts/kat-peers.sh`.
#[test]
fn rust() {
    let examples = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples");
    let harness = examples.join(format!("kat-harness{}", std::env::consts::EXE_SUFFIX));
    if !harness.exists() {
        eprintln!("skipped: rust: {} absent", harness.display());
        return;
    }
    is_healthy(&[harness.as_os_str()]);
    let mut harness = Harness::start(harness, &[]);
    mlkem(&mut harness);
    harness.end();
}
