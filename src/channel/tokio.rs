//! The adapter for tokio: `AsyncRead` and `AsyncWrite`.
//!
//! [`connect`] and [`accept`] take the two halves of a stream, as `TcpStream::into_split` gives them. A
//! relay that moves bytes between a channel and another stream uses [`Reader::next`] and
//! [`Writer::relay_from`], which open and seal in place and hold no buffer while nothing moves.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
    vec,
    vec::Vec,
};

use core::{fmt, ops::Range};

use ::tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};

use super::{
    HandshakeFailure, Info, SealHalf,
    adapter::{Frames, Inbound, Inbox, MAX_READ, Outbox},
};
use crate::{
    handshake::{self, Config, Machine, Peer, Peers, Progress},
    ids::protocol::{HANDSHAKE_SECONDS, MAX_RECORD_LEN},
    provider::SystemRng,
};

/// A channel over the halves of a stream.
#[derive(Debug)]
pub struct Channel<R, W> {
    info: Info,
    reader: Reader<R>,
    writer: Writer<W>,
}

/// Runs the initiator's handshake, ten seconds at the most.
///
/// A responder that refuses us says so only after this returns: the first read then fails with
/// [`Error::Refused`](super::Error::Refused).
///
/// # Errors
/// Those of the handshake and of the stream; the deadline.
pub async fn connect<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    reader: R,
    writer: W,
    config: &Config,
    peer: &Peer,
) -> Result<Channel<R, W>, HandshakeFailure> {
    let (machine, m1) = Machine::initiator(config, peer, &mut SystemRng)?;
    in_time(run(reader, writer, machine, m1)).await
}

/// Runs the responder's handshake, ten seconds at the most.
///
/// # Errors
/// Those of the handshake and of the stream; the deadline.
pub async fn accept<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    reader: R,
    writer: W,
    config: &Config,
    peers: Arc<Peers>,
) -> Result<Channel<R, W>, HandshakeFailure> {
    in_time(run(reader, writer, Machine::responder(config, peers)?, Vec::new())).await
}

async fn in_time<T>(run: impl Future<Output = Result<T, HandshakeFailure>>) -> Result<T, HandshakeFailure> {
    timeout(Duration::from_secs(HANDSHAKE_SECONDS), run).await.unwrap_or(Err(HandshakeFailure::Deadline))
}

async fn run<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    mut reader: R,
    mut writer: W,
    mut machine: Machine,
    first: Vec<u8>,
) -> Result<Channel<R, W>, HandshakeFailure> {
    let mut sizes = Vec::with_capacity(3);
    let mut send = first;
    let mut frames = Frames::default();
    loop {
        if !send.is_empty() {
            sizes.push(send.len());
            write_all(&mut writer, &send).await?;
        }
        let frame = loop {
            match frames.next(Some(machine.awaits())) {
                Ok(frame) => break frame,
                Err(missing) => match poll_fn(|cx| poll_read(&mut reader, cx, frames.room(missing))).await? {
                    0 => return Err(HandshakeFailure::Closed),
                    len => frames.filled(len),
                },
            }
        };
        sizes.push(frame.len());
        match machine.read(frames.bytes(frame), &mut SystemRng) {
            Ok(Progress::Continue(next, bytes)) => (machine, send) = (next, bytes),
            Ok(Progress::Done(established, last)) => {
                if !last.is_empty() {
                    sizes.push(last.len());
                    write_all(&mut writer, &last).await?;
                }
                let sizes = sizes.try_into().map_err(|_| handshake::Error::Config)?;
                let (info, inbox, outbox) = Info::split(*established, sizes, frames)?;
                let reader = Reader { stream: reader, inbox };
                let writer = Writer { stream: writer, outbox, pending: Vec::new(), unsent: 0..0, finished: false };
                return Ok(Channel { info, reader, writer });
            }
            Err(failure) => {
                // The handshake has failed already; whether its alert arrives changes nothing.
                let _ = write_all(&mut writer, &failure.alert).await;
                return Err(failure.error.into());
            }
        }
    }
}

