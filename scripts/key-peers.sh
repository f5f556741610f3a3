#!/usr/bin/env bash
# Private and public keys in every form, both ways with OpenSSL 3.5 (of Debian 13), Go's crypto/x509 and crypto/mldsa,
# and Python's `cryptography`. Prints the table of who reads what, as docs/keys.md has it.
#
#     scripts/key-peers.sh
#
# scripts/peers/common.sh says what is taken from the environment.
#
# Exit code: 0 what the table says; 1 a key of ours that nobody reads, a key of theirs that we do not read, or a key
# that two read as different ones; 2 a peer that cannot be had.
set -euo pipefail

. "$(dirname "$0")/peers/common.sh"
need python openssl
build_go "$root/scripts/key-peer.go"
"$home/venv/bin/python" "$root/scripts/key-peers.py" "$twinlock" "$home/openssl/bin/openssl" "$home/key-peer" \
    ${PEER_RESULTS:+"$PEER_RESULTS"}
