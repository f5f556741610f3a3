//! Each primitive by each implementation of it, once: what two providers share is timed for the first. The
//! table of `docs/decisions/0002-provider-composition.md` comes from here.
//!
//! Results are checked before they are timed. Keys from a seed are made ready for use. A signature of ML-DSA
//! takes as many rounds as its message asks for, so that its time is the mean over the same messages,
//! deterministic, for every implementation that can.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a bench fails loudly"
)]

use std::{
    collections::BTreeSet,
    hint::black_box,
    time::{Duration, Instant},
};

use aws_lc_rs::{digest, hkdf, hmac, kem, signature};
use criterion::{BatchSize, Bencher, Criterion, SamplingMode, measurement::WallTime};
use twinlock::{
    ids::{Aead, Curve, Hash, Kem, MlDsa, MlKem, Signature},
    kem::DecapsulationKey,
    provider::{ALL, Operation, Provider, RUST, SystemRng},
    secret::Seed,
    sign::SigningKey,
};

/// What the `aws-lc` provider could have taken from aws-lc-rs, and did not.
const NOT_TAKEN: &str = "aws-lc-rs 1.19.0, not taken";

const RECORD_LEN: usize = 16 << 10;
const HASHED_LEN: usize = 10_000;
const CONTEXT: &[u8] = b"context";
const MESSAGES: usize = 128;

fn messages() -> Vec<[u8; 200]> {
    (0..MESSAGES).map(|n| [u8::try_from(n).unwrap(); 200]).collect()
}

struct Bench {
    criterion: Criterion,
    done: BTreeSet<(String, String)>,
}

impl Bench {
    /// Times `call`, unless this implementation of this operation was timed before.
    fn time<T>(&mut self, operation: &str, implementation: &str, mut call: impl FnMut() -> T) {
        self.run(operation, implementation, |bencher| bencher.iter(&mut call));
    }

    fn run(&mut self, operation: &str, implementation: &str, mut run: impl FnMut(&mut Bencher<'_, WallTime>)) {
        if self.done.insert((operation.into(), implementation.into())) {
            self.criterion.benchmark_group(operation).bench_function(implementation, |bencher| run(bencher));
        }
    }

    /// Times a round of [`messages`] and tells the time of one.
    fn mean<T>(&mut self, operation: &str, implementation: &str, mut call: impl FnMut(&[u8]) -> T) {
        if !self.done.insert((operation.into(), implementation.into())) {
            return;
        }
        let messages = messages();
        let mut group = self.criterion.benchmark_group(operation);
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        group.bench_function(implementation, |bencher| {
            bencher.iter_custom(|rounds| {
                let start = Instant::now();
                for message in (0..rounds).flat_map(|_| &messages) {
                    black_box(call(message));
                }
                start.elapsed() / u32::try_from(MESSAGES).unwrap()
            });
        });
    }
}

/// The crate that does the first of `primitives` which the provider lists.
fn part(provider: &Provider, primitives: &[&str]) -> &'static str {
    let listed = |wanted: &&str| provider.parts().iter().find(|(name, _)| name.split(", ").any(|name| name == *wanted));
    primitives.iter().find_map(listed).unwrap().1
}

fn having(operation: Operation) -> impl Iterator<Item = &'static Provider> {
    ALL.iter().copied().filter(move |provider| provider.supports(operation))
}

fn curves(bench: &mut Bench) {
    for curve in Curve::ALL {
        let (private, shared_len) = (vec![0x42; curve.private_len()], curve.private_len());
        for provider in having(Operation::Dh(curve)) {
            let (dh, implementation) = (provider.hazmat().dh, part(provider, &[curve.name()]));
            let public = |dh: &dyn twinlock::provider::Dh| {
                let mut public = vec![0; curve.public_len()];
                dh.public_key(curve, black_box(&private), &mut public).unwrap();
                public
            };
            let peer = public(dh);
            let agree = |dh: &dyn twinlock::provider::Dh| {
                let mut shared = vec![0; shared_len];
                dh.agree(curve, black_box(&private), &peer, &mut shared).unwrap();
                shared
            };
            let reference = RUST.hazmat().dh;
            assert_eq!((public(dh), agree(dh)), (public(reference), agree(reference)));
            bench.time(&format!("{} public key", curve.name()), implementation, || public(dh));
            bench.time(&format!("{} agree", curve.name()), implementation, || agree(dh));
        }
    }
}

