//! NIST ACVP: the release of 2024 from the packages `fips203` and `fips204`, and that of July 2026 from the
//! data folder.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;
use twinlock::provider::Operation;
use twinlock_kat::{Case, acvp};

use crate::{data, run};

/// What `cargo` knows about the packages of this workspace. `fips203` and `fips204` are listed and fetched,
/// never built.
static PACKAGES: LazyLock<Value> = LazyLock::new(|| {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let output =
        Command::new(cargo).args(["metadata", "--format-version=1", "--manifest-path"]).arg(manifest).output().unwrap();
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
});

/// Where cargo keeps the source of a package.
fn package(name: &str) -> PathBuf {
    let packages = PACKAGES.get("packages").and_then(Value::as_array).unwrap();
    let package = packages.iter().find(|package| package.get("name").is_some_and(|found| found == name)).unwrap();
    let manifest = package.get("manifest_path").and_then(Value::as_str).unwrap();
    Path::new(manifest).parent().unwrap().into()
}

fn release_of_2024(package: &str, set: &str) -> Vec<Case> {
    let path = self::package(package).join("tests/nist_vectors").join(set).join("internalProjection.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    acvp::from_projection(&text).unwrap()
}

/// Prompt with results, and the projection where there is one: both must give the same cases.
fn release_of_2026(test: &str, set: &str, has_projection: bool) -> Option<Vec<Case>> {
    let file = |name: &str| data(test, &format!("vectors/acvp-nist-2026-07/{set}/{name}.json"));
    let cases = acvp::from_prompt(&file("prompt")?, &file("expectedResults")?).unwrap();
    if has_projection {
        let projection = acvp::from_projection(&file("internalProjection")?).unwrap();
        assert_eq!(projection.len(), cases.len());
        for (a, b) in projection.iter().zip(&cases) {
            assert_eq!(format!("{} {:?} {:?}", a.id, a.op, a.expect), format!("{} {:?} {:?}", b.id, b.op, b.expect));
        }
        return Some(projection); // its notes tell the reasons
    }
    Some(cases)
}

#[test]
fn acvp_ml_kem_key_generation() {
    const SET: &str = "ML-KEM-keyGen-FIPS203";
    run("ACVP 2024 ML-KEM keyGen", Operation::MlKem, &release_of_2024("fips203", SET));
    if let Some(cases) = release_of_2026("acvp_ml_kem_key_generation", SET, true) {
        run("ACVP 2026 ML-KEM keyGen", Operation::MlKem, &cases);
    }
}

#[test]
fn acvp_ml_kem_encapsulation_and_decapsulation() {
    const SET: &str = "ML-KEM-encapDecap-FIPS203";
    run("ACVP 2024 ML-KEM encapDecap", Operation::MlKem, &release_of_2024("fips203", SET));
    if let Some(cases) = release_of_2026("acvp_ml_kem_encapsulation_and_decapsulation", SET, true) {
        run("ACVP 2026 ML-KEM encapDecap", Operation::MlKem, &cases);
    }
}

#[test]
fn acvp_ml_dsa_key_generation() {
    const SET: &str = "ML-DSA-keyGen-FIPS204";
    run("ACVP 2024 ML-DSA keyGen", Operation::MlDsa, &release_of_2024("fips204", SET));
    if let Some(cases) = release_of_2026("acvp_ml_dsa_key_generation", SET, false) {
        run("ACVP 2026 ML-DSA keyGen", Operation::MlDsa, &cases);
    }
}

#[test]
fn acvp_ml_dsa_signing_of_2024() {
    let cases = release_of_2024("fips204", "ML-DSA-sigGen-FIPS204");
    run("ACVP 2024 ML-DSA sigGen", Operation::MlDsaExpanded, &cases);
}

#[test]
fn acvp_ml_dsa_signing_of_2026() {
    if let Some(cases) = release_of_2026("acvp_ml_dsa_signing_of_2026", "ML-DSA-sigGen-FIPS204", false) {
        run("ACVP 2026 ML-DSA sigGen", Operation::MlDsaExpanded, &cases);
    }
}

#[test]
fn acvp_ml_dsa_verification() {
    const SET: &str = "ML-DSA-sigVer-FIPS204";
    run("ACVP 2024 ML-DSA sigVer", Operation::MlDsaInternal, &release_of_2024("fips204", SET));
    if let Some(cases) = release_of_2026("acvp_ml_dsa_verification", SET, false) {
        run("ACVP 2026 ML-DSA sigVer", Operation::MlDsa, &cases);
    }
}
