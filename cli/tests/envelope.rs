//! `seal` and `open`: what comes back, what is refused, and what is left on the disk.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    env,
    fs::{self, File},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::{Child, Output, Stdio},
    thread,
    time::Duration,
};

use common::{Sandbox, failed, feed};

const CHUNK: usize = 64 << 10;

/// `here` signs, `inbox` and `other` receive, `stranger` does neither.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty();
    for (name, kind) in
        [("here", "mldsa65-ed25519"), ("stranger", "mldsa44-ed25519"), ("inbox", "x-wing"), ("other", "x-wing")]
    {
        let (key, public) = (format!("{name}.key"), format!("{name}.pub"));
        sandbox.ok(&["key", "new", "--algorithm", kind, "--out", &key, "--public", &public]);
    }
    sandbox
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

fn with_input(mut child: Child, input: &[u8]) -> Output {
    feed(&mut child, input.to_vec());
    child.wait_with_output().unwrap()
}

const SEAL: [&str; 7] = ["seal", "--to", "inbox.pub", "--from", "here.key", "-o", "sealed"];
const OPEN: [&str; 7] = ["open", "--identity", "inbox.key", "--from", "here.pub", "-o", "opened"];

fn seal(sandbox: &Sandbox, content: &[u8]) -> Vec<u8> {
    fs::write(sandbox.path("plain"), content).unwrap();
    sandbox.ok(&[&SEAL[..], &["--force", "plain"]].concat());
    fs::read(sandbox.path("sealed")).unwrap()
}

