"""kyber-py in kat/1: ML-KEM with given randomness, Kyber of round 3, and the hybrids over both it and `cryptography`."""

from importlib.metadata import version

from kyber_py import kyber, ml_kem

import hybrids
from kat1 import Reject, Table, serve

REASONS = {"type check": "length", "Type check": "length", "hash check": "hash", "Modulus check": "modulus"}


def judged(function, *arguments):
    """The library's ValueError is its judgement."""
    try:
        return function(*arguments)
    except ValueError as error:
        raise Reject(next((reason for words, reason in REASONS.items() if words in str(error)), "other")) from None


class MlKem:
    def __init__(self, kem):
        self.kem = kem
        self.ek_len, self.dk_len = kem._ek_size(), kem._dk_size()
        self.c_len = 32 * (kem.du * kem.k + kem.dv)

    def key_pair(self, seed):
        return judged(self.kem.key_derive, seed)

    def keygen(self, seed):
        return self.key_pair(seed)[0]

    def encaps(self, ek, m):
        secret, c = judged(self.kem._encaps_internal, ek, m)
        return c, secret

    def decaps_expanded(self, dk, c):
        return judged(self.kem.decaps, dk, c)

    def decaps(self, seed, c):
        return self.decaps_expanded(self.key_pair(seed)[1], c)

    # The library checks keys where it uses them.
    def check_ek(self, ek):
        self.encaps(ek, bytes(32))
        return {}

    def check_dk(self, dk):
        self.decaps_expanded(dk, bytes(self.c_len))
        return {}


class Kyber:
    """Round 3, whose randomness the library draws in the order in which it is given here."""

    def __init__(self, kem):
        self.kem = kem

    def feed(self, stream):
        def random_bytes(length):
            nonlocal stream
            out, stream = stream[:length], stream[length:]
            if len(out) != length:
                raise Reject("length")
            return out

        self.kem.random_bytes = random_bytes

    def key_pair(self, seed):
        self.feed(seed)
        return self.kem.keygen()

    def encaps(self, ek, m):
        self.feed(m)
        secret, c = judged(self.kem.encaps, ek)
        return c, secret

    def decaps_expanded(self, dk, c):
        return judged(self.kem.decaps, dk, c)

    def decaps(self, seed, c):
        return self.decaps_expanded(self.key_pair(seed)[1], c)


def decaps(kem, i):
    return {"K": kem.decaps_expanded(i["dk"], i["c"]) if "dk" in i else kem.decaps(i["seed"], i["c"])}


table = Table()
mlkem = {size: MlKem(getattr(ml_kem, f"ML_KEM_{size}")) for size in (512, 768, 1024)}
kems = {f"ML-KEM-{size}": kem for size, kem in mlkem.items()}
kems |= {f"Kyber{size}": Kyber(getattr(kyber, f"Kyber{size}")) for size in (512, 768, 1024)}
for name, kem in kems.items():
    table.add(name, "keygen", lambda i, k=kem: dict(zip(("ek", "dk"), k.key_pair(i["seed"]))))
    table.add(name, "encaps", lambda i, k=kem: dict(zip(("c", "K"), k.encaps(i["ek"], i["m"]))))
    table.add(name, "decaps", lambda i, k=kem: decaps(k, i), ["seed", "expanded"])
    if isinstance(kem, MlKem):
        table.add(name, "check-ek", lambda i, k=kem: k.check_ek(i["ek"]))
        table.add(name, "check-dk", lambda i, k=kem: k.check_dk(i["dk"]))
hybrids.add(table, mlkem[768], mlkem[1024])
serve("kyber-py", version("kyber-py"), table, derand=True)
