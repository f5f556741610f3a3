//! Reading and writing of length-prefixed bytes, big-endian.
//!
//! A [`Reader`] never allocates and never trusts a length: it borrows from its input or fails.

use alloc::vec::Vec;
use core::fmt;

/// Why bytes could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The input ends inside a field.
    Truncated,
    /// Bytes are left after the last field.
    Trailing,
    /// A field is longer than its length prefix can tell (writing only).
    TooLong,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "input ends inside a field",
            Self::Trailing => "bytes are left after the last field",
            Self::TooLong => "a field is too long for its length prefix",
        })
    }
}

impl core::error::Error for Error {}

/// Takes fields off the front of a byte string.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk().ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| *byte)
    }

    /// Two bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(|bytes| u16::from_be_bytes(*bytes))
    }

    /// Three bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn u24(&mut self) -> Result<u32, Error> {
        self.array().map(|[a, b, c]| u32::from_be_bytes([0, *a, *b, *c]))
    }

    /// Four bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// A field with a one-byte length.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn vec8(&mut self) -> Result<&'a [u8], Error> {
        let len = self.u8()?;
        self.take(len.into())
    }

    /// A field with a two-byte length.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn vec16(&mut self) -> Result<&'a [u8], Error> {
        let len = self.u16()?;
        self.take(len.into())
    }

    /// A field with a four-byte length.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn vec32(&mut self) -> Result<&'a [u8], Error> {
        let len = usize::try_from(self.u32()?).map_err(|_| Error::Truncated)?;
        self.take(len)
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes that are left.
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`Error::Trailing`] if anything is left.
    pub const fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Trailing) }
    }
}

/// Appends `value` as three bytes; the high byte must be zero.
///
/// # Errors
/// [`Error::TooLong`].
pub fn put_u24(out: &mut Vec<u8>, value: usize) -> Result<(), Error> {
    let value = u32::try_from(value).map_err(|_| Error::TooLong)?;
    let [0, a, b, c] = value.to_be_bytes() else {
        return Err(Error::TooLong);
    };
    out.extend_from_slice(&[a, b, c]);
    Ok(())
}

/// Appends `bytes` behind a one-byte length.
///
/// # Errors
/// [`Error::TooLong`].
pub fn put_vec8(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    out.push(u8::try_from(bytes.len()).map_err(|_| Error::TooLong)?);
    out.extend_from_slice(bytes);
    Ok(())
}

/// Appends `bytes` behind a two-byte length.
///
/// # Errors
/// [`Error::TooLong`].
pub fn put_vec16(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    let len = u16::try_from(bytes.len()).map_err(|_| Error::TooLong)?;
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

/// Appends `bytes` behind a four-byte length.
///
/// # Errors
/// [`Error::TooLong`].
pub fn put_vec32(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    let len = u32::try_from(bytes.len()).map_err(|_| Error::TooLong)?;
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_input_is_truncated() {
        assert_eq!(Reader::new(&[5, 1, 2]).vec8(), Err(Error::Truncated));
        assert_eq!(Reader::new(&[0xff, 0xff, 1]).vec16(), Err(Error::Truncated));
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 1]).vec32(), Err(Error::Truncated));
        assert_eq!(Reader::new(&[1, 2]).u24(), Err(Error::Truncated));
        assert_eq!(Reader::new(&[1, 2, 3]).u32(), Err(Error::Truncated));
        assert_eq!(Reader::new(&[1]).take(usize::MAX), Err(Error::Truncated));
    }

    #[test]
    fn leftovers_are_an_error() {
        let mut reader = Reader::new(&[1, 2]);
        reader.u8().unwrap();
        assert_eq!(reader.finish(), Err(Error::Trailing));
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut out = Vec::new();
        put_u24(&mut out, 0x01_0203).unwrap();
        put_vec8(&mut out, b"abc").unwrap();
        put_vec16(&mut out, &[9; 300]).unwrap();
        put_vec32(&mut out, &[8; 70_000]).unwrap();
        let mut reader = Reader::new(&out);
        assert_eq!(reader.u24(), Ok(0x01_0203));
        assert_eq!(reader.vec8(), Ok(&b"abc"[..]));
        assert_eq!(reader.vec16(), Ok(&[9; 300][..]));
        assert_eq!(reader.vec32(), Ok(&[8; 70_000][..]));
        assert!(reader.is_empty());
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_prefix_that_cannot_tell_the_length_is_refused() {
        assert_eq!(put_u24(&mut Vec::new(), 1 << 24), Err(Error::TooLong));
        assert_eq!(put_vec8(&mut Vec::new(), &[0; 256]), Err(Error::TooLong));
        assert_eq!(put_vec16(&mut Vec::new(), &[0; 65_536]), Err(Error::TooLong));
    }
}
