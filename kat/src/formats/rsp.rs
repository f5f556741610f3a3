//! NIST's KAT responses (`.rsp`): ML-KEM and ML-DSA as the FIPS 203 and 204 files have them, and round 3 of
//! Kyber and Dilithium, where all randomness comes from the entry's seed by way of NIST's generator.

use sha3::{Digest, Sha3_256, Sha3_512};
use shake::{ExtendableOutput, Shake256, Update, XofReader};

use crate::{
    Alg, Case, Error, Expect, Field as F, Input, Op, Output,
    algorithm::Lengths,
    error::What,
    formats::{
        blocks::{Block, Split, blocks},
        drbg::Drbg,
    },
};

/// Reads a file. The lengths of the keys tell the parameter set; what the keys are made of tells the final
/// ML-KEM, its draft and Kyber apart.
///
/// # Errors
/// A line out of the grammar, a field that the algorithm does not have, a value of a wrong length, a seed that
/// the keys are not from.
pub(crate) fn read(file_name: &str, text: &str) -> Result<Vec<Case>, Error> {
    let mut entries = blocks(text, Split::Key("count"))?;
    if entries.first().is_some_and(|entry| entry.has("sm")) {
        return signatures(file_name, entries);
    }
    let mut kems = Vec::new();
    for entry in &mut entries {
        kems.push(Kem::read(entry)?);
    }
    let first = entries.first().map_or(1, |entry| entry.line);
    // One corrupted entry must be a failing case, not an unreadable file: any entry can tell the scheme.
    let scheme = kems.iter().find_map(Kem::scheme).or_else(|| kems.iter().all(|kem| kem.given).then_some(FINAL));
    let expected = "the seed of keys of ML-KEM, of its draft or of Kyber round 3";
    let scheme = scheme.ok_or_else(|| Error::at(first, What::Value { field: "seed".into(), expected }))?;
    Ok(kems.into_iter().zip(&entries).flat_map(|(kem, entry)| kem.cases(scheme, entry)).collect())
}

/// What a parameter set has of each flavour; the lengths are those of the first.
struct KemSet {
    algs: [Alg; 3],
    rank: u8,
}

impl KemSet {
    fn lengths(&self) -> Option<Lengths> {
        let [alg, ..] = self.algs;
        alg.lengths()
    }
}

const KEMS: [KemSet; 3] = [
    KemSet { algs: [Alg::MlKem512, Alg::MlKem512Ipd, Alg::Kyber512], rank: 2 },
    KemSet { algs: [Alg::MlKem768, Alg::MlKem768Ipd, Alg::Kyber768], rank: 3 },
    KemSet { algs: [Alg::MlKem1024, Alg::MlKem1024Ipd, Alg::Kyber1024], rank: 4 },
];

/// Which KEM: a column of [`KemSet::algs`], and whether `z` was drawn before `d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scheme {
    flavour: Flavour,
    z_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    Final,
    Draft,
    Kyber,
}

/// What a file is that gives `d` and `z`, if its keys say nothing.
const FINAL: Scheme = Scheme { flavour: Flavour::Final, z_first: true };

struct Kem {
    set: &'static KemSet,
    /// Whether the file gives the draws, or they are from its seed; `d` is then the first.
    given: bool,
    draws: [Vec<u8>; 3],
    ek: Vec<u8>,
    dk: Vec<u8>,
    /// Ciphertexts with their secrets, and what is said of them.
    ciphertexts: Vec<(Vec<u8>, Vec<u8>, &'static str)>,
}

impl Kem {
    fn read(entry: &mut Block<'_>) -> Result<Self, Error> {
        entry.must("count")?.number()?;
        let seed = entry.must("seed")?;
        let seed: [u8; 48] = seed.hex()?.try_into().map_err(|_| seed.bad("48 bytes"))?;
        let pk = entry.must("pk")?;
        let ek = pk.hex()?;
        let fitting = |set: &'static KemSet| Some((set, set.lengths().filter(|lengths| lengths.public == ek.len())?));
        let found = KEMS.iter().find_map(fitting);
        let (set, lengths) = found.ok_or_else(|| pk.bad("800, 1184 or 1568 bytes"))?;
        let dk = entry.must("sk")?.sized(lengths.private)?;
        let given = entry.has("d");
        let draws = if given {
            [entry.must("z")?.sized(32)?, entry.must("d")?.sized(32)?, entry.must("msg")?.sized(32)?]
        } else {
            let mut drbg = Drbg::new(&seed);
            [(); 3].map(|()| drbg.draw(32))
        };
        let mut ciphertexts = vec![(entry.must("ct")?.sized(lengths.result)?, entry.must("ss")?.sized(32)?, "")];
        if let Some(ct) = entry.take("ct_n") {
            ciphertexts.push((ct.sized(lengths.result)?, entry.must("ss_n")?.sized(32)?, " of ct_n"));
        }
        entry.finish()?;
        Ok(Self { set, given, draws, ek, dk, ciphertexts })
    }

