//! The one table of algorithms, operations, and the names of inputs and outputs.
//!
//! Every format is read into these names, the protocol `kat/1` and the format `kat-vector/1` write them, and
//! whoever answers gives them back. Letters are the standards': `ek`, `dk`, `c`, `K`, `m` of FIPS 203, `pk`,
//! `sk`, `mu`, `rnd` of FIPS 204. Every KEM, hybrid or not, has the same three operations.

use core::fmt;

/// What kind of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes.
    Bytes,
    /// A name.
    Text,
    /// A number.
    Number,
}

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $(
                #[doc = concat!("`", $name, "`")]
                $(#[$vdoc])*
                $variant,
            )*
        }

        impl $type {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name, as files and protocols write it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The one of this name.
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

names! {
    /// The name of an input or an output.
    Field {
        /// An encapsulation key.
        Ek = "ek",
        /// An expanded decapsulation key.
        Dk = "dk",
        /// What a private key is expanded from: `d ‖ z` for ML-KEM, ξ for ML-DSA, a seed for Ed25519 and
        /// X-Wing; for a hybrid of RFC 10024 or of SSH, ML-KEM's seed ‖ the classical private key.
        Seed = "seed",
        /// The randomness of encapsulation; for a hybrid, ML-KEM's `m` ‖ the ephemeral private key.
        M = "m",
        /// A ciphertext; the responder's share in TLS and SSH.
        C = "c",
        /// A shared secret of a KEM.
        K = "K",
        /// A verifying key.
        Pk = "pk",
        /// An expanded signing key; for composites the private key of the draft.
        Sk = "sk",
        /// A message, or a plaintext.
        Msg = "msg",
        /// A context.
        Ctx = "ctx",
        /// The randomness of signing; zeros in the deterministic variant.
        Rnd = "rnd",
        /// The hash of pre-hash signing, named as ACVP names it: `SHA2-256`.
        Hash = "hash",
        /// A message representative μ.
        Mu = "mu",
        /// A signature.
        Sig = "sig",
        /// A private key of key agreement.
        Private = "private",
        /// A public key of key agreement.
        Public = "public",
        /// The result of key agreement.
        Shared = "shared",
        /// Input key material.
        Ikm = "ikm",
        /// A salt.
        Salt = "salt",
        /// An info.
        Info = "info",
        /// The length of an output in bytes.
        Len = "len",
        /// Output key material.
        Okm = "okm",
        /// A key of authenticated encryption.
        Key = "key",
        /// A nonce.
        Nonce = "nonce",
        /// Associated data.
        Aad = "aad",
        /// A ciphertext of authenticated encryption, without its tag in AEADs and with it in HPKE.
        Ct = "ct",
        /// A tag.
        Tag = "tag",
        /// The length of a tag in bytes; 16 if not given.
        TagLen = "tag_len",
        /// A digest, or the output of an extendable-output function.
        Digest = "digest",
        /// A DER encoding.
        Der = "der",
        /// The code point of HPKE's KEM.
        KemId = "kem_id",
        /// The code point of HPKE's KDF.
        KdfId = "kdf_id",
        /// The code point of HPKE's AEAD.
        AeadId = "aead_id",
        /// HPKE's mode: 0 base, 1 PSK, 2 auth, 3 auth with PSK.
        Mode = "mode",
        /// HPKE's pre-shared key.
        Psk = "psk",
        /// HPKE's name of the pre-shared key.
        PskId = "psk_id",
        /// The private key of HPKE's recipient.
        SkR = "skR",
        /// The public key of HPKE's recipient.
        PkR = "pkR",
        /// The public key of HPKE's sender, in the modes that have one.
        PkS = "pkS",
        /// HPKE's encapsulated secret.
        Enc = "enc",
        /// A sequence number.
        Seq = "seq",
        /// A secret that a record key or an exporter comes from.
        Secret = "secret",
        /// The code point of a Twinlock/1 suite.
        Suite = "suite",
        /// A record of Twinlock/1, header included.
        Record = "record",
        /// The randomness of a handshake's initiator.
        RndI = "rnd_i",
        /// The randomness of a handshake's responder.
        RndR = "rnd_r",
        /// The seed of the initiator's signing key.
        SeedI = "seed_i",
        /// The seed of the responder's signing key.
        SeedR = "seed_r",
        /// The first message of a handshake.
        M1 = "m1",
        /// The second message of a handshake.
        M2 = "m2",
        /// The third message of a handshake.
        M3 = "m3",
        /// The id of a channel.
        ChannelId = "channel_id",
    }
}

names! {
    /// An operation.
    Op {
        /// A key from a seed.
        Keygen = "keygen",
        /// Encapsulation with given randomness, after the checks of the encapsulation key.
        Encaps = "encaps",
        /// Decapsulation, after the checks of an expanded key.
        Decaps = "decaps",
        /// The checks of FIPS 203 §7.2.
        CheckEk = "check-ek",
        /// The checks of FIPS 203 §7.3.
        CheckDk = "check-dk",
        /// Pure signing: FIPS 204 algorithm 2, RFC 8032 §5.1.6.
        Sign = "sign",
        /// FIPS 204 algorithm 4.
        SignPrehash = "sign-prehash",
        /// FIPS 204 algorithm 7; `msg` is the formatted message M′.
        SignInternal = "sign-internal",
        /// FIPS 204 algorithm 7 from its step 7 on.
        SignMu = "sign-mu",
        /// Pure verification: FIPS 204 algorithm 3, RFC 8032 §5.1.7.
        Verify = "verify",
        /// FIPS 204 algorithm 5.
        VerifyPrehash = "verify-prehash",
        /// FIPS 204 algorithm 8; `msg` is the formatted message M′.
        VerifyInternal = "verify-internal",
        /// FIPS 204 algorithm 8 from its step 8 on.
        VerifyMu = "verify-mu",
        /// Key agreement.
        Agree = "agree",
        /// RFC 5869, extract then expand.
        Derive = "derive",
        /// Authenticated encryption.
        Seal = "seal",
        /// Its reverse.
        Open = "open",
        /// HPKE's export from the recipient's context.
        Export = "export",
        /// A digest; of an extendable-output function, `len` bytes of it.
        Hash = "hash",
        /// The Monte Carlo test of CAVP: 1,000 digests, each of the one before (SHA-3), or of the three
        /// before (SHA-2).
        Monte = "monte",
        /// A private key from PKCS#8; gives its public key.
        Pkcs8 = "pkcs8",
        /// A public key from SubjectPublicKeyInfo.
        Spki = "spki",
        /// A whole Twinlock/1 handshake.
        Handshake = "handshake",
    }
}

/// Algorithms with the same operations, inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Family {
    /// FIPS 203.
    MlKem,
    /// Any other KEM: hybrids, and drafts.
    Kem,
    /// FIPS 204.
    MlDsa,
    /// Round 3 of Dilithium, which has no context.
    Dilithium,
    /// RFC 8032.
    EdDsa,
    /// Key agreement.
    Dh,
    /// RFC 5869.
    Hkdf,
    /// Authenticated encryption.
    Aead,
    /// Hash functions.
    Hash,
    /// Extendable-output functions.
    Xof,
    /// RFC 9180.
    Hpke,
    /// Composite signatures.
    Composite,
    /// Our protocol.
    Twinlock,
}

