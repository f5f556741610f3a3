//! What is signed: M′ of FIPS 204 algorithms 2 to 5, and their pre-hash functions (§5.4).

use sha2::Digest as _;

use super::{Bug, Model};
use crate::{Answer, Field, Input, Lack, Op, Reason, model::shake256};

/// The message, as far as it is hashed.
#[derive(Clone)]
pub(super) enum Message {
    /// M′, still to be hashed with tr.
    Formatted(Vec<u8>),
    /// μ.
    Mu(Vec<u8>),
}

/// A hash by ACVP's name: the last byte of its object identifier 2.16.840.1.101.3.4.2.x, and the digest.
struct Hash(&'static str, u8, fn(&[u8]) -> Vec<u8>);

const HASHES: [Hash; 12] = [
    Hash("SHA2-256", 1, |m| sha2::Sha256::digest(m).to_vec()),
    Hash("SHA2-384", 2, |m| sha2::Sha384::digest(m).to_vec()),
    Hash("SHA2-512", 3, |m| sha2::Sha512::digest(m).to_vec()),
    Hash("SHA2-224", 4, |m| sha2::Sha224::digest(m).to_vec()),
    Hash("SHA2-512/224", 5, |m| sha2::Sha512_224::digest(m).to_vec()),
    Hash("SHA2-512/256", 6, |m| sha2::Sha512_256::digest(m).to_vec()),
    Hash("SHA3-224", 7, |m| sha3::Sha3_224::digest(m).to_vec()),
    Hash("SHA3-256", 8, |m| sha3::Sha3_256::digest(m).to_vec()),
    Hash("SHA3-384", 9, |m| sha3::Sha3_384::digest(m).to_vec()),
    Hash("SHA3-512", 10, |m| sha3::Sha3_512::digest(m).to_vec()),
    Hash("SHAKE-128", 11, shake128),
    Hash("SHAKE-256", 12, |m| shake256(&[m], 64)),
];

fn shake128(message: &[u8]) -> Vec<u8> {
    use shake::{ExtendableOutput, Update, XofReader};
    let mut state = shake::Shake128::default();
    state.update(message);
    let mut digest = vec![0; 32];
    state.finalize_xof().read(&mut digest);
    digest
}

impl Model {
    /// What the question is about; after it, what the bug takes as well.
    pub(super) fn messages(&self, op: Op, input: &Input) -> Result<Vec<Message>, Answer> {
        let (message, ctx) = (input.bytes(Field::Msg), input.bytes(Field::Ctx));
        let either = self.has(Bug::PureOrPrehash);
        match op {
            Op::SignMu | Op::VerifyMu => match input.bytes(Field::Mu) {
                mu if mu.len() == 64 => Ok(vec![Message::Mu(mu.to_vec())]),
                _ => Err(Answer::Reject(Reason::Length)),
            },
            Op::SignInternal | Op::VerifyInternal => Ok(vec![Message::Formatted(message.to_vec())]),
            Op::SignPrehash | Op::VerifyPrehash => {
                let name = input.text(Field::Hash);
                let hash = HASHES.iter().find(|hash| hash.0 == name).ok_or(Answer::Unsupported(Lack::Param))?;
                let mut all = vec![self.prehash(hash, message, ctx)?];
                if either {
                    all.push(self.pure(message, ctx)?);
                }
                Ok(all)
            }
            _ => {
                let mut all = vec![self.pure(message, ctx)?];
                if either {
                    for hash in &HASHES {
                        all.push(self.prehash(hash, message, ctx)?);
                    }
                }
                Ok(all)
            }
        }
    }

    /// Algorithm 2, step 10.
    fn pure(&self, message: &[u8], ctx: &[u8]) -> Result<Message, Answer> {
        let prefix = if self.has(Bug::NoDomain) { Vec::new() } else { self.prefix(0, ctx)? };
        Ok(Message::Formatted([&*prefix, message].concat()))
    }

    /// Algorithm 4, step 23.
    fn prehash(&self, hash: &Hash, message: &[u8], ctx: &[u8]) -> Result<Message, Answer> {
        let Hash(name, last, digest) = hash;
        let mut digest = digest(message);
        if self.has(Bug::PrehashShakeShort) && name.starts_with("SHAKE") {
            digest.truncate(digest.len() >> 1);
        }
        let oid: &[u8] = &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, *last];
        let oid = if self.has(Bug::PrehashNoOid) { &[] } else { oid };
        let domain = if self.has(Bug::PrehashDomain) { 0 } else { 1 };
        Ok(Message::Formatted([&*self.prefix(domain, ctx)?, oid, &*digest].concat()))
    }

    /// The domain, the length of the context, the context.
    fn prefix(&self, domain: u8, ctx: &[u8]) -> Result<Vec<u8>, Answer> {
        let len = ctx.len().to_le_bytes()[0]; // with a long context, what a cast to a byte leaves
        let ctx = match self.bug {
            Some(Bug::CtxIgnored) => return Ok(vec![domain, 0]),
            Some(Bug::CtxCut) => ctx.get(..usize::from(len)).unwrap_or(ctx),
            Some(Bug::LongCtx) => ctx,
            _ if ctx.len() > 255 => return Err(Answer::Reject(Reason::Ctx)),
            _ => ctx,
        };
        Ok([&[domain, len], ctx].concat())
    }
}
