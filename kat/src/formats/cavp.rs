//! NIST CAVP responses of AES-GCM, SHA-2, SHA-3 and SHAKE, and the text files of HKDF, ChaCha20-Poly1305 and
//! X25519 that the Python package `cryptography-vectors` keeps in the same grammar.

use crate::{
    Alg, Case, Error, Expect, Field as F, Input, Op, Output,
    error::What,
    formats::blocks::{Aead, Block, Pair, Split, blocks, syntax},
};

/// Reads a file. CAVP names the algorithm in the comments at its head; the others by their fields.
///
/// # Errors
/// A line out of the grammar, an algorithm that is not read here, an unknown field, a value of a wrong length.
pub(crate) fn read(_file_name: &str, text: &str) -> Result<Vec<Case>, Error> {
    let head = || text.lines().map(str::trim).take_while(|line| line.starts_with('#'));
    if head().any(|line| line.contains("GCM ") && line.contains(" with keysize ")) {
        return each(text, Split::Blank, gcm);
    }
    if let Some((name, kind)) = head().find_map(|line| line.split('"').nth(1)?.rsplit_once(' ')) {
        let alg = Alg::by_name(name).ok_or_else(|| Error::of_file(What::Algorithm(name.into())))?;
        return match (alg.family(), kind) {
            (crate::Family::Hash, "ShortMsg" | "LongMsg") => each(text, Split::Blank, |block| hash(alg, block)),
            (crate::Family::Hash, "Monte") => monte(alg, text),
            (crate::Family::Xof, "ShortMsg" | "LongMsg" | "VariableOut") => {
                each(text, Split::Blank, |block| xof(alg, block))
            }
            _ => Err(Error::of_file(What::Algorithm(format!("{name} {kind}")))),
        };
    }
    each(text, Split::Key("COUNT"), |block| {
        block.must("COUNT")?.number()?;
        if block.has("IKM") {
            hkdf(block)
        } else if block.has("NONCE") {
            boringssl(block)
        } else if block.has("Plaintext") {
            openssl(block)
        } else if block.has("INPUT_SCALAR") {
            x25519(block)
        } else {
            Err(syntax(block.line, "an entry of none of the algorithms that are read in this format"))
        }
    })
}

fn each<'a>(
    text: &'a str,
    split: Split,
    mut read: impl FnMut(&mut Block<'a>) -> Result<Vec<Case>, Error>,
) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for mut block in blocks(text, split)? {
        cases.append(&mut read(&mut block)?);
        block.finish()?;
    }
    Ok(cases)
}

/// A value that must be so many bytes.
fn of_length(pair: Pair<'_>, len: usize) -> Result<Vec<u8>, Error> {
    let bytes = pair.hex()?;
    if bytes.len() == len { Ok(bytes) } else { Err(pair.bad("as long as the section or the entry says")) }
}

/// SP 800-38D. The sections over an entry are the lengths of its values in bits.
fn gcm(block: &mut Block<'_>) -> Result<Vec<Case>, Error> {
    block.must("Count")?.number()?;
    let header = block.header.clone();
    let mut sized = |key: &str, length: &str| {
        let section = header.iter().find(|section| section.key == length);
        let section = section.ok_or_else(|| Error::at(block.line, What::MissingField(length.into())))?;
        let len = section.bits()?;
        block.take(key).map(|pair| of_length(pair, len)).transpose()
    };
    let mut must = |key: &str, length: &str| {
        sized(key, length)?
            .ok_or_else(|| Error::at(header.first().map_or(1, |h| h.line), What::MissingField(key.into())))
    };
    let (key, nonce, aad) = (must("Key", "Keylen")?, must("IV", "IVlen")?, must("AAD", "AADlen")?);
    let (ct, tag) = (must("CT", "PTlen")?, must("Tag", "Taglen")?);
    let msg = sized("PT", "PTlen")?;
    let alg = match key.len() {
        16 => Alg::Aes128Gcm,
        24 => Alg::Aes192Gcm,
        32 => Alg::Aes256Gcm,
        _ => return Err(Error::at(block.line, What::Value { field: "Key".into(), expected: "16, 24 or 32 bytes" })),
    };
    match (&msg, block.take("FAIL")) {
        (None, None) => return Err(Error::at(block.line, What::MissingField("PT".into()))),
        (Some(_), Some(fail)) => return Err(Error::at(fail.line, What::Misplaced("FAIL".into()))),
        _ => {}
    }
    let mut cases = Vec::new();
    Aead { alg, key, nonce, aad, msg, ct, tag }.cases(block, &mut cases);
    Ok(cases)
}

