//! ML-DSA (FIPS 204): what a verifier must refuse, and published vectors hardly have.
//!
//! Signatures of messages that are not formatted as algorithms 2 and 4 do it come from the internal interface: under
//! the right key they verify for who formats as wrongly.

use sha2::{Digest, Sha256, Sha512};

use super::{Candidate, Maker, flipped, question, take, wrong_lengths};
use crate::{
    Alg, Field, Input, Op, Question,
    algorithm::Kind,
    model::mldsa::craft::{Fault, craft},
};

/// A parameter set: the length of c̃ in bytes, ω and k.
struct Params {
    alg: Alg,
    challenge: usize,
    omega: usize,
    k: usize,
}

const PARAMS: [Params; 3] = [
    Params { alg: Alg::MlDsa44, challenge: 32, omega: 80, k: 4 },
    Params { alg: Alg::MlDsa65, challenge: 48, omega: 55, k: 6 },
    Params { alg: Alg::MlDsa87, challenge: 64, omega: 75, k: 8 },
];

/// What algorithm 4 puts before a hash, without its last byte, which tells the hash.
const HASH_OID: [u8; 10] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

pub(super) fn make(maker: &mut Maker<'_>) {
    for params in &PARAMS {
        let Some(signer) = Signer::new(maker, params) else { continue };
        keys(maker, params);
        signatures(maker, params, &signer);
        messages(maker, params, &signer);
        hints(maker, params, &signer);
        faults(maker, params, &signer);
    }
}

fn name(params: &Params, class: &str) -> String {
    format!("{}-{class}", params.alg.name().to_lowercase())
}

/// A key, and questions about it.
struct Signer {
    alg: Alg,
    seed: Vec<u8>,
    pk: Vec<u8>,
}

/// A value of an input: bytes, but for the name of a hash.
fn with(input: Input, field: Field, value: &[u8]) -> Input {
    match field.kind() {
        Kind::Text => input.with_text(field, String::from_utf8_lossy(value)),
        _ => input.with(field, value),
    }
}

impl Signer {
    fn new(maker: &Maker<'_>, params: &Params) -> Option<Self> {
        let (alg, seed) = (params.alg, maker.stream(&name(params, "key")).bytes(32));
        let pk = take(maker.know_one(question(alg, Op::Keygen, &[(Field::Seed, &seed)])), Field::Pk)?;
        Some(Self { alg, seed, pk })
    }

    /// To sign, deterministically.
    fn sign(&self, op: Op, input: &[(Field, &[u8])]) -> Question {
        let given = Input::new().with(Field::Seed, &*self.seed).with(Field::Rnd, [0; 32]);
        let input = input.iter().fold(given, |all, (field, value)| with(all, *field, value));
        Question { alg: self.alg, op, input }
    }

    fn verify(&self, op: Op, sig: &[u8], input: &[(Field, &[u8])]) -> Question {
        let given = Input::new().with(Field::Pk, &*self.pk).with(Field::Sig, sig);
        let input = input.iter().fold(given, |all, (field, value)| with(all, *field, value));
        Question { alg: self.alg, op, input }
    }

    /// The signature of a formatted message M′.
    fn of_formatted(&self, maker: &Maker<'_>, message: &[&[u8]]) -> Option<Vec<u8>> {
        let sign = self.sign(Op::SignInternal, &[(Field::Msg, &message.concat())]);
        take(maker.know_one(sign), Field::Sig)
    }
}

fn keys(maker: &mut Maker<'_>, params: &Params) {
    let mut stream = maker.stream(&name(params, "keys"));
    let mut candidates = Vec::new();
    let mut put = |note: &str, seed: &[u8]| {
        candidates.push(Candidate::new(note, question(params.alg, Op::Keygen, &[(Field::Seed, seed)])));
    };
    put("ξ is zeros", &[0; 32]);
    put("ξ is ones", &[0xff; 32]);
    for _ in 0..8 {
        put("random ξ", &stream.bytes(32));
    }
    for (what, seed) in wrong_lengths(&[7; 32]) {
        put(&format!("ξ: {what}"), &seed);
    }
    maker.put(&name(params, "keys"), candidates);
}

