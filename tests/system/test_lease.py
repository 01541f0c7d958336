"""Two agents of one cluster: one works, one stands by, and never both."""

import json
import os
import re
import signal
import time
import urllib.error
import urllib.request

import pytest

from scripted_central import ScriptedCentral
from stack import free_port, wait_until

SCENARIO = "cluster one: 2 nodes, seed 5\nnamespace shop\ndeployment shop/web: 2 replicas, image registry.local/app:1, healthy\n"
LOAD = SCENARIO + "load: {count} events at {rate}/s with repeats\n"
DURATION = 3
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Agent:
    """One of several agents of the cluster "one"."""

    def __init__(self, stack, kubeconfig, name, *options, duration=f"{DURATION}s"):
        self.name, self.health, self.metrics = name, free_port(), free_port()
        argv = ["aetherius-agent", "--cluster-id", "one", "--instance", name, "--central-endpoint", stack.nats_url, "--kubeconfig", kubeconfig,
                "--spool-dir", stack.folder / f"{name}.spool", "--health-listen", f"127.0.0.1:{self.health}", "--metrics-listen", f"127.0.0.1:{self.metrics}",
                "--lease-namespace", "default", "--lease-duration", duration, *options]
        self.process = stack.run(f"agent-{name}", argv)

    def get(self, port, path):
        try:
            with OPENER.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except (OSError, urllib.error.URLError):
            return 0, ""

    def ready(self):
        status, body = self.get(self.health, "/health/ready")
        return json.loads(body)["status"] if status == 200 else None

    def state(self):
        found = re.search(r'aetherius_agent_lease\{state="(\w+)"\} 1\b', self.get(self.metrics, "/metrics")[1])
        return found and found[1]

    def wait(self, state, seconds):
        return wait_until(lambda: self.state() == state, seconds, f"{self.name} is {state}", alive=[self.process])

    def said(self, *words):
        lines = self.process.log.read_text(errors="replace").splitlines()
        return [line for line in lines if all(word in line for word in words)]


def lease_of(kubeconfig):
    text = kubeconfig.read_text()
    url = re.search(r"server: (\S+)", text)[1] + "/apis/coordination.k8s.io/v1/namespaces/default/leases/aetherius-agent"
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + re.search(r"token: (\S+)", text)[1]})
    with OPENER.open(request, timeout=5) as answer:
        return json.load(answer)


def place_of(kubeconfig):
    return lease_of(kubeconfig)["metadata"].get("annotations", {}).get("aetherius.io/events-version")


def gaps(central):
    return [e["gap"] for e in central.events.values() if e["type"] == "gap"]


def handed(oracle):
    rows = [json.loads(line) for line in oracle.read_text().splitlines() if line.endswith("}")]
    return {f"{r['uid']}.{r['resourceVersion']}" for r in rows if r["say"] == "handed" and r.get("verb") != "DELETED"}


def sessions(central, since=0, made_after=""):
    """made_after: what an agent had said before it was stopped may still be under way when it wakes."""
    return {beat.get("session", "").split("_")[0] for beat in central.heartbeats[since:] if beat["timestamp"] >= made_after}


@pytest.fixture
def world(stack, tmp_path):
    def begin(text=SCENARIO):
        path = tmp_path / "one.scenario"
        path.write_text(text)
        return stack.cluster("one", path)
    return begin


def test_the_second_agent_stands_by_and_says_so_and_takes_over_from_one_that_was_killed(stack, world):
    stack.nats(jetstream=False)
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, oracle = world(LOAD.format(count=300, rate=25))
    first = Agent(stack, kubeconfig, "first")
    first.wait("held", 10)
    central.run(lambda: sessions(central) == {"first"}, what="a heartbeat of the first")
    second = Agent(stack, kubeconfig, "second")
    second.wait("standby", 10)
    assert second.ready() == "standby" and second.said("stands by", "holder=first") or second.said("stands by", '"holder":"first_')
    central.rest(DURATION + 1)
    assert sessions(central) == {"first"} and {r["instance"] for r in central.registrations} == {"first"}
    first.process.kill(signal.SIGKILL)
    killed = time.monotonic()
    central.run(lambda: second.state() == "held", DURATION + 3, "the second takes over")
    took = time.monotonic() - killed
    assert DURATION * 0.5 < took < DURATION + 2, took
    central.run(lambda: len(handed(oracle)) >= 300 and handed(oracle) <= set(central.events), 30, "no event is missing")
    assert central.registrations[-1]["instance"] == "second" and central.registrations[-1]["lease_term"] == 2
    assert second.ready() == "ready"


