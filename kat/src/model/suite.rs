//! A small set that kills every mutant but some of ML-DSA's: what tests of scoring and diagnosis ask. What is
//! expected is what the references say.

#![expect(clippy::arithmetic_side_effects, reason = "only tests have it, and all lengths are its own")]

use sha3::{Digest as _, Sha3_256, Sha3_512};

use super::{
    composite,
    curve::{self, Curve},
    eddsa, encoding, hybrid, mldsa,
    mlkem::{self, MlKem},
};
use crate::{Alg, Answer, Case, Expect, Field, Input, Op, Output, Question};

/// The cases, with the references' outcomes as what is expected.
pub(crate) fn suite() -> Vec<Case> {
    let mut questions = Vec::new();
    for alg in [Alg::MlKem512, Alg::MlKem768, Alg::MlKem1024] {
        ml_kem(alg, &mut questions);
    }
    curves(&mut questions);
    for alg in [
        Alg::XWing,
        Alg::MlKem768P256,
        Alg::MlKem1024P384,
        Alg::X25519MlKem768,
        Alg::SecP256r1MlKem768,
        Alg::SecP384r1MlKem1024,
        Alg::SshMlKem768X25519,
    ] {
        hybrids(alg, &mut questions);
    }
    keys(&mut questions);
    signatures(&mut questions);
    questions.into_iter().zip(1..).map(|(question, number)| case(question, number)).collect()
}

fn case(question: Question, number: u32) -> Case {
    assert_eq!(question.shape(), Ok(()), "{question:?}");
    let zero = Output::from([(Field::Shared, vec![0; 32])]);
    let expect = match answer(&question) {
        // Files leave a zero to the policy.
        Answer::Reject(crate::Reason::Zero) if question.alg == Alg::X25519 => Expect::Either(zero),
        Answer::Output(output) if question.op == Op::Agree => Expect::Either(output),
        Answer::Output(output) => Expect::Output(output),
        Answer::Reject(_) => Expect::Reject,
        other => panic!("{question:?}: {other:?}"),
    };
    let id = format!("{number}: {} {}", question.alg, question.op);
    Case { id, note: String::new(), flags: Vec::new(), question, expect }
}

fn answer(question: &Question) -> Answer {
    let answers = [
        encoding::answer(None, question),
        mlkem::answer(None, question),
        hybrid::answer(None, question),
        curve::answer(None, question),
        eddsa::answer(None, question),
        composite::answer(None, question),
        mldsa::answer(None, question),
    ];
    answers.into_iter().find(|answer| !matches!(answer, Answer::Unsupported(_))).unwrap()
}

fn ask(alg: Alg, op: Op, input: Input) -> Question {
    Question { alg, op, input }
}

/// Bytes that are not the same anywhere.
pub(crate) fn bytes(len: usize, number: u8) -> Vec<u8> {
    super::shake256(&[&[number]], len)
}

fn flipped(bytes: &[u8], at: usize, bits: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= bits;
    bytes
}

/// An encapsulation key with this coefficient, by number.
fn with_coefficient(ek: &[u8], number: usize, value: u16) -> Vec<u8> {
    let (mut ek, at, low) = (ek.to_vec(), number / 2 * 3, number.is_multiple_of(2));
    let value = value.to_le_bytes();
    if low {
        ek[at] = value[0];
        ek[at + 1] = ek[at + 1] & 0xf0 | value[1];
    } else {
        ek[at + 1] = ek[at + 1] & 0x0f | value[0] << 4;
        ek[at + 2] = value[0] >> 4 | value[1] << 4;
    }
    ek
}

