//! OpenSSL's `evp_test` stanzas.
//!
//! These files test OpenSSL: much in them is its interface, its providers, and algorithms that are not read
//! here. Such a stanza is left out, and [`left_out`] lists each with its line and reason. What is neither that
//! nor read is an error: an unknown kind of stanza, or an unknown key in a stanza that is read.

use std::collections::BTreeMap;

use der::{
    Decode, Reader,
    asn1::{AnyRef, BitString, ObjectIdentifier, OctetString},
};

use crate::{
    Alg, Case, Error, Expect, Family, Field as F, Input, Op, Output,
    error::What,
    formats::blocks::{Aead, Block, Pair, Split, blocks},
};

/// Reads a file.
///
/// # Errors
/// A line out of the grammar, an unknown kind of stanza or key, a key name that nothing has, a bad value, or no
/// stanza that is read.
pub(crate) fn read(_file_name: &str, text: &str) -> Result<Vec<Case>, Error> {
    let file = File::read(text)?;
    if file.cases.is_empty() { Err(Error::of_file(What::Empty)) } else { Ok(file.cases) }
}

/// The stanzas that [`read`](super::read) leaves out: first line, and why.
///
/// # Errors
/// As [`read`](super::read), but for a file of which nothing is read.
pub fn left_out(text: &str) -> Result<Vec<(usize, String)>, Error> {
    File::read(text).map(|file| file.left_out)
}

