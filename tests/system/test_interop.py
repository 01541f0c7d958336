"""A program that knows only the older document of the protocol: its literal example messages over a plain NATS client."""

import json

import pytest

from plain_nats import PlainNats
from stack import wait_until

ID = "prod-us-west-2"
REGISTER = """{
  "cluster_id": "prod-us-west-2",
  "version": "v1.0.0",
  "start_time": "2025-09-28T10:00:00Z",
  "capabilities": ["event_watch", "metrics_collect", "command_execute"]
}"""
EVENT = """{
  "id": "evt-12345",
  "cluster_id": "prod-us-west-2",
  "type": "k8s_event",
  "source": "kubernetes",
  "namespace": "default",
  "severity": "high",
  "message": "Pod CrashLoopBackOff",
  "timestamp": "2025-09-28T10:05:00Z",
  "reported_at": "2025-09-28T10:05:01Z",
  "labels": {
    "reason": "CrashLoopBackOff",
    "pod": "app-1234"
  }
}"""
COMMAND = {"type": "diagnostic", "tool": "kubectl", "action": "logs", "args": ["pod", "app-1234", "-n", "default"], "timeout": "30s"}


@pytest.fixture(params=[True, False], ids=["jetstream", "core"])
def link(request, stack):
    stack.nats(jetstream=request.param)
    stack.central("--degraded-after", "3s", "--offline-after", "5s", "--heartbeat-interval", "1s")
    wait_until(lambda: stack.api.get("/api/v1/status")["edge"]["connected"], 10, "central is connected")
    plain = PlainNats(stack.nats_port)
    plain.subscribe(f"agent.command.{ID}")
    plain.subscribe(f"agent.control.{ID}")
    yield stack, plain
    plain.close()


def register(stack, plain):
    plain.publish(f"agent.register.{ID}", REGISTER)
    welcome = plain.wait(f"agent.control.{ID}", lambda b: b["type"] == "welcome")
    assert welcome["state"] == "accepted"
    return welcome


def test_the_literal_messages_are_taken(link):
    stack, plain = link
    register(stack, plain)
    agent = stack.api.get(f"/agents/{ID}")
    assert agent["cluster_id"] == ID and agent["status"] == "online"
    assert agent["info"]["capabilities"] == ["event_watch", "metrics_collect", "command_execute"]
    plain.publish(f"agent.event.{ID}", EVENT)
    stored = wait_until(lambda: stack.api.get(f"/api/v1/events?cluster_id={ID}")["items"], 5, "the event is stored")
    assert stored[0]["id"] == "evt-12345" and stored[0]["message"] == "Pod CrashLoopBackOff" and stored[0]["severity"] == "high"
    assert stored[0]["labels"] == {"reason": "CrashLoopBackOff", "pod": "app-1234"}


def test_a_healthy_heartbeat_does_not_make_commands_impossible(link):
    stack, plain = link
    register(stack, plain)
    plain.publish(f"agent.heartbeat.{ID}", {"cluster_id": ID, "timestamp": "2025-09-28T10:00:30Z", "status": "healthy",
                                            "metrics": {"event_queue_size": 0, "metrics_queue_size": 0, "command_queue_size": 0}})
    wait_until(lambda: stack.api.get(f"/api/v1/clusters/{ID}")["health"] == "healthy", 5, "the beat is taken")
    status, body = stack.api.call(f"/agents/{ID}/commands", "POST", COMMAND)
    assert status == 202, body
    command = plain.wait(f"agent.command.{ID}")
    assert command["id"] == body["command_id"] and command["args"] == ["pod", "app-1234", "-n", "default"] and command["timeout"] == "30s" and command["signature"]
    plain.publish(f"agent.result.{ID}", {"command_id": command["id"], "cluster_id": ID, "status": "success", "output": "...[logs]...", "duration": "1.5s",
                                         "timestamp": "2025-09-28T10:05:06Z"})
    done = wait_until(lambda: (c := stack.api.get(f"/api/v1/commands/{command['id']}"))["state"] == "success" and c, 5, "the result is matched")
    assert done["result"]["output"] == "...[logs]..."


def test_nanoseconds_are_a_duration(link):
    stack, plain = link
    register(stack, plain)
    _, body = stack.api.call(f"/agents/{ID}/commands", "POST", {**COMMAND, "timeout": 30000000000})
    command = plain.wait(f"agent.command.{ID}")
    assert command["timeout"] == "30s"
    plain.publish(f"agent.result.{ID}", {"command_id": command["id"], "cluster_id": ID, "status": "success", "output": "x", "duration": 1500000000, "timestamp": "2025-09-28T10:05:06Z"})
    done = wait_until(lambda: (c := stack.api.get(f"/api/v1/commands/{command['id']}"))["state"] == "success" and c, 5, "the result is matched")
    assert done["result"]["duration"] == "1.5s"


