//! Key agreement: X25519, P-256, P-384.

use super::{Adapter, Answered, LEFT_OUT, outputs};
use crate::{Alg, Field, Implementation, Op, Output, Question};

/// Key agreement: RFC 7748 §5, SP 800-56A §5.7.1.2. Points of P-256 and P-384 are encoded as SEC 1 has them.
pub trait KeyAgreement: Sync {
    /// Which one.
    fn alg(&self) -> Alg;

    /// The shared secret. Whether one that is all zero is refused is for the
    /// [policy](crate::Policy) of a run to judge.
    ///
    /// # Errors
    /// A public key that must be refused, a key of a wrong length.
    fn agree(&self, private: &[u8], public: &[u8]) -> Answered<Vec<u8>>;

    /// The public key of a private key.
    ///
    /// # Errors
    /// A key of a wrong length.
    fn public_key(&self, private: &[u8]) -> Answered<Vec<u8>> {
        let _ = private;
        Err(LEFT_OUT)
    }

    /// The public key of a private key in PKCS#8.
    ///
    /// # Errors
    /// DER that must be refused.
    fn pkcs8(&self, der: &[u8]) -> Answered<Vec<u8>> {
        let _ = der;
        Err(LEFT_OUT)
    }

    /// The public key in a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// DER that must be refused.
    fn spki(&self, der: &[u8]) -> Answered<Vec<u8>> {
        let _ = der;
        Err(LEFT_OUT)
    }
}

/// Key agreement as an implementation that can be asked.
pub fn key_agreement<T: KeyAgreement>(one: T) -> impl Implementation {
    Adapter { alg: one.alg(), one, ask: ask::<T> }
}

fn ask<T: KeyAgreement>(one: &T, question: &Question) -> Answered<Output> {
    let bytes = |field| question.input.bytes(field);
    let private = bytes(Field::Private);
    let (field, result) = match question.op {
        Op::Keygen => (Field::Public, one.public_key(private)),
        Op::Agree => (Field::Shared, one.agree(private, bytes(Field::Public))),
        Op::Pkcs8 => (Field::Public, one.pkcs8(bytes(Field::Der))),
        Op::Spki => (Field::Public, one.spki(bytes(Field::Der))),
        _ => return Err(LEFT_OUT),
    };
    Ok(outputs([(field, result?)]))
}
