//! Records (`docs/spec/channel.md` §7).
//!
//! ```text
//! 06 00 len24 │ content ‖ inner type ‖ zeros │ tag[16]
//!  header, AAD│            sealed            │
//! ```

use alloc::vec::Vec;

use super::Error;
use crate::{
    handshake::{
        FrameHeader,
        schedule::{TrafficKey, derive, header},
    },
    ids::{
        AEAD_TAG_LEN, Aead,
        protocol::{
            ALERT_REFUSED, FRAME_HEADER_LEN, FrameType, MAX_BYTES_PER_KEY, MAX_RECORDS_PER_KEY, REFUSAL_SEQUENCE,
            label, record,
        },
    },
    provider::Provider,
    secret::ChainSecret,
};

/// One direction's key, and how much it has done.
struct Direction {
    provider: &'static Provider,
    aead: Aead,
    secret: ChainSecret,
    key: TrafficKey,
    sequence: u64,
    bytes: u64,
}

impl Direction {
    fn new(provider: &'static Provider, aead: Aead, secret: ChainSecret) -> Result<Self, Error> {
        let key = TrafficKey::new(provider, aead, &secret)?;
        Ok(Self { provider, aead, secret, key, sequence: 0, bytes: 0 })
    }

    /// The one-way step to the next secret; the last one is wiped.
    fn update(&mut self) -> Result<(), Error> {
        let next = derive(self.provider, &self.secret, label::UPDATE, &[])?;
        *self = Self::new(self.provider, self.aead, next)?;
        Ok(())
    }

    /// Whether only a rekey may follow.
    const fn is_spent(&self) -> bool {
        self.sequence >= MAX_RECORDS_PER_KEY || self.bytes >= MAX_BYTES_PER_KEY
    }

    /// Counts a record. The limits lie so far below 2^64 that nothing saturates.
    fn count(&mut self, len: usize) {
        self.sequence = self.sequence.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
    }
}

/// The sending half.
pub struct SealHalf {
    direction: Direction,
    limit: usize,
    dead: bool,
}

impl SealHalf {
    /// Bytes before the content of a record.
    pub const RECORD_HEADER: usize = FRAME_HEADER_LEN;
    /// Bytes behind the content of a record: the inner type and the tag.
    pub const RECORD_TRAILER: usize = 1 + AEAD_TAG_LEN;

    pub(super) fn new(
        provider: &'static Provider,
        aead: Aead,
        secret: ChainSecret,
        limit: usize,
    ) -> Result<Self, Error> {
        Ok(Self { direction: Direction::new(provider, aead, secret)?, limit, dead: false })
    }

    /// A half from a traffic secret of 48 bytes. For benches and fuzzing: a second half from the same secret
    /// repeats nonces.
    ///
    /// # Errors
    /// Those of the provider.
    #[cfg(feature = "hazmat")]
    pub fn from_secret(
        provider: &'static Provider,
        aead: Aead,
        secret: ChainSecret,
        limit: usize,
    ) -> Result<Self, Error> {
        Self::new(provider, aead, secret, limit)
    }

    /// The most content that one record to this peer carries, in bytes.
    pub const fn max_content(&self) -> usize {
        self.limit
    }

    /// Seals one record in place. `record` begins with [`RECORD_HEADER`](Self::RECORD_HEADER) bytes of
    /// room, then `content_len` bytes of content, then at least [`RECORD_TRAILER`](Self::RECORD_TRAILER)
    /// bytes of room. Gives the length of the whole record.
    ///
    /// # Errors
    /// [`Error::TooLong`] for content over the limit or a short `record`; [`Error::KeyExhausted`] if a
    /// [rekey](SealHalf::rekey) is due.
    pub fn seal(&mut self, record: &mut [u8], content_len: usize) -> Result<usize, Error> {
        if self.dead {
            return Err(Error::Dead);
        }
        if self.direction.is_spent() {
            return Err(Error::KeyExhausted);
        }
        self.seal_as(record::DATA, record, content_len)
    }

