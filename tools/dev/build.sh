# shellcheck shell=bash
# Builds with Meson and Ninja. One directory a variant, below build/: release, test (ASan and UBSan), tsan, fuzz.

PROGRAM_DIRS=(src/agent src/central src/ctl src/sim)

build_options() {
    case $1 in
    release) echo "--buildtype=release" ;;
    test) echo "--buildtype=debugoptimized -Db_sanitize=address,undefined" ;;
    tsan) echo "--buildtype=debugoptimized -Db_sanitize=thread" ;;
    fuzz) echo "--buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true -Dbench=false" ;;
    esac
    # A warning stops only the shared build: a person who is trying something out may have an unused variable.
    [ -z "${CI:-}" ] || echo "-Dwerror=true"
}

# build VARIANT: brings build/VARIANT up to date. Says nothing when there is nothing to do; all output goes to stderr.
build() {
    local dir=$REPO/build/$1 steps
    mkdir -p "$dir"
    export CCACHE_BASEDIR=$REPO CCACHE_NOHASHDIR=1 CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache}
    (
        exec 9>"$dir.lock"
        flock -n 9 || { say "another build of $1 is running: waiting for it"; flock 9; }
        configure "$1" "$dir"
        steps=$(ninja -C "$dir" -n | tail -n 1) || die "build/$1 is not usable" "remove it with ./dev clean"
        if [[ $steps = *Regenerating* ]]; then
            meson_quietly "$dir" --reconfigure "$dir" "$REPO"
            steps=$(ninja -C "$dir" -n | tail -n 1)
        fi
        [ "$steps" = "ninja: no work to do." ] && exit 0
        say "building $1"
        compile "$dir" || die "the $1 build failed" "the compiler's message stands above"
        say "built $1"
    ) >&2 </dev/null || exit
}

configure() {
    local wanted=() stamp=$2/.configured
    mapfile -t wanted < <(build_options "$1" | tr ' ' '\n')
    [ -e "$2/build.ninja" ] && [ -e "$stamp" ] && [ "$(<"$stamp")" = "${wanted[*]}" ] && return
    say "configuring build/$1"
    rm -rf -- "$2"
    [ "$1" != fuzz ] || export CC="ccache clang-19"
    meson_quietly "$2" "${wanted[@]}" "$2" "$REPO"
    echo "${wanted[*]}" >"$stamp"
}

# meson_quietly DIR ARG...: `meson setup`, heard of only when it fails.
meson_quietly() {
    local log=$1.log
    shift
    meson setup "$@" >"$log" 2>&1 </dev/null && return
    tail -n 20 "$log" | sed 's/^/       | /'
    die "meson could not configure ${log%.log}" "whole log: $log"
}

# On a terminal Ninja's one moving line; elsewhere only what failed.
compile() {
    if [ -t 2 ]; then
        NINJA_STATUS='[%f/%t] ' ninja -C "$1"
    else
        ninja -C "$1" --quiet
    fi
}

# use_programs VARIANT: puts what was built on PATH.
use_programs() {
    local dir
    export AETHERIUS_BUILD=$REPO/build/$1
    for dir in "${PROGRAM_DIRS[@]}"; do PATH=$AETHERIUS_BUILD/$dir:$PATH; done
    export PATH
}
