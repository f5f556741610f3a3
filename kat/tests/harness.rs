//! Harnesses that crash, hang, lie or talk nonsense: none of them ends in a pass, and none costs more than its
//! timeouts. The good one is this binary, started again, with `serve` over the reference models.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Cursor, Write},
    path::Path,
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use twinlock_kat::{
    About, Alg, Answer, Case, Class, Expect, Field, Implementation, Input, Lack, Op, Outcome, Output, Policy, Question,
    Queue, Reason, Report, Set, Ticket, Verdict,
    harness::{Fault, Harness, Level, Lie, Options, StartError, doctor, probe, serve, trust},
    references, runner,
};

/// The reference models, and SHA-256.
struct Good;

impl Implementation for Good {
    fn about(&self) -> About {
        About { name: "good".into(), version: "1".into(), build: "test".into() }
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        (alg, op) == (Alg::Sha256, Op::Hash) || references().iter().any(|model| model.offers(alg, op))
    }

    fn answer(&self, question: &Question) -> Answer {
        if question.alg == Alg::Sha256 {
            let digest = Sha256::digest(question.input.bytes(Field::Msg)).to_vec();
            return Answer::Output(Output::from([(Field::Digest, digest)]));
        }
        let answers = references().into_iter().map(|model| model.answer(question));
        let mut answers = answers.filter(|answer| !matches!(answer, Answer::Unsupported(_)));
        answers.next().unwrap_or(Answer::Unsupported(Lack::Op))
    }
}

fn expected(question: Question) -> Case {
    question.shape().unwrap();
    let expect = match Good.answer(&question) {
        Answer::Output(output) => Expect::Output(output),
        Answer::Reject(_) => Expect::Reject,
        other => panic!("{} {}: {other:?}", question.alg, question.op),
    };
    let id = format!("{} {}", question.alg, question.op);
    Case { id, note: String::new(), flags: vec![], question, expect }
}

fn case(alg: Alg, op: Op, inputs: &[(Field, &[u8])]) -> Case {
    let input = inputs.iter().fold(Input::new(), |input, (field, bytes)| input.with(*field, *bytes));
    expected(Question { alg, op, input })
}

/// So many messages to hash; a multiple of what `backwards` reads at a time.
const COUNT: usize = 40;

fn hashes() -> Vec<Case> {
    let hash = |number| case(Alg::Sha256, Op::Hash, &[(Field::Msg, format!("message {number}").as_bytes())]);
    (0..COUNT).map(hash).collect()
}

/// A queue of cases and their verdicts.
struct Run {
    waiting: Mutex<Vec<Ticket>>,
    done: Mutex<BTreeMap<usize, Verdict>>,
}

impl Queue for Run {
    fn next(&self) -> Option<Ticket> {
        self.waiting.lock().unwrap().pop()
    }

    fn done(&self, ticket: Ticket, outcome: Outcome) {
        let verdict = Verdict::judge(&ticket.case, outcome, Policy::default());
        assert_eq!(self.done.lock().unwrap().insert(ticket.number, verdict), None, "reported twice");
    }
}

/// The verdicts on all cases, in their order.
fn run(implementation: &dyn Implementation, cases: &[Case], threads: usize) -> Vec<Verdict> {
    let ticket = |(number, case): (usize, &Case)| Ticket { case: Arc::new(case.clone()), number };
    let waiting = Mutex::new(cases.iter().enumerate().map(ticket).rev().collect());
    let run = Run { waiting, done: Mutex::default() };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| implementation.work(&run));
        }
    });
    let done = run.done.into_inner().unwrap();
    assert!(done.keys().copied().eq(0..cases.len()), "every case has one verdict");
    done.into_values().collect()
}

fn options() -> Options {
    Options::new("0123456789abcdef0123456789abcdef")
}

/// For those that run into it.
fn impatient() -> Options {
    Options { timeout: Duration::from_millis(600), ..options() }
}

