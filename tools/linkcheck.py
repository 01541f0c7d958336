#!/usr/bin/env python3
"""Checks the documents: every relative link, its heading, and every path of ours in `backquotes` must be there."""
import fnmatch
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "dev"))
import sources

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
QUOTED_PATH = re.compile(r"`((?:src|docs|tests|tools|web|deploy|catalog|bench|\.ci)/[\w./*-]+)`")
CODE = re.compile(r"`[^`]*`")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
FENCE = re.compile(r"^\s*(```|~~~)")


def prose(path):
    """(number, line) outside of code blocks."""
    fenced = False
    for number, line in sources.lines(path):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(path):
    """The anchors of a document's headings, in the form that code hosts make of them."""
    found = set()
    for _, line in prose(path):
        heading = HEADING.match(line)
        if heading:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            count = 0
            while f"{anchor}-{count}" in found or (count == 0 and anchor in found):
                count += 1
            found.add(anchor if count == 0 else f"{anchor}-{count}")
    return found


def link_complaint(path, target, names):
    if re.match(r"^[a-z][a-z0-9+.-]*:", target):
        return None
    file, _, anchor = target.partition("#")
    there = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
    if file and there != "." and not exists(there, names):
        return f"{target} is not there"
    if anchor and there.endswith(".md") and anchor.lower() not in anchors(there):
        return f"{there} has no heading #{anchor}"
    return None


def exists(path, names):
    path = path.rstrip("/")
    return any(name == path or name.startswith(path + "/") or fnmatch.fnmatch(name, path) for name in names)


def check(path, names):
    for number, line in prose(path):
        for link in LINK.finditer(CODE.sub("", line)):
            found = link_complaint(path, link[1], names)
            if found:
                yield f"{path}:{number}: link: {found}; mend the link or the name"
        for quoted in QUOTED_PATH.finditer(line):
            near = os.path.normpath(os.path.join(os.path.dirname(path), quoted[1]))
            if not exists(quoted[1], names) and not exists(near, names):
                yield f"{path}:{number}: names `{quoted[1]}`, which is not there; mend the text"


def main():
    names = sources.files()
    documents = [name for name in names if name.endswith(".md")]
    found = [line for path in documents for line in check(path, names)]
    print("\n".join(found) or f"{len(documents)} documents name only what is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