/// A message of `Len` bits; the empty one is written as one zero byte.
fn message(block: &mut Block<'_>) -> Result<Vec<u8>, Error> {
    let (len, msg) = (block.must("Len")?.bits()?, block.must("Msg")?);
    if len == 0 && msg.value == "00" { Ok(Vec::new()) } else { of_length(msg, len) }
}

fn digest_len(alg: Alg) -> usize {
    match alg {
        Alg::Sha224 | Alg::Sha512_224 | Alg::Sha3_224 => 28,
        Alg::Sha256 | Alg::Sha512_256 | Alg::Sha3_256 => 32,
        Alg::Sha384 | Alg::Sha3_384 => 48,
        _ => 64,
    }
}

/// The section `L` is the digest's length, in bytes for SHA-2 and in bits for SHA-3.
fn check_section(alg: Alg, block: &Block<'_>) -> Result<(), Error> {
    let [section] = block.header.as_slice() else { return Err(syntax(block.line, "one section must be over this: L")) };
    if section.key != "L" {
        return Err(Error::at(section.line, What::UnknownField(section.key.into())));
    }
    let len =
        if alg.name().starts_with("SHA3") { section.bits()? } else { usize::try_from(section.number()?).unwrap_or(0) };
    if len == digest_len(alg) { Ok(()) } else { Err(section.bad("the length of the digest")) }
}

fn digest(bytes: Vec<u8>) -> Expect {
    Expect::Output(Output::from([(F::Digest, bytes)]))
}

fn hash(alg: Alg, block: &mut Block<'_>) -> Result<Vec<Case>, Error> {
    check_section(alg, block)?;
    let msg = message(block)?;
    let md = block.must("MD")?.sized(digest_len(alg))?;
    Ok(vec![block.case("hash", alg, Op::Hash, Input::new().with(F::Msg, msg), digest(md))])
}

/// Each of the 100 links of the chain is a case: what it starts from is the end of the one before.
fn monte(alg: Alg, text: &str) -> Result<Vec<Case>, Error> {
    let mut all = blocks(text, Split::Blank)?.into_iter();
    let Some(mut first) = all.next() else { return Err(Error::of_file(What::Empty)) };
    check_section(alg, &first)?;
    let mut seed = first.must("Seed")?.sized(digest_len(alg))?;
    first.finish()?;
    let mut cases = Vec::new();
    for (number, mut block) in (0_u64..).zip(all) {
        let count = block.must("COUNT")?;
        if count.number()? != number {
            return Err(count.bad("one more than in the entry before: each starts from that one's MD"));
        }
        let md = block.must("MD")?.sized(digest_len(alg))?;
        block.finish()?;
        let input = Input::new().with(F::Msg, core::mem::replace(&mut seed, md.clone()));
        cases.push(block.case("monte", alg, Op::Monte, input, digest(md)));
    }
    if cases.is_empty() { Err(Error::of_file(What::Empty)) } else { Ok(cases) }
}

fn xof(alg: Alg, block: &mut Block<'_>) -> Result<Vec<Case>, Error> {
    let (mut out_len, mut in_len) = (None, None);
    for section in &block.header {
        match section.key {
            "Outputlen" => out_len = Some(section.bits()?),
            "Input Length" => in_len = Some(section.bits()?),
            // The least need not be of whole bytes; each entry says its own.
            "Minimum Output Length (bits)" | "Maximum Output Length (bits)" => drop(section.number()?),
            "Tested for Output of byte-oriented messages" => {}
            key => return Err(Error::at(section.line, What::UnknownField(key.into()))),
        }
    }
    if let Some(count) = block.take("COUNT") {
        count.number()?;
        out_len = Some(block.must("Outputlen")?.bits()?);
    }
    let out_len = out_len.ok_or_else(|| Error::at(block.line, What::MissingField("Outputlen".into())))?;
    let msg = match in_len {
        Some(len) => of_length(block.must("Msg")?, len)?,
        None => message(block)?,
    };
    let output = of_length(block.must("Output")?, out_len)?;
    let len = u64::try_from(out_len).unwrap_or(u64::MAX);
    let input = Input::new().with(F::Msg, msg).with_number(F::Len, len);
    Ok(vec![block.case("hash", alg, Op::Hash, input, digest(output))])
}

