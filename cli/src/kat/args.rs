//! What can be typed after `twinlock kat`.

use std::{fmt, path::PathBuf, str::FromStr};

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use twinlock::provider::{self, Provider};
use twinlock_kat::{Alg, Mutant, Op, Policy, formats::Format, harness::templates::Language};

use crate::args::hex_bytes;

#[derive(Debug, Subcommand)]
pub(crate) enum Kat {
    /// Run vectors against a provider of this build, a harness, or a mutant
    Run(Box<Run>),
    /// List the shipped sets, their sources and how many cases they hold
    List(List),
    /// Hash the shipped vectors again, read them, and count their cases
    Verify,
    /// Label draft and defective sets, and say what each leaves untested
    Lint(Sets),
    /// Read a vector file in any format, check it, and say what it holds
    Import(Import),
    /// Write vectors of any format as kat-vector/1
    Convert(Convert),
    /// Make vectors that nobody publishes, of what the models and the providers agree on
    Gen(Gen),
    /// Ask every mutant the cases of sets, and show which sets catch which bug
    Score(Score),
    /// List the mutants: implementations with one known bug each
    Mutants(List),
    /// Compare two JSON reports
    Diff(Diff),
    /// Answer questions on stdin and stdout, so that another runner can test this build
    Serve(Serve),
    /// Make and check harnesses, through which other implementations are tested
    #[command(subcommand)]
    Harness(Harness),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) sets: Sets,
    /// Who answers: provider:NAME, cmd:COMMAND (kat/1), modulewrapper:COMMAND, crucible:COMMAND, mutant:NAME
    #[arg(long = "impl", value_name = "IMPL", default_value = "provider:aws-lc")]
    pub(crate) implementation: Who,
    /// Only this algorithm; may be given again
    #[arg(long, value_name = "ALG", value_parser = algs())]
    pub(crate) alg: Vec<Alg>,
    /// Only this operation; may be given again
    #[arg(long, value_name = "OP", value_parser = ops())]
    pub(crate) op: Vec<Op>,
    /// Only the case of this id
    #[arg(long, value_name = "ID")]
    pub(crate) case: Option<String>,
    /// What is right where a standard leaves two answers: key agreement that ends in zero
    #[arg(long, value_name = "NAME", default_value = "rfc7748", value_parser = policies())]
    pub(crate) policy: Policy,
    /// Also algorithms from before the standards
    #[arg(long)]
    pub(crate) legacy: bool,
    /// Known failures: a JSON file with a reason and a last day for each
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
    /// Reports to write: json, junit, sarif, tap, md, or the response to an ACVP set (acvp), each with its file
    #[arg(long, value_name = "KIND=FILE", value_delimiter = ',')]
    pub(crate) report: Vec<ReportArg>,
    /// The number of the vector set in the ACVP response
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) vs_id: u64,
    /// How long a harness may take to start, and to think about a case, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Sets {
    /// Shipped sets by name or by the start of it (`kat list` shows them), vector files, or folders of ACVP or of
    /// `kat gen`; all that is shipped if none
    #[arg(value_name = "SET")]
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Report in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Gen {
    /// What everything is made from: 32 bytes in hex
    #[arg(long, value_name = "HEX")]
    pub(crate) seed: Seed,
    /// The folder that the sets go to, one file each
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Score {
    #[command(flatten)]
    pub(crate) sets: Sets,
    /// Report in JSON
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Report as a table in Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The report from before
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The report from now
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Which implementation of the primitives answers
    #[arg(long, value_name = "NAME", value_parser = all_providers(), default_value = "aws-lc")]
    pub(crate) provider: &'static Provider,
    /// A mutant answers in its place, to test another runner
    #[arg(long, value_name = "NAME", value_parser = mutant, conflicts_with = "provider")]
    pub(crate) mutant: Option<Mutant>,
    /// What is spoken
    #[arg(long, value_name = "NAME", value_enum, default_value = "kat")]
    pub(crate) protocol: Protocol,
}

/// What a harness speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protocol {
    /// kat/1: one JSON object a line
    Kat,
    /// The frames of BoringSSL's acvptool
    Modulewrapper,
    /// Crucible's lines
    Crucible,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Harness {
    /// Write a harness to start from: a program that speaks kat/1 and has one operation
    Init(Init),
    /// Start a harness and say what is wrong with it
    Doctor(Doctor),
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Its language
    #[arg(long, value_name = "LANGUAGE", value_parser = languages())]
    pub(crate) lang: Language,
    /// The folder that it goes to
    #[arg(value_name = "FOLDER", default_value = "kat-harness")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The command that starts it, and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file, or the files that belong together: prompt.json and expectedResults.json
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The format, where the content does not tell
    #[arg(long, value_name = "NAME", value_parser = formats())]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Args)]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) from: Import,
    /// Where kat-vector/1 goes; - is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Who answers.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// A provider of this build.
    Provider(&'static Provider),
    /// A program that speaks one of the protocols, and its arguments.
    Command(Protocol, Vec<String>),
    /// A mutant, or a reference.
    Mutant(Mutant),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(provider) => write!(f, "provider:{}", provider.name()),
            Self::Mutant(mutant) => write!(f, "mutant:{}", mutant.name),
            Self::Command(protocol, words) => {
                let kind = match protocol {
                    Protocol::Kat => "cmd",
                    Protocol::Modulewrapper => "modulewrapper",
                    Protocol::Crucible => "crucible",
                };
                // Words from the command line hold no zero byte, the one thing that cannot be quoted.
                let line = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
                write!(f, "{kind}:{line}")
            }
        }
    }
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text.split_once(':').unwrap_or_default();
        let protocol = match kind {
            "provider" => return provider_by_name(name).map(Self::Provider),
            "mutant" => return mutant(name).map(Self::Mutant),
            "cmd" => Protocol::Kat,
            "modulewrapper" => Protocol::Modulewrapper,
            "crucible" => Protocol::Crucible,
            _ => return Err("must be provider:NAME, cmd:, modulewrapper: or crucible:COMMAND, or mutant:NAME".into()),
        };
        let words = shlex::split(name).ok_or("a quote is not closed")?;
        if words.is_empty() { Err(format!("{kind}: needs a command")) } else { Ok(Self::Command(protocol, words)) }
    }
}

