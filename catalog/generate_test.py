"""The generator takes good data and refuses bad data with file, line and reason.  Each test breaks one thing in a small catalogue."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent

README = "| name | meaning | example |\n|---|---|---|\n| `{name}` | who | `cart` |\n| `{key}` | key | `A` |\n| `{object}` | o | `o` |\n"
CODES = """\
family: config
codes:
  - code: config.key-missing
    severity: high
    tier: 50
    evidence: [pod, configmap]
    title: {en: Key missing, zh: 缺少键}
    statement:
      en: "{name} has no key[ {key}]"
      zh: "{name} 没有键[ {key}]"
    actions:
      - type: rollout-undo
        class: ask
        object: "{object}"
        command: kubectl rollout undo {name}
        text: {en: Undo, zh: 回滚}
    knowledge:
      meaning: {en: A key is missing., zh: 缺少一个键。}
      signal: ["couldn't find key"]
      checks:
        - {run: kubectl get, en: shows it., zh: 查看。}
      fix: [{en: Add it., zh: 加上。}]
      prevention: [{en: Review., zh: 评审。}]
      reviewed: 2026-11-24
      links: ["https://kubernetes.io/docs/"]
  - code: config.error
    severity: high
    tier: 51
    evidence: [pod]
    title: {en: Other, zh: 其他}
    statement: {en: "{name} fails", zh: "{name} 失败"}
    actions:
      - {type: advise, class: none, text: {en: Look, zh: 查看}}
    knowledge:
      meaning: {en: Other., zh: 其他。}
      signal: ["Error"]
      checks: ["kubectl get"]
      fix: [{en: Fix., zh: 修。}]
      prevention: [{en: Review., zh: 评审。}]
      reviewed: 2026-11-24
      links: ["https://kubernetes.io/docs/"]
