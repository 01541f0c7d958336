"""What deploy/ gives the agent: no more rights than it uses, no more of the node than it needs."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPO = Path(__file__).resolve().parents[2]
AGENT = REPO / "deploy/agent"
DOCUMENTS = [(path.name, document) for path in sorted(AGENT.glob("*.yaml")) for document in yaml.safe_load_all(path.read_text()) if document]
RULES = [(name, rule) for name, d in DOCUMENTS if d["kind"] == "ClusterRole" for rule in d["rules"]]


def one(kind):
    found = [d for _, d in DOCUMENTS if d["kind"] == kind]
    assert len(found) == 1
    return found[0]


def test_the_roles_are_what_the_programs_read():
    done = subprocess.run([sys.executable, REPO / "tools/rbac.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name, rule", RULES)
def test_no_rule_is_wider_than_reading(name, rule):
    everything = rule["apiGroups"] + rule["resources"] + rule["verbs"]
    assert "*" not in everything
    assert set(rule["verbs"]) <= {"get", "list", "watch"}
    assert "secrets" not in rule["resources"]
    for resource in rule["resources"]:
        assert resource not in ("nodes/proxy", "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "serviceaccounts/token")
    if "configmaps" in rule["resources"]:
        assert rule["verbs"] == ["get"]


def test_it_writes_its_own_lease_and_nothing_else():
    role = one("Role")
    assert role["metadata"]["namespace"] == one("Deployment")["metadata"]["namespace"]
    assert role["rules"] == [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
                             {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": ["aetherius-agent"], "verbs": ["get", "update"]}]
    binding, account = one("RoleBinding"), one("ServiceAccount")["metadata"]
    assert binding["metadata"]["namespace"] == role["metadata"]["namespace"] and binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}]


def test_the_minimal_role_covers_what_is_watched():
    def allows(group, resource, verb):
        return any(group in r["apiGroups"] and resource in r["resources"] and verb in r["verbs"] for name, r in RULES if name == "rbac.yaml")
    for group, resource in (("", "events"), ("", "pods"), ("", "nodes"), ("", "services"), ("", "persistentvolumeclaims"), ("apps", "deployments"),
                            ("apps", "statefulsets"), ("apps", "daemonsets"), ("batch", "jobs"), ("discovery.k8s.io", "endpointslices")):
        assert allows(group, resource, "list") and allows(group, resource, "watch"), (group, resource)
    assert allows("", "pods/log", "get") and allows("metrics.k8s.io", "pods", "list")


def test_bindings_name_the_account_that_there_is():
    account = one("ServiceAccount")["metadata"]
    for _, binding in DOCUMENTS:
        if binding["kind"] == "ClusterRoleBinding":
            assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}]
            assert binding["roleRef"]["name"] in [d["metadata"]["name"] for _, d in DOCUMENTS if d["kind"] == "ClusterRole"]


def test_the_pod_is_restricted():
    spec = one("Deployment")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True and spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
    assert not any("hostPath" in volume for volume in spec["volumes"])
    assert one("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_pod_is_bounded_and_probed_for_the_right_things():
    deployment = one("Deployment")["spec"]
    spec = deployment["template"]["spec"]
    (container,) = spec["containers"]
    assert container["resources"]["limits"]["memory"] == "64Mi"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live" and container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert deployment["replicas"] == 1 and deployment["strategy"]["type"] == "Recreate"
    assert spec["terminationGracePeriodSeconds"] >= 6
    spool = next(v for v in spec["volumes"] if v["name"] == "spool")
    assert spool["emptyDir"]["sizeLimit"] == "512Mi"
    mounts = {m["name"]: m for m in container["volumeMounts"]}
    assert set(mounts) == {v["name"] for v in spec["volumes"]}
    assert all(m.get("readOnly") for name, m in mounts.items() if name != "spool")


def test_the_configuration_is_one_that_the_agent_takes(tmp_path):
    import shutil
    text = one("ConfigMap")["data"]["agent.yaml"]
    config = yaml.safe_load(text)
    assert config["spool_dir"] == "/var/lib/aetherius" and not config.get("allow_unsigned_commands")
    path = tmp_path / "agent.yaml"
    for name in ("nats.creds", "ca.crt"):    # of the Secret that the Pod mounts
        (tmp_path / name).write_text("")
    path.write_text(text.replace("/etc/aetherius/nats", str(tmp_path)))
    if not shutil.which("aetherius-agent"):
        pytest.skip("aetherius-agent is not on PATH")
    done = subprocess.run(["aetherius-agent", "--config", path, "--check-config"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_is_left_out_of_the_kustomization():
    listed = one("Kustomization")["resources"]
    assert sorted(listed) == sorted(p.name for p in AGENT.glob("*.yaml") if p.name != "kustomization.yaml")