fn provider_by_name(name: &str) -> Result<&'static Provider, String> {
    Provider::by_name(name).ok_or_else(|| {
        let names: Vec<_> = provider::ALL.iter().map(|provider| provider.name()).collect();
        format!("no provider {name} in this build, which has {}", names.join(", "))
    })
}

fn mutant(name: &str) -> Result<Mutant, String> {
    let mut all = twinlock_kat::mutants().into_iter().chain(twinlock_kat::references());
    all.find(|mutant| mutant.name == name).ok_or_else(|| format!("no mutant {name}; `kat mutants` lists them"))
}

/// What vectors are made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(pub(crate) [u8; 32]);

impl FromStr for Seed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = hex_bytes(text).ok().and_then(|hex| hex.0.try_into().ok());
        bytes.map(Self).ok_or("must be 64 hex digits")
    }
}

/// A report and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct ReportArg {
    pub(crate) kind: ReportKind,
    pub(crate) file: PathBuf,
}

/// The kinds of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportKind {
    Json,
    Junit,
    Sarif,
    Tap,
    Markdown,
    Acvp,
}

impl FromStr for ReportArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, file) = text.split_once('=').ok_or("must be KIND=FILE")?;
        let kind = match kind {
            "json" => ReportKind::Json,
            "junit" => ReportKind::Junit,
            "sarif" => ReportKind::Sarif,
            "tap" => ReportKind::Tap,
            "md" => ReportKind::Markdown,
            "acvp" => ReportKind::Acvp,
            _ => return Err(format!("no report {kind}: json, junit, sarif, tap, md or acvp")),
        };
        if file.is_empty() {
            return Err("must be KIND=FILE".into());
        }
        Ok(Self { kind, file: file.into() })
    }
}

fn algs() -> impl TypedValueParser<Value = Alg> {
    PossibleValuesParser::new(Alg::ALL.iter().map(|alg| alg.name()))
        .try_map(|name| Alg::by_name(&name).ok_or("no such algorithm"))
}

fn ops() -> impl TypedValueParser<Value = Op> {
    PossibleValuesParser::new(Op::ALL.iter().map(|op| op.name()))
        .try_map(|name| Op::by_name(&name).ok_or("no such operation"))
}

fn policies() -> impl TypedValueParser<Value = Policy> {
    PossibleValuesParser::new(Policy::ALL.map(Policy::name))
        .try_map(|name| Policy::ALL.into_iter().find(|policy| policy.name() == name).ok_or("no such policy"))
}

fn all_providers() -> impl TypedValueParser<Value = &'static Provider> {
    PossibleValuesParser::new(provider::ALL.iter().map(|provider| provider.name()))
        .try_map(|name| Provider::by_name(&name).ok_or("no such provider"))
}

fn languages() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::name))
        .try_map(|name| Language::by_name(&name).ok_or("no such language"))
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.iter().map(|format| format.name()))
        .try_map(|name| Format::by_name(&name).ok_or("no such format"))
}
