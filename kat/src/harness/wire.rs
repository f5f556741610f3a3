//! The lines of `kat/1`: strict JSON, one object a line, lower-case hex.

use core::fmt;
use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::process::Fault;
use crate::{
    About, Alg, Answer, Field, Implementation, Input, KeyForm, Lack, Op, Output, Question, Reason, Value,
    algorithm::{Kind, Needs},
};

/// The longest line that is read, in bytes. What is longer is skipped to its end.
pub(super) const LINE_CAP: usize = 4 << 20;

/// The longest output beyond what was put in or asked for, in bytes: keys and signatures have a few thousand.
const OUTPUT_CAP: usize = 1 << 14;

/// The most questions in flight to one child, whatever it says.
pub(super) const INFLIGHT_CAP: usize = 1024;

/// What there is to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its end.
    Whole(Vec<u8>),
    /// What is after the last end of line.
    Cut(Vec<u8>),
    /// A line over the cap, which is gone.
    TooLong,
    /// The end.
    End,
}

/// Reads a line of at most `cap` bytes.
///
/// # Errors
/// Those of the input.
pub(super) fn read_line(input: &mut dyn BufRead, cap: usize) -> io::Result<Line> {
    let mut line = Vec::new();
    let mut long = false;
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            buffer => buffer?,
        };
        if buffer.is_empty() {
            return Ok(match (long, line.is_empty()) {
                (true, _) => Line::TooLong,
                (false, true) => Line::End,
                (false, false) => Line::Cut(line),
            });
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (part, _) = buffer.split_at(end.unwrap_or(buffer.len()));
        long |= line.len().saturating_add(part.len()) > cap;
        if long {
            line = Vec::new();
        } else {
            line.extend_from_slice(part);
        }
        let used = part.len().saturating_add(usize::from(end.is_some()));
        input.consume(used);
        if end.is_some() {
            return Ok(if long { Line::TooLong } else { Line::Whole(line) });
        }
    }
}

/// The lines of a child. What it writes after the last end of line is nothing: it died there.
pub(super) fn read_message(input: &mut dyn BufRead) -> Result<Option<Vec<u8>>, Fault> {
    match read_line(input, LINE_CAP) {
        Ok(Line::Whole(line)) => Ok(Some(line)),
        Ok(Line::Cut(_) | Line::End) => Ok(None),
        Ok(Line::TooLong) => Err(Fault::Protocol(format!("a line of more than {LINE_CAP} bytes"))),
        Err(error) => Err(Fault::Crash(error.to_string())),
    }
}

/// An algorithm and an operation that a harness offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The algorithm.
    pub alg: Alg,
    /// The operation.
    pub op: Op,
    /// In which forms it takes a private key; all of them unless it says.
    pub keys: Vec<KeyForm>,
}

