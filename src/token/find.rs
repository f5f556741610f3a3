//! The keys in a token: its objects, joined to keys by id and label.

use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};

use cryptoki::{
    error::{Error as Call, RvError},
    object::{
        Attribute, AttributeType, KeyType, MlDsaParameterSetType, MlKemParameterSetType, ObjectClass, ObjectHandle,
    },
    session::Session,
};
use der::{Encode as _, asn1::ObjectIdentifier};

use super::{Error, Key, Token, Uri, key::Half};
use crate::{
    ids::{ED25519_KEY_LEN, Kem, KeyKind, MlDsa, MlKem, Signature, token::EC_POINT_DER_PREFIX},
    keys::PublicKey,
};

/// What a key pair generator is told and what an object tells of its algorithm.
pub(super) fn parameters(kind: KeyKind) -> Option<(KeyType, Attribute)> {
    Some(match kind {
        KeyKind::Kem(Kem::MlKem(params)) => (KeyType::ML_KEM, Attribute::ParameterSet(kem_set(params).into())),
        KeyKind::Signature(Signature::MlDsa(params)) => {
            (KeyType::ML_DSA, Attribute::ParameterSet(signature_set(params).into()))
        }
        KeyKind::X25519 => (KeyType::EC_MONTGOMERY, curve(kind)?),
        KeyKind::Signature(Signature::Ed25519) => (KeyType::EC_EDWARDS, curve(kind)?),
        _ => return None,
    })
}

/// The curve as PKCS#11 names it: its OID in DER.
fn curve(kind: KeyKind) -> Option<Attribute> {
    let oid = ObjectIdentifier::new(kind.oid()?).ok()?;
    Some(Attribute::EcParams(oid.to_der().ok()?))
}

const fn kem_set(params: MlKem) -> MlKemParameterSetType {
    match params {
        MlKem::MlKem512 => MlKemParameterSetType::ML_KEM_512,
        MlKem::MlKem768 => MlKemParameterSetType::ML_KEM_768,
        MlKem::MlKem1024 => MlKemParameterSetType::ML_KEM_1024,
    }
}

const fn signature_set(params: MlDsa) -> MlDsaParameterSetType {
    match params {
        MlDsa::MlDsa44 => MlDsaParameterSetType::ML_DSA_44,
        MlDsa::MlDsa65 => MlDsaParameterSetType::ML_DSA_65,
        MlDsa::MlDsa87 => MlDsaParameterSetType::ML_DSA_87,
    }
}

/// The key of two objects.
fn joined(lattice: KeyKind, classical: KeyKind) -> Option<KeyKind> {
    Some(match (lattice, classical) {
        (KeyKind::Signature(Signature::MlDsa(params)), KeyKind::Signature(Signature::Ed25519)) => {
            KeyKind::Signature(match params {
                MlDsa::MlDsa44 => Signature::MlDsa44Ed25519,
                MlDsa::MlDsa65 => Signature::MlDsa65Ed25519,
                MlDsa::MlDsa87 => return None,
            })
        }
        (KeyKind::Kem(Kem::MlKem(MlKem::MlKem768)), KeyKind::X25519) => KeyKind::Kem(Kem::XWing),
        _ => return None,
    })
}

/// The lattice half and the classical one of a key, those that it has.
pub(super) fn halves(kind: KeyKind) -> (Option<KeyKind>, Option<KeyKind>) {
    match kind {
        KeyKind::Kem(Kem::XWing) => (Some(KeyKind::Kem(Kem::MlKem(Kem::XWing.lattice()))), Some(KeyKind::X25519)),
        KeyKind::Signature(algorithm) if algorithm.composite_label().is_some() => (
            algorithm.lattice().map(|params| KeyKind::Signature(Signature::MlDsa(params))),
            Some(KeyKind::Signature(Signature::Ed25519)),
        ),
        KeyKind::X25519 | KeyKind::Signature(Signature::Ed25519) => (None, Some(kind)),
        kind => (Some(kind), None),
    }
}

/// A key's label and id, by which its objects belong together.
type Name = (String, Vec<u8>);

/// A private object of an algorithm that is known here.
struct Object {
    handle: ObjectHandle,
    kind: KeyKind,
    /// It is sensitive, and cannot be extracted.
    kept: bool,
}

impl Token {
    /// The keys that the URI names, in the order of their labels; of one that cannot be used, why: [`Error::Mixed`],
    /// [`Error::NoPublic`], [`Error::Public`]. Objects of other algorithms are passed over. Without a login, most tokens
    /// show none.
    ///
    /// # Errors
    /// A failing call.
    pub fn keys(&self, uri: &Uri) -> Result<Vec<Result<Key, Error>>, Error> {
        let session = self.shared.session();
        let mut found: BTreeMap<Name, Vec<Object>> = BTreeMap::new();
        for handle in objects(&session, ObjectClass::PRIVATE_KEY, uri.object(), uri.id())? {
            if let Some((name, object)) = object(&session, handle)? {
                found.entry(name).or_default().push(object);
            }
        }
        let keys = found.into_iter().map(|((label, id), objects)| self.join(&session, label, id, &objects));
        Ok(keys.collect())
    }

    /// The one key that the URI names.
    ///
    /// # Errors
    /// [`Error::NoKey`], [`Error::ManyKeys`]; those of [`Token::keys`], outer and inner.
    pub fn key(&self, uri: &Uri) -> Result<Key, Error> {
        let mut keys = self.keys(uri)?;
        match (keys.pop(), keys.len()) {
            (None, _) => Err(Error::NoKey),
            (Some(key), 0) => key,
            (Some(_), others) => Err(Error::ManyKeys(others.saturating_add(1))),
        }
    }

