#!/usr/bin/env python3
"""Writes the agent's ClusterRoles from what the programs really read; --check only says whether they are stale.

    tools/rbac.py            writes deploy/agent/rbac.yaml and deploy/agent/rbac-diagnose.yaml

What is watched stands in src/agent/watch.c, what commands may read in src/wire/kubectl_grammar.c, what evidence looks at in src/evidence, and the API
groups in src/kube/kinds.c. Secrets are never granted, ConfigMaps are read one by one.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "dev"))
import sources

NEVER = {"secrets"}
ONE_BY_ONE = {"configmaps"}
KIND_ROW = re.compile(r'\{\s*"(\w+)",\s*"(\w+)",\s*"(\w+)",\s*"[\w ]*",\s*"([\w.]*)"')
WORD = re.compile(r'"([a-z]+)"')


def kinds():
    """{singular: (group, plural)} of every kind that the client knows."""
    return {row[1]: (row[3], row[2]) for row in KIND_ROW.findall(sources.read("src/kube/kinds.c"))}


def watched(known):
    names = re.findall(r'\{ "(\w+)", STATE_\w+ \}', sources.read("src/agent/watch.c"))
    assert len(names) >= 10, "src/agent/watch.c has no table of kinds that this tool can read"
    return {known[name.lower()] for name in names}


def commanded(known):
    table = sources.read("src/wire/kubectl_grammar.c").split("kubectl_kinds[] = {")[1].split("};")[0]
    return {known[name] for name in re.findall(r'^\s*\{ "(\w+)"', table, re.M)}


def evidence(known):
    files = [f for f in sources.files() if f.startswith("src/evidence/") and f.endswith(".c") and not f.endswith("_test.c")]
    words = {word for file in files for word in WORD.findall(sources.read(file))}
    return {known[word] for word in words & set(known)}


def rules(resources, verbs):
    """One rule a group, in order."""
    groups = {}
    for group, plural in resources:
        groups.setdefault(group, set()).add(plural)
    lines = []
    for group in sorted(groups):
        lines += [f'  - apiGroups: ["{group}"]', f"    resources: [{', '.join(sorted(groups[group]))}]", f"    verbs: [{', '.join(verbs)}]"]
    return lines


def role(name, body):
    head = ["---", "apiVersion: rbac.authorization.k8s.io/v1", "kind: ClusterRole", "metadata:", f"  name: {name}", "  labels:",
            "    app.kubernetes.io/name: aetherius-agent", "rules:"]
    bind = ["---", "apiVersion: rbac.authorization.k8s.io/v1", "kind: ClusterRoleBinding", "metadata:", f"  name: {name}", "  labels:",
            "    app.kubernetes.io/name: aetherius-agent", "roleRef:", "  apiGroup: rbac.authorization.k8s.io", "  kind: ClusterRole", f"  name: {name}",
            "subjects:", "  - kind: ServiceAccount", "    name: aetherius-agent", "    namespace: aetherius-agent"]
    return "\n".join([*head, *body, *bind]) + "\n"


def lease_role():
    """The one thing that the agent writes: its Lease, in its own namespace. The API server has no name yet when something is created."""
    meta = ["metadata:", "  name: aetherius-agent-lease", "  namespace: aetherius-agent", "  labels:", "    app.kubernetes.io/name: aetherius-agent"]
    return "\n".join(["---", "apiVersion: rbac.authorization.k8s.io/v1", "kind: Role", *meta, "rules:", '  - apiGroups: ["coordination.k8s.io"]',
                      "    resources: [leases]", "    verbs: [create]", '  - apiGroups: ["coordination.k8s.io"]', "    resources: [leases]",
                      "    resourceNames: [aetherius-agent]", "    verbs: [get, update]", "---", "apiVersion: rbac.authorization.k8s.io/v1",
                      "kind: RoleBinding", *meta, "roleRef:", "  apiGroup: rbac.authorization.k8s.io", "  kind: Role", "  name: aetherius-agent-lease",
                      "subjects:", "  - kind: ServiceAccount", "    name: aetherius-agent", "    namespace: aetherius-agent"]) + "\n"


def render():
    known = kinds()
    watch = watched(known)
    read = {r for r in commanded(known) | evidence(known) if r[1] not in NEVER} - watch
    read = {r for r in read if r[0] != "metrics.k8s.io"}
    minimal = rules(watch, ["get", "list", "watch"])
    minimal += ['  - apiGroups: [""]', "    resources: [namespaces]", "    resourceNames: [kube-system]", "    verbs: [get]"]
    minimal += ['  - apiGroups: [""]', "    resources: [pods/log]", "    verbs: [get]"]
    minimal += ['  - apiGroups: ["metrics.k8s.io"]', "    resources: [nodes, pods]", "    verbs: [get, list]"]
    more = rules({r for r in read if r[1] not in ONE_BY_ONE}, ["get", "list"]) + rules({r for r in read if r[1] in ONE_BY_ONE}, ["get"])
    note = "# Written by tools/rbac.py from what the agent really reads.\n"
    return {
        "deploy/agent/rbac.yaml": note + "# What watching, metrics and logs need, and the Lease that keeps a second agent of the cluster waiting.\n"
                                  + role("aetherius-agent", minimal) + lease_role(),
        "deploy/agent/rbac-diagnose.yaml": note + "# What finding causes needs besides. Without it the agent reports all the same, and says which diagnoses that costs.\n"
                                           + role("aetherius-agent-diagnose", more),
    }


def main():
    stale = 0
    for path, text in render().items():
        place = os.path.join(sources.REPO, path)
        if sys.argv[1:] == ["--check"]:
            if not os.path.exists(place) or sources.read(path) != text:
                print(f"{path}:1: stale; tools/rbac.py writes it anew")
                stale = 1
            continue
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
    return stale


if __name__ == "__main__":
    sys.exit(main())
