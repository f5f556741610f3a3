//! The only home of code points, OIDs, labels, sizes and byte orders.
//!
//! Sizes are bytes. Sources: FIPS 203 §8 table 3 (ML-KEM), FIPS 204 §4 table 2 (ML-DSA), RFC 7748 §6.1
//! (X25519), RFC 8032 §5.1 (Ed25519), RFC 8410, RFC 9881, RFC 9935 (OIDs), draft-connolly-cfrg-xwing-kem-10
//! §5 (X-Wing), RFC 10024 (TLS hybrids), draft-ietf-lamps-pq-composite-sigs-19 §6 (composites).
//!
//! Two hybrids of the same parts are not the same KEM. The table below is held by
//! `tests::hybrids_order_their_halves_differently`:
//!
//! | hybrid             | encapsulation key      | ciphertext             | shared secret                        |
//! |--------------------|------------------------|------------------------|--------------------------------------|
//! | X-Wing             | ML-KEM ‖ X25519        | ML-KEM ‖ X25519        | SHA3-256(ssM ‖ ssX ‖ ctX ‖ pkX ‖ label) |
//! | X25519MLKEM768     | ML-KEM ‖ X25519        | ML-KEM ‖ X25519        | ML-KEM ‖ X25519                      |
//! | SecP256r1MLKEM768  | P-256 ‖ ML-KEM         | P-256 ‖ ML-KEM         | P-256 ‖ ML-KEM                       |
//! | SecP384r1MLKEM1024 | P-384 ‖ ML-KEM         | P-384 ‖ ML-KEM         | P-384 ‖ ML-KEM                       |

pub mod certificate;
pub mod envelope;
pub mod protocol;
pub mod ring;
pub mod ssh;
pub mod token;

/// The newest drafts that this version follows, as shown by `twinlock version --verbose`.
pub const DRAFTS: &[(&str, &str)] = &[
    ("X-Wing", "draft-connolly-cfrg-xwing-kem-10"),
    ("composite signatures", "draft-ietf-lamps-pq-composite-sigs-19"),
    ("composite signatures in SSH", "draft-miller-sshm-mldsa44-ed25519-composite-sigs-00"),
];

/// Length of an Ed25519 seed, and of its verifying key.
pub const ED25519_KEY_LEN: usize = 32;
/// Length of an Ed25519 signature.
pub const ED25519_SIGNATURE_LEN: usize = 64;
/// Length of an ML-DSA seed ξ, of its per-signature randomness, and of ML-KEM's `m`.
pub const LATTICE_SEED_LEN: usize = 32;
/// Length of ML-DSA's message representative μ and of `tr`, the hash of the verifying key in it (FIPS 204 §6.2).
pub const ML_DSA_MU_LEN: usize = 64;
/// Length of an ML-KEM seed `d ‖ z`.
pub const ML_KEM_SEED_LEN: usize = 64;
/// Length of an ML-KEM shared secret.
pub const ML_KEM_SHARED_SECRET_LEN: usize = 32;
/// The modulus of ML-KEM: every coefficient of an encapsulation key is below it (FIPS 203 §7.2).
pub const ML_KEM_Q: u16 = 3329;
/// The modulus of ML-DSA.
pub const ML_DSA_Q: u64 = 8_380_417;
/// The 512th root of unity of ML-DSA's NTT (FIPS 204 §2.5).
pub const ML_DSA_ZETA: u64 = 1753;
/// The bits that an ML-DSA public key drops of each coefficient, d in FIPS 204 §4 table 1.
pub const ML_DSA_DROPPED_BITS: usize = 13;
/// The longest context of ML-DSA and of the composites (FIPS 204 §5.2).
pub const MAX_CONTEXT_LEN: usize = 255;
/// The label that ends X-Wing's combiner input.
pub const XWING_LABEL: &[u8; 6] = b"\\.//^\\";
/// The prefix of a composite message representative.
pub const COMPOSITE_PREFIX: &[u8] = b"CompositeAlgorithmSignatures2025";

/// What a composite hashes its message with.
pub const COMPOSITE_HASH: Hash = Hash::Sha512;

/// The curves of the classical half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Curve {
    /// RFC 7748.
    X25519,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}

