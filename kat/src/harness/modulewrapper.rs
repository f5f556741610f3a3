//! The frames of BoringSSL's `acvptool` (`util/fipstools/acvp/ACVP.md`), both sides: a request is the name of
//! a command and its arguments, a response its results, each a list of byte strings behind 32-bit
//! little-endian lengths. There is no word for a refusal but the flag byte of some commands, and a wrapper
//! ends on anything else that it does not like.

use std::{
    io::{self, BufRead, Read as _, Write},
    path::Path,
};

use serde_json::{Value as Json, json};

use super::{
    engine::{Engine, Options, Peer, StartError, expanded},
    process::{Fault, Process, Reader},
    serve::answer,
    wire::{bounded, excerpt, key_form, pairs},
};
use crate::{
    About, Alg, Answer, Family, Field, Implementation, Input, KeyForm, Lack, Op, Output, Question, Queue, Reason,
};

/// The most strings in a frame, and the most bytes in all of them.
const STRINGS: u32 = 16;
const FRAME_CAP: usize = 16 << 20;

/// A `modulewrapper` on the other side of a command.
///
/// What its configuration does not declare is unsupported, and so are inputs of a wrong length where the
/// protocol has no way to refuse them. Key checks are asked before encapsulation and decapsulation where it
/// has them, and a seed is expanded by its own `keyGen`.
pub struct Modulewrapper(Engine<Wrapper>);

impl Modulewrapper {
    /// Runs a command, program first, and asks for its configuration.
    ///
    /// # Errors
    /// It cannot be run, or gives no configuration in time.
    pub fn start(command: &[String], options: Options) -> Result<Self, StartError> {
        Engine::start(command, options).map(Self)
    }
}

impl Implementation for Modulewrapper {
    fn about(&self) -> About {
        About { name: self.0.peer.name.clone(), version: String::new(), build: "modulewrapper".into() }
    }

    fn offers(&self, alg: Alg, op: Op) -> bool {
        self.0.peer.declares(alg, op)
    }

    fn answer(&self, question: &Question) -> Answer {
        self.0.answer(question)
    }

    fn work(&self, queue: &dyn Queue) {
        self.0.work(queue);
    }
}

