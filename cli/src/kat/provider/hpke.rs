//! The recipient of HPKE: the library's contexts, and around them the KEMs and modes of RFC 9180 that it does not use.

use twinlock::{
    hpke::{self, KeySchedule, Labeled, Mode},
    ids::{self, Curve, Kem},
    kem::DecapsulationKey,
    provider::Provider,
    secret::{Seed, SharedSecret},
};
use twinlock_kat::{Answer, Field, Input, Lack, Op, Output, Question, Reason};

use super::{Given, refusal};

const PARAM: Answer = Answer::Unsupported(Lack::Param);

/// The longest export that is computed: 255 blocks of the largest hash (RFC 5869 §2.3).
const MAX_EXPORT: usize = 255 * 64;

/// Where keys come from: a curve, by RFC 9180 §4.1, or X-Wing.
#[derive(Clone, Copy)]
enum KeySource {
    Dh(Curve, ids::Hash),
    XWing,
}

/// A suite of HPKE.
struct Suite {
    provider: &'static Provider,
    kem_id: u16,
    kem: KeySource,
    hash: ids::Hash,
    /// None where keys are only exported.
    aead: Option<ids::Aead>,
}

pub(super) fn answer(provider: &'static Provider, question: &Question) -> Given {
    let input = &question.input;
    if question.op == Op::Keygen {
        return derive_key_pair(provider, input);
    }
    let suite = Suite::of(provider, input)?;
    let schedule = suite.schedule(input)?;
    if question.op == Op::Export {
        let len = input.number(Field::Len).and_then(|len| usize::try_from(len).ok());
        let len = len.filter(|len| *len <= MAX_EXPORT).ok_or(PARAM)?;
        let secret = schedule.export(input.bytes(Field::Ctx), len).map_err(refusal)?;
        return Ok(Output::from([(Field::Secret, secret.secret_bytes().to_vec())]));
    }
    suite.aead.ok_or(PARAM)?;
    let mut context = schedule.open().map_err(refusal)?;
    context.skip_to(input.number(Field::Seq).unwrap_or_default());
    let (msg, tag) = input.bytes(Field::Ct).split_last_chunk().ok_or(Answer::Reject(Reason::Length))?;
    let mut msg = msg.to_vec();
    context.open(input.bytes(Field::Aad), &mut msg, tag).map_err(refusal)?;
    Ok(Output::from([(Field::Msg, msg)]))
}

fn key_source(kem_id: u16) -> Result<KeySource, Answer> {
    if Some(kem_id) == Kem::XWing.hpke_kem_id() {
        return Ok(KeySource::XWing);
    }
    let curve = Curve::ALL.into_iter().find(|curve| curve.hpke_kem_id() == kem_id).ok_or(PARAM)?;
    let hash = if curve == Curve::P384 { ids::Hash::Sha384 } else { ids::Hash::Sha256 };
    Ok(KeySource::Dh(curve, hash))
}

fn code_point(input: &Input, field: Field) -> Result<u16, Answer> {
    input.number(field).and_then(|number| u16::try_from(number).ok()).ok_or(PARAM)
}

impl Suite {
    fn of(provider: &'static Provider, input: &Input) -> Result<Self, Answer> {
        let ids = [Field::KemId, Field::KdfId, Field::AeadId].map(|field| code_point(input, field));
        let [kem_id, kdf_id, aead_id] = ids;
        let (kem_id, kdf_id, aead_id) = (kem_id?, kdf_id?, aead_id?);
        let of_kdf = |hash: &ids::Hash| hash.hpke_kdf_id() == Some(kdf_id);
        let hash = ids::Hash::ALL.into_iter().find(of_kdf).ok_or(PARAM)?;
        let aead = match aead_id {
            ids::HPKE_EXPORT_ONLY => None,
            id => Some(ids::Aead::ALL.into_iter().find(|aead| aead.hpke_id() == id).ok_or(PARAM)?),
        };
        Ok(Self { provider, kem_id, kem: key_source(kem_id)?, hash, aead })
    }

    fn schedule(&self, input: &Input) -> Result<KeySchedule, Answer> {
        let mode = input.number(Field::Mode).and_then(|mode| u8::try_from(mode).ok()).ok_or(PARAM)?;
        let (psk, psk_id) = (input.bytes(Field::Psk), input.bytes(Field::PskId));
        let (with_psk, with_auth) = match mode {
            0..=3 => (mode & 1 == 1, mode & 2 == 2),
            _ => return Err(PARAM),
        };
        if with_psk == psk.is_empty() || psk.is_empty() != psk_id.is_empty() {
            return Err(Answer::Reject(Reason::Other));
        }
        let shared = self.decapsulate(input, with_auth)?;
        let (mode, info) = (Mode { id: mode, psk, psk_id }, input.bytes(Field::Info));
        KeySchedule::new(self.provider, self.kem_id, self.hash, self.aead, &mode, info, &shared).map_err(refusal)
    }

