//! What can be typed for key rings.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use twinlock::{ids::ring::Purpose, ring::Name};

use crate::{cert::args::lifetime, passphrase::PassphraseArg};

/// The part of `key new` that makes entries of a key ring.
#[derive(Debug, Args)]
pub(crate) struct NewEntries {
    /// Make entries of a key ring, for this use
    #[arg(long = "for", value_name = "PURPOSE", value_parser = purposes(), requires = "ring")]
    pub(crate) purpose: Option<Purpose>,
    /// The key ring, a folder; made if it is not there
    #[arg(long, requires = "purpose")]
    pub(crate) ring: Option<PathBuf>,
    /// The name of the entry: small letters, digits, and the signs . - _
    #[arg(long, requires = "purpose", conflicts_with = "names")]
    pub(crate) name: Option<Name>,
    /// A file of names, one a line, for many entries at once; - is stdin
    #[arg(long, value_name = "FILE", requires = "purpose")]
    pub(crate) names: Option<PathBuf>,
    /// How many names the file must hold
    #[arg(long, value_name = "N", requires = "names")]
    pub(crate) count: Option<usize>,
    /// How long the keys are valid from now: 90d, 24h, 30m [default: 365d]
    #[arg(long, value_name = "TIME", value_parser = lifetime, requires = "purpose")]
    pub(crate) lifetime: Option<u64>,
    /// The passphrase of a new ring, in a file of one line, /dev/fd/N, or - for stdin; else it is asked for
    #[arg(long, value_name = "FILE", requires = "purpose")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    /// Put the keys of a new ring under no passphrase
    #[arg(long, requires = "purpose", conflicts_with_all = ["new_passphrase_file", "passphrase_file"])]
    pub(crate) unprotected: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
}

impl NewEntries {
    /// An option that is given. clap lets it pass without --for where another option excludes that. A token has a PIN.
    pub(crate) fn first_given(&self, in_token: bool) -> Option<&'static str> {
        let given = [
            ("--ring", self.ring.is_some()),
            ("--name", self.name.is_some()),
            ("--names", self.names.is_some()),
            ("--lifetime", self.lifetime.is_some()),
            ("--new-passphrase-file", self.new_passphrase_file.is_some()),
            ("--unprotected", self.unprotected),
            ("--passphrase-file", self.passphrase.passphrase_file.is_some() && !in_token),
        ];
        given.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }
}

#[derive(Debug, Args)]
pub(crate) struct KeyRotate {
    /// The entries, RING/NAME, all of one ring
    #[arg(required = true, value_name = "RING/NAME")]
    pub(crate) entries: Vec<PathBuf>,
    /// How long the new keys are valid from now: 90d, 24h, 30m; else as long as the keys before
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    pub(crate) lifetime: Option<u64>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRevoke {
    /// The entry
    #[arg(value_name = "RING/NAME")]
    pub(crate) entry: PathBuf,
    /// Why, for whoever reads the list
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Revoke this generation only, not all of them
    #[arg(long, value_name = "N")]
    pub(crate) generation: Option<u32>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
}

#[derive(Debug, Args)]
pub(crate) struct KeyList {
    /// The key ring
    pub(crate) ring: PathBuf,
    /// The ring's own key that must have signed the list: a public key file, or a key id SHA256:…
    #[arg(long, value_name = "PUBLIC|KEY-ID")]
    pub(crate) manifest_key: Option<String>,
    /// Report in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn purposes() -> impl TypedValueParser<Value = Purpose> {
    PossibleValuesParser::new(Purpose::ALL.map(Purpose::name))
        .try_map(|name| Purpose::ALL.into_iter().find(|purpose| purpose.name() == name).ok_or("no such purpose"))
}
