//! What the handshake adds to its primitives: both sides of a full mutual handshake with pinned keys, against
//! one X-Wing key generation, encapsulation and decapsulation, and two composite signatures made and verified.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench fails loudly")]

mod common;

use std::{hint::black_box, process::ExitCode};

use common::Parties;
use twinlock::{
    ids::{
        Signature,
        protocol::{
            Suite,
            label::{INITIATOR_CONTEXT, RESPONDER_CONTEXT},
        },
    },
    kem::DecapsulationKey,
    provider::{AWS_LC, LIBCRUX, Provider, RUST, SystemRng},
    sign::SigningKey,
};
use twinlock_bench::{
    is_timed,
    ratio::{Bar, Pairs, report},
};

/// The most that both sides together may cost, in sums of their primitives.
const BAR: Bar = Bar::AtMost(1.15);

/// About the length of what a side signs; the initiator's knows the peer's id in addition.
const SIGNED_LEN: usize = 200;

struct Primitives {
    provider: &'static Provider,
    suite: Suite,
    keys: [SigningKey; 2],
}

impl Primitives {
    fn new(provider: &'static Provider, suite: Suite) -> Self {
        let key = || SigningKey::generate(provider, suite.signature(), &mut SystemRng).unwrap();
        Self { provider, suite, keys: [key(), key()] }
    }

    /// Fresh randomness makes each signature anew, so that rejection sampling averages as in a handshake.
    fn run(&self) {
        let rng = &mut SystemRng;
        let key = DecapsulationKey::generate(self.provider, self.suite.kem(), rng).unwrap();
        let (ciphertext, sent) = key.encapsulation_key().encapsulate(rng).unwrap();
        assert!(sent.ct_eq(&key.decapsulate(&ciphertext).unwrap()));
        for (key, context) in self.keys.iter().zip([INITIATOR_CONTEXT, RESPONDER_CONTEXT]) {
            let message = black_box([7; SIGNED_LEN]);
            let signature = key.sign(&message, context, rng).unwrap();
            key.verifying_key().verify(&message, context, &signature).unwrap();
        }
    }
}

fn main() -> ExitCode {
    let default = Suite::ALL[0];
    let small = Suite::ALL[1];
    assert_eq!(small.signature(), Signature::MlDsa44Ed25519);
    let cases = [
        (AWS_LC, default, 4000, Some(BAR)),
        (AWS_LC, small, 2000, None),
        (LIBCRUX, default, 2000, None),
        (RUST, default, 600, None),
    ];
    let mut all_hold = true;
    for (provider, suite, pairs, bar) in cases {
        let (parties, primitives) = (Parties::new(provider, suite), Primitives::new(provider, suite));
        parties.check();
        primitives.run();
        if is_timed() {
            let pairs = Pairs::take(pairs, 1, || drop(black_box(parties.handshake())), || primitives.run());
            let name = format!("handshake/primitives suite {:#06x} {}", suite.code_point(), provider.name());
            all_hold &= report(&name, ["both sides", "their primitives"], &pairs, bar);
        }
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
