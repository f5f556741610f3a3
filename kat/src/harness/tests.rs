//! Both sides of each protocol against each other, through real processes: this test binary runs itself, and
//! the models answer.

use std::{
    fs::{File, OpenOptions},
    io::{BufReader, Cursor},
    sync::Mutex,
};

use sha2::{Digest as _, Sha256};

use super::{engine::Options, wire, *};
use crate::{
    About, Alg, Answer, Case, Expect, Family, Field, Implementation, Input, KeyForm, Lack, Op, Outcome, Output,
    Question, Queue, Reason, Ticket, references,
};

/// The models of FIPS 203 and 204 and of Ed25519, and SHA-256.
struct Models;

impl Implementation for Models {
    fn about(&self) -> About {
        About { name: "models".into(), version: "1".into(), build: "test".into() }
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        match alg.family() {
            Family::MlKem | Family::MlDsa | Family::EdDsa => !matches!(op, Op::Pkcs8 | Op::Spki),
            _ => alg == Alg::Sha256,
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        match (question.alg.family(), question.op) {
            (Family::MlKem | Family::MlDsa | Family::EdDsa, _) => {
                let models = references().into_iter();
                models
                    .map(|model| model.answer(question))
                    .find(|answer| !matches!(answer, Answer::Unsupported(_)))
                    .unwrap()
            }
            (_, Op::Hash) => digest(&[question.input.bytes(Field::Msg)]),
            (_, Op::Monte) => {
                let mut last = [(); 3].map(|()| question.input.bytes(Field::Msg).to_vec());
                for _ in 0..1000 {
                    let next = Sha256::digest(last.concat()).to_vec();
                    last = [last[1].clone(), last[2].clone(), next];
                }
                Answer::Output(Output::from([(Field::Digest, last[2].clone())]))
            }
            _ => Answer::Unsupported(Lack::Op),
        }
    }
}

fn digest(parts: &[&[u8]]) -> Answer {
    Answer::Output(Output::from([(Field::Digest, Sha256::digest(parts.concat()).to_vec())]))
}

fn ask(alg: Alg, op: Op, inputs: &[(Field, &[u8])]) -> Question {
    let input = inputs.iter().fold(Input::new(), |input, (field, bytes)| input.with(*field, *bytes));
    Question { alg, op, input }
}

fn output(question: &Question, field: Field) -> Vec<u8> {
    match Models.answer(question) {
        Answer::Output(mut output) => output.remove(&field).unwrap(),
        other => panic!("{question:?}: {other:?}"),
    }
}

/// Questions of every operation that a protocol can carry, valid and not.
fn questions() -> Vec<Question> {
    use Field::{C, Dk, Ek, M, Msg, Mu, Pk, Rnd, Seed, Sig, Sk};
    let mut all = Vec::new();
    for alg in [Alg::MlKem512, Alg::MlKem768] {
        let keygen = ask(alg, Op::Keygen, &[(Seed, &[7; 64])]);
        let (ek, dk) = (output(&keygen, Ek), output(&keygen, Dk));
        let encaps = ask(alg, Op::Encaps, &[(Ek, &ek), (M, &[8; 32])]);
        let c = output(&encaps, C);
        let mut bad_c = c.clone();
        bad_c[9] ^= 1;
        let mut bad_ek = ek.clone();
        bad_ek[..3].fill(0xff);
        let mut bad_dk = dk.clone();
        // The first byte of H(ek), before z.
        *bad_dk.iter_mut().nth_back(63).unwrap() ^= 1;
        all.extend([keygen, encaps]);
        all.push(ask(alg, Op::Encaps, &[(Ek, &bad_ek), (M, &[8; 32])]));
        for c in [&c, &bad_c] {
            all.push(ask(alg, Op::Decaps, &[(Dk, &dk), (C, c)]));
            all.push(ask(alg, Op::Decaps, &[(Seed, &[7; 64]), (C, c)]));
            all.push(ask(alg, Op::Decaps, &[(Dk, &bad_dk), (C, c)]));
        }
        all.extend([&ek, &bad_ek].map(|ek| ask(alg, Op::CheckEk, &[(Ek, ek)])));
        all.extend([&dk, &bad_dk].map(|dk| ask(alg, Op::CheckDk, &[(Dk, dk)])));
    }
    let alg = Alg::MlDsa44;
    let keygen = ask(alg, Op::Keygen, &[(Seed, &[3; 32])]);
    let (pk, sk) = (output(&keygen, Pk), output(&keygen, Sk));
    let sign = ask(alg, Op::SignInternal, &[(Sk, &sk), (Msg, b"formatted"), (Rnd, &[0; 32])]);
    let sig = output(&sign, Sig);
    let sign_mu = ask(alg, Op::SignMu, &[(Sk, &sk), (Mu, &[5; 64]), (Rnd, &[6; 32])]);
    let sig_mu = output(&sign_mu, Sig);
    all.push(ask(alg, Op::SignInternal, &[(Seed, &[3; 32]), (Msg, b"formatted"), (Rnd, &[0; 32])]));
    for msg in [b"formatted", b"fOrmatted"] {
        all.push(ask(alg, Op::VerifyInternal, &[(Pk, &pk), (Msg, msg), (Sig, &sig)]));
    }
    for mu in [[5; 64], [4; 64]] {
        all.push(ask(alg, Op::VerifyMu, &[(Pk, &pk), (Mu, &mu), (Sig, &sig_mu)]));
    }
    all.extend([keygen, sign, sign_mu]);
    let sign = ask(Alg::Ed25519, Op::Sign, &[(Seed, &[1; 32]), (Msg, b"text")]);
    let sig = output(&sign, Sig);
    let pk = output(&ask(Alg::Ed25519, Op::Keygen, &[(Seed, &[1; 32])]), Pk);
    for msg in [b"text", b"next"] {
        all.push(ask(Alg::Ed25519, Op::Verify, &[(Pk, &pk), (Msg, msg), (Sig, &sig)]));
    }
    all.push(sign);
    all.push(ask(Alg::Sha256, Op::Hash, &[(Msg, b"abc")]));
    all.push(ask(Alg::Sha256, Op::Hash, &[(Msg, b"")]));
    all.push(ask(Alg::Sha256, Op::Monte, &[(Msg, &[9; 32])]));
    all
}

/// Questions in, outcomes out.
struct List {
    waiting: Mutex<Vec<Ticket>>,
    done: Mutex<Vec<(usize, Outcome)>>,
}

fn work(implementation: &dyn Implementation, questions: &[Question]) -> Vec<Outcome> {
    let ticket = |(number, question): (usize, &Question)| {
        let case = Case {
            id: number.to_string(),
            note: String::new(),
            flags: vec![],
            question: question.clone(),
            expect: Expect::Reject,
        };
        Ticket { case: case.into(), number }
    };
    let list =
        List { waiting: Mutex::new(questions.iter().enumerate().map(ticket).rev().collect()), done: Mutex::default() };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| implementation.work(&list));
        }
    });
    let mut done = list.done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    assert!(done.iter().map(|(number, _)| *number).eq(0..questions.len()), "each is done once");
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

