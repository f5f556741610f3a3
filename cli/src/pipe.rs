//! stdin into a channel, the channel into stdout, until both have ended.

use std::{
    io::{self, IsTerminal as _, Read, Write as _},
    sync::mpsc,
    thread,
};

use twinlock::{
    channel::{
        Info,
        blocking::{Channel, Reader, Transport, Writer},
    },
    ids::protocol::MAX_RECORD_LEN,
};

use crate::{
    error::Error,
    terminal::{io_words, is_binary, stdout_error, stdout_file},
};

/// What was agreed on, in one line.
pub(crate) fn describe(info: &Info) -> String {
    format!("peer {} ({}), service {}, suite {}", info.peer_name, info.peer.short(), info.service, info.suite.name())
}

/// How a direction ended.
enum Ended {
    /// Ours: stdin and our close are sent.
    Sent(Result<(), Error>),
    /// Ours: the channel took no more. Why is for the other direction to say: a refusal comes there.
    Stuck(Error),
    /// The peer's.
    Received(Result<(), Error>),
}

/// Runs both directions. The first failure ends the command, and with it a thread that still waits for
/// stdin.
pub(crate) fn run<S: Transport + Send + 'static>(channel: Channel<S>) -> Result<(), Error> {
    let (_, reader, writer) = channel.split();
    let (ended, ends) = mpsc::channel();
    let sender = ended.clone();
    // An end that nobody waits for any more is no loss.
    thread::spawn(move || drop(sender.send(send(writer))));
    thread::spawn(move || drop(ended.send(Ended::Received(receive(reader)))));
    let mut stuck = None;
    for end in ends {
        match end {
            Ended::Sent(result) | Ended::Received(result) => result?,
            Ended::Stuck(error) => stuck = Some(error),
        }
    }
    stuck.map_or(Ok(()), Err)
}

fn send<S: Transport>(mut writer: Writer<S>) -> Ended {
    let mut buffer = vec![0; MAX_RECORD_LEN];
    let mut stdin = io::stdin().lock();
    loop {
        let content = match stdin.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => buffer.get(..len).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ended::Sent(Err(Error::failed(format_args!("stdin: {}", io_words(&error))))),
        };
        if let Err(error) = writer.write_all(content) {
            return Ended::Stuck(Error::channel(&error));
        }
    }
    match writer.close() {
        Ok(()) => Ended::Sent(Ok(())),
        Err(error) => Ended::Stuck(Error::channel(&error)),
    }
}

fn receive<S: Read>(mut reader: Reader<S>) -> Result<(), Error> {
    let mut stdout = stdout_file()?;
    let to_terminal = stdout.is_terminal();
    let mut buffer = vec![0; MAX_RECORD_LEN];
    loop {
        let content = match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(len) => buffer.get(..len).unwrap_or_default(),
            Err(error) => return Err(Error::channel(&error)),
        };
        if to_terminal && is_binary(content) {
            return Err(Error::failed("the peer sends binary, which does not go to a terminal")
                .hint("send stdout to a file or a program"));
        }
        stdout.write_all(content).map_err(|error| stdout_error(&error))?;
    }
}
