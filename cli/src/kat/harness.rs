//! `twinlock kat serve` and `twinlock kat harness`: both sides of the pipe.

use std::{
    fmt::Write as _,
    io::{self, stdin, stdout},
};

use twinlock_kat::{
    Implementation, Set,
    harness::{self, templates},
};

use super::{
    args::{Doctor, Init, Protocol, Serve},
    provider::Under,
    sets::Selection,
    who,
};
use crate::{error::Error, terminal};

/// Sets of more cases are left out when a harness is tried: a few of each operation are enough.
const SMALL: usize = 1000;

/// Answers until stdin ends.
pub(super) fn serve(args: &Serve) -> Result<(), Error> {
    let under = Under(args.provider);
    let implementation: &dyn Implementation = match &args.mutant {
        Some(mutant) => mutant,
        None => &under,
    };
    let (input, output) = (stdin().lock(), stdout().lock());
    let served = match args.protocol {
        Protocol::Kat => harness::serve(implementation, input, output),
        Protocol::Modulewrapper => harness::serve_modulewrapper(implementation, input, output),
        Protocol::Crucible => harness::serve_crucible(implementation, input, output),
    };
    served.map(drop).map_err(|error| match error.kind() {
        io::ErrorKind::Other => Error::failed(error),
        _ => terminal::stdout_error(&error),
    })
}

/// Writes a template.
pub(super) fn init(args: &Init) -> Result<(), Error> {
    let written = templates::init(args.lang, &args.folder).map_err(Error::failed)?;
    let mut text = String::new();
    for path in &written {
        let _ = writeln!(text, "{}", path.display());
    }
    let _ = writeln!(
        text,
        "{}/README.md says how to start it; then: twinlock kat harness doctor COMMAND",
        args.folder.display()
    );
    terminal::print(text)
}

/// Says what is wrong with a harness.
pub(super) fn doctor(args: &Doctor) -> Result<(), Error> {
    let selection = Selection::new(&[])?;
    let mut cases = Vec::new();
    for set in selection.read_small(SMALL) {
        let Set { cases: more, .. } = set.map_err(Error::failed)?;
        cases.extend(more);
    }
    // One word may be the whole line, as after `cmd:`.
    let command = match args.command.as_slice() {
        [line] => shlex::split(line).filter(|words| !words.is_empty()).unwrap_or_else(|| args.command.clone()),
        words => words.to_vec(),
    };
    let checkup = harness::doctor(&command, who::options()?, &cases);
    terminal::show(&checkup.to_string())?;
    if checkup.is_healthy() { Ok(()) } else { Err(Error::no("this harness needs a cure")) }
}
