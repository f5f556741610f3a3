//! Mutants: implementations that are wrong on purpose, one known bug each, and the unbroken references beside
//! them. A set of vectors is worth the mutants that it kills.
//!
//! All of them are models, slow and leaking: never use one for anything but to be asked known questions.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::Serialize;

use crate::{
    About, Alg, Answer, Case, Family, Implementation, Op, Outcome, Policy, Question, Verdict,
    model::{composite, curve, eddsa, encoding, hybrid, mldsa, mlkem},
};

macro_rules! models {
    ($($variant:ident = $module:ident, $name:literal, $what:literal, $standard:literal;)*) => {
        /// A model, and the bug in it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Model {
            $($variant(Option<$module::Bug>),)*
        }

        impl Model {
            /// What the model says to a question that it has.
            fn answer(self, question: &Question) -> Answer {
                match self {
                    $(Self::$variant(bug) => $module::answer(bug, question),)*
                }
            }

            const fn is_broken(self) -> bool {
                match self {
                    $(Self::$variant(bug) => bug.is_some(),)*
                }
            }
        }

        /// All mutants, model by model.
        pub fn mutants() -> Vec<Mutant> {
            let mut mutants = Vec::new();
            $(mutants.extend($module::BUGS.iter().map(|&(bug, name, text, standard)| Mutant {
                name,
                bug: text,
                standard,
                model: Model::$variant(Some(bug)),
            }));)*
            mutants
        }

        /// The models without a bug, which must raise no alarm.
        pub fn references() -> Vec<Mutant> {
            vec![$(Mutant { name: $name, bug: $what, standard: $standard, model: Model::$variant(None) },)*]
        }
    };
}

models! {
    MlKem = mlkem, "reference-ml-kem", "none: ML-KEM, its draft, and Kyber of round 3", "FIPS 203";
    MlDsa = mldsa, "reference-ml-dsa", "none: ML-DSA", "FIPS 204";
    Curve = curve, "reference-dh", "none: X25519, P-256, P-384", "RFC 7748; SP 800-56A";
    EdDsa = eddsa, "reference-ed25519", "none: Ed25519", "RFC 8032";
    Hybrid = hybrid, "reference-hybrid", "none: X-Wing, the CFRG's hybrids, those of TLS and SSH", "RFC 10024";
    Composite = composite, "reference-composite", "none: composite signatures", "draft-ietf-lamps-pq-composite-sigs-19";
    Encoding = encoding, "reference-der", "none: keys in PKCS#8 and SubjectPublicKeyInfo", "RFC 9935; RFC 9881; RFC 8410";
}

/// An implementation with one known bug, or a reference with none.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Mutant {
    /// Its name: `ml-kem-no-implicit-rejection`.
    pub name: &'static str,
    /// The bug in a line.
    pub bug: &'static str,
    /// The section of the standard that it breaks.
    pub standard: &'static str,
    #[serde(skip)]
    model: Model,
}

impl Mutant {
    /// Under which policy vectors must be judged to catch it: some bugs are wrong only where a protocol leaves
    /// no choice.
    pub const fn policy(&self) -> Policy {
        match self.model {
            Model::Curve(Some(
                curve::Bug::ZeroAccepted | curve::Bug::ZeroOfInput | curve::Bug::NonCanonicalRefused,
            )) => Policy::Tls,
            _ => Policy::Rfc7748,
        }
    }

    /// Whether it is a reference, without a bug.
    pub const fn is_reference(&self) -> bool {
        !self.model.is_broken()
    }

    /// What it says to a question; none if it has nothing to say to it.
    pub(crate) fn reply(&self, question: &Question) -> Option<Answer> {
        let answer = self.offers(question.alg, question.op).then(|| self.model.answer(question))?;
        (!matches!(answer, Answer::Unsupported(_))).then_some(answer)
    }

    /// Whether it passes a case; none if it has nothing to say to it.
    pub(crate) fn passes(&self, case: &Case) -> Option<bool> {
        let answer = self.reply(&case.question)?;
        Some(Verdict::judge(case, Outcome::Answer(answer), self.policy()).class().is_pass())
    }
}

