"""The codes in the table, the rules, the documentation and the cases are the same set."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from cases_on_disk import CASES

from runner.config.compose import open_configs
from runner.lint import lint
from runner.lint.docs import SECTIONS, format_docs, format_rules
from runner.lint.table import RULES, SUBJECTS

ROOT = Path(__file__).resolve().parents[2]
CODES = [rule.code for rule in RULES]
DOCS = ROOT / "docs" / "lint.md"


def ids(rule):
    return rule.code


def test_codes_and_names_are_unique_ordered_and_by_subject():
    assert sorted(set(CODES)) == CODES
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(re.fullmatch(r"RUN[1-9]\d\d", code) for code in CODES)
    assert {code[:4] for code in CODES} == set(SUBJECTS)


def test_every_module_is_one_rule_of_the_table():
    modules = {path.stem for path in (ROOT / "runner/lint/rules").glob("*.py")} - {"__init__"}
    assert modules == {rule.check.__name__ for rule in RULES}
    for rule in RULES:
        assert rule.check.__module__ == f"runner.lint.rules.{rule.check.__name__}"


def test_every_module_says_which_subject_it_is_of():
    for rule in RULES:
        module = inspect.getmodule(rule.check)
        heading = f"{rule.code[:4]}xx, {SUBJECTS[rule.code[:4]].lower()}."
        assert module.__doc__.replace("the ", "") == heading


def test_cases_are_of_the_same_codes_and_each_has_both_kinds():
    assert sorted(path.name for path in CASES.iterdir()) == CODES
    for code in CODES:
        kinds = {path.stem.split("_")[0] for path in (CASES / code).glob("*.yaml")}
        assert kinds == {"fires", "quiet"}, code


def test_docs_are_of_the_same_codes():
    text = DOCS.read_text("utf-8")
    assert re.findall(r"^### (RUN\d+)", text, re.MULTILINE) == CODES
    assert re.findall(r"^\| (RUN\d+) \|", text, re.MULTILINE) == CODES


def test_docs_are_current(golden):
    golden(DOCS, format_docs())


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
    assert max(map(len, lines)) <= 130


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_a_rule_is_documented_in_four_sections(rule):
    text = inspect.cleandoc(rule.check.__doc__)
    assert tuple(re.findall(r"^## (.*)$", text, re.MULTILINE)) == SECTIONS
    assert rule.summary.endswith(".")
    assert len(rule.summary) <= 90
    assert len(examples(rule)) == 2


def examples(rule):
    """The YAML of the sections Example and Use instead."""
    return re.findall(r"```yaml\n(.*?)```", inspect.cleandoc(rule.check.__doc__), re.DOTALL)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """(code, section) to the codes that the documentation's YAML gets."""
    root = tmp_path_factory.mktemp("examples")
    (root / "experiment").mkdir()
    found = {}
    with open_configs(root) as configs:
        for rule in RULES:
            for section, text in zip(SECTIONS[2:], examples(rule), strict=True):
                name = f"{rule.code}_{section.split()[0]}"
                path = root / "experiment" / f"{name}.yaml"
                path.write_text(f"# @package _global_\n{text}", "utf-8")
                config = configs.compose([f"experiment={name}"]).cfg
                found[rule.code, section] = {each.code for each in lint(config)}
    return found


@pytest.mark.composes
@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_the_example_breaks_the_rule_and_what_to_use_instead_does_not(spoken, rule):
    assert rule.code in spoken[rule.code, "Example"]
    assert rule.code not in spoken[rule.code, "Use instead"]