/// RFC 5869. `PRK` is on the way from `IKM` to `OKM`, and no output of its own.
fn hkdf(block: &mut Block<'_>) -> Result<Vec<Case>, Error> {
    let name = block.must("Hash")?;
    let alg = match name.value {
        "SHA-256" => Alg::HkdfSha256,
        "SHA-384" => Alg::HkdfSha384,
        "SHA-512" => Alg::HkdfSha512,
        other => return Err(Error::at(name.line, What::Algorithm(format!("HKDF-{other}")))),
    };
    let len = block.must("L")?;
    let okm = block.must("OKM")?.hex()?;
    if usize::try_from(len.number()?) != Ok(okm.len()) {
        return Err(len.bad("the length of OKM"));
    }
    if let Some(prk) = block.take("PRK") {
        prk.hex()?;
    }
    let input = Input::new()
        .with(F::Ikm, block.hex("IKM")?)
        .with(F::Salt, block.hex("salt")?)
        .with(F::Info, block.hex("info")?)
        .with_number(F::Len, len.number()?);
    let expect = Expect::Output(Output::from([(F::Okm, okm)]));
    Ok(vec![block.case("derive", alg, Op::Derive, input, expect)])
}

/// ChaCha20-Poly1305 as BoringSSL writes it: text may stand in quotes.
fn boringssl(block: &mut Block<'_>) -> Result<Vec<Case>, Error> {
    let mut bytes = |key| block.must(key)?.bytes();
    let entry = Aead {
        alg: Alg::ChaCha20Poly1305,
        key: bytes("KEY")?,
        nonce: bytes("NONCE")?,
        aad: bytes("AD")?,
        msg: Some(bytes("IN")?),
        ct: bytes("CT")?,
        tag: bytes("TAG")?,
    };
    let mut cases = Vec::new();
    entry.cases(block, &mut cases);
    Ok(cases)
}

/// ChaCha20-Poly1305 as OpenSSL writes it, with `Result` where the tag must not verify.
fn openssl(block: &mut Block<'_>) -> Result<Vec<Case>, Error> {
    let msg = block.hex("Plaintext")?;
    let msg = match block.take("Result") {
        None => Some(msg),
        Some(result) if result.value == "CIPHERFINAL_ERROR" => None,
        Some(result) => return Err(result.bad("CIPHERFINAL_ERROR")),
    };
    let entry = Aead {
        alg: Alg::ChaCha20Poly1305,
        key: block.hex("Key")?,
        nonce: block.hex("IV")?,
        aad: block.hex("AAD")?,
        msg,
        ct: block.hex("Ciphertext")?,
        tag: block.hex("Tag")?,
    };
    let mut cases = Vec::new();
    entry.cases(block, &mut cases);
    Ok(cases)
}

