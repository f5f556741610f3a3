// @noble/post-quantum, curves, hashes and ciphers in kat/1.
//
// Modules are looked up from where this file lies: copy it beside the node_modules that hold them.

import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p256, p384 } from "@noble/curves/nist.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import * as sha2 from "@noble/hashes/sha2.js";
import * as sha3 from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import * as hybrid from "@noble/post-quantum/hybrid.js";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem1024, ml_kem512, ml_kem768 } from "@noble/post-quantum/ml-kem.js";

class Reject extends Error {}
class Unsupported extends Error {}

const table = new Map();
const add = (alg, op, answer, key) => table.set(`${alg} ${op}`, { alg, op, answer, key });

// The libraries throw Error and RangeError for bad inputs; a TypeError is a mistake of this file or of theirs.
function judged(reason, run) {
  try {
    return run();
  } catch (error) {
    if (error.constructor === Error || error instanceof RangeError) throw new Reject(reason(error.message));
    throw error;
  }
}
const words = (message) =>
  /modulus/.test(message) ? "modulus"
  : /hash/i.test(message) ? "hash"
  : /length|bytes/.test(message) ? "length"
  : /invalid private or public key/.test(message) ? "zero"
  : /point|bad|curve/i.test(message) ? "point"
  : "other";
const context = (message) => (/context/.test(message) ? "ctx" : "length");
const always = (reason) => () => reason;
const verified = (right) => {
  if (!right) throw new Reject("tag");
  return {};
};

function kem(alg, scheme, forms) {
  const { msgRand, secretKey, cipherText } = scheme.lengths;
  add(alg, "keygen", (i) => {
    const keys = judged(words, () => scheme.keygen(i.seed));
    return { ek: keys.publicKey, dk: keys.secretKey };
  });
  add(alg, "encaps", (i) => {
    // The NIST hybrids take a fixed number of candidates for the ephemeral key: zeros are none.
    const m = new Uint8Array(Math.max(msgRand, i.m.length));
    m.set(i.m);
    const { cipherText, sharedSecret } = judged(words, () => scheme.encapsulate(i.ek, m));
    return { c: cipherText, K: sharedSecret };
  });
  add(alg, "decaps", (i) => {
    const dk = i.dk ?? (forms.includes("expanded") ? judged(words, () => scheme.keygen(i.seed)).secretKey : i.seed);
    return { K: judged(words, () => scheme.decapsulate(i.c, dk)) };
  }, forms);
  if (!alg.startsWith("ML-KEM")) return;
  // The library checks keys where it uses them.
  add(alg, "check-ek", (i) => (judged(words, () => scheme.encapsulate(i.ek, new Uint8Array(msgRand))), {}));
  add(alg, "check-dk", (i) => {
    if (i.dk.length !== secretKey) throw new Reject("length");
    judged(words, () => scheme.decapsulate(new Uint8Array(cipherText), i.dk));
    return {};
  });
}

const both = ["seed", "expanded"];
kem("ML-KEM-512", ml_kem512, both);
kem("ML-KEM-768", ml_kem768, both);
kem("ML-KEM-1024", ml_kem1024, both);
kem("X-Wing", hybrid.ml_kem768_x25519, ["seed"]);
kem("MLKEM768-P256", hybrid.ml_kem768_p256, ["seed"]);
kem("MLKEM1024-P384", hybrid.ml_kem1024_p384, ["seed"]);
// RFC 10024 and SSH by the library's own combiner: no expansion of the seed, ML-KEM first.
const concatenation = (length, combine) =>
  hybrid.combineKEMS(undefined, length, (seed) => seed, (_pk, _ct, secrets) => combine(concatBytes(...secrets)),
    ml_kem768, hybrid._ecdhKem(x25519));
kem("X25519MLKEM768", concatenation(64, (secrets) => secrets), ["seed"]);
kem("mlkem768x25519-sha256", concatenation(32, sha2.sha256), ["seed"]);

const PREHASH = {
  "SHA2-224": sha2.sha224,
  "SHA2-256": sha2.sha256,
  "SHA2-384": sha2.sha384,
  "SHA2-512": sha2.sha512,
  "SHA2-512/224": sha2.sha512_224,
  "SHA2-512/256": sha2.sha512_256,
  "SHA3-224": sha3.sha3_224,
  "SHA3-256": sha3.sha3_256,
  "SHA3-384": sha3.sha3_384,
  "SHA3-512": sha3.sha3_512,
  "SHAKE-128": sha3.shake128_32,
  "SHAKE-256": sha3.shake256_64,
};

for (const [alg, scheme] of Object.entries({ "ML-DSA-44": ml_dsa44, "ML-DSA-65": ml_dsa65, "ML-DSA-87": ml_dsa87 })) {
  const sk = (i) => i.sk ?? judged(words, () => scheme.keygen(i.seed)).secretKey;
  // The library refuses a hash that is weaker than the parameter set.
  const prehash = (i) => {
    try {
      return scheme.prehash(PREHASH[i.hash]);
    } catch {
      throw new Unsupported("param");
    }
  };
  const sign = (signer, i, more) => ({
    sig: judged(context, () => signer.sign(i.mu ?? i.msg, sk(i), { extraEntropy: i.rnd, ...more })),
  });
  const verify = (signer, i, more) => verified(judged(context, () => signer.verify(i.sig, i.mu ?? i.msg, i.pk, more)));
  add(alg, "keygen", (i) => {
    const keys = judged(words, () => scheme.keygen(i.seed));
    return { pk: keys.publicKey, sk: keys.secretKey };
  });
  add(alg, "sign", (i) => sign(scheme, i, { context: i.ctx }), both);
  add(alg, "sign-prehash", (i) => sign(prehash(i), i, { context: i.ctx }), both);
  add(alg, "sign-internal", (i) => sign(scheme.internal, i, {}), both);
  add(alg, "sign-mu", (i) => sign(scheme.internal, i, { externalMu: true }), both);
  add(alg, "verify", (i) => verify(scheme, i, { context: i.ctx }));
  add(alg, "verify-prehash", (i) => verify(prehash(i), i, { context: i.ctx }));
  add(alg, "verify-internal", (i) => verify(scheme.internal, i, {}));
  add(alg, "verify-mu", (i) => verify(scheme.internal, i, { externalMu: true }));
}

