//! `twinlock cert new`: a certificate signed with its own key.

use twinlock::{certificate::Template, provider::SystemRng, ring::Use};

use super::{args::New, cannot, from_now, signing_key, write_certificate};
use crate::{error::Error, files};

pub(super) fn run(args: New) -> Result<(), Error> {
    files::refuse_same(&args.out.out, [args.key.as_path()])?;
    let key = signing_key(&args.key, Use::Certificate, &args.passphrase, args.provider.provider)?;
    let mut template = Template::new(args.subject, from_now(args.lifetime)?)
        .alt_names(args.names.name)
        .purposes(args.purposes.purpose);
    if args.authority.authority {
        template = template.authority(args.authority.path_len);
    }
    let certificate = template.self_signed(&key, &mut SystemRng).map_err(cannot)?;
    write_certificate(&args.out, &certificate)
}
