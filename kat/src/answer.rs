//! Who answers, and what an answer can be.

use core::fmt;

use crate::{Alg, Case, Op, Output, Question};

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$vdoc])* $variant,)*
        }

        impl $type {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of `kat/1`.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The one of this word.
            pub fn by_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// Why an implementation judged an input bad. It is told, and never decides a verdict.
    Reason {
        /// A coefficient at or over the modulus.
        Modulus = "modulus",
        /// A wrong length.
        Length = "length",
        /// The hash inside an expanded key.
        Hash = "hash",
        /// Not a point of the curve.
        Point = "point",
        /// An all-zero result of key agreement.
        Zero = "zero",
        /// A tag or a signature that does not verify.
        Tag = "tag",
        /// An encoding that is not the canonical one.
        Encoding = "encoding",
        /// A context that is too long.
        Ctx = "ctx",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// What an implementation does not offer.
    Lack {
        /// The algorithm.
        Alg = "alg",
        /// The operation.
        Op = "op",
        /// A parameter: a hash, a length of key, nonce, tag or output.
        Param = "param",
        /// A private key in this form.
        Key = "key",
        /// Given randomness.
        Derand = "derand",
    }
}

words! {
    /// The forms of a private key, where an operation takes either.
    KeyForm {
        /// What the key is expanded from.
        Seed = "seed",
        /// The key as its standard encodes it.
        Expanded = "expanded",
    }
}

/// What an implementation says to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The outputs; none if the operation only accepts.
    Output(Output),
    /// The input is bad.
    Reject(Reason),
    /// The implementation does not offer this.
    Unsupported(Lack),
    /// It failed without a judgement; never a rejection.
    Error(String),
}

/// What came of a question: an answer, or how there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It answered.
    Answer(Answer),
    /// It died, or panicked, with this as its last words.
    Crash(String),
    /// It said nothing in time.
    Timeout,
    /// It said what is not in the protocol.
    Protocol(String),
}

/// Who an implementation is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How it was built.
    pub build: String,
}

/// Something that answers questions.
///
/// An implementation in this process writes [`Implementation::answer`]. One behind a pipe writes
/// [`Implementation::work`] instead, where it can keep several questions in flight.
pub trait Implementation: Sync {
    /// Who it is.
    fn about(&self) -> About;

    /// Whether it claims to have an operation of an algorithm. A claim costs nothing to get wrong: it is used
    /// to tell what was never going to be run.
    fn offers(&self, alg: Alg, op: Op) -> bool {
        let _ = (alg, op);
        true
    }

    /// In which forms an operation takes a private key, where it takes more than one; a claim, as
    /// [`Implementation::offers`].
    fn key_forms(&self, alg: Alg, op: Op) -> &[KeyForm] {
        let _ = (alg, op);
        KeyForm::ALL
    }

    /// Answers one question.
    fn answer(&self, question: &Question) -> Answer;

    /// Takes cases from the queue until it is empty and reports on each exactly once. Called by several
    /// threads at once.
    fn work(&self, queue: &dyn Queue) {
        while let Some(ticket) = queue.next() {
            let outcome =
                match std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| self.answer(&ticket.case.question))) {
                    Ok(answer) => Outcome::Answer(answer),
                    Err(payload) => Outcome::Crash(panic_message(&*payload)),
                };
            queue.done(ticket, outcome);
        }
    }
}

/// Where [`Implementation::work`] takes cases from.
pub trait Queue: Sync {
    /// The next case, or none if there are no more.
    fn next(&self) -> Option<Ticket>;

    /// Reports what came of a case.
    fn done(&self, ticket: Ticket, outcome: Outcome);
}

/// A case that is out for an answer.
#[derive(Debug)]
pub struct Ticket {
    /// The case.
    pub case: std::sync::Arc<Case>,
    /// Its place in the run, which is how the queue knows it again.
    pub number: usize,
}

/// What a panic said.
pub(crate) fn panic_message(payload: &(dyn core::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".into())
}
