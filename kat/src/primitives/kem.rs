//! KEMs: ML-KEM, and every hybrid.

use super::{Adapter, Answered, LEFT_OUT, PrivateKey, outputs, with};
use crate::{Alg, Field, Implementation, Op, Output, Question};

/// A key pair of a KEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KemKey {
    /// The encapsulation key.
    pub ek: Vec<u8>,
    /// The expanded decapsulation key, if it can be had.
    pub dk: Option<Vec<u8>>,
}

/// What encapsulation gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encapsulated {
    /// The ciphertext.
    pub c: Vec<u8>,
    /// The shared secret.
    pub k: Vec<u8>,
}

/// A KEM: ML-KEM of FIPS 203, X-Wing, the hybrids of the CFRG, of TLS and of SSH.
pub trait Kem: Sync {
    /// Which one.
    fn alg(&self) -> Alg;

    /// A key from its seed: `d ‖ z` for ML-KEM (FIPS 203 §6.1), for hybrids as [`Field::Seed`] says.
    ///
    /// # Errors
    /// A seed of a wrong length.
    fn keygen(&self, seed: &[u8]) -> Answered<KemKey>;

    /// Encapsulation with given randomness `m` (FIPS 203 §6.2), after the checks of `ek` (§7.2). Answer
    /// [`Lack::Derand`](crate::Lack::Derand) if the randomness cannot be given.
    ///
    /// # Errors
    /// An encapsulation key that must be refused, randomness of a wrong length.
    fn encaps(&self, ek: &[u8], m: &[u8]) -> Answered<Encapsulated>;

    /// The shared secret of a ciphertext (FIPS 203 §6.3), after the checks of an expanded key (§7.3). Answer
    /// [`Lack::Key`](crate::Lack::Key) to a form of key that is not taken.
    ///
    /// # Errors
    /// A key or a ciphertext that must be refused.
    fn decaps(&self, key: PrivateKey<'_>, c: &[u8]) -> Answered<Vec<u8>>;

    /// The checks of FIPS 203 §7.2 alone.
    ///
    /// # Errors
    /// An encapsulation key that must be refused.
    fn check_ek(&self, ek: &[u8]) -> Answered<()> {
        let _ = ek;
        Err(LEFT_OUT)
    }

    /// The checks of FIPS 203 §7.3 alone.
    ///
    /// # Errors
    /// An expanded decapsulation key that must be refused.
    fn check_dk(&self, dk: &[u8]) -> Answered<()> {
        let _ = dk;
        Err(LEFT_OUT)
    }

    /// The encapsulation key of a private key in PKCS#8.
    ///
    /// # Errors
    /// DER that must be refused.
    fn pkcs8(&self, der: &[u8]) -> Answered<Vec<u8>> {
        let _ = der;
        Err(LEFT_OUT)
    }

    /// The encapsulation key in a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// DER that must be refused.
    fn spki(&self, der: &[u8]) -> Answered<Vec<u8>> {
        let _ = der;
        Err(LEFT_OUT)
    }
}

/// A KEM as an implementation that can be asked.
pub fn kem<T: Kem>(one: T) -> impl Implementation {
    Adapter { alg: one.alg(), one, ask: ask::<T> }
}

fn ask<T: Kem>(one: &T, question: &Question) -> Answered<Output> {
    let bytes = |field| question.input.bytes(field);
    Ok(match question.op {
        Op::Keygen => {
            let KemKey { ek, dk } = one.keygen(bytes(Field::Seed))?;
            with(outputs([(Field::Ek, ek)]), Field::Dk, dk)
        }
        Op::Encaps => {
            let Encapsulated { c, k } = one.encaps(bytes(Field::Ek), bytes(Field::M))?;
            outputs([(Field::C, c), (Field::K, k)])
        }
        Op::Decaps => outputs([(Field::K, one.decaps(PrivateKey::of(&question.input, Field::Dk), bytes(Field::C))?)]),
        Op::CheckEk => one.check_ek(bytes(Field::Ek)).map(|()| Output::new())?,
        Op::CheckDk => one.check_dk(bytes(Field::Dk)).map(|()| Output::new())?,
        Op::Pkcs8 => outputs([(Field::Ek, one.pkcs8(bytes(Field::Der))?)]),
        Op::Spki => outputs([(Field::Ek, one.spki(bytes(Field::Der))?)]),
        _ => return Err(LEFT_OUT),
    })
}
