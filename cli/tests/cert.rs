//! Certificates on the command line: made, shown, verified, revoked.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use common::Sandbox;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

/// A folder with a CA and a key `end.key` with its public key.
fn with_ca(ca: &str, end: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["key", "new", "--algorithm", ca, "--out", "ca.key"]);
    sandbox.ok(&["key", "new", "--algorithm", end, "--out", "end.key", "--public", "end.pub"]);
    let new = ["cert", "new", "--key", "ca.key", "--subject", "CN=Root,O=Example", "--authority", "--path-len", "0"];
    sandbox.ok(&[&new[..], &["--out", "ca.pem"]].concat());
    sandbox
}

const ISSUE: [&str; 6] = ["cert", "issue", "--ca", "ca.pem", "--ca-key", "ca.key"];

fn issue(sandbox: &Sandbox, more: &[&str]) {
    sandbox.ok(&[&ISSUE[..], &["--out", "end.pem", "--force"], more].concat());
}

#[test]
fn a_request_is_issued_and_verified() {
    for (ca, end) in [("ed25519", "mldsa65-ed25519"), ("mldsa44-ed25519", "ml-dsa-44"), ("ml-dsa-65", "ed25519")] {
        let sandbox = with_ca(ca, end);
        let request = ["cert", "request", "--key", "end.key", "--subject", "CN=end", "--name", "dns:a.example.org"];
        sandbox.ok(&[&request[..], &["--out", "end.csr"]].concat());
        assert_eq!(json(&sandbox.ok(&["cert", "show", "--json", "end.csr"]))["subject"], "CN=end");
        issue(&sandbox, &["--request", "end.csr", "--purpose", "server"]);
        let shown = json(&sandbox.ok(&["cert", "show", "--json", "end.pem"]));
        assert_eq!((&shown["subject"], &shown["issuer"]), (&"CN=end".into(), &"CN=Root,O=Example".into()));
        assert_eq!((&shown["names"][0], &shown["authority"]), (&"dns:a.example.org".into(), &false.into()));
        let verify = ["cert", "verify", "--ca", "ca.pem", "--purpose", "server", "--json", "end.pem"];
        let report = json(&sandbox.ok(&verify));
        assert_eq!(
            (&report["issuers"][0], &report["revocation"]),
            (&"CN=Root,O=Example".into(), &"not checked".into())
        );
        let words = sandbox.fails(1, &["cert", "verify", "--ca", "ca.pem", "--purpose", "client", "end.pem"]);
        assert!(words.contains("does not have clientAuth"), "{words}");
    }
}

#[test]
fn keys_that_cannot_ask_are_certified_by_their_public_key() {
    for kind in ["ml-kem-512", "ml-kem-768", "ml-kem-1024", "x-wing", "x25519"] {
        let sandbox = with_ca("ml-dsa-44", kind);
        issue(&sandbox, &["--public", "end.pub", "--subject", "CN=mail"]);
        sandbox.ok(&["cert", "verify", "--ca", "ca.pem", "end.pem"]);
        let words = sandbox.fails(2, &["cert", "new", "--key", "end.key", "--subject", "CN=a", "--out", "a.pem"]);
        assert!(words.contains("is not for signatures"), "{words}");
        let authority = ["--public", "end.pub", "--subject", "CN=a", "--authority", "--out", "a.pem"];
        sandbox.fails(2, &[&ISSUE[..], &authority].concat());
        assert!(!sandbox.path("a.pem").exists());
    }
}

