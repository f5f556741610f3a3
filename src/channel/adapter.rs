//! What both adapters share: frames out of a byte stream, and records into one.

use std::{io, string::String, time::Instant, vec::Vec};

use core::{fmt, ops::Range};

use super::{Error, Exporter, OpenHalf, Opened, SealHalf};
use crate::{
    handshake::{self, Established, FrameHeader},
    ids::protocol::{FRAME_HEADER_LEN, FrameType, MAX_SECONDS_PER_KEY, Suite},
    keys::KeyId,
};

/// Why no channel came about.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandshakeFailure {
    /// The handshake itself; its alert was sent.
    Handshake(handshake::Error),
    /// The stream failed.
    Io(io::Error),
    /// The stream ended inside the handshake.
    Closed,
    /// The deadline passed.
    Deadline,
}

impl fmt::Display for HandshakeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Closed => f.write_str("the peer closed the connection inside the handshake"),
            Self::Deadline => f.write_str("the handshake took longer than its deadline"),
        }
    }
}

impl core::error::Error for HandshakeFailure {}

impl From<handshake::Error> for HandshakeFailure {
    fn from(error: handshake::Error) -> Self {
        Self::Handshake(error)
    }
}

impl From<Error> for HandshakeFailure {
    fn from(error: Error) -> Self {
        match error {
            Error::Frame(error) => Self::Handshake(error),
            Error::Crypto(error) => Self::Handshake(error.into()),
            _ => Self::Closed,
        }
    }
}

impl From<io::Error> for HandshakeFailure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Deadline,
            _ => Self::Io(error),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::Truncated => io::ErrorKind::UnexpectedEof,
            Error::Refused => io::ErrorKind::PermissionDenied,
            Error::Dead => io::ErrorKind::BrokenPipe,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// What was negotiated, and what it cost on the wire.
#[derive(Debug)]
pub struct Info {
    /// The suite.
    pub suite: Suite,
    /// The id of the peer's key.
    pub peer: KeyId,
    /// The peer's name in our configuration.
    pub peer_name: String,
    /// The service.
    pub service: String,
    /// Sizes of M1, M2 and M3 in bytes, headers included.
    pub message_bytes: [usize; 3],
    /// Exported keys and the channel id.
    pub exporter: Exporter,
}

impl Info {
    /// Takes a finished handshake apart. Records may have come right behind its last message: `frames`.
    pub(super) fn split(
        established: Established,
        message_bytes: [usize; 3],
        mut frames: Frames,
    ) -> Result<(Self, Inbox, Outbox), Error> {
        frames.authenticated = true;
        let suite = established.suite();
        let peer = *established.peer();
        let peer_name = established.peer_name().into();
        let service = established.service().into();
        let (seal, open, exporter) = super::halves(established)?;
        let info = Self { suite, peer, peer_name, service, message_bytes, exporter };
        let inbox = Inbox { frames, open, content: 0..0, without_content: 0, closed: false };
        Ok((info, inbox, Outbox { seal, since: Instant::now() }))
    }
}

/// Bytes off the wire, and where the next frame in them ends.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    filled: Range<usize>,
    /// Whether the handshake is over.
    authenticated: bool,
}

/// What is asked from the wire at the least: one read then often brings several small records.
const MIN_READ: usize = 4 << 10;
/// What is asked from the wire at the most: two of the largest records with their headers.
pub(super) const MAX_READ: usize = 2 * (FRAME_HEADER_LEN + FrameType::Record.max_body());

