#!/usr/bin/env bash
# sweep.sh PID ID: waits for process PID to end, then ends every process that carries ID in AETHERIUS_DEV_SESSION.
#
# ./dev starts it beside a set-up, a demo or a test run. Those end what they started themselves; this is for the times
# when they cannot: kill -9, a closed terminal, a crash. It finds the processes by their environment, which children
# inherit whatever process group or session they move to, and needs no rights beyond those of the person who started them.
set -u
pid=$1 id=$2
GRACE_S=3

# "/proc/123/environ" of each process that belongs to the session.
carriers() { grep -lzE "^AETHERIUS_DEV_SESSION=(.*,)?$id(,|\$)" /proc/[0-9]*/environ 2>/dev/null; }

tail --pid="$pid" --sleep-interval=0.2 -f /dev/null

# SIGTERM once for each, SIGKILL after the grace; until two looks in a row find nobody, since one look can miss a fork.
asked=' ' empty_looks=0 deadline=$((SECONDS + GRACE_S))
while [ "$empty_looks" -lt 2 ]; do
    empty_looks=$((empty_looks + 1))
    for environ in $(carriers); do
        empty_looks=0
        found=${environ//[^0-9]/}
        if [ "$SECONDS" -gt "$deadline" ]; then
            kill -KILL "$found" 2>/dev/null
        elif [[ $asked != *" $found "* ]]; then
            kill -TERM "$found" 2>/dev/null
            asked+="$found "
        fi
    done
    sleep 0.05
done
