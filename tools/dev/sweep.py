#!/usr/bin/env python3
"""sweep.py PID ID: waits for process PID to end, then ends every process that carries ID in AETHERIUS_DEV_SESSION.

./dev starts it beside a demo or a test run. Those end what they started themselves; this is for the times when they
cannot: kill -9, a closed terminal, a crash. It finds the processes by their environment, which children inherit whatever
process group or session they move to, and needs no rights beyond those of the person who started them.
"""
import os
import select
import signal
import sys
import time

GRACE_S = 3.0


def carriers(session_id):
    """Pids of the processes that belong to the session; itself left out."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as environ:
                variables = environ.read().split(b"\0")
        except OSError:
            continue
        for variable in variables:
            key, _, value = variable.partition(b"=")
            if key == b"AETHERIUS_DEV_SESSION" and session_id in value.split(b","):
                found.append(int(name))
    return found


def send(pids, signal_number):
    for pid in pids:
        try:
            os.kill(pid, signal_number)
        except OSError:
            pass


def sweep(session_id):
    """SIGTERM once for each, SIGKILL after the grace; until two looks in a row find nobody, since a look can miss a fork."""
    deadline = time.monotonic() + GRACE_S
    asked = set()
    empty_looks = 0
    while empty_looks < 2:
        pids = carriers(session_id)
        empty_looks = 0 if pids else empty_looks + 1
        if time.monotonic() > deadline:
            send(pids, signal.SIGKILL)
        else:
            send([pid for pid in pids if pid not in asked], signal.SIGTERM)
            asked.update(pids)
        time.sleep(0.05)


def main():
    pid, session_id = int(sys.argv[1]), sys.argv[2].encode()
    try:
        watched = os.pidfd_open(pid)
        select.select([watched], [], [])
    except ProcessLookupError:
        pass
    sweep(session_id)


if __name__ == "__main__":
    main()
