//! What records add to the AEAD: sealing and opening 16 KiB in place, against the same by the bare AEAD of the
//! same provider.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a bench fails loudly")]

mod common;

use std::{hint::black_box, process::ExitCode};

use common::Parties;
use twinlock::{
    channel::{OpenHalf, Opened, SealHalf, halves},
    ids::protocol::Suite,
    provider::{AWS_LC, AeadKey, Provider, RUST},
};
use twinlock_bench::{
    is_timed,
    ratio::{Bar, Pairs, report},
};

/// The least throughput of records, in throughputs of the bare AEAD.
const BAR: Bar = Bar::AtLeast(0.9);

const CONTENT_LEN: usize = 16 << 10;
const ROUNDS_PER_SAMPLE: u32 = 8;

struct Records {
    seal: SealHalf,
    open: OpenHalf,
    record: Vec<u8>,
}

impl Records {
    fn new(provider: &'static Provider, suite: Suite) -> Self {
        let parties = Parties::new(provider, suite);
        parties.check();
        let [initiator, responder] = parties.handshake();
        let (seal, ..) = halves(initiator).unwrap();
        let (_, open, _) = halves(responder).unwrap();
        Self { seal, open, record: vec![7; SealHalf::RECORD_HEADER + CONTENT_LEN + SealHalf::RECORD_TRAILER] }
    }

    fn round(&mut self) {
        let len = self.seal.seal(black_box(&mut self.record), CONTENT_LEN).unwrap();
        assert_eq!(len, self.record.len());
        match self.open.open(black_box(&mut self.record)).unwrap() {
            Opened::Data(content) => assert_eq!(content.len(), CONTENT_LEN),
            other => panic!("{other:?}"),
        }
    }
}

struct Bare {
    key: Box<dyn AeadKey>,
    number: u64,
    data: Vec<u8>,
}

impl Bare {
    fn new(provider: &'static Provider, suite: Suite) -> Self {
        let key = provider.hazmat().aead.key(suite.aead(), &[7; 32]).unwrap();
        Self { key, number: 0, data: vec![7; CONTENT_LEN] }
    }

    fn round(&mut self) {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.number.to_be_bytes());
        self.number = self.number.wrapping_add(1);
        let tag = self.key.seal(&nonce, &[], black_box(&mut self.data)).unwrap();
        self.key.open(&nonce, &[], black_box(&mut self.data), &tag).unwrap();
    }
}

fn main() -> ExitCode {
    let [aes, chacha] = [Suite::ALL[0], Suite::ALL[2]];
    let cases = [(AWS_LC, aes, Some(BAR)), (AWS_LC, chacha, Some(BAR)), (RUST, aes, None), (RUST, chacha, None)];
    let mut all_hold = true;
    for (provider, suite, bar) in cases {
        let (mut records, mut bare) = (Records::new(provider, suite), Bare::new(provider, suite));
        records.round();
        bare.round();
        assert!(records.record[SealHalf::RECORD_HEADER..][..CONTENT_LEN].iter().all(|byte| *byte == 7));
        if is_timed() {
            // Rates are inverse times: the bare AEAD's time is on top.
            let pairs = Pairs::take(10_000, ROUNDS_PER_SAMPLE, || bare.round(), || records.round());
            let name = format!("records/{} seal and open of 16 KiB {}", suite.aead().name(), provider.name());
            all_hold &= report(&name, ["time of the bare AEAD", "of records"], &pairs, bar);
        }
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
