//! A harness of kat/1 in Rust: answers known-answer questions, one JSON object a line. See README.md.
//!
//! Put your library behind the functions of [`OPERATIONS`]. Each takes the inputs of its operation by name and
//! gives its outputs by name. [`Failure`] says what else an answer can be; an `Error` counts as a crash, and never
//! as a rejection.

use std::io::{self, BufRead, Write};

use data_encoding::HEXLOWER;
use ml_kem::{
    B32, DecapsulationKey768, EncapsulationKey768, Seed,
    kem::{Decapsulate, KeyExport, TryKeyInit},
};
use serde_json::{Map, Value, json};

/// Why there are no outputs.
enum Failure {
    /// The input is bad: modulus, length, hash, point, zero, tag, encoding, ctx or other.
    Reject(&'static str),
    /// The library does not offer this: alg, op, param, key or derand.
    Unsupported(&'static str),
    /// It failed without a judgement.
    Error(String),
}

type Output = Vec<(&'static str, Vec<u8>)>;
type Answer = fn(&Input<'_>) -> Result<Output, Failure>;

// --- Your library ------------------------------------------------------------------------------------------------

fn keygen(input: &Input<'_>) -> Result<Output, Failure> {
    let dk = decapsulation_key(input)?;
    Ok(vec![("ek", dk.encapsulation_key().to_bytes().to_vec())]) // `dk`, the expanded key, may be left out
}

fn encaps(input: &Input<'_>) -> Result<Output, Failure> {
    let (ek, m) = (input.bytes("ek")?, input.bytes("m")?);
    let m = B32::try_from(m.as_slice()).map_err(|_| Failure::Reject("length"))?;
    let key = EncapsulationKey768::new_from_slice(&ek)
        .map_err(|_| Failure::Reject(if ek.len() == 1184 { "modulus" } else { "length" }))?;
    let (c, secret) = key.encapsulate_deterministic(&m);
    Ok(vec![("c", c.to_vec()), ("K", secret.to_vec())])
}

fn decaps(input: &Input<'_>) -> Result<Output, Failure> {
    let dk = decapsulation_key(input)?;
    let secret = dk.decapsulate_slice(&input.bytes("c")?).map_err(|_| Failure::Reject("length"))?;
    Ok(vec![("K", secret.to_vec())])
}

fn decapsulation_key(input: &Input<'_>) -> Result<DecapsulationKey768, Failure> {
    if !input.has("seed") {
        return Err(Failure::Unsupported("key")); // asked with an expanded key
    }
    let seed = Seed::try_from(input.bytes("seed")?.as_slice()).map_err(|_| Failure::Reject("length"))?;
    Ok(DecapsulationKey768::from_seed(seed))
}

/// Algorithm, operation, the forms of private keys that it takes where it takes one ("seed", "expanded").
const OPERATIONS: &[(&str, &str, &[&str], Answer)] = &[
    ("ML-KEM-768", "keygen", &[], keygen),
    ("ML-KEM-768", "encaps", &[], encaps),
    ("ML-KEM-768", "decaps", &["seed"], decaps),
];
const NAME: &str = "my-library";
const VERSION: &str = "0.1.0";
const BUILD: &str = if cfg!(debug_assertions) { "debug" } else { "release" };
/// Whether encapsulation and signing take the randomness that they are given.
const DERAND: bool = true;

// --- The protocol ------------------------------------------------------------------------------------------------

/// The inputs of a question by name. A number is read from the map with `as_u64`, the name of a hash with `as_str`.
struct Input<'a>(&'a Map<String, Value>);

impl Input<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let hex = self.0.get(name).and_then(Value::as_str).unwrap_or("?");
        HEXLOWER.decode(hex.as_bytes()).map_err(|_| Failure::Error(format!("{name} is not hex")))
    }
}

fn hello() -> Value {
    let cap = |&(alg, op, keys, _): &(&str, &str, &[&str], Answer)| {
        if keys.is_empty() { json!({ "alg": alg, "op": op }) } else { json!({ "alg": alg, "op": op, "key": keys }) }
    };
    let caps: Vec<Value> = OPERATIONS.iter().map(cap).collect();
    let about = json!({ "name": NAME, "version": VERSION, "build": BUILD });
    json!({ "kat": 1, "impl": about, "caps": caps, "derand": DERAND, "inflight": 8 })
}

fn answer(question: &Value) -> Value {
    let text = |name| question.get(name).and_then(Value::as_str).unwrap_or_default();
    let (alg, op, id) = (text("alg"), text("op"), question.get("id"));
    let Some(&(.., function)) = OPERATIONS.iter().find(|known| (known.0, known.1) == (alg, op)) else {
        let lack = if OPERATIONS.iter().any(|known| known.0 == alg) { "op" } else { "alg" };
        return json!({ "id": id, "unsupported": lack });
    };
    let none = Map::new();
    let input = question.get("in").and_then(Value::as_object).unwrap_or(&none);
    match function(&Input(input)) {
        Ok(out) => {
            let hex = |(name, bytes): (&str, Vec<u8>)| (name.to_owned(), HEXLOWER.encode(&bytes).into());
            let out: Map<String, Value> = out.into_iter().map(hex).collect();
            json!({ "id": id, "out": out })
        }
        Err(Failure::Reject(reason)) => json!({ "id": id, "reject": reason }),
        Err(Failure::Unsupported(lack)) => json!({ "id": id, "unsupported": lack }),
        Err(Failure::Error(text)) => json!({ "id": id, "error": text }),
    }
}

fn main() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let reply = if request.get("hello").is_some() { hello() } else { answer(&request) };
        writeln!(output, "{reply}")?;
        output.flush()?;
    }
    Ok(())
}
