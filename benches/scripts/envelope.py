#!/usr/bin/env python3
"""Compares `twinlock seal` and `twinlock open` with the bare AEAD, from file to file.

    cargo build --release --workspace --bins --examples
    benches/scripts/envelope.py [--rounds N] [--gibibytes N] [--folder DIR] [--bin DIR]

The bare AEAD is benches/examples/bare_aead.rs: it reads chunks of 64 KiB, seals or opens each with AES-256-GCM of
AWS-LC on one processor, and writes them. `twinlock` does that on all processors, and hashes for the signature. Files lie
in DIR, which should be in memory (default /dev/shm; it takes three times the content), so that no disk is measured.
Each round runs everything once, in an order that turns. The table has the ratio of throughputs, its median and range
over the rounds, and the most memory that a run took. Exit code 1 if a median is under 0.7, or memory over 64 MiB.
"""

import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEAST_RATIO, MOST_MEMORY = 0.7, 64 << 20


def run(command, source=None, sink=None):
    """Seconds and the most bytes of memory of one run."""
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            for path, flags, number in ((source, os.O_RDONLY, 0), (sink, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 1)):
                os.dup2(os.open(path or os.devnull, flags, 0o600), number)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.execv(command[0], [str(word) for word in command])
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {status}")
    return seconds, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--gibibytes", type=float, default=1)
    parser.add_argument("--folder", default="/dev/shm")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target/release")
    options = parser.parse_args()
    twinlock, bare = options.bin / "twinlock", options.bin / "examples/bare_aead"
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        folder = pathlib.Path(folder)
        plain, sealed, other, out = (folder / name for name in ("plain", "sealed", "other", "out"))
        with open(plain, "wb") as file:
            block = os.urandom(1 << 20)
            for _ in range(int(options.gibibytes * 1024)):
                file.write(block)
        sender, inbox = folder / "sender", folder / "inbox"
        for key, kind in ((sender, "mldsa65-ed25519"), (inbox, "x-wing")):
            run([twinlock, "key", "new", "--algorithm", kind, "--out", key, "--public", f"{key}.pub"])
        seal = [twinlock, "seal", "--to", f"{inbox}.pub", "--force"]
        open_ = [twinlock, "open", "--identity", inbox, "--force"]
        run([bare, "seal"], plain, other)
        results = {}
        for kind, from_, by in (
            ("unsigned", [], ["--unsigned"]),
            ("signed", ["--from", sender], ["--from", f"{sender}.pub"]),
        ):
            kinds = {
                f"{kind} seal": [
                    lambda: run([bare, "seal"], plain, out),
                    lambda: run([*seal, *(from_ or ["--unsigned"]), "-o", out, plain]),
                ],
                f"{kind} open": [
                    lambda: run([bare, "open"], other, out),
                    lambda: run([*open_, *by, "-o", out, sealed]),
                ],
            }
            run([*seal, *(from_ or ["--unsigned"]), "-o", sealed, plain])
            for name, pair in kinds.items():
                for number in range(options.rounds):
                    order = pair if number % 2 == 0 else pair[::-1]
                    times = {}
                    for part in order:
                        out.unlink(missing_ok=True)
                        times[part] = part()
                    (bare_time, _), (our_time, memory) = times[pair[0]], times[pair[1]]
                    results.setdefault(name, []).append((bare_time, our_time, memory))
    holds = True
    print(f"{options.gibibytes} GiB, {options.rounds} rounds, {os.cpu_count()} processors")
    print("| | bare AEAD, s | Twinlock, s | ratio of throughputs, median [range] | memory |")
    print("|---|---|---|---|---|")
    for name, rounds in results.items():
        ratios = sorted(bare_time / our_time for bare_time, our_time, _ in rounds)
        ratio, memory = statistics.median(ratios), max(memory for _, _, memory in rounds)
        holds &= ratio >= LEAST_RATIO and memory <= MOST_MEMORY
        medians = [statistics.median(column) for column in list(zip(*rounds))[:2]]
        print(
            f"| {name} | {medians[0]:.2f} | {medians[1]:.2f} | {ratio:.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}] "
            f"| {memory / 2**20:.1f} MiB |"
        )
    return 0 if holds else 1


sys.exit(main())
