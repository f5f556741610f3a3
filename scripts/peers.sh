#!/usr/bin/env bash
# All rounds with peers that are not ours, both ways, and the table of docs/peers.md on stdout: key files
# (key-peers.sh), KEMs, signatures and HPKE (peers/rounds.py), signatures of OpenSSL's program (openssl-signatures.sh),
# OpenSSH's files (ssh-peers.sh), certificates (cert-peers.sh), and age files (cli/tests/age.rs). They run side by side.
#
#     scripts/peers.sh [LOGS]
#
# LOGS is a folder for what each of them prints. scripts/peers/common.sh says what is taken from the environment.
#
# Exit code: 0 what the table says; 1 something did not hold; 2 a peer that cannot be had.
set -euo pipefail

. "$(dirname "$0")/peers/common.sh"
logs=${1:-$work/logs}
mkdir -p "$logs"
logs=$(cd "$logs" && pwd)
# Its build has what the program needs too.
cargo build --quiet --release --manifest-path "$root/Cargo.toml" --example peer >&2
example=${CARGO_TARGET_DIR:-$root/target}/release/examples/peer
began=$SECONDS
need python npm openssl openssh age bc
echo "peers: installed in $((SECONDS - began)) s" >&2
build_go "$root/scripts/peers/peer.go"
cp "$root/scripts/peers/peer.mjs" "$home/"
export TWINLOCK=$twinlock PEERS=$home
results=$work/results
mkdir "$results"

rounds() {
    # A peer that does not answer would be waited for.
    timeout 900 "$home/venv/bin/python" "$root/scripts/peers/rounds.py" "$twinlock" "$example" "$home" "$PEER_RESULTS"
}

# The tests skip by name without age, so that each must say that it ran.
age() {
    local name row
    TWINLOCK_AGE=$home/age/bin cargo test --release --workspace --manifest-path "$root/Cargo.toml" --test age \
        -- --nocapture --test-threads 1 2>&1 | tee "$work/age" || return 1
    ! grep -q skipped: "$work/age" || return 1
    for name in "age file" "age identity and recipient"; do
        result "$name" x-wing age "age opens ours" ok
        result "$name" x-wing age "we open age's" ok
    done
}

# part NAME COMMAND...: in the background, with its own file of results.
parts=()
part() {
    local name=$1
    shift
    (
        began=$SECONDS status=0
        export PEER_RESULTS=$results/$name
        : >"$PEER_RESULTS"
        "$@" >"$logs/$name" 2>"$logs/$name.err" || status=$?
        echo "peers: $name: $(wc -l <"$PEER_RESULTS") results, $((SECONDS - began)) s" >&2
        exit "$status"
    ) &
    parts+=("$!:$name")
}
part rounds rounds
part key-peers "$root/scripts/key-peers.sh"
part cert-peers "$root/scripts/cert-peers.sh"
part ssh-peers "$root/scripts/ssh-peers.sh"
part openssl-signatures "$root/scripts/openssl-signatures.sh"
part age age

status=0
for one in "${parts[@]}"; do
    code=0
    wait "${one%:*}" || code=$?
    if [ "$code" != 0 ]; then
        echo "peers: ${one#*:} ended with $code" >&2
        { grep -E 'FAIL|UNEXPECTED' "$logs/${one#*:}" || tail -n 5 "$logs/${one#*:}"; } >&2
        tail -n 20 "$logs/${one#*:}.err" >&2
        [ "$status" = 2 ] || status=$code
    fi
done
cat "$results"/* >"$work/all"
"$home/venv/bin/python" "$root/scripts/peers/table.py" "$home" "$work/all"
echo "peers: $((SECONDS - began)) s" >&2
exit "$status"