fn sh(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

/// A harness that says hello and does this with every line; `$id` is the question's.
fn liar(body: &str) -> Vec<String> {
    let hello = r#"{"kat":1,"impl":{"name":"liar","version":"1","build":"sh"},"caps":[{"alg":"SHA-256","op":"hash"}],"derand":true,"inflight":8}"#;
    sh(&format!(
        "read -r hello; printf '%s\\n' '{hello}'; \
         while IFS= read -r line; do id=${{line#*:}}; id=${{id%%,*}}; {body}; done"
    ))
}

/// This binary again, in a role: its standard output without what the test harness writes there.
fn this(role: &str) -> Vec<String> {
    let mut command =
        sh(&format!("exec 3>&1 >/dev/null; KAT_ROLE='{role}' RUST_BACKTRACE=0 exec \"$0\" --exact role --nocapture"));
    command.push(std::env::current_exe().unwrap().into_os_string().into_string().unwrap());
    command
}

/// Good but for messages with these ends.
struct But(&'static [&'static str], fn() -> Answer);

impl Implementation for But {
    fn about(&self) -> About {
        Good.about()
    }

    fn answer(&self, question: &Question) -> Answer {
        let msg = question.input.bytes(Field::Msg);
        if self.0.iter().any(|end| msg.ends_with(end.as_bytes())) { self.1() } else { Good.answer(question) }
    }
}

/// What the started binary does.
#[test]
fn role() {
    let Ok(role) = std::env::var("KAT_ROLE") else { return };
    let input = BufReader::new(File::open("/dev/fd/0").unwrap());
    let output = OpenOptions::new().write(true).open("/dev/fd/3").unwrap();
    match role.as_str() {
        "good" => serve(&Good, input, output),
        "aborts-on-7" => serve(&But(&["e 7"], || std::process::abort()), input, output),
        "aborts-on-7-to-9" => serve(&But(&["e 7", "e 8", "e 9"], || std::process::abort()), input, output),
        "panics-on-7" => serve(&But(&["e 7"], || panic!("no sevens")), input, output),
        "hangs-on-7" => {
            let hangs = || loop {
                std::thread::park();
            };
            serve(&But(&["e 7"], hangs), input, output)
        }
        "backwards" => backwards(input, output),
        "whenever" => whenever(input, output),
        "twice" => serve(&Good, input, Twice(output, 0)),
        "knows the vectors" => serve(&ByHeart(vectors(), zeros), input, output),
        "knows the vectors and fails at others" => {
            serve(&ByHeart(vectors(), |_| Answer::Error("not in my list".into())), input, output)
        }
        "knows the vectors and refuses others" => {
            serve(&ByHeart(vectors(), |_| Answer::Reject(Reason::Other)), input, output)
        }
        "refuses everything" => serve(&ByHeart(vec![], |_| Answer::Reject(Reason::Other)), input, output),
        "accepts everything" => serve(&ByHeart(vec![], zeros), input, output),
        "supports nothing" => serve(&ByHeart(vec![], |_| Answer::Unsupported(Lack::Param)), input, output),
        "aborts at its end" => {
            serve(&Good, input, output).unwrap();
            std::process::abort()
        }
        "exits with 3 at its end" => {
            serve(&Good, input, output).unwrap();
            std::process::exit(3)
        }
        "talks at its end" => {
            let mut output = output;
            let served = serve(&Good, input, &mut output);
            writeln!(output, "bye").unwrap();
            served
        }
        other => panic!("no role {other}"),
    }
    .unwrap();
}

/// Knows some answers, and makes the others up.
struct ByHeart(Vec<Case>, fn(&Question) -> Answer);

impl Implementation for ByHeart {
    fn about(&self) -> About {
        Good.about()
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        Good.offers(alg, op)
    }

    fn answer(&self, question: &Question) -> Answer {
        match self.0.iter().find(|case| case.question == *question).map(|case| &case.expect) {
            Some(Expect::Output(output)) => Answer::Output(output.clone()),
            Some(_) => Answer::Reject(Reason::Other),
            None => self.1(question),
        }
    }
}

