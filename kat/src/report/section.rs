//! Which section of which standard a failure is about.

use crate::{Alg, Family, Op};

/// The standard of an algorithm with the section of an operation, such as `FIPS 203 §6.3, §7.3`.
pub(super) fn section(alg: Alg, op: Op) -> String {
    let sections = match (alg.family(), op) {
        (Family::MlKem, Op::Pkcs8) => return "RFC 9935 §6".into(),
        (Family::MlKem, Op::Spki) => return "RFC 9935 §4".into(),
        (Family::MlDsa, Op::Pkcs8) => return "RFC 9881 §6".into(),
        (Family::MlDsa, Op::Spki) => return "RFC 9881 §4".into(),
        (Family::Dh, Op::Pkcs8) if alg != Alg::X25519 => return "RFC 5915 §3".into(),
        (Family::Dh, Op::Spki) if alg != Alg::X25519 => return "RFC 5480 §2".into(),
        (Family::EdDsa | Family::Dh, Op::Pkcs8) => return "RFC 8410 §7".into(),
        (Family::EdDsa | Family::Dh, Op::Spki) => return "RFC 8410 §4".into(),
        (Family::MlKem, Op::Keygen) => "§6.1, §7.1",
        (Family::MlKem, Op::Encaps) => "§6.2, §7.2",
        (Family::MlKem, Op::Decaps) => "§6.3, §7.3",
        (Family::MlKem, Op::CheckEk) => "§7.2",
        (Family::MlKem, Op::CheckDk) => "§7.3",
        (Family::MlDsa, Op::Keygen) => "§6.1",
        (Family::MlDsa, Op::Sign) => "§5.2",
        (Family::MlDsa, Op::Verify) => "§5.3",
        (Family::MlDsa, Op::SignPrehash | Op::VerifyPrehash) => "§5.4",
        (Family::MlDsa, Op::SignInternal | Op::SignMu) => "§6.2",
        (Family::MlDsa, Op::VerifyInternal | Op::VerifyMu) => "§6.3",
        (Family::EdDsa, Op::Keygen) => return "RFC 8032 §5.1.5".into(),
        (Family::EdDsa, Op::Sign) => return "RFC 8032 §5.1.6".into(),
        (Family::EdDsa, Op::Verify) => return "RFC 8032 §5.1.7".into(),
        (Family::Hkdf, _) => "§2",
        (Family::Aead, Op::Seal) if alg != Alg::ChaCha20Poly1305 => "§7.1",
        (Family::Aead, Op::Open) if alg != Alg::ChaCha20Poly1305 => "§7.2",
        (Family::Aead, _) => "§2.8",
        (Family::Hpke, Op::Keygen) => "§7.1.3",
        (Family::Hpke, Op::Open) => "§5.2",
        (Family::Hpke, Op::Export) => "§5.3",
        _ => return alg.standard().into(),
    };
    format!("{} {sections}", alg.standard())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_standard() {
        for alg in Alg::ALL {
            for op in alg.ops() {
                let section = section(*alg, *op);
                assert!(!section.is_empty() && section.matches('§').count() <= 2, "{alg} {op}: {section}");
            }
        }
        assert_eq!(section(Alg::MlKem768, Op::Decaps), "FIPS 203 §6.3, §7.3");
        assert_eq!(section(Alg::Ed25519, Op::Verify), "RFC 8032 §5.1.7");
        assert_eq!(section(Alg::X25519, Op::Agree), "RFC 7748 §5");
        assert_eq!(section(Alg::X25519, Op::Spki), "RFC 8410 §4");
    }
}
