//! What can be typed. Help texts, completions and man pages come from here.

use std::path::PathBuf;

use crate::{
    address::Address,
    cert::args::Cert,
    kat::args::Kat,
    passphrase::PassphraseArg,
    ring::args::{KeyList, KeyRevoke, KeyRotate, NewEntries},
};
use clap::{
    ArgGroup, Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use twinlock::{
    ids::{KeyKind, protocol::MAX_SERVICE_LEN},
    keys::{Form, Protection},
    provider::{self, Operation, Provider},
};

/// Post-quantum hybrid keys and channels: two locks on every door
#[derive(Debug, Parser)]
#[command(name = "twinlock", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 the answer is no (refused, not the one expected), 2 could not, 3 nothing was verified (kat)"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make and show key files, and key rings
    #[command(subcommand)]
    Key(Key),
    /// Sign a file of any size; the signature goes into a file of its own
    Sign(Sign),
    /// Check the signature of a file
    Verify(Verify),
    /// Certificates: make, request, issue, verify, show, revoke
    #[command(subcommand)]
    Cert(Cert),
    /// Seal a file to recipients' keys, signed
    Seal(Seal),
    /// Open a sealed file, if the sender is the one expected
    Open(Open),
    /// Wait for one peer; stdin goes to it, what it sends goes to stdout
    Listen(Listen),
    /// Connect to one peer; stdin goes to it, what it sends goes to stdout
    Connect(Connect),
    /// Carry a plain service, TCP or Unix socket, through a channel
    #[command(subcommand)]
    Tunnel(Tunnel),
    /// Known-answer tests: published vectors against this build
    #[command(subcommand)]
    Kat(Kat),
    /// What the programs of this machine can do in post-quantum terms, and what would break
    Doctor(Doctor),
    /// Run a service behind a channel on this machine, and show what was negotiated and what it cost
    Demo(Demo),
    /// Show the version, and what this build is made of
    Version(Version),
    /// Write completions for a shell to stdout
    Completions(Completions),
    /// Write the manual page to stdout, or all of them into a folder
    Man(Man),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key: PKCS#8 in PEM, for its owner's eyes only; or, with --for, entries of a key ring
    New(Box<KeyNew>),
    /// Say what a key file holds, never the secret
    Show(KeyShow),
    /// Write a key in another form or format
    Convert(KeyConvert),
    /// Put a private key under a passphrase, or under another one
    Protect(KeyProtect),
    /// Make the next keys of entries of a key ring; those before open only, from then on
    Rotate(KeyRotate),
    /// Mark an entry of a key ring as not to be used
    Revoke(KeyRevoke),
    /// Verify the manifest of a key ring, and list what it holds
    List(KeyList),
}

#[derive(Debug, Args)]
pub(crate) struct KeyNew {
    /// What to make; identities of channels are mldsa65-ed25519 or mldsa44-ed25519
    #[arg(long, value_name = "NAME", value_parser = key_kinds(), required_unless_present = "purpose")]
    pub(crate) algorithm: Option<KeyKind>,
    /// Where the private key goes; - is stdout
    #[arg(
        long,
        short,
        value_name = "FILE",
        required_unless_present_any = ["token", "purpose"],
        conflicts_with_all = ["token", "purpose"]
    )]
    pub(crate) out: Option<PathBuf>,
    /// Make it in a PKCS#11 token, where it stays: pkcs11:token=NAME;object=LABEL?module-path=FILE
    #[arg(long, value_name = "URI", conflicts_with = "purpose")]
    pub(crate) token: Option<PathBuf>,
    /// Where the public key goes
    #[arg(long, value_name = "FILE", conflicts_with = "purpose")]
    pub(crate) public: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long, conflicts_with = "purpose")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) entries: NewEntries,
    /// Report in JSON on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

#[derive(Debug, Args)]
pub(crate) struct KeyShow {
    /// A private or public key: PEM, DER, JSON or OpenSSH's format; - is stdin; or pkcs11:… in a token
    pub(crate) file: PathBuf,
    /// Report in JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

/// Formats of key files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A private key: PKCS#8
    Pkcs8,
    /// A public key: SubjectPublicKeyInfo
    Spki,
    /// A public key's bytes alone
    Raw,
    /// A JSON Web Key (RFC 8037, RFC 9964)
    Jwk,
    /// OpenSSH's format, of ed25519 and mldsa44-ed25519
    Openssh,
    /// age's text, of x-wing
    Age,
}

#[derive(Debug, Args)]
pub(crate) struct KeyConvert {
    /// A private or public key: PEM, DER, JSON or OpenSSH's format; - is stdin
    pub(crate) file: PathBuf,
    /// Where the key goes; - is stdout
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The format; without it PKCS#8 of a private and SPKI of a public key
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<Format>,
    /// What PKCS#8 holds of a lattice key; most programs read the seed alone
    #[arg(long, value_name = "FORM", value_parser = forms())]
    pub(crate) form: Option<Form>,
    /// DER instead of PEM
    #[arg(long)]
    pub(crate) der: bool,
    /// Write without protection what is under a passphrase
    #[arg(long)]
    pub(crate) unprotect: bool,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
}

