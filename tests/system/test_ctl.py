"""aetherctl as its users meet it: against a central that says what each test tells it to, and on recorded evidence."""
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import unicodedata
import urllib.parse

import pytest
import yaml

REPO = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUNDLES = os.path.join(REPO, "tests", "data", "bundles")
CTL = shutil.which("aetherctl")
pytestmark = pytest.mark.skipif(CTL is None, reason="aetherctl is not on PATH: ./dev test builds it")

NOW = "2026-11-24T10:00:00.000Z"
CLUSTERS = [
    {"cluster_id": "shop-prod", "state": "online", "health": "healthy", "nodes": 12, "events_per_second": 41.0, "open_incidents": 2, "worst_severity": "high",
     "last_seen": NOW, "gaps_total": 0, "version": "0.1.0", "kubernetes_version": "v1.36.3", "spool": {"records": 0, "dropped": 0}, "capabilities_denied": []},
    {"cluster_id": "pay-dr", "state": "offline", "state_reason": "link lost", "nodes": 3, "last_seen": NOW},
]
INCIDENT = {
    "id": "i-7k2", "cluster_id": "shop-prod", "state": "open", "opened_at": NOW, "severity": "high", "code": "config.key-missing",
    "title": "cart cannot start: ConfigMap shop/cart-config has no key DB_URL", "title_zh": "cart 无法启动：ConfigMap shop/cart-config 中没有键 DB_URL",
    "object": "configmap/shop/cart-config", "confidence": 0.97, "victims": 1, "report": True,
    "verdict": {
        "verdict": "fault",
        "roots": [{"code": "config.key-missing", "object": "configmap/shop/cart-config", "confidence": 0.97, "severity": "high",
                   "statement": "cart cannot start: ConfigMap shop/cart-config has no key DB_URL", "statement_zh": "cart 无法启动：ConfigMap shop/cart-config 中没有键 DB_URL",
                   "evidence": [{"source": "pod/shop/cart-7d9f", "quote": "couldn't find key DB_URL"}],
                   "actions": [{"type": "advise", "class": "none", "object": "", "command": "kubectl -n shop edit configmap cart-config", "text": "Add the key", "text_zh": "补上该键"}]}],
        "victims": [{"object": "service/shop/cart", "why": "has no endpoints", "why_zh": "没有端点"}],
        "changes": [{"object": "deployment/shop/cart", "at": NOW, "text": "revision 12 to 13", "text_zh": "修订 12 变为 13"}],
        "ruled_out": [], "not_checked": [{"what": "quotas", "why": "no permission", "why_zh": "没有权限"}],
    },
    "timeline": [{"at": NOW, "kind": "event", "severity": "medium", "object": "pod/shop/cart", "text": "Failed", "text_zh": "Failed"}],
}
EVENT = {"id": "e1", "cluster_id": "shop-prod", "type": "k8s_event", "severity": "medium", "timestamp": NOW, "reason": "BackOff", "message": "Back-off",
         "involved": {"kind": "Pod", "namespace": "shop", "name": "cart-1"}, "count": 3}
STATUS = {"version": "0.1.0", "started_at": NOW, "now": NOW, "login": "none", "insecure": False, "admission": "auto", "model": None,
          "services": [{"name": "manager", "state": "running", "mailbox": 0, "handled": 7, "errors": 0, "refused": 0}],
          "edge": {"endpoint": "nats://127.0.0.1:4222", "connected": True, "server_version": "2.10.27", "warning": "below the security floor of 2026"}}


