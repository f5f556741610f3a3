"""Python's `cryptography` in kat/1. It draws its own randomness: encapsulating and signing ML-DSA end in
`unsupported: derand`, after the checks of the key.
"""

import hashlib

import cryptography
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hashes, hpke, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import curves
import hybrids
from kat1 import Reject, Table, Unsupported, monte, serve

table = Table()


def judged(reason, function, *arguments, **named):
    """The library's ValueError is its judgement; its words are not a contract."""
    try:
        return function(*arguments, **named)
    except ValueError:
        raise Reject(reason) from None


class MlKem:
    def __init__(self, private, public, ek_len, c_len):
        self.private, self.public, self.ek_len, self.c_len = private, public, ek_len, c_len

    def key(self, seed):
        return judged("length", self.private.from_seed_bytes, seed)

    def keygen(self, seed):
        return self.key(seed).public_key().public_bytes_raw()

    def check(self, ek):
        judged("modulus" if len(ek) == self.ek_len else "length", self.public.from_public_bytes, ek)
        return {}

    def encaps(self, ek, _m):
        self.check(ek)
        raise Unsupported("derand")

    def decaps(self, seed, c):
        return judged("length", self.key(seed).decapsulate, c)


kems = {
    "ML-KEM-768": MlKem(mlkem.MLKEM768PrivateKey, mlkem.MLKEM768PublicKey, 1184, 1088),
    "ML-KEM-1024": MlKem(mlkem.MLKEM1024PrivateKey, mlkem.MLKEM1024PublicKey, 1568, 1568),
}
for name, kem in kems.items():
    table.add(name, "keygen", lambda i, k=kem: {"ek": k.keygen(i["seed"])})
    table.add(name, "encaps", lambda i, k=kem: k.encaps(i["ek"], i["m"]))
    table.add(name, "decaps", lambda i, k=kem: {"K": k.decaps(i["seed"], i["c"])}, ["seed"])
    table.add(name, "check-ek", lambda i, k=kem: k.check(i["ek"]))
hybrids.add(table, *kems.values())
curves.add(table)


def verify(key, *arguments):
    try:
        judged("ctx", key.verify, *arguments)
    except InvalidSignature:
        raise Reject("tag") from None
    return {}


def verify_mu(key, signature, mu):
    try:
        judged("length", key.verify_mu, signature, mu)
    except InvalidSignature:
        raise Reject("tag") from None
    return {}


def refuse_sign(private, i):
    judged("length", private.from_seed_bytes, i["seed"])
    if len(i.get("ctx", b"")) > 255:
        judged("ctx", private.from_seed_bytes(i["seed"]).sign, i["msg"], i["ctx"])
    raise Unsupported("derand")


for name, private, public in (
    ("ML-DSA-44", mldsa.MLDSA44PrivateKey, mldsa.MLDSA44PublicKey),
    ("ML-DSA-65", mldsa.MLDSA65PrivateKey, mldsa.MLDSA65PublicKey),
    ("ML-DSA-87", mldsa.MLDSA87PrivateKey, mldsa.MLDSA87PublicKey),
):

    def pk(i, p=public):
        return judged("length", p.from_public_bytes, i["pk"])

    def keygen(i, p=private):
        return {"pk": judged("length", p.from_seed_bytes, i["seed"]).public_key().public_bytes_raw()}

    table.add(name, "keygen", keygen)
    table.add(name, "sign", lambda i, p=private: refuse_sign(p, i), ["seed"])
    table.add(name, "verify", lambda i, pk=pk: verify(pk(i), i["sig"], i["msg"], i["ctx"]))
    table.add(name, "verify-mu", lambda i, pk=pk: verify_mu(pk(i), i["sig"], i["mu"]))


def ed25519_key(i):
    return judged("length", ed25519.Ed25519PrivateKey.from_private_bytes, i["seed"])


def ed25519_verify(i):
    return verify(judged("length", ed25519.Ed25519PublicKey.from_public_bytes, i["pk"]), i["sig"], i["msg"])


table.add("Ed25519", "keygen", lambda i: {"pk": ed25519_key(i).public_key().public_bytes_raw()})
table.add("Ed25519", "sign", lambda i: {"sig": ed25519_key(i).sign(i["msg"])})
table.add("Ed25519", "verify", ed25519_verify)