impl Curve {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::X25519, Self::P256, Self::P384];

    /// The KEM id of HPKE's DHKEM over it (RFC 9180 §7.1).
    pub const fn hpke_kem_id(self) -> u16 {
        match self {
            Self::X25519 => 0x0020,
            Self::P256 => 0x0010,
            Self::P384 => 0x0011,
        }
    }

    /// Length of a private key, which is also the length of the shared secret.
    pub const fn private_len(self) -> usize {
        match self {
            Self::X25519 | Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// Length of a public key: the u-coordinate, or an uncompressed SEC 1 point.
    pub const fn public_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::P256 => 65,
            Self::P384 => 97,
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X25519 => "X25519",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }
}

/// The parameter sets of FIPS 203.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MlKem {
    /// Category 1.
    MlKem512,
    /// Category 3.
    MlKem768,
    /// Category 5.
    MlKem1024,
}

impl MlKem {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MlKem512, Self::MlKem768, Self::MlKem1024];

    /// Length of an encapsulation key.
    pub const fn encapsulation_key_len(self) -> usize {
        match self {
            Self::MlKem512 => 800,
            Self::MlKem768 => 1184,
            Self::MlKem1024 => 1568,
        }
    }

    /// Length of an expanded decapsulation key. Kept in memory only; files hold the seed.
    pub const fn expanded_len(self) -> usize {
        match self {
            Self::MlKem512 => 1632,
            Self::MlKem768 => 2400,
            Self::MlKem1024 => 3168,
        }
    }

    /// Length of a ciphertext.
    pub const fn ciphertext_len(self) -> usize {
        match self {
            Self::MlKem512 => 768,
            Self::MlKem768 => 1088,
            Self::MlKem1024 => 1568,
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MlKem512 => "ML-KEM-512",
            Self::MlKem768 => "ML-KEM-768",
            Self::MlKem1024 => "ML-KEM-1024",
        }
    }
}

/// The parameter sets of FIPS 204.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MlDsa {
    /// Category 2.
    MlDsa44,
    /// Category 3.
    MlDsa65,
    /// Category 5.
    MlDsa87,
}

impl MlDsa {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MlDsa44, Self::MlDsa65, Self::MlDsa87];

    /// Length of a verifying key.
    pub const fn verifying_key_len(self) -> usize {
        match self {
            Self::MlDsa44 => 1312,
            Self::MlDsa65 => 1952,
            Self::MlDsa87 => 2592,
        }
    }

    /// Length of an expanded signing key. Kept in memory only; files hold the seed.
    pub const fn expanded_len(self) -> usize {
        match self {
            Self::MlDsa44 => 2560,
            Self::MlDsa65 => 4032,
            Self::MlDsa87 => 4896,
        }
    }

    /// Length of a signature.
    pub const fn signature_len(self) -> usize {
        match self {
            Self::MlDsa44 => 2420,
            Self::MlDsa65 => 3309,
            Self::MlDsa87 => 4627,
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
        }
    }
}

/// Key encapsulation mechanisms, pure and hybrid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kem {
    /// ML-KEM alone.
    MlKem(MlKem),
    /// X25519 with ML-KEM-768 under the X-Wing combiner; HPKE KEM id 0x647a.
    XWing,
    /// The TLS group 0x11ec.
    X25519MlKem768,
    /// The TLS group 0x11eb.
    SecP256r1MlKem768,
    /// The TLS group 0x11ed.
    SecP384r1MlKem1024,
}