class Central:
    """A central of canned answers: routes maps "METHOD /path" to (status, value) or to a function of the request that gives one."""

    def __init__(self):
        self.routes = {
            "GET /api/v1/clusters": (200, {"items": CLUSTERS, "next": ""}),
            "GET /api/v1/clusters/shop-prod": (200, CLUSTERS[0]),
            "GET /api/v1/clusters/shop-prod/nodes": (200, {"items": [{"name": "node-1", "ready": True, "pods": 3, "pods_allocatable": 110}], "next": ""}),
            "GET /api/v1/incidents": (200, {"items": [INCIDENT], "next": ""}),
            "GET /api/v1/incidents/i-7k2": (200, INCIDENT),
            "GET /api/v1/events": (200, {"items": [EVENT], "next": ""}),
            "GET /api/v1/gaps": (200, {"items": [{"id": 1, "cluster_id": "shop-prod", "cause": "watch_expired", "recorded_at": NOW}], "next": ""}),
            "GET /api/v1/knowledge": (200, {"items": [{"id": "config.key-missing", "source": "catalogue", "title": "Key missing", "title_zh": "缺少键"}], "next": ""}),
            "GET /api/v1/knowledge/config.key-missing": (200, {"id": "config.key-missing", "code": "config.key-missing", "source": "catalogue", "title": "Key missing", "text": "# What it means"}),
            "GET /api/v1/status": (200, STATUS),
        }
        self.asked = []
        self.bodies = []
        central = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                central.asked.append((path, dict(urllib.parse.parse_qsl(query)), dict(self.headers)))
                central.bodies.append(body.decode())
                found = central.routes.get(f"{self.command} {path}", (404, {"title": "Not Found", "status": 404, "detail": f"there is nothing at {path}"}))
                status, value = found(dict(urllib.parse.parse_qsl(query))) if callable(found) else found
                data = value.encode() if isinstance(value, str) else json.dumps(value, ensure_ascii=False).encode()
                kind = "text/event-stream" if path.endswith("/stream") else "text/markdown" if isinstance(value, str) else "application/json"
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def central():
    it = Central()
    yield it
    it.close()


def run(*args, env=None, home="/nonexistent"):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AETHERIUS_", "LC_", "LANG", "XDG_"))}
    return subprocess.run([CTL, *args], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
                          env={**clean, "HOME": home, "TZ": "UTC", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""), **(env or {})})


def ask(central, *args, **more):
    return run("--server", central.address, *args, **more)


def columns_of(text):
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


# ---- lists and views ----

def test_clusters_are_a_table(central):
    done = ask(central, "clusters")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and done.stderr == ""
    assert re.match(r"CLUSTER +STATE +HEALTH +NODES +EVENTS/S +INCIDENTS", lines[0])
    assert re.match(r"shop-prod +online +healthy +12 +41.0 +2 +high", lines[1])
    assert re.match(r"pay-dr +offline +– +3 +– +– +–", lines[2]) and "(link lost)" in lines[2]
    assert "KUBERNETES" not in lines[0] and "KUBERNETES" in ask(central, "clusters", "-o", "wide").stdout


def test_chinese_columns_align(central):
    done = ask(central, "clusters", "--lang", "zh")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("集群")
    at = columns_of(lines[0][:lines[0].index("状态")])
    assert [columns_of(line[:line.index(word)]) for line, word in ((lines[1], "在线"), (lines[2], "离线"))] == [at, at]
    assert ask(central, "clusters", env={"LANG": "zh_CN.UTF-8"}).stdout == done.stdout


@pytest.mark.parametrize("command, words", [
    (["cluster", "shop-prod"], ["shop-prod  Kubernetes v1.36.3", "node-1", "3/110"]),
    (["incidents"], ["i-7k2", "high", "cart cannot start: ConfigMap shop/cart-config has no key DB_URL"]),
    (["incident", "i-7k2"], ["HIGH", "confidence 0.97", "(config.key-missing)", "couldn't find key DB_URL", "has no endpoints", "revision 12 to 13",
                             "kubectl -n shop edit configmap cart-config", "not checked", "no permission", "timeline", "aetherctl report i-7k2"]),
    (["incident", "i-7k2", "--lang", "zh"], ["置信度 0.97", "cart 无法启动", "没有端点", "补上该键", "未检查", "没有权限", "时间线"]),
    (["events"], ["BackOff", "Pod/shop/cart-1", "Back-off"]),
    (["gaps"], ["watch_expired", "shop-prod"]),
    (["knowledge", "key", "missing"], ["config.key-missing", "Key missing"]),
    (["knowledge", "config.key-missing"], ["# What it means"]),
    (["status"], ["aetherius-central 0.1.0", "nats://127.0.0.1:4222", "connected", "below the security floor", "manager", "running"]),
    (["version"], ["aetherctl", "0.1.0"]),
])
def test_every_view_shows_what_matters(central, command, words):
    done = ask(central, *command)
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout, done.stdout
    assert "\x1b" not in done.stdout


