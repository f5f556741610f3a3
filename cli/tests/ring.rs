//! Key rings: who may use what, what is refused, and what is left when something goes wrong.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    fs::{self, Permissions},
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Command, Stdio},
};

use common::{Sandbox, failed};
use serde_json::Value;
use twinlock::{
    certificate::{Time, Validity},
    keys::{PrivateKey, ProtectedKey, PublicKey},
    provider::{RUST, SystemRng},
    ring::{Manifest, Name},
};

/// A sandbox with a ring without a passphrase, and a file.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("file", "content");
    sandbox.write("secret", "a passphrase\n");
    fs::set_permissions(sandbox.path("secret"), Permissions::from_mode(0o600)).unwrap();
    sandbox
}

fn add(sandbox: &Sandbox, purpose: &str, name: &str) {
    let mut args = vec!["key", "new", "--for", purpose, "--ring", "keys", "--name", name];
    if !sandbox.path("keys").exists() {
        args.push("--unprotected");
    }
    sandbox.ok(&args);
}

fn list(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.ok(&["key", "list", "keys", "--json"])).unwrap()
}

/// All files of the ring with their content.
fn snapshot(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => found.extend(snapshot(&path)),
            false => found.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

/// Signs the ring's manifest anew after `change`, as its owner could.
fn resign(sandbox: &Sandbox, change: impl FnOnce(&mut Manifest)) {
    let read = |name: &str| fs::read(sandbox.path("keys").join(name)).unwrap();
    let key = PrivateKey::from_bytes(&read("manifest.key")).unwrap().into_signing_key(RUST).unwrap();
    let mut manifest = Manifest::verify(&read("manifest.json"), key.verifying_key()).unwrap();
    change(&mut manifest);
    let now = manifest.written();
    fs::write(sandbox.path("keys/manifest.json"), manifest.sign(now, &key, &mut SystemRng).unwrap()).unwrap();
}

#[test]
fn a_ring_is_a_folder_of_ordinary_key_files_for_its_owner() {
    let sandbox = sandbox();
    add(&sandbox, "identity", "desk-7");
    let mode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("keys"), mode("keys/desk-7")), (0o700, 0o700));
    for (file, algorithm) in [
        ("keys/manifest", "MLDSA65-Ed25519-SHA512"),
        ("keys/desk-7/1.signing", "MLDSA65-Ed25519-SHA512"),
        ("keys/desk-7/1.opening", "X-Wing"),
    ] {
        let show = |extension| -> Value {
            serde_json::from_str(&sandbox.ok(&["key", "show", "--json", &format!("{file}.{extension}")])).unwrap()
        };
        assert_eq!(mode(&format!("{file}.key")), 0o600);
        assert_eq!(show("key")["algorithm"], algorithm);
        assert_eq!(show("key")["key_id"], show("pub")["key_id"]);
    }
    assert_eq!(snapshot(&sandbox.path("keys")).len(), 7);
}

#[test]
fn the_list_tells_all_of_a_ring() {
    let sandbox = sandbox();
    add(&sandbox, "identity", "desk-7");
    add(&sandbox, "channel", "venue");
    sandbox.ok(&["key", "rotate", "keys/desk-7", "--lifetime", "10d"]);
    sandbox.ok(&["key", "revoke", "keys/venue", "--reason", "stolen"]);
    let report = list(&sandbox);
    assert_eq!(report["sequence"], 4);
    let entries = report["entries"].as_array().unwrap();
    assert_eq!((entries.len(), &entries[0]["name"], &entries[1]["name"]), (2, &"desk-7".into(), &"venue".into()));
    let desk = entries[0]["generations"].as_array().unwrap();
    assert_eq!((&desk[0]["state"], &desk[0]["superseded_by"]), (&"superseded".into(), &2.into()));
    assert_eq!((&desk[1]["state"], &desk[1]["number"]), (&"current".into(), &2.into()));
    assert!([9, 10].contains(&desk[1]["days_left"].as_i64().unwrap()));
    assert!([364, 365].contains(&desk[0]["days_left"].as_i64().unwrap()));
    let public = desk[1]["keys"][1]["public"].as_str().unwrap();
    let shown: Value = serde_json::from_str(&sandbox.ok(&["key", "show", "--json", public])).unwrap();
    assert_eq!((&shown["key_id"], &shown["algorithm"]), (&desk[1]["keys"][1]["key_id"], &"X-Wing".into()));
    let venue = &entries[1]["generations"][0];
    assert_eq!((&venue["state"], &venue["reason"]), (&"revoked".into(), &"stolen".into()));
    let text = sandbox.ok(&["key", "list", "keys"]);
    assert_eq!(text.lines().count(), 2 + 5);
    assert!(text.contains("revoked") && text.contains(report["manifest_key"].as_str().unwrap()), "{text}");
}

