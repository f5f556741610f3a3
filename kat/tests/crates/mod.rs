//! Published crates as one implementation: the second opinion beside the models when vectors are generated.
//!
//! Lattices are RustCrypto's (`ml-kem`, `ml-dsa`, `x-wing`) and curves AWS-LC's, so that neither shares code with the
//! models. What a crate leaves to its caller (lengths, forms of keys, hybrids) is written here from the standards.

#![expect(clippy::arithmetic_side_effects, reason = "the lengths of parts are small constants")]

mod curves;
mod keys;
mod lattices;

use aws_lc_rs::agreement;
use sha2::{Digest, Sha256, Sha512};
use sha3::Sha3_256;
use shake::{
    Shake256,
    digest::{ExtendableOutput as _, Update as _, XofReader as _},
};
use twinlock_kat::{
    About, Alg, Answer, Error, Field, Implementation, Input, Lack, Made, Op, Question, Reason,
    formats::kat_vector::{Header, write},
};
use x_wing::{Decapsulate as _, KeyExport as _};

/// The seed of the shipped sets.
pub(crate) const SEED: [u8; 32] = *b"twinlock generated vectors, no 1";

/// A set as it is shipped.
pub(crate) fn text(set: &Made) -> Result<Vec<u8>, Error> {
    let header = Header::new("twinlock-kat, generated", "MIT OR Apache-2.0", set.agreed.iter().cloned().collect());
    let mut text = Vec::new();
    write(&header, &set.cases, &mut text)?;
    Ok(text)
}

/// The implementation.
pub(crate) struct Crates;

/// Outputs, or why there are none.
type Answered = Result<Vec<(Field, Vec<u8>)>, Answer>;

const LACKS_ALG: Answer = Answer::Unsupported(Lack::Alg);
const LACKS_OP: Answer = Answer::Unsupported(Lack::Op);
const LENGTH: Answer = Answer::Reject(Reason::Length);

impl Implementation for Crates {
    fn about(&self) -> About {
        About { name: "crates".into(), version: "1".into(), build: "RustCrypto and AWS-LC".into() }
    }

    fn answer(&self, question: &Question) -> Answer {
        match answered(question) {
            Ok(outputs) => Answer::Output(outputs.into_iter().collect()),
            Err(answer) => answer,
        }
    }
}

fn answered(question: &Question) -> Answered {
    match (question.alg, question.op) {
        (_, Op::Pkcs8) => keys::pkcs8(question),
        (_, Op::Spki) => keys::spki(question),
        (Alg::MlKem512 | Alg::MlKem768 | Alg::MlKem1024, _) => lattices::ml_kem(question),
        (Alg::MlDsa44 | Alg::MlDsa65 | Alg::MlDsa87, _) => lattices::ml_dsa(question),
        (Alg::X25519 | Alg::P256 | Alg::P384, _) => curves::agreement(question),
        (Alg::Ed25519, _) => curves::ed25519(question),
        (Alg::XWing, _) => x_wing(question),
        (Alg::CompositeMlDsa44Ed25519, _) => composite(question, Alg::MlDsa44, b"COMPSIG-MLDSA44-Ed25519-SHA512"),
        (Alg::CompositeMlDsa65Ed25519, _) => composite(question, Alg::MlDsa65, b"COMPSIG-MLDSA65-Ed25519-SHA512"),
        _ => hybrid(question),
    }
}

/// An array of the one right length.
fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Answer> {
    bytes.try_into().map_err(|_| LENGTH)
}