/// What a harness says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Who it is.
    pub about: About,
    /// What it offers.
    pub caps: Vec<Cap>,
    /// Whether it takes given randomness in encapsulation and signing.
    pub derand: bool,
    /// How many questions it takes before its first answer, at most 1024.
    pub inflight: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HelloLine {
    kat: u64,
    hello: Runner,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runner {
    runner: String,
    nonce: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImplLine {
    kat: u64,
    r#impl: Impl,
    caps: Vec<CapLine>,
    derand: bool,
    inflight: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Impl {
    name: String,
    version: String,
    build: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapLine {
    alg: String,
    op: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionLine {
    id: u64,
    alg: String,
    op: String,
    r#in: Fields<Json>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerLine {
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<Fields<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unsupported: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// An object that has no key twice, which serde's own maps let pass.
#[derive(Serialize)]
struct Fields<V>(BTreeMap<String, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Fields<V> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<V>(core::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<V> {
            type Value = Fields<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, V>()? {
                    if fields.contains_key(&key) {
                        return Err(serde::de::Error::custom(format_args!("duplicate field `{key}`")));
                    }
                    fields.insert(key, value);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Visitor(core::marker::PhantomData))
    }
}

/// A line from what serde can write.
fn line(value: &impl Serialize) -> Vec<u8> {
    // Strings, numbers and maps with string keys: there is nothing that serde_json refuses.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// The form of the private key in a question, where its operation takes more than one.
pub(super) fn key_form(question: &Question) -> Option<KeyForm> {
    takes_forms(question.alg, question.op)
        .then(|| if question.input.0.contains_key(&Field::Seed) { KeyForm::Seed } else { KeyForm::Expanded })
}

/// Whether an operation takes more than one form of private key.
fn takes_forms(alg: Alg, op: Op) -> bool {
    op.inputs(alg.family()).iter().any(|input| matches!(input, Needs::OneOf(fields) if fields.contains(&Field::Seed)))
}

impl Hello {
    /// Why a question need not be asked.
    pub(super) fn lack(&self, question: &Question) -> Option<Lack> {
        let mut of_alg = self.caps.iter().filter(|cap| cap.alg == question.alg).peekable();
        if of_alg.peek().is_none() {
            return Some(Lack::Alg);
        }
        let Some(cap) = of_alg.find(|cap| cap.op == question.op) else { return Some(Lack::Op) };
        if key_form(question).is_some_and(|form| !cap.keys.contains(&form)) {
            return Some(Lack::Key);
        }
        let given = [Field::M, Field::Rnd].iter().any(|field| question.input.0.contains_key(field));
        (given && !self.derand).then_some(Lack::Derand)
    }

    /// What an implementation offers, with this many questions in flight.
    pub(super) fn of(implementation: &dyn Implementation, inflight: usize) -> Self {
        let caps = pairs()
            .filter(|&(alg, op)| implementation.offers(alg, op))
            .map(|(alg, op)| Cap { alg, op, keys: implementation.key_forms(alg, op).to_vec() })
            .collect();
        Self { about: implementation.about(), caps, derand: true, inflight }
    }

    /// The line.
    pub(super) fn write(&self) -> Vec<u8> {
        let About { name, version, build } = self.about.clone();
        let cap = |cap: &Cap| CapLine {
            alg: cap.alg.name().into(),
            op: cap.op.name().into(),
            key: takes_forms(cap.alg, cap.op).then(|| cap.keys.iter().map(|form| form.word().into()).collect()),
        };
        line(&ImplLine {
            kat: 1,
            r#impl: Impl { name, version, build },
            caps: self.caps.iter().map(cap).collect(),
            derand: self.derand,
            inflight: self.inflight,
        })
    }

    /// Reads the line.
    ///
    /// # Errors
    /// What is not `kat/1`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let read: ImplLine = serde_json::from_slice(bytes).map_err(|error| garbled(bytes, &error))?;
        let refuse = |text: String| Err(Fault::Protocol(format!("its hello: {text}")));
        if read.kat != 1 {
            return refuse(format!("`kat` is {}, must be 1", read.kat));
        }
        if read.inflight == 0 {
            return refuse("`inflight` is 0, must be at least 1".into());
        }
        let mut caps: Vec<Cap> = Vec::new();
        for CapLine { alg: alg_name, op: op_name, key } in read.caps {
            let Some(alg) = Alg::by_name(&alg_name) else { return refuse(format!("unknown algorithm `{alg_name}`")) };
            let op = Op::by_name(&op_name).filter(|op| alg.ops().contains(op));
            let Some(op) = op else { return refuse(format!("{alg} has no operation `{op_name}`")) };
            if caps.iter().any(|cap| (cap.alg, cap.op) == (alg, op)) {
                return refuse(format!("{alg} {op} is there twice"));
            }
            let keys = match key {
                None => Some(KeyForm::ALL.to_vec()),
                Some(forms) => forms.iter().map(|form| KeyForm::by_word(form)).collect(),
            };
            let Some(keys) = keys else { return refuse(format!("the `key` of {alg} {op} must be `seed`, `expanded`")) };
            caps.push(Cap { alg, op, keys });
        }
        // Some languages list what is in a map in another order each time.
        caps.sort_by_key(|cap| (cap.alg, cap.op));
        let Impl { name, version, build } = read.r#impl;
        let [name, version, build] = [name, version, build].map(|text| excerpt(text.as_bytes()));
        let inflight = read.inflight.min(INFLIGHT_CAP);
        Ok(Self { about: About { name, version, build }, caps, derand: read.derand, inflight })
    }
}

/// Every algorithm with every operation that it has.
pub(super) fn pairs() -> impl Iterator<Item = (Alg, Op)> {
    Alg::ALL.iter().flat_map(|alg| alg.ops().iter().map(|op| (*alg, *op)))
}

/// The runner's first line.
pub(super) fn write_hello(nonce: &str) -> Vec<u8> {
    let runner = concat!("twinlock-kat ", env!("CARGO_PKG_VERSION")).into();
    line(&HelloLine { kat: 1, hello: Runner { runner, nonce: nonce.into() } })
}

/// Checks the runner's first line.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read_hello(bytes: &[u8]) -> Result<(), String> {
    let read: HelloLine = serde_json::from_slice(bytes).map_err(|error| format!("not a hello: {error}"))?;
    if read.kat == 1 { Ok(()) } else { Err(format!("`kat` is {}; only 1 is spoken here", read.kat)) }
}

/// The line of a question.
pub(super) fn write_question(id: u64, question: &Question) -> Vec<u8> {
    let json = |value: &Value| match value {
        Value::Bytes(bytes) => Json::String(HEXLOWER.encode(bytes)),
        Value::Text(text) => Json::String(text.clone()),
        Value::Number(number) => Json::from(*number),
    };
    let fields = question.input.0.iter().map(|(field, value)| (field.name().to_owned(), json(value))).collect();
    line(&QuestionLine { id, alg: question.alg.name().into(), op: question.op.name().into(), r#in: Fields(fields) })
}

/// Reads a question.
///
/// # Errors
/// The id, if there is one, and what is wrong.
pub(super) fn read_question(bytes: &[u8]) -> Result<(u64, Question), (Option<u64>, String)> {
    let read: QuestionLine = serde_json::from_slice(bytes).map_err(|error| {
        let id = serde_json::from_slice::<Json>(bytes).ok().and_then(|json| json.get("id")?.as_u64());
        (id, format!("not a question: {error}"))
    })?;
    let refuse = |text: String| (Some(read.id), text);
    let alg = Alg::by_name(&read.alg).ok_or_else(|| refuse(format!("unknown algorithm `{}`", read.alg)))?;
    let op = Op::by_name(&read.op).ok_or_else(|| refuse(format!("unknown operation `{}`", read.op)))?;
    let mut input = Input::new();
    for (name, json) in read.r#in.0 {
        let field = Field::by_name(&name).ok_or_else(|| refuse(format!("unknown field `{name}`")))?;
        let value = match (field.kind(), json) {
            (Kind::Bytes, Json::String(hex)) => HEXLOWER.decode(hex.as_bytes()).ok().map(Value::Bytes),
            (Kind::Text, Json::String(text)) => Some(Value::Text(text)),
            (Kind::Number, Json::Number(number)) => number.as_u64().map(Value::Number),
            _ => None,
        };
        let must = match field.kind() {
            Kind::Bytes => "lower-case hex",
            Kind::Text => "a string",
            Kind::Number => "a whole number",
        };
        let value = value.ok_or_else(|| refuse(format!("field `{name}` must be {must}")))?;
        input.0.insert(field, value);
    }
    let question = Question { alg, op, input };
    match question.shape() {
        Ok(()) => Ok((read.id, question)),
        Err(shape) => Err(refuse(shape.to_string())),
    }
}

/// The line of an answer; without an id where the question has none.
pub(super) fn write_answer(id: Option<u64>, answer: &Answer) -> Vec<u8> {
    let mut written = AnswerLine { id, ..AnswerLine::default() };
    match answer {
        Answer::Output(output) => {
            let hex = |(field, bytes): (&Field, &Vec<u8>)| (field.name().to_owned(), HEXLOWER.encode(bytes));
            written.out = Some(Fields(output.iter().map(hex).collect()));
        }
        Answer::Reject(reason) => written.reject = Some(reason.word().into()),
        Answer::Unsupported(lack) => written.unsupported = Some(lack.word().into()),
        Answer::Error(text) => written.error = Some(text.clone()),
    }
    line(&written)
}

/// An answer whose outputs have not been held against a question yet.
pub(super) struct Read {
    /// The question's id; none where the line that is answered had none.
    pub(super) id: Option<u64>,
    said: Said,
}

enum Said {
    Output(Fields<String>),
    Other(Answer),
}

/// Reads an answer.
///
/// # Errors
/// What is not `kat/1`.
pub(super) fn read_answer(bytes: &[u8]) -> Result<Read, Fault> {
    let AnswerLine { id, out, reject, unsupported, error } =
        serde_json::from_slice(bytes).map_err(|error| garbled(bytes, &error))?;
    let said = match (out, reject, unsupported, error) {
        (Some(out), None, None, None) => Said::Output(out),
        (None, Some(word), None, None) => match Reason::by_word(&word) {
            Some(reason) => Said::Other(Answer::Reject(reason)),
            None => return Err(Fault::Protocol(format!("unknown reason `{}` to reject", excerpt(word.as_bytes())))),
        },
        (None, None, Some(word), None) => match Lack::by_word(&word) {
            Some(lack) => Said::Other(Answer::Unsupported(lack)),
            None => return Err(Fault::Protocol(format!("unknown `unsupported`: `{}`", excerpt(word.as_bytes())))),
        },
        (None, None, None, Some(text)) => Said::Other(Answer::Error(excerpt(text.as_bytes()))),
        _ => {
            let text = "an answer must have exactly one of `out`, `reject`, `unsupported`, `error`";
            return Err(Fault::Protocol(format!("{text}: {}", excerpt(bytes))));
        }
    };
    Ok(Read { id, said })
}

impl Read {
    /// The answer to this question.
    ///
    /// # Errors
    /// Outputs that its operation does not have, or must have, or that are not lower-case hex.
    pub(super) fn to(self, question: &Question) -> Result<Answer, Fault> {
        let fields = match self.said {
            Said::Output(Fields(fields)) => fields,
            Said::Other(answer) => return Ok(answer),
        };
        let Question { alg, op, .. } = question;
        let wanted = op.outputs(alg.family());
        let refuse = |text: String| Fault::Protocol(format!("its answer to {alg} {op}: {text}"));
        let mut output = Output::new();
        for (name, hex) in fields {
            let field = Field::by_name(&name)
                .filter(|field| wanted.contains(field))
                .ok_or_else(|| refuse(format!("no output `{}`", excerpt(name.as_bytes()))))?;
            let bytes = HEXLOWER.decode(hex.as_bytes());
            let bytes = bytes.map_err(|error| refuse(format!("`{name}` is not lower-case hex: {error}")))?;
            output.insert(field, bytes);
        }
        match wanted.iter().find(|field| !output.contains_key(field) && !op.may_lack(**field)) {
            Some(field) => Err(refuse(format!("missing output `{field}`"))),
            None => bounded(question, Answer::Output(output)),
        }
    }
}

/// An answer that may be kept: reports keep wrong ones, so none may be longer than its operation could give.
///
/// # Errors
/// It is.
pub(super) fn bounded(question: &Question, answer: Answer) -> Result<Answer, Fault> {
    let Answer::Output(output) = &answer else { return Ok(answer) };
    let Question { alg, op, input } = question;
    let asked = input.number(Field::Len).map_or(0, |len| usize::try_from(len).unwrap_or(usize::MAX));
    let given = input.0.keys().map(|field| input.bytes(*field).len());
    let limit = given.fold(OUTPUT_CAP, usize::saturating_add).saturating_add(asked);
    match output.iter().find(|(_, bytes)| bytes.len() > limit) {
        None => Ok(answer),
        Some((field, bytes)) => {
            let length = bytes.len();
            Err(Fault::Protocol(format!("its answer to {alg} {op}: `{field}` is {length} bytes, longer than any")))
        }
    }
}

fn garbled(bytes: &[u8], error: &serde_json::Error) -> Fault {
    Fault::Protocol(format!("not a line of kat/1: {error}: {}", excerpt(bytes)))
}

/// The first of some text from outside, safe on a terminal.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    const LENGTH: usize = 160;
    let text = String::from_utf8_lossy(bytes);
    let mut short: String = text.chars().take(LENGTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LENGTH).is_some() {
        short.push('…');
    }
    short
}