#[test]
fn an_entry_does_what_a_private_key_file_does() {
    let sandbox = sandbox();
    for name in ["desk-7", "venue"] {
        add(&sandbox, "identity", name);
    }
    add(&sandbox, "channel", "only-channels");
    sandbox.ok(&["sign", "--identity", "keys/desk-7", "--context", "x", "file"]);
    sandbox.ok(&["verify", "--key", "keys/desk-7/1.signing.pub", "--context", "x", "file"]);
    let seal = ["seal", "--to", "keys/venue/1.opening.pub", "--from", "keys/desk-7", "-o", "sealed", "file"];
    sandbox.ok(&seal);
    let open = ["open", "--identity", "keys/venue", "--from", "keys/desk-7/1.signing.pub", "sealed"];
    assert_eq!(sandbox.ok(&open), "content");
    for key in ["keys/desk-7", "keys/only-channels"] {
        sandbox.ok(&["cert", "new", "--key", key, "--subject", "CN=a", "--out", "a.crt", "--authority", "--force"]);
        sandbox.ok(&["cert", "request", "--key", key, "--subject", "CN=b", "--out", "b.csr", "--force"]);
    }
    sandbox.ok(&[
        "cert",
        "new",
        "--key",
        "keys/desk-7",
        "--subject",
        "CN=a",
        "--out",
        "a.crt",
        "--authority",
        "--force",
    ]);
    let issue = ["cert", "issue", "--ca", "a.crt", "--ca-key", "keys/desk-7", "--request", "b.csr", "--out", "b.crt"];
    sandbox.ok(&issue);

    let allow = "peers:\n  - name: desk-7\n    key-file: keys/desk-7/1.signing.pub\n    services: [default]\n";
    sandbox.write("allow.yaml", allow);
    let listen = ["listen", "--identity", "keys/venue", "--allow", "allow.yaml", "--listen", "unix:socket"];
    let mut listener = sandbox.command(&listen).stdin(Stdio::null()).spawn().unwrap();
    while !sandbox.path("socket").exists() {
        assert!(listener.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    sandbox.ok(&["connect", "--identity", "keys/desk-7", "--peer", "keys/venue/1.signing.pub", "--to", "unix:socket"]);
    assert!(listener.wait().unwrap().success());

    // No file of the entry is written over, whatever is told.
    let before = snapshot(&sandbox.path("keys"));
    for key in ["1.opening.key", "1.signing.key"] {
        let out = format!("keys/venue/{key}");
        sandbox.fails(2, &[&open[..], &["--force", "-o", &out]].concat());
        sandbox.fails(2, &["sign", "--identity", "keys/venue", "--context", "x", "--out", &out, "--force", "file"]);
    }
    assert_eq!(snapshot(&sandbox.path("keys")), before);

    // In the folder of the entry, it is `.`.
    let mut inside =
        sandbox.command(&["sign", "--identity", ".", "--context", "x", "--out", "../../sig", "../../file", "--force"]);
    assert!(inside.current_dir(sandbox.path("keys/desk-7")).output().unwrap().status.success());
    symlink(sandbox.path("keys"), sandbox.path("link")).unwrap();
    sandbox.ok(&["sign", "--identity", "link/desk-7/", "--context", "x", "--out", "sig", "--force", "file"]);
}

#[test]
fn a_key_is_not_used_for_anything_else() {
    let sandbox = sandbox();
    for purpose in ["channel", "signing", "opening"] {
        add(&sandbox, purpose, purpose);
    }
    let sign = |key| vec!["sign", "--identity", key, "--context", "x", "--out", "sig", "--force", "file"];
    let connect =
        |key| vec!["connect", "--identity", key, "--to", "127.0.0.1:1", "--peer", "keys/channel/1.signing.pub"];
    let open = |key| vec!["open", "--identity", key, "--unsigned", "file"];
    let cert = |key| vec!["cert", "new", "--key", key, "--subject", "CN=a", "--out", "a.crt"];
    for (args, words) in [
        (sign("keys/channel"), "keys/channel: is for channel, not for signing"),
        (sign("keys/opening"), "keys/opening: is for opening, not for signing"),
        (connect("keys/signing"), "keys/signing: is for signing, not for channels"),
        (connect("keys/opening"), "keys/opening: is for opening, not for channels"),
        (open("keys/signing"), "keys/signing: is for signing, not for opening"),
        (open("keys/channel"), "keys/channel: is for channel, not for opening"),
        (cert("keys/opening"), "keys/opening: is for opening, not for certificates"),
        (sign("keys/absent"), "keys/absent: no such file or directory"),
        (sign("keys"), "keys: is a key ring; give one of its entries"),
        (sign("keys/Opening"), "keys/Opening: a name has 1 to 64 characters"),
    ] {
        let told = sandbox.fails(2, &args);
        let words = if words.contains("absent") { "keys: no entry absent is in the ring" } else { words };
        assert!(told.starts_with(&format!("error: {words}")), "{told}");
    }
    let words =
        sandbox.fails(2, &["open", "--identity", "keys/opening/1.opening.key", "--unsigned", "--revoked", "file"]);
    assert_eq!(words, "error: --revoked is for entries of key rings\n");
}

#[test]
fn every_generation_opens_and_the_newest_alone_signs() {
    let sandbox = sandbox();
    add(&sandbox, "identity", "desk-7");
    for generation in 1..=3 {
        let to = format!("keys/desk-7/{generation}.opening.pub");
        sandbox.ok(&["seal", "--to", &to, "--from", "keys/desk-7", "-o", &format!("{generation}.sealed"), "file"]);
        sandbox.ok(&["seal", "--to", &to, "--age", "-o", &format!("{generation}.age"), "file"]);
        sandbox.ok(&["sign", "--identity", "keys/desk-7", "--context", "x", "--out", "sig", "--force", "file"]);
        let key = format!("keys/desk-7/{generation}.signing.pub");
        sandbox.ok(&["verify", "--key", &key, "--context", "x", "--signature", "sig", "file"]);
        sandbox.ok(&["key", "rotate", "keys/desk-7"]);
    }
    for generation in 1..=3 {
        let from = format!("keys/desk-7/{generation}.signing.pub");
        let sealed = format!("{generation}.sealed");
        assert_eq!(sandbox.ok(&["open", "--identity", "keys/desk-7", "--from", &from, &sealed]), "content");
        // From a pipe, where nothing can be read twice.
        let mut child =
            sandbox.command(&["open", "--identity", "keys/desk-7", "--age"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&fs::read(sandbox.path(&format!("{generation}.age"))).unwrap()).unwrap();
        assert_eq!(child.wait_with_output().unwrap().stdout, b"content");
    }
    // What is for nobody here, cut or no envelope at all is told as of a single key.
    sandbox.ok(&["key", "new", "--algorithm", "x-wing", "--out", "other.key", "--public", "other.pub"]);
    sandbox.ok(&["seal", "--to", "other.pub", "--unsigned", "-o", "other.sealed", "file"]);
    let open = |file| ["open", "--identity", "keys/desk-7", "--unsigned", file];
    let words = sandbox.fails(1, &open("other.sealed"));
    assert_eq!(words, "error: other.sealed: sealed to none of the 4 keys of keys/desk-7\n");
    sandbox.fails(2, &open("file"));
    sandbox.fails(1, &open("1.sealed"));
    let sealed = fs::read(sandbox.path("other.sealed")).unwrap();
    for len in [0, 10, 100, 1000] {
        fs::write(sandbox.path("cut"), &sealed[..len]).unwrap();
        assert!(!sandbox.run(&open("cut")).status.success());
    }
}

#[test]
fn a_large_file_passes_the_choice_of_a_key_unchanged() {
    let sandbox = sandbox();
    add(&sandbox, "opening", "inbox");
    let content: Vec<u8> = (0..3_000_001_u32).map(|at| at.to_le_bytes()[usize::from(at % 3 == 0)]).collect();
    fs::write(sandbox.path("large"), &content).unwrap();
    sandbox.ok(&["seal", "--to", "keys/inbox/1.opening.pub", "--unsigned", "-o", "sealed", "large"]);
    sandbox.ok(&["key", "rotate", "keys/inbox"]);
    sandbox.ok(&["open", "--identity", "keys/inbox", "--unsigned", "-o", "opened", "sealed"]);
    assert!(fs::read(sandbox.path("opened")).unwrap() == content);
}

#[test]
fn a_revoked_key_opens_only_when_told_to() {
    let sandbox = sandbox();
    add(&sandbox, "identity", "desk-7");
    sandbox.ok(&["seal", "--to", "keys/desk-7/1.opening.pub", "--unsigned", "-o", "sealed", "file"]);
    sandbox.ok(&["key", "rotate", "keys/desk-7"]);
    sandbox.ok(&["key", "revoke", "keys/desk-7", "--generation", "1", "--reason", "laptop lost"]);
    let open = ["open", "--identity", "keys/desk-7", "--unsigned", "sealed"];
    let words = sandbox.fails(1, &open);
    assert!(words.ends_with("hint: --revoked tries the keys that were revoked, too\n"), "{words}");
    assert_eq!(sandbox.ok(&[&open[..], &["--revoked"]].concat()), "content");
    sandbox.ok(&["sign", "--identity", "keys/desk-7", "--context", "x", "--out", "sig", "--force", "file"]);

    sandbox.ok(&["key", "revoke", "keys/desk-7", "--reason", "stolen"]);
    let words = sandbox.fails(2, &open);
    assert!(words.contains("generation 2 was revoked at ") && words.contains(": stolen\nhint: --revoked "), "{words}");
    assert_eq!(sandbox.ok(&[&open[..], &["--revoked"]].concat()), "content");
    let words =
        sandbox.fails(2, &["sign", "--identity", "keys/desk-7", "--context", "x", "--out", "sig", "--force", "file"]);
    assert!(words.ends_with(": stolen\nhint: twinlock key rotate keys/desk-7 makes the next\n"), "{words}");
    for (more, words) in [
        (&["--reason", "again"][..], "is revoked already"),
        (&["--reason", "a", "--generation", "9"], "has no generation 9"),
        (&["--reason", ""], "a reason has 1 to 200 bytes of UTF-8 without control characters"),
        (&["--reason", "a\u{1b}[0m"], "a reason has 1 to 200 bytes of UTF-8 without control characters"),
    ] {
        let told = sandbox.fails(2, &[&["key", "revoke", "keys/desk-7"], more].concat());
        assert_eq!(told, format!("error: keys/desk-7: {words}\n"));
    }
    sandbox.ok(&["key", "rotate", "keys/desk-7"]);
    sandbox.ok(&["sign", "--identity", "keys/desk-7", "--context", "x", "--out", "sig", "--force", "file"]);
}

#[test]
fn an_expired_key_opens_and_makes_nothing() {
    let sandbox = sandbox();
    add(&sandbox, "identity", "desk-7");
    sandbox.ok(&["seal", "--to", "keys/desk-7/1.opening.pub", "--unsigned", "-o", "sealed", "file"]);
    let desk: Name = "desk-7".parse().unwrap();
    let time = |text: &str| -> Time { text.parse().unwrap() };
    // The same keys again as generation 2, of a time that is over, or has not begun.
    for role in ["signing.key", "signing.pub", "opening.key", "opening.pub"] {
        let file = |number| sandbox.path(&format!("keys/desk-7/{number}.{role}"));
        fs::copy(file(1), file(2)).unwrap();
        fs::copy(file(1), file(3)).unwrap();
    }
    let sign = ["sign", "--identity", "keys/desk-7", "--context", "x", "--out", "sig", "--force", "file"];
    for (from, until, words) in [
        ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "generation 2 expired at 2021-01-01T00:00:00Z"),
        ("2999-01-01T00:00:00Z", "2999-02-01T00:00:00Z", "generation 3 is valid from 2999-01-01T00:00:00Z on"),
    ] {
        resign(&sandbox, |manifest| {
            let keys = manifest.entry(&desk).unwrap().newest().unwrap().keys().to_vec();
            manifest.rotate(&desk, Validity::new(time(from), time(until)).unwrap(), keys).unwrap();
        });
        let told = sandbox.fails(2, &sign);
        assert!(told.starts_with(&format!("error: keys/desk-7: {words}")), "{told}");
        assert_eq!(sandbox.ok(&["open", "--identity", "keys/desk-7", "--unsigned", "sealed"]), "content");
    }
    let report = list(&sandbox);
    let left: Vec<i64> = report["entries"][0]["generations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["days_left"].as_i64().unwrap())
        .collect();
    assert!(left[1] < -365 && left[2] > 365, "{left:?}");
}

#[test]
fn what_was_changed_in_a_ring_is_noticed() {
    let sandbox = sandbox();
    add(&sandbox, "identity", "desk-7");
    add(&sandbox, "identity", "other");
    let file = |name: &str| sandbox.path("keys").join(name);
    let sign = ["sign", "--identity", "keys/desk-7", "--context", "x", "--out", "sig", "--force", "file"];
    let restored = |name: &str, content: &[u8], check: &dyn Fn()| {
        let old = fs::read(file(name)).unwrap();
        fs::write(file(name), content).unwrap();
        check();
        fs::write(file(name), old).unwrap();
    };
    let manifest = fs::read(file("manifest.json")).unwrap();
    let text = String::from_utf8(manifest.clone()).unwrap();
    let longer = text.replace("\"until\":\"2", "\"until\":\"3");
    restored("manifest.json", longer.as_bytes(), &|| {
        for args in [&sign[..], &["key", "list", "keys"], &["key", "rotate", "keys/desk-7"]] {
            let words = sandbox.fails(1, args);
            assert!(
                words.starts_with("error: keys/manifest.json: the manifest's signature does not verify"),
                "{words}"
            );
        }
    });
    for cut in [0, 1, manifest.len() / 2, manifest.len() - 1] {
        restored("manifest.json", &manifest[..cut], &|| {
            assert!(!sandbox.run(&["key", "list", "keys"]).status.success())
        });
    }
    // Another private key in the place of one.
    restored("desk-7/1.signing.key", &fs::read(file("other/1.signing.key")).unwrap(), &|| {
        let words = sandbox.fails(1, &sign);
        assert!(
            words.contains("keys/desk-7/1.signing.key: is the key SHA256:") && words.contains("the manifest names"),
            "{words}"
        );
    });
    // The manifest of another ring, with its key.
    sandbox.ok(&["key", "new", "--for", "identity", "--ring", "evil", "--name", "desk-7", "--unprotected"]);
    let known = list(&sandbox)["manifest_key"].as_str().unwrap().to_owned();
    let evil = |name: &str| fs::read(sandbox.path("evil").join(name)).unwrap();
    restored("manifest.json", &evil("manifest.json"), &|| {
        let words = sandbox.fails(1, &["key", "list", "keys"]);
        assert!(words.contains("the manifest is signed with SHA256:"), "{words}");
        restored("manifest.pub", &evil("manifest.pub"), &|| {
            sandbox.ok(&["key", "list", "keys"]);
            let words = sandbox.fails(1, &["key", "list", "keys", "--manifest-key", &known]);
            assert!(words.starts_with("error: keys: the manifest is signed with SHA256:"), "{words}");
            let words = sandbox.fails(1, &sign);
            assert!(words.starts_with("error: keys/manifest.key: is the key SHA256:"), "{words}");
        });
    });
    sandbox.ok(&["key", "list", "keys", "--manifest-key", &known]);
    sandbox.ok(&["key", "list", "keys", "--manifest-key", "keys/manifest.pub"]);
    sandbox.fails(2, &["key", "list", "keys", "--manifest-key", "SHA256:x"]);
    fs::set_permissions(file("desk-7/1.signing.key"), Permissions::from_mode(0o640)).unwrap();
    let words = sandbox.fails(2, &sign);
    assert!(words.contains("the private key is open to group or others, mode 0640"), "{words}");
}

#[test]
fn one_passphrase_is_for_all_keys_of_a_ring() {
    let sandbox = sandbox();
    sandbox.write("wrong", "another\n");
    fs::set_permissions(sandbox.path("wrong"), Permissions::from_mode(0o600)).unwrap();
    let new = |name, flag, file| ["key", "new", "--for", "identity", "--ring", "keys", "--name", name, flag, file];
    let words = sandbox.fails(2, &new("a", "--passphrase-file", "secret"));
    assert!(words.starts_with("error: keys: is no key ring yet, and --passphrase-file is for one that is there\n"));
    assert!(!sandbox.path("keys").exists());
    let sign = |file| ["sign", "--identity", "keys/a", "--out", "sig", "--force", "file", "--passphrase-file", file];
    sandbox.ok(&new("a", "--new-passphrase-file", "secret"));
    let before = snapshot(&sandbox.path("keys"));
    let words = sandbox.fails(2, &new("b", "--new-passphrase-file", "secret"));
    assert!(words.starts_with("error: keys: is a key ring already, and has its protection\n"), "{words}");
    let words = sandbox.fails(2, &["key", "new", "--for", "signing", "--ring", "keys", "--name", "b", "--unprotected"]);
    assert!(words.starts_with("error: keys: is a key ring already, and has its protection\n"), "{words}");
    for args in [
        &new("b", "--passphrase-file", "wrong")[..],
        &["key", "rotate", "keys/a", "--passphrase-file", "wrong"],
        &["key", "revoke", "keys/a", "--reason", "x", "--passphrase-file", "wrong"],
        &sign("wrong"),
    ] {
        let words = sandbox.fails(2, args);
        assert_eq!(words, "error: keys/manifest.key: wrong passphrase, or the file was changed\n");
    }
    assert_eq!(snapshot(&sandbox.path("keys")), before);
    sandbox.ok(&new("b", "--passphrase-file", "secret"));
    sandbox.ok(&["key", "rotate", "keys/a", "keys/b", "--passphrase-file", "secret"]);
    let files = snapshot(&sandbox.path("keys")).into_iter().filter(|(name, _)| name.ends_with(".key"));
    let files: Vec<_> = files.map(|(_, pem)| ProtectedKey::from_bytes(&pem).unwrap()).collect();
    let wrapping = files[0].wrapping_key(b"a passphrase").unwrap();
    assert_eq!(files.iter().filter(|file| wrapping.fits(file)).count(), 9, "one derivation is for all files");
    let show = ["key", "show", "keys/a/2.signing.key", "--passphrase-file", "secret"];
    assert!(sandbox.ok(&show).contains("private key under a passphrase"));
    sandbox.ok(&sign("secret"));
}

#[test]
fn names_are_checked_before_anything_is_written() {
    let sandbox = sandbox();
    add(&sandbox, "identity", "desk-7");
    let before = snapshot(&sandbox.path("keys"));
    let long = "a".repeat(65);
    let rule = "a name has 1 to 64 characters, small letters, digits, \"-\", \"_\" and \".\", and begins with a letter or a digit";
    let cases = [
        ("a\nb\na\n", "names, line 3: a is there twice, first in line 1".to_owned()),
        ("a\ndesk-7\n", "names, line 2: desk-7 is in the ring already".to_owned()),
        ("a\n../b\n", format!("names, line 2: {rule}")),
        ("a\n\nb\n", format!("names, line 2: {rule}")),
        ("a\n A\n", format!("names, line 2: {rule}")),
        ("a\nb\u{1b}[2J\n", format!("names, line 2: {rule}")),
        (&long, format!("names, line 1: {rule}")),
        ("manifest.key\n", "names, line 1: a name does not begin with \"manifest.\"".to_owned()),
        ("", "names: holds no name".to_owned()),
    ];
    let new = ["key", "new", "--for", "identity", "--ring", "keys", "--names", "names"];
    for (names, words) in cases {
        sandbox.write("names", names);
        assert_eq!(sandbox.fails(2, &new), format!("error: {words}\n"));
    }
    sandbox.write("names", "a\nb\n");
    let words = sandbox.fails(2, &[&new[..], &["--count", "3"]].concat());
    assert_eq!(words, "error: names: holds 2 names, not the 3 of --count\n");
    fs::write(sandbox.path("names"), b"a\xff\n").unwrap();
    assert_eq!(sandbox.fails(2, &new), "error: names: is not UTF-8\n");
    for name in ["../a", "", "A", "manifest.key", "a/b"] {
        let args = ["key", "new", "--for", "identity", "--ring", "keys", "--name", name];
        assert_eq!(sandbox.run(&args).status.code(), Some(2), "{name}");
    }
    assert_eq!(snapshot(&sandbox.path("keys")), before);
    sandbox.write("names", "b\r\nc");
    sandbox.ok(&[&new[..], &["--count", "2"]].concat());
    assert_eq!(list(&sandbox)["entries"].as_array().unwrap().len(), 3);
}

#[test]
fn a_fleet_is_in_the_order_of_its_names_and_every_key_is_another() {
    let sandbox = sandbox();
    let names: Vec<String> = (0..150).map(|number| format!("desk-{:03}", 149 - number)).collect();
    sandbox.write("names", &names.join("\n"));
    let new = ["key", "new", "--for", "identity", "--ring", "keys", "--names", "names", "--unprotected"];
    let output = sandbox.run(&[&new[..], &["--json"]].concat());
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "a progress bar where nobody looks");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let made: Vec<_> =
        report["entries"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(made, names);
    let mut ids = Vec::new();
    for entry in report["entries"].as_array().unwrap() {
        for key in entry["keys"].as_array().unwrap() {
            let public =
                PublicKey::from_bytes(&fs::read(sandbox.path(key["public"].as_str().unwrap())).unwrap()).unwrap();
            assert_eq!(key["key_id"], public.key_id().to_string());
            ids.push(public.key_id());
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 300);
    sandbox.ok(&["sign", "--identity", "keys/desk-077", "--context", "x", "--out", "sig", "--force", "file"]);
}

#[test]
fn a_purpose_has_its_algorithms() {
    let sandbox = sandbox();
    let new = |purpose, algorithm, name| {
        ["key", "new", "--for", purpose, "--algorithm", algorithm, "--ring", "keys", "--name", name, "--unprotected"]
    };
    for (purpose, algorithm) in [
        ("channel", "ed25519"),
        ("channel", "x-wing"),
        ("opening", "ml-kem-768"),
        ("signing", "x25519"),
        ("identity", "ml-dsa-65"),
    ] {
        let words = sandbox.fails(2, &new(purpose, algorithm, "a"));
        assert!(words.contains(&format!("is not for the purpose {purpose}\nhint: it has ")), "{words}");
    }
    assert!(!sandbox.path("keys").exists());
    sandbox.ok(&new("identity", "mldsa44-ed25519", "a"));
    let keys = &list(&sandbox)["entries"][0]["generations"][0]["keys"];
    assert_eq!((&keys[0]["algorithm"], &keys[1]["algorithm"]), (&"MLDSA44-Ed25519-SHA512".into(), &"X-Wing".into()));
    sandbox.ok(&["key", "rotate", "keys/a"]);
    let keys = &list(&sandbox)["entries"][0]["generations"][1]["keys"];
    assert_eq!(keys[0]["algorithm"], "MLDSA44-Ed25519-SHA512", "the next key is of the same kind");
}

#[test]
fn a_ring_takes_no_folder_that_holds_something_else() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.path("full")).unwrap();
    sandbox.write("full/mine", "mine");
    let new = |ring| ["key", "new", "--for", "channel", "--ring", ring, "--name", "a", "--unprotected"];
    let words = sandbox.fails(2, &new("full"));
    assert!(words.starts_with("error: full: is no key ring, and not empty\n"), "{words}");
    sandbox.fails(2, &new("file"));
    sandbox.fails(2, &new("absent/ring"));
    assert_eq!(sandbox.names(), ["file", "full", "secret"]);
    assert_eq!(snapshot(&sandbox.path("full")).len(), 1);
    fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.ok(&new("empty"));
    for args in [
        &["key", "list", "full"][..],
        &["key", "list", "absent"],
        &["key", "rotate", "full/mine"],
        &["key", "rotate", "full"],
    ] {
        sandbox.fails(2, args);
    }
    // A folder, and a file, that no manifest names are not touched.
    fs::create_dir(sandbox.path("empty/b")).unwrap();
    let add = ["key", "new", "--for", "channel", "--ring", "empty", "--name", "b"];
    assert_eq!(sandbox.fails(2, &add), "error: empty/b: is there, and no manifest names it; move it away\n");
    assert!(sandbox.path("empty/b").exists());
    sandbox.write("empty/a/2.signing.key", "mine");
    let words = sandbox.fails(2, &["key", "rotate", "empty/a"]);
    assert_eq!(words, "error: empty/a/2.signing.key: is there, and no manifest names it; move it away\n");
    assert_eq!(fs::read(sandbox.path("empty/a/2.signing.key")).unwrap(), b"mine");
}

#[test]
fn what_a_killed_change_left_is_told_and_cleared_and_nothing_else() {
    let sandbox = sandbox();
    add(&sandbox, "channel", "a");
    let before = snapshot(&sandbox.path("keys"));
    // As if a change of `a`, and one that makes `b`, had been killed before the manifest.
    let note = r#"{"format":"twinlock-ring-change/1","first":false,"generations":[{"name":"a","number":1},{"name":"a","number":2},{"name":"b","number":1},{"name":"c","number":1}]}"#;
    sandbox.write("keys/manifest.change", &format!("{note}\n"));
    sandbox.write("keys/manifest.json.new", "half");
    for name in ["b", "c"] {
        fs::create_dir(sandbox.path("keys").join(name)).unwrap();
    }
    for file in ["a/2.signing.key", "a/2.signing.pub", "b/1.signing.key", "c/mine"] {
        sandbox.write(&format!("keys/{file}"), "left");
    }
    let output = sandbox.run(&["key", "list", "keys"]);
    assert!(output.status.success());
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        words,
        "warning: a change of this ring was cut off and has no effect; the next one clears what it left\n"
    );
    sandbox.ok(&["cert", "request", "--key", "keys/a", "--subject", "CN=a", "--out", "a.csr"]);
    let output = sandbox.run(&["key", "revoke", "keys/a", "--reason", "x"]);
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && words.starts_with("cleared 3 files of a change that was cut off\n"), "{words}");
    let after = snapshot(&sandbox.path("keys"));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let mut expected = names(&before);
    expected.push(sandbox.path("keys/c/mine").display().to_string());
    expected.sort();
    assert_eq!(names(&after), expected);
    assert!(!sandbox.path("keys/b").exists());

    // A note that is none of ours, and one of another version, are left for a person to look at.
    for bad in ["x", &note.replace("change/1", "change/2"), &note.replace("\"b\"", "\"../b\"")] {
        sandbox.write("keys/manifest.change", bad);
        let words = sandbox.fails(2, &["key", "rotate", "keys/a"]);
        assert_eq!(words, "error: keys/manifest.change: not the note of a change of a key ring\n");
    }
}

