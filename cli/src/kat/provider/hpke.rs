//! The recipient of HPKE (RFC 9180), and of X-Wing in it (draft-ietf-hpke-pq), over a provider's primitives.

use twinlock::{
    ids::{self, Curve, Kem},
    kem::DecapsulationKey,
    provider::Provider,
    secret::Seed,
};
use twinlock_kat::{Answer, Field, Input, Lack, Op, Output, Question, Reason};

use super::{Given, array, refusal};

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
    kem_id: [u8; 2],
    kem: KeySource,
    hash: ids::Hash,
    /// None where keys are only exported.
    aead: Option<ids::Aead>,
    /// `HPKE`, and the three code points.
    id: [u8; 10],
}

/// HKDF with a suite's labels (RFC 9180 §4).
struct Labeled<'a> {
    provider: &'static Provider,
    hash: ids::Hash,
    suite_id: &'a [u8],
}

impl Labeled<'_> {
    fn extract(&self, salt: &[u8], label: &str, ikm: &[u8]) -> Result<Vec<u8>, Answer> {
        let mut prk = vec![0; self.hash.output_len()];
        let ikm = [ids::HPKE_LABEL.as_slice(), self.suite_id, label.as_bytes(), ikm].concat();
        self.provider.hazmat().kdf.extract(self.hash, salt, &ikm, &mut prk).map_err(refusal)?;
        Ok(prk)
    }

    fn expand(&self, prk: &[u8], label: &str, info: &[u8], len: usize) -> Result<Vec<u8>, Answer> {
        let len_bytes = u16::try_from(len).map_err(|_| PARAM)?.to_be_bytes();
        let mut okm = vec![0; len];
        let info = [&len_bytes, ids::HPKE_LABEL.as_slice(), self.suite_id, label.as_bytes(), info];
        self.provider.hazmat().kdf.expand(self.hash, prk, &info, &mut okm).map_err(refusal)?;
        Ok(okm)
    }
}

pub(super) fn answer(provider: &'static Provider, question: &Question) -> Given {
    let input = &question.input;
    if question.op == Op::Keygen {
        return derive_key_pair(provider, input);
    }
    let suite = Suite::of(provider, input)?;
    let (secret, context) = suite.schedule(input)?;
    let labeled = suite.labeled();
    if question.op == Op::Export {
        let len = input.number(Field::Len).and_then(|len| usize::try_from(len).ok());
        let len = len.filter(|len| *len <= MAX_EXPORT).ok_or(PARAM)?;
        let exporter = labeled.expand(&secret, "exp", &context, suite.hash.output_len())?;
        return Ok(Output::from([(Field::Secret, labeled.expand(&exporter, "sec", input.bytes(Field::Ctx), len)?)]));
    }
    let aead = suite.aead.ok_or(PARAM)?;
    let key = labeled.expand(&secret, "key", &context, 32)?;
    let mut nonce: [u8; 12] = *array(&labeled.expand(&secret, "base_nonce", &context, 12)?)?;
    let seq = input.number(Field::Seq).unwrap_or_default().to_be_bytes();
    for (byte, seq) in nonce.iter_mut().rev().zip(seq.iter().rev()) {
        *byte ^= seq;
    }
    let (msg, tag) = input.bytes(Field::Ct).split_last_chunk().ok_or(Answer::Reject(Reason::Length))?;
    let mut msg = msg.to_vec();
    let key = provider.hazmat().aead.key(aead, array(&key)?).map_err(refusal)?;
    key.open(&nonce, input.bytes(Field::Aad), &mut msg, tag).map_err(refusal)?;
    Ok(Output::from([(Field::Msg, msg)]))
}

fn key_source(kem_id: [u8; 2]) -> Result<KeySource, Answer> {
    let kem_id = u16::from_be_bytes(kem_id);
    if kem_id == Kem::XWing.code_point() {
        return Ok(KeySource::XWing);
    }
    let curve = Curve::ALL.into_iter().find(|curve| curve.hpke_kem_id() == kem_id).ok_or(PARAM)?;
    let hash = if curve == Curve::P384 { ids::Hash::Sha384 } else { ids::Hash::Sha256 };
    Ok(KeySource::Dh(curve, hash))
}

fn code_point(input: &Input, field: Field) -> Result<[u8; 2], Answer> {
    let number = input.number(field).and_then(|number| u16::try_from(number).ok());
    number.map(u16::to_be_bytes).ok_or(PARAM)
}

