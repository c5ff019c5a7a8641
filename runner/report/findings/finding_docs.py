"""The documentation of the rules for findings, from their table and docstrings."""

from __future__ import annotations

from runner.analysis.findings.finding_rule import SECTIONS, Rule
from runner.analysis.findings.rule_table import RULES, SUBJECTS

INTRODUCTION = """\
# Findings

After a sweep, rules look at what its runs recorded: fingerprints, outputs, metrics, seeds, and
facts about the data and the model. What they see is listed below the table, worst first, and kept
in `findings.csv` and `findings.parquet` beside it. In Python it is `runner.load(DIR).findings`.

    python -m runner report DIR --findings all          # every finding, not only a screen
    python -m runner report DIR --format json           # the table and the findings
    python -m runner report DIR --format github         # annotations of a workflow
    python -m runner report --rules                     # the rules

A finding says what was seen and in how many runs or builds, why that matters, what to change, and
how sure it is. A `certain` finding follows from the records. A `likely` one is the only known cause
of what they show. A `possible` one has harmless causes too.

Findings do not change the exit status. Rules about configs, which need no run, are in
[lint.md](lint.md).

## Ignoring a finding

    ignore:
      OBS101: the augmentation is meant to be one fixed copy

A finding that a configuration expects is left out of what is printed. The files keep it, with the
reason in the column `ignored`.

## Rules
"""


def format_docs() -> str:
    """Return the documentation of all rules in Markdown, as docs/findings.md holds it."""
    parts = [INTRODUCTION, _table()]
    for rule in RULES:
        heading = f"### {rule.code} {rule.name} ({rule.severity.name}, {rule.certainty.name})"
        parts.append(f"\n{heading}\n\n{_body(rule)}\n")
    parts.append("\n<!-- Made by `python -m runner report --docs > docs/findings.md`. -->\n")
    return "".join(parts)


def format_rules() -> str:
    """Return a list of the rules for the terminal, one per line, grouped by subject."""
    width = max(len(rule.name) for rule in RULES)
    lines = []
    for prefix, subject in SUBJECTS.items():
        rules = [rule for rule in RULES if rule.code.startswith(prefix)]
        if rules:
            lines.append(subject)
        lines += [
            f"  {rule.code} {rule.severity.name:7} {rule.name:{width}} {rule.summary}"
            for rule in rules
        ]
    return "\n".join(lines)


def _table() -> str:
    lines = ["", "| code | name | severity | certainty | what is seen |", "|" + " --- |" * 5]
    for rule in RULES:
        anchor = f"{rule.code.lower()}-{rule.name}-{rule.severity.name}-{rule.certainty.name}"
        name = f"[{rule.name}](#{anchor})"
        cells = (rule.code, name, rule.severity.name, rule.certainty.name, rule.summary)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _body(rule: Rule) -> str:
    text = rule.documentation
    for section in SECTIONS:
        text = text.replace(f"## {section}\n", f"**{section}**\n")
    return text
