//! Key files, reports, and pages.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    fs::{self, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use common::{Sandbox, failed};

const KINDS: [&str; 11] = [
    "x25519",
    "ml-kem-512",
    "ml-kem-768",
    "ml-kem-1024",
    "x-wing",
    "ed25519",
    "ml-dsa-44",
    "ml-dsa-65",
    "ml-dsa-87",
    "mldsa44-ed25519",
    "mldsa65-ed25519",
];

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn both_files_of_every_kind_show_the_same_key() {
    let sandbox = Sandbox::empty();
    for kind in KINDS {
        let new = ["key", "new", "--algorithm", kind, "--out", "a.pem", "--public", "a.pub", "--force", "--json"];
        let made = json(&sandbox.ok(&new));
        let mut private = json(&sandbox.ok(&["key", "show", "--json", "a.pem"]));
        let mut public = json(&sandbox.ok(&["key", "show", "--json", "a.pub"]));
        let read = private.as_object_mut().unwrap();
        assert_eq!(read.remove("form").unwrap(), "seed");
        let _ = (read.remove("read_by"), read.remove("not_read_by"));
        assert_eq!(private["holds"], "private key");
        assert_eq!(public["holds"], "public key");
        public["holds"] = private["holds"].clone();
        assert_eq!(private, public);
        assert_eq!((&made["key_id"], &made["algorithm"]), (&private["key_id"], &private["algorithm"]));
        let mode = |name| fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("a.pem"), 0o600);
        assert_ne!(mode("a.pub") & 0o400, 0);
    }
    assert_eq!(sandbox.names(), ["a.pem", "a.pub"]);
}

#[test]
fn a_private_key_is_never_shown() {
    let sandbox = Sandbox::empty();
    let pem = sandbox.ok(&["key", "new", "--algorithm", "x25519", "--out", "-"]);
    let secret = pem.lines().nth(1).unwrap();
    fs::write(sandbox.path("a.pem"), &pem).unwrap();
    for args in [&["key", "show", "a.pem"][..], &["key", "show", "--json", "a.pem"]] {
        let output = sandbox.run(args);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        // The seed is the last 32 bytes: the 43 characters from the 21st on hold nothing else.
        assert!(!text.contains(secret.get(22..40).unwrap()), "{text}");
    }
}

#[test]
fn stdin_is_a_key_file_too() {
    let sandbox = Sandbox::empty();
    let pem = sandbox.ok(&["key", "new", "--algorithm", "x-wing", "--out", "-"]);
    let mut child = sandbox.command(&["key", "show", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("algorithm      X-Wing\n"));
}

#[test]
fn what_is_there_is_not_overwritten() {
    let sandbox = Sandbox::empty();
    sandbox.write("a.pem", "mine");
    let new = ["key", "new", "--algorithm", "ed25519", "--out", "a.pem", "--public", "a.pub"];
    assert_eq!(sandbox.fails(2, &new), "error: a.pem: exists already\nhint: --force replaces it\n");
    assert_eq!(fs::read(sandbox.path("a.pem")).unwrap(), b"mine");
    assert_eq!(sandbox.names(), ["a.pem"]);
}

#[test]
fn a_key_that_is_replaced_is_the_old_or_the_new_one_whenever_the_process_is_killed() {
    let sandbox = Sandbox::empty();
    for name in ["old.pem", "new.pem"] {
        sandbox.ok(&["key", "new", "--algorithm", "mldsa65-ed25519", "--out", name]);
    }
    let [old, new] = ["old.pem", "new.pem"].map(|name| fs::read(sandbox.path(name)).unwrap());
    let (mut olds, mut news) = (0, 0);
    for microseconds in (0..).step_by(250) {
        fs::write(sandbox.path("key.pem"), &old).unwrap();
        fs::set_permissions(sandbox.path("key.pem"), Permissions::from_mode(0o600)).unwrap();
        let mut child = sandbox.command(&["key", "convert", "new.pem", "--out", "key.pem", "--force"]).spawn().unwrap();
        thread::sleep(Duration::from_micros(microseconds));
        let _ = child.kill();
        let done = child.wait().unwrap().success();
        let found = fs::read(sandbox.path("key.pem")).unwrap();
        assert!(found == old || found == new, "{microseconds} µs: {} bytes", found.len());
        assert_eq!(fs::metadata(sandbox.path("key.pem")).unwrap().permissions().mode() & 0o777, 0o600);
        if found == old {
            olds += 1
        } else {
            news += 1
        }
        if done && news > 5 {
            break;
        }
    }
    assert!(olds > 0, "{news} times it was not killed in time");
}

#[test]
fn no_private_key_without_its_public_file() {
    let sandbox = Sandbox::empty();
    sandbox.write("a.pub", "mine");
    for public in ["a.pub", "absent/a.pub", ".", "a.pem"] {
        sandbox.fails(2, &["key", "new", "--algorithm", "ed25519", "--out", "a.pem", "--public", public]);
        assert_eq!(sandbox.names(), ["a.pub"], "{public}");
    }
    sandbox.fails(2, &["key", "new", "--algorithm", "ed25519", "--out", "absent/a.pem", "--public", "b.pub"]);
    assert_eq!(sandbox.names(), ["a.pub"]);
}

#[test]
fn a_link_is_not_followed_when_a_key_is_written() {
    let sandbox = Sandbox::empty();
    std::os::unix::fs::symlink(sandbox.path("elsewhere"), sandbox.path("a.pem")).unwrap();
    sandbox.fails(2, &["key", "new", "--algorithm", "ed25519", "--out", "a.pem"]);
    assert_eq!(sandbox.names(), ["a.pem"]);
    sandbox.ok(&["key", "new", "--algorithm", "ed25519", "--out", "a.pem", "--force"]);
    assert_eq!(sandbox.names(), ["a.pem"]);
    assert!(sandbox.path("a.pem").symlink_metadata().unwrap().is_file());
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let sandbox = Sandbox::new();
    for (mode, text) in [(0o640, "0640"), (0o604, "0604")] {
        fs::set_permissions(sandbox.path("here.pem"), Permissions::from_mode(mode)).unwrap();
        let words = failed(2, &sandbox.connect("127.0.0.1:1", &[]).output().unwrap());
        let expected = format!(
            "error: here.pem: the private key is open to group or others, mode {text}\nhint: chmod 600 here.pem\n"
        );
        assert_eq!(words, expected);
        let output = sandbox.run(&["key", "show", "here.pem"]);
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success());
        assert_eq!(
            words,
            format!("warning: here.pem: open to group or others, mode {text}\nhint: chmod 600 here.pem\n")
        );
    }
}

