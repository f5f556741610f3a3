//! What can be typed. Help texts, completions and man pages come from here.

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use twinlock::{
    ids::KeyKind,
    provider::{self, Operation, Provider},
};

/// Post-quantum hybrid keys and channels: two locks on every door
#[derive(Debug, Parser)]
#[command(name = "twinlock", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make and show key files
    #[command(subcommand)]
    Key(Key),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key: PKCS#8 in PEM, for its owner's eyes only
    New(KeyNew),
    /// Say what a key file holds, never the secret
    Show(KeyShow),
}

#[derive(Debug, Args)]
pub(crate) struct KeyNew {
    /// What to make; identities of channels are mldsa65-ed25519 or mldsa44-ed25519
    #[arg(long, value_name = "NAME", value_parser = key_kinds())]
    pub(crate) algorithm: KeyKind,
    /// Where the private key goes; - is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Where the public key goes
    #[arg(long, value_name = "FILE")]
    pub(crate) public: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Report in JSON on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

#[derive(Debug, Args)]
pub(crate) struct KeyShow {
    /// A private or public key in PEM or DER; - is stdin
    pub(crate) file: PathBuf,
    /// Report in JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

/// Who we are.
#[derive(Debug, Args)]
pub(crate) struct IdentityArg {
    /// Our private key
    #[arg(long, value_name = "KEY")]
    pub(crate) identity: PathBuf,
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

/// Where the primitives come from.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ProviderArg {
    /// Which implementation of the primitives to use
    #[arg(long, value_name = "NAME", value_parser = providers(), default_value = default_provider().name())]
    pub(crate) provider: &'static Provider,
}

/// The provider of all commands unless another is asked for.
pub(crate) fn default_provider() -> &'static Provider {
    Provider::by_name("aws-lc").unwrap_or(provider::RUST)
}

/// The providers of this build that have what the standards have; `pqclean` has not.
fn providers() -> impl TypedValueParser<Value = &'static Provider> {
    let standard = provider::ALL.iter().filter(|provider| provider.supports(Operation::MlDsa));
    PossibleValuesParser::new(standard.map(|provider| provider.name()))
        .try_map(|name| Provider::by_name(&name).ok_or("no such provider"))
}

fn key_kinds() -> impl TypedValueParser<Value = KeyKind> {
    PossibleValuesParser::new(KeyKind::ALL.map(KeyKind::cli_name))
        .try_map(|name| KeyKind::ALL.into_iter().find(|kind| kind.cli_name() == name).ok_or("no such algorithm"))
}