async fn write_all<W: AsyncWrite + Unpin>(writer: &mut W, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let len = poll_fn(|cx| Pin::new(&mut *writer).poll_write(cx, bytes)).await?;
        if len == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = bytes.get(len..).unwrap_or_default();
    }
    poll_fn(|cx| Pin::new(&mut *writer).poll_flush(cx)).await
}

fn poll_read<R: AsyncRead + Unpin>(reader: &mut R, cx: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(out);
    ready!(Pin::new(reader).poll_read(cx, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}

/// The most content put into one record: such a record, and its content alone, fit one segment of a loopback
/// interface (64 KiB less the headers of IPv6 and TCP). The largest records would each send a second segment
/// of a few bytes after the first, which costs a sixth of a relay's throughput there.
const MAX_FILL: usize = MAX_RECORD_LEN - 128;

/// Buffers of [`MAX_READ`] bytes that no channel of this thread uses right now. A channel takes one when
/// bytes move and gives it back when it must wait, so thousands of idle channels share a few.
const POOL_LEN: usize = 8;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn take_buffer() -> Vec<u8> {
    POOL.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; MAX_READ])
}

fn give_buffer(buffer: Vec<u8>) {
    POOL.with_borrow_mut(|pool| {
        if buffer.len() == MAX_READ && pool.len() < POOL_LEN {
            pool.push(buffer);
        }
    });
}

impl<R, W> Channel<R, W> {
    /// What was negotiated.
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// One half for each direction.
    pub fn split(self) -> (Info, Reader<R>, Writer<W>) {
        (self.info, self.reader, self.writer)
    }
}

impl<R: AsyncRead + Unpin, W: Unpin> AsyncRead for Channel<R, W> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().reader).poll_read(cx, out)
    }
}

impl<R: Unpin, W: AsyncWrite + Unpin> AsyncWrite for Channel<R, W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, content: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().writer).poll_write(cx, content)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().writer).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().writer).poll_shutdown(cx)
    }
}

