//! The one shape that every file is read into.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One vector.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its number in its file, for people: `tg 3, tc 45`.
    pub id: String,
    /// What the file says that it tests; may be empty.
    pub note: String,
    /// What to compute, from what.
    pub op: Op,
    /// What must come of it.
    pub expect: Expect,
}

/// What must come of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// These outputs, each byte for byte; none if the operation only accepts.
    Output(Output),
    /// A refusal.
    Reject,
    /// Either: a refusal, or these outputs (Wycheproof's "acceptable").
    Either(Output),
}

/// Outputs by the standard's letters, as [`Op`] gives them.
pub type Output = BTreeMap<&'static str, Vec<u8>>;

/// An operation with its inputs. Inputs may have any length: wrong ones are cases.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Op {
    /// RFC 7748. Gives `shared`.
    X25519 {
        /// The private key.
        private: Vec<u8>,
        /// The peer's u-coordinate.
        public: Vec<u8>,
    },
    /// RFC 8032 verification.
    Ed25519Verify {
        /// The verifying key.
        public: Vec<u8>,
        /// The message.
        message: Vec<u8>,
        /// The signature.
        signature: Vec<u8>,
    },
    /// FIPS 203 algorithm 16. Gives `ek` and `dk`.
    MlKemKeyGen {
        /// The parameter set.
        params: MlKem,
        /// `d ‖ z`.
        seed: Vec<u8>,
    },
    /// FIPS 203 algorithm 17, after the checks of §7.2. Gives `c` and `K`.
    MlKemEncapsulate {
        /// The parameter set.
        params: MlKem,
        /// The encapsulation key.
        ek: Vec<u8>,
        /// The randomness.
        m: Vec<u8>,
    },
    /// FIPS 203 algorithm 18, after the checks of §7.3. Gives `K`, and `ek` of the key.
    MlKemDecapsulate {
        /// The parameter set.
        params: MlKem,
        /// The decapsulation key.
        key: LatticeKey,
        /// The ciphertext.
        c: Vec<u8>,
    },
    /// The checks of FIPS 203 §7.2.
    MlKemCheckEncapsulationKey {
        /// The parameter set.
        params: MlKem,
        /// The encapsulation key.
        ek: Vec<u8>,
    },
    /// The checks of FIPS 203 §7.3 on an expanded key.
    MlKemCheckDecapsulationKey {
        /// The parameter set.
        params: MlKem,
        /// The decapsulation key.
        dk: Vec<u8>,
    },
    /// FIPS 204 algorithm 6. Gives `pk` and `sk`.
    MlDsaKeyGen {
        /// The parameter set.
        params: MlDsa,
        /// ξ.
        seed: Vec<u8>,
    },
    /// FIPS 204 algorithms 2, 4 and 7. Gives `signature`.
    MlDsaSign {
        /// The parameter set.
        params: MlDsa,
        /// The signing key.
        key: LatticeKey,
        /// What is signed.
        input: MlDsaInput,
        /// The randomness; zeros in the deterministic variant.
        rnd: Vec<u8>,
    },
    /// FIPS 204 algorithms 3, 5 and 8.
    MlDsaVerify {
        /// The parameter set.
        params: MlDsa,
        /// The verifying key.
        pk: Vec<u8>,
        /// What was signed.
        input: MlDsaInput,
        /// The signature.
        signature: Vec<u8>,
    },
    /// RFC 5869, extract then expand. Gives `okm`.
    Hkdf {
        /// The hash.
        hash: Hash,
        /// Input key material.
        ikm: Vec<u8>,
        /// The salt; empty if not given.
        salt: Vec<u8>,
        /// The info.
        info: Vec<u8>,
        /// Length of the output in bytes.
        len: usize,
    },
    /// Opens, then seals what was opened. Gives `msg`, `ct` and `tag`.
    Aead {
        /// The algorithm.
        algorithm: Aead,
        /// The key.
        key: Vec<u8>,
        /// The nonce.
        nonce: Vec<u8>,
        /// The associated data.
        aad: Vec<u8>,
        /// The ciphertext without its tag.
        ct: Vec<u8>,
        /// The tag.
        tag: Vec<u8>,
    },
    /// Draft-connolly-cfrg-xwing-kem-10 §5.2. Gives `pk`.
    XWingKeyGen {
        /// The decapsulation key, which is its seed.
        sk: Vec<u8>,
    },
    /// The same draft, §5.4.1. Gives `ct` and `ss`.
    XWingEncapsulate {
        /// The encapsulation key.
        pk: Vec<u8>,
        /// ML-KEM's `m` ‖ the ephemeral X25519 key.
        eseed: Vec<u8>,
    },
    /// The same draft, §5.5. Gives `ss`.
    XWingDecapsulate {
        /// The decapsulation key, which is its seed.
        sk: Vec<u8>,
        /// The ciphertext.
        ct: Vec<u8>,
    },
    /// A composite key, or an ML-DSA key, from what a file stores. Gives `pk`.
    CompositeKeyGen {
        /// The algorithm's name in the draft: `id-MLDSA65-Ed25519-SHA512`.
        algorithm: String,
        /// The private key.
        sk: Vec<u8>,
    },
    /// Draft-ietf-lamps-pq-composite-sigs-19 §3.3, or ML-DSA verification.
    CompositeVerify {
        /// The algorithm's name in the draft.
        algorithm: String,
        /// The public key.
        pk: Vec<u8>,
        /// The message.
        message: Vec<u8>,
        /// The context.
        context: Vec<u8>,
        /// The signature.
        signature: Vec<u8>,
    },
}

