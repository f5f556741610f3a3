//! No entry point takes a wrong length, and none panics on one.

use twinlock::{
    Error,
    ids::{Curve, Hash, MlDsa, MlKem},
    provider::{self, PQCLEAN},
};

use crate::Random;

/// Calls with every wrong length near the right one and some far from it; each must be refused by type.
fn refused(random: &mut Random, right: usize, mut call: impl FnMut(Vec<u8>) -> Result<(), Error>) {
    for len in [0, 1, right / 2, right - 1, right + 1, 2 * right, random.below(4 * right)] {
        if len == right {
            continue;
        }
        let result = call(random.bytes(len));
        let told = match result {
            Err(Error::WrongLength { expected, found, .. }) => (expected, found) == (right, len),
            Err(Error::Rejected | Error::Unsupported { .. }) => true,
            _ => false,
        };
        assert!(told, "{len} for {right}: {result:?}");
    }
}

#[test]
fn curves() {
    let mut random = Random::new("lengths of curves");
    for provider in provider::ALL {
        let dh = provider.hazmat().dh;
        for curve in Curve::ALL {
            let private = vec![1; curve.private_len()];
            let (mut public, mut shared) = (vec![0; curve.public_len()], vec![0; curve.private_len()]);
            dh.public_key(curve, &private, &mut public).unwrap();
            let r = &mut random;
            refused(r, curve.private_len(), |bad| dh.public_key(curve, &bad, &mut public.clone()));
            refused(r, curve.public_len(), |mut bad| dh.public_key(curve, &private, &mut bad));
            refused(r, curve.private_len(), |bad| dh.agree(curve, &bad, &public, &mut shared));
            refused(r, curve.public_len(), |bad| dh.agree(curve, &private, &bad, &mut shared));
            refused(r, curve.private_len(), |mut bad| dh.agree(curve, &private, &public, &mut bad));
        }
    }
}

#[test]
fn ml_kem() {
    let mut random = Random::new("lengths of ML-KEM");
    let r = &mut random;
    for provider in provider::ALL {
        let kem = provider.hazmat().ml_kem;
        let mut fill = |out: &mut [u8]| {
            out.fill(1);
            Ok(())
        };
        for params in MlKem::ALL {
            let ek = provider::RUST.hazmat().ml_kem.key(params, &[1; 64]).unwrap().encapsulation_key();
            let (mut ct, mut ss) = (vec![0; params.ciphertext_len()], [0; 32]);
            refused(r, ek.len(), |bad| kem.encapsulate(params, &bad, &mut fill, &mut ct, &mut ss));
            refused(r, params.ciphertext_len(), |mut bad| kem.encapsulate(params, &ek, &mut fill, &mut bad, &mut ss));
            refused(r, 32, |mut bad| kem.encapsulate(params, &ek, &mut fill, &mut ct, &mut bad));
            refused(r, ek.len(), |bad| kem.encapsulate_derand(params, &bad, &[1; 32], &mut ct, &mut ss));
            refused(r, params.ciphertext_len(), |mut bad| {
                kem.encapsulate_derand(params, &ek, &[1; 32], &mut bad, &mut ss)
            });
            refused(r, 32, |mut bad| kem.encapsulate_derand(params, &ek, &[1; 32], &mut ct, &mut bad));
            refused(r, params.expanded_len(), |bad| kem.key_from_expanded(params, &bad).map(|_| ()));
            let Ok(key) = kem.key(params, &[1; 64]) else { continue };
            refused(r, params.ciphertext_len(), |bad| key.decapsulate(&bad, &mut ss));
            refused(r, 32, |mut bad| key.decapsulate(&ct, &mut bad));
        }
    }
}

#[test]
fn expanded_ml_kem_keys_are_checked() {
    let mut random = Random::new("expanded ML-KEM keys");
    for provider in crate::with(provider::Operation::MlKemExpanded) {
        for params in MlKem::ALL {
            let (_, expanded) = PQCLEAN.draft().kem_keypair(params).unwrap();
            let expanded = expanded.secret_bytes();
            let kem = provider.hazmat().ml_kem;
            let hashed = params.expanded_len() - params.encapsulation_key_len() - 64..params.expanded_len() - 32;
            for _ in 0..20 {
                let at = hashed.start + random.below(hashed.len());
                let mut bad = expanded.to_vec();
                bad[at] ^= 1 << random.below(8);
                let error = kem.key_from_expanded(params, &bad).map(|_| ()).unwrap_err();
                assert_eq!(error, Error::NonCanonical(twinlock::error::Field::ExpandedKey), "{provider:?} {at}");
            }
            // Random bytes of the right length: no panic, whatever the answer.
            let _ = kem.key_from_expanded(params, &random.bytes(params.expanded_len()));
        }
    }
}

