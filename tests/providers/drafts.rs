//! What the drafts are to the standards. The documentation repeats these claims.

use twinlock::{
    Error,
    ids::{MlDsa, MlKem},
    provider::{Operation, PQCLEAN},
};

use crate::{Random, with};

#[test]
fn pqcrypto_kyber_and_ml_kem_open_each_others_ciphertexts_for_one_expanded_key() {
    let (mut random, draft) = (Random::new("drafts of ML-KEM"), PQCLEAN.draft());
    for params in MlKem::ALL {
        let (ek, expanded) = draft.kem_keypair(params).unwrap();
        let by_draft = draft.kem_encapsulate(params, &ek).unwrap();
        for provider in with(Operation::MlKemExpanded) {
            let raw = provider.hazmat();
            let key = raw.ml_kem.key_from_expanded(params, expanded.secret_bytes()).unwrap();
            assert_eq!(key.encapsulation_key(), ek, "{provider:?} {params:?}");

            let mut secret = [0; 32];
            key.decapsulate(&by_draft.0, &mut secret).unwrap();
            assert_eq!(secret, by_draft.1.secret_bytes());

            let mut ct = vec![0; params.ciphertext_len()];
            let mut fill = |out: &mut [u8]| {
                random.fill(out);
                Ok(())
            };
            raw.ml_kem.encapsulate(params, &ek, &mut fill, &mut ct, &mut secret).unwrap();
            let opened = draft.kem_decapsulate(params, expanded.secret_bytes(), &ct).unwrap();
            assert_eq!(opened.secret_bytes(), secret);

            // Implicit rejection is the same too.
            let bad = random.flipped(&ct);
            key.decapsulate(&bad, &mut secret).unwrap();
            let opened = draft.kem_decapsulate(params, expanded.secret_bytes(), &bad).unwrap();
            assert_eq!(opened.secret_bytes(), secret);
        }
    }
}

#[test]
fn pqcrypto_dilithium_and_ml_dsa_reject_each_others_signatures() {
    let draft = PQCLEAN.draft();
    for params in MlDsa::ALL {
        let (vk, expanded) = draft.signature_keypair(params).unwrap();
        let by_draft = draft.sign(params, expanded.secret_bytes(), b"message").unwrap();
        assert_eq!(draft.verify(params, &vk, b"message", &by_draft), Ok(()));
        assert_eq!(draft.verify(params, &vk, b"massage", &by_draft), Err(Error::Rejected));
        for provider in with(Operation::MlDsaExpanded) {
            let raw = provider.hazmat();
            assert_eq!(raw.ml_dsa.verify(params, &vk, b"message", b"", &by_draft), Err(Error::Rejected));

            let key = raw.ml_dsa.key_from_expanded(params, expanded.secret_bytes()).unwrap();
            let mut signature = vec![0; params.signature_len()];
            key.sign(b"message", b"", &[0; 32], &mut signature).unwrap();
            assert_eq!(raw.ml_dsa.verify(params, &vk, b"message", b"", &signature), Ok(()));
            assert_eq!(draft.verify(params, &vk, b"message", &signature), Err(Error::Rejected));

            // Under the message format, what remains different is the challenge: the draft samples it from 32
            // bytes of the commitment hash, the standard from all, which are 32 for ML-DSA-44 only.
            key.sign_internal(b"message", &[0; 32], &mut signature).unwrap();
            let verdict = if params == MlDsa::MlDsa44 { Ok(()) } else { Err(Error::Rejected) };
            assert_eq!(draft.verify(params, &vk, b"message", &signature), verdict, "{provider:?} {params:?}");
        }
    }
}
