#!/usr/bin/env python3
"""Measures key rings: a fleet made at once, and single commands in a ring of that size.

    benches/scripts/key-fleet.py [--count N] [--rounds N] [--bin FILE] [--folder DIR]

Needs a release build of `twinlock` (default target/release/twinlock). Works in a temporary folder, in DIR if told: the
file system counts, since all is on the disk when a command ends. An identity is an X-Wing and a composite key; each is in
two files. Exit code 1 if a bar is missed in all rounds.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def machine():
    lines = open("/proc/cpuinfo") if os.path.exists("/proc/cpuinfo") else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), os.uname().machine)
    return f"{model}, {os.cpu_count()} CPUs, {os.uname().sysname} {os.uname().release}, load {os.getloadavg()[0]:.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target/release/twinlock")
    parser.add_argument("--folder")
    options = parser.parse_args()
    binary = options.bin.resolve()
    seconds = {}

    with tempfile.TemporaryDirectory(prefix="fleet-", dir=options.folder) as folder:
        folder = pathlib.Path(folder)

        def timed(what, *words):
            begun = time.monotonic()
            subprocess.run([binary, *map(str, words)], cwd=folder, check=True, capture_output=True)
            seconds.setdefault(what, []).append(time.monotonic() - begun)

        def names(count):
            path = folder / f"names-{count}"
            path.write_text("".join(f"desk-{number:06}\n" for number in range(count)))
            return path

        secret = folder / "secret"
        secret.write_text("a passphrase\n")
        secret.chmod(0o600)
        many = f"{options.count:,} identities under one passphrase"
        small = "1,000 identities under none"
        for turn in range(options.rounds):
            new = ("key", "new", "--for", "identity", "--ring")
            few, ring = f"few-{turn}", f"many-{turn}"
            timed(small, *new, few, "--names", names(1000), "--unprotected")
            timed(many, *new, ring, "--names", names(options.count), "--new-passphrase-file", secret)
            timed("list them", "key", "list", ring)
            timed("rotate one of them", "key", "rotate", f"{ring}/desk-000017", "--passphrase-file", secret)
            timed("sign with one of them", "sign", "--identity", f"{ring}/desk-000017", "--passphrase-file", secret,
                  "--context", "bench", "--out", f"{turn}.sig", secret)

    bars = {small: 1.0, many: 30.0} if options.count == 10_000 else {small: 1.0}
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{machine()}; {options.rounds} rounds\n\n| what | seconds, best to worst | bar |\n|---|---|---|")
    missed = False
    for what, took in seconds.items():
        bar = bars.get(what)
        missed |= bar is not None and min(took) > bar
        print(f"| {what} | {min(took):.2f} to {max(took):.2f} | {f'{bar:.0f} at most' if bar else ''} |")
    print(f"| memory of the largest, MB | {memory:.0f} | |")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