/// RFC 7748 §5.2.
fn x25519(block: &mut Block<'_>) -> Result<Vec<Case>, Error> {
    let mut sized = |key| block.must(key)?.sized(32);
    let input = Input::new().with(F::Private, sized("INPUT_SCALAR")?).with(F::Public, sized("INPUT_U")?);
    let expect = Expect::Output(Output::from([(F::Shared, sized("OUTPUT_U")?)]));
    Ok(vec![block.case("agree", Alg::X25519, Op::Agree, input, expect)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GCM: &str = "# CAVS 0\n# GCM Decrypt with keysize 128 test information\n\n[Keylen = 128]\n[IVlen = 8]\n\
                       [PTlen = 8]\n[AADlen = 0]\n[Taglen = 32]\n\n";
    const KEY: &str = "00112233445566778899aabbccddeeff";

    fn error(text: &str) -> String {
        read("", text).unwrap_err().to_string()
    }

    #[test]
    fn gcm_gives_two_cases_or_one_refusal() {
        let entry =
            |tail: &str| format!("Count = 0\nKey = {KEY}\nIV = 01\nCT = 02\nAAD = \nTag = 0a0b0c0d\n{tail}\n\n");
        let cases = read("", &format!("{GCM}{}{}", entry("PT = 03"), entry("FAIL"))).unwrap();
        let ids: Vec<_> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["line 10, open", "line 10, seal", "line 18, open"]);
        assert_eq!(cases[1].question.input.number(F::TagLen), Some(4));
        assert_eq!(cases[2].expect, Expect::Reject);
        for case in &cases {
            case.shape().unwrap();
            assert_eq!(case.question.alg, Alg::Aes128Gcm);
        }
        let bad = |tail: &str| error(&format!("{GCM}{}", entry(tail)));
        assert_eq!(bad(""), "vectors:10: missing field `PT`");
        assert_eq!(bad("PT = 03\nFAIL"), "vectors:17: field `FAIL` must not be here");
        assert_eq!(bad("PT = 0304"), "vectors:16: field `PT` must be as long as the section or the entry says");
        assert_eq!(bad("PT = 03\nXX = 1"), "vectors:17: unknown field `XX`");
    }

    const SHA: &str = "#  \"SHA-224 Monte\" information\n\n[L = 28]\n\n";

    #[test]
    fn hashes_have_lengths_in_bits_and_an_empty_message() {
        let md = "ab".repeat(28);
        let head = SHA.replace("Monte", "ShortMsg");
        let text = format!("{head}Len = 0\nMsg = 00\nMD = {md}\n\nLen = 8\nMsg = 00\nMD = {md}\n");
        let cases = read("", &text).unwrap();
        assert!(cases[0].question.input.bytes(F::Msg).is_empty());
        assert_eq!(cases[1].question.input.bytes(F::Msg), [0]);
        let bits = error(&text.replace("Len = 8", "Len = 7"));
        assert_eq!(bits, "vectors:9: field `Len` must be a length in bits of whole bytes");
        let section = error(&text.replace("L = 28", "L = 32"));
        assert_eq!(section, "vectors:3: field `L` must be the length of the digest");
        assert_eq!(error(&text.replace("SHA-224", "SHA-1")), "vectors: unknown algorithm `SHA-1`");
        let shake = "# \"SHAKE128 VariableOut\"\n\n[Input Length = 8]\n[Minimum Output Length (bits) = 9]\nCOUNT = 0\n\
                     Outputlen = 16\nMsg = 00\nOutput = aabb\n";
        let cases = read("", shake).unwrap();
        assert_eq!(cases[0].question.input.number(F::Len), Some(2));
        cases[0].shape().unwrap();
        assert_eq!(error(&shake.replace("VariableOut", "Monte")), "vectors: unknown algorithm `SHAKE128 Monte`");
        assert!(error(&shake.replace("Input Length", "Xx")).contains("unknown field `Xx`"));
    }

    #[test]
    fn each_link_of_a_monte_carlo_chain_starts_where_the_one_before_ended() {
        let [a, b, c] = ["aa", "bb", "cc"].map(|byte| byte.repeat(28));
        let text = format!("{SHA}Seed = {a}\n\nCOUNT = 0\nMD = {b}\n\nCOUNT = 1\nMD = {c}\n");
        let cases = read("", &text).unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].question.input.bytes(F::Msg), [0xaa; 28]);
        assert_eq!(cases[1].question.input.bytes(F::Msg), [0xbb; 28]);
        assert!(error(&text.replace("COUNT = 1", "COUNT = 2")).starts_with("vectors:10: field `COUNT`"));
        assert!(error(&format!("{SHA}Seed = {a}\n")).contains("not one case"));
    }

    #[test]
    fn the_plain_text_files_are_told_apart_by_their_fields() {
        let hkdf =
            "# A\n\nCOUNT = 1\n\nHash = SHA-256\nIKM  = 0b\nsalt =\ninfo = f0\nL    = 2\n\nPRK = 01\nOKM  = 3cb2\n";
        let case = read("", hkdf).unwrap().remove(0);
        assert_eq!((case.question.alg, case.note.as_str()), (Alg::HkdfSha256, "A"));
        case.shape().unwrap();
        assert!(error(&hkdf.replace("SHA-256", "SHA-1")).contains("unknown algorithm `HKDF-SHA-1`"));
        assert!(error(&hkdf.replace("= 2", "= 3")).starts_with("vectors:9: field `L`"));
        let google = "COUNT = 1\nKEY= 00\nNONCE= 01\nIN= \"1\"\nAD= \"12\"\nCT= ae\nTAG= 3e\n";
        let cases = read("", google).unwrap();
        assert_eq!((cases.len(), cases[1].question.input.bytes(F::Msg)), (2, b"1".as_slice()));
        let openssl = "COUNT = 1\nKey = 00\nIV = 01\nAAD =\nTag = 02\nPlaintext = 03\nCiphertext = 04\n";
        assert_eq!(read("", openssl).unwrap().len(), 2);
        let refused = read("", &format!("{openssl}Result = CIPHERFINAL_ERROR\n")).unwrap();
        assert_eq!((refused.len(), &refused[0].expect), (1, &Expect::Reject));
        assert!(error(&format!("{openssl}Result = OTHER\n")).starts_with("vectors:8: field `Result`"));
        let curve = format!("COUNT = 1\nINPUT_SCALAR = {0}\nINPUT_U = {0}\nOUTPUT_U = {0}\n", "01".repeat(32));
        read("", &curve).unwrap()[0].shape().unwrap();
        assert!(error("COUNT = 1\nA = 1\n").starts_with("vectors:1: "));
    }
}
