"""The demo's scenarios and the ways back to health, on nats-server, central, agents and simulated clusters."""

import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import expectation
from stack import wait_until

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "tools/demo/demo.py"


def test_the_demo_finds_every_cause():
    done = subprocess.run([sys.executable, DEMO, "--once"], capture_output=True, text=True, timeout=170, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def play(stack, tmp_path, text, *options):
    scenario = tmp_path / "world.scenario"
    scenario.write_text(text)
    stack.nats()
    stack.central("--recheck", "1s")
    _, kubeconfig, oracle = stack.cluster("world", scenario)
    agent = stack.agent("world", kubeconfig, *options)
    return kubeconfig, agent, oracle


def say(kubeconfig, sentence):
    """Lets it happen now: what must follow upon something that is seen cannot stand at a time in the scenario."""
    server = re.search(r"server: (\S+)", kubeconfig.read_text())[1]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(f"{server}/sim/say", data=sentence.encode(), method="POST"), timeout=10) as answer:
        assert answer.status == 204


def reported(stack, code, state=None):
    return [i for i in stack.api.all("/api/v1/incidents") if i.get("code") == code and i.get("reported_at") and (not state or i["state"] == state)]


@pytest.mark.parametrize("fault,fix,code", [
    ("deployment shop/cart: image registry.local/app:1, needs key DB_URL of configmap cart-config", "configmap shop/cart-config has DB_URL=postgres://db", "config.key-missing"),
    ("deployment shop/front: image registry.local/app:9, which the registry lacks", "deployment shop/front is fixed", "image.not-found"),
    ("node node-2 stops posting status", "node node-2 recovers", "node.kubelet-down"),
])
def test_an_incident_closes_when_its_object_is_well_again(stack, tmp_path, fault, fix, code):
    kubeconfig, _, _ = play(stack, tmp_path, "cluster world: 2 nodes, seed 5, speed 20\nnamespace shop\nconfigmap shop/cart-config has A=b\n")
    say(kubeconfig, fault)
    wait_until(lambda: reported(stack, code, "open"), 20, f"{code} is reported", every=0.2)
    say(kubeconfig, fix)
    closed = wait_until(lambda: reported(stack, code, "closed"), 40, f"{code} is closed", every=0.5)
    assert closed[0]["closed_at"]
    report = stack.api.get(f"/api/v1/incidents/{closed[0]['id']}/report?format=md")
    assert "closed" in report


def test_pods_of_one_cause_are_one_incident(stack, tmp_path):
    play(stack, tmp_path, "cluster world: 2 nodes, seed 5\nnamespace shop\nat 1s: deployment shop/cart: 4 replicas, image registry.local/app:9, which the registry lacks\n")
    wait_until(lambda: reported(stack, "image.not-found"), 15, "it is reported", every=0.2)
    wait_until(lambda: stack.api.get("/api/v1/events?cluster_id=world&limit=500")["items"], 5, "events are there")
    assert len(reported(stack, "image.not-found")) == 1


def test_two_workloads_of_one_cause_are_joined(stack, tmp_path):
    play(stack, tmp_path, "cluster world: 2 nodes, seed 5\nnamespace shop\nat 1s: pod shop/a: image registry.local/app:1, needs secret db\nat 1s: pod shop/b: image registry.local/app:1, needs secret db\n")
    wait_until(lambda: [i for i in reported(stack, "config.secret-missing") if stack.api.get(f"/api/v1/incidents/{i['id']}")["joined"]], 20, "one joins the other", every=0.5)
    assert len([i for i in stack.api.all("/api/v1/incidents?state=open") if i.get("code") == "config.secret-missing"]) == 1


def test_faults_of_the_api_server_lose_nothing(stack, tmp_path):
    text = """cluster world: 2 nodes, seed 5
load: 600 events at 100/s with repeats
at 1s: fault: watch events answers 410 once
at 2s: fault: cut half a line of events
at 3s: fault: drop connections
at 4s: fault: 429 with retry-after 1 for 3 requests
at 5s: fault: compact history
at 5500ms: fault: drop connections
"""
    _, agent, oracle = play(stack, tmp_path, text)
    import json

    def missing():
        rows = [json.loads(line) for line in oracle.read_text().splitlines() if line.endswith("}")]
        newest = {}
        for row in rows:
            if row["say"] == "made" and row.get("verb") != "DELETED":
                newest[row["uid"]] = row    # after a relist only the newest revision can be had; its count carries the total
        stored = {e["id"]: e for e in stack.api.all("/api/v1/events?cluster_id=world")}
        return len(newest) < 300 or [u for u, row in newest.items() if f"{u}.{row['resourceVersion']}" not in stored]

    wait_until(lambda: not missing(), 40, "the newest revision of every event is stored", every=1, alive=[agent])


def test_expect_lines_are_read():
    wanted = expectation.read(HERE / "shop-prod.scenario", "shop-prod")
    assert len([w for w in wanted if w.code]) >= 8 and any(not w.code for w in wanted)
