//! `twinlock key convert`, `protect` and `show` on keys in every form.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
};

use common::{Sandbox, failed};

const FORMS: [&str; 6] = ["seed", "expanded", "both", "bare-seed", "bare-expanded", "expanded-public"];

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty();
    for kind in ["ml-kem-768", "ml-dsa-65", "ed25519", "mldsa65-ed25519"] {
        sandbox.ok(&[
            "key",
            "new",
            "--algorithm",
            kind,
            "--out",
            &format!("{kind}.pem"),
            "--public",
            &format!("{kind}.pub"),
        ]);
    }
    for (name, content) in
        [("right", "open sesame\n"), ("wrong", "open sesam\n"), ("lines", "a\nb\n"), ("nul", "a\0\n"), ("empty", "\n")]
    {
        sandbox.write(name, content);
        fs::set_permissions(sandbox.path(name), Permissions::from_mode(0o600)).unwrap();
    }
    sandbox
}

/// The value of a row of `key show`.
fn row(sandbox: &Sandbox, args: &[&str], label: &str) -> String {
    let json = sandbox.ok(&[&["key", "show", "--json"], args].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    json.get(label).and_then(|value| value.as_str()).unwrap_or_default().into()
}

#[test]
fn every_form_is_written_shown_and_brought_back() {
    let sandbox = sandbox();
    for kind in ["ml-kem-768", "ml-dsa-65"] {
        let key = format!("{kind}.pem");
        let id = row(&sandbox, &[&key], "key_id");
        for form in FORMS {
            sandbox.ok(&["key", "convert", &key, "--form", form, "--out", "f.der", "--der", "--force"]);
            assert_eq!(row(&sandbox, &["f.der"], "key_id"), id);
            assert_eq!(row(&sandbox, &["f.der"], "form").contains("no seed"), form.contains("expanded"));
            sandbox.ok(&["key", "convert", "f.der", "--out", "back.pem", "--force"]);
            let same = fs::read(sandbox.path("back.pem")).unwrap() == fs::read(sandbox.path(&key)).unwrap();
            assert_eq!(same, !form.contains("expanded"), "{form}");
            sandbox.ok(&["key", "convert", "f.der", "--to", "spki", "--out", "back.pub", "--force"]);
            let public = format!("{kind}.pub");
            assert_eq!(fs::read(sandbox.path("back.pub")).unwrap(), fs::read(sandbox.path(&public)).unwrap());
        }
        let mode = |name| fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("back.pem"), mode("back.pub") & 0o400), (0o600, 0o400));
    }
}

#[test]
fn keys_of_ssh_and_age_are_written_shown_and_brought_back() {
    let sandbox = sandbox();
    for (kind, format) in [("ed25519", "openssh"), ("mldsa44-ed25519", "openssh"), ("x-wing", "age")] {
        let new = ["key", "new", "--algorithm", kind, "--out", "a.pem", "--public", "a.pub", "--force"];
        sandbox.ok(&new);
        let id = row(&sandbox, &["a.pub"], "key_id");
        for file in ["a.pem", "a.pub"] {
            sandbox.ok(&["key", "convert", file, "--to", format, "--out", "other", "--force"]);
            assert_eq!(row(&sandbox, &["other"], "key_id"), id);
            sandbox.ok(&["key", "convert", "other", "--out", "back", "--force"]);
            assert_eq!(fs::read(sandbox.path("back")).unwrap(), fs::read(sandbox.path(file)).unwrap());
        }
    }
    sandbox.ok(&["key", "protect", "ed25519.pem", "--new-passphrase-file", "right", "--out", "closed.pem"]);
    sandbox.ok(&["key", "convert", "closed.pem", "--passphrase-file", "right", "--to", "openssh", "--out", "id"]);
    assert!(row(&sandbox, &["id"], "protection").starts_with("aes256-ctr"), "{}", row(&sandbox, &["id"], "protection"));
    assert_eq!(row(&sandbox, &["id"], "key_id"), row(&sandbox, &["ed25519.pem"], "key_id"));
    let error = sandbox.fails(2, &["key", "show", "id", "--passphrase-file", "wrong"]);
    assert!(error.starts_with("error: id: ") && error.contains("passphrase"), "{error}");
}

