//! BoringSSL's text files of ML-KEM and ML-DSA: its own, those made of NIST's, and ML-DSA's of Wycheproof.
//!
//! They do not say which parameter set they are of; their names do, as `mlkem768_encap_tests.txt` and
//! `mldsa_nist_keygen_65_tests.txt`.

use crate::{
    Alg, Case, Error, Expect, Field as F, Input, Op, Output, What,
    formats::blocks::{Block, Pair, Split, blocks},
};

/// Reads a file.
///
/// # Errors
/// A name that does not tell the algorithm; a line out of the grammar, a test of no known kind, a missing or
/// unknown field.
pub(crate) fn read(file_name: &str, text: &str) -> Result<Vec<Case>, Error> {
    let words = "the file's name must tell the algorithm, as `mlkem768_…` or `mldsa_…_65_…` does";
    let alg = by_file_name(file_name).ok_or_else(|| Error::of_file(What::Syntax(words.into())))?;
    let mut cases = Vec::new();
    for mut block in blocks(text, Split::Blank)? {
        let mut header = Header(block.header.clone());
        let case = if matches!(alg, Alg::MlKem512 | Alg::MlKem768 | Alg::MlKem1024) {
            ml_kem(alg, &mut block, &mut header)?
        } else {
            ml_dsa(alg, &mut block, &mut header)?
        };
        block.finish()?;
        header.finish()?;
        cases.push(case);
    }
    Ok(cases)
}

fn by_file_name(path: &str) -> Option<Alg> {
    let name = path.rsplit(['/', '\\']).next()?;
    let has = |number: &str| name.split(|c: char| !c.is_ascii_digit()).any(|part| part == number);
    let rows: &[(&str, Alg)] = if name.contains("mlkem") {
        &[("512", Alg::MlKem512), ("768", Alg::MlKem768), ("1024", Alg::MlKem1024)]
    } else if name.contains("mldsa") {
        &[("44", Alg::MlDsa44), ("65", Alg::MlDsa65), ("87", Alg::MlDsa87)]
    } else {
        &[]
    };
    rows.iter().find(|(number, _)| has(number)).map(|(_, alg)| *alg)
}

/// The section lines over a test, each to be taken once.
struct Header<'a>(Vec<Pair<'a>>);

impl<'a> Header<'a> {
    fn has(&self, key: &str) -> bool {
        self.0.iter().any(|pair| pair.key == key)
    }

    fn take(&mut self, key: &str) -> Option<Pair<'a>> {
        let at = self.0.iter().position(|pair| pair.key == key)?;
        Some(self.0.remove(at))
    }

    fn must(&mut self, block: &Block<'_>, key: &str) -> Result<Vec<u8>, Error> {
        self.take(key).ok_or_else(|| Error::at(block.line, What::MissingField(key.to_owned())))?.bytes()
    }

    fn finish(&self) -> Result<(), Error> {
        self.0.first().map_or(Ok(()), |pair| Err(Error::at(pair.line, What::UnknownField(pair.key.to_owned()))))
    }
}

fn bytes(block: &mut Block<'_>, key: &str) -> Result<Vec<u8>, Error> {
    block.must(key)?.bytes()
}

/// What must come of a test that may have to fail.
fn result(block: &mut Block<'_>, output: Output) -> Result<Expect, Error> {
    let pair = block.must("result")?;
    match pair.value {
        "pass" | "valid" => Ok(Expect::Output(output)),
        "acceptable" => Ok(Expect::Either(output)),
        "fail" | "invalid" => Ok(Expect::Reject),
        _ => Err(pair.bad("pass, fail, valid, acceptable or invalid")),
    }
}

fn ml_kem(alg: Alg, block: &mut Block<'_>, header: &mut Header<'_>) -> Result<Case, Error> {
    let input = Input::new();
    let comment = block.take("comment").map(|pair| pair.value);
    let (op, input, expect) = if block.has("entropy") {
        let input = input.with(F::Ek, bytes(block, "public_key")?).with(F::M, bytes(block, "entropy")?);
        let output = [(F::C, bytes(block, "ciphertext")?), (F::K, bytes(block, "shared_secret")?)];
        (Op::Encaps, input, result(block, Output::from(output))?)
    } else if block.has("ciphertext") {
        let input = input.with(F::Dk, bytes(block, "private_key")?).with(F::C, bytes(block, "ciphertext")?);
        let output = Output::from([(F::K, bytes(block, "shared_secret")?)]);
        (Op::Decaps, input, result(block, output)?)
    } else if block.has("c") {
        let input = input.with(F::Dk, header.must(block, "dk")?).with(F::C, bytes(block, "c")?);
        (Op::Decaps, input, Expect::Output(Output::from([(F::K, bytes(block, "k")?)])))
    } else if block.has("z") {
        let seed = [bytes(block, "d")?, bytes(block, "z")?].concat();
        let output = [(F::Ek, bytes(block, "ek")?), (F::Dk, bytes(block, "dk")?)];
        (Op::Keygen, input.with(F::Seed, seed), Expect::Output(Output::from(output)))
    } else {
        let input = input.with(F::Seed, bytes(block, "seed")?);
        let output = [(F::Ek, bytes(block, "public_key")?), (F::Dk, bytes(block, "private_key")?)];
        (Op::Keygen, input, Expect::Output(Output::from(output)))
    };
    let mut case = block.case(op.name(), alg, op, input, expect);
    if let Some(comment) = comment {
        comment.clone_into(&mut case.note);
    }
    Ok(case)
}