def test_clusters_that_wait_are_shown_with_the_way_to_answer(central):
    waiting = {"cluster_id": "new-1", "state": "pending", "state_reason": "a new cluster waits for a person's consent", "last_seen": NOW}
    central.routes["GET /api/v1/clusters"] = (200, {"items": [*CLUSTERS, waiting], "next": ""})
    lines = ask(central, "clusters").stdout.splitlines()
    assert re.match(r"new-1 +pending +–", lines[3]) and "waits for a person's consent" in lines[3]
    assert lines[4:] == ["", "new-1 waits for a decision: aetherctl cluster accept new-1 (or: refuse)"]
    assert "集群 new-1 等待接纳：aetherctl cluster accept new-1（或 refuse）" in ask(central, "clusters", "--lang", "zh").stdout
    central.routes["GET /api/v1/clusters"] = (200, {"items": [waiting, {**waiting, "cluster_id": "new-2"}], "next": ""})
    assert "2 clusters wait for a decision, new-1 first: aetherctl cluster accept new-1" in ask(central, "clusters").stdout
    assert "waits for" not in ask(central, "clusters", "-o", "yaml").stdout.replace("waits for a person's consent", "")


def test_a_waiting_cluster_is_accepted_or_refused(central):
    central.routes["POST /api/v1/clusters/shop-prod/accept"] = (200, CLUSTERS[0])
    central.routes["POST /api/v1/clusters/shop-prod/refuse"] = (200, {**CLUSTERS[0], "state": "refused", "state_reason": "not ours"})
    done = ask(central, "cluster", "accept", "shop-prod")
    assert (done.returncode, done.stdout, done.stderr) == (0, "shop-prod is accepted, and is online\n", "")
    assert ask(central, "cluster", "accept", "shop-prod", "--lang", "zh").stdout == "shop-prod 已接纳，当前状态：在线\n"
    done = ask(central, "cluster", "refuse", "shop-prod", "--reason", "not ours")
    assert (done.returncode, done.stdout) == (0, "shop-prod is refused: not ours\n")
    assert [json.loads(body) for body in central.bodies] == [{}, {}, {"reason": "not ours"}]
    assert json.loads(ask(central, "cluster", "accept", "shop-prod", "-o", "json").stdout) == CLUSTERS[0]
    done = ask(central, "cluster", "accept", "nobody")
    assert done.returncode == 1 and "there is nothing at" in done.stderr


@pytest.mark.parametrize("arguments, words", [
    (["accept"], "cluster accept wants CLUSTER"),
    (["admit", "shop-prod"], "accept or refuse in front of CLUSTER"),
    (["accept", "shop-prod", "--watch"], "takes no --watch"),
    (["accept", "shop-prod", "--reason", "x"], "takes no --reason"),
    (["shop-prod", "--reason", "x"], "cluster refuse CLUSTER"),
    (["refuse", "a", "b"], "takes only"),
])
def test_wrong_words_about_a_cluster_are_wrong_usage(central, arguments, words):
    done = ask(central, "cluster", *arguments)
    assert done.returncode == 64 and words in done.stderr and central.asked == []


@pytest.mark.parametrize("command", [["clusters"], ["cluster", "shop-prod"], ["incidents"], ["incident", "i-7k2"], ["events"], ["gaps"], ["knowledge", "x"], ["status"], ["version"]])
def test_every_answer_is_there_as_json_and_yaml(central, command):
    as_json, as_yaml = ask(central, *command, "-o", "json"), ask(central, *command, "-o", "yaml")
    assert as_json.returncode == as_yaml.returncode == 0
    assert yaml.safe_load(as_yaml.stdout) == json.loads(as_json.stdout)


