//! Signatures of files: every algorithm, every size, stdin, and memory.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    fs::{self, File, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Stdio,
};

use common::Sandbox;

const KINDS: [&str; 6] = ["ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "mldsa44-ed25519", "mldsa65-ed25519"];

/// A folder with the key pair `id.pem`, `id.pub`.
fn sandbox(kind: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["key", "new", "--algorithm", kind, "--out", "id.pem", "--public", "id.pub"]);
    sandbox
}

#[test]
fn every_algorithm_signs_files_of_every_size() {
    for kind in KINDS {
        let sandbox = sandbox(kind);
        for size in [0, 1, 65_536, 200_001] {
            sandbox.write("file", &"x".repeat(size));
            sandbox.ok(&["sign", "--identity", "id.pem", "--force", "file"]);
            sandbox.ok(&["verify", "--key", "id.pub", "file"]);
            sandbox.write("file", &"x".repeat(size + 1));
            let words = sandbox.fails(1, &["verify", "--key", "id.pub", "file"]);
            assert!(words.starts_with("error: file: not authentic: the signature does not verify\n"), "{words}");
        }
    }
}

#[test]
#[cfg(not(feature = "pkcs11"))]
fn a_build_without_tokens_says_so() {
    let sandbox = Sandbox::empty();
    sandbox.write("file", "content");
    let uri = "pkcs11:token=a?module-path=/m.so&pin-value=1234";
    for args in [
        &["sign", "--identity", uri, "file"][..],
        &["key", "show", uri],
        &["key", "convert", uri, "--out", "a.pub"],
        &["key", "new", "--token", uri, "--algorithm", "ed25519"],
        &["open", "--identity", uri, "--unsigned", "file"],
    ] {
        let words = sandbox.fails(2, args);
        assert!(
            words.starts_with("error: this build cannot use keys in tokens\n") && !words.contains("1234"),
            "{words}"
        );
    }
}

