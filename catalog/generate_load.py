"""Reads and checks the catalogue's YAML.  Values keep the line they stand on, so that each complaint can name it."""

import datetime
import pathlib
import re

import yaml

FAMILIES = ["controlplane", "node", "admission", "storage", "scheduling", "image", "config", "start", "crash", "probe", "pod", "job",
            "rbac", "service", "dns", "network", "app", "workload", "meta"]
SEVERITIES = ["critical", "high", "medium", "low", "info"]
GROUPS = ["log", "pull", "schedule", "mount", "admission", "sandbox"]
EVIDENCE = {
    "pod": ("Pod", "Pod"), "events": ("events", "事件"), "log": ("log", "日志"), "previous-log": ("previous log", "上一次日志"),
    "deployment": ("Deployment", "Deployment"), "replicasets": ("ReplicaSets", "ReplicaSet"),
    "statefulset": ("StatefulSet", "StatefulSet"), "daemonset": ("DaemonSet", "DaemonSet"), "job": ("Job", "Job"),
    "cronjob": ("CronJob", "CronJob"), "node": ("Node", "Node"), "lease": ("Lease", "Lease"), "service": ("Service", "Service"),
    "endpointslices": ("EndpointSlices", "EndpointSlice"), "quota": ("ResourceQuota", "ResourceQuota"),
    "limitrange": ("LimitRange", "LimitRange"), "serviceaccount": ("ServiceAccount", "ServiceAccount"),
    "configmap": ("ConfigMap keys", "ConfigMap 的键"), "secret": ("Secret names", "Secret 名称"), "ingress": ("Ingress", "Ingress"),
    "ingressclass": ("IngressClass", "IngressClass"), "networkpolicy": ("NetworkPolicy", "NetworkPolicy"),
    "hpa": ("HorizontalPodAutoscaler", "HorizontalPodAutoscaler"), "pdb": ("PodDisruptionBudget", "PodDisruptionBudget"),
    "webhook": ("webhook configuration", "Webhook 配置"), "attachment": ("VolumeAttachment", "VolumeAttachment"),
    "storageclass": ("StorageClass", "StorageClass"), "pv": ("PersistentVolume", "PersistentVolume"),
    "pvc": ("PersistentVolumeClaim", "PersistentVolumeClaim"), "apiservice": ("APIService", "APIService"),
    "metrics": ("metrics", "指标"), "namespace": ("Namespace", "Namespace"), "rbac": ("Roles and bindings", "Role 与 Binding"),
    "agent": ("agent", "agent"), "custom-resource": ("custom resources", "自定义资源"),
    "runtimeclass": ("RuntimeClass", "RuntimeClass"), "priorityclass": ("PriorityClass", "PriorityClass"),
    "readyz": ("API server /readyz", "API server /readyz"), "change": ("change history", "变更记录"),
    "node-problem-detector": ("node-problem-detector", "node-problem-detector"),
}

# Which class an action may have.  "ok" is short on purpose: one object, idempotent, undone by doing nothing.
ACTIONS = {
    "advise": ["none"], "inspect": ["none"], "wait": ["ok"], "delete-record": ["ok"], "cordon": ["ok", "ask"],
    "rollout-undo": ["ask"], "restart": ["ask"], "scale": ["ask"], "raise-max": ["ask"], "patch-limit": ["ask"],
    "patch-port": ["ask"], "patch-selector": ["ask"], "patch-spec": ["ask"], "uncordon": ["ask"], "untaint": ["ask"],
    "drain": ["ask"], "recreate-job": ["ask"], "unsuspend": ["ask"], "expand-claim": ["ask"], "force-delete": ["ask"],
    "reapply": ["ask"],
}

PLACEHOLDER_ROW = re.compile(r"^\| `\{([a-z_]+)\}` \|")
CODE = re.compile(r"^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$")
CHINESE = re.compile(r"[\u3400-\u9fff]")
TEXT_MAX = 2000
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)    # same marks, ten times as fast


class Refused(Exception):
    """All complaints, one a line."""


class Text(str):
    line = 0


class Row(dict):
    line = 0


class Rows(list):
    line = 0


class Complaints:
    def __init__(self):
        self.lines = []

    def add(self, where, line, what):
        self.lines.append(f"{where}:{line}: {what}")

    def raise_any(self):
        if self.lines:
            raise Refused("\n".join(self.lines))


