//! The formats that vectors are published in, all read into [`Case`]s.

mod blocks;
mod botan;
mod cavp;
mod cctv;
mod drbg;
pub mod encoding;
mod evp_test;
mod hpke;
mod rsp;

pub use evp_test::left_out;

use std::{borrow::Cow, io::Read};

use crate::{Case, Error, error::What};

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// C2SP's vectors of ML-KEM.
    Cctv,
    /// NIST's KAT responses.
    Rsp,
    /// NIST CAVP, and text files in its grammar.
    Cavp,
    /// Botan's `.vec`.
    Botan,
    /// OpenSSL's `evp_test`.
    EvpTest,
    /// HPKE's JSON.
    Hpke,
}

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its bytes, compressed or not.
    pub bytes: &'a [u8],
}

/// Reads a file.
///
/// # Errors
/// A file that is not in its format.
pub fn read(format: Option<Format>, files: &[File<'_>]) -> Result<Vec<Case>, Error> {
    let [file] = files else { return Err(Error::of_file(What::UnknownFormat)) };
    let read = match format {
        Some(Format::Cctv) => cctv::read,
        Some(Format::Rsp) => rsp::read,
        Some(Format::Cavp) => cavp::read,
        Some(Format::Botan) => botan::read,
        Some(Format::EvpTest) => evp_test::read,
        Some(Format::Hpke) => hpke::read,
        None => return Err(Error::of_file(What::UnknownFormat)),
    };
    let fault = |error: Error| error.in_file(file.name);
    let bytes = decompress(file.bytes, 1 << 28).map_err(fault)?;
    let text = core::str::from_utf8(&bytes).map_err(|_| fault(Error::of_file(What::Syntax("not UTF-8".into()))))?;
    let cases = read(file.name, text).map_err(fault)?;
    for case in &cases {
        case.shape().map_err(|shape| fault(Error::in_case(case.id.clone(), What::Shape(shape))))?;
    }
    Ok(cases)
}

fn decompress(bytes: &[u8], limit: u64) -> Result<Cow<'_, [u8]>, Error> {
    let mut out = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(bytes).take(limit).read_to_end(&mut out)?;
    } else if bytes.starts_with(b"\xfd7zXZ") {
        lzma_rust2::XzReader::new(bytes, true).take(limit).read_to_end(&mut out)?;
    } else {
        return Ok(Cow::Borrowed(bytes));
    }
    Ok(Cow::Owned(out))
}
