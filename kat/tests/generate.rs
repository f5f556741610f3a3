//! The generator over real implementations, and what its sets are worth beside the published ones.
//!
//! Models are slow without optimization: what would take minutes is ignored here, and for all sets
//! `scripts/kat-vectors.py --check` and `twinlock kat score` do it in CI.

#![cfg(feature = "vectors")]
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod crates;

use std::sync::atomic::{AtomicUsize, Ordering};

use twinlock_kat::{
    About, Alg, Answer, Case, Generated, Implementation, KeyForm, Made, Mutant, Op, Outcome, Policy, Question, Verdict,
    generate, mutants, references, score, sets,
};

/// An implementation of the curves alone, which are quick.
struct Curves<'a>(&'a dyn Implementation);

impl Implementation for Curves<'_> {
    fn about(&self) -> About {
        self.0.about()
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        matches!(alg, Alg::X25519 | Alg::Ed25519) && self.0.offers(alg, op)
    }

    fn key_forms(&self, alg: Alg, op: Op) -> &[KeyForm] {
        self.0.key_forms(alg, op)
    }

    fn answer(&self, question: &Question) -> Answer {
        self.0.answer(question)
    }
}

/// What the example makes, of the curves; with one more among those who must agree.
fn curves(more: Option<&Mutant>) -> Generated {
    let models = references();
    let all: Vec<&dyn Implementation> = core::iter::once(&crates::Crates as &dyn Implementation)
        .chain(models.iter().map(|model| model as _))
        .chain(more.map(|mutant| mutant as _))
        .collect();
    let curves: Vec<_> = all.into_iter().map(Curves).collect();
    let curves: Vec<_> = curves.iter().map(|curve| curve as &dyn Implementation).collect();
    generate(&crates::SEED, &curves)
}

fn verdict(implementation: &dyn Implementation, case: &Case, policy: Policy) -> Verdict {
    Verdict::judge(case, Outcome::Answer(implementation.answer(&case.question)), policy)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_they_are_the_shipped_ones() {
    let (once, again) = (curves(None), curves(None));
    assert_eq!(once.disagreements, []);
    let names: Vec<_> = once.sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!(names, ["x25519", "ed25519", "der-x25519", "der-ed25519"]);
    let texts = |made: &Generated| made.sets.iter().map(|set| crates::text(set).unwrap()).collect::<Vec<_>>();
    assert_eq!(texts(&once), texts(&again));
    for Made { name, cases, agreed } in &once.sets {
        assert!(agreed.len() >= 2, "{name}: {agreed:?}");
        let entry = sets::lock().unwrap().iter().find(|entry| entry.name == format!("generated/{name}")).unwrap();
        assert_eq!(*cases, sets::load(entry).unwrap(), "{name}: run scripts/kat-vectors.py");
    }
}

#[test]
fn whoever_answers_a_generated_case_agrees() {
    let models = references();
    for case in curves(None).sets.iter().flat_map(|set| &set.cases) {
        let asked = models.iter().filter(|model| model.offers(case.question.alg, case.question.op));
        let mut passed = 0;
        for one in asked.map(|model| model as &dyn Implementation).chain([&crates::Crates as _]) {
            match verdict(one, case, Policy::Rfc7748) {
                Verdict::Unsupported(_) => {}
                verdict => {
                    assert!(verdict.class().is_pass(), "{}: {verdict}", case.note);
                    passed += 1;
                }
            }
        }
        assert!(passed >= 2, "{}", case.note);
    }
}

#[test]
fn of_what_a_broken_implementation_denies_no_case_comes() {
    let all = curves(None);
    for name in ["ed25519-high-s", "x25519-high-bit-kept", "der-null-parameters-accepted"] {
        let broken = mutants().into_iter().find(|mutant| mutant.name == name).unwrap();
        let made = curves(Some(&broken));
        assert!(!made.disagreements.is_empty(), "{name}");
        let count = |made: &Generated| made.sets.iter().map(|set| set.cases.len()).sum::<usize>();
        assert_eq!(count(&made) + made.disagreements.len(), count(&all), "{name}");
        let cases: Vec<_> = made.sets.iter().flat_map(|set| &set.cases).collect();
        assert!(made.disagreements.iter().all(|one| cases.iter().all(|case| case.question != one.question)), "{name}");
    }
}

/// The sets of at most so many cases, the small ones first.
fn shipped(most: usize) -> Vec<(&'static str, Vec<Case>)> {
    let mut entries: Vec<_> = sets::lock().unwrap().iter().filter(|entry| entry.cases <= most).collect();
    entries.sort_by_key(|entry| entry.cases);
    entries.into_iter().map(|entry| (entry.name.as_str(), sets::load(entry).unwrap())).collect()
}

/// Calls it with each index on all cores.
fn each(count: usize, call: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    match next.fetch_add(1, Ordering::Relaxed) {
                        index if index < count => call(index),
                        _ => break,
                    }
                }
            });
        }
    });
}

#[test]
fn every_mutant_fails_a_shipped_case() {
    let sets = shipped(1000);
    let mutants = mutants();
    let killed = AtomicUsize::new(0);
    each(mutants.len(), |index| {
        let mutant = mutants.get(index).unwrap();
        let cases = sets.iter().flat_map(|(_, cases)| cases);
        let mut asked = cases.filter(|case| mutant.offers(case.question.alg, case.question.op));
        if asked.any(|case| verdict(mutant, case, mutant.policy()).class().is_failure()) {
            killed.fetch_add(1, Ordering::Relaxed);
        } else {
            eprintln!("{} survives", mutant.name);
        }
    });
    assert_eq!(killed.into_inner(), mutants.len());
}

#[test]
#[ignore = "minutes without optimization"]
fn all_that_is_shipped_kills_every_mutant_and_accuses_no_reference() {
    let load = |entry: &'static sets::Entry| sets::load(entry).map(|cases| (entry.name.clone(), cases));
    let score = score(sets::lock().unwrap().iter().map(load), 0).unwrap();
    println!("{score}");
    assert!(score.is_perfect(), "{}", score.summary());
}

#[test]
#[ignore = "minutes without optimization"]
fn every_generated_set_is_what_the_example_writes() {
    let models = references();
    let mut all: Vec<&dyn Implementation> = vec![&crates::Crates];
    all.extend(models.iter().map(|model| model as &dyn Implementation));
    let made = generate(&crates::SEED, &all);
    assert_eq!(made.disagreements, []);
    let shipped = sets::lock().unwrap().iter().filter(|entry| entry.name.starts_with("generated/"));
    assert_eq!(shipped.clone().count(), made.sets.len());
    for entry in shipped {
        let set = made.sets.iter().find(|set| entry.name.ends_with(&format!("/{}", set.name))).unwrap();
        assert_eq!(set.cases, sets::load(entry).unwrap(), "{}: run scripts/kat-vectors.py", entry.name);
    }
}
