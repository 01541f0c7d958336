#!/usr/bin/env python3
"""Checks who includes whom (ARCHITECTURE.md, Layering): a folder sees only what stands left of it, a central service
never another one, and each library's headers stay in one folder. Prints file:line and the remedy."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "dev"))
import sources

# folder: the folders that it may include, besides itself
MAY_INCLUDE = {
    "base": "",
    "wire": "base",
    "catalog": "base wire",
    "http": "base wire",
    "bus": "base wire",
    "store": "base wire",
    "kube": "base wire http",
    "evidence": "base wire http kube",
    "diagnose": "base wire catalog",
    "agent": "base wire catalog http bus store kube evidence diagnose",
    "central": "base wire catalog http bus store kube evidence diagnose",
    "ctl": "base wire catalog http bus store kube evidence diagnose",
    "sim": "base http",
}

# start of a library's header: the one folder that may include it
LIBRARY_HOME = {
    "uv.h": "base",
    "yyjson.h": "base",
    "yaml.h": "base",
    "openssl/": "base",
    "zstd": "base",
    "zlib": "base",
    "curl/": "http",
    "microhttpd": "http",
    "nats": "bus",
    "seccomp": "agent",
    "sqlite3": "store",
    "md4c": "central/report",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def place(path):
    """(folder, service) of a source file: ("central", "report") for src/central/report/page.c, ("kube", "") for src/kube/watch.c."""
    parts = path.split("/")
    if parts[0] == "src":
        parts = parts[1:]
    return parts[0], parts[1] if parts[0] == "central" and len(parts) > 2 else ""


def complaint(path, target):
    """What is wrong with this include of ours, or None."""
    folder, service = place(path)
    if "/" not in target:
        return f'write it with its folder, as "{folder}/{target}"'
    other, other_service = place(target)
    if other not in MAY_INCLUDE:
        return f"{other}/ is no folder that tools/layercheck.py knows: add it to MAY_INCLUDE"
    if other != folder:
        if other in MAY_INCLUDE[folder].split():
            return None
        return f"{folder} may include only: {MAY_INCLUDE[folder] or 'nothing'}; move what both need to the left, or talk in wire messages"
    if service and other_service and service != other_service:
        return f"one service never includes another ({service}, {other_service}): send a wire message"
    return None


def library_complaint(path, target):
    folder, service = place(path)
    for start, home in LIBRARY_HOME.items():
        if target.startswith(start) and home not in (folder, f"{folder}/{service}"):
            return f"<{target}> belongs to src/{home} alone: use that folder's own calls"
    if target.startswith("cmocka") and not path.endswith(("_test.c", "_test.h")):
        return "<cmocka.h> belongs to tests: name the file *_test.c or *_test.h"
    return None


def check(path):
    for number, line in sources.lines(path):
        include = INCLUDE.match(line)
        if include:
            found = (complaint if include[1] == '"' else library_complaint)(path, include[2])
            if found:
                yield f"{path}:{number}: {line.strip()}: {found}"


def main():
    paths = [path for path in sources.files() if path.endswith((".c", ".h")) and path.startswith(("src/", "catalog/"))]
    unknown = sorted({place(path)[0] for path in paths} - set(MAY_INCLUDE))
    found = [f"src/{folder}: not a folder that tools/layercheck.py knows: add it to MAY_INCLUDE" for folder in unknown]
    found += [line for path in paths if place(path)[0] in MAY_INCLUDE for line in check(path)]
    print("\n".join(found) or f"{len(paths)} files keep to the layering")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