impl Frames {
    /// The bounds of the first whole frame, or how many more bytes are needed at the least. A header that no
    /// frame can have, or that is of another type than `awaited`, is given by itself: nothing is allocated for
    /// its body, and whoever reads it refuses it.
    pub(super) fn next(&mut self, awaited: Option<FrameType>) -> Result<Range<usize>, usize> {
        let waiting = self.buffer.get(self.filled.clone()).unwrap_or_default();
        let Some(header) = waiting.first_chunk::<FRAME_HEADER_LEN>() else {
            return Err(FRAME_HEADER_LEN.saturating_sub(waiting.len()));
        };
        let body_len = match FrameHeader::parse(header) {
            Ok(header) if awaited.is_none_or(|awaited| awaited == header.frame) => header.body_len,
            _ => 0,
        };
        let len = body_len.saturating_add(FRAME_HEADER_LEN);
        if let Some(missing) = len.checked_sub(waiting.len()).filter(|missing| *missing > 0) {
            return Err(missing);
        }
        let frame = self.filled.start..self.filled.start.saturating_add(len);
        self.filled.start = frame.end;
        Ok(frame)
    }

    /// The bytes of a frame that [`Frames::next`] gave.
    pub(super) fn bytes(&mut self, range: Range<usize>) -> &mut [u8] {
        self.buffer.get_mut(range).unwrap_or_default()
    }

    /// Room for what comes from the wire: `missing` bytes at the least. Frames given before are gone then.
    pub(super) fn room(&mut self, missing: usize) -> &mut [u8] {
        let waiting = self.filled.len();
        self.buffer.copy_within(self.filled.clone(), 0);
        self.filled = 0..waiting;
        let len = waiting.saturating_add(missing.max(MIN_READ));
        if self.buffer.len() < len {
            // A bulk stream fills whatever it is given, so offer it more; a stranger gets what its header needs.
            let len = if self.authenticated && missing > MIN_READ { MAX_READ.max(len) } else { len };
            self.buffer.resize(len, 0);
        }
        self.buffer.get_mut(waiting..).unwrap_or_default()
    }

    /// `len` bytes of the room were filled.
    pub(super) fn filled(&mut self, len: usize) {
        self.filled.end = self.filled.end.saturating_add(len).min(self.buffer.len());
    }

    /// Takes an empty buffer of [`MAX_READ`] bytes for the next read, if none is held.
    #[cfg(feature = "tokio")]
    pub(super) fn lend(&mut self, make: impl FnOnce() -> Vec<u8>) {
        if self.filled.is_empty() && self.buffer.len() < MAX_READ {
            (self.buffer, self.filled) = (make(), 0..0);
        }
    }

    /// Gives the buffer back if there is nothing in it, so that an idle channel holds none.
    #[cfg(feature = "tokio")]
    pub(super) fn give_back(&mut self) -> Option<Vec<u8>> {
        self.filled.is_empty().then(|| core::mem::take(&mut self.buffer))
    }
}

/// The receiving side of an adapter.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) frames: Frames,
    open: OpenHalf,
    /// Opened content that was not taken yet.
    content: Range<usize>,
    /// Records since the last one with content.
    without_content: u32,
    closed: bool,
}

/// Records without content in a row that a peer may send. Each costs us work and brings nothing; an honest
/// peer sends one rekey before a record.
const MAX_WITHOUT_CONTENT: u32 = 64;

/// What the inbox has.
pub(super) enum Inbound {
    /// Content, not empty.
    Data,
    /// The peer sends no more.
    Closed,
    /// Nothing before this many more bytes.
    Missing(usize),
}

impl Inbox {
    /// Opens records until one has content.
    pub(super) fn poll(&mut self) -> Result<Inbound, Error> {
        loop {
            if !self.content.is_empty() {
                return Ok(Inbound::Data);
            }
            if self.closed {
                return if self.frames.filled.is_empty() { Ok(Inbound::Closed) } else { Err(Error::AfterClose) };
            }
            let frame = match self.frames.next(None) {
                Ok(frame) => frame,
                Err(missing) => return Ok(Inbound::Missing(missing)),
            };
            let start = frame.start.saturating_add(FRAME_HEADER_LEN);
            match self.open.open(self.frames.bytes(frame))? {
                Opened::Data(content) if !content.is_empty() => {
                    self.content = start..start.saturating_add(content.len());
                    self.without_content = 0;
                }
                Opened::Data(_) | Opened::Rekeyed => {
                    self.without_content = self.without_content.saturating_add(1);
                    if self.without_content > MAX_WITHOUT_CONTENT {
                        return Err(Error::PeerOverLimit);
                    }
                }
                Opened::Closed => self.closed = true,
            }
        }
    }

