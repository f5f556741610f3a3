//! Twinlock/1: whole handshakes with given randomness, records, and what an attacker makes of records.

use super::{Candidate, Maker, flipped, take};
use crate::{Alg, Field, Input, Op, Question};

/// The suites of docs/spec/channel.md.
const SUITES: [u64; 3] = [1, 2, 3];

/// What the initiator draws: 2 bytes of GREASE, its random, the seed of its encapsulation key, and what its signature is
/// hedged with.
const RND_I: usize = 2 + 32 + 32 + 32;
/// What the responder draws: its random, what it encapsulates with, and what its signature is hedged with.
const RND_R: usize = 32 + 64 + 32;

pub(super) fn make(maker: &mut Maker<'_>) {
    handshakes(maker);
    records(maker);
}

fn handshakes(maker: &mut Maker<'_>) {
    let mut stream = maker.stream("twinlock/1 handshake");
    let mut candidates = Vec::new();
    for suite in SUITES {
        let question = |[seed_i, seed_r, rnd_i, rnd_r]: [Vec<u8>; 4]| {
            let input = Input::new().with(Field::SeedI, seed_i).with(Field::SeedR, seed_r);
            let input = input.with(Field::RndI, rnd_i).with(Field::RndR, rnd_r).with_number(Field::Suite, suite);
            Question { alg: Alg::Twinlock1, op: Op::Handshake, input }
        };
        for _ in 0..4 {
            let parts = [64, 64, RND_I, RND_R].map(|length| stream.bytes(length));
            candidates.push(Candidate::new(format!("suite {suite}"), question(parts)));
        }
        // GREASE is of the form 0xZaZa whatever is drawn.
        for grease in [[0; 2], [0xff; 2]] {
            let mut parts = [64, 64, RND_I, RND_R].map(|length| stream.bytes(length));
            if let [_, _, rnd_i, _] = &mut parts
                && let Some(drawn) = rnd_i.first_chunk_mut()
            {
                *drawn = grease;
            }
            candidates.push(Candidate::new(format!("suite {suite}, GREASE from {grease:02x?}"), question(parts)));
        }
    }
    maker.put("twinlock-1-handshake", candidates);
}

fn records(maker: &mut Maker<'_>) {
    let mut stream = maker.stream("twinlock/1 records");
    let (mut seals, mut opens) = (Vec::new(), Vec::new());
    for suite in SUITES {
        for (seq, length) in [(0, 0), (0, 1), (0, 100), (1, 16), (2, 17), (5, 1000), (63, 3), (0, 16_384), (1, 65_536)]
        {
            let secret = stream.bytes(48);
            // What is long must compress: vectors are shipped.
            let message = if length > 1000 { vec![0x5a; length] } else { stream.bytes(length) };
            let input =
                Input::new().with_number(Field::Suite, suite).with_number(Field::Seq, seq).with(Field::Secret, secret);
            let seal = Question { alg: Alg::Twinlock1, op: Op::Seal, input: input.clone().with(Field::Msg, message) };
            let note = format!("suite {suite}, record {seq}, {length} bytes");
            let record = take(maker.know_one(seal.clone()), Field::Record);
            seals.push(Candidate::new(note.clone(), seal));
            let Some(record) = record.filter(|_| length < 65_536) else { continue };
            let open = |record: Vec<u8>| {
                let input = input.clone().with(Field::Record, record);
                Question { alg: Alg::Twinlock1, op: Op::Open, input }
            };
            opens.push(Candidate::new(note.clone(), open(record.clone())));
            if length > 1000 {
                continue;
            }
            let last = record.len().saturating_sub(1);
            for at in [0, 1, 2, 3, 4, 5, 6, last.saturating_sub(15), last.saturating_sub(16), last] {
                let words = format!("{note}, a bit of byte {at} changed");
                opens.push(Candidate::new(words, open(flipped(&record, at, 0x01))));
            }
            let cut = record.get(..last).unwrap_or_default().to_vec();
            opens.push(Candidate::new(format!("{note}, cut by a byte"), open(cut)));
            opens.push(Candidate::new(format!("{note}, a byte added"), open([&record[..], &[0]].concat())));
            let mut replayed = open(record);
            replayed.input = replayed.input.with_number(Field::Seq, seq.saturating_add(1));
            opens.push(Candidate::new(format!("{note}, replayed"), replayed));
        }
        let (secret, message) = (stream.bytes(48), vec![0x5a; 65_537]);
        let input =
            Input::new().with_number(Field::Suite, suite).with_number(Field::Seq, 0).with(Field::Secret, secret);
        let seal = Question { alg: Alg::Twinlock1, op: Op::Seal, input: input.with(Field::Msg, message) };
        seals.push(Candidate::new(format!("suite {suite}, a byte over the limit"), seal));
    }
    maker.put("twinlock-1-seal", seals);
    maker.put("twinlock-1-open", opens);
}