/// Right signatures, and wrong ones: every part changed, every length.
fn signatures(maker: &mut Maker<'_>, params: &Params, signer: &Signer) {
    let mut stream = maker.stream(&name(params, "signatures"));
    let mut candidates = Vec::new();
    for length in [0, 1, 33, 137, 1000] {
        let msg = stream.bytes(length);
        for ctx in [0, 1, 255] {
            let ctx = stream.bytes(ctx);
            let input = [(Field::Msg, &*msg), (Field::Ctx, &*ctx)];
            let note = format!("message of {length} bytes, context of {}", ctx.len());
            let sign = signer.sign(Op::Sign, &input);
            candidates.push(Candidate::new(note.clone(), sign.clone()));
            let Some(sig) = take(maker.know_one(sign), Field::Sig) else { continue };
            candidates.push(Candidate::new(note, signer.verify(Op::Verify, &sig, &input)));
        }
    }
    let input = [(Field::Msg, &*stream.bytes(40)), (Field::Ctx, &*stream.bytes(5))].map(|(f, v)| (f, v.to_vec()));
    let input = [(input[0].0, &*input[0].1), (input[1].0, &*input[1].1)];
    let Some(sig) = take(maker.know_one(signer.sign(Op::Sign, &input)), Field::Sig) else { return };
    let mut put = |note: String, sig: &[u8]| {
        candidates.push(Candidate::new(note, signer.verify(Op::Verify, sig, &input)));
    };
    for at in 0..params.challenge {
        put(format!("byte {at} of c̃ differs"), &flipped(&sig, at, 0x10));
    }
    let hint = sig.len().saturating_sub(params.omega).saturating_sub(params.k);
    for at in (params.challenge..hint).step_by(41) {
        put(format!("byte {} of z differs", at.saturating_sub(params.challenge)), &flipped(&sig, at, 1));
    }
    for at in hint..sig.len() {
        put(format!("byte {} of the hint differs", at.saturating_sub(hint)), &flipped(&sig, at, 1));
    }
    for (what, wrong) in wrong_lengths(&sig) {
        put(format!("signature: {what}"), &wrong);
    }
    put("signature with 32 bytes more".into(), &[&*sig, &[0; 32]].concat());
    put("zeros".into(), &vec![0; sig.len()]);
    put("ones".into(), &vec![0xff; sig.len()]);
    for (what, pk) in wrong_lengths(&signer.pk) {
        let other = Signer { alg: signer.alg, seed: Vec::new(), pk };
        candidates.push(Candidate::new(format!("key: {what}"), other.verify(Op::Verify, &sig, &input)));
    }
    for at in [0, 31, 32, signer.pk.len().saturating_sub(1)] {
        let other = Signer { alg: signer.alg, seed: Vec::new(), pk: flipped(&signer.pk, at, 1) };
        let verify = other.verify(Op::Verify, &sig, &input);
        candidates.push(Candidate::new(format!("byte {at} of the key differs"), verify));
    }
    maker.put(&name(params, "signatures"), candidates);
}

