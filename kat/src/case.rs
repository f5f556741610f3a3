//! The one shape that every file is read into.

use std::collections::BTreeMap;

use crate::{Alg, Field, Op, algorithm::Kind};

/// One vector: a question, and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its number in its file, for people and for reports: `tg 3, tc 45`. Unique within its set.
    pub id: String,
    /// What the file says that it tests; may be empty.
    pub note: String,
    /// Marks of the file that a [policy](crate::Policy) can judge by, such as `LowOrderPublic`.
    pub flags: Vec<String>,
    /// What is asked.
    pub question: Question,
    /// What must come of it.
    pub expect: Expect,
}

/// What an implementation is asked. It never sees what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The algorithm.
    pub alg: Alg,
    /// The operation.
    pub op: Op,
    /// Its inputs. They may have any length: wrong ones are cases.
    pub input: Input,
}

/// Inputs by name, as [`Op::inputs`] lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input(pub BTreeMap<Field, Value>);

/// An input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Bytes; lower-case hex in JSON.
    Bytes(Vec<u8>),
    /// A name, as of a hash.
    Text(String),
    /// A length in bytes, a sequence number or a code point.
    Number(u64),
}

/// Outputs by name, as [`Op::outputs`] lists them.
pub type Output = BTreeMap<Field, Vec<u8>>;

/// What must come of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// These outputs, each byte for byte; none if the operation only accepts.
    Output(Output),
    /// A refusal.
    Reject,
    /// Either: a refusal, or these outputs (Wycheproof's "acceptable").
    Either(Output),
}

impl Input {
    /// No inputs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With these bytes too.
    #[must_use]
    pub fn with(mut self, field: Field, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(field, Value::Bytes(bytes.into()));
        self
    }

    /// With this name too.
    #[must_use]
    pub fn with_text(mut self, field: Field, text: impl Into<String>) -> Self {
        self.0.insert(field, Value::Text(text.into()));
        self
    }

    /// With this number too.
    #[must_use]
    pub fn with_number(mut self, field: Field, number: u64) -> Self {
        self.0.insert(field, Value::Number(number));
        self
    }

    /// The bytes of an input, if it is given.
    pub fn get(&self, field: Field) -> Option<&[u8]> {
        match self.0.get(&field) {
            Some(Value::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The bytes of an input; empty if it is not given. [`Question::shape`] has seen to it that what must be
    /// given is.
    pub fn bytes(&self, field: Field) -> &[u8] {
        self.get(field).unwrap_or_default()
    }

    /// The name in an input; empty if it is not given.
    pub fn text(&self, field: Field) -> &str {
        match self.0.get(&field) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The number in an input, if it is given.
    pub fn number(&self, field: Field) -> Option<u64> {
        match self.0.get(&field) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// A question that its algorithm does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// The algorithm has no such operation.
    Op,
    /// An input that the operation needs is missing.
    Missing(Field),
    /// An input, or an output, that the operation does not have.
    Unknown(Field),
    /// An input of another kind: bytes, name or number.
    Kind(Field),
}

impl Question {
    /// Checks that the algorithm has the operation, and the operation these inputs.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn shape(&self) -> Result<(), Shape> {
        if !self.alg.ops().contains(&self.op) {
            return Err(Shape::Op);
        }
        let inputs = self.op.inputs(self.alg.family());
        let given = |field: &Field| self.input.0.contains_key(field);
        for (field, value) in &self.input.0 {
            if !inputs.iter().any(|input| input.names().contains(field)) {
                return Err(Shape::Unknown(*field));
            }
            let fits = match value {
                Value::Bytes(_) => field.kind() == Kind::Bytes,
                Value::Text(_) => field.kind() == Kind::Text,
                Value::Number(_) => field.kind() == Kind::Number,
            };
            if !fits {
                return Err(Shape::Kind(*field));
            }
        }
        for input in inputs {
            if input.required() && !input.names().iter().any(given) {
                return Err(Shape::Missing(input.name()));
            }
            if let Some(second) = input.names().iter().filter(|field| given(field)).nth(1) {
                return Err(Shape::Unknown(*second));
            }
        }
        Ok(())
    }
}

impl Case {
    /// Checks the question, and that what is expected are outputs of its operation.
    ///
    /// # Errors
    /// As [`Question::shape`].
    pub fn shape(&self) -> Result<(), Shape> {
        self.question.shape()?;
        let (Expect::Output(expected) | Expect::Either(expected)) = &self.expect else { return Ok(()) };
        let outputs = self.question.op.outputs(self.question.alg.family());
        match expected.keys().find(|field| !outputs.contains(field)) {
            Some(field) => Err(Shape::Unknown(*field)),
            None => Ok(()),
        }
    }
}