    /// Copies `content` into as many records as it needs, and rekeys when it must.
    ///
    /// # Errors
    /// [`Error::Dead`]; those of the provider.
    pub fn seal_all(&mut self, content: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        for chunk in content.chunks(self.limit) {
            if self.rekey_due() {
                self.rekey(out)?;
            }
            let start = out.len();
            out.extend_from_slice(&[0; Self::RECORD_HEADER]);
            out.extend_from_slice(chunk);
            out.extend_from_slice(&[0; Self::RECORD_TRAILER]);
            self.seal(out.get_mut(start..).unwrap_or_default(), chunk.len())?;
        }
        Ok(())
    }

    /// Whether the limits on records or bytes call for a rekey now. The limit on time is the adapter's.
    pub const fn rekey_due(&self) -> bool {
        self.direction.is_spent()
    }

    /// Appends a rekey record and steps to the next key.
    ///
    /// # Errors
    /// [`Error::Dead`]; those of the provider.
    pub fn rekey(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.dead {
            return Err(Error::Dead);
        }
        self.control(record::REKEY, out)?;
        self.direction.update()
    }

    /// Appends the authenticated close. Nothing can be sealed after it.
    ///
    /// # Errors
    /// [`Error::Dead`] the second time; those of the provider.
    pub fn close(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.dead {
            return Err(Error::Dead);
        }
        self.control(record::CLOSE, out)?;
        self.dead = true;
        Ok(())
    }

    /// Makes all that follows fail, after a record that may have gone out in part.
    #[cfg(feature = "std")]
    pub(super) const fn kill(&mut self) {
        self.dead = true;
    }

    /// Whether the close is sent.
    pub const fn is_closed(&self) -> bool {
        self.dead
    }

    fn control(&mut self, kind: u8, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut record = [0; Self::RECORD_HEADER + Self::RECORD_TRAILER];
        self.seal_as(kind, &mut record, 0)?;
        out.extend_from_slice(&record);
        Ok(())
    }

    fn seal_as(&mut self, kind: u8, record: &mut [u8], content_len: usize) -> Result<usize, Error> {
        if content_len > self.limit {
            return Err(Error::TooLong);
        }
        let body_len = content_len.saturating_add(Self::RECORD_TRAILER);
        let len = body_len.saturating_add(Self::RECORD_HEADER);
        let record = record.get_mut(..len).ok_or(Error::TooLong)?;
        let (head, body) = record.split_first_chunk_mut().ok_or(Error::TooLong)?;
        *head = header(FrameType::Record, body_len).map_err(|_| Error::TooLong)?;
        *body.get_mut(content_len).ok_or(Error::TooLong)? = kind;
        self.direction.key.seal(self.direction.sequence, record, Self::RECORD_HEADER)?;
        self.direction.count(content_len);
        Ok(len)
    }
}

impl core::fmt::Debug for SealHalf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SealHalf").field("sequence", &self.direction.sequence).finish_non_exhaustive()
    }
}

/// What a record was.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened<'a> {
    /// Application data, in place; may be empty.
    Data(&'a mut [u8]),
    /// The peer stepped to its next key; nothing to do.
    Rekeyed,
    /// The peer sends no more.
    Closed,
}

/// The receiving half.
pub struct OpenHalf {
    direction: Direction,
    limit: usize,
    refusal: Option<TrafficKey>,
    state: OpenState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenState {
    Open,
    Closed,
    Failed,
}

impl OpenHalf {
    pub(super) fn new(
        provider: &'static Provider,
        aead: Aead,
        secret: ChainSecret,
        limit: usize,
        refusal: Option<TrafficKey>,
    ) -> Result<Self, Error> {
        Ok(Self { direction: Direction::new(provider, aead, secret)?, limit, refusal, state: OpenState::Open })
    }

