"""Wrong configuration and absent neighbours: a clear word that names place and remedy, and no crash."""

import subprocess
import time

import pytest

from stack import free_port, wait_until

PROGRAMS = ["aetherius-central", "aetherius-agent"]


def run(*argv, timeout=10, env=None):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, env=env)


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_and_version(program):
    assert "--log-level" in run(program, "--help").stdout
    assert run(program, "--version").stdout.strip().endswith("0.1.0")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("text,words", [
    ("log_levle: info\n", ["config.yaml:1", "log_levle", "log_level"]),
    ("log_level: info\nlog_level: warn\n", ["config.yaml:2", "log_level"]),
    ("log_level: loud\n", ["config.yaml:1", "loud", "debug"]),
    ("log_level: [info\n", ["config.yaml:"]),
    ("nats_ca: {a: b}\n", ["config.yaml:1"]),
])
def test_a_wrong_file_is_refused_with_its_line(tmp_path, program, text, words):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    done = run(program, "--config", path, "--check-config")
    assert done.returncode == 78
    for word in words:
        assert word in done.stderr, done.stderr


def test_a_bad_duration_and_a_missing_file(tmp_path):
    done = run("aetherius-agent", "--heartbeat-interval", "fast", "--check-config")
    assert done.returncode == 78 and "heartbeat" in done.stderr and "fast" in done.stderr
    done = run("aetherius-agent", "--config", tmp_path / "absent.yaml")
    assert done.returncode == 78 and "absent.yaml" in done.stderr


@pytest.mark.parametrize("program,text,words", [
    ("aetherius-agent", "cluster_id: shop\nnats_ca: /no/such/ca.pem\n", ["config.yaml:2", "nats_ca", "/no/such/ca.pem", "No such file"]),
    ("aetherius-agent", "cluster_id: shop\nkubeconfig: /no/such\n", ["config.yaml:2", "kubeconfig"]),
    ("aetherius-agent", "cluster_id: shop\ncentral_endpoint: http://central\n", ["config.yaml:2", "nats://host:4222"]),
    ("aetherius-agent", "cluster_id: shop\ncentral_endpoint: nats://a:4222, nats://joe:hunter2@b:99999\n", ["config.yaml:2", "***@b:99999"]),
    ("aetherius-agent", "cluster_id: shop\ncentral_endpoint: ''\n", ["central_endpoint"]),
    ("aetherius-central", "edge_endpoint: nats://\n", ["config.yaml:1", "nats://host:4222"]),
    ("aetherius-central", "edge_endpoint: ','\n", ["edge_endpoint"]),
    ("aetherius-central", "services: manager, manger\n", ["services", "manger"]),
])
def test_what_a_file_names_is_looked_at(tmp_path, program, text, words):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    done = run(program, "--config", path, "--check-config")
    assert done.returncode == 78 and "hunter2" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_bytes_that_are_no_text_have_a_line(tmp_path):
    path = tmp_path / "config.yaml"
    for number, text in ((2, b"log_level: info\nlog_format: \xff\n"), (1, b"\xff"), (3, b"log_level: info\n\nlog_format: a\0b\n")):
        path.write_bytes(text)
        done = run("aetherius-central", "--config", path, "--check-config")
        assert done.returncode == 78 and f"config.yaml:{number}: not text" in done.stderr


def test_logins_of_the_broker_are_shown_nowhere(stack):
    done = run("aetherius-central", "--edge-endpoint", "nats://joe:hunter2@a:4222,tls://t0ken@b", "--print-config")
    assert 'edge_endpoint: "nats://***@a:4222,tls://***@b"' in done.stdout
    stack.nats()
    port = stack.nats_port
    central = stack.central("--edge-endpoint", f"nats://joe:hunter2@127.0.0.1:{port}")
    wait_until(lambda: stack.api.get("/api/v1/status")["edge"]["connected"], 10, "central is connected")
    assert stack.api.get("/api/v1/status")["edge"]["endpoint"] == f"nats://***@127.0.0.1:{port}"
    assert "hunter2" not in central.log.read_text()


def test_secrets_are_not_printed(tmp_path):
    import os
    done = run("aetherius-central", "--print-config", env={**os.environ, "AETHERIUS_LOG_LEVEL": "warn"})
    assert "AETHERIUS_LOG_LEVEL" in done.stdout and "warn" in done.stdout


def test_a_taken_port_is_named(stack):
    stack.nats()
    stack.central()
    done = run("aetherius-central", "--edge-endpoint", stack.nats_url, "--data-dir", stack.folder / "second", "--http-listen", f"127.0.0.1:{stack.http_port}", "--metrics-listen", "")
    assert done.returncode not in (0, 78)
    assert str(stack.http_port) in done.stderr and "taken" in done.stderr


def test_a_data_directory_that_cannot_be_is_named(stack):
    done = run("aetherius-central", "--data-dir", "/proc/no/place", "--http-listen", f"127.0.0.1:{free_port()}", "--metrics-listen", "")
    assert done.returncode != 0 and "/proc/no/place" in done.stderr


def test_listening_to_the_world_without_a_login_is_refused():
    done = run("aetherius-central", "--http-listen", "0.0.0.0:8090", "--check-config")
    assert done.returncode == 78 and "insecure_no_login" in done.stderr


def test_a_kubeconfig_that_runs_programs_is_refused(tmp_path):
    path = tmp_path / "kubeconfig"
    path.write_text("apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
                    "users: [{name: u, user: {exec: {command: aws, apiVersion: client.authentication.k8s.io/v1}}}]\n")
    done = run("aetherius-agent", "--kubeconfig", path, "--cluster-id", "shop", "--central-endpoint", "nats://127.0.0.1:1")
    assert done.returncode != 0 and "exec" in done.stderr


def test_a_bad_cluster_id_is_refused(tmp_path):
    done = run("aetherius-agent", "--cluster-id", "Shop.Prod", "--check-config")
    assert done.returncode == 78 and "Shop.Prod" in done.stderr


def test_the_agent_stays_up_without_api_server_and_broker(stack, tmp_path):
    path = tmp_path / "kubeconfig"
    path.write_text(f"apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{free_port()}'}}}}]\n"
                    "contexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: t}}]\n")
    stack.nats_port = free_port()
    agent = stack.agent("shop", path, wait=False)
    time.sleep(2)
    assert agent.alive(), agent.tail()
    assert agent.stop(5) == 0


def test_hostile_text_reaches_no_terminal(stack, tmp_path):
    scenario = tmp_path / "hostile.scenario"
    scenario.write_text('cluster bad: 1 node, seed 1\ndeployment shop/evil: image registry.local/app:1, crashes with exit 1 saying "FATAL \x1b[2J\x1b]0;owned\x07 <script>alert(1)</script> \u202e"\n')
    stack.nats()
    stack.central()
    _, kubeconfig, _ = stack.cluster("bad", scenario)
    stack.agent("bad", kubeconfig)
    wait_until(lambda: [i for i in stack.api.all("/api/v1/incidents") if i.get("reported_at")], 20, "a report", every=0.2)
    for arguments in (["events"], ["incidents"], ["incident", stack.api.all("/api/v1/incidents")[0]["id"]]):
        done = run("aetherctl", "--server", stack.api.url, *arguments)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout and "\u202e" not in done.stdout
    page = stack.api.call(f"/api/v1/incidents/{stack.api.all('/api/v1/incidents')[0]['id']}/report?format=html")[1]
    assert "<script>" not in page
