//! The published crate `ml-kem` as each case's test. `docs/kat-guide.md` shows this file.

use ml_kem::{Decapsulate, DecapsulationKey768, EncapsulationKey768, KeyExport};
use twinlock_kat::primitives::{Answered, Encapsulated, Kem, KemKey, PrivateKey, kem};
use twinlock_kat::{Alg, Reason};

struct Mine;

impl Kem for Mine {
    fn alg(&self) -> Alg {
        Alg::MlKem768
    }

    fn keygen(&self, seed: &[u8]) -> Answered<KemKey> {
        let key = DecapsulationKey768::from_seed(seed.try_into().map_err(|_| Reason::Length)?);
        Ok(KemKey { ek: key.encapsulation_key().to_bytes().to_vec(), dk: None })
    }

    fn encaps(&self, ek: &[u8], m: &[u8]) -> Answered<Encapsulated> {
        let ek = ek.try_into().map_err(|_| Reason::Length)?;
        let key = EncapsulationKey768::new(ek).map_err(|_| Reason::Modulus)?;
        let (c, k) = key.encapsulate_deterministic(m.try_into().map_err(|_| Reason::Length)?);
        Ok(Encapsulated { c: c.to_vec(), k: k.to_vec() })
    }

    #[expect(deprecated, reason = "vectors have expanded keys")]
    fn decaps(&self, key: PrivateKey<'_>, c: &[u8]) -> Answered<Vec<u8>> {
        let key = match key {
            PrivateKey::Seed(seed) => DecapsulationKey768::from_seed(seed.try_into().map_err(|_| Reason::Length)?),
            PrivateKey::Expanded(dk) => {
                let dk = dk.try_into().map_err(|_| Reason::Length)?;
                DecapsulationKey768::from_expanded(dk).map_err(|_| Reason::Hash)?
            }
        };
        Ok(key.decapsulate_slice(c).map_err(|_| Reason::Length)?.to_vec())
    }
}

twinlock_kat::kat_tests! {
    implementation: kem(Mine),
    sets: ["acvp-2026/ML-KEM", "wycheproof/mlkem_768", "cctv/modulus-768", "cctv/strcmp-768", "rsp/ML-KEM-768"],
}
