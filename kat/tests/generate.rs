//! The generator over real implementations, and what its sets are worth beside the published ones.
//!
//! Models are slow without optimization: for all sets `scripts/kat-vectors.py --check` and `twinlock kat score` do it in
//! CI.

#![cfg(feature = "vectors")]

mod crates;

use twinlock_kat::{
    About, Alg, Answer, Case, Generated, Implementation, KeyForm, Made, Mutant, Op, Outcome, Policy, Question, Verdict,
    generate, mutants, references, sets,
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

#[test]
fn every_mutant_of_a_curve_fails_a_shipped_case_and_no_reference_does() {
    let is_curve = |alg: Alg| matches!(alg, Alg::X25519 | Alg::P256 | Alg::P384 | Alg::Ed25519);
    let of_curves = |entry: &&sets::Entry| {
        entry.name.contains("25519_test") || entry.name.contains("ecdh") || {
            ["x25519", "ed25519", "der-x25519", "der-ed25519"]
                .iter()
                .any(|name| entry.name == format!("generated/{name}"))
        }
    };
    let shipped = sets::lock().unwrap().iter().filter(of_curves).flat_map(|entry| sets::load(entry).unwrap());
    let cases: Vec<_> = shipped.filter(|case| is_curve(case.question.alg)).collect();
    let fails = |mutant: &Mutant, case: &Case| {
        mutant.offers(case.question.alg, case.question.op)
            && verdict(mutant, case, mutant.policy()).class().is_failure()
    };
    let of_curves = ["x25519-", "ecdh-", "ed25519-", "der-", "pkcs8-public-"];
    let mutants = mutants().into_iter().filter(|mutant| of_curves.iter().any(|model| mutant.name.starts_with(model)));
    let survivors: Vec<_> = mutants.filter(|mutant| !cases.iter().any(|case| fails(mutant, case))).collect();
    assert!(survivors.is_empty(), "{survivors:?}");
    for reference in references() {
        assert!(cases.iter().all(|case| !fails(&reference, case)), "{}", reference.name);
    }
}