/// An argument of a command.
enum Arg {
    /// An input.
    Bytes(Field),
    /// A number, in 32 bits.
    Number(Field),
    /// The length of the tag, in 32 bits.
    TagLen,
    /// Ciphertext and tag.
    Sealed,
    /// The same bytes always.
    Is(&'static [u8]),
}

/// What a command gives.
enum Gives {
    /// These outputs.
    Bytes(&'static [Field]),
    /// One byte: whether it accepts.
    Flag,
    /// Ciphertext and tag.
    Sealed,
    /// One byte: whether it accepts; and the plaintext.
    Opened,
}

/// A command.
struct Row {
    name: String,
    args: &'static [Arg],
    gives: Gives,
}

/// The command of an operation.
fn row(alg: Alg, op: Op) -> Option<Row> {
    use Arg::{Bytes, Is, Number, Sealed, TagLen};
    use Field as F;
    const CURVE: Arg = Is(b"ED-25519");
    const PURE: Arg = Is(&[0]);
    const NONE: Arg = Is(&[]);
    let (suffix, args, gives): (&str, &'static [Arg], Gives) = match (alg.family(), op) {
        (Family::MlKem, Op::Keygen) => ("/keyGen", &[Bytes(F::Seed)], Gives::Bytes(&[F::Ek, F::Dk])),
        (Family::MlKem, Op::Encaps) => ("/encap", &[Bytes(F::Ek), Bytes(F::M)], Gives::Bytes(&[F::C, F::K])),
        (Family::MlKem, Op::Decaps) => ("/decap", &[Bytes(F::Dk), Bytes(F::C)], Gives::Bytes(&[F::K])),
        (Family::MlKem, Op::CheckEk) => ("/encapKeyCheck", &[Bytes(F::Ek)], Gives::Flag),
        (Family::MlKem, Op::CheckDk) => ("/decapKeyCheck", &[Bytes(F::Dk)], Gives::Flag),
        (Family::MlDsa, Op::Keygen) => ("/keyGen", &[Bytes(F::Seed)], Gives::Bytes(&[F::Pk, F::Sk])),
        (Family::MlDsa, Op::SignInternal) => {
            ("/sigGen", &[Bytes(F::Sk), Bytes(F::Msg), Bytes(F::Rnd), NONE, NONE], Gives::Bytes(&[F::Sig]))
        }
        (Family::MlDsa, Op::SignMu) => {
            ("/sigGen", &[Bytes(F::Sk), NONE, Bytes(F::Rnd), NONE, Bytes(F::Mu)], Gives::Bytes(&[F::Sig]))
        }
        (Family::MlDsa, Op::Sign) => {
            ("/sigGen", &[Bytes(F::Sk), Bytes(F::Msg), Bytes(F::Rnd), Bytes(F::Ctx), NONE], Gives::Bytes(&[F::Sig]))
        }
        (Family::MlDsa, Op::VerifyInternal) => {
            ("/sigVer", &[Bytes(F::Pk), Bytes(F::Msg), Bytes(F::Sig), NONE, NONE], Gives::Flag)
        }
        (Family::MlDsa, Op::VerifyMu) => {
            ("/sigVer", &[Bytes(F::Pk), NONE, Bytes(F::Sig), NONE, Bytes(F::Mu)], Gives::Flag)
        }
        (Family::MlDsa, Op::Verify) => {
            ("/sigVer", &[Bytes(F::Pk), Bytes(F::Msg), Bytes(F::Sig), Bytes(F::Ctx), NONE], Gives::Flag)
        }
        (Family::EdDsa, Op::Sign) => {
            ("/sigGen", &[CURVE, Bytes(F::Seed), Bytes(F::Msg), PURE, NONE], Gives::Bytes(&[F::Sig]))
        }
        (Family::EdDsa, Op::Verify) => {
            ("/sigVer", &[CURVE, Bytes(F::Msg), Bytes(F::Pk), Bytes(F::Sig), PURE], Gives::Flag)
        }
        (Family::Aead, Op::Seal) if alg != Alg::ChaCha20Poly1305 => {
            ("/seal", &[TagLen, Bytes(F::Key), Bytes(F::Msg), Bytes(F::Nonce), Bytes(F::Aad)], Gives::Sealed)
        }
        (Family::Aead, Op::Open) if alg != Alg::ChaCha20Poly1305 => {
            ("/open", &[TagLen, Bytes(F::Key), Sealed, Bytes(F::Nonce), Bytes(F::Aad)], Gives::Opened)
        }
        (Family::Hkdf, Op::Derive) => {
            let args = &[Bytes(F::Ikm), Bytes(F::Salt), Bytes(F::Info), Number(F::Len)];
            ("", args, Gives::Bytes(&[F::Okm]))
        }
        (Family::Hash, Op::Hash) => ("", &[Bytes(F::Msg)], Gives::Bytes(&[F::Digest])),
        (Family::Hash, Op::Monte) => ("/MCT", &[Bytes(F::Msg)], Gives::Bytes(&[F::Digest])),
        (Family::Xof, Op::Hash) => ("", &[Bytes(F::Msg), Number(F::Len)], Gives::Bytes(&[F::Digest])),
        _ => return None,
    };
    Some(Row { name: acvp_name(alg) + suffix, args, gives })
}

/// The name of an algorithm in commands.
fn acvp_name(alg: Alg) -> String {
    match alg.family() {
        Family::Aead => "AES-GCM".into(),
        Family::EdDsa => "EDDSA".into(),
        Family::Hash => alg.name().replace("SHA-", "SHA2-"),
        Family::Hkdf => alg.name().replace("HKDF-SHA-", "HKDF/SHA2-"),
        Family::Xof => alg.name().replace("SHAKE", "SHAKE-"),
        _ => alg.name().into(),
    }
}

/// The bits of a key of AES-GCM.
const fn key_bits(alg: Alg) -> usize {
    match alg {
        Alg::Aes128Gcm => 128,
        Alg::Aes192Gcm => 192,
        _ => 256,
    }
}

/// The length of the tag in bytes that a question is about.
fn tag_len(input: &Input) -> usize {
    let asked = input.number(Field::TagLen).map_or(16, |len| usize::try_from(len).unwrap_or(usize::MAX));
    input.get(Field::Tag).map_or(asked, <[u8]>::len)
}

fn u32_le(number: usize) -> Vec<u8> {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes().to_vec()
}

fn from_u32_le(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

impl Row {
    /// A question as a request.
    fn request(&self, question: &Question) -> Vec<Vec<u8>> {
        let input = &question.input;
        let arg = |arg: &Arg| match arg {
            Arg::Bytes(field) => input.bytes(*field).to_vec(),
            Arg::Number(field) => {
                u32_le(input.number(*field).and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX))
            }
            Arg::TagLen => u32_le(tag_len(input)),
            Arg::Sealed => [input.bytes(Field::Ct), input.bytes(Field::Tag)].concat(),
            Arg::Is(bytes) => bytes.to_vec(),
        };
        core::iter::once(self.name.clone().into_bytes()).chain(self.args.iter().map(arg)).collect()
    }

    /// A request as a question.
    fn question(&self, alg: Alg, op: Op, request: &[Vec<u8>]) -> Option<Question> {
        let (name, args) = request.split_first()?;
        if *name != self.name.as_bytes() || args.len() != self.args.len() {
            return None;
        }
        let mut input = Input::new();
        let mut tag = 0;
        for (arg, bytes) in self.args.iter().zip(args) {
            match arg {
                Arg::Bytes(field) => input = input.with(*field, bytes.clone()),
                Arg::Number(field) => input = input.with_number(*field, from_u32_le(bytes)?.try_into().ok()?),
                Arg::TagLen => tag = from_u32_le(bytes)?,
                Arg::Sealed => {
                    let (ct, tag) = bytes.split_at_checked(bytes.len().checked_sub(tag)?)?;
                    input = input.with(Field::Ct, ct).with(Field::Tag, tag);
                }
                Arg::Is(same) if bytes == same => {}
                Arg::Is(_) => return None,
            }
        }
        if matches!(self.gives, Gives::Sealed) {
            input = input.with_number(Field::TagLen, tag.try_into().ok()?);
        }
        let key_fits = alg.family() != Family::Aead
            || input.get(Field::Key).is_some_and(|key| key.len().saturating_mul(8) == key_bits(alg));
        key_fits.then_some(Question { alg, op, input })
    }

    /// A response as an answer.
    fn answer(&self, question: &Question, response: Vec<Vec<u8>>) -> Result<Answer, Fault> {
        let refuse = |what: &str| Fault::Protocol(format!("its response to {}: {what}", self.name));
        let flag = |bytes: &[u8]| match bytes {
            [1] => Ok(true),
            [0] => Ok(false),
            _ => Err(refuse("the flag is not one byte, 0 or 1")),
        };
        let count = refuse("another count of byte strings than it must have");
        let output = match (&self.gives, response.as_slice()) {
            (Gives::Bytes(fields), strings) if fields.len() == strings.len() => {
                fields.iter().copied().zip(response).collect()
            }
            (Gives::Flag, [one]) if flag(one)? => Output::new(),
            (Gives::Flag, [_]) => {
                let key = matches!(question.op, Op::CheckEk | Op::CheckDk);
                return Ok(Answer::Reject(if key { Reason::Other } else { Reason::Tag }));
            }
            (Gives::Sealed, [one]) => {
                let at = one.len().checked_sub(tag_len(&question.input));
                let (ct, tag) = at.and_then(|at| one.split_at_checked(at)).ok_or_else(|| refuse("no whole tag"))?;
                Output::from([(Field::Ct, ct.to_vec()), (Field::Tag, tag.to_vec())])
            }
            (Gives::Opened, [one, msg]) if flag(one)? => Output::from([(Field::Msg, msg.clone())]),
            (Gives::Opened, [_, msg]) if msg.is_empty() => return Ok(Answer::Reject(Reason::Tag)),
            (Gives::Opened, [_, _]) => return Err(refuse("a plaintext beside a refusal")),
            _ => return Err(count),
        };
        Ok(Answer::Output(output))
    }

    /// An answer as a response; none if there is no way to say it.
    fn response(&self, answer: &Answer) -> Option<Vec<Vec<u8>>> {
        let bytes = |output: &Output, field| output.get(&field).cloned();
        match (&self.gives, answer) {
            (Gives::Bytes(fields), Answer::Output(output)) => {
                fields.iter().map(|field| bytes(output, *field)).collect()
            }
            (Gives::Flag, Answer::Output(_)) => Some(vec![vec![1]]),
            (Gives::Flag, Answer::Reject(_)) => Some(vec![vec![0]]),
            (Gives::Sealed, Answer::Output(output)) => {
                Some(vec![[bytes(output, Field::Ct)?, bytes(output, Field::Tag)?].concat()])
            }
            (Gives::Opened, Answer::Output(output)) => Some(vec![vec![1], bytes(output, Field::Msg)?]),
            (Gives::Opened, Answer::Reject(_)) => Some(vec![vec![0], vec![]]),
            _ => None,
        }
    }
}

/// The bytes of a frame.
fn frame(strings: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = u32_le(strings.len());
    bytes.extend(strings.iter().flat_map(|string| u32_le(string.len())));
    bytes.extend(strings.iter().flatten());
    bytes
}

/// Reads a frame. One that the input ends in is no frame: who wrote it died.
fn read_frame(input: &mut dyn BufRead) -> Result<Option<Vec<Vec<u8>>>, Fault> {
    fn number(input: &mut dyn BufRead) -> Option<u32> {
        let mut bytes = [0; 4];
        input.read_exact(&mut bytes).ok()?;
        Some(u32::from_le_bytes(bytes))
    }
    let Some(count) = number(input) else { return Ok(None) };
    if count > STRINGS {
        return Err(Fault::Protocol(format!("a frame of {count} byte strings, over {STRINGS}")));
    }
    let mut lengths = Vec::new();
    for _ in 0..count {
        let Some(length) = number(input).and_then(|length| usize::try_from(length).ok()) else { return Ok(None) };
        lengths.push(length);
    }
    let total = lengths.iter().fold(0_usize, |total, length| total.saturating_add(*length));
    if total > FRAME_CAP {
        return Err(Fault::Protocol(format!("a frame of {total} bytes, over {FRAME_CAP}")));
    }
    let mut strings = Vec::new();
    for length in lengths {
        let mut string = Vec::new();
        let read = input.take(u64::try_from(length).unwrap_or(u64::MAX)).read_to_end(&mut string);
        if read.ok() != Some(length) {
            return Ok(None);
        }
        strings.push(string);
    }
    Ok(Some(strings))
}

/// The protocol, with what the wrapper's configuration declares.
#[derive(PartialEq)]
struct Wrapper {
    name: String,
    /// Each with the part of the configuration that bounds its parameters.
    declared: Vec<(Alg, Op, Json)>,
}

impl Wrapper {
    fn declares(&self, alg: Alg, op: Op) -> bool {
        self.declared.iter().any(|(a, o, _)| (*a, *o) == (alg, op))
    }

