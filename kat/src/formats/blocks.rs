//! The line grammar that NIST's, Botan's, OpenSSL's and C2SP's text files share: `key = value` lines in
//! blocks, `[section]` lines over them, comments from `#` on, and PEM between its own lines.

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::{Alg, Case, Error, Expect, Input, Op, Output, Question, error::What};

/// A line, or a PEM document under the key `PEM`. A line without `=` is a key with an empty value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) line: usize,
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    taken: bool,
}

/// Lines that belong together. Whoever reads it takes each key, and [`Block::finish`] finds those that nobody
/// took: they are unknown, or there twice.
#[derive(Clone, Debug)]
pub(super) struct Block<'a> {
    /// Its first line.
    pub(super) line: usize,
    /// The comments right over it.
    pub(super) note: String,
    /// The section lines over it.
    pub(super) header: Vec<Pair<'a>>,
    pairs: Vec<Pair<'a>>,
}

/// What ends a block.
#[derive(Clone, Copy)]
pub(super) enum Split {
    /// An empty line.
    Blank,
    /// The next line with this key.
    Key(&'static str),
}

/// The blocks of a text. Memory is a small multiple of it.
///
/// # Errors
/// A section without its `]`, a PEM document without its end, or not one block.
pub(super) fn blocks(text: &str, split: Split) -> Result<Vec<Block<'_>>, Error> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut header: Vec<Pair<'_>> = Vec::new();
    let mut note = String::new();
    // Whether the next pair starts a block, and the next section line a header.
    let (mut fresh, mut section) = (true, false);
    let mut pem: Option<(usize, usize)> = None;
    let mut at = 0_usize;
    for (number, raw) in (1..).zip(text.split_inclusive('\n')) {
        let start = at;
        at = at.saturating_add(raw.len());
        let line = raw.trim();
        if pem.is_none() && line.starts_with("-----BEGIN ") {
            pem = Some((number, start));
        }
        let pair = if let Some((number, start)) = pem {
            if !line.starts_with("-----END ") {
                continue;
            }
            pem = None;
            Pair { line: number, key: "PEM", value: text.get(start..at).unwrap_or_default(), taken: false }
        } else if line.is_empty() {
            if matches!(split, Split::Blank) {
                fresh = true;
                note.clear();
            }
            continue;
        } else if let Some(comment) = line.strip_prefix('#') {
            if !note.is_empty() {
                note.push_str("; ");
            }
            note.push_str(comment.trim());
            continue;
        } else if let Some(inner) = line.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or_else(|| syntax(number, "a section must end with `]`"))?;
            if !section {
                header.clear();
            }
            (fresh, section) = (true, true);
            header.push(pair(number, inner));
            continue;
        } else {
            pair(number, line)
        };
        section = false;
        match blocks.last_mut() {
            Some(block) if !fresh && !matches!(split, Split::Key(key) if key == pair.key) => block.pairs.push(pair),
            _ => blocks.push(Block {
                line: pair.line,
                note: core::mem::take(&mut note),
                header: header.clone(),
                pairs: vec![pair],
            }),
        }
        // In the middle of a block a comment is about what follows there, and says nothing of the next block.
        note.clear();
        fresh = false;
    }
    match pem {
        Some((number, _)) => Err(Error::at(number, What::Truncated)),
        None if blocks.is_empty() => Err(Error::of_file(What::Empty)),
        None => Ok(blocks),
    }
}

fn pair(line: usize, text: &str) -> Pair<'_> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    Pair { line, key: key.trim(), value: value.trim(), taken: false }
}

/// An error of the grammar.
pub(super) fn syntax(line: usize, text: &str) -> Error {
    Error::at(line, What::Syntax(text.to_owned()))
}