#[test]
fn a_key_for_something_else_is_no_identity() {
    let sandbox = Sandbox::new();
    let hint = "hint: twinlock key new --algorithm mldsa44-ed25519 or mldsa65-ed25519 makes one\n";
    for kind in ["ml-kem-768", "ed25519"] {
        sandbox.ok(&["key", "new", "--algorithm", kind, "--out", "other.pem", "--public", "other.pub", "--force"]);
        let connect = ["connect", "--to", "127.0.0.1:1", "--identity", "other.pem", "--peer", "there.pub"];
        let words = sandbox.fails(2, &connect);
        assert!(words.contains("is not for identities of channels\n") && words.ends_with(hint), "{words}");
        let words = failed(2, &sandbox.connect("127.0.0.1:1", &["--peer", "other.pub"]).output().unwrap());
        assert!(words.starts_with("error: other.pub: ") && words.ends_with(hint), "{words}");
    }
    let words = failed(2, &sandbox.connect("127.0.0.1:1", &["--peer", "there.pem"]).output().unwrap());
    assert_eq!(words, "error: there.pem: holds a private key; give a public key\n");
}

#[test]
fn the_demo_reports_what_happened() {
    let sandbox = Sandbox::empty();
    let report = json(&sandbox.ok(&["demo", "--json"]));
    let negotiated = &report["negotiated"];
    assert_eq!(negotiated["suite"], "XWING-MLDSA65ED25519-AES256GCM-SHA384");
    assert_eq!(negotiated["code_point"], "0x0001");
    assert_eq!(negotiated["channel_id_both_sides"].as_str().unwrap().len(), 64);
    assert_ne!(negotiated["client_s_key"], negotiated["responder_s_key"]);
    let sizes = report["handshake_on_the_wire"].as_object().unwrap();
    let sum: u64 = sizes.iter().filter(|(name, _)| name.starts_with('m')).map(|(_, size)| size.as_u64().unwrap()).sum();
    assert_eq!(sizes["all_three_bytes"], sum);
    assert!(report["times"].as_object().unwrap().values().all(|time| time.as_f64().unwrap() > 0.0), "{report}");
}

#[test]
fn the_version_names_every_provider_and_draft() {
    let sandbox = Sandbox::empty();
    let report = json(&sandbox.ok(&["version", "--verbose", "--json"]));
    assert_eq!(report["twinlock"], env!("CARGO_PKG_VERSION"));
    for provider in report["providers"].as_array().unwrap() {
        let parts = &report[format!("provider_{}", provider.as_str().unwrap().replace('-', "_"))];
        assert!(!parts.as_object().unwrap().is_empty(), "{provider}");
    }
    assert!(report["drafts"]["x_wing"].as_str().unwrap().starts_with("draft-"));
    assert_eq!(report["suites"].as_object().unwrap().len(), 3);
}

#[test]
fn completions_and_pages_name_every_command() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = sandbox.ok(&["completions", shell]);
        for word in ["listen", "connect", "demo", "identity"] {
            assert!(text.contains(word), "{shell} lacks {word}");
        }
        if shell == "bash" {
            sandbox.write("completions", &text);
            assert!(Command::new("bash").arg("-n").arg(sandbox.path("completions")).status().unwrap().success());
        }
    }
    assert!(sandbox.ok(&["man"]).contains(".TH twinlock 1"));
    assert_eq!(sandbox.ok(&["man", "--out", "pages"]), "");
    let pages =
        fs::read_dir(sandbox.path("pages")).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap());
    let pages: Vec<_> = pages.collect();
    for page in [
        "twinlock.1",
        "twinlock-key-new.1",
        "twinlock-key-show.1",
        "twinlock-key-rotate.1",
        "twinlock-listen.1",
        "twinlock-demo.1",
    ] {
        assert!(pages.iter().any(|name| name == page), "{page} is missing from {pages:?}");
    }
}

#[test]
fn a_path_that_json_cannot_tell_is_refused_before_anything_is_made() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::empty();
    for option in ["--out", "--public"] {
        let mut command = sandbox.command(&["key", "new", "--algorithm", "ed25519", "--json"]);
        command.arg(option).arg(std::ffi::OsStr::from_bytes(b"a\xff.pem"));
        if option == "--public" {
            command.args(["--out", "a.pem"]);
        }
        assert_eq!(failed(2, &command.output().unwrap()), "error: --json cannot tell a path that is not UTF-8\n");
        assert_eq!(sandbox.names(), [""; 0]);
    }
}