#[test]
fn stdin_is_a_file_too() {
    let sandbox = sandbox("mldsa44-ed25519");
    sandbox.write("file", "content");
    let fed = |args: &[&str], name: &str| {
        let mut child = sandbox.command(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&fs::read(sandbox.path(name)).unwrap()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let signature = fed(&["sign", "--identity", "id.pem", "-"], "file");
    assert_eq!(signature.len(), 2484);
    fs::write(sandbox.path("file.sig"), signature).unwrap();
    sandbox.ok(&["verify", "--key", "id.pub", "file"]);
    fed(&["verify", "--key", "id.pub", "--signature", "file.sig", "-"], "file");
    fed(&["verify", "--key", "id.pub", "--signature", "-", "file"], "file.sig");
    let armored =
        fed(&["sign", "--identity", "id.pem", "--format", "ssh", "--namespace", "n", "--out", "-", "-"], "file");
    assert!(armored.starts_with(b"-----BEGIN SSH SIGNATURE-----\n"));
}

#[test]
fn keys_of_openssh_sign_and_verify() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ssh");
    for kind in ["ed25519", "mldsa44-ed25519"] {
        let sandbox = Sandbox::empty();
        for name in [format!("{kind}.key"), format!("{kind}.pub"), format!("{kind}-aes256-ctr.key")] {
            fs::copy(fixtures.join(&name), sandbox.path(&name)).unwrap();
            fs::set_permissions(sandbox.path(&name), Permissions::from_mode(0o600)).unwrap();
        }
        sandbox.write("file", "content");
        let (key, public) = (format!("{kind}.key"), format!("{kind}.pub"));
        for format in [&["--format", "ssh", "--namespace", "file"][..], &[]] {
            let meant = format.get(2..).unwrap_or_default();
            sandbox.ok(&[&["sign", "--identity", &key, "--force", "file"], format].concat());
            sandbox.ok(&[&["verify", "--key", &public, "file"], meant].concat());
        }
        let protected = format!("{kind}-aes256-ctr.key");
        let sign = ["sign", "--identity", &protected, "--out", "b.sig", "file", "--passphrase-file"];
        for (name, passphrase) in [("right", "correct horse\n"), ("wrong", "correct\n")] {
            sandbox.write(name, passphrase);
            fs::set_permissions(sandbox.path(name), Permissions::from_mode(0o600)).unwrap();
        }
        let words = sandbox.fails(2, &[&sign[..], &["wrong"]].concat());
        assert_eq!(words, format!("error: {protected}: the passphrase is wrong, or the file is damaged\n"));
        sandbox.ok(&[&sign[..], &["right"]].concat());
        sandbox.ok(&["verify", "--key", &public, "--signature", "b.sig", "file"]);
        fs::remove_file(sandbox.path("b.sig")).unwrap();
        fs::set_permissions(sandbox.path(&key), Permissions::from_mode(0o644)).unwrap();
        let words = sandbox.fails(2, &["sign", "--identity", &key, "--out", "b.sig", "file"]);
        assert!(words.contains("is open to group or others"), "{words}");
    }
}

/// Files with holes, so that they take no room on the disk.
#[test]
fn large_files_take_no_memory_and_ed25519_says_so() {
    let sandbox = sandbox("ml-dsa-44");
    sandbox.ok(&["key", "new", "--algorithm", "ed25519", "--out", "ed.pem", "--public", "ed.pub"]);
    File::create(sandbox.path("file")).unwrap().set_len(100 << 20).unwrap();
    // 96 MiB of address space are enough for the program, and less than the file.
    let limited = |args: &str| {
        let script = format!("ulimit -v 98304; exec '{}' {args}", env!("CARGO_BIN_EXE_twinlock"));
        let mut command = std::process::Command::new("sh");
        let output = command.args(["-c", &script]).current_dir(sandbox.path("")).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (args, code) in [("sign --identity id.pem file", 0), ("verify --key id.pub file", 0)] {
        let (found, words) = limited(args);
        assert_eq!(found, Some(code), "{words}");
    }
    let words = sandbox.fails(2, &["sign", "--identity", "ed.pem", "--out", "ed.sig", "file"]);
    let expected = "error: file: is more than 64 MiB, and a raw Ed25519 signature needs all of it in memory\n";
    assert!(words.starts_with(expected), "{words}");
    sandbox.ok(&["sign", "--identity", "ed.pem", "--format", "ssh", "--namespace", "file", "--out", "ed.sig", "file"]);
    sandbox.ok(&["verify", "--key", "ed.pub", "--namespace", "file", "--signature", "ed.sig", "file"]);
    assert_eq!(sandbox.names(), ["ed.pem", "ed.pub", "ed.sig", "file", "file.sig", "id.pem", "id.pub"]);
}

#[test]
fn what_another_protocol_signs_is_not_signed() {
    for kind in ["ed25519", "mldsa44-ed25519"] {
        let sandbox = sandbox(kind);
        sandbox.write("ssh", "SSHSIG and what follows");
        let error = sandbox.fails(2, &["sign", "--identity", "id.pem", "ssh"]);
        assert_eq!(error, "error: ssh: begins as what SSH signs\nhint: --format ssh signs messages for SSH\n");
        sandbox.write("short", "SSH");
        sandbox.ok(&["sign", "--identity", "id.pem", "short"]);
    }
    let sandbox = sandbox("mldsa44-ed25519");
    sandbox.write("file", "SSHSIG with a context is another message");
    sandbox.ok(&["sign", "--identity", "id.pem", "--context", "release", "file"]);
    for context in ["twinlock/1 R", "twinlock-envelope/1", "Twinlock"] {
        let error = sandbox.fails(2, &["sign", "--identity", "id.pem", "--context", context, "--out", "x", "file"]);
        assert_eq!(error, "error: contexts that begin with twinlock are for its own protocols\n");
    }
}
