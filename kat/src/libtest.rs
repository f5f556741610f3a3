//! Each case as a test of `cargo test` and of nextest, by name.
//!
//! A test target with `harness = false` that holds one [`kat_tests!`](crate::kat_tests). A test is named
//! `set::algorithm::operation::case`. It is ignored, with the reason, if the implementation does not offer what it
//! asks, or if a waiver lets its failure pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use data_encoding::HEXLOWER;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::{
    Alg, Answer, Case, Certainty, Date, Diagnosis, Error, Failure, Filter, Implementation, Mark, Mutant, Options,
    Policy, Report, Set, Verdict, Waivers, formats, mutants, primitives::lack_of, run,
};

/// How many other cases of its algorithm are asked to tell which bug is behind a failure.
const EVIDENCE: usize = 32;

/// For how many failures of a set, beside those that a known bug explains, a bug is looked for: it takes time.
const LOOKED_FOR: usize = 16;

/// What a test binary exits with when it fails, as libtest does.
const FAILED: u8 = 101;

/// Makes `fn main` of a test target with `harness = false`: one test for each case.
///
/// Each row is a method of [`Suite`](crate::libtest::Suite): `implementation`, as often as there are algorithms;
/// `sets` and `files`; and where needed `policy` and `waivers`.
///
/// ```no_run
/// # struct Mine;
/// # impl twinlock_kat::primitives::Hash for Mine {
/// #     fn alg(&self) -> twinlock_kat::Alg {
/// #         twinlock_kat::Alg::Sha256
/// #     }
/// #     fn digest(&self, msg: &[u8]) -> twinlock_kat::primitives::Answered<Vec<u8>> {
/// #         Ok(msg.to_vec())
/// #     }
/// # }
/// twinlock_kat::kat_tests! {
///     implementation: twinlock_kat::primitives::hash(Mine),
///     files: ["tests/vectors/mine.json"],
/// }
/// ```
#[macro_export]
macro_rules! kat_tests {
    ($($row:ident: $value:expr),+ $(,)?) => {
        fn main() -> ::std::process::ExitCode {
            $crate::libtest::Suite::new(env!("CARGO_MANIFEST_DIR"))$(.$row($value))+.main()
        }
    };
}

/// What to test with which cases.
pub struct Suite {
    folder: PathBuf,
    implementations: Vec<Arc<Shared>>,
    #[cfg(feature = "vectors")]
    sets: Vec<String>,
    files: Vec<String>,
    policy: Policy,
    waivers: Option<String>,
}

type Shared = dyn Implementation + Send + Sync;

