//! What the tests of `tunnel` share: keys in a folder, and processes of ours with their logs.

#![allow(dead_code, reason = "each test crate uses its part")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

pub(crate) const SERVICE: &str = "orders";
/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with the keys of a server, of a client in its allow-list, and of a stranger.
pub(crate) struct Keys(tempfile::TempDir);

impl Keys {
    pub(crate) fn new() -> Self {
        let keys = Self(tempfile::tempdir().unwrap());
        for name in ["server", "desk-7", "stranger"] {
            let files = [keys.path(name, "key"), keys.path(name, "pub")];
            let [private, public] = files.each_ref().map(|file| file.to_str().unwrap());
            let words = ["key", "new", "--algorithm", "mldsa65-ed25519", "--out", private, "--public", public];
            assert!(twinlock().args(words).stderr(Stdio::null()).status().unwrap().success());
        }
        let list = format!("peers:\n  - name: desk-7\n    key-file: desk-7.pub\n    services: [{SERVICE}]\n");
        fs::write(keys.path("allow", "yaml"), list).unwrap();
        keys
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    fn path(&self, name: &str, extension: &str) -> PathBuf {
        self.folder().join(name).with_extension(extension)
    }

    fn text(&self, name: &str, extension: &str) -> String {
        self.path(name, extension).to_str().unwrap().into()
    }

    /// A tunnel server in front of the plain service at `to`.
    pub(crate) fn server(&self, listen: &str, to: &str) -> Process {
        let (key, allow) = (self.text("server", "key"), self.text("allow", "yaml"));
        let words = ["--listen", listen, "--to", to, "--identity", &key, "--allow", &allow, "--service", SERVICE];
        Process::listening(twinlock().args(["tunnel", "server"]).args(words))
    }

    /// A tunnel client of the server at `to`, with the key of `name`.
    pub(crate) fn client(&self, name: &str, listen: &str, to: &str) -> Process {
        let (key, peer) = (self.text(name, "key"), self.text("server", "pub"));
        let words = ["--listen", listen, "--to", to, "--identity", &key, "--peer", &peer, "--service", SERVICE];
        Process::listening(twinlock().args(["tunnel", "client"]).args(words))
    }
}

pub(crate) fn twinlock() -> Command {
    Command::new(env!("CARGO_BIN_EXE_twinlock"))
}

/// The lines that a process said on stderr so far.
#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

/// A process that is killed at the end of its test.
pub(crate) struct Process {
    child: Child,
    log: Arc<Log>,
    /// Where it listens.
    pub(crate) address: String,
}

impl Process {
    /// Starts it, and waits until it says where it listens.
    fn listening(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Log::default());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let lines = log.clone();
        thread::spawn(move || {
            for line in stderr.lines() {
                lines.lines.lock().unwrap().push(line.unwrap());
                lines.more.notify_all();
            }
        });
        let mut process = Self { child, log, address: String::new() };
        let line = process.said("listening on ");
        process.address = line.strip_prefix("listening on ").unwrap().split(", ").next().unwrap().into();
        process
    }

    /// Waits for a line with `part` in it.
    pub(crate) fn said(&self, part: &str) -> String {
        let lines = self.log.lines.lock().unwrap();
        let found = |lines: &Vec<String>| lines.iter().find(|line| line.contains(part)).cloned();
        let (lines, _) = self.log.more.wait_timeout_while(lines, PATIENCE, |lines| found(lines).is_none()).unwrap();
        found(&lines).unwrap_or_else(|| panic!("nobody said {part:?}, but {lines:#?}"))
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and what came of it.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        signal("TERM", self.id());
        wait(&mut self.child)
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(name: &str, id: u32) {
    assert!(Command::new("kill").args([format!("-{name}"), id.to_string()]).status().unwrap().success());
}

/// Waits for the end of a process, not for ever.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(begin.elapsed() < PATIENCE, "process {} does not end", child.id());
        thread::sleep(Duration::from_millis(5));
    }
}
