//! What can be typed after `twinlock cert`.

use std::path::PathBuf;

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use twinlock::{
    certificate::{AltName, Name, Time},
    ids::certificate::Purpose,
};

use crate::{
    args::{ProviderArg, service_name},
    passphrase::PassphraseArg,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Cert {
    /// Make a certificate signed with its own key: a CA, or one for a single peer
    New(New),
    /// Ask a CA for a certificate: PKCS#10
    Request(Request),
    /// Make a certificate as a CA, of a request or of a public key
    Issue(Issue),
    /// Verify a chain of certificates up to a CA that is trusted
    Verify(Verify),
    /// Say what a certificate, a request or a revocation list holds
    Show(Show),
    /// Put certificates on the CA's revocation list, and renew the list
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The private key, or an entry of a key ring, RING/NAME
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
    #[command(flatten)]
    pub(super) passphrase: PassphraseArg,
    /// Whom it is about: CN=desk-7,O=Example
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(super) subject: Name,
    #[command(flatten)]
    pub(super) names: Names,
    #[command(flatten)]
    pub(super) authority: Authority,
    #[command(flatten)]
    pub(super) purposes: Purposes,
    /// How long it is valid from now: 90d, 24h, 30m
    #[arg(long, value_name = "TIME", default_value = "365d", value_parser = lifetime)]
    pub(super) lifetime: u64,
    #[command(flatten)]
    pub(super) out: Out,
    #[command(flatten)]
    pub(super) provider: ProviderArg,
}

#[derive(Debug, Args)]
pub(crate) struct Request {
    /// The private key, or an entry of a key ring, RING/NAME
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
    #[command(flatten)]
    pub(super) passphrase: PassphraseArg,
    /// Whom it is about: CN=desk-7,O=Example
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(super) subject: Name,
    #[command(flatten)]
    pub(super) names: Names,
    #[command(flatten)]
    pub(super) out: Out,
    #[command(flatten)]
    pub(super) provider: ProviderArg,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("of").required(true)))]
pub(crate) struct Issue {
    #[command(flatten)]
    pub(super) ca: Ca,
    /// The request: its subject and names are taken unless others are given
    #[arg(long, value_name = "FILE", group = "of")]
    pub(super) request: Option<PathBuf>,
    /// The public key of the subject, of any kind
    #[arg(long, value_name = "FILE", group = "of")]
    pub(super) public: Option<PathBuf>,
    /// Whom it is about, instead of what the request says
    #[arg(long, value_name = "NAME")]
    pub(super) subject: Option<Name>,
    #[command(flatten)]
    pub(super) names: Names,
    #[command(flatten)]
    pub(super) authority: Authority,
    #[command(flatten)]
    pub(super) purposes: Purposes,
    /// For channels: who it is; may be given again
    #[arg(long, value_name = "NAME", requires = "service", conflicts_with_all = ["subject", "name", "authority", "purpose"])]
    pub(super) principal: Vec<String>,
    /// For channels: a service that it may use; may be given again
    #[arg(long, value_name = "NAME", requires = "principal", value_parser = service_name)]
    pub(super) service: Vec<String>,
    /// How long it is valid from now: 90d, 24h, 30m [default: 90d, for channels 24h]
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    pub(super) lifetime: Option<u64>,
    #[command(flatten)]
    pub(super) out: Out,
    #[command(flatten)]
    pub(super) provider: ProviderArg,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Certificates in PEM, the one to verify first and each issued by the next, or one in DER
    pub(super) chain: PathBuf,
    /// Certificates to trust; may be given again
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Vec<PathBuf>,
    /// A revocation list; with any, each certificate of the chain needs that of its issuer
    #[arg(long, value_name = "FILE")]
    pub(super) crl: Vec<PathBuf>,
    /// The time to verify for, 2026-01-31T12:00:00Z, instead of now
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Time>,
    /// What it is to be used for
    #[arg(long, value_name = "NAME", value_parser = purpose())]
    pub(super) purpose: Option<Purpose>,
    /// Report in JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) provider: ProviderArg,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Certificates, a request, or a revocation list, in PEM or DER; - is stdin
    pub(super) file: PathBuf,
    /// Report in JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) provider: ProviderArg,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    pub(super) ca: Ca,
    /// The list: made, or replaced by its successor
    #[arg(long, value_name = "FILE")]
    pub(super) crl: PathBuf,
    /// How long the list is valid from now: 90d, 24h, 30m
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = lifetime)]
    pub(super) lifetime: u64,
    /// Certificates to revoke; none only renews the list
    #[arg(value_name = "CERTIFICATE")]
    pub(super) certificates: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) provider: ProviderArg,
}

/// Who issues.
#[derive(Debug, Args)]
pub(super) struct Ca {
    /// The CA's certificate
    #[arg(long, value_name = "FILE")]
    pub(super) ca: PathBuf,
    /// The CA's private key, or an entry of a key ring, RING/NAME
    #[arg(long, value_name = "FILE")]
    pub(super) ca_key: PathBuf,
    #[command(flatten)]
    pub(super) passphrase: PassphraseArg,
}

#[derive(Debug, Args)]
pub(super) struct Names {
    /// Another name: dns:HOST, ip:ADDRESS, uri:URI; may be given again
    #[arg(long, value_name = "NAME")]
    pub(super) name: Vec<AltName>,
}

#[derive(Debug, Args)]
pub(super) struct Authority {
    /// Make it a CA
    #[arg(long)]
    pub(super) authority: bool,
    /// How many CAs may be below it
    #[arg(long, value_name = "N", requires = "authority")]
    pub(super) path_len: Option<u8>,
}

#[derive(Debug, Args)]
pub(super) struct Purposes {
    /// What it is for; may be given again, and without it for anything
    #[arg(long, value_name = "NAME", value_parser = purpose())]
    pub(super) purpose: Vec<Purpose>,
}

#[derive(Debug, Args)]
pub(super) struct Out {
    /// Where it goes; - is stdout
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub(super) force: bool,
}

/// A time span in seconds: a number, and d, h or m.
pub(crate) fn lifetime(text: &str) -> Result<u64, &'static str> {
    let wrong = "a time is a number from 1 and d, h or m: 90d, 24h, 30m";
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(wrong)?;
    let seconds = match unit {
        "d" => 24 * 60 * 60,
        "h" => 60 * 60,
        "m" => 60,
        _ => return Err(wrong),
    };
    let number =
        number.parse::<u32>().ok().filter(|number| *number > 0 && text.starts_with(|c: char| c.is_ascii_digit()));
    number.and_then(|number| u64::from(number).checked_mul(seconds)).ok_or(wrong)
}

fn purpose() -> impl TypedValueParser<Value = Purpose> {
    PossibleValuesParser::new(Purpose::ALL.map(Purpose::cli_name))
        .try_map(|name| Purpose::ALL.into_iter().find(|one| one.cli_name() == name).ok_or("no such purpose"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(lifetime("90d"), Ok(7_776_000));
        assert_eq!(lifetime("24h"), Ok(86_400));
        assert_eq!(lifetime("30m"), Ok(1_800));
        for bad in ["", "d", "0d", "-1d", "+1d", "1", "1s", "1.5h", "99999999999d", "1é"] {
            assert!(lifetime(bad).is_err(), "{bad}");
        }
    }
}
