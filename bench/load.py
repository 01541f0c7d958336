"""Event messages as an agent sends them, made before the clock runs: batches of 100, each event one of its own, a tenth of them Warnings."""

import json
import random
import time

BATCH, EPOCH = 100, 1767323045678
PLENTY = [("Scheduled", "Successfully assigned {ns}/{pod} to worker-{n}"), ("Pulling", 'Pulling image "registry.local/{app}:1"'),
          ("Pulled", 'Container image "registry.local/{app}:1" already present on machine and can be accessed by the pod'), ("Created", "Container created"),
          ("Started", "Container started"), ("Killing", "Stopping container {app}"), ("SuccessfulCreate", "Created pod: {pod}")]
BAD = [("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"), ("BackOff", "Back-off restarting failed container {app} in pod {pod}_{ns}({uid})"),
       ("FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "absent" not found')]


def rfc3339(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03}Z"


def event(cluster_id, number, dice, bad_share):
    bad = dice.random() < bad_share
    reason, text = dice.choice(BAD if bad else PLENTY)
    app, ns = f"app-{dice.randrange(40)}", f"team-{dice.randrange(20)}"
    pod = f"{app}-7d9c8b6f5-{dice.randrange(16 ** 5):05x}" if not bad else f"{app}-7d9c8b6f5-{dice.randrange(5)}"
    uid, pod_uid = f"{dice.getrandbits(128):032x}", f"{dice.getrandbits(128):032x}"
    uid, pod_uid = (f"{u[:8]}-{u[8:12]}-{u[12:16]}-{u[16:20]}-{u[20:]}" for u in (uid, pod_uid))
    at = rfc3339(int(time.time() * 1000))
    return {"id": f"{uid}.{100000 + number}", "cluster_id": cluster_id, "type": "k8s_event", "source": "kubernetes", "namespace": ns, "severity": "medium" if bad else "info",
            "message": text.format(app=app, ns=ns, pod=pod, uid=pod_uid, n=dice.randrange(9)), "timestamp": at, "reported_at": at, "uid": uid, "resource_version": str(100000 + number),
            "event_type": "Warning" if bad else "Normal", "reason": reason,
            "involved": {"kind": "Pod", "namespace": ns, "name": pod, "uid": pod_uid, "api_version": "v1", "field_path": f"spec.containers{{{app}}}"},
            "owner": {"kind": "Deployment", "name": app}, "count": 1, "first_seen": at, "last_seen": at, "component": "kubelet", "node": "worker-1", "scope": "namespaced",
            "fingerprint": f"{dice.getrandbits(64):016x}", "epoch": EPOCH, "seq": number + 1}


def messages(cluster_id, count, bad_share=0.1, seed=42):
    dice = random.Random(seed)
    for first in range(0, count, BATCH):
        yield json.dumps({"events": [event(cluster_id, n, dice, bad_share) for n in range(first, min(first + BATCH, count))]}).encode()
