#!/usr/bin/env bash
# enter.sh TREE REPO CMD...: runs CMD with TREE as its root file system, in the mount namespace that the caller made for
# it. The process stays the same one throughout, so signals, the exit status and the terminal need no passing on.
#
# TREE becomes a mount point, and the root of the namespace by pivot_root rather than chroot: only so can what runs
# inside make namespaces and pivots of its own (Chromium's sandbox, runc, the nodes of a test cluster).
set -euo pipefail
tree=$1 repo=$2
shift 2
here=$PWD

# The same paths inside as outside: the checkout, its git directory when it is a linked worktree, the cache, /tmp, home.
# shellcheck source=tools/dev/place.sh
REPO=$repo . "$repo/tools/dev/place.sh"
shared=()
for dir in "$HOME" "$CACHE" "$repo" "$(REPO=$repo worktree_git_dir)" "$AETHERIUS_PEERS" "${AETHERIUS_DEV_SHARE:-}" /tmp; do
    case $dir in /?*) [ ! -d "$dir" ] || shared+=("$dir") ;; esac
done
for dir in "${shared[@]}"; do
    for other in "${shared[@]}"; do
        [ "$dir" = "$other" ] || case $dir/ in "$other"/*) continue 2 ;; esac
    done
    [[ -d $tree$dir ]] || mkdir -p "$tree$dir"
    mountpoint -q "$tree$dir" || mount --rbind "$dir" "$tree$dir"
done

for dir in dev sys proc; do mount --rbind "/$dir" "$tree/$dir"; done
for file in resolv.conf hosts; do
    [ -e "/etc/$file" ] || continue
    [ ! -L "$tree/etc/$file" ] || rm -f "$tree/etc/$file"
    [ -e "$tree/etc/$file" ] || : >"$tree/etc/$file"
    mount --bind "/etc/$file" "$tree/etc/$file"
done

mount --rbind "$tree" "$tree"
cd "$tree"
pivot_root . mnt
cd /
umount -l /mnt
cd "$here" 2>/dev/null || cd "$repo"

export AETHERIUS_IN_ROOT=1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# Only this locale exists inside; another one makes every Perl program complain.
unset "${!LC_@}" LANGUAGE
export LANG=C.UTF-8
case ${TMPDIR:-/tmp}/ in /tmp/* | "$HOME"/*) ;; *) unset TMPDIR ;; esac
exec "$@"
