//! `twinlock cert revoke`: the CA's revocation list, and its next edition.

use twinlock::{
    certificate::{Certificate, Issuer, Revocation, RevocationList},
    ids::certificate::{MAX_CERTIFICATE_FILE_LEN, MAX_REVOCATION_LIST_LEN},
    provider::SystemRng,
    ring::Use,
};

use super::{PUBLIC_MODE, args::Revoke, cannot, from_now, now, read, signing_key};
use crate::{
    error::Error,
    files::{self, NewFile},
    terminal,
};

pub(super) fn run(args: &Revoke) -> Result<(), Error> {
    let provider = args.provider.provider;
    let certificate = |path| read(path, MAX_CERTIFICATE_FILE_LEN, Certificate::from_bytes);
    let ca = certificate(&args.ca.ca)?;
    let key = signing_key(&args.ca.ca_key, Use::Sign, &args.ca.passphrase, provider)?;
    let issuer = Issuer::new(&ca, &key).map_err(|error| Error::file(&args.ca.ca, error))?;

    if files::is_std(&args.crl) {
        return Err(Error::failed("--crl names a file: the list in it is carried on"));
    }
    // Two that carry on the same list one after the other lose nothing.
    let _lock = files::lock_folder(&args.crl)?;
    let is_there = args.crl.symlink_metadata().is_ok();
    // Where it is published is where a link leads.
    let crl = if is_there { args.crl.canonicalize().unwrap_or_else(|_| args.crl.clone()) } else { args.crl.clone() };
    let (mut entries, number) = if is_there {
        let list = read(&args.crl, MAX_REVOCATION_LIST_LEN * 2, RevocationList::from_bytes)?;
        // What another CA signed is not ours to carry on.
        list.verify(&ca, provider)
            .map_err(|_| Error::file(&args.crl, format_args!("is not a list of {}", ca.subject())))?;
        let number = list.number().and_then(|number| number.checked_add(1));
        let number = number.ok_or_else(|| Error::file(&args.crl, "has no number that another can follow"))?;
        (list.entries().to_vec(), number)
    } else {
        (Vec::new(), 1)
    };
    let (now, before) = (now()?, entries.len());
    for path in &args.certificates {
        let revoked = certificate(path)?;
        revoked
            .check_issuer(&ca, provider)
            .map_err(|_| Error::file(path, format_args!("is not issued by {} with this key", ca.subject())))?;
        if !entries.iter().any(|entry| entry.serial == *revoked.serial()) {
            entries.push(Revocation { serial: revoked.serial().clone(), since: now });
        }
    }
    let added = entries.len().saturating_sub(before);
    let list = RevocationList::issue(&issuer, number, from_now(args.lifetime)?, &entries, &mut SystemRng);
    let list = list.map_err(cannot)?;
    let pem = list.to_pem().map_err(Error::failed)?;
    NewFile::write(&crl, pem.as_bytes(), PUBLIC_MODE, is_there)?.keep(is_there)?;
    let new = if is_there { "" } else { ", a new one" };
    terminal::say(format_args!("revocation list: {}{new}", args.crl.display()));
    terminal::say(format_args!("revoked: {} in all, {added} new", entries.len()));
    terminal::say(format_args!("valid until: {}", list.validity().until()));
    Ok(())
}
