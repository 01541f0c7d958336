#!/usr/bin/env python3
"""Keeps this machine out of the repository: no file names the package hosts that are configured here, nor a path of this
checkout. Both are read from the settings at run time, so that the check itself names none."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "dev"))
import sources

URL_HOST = re.compile(r"https?://(?:[^@/\s]*@)?([^/:\s\"',|]+)")
PROXY_VARIABLES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "GOPROXY", "GOSUMDB", "PIP_INDEX_URL", "NPM_CONFIG_REGISTRY")


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def text_of(*patterns):
    texts = []
    for pattern in patterns:
        for path in glob.glob(os.path.expanduser(pattern)):
            with open(path, encoding="utf-8", errors="replace") as file:
                texts.append("".join(line for line in file if not line.lstrip().startswith("#")))
    return "\n".join(texts)


def hosts():
    settings = [output("npm", "config", "get", "registry"), output("go", "env", "GOPROXY"),
                text_of("/etc/apt/sources.list", "/etc/apt/sources.list.d/*", "/etc/pip.conf", "~/.config/pip/pip.conf", "~/.config/go/env")]
    settings += [os.environ.get(name, "") for name in PROXY_VARIABLES]
    found = set(URL_HOST.findall("\n".join(settings)))
    return sorted(host for host in found if host != "localhost" and not host.startswith("127."))


def paths():
    """Only what is long enough to be this machine's and nobody else's."""
    return [path + "/" for path in (sources.REPO, os.path.expanduser("~")) if path.count("/") >= 2]


def main():
    forbidden = {host: "a package host that this machine is set to use" for host in hosts()}
    forbidden.update({path: "a path of this machine" for path in paths()})
    found = []
    for name in sources.files():
        for number, line in sources.lines(name):
            found += [f"{name}:{number}: names {what} ({word}); take it from the settings at run time"
                      for word, what in forbidden.items() if word in line]
    print("\n".join(found) or f"none of {len(forbidden)} hosts and paths of this machine is in the repository")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