#[derive(Debug, Args)]
pub(crate) struct KeyProtect {
    /// A private key; - is stdin
    pub(crate) file: PathBuf,
    /// Where the protected key goes; - is stdout
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The new passphrase, in a file of one line, /dev/fd/N, or - for stdin; else it is asked for
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    /// How the passphrase becomes a key
    #[arg(long, value_name = "NAME", default_value = "scrypt")]
    pub(crate) kdf: KeyDerivation,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyDerivation {
    /// N = 2^14, r = 8, p = 5: the most that OpenSSL opens
    Scrypt,
    /// 600,000 iterations, for peers without scrypt
    Pbkdf2,
}

impl From<KeyDerivation> for Protection {
    fn from(kdf: KeyDerivation) -> Self {
        match kdf {
            KeyDerivation::Scrypt => Self::Scrypt,
            KeyDerivation::Pbkdf2 => Self::Pbkdf2,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// What to sign; - is stdin
    pub(crate) file: PathBuf,
    /// Our private key: PKCS#8, OpenSSH's format, an entry of a key ring, RING/NAME, or pkcs11:… in a token
    #[arg(long, value_name = "KEY")]
    pub(crate) identity: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
    /// What comes out: the bytes of the signature, or the armored file that ssh-keygen reads
    #[arg(long, value_name = "NAME", value_parser = signature_formats(), default_value = SignatureFormat::Raw.name())]
    pub(crate) format: SignatureFormat,
    #[command(flatten)]
    pub(crate) meant: MeantArg,
    /// Where the signature goes, FILE.sig unless told; - is stdout, which is where that of stdin goes
    #[arg(long, short, value_name = "SIG")]
    pub(crate) out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) provider: SignatureProviderArg,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// What was signed; - is stdin
    pub(crate) file: PathBuf,
    /// The public key that must have signed: PEM, DER, or a line of OpenSSH
    #[arg(long, value_name = "PUB")]
    pub(crate) key: PathBuf,
    /// The signature, FILE.sig unless told; - is stdin
    #[arg(long, value_name = "SIG")]
    pub(crate) signature: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) meant: MeantArg,
    #[command(flatten)]
    pub(crate) provider: SignatureProviderArg,
}

/// What a signature is meant for: signed with the message, and the same on both sides.
#[derive(Debug, Args)]
pub(crate) struct MeantArg {
    /// A context of up to 255 bytes that is signed too, for raw signatures
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["context_hex", "namespace"])]
    context: Option<String>,
    /// The same in hex
    #[arg(long, value_name = "HEX", value_parser = hex_bytes, conflicts_with = "namespace")]
    context_hex: Option<Hex>,
    /// What the signature is for, as in ssh-keygen -n; SSH signatures must have one
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

impl MeantArg {
    /// The context, if one was given.
    pub(crate) fn context(&self) -> Option<&[u8]> {
        let hex = self.context_hex.as_ref().map(|hex| hex.0.as_slice());
        self.context.as_ref().map(String::as_bytes).or(hex)
    }
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureFormat {
    Raw,
    Ssh,
}

impl SignatureFormat {
    const ALL: [Self; 2] = [Self::Raw, Self::Ssh];

    const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Ssh => "ssh",
        }
    }
}

/// Where the primitives of signatures come from.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct SignatureProviderArg {
    /// Which implementation of the primitives to use, if not the first that can take the message piece by piece
    #[arg(long, value_name = "NAME", value_parser = providers())]
    pub(crate) provider: Option<&'static Provider>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("sender").required(true)))]