#[test]
fn ml_dsa() {
    let mut random = Random::new("lengths of ML-DSA");
    let r = &mut random;
    for provider in provider::ALL {
        let dsa = provider.hazmat().ml_dsa;
        for params in MlDsa::ALL {
            let signing = provider::RUST.hazmat().ml_dsa.key(params, &[1; 32]).unwrap();
            let (vk, mut signature) = (signing.verifying_key().unwrap(), vec![0; params.signature_len()]);
            signing.sign(b"m", b"", &[0; 32], &mut signature).unwrap();
            refused(r, vk.len(), |bad| dsa.verify(params, &bad, b"m", b"", &signature));
            refused(r, signature.len(), |bad| dsa.verify(params, &vk, b"m", b"", &bad));
            refused(r, vk.len(), |bad| dsa.verify_internal(params, &bad, b"m", &signature));
            refused(r, signature.len(), |bad| dsa.verify_internal(params, &vk, b"m", &bad));
            refused(r, vk.len(), |bad| dsa.verify_mu(params, &bad, &[1; 64], &signature));
            refused(r, signature.len(), |bad| dsa.verify_mu(params, &vk, &[1; 64], &bad));
            refused(r, params.expanded_len(), |bad| dsa.key_from_expanded(params, &bad).map(|_| ()));
            let Ok(key) = dsa.key(params, &[1; 32]) else { continue };
            refused(r, signature.len(), |mut bad| key.sign(b"m", b"", &[0; 32], &mut bad));
            refused(r, signature.len(), |mut bad| key.sign_internal(b"m", &[0; 32], &mut bad));
            refused(r, signature.len(), |mut bad| key.sign_mu(&[1; 64], &[0; 32], &mut bad));

            // The errors that every provider must share.
            let long = [0; 256];
            assert_eq!(dsa.verify(params, &vk, b"m", &long, &signature), Err(Error::Context), "{provider:?}");
            assert_eq!(key.sign(b"m", &long, &[0; 32], &mut signature.clone()), Err(Error::Context));
            assert_eq!(dsa.verify(params, &vk, b"m", b"", &signature[1..]), Err(Error::Rejected));
            assert!(matches!(
                dsa.verify(params, &vk[1..], b"m", b"", &signature),
                Err(Error::WrongLength { field: twinlock::error::Field::VerifyingKey, .. })
            ));
            // Random bytes of the right lengths.
            let (key, noise) = (r.bytes(vk.len()), r.bytes(signature.len()));
            assert_eq!(dsa.verify(params, &key, b"m", b"", &noise), Err(Error::Rejected));
            // 0xff packs coefficients that no key generation makes.
            let error = dsa.key_from_expanded(params, &vec![0xff; params.expanded_len()]).map(|_| ()).unwrap_err();
            assert_eq!(error, Error::NonCanonical(twinlock::error::Field::ExpandedKey));
        }
    }
}

#[test]
fn kdfs() {
    let mut random = Random::new("lengths of KDFs");
    let r = &mut random;
    for provider in provider::ALL {
        let kdf = provider.hazmat().kdf;
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let len = hash.output_len();
            refused(r, len, |mut bad| kdf.extract(hash, b"salt", b"ikm", &mut bad));
            refused(r, len, |mut bad| kdf.hmac(hash, b"key", b"data", &mut bad));
            let prk = r.bytes(len);
            assert!(matches!(
                kdf.expand(hash, &prk[1..], &[], &mut [0; 32]),
                Err(Error::WrongLength { expected, found, .. }) if (expected, found) == (len, len - 1)
            ));
            assert_eq!(kdf.expand(hash, &prk, &[b"info"], &mut vec![0; 255 * len]), Ok(()));
            assert_eq!(kdf.expand(hash, &prk, &[b"info"], &mut vec![0; 255 * len + 1]), Err(Error::TooLong));
        }
    }
}

#[test]
fn drafts() {
    let (mut random, draft) = (Random::new("lengths of drafts"), PQCLEAN.draft());
    let r = &mut random;
    for params in MlKem::ALL {
        let (ek, expanded) = draft.kem_keypair(params).unwrap();
        let (ct, _) = draft.kem_encapsulate(params, &ek).unwrap();
        refused(r, ek.len(), |bad| draft.kem_encapsulate(params, &bad).map(|_| ()));
        refused(r, params.expanded_len(), |bad| draft.kem_decapsulate(params, &bad, &ct).map(|_| ()));
        refused(r, ct.len(), |bad| draft.kem_decapsulate(params, expanded.secret_bytes(), &bad).map(|_| ()));
    }
    for params in MlDsa::ALL {
        let (vk, expanded) = draft.signature_keypair(params).unwrap();
        let signature = draft.sign(params, expanded.secret_bytes(), b"m").unwrap();
        assert_eq!(signature.len(), params.signature_len());
        refused(r, params.expanded_len(), |bad| draft.sign(params, &bad, b"m").map(|_| ()));
        refused(r, vk.len(), |bad| draft.verify(params, &bad, b"m", &signature));
        refused(r, signature.len(), |bad| draft.verify(params, &vk, b"m", &bad));
    }
}
