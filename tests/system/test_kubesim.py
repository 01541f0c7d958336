"""kubesim as a program, and what it serves beside what a real API server served for the same cluster (tests/data/recorded)."""

import json
import re
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from likeness import LISTS, NOISE, NOT_RECORDED, NOT_SIMULATED, form, shape, words
from simulator import Simulator
from stack import free_port

REPO = Path(__file__).resolve().parents[2]
RECORDED = REPO / "tests/data/recorded"


@pytest.fixture
def simulator(tmp_path):
    started = []

    def start(text, *options):
        scenario = text if isinstance(text, Path) else tmp_path / "scenario"
        if scenario != text:
            scenario.write_text(text)
        started.append(Simulator(tmp_path, scenario, *options))
        return started[-1]

    yield start
    for one in started:
        assert one.stop() == 0


# ---- beside the real one ----

@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """{list name: (recorded items, simulated items)} once everything has had the time to fail."""
    sim = Simulator(tmp_path_factory.mktemp("real"), RECORDED / "real.scenario")
    try:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            said = " ".join(e["reason"] + ": " + e.get("message", "") for e in sim.get("/api/v1/events")["items"])
            if all(text in said for text in ("BackoffLimitExceeded", "DeadlineExceeded", "Deleted job nightly", "SawCompletedJob", "Evicted", "(combined")):
                break
            time.sleep(0.2)
        return {name: (json.loads((RECORDED / f"{name}.json").read_text())["items"], sim.get(path)["items"]) for name, path in LISTS.items()}
    finally:
        sim.stop()


@pytest.mark.parametrize("name", LISTS)
def test_objects_have_the_members_that_real_ones_have(both, name):
    real, simulated = both[name]
    invented = {path for path in shape(simulated, name) - shape(real, name) if not NOT_RECORDED.search(path)}
    assert invented == set(), "the simulator invents members"
    missing = {path for path in shape(real, name) - shape(simulated, name) if not NOT_SIMULATED.search(path)}
    assert missing == set(), "the simulator leaves members out"


def test_events_come_from_who_says_them_in_the_form_he_uses(both):
    real, simulated = both["events"]
    missing = {form(e) for e in real if e["reason"] not in NOISE} - {form(e) for e in simulated}
    assert missing == set()


def test_events_are_worded_as_the_real_ones(both):
    real, simulated = both["events"]
    spoken = {words(e) for e in simulated}
    # of containers and volumes that have other names here
    renamed = re.compile(r'container: c\)|failed container (c|\w+) in pod|volume "v"|Stopping container export|already present on machine|connect: connection refused')
    missing = {words(e) for e in real if e["reason"] not in NOISE} - spoken
    assert {m for m in missing if not renamed.search(m[1])} == set()


def test_pods_are_in_the_states_of_the_real_ones(both):
    def state(pod):
        found = []
        for container in pod["status"].get("containerStatuses", []):
            (kind, detail), = container["state"].items()
            found.append((kind, detail.get("reason")))
        return pod["status"]["phase"], pod["status"].get("reason"), found

    def name_of(pod):
        name = pod["metadata"]["name"]
        return re.sub(r"(-[a-z0-9]{8,10})?-[a-z0-9]{5}$", "", name) if "ownerReferences" in pod["metadata"] else name

    real, simulated = ({name_of(pod): pod for pod in pods} for pods in both["pods"])
    # the states of these do not change with the moment of looking
    for name in ("auth", "cart", "database", "frontend", "hog", "invalid-image", "migrate", "mounts", "never-pulled", "no-toleration", "pulled-for-real", "rootless", "search",
                 "too-big", "wants-extended", "wants-gpu", "workers"):
        if name == "frontend":    # but here: two reasons take turns
            assert state(simulated[name])[2][0][1] in ("ErrImagePull", "ImagePullBackOff")
        else:
            assert state(simulated[name]) == state(real[name]), name


# ---- the program ----

def test_the_reference_of_the_language_is_what_the_program_prints():
    printed = subprocess.run(["kubesim", "--print-language"], capture_output=True, text=True, check=True).stdout
    assert (REPO / "docs/scenarios.md").read_text().endswith(printed), "./dev run kubesim --print-language prints the rest of docs/scenarios.md anew"