fn ed25519(bench: &mut Bench) {
    let message = [7; 200];
    for provider in having(Operation::Ed25519) {
        let (ed25519, implementation) = (provider.hazmat().ed25519, part(provider, &["Ed25519"]));
        let key = ed25519.key(&[7; 32]).unwrap();
        let (public, signature) = (key.verifying_key(), key.sign(&message).unwrap());
        assert_eq!(signature, RUST.hazmat().ed25519.key(&[7; 32]).unwrap().sign(&message).unwrap());
        let verify = || ed25519.verify(black_box(&public), &message, &signature).unwrap();
        verify();
        bench.time("Ed25519 sign", implementation, || key.sign(black_box(&message)));
        bench.time("Ed25519 verify", implementation, verify);
    }
}

fn ml_kem(bench: &mut Bench) {
    let mut fill = |out: &mut [u8]| {
        out.fill(3);
        Ok(())
    };
    for params in MlKem::ALL {
        let name = |operation| format!("{} {operation}", params.name());
        for provider in having(Operation::MlKemEncapsulate) {
            let (ml_kem, implementation) = (provider.hazmat().ml_kem, part(provider, &["ML-KEM"]));
            let expander = part(provider, &["ML-KEM seed expansion", "ML-KEM"]);
            let maker =
                if expander == implementation { expander.into() } else { format!("{expander} for {implementation}") };
            let key = ml_kem.key(params, &[7; 64]).unwrap();
            let public = key.encapsulation_key();
            assert_eq!(public, RUST.hazmat().ml_kem.key(params, &[7; 64]).unwrap().encapsulation_key());
            let mut encapsulate = || {
                let (mut ciphertext, mut secret) = (vec![0; params.ciphertext_len()], [0; 32]);
                ml_kem.encapsulate(params, black_box(&public), &mut fill, &mut ciphertext, &mut secret).unwrap();
                (ciphertext, secret)
            };
            let (ciphertext, sent) = encapsulate();
            let decapsulate = || {
                let mut secret = [0; 32];
                key.decapsulate(black_box(&ciphertext), &mut secret).unwrap();
                secret
            };
            assert_eq!(sent, decapsulate());
            bench.time(&name("key from seed"), &maker, || ml_kem.key(params, black_box(&[7; 64])).unwrap());
            bench.time(&name("encapsulate"), implementation, encapsulate);
            bench.time(&name("decapsulate"), implementation, decapsulate);
        }
        let algorithm = match params {
            MlKem::MlKem512 => &kem::ML_KEM_512,
            MlKem::MlKem768 => &kem::ML_KEM_768,
            MlKem::MlKem1024 => &kem::ML_KEM_1024,
        };
        bench.time(&name("key without a seed"), NOT_TAKEN, || kem::DecapsulationKey::generate(algorithm).unwrap());
    }
}

fn ml_dsa(bench: &mut Bench) {
    for params in MlDsa::ALL {
        let name = |operation| format!("{} {operation}", params.name());
        for provider in having(Operation::MlDsa) {
            let (ml_dsa, implementation) = (provider.hazmat().ml_dsa, part(provider, &["ML-DSA"]));
            let key = ml_dsa.key(params, &[7; 32]).unwrap();
            let public = key.verifying_key().unwrap();
            let sign = |message: &[u8]| {
                let mut signature = vec![0; params.signature_len()];
                key.sign(message, CONTEXT, &[0; 32], &mut signature).unwrap();
                signature
            };
            let message = &messages()[0];
            let signature = sign(message);
            let verify = || ml_dsa.verify(params, black_box(&public), message, CONTEXT, &signature).unwrap();
            verify();
            RUST.hazmat().ml_dsa.verify(params, &public, message, CONTEXT, &signature).unwrap();
            bench.time(&name("key from seed"), implementation, || ml_dsa.key(params, black_box(&[7; 32])).unwrap());
            bench.mean(&name("sign"), implementation, sign);
            bench.time(&name("verify"), implementation, verify);
        }
        let (algorithm, signing) = match params {
            MlDsa::MlDsa44 => (&signature::ML_DSA_44, &signature::ML_DSA_44_SIGNING),
            MlDsa::MlDsa65 => (&signature::ML_DSA_65, &signature::ML_DSA_65_SIGNING),
            MlDsa::MlDsa87 => (&signature::ML_DSA_87, &signature::ML_DSA_87_SIGNING),
        };
        let key_of = |seed: &[u8; 32]| signature::PqdsaKeyPair::from_seed(signing, seed).unwrap();
        let key = key_of(&[7; 32]);
        let sign = |message: &[u8]| {
            let mut signature = vec![0; params.signature_len()];
            key.sign(message, &mut signature).unwrap();
            signature
        };
        let public = signature::KeyPair::public_key(&key);
        let message = &messages()[0];
        let signature = sign(message);
        let verify =
            || signature::UnparsedPublicKey::new(algorithm, black_box(public)).verify(message, &signature).unwrap();
        verify();
        bench.time(&name("key from seed"), NOT_TAKEN, || key_of(black_box(&[7; 32])));
        bench.mean(&name("sign"), NOT_TAKEN, sign);
        bench.time(&name("verify"), NOT_TAKEN, verify);
    }
}