    /// The content at hand.
    pub(super) fn content(&mut self) -> &mut [u8] {
        self.frames.bytes(self.content.clone())
    }

    /// The content at hand, taken whole.
    #[cfg(feature = "tokio")]
    pub(super) fn take_content(&mut self) -> &[u8] {
        let content = core::mem::take(&mut self.content);
        self.frames.bytes(content)
    }

    /// `len` bytes of the content were taken.
    pub(super) fn taken(&mut self, len: usize) {
        self.content.start = self.content.start.saturating_add(len).min(self.content.end);
    }

    /// The stream has ended.
    pub(super) fn end(&self) -> Result<(), Error> {
        self.open.end()
    }
}

/// The sending side of an adapter.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) seal: SealHalf,
    since: Instant,
}

impl Outbox {
    /// Rekeys if a limit on records, bytes or time calls for it. To be called before each record.
    pub(super) fn refresh(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.seal.rekey_due() || self.since.elapsed().as_secs() >= MAX_SECONDS_PER_KEY {
            self.seal.rekey(out)?;
            self.since = Instant::now();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{ids::Aead, provider::RUST, secret::ChainSecret};

    #[test]
    fn a_frame_that_is_not_awaited_is_given_by_its_header_alone() {
        let mut frames = Frames::default();
        let record = [FrameType::Record as u8, 0, 1, 0, 17];
        for (to, from) in frames.room(5).iter_mut().zip(record) {
            *to = from;
        }
        frames.filled(5);
        assert_eq!(frames.next(Some(FrameType::InitiatorHello)), Ok(0..5));
        let mut frames = Frames::default();
        for (to, from) in frames.room(5).iter_mut().zip(record) {
            *to = from;
        }
        frames.filled(5);
        assert_eq!(frames.next(None), Err(65_553));
    }

    #[test]
    fn records_without_content_have_an_end() {
        let secret = || ChainSecret::from_slice(&[1; 48]);
        let mut seal = SealHalf::new(RUST, Aead::Aes256Gcm, secret(), 16 << 10).unwrap();
        let open = OpenHalf::new(RUST, Aead::Aes256Gcm, secret(), 16 << 10, None).unwrap();
        let mut inbox = Inbox { frames: Frames::default(), open, content: 0..0, without_content: 0, closed: false };
        let mut wire = Vec::new();
        for _ in 0..=MAX_WITHOUT_CONTENT {
            seal.rekey(&mut wire).unwrap();
        }
        for (to, from) in inbox.frames.room(wire.len()).iter_mut().zip(&wire) {
            *to = *from;
        }
        inbox.frames.filled(wire.len());
        assert_eq!(inbox.poll().map(|_| ()), Err(Error::PeerOverLimit));
    }

    #[test]
    fn an_hour_under_one_key_calls_for_a_rekey() {
        let seal = SealHalf::new(RUST, Aead::Aes256Gcm, ChainSecret::from_slice(&[1; 48]), 16 << 10).unwrap();
        let mut outbox = Outbox { seal, since: Instant::now() };
        let mut out = Vec::new();
        outbox.refresh(&mut out).unwrap();
        assert!(out.is_empty());
        let Some(hour_ago) = Instant::now().checked_sub(Duration::from_secs(MAX_SECONDS_PER_KEY)) else {
            println!("skipped: an_hour_under_one_key_calls_for_a_rekey: this machine started less than an hour ago");
            return;
        };
        outbox.since = hour_ago;
        outbox.refresh(&mut out).unwrap();
        assert_eq!(out.len(), SealHalf::RECORD_HEADER + SealHalf::RECORD_TRAILER);
        outbox.refresh(&mut out).unwrap();
        assert_eq!(out.len(), SealHalf::RECORD_HEADER + SealHalf::RECORD_TRAILER, "once an hour, not each time");
    }
}
