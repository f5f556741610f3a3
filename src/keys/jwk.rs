//! JSON Web Keys: `OKP` for X25519 and Ed25519 (RFC 8037), `AKP` for ML-DSA (RFC 9964), whose private member is the
//! seed. For the other algorithms no JWK is standard yet.
//!
//! A member that is not known is an error, where RFC 7517 §4 lets a reader ignore it: what would be lost, or was
//! mistyped, is told.

use alloc::{string::String, vec::Vec};
use core::fmt::Write as _;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{Content, Error, PrivateKey, PublicKey, file};
use crate::{
    ids::{KeyKind, Signature},
    provider::RUST,
    secret::Seed,
};

/// The members that are read. A name for the key is checked for its type and kept by nobody. `null` is no value of any.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    kty: &'a str,
    #[serde(default, deserialize_with = "some")]
    crv: Option<&'a str>,
    #[serde(default, deserialize_with = "some")]
    alg: Option<&'a str>,
    #[serde(default, borrow, deserialize_with = "some")]
    x: Option<&'a str>,
    #[serde(default, rename = "pub", deserialize_with = "some")]
    public: Option<&'a str>,
    #[serde(default, deserialize_with = "some")]
    d: Option<&'a str>,
    #[serde(default, rename = "priv", deserialize_with = "some")]
    private: Option<&'a str>,
    #[expect(dead_code, reason = "its type is checked")]
    #[serde(default, deserialize_with = "some")]
    kid: Option<&'a str>,
    #[serde(default, rename = "use", deserialize_with = "some")]
    purpose: Option<&'a str>,
    #[serde(default, deserialize_with = "some")]
    key_ops: Option<Vec<&'a str>>,
}

fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Whether a file looks like one.
pub(super) fn is_jwk(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'{')
}

pub(super) fn public(bytes: &[u8]) -> Result<PublicKey, Error> {
    let members = parse(bytes)?;
    if members.d.is_some() || members.private.is_some() {
        return Err(Error::WrongContent { expected: Content::PublicKey, found: Content::PrivateKey });
    }
    public_of(&members)
}

pub(super) fn private(bytes: &[u8]) -> Result<PrivateKey, Error> {
    let members = parse(bytes)?;
    let public = public_of(&members)?;
    let kind = public.kind();
    let expected = if is_akp(kind) { (members.private, members.d) } else { (members.d, members.private) };
    let text = match expected {
        (Some(text), None) => text,
        (None, None) => {
            return Err(Error::WrongContent { expected: Content::PrivateKey, found: Content::PublicKey });
        }
        _ => return Err(Error::Jwk("the private member of another key type")),
    };
    let seed = Seed::build(kind.seed_len(), |out| match Base64UrlUnpadded::decode(text, out) {
        Ok(seed) if seed.len() == kind.seed_len() => Ok(()),
        _ => Err(Error::Jwk("a private member that is not the base64url of a seed")),
    })?;
    let key = PrivateKey::from_seed(kind, seed)?;
    if key.public_key(RUST)? == public { Ok(key) } else { Err(Error::Disagrees(kind)) }
}

pub(super) fn write(public: &PublicKey, private: Option<&PrivateKey>) -> Result<Zeroizing<String>, Error> {
    let kind = public.kind();
    let (akp, okp) = (is_akp(kind), is_okp(kind));
    if !akp && !okp {
        return Err(Error::NoJwk(kind));
    }
    let public = Base64UrlUnpadded::encode_string(public.as_bytes());
    let seed = match private {
        Some(key) => {
            let seed = key.seed().ok_or(Error::NoSeed(kind))?;
            Some(Zeroizing::new(Base64UrlUnpadded::encode_string(seed.secret_bytes())))
        }
        None => None,
    };
    let seed = seed.as_ref().map(|text| text.as_str());
    let (kty, name, public_member, private_member) =
        if akp { ("AKP", "alg", "pub", "priv") } else { ("OKP", "crv", "x", "d") };
    // Room for all of it from the start: a text that grows leaves copies behind. Nothing in it needs escapes.
    let mut text = Zeroizing::new(String::with_capacity(public.len().saturating_add(256)));
    let _ = write!(text, r#"{{"kty":"{kty}","{name}":"{}","{public_member}":"{public}""#, kind.name());
    if let Some(seed) = seed {
        let _ = write!(text, r#","{private_member}":"{seed}""#);
    }
    text.push_str("}\n");
    Ok(text)
}

fn parse(bytes: &[u8]) -> Result<Members<'_>, Error> {
    file::check_len(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| Error::Json { line: error.line(), column: error.column() })
}

/// The public key, of which every JWK here tells.
fn public_of(members: &Members<'_>) -> Result<PublicKey, Error> {
    let (name, text) = match members {
        Members { kty: "OKP", crv: Some(name), x: Some(text), public: None, .. } => (name, text),
        Members { kty: "AKP", alg: Some(name), public: Some(text), x: None, crv: None, .. } => (name, text),
        Members { kty: "OKP" | "AKP", .. } => return Err(Error::Jwk("a member that is missing, or of another type")),
        _ => return Err(Error::Jwk("a key type that is not supported: there are OKP and AKP")),
    };
    let kind = KeyKind::ALL.into_iter().filter(|kind| is_akp(*kind) == (members.kty == "AKP"));
    let kind = kind.filter(|kind| is_akp(*kind) || is_okp(*kind)).find(|kind| kind.name() == *name);
    let kind = kind.ok_or(Error::Jwk("an algorithm that is not supported"))?;
    check_purpose(kind, members)?;
    let bytes = Base64UrlUnpadded::decode_vec(text);
    PublicKey::from_raw(kind, &bytes.map_err(|_| Error::Jwk("a public member that is not base64url"))?)
}

/// RFC 7517 §4.2, §4.3: what a key may be used for must be something that it can do.
fn check_purpose(kind: KeyKind, members: &Members<'_>) -> Result<(), Error> {
    let (purpose, operations) = match kind {
        KeyKind::Signature(_) => ("sig", ["sign", "verify"]),
        _ => ("enc", ["deriveKey", "deriveBits"]),
    };
    // RFC 8037 §3: which algorithms a key of OKP is for. In AKP the name is the key's own.
    let algorithms: &[&str] = match kind {
        KeyKind::X25519 => &["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"],
        KeyKind::Signature(Signature::Ed25519) => &["EdDSA", "Ed25519"],
        other => &[other.name()],
    };
    if members.alg.is_some_and(|found| !algorithms.contains(&found)) {
        return Err(Error::Jwk("an algorithm that is not of its key"));
    }
    let fits = members.purpose.is_none_or(|found| found == purpose)
        && members.key_ops.iter().flatten().all(|found| operations.contains(found));
    if fits { Ok(()) } else { Err(Error::Jwk("a use or an operation that its algorithm does not have")) }
}

const fn is_akp(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::Signature(Signature::MlDsa(_)))
}

const fn is_okp(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::X25519 | KeyKind::Signature(Signature::Ed25519))
}
