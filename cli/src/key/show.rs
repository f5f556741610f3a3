//! `twinlock key show`: what a key file holds.

use std::io;

use twinlock::{
    ids::{DRAFTS, Kem, KeyKind, MAX_KEY_FILE_LEN, Signature, envelope},
    keys::{self, Content, Form, PrivateKey, ProtectedKey, PublicKey},
    ssh,
};

use super::readers;
use crate::{
    args::KeyShow,
    error::Error,
    files::{self, Found},
    report::Report,
    terminal, token,
};

pub(super) fn run(args: &KeyShow) -> Result<(), Error> {
    if token::is_uri(&args.file) {
        return token::show(args);
    }
    let (path, provider) = (args.file.as_path(), args.provider.provider);
    let (bytes, exposed) = if path.as_os_str() == "-" {
        (files::read(path, io::stdin().lock(), MAX_KEY_FILE_LEN)?, None)
    } else {
        let file = files::open(path)?;
        let exposed = file.metadata().ok().and_then(|metadata| files::open_to_others(&metadata));
        (files::read(path, file, MAX_KEY_FILE_LEN)?, exposed)
    };
    if bytes.starts_with(envelope::NAME) {
        return Err(Error::file(path, "holds an envelope, not a key").hint("`twinlock open` opens it"));
    }
    if bytes.starts_with(envelope::age::NAME.as_bytes()) {
        return Err(Error::file(path, "holds an age file, not a key").hint("`twinlock open --age` opens it"));
    }
    let failed = |error: keys::Error| Error::file(path, error);
    let mut report = Report::default();
    let other = match openssh(args, &bytes, exposed, &mut report)? {
        Some(public) => Some(public),
        None => age(args, &bytes, exposed, &mut report)?,
    };
    if let Some(public) = other {
        describe(&mut report, "", &public);
        return report.print(args.json);
    }
    let public = match PrivateKey::from_bytes(&bytes) {
        Ok(key) => {
            report.row("", "holds", "private key", "");
            warn(args, exposed);
            private(&mut report, &key, false);
            key.public_key(provider).map_err(failed)?
        }
        Err(keys::Error::WrongContent { found: Content::EncryptedPrivateKey, .. }) => {
            let protected = ProtectedKey::from_bytes(&bytes).map_err(failed)?;
            report.row("", "holds", "private key under a passphrase", "");
            report.row("", "protection", protected.scheme(), "");
            if args.passphrase.passphrase_file.is_none() {
                terminal::say("hint: with --passphrase-file, it tells what is inside");
                return report.print(args.json);
            }
            let key = protected.open(&args.passphrase.existing(path)?).map_err(failed)?;
            private(&mut report, &key, true);
            key.public_key(provider).map_err(failed)?
        }
        Err(keys::Error::WrongContent { found: Content::PublicKey, .. }) => {
            report.row("", "holds", "public key", "");
            PublicKey::from_bytes(&bytes).map_err(failed)?
        }
        Err(keys::Error::WrongContent { found: found @ Content::Certificate, .. }) => {
            let words = format_args!("holds {found}; give a private or a public key");
            return Err(Error::file(path, words).hint("`twinlock cert show` shows it"));
        }
        Err(keys::Error::WrongContent { found, .. }) => {
            return Err(Error::file(path, format_args!("holds {found}; give a private or a public key")));
        }
        Err(error) => return Err(failed(error)),
    };
    describe(&mut report, "", &public);
    report.print(args.json)
}

/// OpenSSH's files tell their public key without a passphrase.
fn openssh(
    args: &KeyShow,
    bytes: &[u8],
    exposed: Option<u32>,
    report: &mut Report,
) -> Result<Option<PublicKey>, Error> {
    let failed = |error: ssh::Error| Error::file(&args.file, error);
    match ssh::Content::of(bytes) {
        Some(ssh::Content::PrivateKey) => {
            let file = ssh::PrivateFile::from_bytes(bytes).map_err(failed)?;
            let public = file.public_key().clone();
            report.row("", "holds", "OpenSSH private key", "");
            match file.protection() {
                Some(protection) => {
                    report.row("", "protection", protection, "");
                    if args.passphrase.passphrase_file.is_some() {
                        file.open(Some(&args.passphrase.existing(&args.file)?)).map_err(failed)?;
                    }
                }
                None => {
                    file.open(None).map_err(failed)?;
                    warn(args, exposed);
                }
            }
            Ok(Some(public))
        }
        Some(ssh::Content::PublicKey) => {
            report.row("", "holds", "OpenSSH public key", "");
            Ok(Some(ssh::decode_public(bytes).map_err(failed)?.key))
        }
        _ => Ok(None),
    }
}

fn age(args: &KeyShow, bytes: &[u8], exposed: Option<u32>, report: &mut Report) -> Result<Option<PublicKey>, Error> {
    match files::age_key(&args.file, bytes)? {
        Some(Found::Private { key, .. }) => {
            report.row("", "holds", "age private key", "");
            warn(args, exposed);
            key.public_key(args.provider.provider).map(Some).map_err(|error| Error::file(&args.file, error))
        }
        Some(Found::Public(public)) => {
            report.row("", "holds", "age public key", "");
            Ok(Some(public))
        }
        None => Ok(None),
    }
}

/// Only of what nothing protects: who can read it has the key.
fn warn(args: &KeyShow, exposed: Option<u32>) {
    let path = args.file.display();
    if let Some(mode) = exposed {
        terminal::say(format_args!("warning: {path}: open to group or others, mode {mode:04o}"));
        terminal::say(format_args!("hint: chmod 600 {path}"));
    }
}

/// What the private key field holds, and who can read that.
fn private(report: &mut Report, key: &PrivateKey, protected: bool) {
    report.row("", "form", key.form().to_string(), "");
    let (by, not_by) = readers::of(key.kind(), key.form(), protected);
    for (label, who) in [("read by", by), ("not read by", not_by)] {
        if !who.is_empty() {
            report.row("", label, who, "");
        }
    }
    match (key.seed(), key.form()) {
        (Some(_), Form::Seed) => {}
        (Some(_), _) => terminal::say("hint: twinlock key convert writes the seed alone, which most programs read"),
        (None, _) => terminal::say("hint: the seed is not in the file; write it with its seed where it was made"),
    }
}

pub(crate) fn describe(report: &mut Report, section: &str, public: &PublicKey) {
    let (kind, id) = (public.kind(), public.key_id());
    report.row(section, "algorithm", kind.name(), "");
    report.row(section, "standard", standard(kind), "");
    report.row(section, "oid", kind.oid(), "");
    report.row(section, "key id", id.to_string(), "");
    report.row(section, "key id, short", id.short(), "");
    report.row(section, "public key", kind.public_len(), "bytes");
    report.row(section, "seed", kind.seed_len(), "bytes");
    match kind {
        KeyKind::Kem(kem) => {
            report.row(section, "ciphertext", kem.ciphertext_len(), "bytes");
            report.row(section, "shared secret", kem.shared_secret_len(), "bytes");
        }
        KeyKind::Signature(signature) => report.row(section, "signature", signature.signature_len(), "bytes"),
        _ => {}
    }
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
