"""The findings of a sweep: for a terminal, as JSON, and as annotations of GitHub's workflows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.text import Text

from runner.analysis.results import Results
from runner.analysis.tables.row_names import name_row
from runner.numeric.severity import Severity
from runner.report.findings.lint_findings import LEVELS, STYLES
from runner.report.github import annotate
from runner.text import list_some, plural

MAX_ON_SCREEN = 8
"""Findings that are shown where a screen's worth is asked for; each takes two or three lines."""

MAX_NAMED = 3
"""Configurations that are named for a finding that several have."""


@dataclass(frozen=True)
class Merged:
    """A finding that one configuration or several have in the same words."""

    row: Mapping[Any, Any]
    """The row of the first configuration in the frame of findings."""
    configurations: tuple[str, ...]
    """What tells each configuration from the others; empty texts where there is only one."""


def merge_findings(results: Results) -> list[Merged]:
    """Join findings that are equal but for the configuration, in the order of the frame."""
    merged: dict[tuple[Any, ...], list[Mapping[Any, Any]]] = {}
    for row in results.findings.to_dict("records"):
        if pd.isna(row["ignored"]):
            key = (row["code"], row["where"], row["seen"], row["change"])
            merged.setdefault(key, []).append(row)
    return [
        Merged(rows[0], tuple(name_row(results, row) for row in rows)) for rows in merged.values()
    ]


def format_findings(results: Results, limit: int | None = MAX_ON_SCREEN) -> Text:
    """Return the findings, the worst first, each on a line of its own; empty without any.

    Args:
        results: of a sweep.
        limit: how many findings are shown; the others are counted. None: all are shown.
    """
    merged = merge_findings(results)
    ignored = int(results.findings["ignored"].notna().sum())
    text = Text()
    if limit == 0 or not (merged or ignored):
        return text
    visible = merged[:limit]
    for each in visible:
        _append_finding(text, results, each)
    if hidden := len(merged) - len(visible):
        text.append(f"{plural(hidden, 'more finding')}: --findings all shows all\n", "dim")
    if ignored:
        text.append(f"{plural(ignored, 'finding')} ignored, as the config says\n", "dim")
    text.rstrip()
    return text


def _append_finding(text: Text, results: Results, merged: Merged) -> None:
    row = merged.row
    text.append(f"{row['severity']:7} ", STYLES[Severity(row["severity"])])
    text.append(f"{row['code']} {row['name']}", "bold")
    text.append(_name_configurations(results, merged))
    text.append(f": {describe_row(row)}\n")


def _name_configurations(results: Results, merged: Merged) -> str:
    named = [each for each in merged.configurations if each]
    if not named:
        return ""
    if len(merged.configurations) == len(results.table):
        return " (in every configuration)"
    return f" ({list_some(named, MAX_NAMED, '; ')})"


def describe_row(row: Mapping[Any, Any]) -> str:
    """Say what was seen, why it matters, how sure that is, and what to change, on one line."""
    doubt = "" if row["certainty"] == "certain" else f"({row['certainty']})"
    change = "" if pd.isna(row["change"]) else row["change"]
    return " ".join(filter(None, [row["seen"], row["why"], doubt, change]))


def list_findings(results: Results) -> list[dict[str, Any]]:
    """Return the findings as JSON has them; null where something is missing."""
    frame = results.findings
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def format_json(results: Results) -> str:
    """Return the table and the findings of a sweep as JSON."""
    table = json.loads(results.table.to_json(orient="records", double_precision=15))
    return json.dumps({"table": table, "findings": list_findings(results)}, indent=2)


def format_github(results: Results) -> str:
    """Return workflow commands, one for each finding that is not ignored."""
    lines = []
    for each in merge_findings(results):
        row = each.row
        named = _name_configurations(results, each)
        lines.append(
            annotate(
                LEVELS[Severity(row["severity"])],
                f"{row['code']} {row['name']}",
                f"{describe_row(row)}{named}",
            )
        )
    return "\n".join(lines)
