//! Who can read a private key file. Each row was tried by `scripts/key-peers.sh`, whose table is in docs/keys.md.

use twinlock::{
    ids::{Kem, KeyKind, Signature},
    keys::Form,
};

/// Programs that read a PKCS#8 file of a kind in a form, and those that do not.
pub(super) fn of(kind: KeyKind, form: Form) -> (&'static str, &'static str) {
    let lattice = matches!(kind, KeyKind::Kem(Kem::MlKem(_)) | KeyKind::Signature(Signature::MlDsa(_)));
    match (kind, form) {
        (KeyKind::X25519 | KeyKind::Signature(Signature::Ed25519), _) => ("OpenSSL, Go, Python", ""),
        (KeyKind::Kem(_), Form::Seed) if lattice => ("OpenSSL 3.5, Python", "Go, which reads no ML-KEM from PKCS#8"),
        (_, Form::Seed) if lattice => ("OpenSSL 3.5, Go 1.27, Python", ""),
        (_, Form::BareSeed) if lattice => ("OpenSSL 3.5, Botan", "Go, Python"),
        _ if lattice => ("OpenSSL 3.5", "Go, Python"),
        (KeyKind::Signature(_), _) => ("Bouncy Castle", "OpenSSL, Go, Python"),
        _ => ("", "OpenSSL, Go, Python"),
    }
}
