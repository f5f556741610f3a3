//! Files of known-answer vectors, each read strictly into [`Case`]s.
//!
//! A key that a format does not have is an error, a text that ends early is an error, and a file without a
//! case is an error: nothing is ever skipped.

pub mod kat_vector;
#[cfg(feature = "wycheproof")]
pub mod wycheproof;

mod acvp;
mod blocks;
mod boringssl;
mod botan;
mod cavp;
mod cctv;
mod composite;
mod drbg;
mod encoding;
mod evp_test;
mod hpke;
mod hybrid;
mod lamps;
mod rsp;
mod xwing;

use std::{borrow::Cow, collections::HashSet, io, io::Read as _};

use serde::{Deserializer as _, de};

use crate::{Alg, Case, Error, Expect, Input, Op, Output, Question, What};

pub use evp_test::left_out;

/// The most bytes that [`read`] decompresses a file to.
pub const MAX_TEXT: usize = 256 << 20;

/// What a decoder of xz may set aside, in KiB: 64 MiB for the dictionary of `xz -9`, and itself.
const MAX_XZ_KIB: u32 = 65 << 10;

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A format of files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[$doc])* $variant,)*
        }

        impl Format {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name on the command line and in `kat.lock`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The one of this name.
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

formats! {
    /// NIST ACVP: a prompt with its expected results, an internal projection, or either in the array that
    /// servers wrap it in.
    Acvp = "acvp",
    /// Wycheproof v1.
    Wycheproof = "wycheproof",
    /// C2SP's community test vectors.
    Cctv = "cctv",
    /// NIST's `.rsp` of post-quantum submissions.
    Rsp = "rsp",
    /// NIST CAVP.
    Cavp = "cavp",
    /// BoringSSL's text files.
    BoringSsl = "boringssl",
    /// Botan's `.vec`.
    Botan = "botan",
    /// OpenSSL's `evp_test`.
    EvpTest = "evp_test",
    /// HPKE's JSON.
    Hpke = "hpke",
    /// X-Wing's JSON.
    XWing = "xwing",
    /// The JSON of the CFRG's concrete hybrid KEMs.
    CfrgHybrid = "cfrg-hybrid",
    /// The JSON of LAMPS' composite signatures and composite KEMs.
    Composite = "composite",
    /// LAMPS' PEM files of keys.
    Lamps = "lamps",
    /// Our own, `kat-vector/1`.
    KatVector = "kat-vector",
}

/// A file in memory.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name, for errors, and for what a format says by names.
    pub name: &'a str,
    /// Its bytes, compressed or not.
    pub bytes: &'a [u8],
}