def test_an_event_twice_is_one(link):
    stack, plain = link
    register(stack, plain)
    for _ in range(3):
        plain.publish(f"agent.event.{ID}", EVENT)
    plain.publish(f"agent.event.{ID}", EVENT.replace("evt-12345", "evt-last"))
    wait_until(lambda: any(e["id"] == "evt-last" for e in stack.api.get(f"/api/v1/events?cluster_id={ID}")["items"]), 5, "the last one is stored")
    assert sorted(e["id"] for e in stack.api.get(f"/api/v1/events?cluster_id={ID}")["items"]) == ["evt-12345", "evt-last"]


def test_a_payload_that_speaks_for_another_is_refused(link):
    stack, plain = link
    register(stack, plain)
    plain.publish(f"agent.event.{ID}", EVENT.replace(ID, "somebody-else").replace("evt-12345", "evt-forged"))
    plain.publish(f"agent.event.{ID}", EVENT)
    wait_until(lambda: stack.api.get(f"/api/v1/events?cluster_id={ID}")["items"], 5, "the honest event is stored")
    assert not [e for e in stack.api.get("/api/v1/events")["items"] if e["id"] == "evt-forged"]
    assert stack.api.get(f"/api/v1/clusters/{ID}")["dead_letters"] >= 1


@pytest.mark.parametrize("poison", ["", "{", "[]", "null", '{"id": 7}', '{"events": 3}', "\x00\x01", '{"id":"x"}' * 3, "[" * 5000])
def test_poison_harms_nobody(link, poison):
    stack, plain = link
    register(stack, plain)
    for kind in ("event", "heartbeat", "metrics", "result", "register"):
        plain.publish(f"agent.{kind}.{ID}", poison)
    plain.publish(f"agent.event.{ID}", EVENT)
    wait_until(lambda: stack.api.get(f"/api/v1/events?cluster_id={ID}")["items"], 5, "the good event is stored")


def test_a_silent_agent_goes_offline_and_refuses_commands(link):
    stack, plain = link
    register(stack, plain)
    wait_until(lambda: stack.cluster_state(ID) == "offline", 12, "the silent agent is offline")
    assert stack.api.call(f"/agents/{ID}/commands", "POST", COMMAND)[0] == 409
    assert stack.api.call("/agents/nobody/commands", "POST", COMMAND)[0] == 404
    plain.publish(f"agent.heartbeat.{ID}", {"cluster_id": ID, "timestamp": "2025-09-28T10:00:30Z", "status": "healthy", "metrics": {}})
    wait_until(lambda: stack.cluster_state(ID) == "online", 5, "a beat brings it back")


def test_central_remembers_its_fleet_over_a_restart(link):
    stack, plain = link
    register(stack, plain)
    plain.publish(f"agent.event.{ID}", EVENT)
    wait_until(lambda: stack.api.get(f"/api/v1/events?cluster_id={ID}")["items"], 5, "the event is stored")
    central = stack.processes[-1]
    assert central.stop() == 0
    central.start()
    wait_until(stack.api.up, 10, "central answers again", alive=[central])
    assert stack.api.get(f"/agents/{ID}")["event_count"] == 1
    plain.publish(f"agent.event.{ID}", EVENT)
    plain.publish(f"agent.event.{ID}", EVENT.replace("evt-12345", "evt-after"))
    wait_until(lambda: len(stack.api.get(f"/api/v1/events?cluster_id={ID}")["items"]) == 2, 10, "events go on, the old one is known")


def test_refused_commands_say_what_is_allowed(link):
    stack, plain = link
    register(stack, plain)
    for body, word in (({**COMMAND, "action": "exec"}, "get"), ({**COMMAND, "tool": "bash"}, "kubectl"), ({**COMMAND, "args": ["pod/x", "--server=evil"]}, "--server"),
                       ({**COMMAND, "type": "remediation"}, "diagnostic")):
        status, answer = stack.api.call(f"/agents/{ID}/commands", "POST", body)
        assert status == 422 and word in json.dumps(answer), (body, status, answer)
    assert stack.api.call(f"/agents/{ID}/commands", "POST", ["no", "object"])[0] == 400


def test_a_cluster_that_waits_is_accepted_by_a_person(stack):
    stack.nats()
    stack.central("--admission", "manual")
    wait_until(lambda: stack.api.get("/api/v1/status")["edge"]["connected"], 10, "central is connected")
    plain = PlainNats(stack.nats_port)
    plain.subscribe(f"agent.control.{ID}")
    plain.publish(f"agent.register.{ID}", REGISTER)
    assert plain.wait(f"agent.control.{ID}", lambda b: b["type"] == "welcome")["state"] == "pending"
    assert stack.cluster_state(ID) == "pending"
    assert stack.api.call("/api/v1/clusters/nobody/accept", "POST")[0] == 404
    status, cluster = stack.api.call(f"/api/v1/clusters/{ID}/accept", "POST")
    assert status == 200 and cluster["cluster_id"] == ID
    plain.publish(f"agent.register.{ID}", REGISTER)
    assert plain.wait(f"agent.control.{ID}", lambda b: b["type"] == "welcome" and b["state"] != "pending")["state"] == "accepted"
    plain.close()
