//! A child process in a group of its own, with a thread for each of its pipes: nobody who talks to it can be
//! blocked by it.

use core::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    io::{self, BufRead, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::wire::{INFLIGHT_CAP, Line, excerpt, read_line};

/// How a child failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It died, or closed its output; with what is known of it.
    Crash(String),
    /// It said nothing for this long.
    Hang(Duration),
    /// It said what is not in the protocol.
    Protocol(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash(text) | Self::Protocol(text) => f.write_str(text),
            Self::Hang(time) => write!(f, "no answer in {} s", time.as_secs_f32()),
        }
    }
}

/// How messages are cut out of what a child writes; none at the end.
pub(super) type Reader<M> = fn(&mut dyn BufRead) -> Result<Option<M>, Fault>;

/// How often it is looked whether a silent child is still there.
const GLANCE: Duration = Duration::from_millis(20);
/// How long a healthy child has to end by itself once its input is closed.
const GRACE: Duration = Duration::from_secs(1);
/// How long the last words of a dead child are waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How many lines of standard error are passed on, of all children of a command, and how much of each is read.
const STDERR_LINES: usize = 100;
const STDERR_LINE: usize = 4096;
/// Messages read ahead. Few, so that a child that floods waits in its pipe and not in our memory.
const READ_AHEAD: usize = 4;

/// A child, and the way to it.
pub(super) struct Process<M> {
    child: Child,
    group: Pid,
    /// Killed and waited for: its number may be another's.
    buried: bool,
    /// None once the input of the child is closed.
    outbox: Option<SyncSender<Vec<u8>>>,
    inbox: Receiver<Result<M, Fault>>,
    stderr: Option<JoinHandle<()>>,
    last_words: Arc<Mutex<String>>,
    /// How long to wait for a message.
    pub(super) timeout: Duration,
    /// How many questions it was asked.
    pub(super) asked: u64,
}

impl<M: Send + 'static> Process<M> {
    /// Starts a command. `told` counts the lines of its standard error that were passed on, with those of other
    /// children.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn spawn(
        command: &[String],
        reader: Reader<M>,
        timeout: Duration,
        told: &Arc<AtomicUsize>,
    ) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut child = Command::new(program)
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let group = Pid::from_child(&child);
        // Each question in flight fits, so that sending never waits.
        let (outbox, to_write) = sync_channel::<Vec<u8>>(INFLIGHT_CAP);
        let (read, inbox) = sync_channel(READ_AHEAD);
        if let Some(mut stdin) = child.stdin.take() {
            thread::spawn(move || {
                for bytes in to_write {
                    // A closed pipe is seen on the other side, by the reader.
                    if stdin.write_all(&bytes).and_then(|()| stdin.flush()).is_err() {
                        return;
                    }
                }
            });
        }
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let mut stdout = BufReader::new(stdout);
                while let Some(message) = reader(&mut stdout).transpose() {
                    let last = message.is_err();
                    if read.send(message).is_err() || last {
                        return;
                    }
                }
            });
        }
        let last_words = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().map(|stderr| {
            let (last_words, told, name) = (Arc::clone(&last_words), Arc::clone(told), program.clone());
            thread::spawn(move || pass_on(stderr, &name, &told, &last_words))
        });
        Ok(Self { child, group, buried: false, outbox: Some(outbox), inbox, stderr, last_words, timeout, asked: 0 })
    }

    /// Sends, without waiting for the child to read.
    ///
    /// # Errors
    /// It was sent more than can be in flight: it answers what it has not read.
    pub(super) fn send(&self, bytes: Vec<u8>) -> Result<(), Fault> {
        match self.outbox.as_ref().map(|outbox| outbox.try_send(bytes)) {
            Some(Err(TrySendError::Full(_))) => {
                Err(Fault::Protocol("it answers questions that it has not read".into()))
            }
            // Without a writer the child has closed its input; if it does not answer, that is what counts.
            _ => Ok(()),
        }
    }

    /// The next message.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn receive(&mut self) -> Result<M, Fault> {
        let until = Instant::now().checked_add(self.timeout);
        let mut gone = false;
        loop {
            let left = until.map_or(GLANCE, |until| until.saturating_duration_since(Instant::now()));
            match self.inbox.recv_timeout(left.min(GLANCE)) {
                Ok(Ok(message)) => return Ok(message),
                Ok(Err(fault)) => return Err(fault),
                Err(RecvTimeoutError::Disconnected) => return Err(Fault::Crash("closed its output".into())),
                // A grandchild can hold the pipe of a dead child open; what it wrote itself has come by now.
                Err(RecvTimeoutError::Timeout) if gone => return Err(Fault::Crash("died".into())),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(Fault::Hang(self.timeout)),
                Err(RecvTimeoutError::Timeout) => gone = self.exited(),
            }
        }
    }

    /// Kills the child for a fault, and adds to it what the system and the child say of its end.
    pub(super) fn fail(&mut self, fault: Fault) -> Fault {
        if matches!(fault, Fault::Crash(_)) {
            self.wait_for_exit(LAST_WORDS);
        }
        let status = self.end(Duration::ZERO);
        let Fault::Crash(text) = fault else { return fault };
        self.with_last_words(status.map_or(text, |status| format!("died: {status}")))
    }

    /// Ends a child that has nothing left to answer: closes its input, and gives it a while to end by itself.
    ///
    /// # Errors
    /// It says something after its last answer, or it dies instead of ending. One that does not end is killed, and
    /// that is no fault.
    pub(super) fn finish(mut self, ends_well: fn(ExitStatus) -> bool) -> Result<(), Fault> {
        let status = self.end(GRACE);
        match self.inbox.recv_timeout(LAST_WORDS) {
            Ok(Ok(_)) => return Err(Fault::Protocol("it says more after its last answer".into())),
            Ok(Err(fault)) => return Err(fault),
            Err(_) => {}
        }
        match status {
            Some(status) if !ends_well(status) => {
                Err(self.with_last_words(format!("died after its last answer: {status}")))
            }
            _ => Ok(()),
        }
    }

    /// A crash, with the last words of a child that has ended.
    fn with_last_words(&self, mut text: String) -> Fault {
        let until = Instant::now().checked_add(LAST_WORDS);
        while self.stderr.as_ref().is_some_and(|thread| !thread.is_finished()) && until > Some(Instant::now()) {
            thread::sleep(Duration::from_millis(1));
        }
        let last_words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        if !last_words.is_empty() {
            text = format!("{text}; its last words: {last_words}");
        }
        Fault::Crash(text)
    }
}

