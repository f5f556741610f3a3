//! The lines of Crucible (`symbolicsoft/crucible`), both sides: the harness says who it is and which functions
//! it has, then answers each request with one line. Its ML-DSA functions are FIPS 204's internal ones. Its
//! functions below ML-KEM, such as `NTT`, have no operation here; Crucible skips what is not listed.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};

use super::{
    engine::{Engine, Options, Peer, StartError, expanded},
    process::{Fault, Process, Reader},
    serve::answer,
    wire::{LINE_CAP, Line, bounded, excerpt, key_form, read_line, read_message},
};
use crate::{
    About, Alg, Answer, Family, Field, Implementation, Input, KeyForm, Lack, Op, Output, Question, Queue, Reason,
    algorithm::Lengths,
};

/// A function: its name, its operation, what its inputs and outputs are called.
struct Function {
    name: &'static str,
    family: Family,
    op: Op,
    inputs: &'static [(&'static str, Field)],
    outputs: &'static [(&'static str, Field)],
}

const FUNCTIONS: [Function; 6] = [
    Function {
        name: "ML_KEM_KeyGen",
        family: Family::MlKem,
        op: Op::Keygen,
        inputs: &[("randomness", Field::Seed)],
        outputs: &[("ek", Field::Ek), ("dk", Field::Dk)],
    },
    Function {
        name: "ML_KEM_Encaps",
        family: Family::MlKem,
        op: Op::Encaps,
        inputs: &[("ek", Field::Ek), ("randomness", Field::M)],
        outputs: &[("c", Field::C), ("K", Field::K)],
    },
    Function {
        name: "ML_KEM_Decaps",
        family: Family::MlKem,
        op: Op::Decaps,
        inputs: &[("c", Field::C), ("dk", Field::Dk)],
        outputs: &[("K", Field::K)],
    },
    Function {
        name: "ML_DSA_KeyGen",
        family: Family::MlDsa,
        op: Op::Keygen,
        inputs: &[("seed", Field::Seed)],
        outputs: &[("pk", Field::Pk), ("sk", Field::Sk)],
    },
    Function {
        name: "ML_DSA_Sign",
        family: Family::MlDsa,
        op: Op::SignInternal,
        inputs: &[("sk", Field::Sk), ("message", Field::Msg), ("rnd", Field::Rnd)],
        // The README says `sigma`, the batteries read `signature`.
        outputs: &[("signature", Field::Sig), ("sigma", Field::Sig)],
    },
    Function {
        name: "ML_DSA_Verify",
        family: Family::MlDsa,
        op: Op::VerifyInternal,
        inputs: &[("pk", Field::Pk), ("message", Field::Msg), ("sigma", Field::Sig)],
        outputs: &[],
    },
];

/// What a verifier gives: `01` or `00`.
const VALID: &str = "valid";

fn function(alg: Alg, op: Op) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| (function.family, function.op) == (alg.family(), op))
}

/// The number that Crucible gives an algorithm: the end of its name.
fn param_set(alg: Alg) -> Option<i64> {
    alg.name().rsplit('-').next().and_then(|number| number.parse().ok())
}

