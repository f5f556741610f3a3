//! KEMs and signatures.

use twinlock::{
    ids,
    kem::{DecapsulationKey, EncapsulationKey},
    provider::{MlDsaKey, MlKemKey, Operation, Provider, SystemRng},
    secret::Seed,
    sign::{SigningKey, VerifyingKey},
};
use twinlock_kat::{Alg, Answer, Field, Lack, Op, Output, Question, Reason};

use super::{Given, array, kem, refusal, seed};

/// ML-KEM, in both forms of its private key.
pub(super) fn ml_kem(provider: &'static Provider, question: &Question) -> Given {
    let params = ids::MlKem::ALL.into_iter().find(|params| params.name() == question.alg.name());
    let params = params.ok_or(Answer::Unsupported(Lack::Alg))?;
    let kem = ids::Kem::MlKem(params);
    let input = &question.input;
    match question.op {
        Op::CheckEk => {
            EncapsulationKey::from_bytes(provider, kem, input.bytes(Field::Ek)).map_err(refusal)?;
            Ok(Output::new())
        }
        Op::CheckDk => {
            expanded(provider, params, input.bytes(Field::Dk))?;
            Ok(Output::new())
        }
        Op::Decaps if input.get(Field::Dk).is_some() => {
            let key = expanded(provider, params, input.bytes(Field::Dk))?;
            let mut k = vec![0; ids::ML_KEM_SHARED_SECRET_LEN];
            key.decapsulate(input.bytes(Field::C), &mut k).map_err(refusal)?;
            Ok(Output::from([(Field::K, k), (Field::Ek, key.encapsulation_key())]))
        }
        _ => any_kem(provider, kem, question),
    }
}

fn expanded(provider: &'static Provider, params: ids::MlKem, dk: &[u8]) -> Result<Box<dyn MlKemKey>, Answer> {
    provider.hazmat().ml_kem.key_from_expanded(params, dk).map_err(refusal)
}

/// The hybrids. SSH hashes what TLS concatenates.
pub(super) fn hybrid(provider: &'static Provider, question: &Question) -> Given {
    let mut output = any_kem(provider, kem(question.alg).ok_or(Answer::Unsupported(Lack::Alg))?, question)?;
    if question.alg == Alg::SshMlKem768X25519
        && let Some(k) = output.get_mut(&Field::K)
    {
        let mut digest = vec![0; ids::Hash::Sha256.output_len()];
        provider.hazmat().hash.digest(ids::Hash::Sha256, &[k], &mut digest);
        *k = digest;
    }
    Ok(output)
}

fn any_kem(provider: &'static Provider, kem: ids::Kem, question: &Question) -> Given {
    let input = &question.input;
    if question.op == Op::Encaps {
        let key = EncapsulationKey::from_bytes(provider, kem, input.bytes(Field::Ek)).map_err(refusal)?;
        if !provider.supports(Operation::MlKemEncapsulateDerand) {
            // The checks of the key are this provider's all the same; only what comes after them is its own.
            key.encapsulate(&mut SystemRng).map_err(refusal)?;
            return Err(Answer::Unsupported(Lack::Derand));
        }
        let (c, k) = key.encapsulate_derand(&seed(question, Field::M)).map_err(refusal)?;
        return Ok(Output::from([(Field::C, c), (Field::K, k.secret_bytes().to_vec())]));
    }
    if input.get(Field::Seed).is_none() {
        return Err(Answer::Unsupported(Lack::Key));
    }
    let key = DecapsulationKey::from_seed(provider, kem, seed(question, Field::Seed)).map_err(refusal)?;
    let ek = key.encapsulation_key().as_bytes().to_vec();
    if question.op == Op::Keygen {
        return Ok(Output::from([(Field::Ek, ek)]));
    }
    let k = key.decapsulate(input.bytes(Field::C)).map_err(refusal)?;
    Ok(Output::from([(Field::K, k.secret_bytes().to_vec()), (Field::Ek, ek)]))
}