# A type of key that is not the question's is a bad input, like any other encoding.
FORMATS = {
    "ML-KEM-768": (mlkem.MLKEM768PrivateKey, mlkem.MLKEM768PublicKey, "ek"),
    "ML-KEM-1024": (mlkem.MLKEM1024PrivateKey, mlkem.MLKEM1024PublicKey, "ek"),
    "ML-DSA-44": (mldsa.MLDSA44PrivateKey, mldsa.MLDSA44PublicKey, "pk"),
    "ML-DSA-65": (mldsa.MLDSA65PrivateKey, mldsa.MLDSA65PublicKey, "pk"),
    "ML-DSA-87": (mldsa.MLDSA87PrivateKey, mldsa.MLDSA87PublicKey, "pk"),
    "X25519": (x25519.X25519PrivateKey, x25519.X25519PublicKey, "public"),
    "Ed25519": (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey, "pk"),
}


def decoded(load, *arguments):
    """What is of an algorithm that the library does not know, or looks encrypted to it, is no key of the question's."""
    try:
        return judged("encoding", load, *arguments)
    except (TypeError, UnsupportedAlgorithm):
        raise Reject("encoding") from None


def pkcs8(i, kind, field):
    key = decoded(serialization.load_der_private_key, i["der"], None)
    if not isinstance(key, kind):
        raise Reject("encoding")
    return {field: key.public_key().public_bytes_raw()}


def spki(i, kind, field):
    key = decoded(serialization.load_der_public_key, i["der"])
    if not isinstance(key, kind):
        raise Reject("encoding")
    return {field: key.public_bytes_raw()}


for name, (private, public, field) in FORMATS.items():
    table.add(name, "pkcs8", lambda i, k=private, f=field: pkcs8(i, k, f))
    table.add(name, "spki", lambda i, k=public, f=field: spki(i, k, f))


def digest(algorithm, message):
    context = hashes.Hash(algorithm)
    context.update(message)
    return context.finalize()


for name, make in {
    "SHA-224": hashes.SHA224,
    "SHA-256": hashes.SHA256,
    "SHA-384": hashes.SHA384,
    "SHA-512": hashes.SHA512,
    "SHA-512/224": hashes.SHA512_224,
    "SHA-512/256": hashes.SHA512_256,
    "SHA3-224": hashes.SHA3_224,
    "SHA3-256": hashes.SHA3_256,
    "SHA3-384": hashes.SHA3_384,
    "SHA3-512": hashes.SHA3_512,
}.items():

    def one(message, algorithm=make()):
        return digest(algorithm, message)

    table.add(name, "hash", lambda i, one=one: {"digest": one(i["msg"])})
    table.add(name, "monte", lambda i, one=one, name=name: {"digest": monte(name, one, i["msg"])})


def xof(i, make):
    if i["len"] == 0:
        raise Unsupported("param")
    return {"digest": digest(make(i["len"]), i["msg"])}


table.add("SHAKE128", "hash", lambda i: xof(i, hashes.SHAKE128))
table.add("SHAKE256", "hash", lambda i: xof(i, hashes.SHAKE256))


def derive(i, algorithm):
    kdf = judged("length", HKDF, algorithm, i["len"], i["salt"], i["info"])
    return {"okm": kdf.derive(i["ikm"])}


for name, algorithm in (("256", hashes.SHA256()), ("384", hashes.SHA384()), ("512", hashes.SHA512())):
    table.add(f"HKDF-SHA-{name}", "derive", lambda i, a=algorithm: derive(i, a))


def gcm_nonce(i):
    nonce = i["nonce"]
    if not nonce:
        raise Reject("length")
    if not 8 <= len(nonce) <= 128:
        raise Unsupported("param")
    return nonce


def gcm_seal(i, key_len):
    nonce, tag_len = gcm_nonce(i), i.get("tag_len", 16)
    if len(i["key"]) != key_len:
        raise Reject("length")
    if tag_len not in (4, 8, 12, 13, 14, 15, 16):
        raise Unsupported("param")
    sealed = AESGCM(i["key"]).encrypt(nonce, i["msg"], i["aad"])
    return {"ct": sealed[:-16], "tag": sealed[-16:][:tag_len]}


def gcm_open(i, key_len):
    nonce, tag = gcm_nonce(i), i["tag"]
    if len(i["key"]) != key_len or len(tag) not in (4, 8, 12, 13, 14, 15, 16):
        raise Reject("length")
    try:
        if len(tag) == 16:
            return {"msg": AESGCM(i["key"]).decrypt(nonce, i["ct"] + tag, i["aad"])}
        cipher = Cipher(algorithms.AES(i["key"]), modes.GCM(nonce, tag, min_tag_length=len(tag))).decryptor()
        cipher.authenticate_additional_data(i["aad"])
        return {"msg": cipher.update(i["ct"]) + cipher.finalize()}
    except InvalidTag:
        raise Reject("tag") from None