pub(crate) struct Seal {
    /// What to seal; - is stdin
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
    /// Who can open it: an X-Wing public key file, or the text age1pq1… itself; repeat it for more
    #[arg(long, value_name = "PUBLIC", required = true)]
    pub(crate) to: Vec<PathBuf>,
    /// Who signs it: a private key, mldsa65-ed25519 or mldsa44-ed25519, an entry of a key ring, RING/NAME, or pkcs11:… in a token
    #[arg(long, value_name = "KEY", group = "sender")]
    pub(crate) from: Option<PathBuf>,
    /// Sign with nothing: anyone could have sealed it
    #[arg(long, group = "sender")]
    pub(crate) unsigned: bool,
    /// Make an age file, for age 1.3 or newer, which nobody signs
    #[arg(long, group = "sender")]
    pub(crate) age: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
    #[command(flatten)]
    pub(crate) out: OutArg,
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("sender").required(true)))]
pub(crate) struct Open {
    /// What to open; - is stdin
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
    /// Our private X-Wing key, PKCS#8 or AGE-SECRET-KEY-PQ-1…, an entry of a key ring, RING/NAME, or pkcs11:… in a token
    #[arg(long, value_name = "KEY")]
    pub(crate) identity: PathBuf,
    /// Open with keys of the entry that were revoked, too
    #[arg(long)]
    pub(crate) revoked: bool,
    /// Who must have signed it: a public key file, or a key id SHA256:…
    #[arg(long, value_name = "PUBLIC|KEY-ID", group = "sender")]
    pub(crate) from: Option<String>,
    /// Open what nobody signed, whoever made it
    #[arg(long, group = "sender")]
    pub(crate) unsigned: bool,
    /// Open an age file, which nobody signed
    #[arg(long, group = "sender")]
    pub(crate) age: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
    #[command(flatten)]
    pub(crate) out: OutArg,
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

/// Where the result goes.
#[derive(Debug, Args)]
pub(crate) struct OutArg {
    /// Where it goes, a file for its owner alone; - is stdout
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Where to listen: HOST:PORT, port 0 for any free one, or unix:PATH
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Address,
    /// Who may connect, a YAML file
    #[arg(long, value_name = "FILE")]
    pub(crate) allow: PathBuf,
    #[command(flatten)]
    pub(crate) ours: IdentityArg,
    #[command(flatten)]
    pub(crate) service: ServiceArg,
}

#[derive(Debug, Args)]
pub(crate) struct Connect {
    /// Where the peer listens: HOST:PORT or unix:PATH
    #[arg(long, value_name = "ADDR")]
    pub(crate) to: Address,
    /// Who must answer: a public key file, or a key id SHA256:…
    #[arg(long, value_name = "PUBLIC|KEY-ID")]
    pub(crate) peer: String,
    #[command(flatten)]
    pub(crate) ours: IdentityArg,
    #[command(flatten)]
    pub(crate) service: ServiceArg,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Report in JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Report in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Version {
    /// Also providers, suites and drafts
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Report in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// A folder for one page per command
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// What the channel is for.
#[derive(Debug, Args)]
pub(crate) struct ServiceArg {
    /// The service, which both sides must name alike and the allow-list must grant
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = service_name)]
    pub(crate) service: String,
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
    pub(crate) ours: IdentityArg,
    /// The list of peers that may connect
    #[arg(long, value_name = "FILE")]
    pub(crate) allow: PathBuf,
    #[command(flatten)]
    pub(crate) service: ServiceArg,
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
    pub(crate) ours: IdentityArg,
    /// The server's public key file, or its key id SHA256:…
    #[arg(long, value_name = "KEY")]
    pub(crate) peer: String,
    #[command(flatten)]
    pub(crate) service: ServiceArg,
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
    /// Our private key, an entry of a key ring, RING/NAME, or pkcs11:… in a token
    #[arg(long, value_name = "KEY")]
    pub(crate) identity: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArg,
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

/// Checks the name of a service.
pub(crate) fn service_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > MAX_SERVICE_LEN || text.chars().any(char::is_control) {
        return Err(format!("a service has a name of 1 to {MAX_SERVICE_LEN} bytes without control characters"));
    }
    Ok(text.into())
}

/// The provider of all commands unless another is asked for.
pub(crate) fn default_provider() -> &'static Provider {
    provider::AWS_LC
}

/// The providers of this build that have what the standards have; `pqclean` has not.
fn providers() -> impl TypedValueParser<Value = &'static Provider> {
    let standard = provider::ALL.iter().filter(|provider| provider.supports(Operation::MlDsa));
    PossibleValuesParser::new(standard.map(|provider| provider.name()))
        .try_map(|name| Provider::by_name(&name).ok_or("no such provider"))
}

fn forms() -> impl TypedValueParser<Value = Form> {
    PossibleValuesParser::new(Form::ALL.map(Form::name))
        .try_map(|name| Form::ALL.into_iter().find(|form| form.name() == name).ok_or("no such form"))
}

fn signature_formats() -> impl TypedValueParser<Value = SignatureFormat> {
    PossibleValuesParser::new(SignatureFormat::ALL.map(SignatureFormat::name))
        .try_map(|name| SignatureFormat::ALL.into_iter().find(|format| format.name() == name).ok_or("no such format"))
}

/// Bytes typed in hex.
#[derive(Clone, Debug)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

/// Two digits for each byte, and nothing else.
pub(crate) fn hex_bytes(text: &str) -> Result<Hex, &'static str> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect::<Option<_>>().map(Hex).ok_or("must be pairs of hex digits")
}

fn key_kinds() -> impl TypedValueParser<Value = KeyKind> {
    PossibleValuesParser::new(KeyKind::ALL.map(KeyKind::cli_name))
        .try_map(|name| KeyKind::ALL.into_iter().find(|kind| kind.cli_name() == name).ok_or("no such algorithm"))
}
