//! Every provider against its own claims and against the others.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use twinlock::provider::{self, Operation, Provider, RUST, SystemRng};

mod crosschecks;
mod drafts;
mod lengths;
mod supports;

/// SHAKE256 of seed and counter. The seed is printed; `TWINLOCK_SEED` repeats a run.
#[derive(Clone)]
struct Random {
    seed: u64,
    drawn: u64,
}

impl Random {
    fn new(name: &str) -> Self {
        let seed = match std::env::var("TWINLOCK_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => SystemRng.try_next_u64().unwrap(),
        };
        println!("{name}: TWINLOCK_SEED={seed}");
        Self { seed, drawn: 0 }
    }

    fn fill(&mut self, out: &mut [u8]) {
        self.drawn += 1;
        let input = [self.seed.to_le_bytes(), self.drawn.to_le_bytes()].concat();
        RUST.hazmat().hash.shake256(&input, out);
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        self.fill(&mut out);
        out
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from_le_bytes(self.array()) % end
    }

    /// Bytes of a random length of at most `longest`.
    fn some(&mut self, longest: usize) -> Vec<u8> {
        let len = self.below(longest + 1);
        self.bytes(len)
    }

    /// The same bytes but for one bit.
    fn flipped(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        changed[self.below(bytes.len())] ^= 1 << self.below(8);
        changed
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.array()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.array()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Random {}

/// The providers that have an operation.
fn with(operation: Operation) -> Vec<&'static Provider> {
    provider::ALL.iter().copied().filter(|provider| provider.supports(operation)).collect()
}

/// All equal, and the one value.
fn agreed<T: PartialEq + core::fmt::Debug>(values: impl IntoIterator<Item = T>) -> T {
    let mut values = values.into_iter();
    let first = values.next().unwrap();
    for other in values {
        assert_eq!(first, other);
    }
    first
}