macro_rules! algorithms {
    ($($variant:ident = $name:literal, $family:ident, $standard:literal;)*) => {
        names! {
            /// An algorithm.
            Alg { $($variant = $name,)* }
        }

        impl Alg {
            /// Which operations it has.
            pub const fn family(self) -> Family {
                match self {
                    $(Self::$variant => Family::$family,)*
                }
            }

            /// Where it is specified.
            pub const fn standard(self) -> &'static str {
                match self {
                    $(Self::$variant => $standard,)*
                }
            }
        }
    };
}

algorithms! {
    MlKem512 = "ML-KEM-512", MlKem, "FIPS 203";
    MlKem768 = "ML-KEM-768", MlKem, "FIPS 203";
    MlKem1024 = "ML-KEM-1024", MlKem, "FIPS 203";
    MlDsa44 = "ML-DSA-44", MlDsa, "FIPS 204";
    MlDsa65 = "ML-DSA-65", MlDsa, "FIPS 204";
    MlDsa87 = "ML-DSA-87", MlDsa, "FIPS 204";
    X25519 = "X25519", Dh, "RFC 7748 §5";
    P256 = "P-256", Dh, "SP 800-56A §5.7.1.2";
    P384 = "P-384", Dh, "SP 800-56A §5.7.1.2";
    Ed25519 = "Ed25519", EdDsa, "RFC 8032 §5.1";
    HkdfSha256 = "HKDF-SHA-256", Hkdf, "RFC 5869";
    HkdfSha384 = "HKDF-SHA-384", Hkdf, "RFC 5869";
    HkdfSha512 = "HKDF-SHA-512", Hkdf, "RFC 5869";
    Aes128Gcm = "AES-128-GCM", Aead, "SP 800-38D";
    Aes192Gcm = "AES-192-GCM", Aead, "SP 800-38D";
    Aes256Gcm = "AES-256-GCM", Aead, "SP 800-38D";
    ChaCha20Poly1305 = "ChaCha20-Poly1305", Aead, "RFC 8439";
    Sha224 = "SHA-224", Hash, "FIPS 180-4";
    Sha256 = "SHA-256", Hash, "FIPS 180-4";
    Sha384 = "SHA-384", Hash, "FIPS 180-4";
    Sha512 = "SHA-512", Hash, "FIPS 180-4";
    Sha512_224 = "SHA-512/224", Hash, "FIPS 180-4";
    Sha512_256 = "SHA-512/256", Hash, "FIPS 180-4";
    Sha3_224 = "SHA3-224", Hash, "FIPS 202";
    Sha3_256 = "SHA3-256", Hash, "FIPS 202";
    Sha3_384 = "SHA3-384", Hash, "FIPS 202";
    Sha3_512 = "SHA3-512", Hash, "FIPS 202";
    Shake128 = "SHAKE128", Xof, "FIPS 202";
    Shake256 = "SHAKE256", Xof, "FIPS 202";
    XWing = "X-Wing", Kem, "draft-connolly-cfrg-xwing-kem-10";
    MlKem768P256 = "MLKEM768-P256", Kem, "draft-irtf-cfrg-concrete-hybrid-kems";
    MlKem1024P384 = "MLKEM1024-P384", Kem, "draft-irtf-cfrg-concrete-hybrid-kems";
    X25519MlKem768 = "X25519MLKEM768", Kem, "RFC 10024";
    SecP256r1MlKem768 = "SecP256r1MLKEM768", Kem, "RFC 10024";
    SecP384r1MlKem1024 = "SecP384r1MLKEM1024", Kem, "RFC 10024";
    SshMlKem768X25519 = "mlkem768x25519-sha256", Kem, "draft-ietf-sshm-mlkem-hybrid-kex";
    Hpke = "HPKE", Hpke, "RFC 9180";
    CompositeMlDsa44Ed25519 = "id-MLDSA44-Ed25519-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa65Ed25519 = "id-MLDSA65-Ed25519-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa44Rsa2048Pss = "id-MLDSA44-RSA2048-PSS-SHA256", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa44Rsa2048Pkcs15 = "id-MLDSA44-RSA2048-PKCS15-SHA256", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa44EcdsaP256 = "id-MLDSA44-ECDSA-P256-SHA256", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa65Rsa3072Pss = "id-MLDSA65-RSA3072-PSS-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa65Rsa3072Pkcs15 = "id-MLDSA65-RSA3072-PKCS15-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa65Rsa4096Pss = "id-MLDSA65-RSA4096-PSS-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa65Rsa4096Pkcs15 = "id-MLDSA65-RSA4096-PKCS15-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa65EcdsaP256 = "id-MLDSA65-ECDSA-P256-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa65EcdsaP384 = "id-MLDSA65-ECDSA-P384-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa65EcdsaBrainpoolP256r1 = "id-MLDSA65-ECDSA-brainpoolP256r1-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa87EcdsaP384 = "id-MLDSA87-ECDSA-P384-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa87EcdsaBrainpoolP384r1 = "id-MLDSA87-ECDSA-brainpoolP384r1-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa87Ed448 = "id-MLDSA87-Ed448-SHAKE256", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa87Rsa3072Pss = "id-MLDSA87-RSA3072-PSS-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa87Rsa4096Pss = "id-MLDSA87-RSA4096-PSS-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlDsa87EcdsaP521 = "id-MLDSA87-ECDSA-P521-SHA512", Composite, "draft-ietf-lamps-pq-composite-sigs-19";
    CompositeMlKem768Rsa2048 = "id-MLKEM768-RSA2048-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem768Rsa3072 = "id-MLKEM768-RSA3072-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem768Rsa4096 = "id-MLKEM768-RSA4096-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem768X25519 = "id-MLKEM768-X25519-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem768EcdhP256 = "id-MLKEM768-ECDH-P256-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem768EcdhP384 = "id-MLKEM768-ECDH-P384-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem768EcdhBrainpoolP256r1 = "id-MLKEM768-ECDH-brainpoolP256r1-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem1024Rsa3072 = "id-MLKEM1024-RSA3072-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem1024EcdhP384 = "id-MLKEM1024-ECDH-P384-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem1024EcdhBrainpoolP384r1 = "id-MLKEM1024-ECDH-brainpoolP384r1-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem1024X448 = "id-MLKEM1024-X448-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    CompositeMlKem1024EcdhP521 = "id-MLKEM1024-ECDH-P521-SHA3-256", Kem, "draft-ietf-lamps-pq-composite-kem";
    Twinlock1 = "Twinlock/1", Twinlock, "docs/spec/channel.md";
    MlKem512Ipd = "ML-KEM-512-ipd", Kem, "FIPS 203 initial public draft";
    MlKem768Ipd = "ML-KEM-768-ipd", Kem, "FIPS 203 initial public draft";
    MlKem1024Ipd = "ML-KEM-1024-ipd", Kem, "FIPS 203 initial public draft";
    Kyber512 = "Kyber512", Kem, "Kyber round 3";
    Kyber768 = "Kyber768", Kem, "Kyber round 3";
    Kyber1024 = "Kyber1024", Kem, "Kyber round 3";
    Dilithium2 = "Dilithium2", Dilithium, "Dilithium round 3";
    Dilithium3 = "Dilithium3", Dilithium, "Dilithium round 3";
    Dilithium5 = "Dilithium5", Dilithium, "Dilithium round 3";
}

