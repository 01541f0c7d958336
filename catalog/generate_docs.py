"""Writes docs/diagnosis.md in both languages: the introduction as it stands, then a table for each family."""

from generate_load import EVIDENCE, FAMILIES

FAMILY_TITLES = {
    "scheduling": ("Scheduling", "调度"), "controlplane": ("Control plane", "控制平面"), "admission": ("Admission", "准入"),
    "image": ("Images", "镜像"), "config": ("Configuration", "配置"), "start": ("Container start", "容器启动"),
    "crash": ("Crashes", "崩溃"), "probe": ("Probes and CPU", "探针与 CPU"), "pod": ("Pod life cycle", "Pod 生命周期"),
    "app": ("Application evidence", "应用证据"), "workload": ("Workloads", "工作负载"), "job": ("Jobs", "Job 与 CronJob"),
    "service": ("Services and ingress", "Service 与 Ingress"), "dns": ("DNS", "DNS"), "network": ("Network", "网络"),
    "storage": ("Storage", "存储"), "node": ("Nodes", "节点"), "rbac": ("Rights", "权限"), "meta": ("No fault, no answer", "无故障与无结论"),
}
SEVERITIES_ZH = {"critical": "严重", "high": "高", "medium": "中", "low": "低", "info": "提示"}


def cell(text):
    return text.replace("\\", "").replace("|", "\\|").replace("\n", " ")


def family_table(entries, zh):
    lines = ["| 代码 | 结论 | 级别 | 证据 |" if zh else "| code | what it states | severity | evidence |", "|---|---|---|---|"]
    for entry in entries:
        language = "zh" if zh else "en"
        severity = SEVERITIES_ZH[entry["severity"]] if zh else entry["severity"]
        sources = ("、" if zh else ", ").join(EVIDENCE[source][zh] for source in entry["evidence"])
        lines.append(f"| `{entry['code']}` | {cell(entry['statement'][language])} | {severity} | {sources} |")
    return lines


def document(intro, catalog, zh):
    lines = [intro.rstrip("\n"), ""]
    for family in FAMILIES:
        entries = [entry for entry in catalog["codes"] if entry["family"] == family]
        lines += [f"## {FAMILY_TITLES[family][zh]}", "", *family_table(entries, zh), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def render_docs(root, catalog):
    """{path: text} of the generated documents."""
    out = {}
    for zh, intro, target in ((False, "intro.md", "diagnosis.md"), (True, "intro.zh-CN.md", "diagnosis.zh-CN.md")):
        text = (root / "catalog" / intro).read_text(encoding="utf-8")
        out[root / "docs" / target] = document(text, catalog, zh)
    return out