fn ml_kem(alg: Alg, questions: &mut Vec<Question>) {
    questions.push(mlkem::craft_noisy(alg, &bytes(64, 0)).unwrap());
    let kem = MlKem::new(alg, None).unwrap();
    let mut push = |op, input| questions.push(ask(alg, op, input));
    let field = |field, bytes: &[u8]| Input::new().with(field, bytes);
    // Of these seeds, one takes a fourth block of the XOF and one draws q.
    for number in 0..24 {
        push(Op::Keygen, field(Field::Seed, &bytes(64, number)));
    }
    let seed = bytes(64, 0);
    let (ek, dk) = kem.keygen(&seed).unwrap();
    let (c, _) = kem.encaps(&ek, &bytes(32, 1)).unwrap();
    for number in 0..4 {
        push(Op::Encaps, field(Field::Ek, &ek).with(Field::M, bytes(32, number)));
    }
    let k = ek.len() / 384;
    for (number, value) in [(0, 3328), (256 * k - 1, 3328), (1, 3329), (256 * k - 1, 3329), (256 * k - 2, 4095)] {
        let ek = with_coefficient(&ek, number, value);
        push(Op::CheckEk, field(Field::Ek, &ek));
        push(Op::Encaps, field(Field::Ek, &ek).with(Field::M, bytes(32, 2)));
    }
    push(Op::Encaps, field(Field::Ek, &[&ek[..], &[0]].concat()).with(Field::M, bytes(32, 2)));
    push(Op::CheckDk, field(Field::Dk, &dk));
    push(Op::CheckDk, field(Field::Dk, &[&dk[..], &[0]].concat()));
    push(Op::CheckDk, field(Field::Dk, &flipped(&dk, dk.len() - 40, 1)));

    let mut decaps = |c: &[u8]| {
        push(Op::Decaps, field(Field::Seed, &seed).with(Field::C, c));
        push(Op::Decaps, field(Field::Dk, &dk).with(Field::C, c));
    };
    decaps(&c);
    decaps(&bytes(c.len(), 3));
    decaps(&[&c[..], &[0]].concat());
    decaps(&c[..c.len() - 1]);
    let (last, c1) = (c.len() - 1, 32 * (if k == 4 { 11 } else { 10 }) * k);
    for at in [0, 32, c1 - 1, c1, c.len() / 2 + 1, last - 31, last] {
        // The lowest bit of a byte can be the highest of a coefficient: then another message comes out.
        decaps(&unnoticed(alg, &seed, &c, &[at]));
    }
    decaps(&unnoticed(alg, &seed, &c, &[40, 300]));
    let top = (0..c1).map(|at| flipped(&c, at, 0x80)).find(|other| is_unnoticed(alg, &seed, other, &c));
    decaps(&top.unwrap());
    let zeros = (0..=u8::MAX).find_map(|number| {
        let (c, _) = kem.encaps(&ek, &bytes(32, number)).unwrap();
        let at = c.iter().position(|byte| *byte == 0).filter(|at| *at < c1 / 2)?;
        Some((c, at))
    });
    let (c, at) = zeros.unwrap();
    decaps(&unnoticed(alg, &seed, &c, &[at + 9]));
    // A last ciphertext byte of zero, cut off.
    let zero_end = (0..=u8::MAX).find_map(|number| {
        let (c, _) = kem.encaps(&ek, &bytes(32, number)).unwrap();
        (c.last() == Some(&0)).then_some(c)
    });
    if let Some(c) = zero_end {
        decaps(&c[..last]);
    }
}

/// The ciphertext with the same bit changed in these bytes, such that the same message comes out.
pub(crate) fn unnoticed(alg: Alg, seed: &[u8], c: &[u8], at: &[usize]) -> Vec<u8> {
    let change = |bit: u8| at.iter().fold(c.to_vec(), |c, at| flipped(&c, *at, 1u8 << bit));
    (0..8).map(change).find(|other| is_unnoticed(alg, seed, other, c)).unwrap()
}

fn is_unnoticed(alg: Alg, seed: &[u8], changed: &[u8], c: &[u8]) -> bool {
    let input = Input::new().with(Field::Seed, seed).with(Field::C, changed);
    mlkem::reencryption(&ask(alg, Op::Decaps, input)).unwrap().0.c == c
}