impl Queue for List {
    fn next(&self) -> Option<Ticket> {
        self.waiting.lock().unwrap().pop()
    }

    fn done(&self, ticket: Ticket, outcome: Outcome) {
        self.done.lock().unwrap().push((ticket.number, outcome));
    }
}

/// This binary as a server: its standard output without what the test harness writes there.
fn server(role: &str) -> Vec<String> {
    let script = format!(
        "exec 3>&1 >/dev/null; KAT_ROLE={role} RUST_BACKTRACE=0 exec \"$0\" --exact harness::tests::role --nocapture"
    );
    let this = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
    vec!["sh".into(), "-c".into(), script, this]
}

fn options() -> Options {
    Options::new("00112233445566778899aabbccddeeff")
}

#[test]
fn role() {
    let Ok(role) = std::env::var("KAT_ROLE") else { return };
    let input = BufReader::new(File::open("/dev/fd/0").unwrap());
    let output = OpenOptions::new().write(true).open("/dev/fd/3").unwrap();
    match role.as_str() {
        "kat1" => serve(&Models, input, output),
        "modulewrapper" => serve_modulewrapper(&Models, input, output),
        "crucible" => serve_crucible(&Models, input, output),
        other => panic!("no role {other}"),
    }
    .unwrap();
}

#[test]
fn kat_1_carries_every_answer() {
    let harness = Harness::start(&server("kat1"), options()).unwrap();
    assert_eq!(harness.about(), Models.about());
    for (alg, op) in wire::pairs() {
        assert_eq!(harness.offers(alg, op), Models.offers(alg, op), "{alg} {op}");
    }
    assert_eq!(harness.key_forms(Alg::MlKem768, Op::Decaps), KeyForm::ALL);
    let questions = questions();
    for (question, outcome) in questions.iter().zip(work(&harness, &questions)) {
        assert_eq!(outcome, Outcome::Answer(Models.answer(question)), "{question:?}");
    }
    let x25519 = ask(Alg::X25519, Op::Keygen, &[(Field::Private, &[1; 32])]);
    assert_eq!(harness.answer(&x25519), Answer::Unsupported(Lack::Alg));
}

