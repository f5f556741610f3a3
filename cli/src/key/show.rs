//! `twinlock key show`: what a key file holds.

use std::io;

use twinlock::{
    ids::{DRAFTS, Kem, KeyKind, MAX_KEY_FILE_LEN, Signature},
    keys::{self, Content, PrivateKey, PublicKey},
};

use crate::{args::KeyShow, error::Error, files, report::Report, terminal};

pub(super) fn run(args: &KeyShow) -> Result<(), Error> {
    let (path, provider) = (args.file.as_path(), args.provider.provider);
    let (bytes, exposed) = if path.as_os_str() == "-" {
        (files::read(path, io::stdin().lock(), MAX_KEY_FILE_LEN)?, None)
    } else {
        let file = files::open(path)?;
        let exposed = file.metadata().ok().and_then(|metadata| files::open_to_others(&metadata));
        (files::read(path, file, MAX_KEY_FILE_LEN)?, exposed)
    };
    let failed = |error: keys::Error| Error::file(path, error);
    let (holds, public) = match PrivateKey::from_bytes(&bytes) {
        Ok(key) => {
            if let Some(mode) = exposed {
                terminal::say(format_args!("warning: {}: open to group or others, mode {mode:04o}", path.display()));
                terminal::say(format_args!("hint: chmod 600 {}", path.display()));
            }
            ("private key", key.public_key(provider).map_err(failed)?)
        }
        Err(keys::Error::WrongContent { found: Content::PublicKey, .. }) => {
            ("public key", PublicKey::from_bytes(&bytes).map_err(failed)?)
        }
        Err(keys::Error::WrongContent { found, .. }) => {
            return Err(Error::file(path, format_args!("holds {found}; give a private or a public key")));
        }
        Err(error) => return Err(failed(error)),
    };
    let (kind, id) = (public.kind(), public.key_id());
    let mut report = Report::default();
    report.row("", "holds", holds, "");
    report.row("", "algorithm", kind.name(), "");
    report.row("", "standard", standard(kind), "");
    report.row("", "oid", kind.oid(), "");
    report.row("", "key id", id.to_string(), "");
    report.row("", "key id, short", id.short(), "");
    report.row("", "public key", kind.public_len(), "bytes");
    report.row("", "seed", kind.seed_len(), "bytes");
    match kind {
        KeyKind::Kem(kem) => {
            report.row("", "ciphertext", kem.ciphertext_len(), "bytes");
            report.row("", "shared secret", kem.shared_secret_len(), "bytes");
        }
        KeyKind::Signature(signature) => report.row("", "signature", signature.signature_len(), "bytes"),
        _ => {}
    }
    report.print(args.json)
}

/// Where the algorithm and the form of its keys are written down.
fn standard(kind: KeyKind) -> Option<&'static str> {
    let draft = |what| DRAFTS.iter().find(|row| row.0 == what).map(|row| row.1);
    match kind {
        KeyKind::X25519 => Some("RFC 7748, RFC 8410"),
        KeyKind::Kem(Kem::MlKem(_)) => Some("FIPS 203, RFC 9935"),
        KeyKind::Kem(Kem::XWing) => draft("X-Wing"),
        KeyKind::Signature(Signature::Ed25519) => Some("RFC 8032, RFC 8410"),
        KeyKind::Signature(Signature::MlDsa(_)) => Some("FIPS 204, RFC 9881"),
        KeyKind::Signature(Signature::MlDsa44Ed25519 | Signature::MlDsa65Ed25519) => draft("composite signatures"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_standard() {
        for kind in KeyKind::ALL {
            assert!(standard(kind).is_some(), "{}", kind.name());
        }
    }
}