impl Kem {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::MlKem(MlKem::MlKem512),
        Self::MlKem(MlKem::MlKem768),
        Self::MlKem(MlKem::MlKem1024),
        Self::XWing,
        Self::X25519MlKem768,
        Self::SecP256r1MlKem768,
        Self::SecP384r1MlKem1024,
    ];

    /// The lattice half.
    pub const fn lattice(self) -> MlKem {
        match self {
            Self::MlKem(params) => params,
            Self::XWing | Self::X25519MlKem768 | Self::SecP256r1MlKem768 => MlKem::MlKem768,
            Self::SecP384r1MlKem1024 => MlKem::MlKem1024,
        }
    }

    /// The classical half, if there is one.
    pub const fn classical(self) -> Option<Curve> {
        match self {
            Self::MlKem(_) => None,
            Self::XWing | Self::X25519MlKem768 => Some(Curve::X25519),
            Self::SecP256r1MlKem768 => Some(Curve::P256),
            Self::SecP384r1MlKem1024 => Some(Curve::P384),
        }
    }

    /// Whether the lattice half comes first in keys, ciphertexts and (for the TLS groups) secrets.
    pub const fn lattice_first(self) -> bool {
        !matches!(self, Self::SecP256r1MlKem768 | Self::SecP384r1MlKem1024)
    }

    /// Length of the seed that is stored: 64 for ML-KEM, 32 for X-Wing. The TLS groups have only ephemeral
    /// keys; theirs is the ML-KEM seed ‖ the classical private key.
    pub const fn seed_len(self) -> usize {
        match self {
            Self::MlKem(_) => ML_KEM_SEED_LEN,
            Self::XWing => 32,
            Self::X25519MlKem768 | Self::SecP256r1MlKem768 => 96,
            Self::SecP384r1MlKem1024 => 112,
        }
    }

    /// Length of an encapsulation key (TLS: the client's share).
    pub const fn encapsulation_key_len(self) -> usize {
        match self {
            Self::MlKem(params) => params.encapsulation_key_len(),
            Self::XWing | Self::X25519MlKem768 => 1216,
            Self::SecP256r1MlKem768 => 1249,
            Self::SecP384r1MlKem1024 => 1665,
        }
    }

    /// Length of a ciphertext (TLS: the server's share).
    pub const fn ciphertext_len(self) -> usize {
        match self {
            Self::MlKem(params) => params.ciphertext_len(),
            Self::XWing | Self::X25519MlKem768 => 1120,
            Self::SecP256r1MlKem768 => 1153,
            Self::SecP384r1MlKem1024 => 1665,
        }
    }

    /// Length of a shared secret.
    pub const fn shared_secret_len(self) -> usize {
        match self {
            Self::MlKem(_) | Self::XWing => ML_KEM_SHARED_SECRET_LEN,
            Self::X25519MlKem768 | Self::SecP256r1MlKem768 => 64,
            Self::SecP384r1MlKem1024 => 80,
        }
    }

    /// The code point: the TLS NamedGroup, or for X-Wing the HPKE KEM id.
    pub const fn code_point(self) -> u16 {
        match self {
            Self::MlKem(MlKem::MlKem512) => 0x0200,
            Self::MlKem(MlKem::MlKem768) => 0x0201,
            Self::MlKem(MlKem::MlKem1024) => 0x0202,
            Self::XWing => 0x647a,
            Self::X25519MlKem768 => 0x11ec,
            Self::SecP256r1MlKem768 => 0x11eb,
            Self::SecP384r1MlKem1024 => 0x11ed,
        }
    }

    /// The KEM id in HPKE of those that are used there.
    pub const fn hpke_kem_id(self) -> Option<u16> {
        match self {
            Self::XWing => Some(self.code_point()),
            _ => None,
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MlKem(params) => params.name(),
            Self::XWing => "X-Wing",
            Self::X25519MlKem768 => "X25519MLKEM768",
            Self::SecP256r1MlKem768 => "SecP256r1MLKEM768",
            Self::SecP384r1MlKem1024 => "SecP384r1MLKEM1024",
        }
    }
}

/// Signature algorithms, pure and composite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Signature {
    /// RFC 8032. Has no context.
    Ed25519,
    /// FIPS 204, pure, with context.
    MlDsa(MlDsa),
    /// id-MLDSA44-Ed25519-SHA512.
    MlDsa44Ed25519,
    /// id-MLDSA65-Ed25519-SHA512.
    MlDsa65Ed25519,
}

