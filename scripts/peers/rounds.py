"""What goes both ways between Twinlock and each peer without files of keys: KEMs, signatures, HPKE with X-Wing; and the
key files of Bouncy Castle. Each peer gets a thread.

    rounds.py TWINLOCK EXAMPLE HOME RESULTS

TWINLOCK is the program, EXAMPLE the built examples/peer.rs, HOME the folder of install.sh with the built peers. To the
file RESULTS goes a line for each row, kind, peer and direction, for table.py. A secret, a message or a verdict that is
not the other side's is a problem, and so is a bad input that we take; one that the peer takes is in RESULTS.
"""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import pathlib
import sys

from sides import SUITES, BouncyCastle, Cryptography, Key, Lacks, OpenSsl, Ours, Pipe, Refused

KEMS = ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"]
SIGNATURES = ["Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "MLDSA44-Ed25519", "MLDSA65-Ed25519"]
IKM = bytes(range(32))
MESSAGE, CONTEXT = b"what is signed", b"a context"


class Wrong(Exception):
    """What must not be, from a peer or from us."""


class Peer:
    """One peer with what came of its rounds."""

    def __init__(self, name, side, ours):
        self.name, self.side, self.ours = name, side, ours
        self.results, self.problems, self.checks = [], [], 0

    @contextlib.contextmanager
    def round(self, row, kind, direction):
        """Records the direction: `ours` goes to the peer, `theirs` comes from it. Nothing if the peer lacks it."""
        try:
            yield
            outcome = "ok"
        except Lacks:
            return
        except (Refused, Wrong) as error:
            outcome = "FAIL"
            self.problems.append(f"{self.name}, {row}, {kind}, {direction}: {type(error).__name__}: {error}")
        self.results.append([row, kind, self.name, direction, outcome, ""])

    def same(self, found, expected, what):
        self.checks += 1
        if found != expected:
            raise Wrong(what)

    def refuses(self, row, kind, side, what, function, *args):
        """The side refuses that."""
        self.checks += 1
        try:
            function(*args)
        except Refused:
            return
        if side is self.ours:
            raise Wrong(f"we take {what}")
        self.results.append([row, kind, self.name, "wrong", "taken", what])

    def kem(self, row, alg):
        ours, side = self.ours, self.side
        try:
            keys = [side.keygen(alg), ours.keygen(alg)]
        except Lacks:
            return
        bad = dataclasses.replace(keys[0], public=b"\xff" * len(keys[0].public))
        for direction, sender, recipient in (("ours", ours, side), ("theirs", side, ours)):
            with self.round(row, alg, direction):
                for key in keys:
                    ciphertext, secret = sender.encapsulate(key)
                    self.same(recipient.decapsulate(key, ciphertext), secret, "the secrets differ")
                    # Rejection is implicit: another secret, the same on both sides.
                    changed = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
                    rejected = recipient.decapsulate(key, changed)
                    if rejected == secret:
                        raise Wrong("a changed ciphertext has the secret")
                    self.same(rejected, sender.decapsulate(key, changed), "rejections differ")
                    cut = ciphertext[:-1]
                    self.refuses(row, alg, recipient, "a ciphertext cut short", recipient.decapsulate, key, cut)
                self.refuses(row, alg, sender, "a public key of coefficients that are too large", sender.encapsulate, bad)

    def signature(self, row, alg):
        ours, side = self.ours, self.side
        try:
            keys = [side.keygen(alg), ours.keygen(alg)]
        except Lacks:
            return
        for direction, signer, verifier in (("ours", ours, side), ("theirs", side, ours)):
            with self.round(row, alg, direction):
                for key, other in (keys, keys[::-1]):
                    for context in (b"",) if alg == "Ed25519" else (b"", CONTEXT):
                        signature = signer.sign(key, context, MESSAGE)
                        self.checks += 1
                        verifier.verify(key, context, MESSAGE, signature)
                        changed = signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]
                        wrong = [
                            ("a signature of another message", key, context, MESSAGE + b".", signature),
                            ("a signature of another key", other, context, MESSAGE, signature),
                            ("a changed signature", key, context, MESSAGE, changed),
                            ("a signature cut short", key, context, MESSAGE, signature[:-1]),
                        ]
                        if alg != "Ed25519":
                            wrong.append(("a signature of another context", key, b"other", MESSAGE, signature))
                        for what, *args in wrong:
                            self.refuses(row, alg, verifier, what, verifier.verify, *args)

    def hpke(self, row, name, messages, context):
        """`messages` are pairs of aad and text."""
        ours, side, suite = self.ours, self.side, SUITES[name]
        other = next(numbers for numbers in SUITES.values() if numbers != suite)
        try:
            keys = [side.keygen("HPKE"), ours.keygen("HPKE")]
        except Lacks:
            return
        for direction, sender, recipient in (("ours", ours, side), ("theirs", side, ours)):
            with self.round(row, name, direction):
                for key, stranger in (keys, keys[::-1]):
                    encapsulation, exported, sealed = sender.seal(suite, key, b"info", context, messages)
                    pairs = [(aad, one) for (aad, _), one in zip(messages, sealed)]
                    found, opened = recipient.open(suite, key, b"info", context, encapsulation, pairs)
                    self.same(opened, [text for _, text in messages], "the messages differ")
                    self.same(found if context else None, exported if context else None, "the exports differ")
                    first = (pairs[0][0], bytes([pairs[0][1][0] ^ 1]) + pairs[0][1][1:])
                    changed = bytes([encapsulation[0] ^ 1]) + encapsulation[1:]
                    wrong = [
                        ("another info", suite, key, b"inf", context, encapsulation, pairs),
                        ("another suite", other, key, b"info", context, encapsulation, pairs),
                        ("another key", suite, stranger, b"info", context, encapsulation, pairs),
                        ("a changed encapsulation", suite, key, b"info", context, changed, pairs),
                        ("an encapsulation cut short", suite, key, b"info", context, encapsulation[:-1], pairs),
                        ("a changed ciphertext", suite, key, b"info", context, encapsulation, [first, *pairs[1:]]),
                    ]
                    if len(pairs) > 1:
                        aads = [(b"other", pairs[0][1]), *pairs[1:]]
                        wrong.append(("another aad", suite, key, b"info", context, encapsulation, aads))
                        wrong.append(("another order", suite, key, b"info", context, encapsulation, pairs[::-1]))
                    for what, *args in wrong:
                        self.refuses(row, name, recipient, what, recipient.open, *args)

    def derives(self):
        """The rule of the peer's DeriveKeyPair."""
        rules = {
            self.ours.derive(IKM): "DeriveKeyPair is the draft's, LabeledDerive with SHAKE256, as ours",
            hashlib.shake_256(IKM).digest(32): "DeriveKeyPair is SHAKE256 of the input alone",
        }
        try:
            return rules.get(self.side.derive(IKM), "DeriveKeyPair is neither ours nor SHAKE256 of the input")
        except (AttributeError, Lacks):
            return None

    def files(self):
        """Key files of a peer that reads and writes all kinds."""
        ours, side = self.ours, self.side
        for alg in ["X25519", *KEMS, *SIGNATURES]:
            with self.round("Private key, PKCS#8", alg, "ours"):
                key = ours.keygen(alg)
                self.same(ours.read(alg, side.ask("private", alg, ours.pkcs8(key))[0]), key, "another key is read")
            with self.round("Public key, SubjectPublicKeyInfo", alg, "ours"):
                self.same(side.ask("public", alg, ours.spki(key))[0], ours.spki(key), "another key is read")
            for row in ("Private key, PKCS#8", "Public key, SubjectPublicKeyInfo"):
                with self.round(row, alg, "theirs"):
                    side.keygen(alg)
            row, passphrase = "Private key, PKCS#8 protected", b"open sesame"
            with self.round(row, alg, "ours"):
                for kdf in ("scrypt", "pbkdf2"):
                    closed = ours.protect(ours.pkcs8(key), passphrase, kdf)
                    opened = side.ask("unwrap", alg, closed, passphrase)[0]
                    self.same(ours.read(alg, opened), key, "another key is in it")
                    self.refuses(row, alg, side, "a wrong passphrase", side.ask, "unwrap", alg, closed, b"wrong")
            with self.round(row, alg, "theirs"):
                for closed in side.ask("wrap", alg, ours.pkcs8(key), passphrase):
                    self.same(ours.unprotect(closed, passphrase), ours.pkcs8(key), "another key is in it")
                    self.refuses(row, alg, ours, "a wrong passphrase", ours.unprotect, closed, b"wrong")

    def run(self):
        for alg in KEMS:
            self.kem("ML-KEM, encapsulation", alg)
        self.kem("X-Wing, encapsulation", "X-Wing")
        if not isinstance(self.side, OpenSsl):
            for alg in SIGNATURES:
                self.signature("Signature, raw", alg)
        several = [(b"first", b"one"), (b"", b"two"), (b"third", b"")]
        rule = self.derives()
        for name in SUITES:
            self.hpke("HPKE with X-Wing, several messages with aad and an export", name, several, b"context")
            self.hpke("HPKE with X-Wing, one message", name, [(b"", b"message")], b"")
            if rule:
                self.results.append(["HPKE with X-Wing, one message", name, self.name, "note", "ok", rule])
        if isinstance(self.side, BouncyCastle):
            self.files()
        return self


def main():
    twinlock, example, home, results = sys.argv[1:]
    here = pathlib.Path(__file__).parent
    make = {
        "openssl": lambda ours: OpenSsl(ours, f"{home}/openssl/bin/openssl"),
        "go": lambda _: Pipe(f"{home}/peer"),
        "cryptography": lambda _: Cryptography(),
        "noble": lambda _: Pipe("node", f"{home}/peer.mjs", "noble"),
        "hpke": lambda _: Pipe("node", f"{home}/peer.mjs", "hpke"),
        "bc": lambda ours: BouncyCastle(ours, home, str(here / "Peer.java")),
    }

    def start(name):
        ours = Ours(twinlock, example)
        return Peer(name, make[name](ours), ours).run()

    with concurrent.futures.ThreadPoolExecutor() as pool:
        peers = list(pool.map(start, make))
    with open(results, "a", encoding="utf-8") as file:
        for peer in peers:
            for line in dict.fromkeys("\t".join(line) for line in peer.results):
                print(line, file=file)
    for peer in peers:
        print(f"{peer.name}: {peer.checks} checks, {len(peer.problems)} problems")
    problems = [problem for peer in peers for problem in peer.problems]
    for problem in problems:
        print(f"UNEXPECTED: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
