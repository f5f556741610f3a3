//! C2SP's Community Cryptography Test Vectors for ML-KEM: `modulus`, `strcmp`, `unluckysample` and
//! `intermediate`.
//!
//! They are of the FIPS 203 draft, with its matrix transposed back: against the final standard key generation
//! alone differs, where `k` was added to G's input. So keys from `d` are cases of the draft, and what is given
//! a whole key is a case of the final standard too.

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::{
    Alg, Case, Error, Expect, Field as F, Input, Op, Output, Question,
    algorithm::Lengths,
    error::What,
    formats::blocks::{Block, Split, blocks},
};

/// Final and draft algorithm.
const SETS: [(Alg, Alg); 3] =
    [(Alg::MlKem512, Alg::MlKem512Ipd), (Alg::MlKem768, Alg::MlKem768Ipd), (Alg::MlKem1024, Alg::MlKem1024Ipd)];

/// The set of which a length is this one, and its lengths.
fn set(is_it: impl Fn(&Lengths) -> bool) -> Option<(Alg, Alg, Lengths)> {
    SETS.into_iter().find_map(|(alg, draft)| Some((alg, draft, alg.lengths().filter(&is_it)?)))
}

/// The values on the way that the `intermediate` files tell beside the rest: for people, and no case's.
const INTERMEDIATE: [&str; 28] = [
    "ρ",
    "σ",
    "A[0, 0]",
    "A",
    "s[0]",
    "s",
    "NTT(s[0])",
    "dkPKE",
    "e",
    "NTT(e)",
    "t",
    "H(ek)",
    "r",
    "μ",
    "A^T",
    "NTT(r)",
    "e1",
    "e2",
    "u",
    "u[0]",
    "compress(u[0])",
    "c1",
    "v",
    "compress(v)",
    "c2",
    "uᵈ",
    "NTT(uᵈ)",
    "vᵈ",
];

/// Reads a file of one of the four kinds, which its content tells.
///
/// # Errors
/// A line out of the grammar, an unknown field, a value of a wrong length.
pub(crate) fn read(_file_name: &str, text: &str) -> Result<Vec<Case>, Error> {
    if !text.contains('=') {
        return modulus(text);
    }
    let mut all = blocks(text, Split::Blank)?;
    if let Some(second) = all.get(1) {
        return Err(Error::at(second.line, What::Syntax("one vector only is in a file of this kind".into())));
    }
    all.first_mut().map_or_else(|| Err(Error::of_file(What::Empty)), vector)
}

/// Encapsulation keys with one coefficient at or over the modulus, one a line. The files give no `m`; whatever
/// it is, encapsulation must refuse.
fn modulus(text: &str) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    let mut all: Option<Alg> = None;
    for (line, hex) in (1_usize..).zip(text.lines()) {
        let bad = |expected| Error::at(line, What::Value { field: "ek".into(), expected });
        let ek = HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).map_err(|_| bad("whole bytes in hex"))?;
        let set = set(|lengths| lengths.public == ek.len());
        let (alg, ..) = set.ok_or_else(|| bad("800, 1184 or 1568 bytes"))?;
        if *all.get_or_insert(alg) != alg {
            return Err(bad("as long as those before"));
        }
        let input = Input::new().with(F::Ek, ek);
        let case = |op: Op, input| Case {
            id: format!("line {line}, {op}"),
            note: "one coefficient is not reduced".into(),
            flags: Vec::new(),
            question: Question { alg, op, input },
            expect: Expect::Reject,
        };
        cases.push(case(Op::CheckEk, input.clone()));
        cases.push(case(Op::Encaps, input.with(F::M, [0; 32])));
    }
    if cases.is_empty() { Err(Error::of_file(What::Empty)) } else { Ok(cases) }
}