/// Outputs that are all right but for their content, which is never the same for two questions.
fn zeros(question: &Question) -> Answer {
    let made_up = |field: &Field| (*field, Sha256::digest(format!("{field} {question:?}")).to_vec());
    Answer::Output(question.op.outputs(question.alg.family()).iter().map(made_up).collect())
}

/// Writes every line after the first twice.
struct Twice<W>(W, usize);

impl<W: Write> Write for Twice<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        for _ in 0..self.1.min(2) {
            self.0.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Answers each question when it likes.
fn whenever(mut input: impl BufRead, mut output: impl Write + Send) -> io::Result<u64> {
    let mut hello = String::new();
    input.read_line(&mut hello)?;
    serve(&Good, Cursor::new(&hello), &mut output)?;
    let output = Mutex::new(output);
    std::thread::scope(|scope| {
        for (question, number) in input.lines().zip(1..) {
            let (hello, output) = (&hello, &output);
            let question = question?;
            scope.spawn(move || {
                let mut answered = Vec::new();
                serve(&Good, Cursor::new(format!("{hello}{question}")), &mut answered).unwrap();
                let line = answered.lines().nth(1).unwrap().unwrap();
                std::thread::sleep(Duration::from_millis(3 - number % 3));
                writeln!(output.lock().unwrap(), "{line}").unwrap();
            });
        }
        Ok(0)
    })
}

/// Reads eight questions and answers the last of them first.
fn backwards(mut input: impl BufRead, mut output: impl Write) -> io::Result<u64> {
    let mut hello = String::new();
    input.read_line(&mut hello)?;
    serve(&Good, Cursor::new(&hello), &mut output)?;
    loop {
        let questions = input.by_ref().lines().take(8).collect::<io::Result<Vec<_>>>()?;
        if questions.is_empty() {
            return Ok(0);
        }
        let mut answered = Vec::new();
        serve(&Good, Cursor::new(format!("{hello}{}", questions.join("\n"))), &mut answered)?;
        let mut lines: Vec<_> = answered.lines().skip(1).collect::<io::Result<_>>()?;
        lines.reverse();
        output.write_all(format!("{}\n", lines.join("\n")).as_bytes())?;
    }
}

#[test]
fn a_good_harness_passes_and_is_found_healthy() {
    let harness = Harness::start(&this("good"), options()).unwrap();
    let sample = sample();
    for cases in [hashes(), sample.clone()] {
        let failed: Vec<_> =
            run(&harness, &cases, 2).into_iter().filter(|verdict| !verdict.class().is_pass()).collect();
        assert_eq!(failed, []);
    }
    assert_eq!(probe(&harness, &sample), []);
    let checkup = doctor(&this("good"), options(), &sample);
    assert!(checkup.is_healthy(), "{checkup}");
    let text = checkup.to_string();
    for said in ["good 1 (test)", "  ML-KEM-768 ", "goes on after a line that it cannot read", "cases pass"] {
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn answers_may_come_in_any_order() {
    let harness = Harness::start(&this("backwards"), options()).unwrap();
    let verdicts = run(&harness, &hashes(), 1);
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Pass), "{verdicts:?}");
}

#[test]
fn the_one_to_blame_bears_it_alone_and_the_run_goes_on() {
    for (role, culprits, class) in [
        ("aborts-on-7", &[7][..], Class::Crash),
        ("aborts-on-7-to-9", &[7, 8, 9], Class::Crash),
        ("hangs-on-7", &[7], Class::Timeout),
        ("panics-on-7", &[7], Class::Crash),
    ] {
        for threads in [1, 2] {
            let options = if class == Class::Timeout { impatient() } else { options() };
            let harness = Harness::start(&this(role), options).unwrap();
            for (number, verdict) in run(&harness, &hashes(), threads).into_iter().enumerate() {
                let expected = if culprits.contains(&number) { class } else { Class::Pass };
                assert_eq!(verdict.class(), expected, "{role}, {threads} threads, {number}: {verdict}");
            }
        }
    }
}

#[test]
fn no_liar_passes_and_none_costs_more_than_its_timeouts() {
    use Class::{Crash, FailMismatch, FailRejected, Protocol, Timeout, Unsupported};
    let answer = |out: &str| format!("printf '{{\"id\":%s,\"out\":{{\"digest\":\"%s\"}}}}\\n' \"$id\" \"{out}\"");
    let zeros = answer(&"0".repeat(64));
    let liars: &[(&str, String, &[Class])] = &[
        ("crashes", "kill -SEGV $$".into(), &[Crash]),
        ("exits", "exit 0".into(), &[Crash]),
        ("hangs", "sleep 100".into(), &[Timeout, Crash]),
        ("garbage", "echo hello world".into(), &[Protocol, Crash]),
        ("garbage without end", "yes hello".into(), &[Protocol, Crash]),
        ("a line without end", "tr '\\0' x < /dev/zero".into(), &[Timeout, Crash]),
        ("trickles", "while :; do printf x; sleep 0.05; done".into(), &[Timeout, Crash]),
        ("floods stderr", "yes noise >&2".into(), &[Timeout, Crash]),
        ("closes stdout", "exec 1>&-; sleep 100".into(), &[Crash]),
        ("dies in a line", "printf '{\"id\":'; exit 0".into(), &[Crash]),
        ("leaves a child that holds the pipe", "sleep 100 & exit 0".into(), &[Crash]),
        ("huge line", "head -c 5000000 /dev/zero | tr '\\0' x; echo".into(), &[Protocol, Crash]),
        ("invalid UTF-8", "printf '{\"id\":%s,\"error\":\"\\377\"}\\n' \"$id\"".into(), &[Protocol, Crash]),
        ("wrong id", format!("id=$((id + 1000)); {zeros}"), &[Protocol, Crash]),
        ("no id", "echo '{\"id\":null,\"error\":\"what?\"}'".into(), &[Protocol, Crash]),
        ("twice the same id", format!("{zeros}; {zeros}"), &[FailMismatch, Protocol, Crash]),
        ("upper case", answer(&"A".repeat(64)), &[Protocol, Crash]),
        ("no output", "printf '{\"id\":%s,\"out\":{}}\\n' \"$id\"".into(), &[Protocol, Crash]),
        ("echoes the nonce", answer("0123456789abcdef0123456789abcdef"), &[Protocol, Crash]),
        ("echoes its input", format!("in=${{line##*:\\\"}}; {}", answer("${in%%\\\"*}")), &[FailMismatch]),
        ("always the same", zeros.clone(), &[FailMismatch]),
        ("rejects everything", "printf '{\"id\":%s,\"reject\":\"other\"}\\n' \"$id\"".into(), &[FailRejected]),
        ("supports nothing", "printf '{\"id\":%s,\"unsupported\":\"alg\"}\\n' \"$id\"".into(), &[Unsupported]),
        ("only errors", "printf '{\"id\":%s,\"error\":\"no\"}\\n' \"$id\"".into(), &[Crash]),
    ];
    let cases = hashes();
    let judge = |(name, body, classes): &(&str, String, &[Class])| {
        let harness = Harness::start(&liar(body), impatient()).unwrap();
        let started = Instant::now();
        let sets = [Ok(Set { name: "set".into(), cases: cases.clone(), expected: None })];
        let one = runner::Options { threads: 1, ..runner::Options::default() };
        let mut report = runner::run(&harness, sets.into_iter(), &one, &|_| ()).unwrap();
        let problems = probe(&harness, &cases[..3]);
        trust(&harness, &mut report, &[3; 32], |_, _| Some(cases[0].clone()));
        // Forty timeouts would be 24 s.
        assert!(started.elapsed() < Duration::from_secs(12), "{name}: {:?}", started.elapsed());
        let found: Vec<_> = report.counts().classes.into_keys().collect();
        assert!(found.contains(&classes[0]) && found.iter().all(|class| classes.contains(class)), "{name}: {found:?}");
        assert_eq!(report.exit_code(), if classes[0] == Unsupported { 3 } else { 1 }, "{name}");
        eprintln!("{name}: exit {}, {found:?}", report.exit_code());
        let expected = match *name {
            "echoes its input" => Lie::Echo(Field::Digest),
            "always the same" | "twice the same id" => Lie::Deaf(Field::Msg),
            "rejects everything" => Lie::RejectsEverything,
            "supports nothing" => Lie::SupportsNothing,
            _ => return,
        };
        assert!(problems.iter().any(|problem| problem.lie == expected), "{name}: {problems:?}");
    };
    std::thread::scope(|scope| {
        for liars in liars.chunks(liars.len().div_ceil(6)) {
            scope.spawn(|| liars.iter().for_each(judge));
        }
    });
}

/// All that a liar can know.
fn vectors() -> Vec<Case> {
    static VECTORS: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let algs = [Alg::MlKem768, Alg::X25519, Alg::Ed25519];
        let some = sample().into_iter().filter(|case| algs.contains(&case.question.alg));
        let numbered = some.chain(hashes()).zip(0..);
        numbered.map(|(case, number)| Case { id: number.to_string(), ..case }).collect()
    });
    VECTORS.clone()
}

