#!/usr/bin/env python3
"""Turns the built dashboard into one C file for the gateway: each file gzipped, with its type and ETag.

The interface is src/central/gateway/dashboard.h. The output depends on the files alone (no time stamps), so that two
builds of the same sources are the same. The depfile names every source, so that ninja builds again when one changes.
"""
import argparse
import gzip
import hashlib
import pathlib
import re
import sys

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".png": "image/png",
}

# What Vite names by content: assets/index-CA1DnG8k.js. Such a file never changes and may be kept for a year.
HASHED = re.compile(r"^assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")

SOURCES = ("src/**/*", "public/**/*", "index.html", "package.json", "package-lock.json", "tsconfig.json",
           "vite.config.ts", "embed.py")


def array_text(data):
    """The bytes as C numbers, 32 a line."""
    lines = (",".join(map(str, data[at:at + 32])) for at in range(0, len(data), 32))
    return ",\n".join(lines)


def entry(number, path, name):
    data = path.read_bytes()
    packed = gzip.compress(data, compresslevel=9, mtime=0)
    kind = CONTENT_TYPES.get(path.suffix)
    if kind is None:
        sys.exit(f"embed.py: {name}: no content type is known for {path.suffix or 'a file without a suffix'}")
    etag = hashlib.sha256(data).hexdigest()[:20]
    array = f"static const unsigned char file_{number}[{len(packed)}] = {{\n{array_text(packed)}}};\n"
    row = (f'    {{ .path = "/{name}", .content_type = "{kind}", .etag = "\\"{etag}\\"",\n'
           f"      .gzip = file_{number}, .gzip_size = sizeof file_{number}, "
           f".hashed = {'true' if HASHED.match(name) else 'false'} }},\n")
    return array, row


def c_text(dist):
    # By bytes, as strcmp compares: the gateway finds a file by halving.
    files = sorted((path for path in dist.rglob("*") if path.is_file()), key=lambda path: path.relative_to(dist).as_posix().encode())
    if not (dist / "index.html").is_file():
        sys.exit(f"embed.py: {dist}: no index.html; did the build of the dashboard fail?")
    entries = [entry(number, path, path.relative_to(dist).as_posix()) for number, path in enumerate(files)]
    return ("// Made by web/embed.py from the dashboard's build; not to be edited.\n"
            '#include "central/gateway/dashboard.h"\n\n'
            + "\n".join(array for array, _ in entries)
            + "\nconst struct dashboard_file dashboard_files[] = {\n"
            + "".join(row for _, row in entries)
            + "};\n\nconst size_t dashboard_files_count = sizeof dashboard_files / sizeof dashboard_files[0];\n")


def depfile_text(output, web):
    sources = sorted({path.resolve().as_posix() for pattern in SOURCES for path in web.glob(pattern) if path.is_file()})
    return f"{output}: " + " \\\n  ".join(source.replace(" ", "\\ ") for source in sources) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("dist", "web", "output", "depfile"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    parser.add_argument("--target", required=True, help="the output's name as ninja knows it")
    args = parser.parse_args()
    args.output.write_text(c_text(args.dist), encoding="utf-8")
    args.depfile.write_text(depfile_text(args.target, args.web), encoding="utf-8")


if __name__ == "__main__":
    main()
