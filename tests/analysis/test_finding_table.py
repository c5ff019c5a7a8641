"""The codes in the table, the rules, the documentation and the cases are the same set."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from runner.analysis.findings.finding_rule import SECTIONS
from runner.analysis.findings.rule_table import RULES, SUBJECTS
from runner.lint.table import RULES as LINT_RULES
from runner.report.findings.finding_docs import format_docs, format_rules

ROOT = Path(__file__).resolve().parents[2]
CODES = [rule.code for rule in RULES]
DOCS = ROOT / "docs" / "findings.md"
MODULES = ROOT / "runner" / "analysis" / "findings" / "rules"
CASES = Path(__file__).parent / "rules"


def test_codes_and_names_are_unique_ordered_and_by_subject():
    assert sorted(set(CODES)) == CODES
    names = [rule.name for rule in (*RULES, *LINT_RULES)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"OBS[1-9]\d\d", code) for code in CODES)
    assert {code[:4] for code in CODES} == set(SUBJECTS)


def test_every_module_is_one_rule_of_the_table():
    modules = {path.stem for path in MODULES.glob("*.py")} - {"__init__"}
    assert modules == {rule.check.__name__ for rule in RULES}
    for rule in RULES:
        assert rule.check.__module__ == f"runner.analysis.findings.rules.{rule.check.__name__}"


def test_every_module_says_which_subject_it_is_of():
    for rule in RULES:
        module = inspect.getmodule(rule.check)
        heading = f"{rule.code[:4]}xx, {SUBJECTS[rule.code[:4]].lower()}."
        assert module.__doc__.replace("the ", "") == heading


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_has_cases_in_which_it_fires_and_others_in_which_it_is_quiet(rule):
    cases = (CASES / f"test_{rule.check.__name__}.py").read_text("utf-8")
    assert rule.code in cases.partition("\n")[0]
    assert re.search(r"^def test_fires", cases, re.MULTILINE)
    assert re.search(r"^def test_quiet", cases, re.MULTILINE)


def test_there_are_no_cases_of_other_rules():
    cases = {path.stem for path in CASES.glob("*.py")}
    assert cases == {f"test_{rule.check.__name__}" for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_documented_in_three_sections(rule):
    sections = re.findall(r"^## (.*)$", rule.documentation, re.MULTILINE)
    assert tuple(sections) == SECTIONS
    assert rule.summary.endswith(".")
    assert len(rule.summary) <= 90
    assert rule.why.endswith(".")
    assert len(rule.why) <= 250


def test_docs_are_current(golden):
    golden(DOCS, format_docs())


def test_docs_are_of_the_same_codes():
    text = DOCS.read_text("utf-8")
    assert re.findall(r"^### (OBS\d+)", text, re.MULTILINE) == CODES
    assert re.findall(r"^\| (OBS\d+) \|", text, re.MULTILINE) == CODES


def test_links_of_the_docs_lead_to_headings():
    text = DOCS.read_text("utf-8")
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= headings


def test_the_terminal_lists_every_rule_in_a_line():
    lines = [line for line in format_rules().splitlines() if line.startswith("  ")]
    assert [line.split()[0] for line in lines] == CODES
    assert max(map(len, lines)) <= 140