def test_filters_become_the_query(central):
    ask(central, "events", "--cluster", "shop-prod", "-n", "shop", "--reason", "BackOff", "-q", "a b&c", "--since", "2026-01-02T03:04:05Z", "--limit", "7")
    assert central.asked[0][1] == {"cluster_id": "shop-prod", "namespace": "shop", "reason": "BackOff", "q": "a b&c", "since": "2026-01-02T03:04:05.000Z", "limit": "7"}
    ask(central, "events", "--since", "2h")
    assert central.asked[1][1]["since"].endswith("Z")
    done = ask(central, "events", "--since", "yesterday")
    assert done.returncode == 1 and "how long ago (2h, 30m)" in done.stderr


def test_ids_are_escaped_in_the_path(central):
    ask(central, "cluster", "../../agents?x=1")
    assert central.asked[0][0] == "/api/v1/clusters/..%2F..%2Fagents%3Fx%3D1"


LONG = "01a20d28-2027-7000-8e5c-2ad9aae1c2e2"


def test_the_end_of_an_id_is_enough(central):
    central.routes["GET /api/v1/incidents"] = (200, {"items": [{**INCIDENT, "id": LONG}, {**INCIDENT, "id": LONG.replace("aae1", "bbe1")}], "next": ""})
    central.routes[f"GET /api/v1/incidents/{LONG}"] = (200, {**INCIDENT, "id": LONG})
    central.routes[f"GET /api/v1/incidents/{LONG}/report"] = (200, "# Report\n")
    shown = ask(central, "incidents").stdout
    assert LONG not in shown and "aae1c2e2" in shown and LONG in ask(central, "incidents", "-o", "wide").stdout
    assert "cart cannot start" in ask(central, "incident", "aae1c2e2").stdout
    assert ask(central, "report", "aae1c2e2").stdout == "# Report\n"
    several = ask(central, "incident", "c2e2")
    assert several.returncode == 1 and "several incidents" in several.stderr and LONG in several.stderr


def test_a_timeline_tells_what_happened_once_and_in_order(central):
    entries = [{"at": f"2026-11-24T10:00:0{n}.000Z", "kind": "event", "object": "pod/shop/cart", "text": text} for n, text in ((5, "Failed"), (4, "Pulled"), (3, "Failed"), (2, "Failed"), (1, "Scheduled"))]
    central.routes["GET /api/v1/incidents/i-7k2"] = (200, {**INCIDENT, "timeline": entries})
    lines = ask(central, "incident", "i-7k2", env={"TZ": "Asia/Shanghai"}).stdout.split("timeline")[1].splitlines()
    assert lines[0].strip() == "UTC+08:00"
    assert lines[1].endswith("Scheduled") and "Failed  ×3 until" in lines[2] and lines[2].endswith("18:00:05") and lines[3].endswith("Pulled")


def test_pages_are_followed_up_to_the_limit(central):
    def page(query):
        start = int(query.get("cursor", 0))
        return 200, {"items": [{**INCIDENT, "id": f"i-{n}"} for n in range(start, start + int(query["limit"]))], "next": str(start + int(query["limit"]))}
    central.routes["GET /api/v1/incidents"] = page
    items = json.loads(ask(central, "incidents", "--limit", "1100", "-o", "json").stdout)["items"]
    assert [item["id"] for item in items] == [f"i-{n}" for n in range(1100)]
    assert [query["limit"] for _, query, _ in central.asked] == ["500", "500", "100"]


def test_an_empty_list_says_why(central):
    for route in ("clusters", "incidents", "events", "gaps"):
        central.routes[f"GET /api/v1/{route}"] = (200, {"items": [], "next": ""})
        assert len(ask(central, route).stdout.splitlines()) == 1
        assert json.loads(ask(central, route, "-o", "json").stdout) == {"items": [], "next": ""}


def test_a_report_comes_as_it_is(central):
    central.routes["GET /api/v1/incidents/i-7k2/report"] = (200, "# Report\n")
    assert ask(central, "report", "i-7k2", "--format", "md", "--lang", "zh").stdout == "# Report\n"
    assert central.asked[-1][1] == {"format": "md", "lang": "zh"}


# ---- hostile text ----

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\n\u202egnp.exe\u009b31m"