/// A private lattice key in one of its two forms.
#[derive(Clone, Debug)]
pub enum LatticeKey {
    /// What FIPS 203 and FIPS 204 expand keys from.
    Seed(Vec<u8>),
    /// The expanded key.
    Expanded(Vec<u8>),
}

/// What ML-DSA signs.
#[derive(Clone, Debug)]
pub enum MlDsaInput {
    /// A message under a context (algorithms 2 and 3).
    Pure {
        /// The message.
        message: Vec<u8>,
        /// The context.
        context: Vec<u8>,
    },
    /// The hash of a message under a context (algorithms 4 and 5).
    PreHash {
        /// The name of the hash: `SHA2-256`.
        hash: String,
        /// The message.
        message: Vec<u8>,
        /// The context.
        context: Vec<u8>,
    },
    /// A formatted message M′ (algorithms 7 and 8).
    Internal(Vec<u8>),
    /// A message representative μ.
    Mu(Vec<u8>),
}

macro_rules! named {
    ($($(#[$doc:meta])* $type:ident { $($variant:ident = $name:literal,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
            pub enum $type {
                $(
                    #[doc = $name]
                    #[serde(rename = $name)]
                    $variant,
                )*
            }

            impl $type {
                /// All of them.
                pub const ALL: &[Self] = &[$(Self::$variant),*];

                /// The standard's name.
                pub const fn name(self) -> &'static str {
                    match self {
                        $(Self::$variant => $name,)*
                    }
                }
            }
        )*
    };
}

named! {
    /// The parameter sets of FIPS 203.
    MlKem { MlKem512 = "ML-KEM-512", MlKem768 = "ML-KEM-768", MlKem1024 = "ML-KEM-1024", }
    /// The parameter sets of FIPS 204.
    MlDsa { MlDsa44 = "ML-DSA-44", MlDsa65 = "ML-DSA-65", MlDsa87 = "ML-DSA-87", }
    /// The hashes of [`Op::Hkdf`].
    Hash { Sha256 = "SHA-256", Sha384 = "SHA-384", Sha512 = "SHA-512", }
    /// The algorithms of [`Op::Aead`].
    Aead { AesGcm = "AES-GCM", ChaCha20Poly1305 = "ChaCha20-Poly1305", }
}
