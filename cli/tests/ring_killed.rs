//! A process that is killed at any moment leaves the old ring or the new one, and of a key file either all or nothing
//! that misleads.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

mod common;

use std::{fs, path::Path, thread, time::Instant};

use common::Sandbox;
use serde_json::Value;

/// How many moments are tried for each command.
const MOMENTS: u32 = 12;

fn list(sandbox: &Sandbox) -> Option<Value> {
    let output = sandbox.run(&["key", "list", "keys", "--json"]);
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

fn restore(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    if !from.exists() {
        return;
    }
    fs::create_dir(to).unwrap();
    for path in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() { restore(&path, &to) } else { fs::copy(&path, &to).map(drop).unwrap() }
    }
}

/// Runs a command again and again, each time from the same ring, and kills it a little later each time. After each, the
/// ring must be as before or as after. Gives how often each was seen, and how often the change was under way.
fn kill(sandbox: &Sandbox, args: &[&str], mut check: impl FnMut(Option<Value>)) -> [usize; 3] {
    let (ring, kept) = (sandbox.path("keys"), sandbox.path("kept"));
    let manifest = || fs::read(sandbox.path("keys/manifest.json")).ok();
    let old = manifest();
    let _ = fs::remove_dir_all(&kept);
    restore(&ring, &kept);
    let begun = Instant::now();
    sandbox.ok(args);
    let whole = begun.elapsed() * 11 / 10;
    let new = list(sandbox).unwrap();
    let [mut olds, mut news, mut noted] = [0; 3];
    for moment in 0..=MOMENTS {
        restore(&kept, &ring);
        let mut child = sandbox.command(args).spawn().unwrap();
        if moment < MOMENTS {
            thread::sleep(whole * moment / MOMENTS);
            let _ = child.kill();
        }
        child.wait().unwrap();
        noted += usize::from(sandbox.path("keys/manifest.change").exists());
        let found = list(sandbox);
        match &found {
            Some(ring) if ring["sequence"] == new["sequence"] => {
                news += 1;
                assert_eq!(ring["entries"].as_array().unwrap().len(), new["entries"].as_array().unwrap().len());
            }
            _ => {
                olds += 1;
                assert!(manifest() == old && found.is_some() == old.is_some(), "killed after {moment} of {MOMENTS}");
            }
        }
        check(found);
    }
    [olds, news, noted]
}

#[test]
fn a_killed_change_leaves_the_old_ring_or_the_new_one() {
    let sandbox = Sandbox::empty();
    sandbox.write("file", "content");
    let names = |from: u32| (from..from + 60).map(|number| format!("desk-{number}\n")).collect::<String>();
    sandbox.write("first", &names(0));
    sandbox.write("second", &names(100));
    // Every key that the manifest names is there and is that key.
    let use_all = |sandbox: &Sandbox, ring: Option<Value>| {
        for entry in ring.iter().flat_map(|ring| ring["entries"].as_array().unwrap()) {
            for generation in entry["generations"].as_array().unwrap() {
                for key in generation["keys"].as_array().unwrap() {
                    let public = sandbox.path(key["public"].as_str().unwrap());
                    let public = twinlock::keys::PublicKey::from_bytes(&fs::read(public).unwrap()).unwrap();
                    assert_eq!(key["key_id"], public.key_id().to_string());
                    let private = sandbox.path(&key["public"].as_str().unwrap().replace(".pub", ".key"));
                    twinlock::keys::PrivateKey::from_bytes(&fs::read(private).unwrap()).unwrap();
                }
            }
        }
    };
    let make = ["key", "new", "--for", "identity", "--ring", "keys", "--names", "first", "--unprotected"];
    let seen = kill(&sandbox, &make, |ring| {
        use_all(&sandbox, ring.clone());
        if ring.is_none() {
            // What is left is in nobody's way.
            sandbox.ok(&make);
            assert_eq!(list(&sandbox).unwrap()["entries"].as_array().unwrap().len(), 60);
        }
    });
    println!("new ring: {seen:?}");
    let mut half_done = seen[2];
    for args in [
        &["key", "new", "--for", "identity", "--ring", "keys", "--names", "second"][..],
        &["key", "rotate", "keys/desk-3", "keys/desk-4", "keys/desk-5"],
        &["key", "revoke", "keys/desk-6", "--reason", "lost"],
    ] {
        let seen = kill(&sandbox, args, |ring| {
            use_all(&sandbox, ring);
            // The next change clears what is left: the same again, if it had no effect, works.
            let next = sandbox.run(&["key", "rotate", "keys/desk-1"]);
            assert!(next.status.success(), "{}", String::from_utf8_lossy(&next.stderr));
            let ring = list(&sandbox).unwrap();
            let files = count(&sandbox.path("keys"));
            assert_eq!(files, expected_files(&ring), "left over after a change");
        });
        println!("{args:?}: {seen:?}");
        assert!(seen[0] > 0 && seen[1] > 0, "only one outcome was seen: {seen:?}");
        half_done += seen[2];
    }
    assert!(half_done > 0, "no change was killed half done");
}

fn count(folder: &Path) -> usize {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}

/// Two for each key, and the three of the ring.
fn expected_files(ring: &Value) -> usize {
    let entries = ring["entries"].as_array().unwrap();
    let generations = entries.iter().flat_map(|entry| entry["generations"].as_array().unwrap());
    generations.map(|one| 2 * one["keys"].as_array().unwrap().len()).sum::<usize>() + 3
}

#[test]
fn a_killed_key_new_leaves_no_public_key_without_its_private_one() {
    let sandbox = Sandbox::empty();
    let new = ["key", "new", "--algorithm", "ed25519", "--out", "a.pem", "--public", "a.pub", "--force"];
    let begun = Instant::now();
    sandbox.ok(&new);
    let whole = begun.elapsed() * 11 / 10;
    for moment in 0..40 {
        let mut child = sandbox.command(&new).spawn().unwrap();
        thread::sleep(whole * moment / 40);
        let _ = child.kill();
        child.wait().unwrap();
        let private = twinlock::keys::PrivateKey::from_bytes(&fs::read(sandbox.path("a.pem")).unwrap()).unwrap();
        if let Ok(public) = fs::read(sandbox.path("a.pub")) {
            let public = twinlock::keys::PublicKey::from_bytes(&public).unwrap();
            assert_eq!(public, private.public_key(twinlock::provider::RUST).unwrap());
        }
        if moment % 2 == 0 {
            let _ = fs::remove_file(sandbox.path("a.pub"));
        }
    }
}