fn curves(questions: &mut Vec<Question>) {
    let agree = |alg, private: &[u8], public: &[u8]| {
        ask(alg, Op::Agree, Input::new().with(Field::Private, private).with(Field::Public, public))
    };
    for number in 0..4 {
        let private = bytes(32, number);
        questions.push(ask(Alg::X25519, Op::Keygen, Input::new().with(Field::Private, &*private)));
        let mut public = bytes(32, 99);
        public[31] |= 0x80;
        questions.push(agree(Alg::X25519, &private, &public));
        public[31] &= 0x7f;
        questions.push(agree(Alg::X25519, &private, &public));
    }
    // 0, 1, and p + 3, which is 3.
    let small = |low: u8, rest: u8, top| [&[low][..], &[rest; 30], &[top]].concat();
    for public in [small(0, 0, 0), small(1, 0, 0), small(0xf0, 0xff, 0x7f)] {
        questions.push(agree(Alg::X25519, &bytes(32, 5), &public));
    }
    for (alg, curve) in [(Alg::P256, Curve::P256), (Alg::P384, Curve::P384)] {
        let public = curve.public(None, &[1].repeat(curve.private_len())).unwrap();
        let private = with_zero(curve, &public, true);
        questions.push(ask(alg, Op::Keygen, Input::new().with(Field::Private, &*private)));
        questions.push(agree(alg, &private, &public));
        questions.push(agree(alg, &private, &flipped(&public, public.len() - 1, 2)));
        let other = curve.public(None, &[3].repeat(curve.private_len())).unwrap();
        questions.push(agree(alg, &private, &other));
    }
}

/// A private key whose result with this public key begins, or ends, in a zero byte.
fn with_zero(curve: Curve, public: &[u8], first: bool) -> Vec<u8> {
    let candidates = (0..u16::MAX).map(|number| Sha3_512::digest(number.to_le_bytes())[..].to_vec());
    let mut keys = candidates.map(|key| key[..curve.private_len()].to_vec());
    let is_zero = |shared: &[u8]| if first { shared[0] == 0 } else { shared.last() == Some(&0) };
    keys.find(|key| curve.agree(None, key, public).is_ok_and(|shared| is_zero(&shared))).unwrap()
}

