"""Counts of tests: what passed, what failed and what was skipped, with names and reasons, read from the runners' own logs."""
import json
import re
import xml.etree.ElementTree as ElementTree

CMOCKA_LINE = re.compile(r"^\[ *(OK|FAILED|SKIPPED) *\] (\w+)$", re.MULTILINE)
MESON_FAILED = {"FAIL", "TIMEOUT", "ERROR", "UNEXPECTEDPASS", "INTERRUPT"}


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []    # names
        self.skipped = []   # (name, reason)

    def passes(self, count=1):
        self.passed += count

    def fails(self, name):
        self.failed.append(name)

    def skips(self, name, reason):
        self.skipped.append((name, reason))

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def counts(self):
        return f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"


def first_line(text):
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "no reason given")


def read_junit(path):
    """A Tally of a JUnit file; raises OSError or ElementTree.ParseError when there is no whole one."""
    tally = Tally()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.fails(name)
        elif skipped is not None:
            tally.skips(name, first_line(skipped.get("message") or skipped.text))
        else:
            tally.passes()
    return tally


def read_meson(path):
    """A Tally of Meson's testlog.json. A cmocka program counts by its cases, any other program as one test."""
    tally = Tally()
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            add_meson_test(tally, json.loads(line))
    return tally


def add_meson_test(tally, test):
    name = test["name"].split(" / ")[-1]
    output = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
    cases = CMOCKA_LINE.findall(output)
    failed = [case for verdict, case in cases if verdict == "FAILED"]
    for verdict, case in cases:
        if verdict == "OK":
            tally.passes()
        elif verdict == "SKIPPED":
            tally.skips(f"{name}::{case}", "skipped by the test")
    for case in dict.fromkeys(failed):
        tally.fails(f"{name}::{case}")
    if test["result"] in MESON_FAILED and not failed:
        tally.fails(f"{name} ({test['result'].lower()}, exit {test.get('returncode')})")
    elif test["result"] == "SKIP":
        tally.skips(name, first_line(output))
    elif not cases:
        tally.passes()
