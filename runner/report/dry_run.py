"""Prints a dry run: what would run, what is expected of it, and what lint says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TypeVar

from rich.table import Table
from rich.text import Text

from runner.lint.preview import Preview
from runner.lint.rule import Finding
from runner.numeric.verdicts import State
from runner.report.columns import GAP, Column, choose_rows, count_left_out, fit_columns
from runner.report.console import make_console
from runner.report.findings.lint_findings import STYLES
from runner.static.predict import AxisPrediction, Prediction
from runner.text import LONGEST_CELL, plural, shorten

AXES = tuple(item.name for item in fields(Prediction))
"""The axes of a prediction."""

RANKS = {"runs": 1, "builds": 3, "calls": 4, "inputs": 4}
"""The rank of each axis's column; the column with the number of runs has rank 2."""

Shared = TypeVar("Shared")

VERBS: dict[str, str] = {
    State.DIFFERS: "differ",
    "unknown": "are not known",
    State.SAME: "are the same",
}
"""The words for each predicted state, in the order in which predictions are shown."""


def print_previews(previews: Sequence[Preview], repeated: bool) -> None:
    """Print what each configuration would do, and that nothing was run.

    Args:
        previews: the previews of the configurations, at least one.
        repeated: whether this is a sweep, in which configurations are repeated, not a single run.
    """
    console = make_console()
    findings = _share((each.findings for each in previews), len(previews))
    console.print(build_table(previews, findings, console.width))
    console.print()
    console.print(_build_reasons(previews))
    if findings:
        console.print()
        console.print(_build_findings(findings))
    console.print()
    console.print(_summarize(previews, repeated))


def build_table(previews: Sequence[Preview], findings: dict[Finding, str], width: int) -> Table:
    """Return a table with one row per configuration.

    Args:
        previews: the previews of the configurations, at least one.
        findings: each finding to how many configurations have it, such as "2 of 4"; "" for all.
        width: in characters; columns that do not fit are left out.
    """
    keys = dict.fromkeys(key for each in previews for key in each.overrides)
    columns = []
    for key in keys:
        values = [shorten(each.overrides.get(key, "-"), LONGEST_CELL) for each in previews]
        columns.append(Column(key, values, 0 if len(set(values)) > 1 else 6))
    columns.append(Column("to run", [_name_range(each.runs, each.most) for each in previews], 2))
    for axis in AXES:
        states = [str(getattr(each.prediction, axis).state) for each in previews]
        columns.append(Column(axis, states, RANKS[axis]))
    own = [
        " ".join(dict.fromkeys(found.code for found in each.findings if findings[found]))
        for each in previews
    ]
    if any(own):
        columns.append(Column("lint", own, 5))
    return fit_columns(columns, width)


def _build_reasons(previews: Sequence[Preview]) -> Table:
    """Return each prediction and its reason once, with the number of configurations."""
    table = _make_list("predicted")
    for axis in reversed(AXES):
        expected = _share(([getattr(each.prediction, axis)] for each in previews), len(previews))
        _add_some(
            table,
            [
                (Text(f"{axis} {VERBS[each.state]}"), _counted(each.reason, count))
                for each, count in sorted(expected.items(), key=_order)
            ],
        )
    return table


def _build_findings(findings: dict[Finding, str]) -> Table:
    """Return each finding once, the worst first, with the number of configurations."""
    table = _make_list("lint")
    rows = []
    for found in sorted(findings, key=lambda each: (each.severity.rank, each.code)):
        head = Text(f"{found.code} {found.severity}", style=STYLES[found.severity])
        rows.append((head, _counted(f"{found.key}: {found.message}", findings[found])))
    _add_some(table, rows)
    return table


def _add_some(table: Table, rows: Sequence[tuple[Text, Text]]) -> None:
    """Add rows to a list; of many, those at the beginning and at the end."""
    for number in choose_rows(len(rows)):
        if number is None:
            left_out = f"{count_left_out(len(rows))} lines are not shown"
            table.add_row("...", Text(left_out, style="dim"))
        else:
            table.add_row(*rows[number])


def _make_list(heading: str) -> Table:
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row(Text(heading, style="bold"), "")
    return table


def _counted(text: str, count: str) -> Text:
    return Text.assemble(text, (f" [{count}]" if count else "", "dim"))


def _share(groups: Iterable[Iterable[Shared]], total: int) -> dict[Shared, str]:
    """Return each member of any group to how many groups have it, as "2 of 4"; "" for all."""
    counts = Counter(each for group in groups for each in dict.fromkeys(group))
    return {each: f"{n} of {total}" if n < total else "" for each, n in counts.items()}


def _order(expected: tuple[AxisPrediction, str]) -> int:
    return list(VERBS).index(expected[0].state)


def _name_range(fewest: int, most: int) -> str:
    """Return a number of runs that may not be known before."""
    return str(fewest) if fewest == most else f"{fewest} to {most}"


def _summarize(previews: Sequence[Preview], repeated: bool) -> Text:
    runs, most = sum(each.runs for each in previews), sum(each.most for each in previews)
    parts = [plural(len(previews), "configuration")]
    parts.append(plural(runs, "run") if runs == most else f"{_name_range(runs, most)} runs")
    if silenced := sum(each.silenced for each in previews):
        parts.append(f"{plural(silenced, 'finding')} silenced")
    text = Text(f"{', '.join(parts)}. Nothing was run or written.", style="bold")
    if not repeated:
        text.append(" Add -m to see it with its replicates.", style="not bold")
    return text