fn hybrids(alg: Alg, questions: &mut Vec<Question>) {
    let curve = match alg {
        Alg::MlKem768P256 | Alg::SecP256r1MlKem768 => Curve::P256,
        Alg::MlKem1024P384 | Alg::SecP384r1MlKem1024 => Curve::P384,
        _ => Curve::X25519,
    };
    let one_seed = matches!(alg, Alg::XWing | Alg::MlKem768P256 | Alg::MlKem1024P384);
    let curve_first = matches!(alg, Alg::SecP256r1MlKem768 | Alg::SecP384r1MlKem1024);
    let seed = bytes(if one_seed { 32 } else { 64 + curve.private_len() }, 7);
    let key = Input::new().with(Field::Seed, &*seed);
    questions.push(ask(alg, Op::Keygen, key.clone()));
    let Answer::Output(keys) = hybrid::answer(None, questions.last().unwrap()) else { panic!("{alg}") };
    let ek = &keys[&Field::Ek];
    let public = if curve_first { &ek[..curve.public_len()] } else { &ek[ek.len() - curve.public_len()..] };
    let lattice = if curve_first { &ek[curve.public_len()..] } else { &ek[..ek.len() - curve.public_len()] };
    let start = if curve_first { curve.public_len() } else { 0 };

    // Messages whose ML-KEM secret begins, or ends, in a zero byte, and ephemeral keys of the same kind.
    let hash = Sha3_256::digest(lattice);
    let message = |is_zero: &dyn Fn(&[u8]) -> bool| {
        let secret = |m: &Vec<u8>| Sha3_512::digest([&m[..], &hash[..]].concat())[..32].to_vec();
        (0..u16::MAX)
            .map(|n| bytes(32, (n % 251) as u8).iter().map(|b| b ^ (n / 251) as u8).collect())
            .find(|m| is_zero(&secret(m)))
    };
    let starts = message(&|secret| secret[0] == 0).unwrap();
    let ends = message(&|secret| secret[31] == 0).unwrap();
    let mut rounds = vec![
        (bytes(32, 1), bytes(curve.private_len(), 2)),
        (starts.clone(), bytes(curve.private_len(), 2)),
        (starts, with_zero(curve, public, true)),
        (bytes(32, 1), with_zero(curve, public, true)),
        (ends, bytes(curve.private_len(), 4)),
        (bytes(32, 1), with_zero(curve, public, false)),
    ];
    if alg == Alg::SshMlKem768X25519 {
        let secret = |round: u16| {
            let m = [bytes(32, 1), Sha3_256::digest(round.to_le_bytes()).to_vec()];
            let input = Input::new().with(Field::Ek, &**ek).with(Field::M, m.concat());
            let Answer::Output(out) = hybrid::answer(None, &ask(alg, Op::Encaps, input)) else { panic!("{alg}") };
            (m, out[&Field::K].clone())
        };
        for first in [true, false] {
            let is_zero = |key: &[u8]| if first { key[0] == 0 } else { key[31] == 0 };
            let ([m, ephemeral], _) = (0..u16::MAX).map(secret).find(|(_, key)| is_zero(key)).unwrap();
            rounds.push((m, ephemeral));
        }
    }
    let mut last = Vec::new();
    for (m, ephemeral) in rounds {
        let input = Input::new().with(Field::Ek, &**ek).with(Field::M, [m, ephemeral].concat());
        questions.push(ask(alg, Op::Encaps, input));
        let Answer::Output(out) = hybrid::answer(None, questions.last().unwrap()) else { panic!("{alg}") };
        last = out[&Field::C].clone();
        questions.push(ask(alg, Op::Decaps, key.clone().with(Field::C, &*last)));
    }
    let m = [bytes(32, 1), bytes(curve.private_len(), 2)].concat();
    let unreduced = [&ek[..start], &with_coefficient(&ek[start..], 5, 3329)].concat();
    let encaps = |ek: Vec<u8>| ask(alg, Op::Encaps, Input::new().with(Field::Ek, ek).with(Field::M, &*m));
    questions.extend([encaps(unreduced), encaps([&ek[..], &[0]].concat())]);
    let decaps = |c: Vec<u8>| ask(alg, Op::Decaps, key.clone().with(Field::C, c));
    questions.push(decaps([&last[..], &[0]].concat()));
    let mut other = last.clone();
    if curve == Curve::X25519 {
        let end = other.len();
        other[end - 32..].fill(0);
    } else {
        let y = if curve_first { curve.public_len() } else { other.len() };
        other[y - 1] ^= 2;
    }
    questions.push(decaps(other));
}

/// DER: a tag, the length, the content.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = content.len();
    let len = match len {
        0..128 => vec![len as u8],
        128..256 => vec![0x81, len as u8],
        _ => vec![0x82, (len >> 8) as u8, len as u8],
    };
    [&[tag][..], &len, &content].concat()
}