/// What a run with probes comes to.
fn judged(role: &str, cases: Vec<Case>) -> Report {
    let harness = Harness::start(&this(role), options()).unwrap();
    let sets = [Ok(Set { name: "set".into(), cases, expected: None })];
    let two = runner::Options { threads: 2, ..runner::Options::default() };
    let mut report = runner::run(&harness, sets.into_iter(), &two, &|_| ()).unwrap();
    trust(&harness, &mut report, &[3; 32], |_, _| None);
    report
}

#[test]
fn only_who_computes_ends_in_exit_0() {
    let refused = || vectors().into_iter().filter(|case| case.expect == Expect::Reject).collect::<Vec<_>>();
    let of = |op| vectors().into_iter().filter(|case| case.question.op == op).collect::<Vec<_>>();
    let verified = || of(Op::Verify);
    let unsound = |report: &Report, lie: Lie| report.probes.iter().any(|probe| probe.contains(&lie.to_string()));
    for (role, cases, exit, lie) in [
        ("good", vectors(), 0, None),
        ("good", refused(), 0, None),
        ("good", verified(), 0, None),
        ("whenever", vectors(), 0, None),
        ("twice", hashes()[..1].to_vec(), 1, None),
        ("aborts at its end", vectors(), 1, None),
        ("exits with 3 at its end", vectors(), 1, None),
        ("talks at its end", vectors(), 1, None),
        ("knows the vectors", vectors(), 3, Some(Lie::ByHeart)),
        ("knows the vectors", of(Op::Hash), 3, Some(Lie::ByHeart)),
        ("knows the vectors", verified(), 3, Some(Lie::Forged(Field::Sig))),
        ("knows the vectors and fails at others", vectors(), 3, Some(Lie::Selective(Field::Seed))),
        ("knows the vectors and refuses others", verified(), 3, Some(Lie::ByHeart)),
        ("refuses everything", vectors(), 1, Some(Lie::ByHeart)),
        ("refuses everything", refused(), 3, Some(Lie::ByHeart)),
        ("accepts everything", vectors(), 1, Some(Lie::Forged(Field::Sig))),
        ("supports nothing", vectors(), 3, None),
    ] {
        let report = judged(role, cases);
        let told = || format!("{role}: {:?}, {:?}, {:?}", report.counts(), report.probes, report.failures);
        assert_eq!(report.exit_code(), exit, "{}", told());
        assert_eq!(report.probes.is_empty(), lie.is_none(), "{}", told());
        assert!(lie.is_none_or(|lie| unsound(&report, lie)), "{}", told());
    }
}

