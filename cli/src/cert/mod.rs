//! `twinlock cert`: certificates, and the small CA that makes them.

use std::path::Path;

use serde_json::Value;
use twinlock::{
    certificate::{self, Certificate, Grant, Time, Validity},
    provider::Provider,
    ring::Use,
    sign::SigningKey,
};

use crate::{
    error::Error,
    files::{self, NewFile, PUBLIC_MODE},
    passphrase::PassphraseArg,
    report::Report,
    ring::now,
    terminal, token,
};

pub(crate) mod args;
mod issue;
mod new;
mod request;
mod revoke;
mod show;
mod verify;

use args::{Cert, Out};

pub(crate) fn run(command: Cert) -> Result<(), Error> {
    match command {
        Cert::New(args) => new::run(args),
        Cert::Request(args) => request::run(&args),
        Cert::Issue(args) => issue::run(args),
        Cert::Verify(args) => verify::run(&args),
        Cert::Show(args) => show::run(&args),
        Cert::Revoke(args) => revoke::run(&args),
    }
}

/// From now on, for that many seconds.
pub(crate) fn from_now(lifetime: u64) -> Result<Validity, Error> {
    let now = now()?;
    let until = Time::from_unix(now.unix().saturating_add(lifetime)).map_err(Error::failed)?;
    Validity::new(now, until).map_err(Error::failed)
}

/// A private key that signs.
fn signing_key(
    path: &Path,
    wanted: Use,
    passphrase: &PassphraseArg,
    provider: &'static Provider,
) -> Result<SigningKey, Error> {
    token::Key::of(path, wanted, passphrase)?.into_signing_key(provider)
}

/// Reads a file of at most `limit` bytes.
fn read<T>(path: &Path, limit: usize, parse: impl FnOnce(&[u8]) -> Result<T, certificate::Error>) -> Result<T, Error> {
    let bytes = files::content(path, limit)?;
    parse(&bytes).map_err(|error| Error::file(path, error))
}

/// What cannot be made.
fn cannot(error: certificate::Error) -> Error {
    match error {
        certificate::Error::Nameless => Error::failed(error).hint("--subject or --name gives one"),
        certificate::Error::Outlives { .. } => Error::failed(error).hint("a shorter --lifetime ends before"),
        _ => Error::failed(error),
    }
}

/// Writes a text in PEM, and says where.
fn write(out: &Out, what: &str, pem: &str) -> Result<(), Error> {
    if out.out.as_os_str() == "-" {
        return terminal::print(pem);
    }
    NewFile::write(&out.out, pem.as_bytes(), PUBLIC_MODE, out.force)?.keep(out.force)?;
    terminal::say(format_args!("{what}: {}", out.out.display()));
    Ok(())
}

/// Writes a new certificate, and says what it is.
fn write_certificate(out: &Out, certificate: &Certificate) -> Result<(), Error> {
    write(out, "certificate", &certificate.to_pem().map_err(Error::failed)?)?;
    // Subject and names may come from a request: whoever issues sees what was asked for.
    terminal::say(format_args!("subject: {}", certificate.subject()));
    for name in certificate.alt_names() {
        terminal::say(format_args!("name: {name}"));
    }
    terminal::say(format_args!("serial: {}", certificate.serial()));
    terminal::say(format_args!("valid until: {}", certificate.validity().until()));
    Ok(())
}

/// Who may use what, in a report.
fn report_grant(report: &mut Report, section: &str, grant: &Grant) {
    report.row(section, "principals", grant.principals().to_vec(), "");
    report.row(section, "services", grant.services().to_vec(), "");
}

/// A list of what can be shown.
fn list(items: impl IntoIterator<Item = impl ToString>) -> Value {
    items.into_iter().map(|item| Value::from(item.to_string())).collect()
}