impl Signature {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ed25519,
        Self::MlDsa(MlDsa::MlDsa44),
        Self::MlDsa(MlDsa::MlDsa65),
        Self::MlDsa(MlDsa::MlDsa87),
        Self::MlDsa44Ed25519,
        Self::MlDsa65Ed25519,
    ];

    /// The lattice half, if there is one.
    pub const fn lattice(self) -> Option<MlDsa> {
        match self {
            Self::Ed25519 => None,
            Self::MlDsa(params) => Some(params),
            Self::MlDsa44Ed25519 => Some(MlDsa::MlDsa44),
            Self::MlDsa65Ed25519 => Some(MlDsa::MlDsa65),
        }
    }

    /// The label of a composite: the ML-DSA context, and a part of the message representative.
    pub const fn composite_label(self) -> Option<&'static [u8]> {
        match self {
            Self::Ed25519 | Self::MlDsa(_) => None,
            Self::MlDsa44Ed25519 => Some(b"COMPSIG-MLDSA44-Ed25519-SHA512"),
            Self::MlDsa65Ed25519 => Some(b"COMPSIG-MLDSA65-Ed25519-SHA512"),
        }
    }

    /// Length of the seed that is stored. Composite: ML-DSA seed ‖ Ed25519 seed.
    pub const fn seed_len(self) -> usize {
        match self {
            Self::Ed25519 | Self::MlDsa(_) => 32,
            Self::MlDsa44Ed25519 | Self::MlDsa65Ed25519 => 64,
        }
    }

    /// Length of a verifying key. Composite: ML-DSA ‖ Ed25519.
    pub const fn verifying_key_len(self) -> usize {
        match self {
            Self::Ed25519 => ED25519_KEY_LEN,
            Self::MlDsa(params) => params.verifying_key_len(),
            Self::MlDsa44Ed25519 => 1344,
            Self::MlDsa65Ed25519 => 1984,
        }
    }

    /// Length of a signature. Composite: ML-DSA ‖ Ed25519.
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Ed25519 => ED25519_SIGNATURE_LEN,
            Self::MlDsa(params) => params.signature_len(),
            Self::MlDsa44Ed25519 => 2484,
            Self::MlDsa65Ed25519 => 3373,
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::MlDsa(params) => params.name(),
            Self::MlDsa44Ed25519 => "MLDSA44-Ed25519-SHA512",
            Self::MlDsa65Ed25519 => "MLDSA65-Ed25519-SHA512",
        }
    }
}

/// What a key file can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyKind {
    /// An X25519 key agreement key.
    X25519,
    /// A key for a KEM; the TLS groups have none.
    Kem(Kem),
    /// A signing or verifying key.
    Signature(Signature),
}

impl KeyKind {
    /// All of them, in the order that help texts list them.
    pub const ALL: [Self; 11] = [
        Self::X25519,
        Self::Kem(Kem::MlKem(MlKem::MlKem512)),
        Self::Kem(Kem::MlKem(MlKem::MlKem768)),
        Self::Kem(Kem::MlKem(MlKem::MlKem1024)),
        Self::Kem(Kem::XWing),
        Self::Signature(Signature::Ed25519),
        Self::Signature(Signature::MlDsa(MlDsa::MlDsa44)),
        Self::Signature(Signature::MlDsa(MlDsa::MlDsa65)),
        Self::Signature(Signature::MlDsa(MlDsa::MlDsa87)),
        Self::Signature(Signature::MlDsa44Ed25519),
        Self::Signature(Signature::MlDsa65Ed25519),
    ];

    /// The object identifier in SPKI and PKCS#8; `None` for a KEM that has no stored keys.
    pub const fn oid(self) -> Option<&'static str> {
        Some(match self {
            Self::X25519 => "1.3.101.110",
            Self::Kem(Kem::MlKem(MlKem::MlKem512)) => "2.16.840.1.101.3.4.4.1",
            Self::Kem(Kem::MlKem(MlKem::MlKem768)) => "2.16.840.1.101.3.4.4.2",
            Self::Kem(Kem::MlKem(MlKem::MlKem1024)) => "2.16.840.1.101.3.4.4.3",
            Self::Kem(Kem::XWing) => "1.3.6.1.4.1.62253.25722",
            Self::Kem(Kem::X25519MlKem768 | Kem::SecP256r1MlKem768 | Kem::SecP384r1MlKem1024) => {
                return None;
            }
            Self::Signature(Signature::Ed25519) => "1.3.101.112",
            Self::Signature(Signature::MlDsa(MlDsa::MlDsa44)) => "2.16.840.1.101.3.4.3.17",
            Self::Signature(Signature::MlDsa(MlDsa::MlDsa65)) => "2.16.840.1.101.3.4.3.18",
            Self::Signature(Signature::MlDsa(MlDsa::MlDsa87)) => "2.16.840.1.101.3.4.3.19",
            Self::Signature(Signature::MlDsa44Ed25519) => "1.3.6.1.5.5.7.6.39",
            Self::Signature(Signature::MlDsa65Ed25519) => "1.3.6.1.5.5.7.6.48",
        })
    }

    /// Length of the seed that is stored.
    pub const fn seed_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::Kem(kem) => kem.seed_len(),
            Self::Signature(signature) => signature.seed_len(),
        }
    }

    /// Length of the public key.
    pub const fn public_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::Kem(kem) => kem.encapsulation_key_len(),
            Self::Signature(signature) => signature.verifying_key_len(),
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X25519 => "X25519",
            Self::Kem(kem) => kem.name(),
            Self::Signature(signature) => signature.name(),
        }
    }

    /// The name on the command line: `ml-kem-768`, `mldsa65-ed25519`.
    pub const fn cli_name(self) -> &'static str {
        match self {
            Self::X25519 => "x25519",
            Self::Kem(Kem::MlKem(MlKem::MlKem512)) => "ml-kem-512",
            Self::Kem(Kem::MlKem(MlKem::MlKem768)) => "ml-kem-768",
            Self::Kem(Kem::MlKem(MlKem::MlKem1024)) => "ml-kem-1024",
            Self::Kem(Kem::XWing) => "x-wing",
            Self::Kem(Kem::X25519MlKem768) => "x25519mlkem768",
            Self::Kem(Kem::SecP256r1MlKem768) => "secp256r1mlkem768",
            Self::Kem(Kem::SecP384r1MlKem1024) => "secp384r1mlkem1024",
            Self::Signature(Signature::Ed25519) => "ed25519",
            Self::Signature(Signature::MlDsa(MlDsa::MlDsa44)) => "ml-dsa-44",
            Self::Signature(Signature::MlDsa(MlDsa::MlDsa65)) => "ml-dsa-65",
            Self::Signature(Signature::MlDsa(MlDsa::MlDsa87)) => "ml-dsa-87",
            Self::Signature(Signature::MlDsa44Ed25519) => "mldsa44-ed25519",
            Self::Signature(Signature::MlDsa65Ed25519) => "mldsa65-ed25519",
        }
    }
}

