#!/usr/bin/env bash
# Keys and signatures, to ssh-keygen and back: it reads our private keys and verifies our signatures, we read its keys,
# protected ones too, and verify its signatures. OpenSSH 10.6 or newer, for it must know ssh-mldsa44-ed25519.
#
#     scripts/ssh-peers.sh              check
#     scripts/ssh-peers.sh fixtures     make the files of tests/ssh anew
#
# scripts/peers/common.sh says what is taken from the environment.
#
# Exit code: 0 all as expected; 1 something is not; 2 usage, or a peer that cannot be had.
set -euo pipefail

. "$(dirname "$0")/peers/common.sh"
need openssh
keygen=$home/openssh/bin/ssh-keygen
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

cd "$work"
head -c 3000000 /dev/urandom >message
cp message other && printf x >>other
peer=openssh
keygen_verifies() {
    "$keygen" -Y verify -f signers -I tester -n "$1" -s "$2" <"$3"
}

printf 'correct horse' >passphrase
chmod 600 passphrase
for kind in $kinds; do
    # Its key, its signature, our verdict.
    row="SSHSIG"
    "$keygen" -q -t "$kind" -N '' -C 'tester@peer' -f theirs
    "$keygen" -q -Y sign -f theirs -n file <message >theirs.sig
    verify="$twinlock verify --key theirs.pub --signature theirs.sig"
    expect "we verify ssh-keygen's signature" 0 $verify --namespace file message
    expect "we reject another message" 1 $verify --namespace file other
    expect "we reject another namespace" 1 $verify --namespace git message

    # Its key, our signature, its verdict.
    echo "tester $(cat theirs.pub)" >signers
    "$twinlock" sign --identity theirs --format ssh --namespace file --out ours.sig --force message 2>/dev/null
    expect "ssh-keygen verifies our signature" 0 keygen_verifies file ours.sig message
    expect "ssh-keygen rejects another message" 255 keygen_verifies file ours.sig other
    expect "ssh-keygen rejects another namespace" 255 keygen_verifies git ours.sig message
    expect "ssh-keygen finds no signer" 255 \
        "$keygen" -Y verify -f /dev/null -I tester -n file -s ours.sig

    # Its key, as we read it: with and without a passphrase, and its public line.
    row="OpenSSH public key line"
    expect "we read ssh-keygen's line" 0 "$twinlock" key convert theirs.pub --out line.pem --force
    row="OpenSSH private key"
    expect "we read ssh-keygen's key" 0 "$twinlock" key convert theirs --to spki --out ours.pem --force
    expect "we find the same public key" 0 diff line.pem ours.pem
    "$keygen" -q -p -P '' -N 'correct horse' -a 2 -f theirs >/dev/null
    row="OpenSSH private key, protected"
    expect "we open ssh-keygen's protected key" 0 \
        "$twinlock" key convert theirs --passphrase-file passphrase --to spki --out ours.pem --force
    expect "we find the same public key" 0 diff line.pem ours.pem

    # Our keys in its formats: it derives the public key, opens the protected file, and signs.
    "$twinlock" key new --algorithm "$kind" --out own.pem --public own.pub --force 2>/dev/null
    "$twinlock" key convert own.pem --to openssh --out own.key --force 2>/dev/null
    "$twinlock" key protect own.pem --new-passphrase-file passphrase --out closed.pem --force 2>/dev/null
    "$twinlock" key convert closed.pem --passphrase-file passphrase --to openssh --out closed.key --force 2>/dev/null
    row="OpenSSH public key line"
    "$twinlock" key convert own.pub --to openssh --out own.line --force 2>/dev/null
    expect "ssh-keygen shows its fingerprint" 0 "$keygen" -l -f own.line
    row="OpenSSH private key"
    expect "ssh-keygen reads our private key" 0 "$keygen" -y -P '' -f own.key
    "$keygen" -y -P '' -f own.key >derived || true
    expect "ssh-keygen and we write the same public key" 0 diff derived own.line
    row="OpenSSH private key, protected"
    expect "ssh-keygen opens our protected key" 0 "$keygen" -y -P 'correct horse' -f closed.key
    "$keygen" -y -P 'correct horse' -f closed.key >derived || true
    expect "ssh-keygen finds the same key" 0 diff derived own.line
    expect "ssh-keygen refuses a wrong passphrase" 255 "$keygen" -y -P wrong -f closed.key
    row="SSHSIG"
    "$keygen" -q -Y sign -f own.key -n file <message >theirs.sig
    expect "we verify what ssh-keygen signs with our key" 0 \
        "$twinlock" verify --key own.line --signature theirs.sig --namespace file message
    rm -f theirs theirs.pub
done
echo "ssh-keygen: $checked checks"
exit "$status"
