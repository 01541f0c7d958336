"""What must be found for each manifest of failures/: code and object, once the cluster has had time to fail."""

import re
from pathlib import Path

EXPECTED = {
    "crash.dependency-unreachable": ["deployment/shop/payments"],
    "crash.oom": ["deployment/shop/reports", "pod/shop/tiny"],
    "image.not-found": ["deployment/shop/frontend", "deployment/shop/pair", "deployment/shop/sidecarless"],
    "image.invalid-name": ["pod/shop/invalid-image"],
    "image.never-pull": ["pod/shop/never-pulled"],
    "config.key-missing": ["configmap/shop/cart-config", "secret/shop/mail-account"],
    "config.secret-missing": ["secret/shop/auth-secret", "secret/shop/ca-bundle"],
    "config.configmap-missing": ["configmap/shop/not-there", "configmap/shop/shared-settings"],
    "probe.liveness-failing": ["deployment/shop/inventory"],
    "probe.readiness-failing": ["deployment/shop/search"],
    "svc.selector": ["service/shop/orphan"],
    "sched.insufficient-cpu": ["pod/shop/too-big"],
    "sched.node-selector": ["pod/shop/wants-gpu", "pod/shop/no-toleration"],
    "sched.insufficient-extended": ["pod/shop/wants-extended"],
    "pvc.no-matching-pv": ["persistentvolumeclaim/shop/data", "persistentvolumeclaim/shop/archive", "persistentvolumeclaim/shop/journal-data"],
    "pvc.storageclass": ["persistentvolumeclaim/shop/data-fast"],
    "job.backoff-limit": ["job/shop/migrate", "cronjob/shop/nightly"],
    "job.deadline": ["job/shop/slow-export"],
    "crash.init-container": ["pod/shop/gateway"],
    "admission.quota": ["resourcequota/quota/small"],
    "rbac.app-forbidden": ["serviceaccount/shop/lister"],
    "start.command-missing": ["pod/shop/typo", "pod/shop/hidden", "pod/shop/scripted"],
    "start.runasnonroot": ["pod/shop/rootless"],
    "pod.evicted-storage": ["pod/shop/hog"],
    "config.error": ["pod/shop/tuned"],
    "probe.wrong-port": ["deployment/shop/catalog", "deployment/shop/billing"],
    "probe.wrong-protocol": ["deployment/shop/account"],
    "crash.app-error": ["deployment/shop/ledger", "deployment/shop/proxied", "deployment/shop/pair", "deployment/stores/vault-db"],
    "svc.targetport": ["service/shop/basket"],
    "admission.podsecurity": ["deployment/strict/legacy"],
    "admission.limitrange": ["deployment/limits/hungry"],
    "admission.webhook-denied": ["deployment/policed/teamless"],
    "rbac.token-absent": ["deployment/shop/crawler"],
    "crash.port-conflict": ["deployment/shop/twins"],
    "app.wrong-config": ["deployment/shop/pricing"],
    "workload.paused": ["deployment/shop/frozen"],
    "admission.webhook-unreachable": ["service/guarded/absent-guard", "service/guards/slow-guard"],
    "hpa.no-metrics": ["horizontalpodautoscaler/shop/elastic"],
    "start.no-interpreter": ["deployment/shop/unspoken"],
}

HEALTHY = ["deployment/shop/web", "service/shop/web", "pod/shop/pulled-for-real", "deployment/shop/warmup", "pod/shop/importer", "job/shop/tidy", "cronjob/shop/quarterly",
           "deployment/shop/seasonal", "deployment/shop/elastic", "service/shop/seasonal", "persistentvolumeclaim/shop/spare"]

# Who suffers from whom: reported beside the cause, with no incident left of their own.
VICTIMS = {
    "deployment/shop/ledger": ["wallet", "statements", "audit", "bookkeeping"],
    "deployment/stores/vault-db": ["invoicing"],
    "service/shop/basket": ["buyer"],
    "configmap/shop/shared-settings": ["tenant-a", "tenant-b", "tenant-c"],
}

PAIRS = {(code, object_) for code, objects in EXPECTED.items() for object_ in objects}

# What is true for a while: before the Job has used up its attempts, and before the log of a container that has just ended can be read.
# A caller may fail before it can be seen that nobody is behind the Service that it calls.
TRANSIENT = {("crash.dependency-unreachable", "deployment/shop/wallet"), ("crash.dependency-unreachable", "deployment/shop/statements"),
             ("crash.dependency-unreachable", "deployment/shop/buyer"), ("crash.dependency-unreachable", "deployment/shop/invoicing"), ("crash.app-error", "job/shop/migrate"), ("crash.app-error", "cronjob/shop/nightly"), ("crash.app-error", "deployment/shop/operator")}


def named(incidents):
    """Every cause of the incidents with its sentence: one incident may have several."""
    told = {}
    for incident in incidents:
        if not incident.get("code"):
            continue
        told[(incident["code"], incident["object"])] = incident["title"]
        verdict = incident["verdict"] or {}
        for root in verdict["roots"] if verdict.get("verdict") == "fault" else []:
            told.setdefault((root["code"], root["object"]), root["statement"])
    return told


def manifest_of(object_):
    """The file of failures/ that an object, or the mention of an absent one, stands in."""
    name = object_.rsplit("/", 1)[1]
    return next(path.name for path in sorted((Path(__file__).parent / "failures").glob("*.yaml")) if re.search(rf"\b{re.escape(name)}\b", path.read_text()))
