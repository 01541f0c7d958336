"""Commands to the agent: what it carries out, what it refuses, and that nothing runs twice."""

import json
import time

import pytest

from scripted_central import ScriptedCentral

CLUSTER = """cluster one: 2 nodes, seed 5
namespace shop
configmap shop/cart-config has LOG_LEVEL=info
deployment shop/web: 2 replicas, image registry.local/app:1, port 8080, healthy
service shop/web -> web:8080
deployment shop/payments: image registry.local/app:1, crashes with exit 3 after 1s saying "FATAL cannot connect, password=hunter2secret"
pod shop/too-big: image registry.local/app:1, requests cpu 64
"""


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class Commander:
    def __init__(self, central):
        self.central, self.numbers = central, 0

    def send(self, line, **fields):
        self.numbers += 1
        tool, action, *args = line.split()
        command = {"id": f"c{self.numbers}", "type": "diagnostic", "tool": tool, "action": action, "args": args, "nonce": f"n{self.numbers}",
                   "created_at": stamp(0), "expires_at": stamp(60), **fields}
        self.central.command(**command)
        return command

    def result(self, command_id, seconds=15):
        def final():
            return next((r for r in self.central.results if r["command_id"] == command_id and r["status"] not in ("accepted", "running")), None)
        return self.central.run(final, seconds, f"a result of {command_id}")

    def ask(self, line, **fields):
        return self.result(self.send(line, **fields)["id"])


@pytest.fixture
def one(stack, tmp_path):
    path = tmp_path / "one.scenario"
    path.write_text(CLUSTER)
    stack.nats(jetstream=False)
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, _ = stack.cluster("one", path)
    agent = stack.agent("one", kubeconfig, "--allow-unsigned-commands", wait=False)
    central.run(lambda: ("CrashLoopBackOff" in [r for r, _ in central.reasons()]), 20, "the crash loop is seen")
    yield Commander(central), agent
    assert agent.stop(6) == 0
    assert "ERROR: AddressSanitizer" not in agent.tail(400) and "runtime error" not in agent.tail(400)


def test_reading_in_the_forms_that_people_write(one):
    commander, _ = one
    pods = commander.ask("kubectl get pods -n shop")
    assert pods["status"] == "success" and pods["exit_code"] == 0
    lines = pods["output"].splitlines()
    assert lines[0].split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert any(line.startswith("web-") and "1/1" in line and "Running" in line for line in lines)
    assert any(line.startswith("too-big") and "Pending" in line for line in lines)
    pod = next(line.split()[0] for line in lines if line.startswith("payments-"))

    for form in (f"pod {pod} -n shop", f"pod/{pod} -n shop", f"{pod} -c payments --tail=100 -nshop", f"{pod} --all-containers -n shop"):
        log = commander.ask(f"kubectl logs {form}")
        assert log["status"] == "success" and "FATAL cannot connect" in log["output"], (form, log)
        assert "hunter2secret" not in log["output"] and log["redactions"] >= 1

    described = commander.ask(f"kubectl describe pod/{pod} -n shop")
    assert "Restart Count:" in described["output"] and "Events:" in described["output"] and "exit code 3" in described["output"]
    names = commander.ask("kubectl get deploy -A -o name")["output"].splitlines()
    assert "deployment/web" in names
    one_pod = json.loads(commander.ask(f"kubectl get pod {pod} -n shop -o json")["output"])
    assert one_pod["kind"] == "Pod" and "managedFields" not in one_pod["metadata"]
    assert json.loads(commander.ask("kubectl get pods -n shop -o json")["output"])["kind"] == "List"
    assert "kind: Pod" in commander.ask(f"kubectl get pod {pod} -n shop -o yaml")["output"]
    events = commander.ask(f"kubectl events -n shop --for pod/{pod}")
    assert events["output"].splitlines()[0].split()[:2] == ["LAST", "SEEN"] and "BackOff" in events["output"]
    assert commander.ask("kubectl get nodes")["output"].count("Ready") >= 2
    assert "No resources found in empty namespace." in commander.ask("kubectl get pods -n empty")["output"]


def test_logs_and_rollouts_of_workloads(one):
    commander, _ = one
    log = commander.ask("kubectl logs deployment/payments -n shop --tail=20")
    assert log["status"] == "success" and "FATAL cannot connect" in log["output"], log
    two = commander.ask("kubectl logs deploy web -n shop")
    assert two["output"].splitlines()[0].startswith("Found 2 pods, using pod/web-")
    assert commander.ask("kubectl logs deployment/nobody -n shop")["reason"] == "not_found"
    assert commander.ask("kubectl rollout status deployment/web -n shop")["output"] == 'deployment "web" successfully rolled out\n'
    assert commander.ask("kubectl rollout status deployment/payments -n shop")["output"].startswith('Waiting for deployment "payments" rollout to finish')
    history = commander.ask("kubectl rollout history deployment/web -n shop")["output"].splitlines()
    assert history[0] == "deployment.apps/web" and history[1].split() == ["REVISION", "CHANGE-CAUSE"] and history[2].split() == ["1", "<none>"]


