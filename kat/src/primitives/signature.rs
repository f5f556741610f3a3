//! Signatures: ML-DSA, Ed25519, and composites.

use super::{Adapter, Answered, LEFT_OUT, PrivateKey, outputs, with};
use crate::{Alg, Field, Implementation, Op, Output, Question};

/// A key pair of a signature algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureKey {
    /// The verifying key.
    pub pk: Vec<u8>,
    /// The expanded signing key, if there is one and it can be had.
    pub sk: Option<Vec<u8>>,
}

/// A signature algorithm: ML-DSA of FIPS 204, Ed25519, composites of both, Dilithium of round 3.
///
/// Contexts `ctx` and randomness `rnd` are empty where an algorithm has none. The deterministic variant of ML-DSA
/// is a `rnd` of 32 zero bytes; an implementation that has only this one answers
/// [`Lack::Derand`](crate::Lack::Derand) to any other, and one that cannot be given its randomness to all.
/// To a form of key that it does not take it answers [`Lack::Key`](crate::Lack::Key).
pub trait Signature: Sync {
    /// Which one.
    fn alg(&self) -> Alg;

    /// Pure verification: FIPS 204 algorithm 3, RFC 8032 §5.1.7.
    ///
    /// # Errors
    /// A key, a context or a signature that must be refused.
    fn verify(&self, pk: &[u8], msg: &[u8], ctx: &[u8], sig: &[u8]) -> Answered<()>;

    /// A key from its seed: 32 bytes; for a composite, from the private key of the draft.
    ///
    /// # Errors
    /// A seed of a wrong length.
    fn keygen(&self, seed: &[u8]) -> Answered<SignatureKey> {
        let _ = seed;
        Err(LEFT_OUT)
    }

    /// Pure signing: FIPS 204 algorithm 2, RFC 8032 §5.1.6.
    ///
    /// # Errors
    /// A key, a context or randomness that must be refused.
    fn sign(&self, key: PrivateKey<'_>, msg: &[u8], ctx: &[u8], rnd: &[u8]) -> Answered<Vec<u8>> {
        let _ = (key, msg, ctx, rnd);
        Err(LEFT_OUT)
    }

    /// FIPS 204 algorithm 4, with a hash as ACVP names it: `SHA2-256`. Answer
    /// [`Lack::Param`](crate::Lack::Param) to a hash that is not offered.
    ///
    /// # Errors
    /// As [`Signature::sign`].
    fn sign_prehash(&self, key: PrivateKey<'_>, hash: &str, msg: &[u8], ctx: &[u8], rnd: &[u8]) -> Answered<Vec<u8>> {
        let _ = (key, hash, msg, ctx, rnd);
        Err(LEFT_OUT)
    }

    /// FIPS 204 algorithm 7, of a formatted message M′.
    ///
    /// # Errors
    /// As [`Signature::sign`].
    fn sign_internal(&self, key: PrivateKey<'_>, msg: &[u8], rnd: &[u8]) -> Answered<Vec<u8>> {
        let _ = (key, msg, rnd);
        Err(LEFT_OUT)
    }

    /// FIPS 204 algorithm 7 from its step 7 on, of a message representative μ of 64 bytes.
    ///
    /// # Errors
    /// As [`Signature::sign`].
    fn sign_mu(&self, key: PrivateKey<'_>, mu: &[u8], rnd: &[u8]) -> Answered<Vec<u8>> {
        let _ = (key, mu, rnd);
        Err(LEFT_OUT)
    }

    /// FIPS 204 algorithm 5, with a hash as ACVP names it.
    ///
    /// # Errors
    /// As [`Signature::verify`].
    fn verify_prehash(&self, pk: &[u8], hash: &str, msg: &[u8], ctx: &[u8], sig: &[u8]) -> Answered<()> {
        let _ = (pk, hash, msg, ctx, sig);
        Err(LEFT_OUT)
    }

    /// FIPS 204 algorithm 8, of a formatted message M′.
    ///
    /// # Errors
    /// As [`Signature::verify`].
    fn verify_internal(&self, pk: &[u8], msg: &[u8], sig: &[u8]) -> Answered<()> {
        let _ = (pk, msg, sig);
        Err(LEFT_OUT)
    }

    /// FIPS 204 algorithm 8 from its step 8 on, of a message representative μ of 64 bytes.
    ///
    /// # Errors
    /// As [`Signature::verify`].
    fn verify_mu(&self, pk: &[u8], mu: &[u8], sig: &[u8]) -> Answered<()> {
        let _ = (pk, mu, sig);
        Err(LEFT_OUT)
    }

    /// The verifying key of a private key in PKCS#8.
    ///
    /// # Errors
    /// DER that must be refused.
    fn pkcs8(&self, der: &[u8]) -> Answered<Vec<u8>> {
        let _ = der;
        Err(LEFT_OUT)
    }

    /// The verifying key in a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// DER that must be refused.
    fn spki(&self, der: &[u8]) -> Answered<Vec<u8>> {
        let _ = der;
        Err(LEFT_OUT)
    }
}

/// A signature algorithm as an implementation that can be asked.
pub fn signature<T: Signature>(one: T) -> impl Implementation {
    Adapter { alg: one.alg(), one, ask: ask::<T> }
}

fn ask<T: Signature>(one: &T, question: &Question) -> Answered<Output> {
    let bytes = |field| question.input.bytes(field);
    let [pk, msg, mu, ctx, rnd, sig] =
        [Field::Pk, Field::Msg, Field::Mu, Field::Ctx, Field::Rnd, Field::Sig].map(bytes);
    let hash = question.input.text(Field::Hash);
    let key = PrivateKey::of(&question.input, Field::Sk);
    let (PrivateKey::Seed(seed) | PrivateKey::Expanded(seed)) = key;
    let signed = |sig: Answered<_>| sig.map(|sig| outputs([(Field::Sig, sig)]));
    let verified = |result: Answered<()>| result.map(|()| Output::new());
    let public = |pk: Answered<_>| pk.map(|pk| outputs([(Field::Pk, pk)]));
    match question.op {
        Op::Keygen => one.keygen(seed).map(|SignatureKey { pk, sk }| with(outputs([(Field::Pk, pk)]), Field::Sk, sk)),
        Op::Sign => signed(one.sign(key, msg, ctx, rnd)),
        Op::SignPrehash => signed(one.sign_prehash(key, hash, msg, ctx, rnd)),
        Op::SignInternal => signed(one.sign_internal(key, msg, rnd)),
        Op::SignMu => signed(one.sign_mu(key, mu, rnd)),
        Op::Verify => verified(one.verify(pk, msg, ctx, sig)),
        Op::VerifyPrehash => verified(one.verify_prehash(pk, hash, msg, ctx, sig)),
        Op::VerifyInternal => verified(one.verify_internal(pk, msg, sig)),
        Op::VerifyMu => verified(one.verify_mu(pk, mu, sig)),
        Op::Pkcs8 => public(one.pkcs8(bytes(Field::Der))),
        Op::Spki => public(one.spki(bytes(Field::Der))),
        _ => Err(LEFT_OUT),
    }
}