fn x_wing(bench: &mut Bench) {
    for provider in having(Operation::MlKemEncapsulate) {
        let rng = &mut SystemRng;
        let mut generate = || DecapsulationKey::generate(provider, Kem::XWing, &mut SystemRng).unwrap();
        let key = generate();
        let (ciphertext, sent) = key.encapsulation_key().encapsulate(rng).unwrap();
        assert!(sent.ct_eq(&key.decapsulate(&ciphertext).unwrap()));
        bench.time("X-Wing generate", provider.name(), &mut generate);
        bench.time("X-Wing encapsulate", provider.name(), || key.encapsulation_key().encapsulate(rng).unwrap());
        bench.time("X-Wing decapsulate", provider.name(), || key.decapsulate(black_box(&ciphertext)).unwrap());
    }
}

fn composites(bench: &mut Bench) {
    for algorithm in [Signature::MlDsa44Ed25519, Signature::MlDsa65Ed25519] {
        for provider in having(Operation::MlDsa) {
            let key = SigningKey::from_seed(provider, algorithm, Seed::from_slice(&[7; 64])).unwrap();
            let randomness = Seed::from_slice(&[0; 32]);
            let sign = |message: &[u8]| key.sign_derand(message, CONTEXT, &randomness).unwrap();
            let message = &messages()[0];
            let signature = sign(message);
            let verify = || key.verifying_key().verify(black_box(message), CONTEXT, &signature).unwrap();
            verify();
            bench.mean(&format!("{} sign", algorithm.name()), provider.name(), sign);
            bench.time(&format!("{} verify", algorithm.name()), provider.name(), verify);
        }
    }
}

fn aeads(bench: &mut Bench) {
    let plain = vec![7; RECORD_LEN];
    for algorithm in Aead::ALL {
        for provider in having(Operation::Aead(algorithm)) {
            let implementation = part(provider, &[algorithm.name()]);
            let key = provider.hazmat().aead.key(algorithm, &[1; 32]).unwrap();
            let seal = |data: &mut [u8]| key.seal(black_box(&[2; 12]), &[], data).unwrap();
            let mut sealed = plain.clone();
            let tag = seal(&mut sealed);
            let open = |data: &mut Vec<u8>| key.open(black_box(&[2; 12]), &[], data, &tag).unwrap();
            let mut opened = sealed.clone();
            open(&mut opened);
            assert_eq!(opened, plain);
            let reference = RUST.hazmat().aead.key(algorithm, &[1; 32]).unwrap();
            let mut by_reference = plain.clone();
            assert_eq!(tag, reference.seal(&[2; 12], &[], &mut by_reference).unwrap());
            assert_eq!(sealed, by_reference);
            bench.time(&format!("{} seal 16 KiB", algorithm.name()), implementation, || seal(&mut opened));
            bench.run(&format!("{} open 16 KiB", algorithm.name()), implementation, |bencher| {
                bencher.iter_batched_ref(|| sealed.clone(), open, BatchSize::PerIteration);
            });
        }
    }
}

fn hashes(bench: &mut Bench) {
    let input = vec![7; HASHED_LEN];
    let parts = [
        (Hash::Sha256, ["SHA-256", "SHA-2"]),
        (Hash::Sha384, ["SHA-384", "SHA-2"]),
        (Hash::Sha512, ["SHA-512", "SHA-2"]),
        (Hash::Sha3_256, ["SHA3-256", "SHA-3"]),
    ];
    for (hash, names) in parts {
        let name = format!("{} of 10 kB", hash.name());
        for provider in having(Operation::Hash(hash)) {
            let digest = |provider: &Provider| {
                let mut out = vec![0; hash.output_len()];
                provider.hazmat().hash.digest(hash, &[black_box(&input)], &mut out);
                out
            };
            assert_eq!(digest(provider), digest(RUST));
            bench.time(&name, part(provider, &names), || digest(provider));
        }
    }
    bench.time("SHA-256 of 10 kB", NOT_TAKEN, || digest::digest(&digest::SHA256, black_box(&input)));
}

