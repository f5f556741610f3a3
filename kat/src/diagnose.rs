//! From failures to the bug behind them.
//!
//! A mutant explains the failures of an algorithm if it answers every one of them byte for byte as the
//! implementation did, and passes what the implementation passed. Beside that, what decapsulation compares is
//! computed from the failures themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use crate::{
    Alg, Answer, Case, Failure, Field, Mutant, Op, Output, Sample,
    model::mlkem::{Reencryption, reencryption},
    mutants,
};

/// A bug that explains failures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The mutant that behaves the same, or `ml-kem-comparison` for what was computed.
    pub name: &'static str,
    /// The bug, for people.
    pub text: String,
    /// The section of the standard.
    pub standard: &'static str,
    /// How sure that is.
    pub certainty: Certainty,
    /// The names of the algorithms that it was seen in.
    pub algs: Vec<&'static str>,
    /// The failures that it explains, by their places in what was given.
    pub failures: Vec<usize>,
}

/// How sure a diagnosis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// No other known bug explains the same.
    Only,
    /// One of so many that explain the same; more cases would tell them apart.
    OneOf(usize),
    /// It is what the failures themselves show.
    Computed,
}

impl Certainty {
    /// The surest first; what only one bug explains says more than the bytes that it leaves out.
    const fn rank(self) -> usize {
        match self {
            Self::Only => 0,
            Self::Computed => 1,
            Self::OneOf(count) => count,
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.name, self.text, self.standard)?;
        if let Certainty::OneOf(count) = self.certainty {
            write!(f, ", one of {count} that fit")?;
        }
        Ok(())
    }
}

/// Names the bug behind every failure that is kept, as far as [`diagnose`] knows one.
pub(crate) fn attach(failures: &mut [Failure], samples: &[Sample]) {
    let answered: Vec<_> = (0..)
        .zip(failures.iter())
        .filter_map(|(place, failure): (usize, _)| Some((place, &*failure.case, failure.answer.as_ref()?)))
        .collect();
    let pairs: Vec<_> = answered.iter().map(|(_, case, answer)| (*case, *answer)).collect();
    let passes: Vec<_> = samples.iter().map(|sample| &*sample.case).collect();
    let mut diagnoses = diagnose(&pairs, &passes);
    diagnoses.sort_by_key(|diagnosis| diagnosis.certainty.rank());
    let places: Vec<_> = answered.iter().map(|(place, ..)| *place).collect();
    for diagnosis in diagnoses {
        for place in diagnosis.failures.iter().filter_map(|given| places.get(*given)) {
            if let Some(Failure { diagnosis: found @ None, .. }) = failures.get_mut(*place) {
                *found = Some(diagnosis.clone());
            }
        }
    }
}

/// Names the bugs behind failures: what an implementation answered to cases that it failed, and the cases that
/// it passed, as far as they are at hand. Failures without an answer, as crashes, explain nothing here.
///
/// Algorithms of one kind that fail together are explained together, if one bug explains them all; else each
/// for itself. Candidates come in the order of [`mutants`]; nothing comes of failures that no known bug
/// explains.
pub fn diagnose(failures: &[(&Case, &Answer)], passes: &[&Case]) -> Vec<Diagnosis> {
    // DER is another model's than the algorithm whose keys it holds.
    let kind = |case: &Case| (case.question.alg, matches!(case.question.op, Op::Pkcs8 | Op::Spki));
    let mut by_kind = BTreeMap::<_, (Vec<usize>, Vec<(&Case, &Answer)>)>::new();
    for (place, &(case, answer)) in failures.iter().enumerate() {
        let (places, failures) = by_kind.entry(kind(case)).or_default();
        places.push(place);
        failures.push((case, answer));
    }
    let mut groups: Vec<Group> = Vec::new();
    for (wanted, (places, failures)) in by_kind {
        let passes: Vec<&Case> = passes.iter().copied().filter(|case| kind(case) == wanted).collect();
        let candidates: Vec<Mutant> =
            mutants().into_iter().filter(|mutant| explains(mutant, &failures, &passes)).collect();
        let group = Group { algs: vec![wanted.0], failures: places, candidates };
        match groups.iter_mut().find_map(|other| Some((other.common(&group)?, other))) {
            Some((common, other)) => {
                other.candidates = common;
                other.algs.push(wanted.0);
                other.failures.extend(group.failures);
            }
            None => groups.push(group),
        }
    }
    groups.iter().flat_map(Group::diagnoses).chain(comparisons(failures, passes)).collect()
}

/// Algorithms, and the mutants that explain their failures.
struct Group {
    algs: Vec<Alg>,
    failures: Vec<usize>,
    candidates: Vec<Mutant>,
}

impl Group {
    /// The candidates of both; none if there is no such.
    fn common(&self, other: &Self) -> Option<Vec<Mutant>> {
        let is_in = |mutant: &&Mutant| other.candidates.iter().any(|candidate| candidate.name == mutant.name);
        let common: Vec<_> = self.candidates.iter().filter(is_in).copied().collect();
        (!common.is_empty()).then_some(common)
    }