#[test]
fn what_a_form_or_format_lacks_is_said() {
    let sandbox = sandbox();
    sandbox.ok(&["key", "convert", "ml-dsa-65.pem", "--form", "expanded", "--out", "expanded.pem"]);
    let before = sandbox.names();
    for (args, error) in [
        (
            &["expanded.pem", "--form", "seed"][..],
            "error: expanded.pem: holds the expanded ML-DSA-65 key without its seed, which does not sign and has no \
             other form; write it with its seed where it was made\n",
        ),
        (&["ed25519.pem", "--form", "both"], "error: ed25519.pem: Ed25519 has no form named both; it has seed\n"),
        (
            &["ml-kem-768.pem", "--to", "jwk"],
            "error: ml-kem-768.pem: no JSON Web Key of ML-KEM-768 is standard; Ed25519, X25519 and ML-DSA have one\n",
        ),
        (&["ed25519.pem", "--to", "jwk", "--form", "seed"], "error: --form seed is for --to pkcs8\n"),
        (&["ed25519.pub", "--to", "pkcs8"], "error: ed25519.pub: holds a public key; PKCS#8 is for private keys\n"),
    ] {
        let args = [&["key", "convert"], args, &["--out", "x"]].concat();
        assert_eq!(sandbox.fails(2, &args), error, "{args:?}");
        assert_eq!(sandbox.names(), before);
    }
    let error = sandbox.fails(2, &["key", "convert", "ed25519.pem", "--out", "ed25519.pub"]);
    assert_eq!(error, "error: ed25519.pub: exists already\nhint: --force replaces it\n");
    // Changed in the expanded half.
    sandbox.ok(&["key", "convert", "ml-kem-768.pem", "--form", "both", "--der", "--out", "both.der"]);
    let mut both = fs::read(sandbox.path("both.der")).unwrap();
    *both.last_mut().unwrap() ^= 1;
    fs::write(sandbox.path("both.der"), both).unwrap();
    for command in [&["key", "show", "both.der"][..], &["key", "convert", "both.der", "--out", "x"]] {
        let expected =
            "error: both.der: the seed and the expanded key in the file are of two ML-KEM-768 keys; one was changed\n";
        assert_eq!(sandbox.fails(2, command), expected);
    }
}

#[test]
fn a_passphrase_protects_a_key_through_every_command() {
    let sandbox = sandbox();
    for kdf in ["scrypt", "pbkdf2"] {
        let protect = ["key", "protect", "ml-dsa-65.pem", "--new-passphrase-file", "right", "--kdf", kdf];
        sandbox.ok(&[&protect[..], &["--out", "closed.pem", "--force"]].concat());
        assert_eq!(row(&sandbox, &["closed.pem"], "holds"), "private key under a passphrase");
        assert!(row(&sandbox, &["closed.pem"], "protection").to_lowercase().starts_with(kdf));
        let id = row(&sandbox, &["ml-dsa-65.pem"], "key_id");
        assert_eq!(row(&sandbox, &["closed.pem", "--passphrase-file", "right"], "key_id"), id);
    }
    let error = sandbox.fails(2, &["key", "show", "closed.pem", "--passphrase-file", "wrong"]);
    assert_eq!(error, "error: closed.pem: wrong passphrase, or the file was changed\n");

    let convert = ["key", "convert", "closed.pem", "--passphrase-file", "right", "--out"];
    sandbox.ok(&[&convert[..], &["again.pem"]].concat());
    assert!(row(&sandbox, &["again.pem"], "protection").starts_with("scrypt"));
    sandbox.ok(&[&convert[..], &["open.pem", "--unprotect"]].concat());
    assert_eq!(fs::read(sandbox.path("open.pem")).unwrap(), fs::read(sandbox.path("ml-dsa-65.pem")).unwrap());
    let before = sandbox.names();
    assert_eq!(
        sandbox.fails(2, &[&convert[..], &["open.jwk", "--to", "jwk"]].concat()),
        "error: closed.pem: is protected, and the other format would not be\n\
         hint: --unprotect writes it without protection\n"
    );
    for (file, error) in [
        ("lines", "error: lines: a passphrase is one line of at most 1024 bytes without NUL, and nothing else\n"),
        ("nul", "error: nul: a passphrase is one line of at most 1024 bytes without NUL, and nothing else\n"),
        ("empty", "error: empty: holds no passphrase\n"),
        ("absent", "error: absent: no such file or directory\n"),
    ] {
        let args = ["key", "protect", "open.pem", "--new-passphrase-file", file, "--out", "x"];
        assert_eq!(sandbox.fails(2, &args), error);
    }
    fs::set_permissions(sandbox.path("right"), Permissions::from_mode(0o644)).unwrap();
    let args = ["key", "show", "closed.pem", "--passphrase-file", "right"];
    assert_eq!(
        sandbox.fails(2, &args),
        "error: right: the passphrase is open to group or others, mode 0644\nhint: chmod 600 right\n"
    );
    assert_eq!(sandbox.names(), before);
}

#[test]
fn what_is_read_is_never_written_over() {
    let sandbox = sandbox();
    sandbox.ok(&["key", "new", "--algorithm", "x-wing", "--out", "inbox.pem", "--public", "inbox.pub"]);
    let before = |name| fs::read(sandbox.path(name)).unwrap();
    let key = before("ed25519.pem");
    for (args, name) in [
        (&["key", "convert", "ed25519.pem", "--to", "spki"][..], "ed25519.pem"),
        (&["key", "protect", "ed25519.pem", "--new-passphrase-file", "right"], "right"),
        (&["cert", "new", "--key", "ed25519.pem", "--subject", "CN=a"], "ed25519.pem"),
        (&["cert", "request", "--key", "ed25519.pem", "--subject", "CN=a"], "./ed25519.pem"),
        (&["seal", "--unsigned", "--to", "inbox.pub", "right"], "right"),
        (&["seal", "--unsigned", "--to", "inbox.pub", "right"], "inbox.pub"),
        (&["seal", "--from", "mldsa65-ed25519.pem", "--to", "inbox.pub", "right"], "mldsa65-ed25519.pem"),
        (&["open", "--unsigned", "--identity", "inbox.pem", "right"], "inbox.pem"),
    ] {
        let error = sandbox.fails(2, &[args, &["--out", name, "--force"]].concat());
        assert_eq!(error, format!("error: {name}: is read and was to be written; give another file\n"), "{args:?}");
    }
    assert_eq!(before("ed25519.pem"), key);
    // A private key may take its own place.
    sandbox.ok(&["key", "protect", "ed25519.pem", "--new-passphrase-file", "right", "--out", "ed25519.pem", "--force"]);
}