/// Answers of a protocol that has fewer reasons, and gives fewer outputs.
fn same(question: &Question, outcome: &Outcome) {
    let expected = Models.answer(question);
    match (&expected, outcome) {
        (Answer::Reject(_), Outcome::Answer(Answer::Reject(_))) => {}
        (Answer::Output(expected), Outcome::Answer(Answer::Output(given))) => {
            let may_lack = |field: &Field| question.op.may_lack(*field);
            assert!(given.iter().all(|(field, bytes)| expected.get(field) == Some(bytes)), "{question:?}");
            assert!(expected.keys().all(|field| given.contains_key(field) || may_lack(field)), "{question:?}");
        }
        other => panic!("{} {}: {other:?}", question.alg, question.op),
    }
}

#[test]
fn modulewrapper_frames_carry_every_answer() {
    let wrapper = Modulewrapper::start(&server("modulewrapper"), options()).unwrap();
    let questions = questions();
    assert!(questions.iter().all(|question| wrapper.offers(question.alg, question.op)));
    for (question, outcome) in questions.iter().zip(work(&wrapper, &questions)) {
        same(question, &outcome);
    }
    // What the protocol has no word for is not asked.
    let short = ask(Alg::MlKem768, Op::Decaps, &[(Field::Seed, &[7; 64]), (Field::C, &[0; 9])]);
    assert_eq!(wrapper.answer(&short), Answer::Unsupported(Lack::Param));
    let pure = ask(
        Alg::MlDsa44,
        Op::Verify,
        &[(Field::Pk, &[0; 1312]), (Field::Msg, b""), (Field::Ctx, b""), (Field::Sig, &[0; 2420])],
    );
    assert_eq!(wrapper.answer(&pure), Answer::Unsupported(Lack::Op));
    assert!(!wrapper.offers(Alg::X25519, Op::Agree));
}

#[test]
fn the_lines_of_crucible_carry_every_answer() {
    let crucible = Crucible::start(&server("crucible"), options()).unwrap();
    let mut questions = questions();
    questions.retain(|question| crucible.offers(question.alg, question.op));
    assert!(questions.len() > 20, "{}", questions.len());
    for (question, outcome) in questions.iter().zip(work(&crucible, &questions)) {
        same(question, &outcome);
    }
    assert_eq!(crucible.answer(&ask(Alg::MlKem768, Op::CheckEk, &[(Field::Ek, &[])])), Answer::Unsupported(Lack::Op));
}

fn lines(implementation: &dyn Implementation, input: &str) -> Vec<String> {
    let mut output = Vec::new();
    serve(implementation, Cursor::new(input), &mut output).unwrap();
    String::from_utf8(output).unwrap().lines().map(str::to_owned).collect()
}

const HELLO: &str = r#"{"kat":1,"hello":{"runner":"r","nonce":"00"}}"#;

