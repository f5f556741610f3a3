//! Hybrid KEMs: those of TLS (RFC 10024), of SSH (draft-ietf-sshm-mlkem-hybrid-kex), X-Wing, and the CFRG's
//! (draft-irtf-cfrg-concrete-hybrid-kems). No public vectors exist for the first two.
//!
//! What goes wrong in hybrids: the order of the halves in a share or in the secret, a classical secret that is cut at
//! its zero bytes, a point or a half that is not checked, and a part that is missing from a hash.

use super::{
    Candidate, Maker, Stream, dh, flipped,
    mlkem::{PARAMS, Params, places, with_coefficient},
    question, take, wrong_lengths,
};
use crate::{Alg, Field, Op};

/// A hybrid, and how its shares are made of two.
struct Hybrid {
    name: &'static str,
    alg: Alg,
    /// ML-KEM's parameter set.
    lattice: &'static Params,
    /// The curve.
    curve: Alg,
    /// Whether the point comes before ML-KEM's part in shares and secret.
    point_first: bool,
    /// The length of a point and of a scalar in bytes.
    point: usize,
    scalar: usize,
    /// How many bytes more the CFRG's randomness of encapsulation has after a scalar, for when the scalar is not in
    /// range; none if keys are not from one seed of 32 bytes.
    spare: Option<usize>,
}

const fn hybrids() -> [Hybrid; 7] {
    const fn on_x25519(name: &'static str, alg: Alg) -> Hybrid {
        let (lattice, curve) = (&PARAMS[1], Alg::X25519);
        Hybrid { name, alg, lattice, curve, point_first: false, point: 32, scalar: 32, spare: None }
    }
    const fn on_nist(name: &'static str, alg: Alg, lattice: &'static Params, curve: Alg, scalar: usize) -> Hybrid {
        let point = scalar.saturating_mul(2).saturating_add(1);
        Hybrid { name, alg, lattice, curve, point_first: true, point, scalar, spare: None }
    }
    const fn from_one_seed(hybrid: Hybrid, spare: usize) -> Hybrid {
        Hybrid { point_first: false, spare: Some(spare), ..hybrid }
    }
    [
        on_x25519("tls-x25519mlkem768", Alg::X25519MlKem768),
        on_nist("tls-secp256r1mlkem768", Alg::SecP256r1MlKem768, &PARAMS[1], Alg::P256, 32),
        on_nist("tls-secp384r1mlkem1024", Alg::SecP384r1MlKem1024, &PARAMS[2], Alg::P384, 48),
        on_x25519("ssh-mlkem768x25519", Alg::SshMlKem768X25519),
        from_one_seed(on_x25519("x-wing", Alg::XWing), 0),
        from_one_seed(on_nist("cfrg-mlkem768-p256", Alg::MlKem768P256, &PARAMS[1], Alg::P256, 32), 96),
        from_one_seed(on_nist("cfrg-mlkem1024-p384", Alg::MlKem1024P384, &PARAMS[2], Alg::P384, 48), 0),
    ]
}

impl Hybrid {
    /// The two parts of a share: ML-KEM's, and the point.
    fn split(&self, share: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let at = if self.point_first { self.point } else { share.len().checked_sub(self.point)? };
        let (first, second) = share.split_at_checked(at)?;
        let (first, second) = (first.to_vec(), second.to_vec());
        Some(if self.point_first { (second, first) } else { (first, second) })
    }

    fn join(&self, lattice: &[u8], point: &[u8]) -> Vec<u8> {
        if self.point_first { [point, lattice].concat() } else { [lattice, point].concat() }
    }

    /// A scalar below the order of the curve: the first byte of every order is 0xff, of P-256 and P-384.
    fn scalar(&self, stream: &mut Stream) -> Vec<u8> {
        let mut scalar = stream.bytes(self.scalar);
        if let Some(first) = scalar.first_mut() {
            *first &= 0x7f;
        }
        scalar
    }

    /// A private key: one seed of 32 bytes, else ML-KEM's seed and a scalar.
    fn seed(&self, stream: &mut Stream) -> Vec<u8> {
        match self.spare {
            Some(_) => stream.bytes(32),
            None => [stream.bytes(64), self.scalar(stream)].concat(),
        }
    }

    /// The randomness of encapsulation.
    fn randomness(&self, m: &[u8], scalar: &[u8]) -> Vec<u8> {
        [m, scalar, &vec![0x55; self.spare.unwrap_or_default()]].concat()
    }

    fn random(&self, stream: &mut Stream) -> Vec<u8> {
        let m = stream.bytes(32);
        self.randomness(&m, &self.scalar(stream))
    }

    fn keygen(&self, seed: &[u8]) -> crate::Question {
        question(self.alg, Op::Keygen, &[(Field::Seed, seed)])
    }

    fn encaps(&self, ek: &[u8], m: &[u8]) -> crate::Question {
        question(self.alg, Op::Encaps, &[(Field::Ek, ek), (Field::M, m)])
    }

