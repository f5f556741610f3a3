#!/usr/bin/env bash
# Keys in a PKCS#11 token, against kryoptic: a software token with ML-KEM, ML-DSA and PKCS#11 3.2. Builds it and
# runs cli/tests/token.rs with it, which holds the commands of docs/tokens.md too.
#
#     scripts/token-peer.sh
#
# The module comes from its crate and links OpenSSL 3.5 and SQLite of Debian statically, so that it loads into any
# process of this machine. It is kept in $TOKEN_PEER, which is target/token-peer if not set. The first build takes about
# two minutes on two cores.
#
# Exit code: 0 all held; 1 something did not; 2 the token cannot be had.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
version=1.5.4
peer=${TOKEN_PEER:-$root/target/token-peer}
mkdir -p "$peer"
peer=$(cd "$peer" && pwd)
module=$peer/libkryoptic_pkcs11-$version.so

# What the module is linked from: Debian's static libraries, under the names that its crates ask for.
libraries() {
    "$root/scripts/debian-peer.sh" "$peer/debian" trixie openssl openssl libssl3t64 zlib1g libzstd1 libc6 \
        libssl-dev libzstd-dev zlib1g-dev libsqlite3-dev || return 1
    local usr=$peer/debian/root/usr machine
    machine=$(uname -m)-linux-gnu
    mkdir -p "$peer/link/include"
    cp -r "$usr/include/openssl" "$peer/link/include/"
    cp "$usr/include/$machine/openssl/"*.h "$peer/link/include/openssl/"
    cp "$usr/include/"sqlite3*.h "$peer/link/"
    local name
    for name in crypto zstd z sqlite3; do
        cp "$usr/lib/$machine/lib$name.a" "$peer/link/"
    done
    # Trixie's libraries call what only its C library has; the same by another name.
    cat >"$peer/link/shim.c" <<'C'
#include <stdlib.h>
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
C
    cc -O2 -fPIC -c "$peer/link/shim.c" -o "$peer/link/shim.o"
}

# bindgen, in the module's build, reads C with libclang.
libclang() {
    [ ! -e "$peer/python/libclang.so" ] || return 0
    python3 -m venv "$peer/venv" && "$peer/venv/bin/pip" install -q --disable-pip-version-check libclang==18.1.1 &&
        mkdir -p "$peer/python" && cp "$peer"/venv/lib/python3*/site-packages/clang/native/libclang.so "$peer/python/" &&
        rm -rf "$peer/venv"
}

build() {
    libraries && libclang || return 1
    (cd "$peer" && cargo info --quiet "kryoptic@$version" >/dev/null) || return 1
    rm -rf "$peer/source"
    cp -r "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"kryoptic-$version" "$peer/source" || return 1
    echo "[workspace]" >>"$peer/source/Cargo.toml" # its own, and not one of a folder above
    local host link=$peer/link
    host=$(rustc -vV | sed -n 's/^host: //p')
    # A target of its own keeps these flags from the build scripts.
    KRYOPTIC_OPENSSL_SOURCES=$link SQLITE3_LIB_DIR=$link SQLITE3_INCLUDE_DIR=$link SQLITE3_STATIC=1 \
        LIBCLANG_PATH=$peer/python BINDGEN_EXTRA_CLANG_ARGS="-I$(cc -print-file-name=include)" \
        RUSTFLAGS="-C link-arg=$link/shim.o -C link-arg=-L$link -C link-arg=-l:libzstd.a -C link-arg=-l:libz.a" \
        CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$peer/target \
        cargo build --quiet --locked --manifest-path "$peer/source/Cargo.toml" --target "$host" \
        --no-default-features --features minimal,ecc_all,pqc,ossl/ossl-sys || return 1
    strip -g -o "$module.new" "$peer/target/$host/debug/libkryoptic_pkcs11.so" && mv "$module.new" "$module" &&
        rm -rf "$peer/target" "$peer/source"
}

[ -e "$module" ] || build || {
    echo "token-peer: kryoptic cannot be built" >&2
    exit 2
}
cd "$root"
TWINLOCK_PKCS11_MODULE=$module TWINLOCK_OPENSSL=$peer/debian/bin/openssl \
    cargo test --workspace --features twinlock-cli/pkcs11 --test token || exit 1
