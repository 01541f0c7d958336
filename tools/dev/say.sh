# shellcheck shell=bash
# Progress and errors of the front door: always on stderr, so that stdout belongs to the command that runs.
# Every line carries the seconds since the person pressed Enter, also across the step into the root file system.

export AETHERIUS_DEV_T0="${AETHERIUS_DEV_T0:-$EPOCHSECONDS}"

say() { printf '[%3ds] %s\n' "$((EPOCHSECONDS - AETHERIUS_DEV_T0))" "$*" >&2; }

# die WHAT [REMEDY...]: the environment could not be made. 125 so that it is never taken for the command's own status.
die() {
    printf '[%3ds] error: %s\n' "$((EPOCHSECONDS - AETHERIUS_DEV_T0))" "$1" >&2
    shift
    local remedy
    for remedy in "$@"; do printf '       %s\n' "$remedy" >&2; done
    exit 125
}

# usage WHAT: the command line was wrong.
usage() {
    printf 'dev: %s\n     ./dev help lists the commands\n' "$1" >&2
    exit 64
}
