#!/bin/sh
# What `twinlock-kat` without its features adds to a user's binary: builds two small programs, one that does
# nothing and one that judges an implementation by one case, and compares them. Exits 1 at 1,000,000 bytes.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
limit=1000000

mkdir -p "$folder/src/bin"
cp "$root/Cargo.lock" "$folder/"
# Cargo's own release profile, stripped as a program that ships is.
cat >"$folder/Cargo.toml" <<TOML
[package]
name = "kat-size"
version = "0.0.0"
edition = "2024"

[dependencies]
twinlock-kat = { path = "$root/kat", default-features = false }

[profile.release]
strip = true

[workspace]
TOML
cat >"$folder/src/bin/without.rs" <<'RUST'
fn main() {
    println!("{}", std::env::args().count());
}
RUST
cat >"$folder/src/bin/with.rs" <<'RUST'
use twinlock_kat::{
    About, Alg, Answer, Case, Expect, Field, Implementation, Input, Op, Options, Output, Question, Set, run,
};

/// Agrees on its own private key.
struct Mine;

impl Implementation for Mine {
    fn about(&self) -> About {
        About::default()
    }

    fn answer(&self, question: &Question) -> Answer {
        Answer::Output(Output::from([(Field::Shared, question.input.bytes(Field::Private).to_vec())]))
    }
}

fn main() {
    let input = Input::new().with(Field::Private, [1; 32]).with(Field::Public, [9; 32]);
    let question = Question { alg: Alg::X25519, op: Op::Agree, input };
    let expect = Expect::Output(Output::from([(Field::Shared, vec![1; 32])]));
    let case = Case { id: "1".into(), note: String::new(), flags: Vec::new(), question, expect };
    let set = Set { name: "one".into(), cases: vec![case], expected: None };
    match run(&Mine, std::iter::once(Ok(set)), &Options::default(), &|_| ()) {
        Ok(report) => println!("{} {}", report.counts(), std::env::args().count()),
        Err(error) => println!("{error}"),
    }
}
RUST

CARGO_TARGET_DIR="$folder/target" cargo build --quiet --release --manifest-path "$folder/Cargo.toml"
"$folder/target/release/with" | grep -q '1 passed, 0 failed'
size() { wc -c <"$folder/target/release/$1" | tr -d ' '; }
without=$(size without)
with=$(size with)
added=$((with - without))
echo "without: $without bytes; with: $with bytes; added: $added bytes, must be under $limit"
test "$added" -lt "$limit"
