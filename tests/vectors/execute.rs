//! Runs one case on one provider: through the public API where that can do it, else through `hazmat`.

use twinlock::{
    Error,
    error::Field,
    ids::{self, Kem, Signature},
    kem::{self, DecapsulationKey, EncapsulationKey},
    provider::{MlDsaKey, MlKemKey, Operation, Provider, SystemRng},
    secret::Seed,
    sign::{SigningKey, VerifyingKey},
};
use twinlock_kat::{Aead, Case, Expect, Hash, LatticeKey, MlDsa, MlDsaInput, MlKem, Op, Output, Refusal, Skip};

type Provided = &'static Provider;

pub(crate) fn execute(provider: Provided, case: &Case) -> Result<Output, Refusal> {
    match &case.op {
        Op::X25519 { private, public } => {
            let shared = kem::x25519::agree(provider, &Seed::from_slice(private), public).map_err(refusal)?;
            Ok(Output::from([("shared", shared.secret_bytes().to_vec())]))
        }
        Op::Ed25519Verify { public, message, signature } => {
            verify(provider, Signature::Ed25519, public, message, &[], signature)
        }
        Op::MlKemKeyGen { params, seed } => ml_kem_key_gen(provider, ml_kem(*params), seed, &case.expect),
        Op::MlKemEncapsulate { params, ek, m } => {
            let key = EncapsulationKey::from_bytes(provider, Kem::MlKem(ml_kem(*params)), ek).map_err(refusal)?;
            encapsulate(provider, &key, m, &case.expect, ["c", "K"])
        }
        Op::MlKemDecapsulate { params, key, c } => ml_kem_decapsulate(provider, ml_kem(*params), key, c),
        Op::MlKemCheckEncapsulationKey { params, ek } => {
            EncapsulationKey::from_bytes(provider, Kem::MlKem(ml_kem(*params)), ek).map_err(refusal)?;
            Ok(Output::new())
        }
        Op::MlKemCheckDecapsulationKey { params, dk } => {
            ml_kem_expanded(provider, ml_kem(*params), dk)?;
            Ok(Output::new())
        }
        Op::MlDsaKeyGen { params, seed } => ml_dsa_key_gen(provider, ml_dsa(*params), seed, &case.expect),
        Op::MlDsaSign { params, key, input, rnd } => ml_dsa_sign(provider, ml_dsa(*params), key, input, rnd),
        Op::MlDsaVerify { params, pk, input, signature } => {
            ml_dsa_verify(provider, ml_dsa(*params), pk, input, signature)
        }
        Op::Hkdf { hash, ikm, salt, info, len } => {
            let (hash, kdf) = (self::hash(*hash), provider.hazmat().kdf);
            let (mut prk, mut okm) = (vec![0; hash.output_len()], vec![0; *len]);
            kdf.extract(hash, salt, ikm, &mut prk).map_err(refusal)?;
            kdf.expand(hash, &prk, &[info], &mut okm).map_err(refusal)?;
            Ok(Output::from([("okm", okm)]))
        }
        Op::Aead { algorithm, key, nonce, aad, ct, tag } => aead(provider, *algorithm, key, nonce, aad, ct, tag),
        Op::XWingKeyGen { sk } => {
            let key = DecapsulationKey::from_seed(provider, Kem::XWing, Seed::from_slice(sk)).map_err(refusal)?;
            Ok(Output::from([("pk", key.encapsulation_key().as_bytes().to_vec())]))
        }
        Op::XWingEncapsulate { pk, eseed } => {
            let key = EncapsulationKey::from_bytes(provider, Kem::XWing, pk).map_err(refusal)?;
            encapsulate(provider, &key, eseed, &case.expect, ["ct", "ss"])
        }
        Op::XWingDecapsulate { sk, ct } => {
            let key = DecapsulationKey::from_seed(provider, Kem::XWing, Seed::from_slice(sk)).map_err(refusal)?;
            Ok(Output::from([("ss", key.decapsulate(ct).map_err(refusal)?.secret_bytes().to_vec())]))
        }
        Op::CompositeKeyGen { algorithm, sk } => {
            let algorithm = signature(algorithm)?;
            let key = SigningKey::from_seed(provider, algorithm, Seed::from_slice(sk)).map_err(refusal)?;
            Ok(Output::from([("pk", key.verifying_key().as_bytes().to_vec())]))
        }
        Op::CompositeVerify { algorithm, pk, message, context, signature } => {
            verify(provider, self::signature(algorithm)?, pk, message, context, signature)
        }
        other => panic!("no way to run {other:?}"),
    }
}

