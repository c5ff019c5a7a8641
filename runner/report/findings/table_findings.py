"""The findings of a published table: for a terminal, as JSON, and as annotations of GitHub."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.text import Text

from runner.numeric.severity import Severity
from runner.published.published_table import PublishedTable
from runner.published.table_rule import SuspectCell, TableFinding
from runner.report.findings.lint_findings import LEVELS, STYLES
from runner.report.github import annotate
from runner.text import list_some, plural

MAX_CELLS = 4
"""Cells that are named for a finding in a terminal; JSON has all."""


def format_text(tables: Sequence[PublishedTable], found: Sequence[TableFinding]) -> Text:
    """Return how each table was read, the findings, and a line that counts them."""
    text = Text()
    for table in tables:
        text.append(f"{table.reading}\n", "dim")
    for each in found:
        text.append(f"{each.rule.severity.name:7} ", STYLES[each.rule.severity])
        text.append(f"{each.rule.code} {each.rule.name}", "bold")
        text.append(f": {describe_finding(each)}\n")
    counts = [
        plural(sum(each.rule.severity is severity for each in found), severity.name)
        for severity in Severity
    ]
    text.append(f"{plural(len(tables[0].entries), 'cell')}: {', '.join(counts)}")
    return text


def describe_finding(found: TableFinding) -> str:
    """Say what was seen, in which cells, what would explain it and what to do, on one line."""
    cells = list_some(map(_show_cell, found.sighting.cells), MAX_CELLS, "; ")
    named = f" Cells: {cells}." if cells else ""
    explained = f"What would explain it: {found.rule.explanations}"
    return f"{found.sighting.seen}{named} {explained} {found.rule.advice}"


def _show_cell(cell: SuspectCell) -> str:
    return f"{cell.name} [{cell.text}]" if cell.text else cell.name


def format_json(tables: Sequence[PublishedTable], found: Sequence[TableFinding]) -> str:
    """Return how the tables were read, and every finding with all of its cells."""
    rows = [
        {
            "code": each.rule.code,
            "name": each.rule.name,
            "severity": each.rule.severity.name,
            "where": each.sighting.where,
            "seen": each.sighting.seen,
            "explanations": each.rule.explanations,
            "advice": each.rule.advice,
            "cells": [
                {"name": cell.name, "text": cell.text, "lines": list(cell.lines)}
                for cell in each.sighting.cells
            ],
        }
        for each in found
    ]
    return json.dumps({"read": [each.reading for each in tables], "findings": rows}, indent=2)


def format_github(path: str, found: Sequence[TableFinding]) -> str:
    """Return a workflow command for each finding, at the first line of its first cell."""
    lines = []
    for each in found:
        first = next((cell.lines[0] for cell in each.sighting.cells if cell.lines), 1)
        title = f"{each.rule.code} {each.rule.name}"
        level = LEVELS[each.rule.severity]
        lines.append(annotate(level, title, describe_finding(each), path, first))
    return "\n".join(lines)
