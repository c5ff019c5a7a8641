"""Formats lint's reports as text, as JSON, and as annotations of GitHub's workflows."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.text import Text

from runner.config.compose import shorten
from runner.lint.located import LocatedFinding, Report, count
from runner.lint.places import YamlPlace
from runner.numeric.severity import Severity
from runner.report.github import annotate
from runner.text import plural

STYLES = {Severity.error: "bold red", Severity.warning: "yellow", Severity.info: "cyan"}
"""The style of each severity in a terminal."""

LEVELS = {Severity.error: "error", Severity.warning: "warning", Severity.info: "notice"}
"""GitHub's word for each severity."""


def format_text(reports: Sequence[Report]) -> Text:
    """Return the findings of each configuration, one line each, and a line that counts them."""
    text = Text()
    for report in reports:
        if not report.found:
            continue
        text.append(f"{report.label}\n", "bold")
        for located in report.found:
            _append_finding(text, located)
        text.append("\n")
    text.append(_summarize(reports))
    return text


def _append_finding(text: Text, located: LocatedFinding) -> None:
    found = located.finding
    text.append(f"  {found.severity.name:7} ", STYLES[found.severity])
    text.append(f"{found.code} {found.name}: {found.key}: {found.message}")
    if located.place:
        text.append(f" [{_show(located.place)}]", "dim")
    text.append("\n")


def _summarize(reports: Sequence[Report]) -> str:
    parts = [plural(number, severity.name) for severity, number in count(reports).items()]
    if silenced := sum(report.silenced for report in reports):
        parts.append(f"{silenced} silenced")
    return f"{plural(len(reports), 'configuration')}: {', '.join(parts)}"


def format_json(reports: Sequence[Report]) -> str:
    """Return a JSON list of findings, each with its configuration, file and line (null: none)."""
    rows = []
    for report in reports:
        for located in report.found:
            found, place = located.finding, located.place
            rows.append(
                {
                    "configuration": report.label,
                    "code": found.code,
                    "name": found.name,
                    "severity": found.severity.name,
                    "key": found.key,
                    "message": found.message,
                    "file": shorten(place.file) if place else None,
                    "line": place.line if place else None,
                }
            )
    return json.dumps(rows, indent=2)


def format_github(reports: Sequence[Report]) -> str:
    """Return one workflow command for each finding, which GitHub shows beside the file's line."""
    lines = []
    for report in reports:
        for located in report.found:
            found, place = located.finding, located.place
            lines.append(
                annotate(
                    LEVELS[found.severity],
                    f"{found.code} {found.name}",
                    f"{found.key}: {found.message} ({report.label})",
                    shorten(place.file) if place else None,
                    place.line if place else 1,
                )
            )
    return "\n".join(lines)


def _show(place: YamlPlace) -> str:
    return f"{shorten(place.file)}:{place.line}"