/// The longest key file that is read; the largest that is written is below 4 KiB.
pub const MAX_KEY_FILE_LEN: usize = 64 * 1024;
/// scrypt's cost when a key is protected: log2 of N. OpenSSL opens no more than 32 MiB, N · r · 128 bytes.
pub const SCRYPT_LOG_N: u8 = 14;
/// scrypt's block size.
pub const SCRYPT_R: u16 = 8;
/// How often scrypt's work is done: with these N and r, the cost that OWASP asks for.
pub const SCRYPT_P: u16 = 5;
/// PBKDF2's iterations when a key is protected, HMAC-SHA-256: the cost that OWASP asks for.
pub const PBKDF2_ITERATIONS: u32 = 600_000;
/// The most memory, in bytes, that a key file may ask of scrypt.
pub const MAX_SCRYPT_MEMORY: u64 = 256 << 20;
/// The largest N · r · p that a key file may ask of scrypt: thirteen times what is written.
pub const MAX_SCRYPT_WORK: u64 = 1 << 23;
/// The most iterations that a key file may ask of PBKDF2.
pub const MAX_PBKDF2_ITERATIONS: u32 = 10_000_000;
/// Length of a key id: SHA-256 of the SubjectPublicKeyInfo.
pub const KEY_ID_LEN: usize = 32;
/// What a key id in text begins with, before its base64.
pub const KEY_ID_PREFIX: &str = "SHA256:";
/// Key algorithms that are not ours but are met in key files, so that an error can name them.
pub const OTHER_KEY_ALGORITHMS: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.113549.1.3.1", "Diffie-Hellman"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.10045.2.1", "elliptic curve"),
    ("1.3.101.111", "X448"),
    ("1.3.101.113", "Ed448"),
];

/// Authenticated encryption: 32-byte key, 12-byte nonce, 16-byte tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Aead {
    /// NIST SP 800-38D.
    Aes256Gcm,
    /// RFC 8439.
    ChaCha20Poly1305,
}

impl Aead {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Aes256Gcm, Self::ChaCha20Poly1305];

    /// HPKE's AEAD id (RFC 9180 §7.3).
    pub const fn hpke_id(self) -> u16 {
        match self {
            Self::Aes256Gcm => 0x0002,
            Self::ChaCha20Poly1305 => 0x0003,
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "AES-256-GCM",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
        }
    }
}