impl Suite {
    /// A suite with nothing in it, whose files are relative to a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            implementations: Vec::new(),
            #[cfg(feature = "vectors")]
            sets: Vec::new(),
            files: Vec::new(),
            policy: Policy::default(),
            waivers: None,
        }
    }

    /// Tests this implementation too. The first one that offers an algorithm answers its cases; cases of
    /// algorithms that none offers are left out.
    #[must_use]
    pub fn implementation(mut self, one: impl Implementation + Send + 'static) -> Self {
        self.implementations.push(Arc::new(one));
        self
    }

    /// Takes the cases of shipped sets: a name, or how names begin, for each.
    #[cfg(feature = "vectors")]
    #[must_use]
    pub fn sets<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.sets.extend(names.into_iter().map(Into::into));
        self
    }

    /// Takes the cases of files, each a set of its name, in any format that [`formats::read`] tells by itself.
    #[must_use]
    pub fn files<N: Into<String>>(mut self, files: impl IntoIterator<Item = N>) -> Self {
        self.files.extend(files.into_iter().map(Into::into));
        self
    }

    /// Which answer is right where a standard leaves two.
    #[must_use]
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Lets the failures pass that this file of [`Waivers`] names.
    #[must_use]
    pub fn waivers(mut self, file: impl Into<String>) -> Self {
        self.waivers = Some(file.into());
        self
    }

    /// Lists or runs the tests, as the arguments of the process say. Fails also if sets or files cannot be used, if
    /// one of them has no case for the implementations, or if none of all tests was verified.
    pub fn main(self) -> ExitCode {
        let arguments = Arguments::from_args();
        let trials = match self.trials(&arguments) {
            Ok(trials) => trials,
            Err(fault) => {
                eprintln!("kat: {fault}");
                return ExitCode::from(FAILED);
            }
        };
        let all = arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.ignored && !arguments.list;
        let conclusion = libtest_mimic::run(&arguments, trials);
        if all && conclusion.num_passed == 0 && conclusion.num_failed == 0 {
            eprintln!("kat: not one case was verified");
            return ExitCode::from(FAILED);
        }
        conclusion.exit_code()
    }

    fn trials(&self, arguments: &Arguments) -> Result<Vec<Trial>, Fault> {
        let options = Arc::new(self.options()?);
        // A test that is named exactly needs no other set than its own: nextest starts a process for each.
        let exact = arguments.filter.as_deref().filter(|_| arguments.exact);
        // What is known not to be offered is marked only where marks are asked for: a plain run tells the reason.
        let mark = arguments.list || arguments.ignored || arguments.include_ignored;
        let (mut trials, mut left_out) = (Vec::new(), 0_usize);
        for (asked, sources) in self.sources()? {
            let before = trials.len();
            let mut skipped = false;
            for source in sources {
                let name = source.name();
                if exact.is_some_and(|test| test.strip_prefix(name).is_none_or(|rest| !rest.starts_with("::"))) {
                    skipped = true;
                    continue;
                }
                let set = Arc::new(Loaded {
                    name: name.to_owned(),
                    cases: source.load(&self.folder)?,
                    known: Mutex::default(),
                });
                left_out = left_out.saturating_add(self.add(&mut trials, &set, &options, mark));
            }
            if trials.len() == before && !skipped {
                return Err(Fault::NoCase(asked));
            }
        }
        if left_out > 0 && !arguments.list && exact.is_none() {
            eprintln!("kat: {left_out} cases left out: no implementation here offers their algorithms");
        }
        Ok(trials)
    }

    /// Adds the tests of a set, and gives how many cases are of algorithms that nobody offers.
    fn add(&self, trials: &mut Vec<Trial>, set: &Arc<Loaded>, options: &Arc<Options>, mark: bool) -> usize {
        let mut answering = BTreeMap::<Alg, Option<&Arc<Shared>>>::new();
        let mut left_out = 0_usize;
        for (index, case) in set.cases.iter().enumerate() {
            let (alg, op) = (case.question.alg, case.question.op);
            let offers = |one: &&Arc<Shared>| alg.ops().iter().any(|op| one.offers(alg, *op));
            let Some(one) = *answering.entry(alg).or_insert_with(|| self.implementations.iter().find(offers)) else {
                left_out = left_out.saturating_add(1);
                continue;
            };
            let ignored = mark && lack_of(&**one, &case.question).is_some();
            let (set, options, one) = (Arc::clone(set), Arc::clone(options), Arc::clone(one));
            let name = format!("{}::{alg}::{op}::{}", set.name, one_line(&case.id));
            let test = move || set.test(index, &*one, &options);
            trials.push(Trial::ignorable_test(name, test).with_ignored_flag(ignored));
        }
        left_out
    }

    fn options(&self) -> Result<Options, Fault> {
        let waivers = match &self.waivers {
            None => Waivers::default(),
            Some(name) => {
                let bytes = std::fs::read(self.folder.join(name)).map_err(|error| Error::from(error).in_file(name))?;
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Waivers::read(name, &bytes, Date::of_unix_seconds(now.as_secs()))?
            }
        };
        // Who offers an algorithm from before the standards asks for its cases.
        let filter = Filter { legacy: true, ..Filter::default() };
        Ok(Options { policy: self.policy, threads: 1, filter, waivers, ..Options::default() })
    }

    /// The sets that were asked for, with the words that asked for them; each set once.
    fn sources(&self) -> Result<Vec<(String, Vec<Source>)>, Fault> {
        let mut all = Vec::new();
        #[cfg(feature = "vectors")]
        {
            let lock = crate::sets::lock()?;
            let mut taken = BTreeSet::new();
            for name in &self.sets {
                let exact = lock.iter().any(|entry| entry.name == *name);
                let wanted = |found: &str| if exact { found == name } else { found.starts_with(name) };
                let mut found = lock.iter().filter(|entry| wanted(&entry.name)).peekable();
                if found.peek().is_none() {
                    return Err(Fault::NoSet(name.clone()));
                }
                let new: Vec<_> = found.filter(|entry| taken.insert(&entry.name)).map(Source::Shipped).collect();
                if !new.is_empty() {
                    all.push((name.clone(), new));
                }
            }
        }
        let files: BTreeSet<_> = self.files.iter().collect();
        all.extend(files.into_iter().map(|file| (file.clone(), vec![Source::File(file.clone())])));
        if all.is_empty() {
            return Err(Fault::Nothing);
        }
        Ok(all)
    }
}

