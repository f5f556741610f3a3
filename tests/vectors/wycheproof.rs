//! Wycheproof.

use twinlock::{
    ids::{self, Curve},
    provider::Operation,
};
use twinlock_kat::{Aead, Hash, MlDsa, MlKem, wycheproof};

use crate::run;

#[test]
fn wycheproof_x25519() {
    run("Wycheproof X25519", Operation::Dh(Curve::X25519), &wycheproof::x25519().unwrap());
}

#[test]
fn wycheproof_ed25519() {
    run("Wycheproof Ed25519", Operation::Ed25519, &wycheproof::ed25519().unwrap());
}

#[test]
fn wycheproof_ml_kem() {
    for &params in MlKem::ALL {
        for set in wycheproof::MlKemSet::ALL {
            let needs = match set {
                wycheproof::MlKemSet::KeyGen | wycheproof::MlKemSet::Decapsulate => Operation::MlKem,
                wycheproof::MlKemSet::Encapsulate => Operation::MlKemEncapsulate,
                wycheproof::MlKemSet::DecapsulateExpanded => Operation::MlKemExpanded,
            };
            let name = format!("Wycheproof {} {}", params.name(), set.name());
            run(&name, needs, &wycheproof::ml_kem(params, set).unwrap());
        }
    }
}

fn ml_dsa_sign(params: MlDsa) {
    let name = params.name();
    let cases = wycheproof::ml_dsa_sign(params, false).unwrap();
    run(&format!("Wycheproof {name} signing with seeds"), Operation::MlDsa, &cases);
    let cases = wycheproof::ml_dsa_sign(params, true).unwrap();
    run(&format!("Wycheproof {name} signing with expanded keys"), Operation::MlDsaExpanded, &cases);
}

#[test]
fn wycheproof_ml_dsa_44_signing() {
    ml_dsa_sign(MlDsa::MlDsa44);
}

#[test]
fn wycheproof_ml_dsa_65_signing() {
    ml_dsa_sign(MlDsa::MlDsa65);
}

#[test]
fn wycheproof_ml_dsa_87_signing() {
    ml_dsa_sign(MlDsa::MlDsa87);
}

#[test]
fn wycheproof_ml_dsa_verification() {
    for &params in MlDsa::ALL {
        let name = format!("Wycheproof {} verification", params.name());
        run(&name, Operation::MlDsa, &wycheproof::ml_dsa_verify(params).unwrap());
    }
}

#[test]
fn wycheproof_hkdf() {
    for &hash in Hash::ALL {
        run(&format!("Wycheproof HKDF-{}", hash.name()), Operation::Kdf, &wycheproof::hkdf(hash).unwrap());
    }
}

#[test]
fn wycheproof_aead() {
    for (algorithm, id) in [(Aead::AesGcm, ids::Aead::Aes256Gcm), (Aead::ChaCha20Poly1305, ids::Aead::ChaCha20Poly1305)]
    {
        let name = format!("Wycheproof {}", id.name());
        run(&name, Operation::Aead(id), &wycheproof::aead(algorithm).unwrap());
    }
}
