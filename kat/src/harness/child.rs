//! `kat/1` with a child process, several questions at a time.

use std::process::ExitStatus;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::{
    engine::{Engine, Flight, Last, Options, Peer, StartError},
    process::{Fault, Process, Reader},
    wire::{Hello, read_answer, read_message, write_hello, write_question},
};
use crate::{About, Alg, Answer, Implementation, KeyForm, Lack, Op, Outcome, Question, Queue};

/// Whoever answers `kat/1` on the other side of a command.
///
/// Each thread that works gets a child. A child that dies, hangs or says what is not in the protocol is
/// killed with its whole process group; the questions that it had are asked again one at a time, so that the
/// one to blame alone bears it, and the run goes on with a new child. After too many faults the harness is
/// given up, and what is left is a crash without being asked. Dropping it ends all children.
pub struct Harness(Engine<Kat1>);

impl Harness {
    /// Runs a command, program first, and exchanges the hello.
    ///
    /// # Errors
    /// It cannot be run, or does not say hello in time.
    pub fn start(command: &[String], options: Options) -> Result<Self, StartError> {
        Engine::start(command, options).map(Self)
    }

    /// What it said first.
    pub fn hello(&self) -> &Hello {
        &self.0.peer.hello
    }

    /// Whether a child still answers a question after a line that is none.
    pub(super) fn shrugs_off(&self, line: &[u8], question: &Question) -> bool {
        let Ok(mut process) = self.0.open() else { return false };
        let (id, asked) = number(&mut process, question);
        if process.send(line.to_vec()).and_then(|()| process.send(asked)).is_err() {
            return false;
        }
        // It may answer the line, without an id, or with nothing.
        for _ in 0..2 {
            match process.receive().and_then(|message| read_answer(&message)) {
                Ok(answer) if answer.id == Some(id) => {
                    self.0.close(process);
                    return true;
                }
                Ok(answer) if answer.id.is_none() => {}
                _ => return false,
            }
        }
        false
    }
}

impl Implementation for Harness {
    fn about(&self) -> About {
        self.hello().about.clone()
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        self.hello().caps.iter().any(|cap| (cap.alg, cap.op) == (alg, op))
    }

    fn key_forms(&self, alg: Alg, op: Op) -> &[KeyForm] {
        let cap = self.hello().caps.iter().find(|cap| (cap.alg, cap.op) == (alg, op));
        cap.map_or(&[], |cap| &cap.keys)
    }

    fn answer(&self, question: &Question) -> Answer {
        self.0.answer(question)
    }

    fn work(&self, queue: &dyn Queue) {
        self.0.work(queue);
    }
}

/// The protocol.
#[derive(PartialEq)]
struct Kat1 {
    hello: Hello,
    nonce: Vec<u8>,
}

/// Gives a question the next number, and its line.
fn number(process: &mut Process<Vec<u8>>, question: &Question) -> (u64, Vec<u8>) {
    process.asked = process.asked.wrapping_add(1);
    (process.asked, write_question(process.asked, question))
}

impl Kat1 {
    /// Takes an answer: the number of its question, and what it says.
    fn take<'q>(
        &self,
        message: &[u8],
        question: impl FnOnce(u64) -> Option<&'q Question>,
    ) -> Result<(u64, Answer), Fault> {
        let read = read_answer(message)?;
        let Some(id) = read.id else {
            return Err(Fault::Protocol("it answers without an `id`".into()));
        };
        let Some(question) = question(id) else {
            return Err(Fault::Protocol(format!("it answers {id}, which is not open")));
        };
        let answer = read.to(question)?;
        if matches!(&answer, Answer::Output(output) if output.values().any(|bytes| *bytes == self.nonce)) {
            return Err(Fault::Protocol("it echoes the nonce of the hello".into()));
        }
        Ok((id, answer))
    }
}

impl Peer for Kat1 {
    type Message = Vec<u8>;

    const READER: Reader<Vec<u8>> = read_message;

    fn greet(process: &mut Process<Vec<u8>>, _: &[String], options: &Options) -> Result<Self, Fault> {
        process.send(write_hello(&options.nonce))?;
        let hello = Hello::read(&process.receive()?)?;
        let nonce = HEXLOWER_PERMISSIVE.decode(options.nonce.as_bytes());
        Ok(Self { hello, nonce: nonce.unwrap_or_else(|_| options.nonce.clone().into_bytes()) })
    }

    fn lack(&self, question: &Question) -> Option<Lack> {
        self.hello.lack(question)
    }

    fn ask(&self, process: &mut Process<Vec<u8>>, question: &Question) -> Result<Answer, Fault> {
        let (asked, line) = number(process, question);
        process.send(line)?;
        let (_, answer) = self.take(&process.receive()?, |id| (id == asked).then_some(question))?;
        Ok(answer)
    }

    /// As every program that has done its work.
    fn ends_well(status: ExitStatus) -> bool {
        status.success()
    }

    fn stream(
        &self,
        process: &mut Process<Vec<u8>>,
        queue: &dyn Queue,
        flight: &mut Flight,
        last: &mut Last,
    ) -> Result<(), Fault> {
        let mut more = true;
        loop {
            while more && flight.len() < self.hello.inflight {
                let Some(ticket) = queue.next() else {
                    more = false;
                    break;
                };
                if let Some(lack) = self.lack(&ticket.case.question) {
                    queue.done(ticket, Outcome::Answer(Answer::Unsupported(lack)));
                    continue;
                }
                let (id, line) = number(process, &ticket.case.question);
                flight.insert(id, ticket);
                process.send(line)?;
            }
            if flight.is_empty() {
                return Ok(());
            }
            let message = process.receive()?;
            let (id, answer) = self.take(&message, |id| flight.get(&id).map(|ticket| &ticket.case.question))?;
            if let Some(ticket) = flight.remove(&id) {
                last.answered(ticket, answer, queue);
            }
        }
    }
}
