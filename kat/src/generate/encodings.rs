//! Keys in DER: PKCS#8 and SubjectPublicKeyInfo of ML-KEM (RFC 9935), ML-DSA (RFC 9881), X25519 and Ed25519
//! (RFC 8410).
//!
//! Left out: encodings in BER that DER does not allow in one way and parsers allow in many, and attributes.

use super::{Candidate, Maker, flipped, mlkem, question};
use crate::{Alg, Field, Op};

/// The algorithms with keys in DER, with the contents of their object identifiers.
const ALGS: [(Alg, &[u8]); 8] = [
    (Alg::MlKem512, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, 0x01]),
    (Alg::MlKem768, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, 0x02]),
    (Alg::MlKem1024, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, 0x03]),
    (Alg::MlDsa44, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11]),
    (Alg::MlDsa65, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12]),
    (Alg::MlDsa87, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13]),
    (Alg::X25519, &[0x2b, 0x65, 0x6e]),
    (Alg::Ed25519, &[0x2b, 0x65, 0x70]),
];

const NULL: &[u8] = &[0x05, 0x00];

/// An element: its tag, the length of its contents in the shortest form, its contents.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let length = length.iter().position(|byte| *byte != 0).and_then(|first| length.get(first..)).unwrap_or(&[0]);
    let mut der = vec![tag];
    if contents.len() >= 0x80 {
        der.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
    }
    [&*der, length, contents].concat()
}

fn octets(contents: &[u8]) -> Vec<u8> {
    element(0x04, contents)
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// An `AlgorithmIdentifier` with these parameters, in DER; none if empty.
fn identifier(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
    sequence(&[&element(0x06, oid), parameters])
}

/// A `OneAsymmetricKey` of version 1.
fn pkcs8(oid: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[&[2, 1, 0], &identifier(oid, parameters), &octets(key)])
}

fn spki(oid: &[u8], parameters: &[u8], unused: u8, key: &[u8]) -> Vec<u8> {
    sequence(&[&identifier(oid, parameters), &element(0x03, &[&[unused], key].concat())])
}

/// A key in the forms that private keys take.
struct Key {
    /// 64 bytes in ML-KEM, else 32.
    seed: Vec<u8>,
    /// The expanded key of ML-KEM and ML-DSA.
    expanded: Option<Vec<u8>>,
    public: Vec<u8>,
}

fn key(maker: &Maker<'_>, alg: Alg, seed: Vec<u8>) -> Option<Key> {
    let private = if alg == Alg::X25519 { Field::Private } else { Field::Seed };
    let mut output = maker.know_one(question(alg, Op::Keygen, &[(private, &seed)]))?;
    let public = [Field::Ek, Field::Pk, Field::Public].into_iter().find_map(|field| output.remove(&field))?;
    let expanded = output.remove(&Field::Dk).or_else(|| output.remove(&Field::Sk));
    Some(Key { seed, expanded, public })
}

pub(super) fn make(maker: &mut Maker<'_>) {
    for (index, (alg, oid)) in ALGS.into_iter().enumerate() {
        let name = format!("der-{}", alg.name().to_lowercase());
        let mut stream = maker.stream(&name);
        let length = if mlkem::PARAMS.iter().any(|params| params.alg == alg) { 64 } else { 32 };
        let seeds = [stream.bytes(length), stream.bytes(length)];
        let [Some(key), Some(other)] = seeds.map(|seed| key(maker, alg, seed)) else { continue };
        let neighbour = ALGS.iter().cycle().nth(index.saturating_add(1)).map_or(oid, |(_, oid)| *oid);
        let mut candidates = Vec::new();
        let mut put = |op, note: &str, der: Vec<u8>| {
            candidates.push(Candidate::new(note, question(alg, op, &[(Field::Der, &der)])));
        };
        for (note, der) in public_keys(oid, neighbour, &key) {
            put(Op::Spki, note, der);
        }
        let mut forms = if key.expanded.is_some() { lattice_keys(&key, &other) } else { curve_keys(&key) };
        if let Some(params) = mlkem::PARAMS.iter().find(|params| params.alg == alg) {
            forms.extend(inconsistent_keys(params.vector(), &key, &other));
        }
        for (note, contents) in &forms {
            put(Op::Pkcs8, note, pkcs8(oid, &[], contents));
        }
        if let Some((_, right)) = forms.first() {
            for (note, der) in around(oid, neighbour, right).into_iter().chain(beside(oid, right, &key, &other)) {
                put(Op::Pkcs8, note, der);
            }
        }
        maker.put(&name, candidates);
    }
}

fn public_keys(oid: &[u8], other_oid: &[u8], key: &Key) -> Vec<(&'static str, Vec<u8>)> {
    let right = spki(oid, &[], 0, &key.public);
    let short = key.public.split_last().map(|(_, rest)| rest).unwrap_or_default();
    vec![
        ("right public key", right.clone()),
        ("parameters are NULL, must be absent", spki(oid, NULL, 0, &key.public)),
        ("object identifier of another algorithm", spki(other_oid, &[], 0, &key.public)),
        ("a byte after the end", [&*right, &[0]].concat()),
        ("the last byte is missing", right.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default()),
        ("the key has a byte more", spki(oid, &[], 0, &[&*key.public, &[0]].concat())),
        ("the key has a byte less", spki(oid, &[], 0, short)),
        ("the key is empty", spki(oid, &[], 0, &[])),
        ("the bit string has an unused bit", spki(oid, &[], 1, &flipped(&key.public, key.public.len(), 1))),
        ("the key is an octet string", sequence(&[&identifier(oid, &[]), &octets(&key.public)])),
        ("a NULL after the key", sequence(&[&identifier(oid, &[]), &element(3, &[&[0], &*key.public].concat()), NULL])),
        ("nothing", Vec::new()),
    ]
}

