"""Our agents and central on real Kubernetes: two clusters, every fault of failures/, a frozen kubelet, an API server that goes away."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/demo"))

import peers
from expected import HEALTHY, PAIRS
from stack import Stack, wait_until

pytestmark = pytest.mark.skipif(bool(peers.absent()), reason=peers.absent() or "-")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two clusters, one with everything wrong, one that is well; central and both agents."""
    folder = Path("/tmp") / f"aetherius-peers-{tmp_path_factory.getbasetemp().name}-{id(tmp_path_factory)}"
    quick = {"PEERS_BACKOFF_MAX": "5s"}
    with Stack(folder=folder / "stack") as stack, peers.Cluster(folder / "c1", 7643, quick) as first, peers.Cluster(folder / "c2", 7653, quick) as second:
        first.up()
        second.up()
        stack.nats()
        stack.central("--heartbeat-interval", "2s", "--degraded-after", "5s", "--offline-after", "9s", "--recheck", "5s")
        agents = [stack.agent("faulty", first.kubeconfig), stack.agent("sound", second.kubeconfig)]
        second.apply("00", "01")
        first.apply()
        yield stack, first, second, agents


def found(stack, cluster="faulty"):
    return {(i["code"], i["object"]) for i in stack.api.all(f"/api/v1/incidents?cluster_id={cluster}") if i.get("code")}


def test_every_fault_is_named_with_its_object(world):
    stack, *_ = world
    try:
        wait_until(lambda: PAIRS <= found(stack), 150, "every fault is named", every=1)
    except Exception:
        pytest.fail(f"missing: {sorted(PAIRS - found(stack))}\nbeside: {sorted(found(stack) - PAIRS)}")


def test_what_is_healthy_stays_silent(world):
    stack, *_ = world
    named = {object_ for _, object_ in found(stack)} | {i["key"] for i in stack.api.all("/api/v1/incidents?cluster_id=faulty") if i.get("code")}
    assert not named & set(HEALTHY)
    assert not found(stack, "sound")


def test_the_one_shot_diagnosis_agrees(world):
    stack, first, second, _ = world
    done = subprocess.run(["aetherctl", "diagnose", "--kubeconfig", first.kubeconfig, "-o", "json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr
    pairs = {(root["code"], root["object"]) for incident in json.loads(done.stdout)["incidents"] for root in incident["verdict"]["roots"]}
    assert PAIRS <= pairs, sorted(PAIRS - pairs)
    done = subprocess.run(["aetherctl", "diagnose", "--kubeconfig", second.kubeconfig, "--namespace", "shop", "-o", "json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_logs_of_a_real_pod_come_through_a_command(world):
    stack, first, *_ = world
    pod = first.kubectl("get", "pods", "-n", "shop", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}")
    status, body = stack.api.call("/agents/faulty/commands", "POST", {"type": "diagnostic", "tool": "kubectl", "action": "logs", "args": ["pod", pod, "-n", "shop"], "timeout": "10s"})
    assert status == 202, body
    done = wait_until(lambda: (c := stack.api.get(f"/api/v1/commands/{body['command_id']}"))["state"] in ("success", "failed", "rejected", "timeout") and c, 20, "the command is done")
    assert done["state"] == "success", done
    assert "listening on :8080" in done["result"]["output"]


def test_every_event_of_the_api_server_is_stored(world):
    stack, first, *_ = world

    def missing():
        listed = json.loads(first.kubectl("get", "events", "-A", "-o", "json"))["items"]
        there = {f"{e['metadata']['uid']}.{e['metadata']['resourceVersion']}" for e in listed}
        stored = {e["id"] for e in stack.api.all("/api/v1/events?cluster_id=faulty")}
        return there - stored

    wait_until(lambda: not missing(), 20, "every listed event is stored", every=1)


def test_an_api_server_that_goes_away_and_comes_back(world):
    stack, first, _, agents = world
    first.stop_control_plane()
    wait_until(lambda: stack.api.get("/api/v1/clusters/faulty")["health"] in ("degraded", "unhealthy"), 60, "the agent says that it cannot see its cluster", alive=agents)
    assert stack.cluster_state("faulty") == "online"
    first.start_control_plane()
    wait_until(lambda: stack.api.get("/api/v1/clusters/faulty")["health"] == "healthy", 90, "the agent sees its cluster again", alive=agents)


def test_a_frozen_kubelet_is_named_and_thaws(world):
    stack, _, second, _ = world
    second.freeze()
    wait_until(lambda: ("node.kubelet-down", "node//node1") in found(stack, "sound"), 90, "the silent node is named", every=1)
    second.thaw()
    wait_until(lambda: not [i for i in stack.api.all("/api/v1/incidents?cluster_id=sound&state=open") if i.get("code") == "node.kubelet-down"], 90, "the incident closes", every=1)
