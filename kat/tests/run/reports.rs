//! All reports are of the same run: their totals are equal, and each can be read back.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use twinlock_kat::{
    Alg, Answer, Case, Certainty, Class, Diagnosis, Expect, Field, Input, Op, Options, Output, Reason, Report, Set,
    report::{acvp, diff::Diff, json, junit, markdown, sarif, tap},
};

use crate::{
    fakes::{Fake, Mixed, case, hashes, mixed, right, run},
    runner::waivers,
};

fn text(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Every class, a set with more failures than are kept, and everything that is filled in later.
fn full() -> Report {
    let waivers = waivers(r#"{"case":"waived","alg":"SHA-256","reason":"issue #12","until":"2027-01-01"}"#);
    let mut many = hashes("many/wrong", 50);
    many.cases.iter_mut().for_each(|case| case.expect = Expect::Reject);
    let sets = vec![mixed("mixed: 50% \"a&b\""), many, hashes("right", 20)];
    let options = Options { waivers, policy: twinlock_kat::Policy::Tls, ..Options::default() };
    let mut report = run(&Mixed, sets, &options).unwrap();
    report.selector = "cmd:./my harness".into();
    report.probes.push("deterministic".into());
    report.sets[0].status = "draft".into();
    report.failures[0].diagnosis = Some(Diagnosis {
        name: "sha-bit",
        text: "a bit of the digest is flipped".into(),
        standard: "FIPS 180-4 §6.2",
        certainty: Certainty::OneOf(2),
        algs: vec!["SHA-256"],
        failures: vec![0],
    });
    report
}

fn verified() -> Report {
    run(&Fake(right), vec![hashes("a", 5)], &Options::default()).unwrap()
}

fn nothing() -> Report {
    run(&Fake(|_: &_| Answer::Unsupported(twinlock_kat::Lack::Op)), vec![hashes("a", 5)], &Options::default()).unwrap()
}

#[test]
fn the_totals_of_every_report_are_equal() {
    for report in [full(), verified(), nothing()] {
        let counts = report.counts();
        let (read, passed, failed) = (counts.read(), counts.passed(), counts.failed());
        let waived = counts.of(Class::Waived);
        let skipped = read - passed - failed;

        let document: Value = serde_json::from_str(&text(|out| json::write(&report, out))).unwrap();
        let lists = document["sets"].as_array().unwrap().iter().flat_map(|set| set["cases"].as_object().unwrap());
        assert_eq!(lists.map(|(_, ids)| ids.as_array().unwrap().len()).sum::<usize>(), read);
        assert_eq!(document["counts"]["read"], read);
        assert_eq!(document["counts"]["failed"], failed);
        assert_eq!(document["exit"], report.exit_code());

        let xml = text(|out| junit::write(&report, out));
        let suites = quick_junit::Report::deserialize_from_str(&xml).unwrap();
        let cases = || suites.test_suites.iter().flat_map(|suite| &suite.test_cases);
        assert_eq!((suites.tests, cases().count()), (read, read));
        assert_eq!(suites.failures + suites.errors, failed);
        assert_eq!(
            suites.errors,
            [Class::Crash, Class::Timeout, Class::Protocol].map(|class| counts.of(class)).iter().sum::<usize>()
        );
        let skips = |case: &&quick_junit::TestCase| matches!(case.status, quick_junit::TestCaseStatus::Skipped { .. });
        let success =
            |case: &&quick_junit::TestCase| matches!(case.status, quick_junit::TestCaseStatus::Success { .. });
        assert_eq!((cases().filter(skips).count(), cases().filter(success).count()), (skipped, passed));
        assert_eq!(suites.test_suites.iter().map(|suite| suite.skipped).sum::<usize>(), skipped);
        assert_eq!(suites.test_suites.iter().map(|suite| suite.tests).sum::<usize>(), read);

        let points = text(|out| tap::write(&report, out));
        assert!(points.starts_with(&format!("TAP version 14\n1..{read}\n")));
        let count = |prefix: &str, inside: &str, lacks: &str| {
            let mut lines = points.lines().filter(|line| line.starts_with(prefix));
            lines.by_ref().filter(|line| line.contains(inside) && !line.contains(lacks)).count()
        };
        assert_eq!(count("ok ", "", " # ") + count("ok ", " # SKIP ", "\0") + count("not ok ", "", "\0"), read);
        assert_eq!((count("ok ", "", " # "), count("not ok ", "", " # TODO ")), (passed, failed));
        assert_eq!(count("not ok ", " # TODO ", "\0"), waived);
        let bails = points.lines().last().unwrap().starts_with("Bail out! ");
        assert_eq!(bails, report.exit_code() == 3);

        let log: Value = serde_json::from_str(&text(|out| sarif::write(&report, out))).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let suppressed = results.iter().filter(|result| result.get("suppressions").is_some()).count();
        assert_eq!((results.len(), suppressed), (failed + waived, waived));
        assert_eq!(log["runs"][0]["properties"]["counts"], document["counts"]);
        assert_eq!(log["runs"][0]["invocations"][0]["exitCode"], report.exit_code());

        let words = text(|out| markdown::write(&report, out));
        assert!(words.contains(&format!("| all | {read} |")), "{words}");
        let rows: BTreeMap<_, _> =
            words.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | ")).collect();
        for (class, count) in &counts.classes {
            assert_eq!(rows[class.name()], format!("{count} |"));
        }
    }
}

#[test]
fn json_tells_all_of_a_failure_and_is_read_back_strictly() {
    let written = text(|out| json::write(&full(), out));
    json::read("r.json", written.as_bytes()).unwrap();
    let document: Value = serde_json::from_str(&written).unwrap();
    let failure = &document["failures"][0];
    assert_eq!(failure["difference"]["at"], 5);
    assert!(failure["difference"]["given"].as_str().unwrap().starts_with('…'));
    assert_eq!(failure["diagnosis"]["bug"], "sha-bit");
    assert_eq!(failure["in"], json!({ "msg": "6d69736d61746368" }));
    let repeat = failure["repeat"].as_str().unwrap();
    assert!(repeat.ends_with(" --impl 'cmd:./my harness' --policy tls"), "{repeat}");

    let change = |place: &str, value: Value| {
        let mut document = document.clone();
        *document.pointer_mut(place).unwrap() = value;
        json::read("r.json", document.to_string().as_bytes()).unwrap_err().to_string()
    };
    for (place, value, error) in [
        ("/counts/read", json!(1), "r.json: field `counts` must be the sum of the sets'"),
        ("/sets/1/counts/failed", json!(1), "r.json: case many/wrong: field `counts` must be those of its cases"),
        ("/sets/1/cases/FAIL-ACCEPTED/1", json!("0"), "r.json: case many/wrong: field `cases` must be each there once"),
        ("/sets/1/name", json!("right"), "r.json: case right: field `name` must be there once"),
        ("/sets/1/cases", json!({ "GOOD": [] }), "r.json: case many/wrong: field `GOOD` must be a verdict"),
        ("/operations/0/counts/classes/PASS", json!(1), "r.json: field `operations` must be as many as the cases"),
        ("/format", json!("kat-report/2"), "unknown variant `kat-report/2`"),
        ("/probes", json!([1]), "invalid type: integer `1`"),
    ] {
        let found = change(place, value);
        assert!(found.contains(error), "{found}");
    }
    let mut more = document.clone();
    more["extra"] = json!(1);
    assert!(
        json::read("r.json", more.to_string().as_bytes()).unwrap_err().to_string().contains("unknown field `extra`")
    );
    let cut = &written.as_bytes()[..written.len() / 2];
    assert!(json::read("r.json", cut).unwrap_err().to_string().contains("ends in the middle"));
}

#[test]
fn the_schema_names_every_class() {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/kat-report-1.schema.json")).unwrap();
    let classes: Vec<_> = Class::ALL.iter().map(|class| class.name()).collect();
    let mut required: Vec<_> =
        schema["$defs"]["counts"]["properties"]["classes"]["required"].as_array().unwrap().iter().collect();
    required.sort_by_key(|name| classes.iter().position(|class| name.as_str() == Some(*class)));
    assert_eq!(required, classes);
}

#[test]
fn text_formats_escape_what_ids_hold() {
    let report = full();
    let points = text(|out| tap::write(&report, out));
    assert!(
        points.contains("not ok 4 - mixed: 50% \"a&b\": mismatch \\# 'quoted' \\\\  \n  ---\n  verdict: \"FAIL-"),
        "{points}"
    );
    assert!(points.contains("# TODO WAIVED(until 2027-01-01): FAIL-MISMATCH: issue \\#12\n"));
    assert!(points.contains("# SKIP not selected: from before the standards\n"));
    assert!(points.contains("  byte: \"5\"\n"));
    let xml = text(|out| junit::write(&report, out));
    assert!(xml.contains("mixed: 50% &quot;a&amp;b&quot;"));
    assert!(!xml.contains(['\0', '\u{1b}']));
    let words = text(|out| markdown::write(&report, out));
    assert!(words.contains("And 34 more; the JSON report names them all."), "{words}");
    assert!(
        words.contains(
            "  - diagnosis: `sha-bit: a bit of the digest is flipped (FIPS 180-4 §6.2), one of 2 that fit`\n"
        )
    );
    let log = text(|out| sarif::write(&report, out));
    assert!(log.contains("\"uri\": \"mixed%3A%2050%25%20%22a%26b%22\""));
}

#[test]
fn rules_are_bugs_where_known_and_classes_elsewhere() {
    let log: Value = serde_json::from_str(&text(|out| sarif::write(&full(), out))).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["CRASH", "FAIL-ACCEPTED", "FAIL-MISMATCH", "PROTOCOL", "TIMEOUT", "sha-bit", "x25519-no-clamp"]);
    for result in log["runs"][0]["results"].as_array().unwrap() {
        assert_eq!(ids[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()], result["ruleId"]);
    }
}

#[test]
fn a_diff_tells_new_failures_from_fixed_ones() {
    let wrong = |words: &'static [&'static str]| {
        Fake(move |question: &twinlock_kat::Question| {
            let message = String::from_utf8(question.input.bytes(Field::Msg).to_vec()).unwrap();
            match words.iter().find_map(|word| message.strip_prefix("a ")?.eq(*word).then_some(*word)) {
                Some("7") => Answer::Unsupported(twinlock_kat::Lack::Param),
                Some("8") => Answer::Error("no".into()),
                Some(_) => Answer::Reject(Reason::Other),
                None => right(question),
            }
        })
    };
    let document = |report: &Report| json::read("r", text(|out| json::write(report, out)).as_bytes()).unwrap();
    let old = run(&wrong(&["1", "2", "3"]), vec![hashes("a", 10), hashes("gone", 1)], &Options::default()).unwrap();
    let new = run(&wrong(&["2", "5", "7", "8"]), vec![hashes("a", 10), hashes("new", 2)], &Options::default()).unwrap();
    let diff = Diff::of(&document(&old), &document(&new));
    let ids = |list: &[twinlock_kat::report::diff::Change]| {
        list.iter().map(|change| format!("{}: {}", change.set, change.case)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(ids(&diff.new_failures), "a: 5, a: 8");
    assert_eq!(ids(&diff.fixed), "a: 1, a: 3");
    assert_eq!(ids(&diff.newly_unsupported), "a: 7");
    assert_eq!(ids(&diff.no_longer_asked), "gone: 0");
    assert_eq!(diff.changed_failures, []);
    assert_eq!(diff.exit_code(), 1);
    let words = diff.to_string();
    assert!(words.contains("new failures: 2\n  a: 5: PASS -> FAIL-REJECTED\n  a: 8: PASS -> CRASH\n"), "{words}");
    assert!(words.ends_with("all: 11 -> 12 cases\n"), "{words}");

    let same = Diff::of(&document(&old), &document(&old));
    assert_eq!((same.exit_code(), &same), (0, &Diff::default()));
    let other = run(&Fake(|_: &_| Answer::Error("no".into())), vec![hashes("a", 10)], &Options::default()).unwrap();
    assert_eq!(ids(&Diff::of(&document(&old), &document(&other)).changed_failures), "a: 1, a: 2, a: 3");
}

#[test]
fn acvp_gets_each_answer_by_group_and_test() {
    let key = |fill: u8| Input::new().with(Field::Seed, [fill; 64]);
    let of = |id: &str, op, input| case(id, Alg::MlKem512, op, input, Expect::Reject);
    let cases: Vec<Case> = vec![
        of("tg 1, tc 1", Op::Encaps, Input::new().with(Field::Ek, [0; 800]).with(Field::M, [0; 32])),
        of("tg 2, tc 2", Op::Decaps, key(1).with(Field::C, [0; 768])),
        of("tg 2, tc 3", Op::Decaps, key(2).with(Field::C, [0; 768])),
        of("tg 3, tc 4", Op::CheckEk, Input::new().with(Field::Ek, [0; 800])),
        of("tg 3, tc 5", Op::CheckEk, Input::new().with(Field::Ek, [1; 800])),
    ];
    let set = || Set { name: "acvp/x".into(), cases: cases.clone(), expected: None };
    let answers = Fake(|question: &twinlock_kat::Question| match question.op {
        Op::Encaps => Answer::Output(Output::from([(Field::C, vec![0xab]), (Field::K, vec![1])])),
        Op::Decaps if question.input.bytes(Field::Seed)[0] == 1 => {
            Answer::Output(Output::from([(Field::K, vec![2]), (Field::Ek, vec![9])]))
        }
        Op::CheckEk if question.input.bytes(Field::Ek)[0] == 0 => Answer::Output(Output::new()),
        Op::CheckEk => Answer::Reject(Reason::Modulus),
        _ => Answer::Unsupported(twinlock_kat::Lack::Key),
    });
    let options = Options { keep_answers: true, ..Options::default() };
    let report = run(&answers, vec![set(), hashes("other", 2)], &options).unwrap();
    let response: Value = serde_json::from_str(&text(|out| acvp::write(&report.sets[0], 42, out))).unwrap();
    assert_eq!(
        response,
        json!([{ "acvVersion": "1.0" }, {
            "vsId": 42, "algorithm": "ML-KEM", "mode": "encapDecap", "revision": "FIPS203",
            "testGroups": [
                { "tgId": 1, "tests": [{ "tcId": 1, "c": "AB", "k": "01" }] },
                { "tgId": 2, "tests": [{ "tcId": 2, "k": "02" }, { "tcId": 3 }] },
                { "tgId": 3, "tests": [{ "tcId": 4, "testPassed": true }, { "tcId": 5, "testPassed": false }] },
            ],
        }])
    );
    for (report, index) in [(&report, 1), (&run(&answers, vec![set()], &Options::default()).unwrap(), 0)] {
        let error = acvp::write(&report.sets[index], 42, Vec::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
}

/// Writes the reports that `scripts/kat-validate.sh` checks, if it says where.
#[test]
fn reports_for_the_validators() {
    let Some(folder) = std::env::var_os("KAT_REPORTS") else {
        eprintln!("skipped: reports_for_the_validators: KAT_REPORTS is not set");
        return;
    };
    for (name, report) in [("full", full()), ("verified", verified()), ("nothing", nothing())] {
        let write = |kind: &str, text: String| {
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.{kind}")), text).unwrap();
        };
        write("json", text(|out| json::write(&report, out)));
        write("xml", text(|out| junit::write(&report, out)));
        write("sarif", text(|out| sarif::write(&report, out)));
        write("tap", text(|out| tap::write(&report, out)));
        write("md", text(|out| markdown::write(&report, out)));
    }
}
