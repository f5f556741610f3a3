#!/usr/bin/env bash
# Keys and signatures, to ssh-keygen and back: it reads our private keys and verifies our signatures, we read its keys,
# protected ones too, and verify its signatures. OpenSSH 10.6 or newer, for it must know ssh-mldsa44-ed25519.
#
#     scripts/ssh-peers.sh              check
#     scripts/ssh-peers.sh fixtures     make the files of tests/ssh anew
#
# $TWINLOCK is the binary to use; without it one is built. $SSH_KEYGEN is the ssh-keygen to use; without it Debian's is
# unpacked into $SSH_PEERS, or into a folder that is thrown away.
#
# Exit code: 0 all as expected; 1 something is not; 2 usage, or a peer that cannot be had.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
keygen=${SSH_KEYGEN:-}
if [ -z "$keygen" ]; then
    peers=${SSH_PEERS:-$work/openssh}
    "$root/scripts/debian-peer.sh" "$peers" sid ssh-keygen \
        openssh-common libselinux1 libpcre2-8-0 libssl3t64 zlib1g libzstd1 libc6 || exit 2
    keygen=$(cd "$peers" && pwd)/bin/ssh-keygen
fi
if ! "$keygen" -q -t mldsa44-ed25519 -N '' -f "$work/probe"; then
    echo "ssh-peers: $keygen does not know mldsa44-ed25519; OpenSSH 10.6 does" >&2
    exit 2
fi
kinds="ed25519 mldsa44-ed25519"

# The files that the tests read. The keys are public: good for tests and for nothing else.
fixtures() {
    local folder=$root/tests/ssh kind
    rm -f "$folder"/*.key "$folder"/*.pub "$folder"/*.sig
    mkdir -p "$folder"
    printf 'What is signed\n' >"$folder/message.txt"
    for kind in $kinds; do
        "$keygen" -q -t "$kind" -N '' -C "tests@twinlock" -f "$work/$kind"
        for cipher in aes256-ctr aes256-gcm@openssh.com aes256-cbc aes128-ctr; do
            cp "$work/$kind" "$work/protected"
            chmod 600 "$work/protected"
            "$keygen" -q -p -P '' -N 'correct horse' -a 2 -Z "$cipher" -f "$work/protected" >/dev/null
            cp "$work/protected" "$folder/$kind-${cipher%@*}.key"
            [ "$kind" = ed25519 ] || break
        done
        cp "$work/$kind" "$folder/$kind.key"
        cp "$work/$kind.pub" "$folder/$kind.pub"
        for hash in sha512 sha256; do
            "$keygen" -q -Y sign -f "$work/$kind" -n file -O "hashalg=$hash" \
                <"$folder/message.txt" >"$folder/$kind-$hash.sig"
        done
    done
    chmod 644 "$folder"/*
    echo "made the files of tests/ssh"
}

if [ "${1:-check}" = fixtures ]; then
    fixtures
    exit 0
fi
if [ $# -gt 0 ] && [ "$1" != check ]; then
    echo "usage: ssh-peers.sh [check|fixtures]" >&2
    exit 2
fi

twinlock=${TWINLOCK:-}
if [ -z "$twinlock" ]; then
    cargo build --release --manifest-path "$root/Cargo.toml" -p twinlock-cli
    twinlock=${CARGO_TARGET_DIR:-$root/target}/release/twinlock
fi
cd "$work"
head -c 3000000 /dev/urandom >message
cp message other && printf x >>other
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
keygen_verifies() {
    "$keygen" -Y verify -f signers -I tester -n "$1" -s "$2" <"$3"
}

for kind in $kinds; do
    # Its key, its signature, our verdict.
    "$keygen" -q -t "$kind" -N '' -C 'tester@peer' -f "theirs-$kind"
    "$keygen" -q -Y sign -f "theirs-$kind" -n file <message >theirs.sig
    verify="$twinlock verify --key theirs-$kind.pub --signature theirs.sig"
    expect "$kind: we verify ssh-keygen's signature" 0 $verify --namespace file message
    expect "$kind: we reject another message" 1 $verify --namespace file other
    expect "$kind: we reject another namespace" 1 $verify --namespace git message

    # Its key, our signature, its verdict.
    echo "tester $(cat "theirs-$kind.pub")" >signers
    expect "$kind: we sign with ssh-keygen's key" 0 \
        "$twinlock" sign --identity "theirs-$kind" --format ssh --namespace file --out ours.sig --force message
    expect "$kind: ssh-keygen verifies our signature" 0 keygen_verifies file ours.sig message
    expect "$kind: ssh-keygen rejects another message" 255 keygen_verifies file ours.sig other
    expect "$kind: ssh-keygen rejects another namespace" 255 keygen_verifies git ours.sig message
    expect "$kind: ssh-keygen finds no signer" 255 \
        "$keygen" -Y verify -f /dev/null -I tester -n file -s ours.sig
done

# Our keys in its formats, written by the library: it derives the public key, opens the protected file, and signs.
mkdir keys
if ! TWINLOCK_SSH_KEYS=$work/keys cargo test --quiet --manifest-path "$root/Cargo.toml" -p twinlock --test ssh -- \
    --exact --ignored keys_for_ssh_keygen >log 2>&1; then
    cat log >&2
    exit 2
fi
for kind in $kinds; do
    chmod 600 "keys/$kind.key" "keys/$kind-protected.key"
    expect "$kind: ssh-keygen reads our private key" 0 "$keygen" -y -P '' -f "keys/$kind.key"
    "$keygen" -y -P '' -f "keys/$kind.key" >derived || true
    expect "$kind: ssh-keygen and we write the same public key" 0 diff derived "keys/$kind.pub"
    expect "$kind: ssh-keygen opens our protected key" 0 "$keygen" -y -P 'correct horse' -f "keys/$kind-protected.key"
    "$keygen" -y -P 'correct horse' -f "keys/$kind-protected.key" >derived || true
    expect "$kind: and finds the same key" 0 diff derived "keys/$kind.pub"
    expect "$kind: ssh-keygen refuses a wrong passphrase" 255 "$keygen" -y -P wrong -f "keys/$kind-protected.key"
    expect "$kind: ssh-keygen shows its fingerprint" 0 "$keygen" -l -f "keys/$kind.pub"
    "$keygen" -q -Y sign -f "keys/$kind.key" -n file <message >theirs.sig
    expect "$kind: ssh-keygen signs with our key" 0 \
        "$twinlock" verify --key "keys/$kind.pub" --signature theirs.sig --namespace file message
done
echo "ssh-keygen: $checked checks"
exit "$status"