/// The receiving half.
#[derive(Debug)]
pub struct Reader<R> {
    stream: R,
    inbox: Inbox,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Waits for content; false at the authenticated close.
    fn poll_content(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        loop {
            let missing = match self.inbox.poll()? {
                Inbound::Data => return Poll::Ready(Ok(true)),
                Inbound::Closed => return Poll::Ready(Ok(false)),
                Inbound::Missing(missing) => missing,
            };
            self.inbox.frames.lend(take_buffer);
            match poll_read(&mut self.stream, cx, self.inbox.frames.room(missing)) {
                Poll::Ready(Ok(0)) => {
                    self.inbox.end()?;
                    return Poll::Ready(Ok(false));
                }
                Poll::Ready(len) => self.inbox.frames.filled(len?),
                Poll::Pending => {
                    if let Some(buffer) = self.inbox.frames.give_back() {
                        give_buffer(buffer);
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    /// The next content, decrypted in place; `None` at the authenticated close.
    ///
    /// # Errors
    /// Those of the channel, a cut stream among them, and of the stream.
    pub async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if !poll_fn(|cx| self.poll_content(cx)).await? {
            return Ok(None);
        }
        Ok(Some(self.inbox.take_content()))
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Reader<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if ready!(this.poll_content(cx))? {
            let content = this.inbox.content();
            let len = content.len().min(out.remaining());
            out.put_slice(content.get(..len).unwrap_or_default());
            this.inbox.taken(len);
        }
        Poll::Ready(Ok(()))
    }
}

/// Why a relay between a channel and a plain stream ended.
#[derive(Debug)]
pub enum RelayError {
    /// The channel, or the stream under it.
    Channel(io::Error),
    /// The plain stream.
    Plain(io::Error),
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(error) => write!(f, "channel: {error}"),
            Self::Plain(error) => write!(f, "plain stream: {error}"),
        }
    }
}

impl core::error::Error for RelayError {}

impl From<RelayError> for io::Error {
    fn from(error: RelayError) -> Self {
        match error {
            RelayError::Channel(error) | RelayError::Plain(error) => error,
        }
    }
}

/// The sending half. Dropped without a shutdown, it leaves the peer a cut stream, which the peer reports as
/// such.
#[derive(Debug)]
pub struct Writer<W> {
    stream: W,
    outbox: Outbox,
    /// Sealed bytes, of which `unsent` are not out yet.
    pending: Vec<u8>,
    unsent: Range<usize>,
    finished: bool,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// Sends what is sealed, and gives the buffer back.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let bytes = self.pending.get(self.unsent.clone()).unwrap_or_default();
            match ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                len => self.unsent.start = self.unsent.start.saturating_add(len),
            }
        }
        give_buffer(core::mem::take(&mut self.pending));
        Poll::Ready(Ok(()))
    }

    /// Fills one record by `fill`, which gets the room for its content, and seals it into the empty outbox.
    fn poll_fill(
        &mut self,
        fill: impl FnOnce(&mut [u8]) -> Poll<io::Result<usize>>,
    ) -> Poll<Result<usize, RelayError>> {
        let mut buffer = take_buffer();
        let start = SealHalf::RECORD_HEADER;
        let len = self.outbox.seal.max_content().min(MAX_FILL);
        let room = buffer.get_mut(start..start.saturating_add(len)).unwrap_or_default();
        match fill(room) {
            Poll::Ready(Ok(len)) if len > 0 => {
                self.put(buffer, len).map_err(|error| RelayError::Channel(error.into()))?;
                Poll::Ready(Ok(len))
            }
            other => {
                give_buffer(buffer);
                other.map_err(RelayError::Plain)
            }
        }
    }

    /// Seals the content in `buffer` into the empty outbox, behind a rekey if one is due. That is asked only
    /// now: the content may have been hours in coming.
    fn put(&mut self, mut buffer: Vec<u8>, len: usize) -> Result<(), super::Error> {
        let mut rekey = Vec::new();
        self.outbox.refresh(&mut rekey)?;
        let mut sealed_len = self.outbox.seal.seal(&mut buffer, len)?;
        if !rekey.is_empty() {
            rekey.extend_from_slice(buffer.get(..sealed_len).unwrap_or_default());
            sealed_len = rekey.len();
            give_buffer(core::mem::replace(&mut buffer, rekey));
        }
        (self.pending, self.unsent) = (buffer, 0..sealed_len);
        Ok(())
    }

    /// Reads once from `source`, seals what came as one record, and sends it. Gives the bytes moved; zero
    /// when `source` has ended.
    ///
    /// # Errors
    /// Which side failed, and how.
    pub async fn relay_from<S: AsyncRead + Unpin>(&mut self, source: &mut S) -> Result<usize, RelayError> {
        poll_fn(|cx| self.poll_drain(cx)).await.map_err(RelayError::Channel)?;
        let len = poll_fn(|cx| self.poll_fill(|room| poll_read(source, cx, room))).await?;
        poll_fn(|cx| self.poll_drain(cx)).await.map_err(RelayError::Channel)?;
        Ok(len)
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Writer<W> {
    /// Seals up to one record; it is on its way after a flush.
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, content: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        if content.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let len = ready!(this.poll_fill(|room| {
            let len = room.len().min(content.len());
            if let Some((to, from)) = room.get_mut(..len).zip(content.get(..len)) {
                to.copy_from_slice(from);
            }
            Poll::Ready(Ok(len))
        }))?;
        // What does not go out now goes out with the next call; the record is whole either way.
        let _ = this.poll_drain(cx)?;
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    /// An authenticated close, then the stream's own shutdown (FIN). The other direction goes on.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        if !this.finished {
            let mut close = Vec::new();
            this.outbox.seal.close(&mut close)?;
            this.finished = true;
            this.unsent = 0..close.len();
            this.pending = close;
        }
        ready!(this.poll_drain(cx))?;
        ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}
