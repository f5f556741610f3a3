//! `twinlock cert verify`: whether a chain leads to a CA that is trusted.

use twinlock::{
    certificate::{self, Certificate, Grant, Reason, RevocationList, Verifier},
    ids::certificate::{MAX_CERTIFICATE_FILE_LEN, MAX_REVOCATION_LIST_LEN},
};

use super::{args::Verify, list, now, read, report_grant};
use crate::{error::Error, report::Report};

pub(super) fn run(args: &Verify) -> Result<(), Error> {
    let chain = read(&args.chain, MAX_CERTIFICATE_FILE_LEN, Certificate::all_from_bytes)?;
    let mut anchors = Vec::new();
    for path in &args.ca {
        anchors.extend(read(path, MAX_CERTIFICATE_FILE_LEN, Certificate::all_from_bytes)?);
    }
    let read_list = |path| read(path, MAX_REVOCATION_LIST_LEN * 2, RevocationList::from_bytes);
    let lists = args.crl.iter().map(|path| read_list(path)).collect::<Result<Vec<_>, _>>()?;
    let at = args.at.map_or_else(now, Ok)?;
    let provider = args.provider.provider;
    let verifier = Verifier { provider, anchors: &anchors, lists: &lists, at, purpose: args.purpose };
    let path = verifier.verify(&chain).map_err(|error| {
        let refusal = Error::no(error).about(args.chain.display());
        match error {
            certificate::Error::Path { reason: Reason::NoAnchor, .. } if args.ca.is_empty() => {
                refusal.hint("--ca FILE tells whom to trust")
            }
            certificate::Error::Path { reason: Reason::WrongIssuer, .. } => {
                refusal.hint("a chain begins with its end, and each certificate is issued by the next")
            }
            _ => refusal,
        }
    })?;

    let mut report = Report::default();
    report.row("", "verified for", at.to_string(), "");
    if let Some((end, issuers)) = path.split_first() {
        report.row("", "subject", end.subject().to_string(), "");
        report.row("", "issuers", list(issuers.iter().map(|issuer| issuer.subject())), "");
        report.row("", "key id", end.key().key_id().to_string(), "");
        if let Some(until) = path.iter().map(|certificate| certificate.validity().until()).min() {
            report.row("", "valid until", until.to_string(), "");
        }
        report.row("", "revocation", if lists.is_empty() { "not checked" } else { "not revoked" }, "");
        if let Ok(grant) = Grant::of(end) {
            report_grant(&mut report, "", &grant);
        }
    }
    report.print(args.json)
}
