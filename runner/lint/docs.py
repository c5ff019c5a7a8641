"""Formats the documentation of the rules, from their table and docstrings."""

from __future__ import annotations

import re

from runner.lint.rule import Rule
from runner.lint.table import RULES, SUBJECTS

SECTIONS = ("What it does", "Why is this bad", "Example", "Use instead")
"""Sections of the docstring of every rule, in this order."""

INTRODUCTION = """\
# Lint

    python -m runner lint                                  # the defaults
    python -m runner lint seed=fixed,random shuffle=off    # every combination, as a sweep has it
    python -m runner lint --config-dir my                  # every file of my/GROUP/, each alone
    python -m runner lint --config-dir my model=wide       # as a run with these overrides has it

The rules read the composed config. Nothing is run, instantiated or imported, not even TensorFlow,
so the rules do not know what your own functions do. Nor do they know how many rows your data has,
unless the config says so: `data.rows` is the number of rows of the training part, or, if the rows
of the source are split, `data.split.rows` is the number before the split. If you replace
`data.source`, replace these too.

With `--config-dir` alone, each file is linted on top of the defaults. For a file of a group that
the defaults choose from, only findings that the defaults do not have already are shown. For a file
of another group, such as `experiment`, all findings are shown. Files that lack a value are named
and left out.

`--format` is `text`, `json` (a list of findings) or `github` (annotations of a workflow). The exit
status is 1 if any finding is at least as bad as `--fail-on` (`error`, `warning` or `info`; by
default `warning`), and 2 if the command or a config is wrong.

## Silencing a rule

    shuffle:
      buffer: 100  # noqa: RUN202

A comment `# noqa: CODE` silences a finding if it stands on the line of the key that the finding
names, or on the line of a defaults list that chooses the key's group, such as
`- override /seed: unset  # noqa: RUN101`. A comment alone on its line silences the rule in every
configuration that the file is part of. Separate several codes by commas.

## Rules

Each example is a file of a group `experiment`, below `# @package _global_`.
"""


def format_docs() -> str:
    """Return the documentation of all rules in Markdown, as docs/lint.md holds it."""
    parts = [INTRODUCTION, _table()]
    for rule in RULES:
        parts.append(f"\n### {rule.code} {rule.name} ({rule.severity.name})\n\n{_body(rule)}\n")
    parts.append("\n<!-- Made by `python -m runner lint --docs > docs/lint.md`. -->\n")
    return "".join(parts)


def format_rules() -> str:
    """Return a list of the rules for the terminal, one per line, grouped by subject."""
    width = max(len(rule.name) for rule in RULES)
    lines = []
    for prefix, subject in SUBJECTS.items():
        lines.append(f"{subject}")
        for rule in RULES:
            if rule.code.startswith(prefix):
                row = f"  {rule.code} {rule.severity.name:7} {rule.name:{width}} {rule.summary}"
                lines.append(row)
    return "\n".join(lines)


def _table() -> str:
    lines = ["", "| code | name | severity | what is wrong |", "| --- | --- | --- | --- |"]
    for rule in RULES:
        anchor = f"{rule.code.lower()}-{rule.name}-{rule.severity.name}"
        name = f"[{rule.name}](#{anchor})"
        lines.append(f"| {rule.code} | {name} | {rule.severity.name} | {rule.summary} |")
    return "\n".join(lines) + "\n"


def _body(rule: Rule) -> str:
    return re.sub(r"^## (.*)$", r"**\1**\n", rule.documentation, flags=re.MULTILINE)