#[test]
fn who_refuses_all_and_can_be_given_nothing_else_proves_nothing() {
    let input = Input::new().with(Field::Key, [0; 16]).with(Field::Nonce, [0; 12]).with(Field::Aad, *b"");
    let question = |tag: &[u8]| {
        let input = input.clone().with(Field::Ct, *b"").with(Field::Tag, tag);
        Question { alg: Alg::Aes128Gcm, op: Op::Open, input }
    };
    let case = |tag: &[u8], expect| Case {
        id: "1".into(),
        note: String::new(),
        flags: vec![],
        question: question(tag),
        expect,
    };
    let refuser = ByHeart(vec![], |_| Answer::Reject(Reason::Tag));
    let sets = || [Ok(Set { name: "set".into(), cases: vec![case(&[0; 16], Expect::Reject)], expected: None })];
    let run = || runner::run(&refuser, sets().into_iter(), &runner::Options::default(), &|_| ()).unwrap();
    let mut report = run();
    trust(&refuser, &mut report, &[3; 32], |_, _| None);
    assert_eq!((report.exit_code(), report.probes.len()), (3, 1), "{:?}", report.probes);
    let msg = Output::from([(Field::Msg, vec![])]);
    let mut report = run();
    trust(&refuser, &mut report, &[3; 32], |_, _| Some(case(&[1; 16], Expect::Output(msg.clone()))));
    assert_eq!(report.probes, ["AES-128-GCM open: rejects everything, valid cases too (1)"]);
}