    /// `d`, `z` and `m`.
    fn randomness(&self, z_first: bool) -> [&[u8]; 3] {
        let [first, second, m] = &self.draws;
        if z_first { [second, first, m] } else { [first, second, m] }
    }

    /// The scheme that gives this key and this secret, without its lattice: the first half of ρ ‖ σ is the end
    /// of the encapsulation key, `z` is the end of the decapsulation key, and the secret is a hash.
    fn scheme(&self) -> Option<Scheme> {
        let (c, k, _) = self.ciphertexts.first()?;
        let orders: &[bool] = if self.given { &[true] } else { &[false, true] };
        orders.iter().find_map(|&z_first| {
            let [d, z, m] = self.randomness(z_first);
            if !self.dk.ends_with(z) {
                return None;
            }
            let h: [u8; 32] = Sha3_256::digest(&self.ek).into();
            let is_rho = |tail: &[u8]| self.ek.ends_with(left(&g(d, tail)));
            let is_k = |m: &[u8]| left(&g(m, &h)) == k.as_slice();
            let flavour = if is_rho(&[self.set.rank]) && is_k(m) {
                Flavour::Final
            } else if is_rho(&[]) && is_k(m) {
                Flavour::Draft
            } else if is_rho(&[]) && self.kyber_secret(m, &h, c) == k.as_slice() {
                Flavour::Kyber
            } else {
                return None;
            };
            Some(Scheme { flavour, z_first })
        })
    }

    /// The shared secret of round 3: KDF(K̄ ‖ H(c)), where K̄ is from G(H(m) ‖ H(pk)).
    fn kyber_secret(&self, m: &[u8], h: &[u8], c: &[u8]) -> [u8; 32] {
        let bar = g(&Sha3_256::digest(m), h);
        let mut kdf = Shake256::default();
        kdf.update(left(&bar));
        kdf.update(&Sha3_256::digest(c));
        let mut secret = [0; 32];
        kdf.finalize_xof().read(&mut secret);
        secret
    }

