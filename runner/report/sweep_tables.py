"""Builds the tables of a sweep for a terminal: configurations, factors, sources and claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from runner.analysis.attribution import VARY
from runner.analysis.claims.checked import Result
from runner.analysis.results import Results
from runner.analysis.tables.column_names import METRIC
from runner.analysis.tables.row_names import find_varied, name_row, order_metrics, shorten_cell
from runner.numeric.verdicts import Verdict
from runner.report.cell_table import split_claims
from runner.report.columns import (
    GAP,
    Column,
    caption,
    choose_rows,
    count_left_out,
    fit_columns,
    show_interval,
    show_number,
    show_spread,
    show_state,
)
from runner.report.run_sparks import find_sparks

MISSED = 4
"""A column for which there is no room is named if its rank is at most this."""

FIRST_DIVERGENCE = "first divergence"
"""Heading of the column before which every run is shown."""

CLAIM_STYLES = {Result.HOLDS: "green", Result.REFUTED: "red", Result.INCONCLUSIVE: "yellow"}
"""The colour of each result of a claim in a terminal."""


def build_table(results: Results, width: int, *, sparks: bool = False) -> Table:
    """Return the table of configurations, without the columns that do not fit.

    Args:
        results: the results of a sweep.
        width: in characters.
        sparks: whether a column shows every run as a small bar.
    """
    columns = list_columns(results)
    if sparks and (drawn := find_sparks(results)) is not None:
        place = next(n for n, each in enumerate(columns) if each.heading == FIRST_DIVERGENCE)
        columns.insert(place, Column("each run", drawn, 5))
    table = fit_columns(columns, width)
    shown = {column.header for column in table.columns}
    lacking = [c.heading for c in columns if c.rank <= MISSED and c.heading not in shown]
    if lacking:
        caption(table, f"no room for {', '.join(lacking)}: the files have them")
    return table


def build_factors(results: Results, width: int) -> Table | None:
    """Return what changing each swept key does; None if no key was swept.

    The sources of randomness are left out, because they have a table of their own.

    Args:
        results: the results of a sweep.
        width: in characters; columns that do not fit are left out.
    """
    frame = results.factors
    if results.attribution is not None:
        frame = frame[frame["factor"] != VARY]
    if not len(frame):
        return None
    changes = [
        f"{level} against {other}" for level, other in frame[["level", "against"]].to_numpy()
    ]
    columns = [
        Column("factor", [shorten_cell(value) for value in frame["factor"]], 0),
        Column("levels", [shorten_cell(value) for value in changes], 1),
        Column("outputs", [show_state(value) for value in frame["state"]], 2),
    ]
    for metric in order_metrics(m for m in results.metrics if f"{m}_diff" in frame):
        cells = [show_interval(*row) for row in frame[_ends(metric, "diff")].to_numpy()]
        columns.append(Column(f"{metric} difference", cells, 4 if metric != "loss" else 5))
    columns.append(
        Column("note", ["" if pd.isna(n) else shorten_cell(n, 60) for n in frame["note"]], 6)
    )
    return fit_columns(columns, width)


def build_attribution(results: Results, width: int) -> Table | None:
    """Return how much each source of randomness varies the results; None unless that was swept.

    Args:
        results: the results of a sweep.
        width: in characters; columns that do not fit are left out.
    """
    frame = results.attribution
    if frame is None:
        return None
    keys = (key for key in results.names.overrides.values() if key in frame)
    columns = [Column(key, [shorten_cell(v) for v in frame[key]], 0) for key in keys]
    columns.append(Column("source", [str(value) for value in frame["source"]], 0))
    columns.append(Column("runs", [str(value) for value in frame["runs"]], 1))
    begins = results.names.metrics
    for metric in order_metrics(m for m in results.metrics if f"{begins[m]}_share" in frame):
        rank = 2 if metric != "loss" else 7
        for name, heading in (("sd", f"{metric} SD"), ("share", "share of all")):
            cells = [show_interval(*row) for row in frame[_ends(begins[metric], name)].to_numpy()]
            columns.append(Column(heading, cells, rank))
    for rank, name in enumerate(("churn", "correlation", "averaging_gain"), 3):
        cells = [show_number(value) for value in frame[name]]
        columns.append(Column(name.replace("_", " "), cells, rank))
    columns.append(
        Column("note", ["" if pd.isna(n) else shorten_cell(n, 60) for n in frame["note"]], 6)
    )
    return fit_columns(columns, width)


def list_columns(results: Results) -> list[Column]:
    """Return all columns in their order, ranked."""
    table = results.table
    varied = find_varied(results)
    first = [
        Column(column, [shorten_cell(v) for v in table[column]], 0 if key in varied else 10)
        for key, column in results.names.overrides.items()
    ]
    first.append(Column("verdict", list(table["verdict"]), -1, style_of))
    # Whether runs agree is the column `runs`, as it stands beside other axes.
    first.append(Column("n", [str(value) for value in table["runs"]], 1))
    if table["failed"].any():
        first.append(Column("failed", [str(value) for value in table["failed"]], 1))
    if "ended" in table:
        first.append(Column("ended", [str(value) for value in table["ended"]], 1))
    if "stopped" in table:
        first.append(Column("stopped", [shorten_cell(value) for value in table["stopped"]], 1))
    for axis in ("inputs", "calls", "builds", "runs"):
        first.append(Column(axis, [show_state(value) for value in table[f"across_{axis}"]], 2))
    first.append(Column("replay", [show_state(value) for value in table["replay"]], 2))
    if "resume" in table:
        first.append(Column("resume", [show_state(value) for value in table["resume"]], 2))
    first.append(Column("churn", [show_number(value) for value in table["churn"]], 3))
    last = [
        Column(FIRST_DIVERGENCE, [shorten_cell(v) for v in table["first_divergence"]], 5),
        Column("varies with", [shorten_cell(value) for value in table["varies_with"]], 6),
        Column("max abs diff", [show_number(value) for value in table["max_abs_diff"]], 8),
        Column("labels", ["-" if pd.isna(v) else str(v) for v in table["labels"]], 9),
    ]
    if "resume" in table:
        last.append(Column("lost", [shorten_cell(value) for value in table["lost"]], 5))
    if table["claims"].notna().any():
        last.append(Column("claims", [shorten_cell(value) for value in table["claims"]], 3))
    last.append(Column("predicted", [shorten_cell(v, 60) for v in table["predicted"]], 10))
    last.append(Column("s a run", [show_number(value) for value in table["wall_s"]], 9))
    taken = {column.heading for column in (*first, *last)}
    return [*first, *_metric_columns(results, taken), *last]


def _metric_columns(results: Results, taken: set[str]) -> Iterator[Column]:
    """Yield the metrics' columns, whose headings are not among those in `taken`."""
    table = results.table
    for metric in order_metrics(results.metrics):
        begin = results.names.metrics[metric]
        means, spreads = table[f"{begin}_mean"], table[f"{begin}_sd"]
        cells = [show_spread(*pair) for pair in zip(means, spreads, strict=True)]
        heading = f"{METRIC}{metric}" if metric in taken else metric
        yield Column(heading, cells, 4 if metric != "loss" else 7)