#[test]
fn who_waits_for_a_set_does_not_use_up_the_time_of_a_question() {
    /// Gives no second case for longer than a question may take.
    struct Slow<'a>(&'a Run);
    impl Queue for Slow<'_> {
        fn next(&self) -> Option<Ticket> {
            if self.0.waiting.lock().unwrap().len() == 1 {
                std::thread::sleep(impatient().timeout * 2);
            }
            self.0.next()
        }

        fn done(&self, ticket: Ticket, outcome: Outcome) {
            self.0.done(ticket, outcome);
        }
    }
    let harness = Harness::start(&this("good"), impatient()).unwrap();
    let tickets = hashes().into_iter().take(2).enumerate();
    let waiting = tickets.map(|(number, case)| Ticket { case: Arc::new(case), number }).collect();
    let run = Run { waiting: Mutex::new(waiting), done: Mutex::default() };
    harness.work(&Slow(&run));
    assert!(run.done.into_inner().unwrap().values().all(|verdict| *verdict == Verdict::Pass));
}

#[test]
fn who_leaves_the_process_group_ends_too() {
    let python = std::process::Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: who_leaves_the_process_group_ends_too: python3 absent");
        return;
    }
    let hello = r#"{"kat":1,"impl":{"name":"n","version":"","build":""},"caps":[{"alg":"SHA-256","op":"hash"}],"derand":true,"inflight":1}"#;
    let script = format!(
        "import os, time; input(); os.setpgid(0, os.getpgid(os.getppid())); print('{hello}', flush=True); time.sleep(1000)"
    );
    let harness = Harness::start(&["python3".into(), "-c".into(), script], impatient()).unwrap();
    assert_eq!(run(&harness, &hashes()[..1], 1), [Verdict::Timeout]);
}

#[test]
fn words_of_a_dead_harness_are_kept() {
    let harness = Harness::start(&liar("echo 'out of cheese' >&2; kill -KILL $$"), options()).unwrap();
    let verdict = run(&harness, &hashes()[..1], 1).remove(0).to_string();
    assert!(verdict.contains("signal: 9") && verdict.contains("out of cheese"), "{verdict}");
}

#[test]
fn who_says_another_hello_later_is_not_trusted() {
    let hello = r#"{"kat":1,"impl":{"name":"n","version":"%s","build":""},"caps":[{"alg":"SHA-256","op":"hash"}],"derand":true,"inflight":1}"#;
    let harness = Harness::start(&sh(&format!("read -r hello; printf '{hello}\\n' $$; read -r line")), options());
    let verdicts = run(&harness.unwrap(), &hashes(), 1);
    assert!(verdicts.iter().all(|verdict| verdict.class() == Class::Crash), "{verdicts:?}");
    assert!(verdicts.last().unwrap().to_string().contains("another hello"), "{verdicts:?}");
}

