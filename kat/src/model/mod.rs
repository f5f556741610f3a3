//! Models: the algorithms written plainly from their standards, each with one switch per known bug.
//!
//! Published implementations cannot be broken from outside in the ways that a set of vectors must catch: a
//! transposed matrix, a comparison that leaves out a byte. These can. They are slow, leak secrets by their
//! timing and keep them in memory: they exist to be asked known questions, and are never a provider.
//! Hash functions and curves come from libraries.

/// Declares the bugs of a model: an enum, and `BUGS`, the table of its names, what people read, and the section
/// of the standard.
macro_rules! bugs {
    ($(#[$doc:meta])* Bug { $($(#[$vdoc:meta])* $variant:ident = $name:literal, $text:literal, $standard:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug {
            $($(#[$vdoc])* $variant,)*
        }

        /// All of them: name, bug, section.
        pub(crate) const BUGS: &[(Bug, &str, &str, &str)] = &[$((Bug::$variant, $name, $text, $standard),)*];
    };
}

pub(crate) mod composite;
pub(crate) mod curve;
pub(crate) mod eddsa;
pub(crate) mod encoding;
pub(crate) mod hybrid;
mod kpke;
pub(crate) mod mldsa;
pub(crate) mod mlkem;

use sha3::Digest;
use shake::{ExtendableOutput as _, Shake256, Update as _, XofReader as _};

use crate::{Answer, Field, Lack, Reason};

/// Why a model gives no output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The input is bad.
    Input(Reason),
    /// The model does not have this.
    Lacks(Lack),
}

impl From<Reason> for Wrong {
    fn from(reason: Reason) -> Self {
        Self::Input(reason)
    }
}

/// What another model says that is no output.
impl From<Answer> for Wrong {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Unsupported(lack) => Self::Lacks(lack),
            Answer::Reject(reason) => Self::Input(reason),
            Answer::Output(_) | Answer::Error(_) => Self::Input(Reason::Other),
        }
    }
}

/// The answer that these outputs make.
fn answered(outputs: Result<Vec<(Field, Vec<u8>)>, Wrong>) -> Answer {
    match outputs {
        Ok(outputs) => Answer::Output(outputs.into_iter().collect()),
        Err(Wrong::Input(reason)) => Answer::Reject(reason),
        Err(Wrong::Lacks(lack)) => Answer::Unsupported(lack),
    }
}

/// The digest of these parts, one after the other.
fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(D::new(), |digest, part| digest.chain_update(part)).finalize().to_vec()
}

/// So many bytes of SHAKE256 of these parts, one after the other.
fn shake256(parts: &[&[u8]], len: usize) -> Vec<u8> {
    let mut xof = Shake256::default();
    parts.iter().for_each(|part| xof.update(part));
    let mut out = vec![0; len];
    xof.finalize_xof().read(&mut out);
    out
}

#[cfg(test)]
pub(crate) mod suite;
#[cfg(test)]
mod tests;