impl Suite {
    fn of(provider: &'static Provider, input: &Input) -> Result<Self, Answer> {
        let ids = [Field::KemId, Field::KdfId, Field::AeadId].map(|field| code_point(input, field));
        let [kem_id, kdf_id, aead_id] = ids;
        let (kem_id, kdf_id, aead_id) = (kem_id?, kdf_id?, aead_id?);
        let of_kdf = |hash: &ids::Hash| hash.hpke_kdf_id() == Some(u16::from_be_bytes(kdf_id));
        let hash = ids::Hash::ALL.into_iter().find(of_kdf).ok_or(PARAM)?;
        let aead = match u16::from_be_bytes(aead_id) {
            ids::HPKE_EXPORT_ONLY => None,
            id => Some(ids::Aead::ALL.into_iter().find(|aead| aead.hpke_id() == id).ok_or(PARAM)?),
        };
        let kem = key_source(kem_id)?;
        let [k0, k1] = kem_id;
        let [d0, d1] = kdf_id;
        let [a0, a1] = aead_id;
        Ok(Self { provider, kem_id, kem, hash, aead, id: [b'H', b'P', b'K', b'E', k0, k1, d0, d1, a0, a1] })
    }

    const fn labeled(&self) -> Labeled<'_> {
        Labeled { provider: self.provider, hash: self.hash, suite_id: &self.id }
    }

    /// The secret and the context of its keys (RFC 9180 §5.1).
    fn schedule(&self, input: &Input) -> Result<(Vec<u8>, Vec<u8>), Answer> {
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
        let labeled = self.labeled();
        let psk_id_hash = labeled.extract(&[], "psk_id_hash", psk_id)?;
        let info_hash = labeled.extract(&[], "info_hash", input.bytes(Field::Info))?;
        let context = [&[mode][..], &psk_id_hash, &info_hash].concat();
        Ok((labeled.extract(&shared, "secret", psk)?, context))
    }

    fn decapsulate(&self, input: &Input, with_auth: bool) -> Result<Vec<u8>, Answer> {
        let (private, enc) = (input.bytes(Field::SkR), input.bytes(Field::Enc));
        let (curve, hash) = match self.kem {
            KeySource::Dh(curve, hash) => (curve, hash),
            // The draft has no authenticated mode.
            KeySource::XWing if with_auth => return Err(PARAM),
            KeySource::XWing => {
                let seed = Seed::from_slice(private);
                let key = DecapsulationKey::from_seed(self.provider, Kem::XWing, seed).map_err(refusal)?;
                return Ok(key.decapsulate(enc).map_err(refusal)?.secret_bytes().to_vec());
            }
        };
        let (mut dh, public) = (agree(self.provider, curve, private, enc)?, public(self.provider, curve, private)?);
        let mut context = [enc, &public].concat();
        if with_auth {
            let sender = input.get(Field::PkS).ok_or(Answer::Reject(Reason::Other))?;
            dh.extend(agree(self.provider, curve, private, sender)?);
            context.extend_from_slice(sender);
        }
        let id = kem_suite(self.kem_id);
        let labeled = Labeled { provider: self.provider, hash, suite_id: &id };
        let prk = labeled.extract(&[], "eae_prk", &dh)?;
        labeled.expand(&prk, "shared_secret", &context, hash.output_len())
    }
}

/// What labels of a KEM alone have in them.
const fn kem_suite([high, low]: [u8; 2]) -> [u8; 5] {
    [b'K', b'E', b'M', high, low]
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

/// RFC 9180 §7.1.3. X-Wing's is the draft's own, which is not computed here.
fn derive_key_pair(provider: &'static Provider, input: &Input) -> Given {
    let kem_id = code_point(input, Field::KemId)?;
    let KeySource::Dh(curve, hash) = key_source(kem_id)? else { return Err(PARAM) };
    let id = kem_suite(kem_id);
    let labeled = Labeled { provider, hash, suite_id: &id };
    let prk = labeled.extract(&[], "dkp_prk", input.bytes(Field::Ikm))?;
    let pair = |private: Vec<u8>| {
        let public = public(provider, curve, &private)?;
        Ok(Output::from([(Field::SkR, private), (Field::PkR, public)]))
    };
    if curve == Curve::X25519 {
        return pair(labeled.expand(&prk, "sk", &[], curve.private_len())?);
    }
    let candidates = (0..=u8::MAX).map(|counter| labeled.expand(&prk, "candidate", &[counter], curve.private_len()));
    let mut pairs = candidates.map(|candidate| candidate.and_then(pair));
    pairs.find(Result::is_ok).unwrap_or(Err(Answer::Reject(Reason::Other)))
}
