//! The service of the demo: bytes over TCP, told what to do line by line. It knows nothing of channels.
//!
//! | line | then the client sends | and the service answers |
//! |---|---|---|
//! | `take N` | N bytes of the pattern | `ok` and a line feed |
//! | `give N` | nothing | N bytes of the pattern |
//! | `echo N` | N bytes | the same |

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpListener,
};

use twinlock::ids::protocol::MAX_RECORD_LEN;

/// Its length is odd to everything, so that a piece that is missing, doubled or misplaced shows.
const PATTERN_LEN: usize = 65_521;

/// The bytes that both ends know: a block, over and over.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<u8>);

impl Pattern {
    /// A block that repeats no byte sequence of eight within itself.
    pub(super) fn new() -> Self {
        // A multiplicative generator (Knuth's MMIX); its high byte is even enough to look at.
        let next =
            |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        let bytes = std::iter::successors(Some(1), next).map(|state: u64| state.to_be_bytes()[0]);
        Self(bytes.take(PATTERN_LEN).collect())
    }

    /// Writes `len` bytes of it.
    pub(super) fn give(&self, to: &mut impl Write, len: usize) -> io::Result<()> {
        let mut left = len;
        while left > 0 {
            let part = self.0.get(..left).unwrap_or(&self.0);
            to.write_all(part)?;
            left = left.saturating_sub(part.len());
        }
        to.flush()
    }

    /// Reads `len` bytes and compares each.
    pub(super) fn take(&self, from: &mut impl Read, len: usize) -> io::Result<()> {
        let mut buffer = vec![0; PATTERN_LEN];
        let mut left = len;
        while left > 0 {
            let part = left.min(PATTERN_LEN);
            let got = buffer.get_mut(..part).unwrap_or_default();
            from.read_exact(got)?;
            if self.0.get(..part) != Some(&*got) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the bytes that came are not those that were sent",
                ));
            }
            left = left.saturating_sub(part);
        }
        Ok(())
    }
}

/// Serves one connection to its end.
pub(super) fn serve(listener: &TcpListener, pattern: &Pattern) -> io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(MAX_RECORD_LEN, stream.try_clone()?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let unknown = || io::Error::new(io::ErrorKind::InvalidInput, "the service knows take, give and echo");
        let (verb, len) = line.trim_end().split_once(' ').ok_or_else(unknown)?;
        let len = len.parse().map_err(|_| unknown())?;
        match verb {
            "take" => {
                pattern.take(&mut reader, len)?;
                stream.write_all(b"ok\n")?;
            }
            "give" => pattern.give(&mut stream, len)?,
            "echo" => {
                let mut content = vec![0; len];
                reader.read_exact(&mut content)?;
                stream.write_all(&content)?;
            }
            _ => return Err(unknown()),
        }
        line.clear();
    }
    Ok(())
}