/// Contexts, domains and pre-hashes that are not those of the signer.
fn messages(maker: &mut Maker<'_>, params: &Params, signer: &Signer) {
    let mut stream = maker.stream(&name(params, "messages"));
    let (msg, ctx, long) = (stream.bytes(64), stream.bytes(16), stream.bytes(256));
    let (sha256, sha512) = (Sha256::digest(&msg), Sha512::digest(&msg));
    let (of_256, of_512) = ([&HASH_OID[..], &[1], &sha256].concat(), [&HASH_OID[..], &[3], &sha512].concat());
    let long_but_last = long.split_last().map(|(_, rest)| rest).unwrap_or_default();
    let mut candidates = Vec::new();

    // Both take the formatted message that is signed, then the context and the message given to the verifier.
    let mut pure = |note: &str, formatted: &[&[u8]], ctx: &[u8], msg: &[u8]| {
        let Some(sig) = signer.of_formatted(maker, formatted) else { return };
        let verify = signer.verify(Op::Verify, &sig, &[(Field::Msg, msg), (Field::Ctx, ctx)]);
        candidates.push(Candidate::new(note, verify));
    };
    pure("right, no context", &[&[0, 0], &msg], &[], &msg);
    pure("right, with a context", &[&[0, 16], &ctx, &msg], &ctx, &msg);
    pure("signed without a context, verified with one", &[&[0, 0], &msg], &ctx, &msg);
    pure("signed with a context, verified without", &[&[0, 16], &ctx, &msg], &[], &msg);
    pure("signed with another context", &[&[0, 16], &flipped(&ctx, 15, 1), &msg], &ctx, &msg);
    pure("context of 256 bytes, its length signed as 0", &[&[0, 0], &long, &msg], &long, &msg);
    pure("context of 256 bytes, its length signed as 255", &[&[0, 255], &long, &msg], &long, &msg);
    pure("context of 256 bytes, signed without its last", &[&[0, 255], long_but_last, &msg], &long, &msg);
    pure("signed without domain and context: the internal interface", &[&msg], &[], &msg);
    pure("signed without domain: the context alone", &[&[16], &ctx, &msg], &ctx, &msg);
    pure("signed without the length of the context", &[&[0], &ctx, &msg], &ctx, &msg);
    pure("a byte of the context moved to the message", &[&[0, 15], &ctx, &msg], &ctx, &msg);
    pure("signed as pre-hash, verified as pure", &[&[1, 16], &ctx, &of_256], &ctx, &msg);
    pure("signed as pre-hash, verified as pure of what is hashed to", &[&[1, 16], &ctx, &of_256], &ctx, &of_256);
    let mut prehash = |note: &str, formatted: &[&[u8]], ctx: &[u8], hash: &str, msg: &[u8]| {
        let Some(sig) = signer.of_formatted(maker, formatted) else { return };
        let input = [(Field::Msg, msg), (Field::Ctx, ctx), (Field::Hash, hash.as_bytes())];
        candidates.push(Candidate::new(format!("pre-hash: {note}"), signer.verify(Op::VerifyPrehash, &sig, &input)));
    };
    prehash("right, SHA2-256", &[&[1, 0], &of_256], &[], "SHA2-256", &msg);
    prehash("right, SHA2-512, with a context", &[&[1, 16], &ctx, &of_512], &ctx, "SHA2-512", &msg);
    prehash("signed as pure of the message, verified as pre-hash", &[&[0, 0], &msg], &[], "SHA2-256", &msg);
    prehash("signed as pure of what is hashed to, verified as pre-hash", &[&[0, 0], &of_256], &[], "SHA2-256", &msg);
    prehash("signed with SHA2-256, verified with SHA2-512", &[&[1, 0], &of_256], &[], "SHA2-512", &msg);
    prehash("signed without the hash's name", &[&[1, 0], &sha256], &[], "SHA2-256", &msg);
    prehash("signed with the name of another hash", &[&[1, 0], &HASH_OID, &[3], &sha256], &[], "SHA2-256", &msg);
    prehash("signed without hashing", &[&[1, 0], &HASH_OID, &[1], &msg], &[], "SHA2-256", &msg);
    prehash("context of 256 bytes, its length signed as 0", &[&[1, 0], &long, &of_256], &long, "SHA2-256", &msg);
    prehash("signed with a context, verified without", &[&[1, 16], &ctx, &of_256], &[], "SHA2-256", &msg);
    prehash("message with a byte more", &[&[1, 0], &of_256], &[], "SHA2-256", &[&*msg, &[0]].concat());
    for (what, ctx) in [("255 bytes", long_but_last), ("256 bytes, must be refused", &long)] {
        let input = [(Field::Msg, &*msg), (Field::Ctx, ctx)];
        candidates.push(Candidate::new(format!("sign with a context of {what}"), signer.sign(Op::Sign, &input)));
        let input = [(Field::Msg, &*msg), (Field::Ctx, ctx), (Field::Hash, b"SHA2-256")];
        let sign = signer.sign(Op::SignPrehash, &input);
        candidates.push(Candidate::new(format!("pre-hash: sign with a context of {what}"), sign));
    }
    maker.put(&name(params, "messages"), candidates);
}

/// Signatures with a fault that only the key's holder can make: z at its bound, hints that honest keys make never or
/// rarely, remainders at the ends of their range.
fn faults(maker: &mut Maker<'_>, params: &Params, signer: &Signer) {
    let mut stream = maker.stream(&name(params, "faults"));
    let (msg, ctx) = (stream.bytes(32), stream.bytes(8));
    let input = [(Field::Msg, &*msg), (Field::Ctx, &*ctx)];
    let pure = signer.sign(Op::Sign, &input);
    let prehash = signer.sign(Op::SignPrehash, &[&input[..], &[(Field::Hash, b"SHA2-512")]].concat());
    let in_prehash = [Fault::OtherInterface, Fault::LongCtx, Fault::CtxCut, Fault::DecreasingCuts];
    let asked = Fault::ALL.iter().map(|fault| (fault, &pure)).chain(in_prehash.iter().map(|fault| (fault, &prehash)));
    let candidates = asked.filter_map(|(fault, question)| {
        let case = craft(*fault, question)?;
        Some(Candidate::new(fault.name(), case.question))
    });
    maker.put(&name(params, "faults"), candidates.collect());
}