#[derive(Serialize, Deserialize)]
struct Handshake {
    implementation: String,
    #[serde(default)]
    functions: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Request {
    function: String,
    #[serde(default)]
    inputs: BTreeMap<String, String>,
    #[serde(default)]
    params: BTreeMap<String, i64>,
}

#[derive(Default, Serialize, Deserialize)]
struct Response {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outputs: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    unsupported: bool,
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Answers Crucible's runner for an implementation until the input ends. Gives how many requests were
/// answered. Whatever the implementation rejects is an `error`, but for signatures, which are not `valid`.
///
/// # Errors
/// Those of the input and the output.
pub fn serve_crucible(
    implementation: &dyn Implementation,
    mut input: impl BufRead,
    mut output: impl Write,
) -> io::Result<u64> {
    let offered = |function: &&Function| {
        Alg::ALL.iter().any(|alg| alg.family() == function.family && implementation.offers(*alg, function.op))
    };
    let About { name, version, .. } = implementation.about();
    let functions = FUNCTIONS.iter().filter(offered).map(|function| function.name.to_owned()).collect();
    output.write_all(&line(&Handshake { implementation: format!("{name} {version}"), functions }))?;
    output.flush()?;
    let mut answered = 0_u64;
    loop {
        let response = match read_line(&mut input, LINE_CAP)? {
            Line::Whole(line) | Line::Cut(line) => respond(implementation, &line),
            Line::TooLong => Err(format!("a line of more than {LINE_CAP} bytes")),
            Line::End => return Ok(answered),
        };
        let response = response.unwrap_or_else(|error| Response { error: Some(error), ..Response::default() });
        answered = answered.saturating_add(1);
        output.write_all(&line(&response))?;
        output.flush()?;
    }
}

fn respond(implementation: &dyn Implementation, line: &[u8]) -> Result<Response, String> {
    let request: Request = serde_json::from_slice(line).map_err(|error| format!("not a request: {error}"))?;
    let unsupported = Response { unsupported: true, ..Response::default() };
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == request.function) else {
        return Ok(unsupported);
    };
    let mut input = Input::new();
    for (name, field) in function.inputs {
        // One battery asks for encapsulation without randomness, to see a bad key refused.
        let hex = match (request.inputs.get(*name), field) {
            (Some(hex), _) => hex.clone(),
            (None, Field::M) => "00".repeat(32),
            (None, Field::Sig) => request.inputs.get("signature").ok_or("missing input `sigma`")?.clone(),
            (None, _) => return Err(format!("missing input `{name}`")),
        };
        let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes());
        input = input.with(*field, bytes.map_err(|error| format!("input `{name}` is not hex: {error}"))?);
    }
    let alg = match request.params.get("param_set") {
        Some(set) => {
            Alg::ALL.iter().copied().find(|alg| alg.family() == function.family && param_set(*alg) == Some(*set))
        }
        None => nearest(function.family, &input),
    };
    let alg = alg.ok_or("unknown `param_set`")?;
    Ok(match answer(implementation, &Question { alg, op: function.op, input }) {
        Answer::Output(output) => {
            let mut outputs = BTreeMap::new();
            for (name, field) in function.outputs {
                let Some(bytes) = output.get(field) else { return Ok(unsupported) };
                outputs.insert((*name).to_owned(), HEXLOWER.encode(bytes));
            }
            if function.op == Op::VerifyInternal {
                outputs.insert(VALID.into(), "01".into());
            }
            Response { outputs: Some(outputs), ..Response::default() }
        }
        Answer::Reject(_) if function.op == Op::VerifyInternal => {
            Response { outputs: Some(BTreeMap::from([(VALID.into(), "00".into())])), ..Response::default() }
        }
        Answer::Reject(reason) => return Err(format!("refused: {reason}")),
        Answer::Unsupported(_) => unsupported,
        Answer::Error(text) => return Err(text),
    })
}

/// The parameter set of a request that does not name it, by the lengths of its inputs: one that fits in
/// something, else the nearest, so that the implementation itself refuses what has no length of any.
fn nearest(family: Family, input: &Input) -> Option<Alg> {
    let distance = |sizes: &Lengths| {
        let lengths = [
            (Field::Ek, sizes.public),
            (Field::Pk, sizes.public),
            (Field::Dk, sizes.private),
            (Field::Sk, sizes.private),
            (Field::C, sizes.result),
            (Field::Sig, sizes.result),
        ];
        let given = lengths.iter().filter_map(|(field, size)| Some(input.get(*field)?.len().abs_diff(*size)));
        given.min()
    };
    let sets = Alg::ALL.iter().copied().filter(|alg| alg.family() == family);
    sets.filter_map(|alg| Some((distance(&alg.lengths()?)?, alg))).min().map(|(_, alg)| alg)
}

/// A harness of Crucible on the other side of a command.
///
/// Its lines have one word, `error`, for a refusal and for a failure: here it is a rejection. Only questions
/// on expanded keys can be asked; a seed is expanded by its own `KeyGen`.
pub struct Crucible(Engine<Lines>);

impl Crucible {
    /// Runs a command, program first, and reads its handshake.
    ///
    /// # Errors
    /// It cannot be run, or says nothing in time.
    pub fn start(command: &[String], options: Options) -> Result<Self, StartError> {
        Engine::start(command, options).map(Self)
    }
}