    fn decapsulate(&self, input: &Input, with_auth: bool) -> Result<SharedSecret, Answer> {
        let (private, enc) = (input.bytes(Field::SkR), input.bytes(Field::Enc));
        let (curve, hash) = match self.kem {
            KeySource::Dh(curve, hash) => (curve, hash),
            // The draft has no authenticated mode.
            KeySource::XWing if with_auth => return Err(PARAM),
            KeySource::XWing => {
                let seed = Seed::from_slice(private);
                let key = DecapsulationKey::from_seed(self.provider, Kem::XWing, seed).map_err(refusal)?;
                return key.decapsulate(enc).map_err(refusal);
            }
        };
        let (mut dh, public) = (agree(self.provider, curve, private, enc)?, public(self.provider, curve, private)?);
        let mut context = [enc, &public].concat();
        if with_auth {
            let sender = input.get(Field::PkS).ok_or(Answer::Reject(Reason::Other))?;
            dh.extend(agree(self.provider, curve, private, sender)?);
            context.extend_from_slice(sender);
        }
        let labeled = Labeled::new(self.provider, hash, kem_suite(self.kem_id));
        let prk = labeled.extract(&[], "eae_prk", &dh).map_err(refusal)?;
        SharedSecret::build(hash.output_len(), |out| labeled.expand(&prk, "shared_secret", &context, out))
            .map_err(refusal)
    }
}

/// What labels of a KEM alone have in them.
fn kem_suite(kem_id: u16) -> Vec<u8> {
    [ids::HPKE_KEM_PREFIX.as_slice(), &kem_id.to_be_bytes()].concat()
}

fn public(provider: &'static Provider, curve: Curve, private: &[u8]) -> Result<Vec<u8>, Answer> {
    let mut public = vec![0; curve.public_len()];
    provider.hazmat().dh.public_key(curve, private, &mut public).map_err(refusal)?;
    Ok(public)
}

/// RFC 9180 §7.1.4: X25519 that ends in zero is refused.
fn agree(provider: &'static Provider, curve: Curve, private: &[u8], public: &[u8]) -> Result<Vec<u8>, Answer> {
    let mut shared = vec![0; curve.private_len()];
    provider.hazmat().dh.agree(curve, private, public, &mut shared).map_err(refusal)?;
    let zero = curve == Curve::X25519 && shared.iter().all(|byte| *byte == 0);
    if zero { Err(Answer::Reject(Reason::Zero)) } else { Ok(shared) }
}

/// RFC 9180 §7.1.3, and the draft's for X-Wing.
fn derive_key_pair(provider: &'static Provider, input: &Input) -> Given {
    let kem_id = code_point(input, Field::KemId)?;
    let KeySource::Dh(curve, hash) = key_source(kem_id)? else {
        let seed = hpke::derive_seed(provider, input.bytes(Field::Ikm)).map_err(refusal)?;
        let private = seed.secret_bytes().to_vec();
        let key = DecapsulationKey::from_seed(provider, Kem::XWing, seed).map_err(refusal)?;
        let public = key.encapsulation_key().as_bytes().to_vec();
        return Ok(Output::from([(Field::SkR, private), (Field::PkR, public)]));
    };
    let labeled = Labeled::new(provider, hash, kem_suite(kem_id));
    let prk = labeled.extract(&[], "dkp_prk", input.bytes(Field::Ikm)).map_err(refusal)?;
    let expand = |label, info: &[u8]| {
        let mut private = vec![0; curve.private_len()];
        labeled.expand(&prk, label, info, &mut private).map_err(refusal)?;
        Ok(private)
    };
    let pair = |private: Vec<u8>| {
        let public = public(provider, curve, &private)?;
        Ok(Output::from([(Field::SkR, private), (Field::PkR, public)]))
    };
    if curve == Curve::X25519 {
        return pair(expand("sk", &[])?);
    }
    let candidates = (0..=u8::MAX).map(|counter| expand("candidate", &[counter]));
    let mut pairs = candidates.map(|candidate| candidate.and_then(pair));
    pairs.find(Result::is_ok).unwrap_or(Err(Answer::Reject(Reason::Other)))
}