    fn command(process: &mut Process<Vec<Vec<u8>>>, question: &Question) -> Result<Answer, Fault> {
        let Some(row) = row(question.alg, question.op) else { return Ok(Answer::Unsupported(Lack::Op)) };
        process.send(frame(&row.request(question)))?;
        bounded(question, row.answer(question, process.receive()?)?)
    }
}

impl Peer for Wrapper {
    type Message = Vec<Vec<u8>>;

    const READER: Reader<Vec<Vec<u8>>> = read_frame;

    fn greet(process: &mut Process<Vec<Vec<u8>>>, command: &[String], _: &Options) -> Result<Self, Fault> {
        process.send(frame(&[b"getConfig".to_vec()]))?;
        let config = process.receive()?.into_iter().next().unwrap_or_default();
        let config: Vec<Json> = serde_json::from_slice(&config)
            .map_err(|error| Fault::Protocol(format!("its configuration: {error}: {}", excerpt(&config))))?;
        let program = command.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
        Ok(Self { name: program.to_string_lossy().into_owned(), declared: read_config(&config) })
    }

    fn lack(&self, question: &Question) -> Option<Lack> {
        let Question { alg, op, .. } = *question;
        if !self.declared.iter().any(|(a, ..)| *a == alg) {
            return Some(Lack::Alg);
        }
        if !self.declares(alg, op) {
            return Some(Lack::Op);
        }
        if key_form(question) == Some(KeyForm::Seed) && !self.declares(alg, Op::Keygen) {
            return Some(Lack::Key);
        }
        let entries = self.declared.iter().filter(|(a, o, _)| (*a, *o) == (alg, op));
        let declared = entries.map(|(.., entry)| entry).any(|entry| in_bounds(entry, question));
        (!declared || !lengths_fit(question)).then_some(Lack::Param)
    }

