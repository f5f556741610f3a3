//! What can be typed after `twinlock kat`.

use std::{fmt, path::PathBuf, str::FromStr};

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use twinlock::provider::{self, Provider};
use twinlock_kat::{Alg, Op, Policy};

#[derive(Debug, Subcommand)]
pub(crate) enum Kat {
    /// Run vectors against a provider of this build
    Run(Run),
    /// List the shipped sets, their sources and how many cases they hold
    List(List),
    /// Hash the shipped vectors again, read them, and count their cases
    Verify,
    /// Read a vector file in any format, check it, and say what it holds
    Import(Import),
    /// Write vectors of any format as kat-vector/1
    Convert(Convert),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Shipped sets by name or by the start of it (`kat list` shows them), or vector files; all that is shipped if none
    #[arg(value_name = "SET")]
    pub(crate) sets: Vec<String>,
    /// Who answers: provider:NAME
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
    /// Reports to write: json, junit, sarif, tap or md, each with its file
    #[arg(long, value_name = "KIND=FILE", value_delimiter = ',')]
    pub(crate) report: Vec<ReportArg>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Report in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file, or the files that belong together: prompt.json and expectedResults.json
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The format, where the content does not tell
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<String>,
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

/// Who answers: a provider of this build.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who(pub(crate) &'static Provider);

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "provider:{}", self.0.name())
    }
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix("provider:").ok_or("must be provider:NAME")?;
        Provider::by_name(name).map(Self).ok_or_else(|| {
            let names: Vec<_> = provider::ALL.iter().map(|provider| provider.name()).collect();
            format!("no provider {name} in this build, which has {}", names.join(", "))
        })
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
            _ => return Err(format!("no report {kind}: json, junit, sarif, tap or md")),
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
