"""Rights: what is missing is named with the remedy, what is too much is an alarm that central shows."""

import json

import pytest

SCENARIO = "cluster one: 2 nodes, seed 5\nnamespace shop\n"


@pytest.fixture
def fleet(stack, tmp_path):
    path = tmp_path / "one.scenario"
    path.write_text(SCENARIO)
    stack.nats()
    stack.central("--heartbeat-interval", "1s", "--degraded-after", "4s")

    def begin(sentence=""):
        path.write_text(SCENARIO + sentence)
        _, kubeconfig, _ = stack.cluster("one", path)
        return stack.agent("one", kubeconfig)
    return begin


def lines(agent, event):
    rows = [json.loads(line) for line in agent.log.read_text().splitlines() if line.startswith("{")]
    return [r for r in rows if r["event"].startswith(event)]


def reasons(stack):
    return " ".join(stack.api.get("/api/v1/clusters/one").get("health_reasons", []))


def test_the_deployed_role_is_neither_too_much_nor_too_little(stack, fleet):
    from stack import wait_until
    agent = fleet()
    wait_until(lambda: stack.api.get("/api/v1/clusters/one")["health"] == "healthy", 15, "a healthy agent")
    assert not lines(agent, "this agent has a right") and not lines(agent, "a right is missing")


def test_a_right_too_much_is_an_alarm_that_central_shows(stack, fleet):
    from stack import wait_until
    agent = fleet("client: may get nodes/proxy, may list secrets\n")
    wait_until(lambda: "get nodes/proxy" in reasons(stack) and "list secrets" in reasons(stack), 15, "central shows the rights")
    assert stack.api.get("/api/v1/clusters/one")["health"] == "degraded"
    told = lines(agent, "this agent has a right")
    assert [(r["level"], r["right"]) for r in told] == [("error", "list secrets"), ("error", "get nodes/proxy")] and "password" in told[0]["opens"]


def test_an_administrators_kubeconfig_is_warned_of_once_and_no_illness(stack, fleet):
    from stack import wait_until
    agent = fleet("client: may * *\n")
    wait_until(lambda: lines(agent, "this kubeconfig may do everything"), 15, "the log says so")
    wait_until(lambda: stack.api.get("/api/v1/clusters/one")["health"] == "healthy", 15, "a healthy agent")
    assert len(lines(agent, "this kubeconfig may do everything")) == 1 and not lines(agent, "this agent has a right") and not reasons(stack)


def test_a_missing_right_is_named_with_what_grants_it(stack, fleet):
    from stack import wait_until
    agent = fleet("client: may not get pods/log, may not list networkpolicies\n")
    told = wait_until(lambda: len(lines(agent, "a right is missing")) >= 3 and lines(agent, "a right is missing"), 15, "the log names them")
    remedies = {r["right"]: r["remedy"] for r in told}
    assert remedies["get pods/log"].endswith("deploy/agent/rbac.yaml") and remedies["list networkpolicies.networking.k8s.io"].endswith("deploy/agent/rbac-diagnose.yaml")
    denied = wait_until(lambda: stack.api.get("/api/v1/clusters/one")["capabilities_denied"], 10, "central shows them")
    assert {"capability": "evidence_collect", "verb": "get", "resource": "pods/log"} in denied