/// What an error of the library means for a case. A library that fails without telling why is broken, and so
/// is a provider that lacks what it said it has.
fn refusal(error: Error) -> Refusal {
    match error {
        Error::WrongLength { .. }
        | Error::NonCanonical(_)
        | Error::AllZero
        | Error::Rejected
        | Error::Context
        | Error::TooLong => Refusal::Rejected,
        other => Refusal::Broken(other.to_string()),
    }
}

fn must_have(provider: Provided, operation: Operation) -> Result<(), Refusal> {
    if provider.supports(operation) { Ok(()) } else { Err(Refusal::Skipped(Skip::Lacks(operation.to_string()))) }
}

fn array<const N: usize>(field: Field, bytes: &[u8]) -> Result<&[u8; N], Refusal> {
    bytes.try_into().map_err(|_| refusal(Error::WrongLength { field, expected: N, found: bytes.len() }))
}

fn verify(
    provider: Provided,
    algorithm: Signature,
    key: &[u8],
    message: &[u8],
    context: &[u8],
    signature: &[u8],
) -> Result<Output, Refusal> {
    let key = VerifyingKey::from_bytes(provider, algorithm, key).map_err(refusal)?;
    key.verify(message, context, signature).map_err(refusal)?;
    Ok(Output::new())
}