#[test]
fn a_passphrase_comes_through_stdin_or_not_at_all() {
    let sandbox = sandbox();
    sandbox.ok(&["key", "protect", "ed25519.pem", "--new-passphrase-file", "right", "--out", "closed.pem"]);
    let mut command = sandbox.command(&["key", "show", "closed.pem", "--passphrase-file", "-"]);
    let output = command.stdin(File::open(sandbox.path("right")).unwrap()).output().unwrap();
    assert!(output.status.success());
    // Without a terminal there is nobody to ask.
    let mut command = std::process::Command::new("setsid");
    command.arg(env!("CARGO_BIN_EXE_twinlock")).args(["key", "convert", "closed.pem", "--out", "x"]);
    command.current_dir(sandbox.path("")).stdin(Stdio::null());
    let error = failed(2, &command.output().unwrap());
    assert!(error.starts_with("error: no terminal to ask for the passphrase of closed.pem: "), "{error}");
    assert!(error.ends_with("hint: --passphrase-file reads it from a file or a file descriptor\n"), "{error}");
}

#[test]
fn a_channel_opens_its_identity_with_a_passphrase() {
    let sandbox = Sandbox::new();
    sandbox.write("right", "open sesame");
    fs::set_permissions(sandbox.path("right"), Permissions::from_mode(0o600)).unwrap();
    sandbox.ok(&["key", "protect", "here.pem", "--new-passphrase-file", "right", "--out", "here.pem", "--force"]);
    let (mut listener, address) = sandbox.listen(&[]);
    drop(listener.child.stdin.take());
    let output = sandbox.connect(&address, &["--passphrase-file", "right"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(listener.end().0, Some(0));
}

#[test]
fn a_gibibyte_is_no_key() {
    let sandbox = Sandbox::empty();
    for start in
        ["", "-----BEGIN PRIVATE KEY-----\n", "0", "{", "-----BEGIN OPENSSH PRIVATE KEY-----\n", "ssh-ed25519 "]
    {
        sandbox.write("big", start);
        File::options().append(true).open(sandbox.path("big")).unwrap().set_len(1 << 30).unwrap();
        fs::set_permissions(sandbox.path("big"), Permissions::from_mode(0o600)).unwrap();
        for args in [
            &["key", "show", "big"][..],
            &["key", "convert", "big", "--out", "new"],
            &["key", "protect", "big", "--out", "new"],
            &["sign", "--identity", "big", "--out", "new", "big"],
            &["verify", "--key", "big", "big"],
            &["seal", "--to", "big", "--unsigned", "-o", "new", "big"],
            &["open", "--identity", "big", "--unsigned", "-o", "new", "big"],
            &["cert", "show", "big"],
            &["connect", "--identity", "big", "--to", "127.0.0.1:1", "--peer", "big"],
            &["key", "list", "big"],
        ] {
            let words = sandbox.fails(2, args);
            assert!(words.starts_with("error: big") && words.lines().count() < 3, "{args:?}: {words}");
            assert_eq!(sandbox.names(), ["big"]);
        }
    }
}

#[test]
fn a_seed_is_not_replaced_by_what_it_was_expanded_to() {
    let sandbox = sandbox();
    let before = fs::read(sandbox.path("ml-kem-768.pem")).unwrap();
    for form in ["expanded", "bare-expanded", "expanded-public"] {
        let args = ["key", "convert", "ml-kem-768.pem", "--form", form, "--out", "./ml-kem-768.pem", "--force"];
        assert!(sandbox.fails(2, &args).contains("is read and was to be written"));
    }
    assert_eq!(fs::read(sandbox.path("ml-kem-768.pem")).unwrap(), before);
}

#[test]
fn stdin_is_not_the_passphrase_and_the_data() {
    let sandbox = sandbox();
    for args in [
        &["sign", "--identity", "ed25519.pem", "--passphrase-file", "-", "--out", "new", "-"][..],
        &["seal", "--to", "x", "--from", "mldsa65-ed25519.pem", "--passphrase-file", "-", "-o", "new"],
        &["open", "--identity", "x", "--unsigned", "--passphrase-file", "-", "-o", "new"],
    ] {
        let words = sandbox.fails(2, args);
        assert_eq!(words, "error: the passphrase and the data are both to come from stdin\n");
    }
}
