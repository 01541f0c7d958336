# shellcheck shell=bash
# Makes the Debian 13 root file system once, keeps it up to date, removes it. It is built as root-trixie.new and renamed
# when it is complete, so root-trixie is always usable; whatever was interrupted is gone on with by the next run.

MINIMUM_GIB=4

# ensure_root GROUP...: afterwards ROOT has these groups of packages. Nothing to do costs a few milliseconds.
ensure_root() {
    check_tools
    if ! root_current "$@"; then
        check_rights
        mkdir -p "$CACHE" "$LOG" 2>/dev/null && [ -w "$CACHE" ] || die "cannot write to $CACHE" "set AETHERIUS_CACHE to a directory that you own"
        # A program of its own and no mere subshell: its failure stops it wherever it happens, and sweep.sh can see it.
        (
            keep_processes_together
            exec "$BASH" "$REPO/dev" _root "$@"
        ) || exit
    fi
}

# What _root runs. Another ./dev may have finished the work while this one waited for the lock.
set_up_root() {
    # Ctrl-C reaches apt and mmdebstrap, too, whose complaints would look like a failure.
    trap 'say "interrupted; the next ./dev goes on from here"; exit 130' INT
    lock_setup
    if ! root_current "$@"; then make_root_current "$@"; fi
}

root_current() {
    [ -d "$ROOT" ] || return
    gather_trust
    groups_current "$ROOT" "$@" && trust_current "$ROOT"
}

check_tools() {
    local tool
    for tool in unshare mount flock pivot_root; do
        command -v "$tool" >/dev/null ||
            die "$tool is absent" "install util-linux (2.38 or newer) from your distribution"
    done
}

# One set-up at a time. The lock is a descriptor that the children inherit, so it lasts until the last of them has ended.
lock_setup() {
    exec 8>"$CACHE/setup.lock"
    flock -n 8 && return
    say "another ./dev is setting this up: waiting for it"
    flock -w 1800 8 || die "another ./dev has held $CACHE/setup.lock for half an hour" "see who: fuser -v $CACHE/setup.lock"
}

make_root_current() {
    gather_trust
    gather_registries
    if [ -d "$ROOT" ]; then
        provision "$ROOT" "$@"
        return
    fi
    check_space
    say "making a Debian 13 root file system in $ROOT (once, about 3 minutes)"
    if ! [ -e "$ROOT.new/.bootstrapped" ]; then bootstrap; fi
    provision "$ROOT.new" "$@"
    mv "$ROOT.new" "$ROOT"
    say "root file system ready: $(du -sh "$ROOT" 2>/dev/null | cut -f1)"
}

check_space() {
    local free
    free=$(df -Pk "$CACHE" | awk 'NR == 2 { print int($4 / 1048576) }')
    [ "$free" -ge "$MINIMUM_GIB" ] ||
        die "only $free GiB free below $CACHE, and the root file system needs $MINIMUM_GIB" \
            "free some, or set AETHERIUS_CACHE to a directory on a larger disk"
}

# provision TREE GROUP...: enters TREE and installs there. A process of its own: its mounts end with it.
provision() {
    local tree=$1
    shift
    (in_namespace "$BASH" "$REPO/tools/dev/enter.sh" "$tree" "$REPO" /bin/bash "$REPO/dev" _provision "$@") || exit
}

bootstrap() {
    local mirror
    mirror=${AETHERIUS_MIRROR:-$(host_mirror)}
    remove_tree "$ROOT.new"
    say "unpacking the base system${mirror:+ from $mirror}"
    if [ "$EUID" = 0 ]; then bootstrap_as_root "$mirror"; else bootstrap_as_user "$mirror"; fi || bootstrap_failed
    : >"$ROOT.new/.bootstrapped"
}

bootstrap_as_root() {
    if command -v mmdebstrap >/dev/null; then
        run_logged mmdebstrap --mode=root --variant=minbase --include=ca-certificates trixie "$ROOT.new" ${1:+"$1"}
        return
    fi
    command -v debootstrap >/dev/null || install_debootstrap
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg script=sid
    [ ! -e /usr/share/debootstrap/scripts/trixie ] || script=trixie
    [ -e "$keyring" ] || keyring=''
    http_proxy=${http_proxy:-$(apt_proxy)} run_logged unshare --mount \
        debootstrap ${keyring:+--keyring="$keyring"} --variant=minbase --include=ca-certificates trixie "$ROOT.new" "$1" "$script"
}

