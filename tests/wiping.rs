//! Secrets leave memory: the process reads its own memory and looks for them.
//!
//! A needle is kept only masked, so that the search does not find itself. Linux only: elsewhere a process
//! cannot read itself without unsafe code, and `secret::tests` checks each type's own wiping.

#![cfg(target_os = "linux")]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

mod common;

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    os::unix::fs::FileExt as _,
    sync::{Mutex, PoisonError},
};

use common::Pair;
use twinlock::{
    ids::{self, Kem, KeyKind, Signature},
    kem::DecapsulationKey,
    keys::PrivateKey,
    provider::{self, SystemRng},
    secret::{ChainSecret, ExportedSecret, Seed, SharedSecret},
    sign::SigningKey,
    ssh,
};

const MASK: u8 = 0xa5;

/// Sixteen bytes of a secret, masked.
struct Needle([u8; 16]);

impl Needle {
    fn of(secret: &[u8]) -> Self {
        let mut masked = [0; 16];
        for (to, from) in masked.iter_mut().zip(secret) {
            *to = from ^ MASK;
        }
        Self(masked)
    }

    /// How often the secret stands in the writable memory of this process, dead stack apart.
    fn count(&self) -> usize {
        // One search at a time: the chunk of another one holds, for a moment, what it read of our memory.
        static SEARCH: Mutex<()> = Mutex::new(());
        let _alone = SEARCH.lock().unwrap_or_else(PoisonError::into_inner);
        scrub_dead_stack();
        let memory = File::open("/proc/self/mem").unwrap();
        let maps = BufReader::new(File::open("/proc/self/maps").unwrap());
        let mut count = 0;
        // The haystack is masked chunk by chunk, so that reading it makes no new copy of the secret.
        let mut chunk = vec![0; 1 << 20];
        // Reading the chunk into itself would copy what lies before it, over and over.
        let own = chunk.as_ptr().addr() as u64..chunk.as_ptr().addr() as u64 + chunk.len() as u64;
        for line in maps.lines() {
            let line = line.unwrap();
            let mut fields = line.split_whitespace();
            let (range, rights) = (fields.next().unwrap(), fields.next().unwrap());
            if !rights.starts_with("rw") {
                continue;
            }
            let (start, end) = range.split_once('-').unwrap();
            let (mut at, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
            while at < end {
                if own.contains(&at) {
                    at = own.end;
                    continue;
                }
                let stop = if at < own.start { end.min(own.start) } else { end };
                let len = usize::try_from(stop - at).unwrap().min(chunk.len());
                // A mapping may vanish or refuse to be read; what cannot be read cannot be searched.
                let Ok(read) = memory.read_at(&mut chunk[..len], at) else { break };
                if read == 0 {
                    break;
                }
                for byte in &mut chunk[..read] {
                    *byte ^= MASK;
                }
                count += chunk[..read].windows(16).filter(|window| *window == self.0).count();
                chunk[..read].fill(0);
                at += read as u64;
                if at < stop && read > 15 {
                    at = at.saturating_sub(15); // a needle may lie across two chunks
                }
            }
        }
        count
    }
}

/// Overwrites the stack below the caller. What libraries leave there is out of reach for their callers, and
/// lives until the next calls overwrite it; `SECURITY.md` says so. Here it would hide what we leave.
#[inline(never)]
fn scrub_dead_stack() {
    std::hint::black_box(&mut [0x55_u8; 512 << 10]);
}

/// A random secret that stands nowhere but in what `make` builds from it.
fn built<T>(len: usize, make: impl FnOnce(Seed) -> T) -> (Needle, T) {
    use rand_core::TryRng as _;
    let seed = Seed::build(len, |out| SystemRng.try_fill_bytes(out)).unwrap();
    (Needle::of(seed.secret_bytes()), make(seed))
}

#[test]
fn the_search_finds_what_is_there() {
    let (needle, seed) = built(32, |seed| seed);
    assert_eq!(needle.count(), 1);
    let copy = Box::new(<[u8; 32]>::try_from(seed.secret_bytes()).unwrap());
    assert!(needle.count() >= 2, "a copy was made and not found");
    assert_eq!(copy[0], seed.secret_bytes()[0]);
}

#[test]
fn every_secret_type_leaves_memory_when_dropped() {
    let (needle, ()) = built(64, drop);
    assert_eq!(needle.count(), 0, "Seed");
    macro_rules! each {
        ($($kind:ident),*) => {$(
            let (needle, secret) = built(64, |seed| $kind::from_slice(seed.secret_bytes()));
            assert_eq!(needle.count(), 1, stringify!($kind));
            let moved = Box::new(Some(secret));
            assert_eq!(needle.count(), 1, "moving {} made a copy", stringify!($kind));
            drop(moved);
            assert_eq!(needle.count(), 0, stringify!($kind));
        )*};
    }
    each!(SharedSecret, ChainSecret, ExportedSecret);
}

#[test]
fn seeds_leave_memory_with_their_keys() {
    for kind in KeyKind::ALL {
        let (needle, key) = built(kind.seed_len(), |seed| PrivateKey::from_seed(kind, seed).unwrap());
        let pem = key.to_pkcs8_pem().unwrap();
        let again = PrivateKey::from_bytes(pem.as_bytes()).unwrap();
        drop((key, pem, again));
        assert_eq!(needle.count(), 0, "{}", kind.name());
    }
}

#[test]
fn seeds_leave_memory_with_the_files_of_ssh() {
    for (algorithm, name) in ids::ssh::KEYS {
        let kind = KeyKind::Signature(algorithm);
        let (needle, key) = built(kind.seed_len(), |seed| PrivateKey::from_seed(kind, seed).unwrap());
        let plain = ssh::encode_private(&key, "", &mut SystemRng).unwrap();
        let protected = ssh::encode_private_protected(&key, "", b"passphrase", &mut SystemRng).unwrap();
        let opened = ssh::PrivateFile::from_bytes(protected.as_bytes()).unwrap().open(Some(b"passphrase")).unwrap();
        let again = ssh::decode_private(plain.as_bytes()).unwrap();
        drop((key, plain, protected, opened, again));
        assert_eq!(needle.count(), 0, "{name}");
    }
}

#[test]
fn expanded_keys_leave_memory_on_every_provider() {
    for provider in provider::ALL {
        for signature in Signature::ALL {
            let (needle, key) = built(signature.seed_len(), |seed| SigningKey::from_seed(provider, signature, seed));
            let Ok(key) = key else { continue };
            let _ = key.sign(b"message", b"", &mut SystemRng).unwrap();
            drop(key);
            assert_eq!(needle.count(), 0, "{}: {}", provider.name(), signature.name());
        }
        for kem in Kem::ALL {
            let (needle, key) = built(kem.seed_len(), |seed| DecapsulationKey::from_seed(provider, kem, seed));
            let Ok(key) = key else { continue };
            let (ciphertext, _) = key.encapsulation_key().encapsulate(&mut SystemRng).unwrap();
            let _ = key.decapsulate(&ciphertext).unwrap();
            drop(key);
            assert_eq!(needle.count(), 0, "{}: {}", provider.name(), kem.name());
        }
    }
}

#[test]
fn session_secrets_leave_memory_with_the_channel() {
    let pair = Pair::new();
    let (a, b) = pair.channel();
    let exported = a.exporter.export("needle", b"", 64).unwrap();
    let needle = Needle::of(exported.secret_bytes());
    assert!(needle.count() >= 1);
    drop((a, b, exported));
    assert_eq!(needle.count(), 0);
}
