"""The rules' documentation, from the table and the docstrings of their functions."""

from __future__ import annotations

import inspect
import re

from runner.lint.rule import Rule
from runner.lint.table import RULES, SUBJECTS

SECTIONS = ("What it does", "Why is this bad", "Example", "Use instead")
"""Of every rule's docstring, in this order."""

INTRODUCTION = """\
# Lint

    python -m runner lint                                  # the defaults
    python -m runner lint seed=fixed,random shuffle=off    # every combination, as a sweep has it
    python -m runner lint --config-dir my                  # every file of my/GROUP/, each alone
    python -m runner lint --config-dir my model=wide       # as a run with these overrides has it

The rules read the composed config. Nothing is run, instantiated or imported, TensorFlow least of
all, so what a function of yours does stays unknown. Nor are the rows of its data known, unless the
config says `data.rows` (rows of the training part) or, where the source's rows are split,
`data.split.rows` (rows before the split). Who replaces `data.source` replaces these too.

With `--config-dir` alone, a file of a group that the defaults choose from is put on the defaults,
and what these are told without it is not repeated. A file of another group, such as `experiment`,
is added to them and told everything. Files that lack a value are named and left out.

`--format text`, `json` (a list of findings) or `github` (annotations of a workflow). Exit status 1
when anything is as bad as `--fail-on` (`error`, `warning` or `info`; by default `warning`) or
worse, 2 when the command or a config is wrong.

## Silencing a rule

    shuffle:
      buffer: 100  # noqa: RUN202

On the line of the key that a finding names, a comment `# noqa: CODE` silences it. So it does on the
line of a defaults list that chooses the key's group, as `- override /seed: unset  # noqa: RUN101`.
Alone on a line it silences the rule in every configuration that the file is part of. Several codes
are separated by commas.

## Rules

Each example is a file of a group `experiment`, below `# @package _global_`.
"""


def format_docs() -> str:
    """Everything on all rules, in Markdown: what docs/lint.md holds."""
    parts = [INTRODUCTION, _table()]
    for rule in RULES:
        parts.append(f"\n### {rule.code} {rule.name} ({rule.severity.name})\n\n{_body(rule)}\n")
    parts.append("\n<!-- Made by `python -m runner lint --docs > docs/lint.md`. -->\n")
    return "".join(parts)


def format_rules() -> str:
    """A line a rule, by subject, for the terminal."""
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
    text = inspect.cleandoc(rule.check.__doc__ or "")
    return re.sub(r"^## (.*)$", r"**\1**\n", text, flags=re.MULTILINE)
