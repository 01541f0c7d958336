"""The HTTP interface of a whole aetherius-central: its own description is valid, and its answers keep to it."""
import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

CENTRAL, NATS = shutil.which("aetherius-central"), shutil.which("nats-server")
pytestmark = pytest.mark.skipif(not CENTRAL or not NATS, reason="wants aetherius-central and nats-server on PATH")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url, method="GET", body=None, headers=None):
    """(status, headers, text) whatever the status."""
    request = urllib.request.Request(url, method=method, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()


def wait_for(ask, seconds=20):
    """Until ask() says something; asking again is all the waiting there is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = ask()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("not in time")


class Central:
    def __init__(self, directory, nats=True):
        self.nats_port, self.port, self.metrics_port = free_port(), free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes = []
        if nats:
            self.start([NATS, "-a", "127.0.0.1", "-p", str(self.nats_port), "-js", "-sd", str(directory / "js")], stderr=subprocess.DEVNULL)
        self.central = self.start([CENTRAL, "--edge-endpoint", f"nats://127.0.0.1:{self.nats_port}", "--http-listen", f"127.0.0.1:{self.port}",
                                   "--metrics-listen", f"127.0.0.1:{self.metrics_port}", "--data-dir", str(directory)], stderr=subprocess.PIPE, text=True)
        wait_for(lambda: get(self.address + "/health/live")[0] == 200)

    def start(self, command, **options):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def get(self, path, **more):
        return get(self.address + path, **more)

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        _, said = self.central.communicate(timeout=30)
        for process in self.processes:
            process.wait(30)
        return said


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    it = Central(tmp_path_factory.mktemp("central"))
    wait_for(lambda: it.get("/health/ready")[0] == 200)
    yield it
    said = it.stop()
    assert it.central.returncode == 0, said


@pytest.fixture(scope="module")
def openapi(central):
    status, headers, text = central.get("/openapi.json")
    assert status == 200 and headers["Content-Type"] == "application/json"
    return json.loads(text)


def test_the_description_is_valid_openapi(openapi):
    validate = pytest.importorskip("openapi_spec_validator").validate
    validate(openapi)
    ids = [operation["operationId"] for path in openapi["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids)) >= 24


ANSWERED = ["/agents", "/api/v1/commands", "/api/v1/clusters", "/api/v1/events", "/api/v1/events/histogram", "/api/v1/gaps", "/api/v1/incidents",
            "/api/v1/knowledge", "/api/v1/status", "/health/live", "/health/ready"]


def schema_of(openapi, pattern, status):
    responses = openapi["paths"][pattern]["get"]["responses"]
    content = responses.get(str(status), responses["default"])["content"]
    return next(iter(content.values()))["schema"]


def check(openapi, pattern, status, text):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator({**schema_of(openapi, pattern, status), "components": openapi["components"]})
    errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(json.loads(text))]
    assert not errors, errors


@pytest.mark.parametrize("path", ANSWERED)
def test_answers_keep_to_the_description(central, openapi, path):
    status, _, text = central.get(path + ("?q=image" if path.endswith("knowledge") else ""))
    assert status == 200
    check(openapi, path, 200, text)


@pytest.mark.parametrize("pattern", ["/agents/{id}", "/api/v1/clusters/{id}", "/api/v1/clusters/{id}/nodes", "/api/v1/events/{id}", "/api/v1/incidents/{id}", "/api/v1/commands/{id}",
                                     "/api/v1/incidents/{id}/report", "/api/v1/knowledge/{id}", "/api/v1/metrics/{id}"])
def test_what_is_not_there_is_a_problem(central, openapi, pattern):
    for name in ("nothing", "%2e%2e%2fetc", "a%22b", "%E4%B8%AD", "'%20or%201=1--"):
        status, headers, text = central.get(pattern.replace("{id}", name))
        assert status == 404 and headers["Content-Type"] == "application/problem+json", text
        check(openapi, pattern, 404, text)


def test_an_entry_of_the_catalogue_is_knowledge(central, openapi):
    status, _, text = central.get("/api/v1/knowledge/config.key-missing")
    assert status == 200 and json.loads(text)["title_zh"]
    check(openapi, "/api/v1/knowledge/{id}", 200, text)


def test_a_list_is_read_to_its_end_page_by_page(central):
    seen, cursor = [], ""
    while True:
        page = json.loads(central.get(f"/api/v1/knowledge?limit=40{'&cursor=' + cursor if cursor else ''}")[2])
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
        assert len(page["items"]) == 40
    assert len(seen) == len(set(seen)) > 140
    assert seen == [item["id"] for item in json.loads(central.get("/api/v1/knowledge?limit=500")[2])["items"]]


@pytest.mark.parametrize("path", ["commands", "clusters", "events", "gaps", "incidents", "knowledge"])
def test_a_cursor_that_no_list_gave_is_refused(central, path):
    status, headers, text = central.get(f"/api/v1/{path}?cursor=garbage")
    assert status == 400 and headers["Content-Type"] == "application/problem+json" and "cursor" in json.loads(text)["detail"]


def test_a_command_to_nobody_is_a_404(central):
    body = b'{"type": "diagnostic", "tool": "kubectl", "action": "get", "args": ["pods"]}'
    assert central.get("/agents/nothing/commands", method="POST", body=body, headers={"Content-Type": "application/json"})[0] == 404


def test_the_stream_opens_with_a_place(central):
    with urllib.request.urlopen(central.address + "/api/v1/stream", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert [answer.readline() for _ in range(2)] == [b": connected\n", b"retry: 3000\n"]
        assert answer.readline().startswith(b"id: ")


def test_metrics_are_there_for_every_service(central):
    def depths():
        text = get(f"http://127.0.0.1:{central.metrics_port}/metrics")[2]
        return all(f'aetherius_central_mailbox_depth{{service="{name}"}}' in text for name in ("manager", "orchestrator", "reasoning", "knowledge", "execution", "report", "gateway"))
    wait_for(depths)


def test_a_taken_port_stops_central_with_a_clear_word(central, tmp_path):
    done = subprocess.run([CENTRAL, "--http-listen", f"127.0.0.1:{central.port}", "--metrics-listen", "", "--data-dir", str(tmp_path), "--edge-endpoint", f"nats://127.0.0.1:{central.nats_port}"],
                          capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode != 0
    assert f"127.0.0.1:{central.port} is taken by another process" in done.stderr and "http_listen" in done.stderr


def test_without_nats_central_lives_but_is_not_ready(tmp_path):
    central = Central(tmp_path, nats=False)
    try:
        status, _, text = central.get("/health/ready")
        assert status == 503 and "not connected" in json.loads(text)["reasons"][0]
        assert central.get("/health/live")[0] == 200
        assert json.loads(central.get("/api/v1/status")[2])["edge"]["connected"] is False
        assert json.loads(central.get("/api/v1/clusters")[2])["items"] == []
    finally:
        said = central.stop()
    assert central.central.returncode == 0, said