    fn decaps(&self, seed: &[u8], c: &[u8]) -> crate::Question {
        question(self.alg, Op::Decaps, &[(Field::Seed, seed), (Field::C, c)])
    }
}

pub(super) fn make(maker: &mut Maker<'_>) {
    for hybrid in &hybrids() {
        exchanges(maker, hybrid);
        shares(maker, hybrid);
    }
}

/// Right exchanges: random ones, and those whose secrets begin or end with zeros.
fn exchanges(maker: &mut Maker<'_>, hybrid: &Hybrid) {
    let mut stream = maker.stream(&format!("{}-exchanges", hybrid.name));
    let mut candidates = Vec::new();
    for _ in 0..8 {
        let (seed, m) = (hybrid.seed(&mut stream), hybrid.random(&mut stream));
        candidates.push(Candidate::new("key", hybrid.keygen(&seed)));
        let Some(ek) = take(maker.know_one(hybrid.keygen(&seed)), Field::Ek) else { return };
        exchange(maker, hybrid, &mut candidates, "", &seed, &ek, &m);
    }
    let seed = hybrid.seed(&mut stream);
    let Some(ek) = take(maker.know_one(hybrid.keygen(&seed)), Field::Ek) else { return };
    let Some((lattice, point)) = hybrid.split(&ek) else { return };
    let (scalars, agreements): (Vec<_>, Vec<_>) = (0..1536)
        .map(|_| {
            let scalar = hybrid.scalar(&mut stream);
            let input = [(Field::Private, &*scalar), (Field::Public, &*point)];
            let agree = question(hybrid.curve, Op::Agree, &input);
            (scalar, agree)
        })
        .unzip();
    let (messages, encapsulations): (Vec<_>, Vec<_>) = (0..1536)
        .map(|_| {
            let m = stream.bytes(32);
            let encaps = question(hybrid.lattice.alg, Op::Encaps, &[(Field::Ek, &lattice), (Field::M, &m)]);
            (m, encaps)
        })
        .unzip();
    for (end, zero) in [("begins", <[u8]>::first as fn(&[u8]) -> Option<&u8>), ("ends", <[u8]>::last)] {
        for (what, inputs, questions, field) in
            [("curve's", &scalars, &agreements, Field::Shared), ("ML-KEM's", &messages, &encapsulations, Field::K)]
        {
            let secrets = maker.know(questions).into_iter().map(|output| take(output, field));
            let zero_at_end = inputs
                .iter()
                .zip(secrets)
                .filter(|(_, secret)| secret.as_ref().is_some_and(|secret| zero(secret) == Some(&0)));
            for (input, _) in zero_at_end.take(3) {
                let m = match field {
                    Field::K => hybrid.randomness(input, &hybrid.scalar(&mut stream)),
                    _ => hybrid.randomness(&stream.bytes(32), input),
                };
                let note = format!("; the {what} secret {end} with a zero byte, which must stay");
                exchange(maker, hybrid, &mut candidates, &note, &seed, &ek, &m);
            }
        }
    }
    maker.put(&format!("{}-exchanges", hybrid.name), candidates);
}

/// An encapsulation, and the decapsulation of what comes of it.
fn exchange(
    maker: &Maker<'_>,
    hybrid: &Hybrid,
    candidates: &mut Vec<Candidate>,
    note: &str,
    seed: &[u8],
    ek: &[u8],
    m: &[u8],
) {
    let encaps = hybrid.encaps(ek, m);
    candidates.push(Candidate::new(format!("encapsulation{note}"), encaps.clone()));
    if let Some(c) = take(maker.know_one(encaps), Field::C) {
        candidates.push(Candidate::new(format!("decapsulation{note}"), hybrid.decaps(seed, &c)));
    }
}