fn kdfs(bench: &mut Bench) {
    let (salt, ikm, info) = ([1; 48], [2; 32], [3; 70]);
    let (mut prk, mut okm) = ([0; 48], [0; 48]);
    for provider in having(Operation::Kdf) {
        let (kdf, implementation) = (provider.hazmat().kdf, part(provider, &["HKDF"]));
        kdf.extract(Hash::Sha384, &salt, &ikm, &mut prk).unwrap();
        kdf.expand(Hash::Sha384, &prk, &[&info], &mut okm).unwrap();
        bench.time("HKDF-SHA-384 expand", implementation, || {
            kdf.expand(Hash::Sha384, black_box(&prk), &[&info], &mut [0; 48]).unwrap();
        });
        // aws-lc-rs extracts when it expands.
        bench.time("HKDF-SHA-384 extract and expand", implementation, || {
            let (mut prk, mut okm) = ([0; 48], [0; 48]);
            kdf.extract(Hash::Sha384, black_box(&salt), &ikm, &mut prk).unwrap();
            kdf.expand(Hash::Sha384, &prk, &[&info], &mut okm).unwrap();
            okm
        });
        bench.time("HMAC-SHA-384", part(provider, &["HMAC"]), || {
            kdf.hmac(Hash::Sha384, black_box(&prk), &info, &mut [0; 48]).unwrap();
        });
    }
    struct Len;
    impl hkdf::KeyType for Len {
        fn len(&self) -> usize {
            48
        }
    }
    let extract = || hkdf::Salt::new(hkdf::HKDF_SHA384, black_box(&salt)).extract(&ikm);
    let expand = |prk: &hkdf::Prk| {
        let mut okm = [0; 48];
        prk.expand(&[&info], Len).unwrap().fill(&mut okm).unwrap();
        okm
    };
    let from_prk = || hkdf::Prk::new_less_safe(hkdf::HKDF_SHA384, black_box(&prk));
    assert_eq!(expand(&extract()), okm);
    assert_eq!(expand(&from_prk()), okm);
    bench.time("HKDF-SHA-384 expand", NOT_TAKEN, || expand(&from_prk()));
    bench.time("HKDF-SHA-384 extract and expand", NOT_TAKEN, || expand(&extract()));
    bench.time("HMAC-SHA-384", NOT_TAKEN, || hmac::sign(&hmac::Key::new(hmac::HMAC_SHA384, black_box(&prk)), &info));
}

fn drafts(bench: &mut Bench) {
    for provider in having(Operation::Draft) {
        let draft = provider.draft();
        for params in MlKem::ALL {
            let name = |operation| format!("draft of {} {operation}", params.name());
            let implementation = part(provider, &["draft of ML-KEM"]);
            let (public, private) = draft.kem_keypair(params).unwrap();
            let (ciphertext, sent) = draft.kem_encapsulate(params, &public).unwrap();
            let decapsulate = || draft.kem_decapsulate(params, private.secret_bytes(), black_box(&ciphertext)).unwrap();
            assert!(sent.ct_eq(&decapsulate()));
            bench.time(&name("key pair"), implementation, || draft.kem_keypair(params).unwrap());
            bench.time(&name("encapsulate"), implementation, || draft.kem_encapsulate(params, &public).unwrap());
            bench.time(&name("decapsulate"), implementation, decapsulate);
        }
        for params in MlDsa::ALL {
            let name = |operation| format!("draft of {} {operation}", params.name());
            let implementation = part(provider, &["draft of ML-DSA"]);
            let (public, private) = draft.signature_keypair(params).unwrap();
            let sign = |message: &[u8]| draft.sign(params, private.secret_bytes(), message).unwrap();
            let message = &messages()[0];
            let signature = sign(message);
            let verify = || draft.verify(params, black_box(&public), message, &signature).unwrap();
            verify();
            bench.time(&name("key pair"), implementation, || draft.signature_keypair(params).unwrap());
            bench.mean(&name("sign"), implementation, sign);
            bench.time(&name("verify"), implementation, verify);
        }
    }
}

fn main() {
    let criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .nresamples(2000)
        .configure_from_args();
    let mut bench = Bench { criterion, done: BTreeSet::new() };
    for group in [curves, ed25519, ml_kem, ml_dsa, x_wing, composites, aeads, hashes, kdfs, drafts] {
        group(&mut bench);
    }
    bench.criterion.final_summary();
}