def read_yaml(path, complaints):
    """The file as Row, Rows and Text, all scalars as text: nothing here should become a bool because it reads `no`."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        complaints.add(path, mark.line + 1 if mark else 1, getattr(error, "problem", None) or str(error))
        return None
    return plain(node, path, complaints) if node else None


def plain(node, path, complaints):
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        value = Text(node.value.rstrip("\n"))
    elif isinstance(node, yaml.SequenceNode):
        value = Rows(plain(child, path, complaints) for child in node.value)
    else:
        value = Row()
        for key, child in node.value:
            if key.value in value:
                complaints.add(path, key.start_mark.line + 1, f"key '{key.value}' twice")
            value[key.value] = plain(child, path, complaints)
    value.line = line
    return value


class Checker:
    """Shape checks on one file."""

    def __init__(self, path, complaints, placeholders):
        self.path, self.complaints, self.placeholders = path, complaints, placeholders

    def refuse(self, value, what):
        self.complaints.add(self.path, getattr(value, "line", 1), what)

    def keys(self, row, required, optional=()):
        """False when row is no mapping with exactly these keys."""
        if not isinstance(row, Row):
            self.refuse(row, f"a mapping with {', '.join(required)} expected")
            return False
        for key in row:
            if key not in required and key not in optional:
                self.refuse(row[key], f"unknown key '{key}'")
        missing = [key for key in required if key not in row]
        if missing:
            self.refuse(row, f"missing {', '.join(missing)}")
        return not missing

    def rows(self, value, what, least=1):
        if not isinstance(value, Rows) or len(value) < least:
            self.refuse(value, f"{what}: a list of at least {least} expected")
            return []
        return value

    def scalar(self, value, what):
        """False when value is no text fit to be printed."""
        if not isinstance(value, Text) or not value:
            self.refuse(value, f"{what}: text expected")
        elif len(value) > TEXT_MAX:
            self.refuse(value, f"{what}: longer than {TEXT_MAX} characters")
        elif any(ord(c) < 32 and c != "\n" for c in value):
            self.refuse(value, f"{what}: control character")
        else:
            return True
        return False

    def one_of(self, value, allowed, what):
        if value not in allowed:
            self.refuse(value, f"{what} '{value}' is none of {', '.join(allowed)}")
            return False
        return True

    def both(self, row, what):
        """A text in two languages.  The Chinese one has to be Chinese."""
        if not self.keys(row, ["en", "zh"]):
            return False
        fine = self.scalar(row["en"], what) and self.scalar(row["zh"], what)
        if fine and not CHINESE.search(row["zh"]):
            self.refuse(row["zh"], f"{what}: zh has no Chinese character")
        if fine and CHINESE.search(row["en"]):
            self.refuse(row["en"], f"{what}: en has Chinese characters")
        return fine

    def template(self, text, what):
        """Names of the placeholders, after a check of braces, brackets and escapes."""
        names, optional, i = set(), False, 0
        while i < len(text):
            c = text[i]
            if c == "\\":
                if i + 1 == len(text) or text[i + 1] not in "[]{}\\":
                    self.refuse(text, f"{what}: backslash before nothing that needs one")
                i += 1
            elif c == "{":
                end = text.find("}", i)
                name = text[i + 1:end] if end > i else ""
                if not re.fullmatch(r"[a-z_]+", name):
                    self.refuse(text, f"{what}: unbalanced or odd brace")
                    return names
                if name not in self.placeholders:
                    self.refuse(text, f"{what}: placeholder {{{name}}} is not in README.md")
                names.add(name)
                i = end
            elif c == "}":
                self.refuse(text, f"{what}: unbalanced brace")
            elif c == "[":
                if optional:
                    self.refuse(text, f"{what}: bracket inside a bracket")
                start, optional = i, True
            elif c == "]":
                if not optional:
                    self.refuse(text, f"{what}: unbalanced bracket")
                elif "{" not in text[start:i]:
                    self.refuse(text, f"{what}: optional part without a placeholder never vanishes; escape the brackets")
                optional = False
            i += 1
        if optional:
            self.refuse(text, f"{what}: unbalanced bracket")
        return names

    def both_templates(self, row, what):
        """Both languages have to use the same placeholders."""
        if not self.both(row, what):
            return
        en, zh = self.template(row["en"], what), self.template(row["zh"], what)
        for name in sorted(en ^ zh):
            self.refuse(row["en" if name in en else "zh"], f"{what}: {{{name}}} stands in one language only")

    def items(self, value, what, least=1):
        """Knowledge lists: a plain text is the same in both languages (a literal, a command), else en and zh."""
        for item in self.rows(value, what, least):
            if isinstance(item, Text):
                if self.scalar(item, what) and CHINESE.search(item):
                    self.refuse(item, f"{what}: Chinese text without its English twin")
            elif isinstance(item, Row) and "run" in item:
                if self.keys(item, ["run", "en", "zh"]):
                    self.scalar(item["run"], what)
                    self.both(Row(en=item["en"], zh=item["zh"]), what)
            else:
                self.both(item, what)


def check_action(check, action):
    if not check.keys(action, ["type", "class", "text"], ["object", "command"]):
        return
    if check.one_of(action["type"], list(ACTIONS), "action"):
        check.one_of(action["class"], ACTIONS[action["type"]], f"class of {action['type']}:")
    for key in ("object", "command"):
        if key in action and check.scalar(action[key], key):
            check.template(action[key], key)
    if action["class"] != "none" and "object" not in action:
        check.refuse(action, "an action that we carry out names its object")
    check.both_templates(action["text"], "text")


def check_knowledge(check, knowledge):
    if not check.keys(knowledge, ["meaning", "signal", "checks", "fix", "prevention", "reviewed", "links"]):
        return
    check.both(knowledge["meaning"], "meaning")
    for key in ("signal", "checks", "fix", "prevention"):
        check.items(knowledge[key], key)
    try:
        datetime.date.fromisoformat(knowledge["reviewed"])
    except (TypeError, ValueError):
        check.refuse(knowledge["reviewed"], "reviewed: a day like 2026-11-24 expected")
    for link in check.rows(knowledge["links"], "links"):
        if not isinstance(link, Text) or not link.startswith("https://"):
            check.refuse(link, "links: https:// expected")


def check_code(check, entry, known):
    required = ["code", "severity", "tier", "evidence", "title", "statement", "actions", "knowledge"]
    if not check.keys(entry, required):
        return False
    code = entry["code"]
    if not isinstance(code, Text) or not CODE.match(code):
        check.refuse(code, f"code '{code}' is not like family.short-name")
        return False
    if code in known:
        check.refuse(code, f"code '{code}' twice")
    known.add(code)
    check.one_of(entry["severity"], SEVERITIES, "severity")
    if not re.fullmatch(r"[1-9][0-9]?", entry["tier"] if isinstance(entry["tier"], Text) else ""):
        check.refuse(entry["tier"], "tier: 1 to 99 expected")
        return False
    for source in check.rows(entry["evidence"], "evidence"):
        check.one_of(source, list(EVIDENCE), "evidence")
    check.both(entry["title"], "title")
    check.both_templates(entry["statement"], "statement")
    for action in check.rows(entry["actions"], "actions"):
        check_action(check, action)
    check_knowledge(check, entry["knowledge"])
    return True


def load_family(path, complaints, placeholders, known):
    data = read_yaml(path, complaints)
    check = Checker(path, complaints, placeholders)
    if not check.keys(data, ["family", "codes"]):
        return []
    if data["family"] != path.stem:
        check.refuse(data["family"], f"family '{data['family']}' in {path.name}")
    entries, tier = [], 0
    for entry in check.rows(data["codes"], "codes"):
        if not check_code(check, entry, known):
            continue
        if int(entry["tier"]) < tier:
            check.refuse(entry["tier"], f"tier {entry['tier']} after {tier}: codes of a family stand in order of decision")
        tier = int(entry["tier"])
        entry["family"] = data["family"]
        entries.append(entry)
    return entries


def load_reasons(path, complaints):
    check, known, reasons = Checker(path, complaints, set()), set(), []
    data = read_yaml(path, complaints)
    if not check.keys(data, ["reasons"]):
        return reasons
    for row in check.rows(data["reasons"], "reasons"):
        if not check.keys(row, ["reason", "by"], ["family", "warning", "normal"]):
            continue
        if not re.fullmatch(r"[A-Za-z0-9]+", row["reason"]):
            check.refuse(row["reason"], f"reason '{row['reason']}' is one word")
        if row["reason"] in known:
            check.refuse(row["reason"], f"reason '{row['reason']}' twice")
        known.add(row["reason"])
        if "family" in row:
            check.one_of(row["family"], FAMILIES, "family")
        if "warning" not in row and "normal" not in row:
            check.refuse(row, "which type does it come as, warning or normal?")
        for key in ("warning", "normal"):
            if key in row:
                check.one_of(row[key], SEVERITIES, key)
        reasons.append(row)
    return reasons


def load_exits(path, complaints):
    check, known, exits = Checker(path, complaints, set()), set(), []
    data = read_yaml(path, complaints)
    if not check.keys(data, ["exits"]):
        return exits
    for row in check.rows(data["exits"], "exits"):
        if not check.keys(row, ["code", "meaning"], ["name"]):
            continue
        if not re.fullmatch(r"[0-9]{1,3}", row["code"]) or int(row["code"]) > 255:
            check.refuse(row["code"], "code: 0 to 255 expected")
            continue
        if row["code"] in known:
            check.refuse(row["code"], f"exit code {row['code']} twice")
        known.add(row["code"])
        check.both(row["meaning"], "meaning")
        exits.append(row)
    return exits


def load_pattern(check, name, item):
    """One phrase with what must and must not stand beside it, as lists."""
    row = Row(text=item) if isinstance(item, Text) else item
    if not check.keys(row, ["text"], ["also", "not"]):
        return None
    pattern = {"text": row["text"], "also": [], "not": []}
    for key, most in (("also", 2), ("not", 4)):
        value = row.get(key, [])
        pattern[key] = list(value) if isinstance(value, list) else [value]
        if len(pattern[key]) > most:
            check.refuse(value, f"{key}: at most {most}")
    for phrase in [pattern["text"], *pattern["also"], *pattern["not"]]:
        if not isinstance(phrase, str) or len(phrase.strip("^$")) < 3 or not phrase.isascii():
            check.refuse(item, f"{name}: '{phrase}' is no phrase of three ASCII characters or more")
            return None
    return pattern


def load_patterns(path, complaints):
    check, groups = Checker(path, complaints, set()), {}
    data = read_yaml(path, complaints)
    if not check.keys(data, GROUPS):
        return groups
    for group in GROUPS:
        groups[group], known = [], set()
        for entry in check.rows(data[group], group):
            if not check.keys(entry, ["class", "patterns"]):
                continue
            if entry["class"] in known:
                check.refuse(entry["class"], f"class '{entry['class']}' twice in {group}")
            known.add(entry["class"])
            for item in check.rows(entry["patterns"], entry["class"]):
                pattern = load_pattern(check, entry["class"], item)
                if pattern:
                    groups[group].append((entry["class"], pattern))
    return groups


def load_placeholders(path, complaints):
    names = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = PLACEHOLDER_ROW.match(line)
        if match and match.group(1) in names:
            complaints.add(path, number, f"placeholder {{{match.group(1)}}} twice")
        if match:
            names.append(match.group(1))
    return names


def check_files(folder, build_knows, partial, complaints):
    """Every family has its file and every file is a dependency of the build, so that an edit is never missed."""
    there = {path.stem for path in (folder / "codes").glob("*.yaml")}
    for family in [] if partial else sorted(set(FAMILIES) - there):
        complaints.add(folder / "codes" / f"{family}.yaml", 1, "missing")
    for family in sorted(there - set(FAMILIES)):
        complaints.add(folder / "codes" / f"{family}.yaml", 1, "not a family of generate_load.py")
    if build_knows is not None:
        known = {path.resolve() for path in build_knows}
        for path in sorted((folder / "codes").glob("*.yaml")):
            if path.resolve() not in known:
                complaints.add(folder / "meson.build", 1, f"does not list codes/{path.name}")


def load_catalog(root, build_knows=None, partial=False):
    """{'codes': [...] sorted, 'reasons': [...], 'exits': [...], 'patterns': {group: [(class, pattern)]}, 'placeholders': [...]},
    or Refused with every complaint."""
    folder, complaints = pathlib.Path(root) / "catalog", Complaints()
    check_files(folder, build_knows, partial, complaints)
    placeholders = load_placeholders(folder / "README.md", complaints)
    codes, known = [], set()
    for family in FAMILIES:
        path = folder / "codes" / f"{family}.yaml"
        if path.exists():
            codes += load_family(path, complaints, set(placeholders), known)
    catalog = {
        "codes": codes,
        "reasons": load_reasons(folder / "reasons.yaml", complaints),
        "exits": load_exits(folder / "exits.yaml", complaints),
        "patterns": load_patterns(folder / "patterns.yaml", complaints),
        "placeholders": placeholders,
    }
    complaints.raise_any()
    return catalog
