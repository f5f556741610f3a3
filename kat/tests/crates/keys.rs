//! PKCS#8 and SubjectPublicKeyInfo: the outside by RustCrypto's `pkcs8`, the forms inside from RFC 9935, RFC 9881 and
//! RFC 8410.

use pkcs8::{
    ObjectIdentifier, PrivateKeyInfoRef, SubjectPublicKeyInfoRef,
    der::{
        Decode as _, Reader as _, SliceReader, Tag, Tagged as _,
        asn1::{AnyRef, BitStringRef, OctetStringRef},
    },
    spki::AlgorithmIdentifierRef,
};
use twinlock_kat::{Alg, Answer, Field, Op, Question, Reason};

use super::{Answered, LENGTH, ask, named};

const ENCODING: Answer = Answer::Reject(Reason::Encoding);

fn encoding<E>(_: E) -> Answer {
    ENCODING
}

/// Whether the identifier is that of the algorithm, without parameters.
fn check(alg: Alg, identifier: &AlgorithmIdentifierRef<'_>) -> Result<(), Answer> {
    let oid = match alg {
        Alg::MlKem512 => "2.16.840.1.101.3.4.4.1",
        Alg::MlKem768 => "2.16.840.1.101.3.4.4.2",
        Alg::MlKem1024 => "2.16.840.1.101.3.4.4.3",
        Alg::MlDsa44 => "2.16.840.1.101.3.4.3.17",
        Alg::MlDsa65 => "2.16.840.1.101.3.4.3.18",
        Alg::MlDsa87 => "2.16.840.1.101.3.4.3.19",
        Alg::X25519 => "1.3.101.110",
        _ => "1.3.101.112",
    };
    let right = ObjectIdentifier::new(oid).is_ok_and(|oid| oid == identifier.oid) && identifier.parameters.is_none();
    right.then_some(()).ok_or(ENCODING)
}

fn public_field(alg: Alg) -> Field {
    match alg {
        Alg::MlKem512 | Alg::MlKem768 | Alg::MlKem1024 => Field::Ek,
        Alg::X25519 => Field::Public,
        _ => Field::Pk,
    }
}

pub(super) fn spki(question: &Question) -> Answered {
    let alg = question.alg;
    let info = SubjectPublicKeyInfoRef::from_der(question.input.bytes(Field::Der)).map_err(encoding)?;
    check(alg, &info.algorithm)?;
    let key = info.subject_public_key.as_bytes().ok_or(ENCODING)?;
    let length = match alg {
        Alg::MlKem512 => 800,
        Alg::MlKem768 => 1184,
        Alg::MlKem1024 => 1568,
        Alg::MlDsa44 => 1312,
        Alg::MlDsa65 => 1952,
        Alg::MlDsa87 => 2592,
        _ => 32,
    };
    if key.len() != length {
        return Err(LENGTH);
    }
    if public_field(alg) == Field::Ek {
        ask(alg, Op::CheckEk, &[(Field::Ek, key)])?;
    }
    Ok(vec![(public_field(alg), key.to_vec())])
}

pub(super) fn pkcs8(question: &Question) -> Answered {
    let info = PrivateKeyInfoRef::from_der(question.input.bytes(Field::Der)).map_err(encoding)?;
    check(question.alg, &info.algorithm)?;
    let outputs = private(question.alg, info.private_key.as_bytes())?;
    let fits = |beside: &BitStringRef<'_>| outputs.iter().all(|(_, public)| beside.as_bytes() == Some(public));
    if info.public_key.as_ref().is_none_or(fits) { Ok(outputs) } else { Err(ENCODING) }
}

/// The public key of what the field of the private key holds.
fn private(alg: Alg, contents: &[u8]) -> Answered {
    let only_public = |outputs: Vec<(Field, Vec<u8>)>| {
        outputs.into_iter().filter(|(field, _)| *field == public_field(alg)).collect::<Vec<_>>()
    };
    let element = AnyRef::from_der(contents).map_err(encoding)?;
    let (seed_len, expanded_field) = match alg {
        Alg::X25519 | Alg::Ed25519 => {
            let field = if alg == Alg::X25519 { Field::Private } else { Field::Seed };
            let key = <&OctetStringRef>::from_der(contents).map_err(encoding)?;
            return ask(alg, Op::Keygen, &[(field, key.as_bytes())]).map(only_public);
        }
        Alg::MlKem512 | Alg::MlKem768 | Alg::MlKem1024 => (64, Field::Dk),
        _ => (32, Field::Sk),
    };
    // The public key, and the expanded key, of a seed.
    let from_seed =
        |seed: &[u8]| if seed.len() == seed_len { ask(alg, Op::Keygen, &[(Field::Seed, seed)]) } else { Err(LENGTH) };
    match element.tag() {
        Tag::ContextSpecific { constructed: false, number } if number.value() == 0 => {
            from_seed(element.value()).map(only_public)
        }
        Tag::OctetString => from_expanded(alg, expanded_field, element.value()),
        Tag::Sequence => {
            let mut reader = SliceReader::new(element.value()).map_err(encoding)?;
            let seed = <&OctetStringRef>::decode(&mut reader).map_err(encoding)?;
            let expanded = <&OctetStringRef>::decode(&mut reader).map_err(encoding)?;
            reader.finish().map_err(encoding)?;
            let outputs = from_seed(seed.as_bytes())?;
            let agree = outputs.iter().any(|(field, key)| *field == expanded_field && key == expanded.as_bytes());
            if agree { Ok(only_public(outputs)) } else { Err(ENCODING) }
        }
        _ => Err(ENCODING),
    }
}

/// ML-KEM's expanded key holds its encapsulation key, to which it must belong (FIPS 203 §7.1). ML-DSA's does not hold the verifying key, which no crate here
/// computes from it.
fn from_expanded(alg: Alg, field: Field, expanded: &[u8]) -> Answered {
    if field == Field::Sk {
        let length = match alg {
            Alg::MlDsa44 => 2560,
            Alg::MlDsa65 => 4032,
            _ => 4896,
        };
        let lacks = Answer::Unsupported(twinlock_kat::Lack::Key);
        return Err(if expanded.len() == length { lacks } else { LENGTH });
    }
    ask(alg, Op::CheckDk, &[(Field::Dk, expanded)])?;
    let at = match alg {
        Alg::MlKem512 => 768,
        Alg::MlKem768 => 1152,
        _ => 1536,
    };
    let ek = expanded.get(at..).and_then(|rest| rest.get(..at + 32)).ok_or(LENGTH)?;
    let sent = ask(alg, Op::Encaps, &[(Field::Ek, ek), (Field::M, &[0; 32])])?;
    let received = ask(alg, Op::Decaps, &[(Field::Dk, expanded), (Field::C, &named(Ok(sent.clone()), Field::C)?)])?;
    if named(Ok(sent), Field::K)? != named(Ok(received), Field::K)? {
        return Err(ENCODING);
    }
    Ok(vec![(Field::Ek, ek.to_vec())])
}
