"""Those who take part in rounds.py: Twinlock and its peers, all with the same operations.

A key is of an algorithm by its name, with a seed and a raw public key; SUITES are HPKE's by their numbers. What is
not offered raises Lacks, what is refused Refused.
"""

import base64
import dataclasses
import functools
import hashlib
import os
import subprocess
import tempfile

import cryptography
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa, mlkem, x25519

# Of the others it is 32.
SEED_LEN = {"ML-KEM": 64, "MLDSA4": 64, "MLDSA6": 64}
SUITES = {
    f"{kdf}, {aead}": f"{kdf_id}:{aead_id}"
    for kdf_id, kdf in ((1, "HKDF-SHA256"), (2, "HKDF-SHA384"), (3, "HKDF-SHA512"))
    for aead_id, aead in ((2, "AES-256-GCM"), (3, "ChaCha20-Poly1305"))
}


class Lacks(Exception):
    """The peer does not offer that."""


class Refused(Exception):
    """The input is bad to whoever was asked."""


@dataclasses.dataclass(frozen=True)
class Key:
    """A key pair in the forms that need no file."""

    alg: str
    seed: bytes
    public: bytes


class Pipe:
    """A program that answers in the lines of examples/peer.rs and peer.go."""

    def __init__(self, *command, **more):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)

    def ask(self, op, alg, *values):
        words = [op, alg, *(value.hex() or "-" for value in values)]
        self.process.stdin.write((" ".join(words) + "\n").encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline().decode().strip()
        if line == "lacks":
            raise Lacks
        kind, _, rest = line.partition(" ")
        if kind == "no":
            raise Refused(rest)
        if kind != "ok":
            raise RuntimeError(f"{self.process.args[0]} answers {line!r} to {op} {alg}")
        return [bytes.fromhex(word.strip("-")) for word in rest.split()]

    # A private key crosses as its seed and a public key as its raw bytes, unless a peer has it otherwise.
    def private(self, key):
        return key.seed

    def public(self, key):
        return key.public

    def keygen(self, alg):
        return Key(alg, *self.ask("keygen", alg))

    def encapsulate(self, key):
        return self.ask("encapsulate", key.alg, self.public(key))

    def decapsulate(self, key, ciphertext):
        return self.ask("decapsulate", key.alg, self.private(key), ciphertext)[0]

    def sign(self, key, context, message):
        return self.ask("sign", key.alg, self.private(key), context, message)[0]

    def verify(self, key, context, message, signature):
        self.ask("verify", key.alg, self.public(key), context, message, signature)

    def seal(self, suite, key, info, context, messages):
        encapsulation, exported, *sealed = self.ask("seal", suite, self.public(key), info, context, *sum(messages, ()))
        return encapsulation, exported, sealed

    def open(self, suite, key, info, context, encapsulation, messages):
        answer = self.ask("open", suite, self.private(key), info, context, encapsulation, *sum(messages, ()))
        return answer[0], answer[1:]

    def derive(self, ikm):
        return self.ask("derive", "-", ikm)[0]


class Ours(Pipe):
    """Twinlock: the command line, and the library where there is no command."""

    def __init__(self, twinlock, example):
        super().__init__(example)
        self.twinlock = twinlock
        self.work = tempfile.TemporaryDirectory()

    def path(self, name, content=None):
        path = os.path.join(self.work.name, name)
        if content is not None:
            with open(path, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(content)
        return path

    def run(self, *args, stdin=b""):
        done = subprocess.run([self.twinlock, *args], input=stdin, capture_output=True, check=False)
        words = done.stderr.decode().strip()
        # 1 is the answer no; what could not be done is no refusal, but that a file does not open.
        if done.returncode == 1 or "wrong passphrase" in words:
            raise Refused(words)
        if done.returncode != 0:
            raise RuntimeError(f"twinlock {' '.join(args)}: {words}")
        return done.stdout

    def convert(self, content, form):
        """A key's file in another format, DER."""
        return self.run("key", "convert", "-", "--to", form, "--der", "--out", "-", stdin=content)

    def read(self, alg, private):
        """A key of a private key's file."""
        length = SEED_LEN.get(alg[:6], 32)
        pkcs8 = self.convert(private, "pkcs8")
        return Key(alg, pkcs8[-length:], self.read_public(self.convert(private, "spki")))

    def read_public(self, public):
        return self.run("key", "convert", "-", "--to", "raw", "--out", "-", stdin=public)

    def protect(self, pkcs8, passphrase, kdf):
        """A private key's file under a passphrase, DER."""
        secret = self.path("passphrase", passphrase)
        pem = self.run("key", "protect", "-", "--new-passphrase-file", secret, "--kdf", kdf, "--out", "-", stdin=pkcs8)
        return base64.b64decode(b"".join(line for line in pem.splitlines() if not line.startswith(b"-----")))

    def unprotect(self, closed, passphrase):
        secret = self.path("passphrase", passphrase)
        args = ["--passphrase-file", secret, "--unprotect", "--to", "pkcs8", "--der", "--out", "-"]
        return self.run("key", "convert", "-", *args, stdin=closed)

    def keygen(self, alg):
        name = "x-wing" if alg == "HPKE" else alg.lower()
        return self.read(alg, self.run("key", "new", "--algorithm", name, "--out", "-"))

    @functools.cache
    def heads(self, alg):
        """What comes before the seed in PKCS#8, and before the key in SubjectPublicKeyInfo."""
        private = self.run("key", "new", "--algorithm", alg.lower(), "--out", "-")
        key, spki = self.read(alg, private), self.convert(private, "spki")
        return self.convert(private, "pkcs8")[: -len(key.seed)], spki[: -len(key.public)]

    def pkcs8(self, key):
        return self.heads(key.alg)[0] + key.seed

    def spki(self, key):
        return self.heads(key.alg)[1] + key.public

    def sign(self, key, context, message):
        more = ["--context-hex", context.hex()] if context else []
        identity, path = self.path("own.der", self.pkcs8(key)), self.path("message", message)
        return self.run("sign", "--identity", identity, *more, "--out", "-", path)

    def verify(self, key, context, message, signature):
        more = ["--context-hex", context.hex()] if context else []
        public, path = self.path("own.pub", self.spki(key)), self.path("message", message)
        self.run("verify", "--key", public, "--signature", self.path("signature", signature), *more, path)


class BouncyCastle(Pipe):
    """Bouncy Castle, whose keys cross as files."""

    def __init__(self, ours, home, source):
        jars = ":".join(f"{home}/bc/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil"))
        super().__init__("java", "-cp", jars, source)
        self.ours = ours

    def ask(self, op, alg, *values):
        # It has the names of the draft.
        return super().ask(op, f"{alg}-SHA512" if alg.startswith("MLDSA") else alg, *values)

    def private(self, key):
        return key.seed if key.alg in ("X-Wing", "HPKE") else self.ours.pkcs8(key)

    def public(self, key):
        return key.public if key.alg in ("X-Wing", "HPKE") else self.ours.spki(key)

    def keygen(self, alg):
        private, public = self.ask("keygen", alg)
        if alg in ("X-Wing", "HPKE"):
            return Key(alg, private, public)
        key = self.ours.read(alg, private)
        if self.ours.read_public(public) != key.public:
            raise RuntimeError(f"the two files of a {alg} key are not one pair")
        return key


class OpenSsl:
    """The program of OpenSSL, for KEMs; openssl-signatures.sh has its signatures."""

    def __init__(self, ours, program):
        self.ours = ours
        self.program = program

    def run(self, *args):
        done = subprocess.run([self.program, *args], capture_output=True, check=False)
        if done.returncode != 0:
            raise Refused(done.stderr.decode().strip())
        return done.stdout

    def keygen(self, alg):
        if not alg.startswith("ML-KEM"):
            raise Lacks
        return self.ours.read(alg, self.run("genpkey", "-algorithm", alg))

    def encapsulate(self, key):
        secret, out = self.ours.path("secret"), self.ours.path("ciphertext")
        public = self.ours.path("their.pub", self.ours.spki(key))
        self.run("pkeyutl", "-encap", "-pubin", "-inkey", public, "-out", out, "-secret", secret)
        with open(out, "rb") as ciphertext, open(secret, "rb") as shared:
            return ciphertext.read(), shared.read()

    def decapsulate(self, key, ciphertext):
        secret, path = self.ours.path("secret"), self.ours.path("ciphertext", ciphertext)
        private = self.ours.path("their.der", self.ours.pkcs8(key))
        self.run("pkeyutl", "-decap", "-inkey", private, "-in", path, "-secret", secret)
        with open(secret, "rb") as shared:
            return shared.read()


class Cryptography:
    """Python's `cryptography`. Its HPKE is of single messages without aad or exports."""

    KEYS = {
        "ML-KEM-768": (mlkem.MLKEM768PrivateKey, mlkem.MLKEM768PublicKey),
        "ML-KEM-1024": (mlkem.MLKEM1024PrivateKey, mlkem.MLKEM1024PublicKey),
        "ML-DSA-44": (mldsa.MLDSA44PrivateKey, mldsa.MLDSA44PublicKey),
        "ML-DSA-65": (mldsa.MLDSA65PrivateKey, mldsa.MLDSA65PublicKey),
        "ML-DSA-87": (mldsa.MLDSA87PrivateKey, mldsa.MLDSA87PublicKey),
        "Ed25519": (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey),
    }
    KDFS = {"1": hpke.KDF.HKDF_SHA256, "2": hpke.KDF.HKDF_SHA384, "3": hpke.KDF.HKDF_SHA512}
    AEADS = {"2": hpke.AEAD.AES_256_GCM, "3": hpke.AEAD.CHACHA20_POLY1305}

    def private(self, key):
        cls = self.KEYS[key.alg][0]
        return getattr(cls, "from_seed_bytes", getattr(cls, "from_private_bytes", None))(key.seed)

    def public(self, key):
        return refusing(self.KEYS[key.alg][1].from_public_bytes, key.public)

    def keygen(self, alg):
        if alg == "HPKE":  # it makes the halves, and no seed of both
            seed = os.urandom(32)
            lattice, curve = self.halves(seed)
            return Key(alg, seed, lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw())
        if alg not in self.KEYS:
            raise Lacks
        private = self.KEYS[alg][0].generate()
        return Key(alg, private.private_bytes_raw(), private.public_key().public_bytes_raw())

    def encapsulate(self, key):
        secret, ciphertext = refusing(self.public(key).encapsulate)
        return ciphertext, secret

    def decapsulate(self, key, ciphertext):
        return refusing(self.private(key).decapsulate, ciphertext)

    def sign(self, key, context, message):
        return self.private(key).sign(message, *([context] if context else []))

    def verify(self, key, context, message, signature):
        refusing(self.public(key).verify, signature, message, *([context] if context else []))

    @staticmethod
    def halves(seed):
        stream = hashlib.shake_256(seed).digest(96)
        curve = x25519.X25519PrivateKey.from_private_bytes(stream[64:])
        return mlkem.MLKEM768PrivateKey.from_seed_bytes(stream[:64]), curve

    def suite(self, numbers):
        kdf, aead = numbers.split(":")
        return hpke.Suite(hpke.KEM.MLKEM768_X25519, self.KDFS[kdf], self.AEADS[aead])

    def seal(self, suite, key, info, context, messages):
        if context or len(messages) != 1 or messages[0][0]:
            raise Lacks
        lattice = mlkem.MLKEM768PublicKey.from_public_bytes(key.public[:1184])
        curve = x25519.X25519PublicKey.from_public_bytes(key.public[1184:])
        whole = hpke.MLKEM768X25519PublicKey(lattice, curve)
        sealed = self.suite(suite).encrypt(messages[0][1], whole, info)
        length = hpke.KEM.MLKEM768_X25519.enc_length()
        return sealed[:length], None, [sealed[length:]]

    def open(self, suite, key, info, context, encapsulation, messages):
        if context or len(messages) != 1 or messages[0][0]:
            raise Lacks
        whole = hpke.MLKEM768X25519PrivateKey(*self.halves(key.seed))
        return None, [refusing(self.suite(suite).decrypt, encapsulation + messages[0][1], whole, info)]


def refusing(function, *args):
    try:
        return function(*args)
    except (ValueError, InvalidSignature, InvalidTag, cryptography.exceptions.InternalError) as error:
        raise Refused(f"{type(error).__name__} {error}") from error