#[test]
fn a_certificate_for_a_channel_names_who_and_what() {
    let sandbox = with_ca("mldsa65-ed25519", "mldsa65-ed25519");
    issue(
        &sandbox,
        &["--public", "end.pub", "--principal", "desk-7", "--service", "orders", "--service", "market data"],
    );
    for command in ["show", "verify"] {
        let args = ["cert", command, "--json", "end.pem", "--ca", "ca.pem"];
        let report = json(&sandbox.ok(&args[..if command == "show" { 4 } else { 6 }]));
        assert_eq!(report["principals"], serde_json::json!(["desk-7"]));
        assert_eq!(report["services"], serde_json::json!(["orders", "market data"]));
    }
    let long = ["--public", "end.pub", "--principal", "a", "--service", "b", "--lifetime", "32d", "--out", "a.pem"];
    assert!(sandbox.fails(2, &[&ISSUE[..], &long].concat()).contains("more than 31 days"));
    let name =
        ["--public", "end.pub", "--subject", "CN=a", "--name", "uri:twinlock:principal:desk-7", "--out", "a.pem"];
    assert!(sandbox.fails(2, &[&ISSUE[..], &name].concat()).contains("for principals and services of channels alone"));
    sandbox.ok(&["key", "new", "--algorithm", "ed25519", "--out", "e.key", "--public", "e.pub"]);
    let other = ["--public", "e.pub", "--principal", "a", "--service", "b", "--out", "a.pem"];
    assert!(sandbox.fails(2, &[&ISSUE[..], &other].concat()).contains("no suite signs with Ed25519"));
    assert!(!sandbox.path("a.pem").exists());
}

#[test]
fn what_is_revoked_stays_revoked() {
    let sandbox = with_ca("ed25519", "ed25519");
    let revoke = |more: &[&str]| {
        let args = ["cert", "revoke", "--ca", "ca.pem", "--ca-key", "ca.key", "--crl", "ca.crl"];
        sandbox.ok(&[&args[..], more].concat())
    };
    let verify = ["cert", "verify", "--ca", "ca.pem", "--crl", "ca.crl", "end.pem"];
    issue(&sandbox, &["--public", "end.pub", "--subject", "CN=first"]);
    fs::copy(sandbox.path("end.pem"), sandbox.path("first.pem")).unwrap();
    revoke(&[]);
    sandbox.ok(&verify);
    revoke(&["end.pem"]);
    assert!(sandbox.fails(1, &verify).contains("was revoked on"));
    issue(&sandbox, &["--public", "end.pub", "--subject", "CN=second"]);
    sandbox.ok(&verify);
    revoke(&["end.pem", "first.pem"]);
    revoke(&[]);
    sandbox.fails(1, &verify);
    let list = json(&sandbox.ok(&["cert", "show", "--json", "ca.crl"]));
    assert_eq!((&list["number"], &list["revoked"]), (&4.into(), &2.into()));
    // Later there is no list that counts.
    let late = [&verify[..], &["--at", "2099-01-01T00:00:00Z"]].concat();
    assert!(sandbox.fails(1, &late).contains("expired on"));

    // Neither another's list nor another's certificate.
    sandbox.ok(&["cert", "new", "--key", "end.key", "--subject", "CN=Other", "--authority", "--out", "other.pem"]);
    let by_other = |more: &[&str]| {
        let args = ["cert", "revoke", "--ca", "other.pem", "--ca-key", "end.key", "--crl"];
        sandbox.fails(2, &[&args[..], more].concat())
    };
    assert_eq!(by_other(&["ca.crl"]), "error: ca.crl: is not a list of CN=Other\n");
    assert_eq!(by_other(&["new.crl", "end.pem"]), "error: end.pem: is not issued by CN=Other with this key\n");
    let wrong_key = ["cert", "revoke", "--ca", "ca.pem", "--ca-key", "end.key", "--crl", "ca.crl"];
    assert!(sandbox.fails(2, &wrong_key).contains("is not that of the issuer's certificate"));
    assert!(!sandbox.path("new.crl").exists());
}

#[test]
fn revocations_at_the_same_time_are_all_kept() {
    let sandbox = with_ca("ed25519", "ed25519");
    let names: Vec<_> = (0..6).map(|n| format!("l{n}.pem")).collect();
    for name in &names {
        issue(&sandbox, &["--public", "end.pub", "--subject", "CN=end"]);
        fs::copy(sandbox.path("end.pem"), sandbox.path(name)).unwrap();
    }
    let revoke = |name: &str| {
        sandbox.command(&["cert", "revoke", "--ca", "ca.pem", "--ca-key", "ca.key", "--crl", "ca.crl", name])
    };
    let children: Vec<_> = names.iter().map(|name| revoke(name).spawn().unwrap()).collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let list = json(&sandbox.ok(&["cert", "show", "--json", "ca.crl"]));
    assert_eq!((&list["number"], &list["revoked"]), (&6.into(), &6.into()));
    // A link stays one, and the list goes where it leads.
    std::os::unix::fs::symlink("ca.crl", sandbox.path("link.crl")).unwrap();
    sandbox.ok(&["cert", "revoke", "--ca", "ca.pem", "--ca-key", "ca.key", "--crl", "link.crl"]);
    assert!(sandbox.path("link.crl").is_symlink());
    assert_eq!(json(&sandbox.ok(&["cert", "show", "--json", "ca.crl"]))["number"], 7);
}