/// ML-DSA, in both forms of its private key.
pub(super) fn ml_dsa(provider: &'static Provider, question: &Question) -> Given {
    let params = ids::MlDsa::ALL.into_iter().find(|params| params.name() == question.alg.name());
    let params = params.ok_or(Answer::Unsupported(Lack::Alg))?;
    let (input, backend) = (&question.input, provider.hazmat().ml_dsa);
    let (pk, sig, msg) = (input.bytes(Field::Pk), input.bytes(Field::Sig), input.bytes(Field::Msg));
    match question.op {
        Op::VerifyInternal => {
            backend.verify_internal(params, pk, msg, sig).map_err(refusal)?;
            return Ok(Output::new());
        }
        Op::VerifyMu => {
            backend.verify_mu(params, pk, array(input.bytes(Field::Mu))?, sig).map_err(refusal)?;
            return Ok(Output::new());
        }
        Op::VerifyPrehash => {
            backend.verify_internal(params, pk, &prehashed(provider, question)?, sig).map_err(refusal)?;
            return Ok(Output::new());
        }
        Op::Keygen | Op::Verify => return signature(provider, question),
        Op::Sign if input.get(Field::Seed).is_some() => return signature(provider, question),
        _ => {}
    }
    let key: Box<dyn MlDsaKey> = match input.get(Field::Seed) {
        Some(seed) => backend.key(params, array(seed)?),
        None => backend.key_from_expanded(params, input.bytes(Field::Sk)),
    }
    .map_err(refusal)?;
    let rnd = array(input.bytes(Field::Rnd))?;
    let mut out = vec![0; params.signature_len()];
    match question.op {
        Op::SignInternal => key.sign_internal(msg, rnd, &mut out),
        Op::SignPrehash => key.sign_internal(&prehashed(provider, question)?, rnd, &mut out),
        Op::SignMu => key.sign_mu(array(input.bytes(Field::Mu))?, rnd, &mut out),
        _ => key.sign(msg, input.bytes(Field::Ctx), rnd, &mut out),
    }
    .map_err(refusal)?;
    Ok(Output::from([(Field::Sig, out)]))
}

/// The formatted message of pre-hash ML-DSA (FIPS 204 algorithm 4), with the hashes that the library has.
fn prehashed(provider: &'static Provider, question: &Question) -> Result<Vec<u8>, Answer> {
    let (input, hash) = (&question.input, provider.hazmat().hash);
    let (msg, ctx) = (input.bytes(Field::Msg), input.bytes(Field::Ctx));
    let ctx_len = u8::try_from(ctx.len()).map_err(|_| Answer::Reject(Reason::Ctx))?;
    let digest = |of: ids::Hash| {
        let mut digest = vec![0; of.output_len()];
        hash.digest(of, &[msg], &mut digest);
        digest
    };
    let of = |of: ids::Hash| (of.oid_arc(), digest(of));
    let (arc, digest) = match input.text(Field::Hash) {
        "SHA2-256" => of(ids::Hash::Sha256),
        "SHA2-384" => of(ids::Hash::Sha384),
        "SHA2-512" => of(ids::Hash::Sha512),
        "SHA3-256" => of(ids::Hash::Sha3_256),
        "SHAKE-256" => {
            let mut digest = vec![0; 64];
            hash.shake256(msg, &mut digest);
            (ids::SHAKE256_OID_ARC, digest)
        }
        _ => return Err(Answer::Unsupported(Lack::Param)),
    };
    Ok([&[1, ctx_len], ctx, ids::NIST_HASH_OID, &[arc], &digest].concat())
}

/// Every signature, through the public API.
pub(super) fn signature(provider: &'static Provider, question: &Question) -> Given {
    let algorithm = super::signature(question.alg).ok_or(Answer::Unsupported(Lack::Alg))?;
    let input = &question.input;
    if question.op == Op::Verify {
        let key = VerifyingKey::from_bytes(provider, algorithm, input.bytes(Field::Pk)).map_err(refusal)?;
        key.verify(input.bytes(Field::Msg), input.bytes(Field::Ctx), input.bytes(Field::Sig)).map_err(refusal)?;
        return Ok(Output::new());
    }
    // The composites' draft calls its seed a private key.
    let private = input.get(Field::Seed).unwrap_or_else(|| input.bytes(Field::Sk));
    let key = SigningKey::from_seed(provider, algorithm, Seed::from_slice(private)).map_err(refusal)?;
    if question.op == Op::Keygen {
        return Ok(Output::from([(Field::Pk, key.verifying_key().as_bytes().to_vec())]));
    }
    let sig = key
        .sign_derand(input.bytes(Field::Msg), input.bytes(Field::Ctx), &seed(question, Field::Rnd))
        .map_err(refusal)?;
    Ok(Output::from([(Field::Sig, sig)]))
}
