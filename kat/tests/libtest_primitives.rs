//! One published implementation behind each of the other traits, each case as a test.

use aws_lc_rs::{aead, agreement, hkdf};
use ml_dsa::{ExpandedSigningKey, MlDsa65, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use sha3::Sha3_256;
use shake::{ExtendableOutput as _, Shake256, Update as _, XofReader as _};
use twinlock_kat::{Alg, Lack, Reason, primitives::*};

struct RustCryptoMlDsa65;

impl RustCryptoMlDsa65 {
    /// The formatted message M′ of FIPS 204 algorithms 2 and 3.
    fn formatted(msg: &[u8], ctx: &[u8]) -> Answered<Vec<u8>> {
        let length = u8::try_from(ctx.len()).map_err(|_| Reason::Ctx)?;
        Ok([&[0, length], ctx, msg].concat())
    }
}

impl Signature for RustCryptoMlDsa65 {
    fn alg(&self) -> Alg {
        Alg::MlDsa65
    }

    #[expect(deprecated, reason = "vectors have expanded keys")]
    fn keygen(&self, seed: &[u8]) -> Answered<SignatureKey> {
        let seed: [u8; 32] = seed.try_into().map_err(|_| Reason::Length)?;
        let key = SigningKey::<MlDsa65>::from_seed(&seed.into());
        let expanded = key.expanded_key();
        Ok(SignatureKey { pk: expanded.verifying_key().encode().to_vec(), sk: Some(expanded.to_expanded().to_vec()) })
    }

    fn sign(&self, key: PrivateKey<'_>, msg: &[u8], ctx: &[u8], rnd: &[u8]) -> Answered<Vec<u8>> {
        let msg = Self::formatted(msg, ctx)?;
        self.sign_internal(key, &msg, rnd)
    }

    fn sign_internal(&self, key: PrivateKey<'_>, msg: &[u8], rnd: &[u8]) -> Answered<Vec<u8>> {
        let PrivateKey::Seed(seed) = key else { return Err(Lack::Key.into()) };
        let [seed, rnd] = [seed, rnd].map(<[u8; 32]>::try_from);
        let key = ExpandedSigningKey::<MlDsa65>::from_seed(&seed.map_err(|_| Reason::Length)?.into());
        Ok(key.sign_internal(&[msg], &rnd.map_err(|_| Reason::Length)?.into()).encode().to_vec())
    }

    fn verify(&self, pk: &[u8], msg: &[u8], ctx: &[u8], sig: &[u8]) -> Answered<()> {
        self.verify_internal(pk, &Self::formatted(msg, ctx)?, sig)
    }

    fn verify_internal(&self, pk: &[u8], msg: &[u8], sig: &[u8]) -> Answered<()> {
        let key = VerifyingKey::<MlDsa65>::decode(pk.try_into().map_err(|_| Reason::Length)?);
        let sig = ml_dsa::Signature::<MlDsa65>::try_from(sig).map_err(|_| Reason::Tag)?;
        Ok(key.verify_internal(msg, &sig).then_some(()).ok_or(Reason::Tag)?)
    }
}

struct AwsLcX25519;

impl AwsLcX25519 {
    fn private(private: &[u8]) -> Answered<agreement::PrivateKey> {
        Ok(agreement::PrivateKey::from_private_key(&agreement::X25519, private).map_err(|_| Reason::Length)?)
    }
}

impl KeyAgreement for AwsLcX25519 {
    fn alg(&self) -> Alg {
        Alg::X25519
    }

    fn agree(&self, private: &[u8], public: &[u8]) -> Answered<Vec<u8>> {
        if public.len() != 32 {
            return Err(Reason::Length.into()); // AWS-LC takes a key in DER too.
        }
        let public = agreement::UnparsedPublicKey::new(&agreement::X25519, public);
        let zero = NoAnswer::Reject(Reason::Zero);
        agreement::agree(&Self::private(private)?, public, zero, |shared| Ok(shared.to_vec()))
    }

    fn public_key(&self, private: &[u8]) -> Answered<Vec<u8>> {
        let public =
            Self::private(private)?.compute_public_key().map_err(|error| NoAnswer::Error(error.to_string()))?;
        Ok(public.as_ref().to_vec())
    }
}

struct AwsLcAes256;

impl AwsLcAes256 {
    fn prepare(key: &[u8], nonce: &[u8], tag_len: usize) -> Answered<(aead::LessSafeKey, aead::Nonce)> {
        if tag_len != aead::AES_256_GCM.tag_len() {
            return Err(Lack::Param.into());
        }
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, key).map_err(|_| Reason::Length)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| Lack::Param)?;
        Ok((aead::LessSafeKey::new(key), nonce))
    }
}