/// The lengths of an algorithm's encodings, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Lengths {
    /// The encapsulation or verifying key.
    pub(crate) public: usize,
    /// The expanded private key.
    pub(crate) private: usize,
    /// The ciphertext or signature.
    pub(crate) result: usize,
}

/// An input of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// It must be given.
    Must(Field),
    /// It may be given.
    May(Field),
    /// Exactly one of these must be given.
    OneOf(&'static [Field]),
}

impl Needs {
    /// The names that it goes by.
    pub const fn names(&self) -> &[Field] {
        match self {
            Self::Must(field) | Self::May(field) => core::slice::from_ref(field),
            Self::OneOf(fields) => fields,
        }
    }

    /// Whether a question without it is wrong.
    pub const fn required(&self) -> bool {
        !matches!(self, Self::May(_))
    }

    /// The first of its names.
    pub const fn name(&self) -> Field {
        match self {
            Self::Must(field) | Self::May(field) => *field,
            Self::OneOf(fields) => match fields {
                [first, ..] => *first,
                [] => Field::Msg,
            },
        }
    }
}

impl Alg {
    /// Its operations.
    pub const fn ops(self) -> &'static [Op] {
        use Op as O;
        match self.family() {
            Family::MlKem => &[O::Keygen, O::Encaps, O::Decaps, O::CheckEk, O::CheckDk, O::Pkcs8, O::Spki],
            Family::Kem => &[O::Keygen, O::Encaps, O::Decaps],
            Family::MlDsa => &[
                O::Keygen,
                O::Sign,
                O::SignPrehash,
                O::SignInternal,
                O::SignMu,
                O::Verify,
                O::VerifyPrehash,
                O::VerifyInternal,
                O::VerifyMu,
                O::Pkcs8,
                O::Spki,
            ],
            Family::Dilithium => &[O::Keygen, O::Sign, O::Verify],
            Family::EdDsa => &[O::Keygen, O::Sign, O::Verify, O::Pkcs8, O::Spki],
            Family::Dh => &[O::Keygen, O::Agree, O::Pkcs8, O::Spki],
            Family::Hkdf => &[O::Derive],
            Family::Aead => &[O::Seal, O::Open],
            Family::Hash => &[O::Hash, O::Monte],
            Family::Xof => &[O::Hash],
            Family::Hpke => &[O::Keygen, O::Open, O::Export],
            Family::Composite => &[O::Keygen, O::Verify],
            Family::Twinlock => &[O::Seal, O::Open, O::Handshake],
        }
    }

    /// FIPS 203 table 3, FIPS 204 table 2, and round 3 of Dilithium; none of any other algorithm.
    pub(crate) const fn lengths(self) -> Option<Lengths> {
        let (public, private, result) = match self {
            Self::MlKem512 => (800, 1632, 768),
            Self::MlKem768 => (1184, 2400, 1088),
            Self::MlKem1024 => (1568, 3168, 1568),
            Self::MlDsa44 => (1312, 2560, 2420),
            Self::MlDsa65 => (1952, 4032, 3309),
            Self::MlDsa87 => (2592, 4896, 4627),
            Self::Dilithium2 => (1312, 2528, 2420),
            Self::Dilithium3 => (1952, 4000, 3293),
            Self::Dilithium5 => (2592, 4864, 4595),
            _ => return None,
        };
        Some(Lengths { public, private, result })
    }

    /// Whether it is from before the standards: off unless asked for.
    pub const fn is_legacy(self) -> bool {
        matches!(
            self,
            Self::MlKem512Ipd
                | Self::MlKem768Ipd
                | Self::MlKem1024Ipd
                | Self::Kyber512
                | Self::Kyber768
                | Self::Kyber1024
                | Self::Dilithium2
                | Self::Dilithium3
                | Self::Dilithium5
        )
    }
}

