//! Asks a program on the path, and trusts neither its time nor its length.

use std::{
    env,
    io::Read,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// How long all questions to one program may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const MAX_ANSWER_LEN: u64 = 64 * 1024;

/// The first file of that name on the path that can be run. Relative entries are left out: what lies in the
/// working folder is nobody's installation.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let can_run =
        |file: &PathBuf| file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(can_run)
}

/// What a program says, on stdout and on stderr; nothing if it does not say it in time.
pub(super) fn ask(program: &Path, question: &[&str], deadline: Instant) -> Option<String> {
    let mut command = Command::new(program);
    command.args(question).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // No go.mod may send it to fetch another Go; no folder of ours may steer it.
    command.current_dir("/").env("GOTOOLCHAIN", "local").env("LC_ALL", "C");
    let mut child = command.spawn().ok()?;
    let (sender, receiver) = mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as _),
        child.stderr.take().map(|stream| Box::new(stream) as _),
    ];
    // A reader is left behind if the program left somebody who holds its output open.
    for (place, stream) in streams.into_iter().flatten().enumerate() {
        let sender = sender.clone();
        thread::spawn(move || {
            let mut answer = Vec::new();
            let _ = stream.take(MAX_ANSWER_LEN).read_to_end(&mut answer);
            let _ = sender.send((place, answer));
        });
    }
    drop(sender);
    let mut answers = Vec::new();
    while answers.len() < 2 {
        let Ok(answer) = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) else { break };
        answers.push(answer);
    }
    // Both streams have ended, or were cut, or time is over: either way it is done.
    let is_whole = answers.len() == 2;
    let _ = child.kill();
    let _ = child.wait();
    answers.sort();
    let text = answers.iter().map(|(_, answer)| String::from_utf8_lossy(answer)).collect::<Vec<_>>().join("\n");
    is_whole.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_both_streams_and_an_end() {
        let shell = find("sh").unwrap();
        let ask = |program, question: &[&str]| ask(program, question, Instant::now() + PATIENCE);
        let answer = ask(&shell, &["-c", "echo words >&2; echo data"]).unwrap();
        assert_eq!(answer, "data\n\nwords\n");
        let endless = ask(&shell, &["-c", "exec 2>&-; while :; do echo yes; done"]).unwrap();
        assert!(endless.len() <= 64 * 1024 + 1);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        assert_eq!(find("no-such-program-as-this"), None);
        assert_eq!(ask(Path::new("/nonexistent"), &[], Instant::now()), None);
    }
}
