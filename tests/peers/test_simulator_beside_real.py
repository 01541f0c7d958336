"""The same requests to kubesim and to a real API server, for the same cluster: what a client can tell apart must not differ.

tests/system/test_kubesim.py holds the simulator to recordings; this holds both to what the server says today."""

import contextlib
import json
import re
import time
from pathlib import Path

import pytest

from likeness import NOISE, NOT_RECORDED, NOT_SIMULATED, form, shape, words
from server import Server
from simulator import Simulator
from stack import StackError, wait_until

SCENARIO = Path(__file__).resolve().parents[1] / "data/recorded/real.scenario"
# What both have come to say once everything has had the time to fail.
FAILED = ("BackoffLimitExceeded", "DeadlineExceeded", "Evicted", "BackOff: Back-off restarting", "BackOff: Back-off pulling")


def have_failed(server):
    said = " ".join(f"{e['reason']}: {e.get('message', '')}" for e in server.ask("/api/v1/events").json()["items"])
    return all(text in said for text in FAILED)


LATER = ("16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29")


def left_of(gone, server):
    """Objects of these names, and what they have made, that are still in shop."""
    lists = (server.ask(LISTED[kind]).json()["items"] for kind in ("pods", "services", "pvcs", "deployments", "replicasets", "jobs"))
    names = [item["metadata"]["name"] for items in lists for item in items]
    return [name for name in names if any(name == one or name.startswith(f"{one}-") for one in gone)]


@pytest.fixture(scope="module")
def both(world, tmp_path_factory):
    """(real, simulated): the manifests that are recorded in the scenario, without those that came later."""
    simulator = Simulator(tmp_path_factory.mktemp("sim"), SCENARIO)
    try:
        servers = Server(world.faulty.kubeconfig), Server(simulator.kubeconfig)
        gone = world.faulty.delete(*LATER)
        wait_until(lambda: not left_of(gone, servers[0]), 60, "what was not recorded is gone", every=0.5)
        wait_until(lambda: all(map(have_failed, servers)), 60, "everything has failed", every=0.5)
        yield servers
    finally:
        simulator.stop()


# ---- answers ----

def types(value, depth):
    """A JSON value without its contents: members and types, down to a depth; of a list the union of its items."""
    if depth == 0 or not isinstance(value, (dict, list)):
        return type(value).__name__
    if isinstance(value, dict):
        return {name: types(member, depth - 1) for name, member in value.items()}
    merged = {}
    for item in value:
        if isinstance(item, dict):
            merged.update(types(item, depth - 1))
    return [merged]


def masked(text):
    text = re.sub(r'(in|for) pod "?[a-z0-9-]+"?', r"\1 pod NAME", text)
    return re.sub(r"\d+ \(\d+\)", "VERSION (VERSION)", text)


def same_list(real, simulated):
    """kind and version, metadata and the tops of the items: {metadata, spec, status} or what an event has."""
    assert [real[m] for m in ("kind", "apiVersion")] == [simulated[m] for m in ("kind", "apiVersion")]
    assert types(real["metadata"], 1) == types(simulated["metadata"], 1)
    assert types(real["items"], 2)[0].items() >= {(k, v) for k, v in types(simulated["items"], 2)[0].items() if k != "series"}
    assert {m for m in types(real["items"], 2)[0] if m != "series"} == {m for m in types(simulated["items"], 2)[0] if m != "series"}


def same_status(real, simulated):
    assert real["kind"] == "Status"
    assert {**real, "message": masked(real["message"])} == {**simulated, "message": masked(simulated["message"])}


def same_members(real, simulated):
    assert types(real, 1) == types(simulated, 1)


def same_review(real, simulated):
    """status.reason is there where RBAC allowed it, and not for the superuser that the real cluster's kubeconfig is."""
    for review in (real, simulated):
        review["metadata"].pop("managedFields", None)
        review["status"].pop("reason", None)
    assert real == simulated


def same_text(real, simulated):
    assert real == simulated


def any_text(real, simulated):
    assert real and simulated


def log_of(pod, query=""):
    return lambda server: f"/api/v1/namespaces/shop/pods/{server.pod(pod)}/log{query}"


REVIEW = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}}}
HEADERS = ("content-type", "cache-control", "retry-after", "x-content-type-options", "warning", "location", "vary", "content-encoding")