fn vector(block: &mut Block<'_>) -> Result<Vec<Case>, Error> {
    let dk_line = block.must("dk")?;
    let dk = dk_line.hex()?;
    let set = set(|lengths| lengths.private == dk.len());
    let (alg, draft, lengths) = set.ok_or_else(|| dk_line.bad("1632, 2400 or 3168 bytes"))?;
    let c = block.must("c")?.sized(lengths.result)?;
    let k = block.must("K")?.sized(32)?;
    let received = Output::from([(F::K, k.clone())]);
    let decaps = Input::new().with(F::Dk, dk.clone()).with(F::C, c.clone());
    let mut cases = vec![block.case("decaps", alg, Op::Decaps, decaps, Expect::Output(received))];
    if block.has("d") {
        let seed = [block.must("d")?.sized(32)?, block.must("z")?.sized(32)?].concat();
        let ek = block.must("ek")?.sized(lengths.public)?;
        let m = block.must("m")?.sized(32)?;
        let sent = Expect::Output(Output::from([(F::C, c.clone()), (F::K, k.clone())]));
        let encaps = Input::new().with(F::Ek, ek.clone()).with(F::M, m);
        cases.push(block.case("encaps", alg, Op::Encaps, encaps.clone(), sent.clone()));
        cases.push(block.case("draft encaps", draft, Op::Encaps, encaps, sent));
        let seed = Input::new().with(F::Seed, seed);
        let made = Expect::Output(Output::from([(F::Ek, ek.clone()), (F::Dk, dk)]));
        cases.push(block.case("draft keygen", draft, Op::Keygen, seed.clone(), made));
        let received = Expect::Output(Output::from([(F::K, k), (F::Ek, ek)]));
        cases.push(block.case("draft decaps", draft, Op::Decaps, seed.with(F::C, c), received));
        if block.has("KBar") {
            for key in INTERMEDIATE.into_iter().chain(["w", "KBar"]) {
                block.must(key)?;
            }
            // Twice each: of the two halves of dkPKE, and the bytes and the vector both named r.
            block.must("dkPKE")?;
            block.must("r")?;
        }
    }
    block.finish()?;
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn a_bad_key_must_be_refused_by_the_check_and_by_encapsulation() {
        let line = HEXLOWER.encode(&[0xff; 800]);
        let cases = read("", &format!("{line}\n{line}\n")).unwrap();
        assert_eq!(cases.len(), 4);
        assert_eq!(cases[3].id, "line 2, encaps");
        for case in &cases {
            case.shape().unwrap();
            assert_eq!((case.question.alg, &case.expect), (Alg::MlKem512, &Expect::Reject));
        }
        let other = HEXLOWER.encode(&[0; 1184]);
        assert!(read("", &format!("{line}\n{other}\n")).unwrap_err().to_string().starts_with("vectors:2: field `ek`"));
        assert!(read("", line.get(..1598).unwrap()).unwrap_err().to_string().starts_with("vectors:1: field `ek`"));
        assert_eq!(read("", "").unwrap_err().what, What::Empty);
    }

    #[test]
    fn only_what_draws_a_key_is_of_the_draft_alone() {
        let hex = |byte: u8, len: usize| HEXLOWER.encode(&vec![byte; len]);
        let strcmp = format!("dk = {}\nc = {}\nK = {}\n", hex(1, 1632), hex(2, 768), hex(3, 32));
        let cases = read("", &strcmp).unwrap();
        assert_eq!((cases.len(), cases[0].question.alg), (1, Alg::MlKem512));
        let unlucky =
            format!("d = {}\nz = {}\nek = {}\nm = {}\n{strcmp}", hex(4, 32), hex(5, 32), hex(6, 800), hex(7, 32));
        let cases = read("", &unlucky).unwrap();
        let of_draft =
            |op| cases.iter().filter(|case| case.question.op == op).all(|case| case.question.alg.is_legacy());
        assert_eq!(
            (cases.len(), of_draft(Op::Keygen), of_draft(Op::Encaps), of_draft(Op::Decaps)),
            (5, true, false, false)
        );
        for case in &cases {
            case.shape().unwrap();
        }
        assert_eq!(read("", &format!("{strcmp}w = 00\n")).unwrap_err().what, What::UnknownField("w".into()));
        let second = read("", &format!("{strcmp}\n{strcmp}")).unwrap_err();
        assert_eq!(second.place, crate::Place::Line(5));
    }
}
