#!/usr/bin/env bash
# Certificates, requests and revocation lists both ways with implementations that are not ours: OpenSSL 3.5 or newer,
# Python's `cryptography`, and Bouncy Castle for the composites. One line for each thing that held.
#
#     scripts/cert-peers.sh [openssl|python|bc]…
#
# $TWINLOCK is the binary to use; without it one is built. $OPENSSL is the program, `openssl` if not set; without ML-DSA it
# is left out, by name. $PYTHON is a Python with `cryptography` 50; without it one is installed for the run. $BC is the folder with bcprov.jar, bcpkix.jar and bcutil.jar; without it, or without Java, Bouncy
# Castle is left out, by name.
#
# Exit code: 0 all held that could be had; 1 one did not; 2 usage.
set -euo pipefail

all="openssl python bc"
[ $# -gt 0 ] || set -- $all
for peer in "$@"; do
    case " $all " in
    *" $peer "*) ;;
    *)
        echo "cert-peers: no peer $peer; there are: $all" >&2
        exit 2
        ;;
    esac
done
root=$(cd "$(dirname "$0")/.." && pwd)
twinlock=${TWINLOCK:-}
if [ -z "$twinlock" ]; then
    cargo build --release --manifest-path "$root/Cargo.toml" -p twinlock-cli
    twinlock=${CARGO_TARGET_DIR:-$root/target}/release/twinlock
fi
twinlock=$(realpath "$twinlock")
openssl=${OPENSSL:-openssl}
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cd "$home"

status=0
# holds WORDS COMMAND...: the command is done.
holds() {
    local words=$1
    shift
    if "$@" >out 2>&1; then
        echo "ok    $words"
    else
        echo "FAIL  $words: $*"
        sed 's/^/      /' out | tail -n 5
        status=1
    fi
}
# refuses WORDS COMMAND...: the command is not done.
refuses() {
    local words=$1
    shift
    if "$@" >out 2>&1; then
        echo "FAIL  $words: $*"
        status=1
    else
        echo "ok    $words"
    fi
}
quiet() {
    "$@" >/dev/null 2>&1
}
cert() {
    "$twinlock" cert "$@"
}

with_openssl() {
    if ! "$openssl" list -signature-algorithms 2>/dev/null | grep -qi ml-dsa-65; then
        echo "skip  openssl: $("$openssl" version) has no ML-DSA"
        return
    fi
    echo "peer  $("$openssl" version)"
    local ca kem kem_usage
    for ca in ed25519 ml-dsa-44 ml-dsa-65 ml-dsa-87; do
        rm -rf ours theirs
        mkdir ours theirs
        # What we make.
        quiet "$twinlock" key new --algorithm "$ca" --out ours/ca.key
        quiet "$twinlock" key new --algorithm ml-dsa-44 --out ours/end.key --public ours/end.pub
        quiet cert new --key ours/ca.key --subject CN=Root,O=Example --authority --path-len 1 --out ours/ca.pem
        quiet cert request --key ours/end.key --subject CN=end --name dns:a.example.org --name ip:192.0.2.1 \
            --name uri:https://a.example.org/b --out ours/end.csr
        quiet cert issue --ca ours/ca.pem --ca-key ours/ca.key --request ours/end.csr --purpose server --out ours/end.pem
        holds "openssl verifies our request under $ca" "$openssl" req -in ours/end.csr -noout -verify
        holds "openssl verifies our chain of $ca" \
            "$openssl" verify -x509_strict -purpose sslserver -verify_hostname a.example.org -CAfile ours/ca.pem ours/end.pem
        quiet cert revoke --ca ours/ca.pem --ca-key ours/ca.key --crl ours/ca.crl
        holds "openssl takes our list of $ca" \
            "$openssl" verify -crl_check -CRLfile ours/ca.crl -CAfile ours/ca.pem ours/end.pem
        quiet cert revoke --ca ours/ca.pem --ca-key ours/ca.key --crl ours/ca.crl ours/end.pem
        refuses "openssl refuses what our list of $ca revokes" \
            "$openssl" verify -crl_check -CRLfile ours/ca.crl -CAfile ours/ca.pem ours/end.pem
        # X-Wing has no name in OpenSSL 3.5, but its certificate verifies.
        for kem in ml-kem-512 ml-kem-768 ml-kem-1024 x25519 x-wing mldsa65-ed25519; do
            quiet "$twinlock" key new --algorithm "$kem" --out ours/kem.key --public ours/kem.pub --force
            quiet cert issue --ca ours/ca.pem --ca-key ours/ca.key --public ours/kem.pub --subject "CN=$kem" \
                --out ours/kem.pem --force
            holds "openssl shows our certificate of $kem under $ca" "$openssl" x509 -in ours/kem.pem -noout -text
            case $kem in
            x-wing | mldsa65-ed25519) ;; # of an unknown key it verifies no chain
            *) holds "openssl verifies it" "$openssl" verify -CAfile ours/ca.pem ours/kem.pem ;;
            esac
        done

        # What OpenSSL makes.
        "$openssl" genpkey -algorithm "$ca" -out theirs/ca.key 2>/dev/null
        "$openssl" req -x509 -new -key theirs/ca.key -subj /O=Example/CN=Root -days 30 -out theirs/ca.pem \
            -addext keyUsage=critical,keyCertSign,cRLSign
        "$openssl" genpkey -algorithm ml-dsa-65 -out theirs/end.key 2>/dev/null
        "$openssl" req -new -key theirs/end.key -subj /CN=end -addext subjectAltName=DNS:a.example.org,IP:2001:db8::1 \
            -out theirs/end.csr
        printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' >theirs/ext
        quiet "$openssl" x509 -req -in theirs/end.csr -CA theirs/ca.pem -CAkey theirs/ca.key -days 7 -extfile theirs/ext \
            -copy_extensions copy -out theirs/end.pem
        holds "we verify openssl's chain of $ca" cert verify --purpose server --ca theirs/ca.pem theirs/end.pem
        for kem in ml-kem-768 x25519; do
            "$openssl" genpkey -algorithm "$kem" -out theirs/kem.key 2>/dev/null
            "$openssl" pkey -in theirs/kem.key -pubout -out theirs/kem.pub
            [ "$kem" = x25519 ] && kem_usage=keyAgreement || kem_usage=keyEncipherment
            printf 'keyUsage=critical,%s\n' "$kem_usage" >theirs/kem.ext
            quiet "$openssl" x509 -req -in theirs/end.csr -force_pubkey theirs/kem.pub -CA theirs/ca.pem \
                -CAkey theirs/ca.key -days 7 -extfile theirs/kem.ext -out theirs/kem.pem
            holds "we verify openssl's certificate of $kem under $ca" cert verify --ca theirs/ca.pem theirs/kem.pem
        done
        holds "we verify openssl's request" cert show theirs/end.csr
        holds "we issue of openssl's request" \
            cert issue --ca ours/ca.pem --ca-key ours/ca.key --request theirs/end.csr --out theirs/by-us.pem
        holds "openssl verifies that" "$openssl" verify -x509_strict -CAfile ours/ca.pem theirs/by-us.pem
        printf '[ca]\ndefault_ca=d\n[d]\ndatabase=theirs/db\ncrlnumber=theirs/number\ndefault_md=default\n' >theirs/conf
        printf 'default_crl_days=7\ncertificate=theirs/ca.pem\nprivate_key=theirs/ca.key\ncrl_extensions=e\n' >>theirs/conf
        printf '[e]\nauthorityKeyIdentifier=keyid\n' >>theirs/conf
        : >theirs/db
        echo 1000 >theirs/number
        quiet "$openssl" ca -config theirs/conf -gencrl -out theirs/empty.crl
        holds "we take openssl's list of $ca" \
            cert verify --ca theirs/ca.pem --crl theirs/empty.crl theirs/end.pem
        quiet "$openssl" ca -config theirs/conf -revoke theirs/end.pem -crl_reason superseded
        quiet "$openssl" ca -config theirs/conf -gencrl -out theirs/ca.crl
        refuses "we refuse what openssl's list of $ca revokes" \
            cert verify --ca theirs/ca.pem --crl theirs/ca.crl theirs/end.pem
        grep -q "was revoked on" out || { echo "FAIL  for another reason: $(cat out)" && status=1; }
    done
}