    fn diagnoses(&self) -> impl Iterator<Item = Diagnosis> {
        let certainty = match self.candidates.len() {
            1 => Certainty::Only,
            count => Certainty::OneOf(count),
        };
        self.candidates.iter().map(move |mutant| Diagnosis {
            name: mutant.name,
            text: mutant.bug.to_owned(),
            standard: mutant.standard,
            certainty,
            algs: self.algs.iter().map(|alg| alg.name()).collect(),
            failures: self.failures.clone(),
        })
    }
}

/// Whether a mutant does as the implementation did, as far as is known.
fn explains(mutant: &Mutant, failures: &[(&Case, &Answer)], passes: &[&Case]) -> bool {
    let does_the_same = |(case, answer): &(&Case, &Answer)| {
        mutant.reply(&case.question).is_some_and(|reply| same(case.question.op, &reply, answer))
    };
    failures.iter().all(does_the_same) && passes.iter().all(|case| mutant.passes(case) != Some(false))
}

/// Whether two answers are the same: why an input is refused is not looked at, and outputs that one of them may
/// lack only where both have them.
fn same(op: Op, a: &Answer, b: &Answer) -> bool {
    match (a, b) {
        (Answer::Reject(_), Answer::Reject(_)) => true,
        (Answer::Output(a), Answer::Output(b)) => {
            let within = |a: &Output, b: &Output| {
                a.iter().all(|(field, bytes)| match b.get(field) {
                    Some(other) => other == bytes,
                    None => op.may_lack(*field),
                })
            };
            within(a, b) && within(b, a)
        }
        _ => false,
    }
}

/// What decapsulation compares, from the ciphertexts that differ from what their message encrypts to and get
/// the key of that message all the same; algorithm by algorithm.
fn comparisons(failures: &[(&Case, &Answer)], passes: &[&Case]) -> Vec<Diagnosis> {
    let mut by_alg: BTreeMap<Alg, Vec<(usize, Vec<usize>)>> = BTreeMap::new();
    for (place, (case, answer)) in failures.iter().enumerate() {
        let (Answer::Output(given), Some((key, differences))) = (answer, differences(case)) else { continue };
        if given.get(&Field::K) == Some(&key) && !differences.is_empty() {
            by_alg.entry(case.question.alg).or_default().push((place, differences));
        }
    }
    by_alg.into_iter().map(|(alg, unnoticed)| comparison(alg, &unnoticed, passes)).collect()
}

/// What the comparison of one algorithm leaves out: failures by their places, each with the bytes that differ.
fn comparison(alg: Alg, unnoticed: &[(usize, Vec<usize>)], passes: &[&Case]) -> Diagnosis {
    let ignored: BTreeSet<usize> = unnoticed.iter().flat_map(|(_, differences)| differences).copied().collect();
    let noticed: Vec<Vec<usize>> = passes
        .iter()
        .filter(|case| case.question.alg == alg)
        .filter_map(|case| differences(case).map(|(_, differences)| differences))
        .filter(|differences| !differences.is_empty())
        .collect();
    // A change of nothing but these bytes that was noticed: then not all of them are left out, or not wholly. And if
    // no change elsewhere was noticed, there may be no comparison at all.
    let within = noticed.iter().any(|differences| differences.iter().all(|at| ignored.contains(at)));
    let elsewhere = noticed.iter().any(|differences| !differences.iter().any(|at| ignored.contains(at)));
    let one_each = unnoticed.iter().all(|(_, differences)| differences.len() == 1);
    let bytes = ranges(&ignored);
    let text = match (one_each && !within, elsewhere) {
        (true, true) => format!("your comparison does not cover {bytes}"),
        (true, false) => format!("your comparison does not cover {bytes}, or anything: no other change was tried"),
        _ => format!("ciphertexts pass that differ from their re-encryption in {bytes}"),
    };
    Diagnosis {
        name: "ml-kem-comparison",
        text,
        standard: "FIPS 203 §6.3, algorithm 18 step 9",
        certainty: Certainty::Computed,
        algs: vec![alg.name()],
        failures: unnoticed.iter().map(|(place, _)| *place).collect(),
    }
}

/// Of a decapsulation, the key of the message inside, and where the ciphertext differs from what that message
/// encrypts to.
fn differences(case: &Case) -> Option<(Vec<u8>, Vec<usize>)> {
    let (Reencryption { key, c: again }, c) = reencryption(&case.question)?;
    let pairs = c.iter().zip(&again).enumerate();
    Some((key, pairs.filter(|(_, (ours, theirs))| ours != theirs).map(|(at, _)| at).collect()))
}

/// How many spans of bytes a text names.
const SPANS: usize = 8;

