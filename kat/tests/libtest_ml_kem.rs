//! The published crate `ml-kem` behind the trait, each case as a test. `docs/kat-guide.md` shows this code.

use ml_kem::{Decapsulate, DecapsulationKey768, EncapsulationKey768, KeyExport};
use twinlock_kat::primitives::{Answered, Encapsulated, Kem, KemKey, PrivateKey, kem};
use twinlock_kat::{Alg, Reason};

struct Mine;

impl Kem for Mine {
    fn alg(&self) -> Alg {
        Alg::MlKem768
    }

    fn keygen(&self, seed: &[u8]) -> Answered<KemKey> {
        let key = decapsulation_key(PrivateKey::Seed(seed))?;
        Ok(KemKey { ek: key.encapsulation_key().to_bytes().to_vec(), dk: None })
    }

    fn encaps(&self, ek: &[u8], m: &[u8]) -> Answered<Encapsulated> {
        let m = m.try_into().map_err(|_| Reason::Length)?;
        let (c, k) = encapsulation_key(ek)?.encapsulate_deterministic(&m);
        Ok(Encapsulated { c: c.to_vec(), k: k.to_vec() })
    }

    fn decaps(&self, key: PrivateKey<'_>, c: &[u8]) -> Answered<Vec<u8>> {
        Ok(decapsulation_key(key)?.decapsulate_slice(c).map_err(|_| Reason::Length)?.to_vec())
    }

    fn check_ek(&self, ek: &[u8]) -> Answered<()> {
        encapsulation_key(ek).map(drop)
    }

    fn check_dk(&self, dk: &[u8]) -> Answered<()> {
        decapsulation_key(PrivateKey::Expanded(dk)).map(drop)
    }
}

fn encapsulation_key(ek: &[u8]) -> Answered<EncapsulationKey768> {
    let ek = ek.try_into().map_err(|_| Reason::Length)?;
    Ok(EncapsulationKey768::new(ek).map_err(|_| Reason::Modulus)?)
}

#[expect(deprecated, reason = "vectors have expanded keys")]
fn decapsulation_key(key: PrivateKey<'_>) -> Answered<DecapsulationKey768> {
    match key {
        PrivateKey::Seed(seed) => Ok(DecapsulationKey768::from_seed(seed.try_into().map_err(|_| Reason::Length)?)),
        PrivateKey::Expanded(dk) => {
            let dk = dk.try_into().map_err(|_| Reason::Length)?;
            Ok(DecapsulationKey768::from_expanded(dk).map_err(|_| Reason::Hash)?)
        }
    }
}

twinlock_kat::kat_tests! {
    implementation: kem(Mine),
    sets: [
        "acvp-2026/ML-KEM",
        "wycheproof/mlkem_768",
        "cctv/modulus-768",
        "cctv/strcmp-768",
        "rsp/ML-KEM-768",
        "generated/ml-kem-768-decapsulation-keys",
        "generated/ml-kem-768-encapsulation-keys",
        "generated/ml-kem-768-keys",
    ],
}
