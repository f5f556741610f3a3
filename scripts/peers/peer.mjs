// Two peers of scripts/peers.sh, named by the argument: the @noble packages, or @hpke with its X-Wing. Questions and
// answers are those of examples/peer.rs and peer.go.
//
// Modules are looked up from where this file lies: copy it beside the node_modules that hold them.

import { createInterface } from "node:readline";

class Lacks extends Error {}
class Refused extends Error {}

const fromHex = (text) => (text === "-" ? new Uint8Array() : new Uint8Array(Buffer.from(text, "hex")));
const toHex = (bytes) => Buffer.from(bytes).toString("hex") || "-";
const EXPORT_LEN = 32;

async function noble() {
  const { ed25519 } = await import("@noble/curves/ed25519.js");
  const { ml_dsa44, ml_dsa65, ml_dsa87 } = await import("@noble/post-quantum/ml-dsa.js");
  const { ml_kem512, ml_kem768, ml_kem1024 } = await import("@noble/post-quantum/ml-kem.js");
  const { ml_kem768_x25519 } = await import("@noble/post-quantum/hybrid.js");
  const { randomBytes } = await import("@noble/post-quantum/utils.js");
  const kems = {
    "ML-KEM-512": ml_kem512, "ML-KEM-768": ml_kem768, "ML-KEM-1024": ml_kem1024, "X-Wing": ml_kem768_x25519,
  };
  const signatures = { "ML-DSA-44": ml_dsa44, "ML-DSA-65": ml_dsa65, "ML-DSA-87": ml_dsa87 };
  const scheme = (of, alg) => {
    if (!(alg in of)) throw new Lacks();
    return of[alg];
  };
  // X-Wing's secret key is its seed; ML-KEM's is the expanded key.
  const secret = (alg, seed) => (alg === "X-Wing" ? seed : scheme(kems, alg).keygen(seed).secretKey);
  return {
    keygen(alg) {
      if (alg === "Ed25519") {
        const seed = randomBytes(32);
        return [seed, ed25519.getPublicKey(seed)];
      }
      const of = scheme({ ...kems, ...signatures }, alg);
      const seed = randomBytes(of.lengths.seed);
      return [seed, of.keygen(seed).publicKey];
    },
    encapsulate(alg, key) {
      const { cipherText, sharedSecret } = scheme(kems, alg).encapsulate(key);
      return [cipherText, sharedSecret];
    },
    decapsulate: (alg, seed, ciphertext) => [scheme(kems, alg).decapsulate(ciphertext, secret(alg, seed))],
    sign(alg, seed, context, message) {
      if (alg === "Ed25519") return [ed25519.sign(message, seed)];
      const of = scheme(signatures, alg);
      return [of.sign(message, of.keygen(seed).secretKey, { context })];
    },
    verify(alg, key, context, message, signature) {
      const good = alg === "Ed25519" ? ed25519.verify(signature, message, key)
        : scheme(signatures, alg).verify(signature, message, key, { context });
      if (!good) throw new Refused("bad signature");
      return [];
    },
  };
}

async function hpke() {
  const core = await import("@hpke/core");
  const { Chacha20Poly1305 } = await import("@hpke/chacha20poly1305");
  const { XWing } = await import("@hpke/hybridkem-x-wing");
  const kem = new XWing();
  const kdfs = { 1: core.HkdfSha256, 2: core.HkdfSha384, 3: core.HkdfSha512 };
  const aeads = { 1: core.Aes128Gcm, 2: core.Aes256Gcm, 3: Chacha20Poly1305 };
  const suite = (numbers) => {
    const [kdf, aead] = numbers.split(":");
    return new core.CipherSuite({ kem, kdf: new kdfs[kdf](), aead: new aeads[aead]() });
  };
  const own = async (seed) => (await kem.generateKeyPairDerand(seed)).privateKey;
  const pairs = (values) => Array.from({ length: values.length / 2 }, (_, at) => values.slice(2 * at, 2 * at + 2));
  const bare = (alg) => {
    if (alg !== "X-Wing") throw new Lacks();
  };
  const seedOf = async (pair) => new Uint8Array(await kem.serializePrivateKey(pair.privateKey));
  return {
    async keygen(alg) {
      if (alg !== "HPKE") bare(alg);
      const pair = await kem.generateKeyPair();
      return [await seedOf(pair), new Uint8Array(await kem.serializePublicKey(pair.publicKey))];
    },
    async derive(_, ikm) {
      return [await seedOf(await kem.deriveKeyPair(ikm))];
    },
    async encapsulate(alg, key) {
      bare(alg);
      const { enc, sharedSecret } = await kem.encap({ recipientPublicKey: await kem.deserializePublicKey(key) });
      return [enc, sharedSecret];
    },
    async decapsulate(alg, seed, enc) {
      bare(alg);
      return [await kem.decap({ recipientKey: await own(seed), enc })];
    },
    async seal(numbers, key, info, context, ...messages) {
      const recipientPublicKey = await kem.deserializePublicKey(key);
      const sender = await suite(numbers).createSenderContext({ recipientPublicKey, info });
      const values = [sender.enc, await sender.export(context, EXPORT_LEN)];
      for (const [aad, message] of pairs(messages)) values.push(await sender.seal(message, aad));
      return values;
    },
    async open(numbers, seed, info, context, enc, ...messages) {
      const recipient = await suite(numbers).createRecipientContext({ recipientKey: await own(seed), enc, info });
      const values = [await recipient.export(context, EXPORT_LEN)];
      for (const [aad, message] of pairs(messages)) values.push(await recipient.open(message, aad));
      return values;
    },
  };
}

const peer = await { noble, hpke }[process.argv[2]]();

async function answer(line) {
  const [op, alg, ...values] = line.trim().split(" ");
  if (!(op in peer)) return "lacks";
  try {
    const found = await peer[op](alg, ...values.map(fromHex));
    return ["ok", ...found.map((bytes) => toHex(bytes))].join(" ");
  } catch (error) {
    if (error instanceof Lacks) return "lacks";
    // A mistake of this file is no refusal.
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return `no ${error.message}`.replaceAll("\n", " ");
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(line)}\n`);
}
