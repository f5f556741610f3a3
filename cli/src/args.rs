//! What can be typed. Help texts, completions and man pages come from here.

use std::path::PathBuf;

use crate::address::Address;
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
    /// Carry a plain service, TCP or Unix socket, through a channel
    #[command(subcommand)]
    Tunnel(Tunnel),
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

#[derive(Debug, Subcommand)]
pub(crate) enum Tunnel {
    /// Accept channels and forward each to a plain service
    Server(TunnelServer),
    /// Accept plain connections and forward each through a channel of its own
    Client(TunnelClient),
}

#[derive(Debug, Args)]
pub(crate) struct TunnelServer {
    /// Where channels come in: HOST:PORT or unix:PATH
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Address,
    /// The plain service: HOST:PORT or unix:PATH
    #[arg(long, value_name = "ADDR")]
    pub(crate) to: Address,
    #[command(flatten)]
    pub(crate) identity: IdentityArg,
    /// The list of peers that may connect
    #[arg(long, value_name = "FILE")]
    pub(crate) allow: PathBuf,
    /// What is served here; a peer must ask for it and be allowed to
    #[arg(long, value_name = "NAME")]
    pub(crate) service: String,
    #[command(flatten)]
    pub(crate) limit: ConnectionLimit,
}

#[derive(Debug, Args)]
pub(crate) struct TunnelClient {
    /// Where plain connections come in: HOST:PORT or unix:PATH
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Address,
    /// The tunnel server: HOST:PORT or unix:PATH
    #[arg(long, value_name = "ADDR")]
    pub(crate) to: Address,
    #[command(flatten)]
    pub(crate) identity: IdentityArg,
    /// The server's public key file, or its key id SHA256:…
    #[arg(long, value_name = "KEY")]
    pub(crate) peer: String,
    /// What to ask the server for
    #[arg(long, value_name = "NAME")]
    pub(crate) service: String,
    #[command(flatten)]
    pub(crate) limit: ConnectionLimit,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ConnectionLimit {
    /// Connections at the same time; more wait. Each takes two file descriptors
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_connections: u32,
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