impl Op {
    /// What it takes, in the family of an algorithm that has it.
    pub const fn inputs(self, family: Family) -> &'static [Needs] {
        use Field as F;
        use Needs::{May, Must, OneOf};
        const SEED_OR_SK: Needs = OneOf(&[F::Seed, F::Sk]);
        match (self, family) {
            (Self::Keygen, Family::Dh) => &[Must(F::Private)],
            (Self::Keygen, Family::Hpke) => &[Must(F::KemId), Must(F::Ikm)],
            (Self::Keygen, Family::Composite) => &[Must(F::Sk)],
            (Self::Keygen, _) => &[Must(F::Seed)],
            (Self::Encaps, _) => &[Must(F::Ek), Must(F::M)],
            (Self::Decaps, _) => &[OneOf(&[F::Seed, F::Dk]), Must(F::C)],
            (Self::CheckEk, _) => &[Must(F::Ek)],
            (Self::CheckDk, _) => &[Must(F::Dk)],
            (Self::Sign, Family::EdDsa) => &[Must(F::Seed), Must(F::Msg)],
            (Self::Sign, Family::Dilithium) => &[Must(F::Sk), Must(F::Msg)],
            (Self::Sign, _) => &[SEED_OR_SK, Must(F::Msg), Must(F::Ctx), Must(F::Rnd)],
            (Self::SignPrehash, _) => &[SEED_OR_SK, Must(F::Hash), Must(F::Msg), Must(F::Ctx), Must(F::Rnd)],
            (Self::SignInternal, _) => &[SEED_OR_SK, Must(F::Msg), Must(F::Rnd)],
            (Self::SignMu, _) => &[SEED_OR_SK, Must(F::Mu), Must(F::Rnd)],
            (Self::Verify, Family::EdDsa | Family::Dilithium) => &[Must(F::Pk), Must(F::Msg), Must(F::Sig)],
            (Self::Verify, _) => &[Must(F::Pk), Must(F::Msg), Must(F::Ctx), Must(F::Sig)],
            (Self::VerifyPrehash, _) => &[Must(F::Pk), Must(F::Hash), Must(F::Msg), Must(F::Ctx), Must(F::Sig)],
            (Self::VerifyInternal, _) => &[Must(F::Pk), Must(F::Msg), Must(F::Sig)],
            (Self::VerifyMu, _) => &[Must(F::Pk), Must(F::Mu), Must(F::Sig)],
            (Self::Agree, _) => &[Must(F::Private), Must(F::Public)],
            (Self::Derive, _) => &[Must(F::Ikm), Must(F::Salt), Must(F::Info), Must(F::Len)],
            (Self::Seal, Family::Twinlock) => &[Must(F::Suite), Must(F::Secret), Must(F::Seq), Must(F::Msg)],
            (Self::Seal, _) => &[Must(F::Key), Must(F::Nonce), Must(F::Aad), Must(F::Msg), May(F::TagLen)],
            (Self::Open, Family::Twinlock) => &[Must(F::Suite), Must(F::Secret), Must(F::Seq), Must(F::Record)],
            (Self::Open, Family::Hpke) => &[
                Must(F::KemId),
                Must(F::KdfId),
                Must(F::AeadId),
                Must(F::Mode),
                Must(F::SkR),
                Must(F::Enc),
                Must(F::Info),
                May(F::Psk),
                May(F::PskId),
                May(F::PkS),
                Must(F::Seq),
                Must(F::Aad),
                Must(F::Ct),
            ],
            (Self::Open, _) => &[Must(F::Key), Must(F::Nonce), Must(F::Aad), Must(F::Ct), Must(F::Tag)],
            (Self::Export, _) => &[
                Must(F::KemId),
                Must(F::KdfId),
                Must(F::AeadId),
                Must(F::Mode),
                Must(F::SkR),
                Must(F::Enc),
                Must(F::Info),
                May(F::Psk),
                May(F::PskId),
                May(F::PkS),
                Must(F::Ctx),
                Must(F::Len),
            ],
            (Self::Hash, Family::Xof) => &[Must(F::Msg), Must(F::Len)],
            (Self::Hash | Self::Monte, _) => &[Must(F::Msg)],
            (Self::Pkcs8 | Self::Spki, _) => &[Must(F::Der)],
            (Self::Handshake, _) => &[Must(F::Suite), Must(F::SeedI), Must(F::SeedR), Must(F::RndI), Must(F::RndR)],
        }
    }

    /// What it gives. Those that [`Op::may_lack`] may be left out by who answers.
    pub const fn outputs(self, family: Family) -> &'static [Field] {
        use Field as F;
        match (self, family) {
            (Self::Keygen, Family::MlKem | Family::Kem) => &[F::Ek, F::Dk],
            (Self::Keygen, Family::Dh) => &[F::Public],
            (Self::Keygen, Family::Hpke) => &[F::SkR, F::PkR],
            (Self::Keygen, Family::EdDsa | Family::Composite) => &[F::Pk],
            (Self::Keygen, _) => &[F::Pk, F::Sk],
            (Self::Encaps, _) => &[F::C, F::K],
            (Self::Decaps, _) => &[F::K, F::Ek],
            (Self::CheckEk | Self::CheckDk, _) => &[],
            (Self::Sign | Self::SignPrehash | Self::SignInternal | Self::SignMu, _) => &[F::Sig],
            (Self::Verify | Self::VerifyPrehash | Self::VerifyInternal | Self::VerifyMu, _) => &[],
            (Self::Agree, _) => &[F::Shared],
            (Self::Derive, _) => &[F::Okm],
            (Self::Seal, Family::Twinlock) => &[F::Record],
            (Self::Seal, _) => &[F::Ct, F::Tag],
            (Self::Open, _) => &[F::Msg],
            (Self::Export, _) => &[F::Secret],
            (Self::Hash | Self::Monte, _) => &[F::Digest],
            (Self::Pkcs8 | Self::Spki, Family::MlKem) => &[F::Ek],
            (Self::Pkcs8 | Self::Spki, Family::Dh) => &[F::Public],
            (Self::Pkcs8 | Self::Spki, _) => &[F::Pk],
            (Self::Handshake, _) => &[F::M1, F::M2, F::M3, F::ChannelId],
        }
    }

    /// Whether an implementation may leave this output out: it keeps expanded keys to itself, or decapsulates
    /// without knowing its encapsulation key. Compared when given.
    pub const fn may_lack(self, output: Field) -> bool {
        matches!((self, output), (Self::Keygen, Field::Dk | Field::Sk) | (Self::Decaps, Field::Ek))
    }
}

impl Field {
    /// What kind of value it holds.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Hash => Kind::Text,
            Self::Len
            | Self::TagLen
            | Self::KemId
            | Self::KdfId
            | Self::AeadId
            | Self::Mode
            | Self::Seq
            | Self::Suite => Kind::Number,
            _ => Kind::Bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_operation_has_a_row() {
        let mut names: Vec<_> = Alg::ALL.iter().map(|alg| alg.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Alg::ALL.len());
        for alg in Alg::ALL {
            assert_eq!(Alg::by_name(alg.name()), Some(*alg));
            assert!(!alg.ops().is_empty());
            for op in alg.ops() {
                assert!(op.inputs(alg.family()).iter().any(Needs::required), "{alg} {op}");
            }
        }
        assert_eq!(Alg::by_name("ml-kem-768"), None);
    }
}
