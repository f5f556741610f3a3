//! `twinlock cert show`: what a certificate, a request or a revocation list holds. It believes nothing of it.

use twinlock::{
    certificate::{Certificate, Document, Error as CertificateError, Grant, Request, RevocationList},
    ids::certificate::MAX_REVOCATION_LIST_LEN,
    keys::PublicKey,
};

use super::{args::Show, list, report_grant};
use crate::{error::Error, files, report::Report};

pub(super) fn run(args: &Show) -> Result<(), Error> {
    let path = args.file.as_path();
    // Of the three a list is the longest; the others have their own limits.
    let limit = MAX_REVOCATION_LIST_LEN * 2;
    let bytes = files::content(path, limit)?;
    let mut report = Report::default();
    describe(&bytes, args, &mut report).map_err(|error| match error {
        CertificateError::WrongDocument { found, .. } => {
            Error::file(path, format_args!("holds {found}; give a certificate, a request or a revocation list"))
        }
        error => Error::file(path, error),
    })?;
    report.print(args.json)
}

fn describe(bytes: &[u8], args: &Show, report: &mut Report) -> Result<(), CertificateError> {
    let error = match Certificate::all_from_bytes(bytes) {
        Ok(chain) => {
            for (at, one) in chain.iter().enumerate() {
                let section =
                    if chain.len() == 1 { String::new() } else { format!("certificate {}", at.saturating_add(1)) };
                certificate(report, &section, one);
            }
            return Ok(());
        }
        Err(error) => error,
    };
    let request = Request::from_bytes(bytes, args.provider.provider);
    let revocation_list = RevocationList::from_bytes(bytes);
    match (request, revocation_list, error) {
        (Ok(found), _, _) => self::request(report, &found),
        (_, Ok(found), _) => self::revocation_list(report, &found),
        (Err(error), _, CertificateError::WrongDocument { found: Document::Request, .. })
        | (_, Err(error), CertificateError::WrongDocument { found: Document::RevocationList, .. }) => {
            return Err(error);
        }
        // In DER a request looks like a certificate until its end.
        (Err(error @ CertificateError::Signature), ..) => return Err(error),
        (.., error) => return Err(error),
    }
    Ok(())
}

fn certificate(report: &mut Report, section: &str, one: &Certificate) {
    let mut row = |label: &str, value: serde_json::Value| report.row(section, label, value, "");
    row("holds", "certificate".into());
    row("subject", one.subject().to_string().into());
    row("issuer", one.issuer().to_string().into());
    row("serial", one.serial().to_string().into());
    row("valid from", one.validity().from().to_string().into());
    row("valid until", one.validity().until().to_string().into());
    row("signed with", one.algorithm().name().into());
    row("authority", one.is_ca().into());
    if let Some(most) = one.path_len() {
        row("path length", most.into());
    }
    row("key usage", one.key_usage().map_or(serde_json::Value::Null, |usage| list(usage.names())));
    if let Some(purposes) = one.purposes() {
        row("purposes", list(purposes.map(|(known, oid)| known.map_or(oid.to_string(), |known| known.name().into()))));
    }
    if !one.alt_names().is_empty() {
        row("names", list(one.alt_names()));
    }
    if let Some(obstacle) = one.obstacle() {
        row("not believed", obstacle.to_string().into());
    }
    key(report, section, one.key());
    if let Ok(grant) = Grant::of(one) {
        report_grant(report, section, &grant);
    }
}

fn key(report: &mut Report, section: &str, key: &PublicKey) {
    report.row(section, "key algorithm", key.kind().name(), "");
    report.row(section, "key id", key.key_id().to_string(), "");
}

fn request(report: &mut Report, request: &Request) {
    report.row("", "holds", "request for a certificate", "");
    report.row("", "subject", request.subject().to_string(), "");
    if !request.alt_names().is_empty() {
        report.row("", "names", list(request.alt_names()), "");
    }
    report.row("", "signature", "verifies", "");
    key(report, "", request.key());
}

fn revocation_list(report: &mut Report, found: &RevocationList) {
    report.row("", "holds", "revocation list", "");
    report.row("", "issuer", found.issuer().to_string(), "");
    if let Some(number) = found.number() {
        report.row("", "number", number, "");
    }
    report.row("", "valid from", found.validity().from().to_string(), "");
    report.row("", "valid until", found.validity().until().to_string(), "");
    report.row("", "signed with", found.algorithm().name(), "");
    report.row("", "revoked", found.entries().len(), "");
    for entry in found.entries() {
        report.row("revoked since", entry.serial.to_string(), entry.since.to_string(), "");
    }
}