def test_a_holder_that_was_stopped_does_not_go_on_when_it_wakes(stack, world):
    stack.nats(jetstream=False)
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, oracle = world(LOAD.format(count=400, rate=25))
    first = Agent(stack, kubeconfig, "first")
    first.wait("held", 10)
    second = Agent(stack, kubeconfig, "second")
    second.wait("standby", 10)
    central.run(lambda: sessions(central) == {"first"} and place_of(kubeconfig), what="a place to go on from")
    os.kill(first.process.pid, signal.SIGSTOP)
    central.run(lambda: second.state() == "held", DURATION + 4, "the second takes over")
    central.run(lambda: sessions(central, -1) == {"second"}, what="a heartbeat of the second")
    beats, arrivals = len(central.heartbeats), len(central.registrations)
    woken = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    os.kill(first.process.pid, signal.SIGCONT)
    central.run(lambda: first.state() == "standby", 10, "the first stands by")
    central.rest(2)
    assert sessions(central, beats, woken) == {"second"}, "the first beat after it woke"
    assert {r["instance"] for r in central.registrations[arrivals:]} <= {"second"}
    assert first.process.alive() and first.said("nothing is done until the API server has answered")
    central.run(lambda: len(handed(oracle)) >= 400 and handed(oracle) <= set(central.events), 30, "no event is missing")
    assert not gaps(central)


def test_one_that_ended_before_it_could_hand_on_a_place_leaves_a_gap(stack, world):
    stack.nats(jetstream=False)
    central = ScriptedCentral(stack.nats_port, "one")
    central.committing = False
    _, kubeconfig, _ = world()
    first = Agent(stack, kubeconfig, "first")
    first.wait("held", 10)
    second = Agent(stack, kubeconfig, "second")
    second.wait("standby", 10)
    first.process.kill(signal.SIGKILL)
    central.run(lambda: [g for g in gaps(central) if g["cause"] == "agent_restart" and "another agent" in g["detail"]], 15, "a gap that says so")


def test_a_holder_that_ends_in_order_gives_the_lease_back(stack, world):
    stack.nats(jetstream=False)
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, _ = world()
    first = Agent(stack, kubeconfig, "first", duration="20s")
    first.wait("held", 10)
    second = Agent(stack, kubeconfig, "second", duration="20s")
    second.wait("standby", 10)
    central.run(lambda: sessions(central) == {"first"}, what="a heartbeat of the first")
    assert first.process.stop(5) == 0
    central.run(lambda: second.state() == "held", 8, "the second takes over long before 20 s are over")


def test_a_holder_that_was_killed_and_starts_again_with_its_spool_waits_for_nobody(stack, world):
    stack.nats(jetstream=False)
    _, kubeconfig, _ = world()
    first = Agent(stack, kubeconfig, "first", duration="60s")
    first.wait("held", 10)
    first.process.kill(signal.SIGKILL)
    first.process.start()
    first.wait("held", 5)


def test_without_the_right_it_works_and_says_so_loudly(stack, world):
    stack.nats(jetstream=False)
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, _ = world(SCENARIO + "client: may not create leases\n")
    agent = Agent(stack, kubeconfig, "first")
    agent.wait("without", 10)
    central.run(lambda: central.heartbeats and central.heartbeats[-1]["status"] == "degraded", what="a beat that says so")
    assert any("no lease" in r for r in central.heartbeats[-1]["reasons"])
    assert agent.said("there is no lease") and agent.said("warn", "cannot create resource")


def test_an_api_server_that_is_away_takes_no_lease_from_its_holder(stack, world):
    stack.nats(jetstream=False)
    central = ScriptedCentral(stack.nats_port, "one")
    process, kubeconfig, _ = world()
    agent = Agent(stack, kubeconfig, "first")
    agent.wait("held", 10)
    process.kill()
    central.run(lambda: agent.state() == "alone", DURATION + 5, "it goes on alone")
    beats = len(central.heartbeats)
    central.run(lambda: any("the lease waits" in r for r in central.heartbeats[-1].get("reasons", [])), 5, "a beat that says so")
    central.rest(2 * DURATION)
    assert len(central.heartbeats) > beats + 4
    process.start()
    central.run(lambda: agent.state() == "held", 20, "it holds it again")


def test_two_agents_do_not_share_a_spool(stack, world):
    stack.nats(jetstream=False)
    _, kubeconfig, _ = world()
    first = Agent(stack, kubeconfig, "first")
    first.wait("held", 10)
    second = Agent(stack, kubeconfig, "second", "--spool-dir", stack.folder / "first.spool")
    assert second.process.popen.wait(10) != 0
    assert second.said("another agent uses spool_dir") or second.said("given twice")


def test_without_a_lease_central_talks_to_one_of_two_and_takes_the_other_when_that_is_gone(stack, world):
    stack.nats()
    stack.central("--heartbeat-interval", "1s", "--degraded-after", "4s")
    _, kubeconfig, _ = world()

    def shown():
        return stack.api.call("/api/v1/clusters/one")[1]

    first = Agent(stack, kubeconfig, "first", "--lease=false")
    wait_until(lambda: shown().get("state") == "online", 15, "the first is online")
    second = Agent(stack, kubeconfig, "second", "--lease=false")
    wait_until(lambda: "a second agent (second_" in (shown().get("state_reason") or ""), 15, "central raises the second")
    wait_until(lambda: second.said("refused"), 5, "the second knows", alive=[second.process])
    assert shown()["instance"] == "first" and first.said("there is no lease")
    events = stack.api.all("/api/v1/events")
    assert len({e["id"] for e in events}) == len(events)
    first.process.kill()
    wait_until(lambda: shown()["instance"] == "second" and shown()["state"] == "online", 50, "the second speaks for the cluster", alive=[second.process])
