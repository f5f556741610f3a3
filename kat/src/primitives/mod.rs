//! A trait for each primitive, and for each trait what makes an [`Implementation`] of whoever has it.
//!
//! Inputs are bytes of any length, since wrong ones are cases; outputs are bytes. What an implementation does not
//! have is left out: such methods answer [`Lack::Op`]. An implementation of several algorithms is one value for
//! each.

mod agreement;
mod kem;
mod signature;
mod symmetric;

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use crate::{About, Alg, Answer, Field, Implementation, Input, KeyForm, Lack, Op, Output, Question, Reason};
use crate::{Value, algorithm::Kind};

pub use agreement::{KeyAgreement, key_agreement};
pub use kem::{Encapsulated, Kem, KemKey, kem};
pub use signature::{Signature, SignatureKey, signature};
pub use symmetric::{Aead, Hash, Kdf, Sealed, Xof, aead, hash, kdf, xof};

/// What an operation gives, or why there is nothing.
pub type Answered<T> = Result<T, NoAnswer>;

/// Why an operation gives no outputs. A [`Reason`] and a [`Lack`] become one by `?` or `into`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The input is bad.
    Reject(Reason),
    /// The implementation does not offer this.
    Unsupported(Lack),
    /// It failed without a judgement, such as for want of memory; never a rejection.
    Error(String),
}

impl From<Reason> for NoAnswer {
    fn from(reason: Reason) -> Self {
        Self::Reject(reason)
    }
}

impl From<Lack> for NoAnswer {
    fn from(lack: Lack) -> Self {
        Self::Unsupported(lack)
    }
}

/// What a method answers that an implementation leaves out.
const LEFT_OUT: NoAnswer = NoAnswer::Unsupported(Lack::Op);

/// A private key in the form in which a case has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateKey<'a> {
    /// What the key is expanded from: 64 bytes `d ‖ z` for ML-KEM, 32 bytes for ML-DSA, Ed25519 and X-Wing.
    Seed(&'a [u8]),
    /// The key as its standard encodes it.
    Expanded(&'a [u8]),
}

impl<'a> PrivateKey<'a> {
    /// The key in an input: its seed, or else the expanded key in this field.
    fn of(input: &'a Input, expanded: Field) -> Self {
        input.get(Field::Seed).map_or_else(|| Self::Expanded(input.bytes(expanded)), Self::Seed)
    }
}

/// One of a primitive, as an implementation of one algorithm.
struct Adapter<T, F> {
    one: T,
    alg: Alg,
    ask: F,
}

impl<T: Sync, F: Fn(&T, &Question) -> Answered<Output> + Sync> Adapter<T, F> {
    /// What it says to a question in which all is empty: enough to tell what it does not have.
    fn probe(&self, op: Op, form: KeyForm) -> Option<Lack> {
        let mut input = Input::new();
        for needs in op.inputs(self.alg.family()).iter().filter(|needs| needs.required()) {
            let field = match form {
                KeyForm::Expanded => needs.names().last().copied().unwrap_or(needs.name()),
                KeyForm::Seed => needs.name(),
            };
            input.0.insert(field, empty(field.kind()));
        }
        lack(self, &Question { alg: self.alg, op, input })
    }
}

impl<T: Sync, F: Fn(&T, &Question) -> Answered<Output> + Sync> Implementation for Adapter<T, F> {
    fn about(&self) -> About {
        About { name: core::any::type_name::<T>().into(), ..About::default() }
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        alg == self.alg && alg.ops().contains(&op) && self.probe(op, KeyForm::Seed) != Some(Lack::Op)
    }

    fn key_forms(&self, _: Alg, op: Op) -> &[KeyForm] {
        let takes = |form| self.probe(op, form) != Some(Lack::Key);
        match (takes(KeyForm::Seed), takes(KeyForm::Expanded)) {
            (true, true) => KeyForm::ALL,
            (true, false) => &[KeyForm::Seed],
            (false, true) => &[KeyForm::Expanded],
            (false, false) => &[],
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        if question.alg != self.alg {
            return Answer::Unsupported(Lack::Alg);
        }
        match (self.ask)(&self.one, question) {
            Ok(output) => Answer::Output(output),
            Err(NoAnswer::Reject(reason)) => Answer::Reject(reason),
            Err(NoAnswer::Unsupported(lack)) => Answer::Unsupported(lack),
            Err(NoAnswer::Error(text)) => Answer::Error(text),
        }
    }
}

const fn empty(kind: Kind) -> Value {
    match kind {
        Kind::Bytes => Value::Bytes(Vec::new()),
        Kind::Text => Value::Text(String::new()),
        Kind::Number => Value::Number(0),
    }
}

/// What an implementation says that it lacks. One that panics lacks nothing: it has something that panics.
fn lack(implementation: &dyn Implementation, question: &Question) -> Option<Lack> {
    match catch_unwind(AssertUnwindSafe(|| implementation.answer(question))) {
        Ok(Answer::Unsupported(lack)) => Some(lack),
        _ => None,
    }
}

/// What an implementation lacks to answer a question, told from the same question with nothing but empty bytes.
#[cfg(feature = "libtest")]
pub(crate) fn lack_of(implementation: &dyn Implementation, question: &Question) -> Option<Lack> {
    let mut question = question.clone();
    for (field, value) in &mut question.input.0 {
        if field.kind() == Kind::Bytes {
            *value = empty(Kind::Bytes);
        }
    }
    lack(implementation, &question)
}

/// Outputs by name.
fn outputs<const N: usize>(outputs: [(Field, Vec<u8>); N]) -> Output {
    Output::from(outputs)
}

/// An output that may be left out.
fn with(mut output: Output, field: Field, bytes: Option<Vec<u8>>) -> Output {
    output.extend(bytes.map(|bytes| (field, bytes)));
    output
}