/// Why a stanza gives no case.
enum Stop {
    Error(Error),
    LeftOut(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A key, or why its stanzas are left out.
type Key = Result<(Alg, Vec<u8>), String>;

#[derive(Default)]
struct File {
    private: BTreeMap<String, Key>,
    public: BTreeMap<String, Key>,
    cases: Vec<Case>,
    left_out: Vec<(usize, String)>,
}

/// Kinds of stanzas that are never read: of other algorithms, or of OpenSSL's interface.
const OTHERS: [&str; 12] = [
    "Decrypt",
    "DigestSign",
    "DigestVerify",
    "Encoding",
    "Encrypt",
    "MAC",
    "PBE",
    "RAND",
    "Sign",
    "Verify",
    "Verify-Message",
    "VerifyRecover",
];

/// Keys that say how OpenSSL's own test runs, and nothing of what must come out.
const OF_THE_RUN: [&str; 8] = [
    "Extended-Test",
    "FIPSversion",
    "Function",
    "Reason",
    "Security-Category",
    "Securitycheck",
    "Threads",
    "Unapproved",
];

/// The longest message that `Count` and `Ncopy` may make of a file's inputs together, in bytes.
const MOST: usize = 1 << 26;

impl File {
    fn read(text: &str) -> Result<Self, Error> {
        let mut file = Self::default();
        let mut budget = MOST;
        for mut block in blocks(text, Split::Blank)? {
            match file.stanza(&mut block, &mut budget) {
                Ok(cases) => {
                    block.finish()?;
                    file.cases.extend(cases);
                }
                Err(Stop::LeftOut(why)) => file.left_out.push((block.line, why)),
                Err(Stop::Error(error)) => return Err(error),
            }
        }
        Ok(file)
    }

    fn stanza(&mut self, block: &mut Block<'_>, budget: &mut usize) -> Result<Vec<Case>, Stop> {
        block.take("Title");
        for key in OF_THE_RUN {
            while block.take(key).is_some() {}
        }
        if let Some(providers) = block.take("Availablein")
            && !providers.value.contains("default")
        {
            return Err(Stop::LeftOut(format!("of the provider {}", providers.value)));
        }
        let result = block.take("Result");
        let Some(kind) = block.next() else { return Ok(Vec::new()) };
        let verifies = matches!(kind.key, "Cipher" | "Verify-Message-Public" | "OneShotDigestVerify");
        if let Some(result) = result.filter(|_| !verifies) {
            return Err(Stop::LeftOut(format!("Result = {}", result.value)));
        }
        let refused = match result.map(|result| result.value) {
            None => false,
            Some("VERIFY_ERROR" | "CIPHERFINAL_ERROR") => true,
            Some(other) => return Err(Stop::LeftOut(format!("Result = {other}"))),
        };
        match kind.key {
            "PrivateKey" | "PrivateKeyRaw" | "PublicKey" | "PublicKeyRaw" => {
                let (name, key) = key(kind, block)?;
                let keys = if kind.key.starts_with("Pri") { &mut self.private } else { &mut self.public };
                if let Err(why) = &key {
                    self.left_out.push((block.line, why.clone()));
                }
                match keys.insert(name, key) {
                    Some(_) => Err(kind.bad("the name of one key only").into()),
                    None => Ok(Vec::new()),
                }
            }
            "PrivPubKeyPair" => self.pair(kind, block),
            "Digest" => digest(kind, block, budget),
            "Cipher" => cipher(kind, block, refused),
            "KDF" => hkdf(kind, block),
            "Derive" => self.derive(kind, block),
            "KeyGen" => keygen(kind, block),
            "Kem" => kem(kind, block),
            "Sign-Message" => self.ml_dsa(kind, block, None),
            "Verify-Message-Public" => self.ml_dsa(kind, block, Some(refused)),
            "OneShotDigestSign" => self.one_shot(kind, block, None),
            "OneShotDigestVerify" => self.one_shot(kind, block, Some(refused)),
            other if OTHERS.contains(&other) => Err(Stop::LeftOut(format!("{other} = {}", kind.value))),
            other => Err(Error::at(kind.line, What::UnknownField(other.into())).into()),
        }
    }

    fn private(&self, pair: Pair<'_>, name: &str) -> Result<(Alg, Vec<u8>), Stop> {
        found(&self.private, pair, name)
    }

    fn public(&self, pair: Pair<'_>, name: &str) -> Result<(Alg, Vec<u8>), Stop> {
        found(&self.public, pair, name)
    }

    fn pair(&self, kind: Pair<'_>, block: &Block<'_>) -> Result<Vec<Case>, Stop> {
        let (private, public) = kind.value.split_once(':').ok_or_else(|| kind.bad("two names of keys"))?;
        let ((alg, private), (_, public)) = (self.private(kind, private)?, self.public(kind, public)?);
        let (from, to) = match alg.family() {
            Family::Dh => (F::Private, F::Public),
            Family::EdDsa => (F::Seed, F::Pk),
            _ => return Err(Stop::LeftOut("a pair with an expanded private key".into())),
        };
        let made = Expect::Output(Output::from([(to, public)]));
        Ok(vec![block.case("keygen", alg, Op::Keygen, Input::new().with(from, private), made)])
    }

    fn derive(&self, kind: Pair<'_>, block: &mut Block<'_>) -> Result<Vec<Case>, Stop> {
        let (alg, private) = self.private(kind, kind.value)?;
        let peer = block.must("PeerKey")?;
        let (_, public) = self.public(peer, peer.value)?;
        if alg != Alg::X25519 {
            return Err(Stop::LeftOut(format!("Derive of {alg}")));
        }
        let input = Input::new().with(F::Private, private).with(F::Public, public);
        let shared = Output::from([(F::Shared, block.hex("SharedSecret")?)]);
        Ok(vec![block.case("agree", alg, Op::Agree, input, Expect::Output(shared))])
    }

    /// Ed25519. `verify` is none for signing, else whether it must fail.
    fn one_shot(&self, kind: Pair<'_>, block: &mut Block<'_>, verify: Option<bool>) -> Result<Vec<Case>, Stop> {
        let key = block.must("Key")?;
        let keys = if verify.is_some() { &self.public } else { &self.private };
        let (alg, key) = found(keys, key, key.value)?;
        if alg != Alg::Ed25519 || kind.value != "NULL" || block.has("Ctrl") {
            return Err(Stop::LeftOut(format!("{} of {alg} with a digest or an instance", kind.key)));
        }
        let input = Input::new().with(F::Msg, block.must("Input")?.bytes()?);
        let sig = block.hex("Output")?;
        Ok(vec![match verify {
            None => {
                let signed = Expect::Output(Output::from([(F::Sig, sig)]));
                block.case("sign", alg, Op::Sign, input.with(F::Seed, key), signed)
            }
            Some(refused) => {
                let input = input.with(F::Pk, key).with(F::Sig, sig);
                block.case("verify", alg, Op::Verify, input, accepted_unless(refused))
            }
        }])
    }

    /// FIPS 204. `verify` is none for signing, else whether it must fail.
    fn ml_dsa(&self, kind: Pair<'_>, block: &mut Block<'_>, verify: Option<bool>) -> Result<Vec<Case>, Stop> {
        let (_, name) = kind.value.split_once(':').ok_or_else(|| kind.bad("an algorithm and the name of a key"))?;
        let keys = if verify.is_some() { &self.public } else { &self.private };
        let (alg, key) = found(keys, kind, name)?;
        if alg.family() != Family::MlDsa {
            return Err(Stop::LeftOut(format!("{} of {alg}", kind.key)));
        }
        let message = block.must("Input")?.bytes()?;
        let sig = block.hex("Output")?;
        let (mut ctx, mut rnd, mut mu, mut encoded) = (Vec::new(), None, false, true);
        while let Some(ctrl) = block.take("Ctrl") {
            let flag = |value| match value {
                "0" => Ok(false),
                "1" => Ok(true),
                _ => Err(ctrl.bad("0 or 1")),
            };
            match ctrl.value.split_once(':') {
                Some(("hexcontext-string", value)) => ctx = ctrl.hex_of(value)?,
                Some(("context-string", value)) => ctx = value.as_bytes().to_vec(),
                Some(("hextest-entropy", value)) => rnd = Some(ctrl.hex_of(value)?),
                Some(("deterministic", value)) => rnd = rnd.or(flag(value)?.then(|| vec![0; 32])),
                Some(("mu", value)) => mu = flag(value)?,
                Some(("message-encoding", value)) => encoded = flag(value)?,
                _ => return Err(Error::at(ctrl.line, What::UnknownField(format!("Ctrl = {}", ctrl.value))).into()),
            }
        }
        let (sign, verifying, input) = match (mu, encoded) {
            (true, _) => (Op::SignMu, Op::VerifyMu, Input::new().with(F::Mu, message)),
            (false, true) => (Op::Sign, Op::Verify, Input::new().with(F::Msg, message).with(F::Ctx, ctx)),
            (false, false) => (Op::SignInternal, Op::VerifyInternal, Input::new().with(F::Msg, message)),
        };
        if let Some(refused) = verify {
            let input = input.with(F::Pk, key).with(F::Sig, sig);
            return Ok(vec![block.case("verify", alg, verifying, input, accepted_unless(refused))]);
        }
        let rnd = rnd.ok_or_else(|| Stop::LeftOut("a hedged signature without its randomness".into()))?;
        let field = if key.len() == 32 { F::Seed } else { F::Sk };
        let signed = Expect::Output(Output::from([(F::Sig, sig)]));
        Ok(vec![block.case("sign", alg, sign, input.with(field, key).with(F::Rnd, rnd), signed)])
    }
}

fn accepted_unless(refused: bool) -> Expect {
    if refused { Expect::Reject } else { Expect::Output(Output::new()) }
}

fn found(keys: &BTreeMap<String, Key>, pair: Pair<'_>, name: &str) -> Result<(Alg, Vec<u8>), Stop> {
    let key = keys.get(name).ok_or_else(|| pair.bad("the name of a key that stands before it"))?;
    key.clone().map_err(Stop::LeftOut)
}

/// Names are OpenSSL's, which does not tell upper from lower case.
fn public_key_algorithm(name: &str) -> Option<Alg> {
    let families = [Family::MlKem, Family::MlDsa];
    let ours = |alg: &Alg| families.contains(&alg.family()) || matches!(alg, Alg::X25519 | Alg::Ed25519);
    Alg::ALL.iter().copied().filter(ours).find(|alg| alg.name().eq_ignore_ascii_case(name))
}

/// The name and the key of a stanza that only tells one.
fn key(kind: Pair<'_>, block: &mut Block<'_>) -> Result<(String, Key), Error> {
    if kind.key.ends_with("Raw") {
        let mut parts = kind.value.splitn(3, ':');
        let (Some(name), Some(alg), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(kind.bad("name:algorithm:hex"));
        };
        let bytes = kind.hex_of(value)?;
        let key = public_key_algorithm(alg).map(|alg| (alg, bytes)).ok_or_else(|| format!("{} of {alg}", kind.key));
        return Ok((name.to_owned(), key));
    }
    let pem = block.must("PEM")?;
    let (label, bytes) = der::pem::decode_vec(pem.value.trim().as_bytes()).map_err(|_| pem.bad("a PEM document"))?;
    let key = match label {
        "PRIVATE KEY" => pkcs8(&bytes),
        "PUBLIC KEY" => spki(&bytes),
        _ => None,
    };
    Ok((kind.value.to_owned(), key.ok_or_else(|| format!("{} of another algorithm than X25519 and Ed25519", kind.key))))
}

fn rfc8410(oid: ObjectIdentifier) -> Option<Alg> {
    match oid.to_string().as_str() {
        "1.3.101.110" => Some(Alg::X25519),
        "1.3.101.112" => Some(Alg::Ed25519),
        _ => None,
    }
}

/// RFC 8410 §7, without attributes or public key.
fn pkcs8(bytes: &[u8]) -> Option<(Alg, Vec<u8>)> {
    let parsed = AnyRef::from_der(bytes).ok()?.sequence(|reader| {
        u8::decode(reader)?;
        let oid: ObjectIdentifier = reader.sequence(ObjectIdentifier::decode)?;
        let inner = OctetString::from_der(OctetString::decode(reader)?.as_bytes())?;
        Ok::<_, der::Error>((oid, inner.as_bytes().to_vec()))
    });
    let (oid, key) = parsed.ok()?;
    Some((rfc8410(oid)?, key))
}

/// RFC 8410 §4.
fn spki(bytes: &[u8]) -> Option<(Alg, Vec<u8>)> {
    let parsed = AnyRef::from_der(bytes).ok()?.sequence(|reader| {
        let oid: ObjectIdentifier = reader.sequence(ObjectIdentifier::decode)?;
        Ok::<_, der::Error>((oid, BitString::decode(reader)?.as_bytes().map(<[u8]>::to_vec)))
    });
    let (oid, key) = parsed.ok()?;
    Some((rfc8410(oid)?, key?))
}

/// Inputs follow one another; `Ncopy` and `Count` repeat the one before.
fn digest(kind: Pair<'_>, block: &mut Block<'_>, budget: &mut usize) -> Result<Vec<Case>, Stop> {
    let name = kind.value.to_ascii_uppercase().replace("SHA2-", "SHA").replace("SHA512-", "SHA-512/");
    let plain = |name: &str| name.replace("SHA-", "SHA");
    let hashes = Alg::ALL.iter().copied().filter(|alg| matches!(alg.family(), Family::Hash | Family::Xof));
    let alg = hashes.into_iter().find(|alg| plain(alg.name()) == plain(&name));
    let alg = alg.ok_or_else(|| Stop::LeftOut(format!("Digest = {}", kind.value)))?;
    let output = block.hex("Output")?;
    if let Some(size) = block.take("OutputSize")
        && usize::try_from(size.number()?) != Ok(output.len())
    {
        return Err(size.bad("the length of Output").into());
    }
    let (mut msg, mut last) = (Vec::new(), Vec::new());
    while let Some(line) = block.next() {
        match line.key {
            "Input" => {
                msg.append(&mut last);
                last = line.bytes()?;
            }
            "Ncopy" | "Count" => {
                let times = usize::try_from(line.number()?).unwrap_or(usize::MAX);
                let len = last.len().saturating_mul(times);
                *budget = budget.checked_sub(len).ok_or_else(|| line.bad("of at most 64 MiB in a file"))?;
                last = last.repeat(times);
            }
            key => return Err(Error::at(line.line, What::UnknownField(key.into())).into()),
        }
    }
    msg.append(&mut last);
    let mut input = Input::new().with(F::Msg, msg);
    if alg.family() == Family::Xof {
        input = input.with_number(F::Len, u64::try_from(output.len()).unwrap_or(u64::MAX));
    }
    Ok(vec![block.case("hash", alg, Op::Hash, input, Expect::Output(Output::from([(F::Digest, output)])))])
}

fn cipher(kind: Pair<'_>, block: &mut Block<'_>, refused: bool) -> Result<Vec<Case>, Stop> {
    let aeads = Alg::ALL.iter().copied().filter(|alg| alg.family() == Family::Aead);
    let alg = aeads.into_iter().find(|alg| alg.name().eq_ignore_ascii_case(kind.value));
    let alg = alg.ok_or_else(|| Stop::LeftOut(format!("Cipher = {}", kind.value)))?;
    let operation = block.take("Operation").map_or("", |pair| pair.value);
    let nonce = block.hex("IV")?;
    if !block.has("Tag") || (refused && operation != "DECRYPT") {
        return Err(Stop::LeftOut("a cipher's interface".into()));
    }
    if alg == Alg::ChaCha20Poly1305 && nonce.len() != 12 {
        return Err(Stop::LeftOut("a nonce that RFC 8439 does not have".into()));
    }
    // Ciphers keep no state between cases here, and take tags in any order.
    for key in ["NextIV", "SetTagLate"] {
        block.take(key);
    }
    let msg = block.hex("Plaintext")?;
    let mut aad = Vec::new();
    while let Some(part) = block.take("AAD") {
        aad.append(&mut part.bytes()?);
    }
    let (key, ct, tag) = (block.hex("Key")?, block.hex("Ciphertext")?, block.hex("Tag")?);
    let mut cases = Vec::new();
    Aead { alg, key, nonce, aad, msg: (!refused).then_some(msg), ct, tag }.cases(block, &mut cases);
    Ok(cases)
}

fn hkdf(kind: Pair<'_>, block: &mut Block<'_>) -> Result<Vec<Case>, Stop> {
    if kind.value != "HKDF" {
        return Err(Stop::LeftOut(format!("KDF = {}", kind.value)));
    }
    let (mut alg, mut ikm, mut salt, mut info) = (None, None, Vec::new(), Vec::new());
    let okm = block.hex("Output")?;
    while let Some(line) = block.next() {
        match (line.key, line.value.split_once(':')) {
            ("Ctrl.digest", Some(("digest", name))) => {
                alg = Some(match name.replace("SHA2-", "SHA").as_str() {
                    "SHA256" => Alg::HkdfSha256,
                    "SHA384" => Alg::HkdfSha384,
                    "SHA512" => Alg::HkdfSha512,
                    _ => return Err(Stop::LeftOut(format!("HKDF with {name}"))),
                });
            }
            ("Ctrl.mode", Some(("mode", "EXTRACT_AND_EXPAND"))) | ("Ctrl.pedantic", _) => {}
            ("Ctrl.mode", Some(("mode", mode))) => return Err(Stop::LeftOut(format!("HKDF {mode}"))),
            ("Ctrl.IKM", Some(("hexkey", value))) => ikm = Some(line.hex_of(value)?),
            ("Ctrl.salt", Some(("hexsalt", value))) => salt = line.hex_of(value)?,
            ("Ctrl.info", Some(("hexinfo", value))) => info.append(&mut line.hex_of(value)?),
            ("Ctrl.salt", Some(("salt", ""))) | ("Ctrl.info", Some(("info", ""))) => {}
            (key, _) => return Err(Error::at(line.line, What::UnknownField(key.into())).into()),
        }
    }
    let missing = |key: &str| Error::at(kind.line, What::MissingField(key.into()));
    let (alg, ikm) = (alg.ok_or_else(|| missing("Ctrl.digest"))?, ikm.ok_or_else(|| missing("Ctrl.IKM"))?);
    let len = u64::try_from(okm.len()).unwrap_or(u64::MAX);
    let input = Input::new().with(F::Ikm, ikm).with(F::Salt, salt).with(F::Info, info).with_number(F::Len, len);
    Ok(vec![block.case("derive", alg, Op::Derive, input, Expect::Output(Output::from([(F::Okm, okm)])))])
}

/// Of ML-KEM and ML-DSA, in the two ways that OpenSSL has written it.
fn keygen(kind: Pair<'_>, block: &mut Block<'_>) -> Result<Vec<Case>, Stop> {
    let alg = public_key_algorithm(kind.value);
    let (alg, public, private) = match alg.map(|alg| (alg, alg.family())) {
        Some((alg, Family::MlKem)) => (alg, F::Ek, F::Dk),
        Some((alg, Family::MlDsa)) => (alg, F::Pk, F::Sk),
        _ => return Err(Stop::LeftOut(format!("KeyGen = {}", kind.value))),
    };
    block.take("KeyName");
    let mut seed = block.take("Seed").map(|line| line.hex()).transpose()?;
    let mut output = Output::new();
    for (key, field) in [("EncodedPublicKey", public), ("EncodedPrivateKey", private)] {
        if let Some(line) = block.take(key) {
            output.insert(field, line.hex()?);
        }
    }
    while let Some(line) = block.take("Ctrl").or_else(|| block.take("CtrlOut")) {
        match (line.key, line.value.split_once(':')) {
            ("Ctrl", Some(("hexseed", value))) => seed = Some(line.hex_of(value)?),
            ("CtrlOut", Some(("hexpub", value))) => drop(output.insert(public, line.hex_of(value)?)),
            ("CtrlOut", Some(("hexpriv", value))) => drop(output.insert(private, line.hex_of(value)?)),
            (key, _) => return Err(Error::at(line.line, What::UnknownField(format!("{key} = {}", line.value))).into()),
        }
    }
    let (Some(seed), false) = (seed, output.is_empty()) else {
        return Err(Stop::LeftOut("a key without its seed, or a seed without its key".into()));
    };
    Ok(vec![block.case("keygen", alg, Op::Keygen, Input::new().with(F::Seed, seed), Expect::Output(output))])
}

fn kem(kind: Pair<'_>, block: &mut Block<'_>) -> Result<Vec<Case>, Stop> {
    let alg = public_key_algorithm(kind.value).filter(|alg| alg.family() == Family::MlKem);
    let alg = alg.ok_or_else(|| Stop::LeftOut(format!("Kem = {}", kind.value)))?;
    let mut output = Output::from([(F::K, block.hex("Output")?)]);
    Ok(vec![if let Some(ek) = block.take("EncodedPublicKey") {
        let input = Input::new().with(F::Ek, ek.hex()?).with(F::M, block.hex("Entropy")?);
        output.insert(F::C, block.hex("Ciphertext")?);
        block.case("encaps", alg, Op::Encaps, input, Expect::Output(output))
    } else {
        let input = Input::new().with(F::Dk, block.hex("EncodedPrivateKey")?).with(F::C, block.hex("Input")?);
        block.case("decaps", alg, Op::Decaps, input, Expect::Output(output))
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read("", text).unwrap_err().to_string()
    }

    fn whole(text: &str) -> Vec<Case> {
        let cases = read("", text).unwrap();
        for case in &cases {
            case.shape().unwrap();
        }
        cases
    }

    /// RFC 7748 §6.1 and RFC 8032 §7.1, TEST 1.
    const KEYS: &str = "Title = Keys\n\nPrivateKey=A\n-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n-----END PRIVATE KEY-----\n\n\
        PublicKey = B\n-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VuAyEA3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=\n-----END PUBLIC KEY-----\n\n\
        PublicKeyRaw=AP:X25519:8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a\n\n\
        PrivateKeyRaw=E:ED25519:9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n\n\
        PublicKeyRaw=EP:ED25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\n\
        PrivateKeyRaw=F:X448:00\n\n";

    #[test]
    fn keys_are_found_by_name() {
        let text = format!(
            "{KEYS}PrivPubKeyPair = A:AP\n\nDerive=A\nPeerKey=B\nSharedSecret=4A\n\nOneShotDigestSign = NULL\n\
             Key = E\nInput = \"\"\nOutput = e5\n\nFIPSversion = <3.4.0\nOneShotDigestVerify = NULL\nKey = EP\n\
             Input = 00\nOutput = e5\nResult = VERIFY_ERROR\n\nPrivPubKeyPair = A:B\nResult = KEYPAIR_MISMATCH\n\n\
             Derive=F\nPeerKey=B\nSharedSecret=00\n\nSign=A\nResult = KEYOP_INIT_ERROR\n"
        );
        let cases = whole(&text);
        let asked: Vec<_> = cases.iter().map(|case| (case.question.alg, case.question.op)).collect();
        let (x, e) = (Alg::X25519, Alg::Ed25519);
        assert_eq!(asked, [(x, Op::Keygen), (x, Op::Agree), (e, Op::Sign), (e, Op::Verify)]);
        assert_eq!(cases[0].question.input.bytes(F::Private)[..2], [0x77, 0x07]);
        assert_eq!(cases[1].question.input.bytes(F::Public)[..2], [0xde, 0x9e]);
        assert_eq!(cases[3].expect, Expect::Reject);
        let whys: Vec<_> = left_out(&text).unwrap().into_iter().map(|(_, why)| why).collect();
        let f = "PrivateKeyRaw of X448";
        assert_eq!(whys, [f, "Result = KEYPAIR_MISMATCH", f, "Result = KEYOP_INIT_ERROR"]);
        assert!(error(&format!("{KEYS}Derive=Z\n")).contains("field `Derive` must be the name of a key"));
        assert!(
            error(&format!("{KEYS}Derive=A\nPeerKey=B\nSharedSecret=00\nXx = 1\n")).ends_with("unknown field `Xx`")
        );
        assert!(error(&format!("{KEYS}Dance=A\n")).ends_with("unknown field `Dance`"));
        assert!(error(KEYS).contains("not one case"));
        assert!(error(&KEYS.replace("BEGIN PUBLIC", "BEGIN XX")).contains("must be a PEM document"));
    }

    #[test]
    fn digests_join_and_repeat_their_inputs() {
        let cases = whole(
            "Digest = SHA512-224\nInput = \"a\"\nNcopy = 3\nCount = 2\nInput = 62\nOutput = 00\n\nDigest = SHA3-256\n\
             Input = \nOutput = 01\n\nDigest = SHAKE128\nInput = 00\nOutput = 0203\n\n\
             Digest = SHA2-256\nInput = 00\nOutput = 04\n",
        );
        assert_eq!(cases[0].question.input.bytes(F::Msg), b"aaaaaab");
        let algs: Vec<_> = cases.iter().map(|case| case.question.alg).collect();
        assert_eq!(algs, [Alg::Sha512_224, Alg::Sha3_256, Alg::Shake128, Alg::Sha256]);
        assert_eq!(cases[2].question.input.number(F::Len), Some(2));
        assert!(error("Digest = SHA1\nInput = 00\nOutput = 00\n").contains("not one case"));
        let huge = "Digest = SHA256\nInput = 00\nCount = 99999999\nOutput = 00\n";
        assert_eq!(error(huge), "vectors:3: field `Count` must be of at most 64 MiB in a file");
    }

    #[test]
    fn ciphers_and_hkdf() {
        let cipher = "Cipher = aes-128-gcm\nKey = 00\nIV = 01\nAAD = 02\nTag = 03\nPlaintext = 04\nCiphertext = 05\n";
        assert_eq!(whole(&format!("{cipher}NextIV = 01\n")).len(), 2);
        let refused = whole(&format!("{cipher}Operation = DECRYPT\nResult = CIPHERFINAL_ERROR\n"));
        assert_eq!((refused.len(), &refused[0].expect), (1, &Expect::Reject));
        assert!(error(&format!("{cipher}Result = INVALID_IV_LENGTH\n")).contains("not one case"));
        assert!(error(&format!("{cipher}Tagg = 00\n")).contains("unknown field `Tagg`"));
        let hkdf = "KDF = HKDF\nCtrl.digest = digest:SHA256\nCtrl.IKM = hexkey:00\nCtrl.salt = salt:\n\
                    Ctrl.info = hexinfo:01\nCtrl.info = hexinfo:02\nOutput = 0304\n";
        let cases = whole(hkdf);
        assert_eq!(
            (cases[0].question.input.bytes(F::Info), cases[0].question.input.number(F::Len)),
            (&[1, 2][..], Some(2))
        );
        let fips = format!("{hkdf}\nAvailablein = fips\n{hkdf}\nAvailablein = default fips\n{hkdf}");
        assert_eq!((whole(&fips).len(), left_out(&fips).unwrap()), (2, vec![(9, "of the provider fips".into())]));
        let expand = hkdf.replace("Output", "Ctrl.mode = mode:EXPAND_ONLY\nOutput");
        assert_eq!(left_out(&expand).unwrap(), [(1, "HKDF EXPAND_ONLY".into())]);
        assert!(error(&hkdf.replace("Ctrl.IKM", "Ctrl.ikm")).contains("unknown field `Ctrl.ikm`"));
    }

    #[test]
    fn ml_kem_and_ml_dsa() {
        let cases = whole(
            "KeyGen = ML-KEM-512\nSeed = 00\nEncodedPublicKey = 01\nEncodedPrivateKey = 02\n\nKeyGen = ML-DSA-44\n\
             KeyName = k\nCtrl = hexseed:03\nCtrlOut = hexpub:04\nCtrlOut = hexpriv:05\n\nKem = ML-KEM-768\n\
             Entropy = 06\nEncodedPublicKey = 07\nCiphertext = 08\nOutput = 09\n\nKem = ML-KEM-768\n\
             EncodedPrivateKey = 0a\nInput = 0b\nOutput = 0c\n",
        );
        assert_eq!(cases.len(), 4);
        assert_eq!(cases[1].expect, Expect::Output(Output::from([(F::Pk, vec![4]), (F::Sk, vec![5])])));
        let keys = "PrivateKeyRaw = S:ML-DSA-44:00\n\nPublicKeyRaw = P:ML-DSA-44:01\n\n";
        let sign = |ctrl: &str| format!("{keys}Sign-Message = ML-DSA-44:S\nInput = 02\nOutput = 03\n{ctrl}");
        let one = |ctrl: &str| whole(&sign(ctrl)).remove(0).question;
        let pure = one(
            "Ctrl = message-encoding:1\nCtrl = hexcontext-string:04\nCtrl = deterministic:1\nSecurity-Category = 2\n",
        );
        assert_eq!((pure.op, pure.input.bytes(F::Ctx), pure.input.bytes(F::Rnd)), (Op::Sign, &[4][..], &[0; 32][..]));
        let mu = one("Ctrl = mu:1\nCtrl = hextest-entropy:05\nCtrl = deterministic:0\n");
        assert_eq!((mu.op, mu.input.bytes(F::Rnd)), (Op::SignMu, &[5][..]));
        assert_eq!(one("Ctrl = message-encoding:0\nCtrl = deterministic:1\n").op, Op::SignInternal);
        assert_eq!(left_out(&sign("")).unwrap()[0].1, "a hedged signature without its randomness");
        assert!(error(&sign("Ctrl = xx:1\n")).contains("unknown field `Ctrl = xx:1`"));
        let verify =
            format!("{keys}Verify-Message-Public = ML-DSA-44:P\nInput = 02\nOutput = 03\nResult = VERIFY_ERROR\n");
        assert_eq!(whole(&verify)[0].expect, Expect::Reject);
    }
}
