"""Shows the comparison of two sweeps in a terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from runner.analysis.tables.row_names import shorten_cell
from runner.compare.metrics import MetricDifference
from runner.compare.runs import SidePair
from runner.compare.sweeps import ConfigurationDifference, SweepDifference
from runner.numeric.verdicts import State
from runner.report.columns import Column, fit_columns
from runner.report.github import format_table
from runner.report.run_diff import plain
from runner.text import list_some, plural

GAP = 2
"""The number of characters between two columns of a table."""

MOST_KEYS = 5
"""How many keys of the config that differ are listed; the JSON has all."""

LONGEST = 60
"""How many characters of a value in a list are shown."""


def print_comparison(
    found: SweepDifference, console: Console, allow_rounding: bool = False
) -> None:
    """Print what differs between two sweeps, and what could not be compared.

    Args:
        found: the comparison.
        console: prints.
        allow_rounding: whether differences within the tolerance are not called changes.
    """
    print_sides(found, console)
    print_environment(found, console)
    if found.configurations:
        console.print()
        console.print(fit_columns(_columns(found), console.width))
    for each in found.configurations:
        lines = list(describe(each, each.changes(allow_rounding)))
        if lines:
            console.print()
            console.print(Text(each.name or "configuration", style="bold"))
        for text, style in lines:
            console.print(Padding(Text(text, style=style), (0, 0, 0, GAP), expand=False))
    console.print()
    for side, names in (("A", found.only_a), ("B", found.only_b)):
        for name in names:
            console.print(Text(f"only in {side}: {name or 'the defaults'}", style="red"))
    for problem in found.problems:
        console.print(Text(f"problem: {problem}", style="red"))
    if any(each.low is not None for one in found.configurations for each in one.metrics):
        percent = f"{100 * found.confidence:g}%"
        console.print(f"The intervals of metrics hold with {percent} confidence, all together.")
    console.print(summarize(found, allow_rounding))


def print_sides(found: SweepDifference, console: Console) -> None:
    """Print which path is A and which is B."""
    for side, path in (("A", found.a), ("B", found.b)):
        console.print(Text.assemble((f"{side}  ", "bold"), path), soft_wrap=True)


def print_environment(found: SweepDifference, console: Console) -> None:
    """Print the keys of the environment that differ between two sweeps."""
    console.print()
    if not found.environment:
        said = "not recorded in both" if found.environment is None else "the same"
        console.print(Text(f"environment: {said}", style="bold"))
        return
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("environment that differs", no_wrap=True)
    for side in "AB":
        table.add_column(side, overflow="fold")
    for pair in found.environment:
        table.add_row(pair.name, show_values(pair.a), show_values(pair.b))
    console.print(table)


def describe(found: ConfigurationDifference, changes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield lines about a configuration, each with its colour; none if it is plainly the same.

    Args:
        found: how the configuration compares.
        changes: what changed, as `found.changes` returns it.
    """
    for change in changes:
        yield change, "red"
    if changes and found.pairing.explanation:
        yield found.pairing.explanation, ""
    if found.pairing.reason:
        what = "not compared bit for bit: " if found.state is State.UNMEASURED else ""
        yield what + found.pairing.reason, "yellow"
    if not found.ids.same:
        yield f"matched by its overrides: {_describe_config(found.config)}", "yellow"


def summarize(found: SweepDifference, allow_rounding: bool = False) -> str:
    """Return counts, such as `3 configurations in both: 1 same, 2 differ; 1 only in A`."""
    total = len(found.configurations)
    kinds = [_kind(each, allow_rounding) for each in found.configurations]
    counts = [_count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)]
    text = f"{plural(total, 'configuration')} in both"
    text += f": {', '.join(counts)}" if counts else ""
    alone = (("A", found.only_a), ("B", found.only_b))
    return "; ".join([text, *(f"{len(names)} only in {side}" for side, names in alone if names)])