/// Where a set comes from.
enum Source {
    #[cfg(feature = "vectors")]
    Shipped(&'static crate::sets::Entry),
    File(String),
}

impl Source {
    fn name(&self) -> &str {
        match self {
            #[cfg(feature = "vectors")]
            Self::Shipped(entry) => &entry.name,
            Self::File(name) => name,
        }
    }

    fn load(&self, folder: &std::path::Path) -> Result<Vec<Case>, Error> {
        match self {
            #[cfg(feature = "vectors")]
            Self::Shipped(entry) => crate::sets::load(entry),
            Self::File(name) => {
                let bytes = std::fs::read(folder.join(name)).map_err(|error| Error::from(error).in_file(name))?;
                formats::read(None, &[formats::File { name, bytes: &bytes }])
            }
        }
    }
}

/// A set in memory.
struct Loaded {
    name: String,
    cases: Vec<Case>,
    known: Mutex<Known>,
}

/// What is known of the failures of a set.
#[derive(Default)]
struct Known {
    /// The bugs that were found.
    bugs: Vec<(Diagnosis, Mutant)>,
    /// For how many failures one was looked for.
    looked_for: usize,
}

/// What there is to say of the bug behind a failure.
enum Bug {
    Found(Diagnosis),
    NoneKnown,
    NotLookedFor,
}

impl Loaded {
    /// Asks one case and judges the answer.
    fn test(&self, index: usize, one: &Shared, options: &Options) -> Result<Completion, Failed> {
        let Some(case) = self.cases.get(index) else { return Err("no such case".into()) };
        let report = self.ask(vec![case.clone()], one, options)?;
        let record = report.sets.first().and_then(|set| set.records.first());
        match (record.map(|record| record.mark), report.failures.first()) {
            (Some(Mark::Unsupported(lack)), _) => Ok(Completion::ignored_with(Verdict::Unsupported(lack))),
            (Some(Mark::Waived { waiver, class }), _) => {
                let waiver = report.waivers.get(waiver).map(|used| &used.waiver);
                let words = waiver.map(|waiver| format!("{}, until {}", waiver.reason, waiver.until));
                Ok(Completion::ignored_with(format_args!("{class}, waived: {}", words.unwrap_or_default())))
            }
            (_, Some(failure)) => Err(explain(failure, &self.bug(failure, one, options)?).into()),
            (Some(Mark::Judged(class)), None) if class.is_pass() => Ok(Completion::Completed),
            _ => Err("was not asked".into()),
        }
    }

    fn ask(&self, cases: Vec<Case>, one: &Shared, options: &Options) -> Result<Report, Error> {
        let set = Set { name: self.name.clone(), cases, expected: None };
        run(one, core::iter::once(Ok(set)), options, &|_| ())
    }

