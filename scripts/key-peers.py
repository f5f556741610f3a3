"""The rounds of key-peers.sh: TWINLOCK OPENSSL KEYPEER [RESULTS]. RESULTS gets lines for the table of docs/peers.md."""

import os
import subprocess
import sys
import tempfile

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa, mlkem, x25519

twinlock, openssl, keypeer = sys.argv[1:4]
work = tempfile.TemporaryDirectory()
os.chdir(work.name)
PASSPHRASE = "open sesame"
with open("passphrase", "w", opener=lambda path, flags: os.open(path, flags, 0o600), encoding="ascii") as file:
    file.write(PASSPHRASE)

KINDS = ["x25519", "ed25519", "ml-kem-512", "ml-kem-768", "ml-kem-1024", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87"]
FORMS = ["seed", "expanded", "both", "bare-seed", "bare-expanded", "expanded-public"]
# OpenSSL's names of the forms that it can write.
OPENSSL_FORMS = {
    "seed-only": "seed",
    "priv-only": "expanded",
    "seed-priv": "both",
    "bare-seed": "bare-seed",
    "bare-priv": "bare-expanded",
    "oqskeypair": "expanded-public",
}
# Rows of the table of docs/peers.md.
PRIVATE, PROTECTED, PUBLIC = "Private key, PKCS#8", "Private key, PKCS#8 protected", "Public key, SubjectPublicKeyInfo"
NAMES = {"x-wing": "X-Wing", "mldsa44-ed25519": "MLDSA44-Ed25519", "mldsa65-ed25519": "MLDSA65-Ed25519"}
PEERS = {"OpenSSL": "openssl", "Go": "go", "cryptography": "cryptography"}
problems = []
results = []


class Refused(Exception):
    """A file is not read, and why."""


def run(*command):
    """What a command prints, or None if it fails."""
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def read_by(*command):
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise Refused(done.stderr.decode().strip())
    return done.stdout


def ours(*args):
    done = subprocess.run([twinlock, *args], capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"twinlock {' '.join(args)}: {done.stderr.decode()}")
    return done.stdout


def spki(path):
    """The public key as we read it."""
    done = subprocess.run(
        [twinlock, "key", "convert", path, "--to", "spki", "--der", "--out", "-", "--passphrase-file", "passphrase"],
        capture_output=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None


def by_openssl(path, public):
    args = ["-pubin"] if public else []
    return read_by(openssl, "pkey", *args, "-in", path, "-passin", f"pass:{PASSPHRASE}", "-pubout", "-outform", "DER")


def by_go(path, _public):
    return bytes.fromhex(read_by(keypeer, "read", path).decode())


def by_python(path, public):
    with open(path, "rb") as opened:
        data = opened.read()
    try:
        if public:
            key = s.load_pem_public_key(data)
        else:
            password = PASSPHRASE.encode() if b"ENCRYPTED" in data else None
            key = s.load_pem_private_key(data, password).public_key()
        return key.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(str(error)) from error


READERS = {"OpenSSL 3.5": by_openssl, "Go 1.27": by_go, "cryptography 50": by_python}


def result(row, kind, peer, direction, outcome, words=""):
    kind = kind.upper() if kind.startswith("ml-") else NAMES.get(kind, kind.capitalize())
    results.append((row, kind, PEERS[peer.split()[0]], direction, outcome, " ".join(words.split())))


merged = {}


def take(row, kind, path, expected):
    """Who reads a file of ours, as marks; a reader that finds another key is a problem."""
    marks = []
    for name, read in READERS.items():
        try:
            found, outcome, words = read(path, path.endswith(".pub")), "ok", ""
            if found != expected:
                problems.append(f"{name} reads another key in {kind}, {row}")
                outcome = "FAIL"
        except Refused as error:
            outcome, words = "refused", str(error)
        marks.append("yes" if outcome == "ok" else "no")
        if row in (PRIVATE, PROTECTED, PUBLIC):
            result(row, kind, name, "ours", outcome, words)
    return marks


def add(kind, what, path, expected, row):
    """A file of ours goes into the table."""
    marks = take(row, kind, path, expected)
    merged.setdefault(what, {}).setdefault(" | ".join(marks), []).append(kind.upper())


def theirs(row, peer, kind, how, path, expected, form=None):
    """A file of theirs that we must read, as the same key."""
    found, what = spki(path), f"{peer}'s {kind} {how}"
    result(row, kind, peer, "theirs", "ok" if found == expected else "FAIL")
    if found is None or found != expected:
        problems.append(f"we do not read {what}")
        return
    if row == PRIVATE:  # `expected` is their encoding then
        with open("their.der", "wb") as file:
            file.write(expected)
        read = spki("their.der") == expected
        result(PUBLIC, kind, peer, "theirs", "ok" if read else "FAIL")
        if not read:
            problems.append(f"we do not read the public key of {what}")
    if form is not None and form not in ours("key", "show", path).decode().splitlines()[1]:
        problems.append(f"{what}: another form than {form}")


for kind in KINDS:
    ours("key", "new", "--algorithm", kind, "--out", "key.pem", "--public", "key.pub", "--force")
    expected = spki("key.pem")
    family = {"ml-kem": "ML-KEM", "ml-dsa": "ML-DSA"}.get(kind[:6], kind.capitalize())
    for form in FORMS if kind.startswith("ml-") else FORMS[:1]:
        ours("key", "convert", "key.pem", "--form", form, "--out", "form.pem", "--force")
        name = f"{family} private key, {form}" if kind.startswith("ml-") else f"{family} private key"
        add(kind, name, "form.pem", expected, PRIVATE if form == "seed" else name)
    for kdf in ("scrypt", "pbkdf2"):
        ours("key", "protect", "key.pem", "--new-passphrase-file", "passphrase", "--kdf", kdf, "--out", "closed.pem", "--force")
        name = f"{family} private key, seed, {kdf}" if kind.startswith("ml-") else f"{family} private key, {kdf}"
        add(kind, name, "closed.pem", expected, PROTECTED)
    name = f"{family} public key"
    add(kind, name, "key.pub", expected, PUBLIC)

    # Theirs.
    forms = OPENSSL_FORMS if kind.startswith("ml-") else {None: None}
    for option, form in forms.items():
        param = ["-provparam", f"{kind[:6]}.output_formats={option}"] if option else []
        if run(openssl, "genpkey", "-algorithm", kind.upper(), *param, "-out", "their.pem") is None:
            sys.exit(f"openssl cannot write {kind} as {option}")
        words = {"seed": "seed", "expanded": "expanded key, no seed", "both": "seed and expanded key"}.get(form)
        theirs(PRIVATE, "OpenSSL", kind, option or "", "their.pem", by_openssl("their.pem", False), words)
    for cipher in (["-scrypt"], ["-iter", "2048"]):
        run(openssl, "pkcs8", "-topk8", *cipher, "-v2", "aes-256-cbc", "-in", "key.pem", "-out", "their.pem", "-passout", f"pass:{PASSPHRASE}")
        theirs(PROTECTED, "OpenSSL", kind, f"under {cipher[0]}", "their.pem", expected)
    if not kind.startswith("ml-kem"):
        with open("their.pem", "wb") as file:
            file.write(run(keypeer, "write", kind))
        theirs(PRIVATE, "Go", kind, "", "their.pem", by_go("their.pem", False))
    make = {
        "x25519": x25519.X25519PrivateKey,
        "ed25519": ed25519.Ed25519PrivateKey,
        "ml-kem-768": mlkem.MLKEM768PrivateKey,
        "ml-kem-1024": mlkem.MLKEM1024PrivateKey,
        "ml-dsa-44": mldsa.MLDSA44PrivateKey,
        "ml-dsa-65": mldsa.MLDSA65PrivateKey,
        "ml-dsa-87": mldsa.MLDSA87PrivateKey,
    }.get(kind)
    if make is not None:
        for row, encryption in ((PRIVATE, s.NoEncryption()), (PROTECTED, s.BestAvailableEncryption(PASSPHRASE.encode()))):
            data = make.generate().private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, encryption)
            with open("their.pem", "wb") as file:
                file.write(data)
            theirs(row, "cryptography", kind, "", "their.pem", by_python("their.pem", False))

# Kinds that have no form but the seed, and that none of the three makes.
for kind in ["x-wing", "mldsa44-ed25519", "mldsa65-ed25519"]:
    ours("key", "new", "--algorithm", kind, "--out", "key.pem", "--public", "key.pub", "--force")
    for row, path in ((PRIVATE, "key.pem"), (PUBLIC, "key.pub")):
        take(row, kind, path, spki(path))

print(f"| our file | {' | '.join(READERS)} |")
print("|---" * (len(READERS) + 1) + "|")
for what, rows in merged.items():
    for marks, kinds in rows.items():
        print(f"| {what}{'' if len(rows) == 1 else ': ' + ', '.join(kinds)} | {marks} |")
if len(sys.argv) > 4:
    with open(sys.argv[4], "a", encoding="utf-8") as file:
        for line in results:
            print(*line, sep="\t", file=file)
for problem in problems:
    print(f"UNEXPECTED: {problem}", file=sys.stderr)
sys.exit(1 if problems else 0)
