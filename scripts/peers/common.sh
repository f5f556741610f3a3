# What the scripts of peers share; they source it.
#
# $TWINLOCK is the binary to use; without it one is built. $PEERS is the folder that the peers are installed in, and
# stay; without it a new one, which is thrown away. What went both ways is added to the file $PEER_RESULTS, if it is
# set, for the table of docs/peers.md.
#
# Sets $root, $twinlock, $home for the peers, and $work, a folder that is thrown away.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
twinlock=${TWINLOCK:-}
if [ -z "$twinlock" ]; then
    cargo build --release --manifest-path "$root/Cargo.toml" --bin twinlock >&2
    twinlock=${CARGO_TARGET_DIR:-$root/target}/release/twinlock
fi
twinlock=$(realpath "$twinlock")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
home=${PEERS:-$work/peers}
mkdir -p "$home"
home=$(cd "$home" && pwd)

# need PEER...: they are in $home.
need() {
    "$root/scripts/peers/install.sh" "$home" "$@" || exit 2
}

# build_go SOURCE: builds a program of one file into $home.
build_go() {
    local name=${1##*/}
    GO111MODULE=off GOTOOLCHAIN=local "$home/venv/bin/go" build -o "$home/${name%.go}" "$1" >&2 || exit 2
}

# result ROW KIND PEER WHAT OUTCOME: notes it. WHAT begins with who takes what the other has made: `we`, or the peer.
result() {
    local row=$1 kind=$2 peer=$3 direction=ours
    [ -n "${PEER_RESULTS:-}" ] || return 0
    [[ $4 != "we "* ]] || direction=theirs
    case $kind in
    ml-*) kind=${kind^^} ;;
    mldsa*) kind=${kind^^} && kind=${kind/ED/Ed} ;;
    *) kind=${kind^} ;;
    esac
    printf '%s\t%s\t%s\t%s\t%s\t\n' "$row" "$kind" "$peer" "$direction" "$5" >>"$PEER_RESULTS"
}

# expect WHAT CODE COMMAND...: the command ends with that exit code; one that is done is a result of $row, $kind and
# $peer. Counts in $checked, and sets $status if not.
checked=0 status=0
expect() {
    local what=$1 code=$2 found=0 outcome=ok
    shift 2
    "$@" >"$work/log" 2>&1 || found=$?
    checked=$((checked + 1))
    if [ "$found" != "$code" ]; then
        echo "UNEXPECTED: $kind: $what: exit code $found, not $code"
        sed 's/^/    /' "$work/log"
        status=1 outcome=FAIL
    fi
    [ "$code" != 0 ] || result "$row" "$kind" "$peer" "$what" "$outcome"
}