#[test]
fn a_namesake_is_not_the_issuer() {
    let (sandbox, other) = (with_ca("ed25519", "ed25519"), with_ca("ed25519", "ed25519"));
    issue(&other, &["--public", "end.pub", "--subject", "CN=end"]);
    fs::copy(other.path("end.pem"), sandbox.path("foreign.pem")).unwrap();
    let args = ["cert", "revoke", "--ca", "ca.pem", "--ca-key", "ca.key", "--crl", "ca.crl", "foreign.pem"];
    let error = sandbox.fails(2, &args);
    assert!(error.starts_with("error: foreign.pem: is not issued by "), "{error}");
    assert!(!sandbox.path("ca.crl").exists());
}

#[test]
fn the_key_of_a_ca_is_closed_to_others() {
    let sandbox = with_ca("ed25519", "ed25519");
    fs::set_permissions(sandbox.path("ca.key"), Permissions::from_mode(0o644)).unwrap();
    let args = [&ISSUE[..], &["--public", "end.pub", "--subject", "CN=a", "--out", "a.pem"]].concat();
    let words = sandbox.fails(2, &args);
    assert_eq!(words, "error: ca.key: the private key is open to group or others, mode 0644\nhint: chmod 600 ca.key\n");
}

#[test]
fn nothing_is_overwritten_and_nothing_bad_is_read() {
    let sandbox = with_ca("ed25519", "ed25519");
    let new = ["cert", "new", "--key", "ca.key", "--subject", "CN=a", "--out", "ca.pem"];
    assert_eq!(sandbox.fails(2, &new), "error: ca.pem: exists already\nhint: --force replaces it\n");
    fs::write(sandbox.path("big.pem"), vec![b'x'; 2 << 20]).unwrap();
    fs::write(sandbox.path("cut.pem"), &fs::read(sandbox.path("ca.pem")).unwrap()[..200]).unwrap();
    for file in ["big.pem", "cut.pem", "ca.key", "end.pub", "absent"] {
        sandbox.fails(2, &["cert", "show", file]);
        sandbox.fails(2, &["cert", "verify", "--ca", "ca.pem", file]);
        sandbox.fails(2, &["cert", "verify", "--ca", file, "ca.pem"]);
        sandbox.fails(2, &["cert", "verify", "--ca", "ca.pem", "--crl", file, "ca.pem"]);
    }
    let words = sandbox.fails(1, &["cert", "verify", "ca.pem"]);
    assert!(words.ends_with("hint: --ca FILE tells whom to trust\n"), "{words}");
    assert!(sandbox.ok(&["cert", "verify", "--ca", "ca.pem", "ca.pem"]).contains("CN=Root"));
}

#[test]
fn the_commands_of_the_document_do_what_it_says() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/certificates.md")).unwrap();
    let sandbox = Sandbox::empty();
    let blocks = text.split("```console\n").skip(1).map(|block| block.split("```").next().unwrap());
    let mut lines = blocks.flat_map(str::lines).peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        count += 1;
        let words = shlex::split(line.strip_prefix("$ twinlock ").unwrap()).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // What fails has its error below it, with a time that differs.
        if let Some(error) = lines.next_if(|next| next.starts_with("error: ")) {
            let error = error.split("20").next().unwrap();
            assert!(sandbox.fails(1, &words).starts_with(error), "{line}");
        } else {
            sandbox.ok(&words);
        }
    }
    assert!(count > 8, "only {count} commands");
}

#[test]
fn names_steer_no_terminal() {
    let sandbox = with_ca("ed25519", "ed25519");
    issue(&sandbox, &["--public", "end.pub", "--subject", "CN=a\u{202e}b"]);
    assert!(sandbox.ok(&["cert", "show", "end.pem"]).contains("CN=a\u{fffd}b"));
}
