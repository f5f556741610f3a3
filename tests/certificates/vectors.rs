//! Other people's certificates: the examples of RFC 9881 and RFC 9935, and the vectors of the composites' draft.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64ct::{Base64, Encoding as _};
use twinlock::{
    certificate::{Certificate, Error, Verifier},
    ids::{KeyKind, MlDsa, MlKem, Signature},
    keys,
};

use super::support::*;

/// The folder of vectors, if this machine has it.
fn vectors(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TWINLOCK_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from)
        .join("vectors");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {test}: no {}", folder.display());
    None
}

fn read(path: &Path) -> Certificate {
    Certificate::from_bytes(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_examples_of_lamps_verify() {
    let Some(folder) = vectors("the_examples_of_lamps_verify") else { return };
    let ca = |params: MlDsa| read(&folder.join(format!("lamps-mldsa-rfc9881/{}.crt", params.name())));
    for params in MlDsa::ALL {
        let own = [ca(params)];
        assert_eq!(own[0].algorithm(), Signature::MlDsa(params));
        assert_eq!(trusting(&own).verify(&own).unwrap().len(), 1);
        let public = fs::read(folder.join(format!("lamps-mldsa-rfc9881/{}.pub", params.name()))).unwrap();
        assert_eq!(*own[0].key(), keys::PublicKey::from_bytes(&public).unwrap());
    }
    // Each ML-KEM key is certified by the ML-DSA key of the next category.
    for (kem, ca_params) in MlKem::ALL.into_iter().zip(MlDsa::ALL) {
        let chain = [read(&folder.join(format!("lamps-mlkem-rfc9935/{}.crt", kem.name())))];
        assert_eq!(chain[0].key_usage().unwrap().names().collect::<Vec<_>>(), ["keyEncipherment"]);
        let anchors = [ca(ca_params)];
        assert_eq!(trusting(&anchors).verify(&chain).unwrap().len(), 2);
        let late = Verifier { at: time("2041-01-01T00:00:00Z"), ..trusting(&anchors) };
        assert!(late.verify(&chain).is_err());
    }
}

#[test]
fn files_of_lamps_that_are_no_certificates_are_refused() {
    let Some(folder) = vectors("files_of_lamps_that_are_no_certificates_are_refused") else { return };
    let mut count = 0;
    for set in ["lamps-mldsa-rfc9881", "lamps-mlkem-rfc9935"] {
        for path in fs::read_dir(folder.join(set)).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension != "crt") {
                count += 1;
                let verdict = Certificate::from_bytes(&fs::read(&path).unwrap());
                assert!(matches!(verdict, Err(Error::WrongDocument { .. })), "{}: {verdict:?}", path.display());
            }
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn the_certificates_of_the_composites_draft_verify() {
    let Some(folder) = vectors("the_certificates_of_the_composites_draft_verify") else { return };
    let text = fs::read_to_string(folder.join("composite-sigs/testvectors.json")).unwrap();
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (mut verified, mut unknown) = (Vec::new(), 0);
    for case in vectors["tests"].as_array().unwrap() {
        let name = case["tcId"].as_str().unwrap().trim_start_matches("id-");
        let der = Base64::decode_vec(case["x5c"].as_str().unwrap()).unwrap();
        match Certificate::from_der(&der) {
            Ok(certificate) => {
                assert_eq!(*certificate.key(), {
                    let kind = KeyKind::Signature(certificate.algorithm());
                    let key = Base64::decode_vec(case["pk"].as_str().unwrap()).unwrap();
                    keys::PublicKey::from_raw(kind, &key).unwrap()
                });
                let at = certificate.validity().from();
                let own = [certificate];
                Verifier { at, ..trusting(&own) }.verify(&own).unwrap_or_else(|error| panic!("{name}: {error}"));
                verified.push(own[0].algorithm().name());
            }
            Err(Error::Algorithm(keys::Error::UnknownAlgorithm(_))) => unknown += 1,
            Err(error) => panic!("{name}: {error}"),
        }
    }
    let expected = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "MLDSA44-Ed25519-SHA512", "MLDSA65-Ed25519-SHA512"];
    verified.sort_unstable();
    assert_eq!(verified, expected);
    assert_eq!(unknown, 16);
}
