use super::*;
use crate::{About, Alg, Lack, Reason};

/// Answers X25519 by a rule, and nothing else.
struct Rule(&'static str, fn(&Question) -> Answer);

impl Implementation for Rule {
    fn about(&self) -> About {
        About { name: self.0.into(), ..About::default() }
    }

    fn answer(&self, question: &Question) -> Answer {
        (self.1)(question)
    }
}

fn xor(question: &Question) -> Answer {
    let public = question.input.bytes(Field::Public);
    match question.op {
        _ if question.alg != Alg::X25519 => Answer::Unsupported(Lack::Alg),
        Op::Keygen => Answer::Output([(Field::Public, question.input.bytes(Field::Private).to_vec())].into()),
        Op::Agree if public.len() != 32 => Answer::Reject(Reason::Length),
        Op::Agree => Answer::Output([(Field::Shared, public.iter().map(|byte| byte ^ 1).collect())].into()),
        _ => Answer::Unsupported(Lack::Op),
    }
}

/// As `xor`, and refuses zero.
fn strict(question: &Question) -> Answer {
    match question.input.get(Field::Public) {
        Some([0, 0, ..]) => Answer::Reject(Reason::Zero),
        _ => xor(question),
    }
}

/// As `xor`, but for points that end in 0x7f.
fn broken(question: &Question) -> Answer {
    match question.input.get(Field::Public) {
        Some([.., 0x7f]) => Answer::Output([(Field::Shared, vec![9; 32])].into()),
        _ => xor(question),
    }
}

fn panics(question: &Question) -> Answer {
    match question.input.get(Field::Public) {
        Some([.., 0x7f]) => panic!("no"),
        _ => xor(question),
    }
}

fn run(implementations: &[&dyn Implementation]) -> Generated {
    generate(&[7; 32], implementations)
}

#[test]
fn two_that_agree_make_cases_and_the_same_seed_makes_the_same() {
    let implementations: [&dyn Implementation; 2] = [&Rule("a", xor), &Rule("b", xor)];
    let made = run(&implementations);
    assert_eq!(made.sets.len(), 1);
    let set = &made.sets[0];
    assert_eq!(set.name, "x25519");
    assert_eq!(set.agreed, ["a".to_owned(), "b".to_owned()].into());
    assert!(set.cases.len() > 30 && set.cases.iter().all(|case| case.shape().is_ok()));
    assert_eq!(set.cases.iter().filter(|case| case.expect == Expect::Reject).count(), 3);
    assert!(made.disagreements.is_empty());
    assert_eq!(run(&implementations), made);
    assert_ne!(generate(&[8; 32], &implementations).sets, made.sets);
}

#[test]
fn one_alone_makes_no_case() {
    assert_eq!(run(&[&Rule("a", xor)]).sets, []);
    assert_eq!(run(&[&Rule("a", xor), &Rule("none", |_| Answer::Unsupported(Lack::Alg))]).sets, []);
}

#[test]
fn a_wrong_answer_leaves_the_case_out_and_is_told_with_all_answers() {
    let all = run(&[&Rule("a", xor), &Rule("b", xor)]);
    for (name, wrong) in [("broken", broken as fn(&Question) -> Answer), ("panics", panics)] {
        let made = run(&[&Rule("a", xor), &Rule(name, wrong), &Rule("b", xor)]);
        assert!(!made.disagreements.is_empty());
        assert_eq!(made.sets[0].cases.len() + made.disagreements.len(), all.sets[0].cases.len());
        for Disagreement { set, question, outcomes, .. } in &made.disagreements {
            assert_eq!(set, "x25519");
            assert_eq!(question.input.bytes(Field::Public)[31], 0x7f);
            assert_eq!(outcomes.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", name, "b"]);
            assert_eq!(outcomes[0].1, outcomes[2].1);
            assert_ne!(outcomes[0].1, outcomes[1].1);
        }
        let left = |case: &Case| case.question.input.bytes(Field::Public).last() == Some(&0x7f);
        assert!(!made.sets[0].cases.iter().any(left));
    }
}

#[test]
fn where_either_is_right_the_case_says_so() {
    let made = run(&[&Rule("a", xor), &Rule("strict", strict), &Rule("b", xor)]);
    assert!(made.disagreements.is_empty());
    let either = made.sets[0].cases.iter().filter(|case| matches!(case.expect, Expect::Either(_)));
    assert_eq!(either.count(), 14);
    // One alone who accepts the two points that `strict` refuses is not believed.
    let one = run(&[&Rule("a", xor), &Rule("strict", strict)]);
    assert_eq!((one.unanswered, one.sets[0].cases.len()), (made.unanswered + 2, made.sets[0].cases.len() - 2));
}

#[test]
fn an_output_that_one_leaves_out_is_not_expected() {
    let question = question(Alg::MlKem768, Op::Keygen, &[(Field::Seed, &[0; 64])]);
    let (ek, dk) = ((Field::Ek, vec![1]), (Field::Dk, vec![2]));
    let (long, short) = (Output::from([ek.clone(), dk.clone()]), Output::from([ek.clone()]));
    assert_eq!(common(&question, &[(0, &long), (1, &short)]), Some(short.clone()));
    assert_eq!(common(&question, &[(0, &long), (1, &short), (2, &long)]), Some(long.clone()));
    let other = Output::from([ek, (Field::Dk, vec![3])]);
    assert_eq!(common(&question, &[(0, &long), (1, &other)]), None);
    let without_ek = Output::from([dk]);
    assert_eq!(common(&question, &[(0, &long), (1, &without_ek)]), None);
}
