//! ML-KEM and ML-DSA by RustCrypto.

use ml_dsa::{ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87, SigningKey, VerifyingKey};
#[expect(deprecated, reason = "vectors have expanded keys")]
use ml_kem::ExpandedKeyEncoding as _;
use ml_kem::{
    DecapsulationKey, EncapsulationKey, MlKem512, MlKem768, MlKem1024,
    kem::{Decapsulate as _, KeyExport as _},
};
use sha2::{Digest, Sha256, Sha512};
use twinlock_kat::{Alg, Answer, Field, Lack, Op, Question, Reason};

use super::{Answered, LACKS_ALG, LACKS_OP, LENGTH, array};

macro_rules! ml_kem {
    ($P:ty, $question:expr) => {{
        let bytes = |field| $question.input.bytes(field);
        let from_expanded = || {
            let expanded = bytes(Field::Dk).try_into().map_err(|_| LENGTH)?;
            DecapsulationKey::<$P>::from_expanded_bytes(expanded).map_err(|_| Answer::Reject(Reason::Hash))
        };
        let from_seed = || Ok::<_, Answer>(DecapsulationKey::<$P>::from_seed(array::<64>(bytes(Field::Seed))?.into()));
        let encapsulation_key = || {
            let ek = bytes(Field::Ek).try_into().map_err(|_| LENGTH)?;
            EncapsulationKey::<$P>::new(ek).map_err(|_| Answer::Reject(Reason::Modulus))
        };
        match $question.op {
            Op::Keygen => {
                let key = from_seed()?;
                let ek = key.encapsulation_key().to_bytes().to_vec();
                Ok(vec![(Field::Ek, ek), (Field::Dk, key.to_expanded_bytes().to_vec())])
            }
            Op::CheckEk => encapsulation_key().map(|_| Vec::new()),
            Op::CheckDk => from_expanded().map(|_| Vec::new()),
            Op::Encaps => {
                let (c, k) = encapsulation_key()?.encapsulate_deterministic(&array::<32>(bytes(Field::M))?.into());
                Ok(vec![(Field::C, c.to_vec()), (Field::K, k.to_vec())])
            }
            Op::Decaps => {
                let key = if $question.input.get(Field::Dk).is_some() { from_expanded()? } else { from_seed()? };
                let c = bytes(Field::C).try_into().map_err(|_| LENGTH)?;
                Ok(vec![(Field::K, key.decapsulate(c).to_vec())])
            }
            _ => Err(LACKS_OP),
        }
    }};
}

#[expect(deprecated, reason = "vectors have expanded keys")]
pub(super) fn ml_kem(question: &Question) -> Answered {
    match question.alg {
        Alg::MlKem512 => ml_kem!(MlKem512, question),
        Alg::MlKem768 => ml_kem!(MlKem768, question),
        Alg::MlKem1024 => ml_kem!(MlKem1024, question),
        _ => Err(LACKS_ALG),
    }
}

/// The formatted message M′ of FIPS 204 algorithms 2 to 5; as it is for the internal interface.
fn formatted(question: &Question) -> Result<Vec<u8>, Answer> {
    let (msg, ctx) = (question.input.bytes(Field::Msg), question.input.bytes(Field::Ctx));
    let length = || u8::try_from(ctx.len()).map_err(|_| Answer::Reject(Reason::Ctx));
    match question.op {
        Op::Sign | Op::Verify => Ok([&[0, length()?], ctx, msg].concat()),
        Op::SignPrehash | Op::VerifyPrehash => {
            let (arc, hash) = match question.input.text(Field::Hash) {
                "SHA2-256" => (1, Sha256::digest(msg).to_vec()),
                "SHA2-512" => (3, Sha512::digest(msg).to_vec()),
                _ => return Err(Answer::Unsupported(Lack::Param)),
            };
            let oid = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc];
            Ok([&[1, length()?], ctx, &oid, &hash].concat())
        }
        _ => Ok(msg.to_vec()),
    }
}

macro_rules! ml_dsa {
    ($P:ty, $question:expr) => {{
        let bytes = |field| $question.input.bytes(field);
        match $question.op {
            Op::Keygen => {
                let key = SigningKey::<$P>::from_seed(&array::<32>(bytes(Field::Seed))?.into());
                let expanded = key.expanded_key();
                let pk = expanded.verifying_key().encode().to_vec();
                Ok(vec![(Field::Pk, pk), (Field::Sk, expanded.to_expanded().to_vec())])
            }
            Op::Sign | Op::SignPrehash | Op::SignInternal => {
                let key = ExpandedSigningKey::<$P>::from_seed(&array::<32>(bytes(Field::Seed))?.into());
                let rnd = array::<32>(bytes(Field::Rnd))?.into();
                let sig = key.sign_internal(&[&formatted($question)?], &rnd);
                Ok(vec![(Field::Sig, sig.encode().to_vec())])
            }
            Op::Verify | Op::VerifyPrehash | Op::VerifyInternal => {
                let message = formatted($question)?;
                let key = VerifyingKey::<$P>::decode(bytes(Field::Pk).try_into().map_err(|_| LENGTH)?);
                let refused = Answer::Reject(Reason::Tag);
                let Ok(sig) = ml_dsa::Signature::<$P>::try_from(bytes(Field::Sig)) else { return Err(refused) };
                key.verify_internal(&message, &sig).then(Vec::new).ok_or(refused)
            }
            _ => Err(LACKS_OP),
        }
    }};
}

#[expect(deprecated, reason = "vectors have expanded keys")]
pub(super) fn ml_dsa(question: &Question) -> Answered {
    match question.alg {
        Alg::MlDsa44 => ml_dsa!(MlDsa44, question),
        Alg::MlDsa65 => ml_dsa!(MlDsa65, question),
        Alg::MlDsa87 => ml_dsa!(MlDsa87, question),
        _ => Err(LACKS_ALG),
    }
}