    /// One key of the objects of one label and id.
    fn join(&self, session: &Session, label: String, id: Vec<u8>, objects: &[Object]) -> Result<Key, Error> {
        let kind = match objects {
            [one] => Some(one.kind),
            [one, other] => joined(one.kind, other.kind).or_else(|| joined(other.kind, one.kind)),
            _ => None,
        };
        let Some(kind) = kind else { return Err(Error::Mixed(label)) };
        let half = |wanted: Option<KeyKind>| -> Result<Option<Half>, Error> {
            let Some(object) = objects.iter().find(|object| Some(object.kind) == wanted) else { return Ok(None) };
            let public = public(session, object.kind, &label, &id)?.ok_or_else(|| Error::NoPublic(label.clone()))?;
            Ok(Some(Half { handle: object.handle, kind: object.kind, public }))
        };
        let (lattice, classical) = halves(kind);
        let (lattice, classical) = (half(lattice)?, half(classical)?);
        let bytes: Vec<u8> =
            [&lattice, &classical].into_iter().flatten().flat_map(|half| half.public.clone()).collect();
        Ok(Key {
            token: Arc::clone(&self.shared),
            public: PublicKey::from_raw(kind, &bytes).map_err(Error::Public)?,
            uri: Uri {
                object: Some(label).filter(|label| !label.is_empty()),
                id: Some(id).filter(|id| !id.is_empty()),
                ..self.uri()
            },
            kept: objects.iter().all(|object| object.kept),
            lattice,
            classical,
        })
    }
}

/// The objects of that class; without label or id, with any.
pub(super) fn objects(
    session: &Session,
    class: ObjectClass,
    label: Option<&str>,
    id: Option<&[u8]>,
) -> Result<Vec<ObjectHandle>, Error> {
    let mut wanted = Vec::from([Attribute::Class(class), Attribute::Token(true)]);
    wanted.extend(label.map(|label| Attribute::Label(label.into())));
    wanted.extend(id.map(|id| Attribute::Id(id.into())));
    session.find_objects(&wanted).map_err(Error::of)
}

/// The label and id of a private object, and what it is; `None` of an algorithm that is not known here.
fn object(session: &Session, handle: ObjectHandle) -> Result<Option<(Name, Object)>, Error> {
    let [mut label, mut id] = [Vec::new(), Vec::new()];
    let (mut key_type, mut sensitive, mut extractable) = (None, false, true);
    let general = [
        AttributeType::KeyType,
        AttributeType::Label,
        AttributeType::Id,
        AttributeType::Sensitive,
        AttributeType::Extractable,
    ];
    let Some(attributes) = attributes(session, handle, &general)? else { return Ok(None) };
    for attribute in attributes {
        match attribute {
            Attribute::KeyType(found) => key_type = Some(found),
            Attribute::Label(found) => label = found,
            Attribute::Id(found) => id = found,
            Attribute::Sensitive(found) => sensitive = found,
            Attribute::Extractable(found) => extractable = found,
            _ => {}
        }
    }
    let known = KeyKind::ALL.into_iter().filter_map(|kind| Some((kind, parameters(kind)?)));
    for (kind, (wanted, parameters)) in known {
        if key_type != Some(wanted) {
            continue;
        }
        let what = attributes_of(&parameters);
        if self::attributes(session, handle, &[what])?.is_some_and(|found| found.contains(&parameters)) {
            let name = (String::from_utf8_lossy(&label).into_owned(), id);
            return Ok(Some((name, Object { handle, kind, kept: sensitive && !extractable })));
        }
    }
    Ok(None)
}

const fn attributes_of(parameters: &Attribute) -> AttributeType {
    match parameters {
        Attribute::ParameterSet(_) => AttributeType::ParameterSet,
        _ => AttributeType::EcParams,
    }
}

/// Those of the attributes that the object has; `None` if one is not of the form that it must have.
fn attributes(
    session: &Session,
    handle: ObjectHandle,
    wanted: &[AttributeType],
) -> Result<Option<Vec<Attribute>>, Error> {
    match session.get_attributes(handle, wanted) {
        Ok(attributes) => Ok(Some(attributes)),
        Err(error @ Call::Pkcs11(..)) => match error {
            Call::Pkcs11(RvError::AttributeTypeInvalid | RvError::AttributeSensitive, _) => Ok(None),
            error => Err(Error::of(error)),
        },
        Err(_) => Ok(None),
    }
}

/// The bytes of the one public object of that algorithm, label and id.
fn public(session: &Session, kind: KeyKind, label: &str, id: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let Some((key_type, parameters)) = parameters(kind) else { return Ok(None) };
    let is_curve = matches!(parameters, Attribute::EcParams(_));
    let wanted = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Token(true),
        Attribute::KeyType(key_type),
        parameters,
        Attribute::Label(label.into()),
        Attribute::Id(id.into()),
    ];
    let found = session.find_objects(&wanted).map_err(Error::of)?;
    let (Some(handle), true) = (found.first(), found.len() < 2) else {
        return if found.is_empty() { Ok(None) } else { Err(Error::Mixed(label.into())) };
    };
    let wanted = if is_curve { AttributeType::EcPoint } else { AttributeType::Value };
    let value = attributes(session, *handle, &[wanted])?.and_then(|found| found.into_iter().next());
    Ok(match value {
        Some(Attribute::EcPoint(point)) => Some(point_of(point)),
        Some(Attribute::Value(value)) => Some(value),
        _ => None,
    })
}

/// A curve's point: bare, as PKCS#11 3.0 has it, or in the OCTET STRING of older modules.
fn point_of(point: Vec<u8>) -> Vec<u8> {
    match point.strip_prefix(&EC_POINT_DER_PREFIX) {
        Some(bare) if bare.len() == ED25519_KEY_LEN => bare.to_vec(),
        _ => point,
    }
}