/// What is around a private key, wrong in one place.
fn around(oid: &[u8], other_oid: &[u8], contents: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let right = pkcs8(oid, &[], contents);
    let version = |version| sequence(&[&[2, 1, version], &identifier(oid, &[]), &octets(contents)]);
    vec![
        ("parameters are NULL, must be absent", pkcs8(oid, NULL, contents)),
        ("object identifier of another algorithm", pkcs8(other_oid, &[], contents)),
        ("a byte after the end", [&*right, &[0]].concat()),
        ("a byte after the key, inside", pkcs8(oid, &[], &[contents, &[0]].concat())),
        ("the last byte is missing", right.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default()),
        ("version 2, which nobody defines", version(2)),
        ("no version", sequence(&[&identifier(oid, &[]), &octets(contents)])),
        ("no key", sequence(&[&[2, 1, 0], &identifier(oid, &[])])),
        ("nothing", Vec::new()),
    ]
}

/// A public key beside the private key, which makes it version 2 (RFC 5958 §2).
fn beside(oid: &[u8], contents: &[u8], key: &Key, other: &Key) -> [(&'static str, Vec<u8>); 3] {
    let with = |version, public: &[u8]| {
        let public = element(0x81, &[&[0], public].concat());
        sequence(&[&[2, 1, version], &identifier(oid, &[]), &octets(contents), &public])
    };
    [
        ("right private key, its public key beside it", with(1, &key.public)),
        ("the public key beside the private key is another's", with(1, &other.public)),
        ("a public key beside a private key of version 1", with(0, &key.public)),
    ]
}

fn curve_keys(key: &Key) -> Vec<(&'static str, Vec<u8>)> {
    let short = key.seed.split_last().map(|(_, rest)| rest).unwrap_or_default();
    vec![
        ("right private key", octets(&key.seed)),
        ("the key is not in an octet string of its own", key.seed.clone()),
        ("the key has a byte more", octets(&[&*key.seed, &[0]].concat())),
        ("the key has a byte less", octets(short)),
        ("the key is empty", octets(&[])),
    ]
}

/// Expanded keys of ML-KEM, `vector` bytes of which are secret, that do not fit themselves.
fn inconsistent_keys(vector: usize, key: &Key, other: &Key) -> Vec<(&'static str, Vec<u8>)> {
    let expanded = key.expanded.as_deref().unwrap_or_default();
    let secret = other.expanded.as_deref().and_then(|expanded| expanded.get(..vector)).unwrap_or_default();
    let mixed = [secret, expanded.get(vector..).unwrap_or_default()].concat();
    vec![
        ("the hash in the expanded key is wrong", octets(&flipped(expanded, expanded.len().saturating_sub(64), 1))),
        ("the secret part of the expanded key is another's", octets(&mixed)),
    ]
}

/// The three forms of RFC 9935 §6 and RFC 9881 §6, and what they must not be.
fn lattice_keys(key: &Key, other: &Key) -> Vec<(&'static str, Vec<u8>)> {
    let seed_form = |seed: &[u8]| element(0x80, seed);
    let both = |seed: &[u8], expanded: &[u8]| sequence(&[&octets(seed), &octets(expanded)]);
    let expanded = key.expanded.as_deref().unwrap_or_default();
    let other_expanded = other.expanded.as_deref().unwrap_or_default();
    let last = expanded.len().saturating_sub(1);
    let short_seed = key.seed.split_last().map(|(_, rest)| rest).unwrap_or_default();
    let short = expanded.split_last().map(|(_, rest)| rest).unwrap_or_default();
    vec![
        ("right private key: seed", seed_form(&key.seed)),
        // Of ML-DSA too few may answer: its expanded key does not hold the verifying key.
        ("right private key: expanded", octets(expanded)),
        ("right private key: seed and expanded", both(&key.seed, expanded)),
        ("seed and expanded key of different keys", both(&key.seed, other_expanded)),
        ("seed of another key than the expanded key", both(&other.seed, expanded)),
        ("the expanded key beside the seed differs in its first byte", both(&key.seed, &flipped(expanded, 0, 1))),
        ("the expanded key beside the seed differs in its last byte", both(&key.seed, &flipped(expanded, last, 1))),
        ("the seed differs in its last byte", both(&flipped(&key.seed, short_seed.len(), 1), expanded)),
        ("the seed is not in an element of its own", key.seed.clone()),
        ("the seed is in an octet string without its tag", octets(&key.seed)),
        ("the seed has a byte more", seed_form(&[&*key.seed, &[0]].concat())),
        ("the seed has a byte less", seed_form(short_seed)),
        ("the seed is empty", seed_form(&[])),
        ("the expanded key has a byte more", octets(&[expanded, &[0]].concat())),
        ("the expanded key has a byte less", octets(short)),
        ("seed and expanded key, the seed a byte less", both(short_seed, expanded)),
        ("seed and expanded key, the expanded key a byte less", both(&key.seed, short)),
        ("expanded key before seed", both(expanded, &key.seed)),
        ("a sequence of the seed alone", sequence(&[&octets(&key.seed)])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(element(4, &[]), [4, 0]);
        assert_eq!(element(4, &[7; 127])[..2], [4, 127]);
        assert_eq!(element(4, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(element(4, &[7; 256])[..4], [4, 0x82, 1, 0]);
    }
}
