//! Twinlock's side of `scripts/peers.sh` where there is no command for it: bare KEMs, and HPKE with X-Wing.
//!
//! Each line of stdin is a question, and gets a line on stdout. Bytes are hex, `-` is none of them; keys are raw.
//!
//! ```text
//! encapsulate KEM PUBLIC                                   ok CIPHERTEXT SECRET
//! decapsulate KEM SEED CIPHERTEXT                          ok SECRET
//! seal KDF:AEAD PUBLIC INFO CONTEXT (AAD MESSAGE)…         ok ENCAPSULATION EXPORTED CIPHERTEXT…
//! derive - IKM                                             ok SEED
//! open KDF:AEAD SEED INFO CONTEXT ENCAPSULATION (AAD CIPHERTEXT)…   ok EXPORTED MESSAGE…
//! ```
//!
//! KDF and AEAD are HPKE's numbers; 32 bytes are exported for CONTEXT. What is refused gets `no` and the reason.

use std::{
    error::Error,
    io::{BufRead as _, Write as _, stdin, stdout},
};

use twinlock::{
    hpke::{self, OpenContext, SealContext, Suite},
    ids::{AEAD_TAG_LEN, Aead, Hash, Kem},
    kem::{DecapsulationKey, EncapsulationKey},
    provider::{RUST, SystemRng},
    secret::Seed,
};

const EXPORT_LEN: usize = 32;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut out = stdout();
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match answer(&words) {
            Ok(values) => {
                let values: Vec<String> = values.iter().map(|bytes| to_hex(bytes)).collect();
                writeln!(out, "ok {}", values.join(" "))?;
            }
            Err(reason) => writeln!(out, "no {reason}")?,
        }
        out.flush()?;
    }
    Ok(())
}

fn answer(words: &[&str]) -> Outcome<Vec<Vec<u8>>> {
    let [op, of, values @ ..] = words else { return Err("a question has an operation and an algorithm".into()) };
    let values = values.iter().map(|text| from_hex(text)).collect::<Outcome<Vec<_>>>()?;
    match (*op, values.as_slice()) {
        ("encapsulate", [public]) => {
            let key = EncapsulationKey::from_bytes(RUST, kem(of)?, public)?;
            let (ciphertext, secret) = key.encapsulate(&mut SystemRng)?;
            Ok(vec![ciphertext, secret.secret_bytes().to_vec()])
        }
        ("decapsulate", [seed, ciphertext]) => {
            let secret = own(kem(of)?, seed)?.decapsulate(ciphertext)?;
            Ok(vec![secret.secret_bytes().to_vec()])
        }
        ("derive", [ikm]) => Ok(vec![hpke::derive_seed(RUST, ikm)?.secret_bytes().to_vec()]),
        ("seal", [public, info, context, messages @ ..]) => {
            let key = EncapsulationKey::from_bytes(RUST, Kem::XWing, public)?;
            let (encapsulation, mut sender) = SealContext::new(&key, suite(of)?, info, &mut SystemRng)?;
            let exported = sender.export(context, EXPORT_LEN)?;
            let mut answer = vec![encapsulation, exported.secret_bytes().to_vec()];
            for (aad, message) in pairs(messages)? {
                let mut sealed = message.clone();
                let tag = sender.seal(aad, &mut sealed)?;
                sealed.extend(tag);
                answer.push(sealed);
            }
            Ok(answer)
        }
        ("open", [seed, info, context, encapsulation, messages @ ..]) => {
            let key = own(Kem::XWing, seed)?;
            let mut recipient = OpenContext::new(&key, suite(of)?, info, encapsulation)?;
            let mut answer = vec![recipient.export(context, EXPORT_LEN)?.secret_bytes().to_vec()];
            for (aad, sealed) in pairs(messages)? {
                let (message, tag) = sealed.split_last_chunk::<AEAD_TAG_LEN>().ok_or("shorter than a tag")?;
                let mut message = message.to_vec();
                recipient.open(aad, &mut message, tag)?;
                answer.push(message);
            }
            Ok(answer)
        }
        _ => Err("no such question".into()),
    }
}

fn own(kem: Kem, seed: &[u8]) -> Outcome<DecapsulationKey> {
    Ok(DecapsulationKey::from_seed(RUST, kem, Seed::from_slice(seed))?)
}

fn kem(name: &str) -> Outcome<Kem> {
    let named = Kem::ALL.into_iter().find(|kem| kem.name().eq_ignore_ascii_case(name));
    Ok(named.ok_or("no such KEM")?)
}

fn suite(numbers: &str) -> Outcome<Suite> {
    let (kdf, aead) = numbers.split_once(':').ok_or("a suite is KDF:AEAD")?;
    let (kdf, aead): (u16, u16) = (kdf.parse()?, aead.parse()?);
    let kdf = Hash::ALL.into_iter().find(|hash| hash.hpke_kdf_id() == Some(kdf)).ok_or("no such KDF")?;
    let aead = Aead::ALL.into_iter().find(|own| own.hpke_id() == aead).ok_or("no such AEAD")?;
    Ok(Suite { kdf, aead })
}

fn pairs(values: &[Vec<u8>]) -> Outcome<impl Iterator<Item = (&Vec<u8>, &Vec<u8>)>> {
    let (pairs, rest) = values.as_chunks();
    if rest.is_empty() { Ok(pairs.iter().map(|[aad, data]| (aad, data))) } else { Err("half a message".into()) }
}

fn to_hex(bytes: &[u8]) -> String {
    if bytes.is_empty() { "-".into() } else { bytes.iter().map(|byte| format!("{byte:02x}")).collect() }
}

fn from_hex(text: &str) -> Outcome<Vec<u8>> {
    if text == "-" {
        return Ok(Vec::new());
    }
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err("half a byte".into());
    }
    pairs.iter().map(|pair| Ok(u8::from_str_radix(str::from_utf8(pair)?, 16)?)).collect()
}