impl Aead for AwsLcAes256 {
    fn alg(&self) -> Alg {
        Alg::Aes256Gcm
    }

    fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], msg: &[u8], tag_len: usize) -> Answered<Sealed> {
        let (key, nonce) = Self::prepare(key, nonce, tag_len)?;
        let mut ct = msg.to_vec();
        let tag = key.seal_in_place_separate_tag(nonce, aead::Aad::from(aad), &mut ct);
        let tag = tag.map_err(|error| NoAnswer::Error(error.to_string()))?;
        Ok(Sealed { ct, tag: tag.as_ref().to_vec() })
    }

    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ct: &[u8], tag: &[u8]) -> Answered<Vec<u8>> {
        let (key, nonce) = Self::prepare(key, nonce, tag.len())?;
        let mut sealed = [ct, tag].concat();
        Ok(key.open_in_place(nonce, aead::Aad::from(aad), &mut sealed).map_err(|_| Reason::Tag)?.to_vec())
    }
}

struct AwsLcHkdf;

impl Kdf for AwsLcHkdf {
    fn alg(&self) -> Alg {
        Alg::HkdfSha256
    }

    fn derive(&self, ikm: &[u8], salt: &[u8], info: &[u8], len: usize) -> Answered<Vec<u8>> {
        struct Length(usize);
        impl hkdf::KeyType for Length {
            fn len(&self) -> usize {
                self.0
            }
        }
        let info = [info];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(ikm);
        let mut okm = vec![0; len];
        prk.expand(&info, Length(len)).and_then(|expanded| expanded.fill(&mut okm)).map_err(|_| Reason::Length)?;
        Ok(okm)
    }
}

struct RustCryptoSha256;

impl Hash for RustCryptoSha256 {
    fn alg(&self) -> Alg {
        Alg::Sha256
    }

    fn digest(&self, msg: &[u8]) -> Answered<Vec<u8>> {
        Ok(Sha256::digest(msg).to_vec())
    }
}

struct RustCryptoSha3;

impl Hash for RustCryptoSha3 {
    fn alg(&self) -> Alg {
        Alg::Sha3_256
    }

    fn digest(&self, msg: &[u8]) -> Answered<Vec<u8>> {
        Ok(Sha3_256::digest(msg).to_vec())
    }
}

struct RustCryptoShake256;

impl Xof for RustCryptoShake256 {
    fn alg(&self) -> Alg {
        Alg::Shake256
    }

    fn output(&self, msg: &[u8], len: usize) -> Answered<Vec<u8>> {
        let mut output = vec![0; len];
        Shake256::default().chain(msg).finalize_xof().read(&mut output);
        Ok(output)
    }
}

twinlock_kat::kat_tests! {
    implementation: signature(RustCryptoMlDsa65),
    implementation: key_agreement(AwsLcX25519),
    implementation: aead(AwsLcAes256),
    implementation: kdf(AwsLcHkdf),
    implementation: hash(RustCryptoSha256),
    implementation: hash(RustCryptoSha3),
    implementation: xof(RustCryptoShake256),
    sets: [
        "acvp-2024/ML-DSA",
        "rsp/ML-DSA-65",
        "wycheproof/mldsa_65",
        "wycheproof/x25519",
        "wycheproof/hkdf_sha256",
        "wycheproof/aes_gcm",
        "cavp/gcmDecrypt256",
        "cavp/gcmEncryptExtIV256",
        "cavp/SHA256",
        "cavp/SHA3_256",
        "cavp/SHAKE256",
    ],
    policy: twinlock_kat::Policy::Tls,
}