/// Shares that are wrong somewhere, of either side.
fn shares(maker: &mut Maker<'_>, hybrid: &Hybrid) {
    let mut stream = maker.stream(&format!("{}-shares", hybrid.name));
    let (seed, m) = (hybrid.seed(&mut stream), hybrid.random(&mut stream));
    let Some(ek) = take(maker.know_one(hybrid.keygen(&seed)), Field::Ek) else { return };
    let Some(c) = take(maker.know_one(hybrid.encaps(&ek, &m)), Field::C) else { return };
    let (Some((ek_lattice, ek_point)), Some((c_lattice, c_point))) = (hybrid.split(&ek), hybrid.split(&c)) else {
        return;
    };
    let (mut keys, mut ciphertexts) = (Vec::new(), Vec::new());
    for (note, point) in points(hybrid, &ek_point) {
        keys.push((note, hybrid.join(&ek_lattice, &point)));
    }
    for (note, point) in points(hybrid, &c_point) {
        ciphertexts.push((note, hybrid.join(&c_lattice, &point)));
    }
    for place in places(hybrid.lattice.k) {
        for value in [3329, 4095] {
            let lattice = with_coefficient(&ek_lattice, place, value);
            keys.push((format!("coefficient {place} is {value}: not reduced"), hybrid.join(&lattice, &ek_point)));
        }
    }
    for at in (0..c_lattice.len()).step_by(31).chain([c_lattice.len().saturating_sub(1)]) {
        let lattice = flipped(&c_lattice, at, 1);
        let note = format!("byte {at} of ML-KEM's ciphertext differs: implicit rejection");
        ciphertexts.push((note, hybrid.join(&lattice, &c_point)));
    }
    for (share, lattice, point, list) in
        [(&ek, &ek_lattice, &ek_point, &mut keys), (&c, &c_lattice, &c_point, &mut ciphertexts)]
    {
        list.extend(wrong_lengths(share).map(|(what, share)| (format!("share: {what}"), share)));
        list.push(("the point is missing".into(), lattice.clone()));
        list.push(("ML-KEM's part is missing".into(), point.clone()));
        let front_cut = share.split_first().map(|(_, rest)| rest.to_vec()).unwrap_or_default();
        list.push(("the first byte is missing".into(), front_cut));
        let both = wrong_lengths(lattice).into_iter().zip(wrong_lengths(point));
        for ((what, lattice_wrong), (_, point_wrong)) in both {
            list.push((format!("ML-KEM's part: {what}"), hybrid.join(&lattice_wrong, point)));
            list.push((format!("point: {what}"), hybrid.join(lattice, &point_wrong)));
        }
    }
    // Halves in the wrong order are bytes of the right length; what they must give follows from them.
    keys.push(("the halves in the wrong order".into(), swapped(hybrid, &ek_lattice, &ek_point)));
    ciphertexts.push(("the halves in the wrong order".into(), swapped(hybrid, &c_lattice, &c_point)));

    let encapsulated = keys.iter().map(|(note, ek)| Candidate::new(format!("ek: {note}"), hybrid.encaps(ek, &m)));
    let decapsulated =
        ciphertexts.iter().map(|(note, c)| Candidate::new(format!("c: {note}"), hybrid.decaps(&seed, c)));
    let mut candidates: Vec<_> = encapsulated.chain(decapsulated).collect();
    for (what, seed) in wrong_lengths(&seed) {
        candidates.push(Candidate::new(format!("seed: {what}"), hybrid.keygen(&seed)));
    }
    maker.put(&format!("{}-shares", hybrid.name), candidates);
}

fn swapped(hybrid: &Hybrid, lattice: &[u8], point: &[u8]) -> Vec<u8> {
    if hybrid.point_first { [lattice, point].concat() } else { [point, lattice].concat() }
}

/// Points that must be refused, or reduced, in place of a right one.
fn points(hybrid: &Hybrid, right: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut points = Vec::new();
    if hybrid.curve == Alg::X25519 {
        points.push(("bit 255 of the point is set".into(), flipped(right, 31, 0x80)));
        for (name, point) in dh::LOW_ORDER {
            points.push((format!("point of low order {name}"), point.to_vec()));
            points.push((format!("point of low order {name}, bit 255 set"), flipped(&point, 31, 0x80)));
        }
        points.extend(dh::not_canonical().map(|(name, point)| (format!("point {name}"), point.to_vec())));
        return points;
    }
    let (_, coordinates) = right.split_first().map(|(tag, rest)| (*tag, rest)).unwrap_or_default();
    let (x, y) = coordinates.split_at_checked(hybrid.scalar).unwrap_or_default();
    let parity = y.last().copied().unwrap_or_default() & 1;
    for tag in [0, 1, 2, 3, 5, 6 | parity, 7 ^ parity, 0xff] {
        points.push((format!("point with the tag {tag:#04x} and both coordinates"), [&[tag], coordinates].concat()));
    }
    points.push(("compressed point".into(), [&[2 | parity], x].concat()));
    points.push(("compressed point, filled with zeros".into(), [&[2 | parity], x, &vec![0; hybrid.scalar]].concat()));
    points.push(("point without its tag".into(), coordinates.to_vec()));
    points.push(("infinity as one byte".into(), vec![0]));
    points.push(("infinity, filled with zeros".into(), vec![0; hybrid.point]));
    points.push(("x and y are zero".into(), [vec![4], vec![0; hybrid.point.saturating_sub(1)]].concat()));
    points.push((
        "x and y are ones, over the modulus".into(),
        [vec![4], vec![0xff; hybrid.point.saturating_sub(1)]].concat(),
    ));
    points.push((
        "not on the curve: y differs in its last bit".into(),
        flipped(right, hybrid.point.saturating_sub(1), 1),
    ));
    points.push(("not on the curve: x differs in its last bit".into(), flipped(right, hybrid.scalar, 1)));
    points.push(("not on the curve: x and y exchanged".into(), [&[4], y, x].concat()));
    points
}