    /// A half from a traffic secret of 48 bytes, for benches and fuzzing.
    ///
    /// # Errors
    /// Those of the provider.
    #[cfg(feature = "hazmat")]
    pub fn from_secret(
        provider: &'static Provider,
        aead: Aead,
        secret: ChainSecret,
        limit: usize,
    ) -> Result<Self, Error> {
        Self::new(provider, aead, secret, limit, None)
    }

    /// Opens one whole frame, header included, in place.
    ///
    /// # Errors
    /// Any but [`Error::AfterClose`] ends this half: what comes later cannot be trusted.
    pub fn open<'a>(&mut self, frame: &'a mut [u8]) -> Result<Opened<'a>, Error> {
        match self.state {
            OpenState::Open => {}
            OpenState::Closed => return Err(Error::AfterClose),
            OpenState::Failed => return Err(Error::Dead),
        }
        self.state = OpenState::Failed;
        let opened = self.step(frame)?;
        self.state = if opened == Opened::Closed { OpenState::Closed } else { OpenState::Open };
        Ok(opened)
    }

    fn step<'a>(&mut self, frame: &'a mut [u8]) -> Result<Opened<'a>, Error> {
        let header = frame.first_chunk::<FRAME_HEADER_LEN>().ok_or(Error::Rejected)?;
        let header = FrameHeader::parse(header)?;
        if frame.len().checked_sub(FRAME_HEADER_LEN) != Some(header.body_len) {
            return Err(Error::Rejected);
        }
        match header.frame {
            FrameType::Record => {}
            FrameType::Refusal => return Err(self.refused(frame)),
            found => {
                let expected = FrameType::Record;
                return Err(crate::handshake::Error::UnexpectedFrame { expected, found }.into());
            }
        }
        let plaintext =
            self.direction.key.open(self.direction.sequence, frame, FRAME_HEADER_LEN).map_err(|_| Error::Rejected)?;
        // The first record proves that the responder took M3; no refusal can follow.
        self.refusal = None;
        let end = plaintext.iter().rposition(|byte| *byte != 0).ok_or(Error::UnknownRecord)?;
        let (content, tail) = plaintext.split_at_mut_checked(end).ok_or(Error::UnknownRecord)?;
        let kind = tail.first().copied();
        if kind == Some(record::REKEY) && content.is_empty() {
            self.direction.update()?;
            return Ok(Opened::Rekeyed);
        }
        let spent = self.direction.is_spent();
        self.direction.count(content.len());
        match kind {
            Some(record::CLOSE) if content.is_empty() => Ok(Opened::Closed),
            Some(record::DATA) if spent => Err(Error::PeerOverLimit),
            Some(record::DATA) if content.len() > self.limit => Err(Error::TooLong),
            Some(record::DATA) => Ok(Opened::Data(content)),
            _ => Err(Error::UnknownRecord),
        }
    }

    /// A refusal counts only if the responder sealed it; anything else of that type is a forgery.
    fn refused(&mut self, frame: &mut [u8]) -> Error {
        let Some(key) = self.refusal.take() else { return Error::Rejected };
        match key.open(REFUSAL_SEQUENCE, frame, FRAME_HEADER_LEN) {
            Ok([ALERT_REFUSED]) => Error::Refused,
            _ => Error::Rejected,
        }
    }

    /// To be asked when the stream has ended.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there was no authenticated close.
    pub fn end(&self) -> Result<(), Error> {
        if self.state == OpenState::Closed { Ok(()) } else { Err(Error::Truncated) }
    }
}