#[test]
fn who_does_not_say_hello_does_not_start() {
    let options = || Options { start: Duration::from_millis(300), ..options() };
    let start = |command: &[String]| match Harness::start(command, options()) {
        Ok(_) => panic!("{command:?} started"),
        Err(error) => error,
    };
    let hello = |script: &str| match start(&sh(script)) {
        StartError::Hello(_, fault) => fault,
        other => panic!("{other}"),
    };
    let missing = start(&["./no-such-harness".to_owned()]).to_string();
    assert_eq!(missing, "cannot run `./no-such-harness`: entity not found");
    assert!(matches!(start(&[]), StartError::Spawn(..)));
    assert!(matches!(hello("sleep 100"), Fault::Hang(_)));
    assert!(matches!(hello("exit 3"), Fault::Crash(text) if text.contains("exit status: 3")));
    assert!(matches!(hello("echo hi; sleep 100"), Fault::Protocol(text) if text.contains(": hi")));
    let checkup = doctor(&sh("echo hi"), options(), &hashes());
    assert_eq!(checkup.findings.last().unwrap().level, Level::Problem, "{checkup}");
    assert!(checkup.to_string().contains("the first line on stdout must be"), "{checkup}");
}

#[test]
fn the_doctor_names_what_is_wrong() {
    let short = "FAIL-MISMATCH: `digest` is 1 bytes, must be 32";
    for (body, said) in [
        ("exit 1", "CRASH: died: exit status: 1"),
        ("printf '{\"id\":%s,\"reject\":\"tag\"}\\n' \"$id\"", "SHA-256 hash: rejects everything, valid cases too"),
        ("printf '{\"id\":%s,\"out\":{\"digest\":\"00\"}}\\n' \"$id\"", short),
        ("echo $line", "PROTOCOL: not a line of kat/1"),
    ] {
        let checkup = doctor(&liar(body), options(), &hashes());
        assert!(!checkup.is_healthy());
        assert!(checkup.to_string().contains(said), "{checkup}");
    }
}

/// Whether a process is gone, or is a zombie that is not ours to bury.
fn is_gone(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_err() || stat.is_ok_and(|stat| stat.contains(") Z "))
}

