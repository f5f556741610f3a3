//! What envelopes add to the AEAD: sealing and opening 16 MiB, against the same chunks by the bare AEAD of the same
//! provider on one processor.

#![expect(clippy::unwrap_used, reason = "a bench fails loudly")]

use std::{hint::black_box, num::NonZero, process::ExitCode, thread};

use twinlock::{
    envelope::{Done, Error, Expected, Job, Opener, Sealer},
    ids::{
        KeyKind, Signature,
        envelope::{CHUNK_LEN, KEM, Suite},
    },
    kem::DecapsulationKey,
    keys::PublicKey,
    provider::{AWS_LC, AeadKey, Provider, RUST, SystemRng},
    secret::Seed,
    sign::SigningKey,
};
use twinlock_bench::{
    is_timed,
    ratio::{Bar, Pairs, report},
};

/// The least throughput of envelopes, in throughputs of the bare AEAD. A signature needs a hash that is slower than the AEAD
/// (docs/decisions/0011), so on bytes in memory those are for information; `benches/scripts/envelope.py` has the bar for files.
const BAR: Bar = Bar::AtLeast(0.7);

const CHUNKS: usize = 256;
/// Enough that starting threads costs little beside the work.
const JOBS_PER_THREAD: usize = 32;
const SIGNATURE: Signature = Signature::MlDsa65Ed25519;

struct Envelopes {
    provider: &'static Provider,
    suite: Suite,
    sender: Option<SigningKey>,
    recipients: [PublicKey; 1],
    expected: Expected,
    threads: usize,
    content: Vec<u8>,
    /// The same content sealed, for opening.
    envelope: Vec<u8>,
}

impl Envelopes {
    fn new(provider: &'static Provider, suite: Suite, is_signed: bool, threads: usize) -> Self {
        let key = recipient(provider);
        let recipients = [PublicKey::from_raw(KeyKind::Kem(KEM), key.encapsulation_key().as_bytes()).unwrap()];
        let sender = is_signed.then(|| SigningKey::generate(provider, SIGNATURE, &mut SystemRng).unwrap());
        let expected = sender.as_ref().map_or(Expected::Unsigned, |key| {
            let kind = KeyKind::Signature(SIGNATURE);
            Expected::Sender(PublicKey::from_raw(kind, key.verifying_key().as_bytes()).unwrap().key_id())
        });
        let content = vec![7; CHUNKS.wrapping_mul(CHUNK_LEN)];
        let mut new = Self { provider, suite, sender, recipients, expected, threads, content, envelope: Vec::new() };
        let mut envelope = Vec::new();
        new.seal(|bytes| envelope.extend_from_slice(bytes));
        new.envelope = envelope;
        new
    }

    fn seal(&self, mut out: impl FnMut(&[u8])) {
        let (sender, rng) = (self.sender.as_ref(), &mut SystemRng);
        let (mut sealer, header) = Sealer::new(self.provider, self.suite, &self.recipients, sender, rng).unwrap();
        out(&header);
        let mut rest = black_box(self.content.as_slice());
        while !rest.is_empty() {
            for done in self.run(|| sealer.push(&mut rest)) {
                out(sealer.done(done).unwrap());
            }
        }
        out(&sealer.finish(rng).unwrap());
    }

    fn open(&self, mut out: impl FnMut(&[u8])) {
        let mut opener = Opener::new(recipient(self.provider), self.expected).unwrap();
        let mut rest = black_box(self.envelope.as_slice());
        while !rest.is_empty() {
            for done in self.run(|| opener.push(&mut rest)) {
                out(opener.done(done).unwrap());
            }
        }
        out(&opener.finish().unwrap());
    }

    fn round(&self) {
        let mut len = 0_usize;
        self.seal(|bytes| {
            black_box(bytes);
        });
        self.open(|bytes| len = len.saturating_add(black_box(bytes).len()));
        assert_eq!(len, self.content.len());
    }

    /// Some jobs on all threads; on one thread one by one, so that a chunk is still in its cache.
    fn run(&self, mut next: impl FnMut() -> Result<Option<Job>, Error>) -> Vec<Done> {
        if self.threads == 1 {
            return next().unwrap().map(|job| job.run().unwrap()).into_iter().collect();
        }
        let mut lanes: Vec<Vec<Job>> = (0..self.threads).map(|_| Vec::new()).collect();
        let mut jobs =
            std::iter::from_fn(|| next().unwrap()).take(self.threads.wrapping_mul(JOBS_PER_THREAD)).peekable();
        'all: while jobs.peek().is_some() {
            for lane in &mut lanes {
                let Some(job) = jobs.next() else { break 'all };
                lane.push(job);
            }
        }
        let work = |lane: Vec<Job>| lane.into_iter().map(|job| job.run().unwrap()).collect::<Vec<_>>();
        let lanes: Vec<Vec<Done>> = thread::scope(|scope| {
            let running: Vec<_> = lanes.into_iter().map(|lane| scope.spawn(move || work(lane))).collect();
            running.into_iter().map(|lane| lane.join().unwrap()).collect()
        });
        let mut lanes: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
        let mut all = Vec::new();
        'back: loop {
            for lane in &mut lanes {
                let Some(done) = lane.next() else { break 'back };
                all.push(done);
            }
        }
        all
    }
}

fn recipient(provider: &'static Provider) -> DecapsulationKey {
    DecapsulationKey::from_seed(provider, KEM, Seed::from_slice(&[7; 32])).unwrap()
}

struct Bare {
    key: Box<dyn AeadKey>,
    data: Vec<u8>,
}

impl Bare {
    fn new(provider: &'static Provider, suite: Suite) -> Self {
        let key = provider.hazmat().aead.key(suite.aead(), &[7; 32]).unwrap();
        Self { key, data: vec![7; CHUNKS.wrapping_mul(CHUNK_LEN)] }
    }

    fn round(&mut self) {
        let mut tags = Vec::with_capacity(CHUNKS);
        for chunk in black_box(&mut self.data).chunks_mut(CHUNK_LEN) {
            tags.push(self.key.seal(&[0; 12], &[], chunk).unwrap());
        }
        for (chunk, tag) in black_box(&mut self.data).chunks_mut(CHUNK_LEN).zip(&tags) {
            self.key.open(&[0; 12], &[], chunk, tag).unwrap();
        }
    }
}

fn main() -> ExitCode {
    let all = thread::available_parallelism().map_or(1, NonZero::get);
    let [aes, chacha] = Suite::ALL;
    let cases = [
        (AWS_LC, aes, false, 1, Some(BAR)),
        (AWS_LC, chacha, false, 1, Some(BAR)),
        (AWS_LC, aes, true, all, None),
        (AWS_LC, chacha, true, all, None),
        (AWS_LC, aes, true, 1, None),
        (AWS_LC, chacha, true, 1, None),
        (RUST, aes, true, all, None),
    ];
    let mut all_hold = true;
    for (provider, suite, is_signed, threads, bar) in cases {
        let (envelopes, mut bare) = (Envelopes::new(provider, suite, is_signed, threads), Bare::new(provider, suite));
        envelopes.round();
        bare.round();
        if is_timed() {
            // Rates are inverse times: the bare AEAD's time is on top.
            let pairs = Pairs::take(200, 1, || bare.round(), || envelopes.round());
            let signed = if is_signed { "signed" } else { "unsigned" };
            let (aead, provider) = (suite.aead().name(), provider.name());
            let name = format!("envelopes/{aead} seal and open 16 MiB {signed}, {threads} threads, {provider}");
            all_hold &= report(&name, ["time of the bare AEAD", "of envelopes"], &pairs, bar);
        }
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
