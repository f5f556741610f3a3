#!/usr/bin/env bash
# Raw ML-DSA and Ed25519 signatures, to OpenSSL and back, with and without a context. OpenSSL 3.5 or newer, for it must
# know ML-DSA.
#
#     scripts/openssl-signatures.sh
#
# $TWINLOCK is the binary to use; without it one is built. $OPENSSL is the openssl to use; without it Debian's is
# unpacked into $OPENSSL_PEERS, or into a folder that is thrown away.
#
# Exit code: 0 all as expected; 1 something is not; 2 a peer that cannot be had.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl=${OPENSSL:-}
if [ -z "$openssl" ]; then
    peers=${OPENSSL_PEERS:-$work/openssl}
    "$root/scripts/debian-peer.sh" "$peers" trixie openssl openssl libssl3t64 zlib1g libzstd1 libc6 || exit 2
    openssl=$(cd "$peers" && pwd)/bin/openssl
fi
if ! "$openssl" list -signature-algorithms | grep -q ML-DSA; then
    echo "openssl-signatures: $openssl does not know ML-DSA; OpenSSL 3.5 does" >&2
    exit 2
fi
twinlock=${TWINLOCK:-}
if [ -z "$twinlock" ]; then
    cargo build --release --manifest-path "$root/Cargo.toml" -p twinlock-cli
    twinlock=${CARGO_TARGET_DIR:-$root/target}/release/twinlock
fi
cd "$work"
checked=0 status=0

# expect WHAT CODE COMMAND…: the command ends with that exit code.
expect() {
    local what=$1 code=$2 found=0
    shift 2
    "$@" >log 2>&1 || found=$?
    checked=$((checked + 1))
    if [ "$found" != "$code" ]; then
        echo "UNEXPECTED: $what: exit code $found, not $code"
        sed 's/^/    /' log
        status=1
    fi
}

# OpenSSL reads a message of ML-DSA whole, and takes no more than its own limit.
head -c 1000000 /dev/urandom >message
head -c 999999 message >other
for kind in ml-dsa-44 ml-dsa-65 ml-dsa-87 ed25519; do
    "$twinlock" key new --algorithm "$kind" --out key.pem --public key.pub --force 2>/dev/null
    for context in "" "a context"; do
        [ "$kind" = ed25519 ] && [ -n "$context" ] && continue
        theirs=() ours=() what=$kind
        if [ -n "$context" ]; then
            theirs=(-pkeyopt "context-string:$context") ours=(--context "$context") what="$kind with context"
        fi
        expect "$what: we sign" 0 "$twinlock" sign --identity key.pem "${ours[@]}" --out ours.sig --force message
        for file in message other; do
            [ $file = message ] && code=0 || code=1
            expect "$what: openssl verifies our signature of $file" $code \
                "$openssl" pkeyutl -verify -rawin -in $file -pubin -inkey key.pub -sigfile ours.sig "${theirs[@]}"
        done
        "$openssl" pkeyutl -sign -rawin -in message -inkey key.pem -out theirs.sig "${theirs[@]}"
        for file in message other; do
            [ $file = message ] && code=0 || code=1
            expect "$what: we verify openssl's signature of $file" $code \
                "$twinlock" verify --key key.pub --signature theirs.sig "${ours[@]}" $file
        done
        if [ "$kind" != ed25519 ]; then
            expect "$what: we refuse another context" 1 \
                "$twinlock" verify --key key.pub --signature theirs.sig --context other message
            expect "$what: openssl refuses another context" 1 "$openssl" pkeyutl -verify -rawin -in message -pubin \
                -inkey key.pub -sigfile ours.sig -pkeyopt context-string:other
        fi
    done
done
echo "openssl: $checked checks"
exit "$status"