    /// Looks for the bug behind a failure.
    fn bug(&self, failure: &Failure, one: &Shared, options: &Options) -> Result<Bug, Error> {
        let Failure { case, answer: Some(answer), .. } = failure else { return Ok(Bug::NoneKnown) };
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut known = known();
            // Compared as far as both give outputs.
            let fails_so = |mutant: &Mutant| match (answer, mutant.answer(&case.question)) {
                (Answer::Output(ours), Answer::Output(its)) => {
                    ours.iter().all(|(field, bytes)| its.get(field).is_none_or(|other| other == bytes))
                }
                (Answer::Reject(_), Answer::Reject(_)) => true,
                _ => false,
            };
            if let Some((bug, _)) = known.bugs.iter().find(|(_, mutant)| fails_so(mutant)) {
                return Ok(Bug::Found(bug.clone()));
            }
            known.looked_for = known.looked_for.saturating_add(1);
            if known.looked_for > LOOKED_FOR {
                return Ok(Bug::NotLookedFor);
            }
        }
        // One failure fits many bugs: what comes of other cases tells them apart.
        let report = self.ask(self.with_evidence(case), one, options)?;
        let Some(bug) = report.failures.into_iter().next().and_then(|failure| failure.diagnosis) else {
            return Ok(Bug::NoneKnown);
        };
        if bug.certainty == Certainty::Only {
            let mutant = mutants().into_iter().find(|mutant| mutant.name == bug.name);
            known().bugs.extend(mutant.map(|mutant| (bug.clone(), mutant)));
        }
        Ok(Bug::Found(bug))
    }

    /// A case, and others of its algorithm from all over the set.
    fn with_evidence(&self, case: &Case) -> Vec<Case> {
        let others =
            || self.cases.iter().filter(|other| other.question.alg == case.question.alg && other.id != case.id);
        let step = others().count().div_ceil(EVIDENCE).max(1);
        core::iter::once(case).chain(others().step_by(step)).cloned().collect()
    }
}

/// Why there is nothing to run.
enum Fault {
    /// Neither sets nor files are named.
    Nothing,
    /// No shipped set has a name that begins so.
    #[cfg(feature = "vectors")]
    NoSet(String),
    /// No implementation offers the algorithm of any case in it.
    NoCase(String),
    /// Vectors or waivers cannot be used.
    Vectors(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Vectors(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no cases to test with; name `sets` or `files`"),
            #[cfg(feature = "vectors")]
            Self::NoSet(name) => write!(f, "no shipped set begins with `{name}`; `twinlock kat list` shows them"),
            Self::NoCase(name) => write!(f, "`{name}` has no case of an algorithm that is offered here"),
            Self::Vectors(error) => error.fmt(f),
        }
    }
}

/// A failure for people: verdict, bytes, what the case is about, the section of the standard, and the bug.
fn explain(failure: &Failure, bug: &Bug) -> String {
    let Failure { case, verdict, .. } = failure;
    let mut text = verdict.to_string();
    let mut line = |name: &str, value: &str| text = format!("{text}\n  {name}: {value}");
    if let Verdict::FailMismatch(mismatch) = verdict {
        let excerpt = |bytes: &[u8]| {
            let rest = bytes.get(mismatch.at..).unwrap_or_default();
            HEXLOWER.encode(rest.get(..16).unwrap_or(rest))
        };
        line("expected", &excerpt(&mismatch.expected));
        line("given", &mismatch.given.as_deref().map_or("nothing".into(), excerpt));
    }
    if !case.note.is_empty() {
        line("note", &one_line(&case.note));
    }
    line("standard", &failure.standard());
    match bug {
        Bug::Found(diagnosis) => line("bug", &diagnosis.to_string()),
        Bug::NotLookedFor => line("bug", "not looked for after so many failures; run this test alone"),
        Bug::NoneKnown => {}
    }
    text
}

/// A text without what would end its line.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