/// Hints in encodings that algorithm 21 refuses and that mean the same to who does not check: repeated and
/// exchanged positions, padding that is not zero, cuts that decrease.
fn hints(maker: &mut Maker<'_>, params: &Params, signer: &Signer) {
    let mut stream = maker.stream(&name(params, "hints"));
    let messages: Vec<_> = (0..64).map(|_| stream.bytes(32)).collect();
    let signs: Vec<_> =
        messages.iter().map(|msg| signer.sign(Op::Sign, &[(Field::Msg, msg), (Field::Ctx, &[])])).collect();
    let mut candidates = Vec::new();
    let mut count = std::collections::BTreeMap::<&str, u32>::new();
    for (msg, sig) in messages.iter().zip(maker.know(&signs)) {
        let Some(sig) = take(sig, Field::Sig) else { continue };
        for (note, wrong) in changed_hints(params, &sig) {
            let seen = count.entry(note).or_default();
            *seen = seen.saturating_add(1);
            if *seen <= 2 {
                let verify = signer.verify(Op::Verify, &wrong, &[(Field::Msg, msg), (Field::Ctx, &[])]);
                candidates.push(Candidate::new(note, verify));
            }
        }
    }
    maker.put(&name(params, "hints"), candidates);
}

/// The ways in which the hint of this signature can be written otherwise.
fn changed_hints(params: &Params, sig: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut ways = Vec::new();
    let Some(at) = sig.len().checked_sub(params.omega.saturating_add(params.k)) else { return ways };
    let Some((before, hint)) = sig.split_at_checked(at) else { return ways };
    let Some((positions, cuts)) = hint.split_at_checked(params.omega) else { return ways };
    let mut put = |note, positions: &[u8], cuts: &[u8]| ways.push((note, [before, positions, cuts].concat()));
    let total = usize::from(cuts.last().copied().unwrap_or_default());
    let mut start = 0;
    for (poly, cut) in cuts.iter().copied().enumerate() {
        let end = usize::from(cut);
        if start == end
            && let Some(less) = cut.checked_sub(1)
        {
            let mut cuts = cuts.to_vec();
            if let Some(cut) = cuts.get_mut(poly) {
                *cut = less;
            }
            put("cuts decrease where a polynomial has no hint", positions, &cuts);
        }
        if start < end && total < params.omega {
            let mut repeated = positions.to_vec();
            repeated.truncate(total);
            if let Some(first) = positions.get(start) {
                repeated.insert(start, *first);
            }
            repeated.resize(params.omega, 0);
            let later = cuts.iter().enumerate().map(|(place, cut)| cut.saturating_add(u8::from(place >= poly)));
            put("a position is repeated", &repeated, &later.collect::<Vec<_>>());
        }
        if end.saturating_sub(start) >= 2 {
            let mut exchanged = positions.to_vec();
            exchanged.swap(start, start.saturating_add(1));
            put("two positions are exchanged", &exchanged, cuts);
        }
        start = end;
    }
    for place in [total, params.omega.saturating_sub(1)] {
        if place >= total {
            put("the padding is not zero", &flipped(positions, place, 1), cuts);
        }
    }
    let over = u8::try_from(params.omega.saturating_add(1)).unwrap_or_default();
    let cuts: Vec<_> = cuts.iter().copied().rev().skip(1).rev().chain([over]).collect();
    put("the last cut is over ω", positions, &cuts);
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_hint_otherwise_is_found() {
        let params = Params { alg: Alg::MlDsa44, challenge: 0, omega: 5, k: 3 };
        // Positions 3 and 9 in the first polynomial, none in the second, 4 in the third.
        let ways = changed_hints(&params, &[3, 9, 4, 0, 0, 2, 2, 3]);
        for (note, hint) in [
            ("cuts decrease where a polynomial has no hint", [3, 9, 4, 0, 0, 2, 1, 3]),
            ("a position is repeated", [3, 3, 9, 4, 0, 3, 3, 4]),
            ("a position is repeated", [3, 9, 4, 4, 0, 2, 2, 4]),
            ("two positions are exchanged", [9, 3, 4, 0, 0, 2, 2, 3]),
            ("the padding is not zero", [3, 9, 4, 1, 0, 2, 2, 3]),
            ("the padding is not zero", [3, 9, 4, 0, 1, 2, 2, 3]),
            ("the last cut is over ω", [3, 9, 4, 0, 0, 2, 2, 6]),
        ] {
            assert!(ways.contains(&(note, hint.to_vec())), "{note} {hint:?}");
        }
        assert_eq!(ways.len(), 7);
    }
}
