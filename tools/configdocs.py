#!/usr/bin/env python3
"""Writes docs/config.md from the option tables of the programs on PATH; --check only says whether it is stale.

    ./dev run tools/configdocs.py
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "dev"))
import sources

PROGRAMS = ("aetherius-agent", "aetherius-central", "aetherctl", "kubesim")
DOCUMENT = "docs/config.md"
HEAD = """# Options of every program

This page is printed by the programs themselves (`tools/configdocs.py`). An option is given as `--name value` or
`--name=value` (`-` and `_` are the same), else as the environment variable, else as `name: value` in the YAML file that
`--config` names, else by its default. `--check-config` judges a configuration without starting, `--print-config` shows
every effective value and where it came from.
"""


def render():
    sections = []
    for program in PROGRAMS:
        done = subprocess.run([program, "--print-docs"], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        sections.append(done.stdout)
    return "\n".join([HEAD, *sections])


def main():
    wanted = render()
    path = os.path.join(sources.REPO, DOCUMENT)
    if sys.argv[1:] == ["--check"]:
        if not os.path.exists(path) or sources.read(DOCUMENT) != wanted:
            print(f"{DOCUMENT}:1: stale; ./dev run tools/configdocs.py writes it anew")
            return 1
        return 0
    with open(path, "w", encoding="utf-8") as file:
        file.write(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