"""
FILES = {
    "catalog/README.md": README,
    "catalog/codes/config.yaml": CODES,
    "catalog/reasons.yaml": "reasons:\n  - {reason: BackOff, by: kubelet, warning: high, normal: medium}\n",
    "catalog/exits.yaml": "exits:\n  - {code: 1, name: error, meaning: {en: error, zh: 错误}}\n",
    "catalog/patterns.yaml": "".join(f"{group}:\n  - class: a\n    patterns: [{{text: one, also: two, not: three}}, four]\n"
                                     for group in ("log", "pull", "schedule", "mount", "admission", "sandbox")),
    "catalog/intro.md": "# Intro\n",
    "catalog/intro.zh-CN.md": "# 介绍\n",
    "docs/.keep": "",
}


class Generator(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name, text in FILES.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run_it(self, *arguments):
        command = [sys.executable, HERE / "generate.py", "--root", self.root, "--partial", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def change(self, name, old, new):
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return 1 + text[:text.index(old)].count("\n")

    def refuses(self, name, old, new, reason, line=None):
        """After the change the generator fails and names file, line and reason."""
        changed = self.change(name, old, new)
        result = self.run_it("--c", self.root)
        self.assertEqual(result.returncode, 1, result.stderr)
        where = f"{self.root / name}:{line or changed}: "
        self.assertTrue(any(said.startswith(where) and reason in said for said in result.stderr.splitlines()), result.stderr)
        self.assertFalse((self.root / "catalog_codes.c").exists())

    def test_good_data_become_c_tables(self):
        result = self.run_it("--c", self.root, self.root / "catalog/codes/config.yaml")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        text = (self.root / "catalog_codes.c").read_text(encoding="utf-8")
        self.assertLess(text.index('.code = "config.error"'), text.index('.code = "config.key-missing"'))
        self.assertIn("缺少键", text)
        for name in ("catalog_reasons.c", "catalog_patterns.c"):
            self.assertTrue((self.root / name).exists())

    def test_folded_chinese_lines_join_without_a_space(self):
        self.change("catalog/codes/config.yaml", "{en: Other., zh: 其他。}", "{en: Other., zh: \"其他，\n        原因见\n        Pod 日志\n        末尾。\"}")
        self.assertEqual(self.run_it("--c", self.root).returncode, 0)
        self.assertIn('"其他，原因见 Pod 日志末尾。"', (self.root / "catalog_codes.c").read_text(encoding="utf-8"))

    def test_documents_are_written_and_found_stale_after_an_edit(self):
        self.assertEqual(self.run_it("--docs").returncode, 0)
        self.assertIn("| `config.key-missing` | {name} has no key[ {key}] | high | Pod, ConfigMap keys |",
                      (self.root / "docs/diagnosis.md").read_text(encoding="utf-8"))
        self.assertEqual(self.run_it("--check").returncode, 0)
        self.change("catalog/codes/config.yaml", "{name} has no key", "{name} lacks a key")
        result = self.run_it("--check")
        self.assertEqual(result.returncode, 1)
        self.assertIn("docs/diagnosis.md:1: stale", result.stderr)

    def test_an_unlisted_file_would_be_missed_by_the_build(self):
        result = self.run_it("--c", self.root, self.root / "catalog/reasons.yaml")
        self.assertEqual(result.returncode, 1)
        self.assertIn("does not list codes/config.yaml", result.stderr)

    def test_a_missing_family_is_named(self):
        command = [sys.executable, HERE / "generate.py", "--root", self.root, "--check"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("codes/scheduling.yaml:1: missing", result.stderr)

    def test_broken_yaml_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "    severity: high", "   severity: high", "", line=4)

    def test_an_unknown_key_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "    tier: 50", "    tier: 50\n    teir: 50", "unknown key 'teir'", line=6)

    def test_a_key_given_twice_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "    tier: 50", "    tier: 50\n    tier: 51", "key 'tier' twice", line=6)

    def test_a_missing_field_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "    evidence: [pod, configmap]\n", "", "missing evidence", line=3)

    def test_a_missing_translation_is_refused(self):
        self.refuses("catalog/codes/config.yaml", ", zh: 缺少键}", "}", "missing zh")

    def test_english_in_the_place_of_chinese_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "zh: 缺少键", "zh: Key missing", "no Chinese character")

    def test_chinese_in_the_place_of_english_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "en: Key missing", "en: 缺少键", "has Chinese characters")

    def test_a_code_given_twice_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "code: config.error", "code: config.key-missing", "twice")

    def test_an_odd_code_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "code: config.error", "code: Config_Error", "not like family.short-name")

    def test_a_family_in_the_wrong_file_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "family: config", "family: image", "family 'image' in config.yaml")

    def test_an_unknown_severity_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "severity: high", "severity: urgent", "severity 'urgent' is none of")

    def test_unknown_evidence_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "[pod, configmap]", "[pod, tea-leaves]", "evidence 'tea-leaves'")

    def test_a_tier_that_falls_within_a_family_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "tier: 51", "tier: 49", "tier 49 after 50")

    def test_a_tier_that_is_no_number_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "tier: 51", "tier: low", "1 to 99 expected")

    def test_an_unknown_placeholder_is_refused(self):
        self.refuses("catalog/codes/config.yaml", '"{name} has no', '"{nmae} has no', "placeholder {nmae} is not in README.md")

    def test_a_placeholder_in_one_language_only_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "没有键[ {key}]", "没有键", "{key} stands in one language only", line=9)

    def test_an_unbalanced_bracket_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "no key[ {key}]", "no key[ {key}", "unbalanced bracket")

    def test_a_bracket_in_a_bracket_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "no key[ {key}]", "no key[ [{key}]]", "bracket inside a bracket")

    def test_brackets_without_a_placeholder_are_refused(self):
        self.refuses("catalog/codes/config.yaml", "no key[ {key}]", "no \\\\[[key] {key}", "never vanishes")

    def test_an_unbalanced_brace_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "{name} has no", "{name has no", "brace")

    def test_an_action_of_unknown_type_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "type: rollout-undo", "type: delete-namespace", "'delete-namespace' is none of")

    def test_an_action_cannot_raise_its_class(self):
        self.refuses("catalog/codes/config.yaml", "class: ask", "class: ok", "class of rollout-undo: 'ok'")

    def test_an_action_that_we_carry_out_names_its_object(self):
        self.refuses("catalog/codes/config.yaml", '        object: "{object}"\n', "", "names its object", line=12)

    def test_a_review_day_that_is_none_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "reviewed: 2026-11-24", "reviewed: lately", "a day like")

    def test_a_link_that_is_none_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "https://kubernetes.io", "kubernetes.io", "https:// expected")

    def test_an_empty_list_is_refused(self):
        self.refuses("catalog/codes/config.yaml", "checks: [\"kubectl get\"]", "checks: []", "at least 1")

    def test_a_reason_given_twice_is_refused(self):
        self.refuses("catalog/reasons.yaml", "reasons:\n", "reasons:\n  - {reason: BackOff, by: kubelet, warning: low}\n", "twice", line=3)

    def test_a_reason_without_a_type_is_refused(self):
        self.refuses("catalog/reasons.yaml", ", warning: high, normal: medium", "", "which type", line=2)

    def test_an_exit_code_out_of_range_is_refused(self):
        self.refuses("catalog/exits.yaml", "code: 1", "code: 256", "0 to 255", line=2)

    def test_a_pattern_that_matches_nearly_everything_is_refused(self):
        self.refuses("catalog/patterns.yaml", "four", "e", "three ASCII characters", line=3)

    def test_a_group_that_is_missing_is_refused(self):
        self.refuses("catalog/patterns.yaml", "sandbox:", "sandbux:", "missing sandbox", line=1)

    def test_a_placeholder_documented_twice_is_refused(self):
        self.refuses("catalog/README.md", "| `{key}` | key", "| `{name}` | key", "placeholder {name} twice")


if __name__ == "__main__":
    unittest.main()
