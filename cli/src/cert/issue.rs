//! `twinlock cert issue`: a certificate from the CA.

use twinlock::{
    certificate::{AltName, Certificate, Grant, Issuer, Name, Request, Template},
    ids::certificate::MAX_CERTIFICATE_FILE_LEN,
    keys::PublicKey,
    provider::SystemRng,
    ring::Use,
};

use super::{args::Issue, cannot, from_now, read, signing_key, write_certificate};
use crate::{error::Error, files};

/// 90 days.
const LIFETIME: u64 = 90 * 24 * 60 * 60;
/// 24 hours: what is over soon need not be revoked.
const CHANNEL_LIFETIME: u64 = 24 * 60 * 60;

pub(super) fn run(args: Issue) -> Result<(), Error> {
    let provider = args.provider.provider;
    files::refuse_same(&args.out.out, [args.ca.ca.as_path(), args.ca.ca_key.as_path()])?;
    let ca = read(&args.ca.ca, MAX_CERTIFICATE_FILE_LEN, Certificate::from_bytes)?;
    let key = signing_key(&args.ca.ca_key, Use::Sign, &args.ca.passphrase, provider)?;
    let issuer = Issuer::new(&ca, &key).map_err(|error| Error::file(&args.ca.ca, error))?;
    let (subject_key, asked) = asked(&args)?;

    let for_channels = !args.principal.is_empty();
    let template = if for_channels {
        let grant = Grant::new(args.principal, args.service).map_err(Error::failed)?;
        grant.template(from_now(args.lifetime.unwrap_or(CHANNEL_LIFETIME))?).map_err(cannot)?
    } else {
        let (subject, mut names) = asked;
        if !args.names.name.is_empty() {
            names = args.names.name;
        }
        let validity = from_now(args.lifetime.unwrap_or(LIFETIME))?;
        let template = Template::new(args.subject.unwrap_or(subject), validity);
        let template = template.alt_names(names).purposes(args.purposes.purpose);
        if args.authority.authority { template.authority(args.authority.path_len) } else { template }
    };
    let certificate = issuer.issue(&template, &subject_key, &mut SystemRng).map_err(cannot)?;
    if for_channels {
        // A key that no suite signs with is of no use to a channel.
        Grant::of(&certificate).map_err(Error::failed)?;
    }
    write_certificate(&args.out, &certificate)
}

/// The key, and what the request says about its owner.
fn asked(args: &Issue) -> Result<(PublicKey, (Name, Vec<AltName>)), Error> {
    let Some(path) = &args.request else {
        let path = args.public.as_ref().ok_or_else(|| Error::failed("neither --request nor --public"))?;
        return Ok((files::public_key(path)?, (Name::default(), Vec::new())));
    };
    let request = read(path, MAX_CERTIFICATE_FILE_LEN, |bytes| Request::from_bytes(bytes, args.provider.provider))?;
    Ok((request.key().clone(), (request.subject().clone(), request.alt_names().to_vec())))
}