fn x_wing(question: &Question) -> Answered {
    let bytes = |field| question.input.bytes(field);
    match question.op {
        Op::Keygen => {
            let key = x_wing::DecapsulationKey::from(array::<32>(bytes(Field::Seed))?);
            let ek = x_wing::Decapsulator::encapsulation_key(&key).to_bytes().to_vec();
            Ok(vec![(Field::Ek, ek), (Field::Dk, bytes(Field::Seed).to_vec())])
        }
        Op::Encaps => {
            let m = array::<64>(bytes(Field::M))?;
            let _ = array::<1216>(bytes(Field::Ek))?;
            let key =
                x_wing::EncapsulationKey::try_from(bytes(Field::Ek)).map_err(|_| Answer::Reject(Reason::Modulus))?;
            let (c, k) = key.encapsulate_deterministic(&m.into());
            Ok(vec![(Field::C, c.to_vec()), (Field::K, k.to_vec())])
        }
        _ => {
            let key = x_wing::DecapsulationKey::from(array::<32>(bytes(Field::Seed))?);
            let c = array::<1120>(bytes(Field::C))?;
            Ok(vec![(Field::K, key.decapsulate(&c.into()).to_vec())])
        }
    }
}

/// An answer to another question, with these inputs.
fn ask(alg: Alg, op: Op, input: &[(Field, &[u8])]) -> Answered {
    let input = input.iter().fold(Input::new(), |all, (field, value)| all.with(*field, *value));
    answered(&Question { alg, op, input })
}

/// An output by name.
fn named(outputs: Answered, name: Field) -> Result<Vec<u8>, Answer> {
    outputs?.into_iter().find(|(field, _)| *field == name).map(|(_, value)| value).ok_or(LACKS_OP)
}

/// Composite signatures, from draft-ietf-lamps-pq-composite-sigs-19 §2.2 and §3.3.
fn composite(question: &Question, lattice: Alg, label: &[u8]) -> Answered {
    let bytes = |field| question.input.bytes(field);
    let (pk_len, sig_len) = if lattice == Alg::MlDsa44 { (1312, 2420) } else { (1952, 3309) };
    if question.op == Op::Keygen {
        let (lattice_seed, seed) = bytes(Field::Sk).split_at_checked(32).ok_or(LENGTH)?;
        let mut pk = named(ask(lattice, Op::Keygen, &[(Field::Seed, lattice_seed)]), Field::Pk)?;
        pk.extend(named(ask(Alg::Ed25519, Op::Keygen, &[(Field::Seed, seed)]), Field::Pk)?);
        return Ok(vec![(Field::Pk, pk)]);
    }
    let (pk, ctx, sig) = (bytes(Field::Pk), bytes(Field::Ctx), bytes(Field::Sig));
    if pk.len() != pk_len + 32 || sig.len() != sig_len + 64 {
        return Err(LENGTH);
    }
    let length = [u8::try_from(ctx.len()).map_err(|_| Answer::Reject(Reason::Ctx))?];
    let hash = Sha512::digest(bytes(Field::Msg));
    let msg = [b"CompositeAlgorithmSignatures2025", label, &length, ctx, &hash].concat();
    let ((lattice_pk, pk), (lattice_sig, sig)) = (pk.split_at(pk_len), sig.split_at(sig_len));
    let of_lattice = [(Field::Pk, lattice_pk), (Field::Msg, &*msg), (Field::Ctx, label), (Field::Sig, lattice_sig)];
    ask(lattice, Op::Verify, &of_lattice)?;
    ask(Alg::Ed25519, Op::Verify, &[(Field::Pk, pk), (Field::Msg, &*msg), (Field::Sig, sig)])
}