with_python() {
    local python=${PYTHON:-} ca
    if [ -z "$python" ]; then
        python3 -m venv venv && venv/bin/pip install -q --disable-pip-version-check cryptography==50.0.2 >&2 || {
            echo "skip  python: cryptography cannot be installed"
            return
        }
        python=venv/bin/python
    fi
    for ca in ed25519 ml-dsa-44 ml-dsa-65 ml-dsa-87; do
        rm -rf ours theirs
        mkdir ours theirs
        quiet "$twinlock" key new --algorithm "$ca" --out ours/ca.key
        quiet "$twinlock" key new --algorithm "$ca" --out ours/end.key
        quiet cert new --key ours/ca.key --subject CN=Root --authority --out ours/ca.pem
        quiet cert request --key ours/end.key --subject CN=end --name dns:a.example.org --name ip:2001:db8::1 --out ours/end.csr
        quiet cert issue --ca ours/ca.pem --ca-key ours/ca.key --request ours/end.csr --out ours/end.pem
        quiet cert revoke --ca ours/ca.pem --ca-key ours/ca.key --crl ours/ca.crl ours/end.pem
        holds "python reads our chain, request and list of $ca" "$python" "$root/scripts/cert-peer.py" verify ours
        holds "python makes all of them" "$python" "$root/scripts/cert-peer.py" make "$ca" theirs
        holds "we verify its chain with its list" \
            cert verify --ca theirs/ca.pem --crl theirs/ca.crl theirs/end.pem
        holds "we issue of its request" \
            cert issue --ca ours/ca.pem --ca-key ours/ca.key --request theirs/end.csr --out theirs/by-us.pem
    done
}

with_bc() {
    if [ -z "${BC:-}" ] || ! command -v java >/dev/null; then
        echo "skip  bc: \$BC is not set, or there is no Java"
        return
    fi
    local classpath ca
    classpath=$BC/bcprov.jar:$BC/bcpkix.jar:$BC/bcutil.jar
    cp "$root/scripts/CertPeer.java" .
    for ca in ed25519 ml-dsa-44 ml-dsa-65 ml-dsa-87 mldsa44-ed25519 mldsa65-ed25519; do
        rm -rf ours theirs
        mkdir ours theirs
        quiet "$twinlock" key new --algorithm "$ca" --out ours/ca.key
        quiet "$twinlock" key new --algorithm "$ca" --out ours/end.key --public ours/end.pub
        quiet cert new --key ours/ca.key --subject CN=Root --authority --out ours/ca.pem
        quiet cert issue --ca ours/ca.pem --ca-key ours/ca.key --public ours/end.pub --subject CN=end --out ours/end.pem
        holds "bouncy castle verifies our chain of $ca" java -cp "$classpath" CertPeer.java verify ours/ca.pem ours/end.pem
        holds "bouncy castle makes a chain of $ca" java -cp "$classpath" CertPeer.java make "$ca" theirs
        holds "we verify it" cert verify --ca theirs/ca.pem theirs/end.pem
    done
}

for peer in "$@"; do
    "with_$peer"
done
exit "$status"
