"""Writes the catalogue as constant C tables."""

import re

HEAD = "/* Made by catalog/generate.py from the YAML beside it; edit that. */\n"


def quote(text):
    """A C string literal.  UTF-8 stays as it is, the compiler reads it so."""
    out = []
    for c in text:
        if c in "\"\\":
            out.append("\\" + c)
        elif c == "\n":
            out.append("\\n")
        elif c == "?" and out and out[-1].endswith("?"):
            out.append("\\?")    # no trigraph by accident
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


# YAML folds lines with a space, which Chinese has not between its own characters.
FOLDED = re.compile(r"(?<=[，。；：、？！）”]) (?=\S)|(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")


def pair(row):
    return f"{{ {quote(row['en'])}, {quote(FOLDED.sub('', row['zh']))} }}"


def item_pair(item):
    """A knowledge list's item in both languages."""
    if isinstance(item, str):
        return f"{{ {quote(item)}, {quote(item)} }}"
    if "run" in item:
        return pair({language: f"`{item['run']}` – {item[language]}" for language in ("en", "zh")})
    return pair(item)


def c_name(code):
    return code.replace(".", "_").replace("-", "_")


def write_code_lists(out, entry):
    name, knowledge = c_name(entry["code"]), entry["knowledge"]
    out.append(f"static const struct catalog_action actions_{name}[] = {{")
    for action in entry["actions"]:
        fields = [action["type"], action["class"], action.get("object", "{object}"), action.get("command", "")]
        out.append(f"    {{ {', '.join(quote(f) for f in fields)}, {pair(action['text'])} }},")
    out.append("};")
    for key in ("signal", "checks", "fix", "prevention"):
        out.append(f"static const struct catalog_text {key}_{name}[] = {{")
        out += [f"    {item_pair(item)}," for item in knowledge[key]]
        out += ["    { NULL, NULL },", "};"]
    out.append(f"static const char *const links_{name}[] = {{ {', '.join(quote(link) for link in knowledge['links'])}, NULL }};")


def code_row(entry):
    name, knowledge = c_name(entry["code"]), entry["knowledge"]
    lists = ", ".join(f".{key} = {key}_{name}" for key in ("signal", "checks", "fix", "prevention"))
    return f"""    {{
        .code = {quote(entry['code'])}, .family = {quote(entry['family'])}, .severity = {quote(entry['severity'])}, .tier = {entry['tier']},
        .title = {pair(entry['title'])},
        .statement = {pair(entry['statement'])},
        .actions = actions_{name}, .n_actions = sizeof actions_{name} / sizeof actions_{name}[0],
        .knowledge = {{ .meaning = {pair(knowledge['meaning'])}, {lists}, .reviewed = {quote(knowledge['reviewed'])}, .links = links_{name} }},
    }},"""


def codes_c(codes):
    codes = sorted(codes, key=lambda entry: entry["code"].encode())
    out = [HEAD, '#include "catalog/catalog.h"', ""]
    for entry in codes:
        write_code_lists(out, entry)
    out += ["", "const struct catalog_code catalog_codes[] = {"]
    out += [code_row(entry) for entry in codes]
    out += ["};", f"const size_t catalog_codes_count = {len(codes)};"]
    return "\n".join(out) + "\n"


def reasons_c(reasons, exits):
    out = [HEAD, '#include "catalog/tables.h"', "", "const struct catalog_reason catalog_reasons[] = {"]
    for row in sorted(reasons, key=lambda row: row["reason"].encode()):
        fields = [row["reason"], row["by"], row.get("family", ""), row.get("warning", "medium"), row.get("normal", "info")]
        out.append(f"    {{ {', '.join(quote(f) for f in fields)} }},")
    out += ["};", f"const size_t catalog_reasons_count = {len(reasons)};", ""]
    out.append("const struct catalog_exit catalog_exits[] = {")
    for row in sorted(exits, key=lambda row: int(row["code"])):
        out.append(f"    {{ {row['code']}, {quote(row.get('name', ''))}, {pair(row['meaning'])} }},")
    out += ["};", f"const size_t catalog_exits_count = {len(exits)};"]
    return "\n".join(out) + "\n"