#[test]
fn every_line_gets_one_line_whatever_it_is() {
    let question = r#""alg":"SHA-256","op":"hash","in""#;
    for (line, said) in [
        (r#"{"id":1,Q:{"msg":"616263"}}"#, r#"{"id":1,"out":{"digest":"ba7816bf"#),
        (r#"{"id":2,Q:{"msg":"6G"}}"#, r#"{"id":2,"error":"field `msg` must be lower-case hex"}"#),
        (r#"{"id":3,Q:{"msg":"AB"}}"#, r#"{"id":3,"error":"field `msg` must be lower-case hex"}"#),
        (r#"{"id":4,Q:{"msg":7}}"#, r#"{"id":4,"error":"field `msg` must be lower-case hex"}"#),
        (r#"{"id":5,Q:{}}"#, r#"{"id":5,"error":"missing field `msg`"}"#),
        (r#"{"id":6,Q:{"msg":"","len":1}}"#, r#"{"id":6,"error":"field `len` must not be here"}"#),
        (r#"{"id":7,Q:{"msg":"","msg":""}}"#, r#"{"id":7,"error":"not a question: duplicate field `msg`"#),
        (r#"{"id":8,Q:{"mesg":""}}"#, r#"{"id":8,"error":"unknown field `mesg`"}"#),
        (r#"{"id":9,Q:{"msg":""},"tag":1}"#, r#"{"id":9,"error":"not a question: unknown field `tag`"#),
        (r#"{"id":1,"alg":"SHA-1","op":"hash","in":{}}"#, r#"{"id":1,"error":"unknown algorithm `SHA-1`"}"#),
        (r#"{"id":1,"alg":"X25519","op":"agree","in":{"private":"","public":""}}"#, r#"{"id":1,"unsupported":"alg"}"#),
        (r#"{"id":-1,Q:{"msg":""}}"#, r#"{"id":null,"error":"not a question: invalid value"#),
        ("garbage", r#"{"id":null,"error":"not a question: expected value"#),
        ("", r#"{"id":null,"error":"not a question: EOF"#),
    ] {
        let line = line.replace('Q', question.trim_matches(','));
        let answers =
            lines(&Models, &format!("{HELLO}\n{line}\n{}\n", r#"{"id":99,Q:{"msg":""}}"#.replace('Q', question)));
        let [hello, answer, next] = answers.as_slice() else { panic!("{answers:?}") };
        assert!(hello.starts_with(r#"{"kat":1,"impl":{"name":"models""#), "{hello}");
        assert!(answer.starts_with(said), "{answer}");
        assert!(next.starts_with(r#"{"id":99,"out""#), "{next}");
    }
    let early = lines(&Models, "{\"id\":1}\n{\"kat\":2,\"hello\":{\"runner\":\"\",\"nonce\":\"\"}}\n");
    assert!(early[0].contains("not a hello") && early[1].contains("only 1 is spoken here"), "{early:?}");
    let long = format!("{HELLO}\n{}\n", "x".repeat(wire::LINE_CAP + 1));
    assert!(lines(&Models, &long)[1].contains("a line of more than"));
}

#[test]
fn a_panic_is_an_error_and_no_end() {
    struct Panics;
    impl Implementation for Panics {
        fn about(&self) -> About {
            About::default()
        }

        fn answer(&self, _: &Question) -> Answer {
            panic!("at the disco")
        }
    }
    let question = r#"{"id":1,"alg":"SHA-256","op":"hash","in":{"msg":""}}"#;
    let answers = lines(&Panics, &format!("{HELLO}\n{question}\n{question}"));
    assert_eq!(answers[1..], [r#"{"id":1,"error":"panicked: at the disco"}"#; 2]);
}

#[test]
fn answers_that_are_not_in_the_protocol_are_told_apart() {
    let question = ask(Alg::MlKem512, Op::Decaps, &[(Field::Dk, &[0]), (Field::C, &[0])]);
    let read = |line: &[u8]| wire::read_answer(line).and_then(|answer| answer.to(&question));
    let key = Output::from([(Field::K, vec![0xab])]);
    assert_eq!(read(br#"{"id":1,"out":{"K":"ab"}}"#), Ok(Answer::Output(key)));
    assert_eq!(read(br#"{"id":1,"reject":"length"}"#), Ok(Answer::Reject(Reason::Length)));
    assert_eq!(read(br#"{"id":1,"unsupported":"key"}"#), Ok(Answer::Unsupported(Lack::Key)));
    for (line, said) in [
        (&br#"{"id":1,"out":{"K":"AB"}}"#[..], "`K` is not lower-case hex"),
        (br#"{"id":1,"out":{"K":"abc"}}"#, "`K` is not lower-case hex"),
        (br#"{"id":1,"out":{}}"#, "missing output `K`"),
        (br#"{"id":1,"out":{"K":"ab","c":"00"}}"#, "no output `c`"),
        (br#"{"id":1,"out":{"K":"ab","K":"ab"}}"#, "duplicate field `K`"),
        (br#"{"id":1,"out":{"K":"ab"},"reject":"tag"}"#, "exactly one of"),
        (br#"{"id":1}"#, "exactly one of"),
        (br#"{"id":1,"reject":"dunno"}"#, "unknown reason `dunno`"),
        (br#"{"id":1,"unsupported":"me"}"#, "unknown `unsupported`"),
        (br#"{"id":1,"error":"a","why":1}"#, "unknown field `why`"),
        (br#"{"id":"1","error":"a"}"#, "invalid type: string"),
        (b"{\"id\":1,\"error\":\"\xff\"}", "invalid unicode"),
        (b"[1]", "not a line of kat/1"),
    ] {
        let Err(Fault::Protocol(text)) = read(line) else { panic!("{}", String::from_utf8_lossy(line)) };
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_hello_must_be_exact() {
    let hello = |caps: &str, more: &str| {
        let line = format!(
            r#"{{"kat":1,"impl":{{"name":"n","version":"v","build":"b"}},"caps":[{caps}],"derand":true,"inflight":9000{more}}}"#
        );
        wire::Hello::read(line.as_bytes())
    };
    let cap = r#"{"alg":"ML-KEM-768","op":"decaps","key":["seed"]}"#;
    let read = hello(cap, "").unwrap();
    assert_eq!(read.inflight, wire::INFLIGHT_CAP);
    assert_eq!(wire::Hello::read(&read.write()), Ok(read.clone()));
    let expanded = ask(Alg::MlKem768, Op::Decaps, &[(Field::Dk, &[]), (Field::C, &[])]);
    let encaps = ask(Alg::MlKem768, Op::Encaps, &[(Field::Ek, &[]), (Field::M, &[])]);
    // Some languages have no order in their tables.
    let [one, two] = [r#"{"alg":"SHA-256","op":"hash"}"#, cap];
    assert_eq!(hello(&format!("{one},{two}"), ""), hello(&format!("{two},{one}"), ""));
    let loud = String::from_utf8(read.write()).unwrap().replace(r#""n""#, r#""n\u001b[2J""#);
    assert_eq!(wire::Hello::read(loud.as_bytes()).unwrap().about.name, "n [2J");
    let long = Output::from([(Field::K, vec![0; 1 << 15])]);
    let Err(Fault::Protocol(text)) = wire::bounded(&expanded, Answer::Output(long)) else { panic!("not too long") };
    assert_eq!(text, "its answer to ML-KEM-768 decaps: `K` is 32768 bytes, longer than any");
    assert_eq!(read.lack(&expanded), Some(Lack::Key));
    assert_eq!(read.lack(&encaps), Some(Lack::Op));
    let mut random = hello(r#"{"alg":"ML-KEM-768","op":"encaps"}"#, "").unwrap();
    assert_eq!(random.lack(&encaps), None);
    random.derand = false;
    assert_eq!(random.lack(&encaps), Some(Lack::Derand));
    for (caps, more, said) in [
        (r#"{"alg":"ML-KEM-999","op":"decaps"}"#, "", "unknown algorithm `ML-KEM-999`"),
        (r#"{"alg":"ML-KEM-768","op":"sign"}"#, "", "ML-KEM-768 has no operation `sign`"),
        (r#"{"alg":"ML-KEM-768","op":"decaps","key":["pem"]}"#, "", "must be `seed`, `expanded`"),
        (r#"{"alg":"X-Wing","op":"decaps"},{"alg":"X-Wing","op":"decaps"}"#, "", "is there twice"),
        ("", r#","extra":1"#, "unknown field `extra`"),
    ] {
        let Err(Fault::Protocol(text)) = hello(caps, more) else { panic!("{caps}") };
        assert!(text.contains(said), "{text}");
    }
}