add("X25519", "keygen", (i) => ({ public: judged(words, () => x25519.getPublicKey(i.private)) }));
add("X25519", "agree", (i) => ({ shared: judged(words, () => x25519.getSharedSecret(i.private, i.public)) }));
for (const [alg, curve] of [["P-256", p256], ["P-384", p384]]) {
  add(alg, "keygen", (i) => ({ public: judged(words, () => curve.getPublicKey(i.private, false)) }));
  add(alg, "agree", (i) => ({
    shared: judged(words, () => curve.getSharedSecret(i.private, i.public).subarray(1)),
  }));
}

add("Ed25519", "keygen", (i) => ({ pk: judged(words, () => ed25519.getPublicKey(i.seed)) }));
add("Ed25519", "sign", (i) => ({ sig: judged(words, () => ed25519.sign(i.msg, i.seed)) }));
// `zip215: false` is RFC 8032; the default is the looser ZIP 215.
add("Ed25519", "verify", (i) => verified(judged(words, () => ed25519.verify(i.sig, i.msg, i.pk, { zip215: false }))));

function monte(alg, hash, seed) {
  let last = [seed, seed, seed];
  for (let round = 0; round < 1000; round++) {
    last = [last[1], last[2], hash(alg.startsWith("SHA3") ? last[2] : concatBytes(...last))];
  }
  return last[2];
}
for (const [acvp, hash] of Object.entries(PREHASH)) {
  if (acvp.startsWith("SHAKE")) continue;
  const alg = acvp.replace("SHA2-", "SHA-");
  add(alg, "hash", (i) => ({ digest: hash(i.msg) }));
  add(alg, "monte", (i) => ({ digest: monte(alg, hash, i.msg) }));
}
add("SHAKE128", "hash", (i) => ({ digest: sha3.shake128(i.msg, { dkLen: i.len }) }));
add("SHAKE256", "hash", (i) => ({ digest: sha3.shake256(i.msg, { dkLen: i.len }) }));
for (const [alg, hash] of [["256", sha2.sha256], ["384", sha2.sha384], ["512", sha2.sha512]]) {
  add(`HKDF-SHA-${alg}`, "derive", (i) => ({ okm: judged(always("length"), () => hkdf(hash, i.ikm, i.salt, i.info, i.len)) }));
}

function aead(alg, cipher, keyLength, nonceFits) {
  const make = (i) => {
    if (i.key.length !== keyLength || i.nonce.length === 0) throw new Reject("length");
    if (!nonceFits(i.nonce.length)) throw new Unsupported("param");
    return judged(always("length"), () => cipher(i.key, i.nonce, i.aad));
  };
  add(alg, "seal", (i) => {
    if ((i.tag_len ?? 16) !== 16) throw new Unsupported("param");
    const sealed = make(i).encrypt(i.msg);
    return { ct: sealed.subarray(0, -16), tag: sealed.subarray(-16) };
  });
  add(alg, "open", (i) => {
    if (i.tag.length !== 16) throw new Unsupported("param");
    const opener = make(i);
    return { msg: judged(always("tag"), () => opener.decrypt(concatBytes(i.ct, i.tag))) };
  });
}
aead("AES-128-GCM", gcm, 16, (length) => length >= 8);
aead("AES-192-GCM", gcm, 24, (length) => length >= 8);
aead("AES-256-GCM", gcm, 32, (length) => length >= 8);
aead("ChaCha20-Poly1305", chacha20poly1305, 32, () => true);

function answer({ alg, op, in: values }) {
  const one = table.get(`${alg} ${op}`);
  if (!one) return { unsupported: [...table.values()].some((known) => known.alg === alg) ? "op" : "alg" };
  try {
    const input = {};
    for (const [name, value] of Object.entries(values)) {
      input[name] = typeof value === "string" && name !== "hash" ? hexToBytes(value) : value;
    }
    if (one.key && input.seed === undefined && !one.key.includes("expanded")) return { unsupported: "key" };
    const out = {};
    for (const [name, value] of Object.entries(one.answer(input))) out[name] = bytesToHex(value);
    return { out };
  } catch (error) {
    if (error instanceof Reject) return { reject: error.message };
    if (error instanceof Unsupported) return { unsupported: error.message };
    return { error: String(error) };
  }
}

function hello() {
  const caps = [...table.values()].map(({ alg, op, key }) => (key ? { alg, op, key } : { alg, op }));
  const file = new URL("node_modules/@noble/post-quantum/package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8"));
  const impl = { name: "noble", version, build: `node ${process.version}` };
  return { kat: 1, impl, caps, derand: true, inflight: 8 };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const reply = request.hello ? hello() : { id: request.id, ...answer(request) };
  process.stdout.write(JSON.stringify(reply) + "\n");
}