    fn cases(self, scheme: Scheme, entry: &Block<'_>) -> Vec<Case> {
        let [d, z, m] = self.randomness(scheme.z_first);
        let (seed, m) = ([d, z].concat(), m.to_vec());
        let [ml_kem, draft, kyber] = self.set.algs;
        let alg = match scheme.flavour {
            Flavour::Final => ml_kem,
            Flavour::Draft => draft,
            Flavour::Kyber => kyber,
        };
        let Self { ek, dk, ciphertexts, .. } = self;
        let made = Output::from([(F::Ek, ek.clone()), (F::Dk, dk.clone())]);
        let seeded = Input::new().with(F::Seed, seed);
        let mut cases = vec![entry.case("keygen", alg, Op::Keygen, seeded.clone(), Expect::Output(made))];
        if let Some((c, k, _)) = ciphertexts.first() {
            let sent = Output::from([(F::C, c.clone()), (F::K, k.clone())]);
            let input = Input::new().with(F::Ek, ek.clone()).with(F::M, m);
            cases.push(entry.case("encaps", alg, Op::Encaps, input, Expect::Output(sent)));
        }
        let expanded = Input::new().with(F::Dk, dk);
        for (c, k, words) in ciphertexts {
            let received = Output::from([(F::K, k.clone()), (F::Ek, ek.clone())]);
            let (input, expect) = (seeded.clone().with(F::C, c.clone()), Expect::Output(received));
            cases.push(entry.case(&format!("decaps{words} with seed"), alg, Op::Decaps, input, expect));
            let (input, expect) = (expanded.clone().with(F::C, c), Expect::Output(Output::from([(F::K, k)])));
            cases.push(entry.case(&format!("decaps{words}"), alg, Op::Decaps, input, expect));
        }
        cases
    }
}

/// G of FIPS 203 §4.1.
fn g(a: &[u8], b: &[u8]) -> [u8; 64] {
    Sha3_512::new().chain_update(a).chain_update(b).finalize().into()
}

fn left(bytes: &[u8; 64]) -> &[u8] {
    bytes.first_chunk::<32>().map_or(&[], |half| half.as_slice())
}

const SIGNATURES: [Alg; 6] =
    [Alg::MlDsa44, Alg::MlDsa65, Alg::MlDsa87, Alg::Dilithium2, Alg::Dilithium3, Alg::Dilithium5];

fn signatures(file_name: &str, entries: Vec<Block<'_>>) -> Result<Vec<Case>, Error> {
    // The pre-hash files have the fields of the pure ones, and no word of which hash it is.
    if file_name.contains("hashed") {
        return Err(Error::of_file(What::Algorithm("HashML-DSA without the name of its hash".into())));
    }
    let mut cases = Vec::new();
    for mut entry in entries {
        signature(&mut entry, &mut cases)?;
    }
    Ok(cases)
}

fn signature(entry: &mut Block<'_>, cases: &mut Vec<Case>) -> Result<(), Error> {
    entry.must("count")?.number()?;
    let sk_line = entry.must("sk")?;
    let sk = sk_line.hex()?;
    let fitting = |alg: Alg| Some((alg, alg.lengths().filter(|lengths| lengths.private == sk.len())?));
    let found = SIGNATURES.into_iter().find_map(fitting);
    let (alg, lengths) = found.ok_or_else(|| sk_line.bad("a signing key of ML-DSA or of Dilithium round 3"))?;
    let pk = entry.must("pk")?.sized(lengths.public)?;
    let (msg, mlen) = (entry.hex("msg")?, entry.must("mlen")?);
    let (sm_line, smlen) = (entry.must("sm")?, entry.must("smlen")?);
    let sm = sm_line.hex()?;
    if mlen.number()? != length(&msg) {
        return Err(mlen.bad("the length of msg"));
    }
    if smlen.number()? != length(&sm) {
        return Err(smlen.bad("the length of sm"));
    }
    let sig = sm.strip_suffix(msg.as_slice()).filter(|sig| sig.len() == lengths.result);
    let sig = sig.ok_or_else(|| sm_line.bad("a signature and then msg"))?.to_vec();
    let seed_line = entry.must("seed")?;
    let drbg_seed: [u8; 48] = seed_line.hex()?.try_into().map_err(|_| seed_line.bad("48 bytes"))?;

    let mut message = Input::new().with(F::Msg, msg);
    let mut signing = Input::new();
    let seed = if alg.is_legacy() {
        Drbg::new(&drbg_seed).draw(32)
    } else {
        message = message.with(F::Ctx, entry.hex("ctx")?);
        let rnd = entry.take("rng").map_or_else(|| Ok(vec![0; 32]), |rng| rng.sized(32))?;
        signing = signing.with(F::Rnd, rnd);
        entry.must("xi")?.sized(32)?
    };
    entry.finish()?;

    let made = Expect::Output(Output::from([(F::Pk, pk.clone()), (F::Sk, sk.clone())]));
    cases.push(entry.case("keygen", alg, Op::Keygen, Input::new().with(F::Seed, seed.clone()), made));
    signing.0.extend(message.0.clone());
    let signed = Expect::Output(Output::from([(F::Sig, sig.clone())]));
    cases.push(entry.case("sign", alg, Op::Sign, signing.clone().with(F::Sk, sk), signed.clone()));
    if !alg.is_legacy() {
        cases.push(entry.case("sign with seed", alg, Op::Sign, signing.with(F::Seed, seed), signed));
    }
    let accepted = Expect::Output(Output::new());
    cases.push(entry.case("verify", alg, Op::Verify, message.with(F::Pk, pk).with(F::Sig, sig), accepted));
    Ok(())
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// An entry whose hashes are right and whose lattice is not there.
    fn entry(flavour: Flavour, z_first: bool) -> String {
        let seed = [9; 48];
        let mut drbg = Drbg::new(&seed);
        let [mut d, mut z, m] = [(); 3].map(|()| drbg.draw(32));
        if z_first {
            core::mem::swap(&mut d, &mut z);
        }
        let ek = [&[1; 768], left(&g(&d, if flavour == Flavour::Final { &[2] } else { &[] }))].concat();
        let dk = [&[2; 1600], z.as_slice()].concat();
        let c = vec![3; 768];
        let h = Sha3_256::digest(&ek);
        let kem = Kem { set: &KEMS[0], given: false, draws: [vec![], vec![], vec![]], ek, dk, ciphertexts: vec![] };
        let k = match flavour {
            Flavour::Kyber => kem.kyber_secret(&m, &h, &c).to_vec(),
            _ => left(&g(&m, &h)).to_vec(),
        };
        let [seed, pk, sk, ct, ss] = [&seed[..], &kem.ek, &kem.dk, &c, &k].map(|bytes| HEXLOWER.encode(bytes));
        format!("count = 0\nseed = {seed}\npk = {pk}\nsk = {sk}\nct = {ct}\nss = {ss}\n")
    }

    #[test]
    fn the_keys_tell_the_scheme_and_the_order_of_the_draws() {
        for (flavour, alg) in
            [(Flavour::Final, Alg::MlKem512), (Flavour::Draft, Alg::MlKem512Ipd), (Flavour::Kyber, Alg::Kyber512)]
        {
            for z_first in [false, true] {
                let cases = read("", &entry(flavour, z_first)).unwrap();
                let ids: Vec<_> = cases.iter().map(|case| case.id.as_str()).collect();
                let names = ["line 1, keygen", "line 1, encaps", "line 1, decaps with seed", "line 1, decaps"];
                assert_eq!(ids, names);
                for case in &cases {
                    assert_eq!(case.question.alg, alg);
                    case.shape().unwrap();
                }
                let seed = cases[0].question.input.bytes(F::Seed);
                let mut drbg = Drbg::new(&[9; 48]);
                let draws = [drbg.draw(32), drbg.draw(32)];
                let [d, z] = if z_first { [&draws[1], &draws[0]] } else { [&draws[0], &draws[1]] };
                assert_eq!((&seed[..32], &seed[32..]), (d.as_slice(), z.as_slice()));
            }
        }
    }

    #[test]
    fn a_seed_that_is_not_of_the_keys_and_unknown_or_cut_fields_are_errors() {
        let good = entry(Flavour::Final, false);
        for (from, to, error) in [
            ("seed = 09", "seed = 08", "vectors:1: field `seed` must be the seed of keys of ML-KEM, of its draft or"),
            ("ss = ", "xx = 00\nss = ", "vectors:6: unknown field `xx`"),
            ("ct = 0303", "ct = 03", "vectors:5: field `ct` must be of the length that its algorithm says"),
            ("pk = 01", "pk = ", "vectors:3: field `pk` must be 800, 1184 or 1568 bytes"),
            ("sk = ", "no = ", "vectors:1: missing field `sk`"),
        ] {
            let text = read("", &good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(text.starts_with(error), "{text}");
        }
    }

    #[test]
    fn a_signed_message_is_cut_into_signature_and_message() {
        let hex = |byte: u8, len: usize| HEXLOWER.encode(&vec![byte; len]);
        let text = |tail: &str, sk: usize| {
            format!(
                "count = 0\nseed = {}\nmlen = 2\nmsg = aabb\npk = {}\nsk = {}\nsm = {}aabb\nsmlen = 2422\n{tail}",
                hex(1, 48),
                hex(2, 1312),
                hex(3, sk),
                hex(4, 2420),
            )
        };
        let cases = read("a.rsp", &text("", 2528)).unwrap();
        let ops: Vec<_> = cases.iter().map(|case| (case.question.alg, case.question.op)).collect();
        let dilithium = Alg::Dilithium2;
        assert_eq!(ops, [(dilithium, Op::Keygen), (dilithium, Op::Sign), (dilithium, Op::Verify)]);
        assert_eq!(cases[2].question.input.bytes(F::Sig), [4; 2420]);
        let tail = format!("xi = {}\nctx = cc\n", hex(5, 32));
        let cases = read("a.rsp", &text(&tail, 2560)).unwrap();
        assert_eq!(cases.len(), 4);
        assert_eq!(cases[1].question.input.bytes(F::Rnd), [0; 32]);
        assert_eq!(cases[3].question.input.bytes(F::Ctx), [0xcc]);
        for case in &cases {
            case.shape().unwrap();
        }
        let hedged = read("a.rsp", &text(&format!("{tail}rng = {}\n", hex(6, 32)), 2560)).unwrap();
        assert_eq!(hedged[2].question.input.bytes(F::Rnd), [6; 32]);
        assert!(read("kat_MLDSA_44_det_hashed.rsp", &text(&tail, 2560)).is_err());
        for (from, to) in [("mlen = 2", "mlen = 3"), ("smlen = 2422", "smlen = 2421"), ("aabb\nsmlen", "aabc\nsmlen")] {
            assert!(read("", &text(&tail, 2560).replacen(from, to, 1)).is_err(), "{from}");
        }
        assert!(read("", &text("", 2560)).is_err(), "no xi");
    }
}
