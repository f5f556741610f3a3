//! `twinlock version`: what this build is made of.

use twinlock::{
    ids::{DRAFTS, protocol::Suite},
    provider,
};

use crate::{
    args::{Version, default_provider},
    error::Error,
    report::Report,
};

pub(crate) fn run(args: &Version) -> Result<(), Error> {
    let mut report = Report::default();
    report.row("", "twinlock", env!("CARGO_PKG_VERSION"), "");
    if args.verbose {
        let names: Vec<_> = provider::ALL.iter().map(|provider| provider.name()).collect();
        report.row("", "providers", names, "");
        report.row("", "default provider", default_provider().name(), "");
        report.row("", "keys in PKCS#11 tokens", if cfg!(feature = "pkcs11") { "yes" } else { "no" }, "");
        for suite in Suite::ALL {
            report.row("suites", suite.name(), format!("0x{:04x}", suite.code_point()), "");
        }
        for (what, draft) in DRAFTS {
            report.row("drafts", *what, *draft, "");
        }
        for provider in provider::ALL {
            for (primitive, part) in provider.parts() {
                report.row(format!("provider {}", provider.name()), *primitive, *part, "");
            }
        }
    }
    report.print(args.json)
}