#[test]
fn changes_at_the_same_time_are_all_kept() {
    let sandbox = sandbox();
    add(&sandbox, "channel", "first");
    let children: Vec<_> = (0..6)
        .map(|number| {
            let name = format!("desk-{number}");
            sandbox.command(&["key", "new", "--for", "channel", "--ring", "keys", "--name", &name]).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let report = list(&sandbox);
    assert_eq!((report["sequence"].as_u64(), report["entries"].as_array().unwrap().len()), (Some(7), 7));
    // Of many that make the same ring, one does.
    let make = ["key", "new", "--for", "channel", "--ring", "new", "--name", "a", "--unprotected"];
    let children: Vec<_> = (0..4).map(|_| sandbox.command(&make).spawn().unwrap()).collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert_eq!(outputs.iter().filter(|output| output.status.success()).count(), 1);
    for output in outputs.iter().filter(|output| !output.status.success()) {
        failed(2, output);
    }
    sandbox.ok(&["key", "list", "new"]);
}

#[test]
fn many_entries_rotate_at_once_and_only_of_one_ring() {
    let sandbox = sandbox();
    add(&sandbox, "channel", "a");
    add(&sandbox, "opening", "b");
    sandbox.ok(&["key", "new", "--for", "channel", "--ring", "other", "--name", "a", "--unprotected"]);
    sandbox.ok(&["key", "rotate", "keys/a", "keys/b"]);
    assert_eq!(list(&sandbox)["sequence"], 3);
    for (args, words) in [
        (["keys/a", "other/a"], "other/a: is of another ring than the entries before it"),
        (["keys/a", "keys/a"], "a is given twice"),
        (["keys/a", "keys/absent"], "keys: no entry absent is in the ring"),
        (["keys/a", "file"], "file: is no entry of a key ring"),
    ] {
        let told = sandbox.fails(2, &[&["key", "rotate"], &args[..]].concat());
        assert!(told.starts_with(&format!("error: {words}")), "{told}");
    }
    assert_eq!(list(&sandbox)["sequence"], 3);
}

#[test]
fn a_passphrase_for_a_ring_without_one_is_told() {
    let sandbox = Sandbox::empty();
    sandbox.write("secret", "open sesame\n");
    fs::set_permissions(sandbox.path("secret"), Permissions::from_mode(0o600)).unwrap();
    let new = ["key", "new", "--for", "signing", "--ring", "keys"];
    sandbox.ok(&[&new[..], &["--name", "a", "--unprotected"]].concat());
    let before = snapshot(&sandbox.path("keys"));
    let words = sandbox.fails(1, &[&new[..], &["--name", "b", "--passphrase-file", "secret"]].concat());
    assert!(words.starts_with("error: keys: is under no passphrase, and one was given\n"), "{words}");
    assert_eq!(snapshot(&sandbox.path("keys")), before);
}

#[test]
fn a_lost_old_key_does_not_keep_the_others_from_opening() {
    let sandbox = Sandbox::empty();
    sandbox.write("plain", "content");
    sandbox.ok(&["key", "new", "--for", "opening", "--ring", "keys", "--name", "a", "--unprotected"]);
    sandbox.ok(&["key", "rotate", "keys/a"]);
    sandbox.ok(&["seal", "--to", "keys/a/2.opening.pub", "--unsigned", "-o", "sealed", "plain"]);
    let words = sandbox.fails(2, &["seal", "--to", "keys/a", "--unsigned", "-o", "other", "plain"]);
    assert!(words.starts_with("error: keys/a: is an entry of a key ring, and a public key is wanted\n"), "{words}");
    fs::remove_file(sandbox.path("keys/a/1.opening.key")).unwrap();
    let output = sandbox.run(&["open", "--identity", "keys/a", "--unsigned", "-o", "opened", "sealed"]);
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{words}");
    assert!(words.starts_with("warning: keys/a/1.opening.key: no such file or directory\n"), "{words}");
    fs::remove_file(sandbox.path("keys/a/2.opening.key")).unwrap();
    let words = sandbox.fails(2, &["open", "--identity", "keys/a", "--unsigned", "-o", "again", "sealed"]);
    assert_eq!(words, "error: keys/a/2.opening.key: no such file or directory\n");
}

/// Someone who can write into the folder, but has not the passphrase.
#[test]
fn whoever_can_write_does_not_get_another_key_used() {
    let sandbox = Sandbox::empty();
    sandbox.write("file", "content");
    sandbox.write("secret", "open sesame\n");
    fs::set_permissions(sandbox.path("secret"), Permissions::from_mode(0o600)).unwrap();
    let new = ["key", "new", "--for", "signing", "--name", "a", "--ring"];
    sandbox.ok(&[&new[..], &["keys", "--new-passphrase-file", "secret"]].concat());
    sandbox.ok(&[&new[..], &["evil", "--unprotected"]].concat());
    let sign = |key| ["sign", "--identity", key, "--passphrase-file", "secret", "--out", "sig", "file"];

    // Their own ring, whole.
    let keys = |name: &str| sandbox.path("keys").join(name);
    fs::rename(keys(""), sandbox.path("kept")).unwrap();
    fs::rename(sandbox.path("evil"), keys("")).unwrap();
    let rotate = ["key", "rotate", "keys/a", "--passphrase-file", "secret"];
    for args in [&sign("keys/a")[..], &rotate] {
        let words = sandbox.fails(1, args);
        assert!(words.starts_with("error: keys: is under no passphrase, and one was given\n"), "{words}");
    }
    fs::rename(keys(""), sandbox.path("evil")).unwrap();
    fs::rename(sandbox.path("kept"), keys("")).unwrap();

    // A file or a link in the place of the entry: a revoked key, or their own.
    sandbox.ok(&["key", "revoke", "keys/a", "--reason", "stolen", "--passphrase-file", "secret"]);
    fs::rename(keys("a"), keys("b")).unwrap();
    for link in ["b/1.signing.key", "../evil/a/1.signing.key"] {
        symlink(link, keys("a")).unwrap();
        let words = sandbox.fails(2, &sign("keys/a"));
        assert!(words.starts_with("error: keys/a: "), "{words}");
        fs::remove_file(keys("a")).unwrap();
    }
    // With the manifest gone too, the slash tells that it is no file.
    fs::rename(keys("manifest.json"), sandbox.path("manifest")).unwrap();
    symlink("b/1.signing.key", keys("a")).unwrap();
    sandbox.fails(2, &sign("keys/a/"));
    fs::remove_file(keys("a")).unwrap();
    fs::rename(sandbox.path("manifest"), keys("manifest.json")).unwrap();
    fs::rename(keys("b"), keys("a")).unwrap();

    // A note that names a link to another ring: nothing of that is deleted, with the passphrase or without.
    let victim = snapshot(&sandbox.path("evil"));
    symlink("../evil/a", keys("zz")).unwrap();
    let note = r#"{"format":"twinlock-ring-change/1","first":false,"generations":[{"name":"zz","number":1}]}"#;
    sandbox.write("keys/manifest.change", &format!("{note}\n"));
    sandbox.write("wrong", "open sesam\n");
    fs::set_permissions(sandbox.path("wrong"), Permissions::from_mode(0o600)).unwrap();
    sandbox.fails(2, &["key", "rotate", "keys/a", "--passphrase-file", "wrong"]);
    assert!(keys("manifest.change").exists());
    sandbox.ok(&rotate);
    assert_eq!(snapshot(&sandbox.path("evil")), victim);

    // Pipes that nobody writes into.
    for name in ["manifest.json", "manifest.pub", "manifest.key", "a/2.signing.key"] {
        fs::rename(keys(name), sandbox.path("aside")).unwrap();
        assert!(Command::new("mkfifo").arg(keys(name)).status().unwrap().success());
        let words = sandbox.fails(2, &sign("keys/a"));
        assert_eq!(words, format!("error: keys/{name}: is no regular file\n"));
        fs::rename(sandbox.path("aside"), keys(name)).unwrap();
    }
    sandbox.ok(&sign("keys/a"));
}
