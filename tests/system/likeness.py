"""What of two clusters can be compared: the members of their objects, the form of their events, and the words."""

import re

LISTS = {
    "pods": "/api/v1/pods", "events": "/api/v1/events", "nodes": "/api/v1/nodes", "services": "/api/v1/services", "namespaces": "/api/v1/namespaces",
    "pvcs": "/api/v1/persistentvolumeclaims", "resourcequotas": "/api/v1/resourcequotas", "configmaps": "/api/v1/namespaces/shop/configmaps",
    "deployments": "/apis/apps/v1/deployments", "replicasets": "/apis/apps/v1/replicasets", "jobs": "/apis/batch/v1/jobs",
    "endpointslices": "/apis/discovery.k8s.io/v1/endpointslices", "leases": "/apis/coordination.k8s.io/v1/leases",
}
OPEN = re.compile(r"\.(labels|annotations|matchLabels|nodeSelector|data|selector|capacity|allocatable|requests|limits|allocatedResources|hard|used)$")

# What the recordings have and the simulator has not: settings that no scenario can say, and marks of the machine it ran on.
NOT_SIMULATED = re.compile(r"annotations|\.args$|\.command$|priorityClassName|initialDelaySeconds|terminated\.message|template\.spec\.volumes|"
                           r"template\.spec\.containers\[\]\.volumeMounts|status\.phase|declaredFeatures|services\.metadata\.labels|"
                           r"services\.spec\.ports\[\]\.name|leases\.metadata\.labels")
NOISE = {"CgroupV1"}
# What the simulator has and the recordings happen not to have: the scheduler saying the same thing twice.
NOT_RECORDED = re.compile(r"^events\.series")


def paths(value, at):
    """Every member's path; lists are [], the insides of open maps are left out."""
    if isinstance(value, dict):
        if OPEN.search(at):
            return
        for key, inner in value.items():
            if key != "managedFields":
                yield f"{at}.{key}"
                yield from paths(inner, f"{at}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{at}[]")


def shape(items, name):
    return {path for item in items for path in paths(item, name)}


def form(event):
    """Which members an event has, by who says what of which kind."""
    involved = event["involvedObject"]
    return (event["type"], event["reason"], event["source"].get("component") or event["reportingComponent"], involved["kind"], "fieldPath" in involved,
            "uid" in involved, "count" in event, event.get("action"), event["eventTime"] is None)


def words(event):
    """The message without names, ids and numbers."""
    text = event.get("message") or ""
    for pattern in (r"[0-9a-f]{8}-[0-9a-f-]{27}", r"-[bcdfghjklmnpqrstvwxz0-9]{5,10}(-[bcdfghjklmnpqrstvwxz0-9]{5})?(?![a-z0-9])", r"\d+\.\d+\.\d+\.\d+", r"\b(node-?|fake)\d\b",
                    r"\b\d+(ms|s|m)?\b"):
        text = re.sub(pattern, "#", text)
    return event["reason"], text
