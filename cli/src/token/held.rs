//! The commands on tokens of a build that has them.

use std::path::Path;

use serde::Serialize;
use twinlock::{
    ids::{KeyKind, token::NEW_ID_LEN},
    keys::PublicKey,
    provider::SystemRng,
    token::{self, Key, Login, Token, Uri},
};

use crate::{
    args::{KeyNew, KeyShow},
    error::Error,
    files::{NewFile, PUBLIC_MODE},
    key,
    passphrase::PassphraseArg,
    report::Report,
    terminal,
};

/// The one key that a URI names.
pub(super) fn key(path: &Path, passphrase: &PassphraseArg) -> Result<Key, Error> {
    let uri = uri(path)?;
    login(&uri, passphrase)?.key(&uri).map_err(|error| failed(&uri, error))
}

/// The public half of the one key that a URI names.
pub(crate) fn public_key(path: &Path, passphrase: &PassphraseArg) -> Result<PublicKey, Error> {
    Ok(key(path, passphrase)?.public_key().clone())
}

/// `twinlock key show` of a URI: the keys that match.
pub(crate) fn show(args: &KeyShow) -> Result<(), Error> {
    let uri = uri(&args.file)?;
    let token = login(&uri, &args.passphrase)?;
    let keys = token.keys(&uri).map_err(|error| failed(&uri, error))?;
    if keys.is_empty() {
        return Err(failed(&uri, token::Error::NoKey));
    }
    let mut report = Report::default();
    report.row("", "token", token.label(), "");
    report.row("", "manufacturer", token.manufacturer(), "");
    report.row("", "model", token.model(), "");
    report.row("", "serial", token.serial(), "");
    let alone = keys.len() == 1;
    for key in keys {
        let key = match key {
            Ok(key) => key,
            Err(error) if alone => return Err(failed(&uri, error)),
            Err(error) => {
                terminal::say(format_args!("warning: {error}"));
                continue;
            }
        };
        let section = if alone { String::new() } else { format!("key {}", key.public_key().key_id().short()) };
        report.row(section.clone(), "holds", "private key in a token", "");
        report.row(section.clone(), "uri", key.uri().to_string(), "");
        let leaves = if key.never_leaves() { "never" } else { "can be read out of the token" };
        report.row(section.clone(), "leaves the token", leaves, "");
        key::describe(&mut report, &section, key.public_key());
    }
    report.print(args.json)
}

#[derive(Serialize)]
struct Made<'a> {
    algorithm: &'static str,
    key_id: String,
    uri: String,
    public: Option<&'a Path>,
}

/// `twinlock key new --token`: a key that is made in the token and stays there.
pub(crate) fn new(args: &KeyNew, algorithm: KeyKind, token: &Path) -> Result<(), Error> {
    let uri = uri(token)?;
    let label = uri.object().ok_or_else(|| failed(&uri, token::Error::NoLabel))?.to_owned();
    // Nothing is made before the place for its public key is.
    let mut place = match &args.public {
        Some(path) => Some(NewFile::create(path, PUBLIC_MODE, args.force)?),
        None => None,
    };
    let id = match uri.id() {
        Some(id) => id.to_vec(),
        None => fresh_id()?,
    };
    let token = login(&uri, &args.entries.passphrase)?;
    let key = token.generate(algorithm, &label, &id, args.provider.provider).map_err(|error| failed(&uri, error))?;
    let public = key.public_key();
    if let Some(file) = &mut place {
        file.append(public.to_spki_pem().map_err(Error::failed)?.as_bytes())?;
        file.sync()?;
    }
    if let Some(file) = place {
        file.keep(args.force)?;
    }
    let made = Made {
        algorithm: key.kind().name(),
        key_id: public.key_id().to_string(),
        uri: key.uri().to_string(),
        public: args.public.as_deref(),
    };
    if args.json {
        return terminal::print_json(&made);
    }
    terminal::say(format_args!("{} key {}", made.algorithm, made.key_id));
    terminal::say(format_args!("private key: {}", made.uri));
    if let Some(path) = made.public {
        terminal::say(format_args!("public key: {}", path.display()));
    }
    Ok(())
}

fn fresh_id() -> Result<Vec<u8>, Error> {
    let mut id = vec![0; NEW_ID_LEN];
    rand_core::TryRng::try_fill_bytes(&mut SystemRng, &mut id).map_err(Error::failed)?;
    Ok(id)
}

/// The text is not repeated in the error: it might hold a PIN.
fn uri(path: &Path) -> Result<Uri, Error> {
    let text = path.to_str().ok_or_else(|| Error::failed("the pkcs11: URI is not UTF-8"))?;
    text.parse().map_err(|error: token::Error| match error {
        token::Error::UriPin => {
            Error::failed(error).hint("--passphrase-file reads the PIN from a file, or it is asked for")
        }
        error => Error::failed(error),
    })
}

/// The token that a URI names, with whoever must be logged in. The PIN is asked for when the token is there.
fn login(uri: &Uri, passphrase: &PassphraseArg) -> Result<Token, Error> {
    let mut token = Token::find(uri).map_err(|error| failed(uri, error))?;
    let pin = match token.login_needed() {
        Login::None => return Ok(token),
        Login::OnDevice => {
            terminal::say(format_args!("type the PIN of token {} on the device", token.label()));
            None
        }
        _ => Some(passphrase.pin(token.label())?),
    };
    token.login(pin.as_ref().map(|pin| pin.as_slice())).map_err(|error| failed(uri, error))?;
    Ok(token)
}

fn failed(uri: &Uri, error: token::Error) -> Error {
    let hint = match &error {
        token::Error::NoModule => "?module-path=/path/to/module.so at its end names it",
        token::Error::NoLabel => "pkcs11:token=NAME;object=LABEL?module-path=FILE",
        token::Error::NoToken => "token, serial, model and manufacturer in the URI must be as the token has them",
        token::Error::ManyTokens(_) => "serial=… in the URI tells them apart",
        token::Error::ManyKeys(_) => "object=… or id=… in the URI tells them apart; key show lists them",
        token::Error::NoKey => "twinlock key show pkcs11:token=…?module-path=… lists the keys that are there",
        token::Error::WrongPin => "it was tried once; a token locks itself after a few wrong ones",
        token::Error::LastTry => "log in once with the token's own tool",
        token::Error::Locked => "the security officer unlocks it with the token's own tool",
        _ => "",
    };
    let error = Error::failed(format_args!("{uri}: {error}"));
    if hint.is_empty() { error } else { error.hint(hint) }
}
