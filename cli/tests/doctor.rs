//! `doctor`: programs on the path, and what they may not do to us.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    process::Output,
};

use common::Sandbox;

/// A folder with programs that answer as those shell scripts say.
fn machine(programs: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::empty();
    fs::create_dir(sandbox.path("bin")).unwrap();
    for (name, script) in programs {
        let name = format!("bin/{name}");
        sandbox.write(&name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(sandbox.path(&name), Permissions::from_mode(0o755)).unwrap();
    }
    sandbox
}

fn doctor(sandbox: &Sandbox, args: &[&str]) -> Output {
    let args = [&["doctor"], args].concat();
    let output = sandbox.command(&args).env("PATH", sandbox.path("bin")).output().unwrap();
    assert!(output.status.success());
    output
}

#[test]
fn what_programs_say_is_held_against_the_facts() {
    let sandbox = machine(&[
        ("openssl", r#"case "$*" in version) echo "OpenSSL 3.0.19 27 Jan 2026";; *) echo "{ RSA } @ default";; esac"#),
        ("ssh", r#"case "$*" in -V) echo "OpenSSH_10.6p1, OpenSSL" >&2;; *) echo mlkem768x25519-sha256;; esac"#),
        ("go", "echo go version go1.27.3 linux/amd64"),
    ]);
    let report: serde_json::Value = serde_json::from_slice(&doctor(&sandbox, &["--json"]).stdout).unwrap();
    let programs: Vec<_> = report.as_array().unwrap().iter().map(|one| one["program"].as_str().unwrap()).collect();
    assert_eq!(programs, ["OpenSSL", "OpenSSH", "Go"]);
    assert_eq!(report[0]["cannot"][0]["note"], "TLS with it is classical only");
    assert_eq!(report[1]["version"], "10.6p1");
    assert_eq!(report[1]["can"][0]["what"], "mlkem768x25519-sha256");
    assert_eq!(report[2]["can"][2]["what"], "ML-DSA");
    let text = String::from_utf8(doctor(&sandbox, &[]).stdout).unwrap();
    assert!(text.starts_with("program  version "), "{text}");
}

#[test]
fn a_hostile_program_is_cut_and_does_not_reach_the_terminal() {
    let sandbox = machine(&[
        ("openssl", "while :; do echo 'OpenSSL 3.5.\u{1b}]0;owned\u{7}'; done"),
        ("ssh", "exit 3"),
        ("firefox", r"printf 'Mozilla Firefox \377\376 140.0\n'"),
    ]);
    // Neither is this one, which lies in the working folder.
    sandbox.write("go", "#!/bin/sh\necho go version go1.27.3\n");
    fs::set_permissions(sandbox.path("go"), Permissions::from_mode(0o755)).unwrap();
    let output = doctor(&sandbox, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}') && text.len() < 4096, "{text}");
    assert!(!text.contains("\nGo"), "{text}");
    // Who says nothing that is understood is not said to lack anything.
    assert!(text.contains("\nOpenSSH  ?        ?    ?\n") && !text.contains("/ssh: no"), "{text}");
}

#[test]
fn a_machine_without_any_of_them_is_told_so() {
    let sandbox = machine(&[]);
    let text = String::from_utf8(doctor(&sandbox, &[]).stdout).unwrap();
    assert!(text.ends_with("none of the programs that are known was found\n"), "{text}");
    assert_eq!(doctor(&sandbox, &["--json"]).stdout, b"[]\n");
}