ANSWERS = {
    "a list of pods": ("/api/v1/pods", 200, same_list),
    "a list of nodes": ("/api/v1/nodes", 200, same_list),
    "a list of events": ("/api/v1/events", 200, same_list),
    "a list of services": ("/api/v1/services", 200, same_list),
    "a list of deployments": ("/apis/apps/v1/deployments", 200, same_list),
    "an empty list": ("/api/v1/namespaces/default/pods", 200, same_list),
    "a page": ("/api/v1/pods?limit=3", 200, same_list),
    "a page of what a label selects": ("/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb&limit=1", 200, same_list),
    "a list of metadata": ("/api/v1/pods?limit=2", 200, same_list, {"headers": {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}}),
    "an object": ("/api/v1/namespaces/shop/services/web", 200, same_members),
    "an object that is not there": ("/api/v1/namespaces/shop/pods/nobody", 404, same_status),
    "one of a group that is not there": ("/apis/apps/v1/namespaces/shop/deployments/nobody", 404, same_status),
    "a resource that is not there": ("/api/v1/gadgets", 404, same_status),
    "one of a group": ("/apis/apps/v1/gadgets", 404, same_status),
    "a group that is not there": ("/apis/gadgets.example.com/v1/gadgets", 404, same_text),
    "a version that is no number": ("/api/v1/pods?resourceVersion=abc", 400, same_status),
    "nobody known": ("/api/v1/pods", 401, same_status, {"headers": {"Authorization": "Bearer wrong"}, "stranger": True}),
    "the log of one that waits for its image": (log_of("frontend"), 400, None),
    "the log of one that waits for its configuration": (log_of("cart"), 400, same_status),
    "the log of one without a node": (log_of("too-big"), 204, same_text),
    "the log of a container that is not there": (log_of("never-pulled", "?container=nobody"), 400, same_status),
    "the log before the first run": (log_of("web", "?previous=true"), 400, same_status),
    "the log of nobody": ("/api/v1/namespaces/shop/pods/nobody/log", 404, same_status),
    "the log of one that runs": (log_of("web", "?tailLines=5"), 200, any_text),
    "the version": ("/version", 200, same_members),
    "health": ("/readyz", 200, same_text),
    "the versions": ("/api", 200, same_members),
    "the groups": ("/apis", 200, same_members),
    "the resources": ("/api/v1", 200, same_members),
    "the resources of a group": ("/apis/apps/v1", 200, same_members),
    "what one may do": ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 201, same_review, {"method": "POST", "body": REVIEW}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_the_real_ones(both, name):
    path, status, same, *more = ANSWERS[name]
    real, simulated = (server.ask(path(server) if callable(path) else path, **(more[0] if more else {})) for server in both)
    assert (real.status, simulated.status) == (status, status)
    assert {h: real.headers.get(h) for h in HEADERS} == {h: simulated.headers.get(h) for h in HEADERS}
    if same in (same_text, any_text):
        same(real.text, simulated.text)
    elif same:
        same(real.json(), simulated.json())


def test_waiting_for_an_image_has_one_of_two_words(both):
    for server in both:    # they take turns
        message = server.ask(log_of("frontend")(server)).json()["message"]
        assert message.endswith(("is waiting to start: trying and failing to pull image", "is waiting to start: image can't be pulled")), message


def test_the_pages_of_a_list_are_the_list(both):
    for server in both:
        names, token = [], ""
        while True:
            page = server.ask(f"/api/v1/namespaces/shop/services?limit=2&continue={token}").json()
            names += [item["metadata"]["name"] for item in page["items"]]
            token = page["metadata"].get("continue", "")
            assert ("remainingItemCount" in page["metadata"]) == bool(token)
            if not token:
                break
        assert names == ["orphan", "search", "web"]


# ---- watches ----

def kinds_of(frames):
    return [(frame["type"], frame["object"]["kind"]) for frame in frames]


def test_a_watch_without_a_version_begins_with_what_is_there(both):
    for server in both:
        frames = server.ask("/api/v1/namespaces/shop/services?watch=true&timeoutSeconds=1").frames()
        assert kinds_of(frames) == [("ADDED", "Service")] * 3
        assert all(frame["object"]["apiVersion"] == "v1" for frame in frames)


def test_a_watch_tells_where_what_was_there_ends(both):
    for server in both:
        path = "/api/v1/namespaces/shop/services?watch=true&timeoutSeconds=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        frames = server.ask(path).frames()
        assert kinds_of(frames)[:4] == [("ADDED", "Service")] * 3 + [("BOOKMARK", "Service")]
        assert frames[3]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert set(kinds_of(frames)[4:]) <= {("BOOKMARK", "Service")}    # one more before the end by time


def test_a_watch_from_a_version_that_is_too_old(both):
    real, simulated = both
    assert simulated.ask("/sim/faults", "POST", "compact history").status == 204
    both_say = []
    for server in both:    # the real one compacts every 15 s

        def error():
            answer = server.ask("/api/v1/events?watch=true&resourceVersion=1&timeoutSeconds=1")
            frames = answer.frames()
            return answer.status == 200 and len(frames) == 1 and frames[0]["type"] == "ERROR" and frames[0]["object"]

        both_say.append(wait_until(error, 45, "history is compacted"))
    assert both_say[0] == both_say[1]
    assert both_say[0]["code"] == 410


def test_a_watch_ends_by_time_with_its_last_chunk(both):
    for server in both:
        version = server.ask("/api/v1/namespaces/shop/services").json()["metadata"]["resourceVersion"]
        begun = time.monotonic()
        answer = server.ask(f"/api/v1/namespaces/shop/services?watch=true&resourceVersion={version}&timeoutSeconds=1")    # a lost last chunk would raise here
        assert (answer.status, answer.headers["transfer-encoding"], answer.text) == (200, "chunked", "")
        assert 0.5 < time.monotonic() - begun < 5


# ---- objects and events ----

LISTED = {
    "pods": "/api/v1/namespaces/shop/pods", "events": "/api/v1/namespaces/shop/events", "services": "/api/v1/namespaces/shop/services", "nodes": "/api/v1/nodes",
    "pvcs": "/api/v1/namespaces/shop/persistentvolumeclaims", "resourcequotas": "/api/v1/resourcequotas", "deployments": "/apis/apps/v1/namespaces/shop/deployments",
    "replicasets": "/apis/apps/v1/namespaces/shop/replicasets", "jobs": "/apis/batch/v1/namespaces/shop/jobs",
    "endpointslices": "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
}
# Of the moment of looking: a pod about to go (a Job's holds its finalizer through the 30 s of grace), a retry just counted, a probe that has just begun.
PASSING = re.compile(r"deletion(Timestamp|GracePeriodSeconds)|pods\.metadata\.finalizers|lastState|state\.(waiting|running|terminated)|\.series|uncountedTerminatedPods|terminatingReplicas|"
                     r"conditions\[\]|status\.(active|failed|terminating|ready)|volumeMounts|resize|nodes\.(spec|status|metadata)\.(taints|images|volumes\w+|annotations)")


def told_apart(there, here, excused):
    return {path for path in there - here if not excused.search(path) and not PASSING.search(path)}


def stays_apart(both, name):
    """(members that only the simulator has, that only the real one has): at every look of 10 s. What differs at one moment only is no difference."""
    sides = []

    def alike():
        real, simulated = (shape(server.ask(LISTED[name]).json()["items"], name) for server in both)
        seen = told_apart(simulated, real, NOT_RECORDED), told_apart(real, simulated, NOT_SIMULATED)
        sides[:] = [before & now for before, now in zip(sides, seen)] if sides else seen
        return not any(sides)

    with contextlib.suppress(StackError):
        wait_until(alike, 10, f"{name} are alike", every=0.5)
    return sides


@pytest.mark.parametrize("name", LISTED)
def test_an_object_has_the_members_of_the_real_one(both, name):
    invented, left_out = stays_apart(both, name)
    assert invented == set(), "the simulator invents members"
    assert left_out == set(), "the simulator leaves members out"


# Failures whose events do not depend on the moment: (kind and name that begins so, reason, a word of the message).
TOLD = [
    ("Pod", "frontend-", "Failed", "Failed to pull image"), ("Pod", "frontend-", "BackOff", "Back-off pulling"), ("Pod", "cart", "Failed", "DB_URL"),
    ("Pod", "auth", "Failed", "auth-secret"), ("Pod", "payments-", "BackOff", "Back-off restarting"), ("Pod", "never-pulled", "ErrImageNeverPull", "policy of Never"),
    ("Pod", "invalid-image", "InspectFailed", "invalid reference"), ("Pod", "rootless", "Failed", "runAsNonRoot"), ("Pod", "mounts", "FailedMount", "not-there"),
    ("Pod", "too-big", "FailedScheduling", "Insufficient cpu"), ("Pod", "hog", "Evicted", "ephemeral"), ("Job", "migrate", "BackoffLimitExceeded", ""),
    ("Job", "slow-export", "DeadlineExceeded", ""), ("PersistentVolumeClaim", "data-fast", "ProvisioningFailed", "fast-ssd"),
]


def told(event):
    """Its words without what the scenario cannot name: containers, volumes, the nodes with taints that only the recorded cluster had."""
    reason, text = words(event)
    for pattern in (r"container: [\w-]+", r'volume "[\w-]+"', r", # node\(s\) had untolerated taint\(s\)"):
        text = re.sub(pattern, "", text)
    return reason, text


def heard(server, kind, name, reason, word):
    """(forms, words) of the events that tell this failure."""
    found = [e for e in server.ask("/api/v1/namespaces/shop/events").json()["items"]
             if (e["involvedObject"]["kind"], e["reason"]) == (kind, reason) and e["involvedObject"]["name"].startswith(name) and word in e["message"]]
    return {form(e) for e in found if e["reason"] not in NOISE}, {told(e) for e in found}


@pytest.mark.parametrize("kind, name, reason, word", TOLD)
def test_a_failure_is_told_in_the_real_ones_words(both, kind, name, reason, word):
    sides = []

    def alike():
        """Of an event that came again the first wording may be gone on one side: one must be common."""
        sides[:] = (heard(server, kind, name, reason, word) for server in both)
        real, simulated = sides
        return simulated[0] <= real[0] and simulated[1] & real[1]

    with contextlib.suppress(StackError):    # both go on failing: what one has not said yet it says soon
        wait_until(alike, 20, f"{kind} {name} is told alike", every=0.5)
    assert alike(), json.dumps([{"forms": sorted(map(str, forms)), "words": sorted(words)} for forms, words in sides], indent=1)
