#!/usr/bin/env python3
"""Turns the YAML of the catalogue into C tables and into docs/diagnosis.md, and refuses what is incomplete.

  generate.py --c DIR [FILE...]   write catalog_codes.c, catalog_reasons.c, catalog_patterns.c; the FILEs are what the build knows of
  generate.py --docs              write docs/diagnosis.md and docs/diagnosis.zh-CN.md
  generate.py --check             exit 1 when the data are refused or the documents are stale

Every complaint is a line `file:line: what is wrong`.  --root DIR reads another tree, --partial allows families without a file there.
"""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from generate_c import write_c                  # noqa: E402
from generate_docs import render_docs           # noqa: E402
from generate_load import Refused, load_catalog  # noqa: E402


def stale_documents(root, catalog):
    for path, text in render_docs(root, catalog).items():
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if current != text:
            yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--partial", action="store_true")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--c", type=pathlib.Path, metavar="DIR")
    what.add_argument("--docs", action="store_true")
    what.add_argument("--check", action="store_true")
    parser.add_argument("known", nargs="*", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()

    try:
        catalog = load_catalog(options.root, options.known or None, options.partial)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    if options.c:
        write_c(options.c, catalog)
        return 0
    if options.docs:
        for path, text in render_docs(options.root, catalog).items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = list(stale_documents(options.root, catalog))
    for path in stale:
        print(f"{path}:1: stale, run catalog/generate.py --docs", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