def build_claims(results: Results) -> Table | None:
    """Return what was measured of each claim, in two lines, under its configuration.

    Claims that name a cell of a published table are left out. None: there are no others.
    """
    claims, _ = split_claims(results.claims)
    if claims.empty:
        return None
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    previous = ""
    row: dict[Any, Any]
    rows = claims.to_dict("records")
    for number in choose_rows(len(rows)):
        if number is None:
            table.add_row(
                "", Text(f"{count_left_out(len(rows))} claims are not shown", style="dim")
            )
            continue
        row = rows[number]
        name = name_row(results, row)
        if name != previous:
            table.add_row(Text("claims", style="bold"), Text(name, style="bold"))
            previous = name
        text = Text(f"{row['claim']}\nclaimed {row['check']}; measured {row['measured']}")
        if not pd.isna(row["needed_replicates"]):
            text.append(f"; replicates={row['needed_replicates']} would settle it")
        if not pd.isna(row["source"]):
            text.append(f" [{row['source']}]", style="dim")
        result = row["result"]
        table.add_row(Text(result, style=CLAIM_STYLES[Result(result)]), text)
    return table


def _ends(metric: str, name: str) -> list[str]:
    """Return the columns of a metric's statistic and of the ends of its interval."""
    return [f"{metric}_{name}{end}" for end in ("", "_low", "_high")]


def style_of(verdict: str) -> str:
    """Return the colour of a verdict, given its word."""
    return Verdict(verdict).colour