impl Pair<'_> {
    /// The error that the value is not what it must be.
    pub(super) fn bad(&self, expected: &'static str) -> Error {
        Error::at(self.line, What::Value { field: self.key.to_owned(), expected })
    }

    /// Bytes in hex.
    pub(super) fn hex(&self) -> Result<Vec<u8>, Error> {
        self.hex_of(self.value)
    }

    /// Bytes in hex in a part of the value.
    pub(super) fn hex_of(&self, part: &str) -> Result<Vec<u8>, Error> {
        HEXLOWER_PERMISSIVE.decode(part.as_bytes()).map_err(|_| self.bad("whole bytes in hex"))
    }

    /// Exactly so many bytes in hex.
    pub(super) fn sized(&self, len: usize) -> Result<Vec<u8>, Error> {
        let bytes = self.hex()?;
        if bytes.len() == len { Ok(bytes) } else { Err(self.bad("of the length that its algorithm says")) }
    }

    /// Bytes in hex, or as text in quotes without escapes.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Error> {
        match self.value.strip_prefix('"') {
            None => self.hex(),
            Some(rest) => match rest.strip_suffix('"') {
                Some(text) if !text.contains(['"', '\\']) => Ok(text.as_bytes().to_vec()),
                _ => Err(self.bad("hex, or text in quotes without escapes")),
            },
        }
    }

    /// A number.
    pub(super) fn number(&self) -> Result<u64, Error> {
        self.value.parse().map_err(|_| self.bad("a number"))
    }

    /// A length in bits, in bytes.
    pub(super) fn bits(&self) -> Result<usize, Error> {
        let bits = self.number()?;
        let whole = if bits % 8 == 0 { usize::try_from(bits / 8).ok() } else { None };
        whole.ok_or_else(|| self.bad("a length in bits of whole bytes"))
    }
}

impl<'a> Block<'a> {
    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|pair| pair.key == key)
    }

    /// Takes a key, or its next occurrence.
    pub(super) fn take(&mut self, key: &str) -> Option<Pair<'a>> {
        let pair = self.pairs.iter_mut().find(|pair| !pair.taken && pair.key == key)?;
        pair.taken = true;
        Some(*pair)
    }

    /// Takes the next line, whatever its key.
    pub(super) fn next(&mut self) -> Option<Pair<'a>> {
        let pair = self.pairs.iter_mut().find(|pair| !pair.taken)?;
        pair.taken = true;
        Some(*pair)
    }

    /// Takes a key that must be there.
    pub(super) fn must(&mut self, key: &str) -> Result<Pair<'a>, Error> {
        self.take(key).ok_or_else(|| Error::at(self.line, What::MissingField(key.to_owned())))
    }

    /// Takes bytes that must be there.
    pub(super) fn hex(&mut self, key: &str) -> Result<Vec<u8>, Error> {
        self.must(key)?.hex()
    }

    /// Finds what nobody took.
    pub(super) fn finish(&self) -> Result<(), Error> {
        let Some(left) = self.pairs.iter().find(|pair| !pair.taken) else { return Ok(()) };
        let key = left.key.to_owned();
        let twice = self.pairs.iter().any(|pair| pair.taken && pair.key == left.key);
        Err(Error::at(left.line, if twice { What::Misplaced(key) } else { What::UnknownField(key) }))
    }

    /// A case of this block. Its id is the line and the words, which tell the cases of one block apart.
    pub(super) fn case(&self, words: &str, alg: Alg, op: Op, input: Input, expect: Expect) -> Case {
        let id = format!("line {}, {words}", self.line);
        Case { id, note: self.note.clone(), flags: Vec::new(), question: Question { alg, op, input }, expect }
    }
}

