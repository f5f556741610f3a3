//! Words on stderr, data on stdout. Neither panics when nobody listens.

use std::{
    fmt::Display,
    fs::File,
    io::{self, IsTerminal as _, Write as _},
    os::fd::AsFd as _,
};

use serde::Serialize;

use crate::error::Error;

/// Says one line on stderr.
pub(crate) fn say(words: impl Display) {
    // Nothing can be told to someone who closed stderr.
    let _ = writeln!(io::stderr().lock(), "{}", harmless(&words.to_string()));
}

/// Text for people to stdout.
pub(crate) fn show(text: &str) -> Result<(), Error> {
    print(harmless(text))
}

/// The same without what would steer a terminal: files and peers have a part in what is said.
fn harmless(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    text.replace(steers, "\u{fffd}")
}

/// Writes to stdout, as it is.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref()).and_then(|()| out.flush()).map_err(|error| stdout_error(&error))
}

/// The same for what a terminal could not show.
pub(crate) fn print_unless_binary(content: &[u8]) -> Result<(), Error> {
    if io::stdout().is_terminal() && is_binary(content) {
        return Err(Error::failed("stdout is a terminal, and this is binary").hint("give --out a file, or pipe it"));
    }
    print(content)
}

/// Writes one JSON value to stdout.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(Error::failed)?;
    text.push('\n');
    print(text)
}

/// stdin as a file. Not `io::Stdin`, whose buffer keeps what was read, passphrases too.
pub(crate) fn stdin_file() -> Result<File, Error> {
    let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    stdin.map_err(|error| Error::failed(format_args!("stdin: {}", io_words(&error))))
}

/// stdout as a file. Not `io::Stdout`, which looks for ends of lines and writes each alone.
pub(crate) fn stdout_file() -> Result<File, Error> {
    io::stdout().as_fd().try_clone_to_owned().map(File::from).map_err(|error| stdout_error(&error))
}

/// Why stdout took no more.
pub(crate) fn stdout_error(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Error::Gone,
        _ => Error::failed(format_args!("stdout: {}", io_words(error))),
    }
}

/// Whether bytes would steer a terminal instead of being read on it. So may what is not UTF-8, a character
/// that two records share between them included.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).map_or(true, |text| text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')))
}

/// A system error in lower case and without its number.
pub(crate) fn io_words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    // "No such file" but "I/O error".
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.into(),
    }
}
