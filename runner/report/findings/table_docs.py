"""The documentation of the rules for published tables, from their table and docstrings."""

from __future__ import annotations

from runner.published.table_rule import SECTIONS, TableRule
from runner.published.table_rules import RULES, SUBJECTS

INTRODUCTION = """\
# Tables that others published

    python -m runner audit-table results.csv

looks for what cannot be, and for what chance would not do, in a table of results: the table alone,
without the code or the data. A finding names cells, their numbers and what would explain them.
Every finding has harmless explanations, and none says that anybody did anything.
"""


def format_docs() -> str:
    """Return the documentation of all rules in Markdown, as docs/tables.md holds it."""
    parts = [INTRODUCTION, _table()]
    for rule in RULES:
        parts.append(f"\n### {_heading(rule)}\n\n{_body(rule)}\n")
    parts.append("\n<!-- Made by `python -m runner audit-table --docs > docs/tables.md`. -->\n")
    return "".join(parts)


def format_rules() -> str:
    """Return a list of the rules for the terminal, one per line, grouped by subject."""
    width = max(len(rule.name) for rule in RULES)
    lines = []
    for prefix, subject in SUBJECTS.items():
        lines.append(subject)
        lines += [
            f"  {rule.code} {rule.severity.name:7} {rule.name:{width}} {rule.summary}"
            for rule in RULES
            if rule.code.startswith(prefix)
        ]
    return "\n".join(lines)


def _heading(rule: TableRule) -> str:
    return f"{rule.code} {rule.name} ({rule.severity.name})"


def _table() -> str:
    lines = ["", "| code | name | severity | what is seen |", "|" + " --- |" * 4]
    for rule in RULES:
        name = f"[{rule.name}](#{rule.code.lower()}-{rule.name}-{rule.severity.name})"
        lines.append(f"| {' | '.join((rule.code, name, rule.severity.name, rule.summary))} |")
    return "\n".join(lines) + "\n"


def _body(rule: TableRule) -> str:
    text = rule.documentation
    for section in SECTIONS:
        text = text.replace(f"## {section}\n", f"**{section}**\n")
    return text
