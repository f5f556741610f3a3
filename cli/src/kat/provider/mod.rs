//! Twinlock's providers as something that answers known-answer questions: through the public API where that
//! can do it, else through `hazmat`.

use twinlock::{
    Error,
    error::Field as At,
    ids::{self, Curve, Kem, KeyKind},
    keys::{self, Form, PrivateKey, PublicKey},
    provider::{Operation, Provider},
    secret::Seed,
};
use twinlock_kat::{About, Alg, Answer, Family, Field, Implementation, Lack, Op, Output, Question, Reason};

mod channel;
mod draft;
mod hpke;
mod lattice;
mod symmetric;

/// A provider, asked questions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Under(pub(crate) &'static Provider);

/// The outputs, or why there are none.
type Given = Result<Output, Answer>;

impl Implementation for Under {
    fn about(&self) -> About {
        About {
            name: format!("provider:{}", self.0.name()),
            version: env!("CARGO_PKG_VERSION").into(),
            build: self.0.parts().iter().map(|(_, part)| *part).collect::<Vec<_>>().join(", "),
        }
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        let provider = self.0;
        let has = |operation| provider.supports(operation);
        if has(Operation::Draft) && draft::offers(alg, op) {
            return true;
        }
        match alg.family() {
            Family::MlKem => match op {
                Op::CheckDk => has(Operation::MlKemExpanded),
                _ => has(Operation::MlKem),
            },
            Family::Kem => kem(alg).is_some() && has(Operation::MlKem),
            Family::MlDsa => match op {
                Op::SignInternal | Op::VerifyInternal => has(Operation::MlDsaInternal),
                Op::SignPrehash | Op::VerifyPrehash => has(Operation::MlDsaInternal),
                Op::SignMu | Op::VerifyMu => has(Operation::MlDsaMu),
                _ => has(Operation::MlDsa),
            },
            Family::Dh => curve(alg).is_some_and(|curve| has(Operation::Dh(curve))) && kind_or_plain(alg, op),
            Family::EdDsa => has(Operation::Ed25519),
            Family::Hkdf => has(Operation::Kdf),
            Family::Aead => symmetric::aead(alg).is_some_and(|aead| has(Operation::Aead(aead))),
            Family::Hash => symmetric::hash(alg).is_some_and(|hash| has(Operation::Hash(hash))),
            Family::Xof => alg == Alg::Shake256 && has(Operation::Shake256),
            Family::Composite => signature(alg).is_some() && has(Operation::MlDsa),
            Family::Hpke => has(Operation::Kdf),
            Family::Twinlock => has(Operation::MlDsa) && channel::offers(provider, op),
            _ => false,
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        if !self.offers(question.alg, question.op) {
            let known = question.alg.ops().iter().any(|op| self.offers(question.alg, *op));
            return Answer::Unsupported(if known { Lack::Op } else { Lack::Alg });
        }
        let given = match (question.alg.family(), question.op) {
            (_, Op::Pkcs8 | Op::Spki) => decode(self.0, question),
            (_, op) if self.0.supports(Operation::Draft) && draft::offers(question.alg, op) => {
                draft::answer(self.0, question)
            }
            (Family::MlKem, _) => lattice::ml_kem(self.0, question),
            (Family::Kem, _) => lattice::hybrid(self.0, question),
            (Family::MlDsa, _) => lattice::ml_dsa(self.0, question),
            (Family::Hpke, _) => hpke::answer(self.0, question),
            (Family::Twinlock, _) => channel::answer(self.0, question),
            (Family::EdDsa | Family::Composite, _) => lattice::signature(self.0, question),
            (Family::Dh, _) => agree(self.0, question),
            _ => symmetric::answer(self.0, question),
        };
        given.map_or_else(|answer| answer, Answer::Output)
    }
}

/// What an error of the library means for a question. A library that fails without telling why is broken, and
/// so is a provider that lacks what it said it has.
fn refusal(error: Error) -> Answer {
    match error {
        Error::WrongLength { .. } | Error::TooLong => Answer::Reject(Reason::Length),
        Error::NonCanonical(At::EncapsulationKey) => Answer::Reject(Reason::Modulus),
        Error::NonCanonical(At::ExpandedKey) => Answer::Reject(Reason::Hash),
        Error::NonCanonical(At::PublicKey) => Answer::Reject(Reason::Point),
        Error::NonCanonical(_) => Answer::Reject(Reason::Encoding),
        Error::AllZero => Answer::Reject(Reason::Zero),
        Error::Rejected => Answer::Reject(Reason::Tag),
        Error::Context => Answer::Reject(Reason::Ctx),
        Error::Unsupported { operation: Operation::MlKemEncapsulateDerand, .. } => Answer::Unsupported(Lack::Derand),
        Error::Unsupported { operation: Operation::MlKemExpanded | Operation::MlDsaExpanded, .. } => {
            Answer::Unsupported(Lack::Key)
        }
        Error::Unsupported { .. } => Answer::Unsupported(Lack::Op),
        other => Answer::Error(other.to_string()),
    }
}

/// Bytes of a fixed length.
fn array<const N: usize>(bytes: &[u8]) -> Result<&[u8; N], Answer> {
    bytes.try_into().map_err(|_| Answer::Reject(Reason::Length))
}

fn seed(question: &Question, field: Field) -> Seed {
    Seed::from_slice(question.input.bytes(field))
}

/// The library's KEM of an algorithm. SSH's hybrid has the shares of TLS's and another secret.
fn kem(alg: Alg) -> Option<Kem> {
    match alg {
        Alg::SshMlKem768X25519 => Some(Kem::X25519MlKem768),
        _ => Kem::ALL.into_iter().find(|kem| kem.name() == alg.name()),
    }
}

fn signature(alg: Alg) -> Option<ids::Signature> {
    let name = alg.name().strip_prefix("id-").unwrap_or(alg.name());
    ids::Signature::ALL.into_iter().find(|signature| signature.name() == name)
}

fn curve(alg: Alg) -> Option<Curve> {
    Curve::ALL.into_iter().find(|curve| curve.name() == alg.name())
}

/// The kind of key that files of this algorithm hold.
fn kind(alg: Alg) -> Option<KeyKind> {
    KeyKind::ALL.into_iter().find(|kind| match kind {
        KeyKind::X25519 => alg == Alg::X25519,
        KeyKind::Kem(kem) => kem.name() == alg.name(),
        KeyKind::Signature(signature) => signature.name() == alg.name(),
        _ => false,
    })
}

/// Key files hold no keys of the NIST curves.
fn kind_or_plain(alg: Alg, op: Op) -> bool {
    !matches!(op, Op::Pkcs8 | Op::Spki) || kind(alg).is_some()
}

/// Key agreement as RFC 7748 has it, zero refused, which on the NIST curves is a secret as any other: the library's own
/// X25519 takes canonical keys alone, and is asked through the hybrids.
fn agree(provider: &'static Provider, question: &Question) -> Given {
    let curve = curve(question.alg).ok_or(Answer::Unsupported(Lack::Alg))?;
    let input = &question.input;
    let private = input.bytes(Field::Private);
    let dh = provider.hazmat().dh;
    if question.op == Op::Keygen {
        let mut public = vec![0; curve.public_len()];
        dh.public_key(curve, private, &mut public).map_err(refusal)?;
        return Ok(Output::from([(Field::Public, public)]));
    }
    let public = input.bytes(Field::Public);
    let mut shared = vec![0; curve.private_len()];
    dh.agree(curve, private, public, &mut shared).map_err(refusal)?;
    if curve == Curve::X25519 && shared.iter().all(|byte| *byte == 0) {
        return Err(Answer::Reject(Reason::Zero));
    }
    Ok(Output::from([(Field::Shared, shared)]))
}

/// Key files.
fn decode(provider: &'static Provider, question: &Question) -> Given {
    let refused = |error: keys::Error| match error {
        keys::Error::Crypto(error) => refusal(error),
        _ => Answer::Reject(Reason::Encoding),
    };
    let der = question.input.bytes(Field::Der);
    let key = match question.op {
        // The vectors are of the RFCs; the library also reads what was written before them.
        Op::Pkcs8 => match PrivateKey::from_pkcs8_der(der) {
            Ok(key) if matches!(key.form(), Form::BareSeed | Form::BareExpanded | Form::ExpandedPublic) => {
                return Err(Answer::Reject(Reason::Encoding));
            }
            key => key.and_then(|key| key.public_key(provider)),
        },
        _ => PublicKey::from_spki_der(der),
    }
    .map_err(refused)?;
    if Some(key.kind()) != kind(question.alg) {
        return Err(Answer::Reject(Reason::Encoding));
    }
    let field = match question.alg.family() {
        Family::MlKem => Field::Ek,
        Family::Dh => Field::Public,
        _ => Field::Pk,
    };
    Ok(Output::from([(field, key.as_bytes().to_vec())]))
}
