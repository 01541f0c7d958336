#!/usr/bin/env python3
"""Sizes that stay readable (CONTRIBUTING.md): stops at a function over 100 lines or a file over 1,000, and reports the
median and the 95th percentile, which should stay under 16 and 70 lines a function. Functions are found by universal-ctags."""
import os
import re
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "dev"))
import sources

FUNCTION_LINES_MAX = 100
FILE_LINES_MAX = 1000
CODE = re.compile(r"^(src|catalog|web|tools|tests|bench)/.*\.(c|h|ts|tsx|css|py|sh)$|^dev$")
TAG = re.compile(r"^(?P<name>[^\t]+)\t(?P<path>[^\t]+)\t.*\tline:(?P<line>\d+).*\tend:(?P<end>\d+)")


def functions(paths):
    """(path, line, name, lines) of each C function."""
    if not paths:
        return
    command = ["ctags", "-f", "-", "--languages=C", "--langmap=C:.c.h", "--kinds-C=f", "--fields=+ne", "--sort=no", "-L", "-"]
    tags = subprocess.run(command, cwd=sources.REPO, input="\n".join(paths), capture_output=True, text=True, check=True)
    for line in tags.stdout.splitlines():
        tag = TAG.match(line)
        if tag:
            yield tag["path"], int(tag["line"]), tag["name"], int(tag["end"]) - int(tag["line"]) + 1


def spread(sizes):
    if len(sizes) < 2:
        return "too few to say"
    return f"median {statistics.median(sizes):.0f}, 95th percentile {statistics.quantiles(sizes, n=20)[-1]:.0f}, longest {max(sizes)} lines"


def main():
    paths = [path for path in sources.files() if CODE.match(path)]
    found = []
    file_sizes = []
    for path in paths:
        lines = len((sources.read(path) or "").splitlines())
        file_sizes.append(lines)
        if lines > FILE_LINES_MAX:
            found.append(f"{path}:1: {lines} lines, at most {FILE_LINES_MAX}: which of its nouns deserves a file of its own?")
    c_functions = list(functions([path for path in paths if path.endswith((".c", ".h"))]))
    for path, line, name, lines in c_functions:
        if lines > FUNCTION_LINES_MAX:
            found.append(f"{path}:{line}: {name} has {lines} lines, at most {FUNCTION_LINES_MAX}: give its steps names")
    for line in found:
        print(line)
    print(f"functions: {spread([size for *_, size in c_functions])}; files: {spread(file_sizes)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
