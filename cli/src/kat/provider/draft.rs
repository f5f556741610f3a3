//! The drafts of the provider `pqclean`: their own vectors, and what they make of the standards'.

use twinlock::{ids, provider::Provider};
use twinlock_kat::{Alg, Answer, Field, Lack, Op, Output, Question};

use super::{Given, refusal};

/// A question that a draft has an answer to: its keys are expanded, its randomness is its own.
pub(super) fn offers(alg: Alg, op: Op) -> bool {
    match op {
        Op::Decaps => ml_kem(alg).is_some(),
        Op::Verify => ml_dsa(alg).is_some(),
        _ => false,
    }
}

pub(super) fn answer(provider: &'static Provider, question: &Question) -> Given {
    let (input, draft) = (&question.input, provider.hazmat().draft);
    if let Some(params) = ml_kem(question.alg) {
        let dk = input.get(Field::Dk).ok_or(Answer::Unsupported(Lack::Key))?;
        let k = draft.kem_decapsulate(params, dk, input.bytes(Field::C)).map_err(refusal)?;
        return Ok(Output::from([(Field::K, k.secret_bytes().to_vec())]));
    }
    let params = ml_dsa(question.alg).ok_or(Answer::Unsupported(Lack::Alg))?;
    if !input.bytes(Field::Ctx).is_empty() {
        return Err(Answer::Unsupported(Lack::Param));
    }
    draft.verify(params, input.bytes(Field::Pk), input.bytes(Field::Msg), input.bytes(Field::Sig)).map_err(refusal)?;
    Ok(Output::new())
}

/// The parameters that a draft has in common with the standard. Round 3 is another algorithm, whose vectors these drafts
/// fail as a whole.
fn ml_kem(alg: Alg) -> Option<ids::MlKem> {
    Some(match alg {
        Alg::MlKem512 | Alg::MlKem512Ipd => ids::MlKem::MlKem512,
        Alg::MlKem768 | Alg::MlKem768Ipd => ids::MlKem::MlKem768,
        Alg::MlKem1024 | Alg::MlKem1024Ipd => ids::MlKem::MlKem1024,
        _ => return None,
    })
}

fn ml_dsa(alg: Alg) -> Option<ids::MlDsa> {
    Some(match alg {
        Alg::MlDsa44 => ids::MlDsa::MlDsa44,
        Alg::MlDsa65 => ids::MlDsa::MlDsa65,
        Alg::MlDsa87 => ids::MlDsa::MlDsa87,
        _ => return None,
    })
}