@pytest.mark.parametrize("text, complaint", [
    ("cluster a: 1 node\ndeployment shop/web: danced\n", 'line 2: a deployment cannot be told "danced"'),
    ("cluster a: 1 node\ndeploment shop/web:\n", 'line 2: a sentence cannot begin with "deploment"; did you mean "deployment"?'),
    ("deployment web: healthy\n", 'line 1: "web:" is no name of a deployment; wanted NAMESPACE/NAME'),
    ("pod Shop/Web:\n", "is no name that Kubernetes takes"),
    ("at soon: pod shop/web:\n", 'line 1: wanted "at TIME:"'),
])
def test_a_mistake_in_a_scenario_is_named_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "bad.scenario"
    path.write_text(text)
    done = subprocess.run(["kubesim", "--listen", f"127.0.0.1:{free_port()}", "--scenario", str(path), "--state-dir", str(tmp_path)], capture_output=True, text=True,
                          timeout=10, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert complaint in done.stderr and "bad.scenario" in done.stderr
    assert done.stdout == ""


def test_the_same_seed_makes_the_same_names(simulator):
    text = "cluster a: 2 nodes\ndeployment shop/web: 3 replicas\n"
    first, second, third = simulator(text, "--seed", "5"), simulator(text, "--seed", "5"), simulator(text, "--seed", "6")

    def names(sim):
        end = time.monotonic() + 5
        while len(pods := sim.get("/api/v1/pods")["items"]) < 3 and time.monotonic() < end:
            time.sleep(0.05)
        return [(p["metadata"]["name"], p["metadata"]["uid"]) for p in pods]

    assert names(first) == names(second) != names(third)


def test_the_oracle_counts_every_revision_of_every_event(simulator):
    sim = simulator("cluster a: 1 node\nload: 2000 events at 4000/s with repeats\n")
    end = time.monotonic() + 10
    made = []
    while time.monotonic() < end:
        lines = [json.loads(line) for line in (sim.folder / "oracle").read_text().splitlines() if line.endswith("}")]
        made = [line for line in lines if line["say"] == "made" and line["object"].startswith("Pod/load/")]
        if len(made) == 2000:
            break
        time.sleep(0.1)
    assert len(made) == 2000
    assert len({(line["uid"], line["resourceVersion"]) for line in made}) == 2000
    last = {line["uid"]: line["count"] for line in made}
    assert sum(last.values()) == 2000
    listed = {e["metadata"]["uid"]: e["count"] for e in sim.get("/api/v1/namespaces/load/events")["items"]}
    assert listed == last


def test_every_failure_is_told_to_the_oracle_once_and_by_its_code(simulator):
    sim = simulator("""cluster a: 3 nodes, speed 20
node node-3: label disk=fast, taint only=batch:NoSchedule
pod s/a1: requests memory 512Gi
pod s/a2: runs on nodes with disk=fast
pod s/a3: bound to node node-9
pod s/b1: image r.local/x:1, which the registry refuses
pod s/b2: image r.local/x:1, whose registry has no address
pod s/b3: image r.local/x:1, whose registry limits pulls
pod s/c1: crashes with exit 1 saying "KeyError: environment variable DB_URL is not set"
pod s/c2: ends after 100ms
pod s/c3: has the wrong binary format
pod s/c4: may not execute /app/run
pod s/c5: crashes with exit 139
pod s/c6: crashes with exit 1 saying "secrets is forbidden: User \\"system:serviceaccount:s:x\\" cannot list resource \\"secrets\\""
pod s/d1: liveness hangs after 100ms
pod s/d2: startup fails with status 503
pod s/d3: readiness asks port 9090 but it listens on 8080
deployment s/e1: service account nobody
service s/f1 selects app=nothing
claim s/h1: of 1Gi
node node-2 has disk pressure
""")
    wanted = {
        "pod/s/a1": "sched.insufficient-memory", "pod/s/a2": "sched.taint", "pod/s/a3": "sched.nodename-missing", "pod/s/b1": "image.auth",
        "pod/s/b2": "image.registry-unreachable", "pod/s/b3": "image.rate-limited", "pod/s/c1": "crash.missing-env", "pod/s/c2": "crash.exit0", "pod/s/c3": "image.wrong-arch",
        "pod/s/c4": "start.permission-denied", "pod/s/c5": "crash.segfault", "pod/s/c6": "rbac.app-forbidden", "pod/s/d1": "probe.liveness-failing",
        "pod/s/d2": "probe.startup-failing", "pod/s/d3": "probe.wrong-port", "deployment/s/e1": "admission.serviceaccount", "service/s/f1": "svc.selector",
        "persistentvolumeclaim/s/h1": "pvc.no-matching-pv", "node//node-2": "node.disk-pressure",
    }
    end = time.monotonic() + 10
    told = []
    while time.monotonic() < end and {line["object"] for line in told} != set(wanted):
        told = [json.loads(line) for line in (sim.folder / "oracle").read_text().splitlines() if '"say":"failure"' in line and line.endswith("}")]
        time.sleep(0.1)
    assert {line["object"]: line["failure"] for line in told} == wanted
    assert len(told) == len(wanted)


def test_the_end_of_a_failure_is_told_too(simulator):
    sim = simulator("""cluster a: 2 nodes, speed 20
deployment s/a: liveness fails after 100ms with status 500
deployment s/b: image r.local/x:1, which the registry lacks
at 3s: deployment s/a: recovers
at 3s: deployment s/b is fixed
""")
    end = time.monotonic() + 10
    lines = []
    while time.monotonic() < end and len([line for line in lines if line["say"] == "fixed"]) < 2:
        lines = [json.loads(line) for line in (sim.folder / "oracle").read_text().splitlines() if line.endswith("}") and ('"failure"' in line or '"fixed"' in line)]
        time.sleep(0.1)
    for name in ("a", "b"):
        assert [line["say"] for line in lines if line["object"] == f"deployment/s/{name}"] == ["failure", "fixed"]


def test_tls_is_served_with_the_keys_of_a_directory(tmp_path):
    text = (REPO / "src/http/test_certificate.h").read_text()

    def pem(name):
        body = re.search(rf"{name}\[\] =\s*(.*?);", text, re.DOTALL)[1]
        return "\n".join(re.findall(r'"(.*?)\\n"', body)) + "\n"

    for file, name in (("tls.crt", "test_certificate"), ("ca.crt", "test_certificate"), ("tls.key", "test_key")):
        (tmp_path / file).write_text(pem(name))
    scenario = tmp_path / "scenario"
    scenario.write_text("cluster a: 1 node\n")
    sim = Simulator(tmp_path, scenario, "--tls-dir", str(tmp_path))
    try:
        assert sim.url.startswith("https://")
        context = ssl.create_default_context(cafile=tmp_path / "ca.crt")
        request = urllib.request.Request(sim.url + "/api/v1/nodes", headers={"Authorization": f"Bearer {sim.token}"})
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            assert len(json.load(answer)["items"]) == 1
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(sim.url + "/api/v1/nodes", timeout=10, context=context)
    finally:
        assert sim.stop() == 0


def test_kubectl_understands_it(simulator):
    kubectl = subprocess.run(["sh", "-c", "command -v kubectl"], capture_output=True, text=True).stdout.strip()
    if not kubectl:
        pytest.skip("no kubectl here")
    sim = simulator("cluster a: 2 nodes\ndeployment shop/web: 2 replicas\n")

    def run(*argv):
        return subprocess.run([kubectl, "--kubeconfig", sim.kubeconfig, *argv], capture_output=True, text=True, timeout=30, check=True).stdout

    assert "node/node-2" in run("get", "nodes", "-o", "name")
    end = time.monotonic() + 5
    while run("get", "pods", "-n", "shop", "-o", "jsonpath={.items[*].status.phase}") != "Running Running" and time.monotonic() < end:
        time.sleep(0.1)
    assert "Successfully assigned" in run("describe", "pods", "-n", "shop")
    assert "INFO starting web" in run("logs", "-n", "shop", "deployment/web")
    run("scale", "-n", "shop", "deployment/web", "--replicas=1")
    run("cordon", "node-1")
    assert "true" in run("get", "node", "node-1", "-o", "jsonpath={.spec.unschedulable}")
