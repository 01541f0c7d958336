# shellcheck shell=bash disable=SC2034    # the other parts use these
# Where things are and what this machine lets us do.

# Some service managers and containers start programs without HOME.
if [ -z "${HOME:-}" ]; then
    HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
    export HOME="${HOME:-/root}"
fi

# The programs that we start read AETHERIUS_NAME for every option of theirs, `cache` (a URL) among them. So what the front
# door hands on to itself is called AETHERIUS_DEV_..., and a directory in AETHERIUS_CACHE goes no further than here.
case ${AETHERIUS_CACHE:-} in
'' | *://*) ;;
/*) AETHERIUS_DEV_CACHE=$AETHERIUS_CACHE; unset AETHERIUS_CACHE ;;
*) AETHERIUS_DEV_CACHE=$PWD/$AETHERIUS_CACHE; unset AETHERIUS_CACHE ;;
esac
CACHE=${AETHERIUS_DEV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aetherius}
export AETHERIUS_DEV_CACHE=$CACHE
ROOT=$CACHE/root-trixie
LOG=$CACHE/log
export AETHERIUS_PEERS=${AETHERIUS_PEERS:-$CACHE/peers}

# os_is ID VERSION: does the file system we stand in belong to this distribution?
os_is() (
    . /etc/os-release 2>/dev/null || exit 1
    [ "${ID:-}" = "$1" ] && [ "${VERSION_ID:-}" = "$2" ]
)

# True when commands can run right here, because we are on Debian 13 or already inside the root file system.
on_debian13() { [ -n "${AETHERIUS_IN_ROOT:-}" ] || os_is debian 13; }

# The git directory that a linked worktree keeps its history in, which lies outside of the checkout.
worktree_git_dir() {
    [ -f "$REPO/.git" ] || return 0
    local dir
    dir=$(sed -n 's/^gitdir: //p' "$REPO/.git")
    [ -n "$dir" ] && [ -f "$dir/commondir" ] || return 0
    (cd "$dir" && cd "$(cat commondir)" && pwd)
}

# in_namespace CMD...: runs CMD with mounts of its own and as root of them: as the superuser by a mount namespace,
# as anybody else by a user namespace. exec, so that the process stays the one that the caller knows and signals.
in_namespace() {
    if [ "$EUID" = 0 ]; then
        exec unshare --mount -- "$@"
    else
        exec unshare --user --map-auto --map-root-user --mount -- "$@"
    fi
}

# Says what is missing for in_namespace, and how to get it. Returns only when nothing is.
check_rights() {
    if [ "$EUID" = 0 ]; then
        unshare --mount true 2>/dev/null && return
        die "root, but this kernel or container does not allow mounting (no CAP_SYS_ADMIN)" \
            "start the container with --privileged or --cap-add SYS_ADMIN," \
            "or use a debian:13 image, where ./dev needs no root file system of its own"
    fi
    unshare --user --map-auto --map-root-user --mount true 2>/dev/null && return
    unshare --user true 2>/dev/null ||
        die "not root, and this kernel gives ordinary users no user namespaces" \
            "run it as root (sudo ./dev ...), or allow them: sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000" \
            "(Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0)"
    command -v newuidmap >/dev/null ||
        die "not root, and newuidmap is absent" "install it (Debian, Ubuntu: apt-get install uidmap mmdebstrap), or run as root"
    [ "$(grep -ls "^$(id -un):\|^$(id -u):" /etc/subuid /etc/subgid | wc -l)" = 2 ] ||
        die "not root, and $(id -un) has no range of subordinate ids in /etc/subuid and /etc/subgid" \
            "add one as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
    die "not root, and a user namespace with mapped ids could not be made" \
        "$(unshare --user --map-auto --map-root-user --mount true 2>&1 | tail -n 1)" "run it as root (sudo ./dev ...)"
}

# However this process ends, by itself, by Ctrl-C, with its terminal, or by kill -9: nothing that it starts from here on
# outlives it.
keep_processes_together() {
    local id=$$-${EPOCHREALTIME//[^0-9]/}
    setsid "$BASH" "$REPO/tools/dev/sweep.sh" $$ "$id" </dev/null >/dev/null 2>&1 &
    export AETHERIUS_DEV_SESSION=${AETHERIUS_DEV_SESSION:+$AETHERIUS_DEV_SESSION,}$id
}