class Automaton:
    """All needles of a group, to be found in one pass (Aho and Corasick, 1975)."""

    def __init__(self):
        self.needles, self.edges, self.ends = [], [{}], [0]    # needles: (bytes, is a word), numbered from 1

    def number(self, phrase):
        """The needle's number; ^ and $ at its ends stand for the line's.  Capitals only are a word: ENOTFOUND is not in FileNotFound."""
        needle = phrase.lower()
        needle = "\n" + needle[1:] if needle.startswith("^") else needle
        needle = needle[:-1] + "\n" if needle.endswith("$") else needle
        entry = (needle.encode(), re.fullmatch(r"[A-Z][A-Z0-9_]+", phrase) is not None)
        if entry not in self.needles:
            self.needles.append(entry)
            self._add(entry[0], len(self.needles))
        return self.needles.index(entry) + 1

    def _add(self, needle, number):
        state = 0
        for byte in needle:
            if byte not in self.edges[state]:
                self.edges[state][byte] = len(self.edges)
                self.edges.append({})
                self.ends.append(0)
            state = self.edges[state][byte]
        assert not self.ends[state], f"{needle} both as a word and as a part of words"
        self.ends[state] = number

    def links(self):
        """(fail, suffix) of every state, breadth first so that a state's are known before its children's."""
        fail, suffix, queue = [0] * len(self.edges), [0] * len(self.edges), [0]
        for state in queue:
            for byte, child in self.edges[state].items():
                queue.append(child)
                if state:
                    at = fail[state]
                    while at and byte not in self.edges[at]:
                        at = fail[at]
                    fail[child] = self.edges[at].get(byte, 0)
                suffix[child] = fail[child] if self.ends[fail[child]] else suffix[fail[child]]
        return fail, suffix


def numbers(values):
    return "{ " + (", ".join(str(v) for v in values) or "0") + " }"


def group_c(out, name, patterns):
    automaton, rows = Automaton(), []
    for class_, pattern in patterns:
        rows.append((class_, automaton.number(pattern["text"]), [automaton.number(p) for p in pattern["also"]],
                     [automaton.number(p) for p in pattern["not"]]))
    fail, suffix = automaton.links()
    assert len(automaton.needles) < 1024 and len(fail) < 65535, name

    out.append(f"static const struct pattern_needle needles_{name}[] = {{ {{ 0, false }},")
    out += [f"    {{ {len(needle)}, {'true' if word else 'false'} }}," for needle, word in automaton.needles]
    out += ["};", f"static const struct pattern_row rows_{name}[] = {{"]
    out += [f"    {{ {quote(c)}, {text}, {numbers(also)}, {numbers(not_)} }}," for c, text, also, not_ in rows]
    out += ["};", f"static const struct pattern_edge edges_{name}[] = {{"]
    first, count = [], 0
    for edges in automaton.edges:
        first.append(count)
        count += len(edges)
        if edges:
            out.append("    " + " ".join(f"{{ {byte}, {edges[byte]} }}," for byte in sorted(edges)))
    out += ["};", f"static const struct pattern_state states_{name}[] = {{"]
    for state in range(len(fail)):
        out.append(f"    {{ {first[state]}, {fail[state]}, {suffix[state]}, {automaton.ends[state]} }},")
    out += [f"    {{ {count}, 0, 0, 0 }},", "};"]


def patterns_c(groups):
    out = [HEAD, '#include "catalog/tables.h"', ""]
    for name, patterns in groups.items():
        group_c(out, name, patterns)
    out.append("const struct pattern_group pattern_groups[] = {")
    for name in groups:
        out.append(f"    {{ {quote(name)}, states_{name}, edges_{name}, needles_{name}, rows_{name}, sizeof rows_{name} / sizeof rows_{name}[0] }},")
    out += ["};", f"const size_t pattern_groups_count = {len(groups)};"]
    return "\n".join(out) + "\n"


def write_c(folder, catalog):
    files = {
        "catalog_codes.c": codes_c(catalog["codes"]),
        "catalog_reasons.c": reasons_c(catalog["reasons"], catalog["exits"]),
        "catalog_patterns.c": patterns_c(catalog["patterns"]),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