def format_markdown(found: SweepDifference, allow_rounding: bool = False) -> str:
    """Return the table with every column, and the environment, as GitHub tables."""
    lines = [f"A: `{found.a}`, B: `{found.b}`", ""]
    columns = _columns(found)
    changes = [_sentences(each, allow_rounding) for each in found.configurations]
    columns.append(Column("what changed", changes, 0))
    rows = list(zip(*(column.cells for column in columns), strict=True))
    lines += format_table([column.heading for column in columns], rows)
    lines += [f"- only in A: {name or 'the defaults'}" for name in found.only_a]
    lines += [f"- only in B: {name or 'the defaults'}" for name in found.only_b]
    if found.environment:
        pairs = [(e.name, show_values(e.a), show_values(e.b)) for e in found.environment]
        lines += ["", *format_table(["environment that differs", "A", "B"], pairs)]
    return "\n".join([*lines, "", summarize(found, allow_rounding)])


def format_json(found: SweepDifference, allow_rounding: bool = False) -> str:
    """Return all fields of SweepDifference as JSON, with numbers as in `runner.report.run_diff`."""
    bare = replace(
        found,
        configurations=tuple(
            replace(each, pairing=replace(each.pairing, pairs=(), stages=()))
            for each in found.configurations
        ),
    )
    content = {"same": found.is_same(allow_rounding), **asdict(bare)}
    for each, row in zip(found.configurations, content["configurations"], strict=True):
        del row["pairing"]["pairs"], row["pairing"]["stages"]
        row["changes"] = each.changes(allow_rounding)
    return json.dumps(plain(content), indent=1)


def show_values(values: tuple[Any, ...] | None) -> str:
    """Return the distinct values of an environment's key as text; `-` if there are none."""
    return ", ".join("-" if value is None else str(value) for value in values or (None,))


def _kind(found: ConfigurationDifference, allow_rounding: bool) -> str:
    if found.changes(allow_rounding):
        return State.DIFFERS
    # Outputs that differ are a change, so these are alike or were not compared.
    return "not compared" if found.state is State.UNMEASURED else found.state


def _count(number: int, kind: str) -> str:
    return f"{number} differ" if kind == State.DIFFERS and number != 1 else f"{number} {kind}"


def _describe_config(pairs: Sequence[SidePair]) -> str:
    if not pairs:
        return "the ids differ, and the configs were not kept or say the same"
    shown = (f"{pair.name} {_short(pair.a)} -> {_short(pair.b)}" for pair in pairs)
    return f"the configs differ in {list_some(shown, MOST_KEYS)}"


def _short(value: Any) -> str:
    return "-" if value is None else shorten_cell(str(value), LONGEST)


def _sentences(found: ConfigurationDifference, allow_rounding: bool) -> str:
    return "; ".join(text for text, _ in describe(found, found.changes(allow_rounding)))


def _columns(found: SweepDifference) -> list[Column]:
    """Return the table's columns, ranked; overrides have columns, which name a configuration."""
    rows = found.configurations
    keys = dict.fromkeys(key for each in rows for key in each.overrides)
    columns = []
    for key in keys:
        values = [each.overrides.get(key) for each in rows]
        varied = len(set(values)) > 1
        columns.append(Column(key, [shorten_cell(value) for value in values], 0 if varied else 10))
    columns += [
        Column("outputs", [str(each.state) for each in rows], -1),
        Column("equal seeds", [str(each.pairing.seeds) for each in rows], 4),
        Column("first difference", [shorten_cell(each.pairing.first) for each in rows], 1),
        Column("max abs diff", [_number(each.pairing.max_abs_diff) for each in rows], 3),
        Column("verdicts", [_arrow(each.verdict) for each in rows], 2),
    ]
    names = dict.fromkeys(metric.name for each in rows for metric in each.metrics)
    # The loss comes last, as most tables are about accuracy.
    for name in sorted(names, key=lambda name: name == "loss"):
        cells = [_metric({each.name: each for each in row.metrics}.get(name)) for row in rows]
        columns.append(Column(f"{name} difference", cells, 5 if name != "loss" else 6))
    return columns


def _arrow(pair: SidePair) -> str:
    return str(pair.a) if pair.same else f"{pair.a} -> {pair.b}"


def _metric(found: MetricDifference | None) -> str:
    if found is None or found.difference is None:
        return "-"
    if found.low is None or found.high is None:
        return _number(found.difference)
    return f"{found.difference:.3g} ({found.low:.3g} to {found.high:.3g})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