impl Implementation for Mutant {
    fn about(&self) -> About {
        About { name: self.name.into(), version: env!("CARGO_PKG_VERSION").into(), build: "model".into() }
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        let is_der = matches!(op, Op::Pkcs8 | Op::Spki);
        let is_old = alg.is_legacy();
        match (self.model, alg.family()) {
            (Model::Encoding(_), Family::MlKem | Family::MlDsa | Family::EdDsa) => is_der,
            (Model::Encoding(_), Family::Dh) => is_der && alg == Alg::X25519,
            (Model::Composite(_), Family::Composite) => true,
            (Model::MlKem(bug), Family::Kem) => is_old && bug.is_none(),
            (Model::Hybrid(_), Family::Kem) => !is_old,
            (Model::MlKem(_), Family::MlKem)
            | (Model::MlDsa(_), Family::MlDsa)
            | (Model::Curve(_), Family::Dh)
            | (Model::EdDsa(_), Family::EdDsa) => !is_der,
            _ => false,
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        self.model.answer(question)
    }
}

/// Which mutants sets of vectors kill.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// The sets, in the order that they came.
    pub sets: Vec<Scored>,
    /// Every mutant.
    pub mutants: Vec<Row>,
    /// Every reference, whose failures are false alarms.
    pub references: Vec<Row>,
}

/// A set that was scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scored {
    /// Its name.
    pub name: String,
    /// How many cases it has.
    pub cases: usize,
}

/// What came of one mutant.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The mutant.
    #[serde(flatten)]
    pub mutant: Mutant,
    /// What each set that had a question for it made of it.
    pub sets: Vec<Tally>,
}

/// What one set made of one mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The set.
    pub set: String,
    /// How many cases the mutant answered.
    pub asked: usize,
    /// How many of them it failed.
    pub failed: usize,
    /// The first that it failed.
    pub first: Option<String>,
}

impl Row {
    /// How many cases failed.
    pub fn failed(&self) -> usize {
        self.sets.iter().fold(0, |sum, tally| sum.saturating_add(tally.failed))
    }

    /// Whether any case failed.
    pub fn is_killed(&self) -> bool {
        self.failed() > 0
    }

    /// The first failing case, by set and id.
    pub fn first(&self) -> Option<(&str, &str)> {
        self.sets.iter().find_map(|tally| Some((tally.set.as_str(), tally.first.as_deref()?)))
    }

    /// The sets that kill it, the one with most failing cases first.
    pub fn killers(&self) -> Vec<&Tally> {
        let mut killers: Vec<_> = self.sets.iter().filter(|tally| tally.failed > 0).collect();
        killers.sort_by_key(|tally| core::cmp::Reverse(tally.failed));
        killers
    }
}

/// Scores sets of cases, one set in memory at a time, on so many threads; 0 for one on each core.
///
/// # Errors
/// The first error of the iterator.
pub fn score<E>(sets: impl Iterator<Item = Result<(String, Vec<Case>), E>>, threads: usize) -> Result<Score, E> {
    let row = |mutant| Row { mutant, sets: Vec::new() };
    let mut rows: Vec<Row> = mutants().into_iter().chain(references()).map(row).collect();
    let mut scored = Vec::new();
    for set in sets {
        let (name, cases) = set?;
        let tallies = tally(&name, &cases, &rows, threads);
        for (row, tally) in rows.iter_mut().zip(tallies) {
            if tally.asked > 0 {
                row.sets.push(tally);
            }
        }
        scored.push(Scored { name, cases: cases.len() });
    }
    let references = rows.split_off(mutants().len());
    Ok(Score { sets: scored, mutants: rows, references })
}

/// What one set makes of every row, in their order. Threads take one case after the other, since mutants are
/// of very different speed.
fn tally(name: &str, cases: &[Case], rows: &[Row], threads: usize) -> Vec<Tally> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if threads == 0 { cores() } else { threads };
    let next = AtomicUsize::new(0);
    // Of each row: cases asked, cases failed, number of the first.
    let sums = Mutex::new(vec![(0usize, 0usize, usize::MAX); rows.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, cases.len().max(1)) {
            scope.spawn(|| {
                let mut own = vec![(0usize, 0usize, usize::MAX); rows.len()];
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { break };
                    for (row, (asked, failed, first)) in rows.iter().zip(&mut own) {
                        let Some(passes) = row.mutant.passes(case) else { continue };
                        *asked = asked.saturating_add(1);
                        if !passes {
                            *failed = failed.saturating_add(1);
                            *first = number.min(*first);
                        }
                    }
                }
                let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
                for (sum, own) in sums.iter_mut().zip(own) {
                    *sum = (sum.0.saturating_add(own.0), sum.1.saturating_add(own.1), sum.2.min(own.2));
                }
            });
        }
    });
    let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    let tally = |(asked, failed, first): (usize, usize, usize)| Tally {
        set: name.into(),
        asked,
        failed,
        first: cases.get(first).map(|case| case.id.clone()),
    };
    sums.into_iter().map(tally).collect()
}

/// How many sets a line of the tables names.
const NAMED: usize = 3;

impl Score {
    /// The mutants that no set kills.
    pub fn survivors(&self) -> impl Iterator<Item = &Row> {
        self.mutants.iter().filter(|row| !row.is_killed())
    }

