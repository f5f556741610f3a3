"""dilithium-py in kat/1: ML-DSA in all of its variants, and Dilithium of round 3."""

from importlib.metadata import version

from dilithium_py import dilithium, ml_dsa

from kat1 import Reject, Table, Unsupported, serve

# The functions of HashML-DSA that the library has, by ACVP's names.
PREHASH = {"SHA2-256": "SHA256", "SHA2-512": "SHA512", "SHAKE-128": "SHAKE128"}


def judged(function, *arguments):
    """The library's ValueError is its judgement, and its messages name only lengths."""
    try:
        return function(*arguments)
    except ValueError as error:
        raise Reject("ctx" if "ctx" in str(error) else "length") from None


def verified(function, *arguments):
    if not judged(function, *arguments):
        raise Reject("tag")
    return {}


def prehash(i):
    if i["hash"] not in PREHASH:
        raise Unsupported("param")
    return PREHASH[i["hash"]]


class MlDsa:
    def __init__(self, pure, hashed):
        self.pure, self.hashed = pure, hashed

    def sk(self, i):
        return judged(self.pure.key_derive, i["seed"])[1] if "seed" in i else i["sk"]

    def keygen(self, i):
        return dict(zip(("pk", "sk"), judged(self.pure.key_derive, i["seed"])))

    def sign(self, i):
        self.pure.random_bytes = lambda _: i["rnd"]
        return {"sig": judged(self.pure.sign, self.sk(i), i["msg"], i["ctx"])}

    def sign_prehash(self, i):
        name = prehash(i)
        self.hashed.random_bytes = lambda _: i["rnd"]
        return {"sig": judged(self.hashed._sign_with_pre_hash, self.sk(i), i["msg"], name, i["ctx"])}

    def sign_internal(self, i):
        return {"sig": judged(self.pure._sign_internal, self.sk(i), i["msg"], i["rnd"])}

    def sign_mu(self, i):
        self.pure.random_bytes = lambda _: i["rnd"]
        return {"sig": judged(self.pure.sign_external_mu, self.sk(i), i["mu"])}

    def verify(self, i):
        return verified(self.pure.verify, i["pk"], i["msg"], i["sig"], i["ctx"])

    def verify_prehash(self, i):
        return verified(self.hashed._verify_with_pre_hash, i["pk"], i["msg"], i["sig"], prehash(i), i["ctx"])

    def verify_internal(self, i):
        return verified(self.pure._verify_internal, i["pk"], i["msg"], i["sig"])


class Dilithium:
    def __init__(self, scheme):
        self.scheme = scheme

    def keygen(self, i):
        if len(i["seed"]) != 32:
            raise Reject("length")
        self.scheme.random_bytes = lambda _: i["seed"]
        return dict(zip(("pk", "sk"), self.scheme.keygen()))

    def sign(self, i):
        return {"sig": judged(self.scheme.sign, i["sk"], i["msg"])}

    def verify(self, i):
        return verified(self.scheme.verify, i["pk"], i["msg"], i["sig"])


table = Table()
for size in (44, 65, 87):
    scheme = MlDsa(getattr(ml_dsa, f"ML_DSA_{size}"), getattr(ml_dsa, f"HASH_ML_DSA_{size}_WITH_SHA512"))
    name, forms = f"ML-DSA-{size}", ["seed", "expanded"]
    table.add(name, "keygen", scheme.keygen)
    table.add(name, "sign", scheme.sign, forms)
    table.add(name, "sign-prehash", scheme.sign_prehash, forms)
    table.add(name, "sign-internal", scheme.sign_internal, forms)
    table.add(name, "sign-mu", scheme.sign_mu, forms)
    table.add(name, "verify", scheme.verify)
    table.add(name, "verify-prehash", scheme.verify_prehash)
    table.add(name, "verify-internal", scheme.verify_internal)
for level in (2, 3, 5):
    scheme = Dilithium(getattr(dilithium, f"Dilithium{level}"))
    table.add(f"Dilithium{level}", "keygen", scheme.keygen)
    table.add(f"Dilithium{level}", "sign", scheme.sign, ["expanded"])
    table.add(f"Dilithium{level}", "verify", scheme.verify)
# One question at a time: signing takes seconds at worst, and a question in flight is already on the clock.
serve("dilithium-py", version("dilithium-py"), table, derand=True, inflight=1)
