//! The AES-256-CTR-DRBG of SP 800-90A §10.2.1, without derivation function: what the generator of NIST's KAT
//! files draws everything from, once seeded with an entry's `seed`.

use aes::{
    Aes256,
    cipher::{BlockCipherEncrypt, KeyInit},
};

/// The generator, fresh from a seed. It is never reseeded and has no additional input.
pub(super) struct Drbg {
    key: [u8; 32],
    v: u128,
}

impl Drbg {
    /// §10.2.1.3.1, without personalization string; 48 bytes of entropy.
    pub(super) fn new(seed: &[u8; 48]) -> Self {
        let mut drbg = Self { key: [0; 32], v: 0 };
        drbg.update(seed);
        drbg
    }

    /// §10.2.1.5.1: so many bytes, in one call. Two calls give other bytes than one of the whole length.
    pub(super) fn draw(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = self.blocks(len);
        bytes.truncate(len);
        self.update(&[0; 48]);
        bytes
    }

    /// §10.2.1.2.
    fn update(&mut self, data: &[u8; 48]) {
        let next: Vec<u8> = self.blocks(48).iter().zip(data).map(|(a, b)| a ^ b).collect();
        if let Some((key, v)) = next.split_first_chunk() {
            self.key = *key;
            self.v = v.try_into().map_or(0, u128::from_be_bytes);
        }
    }

    /// Whole blocks of key stream, at least so many bytes.
    fn blocks(&mut self, len: usize) -> Vec<u8> {
        let cipher = Aes256::new(&self.key.into());
        let mut bytes = Vec::with_capacity(len.next_multiple_of(16));
        while bytes.len() < len {
            self.v = self.v.wrapping_add(1);
            let mut block = self.v.to_be_bytes().into();
            cipher.encrypt_block(&mut block);
            bytes.extend_from_slice(&block);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn the_seed_of_the_first_kat_entry_draws_what_the_files_say() {
        // The outer generator of every PQCgenKAT program is seeded with 0, 1, … 47; its first draw is the
        // `seed` of count 0, which in turn draws the `d` and `z` of its key.
        let mut outer = Drbg::new(&core::array::from_fn(|i| i as u8));
        let seed = outer.draw(48);
        assert_eq!(
            HEXLOWER.encode(&seed),
            "061550234d158c5ec95595fe04ef7a25767f2e24cc2bc479d09d86dc9abcfde7056a8c266f9ef97ed08541dbd2e1ffa1"
        );
        let mut inner = Drbg::new(&seed.try_into().unwrap());
        assert_eq!(
            HEXLOWER.encode(&inner.draw(32)),
            "7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb148032dcd739936737f2d"
        );
    }

    #[test]
    fn one_call_is_not_two() {
        let seed = [7; 48];
        let whole = Drbg::new(&seed).draw(64);
        let mut drbg = Drbg::new(&seed);
        assert_eq!(drbg.draw(32), whole[..32]);
        assert_ne!(drbg.draw(32), whole[32..]);
        assert_eq!(Drbg::new(&seed).draw(5), whole[..5]);
    }
}
