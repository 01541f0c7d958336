"""Every kind of failure that shows at once, in one simulated cluster, looked at by `aetherctl diagnose`: each is named, and nothing else is."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import expectation
from test_kubesim import Simulator

SCENARIO = Path(__file__).resolve().parents[1] / "scenario/every-failure.scenario"
PATIENCE = 60    # seconds; most show within one, a Job's end and a probe's threshold take longer


def diagnose(kubeconfig):
    done = subprocess.run(["aetherctl", "diagnose", "--kubeconfig", kubeconfig, "-o", "json"], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 2), done.stderr
    return {(root["code"], root["object"]) for incident in json.loads(done.stdout)["incidents"] for root in incident["verdict"]["roots"]}


@pytest.mark.skipif(shutil.which("aetherctl") is None, reason="aetherctl is not on PATH: ./dev test builds it")
def test_every_failure_is_named_and_nothing_else(tmp_path):
    wanted = {(e.code, e.root) for e in expectation.read(SCENARIO, "every") if e.code}
    sim = Simulator(tmp_path, SCENARIO)
    try:
        end = time.monotonic() + PATIENCE
        found = diagnose(sim.kubeconfig)
        while not wanted <= found and time.monotonic() < end:
            time.sleep(1)
            found = diagnose(sim.kubeconfig)
        assert wanted - found == set(), "not named"
        assert found - wanted == set(), "named, and nobody expected it"
    finally:
        assert sim.stop() == 0
