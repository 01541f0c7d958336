#!/usr/bin/env python3
"""Writes docs/config.md and docs/metrics.md from what the programs on PATH print of themselves; --check only says what is stale.

    ./dev run tools/programdocs.py
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "dev"))
import sources

PROGRAMS = ("aetherius-agent", "aetherius-central", "aetherctl", "kubesim")

CONFIG = """# Options of every program

This page is printed by the programs themselves (`tools/programdocs.py`). An option is given as `--name value` or
`--name=value` (`-` and `_` are the same), else as the environment variable, else as `name: value` in the YAML file that
`--config` names, else by its default. `--check-config` judges a configuration without starting, `--print-config` shows
every effective value and where it came from.
"""

METRICS = """# Metrics of agent and central

This page is printed by the programs themselves (`tools/programdocs.py`). `GET /metrics` on `metrics_listen` answers
OpenMetrics text. A metric without a label is there from the start, as 0; a labelled one appears with its first label value,
and keeps at most 2,000 of them: what comes beyond is counted under `other`. Central's services register theirs when they
run, so a process with fewer `services` has fewer metrics.
"""

# The page, how it begins, the programs on it, their flag that prints a section of it.
PAGES = (
    ("docs/config.md", CONFIG, PROGRAMS, "--print-docs"),
    ("docs/metrics.md", METRICS, PROGRAMS[:2], "--print-metrics"),
)


def section(program, flag):
    done = subprocess.run([program, flag], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return done.stdout


def render(head, programs, flag):
    return "\n".join([head, *(section(program, flag) for program in programs)])


def is_stale(document, wanted):
    return not os.path.exists(os.path.join(sources.REPO, document)) or sources.read(document) != wanted


def main():
    check = sys.argv[1:] == ["--check"]
    stale = 0
    for document, head, programs, flag in PAGES:
        wanted = render(head, programs, flag)
        if not is_stale(document, wanted):
            continue
        if check:
            print(f"{document}:1: stale; ./dev run tools/programdocs.py writes it anew")
            stale = 1
        else:
            with open(os.path.join(sources.REPO, document), "w", encoding="utf-8") as file:
                file.write(wanted)
    return stale


if __name__ == "__main__":
    sys.exit(main())