def test_cluster_text_reaches_no_terminal_raw(central):
    central.routes["GET /api/v1/events"] = (200, {"items": [{**EVENT, "message": HOSTILE, "reason": HOSTILE, "cluster_id": HOSTILE}], "next": ""})
    central.routes["GET /api/v1/incidents/i-7k2"] = (200, {**INCIDENT, "verdict": {"verdict": "fault", "roots": [{**INCIDENT["verdict"]["roots"][0], "statement": HOSTILE}]}})
    central.routes["GET /api/v1/knowledge"] = (404, {"detail": HOSTILE})
    for args in (["events"], ["events", "-o", "json"], ["events", "-o", "yaml"], ["incident", "i-7k2"], ["knowledge", "x"]):
        done = ask(central, *args)
        assert not set(done.stdout + done.stderr) & set("\x1b\x07\r\u202e\u009b"), args
    assert json.loads(ask(central, "events", "-o", "json").stdout)["items"][0]["message"] == HOSTILE


def test_colour_only_when_asked_for(central):
    assert "\x1b[31m" in ask(central, "clusters", "--colour", "always").stdout
    assert "\x1b" not in ask(central, "clusters").stdout


# ---- failures ----

def test_a_central_that_is_away_is_named_with_a_remedy():
    done = run("clusters", "--server", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "127.0.0.1" in done.stderr and "--server URL" in done.stderr
    assert "--server URL" in run("clusters", "--server", "http://127.0.0.1:9", "--lang", "zh").stderr


@pytest.mark.parametrize("server", ["", "http://", "https:///x"])
def test_a_server_without_a_host_is_wrong_configuration(server):
    done = run("clusters", "--server", server)
    assert done.returncode == 78 and "http://127.0.0.1:8090" in done.stderr


def test_output_that_is_lost_is_a_failure(central):
    central.routes["GET /api/v1/events"] = (200, {"items": [{**EVENT, "message": "x" * 1000}] * 100, "next": ""})
    with open("/dev/full", "w", encoding="utf-8") as full:
        for form in ("json", "table"):
            done = subprocess.run([CTL, "--server", central.address, "events", "-o", form], stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30, check=False)
            assert done.returncode == 1, form


def test_what_is_not_there_is_exit_1(central):
    done = ask(central, "incident", "i-9")
    assert done.returncode == 1 and "there is nothing at /api/v1/incidents/i-9" in done.stderr
    assert "is central running" not in done.stderr


@pytest.mark.parametrize("answer", [(200, "no json"), (200, []), (200, {"x": 1}), (500, "<html>"), (302, "")])
def test_a_server_that_is_no_central_is_said(central, answer):
    central.routes["GET /api/v1/clusters"] = answer
    done = ask(central, "clusters")
    assert done.returncode == 1 and done.stderr.startswith("aetherctl: ")


def test_wrong_usage_is_exit_64():
    for args in (["incidnts"], ["incident"], ["clusters", "x"], ["clusters", "--bundle", "x"], ["clusters", "--bogus"], ["-z", "clusters"], ["clusters", "--limit", "many"],
                 ["clusters", "-o", "xml"], ["clusters", "--limit"], []):
        done = run(*args)
        assert done.returncode == 64 and (done.stderr.startswith("aetherctl: ") or not args), args
    assert run("clusters", env={"AETHERIUS_LIMIT": "many"}).returncode == 78
    assert "did you mean incidents?" in run("incidnts").stderr


def test_help_is_there_for_everything(central):
    listed = run("--help").stdout
    for command in ("clusters", "incident ID", "diagnose", "doctor", "command CLUSTER -- VERB"):
        assert command in listed
    assert "Exit codes" in listed and "退出码" in run("--help", "--lang", "zh").stdout
    assert "--bundle" in run("diagnose", "--help").stdout


def test_the_context_file_names_the_server(central, tmp_path):
    (tmp_path / ".config" / "aetherius").mkdir(parents=True)
    (tmp_path / ".config" / "aetherius" / "config").write_text(f"server: {central.address}\n")
    assert "shop-prod" in run("clusters", home=str(tmp_path)).stdout
    assert "shop-prod" in run("clusters", env={"AETHERIUS_SERVER": central.address}).stdout
    (tmp_path / ".config" / "aetherius" / "config").write_text("sever: x\n")
    done = run("clusters", home=str(tmp_path))
    assert done.returncode == 78 and "server" in done.stderr


# ---- commands ----

def test_a_command_is_sent_awaited_and_printed(central):
    states = iter([{"state": "queued"}, {"state": "running"}, {"state": "success", "result": {"status": "success", "output": "line 1\nline 2\n"}}])
    central.routes["POST /agents/shop-prod/commands"] = (202, {"command_id": "cmd-1"})
    central.routes["GET /api/v1/commands/cmd-1"] = lambda _: (200, {"id": "cmd-1", **next(states)})
    done = ask(central, "command", "shop-prod", "--", "logs", "pod/x", "-n", "shop", "--tail=5")
    assert (done.returncode, done.stdout) == (0, "line 1\nline 2\n")
    assert json.loads(central.bodies[0]) == {"type": "diagnostic", "tool": "kubectl", "action": "logs", "args": ["pod/x", "-n", "shop", "--tail=5"], "timeout": "30s"}


@pytest.mark.parametrize("status, detail", [(409, "shop-prod is offline"), (422, "allowed: get, logs"), (404, "no cluster")])
def test_a_refused_command_says_why(central, status, detail):
    central.routes["POST /agents/shop-prod/commands"] = (status, {"status": status, "detail": detail})
    done = ask(central, "command", "shop-prod", "--", "delete", "pod/x")
    assert done.returncode == 1 and detail in done.stderr


def test_a_command_that_fails_is_exit_1(central):
    central.routes["POST /agents/shop-prod/commands"] = (202, {"command_id": "cmd-1"})
    central.routes["GET /api/v1/commands/cmd-1"] = (200, {"state": "failed", "result": {"status": "failed", "error": "pods \"x\" not found\x1b[2J", "output": ""}})
    done = ask(central, "command", "shop-prod", "--", "logs", "pod/x")
    assert done.returncode == 1 and 'failed: pods "x" not found\\x1b[2J' in done.stderr


# ---- following ----

def test_events_are_followed_and_resumed(central):
    """The stream breaks off after two items; the next attempt names the last id."""
    event = json.dumps(EVENT)
    other = json.dumps({**EVENT, "cluster_id": "pay-dr", "message": "not asked for"})
    central.routes["GET /api/v1/stream"] = (200, f"id: 41\nevent: event\ndata: {event}\n\nid: 42\nevent: event\ndata: {other}\n\nevent: reset\ndata: {{}}\n\n")
    clean = {**os.environ, "HOME": "/nonexistent", "TZ": "UTC"}
    process = subprocess.Popen([CTL, "events", "--watch", "--cluster", "shop-prod", "--server", central.address], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean)
    try:
        lines = [process.stdout.readline(), process.stdout.readline()]
        assert all("BackOff" in line and "shop-prod" in line for line in lines)
        errors = [process.stderr.readline(), process.stderr.readline()]
        assert "missed" in errors[0] and "trying again" in errors[1]
    finally:
        process.kill()
        process.communicate()
    ids = [headers.get("Last-Event-ID") for path, _, headers in central.asked if path == "/api/v1/stream"]
    assert ids[:2] == [None, "42"]


def test_a_watched_list_prints_each_change_once(central):
    states = iter(["online", "online", "offline"])
    central.routes["GET /api/v1/clusters"] = lambda _: (200, {"items": [{"cluster_id": "a", "state": next(states, "offline")}], "next": ""})
    process = subprocess.Popen([CTL, "clusters", "-w", "-o", "json", "--server", central.address], stdout=subprocess.PIPE, text=True, env={**os.environ, "HOME": "/nonexistent"})
    try:
        seen = [json.loads(process.stdout.readline())["items"][0]["state"] for _ in range(2)]
    finally:
        process.kill()
        process.communicate()
    assert seen == ["online", "offline"]


# ---- doctor ----

def test_doctor_finds_what_is_not_well(central):
    done = ask(central, "doctor")
    assert done.returncode == 2
    assert "✗ pay-dr  offline: link lost" in done.stdout
    assert "! NATS" in done.stdout and "security floor" in done.stdout
    assert "✓ manager" in done.stdout and "✓ shop-prod" in done.stdout and "! gaps" in done.stdout
    checks = json.loads(ask(central, "doctor", "-o", "json").stdout)["checks"]
    assert {"check": "pay-dr", "state": "bad", "detail": "offline: link lost"} in checks


def test_doctor_without_central_is_exit_1():
    done = run("doctor", "--server", "http://127.0.0.1:9")
    assert done.returncode == 1 and "✗ central" in done.stdout


# ---- completion ----

def test_the_completion_script_is_bash_and_completes():
    script = run("completion", "bash").stdout
    ask_bash = 'COMP_WORDS=(aetherctl %s); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _aetherctl; echo "${COMPREPLY[@]}"'
    for line, word in (("inc", "incidents"), ("diagnose --bun", "--bundle"), ("clusters --output js", "json")):
        done = subprocess.run(["bash", "-c", script + "\n" + ask_bash % line], capture_output=True, text=True)
        assert word in done.stdout.split(), done.stderr


# ---- diagnosis without central ----

def diagnose(name, *args):
    done = run("diagnose", "--bundle", os.path.join(BUNDLES, name), "-o", "json", *args)
    return done.returncode, json.loads(done.stdout)["incidents"]


def test_a_saved_bundle_is_diagnosed():
    code, incidents = diagnose("config-key-missing-cart.json")
    assert code == 2 and len(incidents) == 1
    assert (incidents[0]["code"], incidents[0]["object"]) == ("config.key-missing", "configmap/shop/cart-config")
    assert {"title", "title_zh", "severity", "cluster_id", "verdict"} <= incidents[0].keys()
    assert incidents[0]["verdict"]["verdict"] == "fault" and incidents[0]["verdict"]["roots"][0]["evidence"]


def test_a_whole_namespace_gives_each_cause():
    code, incidents = diagnose("namespace-shop.json")
    assert code == 2 and {"config.key-missing", "image.not-found", "crash.oom"} <= {incident["code"] for incident in incidents}


@pytest.mark.parametrize("name", sorted(name for name in os.listdir(BUNDLES) if name.startswith("healthy-")))
def test_what_is_well_is_exit_0(name):
    assert diagnose(name) == (0, [])
    assert "Nothing is wrong" in run("diagnose", "--bundle", os.path.join(BUNDLES, name)).stdout


@pytest.mark.parametrize("name", sorted(os.listdir(BUNDLES)))
def test_every_bundle_prints_for_people_in_both_languages(name):
    for lang in ("en", "zh"):
        done = run("diagnose", "--bundle", os.path.join(BUNDLES, name), "--lang", lang)
        assert done.returncode in (0, 2), done.stderr
        assert done.stdout.strip() and "(null)" not in done.stdout


def test_what_is_no_bundle_is_exit_1(tmp_path):
    for text in ("", "{}", "[", '{"objects": 1}'):
        (tmp_path / "b.json").write_text(text)
        done = run("diagnose", "--bundle", str(tmp_path / "b.json"))
        assert done.returncode == 1 and done.stderr.startswith("aetherctl: ") and done.stdout == ""
    done = run("diagnose", "--bundle", str(tmp_path / "absent.json"))
    assert done.returncode == 1 and "absent.json" in done.stderr


def test_a_cluster_that_cannot_be_reached_is_exit_1(tmp_path):
    config = tmp_path / "kubeconfig"
    config.write_text("apiVersion: v1\nkind: Config\ncurrent-context: gone\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]\n"
                      "users: [{name: u, user: {token: x}}]\ncontexts: [{name: gone, context: {cluster: c, user: u}}]\n")
    for command in ("diagnose", "doctor"):
        done = run(command, "--kubeconfig", str(config))
        assert done.returncode == 1 and "127.0.0.1" in done.stdout + done.stderr
    assert run("diagnose", "--kubeconfig", str(tmp_path / "absent")).returncode == 1