/// Reads files that belong together: ACVP's prompt and expected results, LAMPS' keys, else exactly one file.
/// Without a format, it is told from the content, and from the name where that cannot tell.
///
/// # Errors
/// A file that is not in its format, with the line or the case and the field; a case that its algorithm does
/// not have; two cases of one id; no case at all; more than [`MAX_TEXT`] bytes.
pub fn read(format: Option<Format>, files: &[File<'_>]) -> Result<Vec<Case>, Error> {
    let texts = files
        .iter()
        .map(|file| Ok((file.name, text(file.bytes).map_err(|error| error.in_file(file.name))?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let [(name, first), rest @ ..] = texts.as_slice() else { return Err(Error::of_file(What::Empty)) };
    if let Some((name, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(Error::of_file(What::Empty).in_file(*name));
    }
    let unknown = || Error::of_file(What::UnknownFormat).in_file(*name);
    let format = format.or_else(|| detect(first)).ok_or_else(unknown)?;
    let cases = match (format, rest) {
        (Format::Lamps, _) => lamps::read(&texts)?,
        (Format::Acvp, [(second_name, second)]) => {
            let document = acvp::parse(first).map_err(|error| error.in_file(*name))?;
            let second = acvp::parse(second).map_err(|error| error.in_file(*second_name))?;
            document.join(second).and_then(acvp::Document::cases).map_err(|error| error.in_file(*name))?
        }
        (_, []) => one(format, name, first).map_err(|error| error.in_file(*name))?,
        (_, [(name, _), ..]) => {
            let words = "one file too many: a set of this format is read alone";
            return Err(Error::of_file(What::Syntax(words.into())).in_file(*name));
        }
    };
    check(&cases).map_err(|error| error.in_file(*name))?;
    Ok(cases)
}

/// A format that is one file.
fn one(format: Format, name: &str, text: &str) -> Result<Vec<Case>, Error> {
    match format {
        Format::Acvp => acvp::parse(text)?.cases(),
        #[cfg(feature = "wycheproof")]
        Format::Wycheproof => wycheproof::read(text),
        #[cfg(not(feature = "wycheproof"))]
        Format::Wycheproof => Err(Error::of_file(What::Syntax(
            "this build reads no Wycheproof: it lacks the feature `wycheproof`".into(),
        ))),
        Format::Cctv => cctv::read(name, text),
        Format::Rsp => rsp::read(name, text),
        Format::Cavp => cavp::read(name, text),
        Format::BoringSsl => boringssl::read(name, text),
        Format::Botan => botan::read(name, text),
        Format::EvpTest => evp_test::read(name, text),
        Format::Hpke => hpke::read(name, text),
        Format::XWing => xwing::read(text),
        Format::CfrgHybrid => hybrid::read(text),
        Format::Composite => composite::read(text),
        Format::Lamps => lamps::read(&[(name, text)]),
        Format::KatVector => kat_vector::read(text).map(|(_, cases)| cases),
    }
}

/// What every set must be, whatever its format.
fn check(cases: &[Case]) -> Result<(), Error> {
    let mut ids = HashSet::new();
    for case in cases {
        // Ids and notes are printed: what steers a terminal, or reads as a line of its own, is no text.
        if [&case.id, &case.note].into_iter().any(|text| text.chars().any(char::is_control)) {
            let id = case.id.escape_default().to_string();
            return Err(Error::in_case(id, What::Syntax("a control character in its id or note".into())));
        }
        case.shape().map_err(|shape| Error::in_case(&case.id, What::Shape(shape)))?;
        if !ids.insert(case.id.as_str()) {
            return Err(Error::in_case(&case.id, What::Syntax("two cases have this id".into())));
        }
    }
    if cases.is_empty() { Err(Error::of_file(What::Empty)) } else { Ok(()) }
}

/// A case that must give these outputs.
fn case(id: String, alg: Alg, op: Op, input: Input, output: Output) -> Case {
    let (question, expect) = (Question { alg, op, input }, Expect::Output(output));
    Case { id, note: String::new(), flags: Vec::new(), question, expect }
}

/// Decompresses gzip, xz and bzip2, told by their magic numbers; gives anything else as it is.
///
/// # Errors
/// A compressed stream that is cut or broken, or that holds more than `limit` bytes.
pub fn decompress(bytes: &[u8], limit: usize) -> Result<Cow<'_, [u8]>, Error> {
    let mut reader: Box<dyn io::Read + '_> = match bytes {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Box::new(lzma_rust2::XzReader::new_mem_limit(bytes, true, MAX_XZ_KIB)),
        [b'B', b'Z', b'h', ..] => Box::new(bzip2::read::MultiBzDecoder::new(bytes)),
        _ => return Ok(Cow::Borrowed(bytes)),
    };
    let mut out = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.by_ref().take(most).read_to_end(&mut out).map_err(|error| {
        Error::of_file(match error.kind() {
            io::ErrorKind::UnexpectedEof => What::Truncated,
            _ => What::Syntax(format!("cannot be decompressed: {error}")),
        })
    })?;
    if out.len() > limit {
        return Err(Error::of_file(What::Syntax(format!("decompresses to more than {limit} bytes"))));
    }
    Ok(Cow::Owned(out))
}

/// The text of a file, decompressed.
fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    let not_utf8 = |valid: &[u8]| {
        let lines = valid.iter().filter(|byte| **byte == b'\n').count();
        Error::at(lines.saturating_add(1), What::Syntax("not UTF-8".into()))
    };
    match decompress(bytes, MAX_TEXT)? {
        Cow::Borrowed(bytes) => match str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => Err(not_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default())),
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                Err(not_utf8(error.as_bytes().get(..valid).unwrap_or_default()))
            }
        },
    }
}