/// The hybrids of TLS, of SSH, and of draft-irtf-cfrg-concrete-hybrid-kems-03 §4.
fn hybrid(question: &Question) -> Answered {
    let (lattice, curve, point_first, label): (_, _, _, Option<&[u8]>) = match question.alg {
        Alg::X25519MlKem768 | Alg::SshMlKem768X25519 => (Alg::MlKem768, &agreement::X25519, false, None),
        Alg::SecP256r1MlKem768 => (Alg::MlKem768, &agreement::ECDH_P256, true, None),
        Alg::SecP384r1MlKem1024 => (Alg::MlKem1024, &agreement::ECDH_P384, true, None),
        Alg::MlKem768P256 => (Alg::MlKem768, &agreement::ECDH_P256, false, Some(b"MLKEM768-P256")),
        Alg::MlKem1024P384 => (Alg::MlKem1024, &agreement::ECDH_P384, false, Some(b"MLKEM1024-P384")),
        _ => return Err(LACKS_ALG),
    };
    let (ek_len, c_len) = if lattice == Alg::MlKem768 { (1184, 1088) } else { (1568, 1568) };
    let point_len = curves::point_len(curve);
    let join =
        |lattice: Vec<u8>, point: Vec<u8>| if point_first { [point, lattice] } else { [lattice, point] }.concat();
    let split = |share: &[u8], lattice_len: usize| {
        if share.len() != lattice_len + point_len {
            return Err(LENGTH);
        }
        let (a, b) = share.split_at(if point_first { point_len } else { lattice_len });
        let (a, b) = (a.to_vec(), b.to_vec());
        Ok(if point_first { (b, a) } else { (a, b) })
    };
    // ML-KEM's part of a seed or of m, then the scalar. Of the CFRG's spare bytes after a scalar out of range nobody
    // comes to need one.
    let scalar_len = point_len / 2;
    let parts = |bytes: &[u8], len| {
        let (lattice, scalar) = bytes.split_at_checked(len).ok_or(LENGTH)?;
        let scalar = if label.is_some() { scalar.get(..scalar_len).ok_or(LENGTH)? } else { scalar };
        Ok::<_, Answer>((lattice.to_vec(), scalar.to_vec()))
    };
    let private = || match (label, question.input.bytes(Field::Seed)) {
        (None, seed) => parts(seed, 64),
        (Some(_), seed) => parts(&expanded(&array::<32>(seed)?), 64),
    };
    let combine = |k: Vec<u8>, shared: Vec<u8>, c_point: &[u8], ek_point: &[u8]| match (question.alg, label) {
        (Alg::SshMlKem768X25519, _) => Sha256::digest([k, shared].concat()).to_vec(),
        (_, Some(label)) => Sha3_256::digest([&*k, &*shared, c_point, ek_point, label].concat()).to_vec(),
        _ => join(k, shared),
    };
    match question.op {
        Op::Keygen => {
            let (seed, scalar) = private()?;
            let ek = named(ask(lattice, Op::Keygen, &[(Field::Seed, &seed)]), Field::Ek)?;
            Ok(vec![(Field::Ek, join(ek, curves::public(curve, &scalar)?))])
        }
        Op::Encaps => {
            let (m, scalar) = parts(question.input.bytes(Field::M), 32)?;
            let (ek, point) = split(question.input.bytes(Field::Ek), ek_len)?;
            let outputs = ask(lattice, Op::Encaps, &[(Field::Ek, &ek), (Field::M, &m)]);
            let (shared, share) = (curves::agree(curve, &scalar, &point)?, curves::public(curve, &scalar)?);
            let k = combine(named(outputs.clone(), Field::K)?, shared, &share, &point);
            Ok(vec![(Field::C, join(named(outputs, Field::C)?, share)), (Field::K, k)])
        }
        _ => {
            let (seed, scalar) = private()?;
            let (c, point) = split(question.input.bytes(Field::C), c_len)?;
            let k = named(ask(lattice, Op::Decaps, &[(Field::Seed, &seed), (Field::C, &c)]), Field::K)?;
            let shared = curves::agree(curve, &scalar, &point)?;
            Ok(vec![(Field::K, combine(k, shared, &point, &curves::public(curve, &scalar)?))])
        }
    }
}

/// What the CFRG expands a seed to: enough for any of its curves, which take what they need from the front.
fn expanded(seed: &[u8]) -> [u8; 192] {
    let mut hasher = Shake256::default();
    hasher.update(seed);
    let mut bytes = [0; 192];
    hasher.finalize_xof().read(&mut bytes);
    bytes
}
