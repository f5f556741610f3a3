//! X25519, P-256, P-384 and Ed25519 by AWS-LC.

use aws_lc_rs::{
    agreement::{self, Algorithm, PrivateKey, UnparsedPublicKey},
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey as VerifyingKey},
};
use twinlock_kat::{Alg, Answer, Field, Op, Question, Reason};

use super::{Answered, LACKS_OP, LENGTH, array};

/// The length of a point, uncompressed.
pub(super) fn point_len(curve: &Algorithm) -> usize {
    match () {
        () if *curve == agreement::X25519 => 32,
        () if *curve == agreement::ECDH_P256 => 65,
        () => 97,
    }
}

fn private(curve: &'static Algorithm, scalar: &[u8]) -> Result<PrivateKey, Answer> {
    PrivateKey::from_private_key(curve, scalar).map_err(|_| Answer::Reject(Reason::Other))
}

pub(super) fn public(curve: &'static Algorithm, scalar: &[u8]) -> Result<Vec<u8>, Answer> {
    let public = private(curve, scalar)?.compute_public_key().map_err(|_| Answer::Reject(Reason::Other))?;
    Ok(public.as_ref().to_vec())
}

/// AWS-LC takes points in other encodings too, and refuses a result of zeros.
pub(super) fn agree(curve: &'static Algorithm, scalar: &[u8], point: &[u8]) -> Result<Vec<u8>, Answer> {
    if point.len() != point_len(curve) {
        return Err(LENGTH);
    }
    if *curve != agreement::X25519 && point.first() != Some(&4) {
        return Err(Answer::Reject(Reason::Point));
    }
    let point = UnparsedPublicKey::new(curve, point);
    agreement::agree(&private(curve, scalar)?, point, Answer::Reject(Reason::Point), |shared| Ok(shared.to_vec()))
}

pub(super) fn agreement(question: &Question) -> Answered {
    let curve = match question.alg {
        Alg::X25519 => &agreement::X25519,
        Alg::P256 => &agreement::ECDH_P256,
        _ => &agreement::ECDH_P384,
    };
    let bytes = |field| question.input.bytes(field);
    match question.op {
        Op::Keygen => Ok(vec![(Field::Public, public(curve, bytes(Field::Private))?)]),
        _ => Ok(vec![(Field::Shared, agree(curve, bytes(Field::Private), bytes(Field::Public))?)]),
    }
}

pub(super) fn ed25519(question: &Question) -> Answered {
    let bytes = |field| question.input.bytes(field);
    let pair = || {
        let seed = array::<32>(bytes(Field::Seed))?;
        Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| Answer::Reject(Reason::Other))
    };
    match question.op {
        Op::Keygen => Ok(vec![(Field::Pk, pair()?.public_key().as_ref().to_vec())]),
        Op::Sign => Ok(vec![(Field::Sig, pair()?.sign(bytes(Field::Msg)).as_ref().to_vec())]),
        Op::Verify => {
            // AWS-LC takes a key in DER too.
            let key = VerifyingKey::new(&ED25519, array::<32>(bytes(Field::Pk))?);
            let verified = key.verify(bytes(Field::Msg), bytes(Field::Sig));
            verified.map(|()| Vec::new()).map_err(|_| Answer::Reject(Reason::Tag))
        }
        _ => Err(LACKS_OP),
    }
}
