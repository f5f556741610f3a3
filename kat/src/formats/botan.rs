//! Botan's `.vec` files of ML-KEM and X25519.
//!
//! Of an ML-KEM entry only decapsulation can be asked whole. `Seed` draws `z`, `d` and `m` from NIST's
//! generator, in this order, and `CT_N` with its secret `SS_N` is there in full. But `PK`, `SK` and `CT` are
//! there as 16-byte digests, and `SS` belongs to the ciphertext behind `CT`: no implementation gives digests of
//! its outputs. The note of each case says so. The same entries stand in full in the `.rsp` file that Botan
//! took them from.

use crate::{
    Alg, Case, Error, Expect, Field as F, Input, Op, Output,
    error::What,
    formats::{
        blocks::{Block, Split, blocks},
        drbg::Drbg,
    },
};

/// Reads a file.
///
/// # Errors
/// A line out of the grammar, an algorithm that is not read here, an unknown field, a value of a wrong length.
pub(crate) fn read(_file_name: &str, text: &str) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for mut block in blocks(text, Split::Blank)? {
        let alg = match block.header.first().map(|section| section.key) {
            None if block.has("CounterKey") => Alg::X25519,
            None => return Err(Error::at(block.line, What::Algorithm("of a block without a section".into()))),
            Some(name) => match Alg::by_name(name) {
                Some(alg @ (Alg::MlKem512 | Alg::MlKem768 | Alg::MlKem1024 | Alg::X25519)) => alg,
                _ => return Err(Error::at(block.line, What::Algorithm(name.into()))),
            },
        };
        let case = if alg == Alg::X25519 { x25519(&mut block)? } else { ml_kem(alg, &mut block)? };
        block.finish()?;
        cases.push(case);
    }
    Ok(cases)
}

/// Where the result is zero the file expects it, and RFC 7748 §6.1 lets an implementation refuse.
fn x25519(block: &mut Block<'_>) -> Result<Case, Error> {
    let shared = block.must("K")?.sized(32)?;
    let zero = shared.iter().all(|byte| *byte == 0);
    let input = Input::new().with(F::Private, block.hex("Secret")?).with(F::Public, block.hex("CounterKey")?);
    let output = Output::from([(F::Shared, shared)]);
    let expect = if zero { Expect::Either(output) } else { Expect::Output(output) };
    Ok(block.case("agree", Alg::X25519, Op::Agree, input, expect))
}

fn ml_kem(alg: Alg, block: &mut Block<'_>) -> Result<Case, Error> {
    let seed = block.must("Seed")?;
    let mut drbg = Drbg::new(&seed.hex()?.try_into().map_err(|_| seed.bad("48 bytes"))?);
    let (z, d) = (drbg.draw(32), drbg.draw(32));
    for (key, len) in [("PK", 16), ("SK", 16), ("CT", 16), ("SS", 32)] {
        block.must(key)?.sized(len)?;
    }
    let c_len = match alg {
        Alg::MlKem512 => 768,
        Alg::MlKem768 => 1088,
        _ => 1568,
    };
    let input = Input::new().with(F::Seed, [d, z].concat()).with(F::C, block.must("CT_N")?.sized(c_len)?);
    let expect = Expect::Output(Output::from([(F::K, block.must("SS_N")?.sized(32)?)]));
    let mut case = block.case("decaps", alg, Op::Decaps, input, expect);
    case.note = "PK, SK and CT are digests, and with SS are not tested".into();
    Ok(case)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn an_ml_kem_entry_is_one_decapsulation_with_the_seed_that_it_draws() {
        let hex = |byte: u8, len: usize| HEXLOWER.encode(&vec![byte; len]);
        let text = format!(
            "# made\n\n[ML-KEM-768]\nSeed = {}\nSS = {}\nPK = {}\nSK = {}\nCT = {}\nCT_N = {}\nSS_N = {}\n",
            "23f1c88bd0e65f2c891ce865bd3275a7ffdbe4f9036e75b96aad0412650e9cd2ea4591d4ab7131ea971b34c23a4ed245",
            hex(1, 32),
            hex(2, 16),
            hex(3, 16),
            hex(4, 16),
            hex(5, 1088),
            hex(6, 32),
        );
        let cases = read("", &text).unwrap();
        assert_eq!(cases.len(), 1);
        cases[0].shape().unwrap();
        assert_eq!(cases[0].question.alg, Alg::MlKem768);
        assert_eq!(
            HEXLOWER.encode(cases[0].question.input.bytes(F::Seed)),
            "6dbbc4375136df3b07f7c70e639e223e177e7fd53b161b3f4d57791794f12624\
             f696484048ec21f96cf50a56d0759c448f3779752f0383d37449690694cf7a68"
        );
        let unknown = read("", &text.replace("[ML-KEM-768]", "[FrodoKEM-640]")).unwrap_err();
        assert_eq!(unknown.to_string(), "vectors:4: unknown algorithm `FrodoKEM-640`");
        assert_eq!(read("", &text.replace("SS = ", "XX = ")).unwrap_err().what, What::MissingField("SS".into()));
        assert_eq!(read("", &format!("{text}XX = 1")).unwrap_err().what, What::UnknownField("XX".into()));
        assert!(read("", &text.replacen("CT = 04", "CT = ", 1)).is_err());
    }

    #[test]
    fn a_zero_result_may_be_refused() {
        let text = |k: &str| format!("# Test 9 (low order)\nSecret = 01\nCounterKey = 02\nK = {}\n", k.repeat(32));
        let zero = read("", &text("00")).unwrap().remove(0);
        assert!(matches!(zero.expect, Expect::Either(_)));
        assert_eq!(zero.note, "Test 9 (low order)");
        zero.shape().unwrap();
        assert!(matches!(read("", &text("01")).unwrap()[0].expect, Expect::Output(_)));
    }
}
