//! Random inputs, and every provider must say the same. `TWINLOCK_CROSSCHECKS` sets how many per algorithm.

use p256::elliptic_curve::bigint::{NonZero, U512};
use twinlock::{
    Error,
    ids::{Aead, Curve, Hash, Kem, MlDsa, MlKem, Signature},
    kem::{DecapsulationKey, EncapsulationKey},
    provider::{Operation, Provider},
    secret::Seed,
    sign::{SigningKey, VerifyingKey},
};

use crate::{Random, agreed, with};

/// Runs `check` with the providers that have the operation, as often as asked, and prints how often.
fn crosscheck(name: &str, needed: Operation, check: impl FnMut(&mut Random, &[&'static Provider])) {
    crosscheck_of(name, name, needed, check);
}

/// The same, with one provider of those that take `part` from the same crate: a crate agrees with itself.
fn crosscheck_of(name: &str, part: &str, needed: Operation, mut check: impl FnMut(&mut Random, &[&'static Provider])) {
    let wanted: usize = std::env::var("TWINLOCK_CROSSCHECKS").map_or(25, |count| count.parse().unwrap());
    let (mut random, all) = (Random::new(name), with(needed));
    let by = |provider: &Provider| provider.parts().iter().find(|(what, _)| *what == part).map(|(_, by)| *by);
    let new = |at: usize| by(all[at]).is_none_or(|ours| all[..at].iter().all(|other| by(other) != Some(ours)));
    let distinct: Vec<_> = (0..all.len()).filter(|at| new(*at)).map(|at| all[at]).collect();
    // Where all share one crate, what is compared is how each provider calls it.
    let providers = if distinct.len() > 1 { distinct } else { all };
    assert!(providers.len() > 1, "{name}: {providers:?} cannot be compared");
    let mut ran = 0;
    while ran < wanted {
        check(&mut random, &providers);
        ran += 1;
    }
    println!("{name}: {ran} cross-checks between {providers:?}");
    assert!(ran > 0, "{name}: nothing was checked");
}

fn curve(curve: Curve) {
    crosscheck(curve.name(), Operation::Dh(curve), |random, providers| {
        let [one, other] = [random.bytes(curve.private_len()), random.bytes(curve.private_len())];
        let public = |private: &[u8]| {
            agreed(providers.iter().map(|provider| {
                let mut public = vec![0; curve.public_len()];
                provider.hazmat().dh.public_key(curve, private, &mut public).map(|()| public)
            }))
        };
        let agree = |private: &[u8], peer: &[u8]| {
            agreed(providers.iter().map(|provider| {
                let mut shared = vec![0; curve.private_len()];
                provider.hazmat().dh.agree(curve, private, peer, &mut shared).map(|()| shared)
            }))
        };
        // A private key out of range must be refused by all; then there is nothing more to compare.
        let (Ok(one_public), Ok(other_public)) = (public(&one), public(&other)) else { return };
        assert_eq!(agree(&one, &other_public).unwrap(), agree(&other, &one_public).unwrap());
        let _ = agree(&one, &random.flipped(&other_public));
        let _ = agree(&one, &random.bytes(curve.public_len()));
    });
}

#[test]
fn x25519() {
    curve(Curve::X25519);
}

#[test]
fn p256() {
    curve(Curve::P256);
}

#[test]
fn p384() {
    curve(Curve::P384);
}

#[test]
fn a_zero_x25519_result_and_a_bad_point_are_told_alike() {
    for provider in with(Operation::Dh(Curve::X25519)) {
        let dh = provider.hazmat().dh;
        let mut shared = [1; 32];
        for small in [0, 1] {
            let mut peer = [0; 32];
            peer[0] = small;
            assert_eq!(dh.agree(Curve::X25519, &[7; 32], &peer, &mut shared), Ok(()), "{provider:?}");
            assert_eq!(shared, [0; 32]);
        }
        for curve in [Curve::P256, Curve::P384] {
            let private = vec![1; curve.private_len()];
            let mut point = vec![0; curve.public_len()];
            dh.public_key(curve, &private, &mut point).unwrap();
            // The point is right, but its form is the hybrid one.
            point[0] = 6 | (point[curve.public_len() - 1] & 1);
            let mut shared = private.clone();
            let refused = Err(Error::NonCanonical(twinlock::error::Field::PublicKey));
            assert_eq!(dh.agree(curve, &private, &point, &mut shared), refused, "{provider:?}");
            for bad in [vec![0; curve.private_len()], vec![0xff; curve.private_len()]] {
                let refused = Err(Error::NonCanonical(twinlock::error::Field::PrivateKey));
                assert_eq!(dh.public_key(curve, &bad, &mut point), refused, "{provider:?}");
            }
        }
    }
}

#[test]
fn ed25519() {
    crosscheck("Ed25519", Operation::Ed25519, |random, providers| {
        let (seed, message) = (random.array(), random.some(200));
        let (key, signature) = agreed(providers.iter().map(|provider| {
            let key = provider.hazmat().ed25519.key(&seed).unwrap();
            (key.verifying_key(), key.sign(&message).unwrap())
        }));
        let judge = |key: &[u8; 32], message: &[u8], signature: &[u8]| {
            let signature = signature.try_into().unwrap();
            agreed(providers.iter().map(|provider| provider.hazmat().ed25519.verify(key, message, signature)))
        };
        assert_eq!(judge(&key, &message, &signature), Ok(()));
        assert_eq!(judge(&key, &message, &random.flipped(&signature)), Err(Error::Rejected));
        assert_eq!(judge(&key, &[&message[..], b"+"].concat(), &signature), Err(Error::Rejected));
        let other = random.flipped(&key);
        assert_eq!(judge(other[..].try_into().unwrap(), &message, &signature), Err(Error::Rejected));
    });
}

#[test]
fn an_ed25519_signature_whose_r_has_small_order_is_refused_by_all() {
    // The public key is the base point, its secret scalar 1. With R the identity, S = h solves S·B = R + h·A.
    let mut key = [0x66; 32];
    key[0] = 0x58;
    let mut signature = [0; 64];
    signature[0] = 1;
    let hash = {
        let mut hash = [0; 64];
        let parts: [&[u8]; 3] = [&signature[..32], &key, b"message"];
        twinlock::provider::RUST.hazmat().hash.digest(Hash::Sha512, &parts, &mut hash);
        U512::from_le_slice(&hash)
    };
    let order = U512::from_be_hex(concat!(
        "0000000000000000000000000000000000000000000000000000000000000000",
        "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"
    ));
    let s = hash.rem_vartime(&NonZero::new(order).unwrap()).to_le_bytes();
    signature[32..].copy_from_slice(&AsRef::<[u8]>::as_ref(&s)[..32]);

    let lax = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    let parsed = ed25519_dalek::Signature::from_bytes(&signature);
    assert!(ed25519_dalek::Verifier::verify(&lax, b"message", &parsed).is_ok(), "the equation holds");
    for provider in with(Operation::Ed25519) {
        let verdict = provider.hazmat().ed25519.verify(&key, b"message", &signature);
        assert_eq!(verdict, Err(Error::Rejected), "{provider:?}");
    }
}

#[test]
fn ml_kem() {
    for params in MlKem::ALL {
        crosscheck(params.name(), Operation::MlKem, |random, providers| {
            let (seed, m) = (random.array(), random.array());
            let keys: Vec<_> = providers.iter().map(|p| p.hazmat().ml_kem.key(params, &seed).unwrap()).collect();
            let ek = agreed(keys.iter().map(|key| key.encapsulation_key()));
            let open = |ct: &[u8]| {
                agreed(keys.iter().map(|key| {
                    let mut secret = [0; 32];
                    key.decapsulate(ct, &mut secret).unwrap();
                    secret
                }))
            };
            for provider in providers {
                let (mut ct, mut sent) = (vec![0; params.ciphertext_len()], [0; 32]);
                let mut fill = |out: &mut [u8]| {
                    random.fill(out);
                    Ok(())
                };
                provider.hazmat().ml_kem.encapsulate(params, &ek, &mut fill, &mut ct, &mut sent).unwrap();
                assert_eq!(open(&ct), sent, "{provider:?}");
                assert_ne!(open(&random.flipped(&ct)), sent, "{provider:?}");
            }
            let derand = with(Operation::MlKemEncapsulateDerand);
            assert!(derand.len() > 1);
            agreed(derand.iter().map(|provider| {
                let (mut ct, mut sent) = (vec![0; params.ciphertext_len()], [0; 32]);
                provider.hazmat().ml_kem.encapsulate_derand(params, &ek, &m, &mut ct, &mut sent).unwrap();
                (ct, sent)
            }));
        });
    }
}

fn ml_dsa(params: MlDsa) {
    crosscheck(params.name(), Operation::MlDsa, |random, providers| {
        let (seed, fresh) = (random.array(), random.array());
        let (message, context) = (random.some(200), random.some(255));
        let keys: Vec<_> = providers.iter().map(|p| p.hazmat().ml_dsa.key(params, &seed).unwrap()).collect();
        let vk = agreed(keys.iter().map(|key| key.verifying_key().unwrap()));
        let judge = |message: &[u8], context: &[u8], signature: &[u8]| {
            agreed(providers.iter().map(|p| p.hazmat().ml_dsa.verify(params, &vk, message, context, signature)))
        };
        for randomness in [[0; 32], fresh] {
            let signature = agreed(keys.iter().map(|key| {
                let mut signature = vec![0; params.signature_len()];
                key.sign(&message, &context, &randomness, &mut signature).unwrap();
                signature
            }));
            assert_eq!(judge(&message, &context, &signature), Ok(()));
            assert_eq!(judge(&message, &context, &random.flipped(&signature)), Err(Error::Rejected));
            assert_eq!(judge(&[&message[..], b"+"].concat(), &context, &signature), Err(Error::Rejected));
        }
    });
}

#[test]
fn ml_dsa_44() {
    ml_dsa(MlDsa::MlDsa44);
}

#[test]
fn ml_dsa_65() {
    ml_dsa(MlDsa::MlDsa65);
}

#[test]
fn ml_dsa_87() {
    ml_dsa(MlDsa::MlDsa87);
}

fn hybrid(kem: Kem) {
    let part = kem.classical().map_or(kem.name(), Curve::name);
    crosscheck_of(kem.name(), part, Operation::MlKem, |random, providers| {
        let seed = random.bytes(kem.seed_len());
        let keys: Vec<_> =
            providers.iter().map(|p| DecapsulationKey::from_seed(p, kem, Seed::from_slice(&seed))).collect();
        // A scalar out of range is refused by all alike.
        let ek = agreed(keys.iter().map(|key| key.as_ref().map(|key| key.encapsulation_key().as_bytes())));
        let (Ok(ek), keys) = (ek, keys.iter().flatten().collect::<Vec<_>>()) else { return };
        let open =
            |ct: &[u8]| agreed(keys.iter().map(|key| key.decapsulate(ct).map(|secret| secret.secret_bytes().to_vec())));
        for provider in providers {
            let (ct, sent) = EncapsulationKey::from_bytes(provider, kem, ek).unwrap().encapsulate(random).unwrap();
            assert_eq!(open(&ct).unwrap(), sent.secret_bytes(), "{provider:?}");
            // Error or secret, it is the same for all. X25519 ignores the top bit of a point, so that a TLS
            // hybrid gives the sent secret when that one is flipped.
            let _ = open(&random.flipped(&ct));
        }
    });
}

#[test]
fn x_wing() {
    hybrid(Kem::XWing);
}

#[test]
fn tls_x25519_ml_kem_768() {
    hybrid(Kem::X25519MlKem768);
}

#[test]
fn tls_p256_ml_kem_768() {
    hybrid(Kem::SecP256r1MlKem768);
}

#[test]
fn tls_p384_ml_kem_1024() {
    hybrid(Kem::SecP384r1MlKem1024);
}

fn composite(algorithm: Signature) {
    crosscheck(algorithm.name(), Operation::MlDsa, |random, providers| {
        let (seed, randomness) = (random.bytes(algorithm.seed_len()), Seed::from_slice(&random.bytes(32)));
        let (message, context) = (random.some(200), random.some(255));
        let (vk, signature) = agreed(providers.iter().map(|provider| {
            let key = SigningKey::from_seed(provider, algorithm, Seed::from_slice(&seed)).unwrap();
            let signature = key.sign_derand(&message, &context, &randomness).unwrap();
            (key.verifying_key().as_bytes().to_vec(), signature)
        }));
        let judge = |signature: &[u8]| {
            agreed(providers.iter().map(|provider| {
                VerifyingKey::from_bytes(provider, algorithm, &vk).unwrap().verify(&message, &context, signature)
            }))
        };
        assert_eq!(judge(&signature), Ok(()));
        assert_eq!(judge(&random.flipped(&signature)), Err(Error::Rejected));
    });
}

#[test]
fn composite_44() {
    composite(Signature::MlDsa44Ed25519);
}

#[test]
fn composite_65() {
    composite(Signature::MlDsa65Ed25519);
}

#[test]
fn aeads() {
    for algorithm in Aead::ALL {
        crosscheck(algorithm.name(), Operation::Aead(algorithm), |random, providers| {
            let (key, nonce): ([u8; 32], [u8; 12]) = (random.array(), random.array());
            let (aad, plain) = (random.some(100), random.some(1000));
            let keys: Vec<_> = providers.iter().map(|p| p.hazmat().aead.key(algorithm, &key).unwrap()).collect();
            let (sealed, tag) = agreed(keys.iter().map(|key| {
                let mut data = plain.clone();
                let tag = key.seal(&nonce, &aad, &mut data).unwrap();
                (data, tag)
            }));
            let bad_tag: [u8; 16] = random.flipped(&tag).try_into().unwrap();
            for key in &keys {
                let mut data = sealed.clone();
                key.open(&nonce, &aad, &mut data, &tag).unwrap();
                assert_eq!(data, plain);
                let bad_aad = [&aad[..], b"+"].concat();
                assert_eq!(key.open(&nonce, &bad_aad, &mut sealed.clone(), &tag), Err(Error::Rejected));
                assert_eq!(key.open(&nonce, &aad, &mut sealed.clone(), &bad_tag), Err(Error::Rejected));
                if !sealed.is_empty() {
                    let mut bad = random.flipped(&sealed);
                    assert_eq!(key.open(&nonce, &aad, &mut bad, &tag), Err(Error::Rejected));
                }
            }
        });
    }
}

const HASHES: [Hash; 4] = [Hash::Sha256, Hash::Sha384, Hash::Sha512, Hash::Sha3_256];

#[test]
fn hashes() {
    for hash in HASHES {
        crosscheck(hash.name(), Operation::Hash(hash), |random, providers| {
            let (head, tail) = (random.some(300), random.some(300));
            agreed(providers.iter().map(|provider| {
                let (mut whole, mut early, mut late) = (vec![0; hash.output_len()], vec![0; hash.output_len()], [0; 7]);
                provider.hazmat().hash.digest(hash, &[&head, &tail], &mut whole);
                // A snapshot goes on, and a shorter one takes the front.
                let mut state = provider.hazmat().hash.start(hash);
                state.update(&head);
                state.snapshot(&mut early);
                state.update(&tail);
                state.snapshot(&mut late);
                assert_eq!(whole[..7], late);
                (early, whole)
            }));
        });
    }
    crosscheck("SHAKE256", Operation::Shake256, |random, providers| {
        let (input, len) = (random.some(300), random.below(500));
        agreed(providers.iter().map(|provider| {
            let mut out = vec![0; len];
            provider.hazmat().hash.shake256(&input, &mut out);
            out
        }));
    });
}

#[test]
fn kdfs() {
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        crosscheck(&format!("HKDF and HMAC with {}", hash.name()), Operation::Kdf, |random, providers| {
            let (salt, ikm, info) = (random.some(200), random.some(200), [random.some(60), random.some(60)]);
            let len = random.below(255 * hash.output_len() + 1);
            agreed(providers.iter().map(|provider| {
                let kdf = provider.hazmat().kdf;
                let (mut prk, mut tag, mut okm) =
                    (vec![0; hash.output_len()], vec![0; hash.output_len()], vec![0; len]);
                kdf.extract(hash, &salt, &ikm, &mut prk).unwrap();
                kdf.expand(hash, &prk, &[&info[0], &info[1]], &mut okm).unwrap();
                kdf.hmac(hash, &salt, &info[0], &mut tag).unwrap();
                (prk, okm, tag)
            }));
        });
    }
}
