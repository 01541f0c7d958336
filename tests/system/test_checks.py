"""The checks and counts of tools/: each of them must be able to fail."""
import json
import os
import shutil
import subprocess
import sys
import urllib.request

import pytest

TOOLS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools")
sys.path[:0] = [TOOLS, os.path.join(TOOLS, "dev")]

import hostcheck
import layercheck
import linkcheck
import programdocs
import tally
from stack import free_port


@pytest.mark.parametrize("path, target", [
    ("src/kube/watch.c", "http/client.h"),
    ("src/central/manager/manager.c", "central/service.h"),
    ("src/central/main.c", "central/manager/manager.h"),
    ("src/agent/spool.c", "store/db.h"),
    ("src/diagnose/probe.c", "catalog/catalog.h"),
    ("src/base/loop.c", "base/mailbox.h"),
])
def test_an_include_from_the_left_is_allowed(path, target):
    assert layercheck.complaint(path, target) is None


@pytest.mark.parametrize("path, target", [
    ("src/wire/event.c", "kube/kube.h"),
    ("src/bus/edge.c", "http/client.h"),
    ("src/diagnose/probe.c", "kube/kube.h"),
    ("src/sim/world.c", "wire/event.h"),
    ("src/central/manager/manager.c", "central/report/report.h"),
    ("src/agent/spool.c", "central/service.h"),
    ("src/agent/spool.c", "spool.h"),
    ("src/agent/spool.c", "common/text.h"),
])
def test_any_other_include_is_not(path, target):
    assert layercheck.complaint(path, target)


def test_a_library_is_seen_in_its_own_folder_alone():
    assert layercheck.library_complaint("src/store/db.c", "sqlite3.h") is None
    assert layercheck.library_complaint("src/agent/spool.c", "sqlite3.h")
    assert layercheck.library_complaint("src/central/report/page.c", "md4c-html.h") is None
    assert layercheck.library_complaint("src/central/gateway/page.c", "md4c-html.h")
    assert layercheck.library_complaint("src/agent/spool.c", "cmocka.h")
    assert layercheck.library_complaint("src/agent/spool_test.c", "cmocka.h") is None


def test_links_to_files_and_headings_are_looked_up(monkeypatch):
    monkeypatch.setattr(linkcheck.sources, "lines", lambda _: enumerate(["# The `first` Heading", "```", "# no heading", "```"], 1))
    names = ["README.md", "docs/guide.md", "src/kube/watch.c"]
    assert linkcheck.link_complaint("README.md", "docs/guide.md#the-first-heading", names) is None
    assert linkcheck.link_complaint("docs/guide.md", "../src/kube", names) is None
    assert linkcheck.link_complaint("docs/guide.md", "https://example.org/x", names) is None
    assert linkcheck.link_complaint("README.md", "docs/guide.md#no-heading", names)
    assert linkcheck.link_complaint("README.md", "docs/absent.md", names)


def test_hosts_are_read_out_of_every_kind_of_setting():
    text = "URIs: https://user:secret@mirror.test:8080/debian\nGOPROXY=https://proxy.test,direct"
    assert hostcheck.URL_HOST.findall(text) == ["mirror.test", "proxy.test"]


def meson_tally(tmp_path, **test):
    log = tmp_path / "testlog.json"
    log.write_text(json.dumps({"name": "aetherius:unit / err", "returncode": 0, "stdout": "", "stderr": "", **test}) + "\n")
    return tally.read_meson(log)


def test_a_cmocka_program_counts_by_its_cases(tmp_path):
    stderr = "[ RUN      ] one\n[       OK ] one\n[ RUN      ] two\n[  FAILED  ] two\n[  SKIPPED ] three\n" \
             "[  PASSED  ] 1 test(s).\n[  FAILED  ] tests: 1 test(s), listed below:\n[  FAILED  ] two\n"
    found = meson_tally(tmp_path, result="FAIL", returncode=1, stderr=stderr)
    assert (found.passed, found.failed, [name for name, _ in found.skipped]) == (1, ["err::two"], ["err::three"])


def test_a_program_that_crashes_after_its_last_case_has_failed(tmp_path):
    found = meson_tally(tmp_path, result="FAIL", returncode=-6, stderr="[       OK ] one\n==1==ERROR: LeakSanitizer\n")
    assert found.counts() == "1 passed, 1 failed, 0 skipped"


def test_any_other_program_counts_as_one(tmp_path):
    assert meson_tally(tmp_path, result="OK").counts() == "1 passed, 0 failed, 0 skipped"
    assert meson_tally(tmp_path, result="TIMEOUT", returncode=-9).counts() == "0 passed, 1 failed, 0 skipped"
    skipped = meson_tally(tmp_path, result="SKIP", returncode=77, stdout="no Landlock in this kernel\n")
    assert skipped.skipped == [("err", "no Landlock in this kernel")]


def test_junit_results_are_told_apart(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite><testcase classname="a" name="one"/>'
                      '<testcase classname="a" name="two"><failure message="no"/></testcase>'
                      '<testcase classname="a" name="three"><error message="no"/></testcase>'
                      '<testcase classname="a" name="four"><skipped message="no Go here"/></testcase></testsuite></testsuites>')
    found = tally.read_junit(report)
    assert (found.passed, found.failed, found.skipped) == (1, ["a::two", "a::three"], [("a::four", "no Go here")])


def test_the_pages_of_options_and_metrics_are_what_the_programs_print():
    absent = [program for program in programdocs.PROGRAMS if not shutil.which(program)]
    if absent:
        pytest.skip(f"not built: {', '.join(absent)}")
    done = subprocess.run([sys.executable, os.path.join(TOOLS, "programdocs.py"), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def metrics_of(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                yield f"{name}_total" if kind == "counter" else name


def test_the_page_of_metrics_knows_every_metric_of_running_programs(stack, tmp_path):
    """A table that is registered and not declared would be on /metrics and not on the page."""
    if not shutil.which("aetherius-agent") or not shutil.which("nats-server"):
        pytest.skip("wants the programs and nats-server on PATH")
    central_port, agent_port = free_port(), free_port()
    stack.nats()
    stack.central("--metrics-listen", f"127.0.0.1:{central_port}")
    scenario = tmp_path / "quiet.scenario"
    scenario.write_text("cluster quiet: 1 node, seed 1\n")
    _, kubeconfig, _ = stack.cluster("quiet", scenario)
    stack.agent("quiet", kubeconfig, "--metrics-listen", f"127.0.0.1:{agent_port}")
    with open(os.path.join(programdocs.sources.REPO, "docs/metrics.md"), encoding="utf-8") as page:
        agent, central = page.read().split("## aetherius-central")
    for port, section in ((agent_port, agent), (central_port, central)):
        shown = list(metrics_of(port))
        assert len(shown) > 20
        assert [name for name in shown if f"| `{name}` |" not in section] == []
