//! AES-256-GCM over chunks of 64 KiB from stdin to stdout and nothing else, on one processor: what
//! `benches/scripts/envelope.py` measures `twinlock seal` and `twinlock open` against.
//!
//! ```text
//! bare_aead seal|open < FILE > FILE
//! ```
#![expect(clippy::unwrap_used, reason = "a bench fails loudly")]

use std::{
    env, fs,
    io::{self, Read as _, Write as _},
    os::fd::AsFd as _,
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

const CHUNK_LEN: u64 = 64 << 10;
const TAG_LEN: u64 = 16;

fn main() {
    let is_seal = env::args().nth(1).unwrap() == "seal";
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    // Not `io::Stdout`, which looks for ends of lines.
    let mut output = fs::File::from(io::stdout().as_fd().try_clone_to_owned().unwrap());
    let mut input = fs::File::from(io::stdin().as_fd().try_clone_to_owned().unwrap());
    let most = if is_seal { CHUNK_LEN } else { CHUNK_LEN + TAG_LEN };
    let mut chunk = Vec::new();
    for number in 0_u64.. {
        chunk.clear();
        io::Read::by_ref(&mut input).take(most).read_to_end(&mut chunk).unwrap();
        if chunk.is_empty() {
            return;
        }
        let mut nonce = [0; 12];
        nonce.last_chunk_mut::<8>().unwrap().copy_from_slice(&number.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        if is_seal {
            key.seal_in_place_append_tag(nonce, Aad::empty(), &mut chunk).unwrap();
            output.write_all(&chunk).unwrap();
        } else {
            output.write_all(key.open_in_place(nonce, Aad::empty(), &mut chunk).unwrap()).unwrap();
        }
    }
}
