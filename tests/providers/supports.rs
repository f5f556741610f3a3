//! What a provider says it has is what it has.

use twinlock::{
    Error,
    ids::{Aead, Curve, Hash, MlDsa, MlKem},
    provider::{self, Operation, PQCLEAN, Provider, RUST},
};

const KEM: MlKem = MlKem::MlKem768;
const SIG: MlDsa = MlDsa::MlDsa65;

/// One successful call of the operation, if the provider has it.
fn call(provider: &Provider, operation: Operation) -> Result<(), Error> {
    let (raw, reference) = (provider.hazmat(), RUST.hazmat());
    let ek = || reference.ml_kem.key(KEM, &[7; 64]).unwrap().encapsulation_key();
    let (mut ct, mut ss) = (vec![0; KEM.ciphertext_len()], [0; 32]);
    let (signing, mut signature) = (reference.ml_dsa.key(SIG, &[7; 32]).unwrap(), vec![0; SIG.signature_len()]);
    let vk = signing.verifying_key().unwrap();
    match operation {
        Operation::Dh(curve) => {
            let (mut public, mut shared) = (vec![0; curve.public_len()], vec![0; curve.private_len()]);
            let private = vec![1; curve.private_len()];
            raw.dh.public_key(curve, &private, &mut public)?;
            raw.dh.agree(curve, &private, &public, &mut shared)
        }
        Operation::Ed25519 => {
            let key = raw.ed25519.key(&[7; 32])?;
            raw.ed25519.verify(&key.verifying_key(), b"m", &key.sign(b"m")?)
        }
        Operation::MlKem => {
            reference.ml_kem.encapsulate_derand(KEM, &ek(), &[1; 32], &mut ct, &mut ss)?;
            raw.ml_kem.key(KEM, &[7; 64])?.decapsulate(&ct, &mut [0; 32])
        }
        Operation::MlKemEncapsulate => raw.ml_kem.encapsulate(KEM, &ek(), &mut |_| Ok(()), &mut ct, &mut ss),
        Operation::MlKemEncapsulateDerand => raw.ml_kem.encapsulate_derand(KEM, &ek(), &[1; 32], &mut ct, &mut ss),
        Operation::MlKemExpanded => {
            let (_, expanded) = PQCLEAN.draft().kem_keypair(KEM)?;
            raw.ml_kem.key_from_expanded(KEM, expanded.secret_bytes()).map(|_| ())
        }
        Operation::MlDsa => {
            let key = raw.ml_dsa.key(SIG, &[7; 32])?;
            key.sign(b"m", b"c", &[0; 32], &mut signature)?;
            raw.ml_dsa.verify(SIG, &vk, b"m", b"c", &signature)
        }
        Operation::MlDsaExpanded => {
            let (_, expanded) = PQCLEAN.draft().signature_keypair(SIG)?;
            let key = raw.ml_dsa.key_from_expanded(SIG, expanded.secret_bytes())?;
            key.sign(b"m", b"", &[0; 32], &mut signature)
        }
        Operation::MlDsaInternal => {
            signing.sign_internal(b"m", &[0; 32], &mut signature)?;
            raw.ml_dsa.verify_internal(SIG, &vk, b"m", &signature)?;
            raw.ml_dsa.key(SIG, &[7; 32])?.sign_internal(b"m", &[0; 32], &mut signature)
        }
        Operation::MlDsaMu => {
            signing.sign_mu(&[1; 64], &[0; 32], &mut signature)?;
            raw.ml_dsa.verify_mu(SIG, &vk, &[1; 64], &signature)?;
            raw.ml_dsa.key(SIG, &[7; 32])?.sign_mu(&[1; 64], &[0; 32], &mut signature)
        }
        Operation::Aead(aead) => {
            let (key, mut data) = (raw.aead.key(aead, &[1; 32])?, *b"data");
            let tag = key.seal(&[0; 12], b"", &mut data)?;
            key.open(&[0; 12], b"", &mut data, &tag)
        }
        Operation::Hash(hash) => {
            raw.hash.digest(hash, &[b"m"], &mut vec![0; hash.output_len()]);
            Ok(())
        }
        Operation::Shake256 => {
            raw.hash.shake256(b"m", &mut ss);
            Ok(())
        }
        Operation::Kdf => {
            let mut prk = [0; 48];
            raw.kdf.extract(Hash::Sha384, b"salt", b"ikm", &mut prk)?;
            raw.kdf.expand(Hash::Sha384, &prk, &[b"info"], &mut ss)?;
            raw.kdf.hmac(Hash::Sha384, b"key", b"m", &mut prk)
        }
        Operation::Draft => raw.draft.kem_keypair(KEM).map(|_| ()),
        other => unreachable!("{other} has no case here"),
    }
}

#[test]
fn every_claim_holds_and_every_lack_is_typed() {
    let mut lacking = 0;
    for provider in provider::ALL {
        for operation in Operation::ALL {
            let result = call(provider, operation);
            if provider.supports(operation) {
                assert_eq!(result, Ok(()), "{provider:?} {operation}");
            } else {
                assert!(
                    matches!(result, Err(Error::Unsupported { operation: told, .. }) if told == operation),
                    "{provider:?} {operation}: {result:?}"
                );
                lacking += 1;
            }
        }
    }
    // rust lacks the drafts; aws-lc those, mu and given randomness; libcrux the drafts and mu; pqclean all else.
    assert_eq!(lacking, 1 + 3 + 2 + 8);
}

#[test]
fn every_operation_is_listed_once() {
    for (i, operation) in Operation::ALL.iter().enumerate() {
        assert!(!Operation::ALL[i + 1..].contains(operation));
    }
    for curve in Curve::ALL {
        assert!(Operation::ALL.contains(&Operation::Dh(curve)));
    }
    for aead in Aead::ALL {
        assert!(Operation::ALL.contains(&Operation::Aead(aead)));
    }
}
