//! The operating system's random generator.

use rand_core::{TryCryptoRng, TryRng};

/// The operating system's random generator, asked anew for every draw. Its failure is an error, not a panic.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

impl core::fmt::Display for Failed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the operating system gave no randomness")
    }
}

impl core::error::Error for Failed {}

impl TryRng for SystemRng {
    type Error = Failed;

    fn try_next_u32(&mut self) -> Result<u32, Failed> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Failed> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Failed> {
        getrandom::fill(out).map_err(|_| Failed)
    }
}

impl TryCryptoRng for SystemRng {}
