//! `twinlock kat run`: asks an implementation, judges, reports.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use indicatif::{ProgressBar, ProgressStyle};
use twinlock_kat::{
    Alg, Class, Date, Filter, Lack, Mark, Op, Options, Pattern, Progress, Report, Waivers, report, runner,
};

use super::{
    args::{ReportArg, ReportKind, Run},
    sets::Selection,
    who,
};
use crate::{
    error::Error,
    files::{NewFile, open, read, same},
    terminal,
};

/// The largest file of waivers, in bytes.
const MAX_WAIVERS: usize = 1 << 20;

/// How many failures are told on stdout; reports hold more.
const TOLD: usize = 20;

pub(super) fn run(args: &Run) -> Result<(), Error> {
    let selection = Selection::new(&args.sets.names)?;
    let read = selection.files().chain(args.waivers.as_deref());
    places(&args.report, &read.collect::<Vec<_>>(), selection.len())?;
    let options = Options {
        policy: args.policy,
        threads: 0,
        filter: Filter {
            sets: Vec::new(),
            cases: args.case.iter().map(Pattern::new).collect(),
            algs: args.alg.clone(),
            ops: args.op.clone(),
            legacy: args.legacy,
        },
        waivers: args.waivers.as_deref().map(waivers).transpose()?.unwrap_or_default(),
        total: selection.total(),
        keep_answers: args.report.iter().any(|report| report.kind == ReportKind::Acvp),
    };
    let started = Instant::now();
    let implementation = who::start(&args.implementation, Duration::from_secs(args.timeout))?;
    let bar = bar(selection.total());
    let report = runner::run(&*implementation, selection.read(), &options, &|progress: &Progress| {
        bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
        if progress.failed > 0 {
            bar.set_message(format!("{} failed, ", progress.failed));
        }
    });
    bar.finish_and_clear();
    let mut report = report.map_err(Error::failed)?;
    who::trust(&*implementation, &mut report)?;
    report.selector = args.implementation.to_string();
    for set in &mut report.sets {
        set.status = selection.status(&set.name).unwrap_or_default().into();
    }
    // First what a person must know, whatever becomes of the files.
    tell(&report, started.elapsed())?;
    let mut unwritten = None;
    for ReportArg { kind, file } in &args.report {
        if let Err(error) = write(&report, *kind, args.vs_id, file) {
            unwritten.get_or_insert(error);
        }
    }
    let outcome = outcome(&report);
    match (outcome, unwritten) {
        (Ok(()), Some(error)) => Err(error),
        (outcome, Some(error)) => {
            let _ = error.report();
            outcome
        }
        (outcome, None) => outcome,
    }
}

fn outcome(report: &Report) -> Result<(), Error> {
    match report.exit_code() {
        0 => Ok(()),
        1 => Err(Error::no(format_args!("{} of {} cases failed", report.counts().failed(), report.counts().read()))),
        _ => Err(Error::unverified(report.doubt().unwrap_or("nothing was verified"))),
    }
}

fn waivers(path: &Path) -> Result<Waivers, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let bytes = read(path, open(path)?, MAX_WAIVERS)?;
    Waivers::read(&path.display().to_string(), &bytes, Date::of_unix_seconds(now)).map_err(Error::failed)
}

/// Finds out before the run, not after it, that a report has no place: its own, in a folder that is there, and not that
/// of something else. An ACVP response answers one set.
fn places(reports: &[ReportArg], read: &[&Path], sets: usize) -> Result<(), Error> {
    for (number, ReportArg { kind, file }) in reports.iter().enumerate() {
        let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let found = fs::metadata(folder).map_err(|error| Error::file(file, terminal::io_words(&error)))?;
        let is_free = file.symlink_metadata().map_or(true, |found| found.is_file());
        if !found.is_dir() || !is_free {
            return Err(Error::file(file, "is no place for a report"));
        }
        if read.iter().any(|read| same(read, file)) {
            return Err(Error::file(file, "is read in this run; a report would replace it"));
        }
        if reports.iter().take(number).any(|other| same(&other.file, file)) {
            return Err(Error::file(file, "is the place of two reports"));
        }
        if *kind == ReportKind::Acvp && sets != 1 {
            return Err(Error::file(file, format_args!("an ACVP response answers one set, and these are {sets}")));
        }
    }
    Ok(())
}

fn write(report: &Report, kind: ReportKind, vs_id: u64, path: &Path) -> Result<(), Error> {
    let mut content = Vec::new();
    match kind {
        ReportKind::Json => report::json::write(report, &mut content),
        ReportKind::Junit => report::junit::write(report, &mut content),
        ReportKind::Sarif => report::sarif::write(report, &mut content),
        ReportKind::Tap => report::tap::write(report, &mut content),
        ReportKind::Markdown => report::markdown::write(report, &mut content),
        // It is one set: `places` has seen to it.
        ReportKind::Acvp => report.sets.iter().try_for_each(|set| report::acvp::write(set, vs_id, &mut content)),
    }
    .map_err(|error| Error::file(path, error))?;
    NewFile::write(path, &content, 0o644, true)?.keep(true)
}

/// Counts, failures, and what a reader must know, on stdout.
fn tell(report: &Report, took: Duration) -> Result<(), Error> {
    let counts = report.counts();
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    for failure in report.failures.iter().take(TOLD) {
        line(format!("{} {}: {}", failure.set, failure.case.id, failure.verdict));
        if !failure.case.note.is_empty() {
            line(format!("    note: {}", failure.case.note));
        }
        line(format!("    {} {}, {}", failure.case.question.alg, failure.case.question.op, failure.standard()));
        if let Some(diagnosis) = &failure.diagnosis {
            line(format!("    {diagnosis}"));
        }
        line(format!("    {}", report.repro(failure)));
    }
    if report.failures.len() > TOLD {
        line("… and more; --report json=FILE has them".into());
    }
    for problem in &report.probes {
        line(format!("not to be trusted: {problem}"));
    }
    for note in report.waiver_notes() {
        line(note);
    }
    line(format!("{} {}", report.about.name, report.about.version));
    line(format!(
        "{} sets, {} cases: {} passed, {} failed, {} unsupported, {} waived, {} not selected; {:.1} s",
        report.sets.len(),
        counts.read(),
        counts.passed(),
        counts.failed(),
        counts.of(Class::Unsupported),
        counts.of(Class::Waived),
        counts.not_selected(),
        took.as_secs_f64()
    ));
    for class in Class::ALL {
        if counts.of(class) > 0 {
            line(format!("{:>9}  {class}", counts.of(class)));
        }
    }
    for ((alg, op, lack), count) in unsupported(report) {
        line(format!("{count:>9}  UNSUPPORTED({lack})  {alg} {op}"));
    }
    terminal::show(&text)
}

/// How many cases of each operation of each algorithm were not offered, and for which reason.
fn unsupported(report: &Report) -> BTreeMap<(Alg, Op, Lack), usize> {
    let mut counts = BTreeMap::new();
    for record in report.sets.iter().flat_map(|set| &set.records) {
        if let Mark::Unsupported(lack) = record.mark {
            let count = counts.entry((record.alg, record.op, lack)).or_insert(0_usize);
            *count = count.saturating_add(1);
        }
    }
    counts
}

/// A progress bar on a terminal; nothing elsewhere.
pub(super) fn bar(total: Option<usize>) -> ProgressBar {
    let bar = match total.and_then(|total| u64::try_from(total).ok()) {
        Some(total) => ProgressBar::new(total),
        None => ProgressBar::no_length(),
    };
    bar.with_style(
        ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} cases, {msg}{eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}
