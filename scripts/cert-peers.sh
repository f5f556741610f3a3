#!/usr/bin/env bash
# Certificates, requests and revocation lists both ways with implementations that are not ours: OpenSSL 3.5, Go's
# crypto/x509, Python's `cryptography`, and Bouncy Castle, which alone has the composites. One line for each thing that
# held; who begins it takes what the other made.
#
#     scripts/cert-peers.sh [openssl|go|cryptography|bc]…
#
# scripts/peers/common.sh says what is taken from the environment.
#
# Exit code: 0 all held; 1 one did not; 2 usage, or a peer that cannot be had.
set -euo pipefail

all="openssl go cryptography bc"
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
. "$(dirname "$0")/peers/common.sh"
openssl=$home/openssl/bin/openssl
cd "$work"

pure="ed25519 ml-dsa-44 ml-dsa-65 ml-dsa-87"
status=0
# holds WORDS COMMAND...: the command is done.
holds() {
    local words=$1 what outcome=ok
    shift
    if "$@" >out 2>&1; then
        echo "ok    $words"
    else
        echo "FAIL  $words: $*"
        sed 's/^/      /' out | tail -n 5
        status=1 outcome=FAIL
    fi
    for what in certificate request "revocation list"; do
        [[ $words != *"${what#revocation }"* ]] || result "X.509 $what" "$ca" "$peer" "$words" "$outcome"
    done
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
    need openssl
    echo "peer  $("$openssl" version)"
    local ca kem kem_usage
    for ca in $pure; do
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
        holds "openssl verifies our certificates of $ca" \
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
        holds "we verify openssl's certificates of $ca" cert verify --purpose server --ca theirs/ca.pem theirs/end.pem
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

# with_program KINDS COMMAND…: a peer whose program makes and verifies them all.
with_program() {
    local ca kinds=$1
    shift
    echo "peer  $peer"
    for ca in $kinds; do
        rm -rf ours theirs
        mkdir ours theirs
        quiet "$twinlock" key new --algorithm "$ca" --out ours/ca.key
        quiet "$twinlock" key new --algorithm "$ca" --out ours/end.key
        quiet cert new --key ours/ca.key --subject CN=Root --authority --out ours/ca.pem
        quiet cert request --key ours/end.key --subject CN=end --name dns:a.example.org --name ip:2001:db8::1 --out ours/end.csr
        quiet cert issue --ca ours/ca.pem --ca-key ours/ca.key --request ours/end.csr --out ours/end.pem
        quiet cert revoke --ca ours/ca.pem --ca-key ours/ca.key --crl ours/ca.crl ours/end.pem
        holds "$peer verifies our certificates, request and list of $ca" "$@" verify ours
        holds "$peer makes all of them" "$@" make "$ca" theirs
        holds "we verify its certificates with its list" \
            cert verify --ca theirs/ca.pem --crl theirs/ca.crl theirs/end.pem
        holds "we issue of its request" \
            cert issue --ca ours/ca.pem --ca-key ours/ca.key --request theirs/end.csr --out theirs/by-us.pem
        # Another authority of the same name.
        refuses "we refuse another authority's" cert verify --ca ours/ca.pem theirs/end.pem
        cp theirs/ca.pem ours/ca.pem
        refuses "$peer refuses another authority's" "$@" verify ours
    done
}

with_go() {
    need python
    build_go "$root/scripts/cert-peer.go"
    with_program "$pure" "$home/cert-peer"
}

with_cryptography() {
    need python
    with_program "$pure" "$home/venv/bin/python" "$root/scripts/cert-peer.py"
}

with_bc() {
    need bc
    local classpath=$home/bc/bcprov.jar:$home/bc/bcpkix.jar:$home/bc/bcutil.jar
    javac -cp "$classpath" -d . "$root/scripts/CertPeer.java"
    with_program "$pure mldsa44-ed25519 mldsa65-ed25519" java -cp "$classpath:." CertPeer
}

for peer in "$@"; do
    "with_$peer"
done
exit "$status"