    fn ask(&self, process: &mut Process<Vec<Vec<u8>>>, question: &Question) -> Result<Answer, Fault> {
        let question = match expanded(question, |keygen| Self::command(process, keygen))? {
            Ok(question) => question,
            Err(answer) => return Ok(answer),
        };
        let Question { alg, op, .. } = question;
        let check = match op {
            Op::Encaps => Some((Op::CheckEk, Field::Ek)),
            Op::Decaps => Some((Op::CheckDk, Field::Dk)),
            _ => None,
        };
        if let Some((op, key)) = check.filter(|(op, _)| self.declares(alg, *op)) {
            let input = Input::new().with(key, question.input.bytes(key));
            let answer = Self::command(process, &Question { alg, op, input })?;
            if matches!(answer, Answer::Reject(_)) {
                return Ok(answer);
            }
        }
        Self::command(process, &question)
    }
}

/// Whether the inputs have the lengths that a wrapper goes on with.
fn lengths_fit(question: &Question) -> bool {
    let Question { alg, op, ref input } = *question;
    let Some(sizes) = alg.lengths() else { return true };
    if matches!(op, Op::CheckEk | Op::CheckDk) {
        return true;
    }
    let seed = if alg.family() == Family::MlKem { 64 } else { 32 };
    let lengths = [
        (Field::Seed, seed),
        (Field::Ek, sizes.public),
        (Field::Pk, sizes.public),
        (Field::Dk, sizes.private),
        (Field::Sk, sizes.private),
        (Field::C, sizes.result),
        (Field::Sig, sizes.result),
        (Field::M, 32),
        (Field::Rnd, 32),
        (Field::Mu, 64),
    ];
    lengths.iter().all(|(field, length)| input.get(*field).is_none_or(|bytes| bytes.len() == *length))
}

/// Whether what is declared covers the lengths of a question.
fn in_bounds(entry: &Json, question: &Question) -> bool {
    let input = &question.input;
    let bytes = |field| input.bytes(field).len();
    let mu = input.get(Field::Mu).is_some();
    let lengths: &[(&str, usize)] = match question.alg.family() {
        Family::Hash if question.op == Op::Monte => &[],
        Family::Hash => &[("messageLength", bytes(Field::Msg))],
        Family::Xof => {
            &[("outputLen", input.number(Field::Len).and_then(|len| usize::try_from(len).ok()).unwrap_or(usize::MAX))]
        }
        Family::Aead => &[
            ("ivLen", bytes(Field::Nonce)),
            ("tagLen", tag_len(input)),
            ("payloadLen", bytes(Field::Msg).max(bytes(Field::Ct))),
            ("aadLen", bytes(Field::Aad)),
        ],
        Family::MlDsa if question.op != Op::Keygen && !mu => {
            &[("messageLength", bytes(Field::Msg)), ("contextLength", bytes(Field::Ctx))]
        }
        _ => &[],
    };
    lengths.iter().all(|(key, length)| allows(entry.get(key), length.saturating_mul(8)))
}

/// Whether a number of bits is in one of ACVP's domains: a number, a range, or a list of both.
fn allows(domain: Option<&Json>, bits: usize) -> bool {
    let bits = u64::try_from(bits).unwrap_or(u64::MAX);
    match domain {
        None => true,
        Some(Json::Array(domains)) => domains.iter().any(|domain| match domain {
            Json::Object(range) => {
                let number = |key| range.get(key).and_then(Json::as_u64);
                let (min, max) = (number("min").unwrap_or(0), number("max").unwrap_or(u64::MAX));
                let step = number("increment").unwrap_or(1).max(1);
                (min..=max).contains(&bits) && bits.wrapping_sub(min).checked_rem(step) == Some(0)
            }
            one => one.as_u64() == Some(bits),
        }),
        Some(one) => one.as_u64() == Some(bits),
    }
}

/// Whether a list in the configuration holds a value.
fn lists(entry: &Json, key: &str, value: &Json) -> bool {
    entry.get(key).and_then(Json::as_array).is_some_and(|list| list.contains(value))
}

/// What a configuration declares. Other algorithms and keys are for ACVP's servers.
fn read_config(config: &[Json]) -> Vec<(Alg, Op, Json)> {
    let mut declared = Vec::new();
    for entry in config {
        let text = |key| entry.get(key).and_then(Json::as_str).unwrap_or_default();
        let bits = |alg| key_bits(alg).into();
        for (alg, op) in pairs().filter(|(alg, op)| row(*alg, *op).is_some()) {
            let name = acvp_name(alg);
            let set = Json::from(alg.name());
            let bounds = match (alg.family(), text("algorithm"), text("mode")) {
                (Family::Hash | Family::Xof, algorithm, _) => (algorithm == name).then_some(entry),
                (Family::Aead, "ACVP-AES-GCM", _) => {
                    let direction = if op == Op::Seal { "encrypt" } else { "decrypt" };
                    let ours = lists(entry, "keyLen", &bits(alg)) && lists(entry, "direction", &direction.into());
                    (ours && text("ivGen") != "internal").then_some(entry)
                }
                (Family::Hkdf, "KDA", "HKDF") => {
                    lists(entry, "hmacAlg", &name.replace("HKDF/", "").into()).then_some(entry)
                }
                (Family::MlKem | Family::MlDsa, "ML-KEM" | "ML-DSA", "keyGen") => {
                    (op == Op::Keygen && lists(entry, "parameterSets", &set)).then_some(entry)
                }
                (Family::MlKem, "ML-KEM", "encapDecap") => {
                    let function = match op {
                        Op::Encaps => "encapsulation",
                        Op::Decaps => "decapsulation",
                        Op::CheckEk => "encapsulationKeyCheck",
                        Op::CheckDk => "decapsulationKeyCheck",
                        _ => continue,
                    };
                    let ours = lists(entry, "parameterSets", &set) && lists(entry, "functions", &function.into());
                    ours.then_some(entry)
                }
                (Family::MlDsa, "ML-DSA", mode @ ("sigGen" | "sigVer")) => {
                    let (mode_of, interface, mu) = match op {
                        Op::SignInternal => ("sigGen", "internal", false),
                        Op::SignMu => ("sigGen", "internal", true),
                        Op::Sign => ("sigGen", "external", false),
                        Op::VerifyInternal => ("sigVer", "internal", false),
                        Op::VerifyMu => ("sigVer", "internal", true),
                        Op::Verify => ("sigVer", "external", false),
                        _ => continue,
                    };
                    // The command does not say which interface it means: where both are there, it is internal.
                    let both = lists(entry, "signatureInterfaces", &"internal".into()) && interface == "external";
                    let interface = lists(entry, "signatureInterfaces", &interface.into()) && !both;
                    let external_mu = !mu || lists(entry, "externalMu", &true.into());
                    let capabilities = entry.get("capabilities").and_then(Json::as_array);
                    let capability =
                        capabilities.and_then(|all| all.iter().find(|one| lists(one, "parameterSets", &set)));
                    capability.filter(|_| mode == mode_of && interface && external_mu)
                }
                (Family::EdDsa, "EDDSA", mode @ ("sigGen" | "sigVer")) => {
                    let ours = (op == Op::Sign) == (mode == "sigGen");
                    (ours && lists(entry, "curve", &"ED-25519".into())).then_some(entry)
                }
                _ => None,
            };
            declared.extend(bounds.map(|bounds| (alg, op, bounds.clone())));
        }
    }
    declared
}

/// The configuration of an implementation.
fn write_config(offers: &dyn Fn(Alg, Op) -> bool) -> Json {
    let range = |min: u32, max: u32| json!([{"min": min, "max": max, "increment": 8}]);
    let mut config = Vec::new();
    for alg in Alg::ALL.iter().copied() {
        let name = acvp_name(alg);
        let has = |op| offers(alg, op);
        match alg.family() {
            Family::Hash if has(Op::Hash) && has(Op::Monte) => {
                config.push(json!({"algorithm": name, "revision": "1.0", "messageLength": range(0, 65528)}));
            }
            Family::Xof if has(Op::Hash) => {
                config.push(json!({"algorithm": name, "revision": "1.0", "inBit": false, "outBit": false,
                    "inEmpty": true, "outputLen": range(16, 65536)}));
            }
            Family::Aead if has(Op::Seal) || has(Op::Open) => {
                let directions = [(Op::Seal, "encrypt"), (Op::Open, "decrypt")];
                let directions: Vec<_> = directions.iter().filter(|(op, _)| has(*op)).map(|(_, name)| name).collect();
                config.push(json!({"algorithm": "ACVP-AES-GCM", "revision": "1.0", "direction": directions,
                    "keyLen": [key_bits(alg)], "payloadLen": range(0, 65536), "aadLen": range(0, 65536),
                    "tagLen": [128], "ivLen": [96], "ivGen": "external"}));
            }
            Family::Hkdf if has(Op::Derive) => {
                config.push(json!({"algorithm": "KDA", "mode": "HKDF", "revision": "Sp800-56Cr1",
                    "hmacAlg": [name.replace("HKDF/", "")]}));
            }
            family @ (Family::MlKem | Family::MlDsa) => {
                let algorithm = if family == Family::MlKem { "ML-KEM" } else { "ML-DSA" };
                let revision = if family == Family::MlKem { "FIPS203" } else { "FIPS204" };
                if has(Op::Keygen) {
                    config.push(json!({"algorithm": algorithm, "mode": "keyGen", "revision": revision,
                        "parameterSets": [alg.name()]}));
                }
                let functions = [
                    (Op::Encaps, "encapsulation"),
                    (Op::Decaps, "decapsulation"),
                    (Op::CheckEk, "encapsulationKeyCheck"),
                    (Op::CheckDk, "decapsulationKeyCheck"),
                ];
                let functions: Vec<_> = functions.iter().filter(|(op, _)| has(*op)).map(|(_, name)| name).collect();
                if !functions.is_empty() {
                    config.push(json!({"algorithm": algorithm, "mode": "encapDecap", "revision": revision,
                        "parameterSets": [alg.name()], "functions": functions}));
                }
                for (mode, internal, mu) in
                    [("sigGen", Op::SignInternal, Op::SignMu), ("sigVer", Op::VerifyInternal, Op::VerifyMu)]
                {
                    if has(internal) {
                        let external_mu = if has(mu) { vec![false, true] } else { vec![false] };
                        config.push(json!({"algorithm": algorithm, "mode": mode, "revision": revision,
                            "deterministic": [true, false], "signatureInterfaces": ["internal"],
                            "externalMu": external_mu, "capabilities": [{
                                "parameterSets": [alg.name()], "messageLength": range(8, 65536)}]}));
                    }
                }
            }
            Family::EdDsa => {
                for (mode, op) in [("sigGen", Op::Sign), ("sigVer", Op::Verify)] {
                    if has(op) {
                        config.push(json!({"algorithm": name, "mode": mode, "revision": "1.0", "pure": true,
                            "preHash": false, "curve": ["ED-25519"]}));
                    }
                }
            }
            _ => {}
        }
    }
    Json::Array(config)
}

/// Answers `acvptool` for an implementation until the input ends. Gives how many commands were answered. Of
/// ML-DSA the internal interface is offered, as BoringSSL's own wrapper does.
///
/// # Errors
/// Those of the input and the output; and, as the protocol has it, everything that has no response: an
/// unknown command, and an answer that is neither results nor a flag.
pub fn serve_modulewrapper(
    implementation: &dyn Implementation,
    mut input: impl BufRead,
    mut output: impl Write,
) -> io::Result<u64> {
    // The wire has no room for a key pair without its expanded key: who keeps that to itself makes none here.
    let gives_pairs = |alg: Alg| {
        let seed = vec![0; if alg.family() == Family::MlKem { 64 } else { 32 }];
        let question = Question { alg, op: Op::Keygen, input: Input::new().with(Field::Seed, seed) };
        row(alg, Op::Keygen).is_some_and(|row| row.response(&answer(implementation, &question)).is_some())
    };
    let offered: Vec<_> = pairs()
        .filter(|(alg, op)| !matches!((alg.family(), op), (Family::MlDsa, Op::Sign | Op::Verify)))
        .filter(|(alg, op)| implementation.offers(*alg, *op))
        .filter(|(alg, op)| {
            *op != Op::Keygen || !matches!(alg.family(), Family::MlKem | Family::MlDsa) || gives_pairs(*alg)
        })
        .collect();
    let offers = |alg: Alg, op: Op| offered.contains(&(alg, op));
    let mut answered = 0_u64;
    while let Some(request) = read_frame(&mut input).map_err(|fault| io::Error::other(fault.to_string()))? {
        let name = excerpt(request.first().map(Vec::as_slice).unwrap_or_default());
        let response = if name == "getConfig" {
            vec![write_config(&offers).to_string().into_bytes()]
        } else {
            let asked = offered.iter().find_map(|(alg, op)| {
                let row = row(*alg, *op)?;
                row.question(*alg, *op, &request).map(|question| (row, question))
            });
            let (row, question) = asked.ok_or_else(|| io::Error::other(format!("no command `{name}` of that form")))?;
            let answer = answer(implementation, &question);
            row.response(&answer).ok_or_else(|| {
                // Never the answer itself, which may be a key.
                let why = match answer {
                    Answer::Output(_) => "an answer that lacks an output".into(),
                    Answer::Reject(reason) => format!("a refusal ({reason})"),
                    Answer::Unsupported(lack) => format!("what is not offered ({lack})"),
                    Answer::Error(error) => error,
                };
                io::Error::other(format!("`{name}` has no response for {why}"))
            })?
        };
        answered = answered.saturating_add(1);
        output.write_all(&frame(&response))?;
        output.flush()?;
    }
    Ok(answered)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn frames_of_aes_gcm_are_the_ones_of_acvptool() {
        let input = Input::new()
            .with(Field::Key, [1; 16])
            .with(Field::Nonce, [2; 12])
            .with(Field::Aad, *b"a")
            .with(Field::Ct, *b"cipher")
            .with(Field::Tag, [3; 16]);
        let open = Question { alg: Alg::Aes128Gcm, op: Op::Open, input };
        let row = row(open.alg, open.op).unwrap();
        let request = row.request(&open);
        assert_eq!(request[0], b"AES-GCM/open");
        assert_eq!(request[1], [16, 0, 0, 0]);
        assert_eq!(request[3], [&b"cipher"[..], &[3; 16]].concat());
        assert_eq!(row.question(open.alg, open.op, &request).as_ref(), Some(&open));
        assert_eq!(row.question(Alg::Aes256Gcm, open.op, &request), None, "the key is of another length");
        let msg = Answer::Output(Output::from([(Field::Msg, b"plain!".to_vec())]));
        for answer in [msg, Answer::Reject(Reason::Tag)] {
            assert_eq!(row.answer(&open, row.response(&answer).unwrap()), Ok(answer));
        }
        assert!(row.answer(&open, vec![vec![0], b"plain!".to_vec()]).is_err(), "a plaintext beside a refusal");
        let mut bytes = frame(&request);
        assert_eq!(bytes[..8], [6, 0, 0, 0, 12, 0, 0, 0]);
        assert_eq!(read_frame(&mut Cursor::new(&bytes)), Ok(Some(request)));
        bytes.pop();
        assert_eq!(read_frame(&mut Cursor::new(&bytes)), Ok(None), "cut short");
        assert!(read_frame(&mut Cursor::new([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])).is_err(), "too long");
    }

    #[test]
    fn what_is_not_declared_is_not_asked() {
        let config = json!([
            {"algorithm": "acvptool", "features": ["batch"]},
            {"algorithm": "SHA2-256", "revision": "1.0", "messageLength": [{"min": 8, "max": 16, "increment": 8}]},
            {"algorithm": "ACVP-AES-GCM", "direction": ["encrypt"], "keyLen": [128], "ivLen": [96], "ivGen": "internal"},
            {"algorithm": "ACVP-AES-GCM", "direction": ["decrypt"], "keyLen": [128, 256], "ivLen": [96],
             "tagLen": [64, 128], "ivGen": "external"},
            {"algorithm": "ML-DSA", "mode": "sigVer", "signatureInterfaces": ["external"], "externalMu": [false],
             "capabilities": [{"parameterSets": ["ML-DSA-65"], "contextLength": [{"min": 0, "max": 8}]}]},
        ]);
        let wrapper = Wrapper { name: "w".into(), declared: read_config(config.as_array().unwrap()) };
        let lack = |alg, op, inputs: &[(Field, usize)]| {
            let input = inputs.iter().fold(Input::new(), |input, (field, length)| input.with(*field, vec![0; *length]));
            wrapper.lack(&Question { alg, op, input })
        };
        use Field::{Aad, Ct, Ctx, Key, Msg, Nonce, Pk, Sig, Tag};
        assert_eq!(lack(Alg::Sha256, Op::Hash, &[(Msg, 2)]), None);
        assert_eq!(lack(Alg::Sha256, Op::Hash, &[(Msg, 3)]), Some(Lack::Param));
        assert_eq!(lack(Alg::Sha512, Op::Hash, &[(Msg, 1)]), Some(Lack::Alg));
        let open =
            |nonce, tag| lack(Alg::Aes256Gcm, Op::Open, &[(Key, 32), (Nonce, nonce), (Aad, 0), (Ct, 0), (Tag, tag)]);
        assert_eq!([open(12, 16), open(12, 8)], [None; 2]);
        assert_eq!([open(11, 16), open(12, 4)], [Some(Lack::Param); 2]);
        assert_eq!(lack(Alg::Aes128Gcm, Op::Seal, &[]), Some(Lack::Op), "nonces of its own");
        let verify = |ctx| lack(Alg::MlDsa65, Op::Verify, &[(Pk, 1952), (Msg, 1), (Ctx, ctx), (Sig, 3309)]);
        assert_eq!([verify(1), verify(2)], [None, Some(Lack::Param)]);
        assert_eq!(lack(Alg::MlDsa65, Op::VerifyInternal, &[]), Some(Lack::Op));
        assert_eq!(lack(Alg::MlDsa44, Op::Verify, &[]), Some(Lack::Alg));
    }
}
