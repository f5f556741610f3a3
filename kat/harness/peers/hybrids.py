"""Hybrids over any ML-KEM, composed from their documents and from nothing of Twinlock's.

RFC 10024 (TLS): shares and secrets are concatenated, ML-KEM first with X25519, the NIST curve first otherwise.
draft-ietf-sshm-mlkem-hybrid-kex (SSH): ML-KEM first, K = SHA-256(K_PQ || K_CL).
draft-connolly-cfrg-xwing-kem and draft-irtf-cfrg-concrete-hybrid-kems: one seed of 32 bytes, expanded with
SHAKE256; K = SHA3-256(ss_PQ || ss_T || ct_T || ek_T || label).

A KEM here has `ek_len`, `c_len`, `keygen(seed) -> ek`, `encaps(ek, m) -> (c, K)`, `decaps(seed, c) -> K`.
"""

import hashlib

from curves import P256, P384, X25519
from kat1 import Reject


class Concatenation:
    """A hybrid whose private key is both private keys, ML-KEM's seed first."""

    def __init__(self, kem, curve, kem_first, combine):
        self.kem, self.curve, self.kem_first, self.combine = kem, curve, kem_first, combine

    def join(self, pq, classical):
        return pq + classical if self.kem_first else classical + pq

    def split(self, share, pq_len):
        if len(share) != pq_len + self.curve.public_len:
            raise Reject("length")
        at = pq_len if self.kem_first else self.curve.public_len
        return (share[:at], share[at:]) if self.kem_first else (share[at:], share[:at])

    def keys(self, seed):
        if len(seed) != 64 + self.curve.private_len:
            raise Reject("length")
        return seed[:64], seed[64:]

    def agree(self, private, public):
        # RFC 10024 and RFC 8446 §4.2.8.2 know the uncompressed form only; the library takes all of SEC 1.
        if self.curve is not X25519 and public[:1] != b"\x04":
            raise Reject("point")
        return self.curve.agree(private, public)

    def keygen(self, seed):
        pq, private = self.keys(seed)
        return self.join(self.kem.keygen(pq), self.curve.public(private))

    def encaps(self, ek, m):
        ek_pq, public = self.split(ek, self.kem.ek_len)
        ephemeral = m[32:]
        classical = self.agree(ephemeral, public)
        c, secret = self.kem.encaps(ek_pq, m[:32])
        return self.join(c, self.curve.public(ephemeral)), self.combine(self.join(secret, classical))

    def decaps(self, seed, c):
        pq, private = self.keys(seed)
        c_pq, public = self.split(c, self.kem.c_len)
        classical = self.agree(private, public)
        return self.combine(self.join(self.kem.decaps(pq, c_pq), classical))


class Expanded:
    """A hybrid whose private key is a seed of 32 bytes."""

    def __init__(self, kem, curve, label):
        self.kem, self.curve, self.label = kem, curve, label

    def scalar(self, candidates):
        """The first candidate that is a private key, as the draft samples scalars of the NIST curves."""
        step = self.curve.private_len
        if len(candidates) < step:
            raise Reject("length")
        for at in range(0, len(candidates) - step + 1, step):
            private = candidates[at : at + step]
            try:
                self.curve.public(private)
                return private
            except Reject:
                continue
        raise Reject("other")

    def keys(self, seed):
        if len(seed) != 32:
            raise Reject("length")
        stream = hashlib.shake_256(seed).digest(64 + 4 * self.curve.private_len)
        return stream[:64], self.scalar(stream[64:])

    def agree(self, private, public):
        try:
            return self.curve.agree(private, public)
        except Reject as reject:
            if self.curve is X25519 and str(reject) == "zero":  # X-Wing hashes whatever comes
                return bytes(32)
            raise

    def combine(self, secret, classical, ct, ek):
        return hashlib.sha3_256(secret + classical + ct + ek + self.label).digest()

    def keygen(self, seed):
        pq, private = self.keys(seed)
        return self.kem.keygen(pq) + self.curve.public(private)

    def encaps(self, ek, m):
        at = self.kem.ek_len
        if len(ek) != at + self.curve.public_len:
            raise Reject("length")
        ephemeral = self.scalar(m[32:])
        ct = self.curve.public(ephemeral)
        classical = self.agree(ephemeral, ek[at:])
        c, secret = self.kem.encaps(ek[:at], m[:32])
        return c + ct, self.combine(secret, classical, ct, ek[at:])

    def decaps(self, seed, c):
        at = self.kem.c_len
        if len(c) != at + self.curve.public_len:
            raise Reject("length")
        pq, private = self.keys(seed)
        classical = self.agree(private, c[at:])
        return self.combine(self.kem.decaps(pq, c[:at]), classical, c[at:], self.curve.public(private))


def add(table, kem768, kem1024):
    same = bytes
    for name, hybrid in {
        "X25519MLKEM768": Concatenation(kem768, X25519, True, same),
        "SecP256r1MLKEM768": Concatenation(kem768, P256, False, same),
        "SecP384r1MLKEM1024": Concatenation(kem1024, P384, False, same),
        "mlkem768x25519-sha256": Concatenation(kem768, X25519, True, lambda secrets: hashlib.sha256(secrets).digest()),
        "X-Wing": Expanded(kem768, X25519, rb"\.//^" + b"\\"),
        "MLKEM768-P256": Expanded(kem768, P256, b"MLKEM768-P256"),
        "MLKEM1024-P384": Expanded(kem1024, P384, b"MLKEM1024-P384"),
    }.items():
        table.add(name, "keygen", lambda i, h=hybrid: {"ek": h.keygen(i["seed"])})
        table.add(name, "encaps", lambda i, h=hybrid: dict(zip(("c", "K"), h.encaps(i["ek"], i["m"]))))
        table.add(name, "decaps", lambda i, h=hybrid: {"K": h.decaps(i["seed"], i["c"])}, ["seed"])
