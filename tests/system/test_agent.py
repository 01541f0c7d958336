"""The agent alone, between a simulated cluster and a scripted central."""

import json
import re
import time
from pathlib import Path

import pytest

from scripted_central import ScriptedCentral
from stack import wait_until

CLUSTER = "cluster one: 2 nodes, seed 5\nnamespace shop\ndeployment shop/web: 2 replicas, image registry.local/app:1, healthy\n"
LOAD = CLUSTER + "load: {count} events at {rate}/s with repeats\n"


def scenario(tmp_path, text):
    path = tmp_path / "one.scenario"
    path.write_text(text)
    return path


def handed(oracle):
    """Ids of every revision of an Event that the API server handed out."""
    rows = [json.loads(line) for line in oracle.read_text().splitlines() if line.endswith("}")]
    return {f"{r['uid']}.{r['resourceVersion']}" for r in rows if r["say"] == "handed" and r.get("verb") != "DELETED"}


@pytest.fixture
def nats(stack):
    return stack.nats(jetstream=False)


def test_it_registers_beats_and_reports_and_ends_well(stack, nats, tmp_path):
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, oracle = stack.cluster("one", scenario(tmp_path, LOAD.format(count=300, rate=100)))
    agent = stack.agent("one", kubeconfig, wait=False)
    central.run(lambda: central.heartbeats, what="a heartbeat")
    register = central.registrations[0]
    assert register["version"] and register["epoch"] > 0 and "event_watch" in register["capabilities"]
    central.run(lambda: len(handed(oracle)) >= 300 and handed(oracle) <= set(central.events), 20, "every revision arrives")
    central.run(lambda: central.heartbeats[-1]["seq"] == central.watermark["seq"] and central.heartbeats[-1].get("spool", {}).get("records", 0) == 0, 15, "the spool is freed")
    assert central.heartbeats[-1]["status"] == "healthy", central.heartbeats[-1]
    event = next(e for e in central.events.values() if e["type"] == "k8s_event")
    assert event["cluster_id"] == "one" and event["id"] == f"{event['uid']}.{event['resource_version']}"
    assert len(event["fingerprint"]) == 16 and event["reported_at"] and event["severity"] != "unknown"
    began = time.monotonic()
    assert agent.stop(5) == 0
    assert time.monotonic() - began < 5


def test_what_happens_without_a_broker_is_spooled_and_sent_later(stack, tmp_path):
    from stack import free_port
    stack.nats_port = free_port()
    _, kubeconfig, oracle = stack.cluster("one", scenario(tmp_path, LOAD.format(count=200, rate=200)))
    agent = stack.agent("one", kubeconfig, wait=False)
    wait_until(lambda: oracle.exists() and len(handed(oracle)) >= 200, 20, "the cluster has handed out its events", alive=[agent])
    agent.kill()
    agent.start()
    stack.nats(jetstream=False, port=stack.nats_port)
    central = ScriptedCentral(stack.nats_port, "one")
    central.run(lambda: handed(oracle) <= set(central.events), 30, "all of it arrives")
    seqs = sorted(e["seq"] for e in central.events.values())
    assert len(set(seqs)) == len(seqs)


def test_without_a_watermark_it_sends_again_from_behind_the_last_one(stack, nats, tmp_path):
    central = ScriptedCentral(stack.nats_port, "one")
    central.committing = False
    _, kubeconfig, oracle = stack.cluster("one", scenario(tmp_path, CLUSTER))
    stack.agent("one", kubeconfig, wait=False)
    central.run(lambda: oracle.exists() and handed(oracle) and handed(oracle) <= set(central.events), 20, "the events arrive")
    first = central.arrivals[0][1]
    central.run(lambda: [i for _, i in central.arrivals].count(first) >= 2, 12, "they arrive again")
    central.committing = True
    central.run(lambda: central.heartbeats[-1].get("spool", {}).get("records", 0) == 0, 20, "the spool is freed once they are committed")


def test_a_pending_cluster_sends_nothing_but_heartbeats(stack, nats, tmp_path):
    central = ScriptedCentral(stack.nats_port, "one", state="pending", reason="a person has to accept it")
    _, kubeconfig, _ = stack.cluster("one", scenario(tmp_path, CLUSTER))
    stack.agent("one", kubeconfig, wait=False)
    central.run(lambda: len(central.heartbeats) >= 3 and len(central.registrations) >= 2, 15, "heartbeats, and registrations again")
    assert not central.events
    central.welcome["state"] = "accepted"
    central.run(lambda: central.events, 40, "events once it is accepted")


def test_a_throttled_agent_waits(stack, nats, tmp_path):
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, oracle = stack.cluster("one", scenario(tmp_path, LOAD.format(count=400, rate=100)))
    stack.agent("one", kubeconfig, wait=False)
    central.run(lambda: central.events, what="events")
    central.control(type="throttle", pause="2s")
    central.rest(0.3)
    before = len(central.arrivals)
    central.rest(1.2)
    assert len(central.arrivals) == before
    central.run(lambda: len(handed(oracle)) >= 400 and handed(oracle) <= set(central.events), 20, "all of it after the pause")


