//! Runs the binary, in a folder that is gone afterwards.

#![allow(dead_code, reason = "each test crate uses its part")]
#![allow(clippy::panic, reason = "a test fails loudly")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::PathBuf,
    process::{Child, ChildStderr, Command, Output, Stdio},
    thread,
};

/// A folder with two identities, `here` and `there`, that know each other.
pub(crate) struct Sandbox(tempfile::TempDir);

impl Sandbox {
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn new() -> Self {
        let sandbox = Self::empty();
        for name in ["here", "there", "stranger"] {
            let (key, public) = (format!("{name}.pem"), format!("{name}.pub"));
            sandbox.ok(&["key", "new", "--algorithm", "mldsa65-ed25519", "--out", &key, "--public", &public]);
        }
        sandbox.write("allow.yaml", "peers:\n  - name: desk-7\n    key-file: here.pub\n    services: [default]\n");
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_twinlock"));
        command.args(args).current_dir(self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// A run that must be done; its stdout.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A run that must not be done: exit code `code`, one line of error and at most one hint, no data.
    pub(crate) fn fails(&self, code: i32, args: &[&str]) -> String {
        failed(code, &self.run(args))
    }

    /// `there` listens with these arguments besides; gives the address.
    pub(crate) fn listen(&self, more: &[&str]) -> (Listener, String) {
        let args = ["listen", "--identity", "there.pem", "--allow", "allow.yaml"];
        let mut args = args.to_vec();
        args.extend(more);
        if !more.contains(&"--listen") {
            args.extend(["--listen", "127.0.0.1:0"]);
        }
        let mut child = self.command(&args).stdin(Stdio::piped()).spawn().unwrap();
        let mut words = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        words.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        (Listener { child, words }, address)
    }

    /// `here` connects to `address` and expects `there`.
    pub(crate) fn connect(&self, address: &str, more: &[&str]) -> Command {
        let mut args = vec!["connect", "--identity", "here.pem", "--to", address];
        if !more.contains(&"--peer") {
            args.extend(["--peer", "there.pub"]);
        }
        args.extend(more);
        self.command(&args)
    }
}

pub(crate) struct Listener {
    pub(crate) child: Child,
    pub(crate) words: BufReader<ChildStderr>,
}

impl Listener {
    /// Waits for its end: exit code, stdout, and what it said after its address.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<u8>, String) {
        drop(self.child.stdin.take());
        let mut stdout = self.child.stdout.take().unwrap();
        let data = thread::spawn(move || {
            let mut data = Vec::new();
            stdout.read_to_end(&mut data).unwrap();
            data
        });
        let mut words = String::new();
        self.words.read_to_string(&mut words).unwrap();
        (self.child.wait().unwrap().code(), data.join().unwrap(), words)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A test that fails leaves nobody listening.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks the end of a command that could not, and gives its words.
pub(crate) fn failed(code: i32, output: &Output) -> String {
    let words = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{words}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "data on stdout");
    let lines: Vec<_> = words.lines().filter(|line| !line.starts_with("connected to ")).collect();
    match *lines.as_slice() {
        [error] => assert!(error.starts_with("error: "), "{words}"),
        [error, hint] => assert!(error.starts_with("error: ") && hint.starts_with("hint: "), "{words}"),
        _ => panic!("more or less than one line: {words}"),
    }
    words
}

/// Writes `content` to the child's stdin from another thread, then closes it.
pub(crate) fn feed(child: &mut Child, content: Vec<u8>) {
    let mut stdin = child.stdin.take().unwrap();
    thread::spawn(move || stdin.write_all(&content).unwrap());
}