/// A provider that cannot take given randomness must still refuse a bad key: there it encapsulates with its own.
fn encapsulate(
    provider: Provided,
    key: &EncapsulationKey,
    randomness: &[u8],
    expect: &Expect,
    [ciphertext, secret]: [&'static str; 2],
) -> Result<Output, Refusal> {
    let made = if provider.supports(Operation::MlKemEncapsulateDerand) {
        key.encapsulate_derand(&Seed::from_slice(randomness))
    } else if *expect == Expect::Reject {
        key.encapsulate(&mut SystemRng)
    } else {
        return Err(Refusal::Skipped(Skip::Lacks(Operation::MlKemEncapsulateDerand.to_string())));
    };
    let (c, k) = made.map_err(refusal)?;
    Ok(Output::from([(ciphertext, c), (secret, k.secret_bytes().to_vec())]))
}

/// Expanded keys stay inside the library. So the one that the vector gives is taken in, and must have the same
/// encapsulation key and make the same of a ciphertext as the seed's key. A provider without expanded keys is
/// held to `ek` alone.
fn ml_kem_key_gen(provider: Provided, params: ids::MlKem, seed: &[u8], expect: &Expect) -> Result<Output, Refusal> {
    let key = DecapsulationKey::from_seed(provider, Kem::MlKem(params), Seed::from_slice(seed)).map_err(refusal)?;
    let mut output = Output::from([("ek", key.encapsulation_key().as_bytes().to_vec())]);
    let Expect::Output(expected) = expect else { return Ok(output) };
    let dk = expected.get("dk").unwrap();
    if provider.supports(Operation::MlKemExpanded) {
        let expanded = ml_kem_expanded(provider, params, dk)?;
        // Not made for this key, so both reject implicitly, with what z makes of it.
        let ciphertext = vec![0x5a; params.ciphertext_len()];
        let from_seed = key.decapsulate(&ciphertext).map_err(refusal)?;
        let mut from_expanded = vec![0; 32];
        expanded.decapsulate(&ciphertext, &mut from_expanded).map_err(refusal)?;
        if from_seed.secret_bytes() != from_expanded || Some(&expanded.encapsulation_key()) != expected.get("ek") {
            return Err(Refusal::Broken("the vector's dk is another key".into()));
        }
    }
    output.insert("dk", dk.clone());
    Ok(output)
}

fn ml_kem_expanded(provider: Provided, params: ids::MlKem, dk: &[u8]) -> Result<Box<dyn MlKemKey>, Refusal> {
    must_have(provider, Operation::MlKemExpanded)?;
    provider.hazmat().ml_kem.key_from_expanded(params, dk).map_err(refusal)
}

fn ml_kem_decapsulate(provider: Provided, params: ids::MlKem, key: &LatticeKey, c: &[u8]) -> Result<Output, Refusal> {
    let (ek, k) = match key {
        LatticeKey::Seed(seed) => {
            let key =
                DecapsulationKey::from_seed(provider, Kem::MlKem(params), Seed::from_slice(seed)).map_err(refusal)?;
            let k = key.decapsulate(c).map_err(refusal)?.secret_bytes().to_vec();
            (key.encapsulation_key().as_bytes().to_vec(), k)
        }
        LatticeKey::Expanded(dk) => {
            let key = ml_kem_expanded(provider, params, dk)?;
            let mut k = vec![0; 32];
            key.decapsulate(c, &mut k).map_err(refusal)?;
            (key.encapsulation_key(), k)
        }
    };
    Ok(Output::from([("ek", ek), ("K", k)]))
}

/// As for ML-KEM: the vector's expanded key must sign as the seed's does. A provider without expanded keys is
/// held to `pk` alone.
fn ml_dsa_key_gen(provider: Provided, params: ids::MlDsa, seed: &[u8], expect: &Expect) -> Result<Output, Refusal> {
    let key = SigningKey::from_seed(provider, Signature::MlDsa(params), Seed::from_slice(seed)).map_err(refusal)?;
    let mut output = Output::from([("pk", key.verifying_key().as_bytes().to_vec())]);
    let Expect::Output(expected) = expect else { return Ok(output) };
    let sk = expected.get("sk").unwrap();
    if provider.supports(Operation::MlDsaExpanded) {
        let expanded = provider.hazmat().ml_dsa.key_from_expanded(params, sk).map_err(refusal)?;
        let from_seed = key.sign_derand(b"message", b"", &Seed::from_slice(&[0; 32])).map_err(refusal)?;
        let mut from_expanded = vec![0; params.signature_len()];
        expanded.sign(b"message", b"", &[0; 32], &mut from_expanded).map_err(refusal)?;
        if from_seed != from_expanded {
            return Err(Refusal::Broken("the vector's sk is another key".into()));
        }
    }
    output.insert("sk", sk.clone());
    Ok(output)
}

fn ml_dsa_sign(
    provider: Provided,
    params: ids::MlDsa,
    key: &LatticeKey,
    input: &MlDsaInput,
    rnd: &[u8],
) -> Result<Output, Refusal> {
    match input {
        MlDsaInput::Pure { .. } | MlDsaInput::PreHash { .. } => {}
        MlDsaInput::Internal(_) => must_have(provider, Operation::MlDsaInternal)?,
        MlDsaInput::Mu(_) => must_have(provider, Operation::MlDsaMu)?,
    }
    let backend = provider.hazmat().ml_dsa;
    let randomness = array::<32>(Field::Seed, rnd)?;
    let key: Box<dyn MlDsaKey> = match (key, input) {
        (LatticeKey::Seed(seed), MlDsaInput::Pure { message, context }) => {
            let key =
                SigningKey::from_seed(provider, Signature::MlDsa(params), Seed::from_slice(seed)).map_err(refusal)?;
            let signature = key.sign_derand(message, context, &Seed::from_slice(rnd)).map_err(refusal)?;
            return Ok(Output::from([("signature", signature)]));
        }
        (LatticeKey::Seed(seed), _) => backend.key(params, array(Field::Seed, seed)?).map_err(refusal)?,
        (LatticeKey::Expanded(sk), _) => {
            must_have(provider, Operation::MlDsaExpanded)?;
            backend.key_from_expanded(params, sk).map_err(refusal)?
        }
    };
    let mut signature = vec![0; params.signature_len()];
    match input {
        MlDsaInput::Pure { message, context } => key.sign(message, context, randomness, &mut signature),
        MlDsaInput::Internal(formatted) => key.sign_internal(formatted, randomness, &mut signature),
        MlDsaInput::Mu(mu) => {
            let result = key.sign_mu(array(Field::Signature, mu)?, randomness, &mut signature);
            // Some libraries have only the deterministic variant of this one.
            if rnd != [0; 32] && matches!(result, Err(Error::Unsupported { operation: Operation::MlDsaMu, .. })) {
                return Err(Refusal::Skipped(Skip::HedgedMu));
            }
            result
        }
        MlDsaInput::PreHash { .. } => return Err(Refusal::Skipped(Skip::PreHash)),
    }
    .map_err(refusal)?;
    Ok(Output::from([("signature", signature)]))
}

fn ml_dsa_verify(
    provider: Provided,
    params: ids::MlDsa,
    pk: &[u8],
    input: &MlDsaInput,
    signature: &[u8],
) -> Result<Output, Refusal> {
    let backend = provider.hazmat().ml_dsa;
    match input {
        MlDsaInput::Pure { message, context } => {
            return verify(provider, Signature::MlDsa(params), pk, message, context, signature);
        }
        MlDsaInput::PreHash { .. } => return Err(Refusal::Skipped(Skip::PreHash)),
        MlDsaInput::Internal(formatted) => {
            must_have(provider, Operation::MlDsaInternal)?;
            backend.verify_internal(params, pk, formatted, signature)
        }
        MlDsaInput::Mu(mu) => {
            must_have(provider, Operation::MlDsaMu)?;
            backend.verify_mu(params, pk, array(Field::Signature, mu)?, signature)
        }
    }
    .map_err(refusal)?;
    Ok(Output::new())
}

fn aead(
    provider: Provided,
    algorithm: Aead,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ct: &[u8],
    tag: &[u8],
) -> Result<Output, Refusal> {
    let key = key.try_into().map_err(|_| Refusal::Skipped(Skip::KeySize))?;
    let nonce = nonce.try_into().map_err(|_| Refusal::Skipped(Skip::NonceSize))?;
    let algorithm = match algorithm {
        Aead::AesGcm => ids::Aead::Aes256Gcm,
        Aead::ChaCha20Poly1305 => ids::Aead::ChaCha20Poly1305,
    };
    let key = provider.hazmat().aead.key(algorithm, key).map_err(refusal)?;
    let mut data = ct.to_vec();
    key.open(nonce, aad, &mut data, array(Field::Sealed, tag)?).map_err(refusal)?;
    let msg = data.clone();
    let tag = key.seal(nonce, aad, &mut data).map_err(refusal)?;
    Ok(Output::from([("msg", msg), ("ct", data), ("tag", tag.to_vec())]))
}

fn ml_kem(params: MlKem) -> ids::MlKem {
    ids::MlKem::ALL.into_iter().find(|id| id.name() == params.name()).unwrap()
}

fn ml_dsa(params: MlDsa) -> ids::MlDsa {
    ids::MlDsa::ALL.into_iter().find(|id| id.name() == params.name()).unwrap()
}

fn hash(hash: Hash) -> ids::Hash {
    match hash {
        Hash::Sha256 => ids::Hash::Sha256,
        Hash::Sha384 => ids::Hash::Sha384,
        Hash::Sha512 => ids::Hash::Sha512,
    }
}

/// The algorithm of a name of the draft.
fn signature(name: &str) -> Result<Signature, Refusal> {
    let name = name.strip_prefix("id-").unwrap();
    Signature::ALL.into_iter().find(|id| id.name() == name).ok_or(Refusal::Skipped(Skip::Algorithm))
}
