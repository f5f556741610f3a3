//! `twinlock cert request`: asks a CA for a certificate.

use twinlock::{certificate, provider::SystemRng, ring::Use};

use super::{args::Request, cannot, signing_key, write};
use crate::{error::Error, files};

pub(super) fn run(args: &Request) -> Result<(), Error> {
    files::refuse_same(&args.out.out, [args.key.as_path()])?;
    let key = signing_key(&args.key, Use::Certificate, &args.passphrase, args.provider.provider)?;
    let request = certificate::Request::new(args.subject.clone(), &args.names.name, &key, &mut SystemRng);
    write(&args.out, "request", &request.and_then(|request| request.to_pem()).map_err(cannot)?)
}