fn keys(questions: &mut Vec<Question>) {
    let lattice = [0x60, 0x86, 0x48, 1, 0x65, 3, 4];
    for (alg, oid) in [
        (Alg::MlKem768, [&lattice[..], &[4, 2]].concat()),
        (Alg::MlDsa44, [&lattice[..], &[3, 17]].concat()),
        (Alg::X25519, vec![0x2b, 0x65, 110]),
        (Alg::Ed25519, vec![0x2b, 0x65, 112]),
    ] {
        let question = |op, der: Vec<u8>| ask(alg, op, Input::new().with(Field::Der, der));
        let plain = tlv(0x30, &[&tlv(6, &[&oid])]);
        let null = tlv(0x30, &[&tlv(6, &[&oid]), &[5, 0]]);
        let pkcs8 = |algorithm: &[u8], field: &[u8]| tlv(0x30, &[&[2, 1, 0], algorithm, &tlv(4, &[field])]);
        let seed = bytes(if alg == Alg::MlKem768 { 64 } else { 32 }, 8);
        let is_lattice = matches!(alg, Alg::MlKem768 | Alg::MlDsa44);
        let field = tlv(if is_lattice { 0x80 } else { 4 }, &[&seed]);
        let good = pkcs8(&plain, &field);
        let Answer::Output(out) = encoding::answer(None, &question(Op::Pkcs8, good.clone())) else { panic!("{alg}") };
        let public = out.into_values().next().unwrap();
        let spki = |algorithm: &[u8]| tlv(0x30, &[algorithm, &tlv(3, &[&[0], &public])]);
        for (op, good, null) in [(Op::Pkcs8, good, pkcs8(&null, &field)), (Op::Spki, spki(&plain), spki(&null))] {
            questions.extend([[&good[..], &[0]].concat(), good, null].map(|der| question(op, der)));
        }
        let beside = |public: &[u8]| tlv(0x30, &[&[2, 1, 1], &plain, &tlv(4, &[&field]), &tlv(0x81, &[&[0], public])]);
        questions.extend([&public, &flipped(&public, 9, 1)].map(|public| question(Op::Pkcs8, beside(public))));
        if !is_lattice {
            continue;
        }
        let expanded = if alg == Alg::MlKem768 {
            MlKem::new(alg, None).unwrap().keygen(&seed).unwrap().1
        } else {
            let keygen = ask(alg, Op::Keygen, Input::new().with(Field::Seed, &*seed));
            let Answer::Output(mut out) = mldsa::answer(None, &keygen) else { panic!("{alg}") };
            out.remove(&Field::Sk).unwrap()
        };
        let both = |expanded: &[u8]| tlv(0x30, &[&tlv(4, &[&seed]), &tlv(4, &[expanded])]);
        let hash = flipped(&expanded, expanded.len() - 40, 1);
        let forms = [
            both(&expanded),
            both(&hash),
            tlv(4, &[&expanded]),
            tlv(4, &[&hash]),
            tlv(4, &[&flipped(&expanded, 0, 1)]),
        ];
        let forms = if alg == Alg::MlKem768 { &forms[..] } else { &forms[..4] };
        questions.extend(forms.iter().map(|form| question(Op::Pkcs8, pkcs8(&plain, form))));
    }
}

fn signatures(questions: &mut Vec<Question>) {
    questions.extend(eddsa::BUGS.iter().map(|(bug, ..)| eddsa::craft(*bug, &[7; 32], b"message").unwrap()));
    let alg = Alg::CompositeMlDsa44Ed25519;
    let bugs = composite::BUGS.iter().map(|(bug, ..)| Some(*bug)).chain([None]);
    questions.extend(bugs.map(|bug| composite::craft(bug, alg, &bytes(64, 9), b"message", b"context").unwrap()));
    let alg = Alg::MlDsa44;
    let to_sign =
        Input::new().with(Field::Msg, b"message").with(Field::Ctx, b"context").with(Field::Rnd, bytes(32, 11));
    let to_sign = ask(alg, Op::Sign, to_sign.with(Field::Seed, bytes(32, 10)));
    use mldsa::craft::{Fault, craft};
    let faults = [
        Fault::None,
        Fault::OtherInterface,
        Fault::LongCtx,
        Fault::CtxCut,
        Fault::LongSignature,
        Fault::LongKey,
        Fault::LongKeyHashed,
        Fault::ShortKey,
        Fault::ChallengeTail,
        Fault::ZGamma1,
        Fault::RepeatedHint,
        Fault::UnorderedHints,
        Fault::PaddedHints,
        Fault::NoHints,
        Fault::TooManyHints,
        Fault::DecreasingCuts,
    ];
    questions.extend(faults.iter().map(|fault| craft(*fault, &to_sign).unwrap().question));
    questions.push(ask(alg, Op::Keygen, Input::new().with(Field::Seed, bytes(32, 10))));
    questions.push(to_sign);
}