def test_every_kind_that_is_listed_can_be_got_and_described(one):
    commander, _ = one
    for kind in commander.ask("kubectl get widgets")["error"].split("allowed: ")[1].split():
        for verb in ("get", "describe"):
            result = commander.ask(f"kubectl {verb} {kind}")
            assert result["status"] == "success", (verb, kind, result)


def test_an_object_that_is_not_there(one):
    commander, _ = one
    absent = commander.ask("kubectl get pod nobody -n shop")
    assert absent["status"] == "failed" and absent["reason"] == "not_found" and absent["exit_code"] == 1 and "nobody" in absent["error"]
    waiting = commander.ask("kubectl logs too-big -n shop")
    assert waiting["status"] == "failed" and "node" in waiting["error"]


def test_whatever_the_grammar_lacks_is_refused(one):
    commander, _ = one
    for line in ("kubectl delete pod web", "kubectl get secrets", "kubectl get pods --token x", "kubectl exec web", "kubectl get pods -n=x --as=root", "shell run", "evidence collect ../x"):
        refused = commander.ask(line)
        assert refused["status"] == "rejected" and refused["reason"] == "grammar" and refused["error"], refused
    assert "get describe logs events top" in commander.ask("kubectl delete pod web")["error"]
    assert commander.ask("kubectl get pods", type="remediation")["status"] == "rejected"


def test_commands_for_others_from_the_past_and_the_future(one):
    commander, _ = one
    assert commander.ask("kubectl get pods", cluster_id="two")["reason"] == "target"
    assert commander.ask("kubectl get pods", expires_at=stamp(-3600))["status"] == "expired"
    assert commander.ask("kubectl get pods", created_at=stamp(3600), expires_at=stamp(3660))["reason"] == "clock_skew"
    first = commander.send("kubectl get pods -n shop")
    commander.result(first["id"])
    again = commander.ask("kubectl get pods -n shop", nonce=first["nonce"])
    assert again["status"] == "rejected" and again["reason"] == "replay"


def test_a_known_id_is_answered_again_and_not_run_again_also_after_a_restart(one):
    commander, agent = one
    central = commander.central
    command = commander.send("kubectl get pods -n shop")
    first = commander.result(command["id"])
    central.results.clear()
    central.command(**command)
    assert commander.result(command["id"]) == first
    agent.kill()
    beats = len(central.heartbeats)
    agent.start()
    central.run(lambda: len(central.heartbeats) > beats + 1, 15, "the agent is back")
    central.results.clear()
    central.command(**command)
    assert commander.result(command["id"]) == first


def test_more_commands_than_it_takes_are_answered_busy(one):
    commander, _ = one
    ids = [commander.send("kubectl get pods -A")["id"] for _ in range(300)]
    results = [commander.result(i, 30) for i in ids]
    assert {r["status"] for r in results} == {"success", "rejected"}
    assert {r.get("reason") for r in results if r["status"] == "rejected"} == {"busy"}


def test_evidence_is_one_round_trip(one):
    commander, _ = one
    pod = next(name for reason, name in commander.central.reasons() if reason == "CrashLoopBackOff")
    found = commander.ask(f"evidence collect pod/shop/{pod}", timeout="10s")
    assert found["status"] == "success", found
    bundle = json.loads(found["output"])
    assert bundle["scope"]["object"] == f"pod/shop/{pod}"
    assert any(o["kind"] == "Deployment" for o in bundle["objects"]) and bundle["events"] and bundle["logs"]
    assert "hunter2secret" not in found["output"]


def test_malformed_commands_are_answered_when_they_have_an_id(one):
    commander, _ = one
    commander.central.command(id="odd", tool=7)
    assert commander.result("odd")["status"] == "rejected"
    commander.central.nats.publish("agent.command.one", b"\xff\x00{")
    assert commander.ask("kubectl get pods -n shop")["status"] == "success"


def test_unsigned_commands_are_refused_by_default(stack, tmp_path):
    path = tmp_path / "one.scenario"
    path.write_text(CLUSTER)
    stack.nats(jetstream=False)
    central = ScriptedCentral(stack.nats_port, "one")
    _, kubeconfig, _ = stack.cluster("one", path)
    stack.agent("one", kubeconfig, wait=False)
    central.run(lambda: central.heartbeats, what="a heartbeat")
    refused = Commander(central).ask("kubectl get pods")
    assert refused["status"] == "rejected" and refused["reason"] == "signature"
