//! The answering side of `kat/1`.

use std::{
    io::{self, BufRead, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::wire::{Hello, LINE_CAP, Line, key_form, read_hello, read_line, read_question, write_answer};
use crate::{Answer, Implementation, Lack, Question, answer::panic_message};

/// Questions that may wait in the pipe while one is answered.
const INFLIGHT: usize = 32;

/// Answers `kat/1` for an implementation until the input ends: one line for each line, in order. A line that
/// cannot be understood gets an `error`, with its id where that is known. Gives how many questions were
/// answered.
///
/// # Errors
/// Those of the input and the output.
pub fn serve(implementation: &dyn Implementation, mut input: impl BufRead, mut output: impl Write) -> io::Result<u64> {
    let mut greeted = false;
    let mut answered = 0_u64;
    loop {
        let line = match read_line(&mut input, LINE_CAP)? {
            Line::Whole(line) | Line::Cut(line) => line,
            Line::TooLong => {
                let error = Answer::Error(format!("a line of more than {LINE_CAP} bytes"));
                output.write_all(&write_answer(None, &error))?;
                output.flush()?;
                continue;
            }
            Line::End => return Ok(answered),
        };
        let written = if greeted {
            match read_question(&line) {
                Ok((id, question)) => {
                    answered = answered.saturating_add(1);
                    write_answer(Some(id), &answer(implementation, &question))
                }
                Err((id, text)) => write_answer(id, &Answer::Error(text)),
            }
        } else {
            match read_hello(&line) {
                Ok(()) => {
                    greeted = true;
                    Hello::of(implementation, INFLIGHT).write()
                }
                Err(text) => write_answer(None, &Answer::Error(text)),
            }
        };
        output.write_all(&written)?;
        output.flush()?;
    }
}

/// The answer of an implementation that may panic, to a question that it may not offer.
pub(super) fn answer(implementation: &dyn Implementation, question: &Question) -> Answer {
    let Question { alg, op, .. } = *question;
    if !implementation.offers(alg, op) {
        let other = alg.ops().iter().any(|op| implementation.offers(alg, *op));
        return Answer::Unsupported(if other { Lack::Op } else { Lack::Alg });
    }
    if key_form(question).is_some_and(|form| !implementation.key_forms(alg, op).contains(&form)) {
        return Answer::Unsupported(Lack::Key);
    }
    catch_unwind(AssertUnwindSafe(|| implementation.answer(question)))
        .unwrap_or_else(|payload| Answer::Error(format!("panicked: {}", panic_message(&*payload))))
}
