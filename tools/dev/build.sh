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
    # A warning stops only the shared build: a person who is trying something out may have an unused variable. The fuzz
    # targets are built by another compiler, whose opinion of the same code is advice.
    [ -z "${CI:-}" ] || [ "$1" = fuzz ] || echo "-Dwerror=true"
}

# build VARIANT: brings build/VARIANT up to date. Says nothing when there is nothing to do; all output goes to stderr.
build() {
    local dir=$REPO/build/$1
    mkdir -p "$dir"
    export CCACHE_BASEDIR=$REPO CCACHE_NOHASHDIR=1 CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache}
    (
        exec 9>"$dir.lock"
        flock -n 9 || { say "another build of $1 is running: waiting for it"; flock 9; }
        configure "$1" "$dir"
        local goals
        mapfile -t goals < <(goals_of "$1" "$dir")
        [ "$(next_step "$dir" "${goals[@]}")" != "ninja: no work to do." ] || exit 0
        say "building $1"
        compile "$dir" "${goals[@]}" || die "the $1 build failed" "the compiler's message stands above"
        say "built $1"
    ) >&2 </dev/null || exit
}

# What Ninja would do last; "ninja: no work to do." for nothing.
next_step() { ninja -C "$@" -n | tail -n 1; }

# The targets to build, one a line; none means everything. Nobody runs unit tests from the release build, nor from the
# fuzz build.
goals_of() {
    local pattern
    case $1 in
    release) pattern='(src/(agent|central|ctl|sim)/(aetherius-agent|aetherius-central|aetherctl|kubesim)|bench/[a-z0-9_-]+)' ;;
    fuzz) pattern='tests/fuzz/fuzz_[a-z0-9_]+' ;;
    *) return ;;
    esac
    ninja -C "$2" -t targets all | sed -nE "s#^($pattern): .*_LINKER.*#\\1#p"
}

# configure VARIANT DIR: makes DIR, again where its options have changed, and lets Meson look again where a meson.build has.
configure() {
    local wanted=() stamp=$2/.configured
    mapfile -t wanted < <(build_options "$1" | tr ' ' '\n')
    if ! [ -e "$2/build.ninja" ] || ! [ -e "$stamp" ] || [ "$(<"$stamp")" != "${wanted[*]}" ]; then
        say "configuring build/$1"
        rm -rf -- "$2"
        [ "$1" != fuzz ] || export CC="ccache clang-19"
        meson_quietly "$2" "${wanted[@]}" "$2" "$REPO"
        echo "${wanted[*]}" >"$stamp"
    elif [[ $(next_step "$2" build.ninja) = *Regenerating* ]]; then
        meson_quietly "$2" --reconfigure "$2" "$REPO"
    fi
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
        NINJA_STATUS='[%f/%t] ' ninja -C "$@"
    else
        ninja -C "$@" --quiet
    fi
}

# use_programs VARIANT: puts what was built on PATH.
use_programs() {
    local dir
    export AETHERIUS_BUILD=$REPO/build/$1
    for dir in "${PROGRAM_DIRS[@]}"; do PATH=$AETHERIUS_BUILD/$dir:$PATH; done
    export PATH
}