    /// The references that a set accuses.
    pub fn alarms(&self) -> impl Iterator<Item = &Row> {
        self.references.iter().filter(|row| row.is_killed())
    }

    /// Whether every mutant is killed and no reference raises an alarm. Without a case it is not.
    pub fn is_perfect(&self) -> bool {
        self.survivors().next().is_none() && self.alarms().next().is_none()
    }

    /// The counts, in a line.
    pub fn summary(&self) -> String {
        let cases = self.sets.iter().fold(0usize, |sum, set| sum.saturating_add(set.cases));
        let killed = self.mutants.len().saturating_sub(self.survivors().count());
        format!(
            "{cases} cases in {} sets kill {killed} of {} mutants; false alarms of {} references: {}",
            self.sets.len(),
            self.mutants.len(),
            self.references.len(),
            self.alarms().count()
        )
    }

    /// The table for documents: every mutant with the bug, the section, what kills it, and the first case.
    pub fn to_markdown(&self) -> String {
        let mut out =
            String::from("| mutant | bug | standard | killed by (failing cases) | first |\n|---|---|---|---|---|\n");
        for row in self.mutants.iter().chain(&self.references) {
            let Mutant { name, bug, standard, .. } = row.mutant;
            let first = row.first().map(|(set, id)| format!("{set}: {id}")).unwrap_or_default();
            let cells = [bug, standard, &killed_by(row), &first].map(|cell| cell.replace('|', "\\|")).join(" | ");
            out.push_str(&format!("| `{name}` | {cells} |\n"));
        }
        out.push_str(&format!("\n{}.\n", self.summary()));
        out
    }
}

/// Which sets kill a mutant, the best ones by name.
fn killed_by(row: &Row) -> String {
    let killers = row.killers();
    let mut parts: Vec<_> =
        killers.iter().take(NAMED).map(|tally| format!("{} ({})", tally.set, tally.failed)).collect();
    match killers.len().checked_sub(NAMED) {
        Some(more @ 1..) => parts.push(format!("{more} more")),
        _ if killers.is_empty() && row.mutant.is_reference() => parts.push("no alarm".into()),
        _ if killers.is_empty() && row.sets.is_empty() => parts.push("**survives**: not asked".into()),
        _ if killers.is_empty() => parts.push("**survives**".into()),
        _ => {}
    }
    parts.join(", ")
}

/// For a terminal: a line for each mutant, then the counts.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = || self.mutants.iter().chain(&self.references);
        let width = rows().map(|row| row.mutant.name.len()).max().unwrap_or(0);
        for row in rows() {
            let (name, killed_by) = (row.mutant.name, killed_by(row).replace("**", ""));
            writeln!(f, "{name:width$}  {:>6}  {killed_by}", row.failed())?;
        }
        writeln!(f, "{}", self.summary())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::suite::suite;

    #[test]
    fn names_are_unique_and_every_mutant_says_what_it_is() {
        let all: Vec<Mutant> = mutants().into_iter().chain(references()).collect();
        assert_eq!(all.iter().map(|mutant| mutant.name).collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.iter().all(|mutant| !mutant.bug.is_empty() && !mutant.standard.is_empty()));
        assert!(mutants().iter().all(|mutant| !mutant.is_reference()));
        assert!(references().iter().all(Mutant::is_reference));
    }

    #[test]
    fn the_small_set_kills_and_accuses_nobody_who_is_right() {
        let cases = suite();
        let (half, rest) = cases.split_at(cases.len() / 2);
        let sets = [("first", half), ("second", rest)].map(|(name, cases)| Ok::<_, ()>((name.into(), cases.to_vec())));
        let score = score(sets.into_iter(), 2).unwrap();
        assert_eq!(score.alarms().map(|row| row.mutant.name).collect::<Vec<_>>(), [""; 0]);
        let survivors: Vec<_> = score.survivors().map(|row| row.mutant.name).collect();
        let others: Vec<_> = survivors.iter().filter(|name| !name.starts_with("ml-dsa")).collect();
        assert_eq!(others, [&""; 0], "{score}");
        assert!(score.references.iter().all(|row| row.sets.iter().any(|tally| tally.asked > 0)));
        assert!(!score.is_perfect() && score.to_markdown().contains("**survives**"));
    }

    #[test]
    fn no_case_is_no_merit() {
        let score = score(core::iter::empty::<Result<_, ()>>(), 0).unwrap();
        assert!(!score.is_perfect());
        assert_eq!(score.survivors().count(), mutants().len());
        assert!(score.summary().starts_with("0 cases in 0 sets kill 0 of "), "{}", score.summary());
    }
}