install_debootstrap() {
    command -v apt-get >/dev/null ||
        die "debootstrap is absent" "install debootstrap (or mmdebstrap) and debian-archive-keyring from your distribution"
    say "installing debootstrap"
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install debootstrap debian-archive-keyring; } \
        >>"$LOG/setup.log" 2>&1 </dev/null || bootstrap_failed
}

# mmdebstrap's own directory output maps ids in another way than `unshare --map-root-user`: hence the archive in between.
bootstrap_as_user() {
    command -v mmdebstrap >/dev/null ||
        die "not root, and mmdebstrap is absent" "install it (Debian, Ubuntu: apt-get install mmdebstrap uidmap), or run as root"
    mkdir -p "$ROOT.new"
    run_logged mmdebstrap --mode=unshare --variant=minbase --include=ca-certificates --format=tar trixie "$ROOT.tar.new" ${1:+"$1"} &&
        (in_namespace tar -C "$ROOT.new" --exclude='./dev/*' --numeric-owner -xpf "$ROOT.tar.new") >>"$LOG/setup.log" 2>&1 &&
        rm -f "$ROOT.tar.new"
}

run_logged() { "$@" >>"$LOG/setup.log" 2>&1 </dev/null; }

bootstrap_failed() {
    tail -n 12 "$LOG/setup.log" | sed 's/^/       | /' >&2
    die "the base system could not be made" "whole log: $LOG/setup.log" \
        "no network? set http_proxy, or AETHERIUS_MIRROR to a Debian mirror that this machine reaches; then run the same command again"
}

# On a Debian host, the mirror that it uses itself; elsewhere empty, which is debootstrap's default.
host_mirror() (
    . /etc/os-release 2>/dev/null || exit 0
    [ "${ID:-}" = debian ] && [ -n "${VERSION_CODENAME:-}" ] || exit 0
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
        awk -v suite="$VERSION_CODENAME" '
            function keep(uri) { if (mirror == "" && uri ~ /^https?:/) mirror = uri }
            tolower($1) == "types:" { uri = "" }
            tolower($1) == "uris:" { uri = $2 }
            tolower($1) == "suites:" { for (i = 2; i <= NF; i++) if ($i == suite) keep(uri) }
            $1 == "deb" { sub(/\[[^]]*\]/, ""); $0 = $0; if ($3 == suite) keep($2) }
            END { sub(/\/$/, "", mirror); print mirror }'
)

apt_proxy() { apt-config dump 2>/dev/null | sed -n 's/^Acquire::http::[Pp]roxy "\(.*\)";$/\1/p' | head -n 1; }

# remove_tree DIR: with every safeguard, since a forgotten bind mount below would be the person's own files.
remove_tree() {
    [ -e "$1" ] || return 0
    local below
    below=$(awk -v dir="$1" '$5 == dir || index($5, dir "/") == 1 { print $5 }' /proc/self/mountinfo)
    [ -z "$below" ] || die "something is mounted below $1:" "$below" "unmount it first"
    if [ "$EUID" = 0 ]; then
        rm -rf --one-file-system -- "$1"
    else
        (in_namespace rm -rf --one-file-system -- "$1")
    fi
}

# remove_root: `./dev clean --all`. Refuses while somebody works in there.
remove_root() {
    mkdir -p "$CACHE"
    lock_setup
    local inode pids=() proc
    for tree in "$ROOT" "$ROOT.new"; do
        [ -d "$tree" ] || continue
        inode=$(stat -c %d:%i "$tree")
        for proc in /proc/[0-9]*; do
            [ "$(stat -Lc %d:%i "$proc/root" 2>/dev/null)" != "$inode" ] || pids+=("${proc#/proc/}")
        done
        [ ${#pids[@]} = 0 ] || die "still in use by processes ${pids[*]}" "end them first: ps -fp ${pids[*]// /,}"
        say "removing $tree"
        remove_tree "$tree"
    done
    rm -rf -- "$CACHE/host" "$HOST_CA" "$HOST_CA.sources" "$ROOT.tar.new" "$LOG"
}