def test_state_changes_are_reported_and_healthy_things_are_not(stack, nats, tmp_path):
    text = CLUSTER + ('service shop/web -> web:8080\n'
                      'at 1s: deployment shop/payments: image registry.local/app:1, crashes with exit 3 after 1s saying "FATAL no database"\n'
                      'at 1s: deployment shop/frontend: image registry.local/team/app:v2, which the registry lacks\n'
                      'at 1s: pod shop/too-big: image registry.local/app:1, requests cpu 64\n')
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, _ = stack.cluster("one", scenario(tmp_path, text))
    stack.agent("one", kubeconfig, wait=False)
    wanted = {"ContainerFailed", "CrashLoopBackOff", "ImagePullFailed", "Unschedulable"}
    central.run(lambda: wanted <= {reason for reason, _ in central.reasons()}, 30, f"{wanted} are told")
    assert not [name for _, name in central.reasons() if name.startswith("web")]
    crash = next(e for e in central.events.values() if e.get("reason") == "CrashLoopBackOff")
    assert crash["owner"] == {"kind": "Deployment", "name": "payments"} and crash["labels"]["container"] == "payments"
    assert crash["id"].startswith(f"{crash['uid']}.{crash['resource_version']}.")


def test_probes_and_metrics(stack, nats, tmp_path):
    import urllib.error
    import urllib.request
    from stack import free_port
    health, metrics = free_port(), free_port()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(port, path):
        try:
            with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    process, kubeconfig, _ = stack.cluster("one", scenario(tmp_path, CLUSTER))
    central = ScriptedCentral(stack.nats_port, "one", settings={"heartbeat_interval": "500ms", "metrics_interval": "1s"})
    stack.agent("one", kubeconfig, "--health-listen", f"127.0.0.1:{health}", "--metrics-listen", f"127.0.0.1:{metrics}", wait=False)
    central.run(lambda: central.metrics, 20, "a sample of metrics")
    assert get(health, "/health/live")[0] == 200
    wait_until(lambda: get(health, "/health/ready")[0] == 200, 10, "the agent is ready")
    assert get(health, "/nothing")[0] == 404 and get(metrics, "/health/live")[0] == 404
    status, text = get(metrics, "/metrics")
    assert status == 200 and text.endswith("# EOF\n") and "aetherius_agent_events_total" in text and "aetherius_agent_spool_records" in text
    central.run(lambda: [m for m in central.metrics if m["data"]["cluster"].get("pods_running")], 20, "running Pods are counted")
    sample = central.metrics[-1]["data"]
    assert sample["cluster"]["nodes"] == 2 and len(sample["nodes"]) == 2 and sample["nodes"][0]["pods_allocatable"] > 0


def test_a_dead_api_server_makes_it_unready_and_unhealthy_but_never_ends_it(stack, nats, tmp_path):
    process, kubeconfig, _ = stack.cluster("one", scenario(tmp_path, CLUSTER))
    central = ScriptedCentral(stack.nats_port, "one")
    agent = stack.agent("one", kubeconfig, wait=False)
    central.run(lambda: central.heartbeats and central.heartbeats[-1]["status"] == "healthy", 15, "a healthy beat")
    process.kill()
    central.run(lambda: central.heartbeats[-1]["status"] != "healthy" and central.heartbeats[-1]["reasons"], 30, "a beat that says so")
    assert agent.alive()


def lines(agent, *levels):
    rows = [json.loads(line) for line in agent.log.read_text().splitlines() if line.startswith("{")]
    return [r for r in rows if not levels or r["level"] in levels]


def test_the_process_is_restricted_in_every_thread_and_works(stack, nats, tmp_path):
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, _ = stack.cluster("one", scenario(tmp_path, CLUSTER))
    agent = stack.agent("one", kubeconfig, wait=False)
    central.run(lambda: central.heartbeats and central.heartbeats[-1]["status"] == "healthy", 15, "a healthy beat")
    told = next(r for r in lines(agent) if r["event"].startswith("this process is"))
    assert told["event"] == "this process is restricted" and told["privileges"] and told["calls"] and told["files_abi"]
    for thread in Path(f"/proc/{agent.pid}/task").iterdir():
        status = dict(line.split(":\t", 1) for line in (thread / "status").read_text().splitlines())
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    limits = Path(f"/proc/{agent.pid}/limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0\s", limits)


def test_the_restriction_can_be_left_out_and_that_is_said(stack, nats, tmp_path):
    _, kubeconfig, _ = stack.cluster("one", scenario(tmp_path, CLUSTER))
    agent = stack.agent("one", kubeconfig, "--restrict=false", wait=False)
    wait_until(lambda: any(r["event"] == "this process is not restricted" for r in lines(agent, "warn")), 10, "the log says so")
    ours = re.search(r"Seccomp:\t\d", Path("/proc/self/status").read_text())[0]
    assert ours in Path(f"/proc/{agent.pid}/status").read_text()


def test_an_api_server_that_goes_and_returns_is_one_line_each(stack, nats, tmp_path):
    process, kubeconfig, _ = stack.cluster("one", scenario(tmp_path, CLUSTER))
    server = next(line.split()[1] for line in kubeconfig.read_text().splitlines() if line.strip().startswith("server:"))
    central = ScriptedCentral(stack.nats_port, "one")
    agent = stack.agent("one", kubeconfig, wait=False)
    central.run(lambda: central.heartbeats and central.heartbeats[-1]["status"] == "healthy", 15, "a healthy beat")
    before = len(lines(agent, "warn"))
    process.kill()
    central.run(lambda: any("does not answer" in r["event"] for r in lines(agent, "warn")), 10, "the line that says so")
    central.rest(3)    # every watch has tried again by now
    process.start()
    central.run(lambda: any("answers again" in r["event"] for r in lines(agent)), 40, "the line that says it is back")
    central.run(lambda: central.heartbeats[-1]["status"] == "healthy", 40, "a healthy beat again")
    gone = lines(agent, "warn", "error")[before:]
    assert [r["event"] for r in gone] == ["the API server does not answer; every watch waits and tries again"] and gone[0]["server"] == server
    assert [r["server"] for r in lines(agent, "info") if "answers again" in r["event"]] == [server]