#[test]
fn no_process_is_left_behind() {
    if !Path::new("/proc/self/stat").exists() {
        eprintln!("skipped: no_process_is_left_behind: /proc absent");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    for body in ["printf '{\"id\":%s,\"error\":\"\"}\\n' \"$id\"", "exit 1", "wait"] {
        let note = format!("echo $$ >> {0}; sleep 1000 & echo $! >> {0}; {body}", pids.display());
        let harness = Harness::start(&liar(&note), impatient()).unwrap();
        run(&harness, &hashes()[..9], 2);
        drop(harness);
        let noted = fs::read_to_string(&pids).unwrap();
        assert!(noted.lines().count() >= 2, "{noted}");
        for pid in noted.lines() {
            let until = Instant::now() + Duration::from_secs(5);
            while !is_gone(pid) {
                assert!(Instant::now() < until, "{body}: {pid} still runs");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        fs::remove_file(&pids).unwrap();
    }
}

#[test]
fn no_honest_implementation_is_suspected() {
    /// Keeps its private keys to itself, and names no encapsulation key.
    struct Reserved;
    impl Implementation for Reserved {
        fn about(&self) -> About {
            Good.about()
        }

        fn answer(&self, question: &Question) -> Answer {
            match Good.answer(question) {
                Answer::Output(mut output) => {
                    output.retain(|field, _| !question.op.may_lack(*field));
                    Answer::Output(output)
                }
                other => other,
            }
        }
    }
    let sample = sample();
    assert_eq!(probe(&Good, &sample), []);
    assert_eq!(probe(&Reserved, &sample), []);
}

/// Valid and invalid cases of most operations of the reference models.
fn sample() -> Vec<Case> {
    use Field::{C, Ctx, Dk, Ek, Hash, M, Msg, Mu, Pk, Private, Public, Rnd, Seed, Sig};
    let output = |case: &Case, field| match &case.expect {
        Expect::Output(output) => output[&field].clone(),
        other => panic!("{}: {other:?}", case.id),
    };
    let mut all = Vec::new();
    for (alg, seed, m) in [
        (Alg::MlKem768, 64, 32),
        (Alg::XWing, 32, 64),
        (Alg::X25519MlKem768, 96, 64),
        (Alg::SecP256r1MlKem768, 96, 64),
        (Alg::SshMlKem768X25519, 96, 64),
    ] {
        let seed = vec![0x11; seed];
        let keygen = case(alg, Op::Keygen, &[(Seed, &seed)]);
        let encaps = case(alg, Op::Encaps, &[(Ek, &output(&keygen, Ek)), (M, &vec![0x22; m])]);
        let c = output(&encaps, C);
        let mut changed = c.clone();
        changed[400] ^= 1;
        all.extend([c, changed].map(|c| case(alg, Op::Decaps, &[(Seed, &seed), (C, &c)])));
        if alg == Alg::MlKem768 {
            all.push(case(alg, Op::CheckEk, &[(Ek, &output(&keygen, Ek))]));
            all.push(case(alg, Op::CheckDk, &[(Dk, &output(&keygen, Dk))]));
            all.push(case(alg, Op::CheckEk, &[(Ek, &[0xff; 1184])]));
        }
        all.extend([keygen, encaps]);
    }
    let (alg, seed) = (Alg::MlDsa44, [0x33; 32]);
    let keygen = case(alg, Op::Keygen, &[(Seed, &seed)]);
    let pk = output(&keygen, Pk);
    let sign = case(alg, Op::Sign, &[(Seed, &seed), (Msg, b"text"), (Ctx, b"c"), (Rnd, &[0; 32])]);
    let sig = output(&sign, Sig);
    for ctx in [b"c", b"d"] {
        all.push(case(alg, Op::Verify, &[(Pk, &pk), (Msg, b"text"), (Ctx, ctx), (Sig, &sig)]));
    }
    let sign_mu = case(alg, Op::SignMu, &[(Seed, &seed), (Mu, &[4; 64]), (Rnd, &[0; 32])]);
    all.push(case(alg, Op::VerifyMu, &[(Pk, &pk), (Mu, &[4; 64]), (Sig, &output(&sign_mu, Sig))]));
    let input = Input::new().with(Seed, seed).with(Msg, *b"text").with(Ctx, *b"").with(Rnd, [0; 32]);
    all.push(expected(Question { alg, op: Op::SignPrehash, input: input.with_text(Hash, "SHA2-256") }));
    all.extend([keygen, sign, sign_mu]);
    let keygen = case(Alg::Ed25519, Op::Keygen, &[(Seed, &[5; 32])]);
    let sign = case(Alg::Ed25519, Op::Sign, &[(Seed, &[5; 32]), (Msg, b"")]);
    let (pk, sig) = (output(&keygen, Pk), output(&sign, Sig));
    all.push(case(Alg::Ed25519, Op::Verify, &[(Pk, &pk), (Msg, b""), (Sig, &sig)]));
    all.extend([keygen, sign]);
    for alg in [Alg::X25519, Alg::P256, Alg::P384] {
        let private = vec![6; if alg == Alg::P384 { 48 } else { 32 }];
        let keygen = case(alg, Op::Keygen, &[(Private, &private)]);
        all.push(case(alg, Op::Agree, &[(Private, &private), (Public, &output(&keygen, Public))]));
        all.push(keygen);
    }
    all.push(case(Alg::X25519, Op::Agree, &[(Private, &[6; 32]), (Public, &[0; 32])]));
    all.extend(hashes().into_iter().take(2));
    all
}
