#!/usr/bin/env node
// A harness of kat/1 in JavaScript: answers known-answer questions, one JSON object a line. See README.md.
//
// Put your library behind the functions of `operations`. Each takes the inputs of its operation by name (a
// Buffer, or a number such as `len`) and gives its outputs by name, as Buffers or Uint8Arrays. Throw Reject for a
// bad input and Unsupported for what your library cannot do; anything else that is thrown counts as a crash, and
// never as a rejection.

import { createHash } from "node:crypto";
import { createInterface } from "node:readline";

/** The input is bad: modulus, length, hash, point, zero, tag, encoding, ctx or other. */
class Reject extends Error {}

/** The library does not offer this: alg, op, param, key or derand. */
class Unsupported extends Error {}

// --- Your library ------------------------------------------------------------------------------------------------

const sha3_256 = ({ msg }) => ({ digest: createHash("sha3-256").update(msg).digest() });

const shake256 = ({ msg, len }) => {
  if (len === 0) throw new Unsupported("param"); // some builds of OpenSSL give no empty output
  return { digest: createHash("shake256", { outputLength: len }).update(msg).digest() };
};

// An example of a KEM, for a module `mylib`:
//
//   const encaps = ({ ek, m }) => {
//     if (ek.length !== 1184) throw new Reject("length");
//     const { ciphertext, secret } = mylib.encapsulate(ek, m);
//     return { c: ciphertext, K: secret };
//   };
//
//   { alg: "ML-KEM-768", op: "encaps", answer: encaps },

// `key` names the forms of private keys that an operation takes, where it takes one: "seed", "expanded".
const operations = [
  { alg: "SHA3-256", op: "hash", answer: sha3_256 },
  { alg: "SHAKE256", op: "hash", answer: shake256 },
];
const impl = { name: "my-library", version: "0.1.0", build: `node ${process.version}` };
const derand = true; // whether encapsulation and signing take the randomness that they are given

// --- The protocol ------------------------------------------------------------------------------------------------

function hello() {
  const caps = operations.map(({ alg, op, key }) => ({ alg, op, key }));
  return { kat: 1, impl, caps, derand, inflight: 8 };
}

/** All texts are hex but the name of a hash. */
function decode(name, value) {
  if (typeof value !== "string" || name === "hash") return value;
  const bytes = Buffer.from(value, "hex"); // stops at what is not hex
  if (bytes.length * 2 !== value.length) throw new Error(`${name} is not hex`);
  return bytes;
}

function answer(question) {
  const known = operations.filter(({ alg }) => alg === question.alg);
  const operation = known.find(({ op }) => op === question.op);
  if (!operation) return { unsupported: known.length > 0 ? "op" : "alg" };
  try {
    const input = {};
    for (const [name, value] of Object.entries(question.in)) input[name] = decode(name, value);
    const out = {};
    for (const [name, value] of Object.entries(operation.answer(input))) {
      out[name] = Buffer.from(value).toString("hex");
    }
    return { out };
  } catch (error) {
    if (error instanceof Reject) return { reject: error.message };
    if (error instanceof Unsupported) return { unsupported: error.message };
    return { error: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const reply = "hello" in request ? hello() : { id: request.id, ...answer(request) };
  process.stdout.write(JSON.stringify(reply) + "\n");
}