impl core::fmt::Debug for OpenHalf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OpenHalf").field("sequence", &self.direction.sequence).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::protocol::DEFAULT_RECORD_LEN, provider::RUST};

    fn pair() -> (SealHalf, OpenHalf) {
        let secret = || ChainSecret::from_slice(&[7; 48]);
        let seal = SealHalf::new(RUST, Aead::Aes256Gcm, secret(), DEFAULT_RECORD_LEN).unwrap();
        let open = OpenHalf::new(RUST, Aead::Aes256Gcm, secret(), DEFAULT_RECORD_LEN, None).unwrap();
        (seal, open)
    }

    fn sealed(seal: &mut SealHalf, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        seal.seal_all(content, &mut out).unwrap();
        out
    }

    /// A record of any plaintext.
    fn raw(seal: &SealHalf, sequence: u64, inner: &[u8]) -> Vec<u8> {
        let header = header(FrameType::Record, inner.len() + AEAD_TAG_LEN).unwrap();
        let mut out = [&header[..], inner, &[0; AEAD_TAG_LEN]].concat();
        seal.direction.key.seal(sequence, &mut out, FRAME_HEADER_LEN).unwrap();
        out
    }

    #[test]
    fn counter_wrap_is_out_of_reach() {
        let (mut seal, mut open) = pair();
        seal.direction.sequence = MAX_RECORDS_PER_KEY - 1;
        open.direction.sequence = MAX_RECORDS_PER_KEY - 1;
        let mut last = sealed(&mut seal, b"last");
        assert_eq!(open.open(&mut last), Ok(Opened::Data(&mut b"last".to_vec())));
        assert!(seal.rekey_due());
        assert_eq!(seal.seal(&mut [0; 32], 1), Err(Error::KeyExhausted));
        // seal_all rekeys by itself and the sequence starts anew.
        let both = sealed(&mut seal, b"next");
        let (rekey, next) = both.split_at(FRAME_HEADER_LEN + 1 + AEAD_TAG_LEN);
        assert_eq!(open.open(&mut rekey.to_vec()), Ok(Opened::Rekeyed));
        assert_eq!(open.open(&mut next.to_vec()), Ok(Opened::Data(&mut b"next".to_vec())));
        assert_eq!(seal.direction.sequence, 1);
    }

    #[test]
    fn a_peer_that_does_not_rekey_is_refused() {
        let (mut seal, mut open) = pair();
        seal.direction.sequence = MAX_RECORDS_PER_KEY;
        open.direction.sequence = MAX_RECORDS_PER_KEY;
        let mut out = [0; 22];
        seal.seal_as(record::DATA, &mut out, 0).unwrap();
        assert_eq!(open.open(&mut out), Err(Error::PeerOverLimit));
        let (mut seal, _) = pair();
        seal.direction.bytes = MAX_BYTES_PER_KEY;
        assert!(seal.rekey_due());
    }

    #[test]
    fn padding_is_stripped_and_padding_only_is_refused() {
        let (seal, mut open) = pair();
        let make = |sequence, inner: &[u8]| raw(&seal, sequence, inner);
        assert_eq!(open.open(&mut make(0, b"abc\x01\0\0\0")), Ok(Opened::Data(&mut b"abc".to_vec())));
        assert_eq!(open.open(&mut make(1, &[1])), Ok(Opened::Data(&mut [])));
        assert_eq!(open.open(&mut make(2, &[0; 9])), Err(Error::UnknownRecord));
        assert_eq!(open.open(&mut make(3, &[1])), Err(Error::Dead));
    }

    #[test]
    fn unknown_inner_types_and_close_with_content_are_refused() {
        for inner in [&b"\x04"[..], b"x\x02", b"x\x03", b"\xff"] {
            let (seal, mut open) = pair();
            assert_eq!(open.open(&mut raw(&seal, 0, inner)), Err(Error::UnknownRecord), "{inner:?}");
        }
    }

    #[test]
    fn nothing_follows_a_close() {
        let (mut seal, mut open) = pair();
        let mut close = Vec::new();
        assert_eq!(open.end(), Err(Error::Truncated));
        seal.close(&mut close).unwrap();
        assert_eq!(seal.close(&mut close), Err(Error::Dead));
        assert_eq!(seal.seal_all(b"x", &mut Vec::new()), Err(Error::Dead));
        assert_eq!(open.open(&mut close), Ok(Opened::Closed));
        assert_eq!(open.end(), Ok(()));
        assert_eq!(open.open(&mut close), Err(Error::AfterClose));
    }
}
