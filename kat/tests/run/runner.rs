//! A case is never lost, and nothing that is not right leads to exit 0.

use std::{
    sync::{
        Mutex, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use twinlock_kat::{
    Alg, Answer, Case, Class, Date, Error, Field, Filter, Mark, Op, Options, Outcome, Output, Pattern, Place, Queue,
    Reason, Set, Ticket, Unselected, Waivers, What,
    runner::{FAILURES_KEPT, SAMPLES_KEPT},
};

use crate::fakes::{Fake, Mixed, Worker, digest, hashes, mixed, right, run};

fn threads(threads: usize) -> Options {
    Options { threads, ..Options::default() }
}

#[test]
fn a_right_implementation_passes_whatever_the_threads() {
    for count in [0, 1, 2, 7] {
        let sets = vec![hashes("a", 100), hashes("b", 1), hashes("c", 257)];
        let report = run(&Fake(right), sets, &threads(count)).unwrap();
        assert_eq!((report.counts().passed(), report.exit_code()), (358, 0));
        assert_eq!(report.samples.len(), SAMPLES_KEPT);
        assert!(report.samples.iter().zip(0..).all(|(sample, id)| sample.case.id == format!("{id}")));
        assert!(report.failures.is_empty());
    }
}

#[test]
fn each_verdict_is_counted_and_the_counts_add_up() {
    let report = run(&Mixed, vec![mixed("a"), mixed("b")], &Options::default()).unwrap();
    let counts = report.counts();
    for (class, count) in [
        (Class::Pass, 2),
        (Class::PassReject, 2),
        (Class::PassPolicy, 2),
        (Class::FailMismatch, 4),
        (Class::FailAccepted, 2),
        (Class::FailRejected, 2),
        (Class::Crash, 2),
        (Class::Timeout, 2),
        (Class::Protocol, 2),
        (Class::Unsupported, 2),
        (Class::Waived, 0),
    ] {
        assert_eq!(counts.of(class), count, "{class}");
    }
    assert_eq!((counts.read(), counts.attempted(), counts.not_selected()), (24, 22, 2));
    assert_eq!(counts.unselected[&Unselected::Legacy], 2);
    let operations: usize = report.operations().values().map(twinlock_kat::Counts::read).sum();
    assert_eq!(operations, 24);
    assert_eq!(report.exit_code(), 1);
    assert_eq!(report.failures.len(), counts.failed());
    let failure = &report.failures[0];
    assert_eq!(failure.verdict.to_string(), "FAIL-MISMATCH: `digest` differs from byte 5 on");
    assert_eq!(failure.standard(), "FIPS 180-4");
    assert_eq!(
        report.repro(failure),
        "twinlock kat run a --case 'mismatch # '\\''quoted'\\'' \\ \u{1b}'",
        "the shell reads it as it is"
    );
}

#[test]
fn failures_are_kept_up_to_a_limit_the_first_ones_and_counted_whole() {
    let wrong = Fake(|_: &_| Answer::Output(digest(b"wrong")));
    for count in [1, 3] {
        let report = run(&wrong, vec![hashes("a", 100), hashes("b", 40)], &threads(count)).unwrap();
        assert_eq!((report.counts().failed(), report.exit_code()), (140, 1));
        let ids = report.failures.iter().map(|failure| (failure.set.clone(), failure.case.id.clone()));
        let first = |set: &str| (0..FAILURES_KEPT).map(|id| (set.to_owned(), id.to_string())).collect::<Vec<_>>();
        assert_eq!(ids.collect::<Vec<_>>(), [first("a"), first("b")].concat());
    }
}

#[test]
fn rejecting_or_supporting_nothing_is_never_a_pass() {
    let report = run(&Fake(|_: &_| Answer::Reject(Reason::Other)), vec![hashes("a", 9)], &threads(2)).unwrap();
    assert_eq!((report.counts().of(Class::FailRejected), report.exit_code()), (9, 1));
    let unsupported = Fake(|_: &_| Answer::Unsupported(twinlock_kat::Lack::Alg));
    let report = run(&unsupported, vec![hashes("a", 9)], &threads(2)).unwrap();
    assert_eq!((report.counts().of(Class::Unsupported), report.exit_code()), (9, 3));
    assert_eq!(report.doubt(), Some("not one case passed"));
    let empty = run(&Fake(right), vec![], &threads(2)).unwrap();
    assert_eq!((empty.exit_code(), empty.doubt()), (3, Some("not one case was answered")));
}

#[test]
fn distrust_outweighs_passes() {
    let mut report = run(&Fake(right), vec![hashes("a", 3)], &threads(1)).unwrap();
    report.unverified = Some("a canary passed".into());
    assert_eq!((report.exit_code(), report.doubt()), (3, Some("a canary passed")));
}

#[test]
fn a_panic_is_a_crash_with_its_words() {
    let panics = Fake(|question: &_| match right(question) {
        Answer::Output(output) if output[&Field::Digest][0] < 128 => panic!("a panic that belongs to the test"),
        answer => answer,
    });
    let report = run(&panics, vec![hashes("a", 30)], &threads(2)).unwrap();
    let crashes = report.counts().of(Class::Crash);
    assert!(crashes > 0 && crashes < 30);
    assert_eq!(report.exit_code(), 1);
    assert_eq!(report.failures[0].verdict.to_string(), "CRASH: a panic that belongs to the test");
}

fn answer(queue: &dyn Queue, ticket: Ticket) {
    let answer = right(&ticket.case.question);
    queue.done(ticket, Outcome::Answer(answer));
}

#[test]
fn a_dropped_ticket_is_a_crash() {
    let drops = Worker(|queue: &dyn Queue| {
        while let Some(ticket) = queue.next() {
            if ticket.number % 3 != 0 {
                answer(queue, ticket);
            }
        }
    });
    let report = run(&drops, vec![hashes("a", 10), hashes("b", 20)], &threads(2)).unwrap();
    assert_eq!((report.counts().of(Class::Crash), report.counts().passed(), report.exit_code()), (10, 20, 1));
    assert_eq!(report.failures[0].verdict.to_string(), "CRASH: taken, and never reported on");
}

#[test]
fn cases_that_nobody_takes_are_crashes_with_the_reason() {
    let stops = Worker(|queue: &dyn Queue| {
        for _ in 0..3 {
            let Some(ticket) = queue.next() else { return };
            answer(queue, ticket);
        }
        if let Some(ticket) = queue.next() {
            queue.done(ticket, Outcome::Timeout);
        }
    });
    let sets = vec![hashes("a", 5), hashes("b", 5), hashes("c", 5)];
    let report = run(&stops, sets, &threads(1)).unwrap();
    let counts = report.counts();
    assert_eq!((counts.passed(), counts.of(Class::Timeout), counts.of(Class::Crash)), (3, 1, 11));
    assert_eq!(report.exit_code(), 1);
    let last = report.failures.last().unwrap().verdict.to_string();
    assert_eq!(last, "CRASH: never asked: the implementation gave up, after TIMEOUT");
}

#[test]
fn an_implementation_that_never_works_verifies_nothing() {
    for panics in [false, true] {
        let implementation = Worker(|_: &dyn Queue| assert!(!panics, "a panic that belongs to the test"));
        let report = run(&implementation, vec![hashes("a", 5), hashes("b", 5), hashes("c", 5)], &threads(2)).unwrap();
        assert_eq!((report.counts().of(Class::Crash), report.exit_code()), (15, 3));
    }
}

#[test]
fn many_in_flight_out_of_order_and_reported_on_twice() {
    let pipelines = Worker(|queue: &dyn Queue| {
        let mut flight = Vec::new();
        loop {
            let next = queue.next();
            let done = next.is_none();
            flight.extend(next);
            if done || flight.len() == 8 {
                for ticket in flight.drain(..).rev() {
                    let again = Ticket { case: ticket.case.clone(), number: ticket.number };
                    let forged = Ticket { case: ticket.case.clone(), number: usize::MAX };
                    answer(queue, ticket);
                    queue.done(again, Outcome::Timeout);
                    queue.done(forged, Outcome::Timeout);
                }
            }
            if done {
                return;
            }
        }
    });
    for count in [1, 2] {
        let sets = (0..9).map(|number| hashes(&format!("s{number}"), 5)).collect();
        let report = run(&pipelines, sets, &threads(count)).unwrap();
        assert_eq!((report.counts().passed(), report.counts().read(), report.exit_code()), (45, 45, 0));
    }
}

#[test]
fn a_slow_case_does_not_hold_up_the_others() {
    let slow = Fake(|question: &_| {
        let answer = right(question);
        if answer == Answer::Output(digest(b"a 0")) {
            sleep(Duration::from_millis(50));
        }
        answer
    });
    let report =
        run(&slow, (0..5).map(|set| hashes(["a", "b", "c", "d", "e"][set], 20)).collect(), &threads(2)).unwrap();
    assert_eq!((report.counts().passed(), report.exit_code()), (100, 0));
}

#[test]
fn never_more_than_two_sets_are_in_memory() {
    const CASES: usize = 50;
    const THREADS: usize = 2;
    let seen = Mutex::new(Vec::<(String, Weak<Case>)>::new());
    let watches = Worker(|queue: &dyn Queue| {
        while let Some(ticket) = queue.next() {
            seen.lock().unwrap().push((ticket.case.note.clone(), std::sync::Arc::downgrade(&ticket.case)));
            answer(queue, ticket);
        }
    });
    let wrong = AtomicUsize::new(0);
    let sets = (0..20_usize).map(|number| {
        // This set is the one being read; the one before it may wait; of earlier ones only what is out, or kept.
        let seen = seen.lock().unwrap();
        for before in 0..number.saturating_sub(1) {
            let of: Vec<_> = seen.iter().filter(|(set, _)| *set == before.to_string()).collect();
            let alive = of.iter().filter(|(_, case)| case.strong_count() > 0).count();
            // A worker may have taken a case and not yet noted it.
            if of.len() + THREADS < CASES || alive > THREADS + SAMPLES_KEPT {
                wrong.fetch_add(1, Ordering::Relaxed);
            }
        }
        let mut set = hashes(&number.to_string(), CASES);
        set.cases.iter_mut().for_each(|case| case.note.clone_from(&set.name));
        Ok(set)
    });
    let report = twinlock_kat::run(&watches, sets, &threads(THREADS), &|_| {}).unwrap();
    assert_eq!((report.counts().passed(), wrong.into_inner()), (20 * CASES, 0));
}

#[test]
fn filters_leave_out_and_tell() {
    let pattern = |text: &str| vec![Pattern::new(text)];
    let filters = [
        (Filter { legacy: true, ..Filter::default() }, 24, 0),
        (Filter { algs: vec![Alg::Kyber512], ..Filter::default() }, 2, 22),
        (Filter { algs: vec![Alg::X25519], ..Filter::default() }, 6, 18),
        (Filter { ops: vec![Op::Keygen], ..Filter::default() }, 2, 20),
        (Filter { sets: pattern("y*"), ..Filter::default() }, 11, 12),
        (Filter { sets: pattern("x/a"), cases: pattern("*pass*"), ..Filter::default() }, 3, 21),
        (Filter { sets: pattern("nothing"), ..Filter::default() }, 0, 24),
    ];
    for (filter, attempted, filtered) in filters {
        let options = Options { filter, ..Options::default() };
        let report = run(&Mixed, vec![mixed("x/a"), mixed("y/b")], &options).unwrap();
        let counts = report.counts();
        let left_out = counts.unselected.get(&Unselected::Filter).copied().unwrap_or(0);
        assert_eq!((counts.attempted(), left_out), (attempted, filtered), "{:?}", options.filter);
        assert_eq!(report.exit_code() == 3, counts.passed() == 0 && counts.failed() == 0);
    }
}

pub(crate) fn waivers(text: &str) -> Waivers {
    let text = format!(r#"{{"format":"kat-waivers/1","waivers":[{text}]}}"#);
    Waivers::read("waivers.json", text.as_bytes(), Date::parse("2026-11-21").unwrap()).unwrap()
}

#[test]
fn waivers_waive_failures_only_until_they_end() {
    let text = r#"{"set":"a","case":"waived","reason":"known","until":"2026-11-21"},
        {"set":"b","alg":"SHA-256","reason":"ended","until":"2026-11-20"},
        {"case":"pass*","reason":"needless","until":"2027-01-01"}"#;
    let options = Options { waivers: waivers(text), ..Options::default() };
    let report = run(&Mixed, vec![mixed("a"), mixed("b")], &options).unwrap();
    assert_eq!((report.counts().of(Class::Waived), report.counts().failed()), (1, 13));
    let record = report.sets[0].records.iter().find(|record| &*record.id == "waived").unwrap();
    assert_eq!(record.mark, Mark::Waived { waiver: 0, class: Class::FailMismatch });
    assert_eq!(
        report.waiver_notes(),
        [
            "waiver 2 (ended) ended on 2026-11-20; fix what it waived, or give it a new day",
            "waiver 3 (needless) waived nothing; remove it"
        ]
    );
    assert_eq!(report.exit_code(), 1);

    let only = hashes("a", 2);
    let wrong = Fake(|question: &_| match right(question) {
        Answer::Output(output) if output == digest(b"a 0") => Answer::Output(Output::new()),
        answer => answer,
    });
    let all = waivers(r#"{"set":"*","reason":"known","until":"2027-01-01"}"#);
    let options = Options { waivers: all, ..Options::default() };
    let report = run(&wrong, vec![only], &options).unwrap();
    assert_eq!((report.counts().of(Class::Waived), report.exit_code()), (1, 0));
    let report = run(&Fake(|_: &_| Answer::Error("no".into())), vec![hashes("a", 2)], &options).unwrap();
    assert_eq!((report.counts().of(Class::Waived), report.exit_code()), (2, 3), "waivers alone verify nothing");
}

#[test]
fn what_cannot_be_read_ends_the_run_with_its_error() {
    let short = Set { expected: Some(4), ..hashes("acvp/short", 3) };
    let error = run(&Fake(right), vec![hashes("a", 2), short], &threads(2)).unwrap_err();
    assert_eq!(error.to_string(), "acvp/short: holds 3 cases, and kat.lock says 4");
    let empty = Set { expected: None, ..hashes("none", 0) };
    assert_eq!(run(&Fake(right), vec![empty], &threads(2)).unwrap_err().what, What::Empty);
    let twice = run(&Fake(right), vec![hashes("a", 2), hashes("a", 2)], &threads(2)).unwrap_err();
    assert_eq!(twice.to_string(), "a: is given twice; name it once");
    let broken = Error { file: "f".into(), place: Place::Line(3), what: What::Truncated };
    let sets = [Ok(hashes("a", 500)), Err(broken.clone()), Ok(hashes("b", 1))];
    let found = twinlock_kat::run(&Fake(right), sets.into_iter(), &threads(2), &|_| {});
    assert_eq!(found.unwrap_err(), broken);
}

#[test]
fn a_reader_that_panics_leaves_nobody_waiting() {
    let sets = (0..3_usize).map(|number| match number {
        2 => panic!("a panic that belongs to the test"),
        number => Ok(hashes(&number.to_string(), 5)),
    });
    let run = || twinlock_kat::run(&Fake(right), sets, &threads(2), &|_| {});
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
}