#[test]
fn files_come_back_and_are_for_their_owner() {
    let sandbox = sandbox();
    for len in [0, 1, CHUNK, 5 * CHUNK + 7] {
        let content = content(len);
        seal(&sandbox, &content);
        sandbox.ok(&[&OPEN[..], &["--force", "sealed"]].concat());
        assert!(fs::read(sandbox.path("opened")).unwrap() == content, "{len} bytes");
        for name in ["sealed", "opened"] {
            assert_eq!(fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn pipes_come_back() {
    let sandbox = sandbox();
    let content = content(3 * CHUNK);
    let id = sandbox.ok(&["key", "show", "--json", "here.pub"]);
    let id = serde_json::from_str::<serde_json::Value>(&id).unwrap()["key_id"].as_str().unwrap().to_owned();
    let piped = |args: &[&str]| sandbox.command(args).stdin(Stdio::piped()).spawn().unwrap();
    let seal = ["seal", "--to", "other.pub", "--to", "inbox.pub", "--from", "here.key"];
    let sealed = with_input(piped(&seal), &content);
    assert!(sealed.status.success());
    assert_eq!(String::from_utf8(sealed.stderr).unwrap(), "sealed to 2 recipients, signed\n");
    for key in ["inbox.key", "other.key"] {
        let opened = with_input(piped(&["open", "--identity", key, "--from", &id]), &sealed.stdout);
        assert!(opened.status.success() && opened.stdout == content);
        assert_eq!(String::from_utf8(opened.stderr).unwrap(), format!("signed by {id}\n"));
    }
}

#[test]
fn nothing_is_left_of_what_does_not_open() {
    let sandbox = sandbox();
    let envelope = seal(&sandbox, &content(3 * CHUNK));
    let before = sandbox.names();
    let mut flipped = envelope.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut header = envelope.clone();
    header[100] ^= 1;
    let cases = [
        (&envelope[..envelope.len() - 1], "chunk 2 of the envelope does not verify"),
        (&envelope[..2 * CHUNK], "chunk 1 of the envelope does not verify"),
        (&envelope[..1300], "the envelope is cut short"),
        (&envelope[..1000], "the envelope ends inside its header"),
        (&flipped, "chunk 2 of the envelope does not verify"),
        (&header, "the header of the envelope does not verify"),
    ];
    for (bytes, expected) in cases {
        fs::write(sandbox.path("sealed"), bytes).unwrap();
        let words = sandbox.fails(1, &[&OPEN[..], &["sealed"]].concat());
        assert!(words.starts_with(&format!("error: sealed: {expected}")), "{words}");
        assert_eq!(sandbox.names(), before);
    }
    fs::write(sandbox.path("sealed"), &envelope).unwrap();
    let other = ["open", "--identity", "other.key", "--from", "here.pub", "-o", "opened", "sealed"];
    assert!(sandbox.fails(1, &other).contains("is not for key SHA256:"));
    let stranger = ["open", "--identity", "inbox.key", "--from", "stranger.pub", "-o", "opened", "sealed"];
    assert!(sandbox.fails(1, &stranger).contains("the envelope is from SHA256:"));
    let unsigned = ["open", "--identity", "inbox.key", "--unsigned", "-o", "opened", "sealed"];
    let hint = "the envelope is signed\nhint: --from tells who must have signed it\n";
    assert!(sandbox.fails(1, &unsigned).ends_with(hint));
    fs::write(sandbox.path("sealed"), b"something else").unwrap();
    let words = sandbox.fails(2, &[&OPEN[..], &["sealed"]].concat());
    assert_eq!(words, "error: sealed: not a Twinlock envelope\nhint: --age opens files of age\n");
    assert_eq!(sandbox.names(), before);
}

/// Content that was opened, and whose sender is not known yet, would lie about.
#[test]
fn whoever_is_killed_leaves_nothing() {
    let sandbox = sandbox();
    let envelope = seal(&sandbox, &content(64 * CHUNK));
    let before = sandbox.names();
    for (args, input) in [(&OPEN, &envelope), (&SEAL, &content(64 * CHUNK))] {
        let mut child = sandbox.command(&[&args[..6], &["new"]].concat()).stdin(Stdio::piped()).spawn().unwrap();
        // When the pipe has taken this, all but its last 64 KiB was read, and most of that written.
        child.stdin.as_mut().unwrap().write_all(&input[..60 * CHUNK]).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(sandbox.names(), before);
    }
}

#[test]
fn stdout_gets_nothing_before_the_sender_is_known() {
    let sandbox = sandbox();
    let mut envelope = seal(&sandbox, &content(40 * CHUNK));
    *envelope.last_mut().unwrap() ^= 1;
    let open = ["open", "--identity", "inbox.key", "--from", "here.pub"];
    let output = with_input(sandbox.command(&open).stdin(Stdio::piped()).spawn().unwrap(), &envelope);
    let words = failed(1, &output); // which looks at stdout
    assert!(words.starts_with("error: chunk 39 of the envelope does not verify"), "{words}");
}

#[test]
fn what_is_there_stays_until_the_new_is_whole() {
    let sandbox = sandbox();
    let envelope = seal(&sandbox, b"new");
    sandbox.write("opened", "old");
    let words = sandbox.fails(2, &[&OPEN[..], &["sealed"]].concat());
    assert_eq!(words, "error: opened: exists already\nhint: --force replaces it\n");
    fs::write(sandbox.path("sealed"), &envelope[..envelope.len() - 1]).unwrap();
    sandbox.fails(1, &[&OPEN[..], &["--force", "sealed"]].concat());
    assert_eq!(fs::read(sandbox.path("opened")).unwrap(), b"old");
    fs::write(sandbox.path("sealed"), &envelope).unwrap();
    sandbox.ok(&[&OPEN[..], &["--force", "sealed"]].concat());
    assert_eq!(fs::read(sandbox.path("opened")).unwrap(), b"new");
}

#[test]
fn unsigned_is_asked_for_on_both_sides() {
    let sandbox = sandbox();
    let without = sandbox.run(&["seal", "--to", "inbox.pub", "-o", "sealed", "here.pub"]);
    assert_eq!(without.status.code(), Some(2));
    assert!(String::from_utf8(without.stderr).unwrap().contains("<--from <KEY>|--unsigned|--age>"));
    sandbox.ok(&["seal", "--to", "inbox.pub", "--unsigned", "-o", "sealed", "here.pub"]);
    let words = sandbox.fails(1, &[&OPEN[..], &["sealed"]].concat());
    assert!(words.ends_with("nobody signed the envelope\nhint: --unsigned opens it, whoever made it\n"), "{words}");
    let opened = sandbox.run(&["open", "--identity", "inbox.key", "--unsigned", "sealed"]);
    assert_eq!(opened.stdout, fs::read(sandbox.path("here.pub")).unwrap());
    assert_eq!(opened.stderr, b"unsigned: anyone could have sealed it\n");
}

#[test]
fn keys_for_something_else_are_explained() {
    let sandbox = sandbox();
    sandbox.ok(&["key", "new", "--algorithm", "ed25519", "--out", "ed.key", "--public", "ed.pub"]);
    let x_wing = "hint: twinlock key new --algorithm x-wing makes one\n";
    let composite = "hint: twinlock key new --algorithm mldsa65-ed25519 or mldsa44-ed25519 makes one\n";
    let receives = "keys do not receive envelopes\n";
    let signs = "error: ed.key: Ed25519 keys do not sign envelopes\n";
    for (args, expected, hint) in [
        (&["seal", "--to", "ed.pub", "--unsigned", "ed.pub"][..], receives, x_wing),
        (&["seal", "--to", "inbox.pub", "--from", "ed.key", "ed.pub"], signs, composite),
        (&["open", "--identity", "here.key", "--unsigned", "ed.pub"], receives, x_wing),
        (&["open", "--identity", "inbox.key", "--from", "ed.pub", "ed.pub"], "do not sign envelopes\n", composite),
    ] {
        let words = sandbox.fails(2, args);
        assert!(words.contains(expected) && words.ends_with(hint), "{words}");
    }
    let twice = ["seal", "--to", "inbox.pub", "--to", "inbox.pub", "--unsigned", "ed.pub"];
    assert!(sandbox.fails(2, &twice).ends_with("is named twice\n"));
    fs::set_permissions(sandbox.path("inbox.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(sandbox.fails(2, &[&OPEN[..], &["ed.pub"]].concat()).contains("mode 0644\nhint: chmod 600"));
}

/// The most memory that a process had, in kB, seen often enough while it ran.
fn peak(mut child: Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        if let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            peak = line.trim().trim_end_matches(" kB").parse().unwrap();
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return peak;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Memory of less than 64 MiB.
fn is_little(peak: u64) -> bool {
    (1..64 << 10).contains(&peak)
}

#[test]
fn a_large_file_needs_little_memory() {
    let len = 192 << 20;
    let sandbox = sandbox();
    File::create(sandbox.path("plain")).unwrap().set_len(len).unwrap();
    let run = |args: &[&str]| peak(sandbox.command(args).spawn().unwrap());
    let seal = run(&[&SEAL[..], &["plain"]].concat());
    let open = run(&[&OPEN[..], &["sealed"]].concat());
    println!("{len} bytes: seal {seal} kB, open {open} kB");
    assert_eq!(fs::metadata(sandbox.path("opened")).unwrap().len(), len);
    assert!(is_little(seal) && is_little(open));
}

#[test]
fn four_gigabytes_through_pipes_need_little_memory() {
    if env::var_os("TWINLOCK_SLOW").is_none() {
        println!("skipped: TWINLOCK_SLOW is not set");
        return;
    }
    let sandbox = sandbox();
    File::create(sandbox.path("plain")).unwrap().set_len(4 << 30).unwrap();
    let to = |stdout: Stdio, sender: &[&str]| {
        let args = [&["seal", "--to", "inbox.pub"], sender, &["plain"]].concat();
        sandbox.command(&args).stdout(stdout).spawn().unwrap()
    };
    let signed = peak(to(Stdio::null(), &["--from", "here.key"]));
    let mut unsigned = to(Stdio::piped(), &["--unsigned"]);
    let mut open = sandbox.command(&["open", "--identity", "inbox.key", "--unsigned"]);
    let open = open.stdin(unsigned.stdout.take().unwrap()).stdout(Stdio::null()).spawn().unwrap();
    let sealing = thread::spawn(|| peak(unsigned));
    let (open, unsigned) = (peak(open), sealing.join().unwrap());
    println!("4 GiB: seal signed {signed} kB, unsigned {unsigned} kB, open {open} kB");
    assert!(is_little(signed) && is_little(unsigned) && is_little(open));
}
