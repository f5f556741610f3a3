//! `twinlock key convert` and `protect`: the same key in another form, format or protection.

use std::path::Path;

use twinlock::{
    envelope::age,
    keys::{self, Form, PrivateKey, Protection, PublicKey, WrappingKey},
    provider::{RUST, SystemRng},
    ssh,
};
use zeroize::Zeroizing;

use crate::{
    args::{Format, KeyConvert, KeyProtect},
    error::Error,
    files::{self, Found, NewFile, PRIVATE_MODE, PUBLIC_MODE},
    passphrase, terminal, token,
};

pub(super) fn convert(args: &KeyConvert) -> Result<(), Error> {
    let file = args.file.as_path();
    let failed = |error: keys::Error| Error::file(file, error);
    if args.der && matches!(args.to, Some(Format::Raw | Format::Jwk | Format::Openssh | Format::Age)) {
        return Err(Error::failed("--der is for --to pkcs8 and --to spki"));
    }
    let found = match token::is_uri(file) {
        true => Found::Public(token::public_key(file, &args.passphrase)?), // the private key stays there
        false => files::key(file, &args.passphrase)?,
    };
    let (private, passphrase) = match found {
        Found::Public(public) => {
            let to = args.to.unwrap_or(Format::Spki);
            if to == Format::Pkcs8 {
                return Err(Error::file(file, "holds a public key; PKCS#8 is for private keys"));
            }
            return put(&args.out, &to_public(file, &public, to, args.der)?, PUBLIC_MODE, args.force);
        }
        Found::Private { key, passphrase } => (key, passphrase),
    };
    let to = args.to.unwrap_or(Format::Pkcs8);
    if let Some(form) = args.form.filter(|_| to != Format::Pkcs8) {
        return Err(Error::failed(format_args!("--form {} is for --to pkcs8", form.name())));
    }
    if matches!(to, Format::Spki | Format::Raw) {
        // The public key would take the place of the private one.
        files::refuse_same(&args.out, [file])?;
        let public = private.public_key(RUST).map_err(failed)?;
        return put(&args.out, &to_public(file, &public, to, args.der)?, PUBLIC_MODE, args.force);
    }
    let form = args.form.unwrap_or(private.best_form());
    if to == Format::Pkcs8 && private.seed().is_some() && !matches!(form, Form::Seed | Form::Both | Form::BareSeed) {
        // The seed would be gone for ever.
        files::refuse_same(&args.out, [file])?;
    }
    let content = match (to, passphrase.filter(|_| !args.unprotect)) {
        (Format::Pkcs8, Some(passphrase)) => {
            wrap(&private, form, &passphrase, Protection::Scrypt, args.der).map_err(failed)?
        }
        (Format::Openssh, passphrase) => {
            let rng = &mut SystemRng;
            let text = match passphrase {
                Some(passphrase) => ssh::encode_private_protected(&private, "", &passphrase, rng),
                None => ssh::encode_private(&private, "", rng),
            };
            Zeroizing::new(text.map_err(|error| Error::file(file, error))?.as_bytes().to_vec())
        }
        (Format::Age, None) => {
            let text = age::identity_to_text(&private).map_err(|error| Error::file(file, error))?;
            Zeroizing::new([text.as_bytes(), b"\n"].concat())
        }
        (_, Some(_)) => {
            return Err(Error::file(file, "is protected, and the other format would not be")
                .hint("--unprotect writes it without protection"));
        }
        (Format::Jwk, None) => Zeroizing::new(private.to_jwk().map_err(failed)?.as_bytes().to_vec()),
        (_, None) if args.der => private.to_pkcs8_der_as(form).map_err(failed)?,
        (_, None) => Zeroizing::new(private.to_pkcs8_pem_as(form).map_err(failed)?.as_bytes().to_vec()),
    };
    put(&args.out, &content, PRIVATE_MODE, args.force)
}

pub(super) fn protect(args: &KeyProtect) -> Result<(), Error> {
    let file = args.file.as_path();
    if token::is_uri(file) {
        return Err(Error::failed("a key in a token is under the token's PIN, and stays there"));
    }
    let key = match files::key(file, &args.passphrase)? {
        Found::Private { key, .. } => key,
        Found::Public(_) => return Err(Error::file(file, "holds a public key, which needs no protection")),
    };
    if let (Some(old), Some(new)) = (&args.passphrase.passphrase_file, &args.new_passphrase_file)
        && files::is_std(old)
        && files::is_std(new)
    {
        return Err(Error::failed("both passphrases are to come from stdin, which holds one"));
    }
    files::refuse_same(&args.out, args.new_passphrase_file.as_deref())?;
    let passphrase = passphrase::new(args.new_passphrase_file.as_deref(), &args.file)?;
    let content = wrap(&key, key.best_form(), &passphrase, args.kdf.into(), false);
    let content = content.map_err(|error| Error::file(file, error))?;
    put(&args.out, &content, PRIVATE_MODE, args.force)
}

fn wrap(
    key: &PrivateKey,
    form: Form,
    passphrase: &[u8],
    protection: Protection,
    der: bool,
) -> Result<Zeroizing<Vec<u8>>, keys::Error> {
    let wrapping = WrappingKey::derive(passphrase, protection, &mut SystemRng)?;
    let content = match der {
        true => wrapping.wrap_der(key, form, &mut SystemRng)?,
        false => wrapping.wrap_pem(key, form, &mut SystemRng)?.into_bytes(),
    };
    Ok(Zeroizing::new(content))
}

fn to_public(file: &Path, public: &PublicKey, to: Format, der: bool) -> Result<Vec<u8>, Error> {
    let text = match to {
        Format::Raw => return Ok(public.as_bytes().to_vec()),
        Format::Age => {
            let text = age::recipient_to_text(public).map_err(|error| Error::file(file, error))?;
            return Ok([text.as_bytes(), b"\n"].concat());
        }
        Format::Openssh => ssh::encode_public(public, "").map_err(|error| Error::file(file, error))?,
        Format::Jwk => public.to_jwk().map_err(|error| Error::file(file, error))?,
        _ if der => return Ok(public.to_spki_der()),
        _ => public.to_spki_pem().map_err(|error| Error::file(file, error))?,
    };
    Ok(text.into_bytes())
}

fn put(out: &Path, content: &[u8], mode: u32, force: bool) -> Result<(), Error> {
    if files::is_std(out) {
        return terminal::print_unless_binary(content);
    }
    NewFile::write(out, content, mode, force)?.keep(force)?;
    let what = if mode == PRIVATE_MODE { "private" } else { "public" };
    terminal::say(format_args!("{what} key: {}", out.display()));
    Ok(())
}