fn ml_dsa(alg: Alg, block: &mut Block<'_>, header: &mut Header<'_>) -> Result<Case, Error> {
    let input = Input::new();
    let (op, input, expect) = if block.has("pub") {
        let input = input.with(F::Seed, bytes(block, "seed")?);
        let output = [(F::Pk, bytes(block, "pub")?), (F::Sk, bytes(block, "priv")?)];
        (Op::Keygen, input, Expect::Output(Output::from(output)))
    } else if block.has("sk") {
        let input = input.with(F::Sk, bytes(block, "sk")?).with(F::Msg, bytes(block, "message")?);
        let output = Output::from([(F::Sig, bytes(block, "signature")?)]);
        (Op::SignInternal, input.with(F::Rnd, [0; 32]), Expect::Output(output))
    } else {
        return wycheproof(alg, block, header);
    };
    Ok(block.case(op.name(), alg, op, input, expect))
}

/// A test that BoringSSL made of Wycheproof's JSON. Where it has a message, its μ is on the way.
fn wycheproof(alg: Alg, block: &mut Block<'_>, header: &mut Header<'_>) -> Result<Case, Error> {
    let input = Input::new();
    let signs = header.has("privateKey") || header.has("privateSeed");
    let public = header.take("publicKey").map(|pair| pair.bytes()).transpose()?;
    for der in ["publicKeyDer", "privateKeyPkcs8"] {
        header.take(der);
    }
    let mu = block.take("mu").map(|pair| pair.bytes()).transpose()?;
    let ctx = block.take("ctx").map(|pair| pair.bytes()).transpose()?.unwrap_or_default();
    let sig = bytes(block, "sig")?;
    let (op, input, expect) = if signs {
        let input = match header.take("privateSeed") {
            Some(seed) => input.with(F::Seed, seed.bytes()?),
            None => input.with(F::Sk, header.must(block, "privateKey")?),
        };
        let rnd = block.take("rnd").map(|pair| pair.bytes()).transpose()?.unwrap_or_else(|| vec![0; 32]);
        let input = input.with(F::Rnd, rnd);
        let (op, input) = match (block.take("msg"), mu) {
            (None, Some(mu)) => (Op::SignMu, input.with(F::Mu, mu)),
            (Some(msg), _) => (Op::Sign, input.with(F::Msg, msg.bytes()?).with(F::Ctx, ctx)),
            (None, None) => return Err(Error::at(block.line, What::MissingField("msg".into()))),
        };
        (op, input, result(block, Output::from([(F::Sig, sig)]))?)
    } else {
        let pk = public.ok_or_else(|| Error::at(block.line, What::MissingField("publicKey".into())))?;
        let input = input.with(F::Pk, pk).with(F::Msg, bytes(block, "msg")?).with(F::Ctx, ctx).with(F::Sig, sig);
        (Op::Verify, input, result(block, Output::new())?)
    };
    let flags = block.take("flags").map(|pair| pair.value).unwrap_or_default();
    let mut case = block.case(op.name(), alg, op, input, expect);
    case.flags = flags.split(',').map(str::trim).filter(|flag| !flag.is_empty()).map(str::to_owned).collect();
    Ok(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, text: &str) -> Case {
        let cases = read(name, text).unwrap();
        let [case] = &cases[..] else { panic!("{cases:?}") };
        case.shape().unwrap();
        case.clone()
    }

    #[test]
    fn every_kind_of_ml_kem_test_is_read() {
        let keygen = one("a/mlkem768_keygen_tests.txt", "# c\n\nseed = 01\npublic_key = 02\nprivate_key = 03\n");
        assert_eq!((keygen.id.as_str(), keygen.question.alg), ("line 3, keygen", Alg::MlKem768));
        assert_eq!(keygen.expect, Expect::Output(Output::from([(F::Ek, vec![2]), (F::Dk, vec![3])])));

        let keygen = one("mlkem1024_nist_keygen_tests.txt", "z = 01\nd = 02\nek = 03\ndk = 04\n");
        assert_eq!((keygen.question.alg, keygen.question.input.bytes(F::Seed)), (Alg::MlKem1024, &[2, 1][..]));

        let text = "comment = a: \"b\"\nentropy = 01\npublic_key = 02\nresult = fail\nciphertext =\nshared_secret =\n";
        let encaps = one("mlkem768_encap_tests.txt", text);
        assert_eq!((encaps.note.as_str(), &encaps.expect), ("a: \"b\"", &Expect::Reject));
        assert_eq!(encaps.question.input, Input::new().with(F::Ek, [2]).with(F::M, [1]));

        let text = "private_key = 01\nciphertext = 02\nresult = pass\nshared_secret = 03\n";
        let decaps = one("mlkem768_decap_tests.txt", text);
        assert_eq!(decaps.expect, Expect::Output(Output::from([(F::K, vec![3])])));

        let text = "[dk = 01]\n\nc = 02\nk = 03\n\nc = 04\nk = 05\n";
        let cases = read("mlkem768_nist_decap_tests.txt", text).unwrap();
        assert_eq!(cases[1].question.input, Input::new().with(F::Dk, [1]).with(F::C, [4]));
        assert_eq!(cases[1].id, "line 6, decaps");
    }

    #[test]
    fn every_kind_of_ml_dsa_test_is_read() {
        let keygen = one("mldsa_nist_keygen_65_tests.txt", "seed = 01\npub = 02\npriv = 03\n");
        assert_eq!((keygen.question.alg, keygen.question.op), (Alg::MlDsa65, Op::Keygen));

        let sign = one("mldsa_nist_siggen_87_tests.txt", "sk = 01\nmessage = 02\nsignature = 03\n");
        assert_eq!((sign.question.op, sign.question.input.bytes(F::Rnd)), (Op::SignInternal, &[0; 32][..]));

        let head = "[privateSeed = 01]\n[privateKeyPkcs8 = 02]\n[publicKey = 03]\n\n";
        let text =
            format!("{head}# tcId = 1\n# n\nmsg = 04\nmu = 05\nctx = 06\nsig = 07\nresult = valid\nflags = A,B\n");
        let sign = one("mldsa_44_sign_seed_test.txt", &text);
        assert_eq!((sign.note.as_str(), sign.flags.as_slice()), ("tcId = 1; n", &["A".to_owned(), "B".into()][..]));
        let input = Input::new().with(F::Seed, [1]).with(F::Msg, [4]).with(F::Ctx, [6]).with(F::Rnd, [0; 32]);
        assert_eq!(sign.question.input, input);
        let mu = one("mldsa_44_sign_seed_test.txt", &format!("{head}mu = 05\nsig = 07\nresult = valid\n"));
        assert_eq!(mu.question.op, Op::SignMu);

        let text = "[publicKey = 01]\n[publicKeyDer = 02]\n\nmsg = 03\nsig = 04\nresult = invalid\n";
        let verify = one("mldsa_44_verify_test.txt", text);
        assert_eq!((verify.question.op, &verify.expect), (Op::Verify, &Expect::Reject));
    }

    #[test]
    fn wrong_files_name_line_and_field() {
        let encaps = "entropy = 01\npublic_key = 02\nresult = pass\nciphertext = 03\nshared_secret = 04\n";
        for (name, text, error) in [
            (
                "encap_tests.txt",
                encaps.to_owned(),
                "vectors: the file's name must tell the algorithm, as `mlkem768_…` or `mldsa_…_65_…` does",
            ),
            ("mlkem768.txt", encaps.replace("= 03", "= 0"), "vectors:4: field `ciphertext` must be whole bytes in hex"),
            ("mlkem768.txt", encaps.replace("public_key = 02\n", ""), "vectors:1: missing field `public_key`"),
            ("mlkem768.txt", encaps.replace("result", "x = y\nresult"), "vectors:3: unknown field `x`"),
            ("mlkem768.txt", format!("{encaps}entropy = 01\n"), "vectors:6: field `entropy` must not be here"),
            ("mlkem768.txt", format!("[x = 1]\n\n{encaps}"), "vectors:1: unknown field `x`"),
            (
                "mlkem768.txt",
                encaps.replace("pass", "passed"),
                "vectors:3: field `result` must be pass, fail, valid, acceptable or invalid",
            ),
            ("mlkem768.txt", "c = 01\nk = 02\n".into(), "vectors:1: missing field `dk`"),
            ("mldsa_65.txt", "sig = 01\nmsg = 02\nresult = valid\n".into(), "vectors:1: missing field `publicKey`"),
        ] {
            assert_eq!(read(name, &text).unwrap_err().to_string(), error);
        }
    }
}
