//! age files against the real age, both ways. `TWINLOCK_AGE` names the folder of its programs, 1.3 or newer.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::Sandbox;

/// The folder of age, or nothing if there is none.
fn programs() -> Option<PathBuf> {
    let folder = env::var_os("TWINLOCK_AGE").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: TWINLOCK_AGE names no folder of age 1.3 or newer");
    }
    folder
}

fn run(sandbox: &Sandbox, program: &Path, args: &[&str]) -> bool {
    Command::new(program).args(args).current_dir(sandbox.path(".")).output().unwrap().status.success()
}

#[test]
fn age_opens_ours_and_we_open_its() {
    let Some(folder) = programs() else { return };
    let (age, keygen) = (folder.join("age"), folder.join("age-keygen"));
    let sandbox = Sandbox::empty();
    assert!(run(&sandbox, &keygen, &["-pq", "-o", "age.key"]));
    assert!(run(&sandbox, &keygen, &["-y", "-o", "age.pub", "age.key"]));
    sandbox.ok(&["key", "new", "--algorithm", "x-wing", "--out", "own.key", "--public", "own.pub"]);
    for len in [0, 1, 65_536, 300_000] {
        let content: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
        fs::write(sandbox.path("plain"), &content).unwrap();
        sandbox.ok(&["seal", "--age", "--to", "own.pub", "--to", "age.pub", "-o", "ours.age", "--force", "plain"]);
        assert!(run(&sandbox, &age, &["-d", "-i", "age.key", "-o", "opened", "ours.age"]));
        assert!(fs::read(sandbox.path("opened")).unwrap() == content, "age opens {len} bytes");
        assert!(run(&sandbox, &age, &["-R", "age.pub", "-o", "its.age", "plain"]));
        for (key, file) in [("age.key", "its.age"), ("age.key", "ours.age"), ("own.key", "ours.age")] {
            sandbox.ok(&["open", "--age", "--identity", key, "-o", "opened", "--force", file]);
            assert!(fs::read(sandbox.path("opened")).unwrap() == content, "{key} opens {len} bytes of {file}");
        }
    }
    sandbox.fails(1, &["open", "--age", "--identity", "own.key", "-o", "other", "its.age"]);
    for (end, name) in [(0, "cut.age"), (1, "changed.age")] {
        for file in ["its.age", "ours.age"] {
            let mut content = fs::read(sandbox.path(file)).unwrap();
            let last = content.pop().unwrap();
            content.extend((end == 1).then_some(last ^ 1));
            fs::write(sandbox.path(name), content).unwrap();
            sandbox.fails(1, &["open", "--age", "--identity", "age.key", "-o", "other", name]);
            assert!(!run(&sandbox, &age, &["-d", "-i", "age.key", "-o", "refused", name]), "age opens {name}");
        }
    }
    sandbox.fails(2, &["open", "--age", "--identity", "own.key", "-o", "other", "plain"]);
    assert!(!sandbox.path("other").exists());
}

#[test]
fn age_takes_our_keys_in_its_texts() {
    let Some(folder) = programs() else { return };
    let age = folder.join("age");
    let sandbox = Sandbox::empty();
    sandbox.ok(&["key", "new", "--algorithm", "x-wing", "--out", "own.key", "--public", "own.pub"]);
    sandbox.ok(&["key", "convert", "own.key", "--to", "age", "--out", "own.age-key"]);
    sandbox.ok(&["key", "convert", "own.pub", "--to", "age", "--out", "own.age-pub"]);
    fs::write(sandbox.path("plain"), b"content").unwrap();
    sandbox.ok(&["seal", "--age", "--to", "own.pub", "-o", "ours.age", "plain"]);
    assert!(run(&sandbox, &age, &["-R", "own.age-pub", "-o", "its.age", "plain"]));
    for file in ["ours.age", "its.age"] {
        assert!(run(&sandbox, &age, &["-d", "-i", "own.age-key", "-o", "opened", file]), "{file}");
        assert_eq!(fs::read(sandbox.path("opened")).unwrap(), b"content");
        sandbox.ok(&["open", "--age", "--identity", "own.key", "-o", "opened", "--force", file]);
        assert_eq!(fs::read(sandbox.path("opened")).unwrap(), b"content");
    }
    sandbox.ok(&["key", "new", "--algorithm", "x-wing", "--out", "other.key"]);
    sandbox.ok(&["key", "convert", "other.key", "--to", "age", "--out", "other.age-key"]);
    assert!(!run(&sandbox, &age, &["-d", "-i", "other.age-key", "-o", "refused", "ours.age"]));
}
