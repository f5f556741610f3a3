#!/usr/bin/env bash
# Raw ML-DSA and Ed25519 signatures, to OpenSSL 3.5 and back, with and without a context.
#
#     scripts/openssl-signatures.sh
#
# scripts/peers/common.sh says what is taken from the environment.
#
# Exit code: 0 all as expected; 1 something is not; 2 a peer that cannot be had.
set -euo pipefail

. "$(dirname "$0")/peers/common.sh"
need openssl
openssl=$home/openssl/bin/openssl
cd "$work"
peer=openssl row="Signature, raw"

# OpenSSL reads a message of ML-DSA whole, and takes no more than its own limit.
head -c 1000000 /dev/urandom >message
head -c 999999 message >other
for kind in ml-dsa-44 ml-dsa-65 ml-dsa-87 ed25519; do
    "$twinlock" key new --algorithm "$kind" --out key.pem --public key.pub --force 2>/dev/null
    for context in "" "a context"; do
        [ "$kind" = ed25519 ] && [ -n "$context" ] && continue
        theirs=() ours=() with=
        if [ -n "$context" ]; then
            theirs=(-pkeyopt "context-string:$context") ours=(--context "$context") with=" with context"
        fi
        "$twinlock" sign --identity key.pem "${ours[@]}" --out ours.sig --force message 2>/dev/null
        for file in message other; do
            [ $file = message ] && code=0 || code=1
            expect "openssl verifies our signature of $file$with" $code \
                "$openssl" pkeyutl -verify -rawin -in $file -pubin -inkey key.pub -sigfile ours.sig "${theirs[@]}"
        done
        "$openssl" pkeyutl -sign -rawin -in message -inkey key.pem -out theirs.sig "${theirs[@]}"
        for file in message other; do
            [ $file = message ] && code=0 || code=1
            expect "we verify openssl's signature of $file$with" $code \
                "$twinlock" verify --key key.pub --signature theirs.sig "${ours[@]}" $file
        done
        if [ "$kind" != ed25519 ]; then
            expect "we refuse another context" 1 \
                "$twinlock" verify --key key.pub --signature theirs.sig --context other message
            expect "openssl refuses another context" 1 "$openssl" pkeyutl -verify -rawin -in message -pubin \
                -inkey key.pub -sigfile ours.sig -pkeyopt context-string:other
        fi
    done
done
echo "openssl: $checked checks"
exit "$status"