impl Implementation for Crucible {
    fn about(&self) -> About {
        let name = self.0.peer.implementation.clone();
        About { name, version: String::new(), build: "crucible harness".into() }
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        self.0.peer.has(alg, op)
    }

    fn answer(&self, question: &Question) -> Answer {
        self.0.answer(question)
    }

    fn work(&self, queue: &dyn Queue) {
        self.0.work(queue);
    }
}

/// The protocol.
#[derive(PartialEq)]
struct Lines {
    implementation: String,
    functions: Vec<String>,
}

impl Lines {
    fn has(&self, alg: Alg, op: Op) -> bool {
        function(alg, op).is_some_and(|function| self.functions.iter().any(|name| name == function.name))
    }

    fn call(process: &mut Process<Vec<u8>>, question: &Question) -> Result<Answer, Fault> {
        let Question { alg, op, ref input } = *question;
        let Some(function) = function(alg, op) else { return Ok(Answer::Unsupported(Lack::Op)) };
        let inputs = function.inputs.iter();
        let inputs = inputs.map(|(name, field)| ((*name).to_owned(), HEXLOWER.encode(input.bytes(*field)))).collect();
        let params = param_set(alg).map(|set| ("param_set".to_owned(), set)).into_iter().collect();
        process.send(line(&Request { function: function.name.into(), inputs, params }))?;
        let message = process.receive()?;
        let refuse = |text: String| Fault::Protocol(format!("its response to {}: {text}", function.name));
        let response: Response =
            serde_json::from_slice(&message).map_err(|error| refuse(format!("{error}: {}", excerpt(&message))))?;
        let given = match response {
            Response { unsupported: true, .. } => return Ok(Answer::Unsupported(Lack::Op)),
            Response { error: Some(_), .. } => return Ok(Answer::Reject(Reason::Other)),
            Response { outputs: None, .. } => return Err(refuse("neither outputs nor an error".into())),
            Response { outputs: Some(given), .. } => given,
        };
        if op == Op::VerifyInternal {
            return match given.get(VALID).map(String::as_str) {
                Some("01") => Ok(Answer::Output(Output::new())),
                Some("00") => Ok(Answer::Reject(Reason::Tag)),
                _ => Err(refuse("`valid` is neither 01 nor 00".into())),
            };
        }
        let mut output = Output::new();
        for (name, field) in function.outputs {
            let Some(hex) = given.get(*name) else { continue };
            let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes());
            output.insert(*field, bytes.map_err(|error| refuse(format!("`{name}` is not hex: {error}")))?);
        }
        match function.outputs.iter().find(|(_, field)| !output.contains_key(field)) {
            Some((name, _)) => Err(refuse(format!("missing output `{name}`"))),
            None => bounded(question, Answer::Output(output)),
        }
    }
}

impl Peer for Lines {
    type Message = Vec<u8>;

    const READER: Reader<Vec<u8>> = read_message;

    fn greet(process: &mut Process<Vec<u8>>, _: &[String], _: &Options) -> Result<Self, Fault> {
        let message = process.receive()?;
        let handshake: Handshake = serde_json::from_slice(&message)
            .map_err(|error| Fault::Protocol(format!("its handshake: {error}: {}", excerpt(&message))))?;
        Ok(Self { implementation: excerpt(handshake.implementation.as_bytes()), functions: handshake.functions })
    }

    fn lack(&self, question: &Question) -> Option<Lack> {
        let Question { alg, op, .. } = *question;
        if self.has(alg, op) {
            let seed = key_form(question) == Some(KeyForm::Seed);
            return (seed && !self.has(alg, Op::Keygen)).then_some(Lack::Key);
        }
        Some(if alg.ops().iter().any(|op| self.has(alg, *op)) { Lack::Op } else { Lack::Alg })
    }

    fn ask(&self, process: &mut Process<Vec<u8>>, question: &Question) -> Result<Answer, Fault> {
        match expanded(question, |keygen| Self::call(process, keygen))? {
            Ok(question) => Self::call(process, &question),
            Err(answer) => Ok(answer),
        }
    }
}
