//! Two honest parties over a simulated link that splits, drops, doubles, reorders, truncates and flips.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

mod common;

use common::{End, cached_pair};
use proptest::prelude::*;
use twinlock::{
    channel::Opened,
    handshake::{FrameHeader, Machine, Progress},
    ids::protocol::FRAME_HEADER_LEN,
    provider::SystemRng,
};

/// What the link does with one chunk of bytes.
#[derive(Clone, Debug)]
enum Fault {
    Pass,
    Drop,
    Double,
    /// Comes after the chunk that follows it.
    Late,
    /// The stream ends inside this chunk.
    Truncate(prop::sample::Index),
    Flip(prop::sample::Index, u8),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        40 => Just(Fault::Pass),
        1 => Just(Fault::Drop),
        1 => Just(Fault::Double),
        1 => Just(Fault::Late),
        1 => any::<prop::sample::Index>().prop_map(Fault::Truncate),
        1 => (any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(at, bits)| Fault::Flip(at, bits)),
    ]
}

/// One direction of the link.
struct Wire<'a> {
    chunk: usize,
    faults: &'a [Fault],
    next: usize,
    late: Option<Vec<u8>>,
    cut: bool,
    faulty: bool,
}

impl Wire<'_> {
    /// What arrives of `bytes`, chunk after chunk.
    fn carry(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for chunk in bytes.chunks(self.chunk) {
            if self.cut {
                break;
            }
            let fault = self.faults.get(self.next).cloned().unwrap_or(Fault::Pass);
            self.next += 1;
            self.faulty |= !matches!(fault, Fault::Pass);
            let mut chunk = chunk.to_vec();
            match fault {
                Fault::Pass => {}
                Fault::Drop => continue,
                Fault::Double => chunk = chunk.repeat(2),
                Fault::Late => {
                    self.late = Some(chunk);
                    continue;
                }
                Fault::Truncate(at) => {
                    chunk.truncate(at.index(chunk.len()));
                    self.cut = true;
                }
                Fault::Flip(at, bits) => {
                    let at = at.index(chunk.len());
                    chunk[at] ^= bits;
                }
            }
            out.extend(chunk);
            out.extend(self.late.take().into_iter().flatten());
        }
        out
    }
}

/// A party: it says three things and closes, and remembers what it heard.
struct Side {
    state: State,
    says: Vec<Vec<u8>>,
    received: Vec<u8>,
    heard: Vec<u8>,
    closed: bool,
    failed: bool,
}

enum State {
    Shaking(Box<Machine>),
    Established(Box<End>),
    Over,
}

impl Side {
    fn new(machine: Machine, says: Vec<Vec<u8>>) -> Self {
        Self {
            state: State::Shaking(Box::new(machine)),
            says,
            received: Vec::new(),
            heard: Vec::new(),
            closed: false,
            failed: false,
        }
    }

    fn fail(&mut self) {
        self.failed = true;
        self.state = State::Over;
    }

    fn established(&mut self, end: End, out: &mut Vec<u8>) {
        let mut end = Box::new(end);
        for (at, content) in self.says.iter().enumerate() {
            end.seal.seal_all(content, out).unwrap();
            if at == 1 {
                end.seal.rekey(out).unwrap();
            }
        }
        end.seal.close(out).unwrap();
        self.state = State::Established(end);
    }

    /// Takes what arrived; gives what it answers.
    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.received.extend_from_slice(bytes);
        loop {
            let Some(header) = self.received.first_chunk::<FRAME_HEADER_LEN>() else { return out };
            let Ok(header) = FrameHeader::parse(header) else {
                self.fail();
                return out;
            };
            let len = header.body_len + FRAME_HEADER_LEN;
            if self.received.len() < len {
                return out;
            }
            let mut frame: Vec<u8> = self.received.drain(..len).collect();
            match std::mem::replace(&mut self.state, State::Over) {
                State::Shaking(machine) => match machine.read(&mut frame, &mut SystemRng) {
                    Ok(Progress::Continue(machine, bytes)) => {
                        out.extend(bytes);
                        self.state = State::Shaking(Box::new(machine));
                    }
                    Ok(Progress::Done(established, bytes)) => {
                        out.extend(bytes);
                        self.established(End::of(*established), &mut out);
                    }
                    Err(failure) => {
                        out.extend(failure.alert);
                        self.fail();
                    }
                },
                State::Established(mut end) => match end.open.open(&mut frame) {
                    Ok(Opened::Data(content)) => {
                        self.heard.extend_from_slice(content);
                        self.state = State::Established(end);
                    }
                    Ok(Opened::Rekeyed) => self.state = State::Established(end),
                    Ok(Opened::Closed) => {
                        self.closed = true;
                        self.state = State::Established(end);
                    }
                    Err(_) => self.fail(),
                },
                State::Over => return out,
            }
        }
    }

    /// The stream has ended: only an authenticated close makes that a good end.
    fn end(&mut self) {
        self.failed |= !self.closed;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_bad_link_delivers_a_prefix_and_an_error_or_all_of_it(
        chunks in (prop_oneof![1..8_usize, 8..300_usize, 300..6000_usize], prop_oneof![1..8_usize, 8..6000_usize]),
        faults in (prop::collection::vec(fault(), 0..60), prop::collection::vec(fault(), 0..60)),
        lens in prop::collection::vec(1..3000_usize, 3),
    ) {
        let pair = cached_pair();
        let says: Vec<Vec<u8>> = lens.iter().enumerate().map(|(i, len)| vec![i as u8; *len]).collect();
        let said: Vec<u8> = says.concat();
        let wire = |chunk, faults| Wire { chunk, faults, next: 0, late: None, cut: false, faulty: false };
        let (mut to_responder, mut to_initiator) = (wire(chunks.0, &faults.0[..]), wire(chunks.1, &faults.1[..]));

        let (machine, m1) = pair.initiator();
        let mut initiator = Side::new(machine, says.clone());
        let mut responder = Side::new(pair.responder(), says);
        let mut towards_responder = m1;
        // Each round trip empties both directions; three messages and the data need fewer than ten.
        for _ in 0..10 {
            let arrived = to_responder.carry(&towards_responder);
            let answer = responder.take(&arrived);
            let arrived = to_initiator.carry(&answer);
            towards_responder = initiator.take(&arrived);
        }
        initiator.end();
        responder.end();

        prop_assert!(said.starts_with(&initiator.heard) && said.starts_with(&responder.heard), "not what was said");
        if to_responder.faulty || to_initiator.faulty {
            // A fault behind the last byte that mattered may go unnoticed by one side, never as wrong data.
            prop_assert!(initiator.failed || initiator.heard == said);
            prop_assert!(responder.failed || responder.heard == said);
        } else {
            prop_assert!(!initiator.failed && !responder.failed);
            prop_assert!(initiator.heard == said && responder.heard == said);
        }
    }
}