/// Byte numbers for people: `bytes 0-31, 767`.
fn ranges(bytes: &BTreeSet<usize>) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for &at in bytes {
        match spans.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(at) => *end = at,
            _ => spans.push((at, at)),
        }
    }
    let span = |(from, to): &(usize, usize)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    let list = spans.iter().take(SPANS).map(span).collect::<Vec<_>>().join(", ");
    let word = if bytes.len() == 1 { "byte" } else { "bytes" };
    let rest = if spans.len() > SPANS { format!(" and others, {} in all", bytes.len()) } else { String::new() };
    format!("{word} {list}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Expect, Implementation as _, Input, Question,
        model::suite::{bytes, suite, unnoticed},
        references,
    };

    #[test]
    fn every_mutant_is_found_by_its_own_failures() {
        let cases = suite();
        let mut ambiguous = Vec::new();
        for mutant in mutants() {
            let mut failed = Vec::new();
            let mut passed = Vec::new();
            for case in &cases {
                match mutant.passes(case) {
                    Some(true) => passed.push(case),
                    Some(false) => failed.push((case, mutant.answer(&case.question))),
                    None => {}
                }
            }
            let failures: Vec<_> = failed.iter().map(|(case, answer)| (*case, answer)).collect();
            let diagnoses = diagnose(&failures, &passed);
            if failures.is_empty() {
                assert_eq!(diagnoses, [], "{}", mutant.name);
                continue;
            }
            let names: Vec<_> = diagnoses.iter().map(|diagnosis| diagnosis.name).collect();
            assert!(names.contains(&mutant.name), "{}: {names:?}", mutant.name);
            for diagnosis in &diagnoses {
                if diagnosis.certainty == Certainty::Only {
                    assert_eq!(diagnosis.name, mutant.name);
                    assert_eq!(diagnosis.failures.len(), failures.len(), "{}", mutant.name);
                } else if diagnosis.certainty != Certainty::Computed {
                    ambiguous.push(format!("{}: {}", mutant.name, diagnosis.name));
                }
            }
        }
        // What this set cannot tell apart, three kinds of signatures could.
        let told_apart = |line: &&String| !line.starts_with("ed25519") && !line.starts_with("ml-dsa");
        assert_eq!(ambiguous.iter().filter(told_apart).collect::<Vec<_>>(), [&""; 0]);
    }

    /// A decapsulation with the last byte, or with other bytes, changed unnoticed, and the key that a comparison
    /// without them gives.
    fn unnoticed_change(at: &[usize]) -> (Case, Answer) {
        let alg = Alg::MlKem768;
        let answer = |op, input| references()[0].answer(&Question { alg, op, input });
        let output = |answer| if let Answer::Output(output) = answer { output } else { panic!("{answer:?}") };
        let seed = Input::new().with(Field::Seed, bytes(64, 0));
        let ek = output(answer(Op::Keygen, seed.clone()))[&Field::Ek].clone();
        let sent = output(answer(Op::Encaps, Input::new().with(Field::Ek, ek).with(Field::M, bytes(32, 1))));
        let changed = unnoticed(alg, &bytes(64, 0), &sent[&Field::C], at);
        let question = Question { alg, op: Op::Decaps, input: seed.with(Field::C, changed) };
        let expect = Expect::Output(output(references()[0].answer(&question)));
        let case = Case { id: format!("{at:?}"), note: String::new(), flags: Vec::new(), question, expect };
        (case, Answer::Output(Output::from([(Field::K, sent[&Field::K].clone())])))
    }

    #[test]
    fn the_bytes_that_a_comparison_leaves_out_are_named() {
        let text = |failures: &[&(Case, Answer)], passes: &[&Case]| {
            let failures: Vec<_> = failures.iter().map(|(case, answer)| (case, answer)).collect();
            let diagnoses = diagnose(&failures, passes);
            diagnoses.into_iter().find(|diagnosis| diagnosis.certainty == Certainty::Computed).unwrap().to_string()
        };
        let [one, next, far, both] = [&[959][..], &[960], &[5], &[959, 960]].map(unnoticed_change);
        let says = |text: &str| format!("ml-kem-comparison: {text} (FIPS 203 §6.3, algorithm 18 step 9)");
        assert_eq!(text(&[&one], &[&next.0]), says("your comparison does not cover byte 959"));
        assert_eq!(text(&[&one, &next], &[&far.0]), says("your comparison does not cover bytes 959-960"));
        let or_anything = says("your comparison does not cover byte 959, or anything: no other change was tried");
        assert_eq!(text(&[&one], &[]), or_anything);
        // The differences cancel out: each byte for itself is compared.
        let text = text(&[&both], &[&one.0, &next.0]);
        assert_eq!(text, says("ciphertexts pass that differ from their re-encryption in bytes 959-960"));
    }

    #[test]
    fn what_no_known_bug_explains_stays_open() {
        let (case, _) = unnoticed_change(&[5]);
        let nonsense = Answer::Output(Output::from([(Field::K, vec![1; 32])]));
        assert_eq!(diagnose(&[(&case, &nonsense), (&case, &Answer::Error("no".into()))], &[]), []);
        assert_eq!(diagnose(&[], &[&case]), []);
    }
}
