# shellcheck shell=bash
# Reads packages.txt, and installs from it on the Debian 13 we stand in (natively, or inside the root file system).

STATE=/var/lib/aetherius-dev     # what has been brought up to date here, a file a group

# packages_of GROUP: its names, one a line.
packages_of() {
    local group='' line
    while IFS= read -r line; do
        line=${line%%#*}
        line=${line//[[:space:]]/}
        case $line in
        '') ;;
        \[*) group=$line ;;
        *) [ "$group" != "[$1]" ] || printf '%s\n' "$line" ;;
        esac
    done <"$REPO/tools/dev/packages.txt"
}

# groups_current TREE GROUP...: has everything in these groups been installed below TREE ('' is here)?
groups_current() {
    local tree=$1 group stamp
    shift
    for group in "$@"; do
        stamp=$tree$STATE/$group
        [ -e "$stamp" ] && [ "$(<"$stamp")" = "$(packages_of "$group")" ] || return 1
    done
}

# install_groups GROUP...: installs what is missing, as root. An interrupted earlier run is finished first.
install_groups() {
    local group missing=()
    mkdir -p "$STATE" "$LOG"
    dpkg --configure -a >>"$LOG/setup.log" 2>&1 || apt_failed "dpkg could not finish an interrupted installation"
    mapfile -t missing < <(for group in "$@"; do packages_of "$group"; done | not_installed)
    if [ ${#missing[@]} -gt 0 ]; then
        say "reading Debian's package lists"
        apt-get -q update >>"$LOG/setup.log" 2>&1 || apt_failed "apt-get update failed"
        say "installing ${#missing[@]} packages and what they need (log: $LOG/setup.log)"
        apt_install "${missing[@]}" || apt_failed "installing packages failed"
    fi
    install_npm
    [ -z "${AETHERIUS_IN_ROOT:-}" ] || sync -f "$STATE"
    for group in "$@"; do packages_of "$group" >"$STATE/$group"; done
}

not_installed() {
    local name
    while IFS= read -r name; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
    done
}

# Services that come with a package stay off: the front door starts what it needs, on ports that it chooses.
apt_install() {
    local policy=/usr/sbin/policy-rc.d made='' status=0 quick=()
    # A cache that is made again when it breaks need not reach the disk file by file: install_groups waits for it once.
    [ -z "${AETHERIUS_IN_ROOT:-}" ] || quick=(-o Dpkg::Options::=--force-unsafe-io)
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; made=yes; }
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o APT::Status-Fd=3 -o Dpkg::Use-Pty=0 "${quick[@]}" \
        install "$@" 3>&1 >>"$LOG/setup.log" 2>&1 </dev/null | show_apt_progress
    status=${PIPESTATUS[0]}
    [ -z "$made" ] || rm -f "$policy"
    [ "$status" = 0 ] || return "$status"
    ! [ -d /run/systemd/system ] || [ -z "$made" ] || switch_off_services "$@"
}

# Natively, Debian enables what it installs; after the next boot these would hold the ports people use themselves.
switch_off_services() {
    local name
    for name in nats-server prometheus; do
        [[ " $* " != *" $name "* ]] || systemctl --quiet disable "$name.service" || true
    done
}

# apt says "dlstatus:n:percent:text" and "pmstatus:package:percent:text"; every tenth percent becomes a line.
show_apt_progress() {
    local kind percent tenth last=-1 phase=''
    while IFS=: read -r kind _ percent _; do
        case $kind in dlstatus) kind=downloaded ;; pmstatus) kind=installed ;; *) continue ;; esac
        [ "$kind" = "$phase" ] || { phase=$kind; last=-1; }
        tenth=$((${percent%%.*} / 20))
        [ "$tenth" -le "$last" ] || { last=$tenth; [ "$tenth" = 0 ] || say "  $kind $((tenth * 20)) %"; }
    done
}

# Debian's npm 9.2 cannot install the dashboard's tree; it can install its successor.
install_npm() {
    local major
    major=$(npm --version 2>/dev/null | cut -d. -f1)
    [ "${major:-0}" -ge 11 ] && return
    say "installing npm 11"
    npm install --global --no-audit --no-fund npm@11 >>"$LOG/setup.log" 2>&1 </dev/null ||
        apt_failed "npm install --global npm@11 failed" "is the npm registry reachable, and its certificate trusted? (npm config get registry)"
}

apt_failed() {
    local what=$1
    shift
    tail -n 12 "$LOG/setup.log" | sed 's/^/       | /' >&2
    die "$what" "$@" "whole log: $LOG/setup.log" "check the network, the proxy settings and the free space, then run the same command again: it goes on from here"
}
