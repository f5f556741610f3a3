#!/usr/bin/env bash
# Unpacks programs of a newer Debian into a folder, with the C library that they need, and leaves the machine as it
# is: nothing is installed, no script of a package runs.
#
#     scripts/debian-peer.sh FOLDER SUITE PROGRAM PACKAGE…
#
# FOLDER/bin/PROGRAM then runs it. The packages are given with all that the program links to. Several programs are
# separated by commas; `-` is none: the packages only lie in FOLDER/root then.
# FOLDER/versions names what was unpacked.
#
# Exit code: 0 done; 2 usage, or a package that cannot be had.
set -euo pipefail

[ $# -ge 4 ] || {
    echo "usage: debian-peer.sh FOLDER SUITE PROGRAM PACKAGE…" >&2
    exit 2
}
suite=$2 programs=${3//,/ }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift 3
[ ! -f "$folder/ready" ] || exit 0
# Where this machine has its own packages from, in either of the forms that apt reads.
mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
    awk '$1 == "URIs:" { print $2; exit } $1 == "deb" { sub(/\[[^]]*\] */, ""); print $2; exit }' || true)
[ -n "$mirror" ] || {
    echo "debian-peer: apt has no source of packages in debian.sources or sources.list" >&2
    exit 2
}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt with its own lists, so that the machine's do not change.
apt=$folder/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$folder/bin"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
: >"$apt/status"
cat >"$apt/conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Acquire::Languages "none";
APT::Sandbox::User "root";
Debug::NoLocking "1";
CONF
export APT_CONFIG=$apt/conf
{ apt-get -qq update && cd "$apt/archives" && apt-get -qq download "$@"; } >&2 || exit 2
for package in "$apt"/archives/*.deb; do
    dpkg-deb -x "$package" "$folder/root"
    dpkg-deb -W "$package" >>"$folder/versions"
done
rm -rf "$apt"

libraries=$folder/root/usr/lib/$(uname -m)-linux-gnu
loader=$(find "$folder/root" -name 'ld-linux*.so.*' -print -quit)
for program in ${programs#-}; do
    binary=$folder/root/usr/bin/$program
    [ -x "$binary" ] && [ -n "$loader" ] || {
        echo "debian-peer: the packages hold no $program that runs" >&2
        exit 2
    }
    cat >"$folder/bin/$program" <<RUN
#!/bin/sh
OPENSSL_MODULES='$libraries/ossl-modules' exec '$loader' --library-path '$libraries' '$binary' "\$@"
RUN
    chmod +x "$folder/bin/$program"
done
touch "$folder/ready"
