"""The codes in the table, the rules, the documentation and the planted faults are the same set."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from test_planted_faults import FAULTS

from runner.analysis.findings.rule_table import RULES as MEASURED_RULES
from runner.lint.table import RULES as LINT_RULES
from runner.published.table_rule import SECTIONS
from runner.published.table_rules import RULES, SUBJECTS
from runner.report.findings.table_docs import format_docs, format_rules

ROOT = Path(__file__).resolve().parents[2]
CODES = [rule.code for rule in RULES]
DOCS = ROOT / "docs" / "tables.md"
MODULES = ROOT / "runner" / "published" / "rules"


def test_codes_and_names_are_unique_ordered_and_by_subject():
    assert sorted(set(CODES)) == CODES
    names = [rule.name for rule in (*RULES, *LINT_RULES, *MEASURED_RULES)]
    assert len(set(names)) == len(names)
    assert {code[:4] for code in CODES} == set(SUBJECTS)


def test_every_module_is_one_rule_of_the_table():
    modules = {path.stem for path in MODULES.glob("*.py")} - {"__init__"}
    assert modules == {rule.check.__name__ for rule in RULES}
    for rule in RULES:
        assert rule.check.__module__ == f"runner.published.rules.{rule.check.__name__}"


def test_every_module_says_which_subject_it_is_of():
    for rule in RULES:
        heading = f"{rule.code[:4]}xx, {SUBJECTS[rule.code[:4]].lower()}."
        assert inspect.getmodule(rule.check).__doc__ == heading


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_documented_in_four_sections(rule):
    sections = re.findall(r"^## (.*)$", rule.documentation, re.MULTILINE)
    assert tuple(sections) == SECTIONS
    assert rule.summary.endswith(".")
    assert len(rule.summary) <= 90
    assert rule.explanations.endswith(".")
    assert rule.advice.endswith(".")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_fault_is_planted_for_every_rule_that_warns(rule):
    planted = {make().code for make in FAULTS.values()}
    assert rule.code in planted or rule.severity.name == "info"


def test_docs_are_current(golden):
    golden(DOCS, format_docs())


def test_docs_are_of_the_same_codes():
    text = DOCS.read_text("utf-8")
    assert re.findall(r"^### (TAB\d+)", text, re.MULTILINE) == CODES
    assert re.findall(r"^\| (TAB\d+) \|", text, re.MULTILINE) == CODES


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
