//! The commands in README.md, docs/signatures.md and docs/key-ring.md do what they say: blocks marked `console` are run, those marked
//! `console runs on`, which would wait for connections, are checked against the help of their command.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

/// The bodies of all fenced blocks with exactly that info string.
fn blocks<'a>(text: &'a str, info: &str) -> Vec<&'a str> {
    let fences: Vec<&str> = text.split("\n```").collect();
    let opened = fences.iter().skip(1).step_by(2).map(|block| block.split_once('\n').unwrap());
    opened.filter(|(of_block, _)| *of_block == info).map(|(_, body)| body).collect()
}

/// The commands in those blocks, each as its words.
fn commands(text: &str, info: &str) -> Vec<Vec<String>> {
    let lines = blocks(text, info).into_iter().flat_map(str::lines);
    let commands: Vec<Vec<String>> =
        lines.map(|line| shlex::split(line.strip_prefix("$ twinlock ").unwrap()).unwrap()).collect();
    assert!(commands.len() > 3, "only {} commands in {info} blocks", commands.len());
    commands
}

/// An empty folder of this test, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = env::temp_dir().join(format!("twinlock-{test}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Runs each command of the `console` blocks; all must be done.
    fn run_all(&self, text: &str) {
        for words in commands(text, "console") {
            let output = self.run(&words);
            let words = words.join(" ");
            assert!(output.status.success(), "twinlock {words}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// Runs `twinlock`, which is in the path as it is for whoever installed it.
    fn run(&self, words: &[String]) -> Output {
        let binary = Path::new(env!("CARGO_BIN_EXE_twinlock"));
        let path = env::join_paths([binary.parent().unwrap()]).unwrap();
        Command::new(binary).args(words).current_dir(&self.0).env("PATH", path).output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_command_of_the_readme_works() {
    let text = document("README.md");
    let folder = Folder::new("readme");
    folder.run_all(&text);

    // Those that run on: their files are there after the commands above, and their command knows each option.
    for list in blocks(&text, "yaml allow.yaml") {
        fs::write(folder.0.join("allow.yaml"), list).unwrap();
    }
    for words in commands(&text, "console runs on") {
        let options = words.iter().position(|word| word.starts_with("--")).unwrap();
        let help = folder.run(&[&words[..options], &["--help".to_owned()]].concat());
        assert!(help.status.success(), "twinlock {words:?}");
        let help = String::from_utf8(help.stdout).unwrap();
        for option in words[options..].chunks(2) {
            let [name, value] = option else { panic!("an option without a value: {words:?}") };
            assert!(help.contains(&format!("{name} <")), "{name} is not an option of twinlock {words:?}");
            if ["--identity", "--peer", "--allow"].contains(&name.as_str()) {
                assert!(folder.0.join(value).exists(), "{value} was not made before twinlock {words:?}");
            }
        }
    }
}

#[test]
fn every_command_about_key_rings_works() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("key-ring");
    let file = |name: &str, content: &str| {
        fs::write(folder.0.join(name), content).unwrap();
        fs::set_permissions(folder.0.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    file("secret", "a passphrase\n");
    file("names", "desk-1\ndesk-2\ndesk-3\n");
    file("report", "a report\n");
    folder.run_all(&document("docs/key-ring.md"));
}

#[test]
fn every_command_about_signatures_works() {
    let folder = Folder::new("signatures");
    fs::write(folder.0.join("report.pdf"), "a report").unwrap();
    folder.run_all(&document("docs/signatures.md"));
}
