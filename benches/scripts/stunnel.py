#!/usr/bin/env python3
"""Compares `twinlock tunnel` with Debian's stunnel in front of the same plain service on the same loopback.

    benches/scripts/stunnel.py [--rounds N] [--mebibytes N] [--round-trips N] [--bin DIR]

Needs stunnel4, openssl and release builds of `twinlock` and `tunnel_load` in DIR (default target/release). Both
tunnels are mutually authenticated and use AES-256-GCM: stunnel TLS 1.3 with P-256 certificates, Twinlock suite 0x0001.
Each round measures the bare loopback and both tunnels one after the other, in an order that turns; the table has the
median of the rounds and their range. A run is four processes on one machine: a client, the tunnel's two, and a service.
Where the system places them decides most of a round trip: waking a sleeping core costs more than all that a tunnel does.
So round trips are measured as the system places them, and with all four on one core.
"""

import argparse
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.1"


def free_port():
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection((ADDRESS, port)).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{process.args[0]} does not listen on port {port}")


class House:
    """The service and both tunnels, all stopped at the end."""

    def __init__(self, folder, binaries):
        self.folder, self.binaries, self.processes = folder, binaries, []

    def start(self, port, *command):
        log = open(self.folder / "log", "a")
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, cwd=self.folder)
        self.processes.append(process)
        wait_for(port, process)

    def place(self, cores):
        """Puts us, all that we start, and all threads of what we started on these cores."""
        os.sched_setaffinity(0, cores)
        for process in self.processes:
            for thread in os.listdir(f"/proc/{process.pid}/task"):
                os.sched_setaffinity(int(thread), cores)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()

    def run(self, *command):
        subprocess.run([str(word) for word in command], cwd=self.folder, check=True, capture_output=True)

    def service(self):
        port = free_port()
        self.start(port, self.binaries / "tunnel_load", "serve", f"{ADDRESS}:{port}")
        return port

    def stunnel(self, service):
        for name in ("server", "client"):
            self.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", f"{name}.pem", "-out", f"{name}.crt", "-subj", f"/CN={name}", "-days", "1")
        outer, inner = free_port(), free_port()
        for name, peer, accept, connect in (("server", "client", outer, service), ("client", "server", inner, outer)):
            (self.folder / f"{name}.conf").write_text(
                f"foreground = yes\npid =\ndebug = err\n[bench]\nclient = {'yes' if name == 'client' else 'no'}\n"
                f"accept = {ADDRESS}:{accept}\nconnect = {ADDRESS}:{connect}\ncert = {name}.crt\nkey = {name}.pem\n"
                f"CAfile = {peer}.crt\nverifyPeer = yes\nsslVersion = TLSv1.3\n"
                "ciphersuites = TLS_AES_256_GCM_SHA384\nsocket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n")
            self.start(accept, shutil.which("stunnel4") or "stunnel", self.folder / f"{name}.conf")
        return inner

    def twinlock(self, service):
        twinlock = self.binaries / "twinlock"
        for name in ("a", "b"):
            self.run(twinlock, "key", "new", "--algorithm", "mldsa65-ed25519", "--out", f"{name}.key", "--public",
                     f"{name}.pub")
        (self.folder / "allow.yaml").write_text("peers:\n  - name: a\n    key-file: a.pub\n    services: [bench]\n")
        outer, inner = free_port(), free_port()
        self.start(outer, twinlock, "tunnel", "server", "--listen", f"{ADDRESS}:{outer}", "--to",
                   f"{ADDRESS}:{service}", "--identity", "b.key", "--allow", "allow.yaml", "--service", "bench")
        self.start(inner, twinlock, "tunnel", "client", "--listen", f"{ADDRESS}:{inner}", "--to",
                   f"{ADDRESS}:{outer}", "--identity", "a.key", "--peer", "b.pub", "--service", "bench")
        return inner


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--mebibytes", type=int, default=1024, help="per round, over all connections")
    parser.add_argument("--round-trips", type=int, default=20000)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target" / "release")
    options = parser.parse_args()
    binaries = options.bin.resolve()
    cores = os.sched_getaffinity(0)

    measures = [  # name, unit, arguments of tunnel_load behind the address; one row for each number it prints
        (["1 connection, bulk"], "MB/s", "bulk", ["1", str(options.mebibytes)]),
        (["8 connections, bulk"], "MB/s", "bulk", ["8", str(options.mebibytes // 8)]),
    ]
    for place in ("", " on one core"):
        rows = [f"200-byte round trip{place}, {share}" for share in ("p50", "p99")]
        measures.append((rows, "µs", "echo", ["200", str(options.round_trips)]))
    with tempfile.TemporaryDirectory(prefix="tunnels-") as folder:
        house = House(pathlib.Path(folder), binaries)
        try:
            service = house.service()
            ways = {"loopback": service, "stunnel": house.stunnel(service), "twinlock": house.twinlock(service)}
            results = {}
            for turn in range(options.rounds):
                names = list(ways)
                names = names[turn % 3:] + names[:turn % 3]
                for rows, _, what, arguments in measures:
                    house.place({min(cores)} if "one core" in rows[0] else cores)
                    for name in names:
                        command = [binaries / "tunnel_load", what, f"{ADDRESS}:{ways[name]}", *arguments]
                        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                        for row, number in zip(rows, out.split(), strict=True):
                            results.setdefault((row, name), []).append(float(number))
        except subprocess.CalledProcessError as error:
            print((house.folder / "log").read_text(), error.stderr, file=sys.stderr)
            sys.exit(str(error))
        finally:
            house.stop()

    version = subprocess.run(["stunnel4", "-version"], capture_output=True, text=True)
    lines = [line for line in (version.stdout + version.stderr).splitlines() if line.startswith(("stunnel", "Compiled"))]
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"{cpu}, {os.cpu_count()} cores, Linux {os.uname().release}; {'; '.join(lines)}; "
          f"median of {options.rounds} rounds (range)\n")
    print(f"| | {' | '.join(ways)} | twinlock / stunnel |\n|---|{'---|' * (len(ways) + 1)}")
    for rows, unit, _, _ in measures:
        for row in rows:
            cells, medians = [], {}
            for name in ways:
                numbers = results[row, name]
                medians[name] = statistics.median(numbers)
                cells.append(f"{medians[name]:.0f} ({min(numbers):.0f}-{max(numbers):.0f})")
            print(f"| {row}, {unit} | {' | '.join(cells)} | {medians['twinlock'] / medians['stunnel']:.2f} |")


if __name__ == "__main__":
    main()
