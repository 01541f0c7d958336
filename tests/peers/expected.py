"""What must be found for each manifest of failures/: code and object, once the cluster has had time to fail."""

import re
from pathlib import Path

EXPECTED = {
    "crash.dependency-unreachable": ["deployment/shop/payments"],
    "crash.oom": ["deployment/shop/reports"],
    "image.not-found": ["deployment/shop/frontend"],
    "image.invalid-name": ["pod/shop/invalid-image"],
    "image.never-pull": ["pod/shop/never-pulled"],
    "config.key-missing": ["configmap/shop/cart-config"],
    "config.secret-missing": ["secret/shop/auth-secret"],
    "config.configmap-missing": ["configmap/shop/not-there"],
    "probe.liveness-failing": ["deployment/shop/inventory"],
    "probe.readiness-failing": ["deployment/shop/search"],
    "svc.selector": ["service/shop/orphan"],
    "sched.insufficient-cpu": ["pod/shop/too-big"],
    "sched.node-selector": ["pod/shop/wants-gpu", "pod/shop/no-toleration"],
    "sched.insufficient-extended": ["pod/shop/wants-extended"],
    "pvc.no-matching-pv": ["persistentvolumeclaim/shop/data"],
    "pvc.storageclass": ["persistentvolumeclaim/shop/data-fast"],
    "job.backoff-limit": ["job/shop/migrate", "cronjob/shop/nightly"],
    "job.deadline": ["job/shop/slow-export"],
    "crash.init-container": ["pod/shop/gateway"],
    "admission.quota": ["resourcequota/quota/small"],
    "rbac.app-forbidden": ["serviceaccount/shop/lister"],
    "start.command-missing": ["pod/shop/typo"],
    "start.runasnonroot": ["pod/shop/rootless"],
    "pod.evicted-storage": ["pod/shop/hog"],
}

HEALTHY = ["deployment/shop/web", "service/shop/web", "pod/shop/pulled-for-real"]

PAIRS = {(code, object_) for code, objects in EXPECTED.items() for object_ in objects}

# What is true for a while: before the Job has used up its attempts, and before the log of a container that has just ended can be read.
TRANSIENT = {("crash.app-error", "job/shop/migrate"), ("crash.app-error", "cronjob/shop/nightly"), ("crash.app-error", "deployment/shop/operator")}


def manifest_of(object_):
    """The file of failures/ that an object, or the mention of an absent one, stands in."""
    name = object_.rsplit("/", 1)[1]
    return next(path.name for path in sorted((Path(__file__).parent / "failures").glob("*.yaml")) if re.search(rf"\b{re.escape(name)}\b", path.read_text()))
