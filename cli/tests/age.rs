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
    sandbox.fails(2, &["open", "--age", "--identity", "own.key", "-o", "other", "plain"]);
    assert!(!sandbox.path("other").exists());
}