/// What an AEAD entry holds.
pub(super) struct Aead {
    pub(super) alg: Alg,
    pub(super) key: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) aad: Vec<u8>,
    /// None if the tag must not verify.
    pub(super) msg: Option<Vec<u8>>,
    pub(super) ct: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl Aead {
    /// Opening; and sealing, where the tag is right.
    pub(super) fn cases(self, block: &Block<'_>, cases: &mut Vec<Case>) {
        use crate::Field as F;
        let Self { alg, key, nonce, aad, msg, ct, tag } = self;
        let common = Input::new().with(F::Key, key).with(F::Nonce, nonce).with(F::Aad, aad);
        let open = common.clone().with(F::Ct, ct.clone()).with(F::Tag, tag.clone());
        let Some(msg) = msg else {
            cases.push(block.case("open", alg, Op::Open, open, Expect::Reject));
            return;
        };
        let opened = Expect::Output(Output::from([(F::Msg, msg.clone())]));
        cases.push(block.case("open", alg, Op::Open, open, opened));
        let seal = common.with(F::Msg, msg);
        let seal = match tag.len() {
            16 => seal,
            len => seal.with_number(F::TagLen, u64::try_from(len).unwrap_or(u64::MAX)),
        };
        let sealed = Expect::Output(Output::from([(F::Ct, ct), (F::Tag, tag)]));
        cases.push(block.case("seal", alg, Op::Seal, seal, sealed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_blocks() {
        let text =
            "# File\r\n\r\n[L = 1]\r\n[Name]\r\n# a note\r\nA = 00fF\r\nFAIL\r\n\r\nA = \"x y\"\r\n[L = 2]\r\nB=16\n";
        let all = blocks(text, Split::Blank).unwrap();
        assert_eq!(all.len(), 3);
        let mut first = all[0].clone();
        assert_eq!((first.line, first.note.as_str(), first.header.len()), (6, "a note", 2));
        assert_eq!((first.header[0].key, first.header[0].value), ("L", "1"));
        assert_eq!(first.hex("A").unwrap(), [0, 0xff]);
        assert!(first.has("FAIL"));
        assert_eq!(first.finish().unwrap_err().to_string(), "vectors:7: unknown field `FAIL`");
        assert_eq!(first.take("FAIL").unwrap().value, "");
        first.finish().unwrap();
        let mut second = all[1].clone();
        assert_eq!((second.header.len(), second.note.as_str()), (2, ""));
        assert_eq!(second.must("A").unwrap().bytes().unwrap(), b"x y");
        assert_eq!(second.must("Z").unwrap_err().to_string(), "vectors:9: missing field `Z`");
        let mut third = all[2].clone();
        assert_eq!((third.header.len(), third.header[0].value), (1, "2"));
        assert_eq!(third.must("B").unwrap().bits().unwrap(), 2);
    }

    #[test]
    fn a_key_can_start_a_block_and_a_repeated_one_is_misplaced() {
        let all = blocks("Seed = 00\nN = 1\nA = 1\n\nA = 2\n\nN = 2\n", Split::Key("N")).unwrap();
        assert_eq!(all.iter().map(|block| block.line).collect::<Vec<_>>(), [1, 2, 7]);
        let mut second = all[1].clone();
        second.take("N");
        second.take("A");
        assert_eq!(second.finish().unwrap_err().to_string(), "vectors:5: field `A` must not be here");
    }

    #[test]
    fn pem_is_one_value() {
        let text = "Key = k\n-----BEGIN X-----\nAA=\n\nBB\n-----END X-----\nA = 1\n";
        let mut block = blocks(text, Split::Blank).unwrap().remove(0);
        assert_eq!(block.take("PEM").unwrap().value, "-----BEGIN X-----\nAA=\n\nBB\n-----END X-----\n");
        assert_eq!(block.take("A").unwrap().line, 7);
        let cut = blocks("Key = k\n-----BEGIN X-----\nAA\n", Split::Blank).unwrap_err();
        assert_eq!((cut.place, cut.what), (crate::Place::Line(2), What::Truncated));
    }

    #[test]
    fn bad_values_name_line_and_field() {
        for (text, error) in [
            ("A = 0", "vectors:1: field `A` must be whole bytes in hex"),
            ("A = 0g", "vectors:1: field `A` must be whole bytes in hex"),
            ("A = \"a\\n\"", "vectors:1: field `A` must be hex, or text in quotes without escapes"),
            ("A = \"a", "vectors:1: field `A` must be hex, or text in quotes without escapes"),
        ] {
            let mut block = blocks(text, Split::Blank).unwrap().remove(0);
            assert_eq!(block.must("A").unwrap().bytes().unwrap_err().to_string(), error, "{text}");
        }
        let mut block = blocks("A = 12", Split::Blank).unwrap().remove(0);
        let bits = block.must("A").unwrap();
        assert_eq!(
            bits.bits().unwrap_err().to_string(),
            "vectors:1: field `A` must be a length in bits of whole bytes"
        );
        assert_eq!(blocks("# only\n\n", Split::Blank).unwrap_err().what, What::Empty);
        assert!(blocks("[x\n", Split::Blank).is_err());
    }
}
