"""The `expect` lines of a scenario, and what an oracle log says really happened.

    expect config.key-missing on configmap/shop/cart-config of pod/shop/cart
    expect nothing of deployment/shop/web

The first names the code and the object that must be found, and the failing object whose failure the oracle log times.
"""

import json
import re
from dataclasses import dataclass

LINE = re.compile(r"^\s*expect\s+(?:(?P<code>[a-z]+\.[a-z0-9-]+)\s+on\s+(?P<root>\S+)(?:\s+of\s+(?P<failing>\S+))?|nothing\s+of\s+(?P<quiet>\S+))\s*(?:#.*)?$")


@dataclass
class Expectation:
    cluster: str
    code: str       # "" for: nothing may be found
    root: str       # object that the report must name
    failing: str    # object that fails


def read(path, cluster):
    found = []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if not line.lstrip().startswith("expect"):
            continue
        match = LINE.match(line)
        if not match:
            raise ValueError(f"{path}:{number}: an expect line reads `expect CODE on OBJECT of OBJECT` or `expect nothing of OBJECT`")
        quiet = match["quiet"]
        found.append(Expectation(cluster, match["code"] or "", match["root"] or "", quiet or match["failing"] or match["root"]))
    return found


def failures(oracle):
    """{object: wall milliseconds of its first failure, whatever the code} from an oracle log; an object is what fails or what must be looked at."""
    first = {}
    try:
        lines = open(oracle, encoding="utf-8").read().splitlines()
    except FileNotFoundError:
        return first
    for line in lines:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue    # the last line may be half written
        if row.get("say") == "failure":
            for name in {row["object"], row.get("root", row["object"])}:
                first.setdefault(name, row["at"])
    return first
