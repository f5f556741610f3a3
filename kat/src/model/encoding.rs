//! Keys in DER: PKCS#8 (RFC 5958) and SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of ML-KEM (RFC 9935), ML-DSA
//! (RFC 9881), X25519 and Ed25519 (RFC 8410), with one switch for each [`Bug`].
//!
//! A private key of ML-KEM or ML-DSA holds its seed, its expanded form, or both. An expanded one is checked
//! against itself: of ML-KEM, its hash (FIPS 203 §7.3) and that it opens what its encapsulation key closes
//! (§7.1); of ML-DSA, that t0 and tr come of the rest.

use der::{
    Decode as _, Reader as _, SliceReader, Tag, TagMode, TagNumber,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef},
};

use super::{
    Wrong,
    curve::{self, Curve},
    mldsa,
    mlkem::{self, MlKem},
};
use crate::{Alg, Answer, Family, Field, Input, Lack, Op, Question, Reason};

bugs! {
    /// What a reader of keys can get wrong.
    Bug {
        Disagreement = "pkcs8-disagreement-accepted", "a seed and an expanded key that disagree are accepted", "RFC 9935 §6; RFC 9881 §6";
        NullParameters = "der-null-parameters-accepted", "parameters of the algorithm are accepted if they are NULL", "RFC 9935 §3; RFC 9881 §2; RFC 8410 §3";
        TrailingBytes = "der-trailing-bytes-accepted", "bytes after the end are ignored", "X.690 §10; RFC 5958 §2";
        HashUnchecked = "pkcs8-hash-unchecked", "an expanded key whose H(ek) is wrong is accepted", "RFC 9935 §6; FIPS 203 §7.3";
        PairUnchecked = "pkcs8-pair-unchecked", "an expanded key that does not belong to its encapsulation key is accepted", "RFC 9935 §6; FIPS 203 §7.1";
        PublicUnchecked = "pkcs8-public-unchecked", "a public key beside a private key that makes another is accepted", "RFC 5958 §2";
    }
}

impl Bug {
    const fn concerns(self, alg: Alg, op: Op) -> bool {
        match self {
            Self::NullParameters | Self::TrailingBytes => true,
            Self::PublicUnchecked => matches!(op, Op::Pkcs8),
            Self::Disagreement => matches!((alg.family(), op), (Family::MlKem | Family::MlDsa, Op::Pkcs8)),
            Self::HashUnchecked | Self::PairUnchecked => matches!((alg.family(), op), (Family::MlKem, Op::Pkcs8)),
        }
    }
}

/// The tag of a seed.
const SEED: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };
/// The tag of the attributes in PKCS#8, which are not looked at.
const ATTRIBUTES: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };

/// The object identifier of an algorithm, and the field that its public key goes by.
const fn identifier(alg: Alg) -> Option<(ObjectIdentifier, Field)> {
    let (oid, field) = match alg {
        Alg::MlKem512 => ("2.16.840.1.101.3.4.4.1", Field::Ek),
        Alg::MlKem768 => ("2.16.840.1.101.3.4.4.2", Field::Ek),
        Alg::MlKem1024 => ("2.16.840.1.101.3.4.4.3", Field::Ek),
        Alg::MlDsa44 => ("2.16.840.1.101.3.4.3.17", Field::Pk),
        Alg::MlDsa65 => ("2.16.840.1.101.3.4.3.18", Field::Pk),
        Alg::MlDsa87 => ("2.16.840.1.101.3.4.3.19", Field::Pk),
        Alg::X25519 => ("1.3.101.110", Field::Public),
        Alg::Ed25519 => ("1.3.101.112", Field::Pk),
        _ => return None,
    };
    Some((ObjectIdentifier::new_unwrap(oid), field))
}

/// A reader of keys of one algorithm.
struct Keys {
    alg: Alg,
    oid: ObjectIdentifier,
    bug: Option<Bug>,
}

impl From<der::Error> for Wrong {
    fn from(_: der::Error) -> Self {
        Self::Input(Reason::Encoding)
    }
}

impl Keys {
    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// The one SEQUENCE that the bytes must be.
    fn whole<'a, T>(
        &self,
        der: &'a [u8],
        read: impl FnOnce(&mut SliceReader<'a>) -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        let mut reader = SliceReader::new(der)?;
        let value = reader.sequence(read)?;
        if !self.has(Bug::TrailingBytes) {
            reader.finish()?;
        }
        Ok(value)
    }

    /// AlgorithmIdentifier, whose parameters must be absent.
    fn algorithm(&self, reader: &mut SliceReader<'_>) -> Result<(), Wrong> {
        reader.sequence(|reader| {
            let oid: ObjectIdentifier = reader.decode()?;
            if self.has(Bug::NullParameters) && !reader.is_finished() {
                reader.decode::<der::asn1::Null>()?;
            }
            if oid == self.oid { Ok(()) } else { Err(Wrong::Input(Reason::Encoding)) }
        })
    }

    /// The public key of a SubjectPublicKeyInfo.
    fn spki(&self, der: &[u8]) -> Result<Vec<u8>, Wrong> {
        let public = self.whole(der, |reader| {
            self.algorithm(reader)?;
            whole_bytes(reader.decode()?)
        })?;
        let len = match self.alg {
            Alg::MlDsa44 => 1312,
            Alg::MlDsa65 => 1952,
            Alg::MlDsa87 => 2592,
            Alg::X25519 | Alg::Ed25519 => 32,
            _ => self.kem(None)?.check_ek(public)?.len(),
        };
        if public.len() == len { Ok(public.to_vec()) } else { Err(Reason::Length.into()) }
    }