for bits in (128, 192, 256):
    table.add(f"AES-{bits}-GCM", "seal", lambda i, n=bits // 8: gcm_seal(i, n))
    table.add(f"AES-{bits}-GCM", "open", lambda i, n=bits // 8: gcm_open(i, n))


def chacha_seal(i):
    if i.get("tag_len", 16) != 16:
        raise Unsupported("param")
    sealed = judged("length", lambda: ChaCha20Poly1305(i["key"]).encrypt(i["nonce"], i["msg"], i["aad"]))
    return {"ct": sealed[:-16], "tag": sealed[-16:]}


def chacha_open(i):
    if len(i["tag"]) != 16:
        raise Reject("length")
    try:
        cipher = judged("length", ChaCha20Poly1305, i["key"])
        return {"msg": judged("length", cipher.decrypt, i["nonce"], i["ct"] + i["tag"], i["aad"])}
    except InvalidTag:
        raise Reject("tag") from None


table.add("ChaCha20-Poly1305", "seal", chacha_seal)
table.add("ChaCha20-Poly1305", "open", chacha_open)


def hpke_hybrid(key, seed_kem, classical, classical_len):
    """The private key of a hybrid KEM, which the library takes in its two halves."""

    def make(seed):
        if len(seed) != 32:
            raise Reject("length")
        stream = hashlib.shake_256(seed).digest(64 + classical_len)
        return key(seed_kem.from_seed_bytes(stream[:64]), classical(stream[64:]))

    return make


def scalar(curve):
    return lambda private: ec.derive_private_key(int.from_bytes(private), curve)


HPKE_KEM = {
    0x0010: (hpke.KEM.P256, scalar(ec.SECP256R1())),
    0x0011: (hpke.KEM.P384, scalar(ec.SECP384R1())),
    0x0012: (hpke.KEM.P521, scalar(ec.SECP521R1())),
    0x0020: (hpke.KEM.X25519, x25519.X25519PrivateKey.from_private_bytes),
    0x0041: (hpke.KEM.MLKEM768, mlkem.MLKEM768PrivateKey.from_seed_bytes),
    0x0042: (hpke.KEM.MLKEM1024, mlkem.MLKEM1024PrivateKey.from_seed_bytes),
    0x0051: (
        hpke.KEM.MLKEM1024_P384,
        hpke_hybrid(hpke.MLKEM1024P384PrivateKey, mlkem.MLKEM1024PrivateKey, scalar(ec.SECP384R1()), 48),
    ),
    0x647A: (
        hpke.KEM.MLKEM768_X25519,
        hpke_hybrid(
            hpke.MLKEM768X25519PrivateKey,
            mlkem.MLKEM768PrivateKey,
            x25519.X25519PrivateKey.from_private_bytes,
            32,
        ),
    ),
}
HPKE_KDF = {1: "HKDF_SHA256", 2: "HKDF_SHA384", 3: "HKDF_SHA512", 0x10: "SHAKE128", 0x11: "SHAKE256"}
HPKE_AEAD = {1: "AES_128_GCM", 2: "AES_256_GCM", 3: "CHACHA20_POLY1305"}


def hpke_open(i):
    """The library opens single messages in base mode."""
    if i["mode"] != 0 or i["seq"] != 0:
        raise Unsupported("param")
    if i["kem_id"] not in HPKE_KEM or i["kdf_id"] not in HPKE_KDF or i["aead_id"] not in HPKE_AEAD:
        raise Unsupported("param")
    kem, private = HPKE_KEM[i["kem_id"]]
    kdf, aead = getattr(hpke.KDF, HPKE_KDF[i["kdf_id"]]), getattr(hpke.AEAD, HPKE_AEAD[i["aead_id"]])
    key = judged("other", private, i["skR"])
    if len(i["enc"]) != kem.enc_length():
        raise Reject("length")
    try:
        suite = hpke.Suite(kem, kdf, aead)
        opened = judged("other", openssl.hpke._decrypt_with_aad, suite, i["enc"] + i["ct"], key, i["info"], i["aad"])
    except InvalidTag:
        raise Reject("tag") from None
    return {"msg": opened}


table.add("HPKE", "open", hpke_open)
serve("cryptography", cryptography.__version__, table, derand=False)