/// HPKE's AEAD id of suites that only export (RFC 9180 §7.3).
pub const HPKE_EXPORT_ONLY: u16 = 0xffff;
/// The label that begins what HPKE hashes (RFC 9180 §4).
pub const HPKE_LABEL: &[u8; 7] = b"HPKE-v1";
/// What the id of a suite of HPKE begins with (RFC 9180 §5.1).
pub const HPKE_SUITE_PREFIX: &[u8; 4] = b"HPKE";
/// What the id of a KEM of HPKE begins with, where it stands alone (RFC 9180 §4.1).
pub const HPKE_KEM_PREFIX: &[u8; 3] = b"KEM";
/// HPKE's base mode: neither a pre-shared key nor an authenticated sender (RFC 9180 §5).
pub const HPKE_MODE_BASE: u8 = 0x00;

/// Length of an AEAD key.
pub const AEAD_KEY_LEN: usize = 32;
/// Length of an AEAD nonce.
pub const AEAD_NONCE_LEN: usize = 12;
/// Length of an AEAD tag.
pub const AEAD_TAG_LEN: usize = 16;

/// Hash functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Hash {
    /// FIPS 180-4.
    Sha256,
    /// FIPS 180-4.
    Sha384,
    /// FIPS 180-4.
    Sha512,
    /// FIPS 202.
    Sha3_256,
}

impl Hash {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sha256, Self::Sha384, Self::Sha512, Self::Sha3_256];

    /// The id of HKDF over it in HPKE (RFC 9180 §7.2); none over SHA-3.
    pub const fn hpke_kdf_id(self) -> Option<u16> {
        match self {
            Self::Sha256 => Some(0x0001),
            Self::Sha384 => Some(0x0002),
            Self::Sha512 => Some(0x0003),
            Self::Sha3_256 => None,
        }
    }

    /// The last arc of its object identifier, after [`NIST_HASH_OID`].
    pub const fn oid_arc(self) -> u8 {
        match self {
            Self::Sha256 => 1,
            Self::Sha384 => 2,
            Self::Sha512 => 3,
            Self::Sha3_256 => 8,
        }
    }

    /// Length of the output.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3_256 => "SHA3-256",
        }
    }
}

/// NIST's hash algorithms, 2.16.840.1.101.3.4.2, in DER, one arc short: each has its own behind it.
pub const NIST_HASH_OID: &[u8; 10] = &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
/// The arc of SHAKE256 there.
pub const SHAKE256_OID_ARC: u8 = 12;

/// The longest output of [`enum@Hash`].
pub const MAX_HASH_LEN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hybrids_order_their_halves_differently() {
        let first: Vec<bool> = [Kem::XWing, Kem::X25519MlKem768, Kem::SecP256r1MlKem768, Kem::SecP384r1MlKem1024]
            .iter()
            .map(|kem| kem.lattice_first())
            .collect();
        assert_eq!(first, [true, true, false, false]);
        assert_eq!(Kem::XWing.shared_secret_len(), 32, "X-Wing hashes");
        assert_eq!(Kem::X25519MlKem768.shared_secret_len(), 64, "TLS concatenates");
    }

    #[test]
    fn sizes_of_hybrids_are_the_sums_of_their_halves() {
        for kem in Kem::ALL {
            let Some(curve) = kem.classical() else { continue };
            assert_eq!(kem.encapsulation_key_len(), kem.lattice().encapsulation_key_len() + curve.public_len());
            assert_eq!(kem.ciphertext_len(), kem.lattice().ciphertext_len() + curve.public_len());
            if kem != Kem::XWing {
                assert_eq!(kem.seed_len(), ML_KEM_SEED_LEN + curve.private_len());
                assert_eq!(kem.shared_secret_len(), ML_KEM_SHARED_SECRET_LEN + curve.private_len());
            }
        }
        for signature in Signature::ALL {
            if signature.composite_label().is_none() {
                continue;
            }
            let lattice = signature.lattice().unwrap();
            assert_eq!(signature.seed_len(), LATTICE_SEED_LEN + ED25519_KEY_LEN);
            assert_eq!(signature.verifying_key_len(), lattice.verifying_key_len() + ED25519_KEY_LEN);
            assert_eq!(signature.signature_len(), lattice.signature_len() + ED25519_SIGNATURE_LEN);
        }
    }

    #[test]
    fn names_and_oids_are_unique() {
        for (i, a) in KeyKind::ALL.iter().enumerate() {
            for b in &KeyKind::ALL[i + 1..] {
                assert_ne!(a.oid(), b.oid());
                assert_ne!(a.cli_name(), b.cli_name());
            }
        }
    }
}