    /// The public key that a PKCS#8 makes.
    fn pkcs8(&self, der: &[u8]) -> Result<Vec<u8>, Wrong> {
        let (private, beside) = self.whole(der, |reader| {
            let version: u8 = reader.decode()?;
            self.algorithm(reader)?;
            let private = <&OctetStringRef>::decode(reader)?.as_bytes();
            if !reader.is_finished() && Tag::peek(reader)? == ATTRIBUTES {
                AnyRef::decode(reader)?;
            }
            let beside: Option<BitStringRef<'_>> = reader.context_specific(TagNumber(1), TagMode::Implicit)?;
            // A public key, and only that, makes it version 2.
            if version != u8::from(beside.is_some()) {
                return Err(Wrong::Input(Reason::Encoding));
            }
            Ok((private, beside.map(whole_bytes).transpose()?))
        })?;
        let field = AnyRef::from_der(private)?;
        let public = match self.alg.family() {
            Family::MlKem | Family::MlDsa => self.lattice(field)?,
            _ => self.classical(field)?,
        };
        match beside {
            Some(beside) if beside != public && !self.has(Bug::PublicUnchecked) => Err(Reason::Other.into()),
            _ => Ok(public),
        }
    }

    /// RFC 8410 §7: the private key in an OCTET STRING of its own.
    fn classical(&self, field: AnyRef<'_>) -> Result<Vec<u8>, Wrong> {
        match (field.header().tag(), field.value().len()) {
            (Tag::OctetString, 32) if self.alg == Alg::X25519 => Curve::X25519.public(None, field.value()),
            (Tag::OctetString, 32) => Ok(curve::ed25519_public(field.value())),
            (Tag::OctetString, _) => Err(Reason::Length.into()),
            _ => Err(Reason::Encoding.into()),
        }
    }

    /// RFC 9935 §6, RFC 9881 §6: the seed, the expanded key, or both.
    fn lattice(&self, field: AnyRef<'_>) -> Result<Vec<u8>, Wrong> {
        match field.header().tag() {
            SEED => Ok(self.expand(field.value())?.0),
            Tag::OctetString => self.check(field.value()),
            Tag::Sequence => field.sequence(|reader| {
                let seed = <&OctetStringRef>::decode(reader)?.as_bytes();
                let given = <&OctetStringRef>::decode(reader)?.as_bytes();
                let (public, expanded) = self.expand(seed)?;
                if given.len() != expanded.len() {
                    return Err(Reason::Length.into());
                }
                if given != expanded && !self.has(Bug::Disagreement) {
                    return Err(Reason::Other.into());
                }
                Ok(public)
            }),
            _ => Err(Reason::Encoding.into()),
        }
    }

    /// The public key and the expanded private key.
    fn expand(&self, seed: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Wrong> {
        if self.alg.family() == Family::MlKem {
            return self.kem(None)?.keygen(seed);
        }
        let question = Question { alg: self.alg, op: Op::Keygen, input: Input::new().with(Field::Seed, seed) };
        match mldsa::answer(None, &question) {
            Answer::Output(mut keys) => {
                let mut take = |field| keys.remove(&field).unwrap_or_default();
                Ok((take(Field::Pk), take(Field::Sk)))
            }
            other => Err(other.into()),
        }
    }

    /// The public key.
    fn check(&self, expanded: &[u8]) -> Result<Vec<u8>, Wrong> {
        if self.alg.family() == Family::MlDsa {
            return Ok(mldsa::verifying_key(self.alg, expanded)?);
        }
        let kem = self.kem(self.has(Bug::HashUnchecked).then_some(mlkem::Bug::NoHashCheck))?;
        let dk = kem.check_dk(expanded)?;
        if !kem.opens_its_own(dk) && !self.has(Bug::PairUnchecked) {
            return Err(Reason::Other.into());
        }
        Ok(kem.ek_of(dk).to_vec())
    }

    fn kem(&self, bug: Option<mlkem::Bug>) -> Result<MlKem, Wrong> {
        MlKem::new(self.alg, bug).ok_or(Wrong::Lacks(Lack::Alg))
    }
}

/// The bytes of a BIT STRING that holds whole bytes.
fn whole_bytes(bits: BitStringRef<'_>) -> Result<&[u8], Wrong> {
    bits.as_bytes().ok_or(Wrong::Input(Reason::Encoding))
}

/// What the model, broken or not, says to a question.
pub(crate) fn answer(bug: Option<Bug>, question: &Question) -> Answer {
    let Question { alg, op, input } = question;
    let Some((oid, field)) = identifier(*alg).filter(|_| bug.is_none_or(|bug| bug.concerns(*alg, *op))) else {
        return Answer::Unsupported(Lack::Alg);
    };
    let keys = Keys { alg: *alg, oid, bug };
    let der = input.bytes(Field::Der);
    let public = match op {
        Op::Pkcs8 => keys.pkcs8(der),
        Op::Spki => keys.spki(der),
        _ => Err(Wrong::Lacks(Lack::Op)),
    };
    super::answered(public.map(|public| vec![(field, public)]))
}