/// Keys of a file's first JSON object that no other format has there.
const JSON: &[(Format, &[&str])] = &[
    (Format::KatVector, &["kat-vector"]),
    (Format::Wycheproof, &["testGroups", "schema"]),
    (Format::Acvp, &["testGroups", "vsId"]),
    (Format::Acvp, &["acvVersion"]),
    (Format::Acvp, &["vectorSetUrls"]),
    (Format::Hpke, &["kem_id"]),
    (Format::XWing, &["eseed"]),
    (Format::CfrgHybrid, &["mlkem768_x25519"]),
    (Format::Composite, &["m", "ctx", "tests"]),
    (Format::Composite, &["cacert", "tests"]),
];

/// Keys of a text's first lines that no row above has there. Those of section lines keep their bracket.
const TEXT: &[(Format, &[&str])] = &[
    (Format::Rsp, &["count", "seed", "pk", "sk"]),
    (Format::Cavp, &["[L"]),
    (Format::Cavp, &["[Keylen"]),
    (Format::Cavp, &["[Outputlen"]),
    (Format::Cavp, &["[Input Length"]),
    (Format::Cavp, &["COUNT"]),
    (Format::Botan, &["CounterKey"]),
    (Format::Botan, &["CT_N"]),
    (Format::BoringSsl, &["public_key"]),
    (Format::BoringSsl, &["private_key"]),
    (Format::BoringSsl, &["seed", "pub", "priv"]),
    (Format::BoringSsl, &["sk", "message", "signature"]),
    (Format::BoringSsl, &["[dk", "c", "k"]),
    (Format::BoringSsl, &["[publicKey", "sig"]),
    (Format::Cctv, &["dk", "c", "K"]),
    (Format::Cctv, &["dkPKE"]),
    (Format::BoringSsl, &["z", "d", "ek", "dk"]),
    (Format::EvpTest, &["Title"]),
    (Format::EvpTest, &["PrivPubKeyPair"]),
    (Format::EvpTest, &["PrivateKeyRaw"]),
    (Format::EvpTest, &["PrivateKey"]),
    (Format::EvpTest, &["PublicKeyRaw"]),
    (Format::EvpTest, &["PublicKey"]),
    (Format::EvpTest, &["Cipher"]),
    (Format::EvpTest, &["Digest"]),
    (Format::EvpTest, &["KDF"]),
];

/// How many lines of a text are looked at for its keys.
const HEAD: usize = 200;

/// The format of a text.
fn detect(text: &str) -> Option<Format> {
    let text = text.trim_start();
    let (rows, keys) = if text.starts_with("-----BEGIN ") {
        return Some(Format::Lamps);
    } else if text.starts_with('{') || text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{')) {
        let object = text.trim_start_matches(|c: char| c == '[' || c.is_whitespace());
        // A cut file has its first keys all the same; its reader says where it is cut.
        let mut keys = Vec::new();
        let _ = serde_json::Deserializer::from_str(object).deserialize_map(Keys(&mut keys));
        (JSON, keys)
    } else {
        let lines = text.lines().take(HEAD).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<_> = lines.map(|line| line.split(['=', ']']).next().unwrap_or(line).trim().to_owned()).collect();
        if keys.first().is_some_and(|line| line.len() >= 1600 && line.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            // C2SP's keys with one coefficient too large are a line of hex each.
            return Some(Format::Cctv);
        }
        (TEXT, keys)
    };
    let has = |key: &&str| keys.iter().any(|one| one == key);
    rows.iter().find(|(_, needed)| needed.iter().all(has)).map(|(format, _)| *format)
}

/// Collects the keys of an object, as far as it goes.
struct Keys<'a>(&'a mut Vec<String>);

impl<'de> de::Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            self.0.push(key);
            map.next_value::<de::IgnoredAny>()?;
        }
        Ok(())
    }
}
