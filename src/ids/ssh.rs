//! The names, labels and limits of SSH's key and signature files.
//!
//! Sources: OpenSSH's PROTOCOL.key (private keys) and PROTOCOL.sshsig (signatures), RFC 4253 §6.6 and RFC 8709
//! (Ed25519), draft-miller-sshm-mldsa44-ed25519-composite-sigs-00 (the composite).

use super::{Hash, KeyKind, Signature};

/// What SSH has a name for.
pub const KEYS: [(Signature, &str); 2] =
    [(Signature::Ed25519, "ssh-ed25519"), (Signature::MlDsa44Ed25519, "ssh-mldsa44-ed25519")];

/// The name of a key and of the signatures that it makes, if SSH has one.
pub fn key_name(kind: KeyKind) -> Option<&'static str> {
    KEYS.iter().find(|(algorithm, _)| KeyKind::Signature(*algorithm) == kind).map(|(_, name)| *name)
}

/// The kind of key that a name tells, if it is one of ours.
pub fn key_kind(name: &[u8]) -> Option<KeyKind> {
    KEYS.iter().find(|(_, known)| known.as_bytes() == name).map(|(algorithm, _)| KeyKind::Signature(*algorithm))
}

/// Names that are met in SSH's files but are not ours, so that an error can tell them.
pub const OTHER_KEYS: &[&str] = &[
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-mldsa44-ed25519-cert",
    "ssh-rsa-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
];

/// What hashes the message of a signature, the one that we write first.
pub const HASHES: [(Hash, &str); 2] = [(Hash::Sha512, "sha512"), (Hash::Sha256, "sha256")];

/// The PEM label of a private key.
pub const PRIVATE_KEY_LABEL: &str = "OPENSSH PRIVATE KEY";
/// The PEM label of a signature.
pub const SIGNATURE_LABEL: &str = "SSH SIGNATURE";
/// How long the lines are that OpenSSH writes.
pub const LINE_LEN: usize = 70;

/// What a private key begins with.
pub const PRIVATE_KEY_MAGIC: &[u8; 15] = b"openssh-key-v1\0";
/// What a signature, and what it signs, begins with.
pub const SIGNATURE_MAGIC: &[u8; 6] = b"SSHSIG";
/// The version of signatures.
pub const SIGNATURE_VERSION: u32 = 1;

/// The cipher and the key derivation of a private key that is not protected.
pub const NONE: &str = "none";
/// The key derivation of a protected private key.
pub const BCRYPT: &str = "bcrypt";
/// Length of the salt that is written.
pub const BCRYPT_SALT_LEN: usize = 16;
/// The rounds that are written: OpenSSH's number.
pub const BCRYPT_ROUNDS: u32 = 24;
/// The most rounds that are read: some 10 seconds of work, so that a file cannot ask for hours.
pub const MAX_BCRYPT_ROUNDS: u32 = 2048;
/// The longest salt that is read.
pub const MAX_BCRYPT_SALT_LEN: usize = 64;
