//! Who can read a private key file. Each row was tried by `scripts/key-peers.sh`, whose table is in docs/keys.md.

use twinlock::{
    ids::{Kem, KeyKind, MlKem, Signature},
    keys::Form,
};

/// Programs that read a PKCS#8 file of a kind in a form, and those that do not. Go reads none under a passphrase.
pub(super) fn of(kind: KeyKind, form: Form, protected: bool) -> (&'static str, &'static str) {
    match (kind, form) {
        (KeyKind::X25519 | KeyKind::Signature(Signature::Ed25519), _) if protected => ("OpenSSL, Python", "Go"),
        (KeyKind::X25519 | KeyKind::Signature(Signature::Ed25519), _) => ("OpenSSL, Go, Python", ""),
        (KeyKind::Kem(Kem::MlKem(MlKem::MlKem768 | MlKem::MlKem1024)), Form::Seed) => ("OpenSSL 3.5, Python", "Go"),
        (KeyKind::Signature(Signature::MlDsa(_)), Form::Seed) if protected => ("OpenSSL 3.5, Python", "Go"),
        (KeyKind::Signature(Signature::MlDsa(_)), Form::Seed) => ("OpenSSL 3.5, Go 1.27, Python", ""),
        (KeyKind::Kem(Kem::MlKem(_)) | KeyKind::Signature(Signature::MlDsa(_)), _) => ("OpenSSL 3.5", "Go, Python"),
        _ => ("", "OpenSSL, Go, Python"),
    }
}