impl<M> Process<M> {
    /// Whether the child has ended. It stays a zombie, so that its group keeps its number until it is killed.
    fn exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.group), options), Ok(None))
    }

    fn wait_for_exit(&self, time: Duration) -> bool {
        let until = Instant::now().checked_add(time);
        while !self.exited() {
            if until <= Some(Instant::now()) {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// Closes the child's input, gives it this long to end by itself, and kills what is left of its group. Gives how
    /// the child ended, if it did so by itself.
    fn end(&mut self, grace: Duration) -> Option<ExitStatus> {
        if self.buried {
            return None;
        }
        self.outbox = None;
        let by_itself = self.wait_for_exit(grace);
        // None of these can fail while the child has not been waited for, but that a child which has left its group
        // leaves none behind: so it is killed by its own number too.
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = self.child.kill();
        let status = self.child.wait();
        self.buried = true;
        status.ok().filter(|_| by_itself)
    }
}

impl<M> Drop for Process<M> {
    fn drop(&mut self) {
        self.end(GRACE);
    }
}

/// Passes on the first lines of a child's standard error, reads the rest away, and keeps the last.
fn pass_on(stderr: ChildStderr, name: &str, told: &AtomicUsize, last_words: &Mutex<String>) {
    let mut stderr = BufReader::new(stderr);
    loop {
        let text = match read_line(&mut stderr, STDERR_LINE) {
            Ok(Line::Whole(line) | Line::Cut(line)) => excerpt(&line),
            Ok(Line::TooLong) => "(a line that is too long)".to_owned(),
            Ok(Line::End) | Err(_) => return,
        };
        // Not `eprintln!`, which panics if nobody listens.
        match told.fetch_add(1, Ordering::Relaxed) {
            STDERR_LINES => drop(writeln!(io::stderr(), "{name}: (more is not shown)")),
            0..STDERR_LINES => drop(writeln!(io::stderr(), "{name}: {text}")),
            _ => {}
        }
        if !text.trim().is_empty() {
            *last_words.lock().unwrap_or_else(PoisonError::into_inner) = text;
        }
    }
}
