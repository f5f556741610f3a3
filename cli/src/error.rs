//! How a command ends other than done.

use std::{fmt::Display, io, path::Path, process::ExitCode};

use twinlock::{
    channel::{self, HandshakeFailure},
    handshake,
};

use crate::terminal;

/// Why a command is not done. Its words are one line, lower case, without a full stop.
#[derive(Debug)]
pub(crate) enum Error {
    /// The answer is no: refused, unknown, not the one expected. Exit code 1.
    No(Words),
    /// It could not be done. Exit code 2.
    Failed(Words),
    /// It was done, and proves nothing: no case ran, or who answered is not to be trusted. Exit code 3.
    Unverified(Words),
    /// Whoever read our stdout has gone. Exit code 2, no words.
    Gone,
}

/// What is said on stderr.
#[derive(Debug)]
pub(crate) struct Words {
    message: String,
    hint: Option<String>,
}

impl Words {
    fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), hint: None }
    }
}

impl Error {
    /// The answer is no.
    pub(crate) fn no(message: impl Display) -> Self {
        Self::No(Words::new(message))
    }

    /// It could not be done.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self::Failed(Words::new(message))
    }

    /// It could not be done because of that file.
    pub(crate) fn file(path: &Path, message: impl Display) -> Self {
        Self::failed(format_args!("{}: {message}", path.display()))
    }

    /// It proves nothing.
    pub(crate) fn unverified(message: impl Display) -> Self {
        Self::Unverified(Words::new(message))
    }

    /// What it is about; stands before the message.
    pub(crate) fn about(mut self, what: impl Display) -> Self {
        if let Self::No(words) | Self::Failed(words) | Self::Unverified(words) = &mut self {
            words.message = format!("{what}: {}", words.message);
        }
        self
    }

    /// What to do about it.
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        if let Self::No(words) | Self::Failed(words) | Self::Unverified(words) = &mut self {
            words.hint = Some(hint.to_string());
        }
        self
    }

    /// The end of a channel that was there, if it was not a clean one.
    pub(crate) fn channel(error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(channel::Error::Refused) => Self::refused(),
            _ => Self::failed(terminal::io_words(error)),
        }
    }

    fn refused() -> Self {
        Self::no("refused by the peer")
            .hint("the peer's log says why; is this key in its allow-list, for this service?")
    }

    /// Says it on stderr where the command goes on.
    pub(crate) fn warn(self) {
        if let Self::No(words) | Self::Failed(words) | Self::Unverified(words) = self {
            terminal::say(format_args!("warning: {}", words.message));
        }
    }

    /// Says it on stderr and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (code, words) = match self {
            Self::No(words) => (1, words),
            Self::Failed(words) => (2, words),
            Self::Unverified(words) => (3, words),
            Self::Gone => return 2.into(),
        };
        terminal::say(format_args!("error: {}", words.message));
        if let Some(hint) = words.hint {
            terminal::say(format_args!("hint: {hint}"));
        }
        code.into()
    }
}

impl From<HandshakeFailure> for Error {
    fn from(failure: HandshakeFailure) -> Self {
        match failure {
            HandshakeFailure::Handshake(handshake::Error::Refused) => Self::refused(),
            HandshakeFailure::Handshake(
                error @ (handshake::Error::Unauthenticated
                | handshake::Error::UnknownPeer(_)
                | handshake::Error::NotAllowed(_)
                | handshake::Error::OtherService(_)
                | handshake::Error::WrongResponder { .. }
                | handshake::Error::NoCommonVersion
                | handshake::Error::NoCommonSuite
                | handshake::Error::NoCommonIdentityForm),
            ) => Self::no(error),
            HandshakeFailure::Io(error) => Self::failed(terminal::io_words(&error)),
            other => Self::failed(other),
        }
    }
}
