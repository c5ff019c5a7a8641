"""The tables of a sweep as they fit a terminal: configurations, factors, sources and claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from runner.attribution import VARY
from runner.claims import Result
from runner.collate import Results
from runner.verdict import Verdict

GAP = 2
"""Columns between two of a table's."""

MISSED = 4
"""Columns of this rank or a lower one are named where there is no room for them."""

LONGEST_CELL = 28
"""Characters of a value; the files have all of it."""

STYLES = {
    Verdict.DETERMINISTIC: "green",
    Verdict.REPEATABLE: "green",
    Verdict.SEED_DRIVEN: "cyan",
    Verdict.ROUNDING: "yellow",
    Verdict.INSUFFICIENT: "yellow",
}
"""Verdicts without a style are red."""

CLAIM_STYLES = {Result.HOLDS: "green", Result.REFUTED: "red", Result.INCONCLUSIVE: "yellow"}


@dataclass(frozen=True)
class Column:
    """A column of the terminal's table."""

    heading: str
    cells: list[str]
    rank: int
    """Lower ones are shown first where not all fit."""

    @property
    def width(self) -> int:
        """Characters that it takes, without the gap."""
        return max(len(text) for text in (self.heading, *self.cells))


def build_table(results: Results, width: int) -> Table:
    """Return the configurations in that many characters; columns that do not fit are left out."""
    columns = _columns(results)
    table = fit(columns, width)
    shown = {column.header for column in table.columns}
    lacking = [c.heading for c in columns if c.rank <= MISSED and c.heading not in shown]
    if lacking:
        table.caption = Text(f"no room for {', '.join(lacking)}: the files have them", style="dim")
        table.caption_justify = "left"
    return table


def build_factors(results: Results, width: int) -> Table | None:
    """Return what changing each swept key does; None where no key was swept.

    Sources of randomness have a table of their own.
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
        Column("factor", [cut(value) for value in frame["factor"]], 0),
        Column("levels", [cut(value) for value in changes], 1),
        Column("outputs", [_state(value) for value in frame["state"]], 2),
    ]
    for metric in _order(c.removesuffix("_diff") for c in frame.columns if c.endswith("_diff")):
        cells = [_interval(*row) for row in frame[_ends(metric, "diff")].to_numpy()]
        columns.append(Column(f"{metric} difference", cells, 4 if metric != "loss" else 5))
    columns.append(Column("note", ["" if pd.isna(n) else cut(n, 60) for n in frame["note"]], 6))
    return fit(columns, width)


def build_attribution(results: Results, width: int) -> Table | None:
    """Return how much each source of randomness varies; None unless that was swept."""
    frame = results.attribution
    if frame is None:
        return None
    place = list(frame.columns).index("source")
    columns = [Column(key, [cut(v) for v in frame[key]], 0) for key in frame.columns[:place]]
    columns.append(Column("source", [str(value) for value in frame["source"]], 0))
    columns.append(Column("runs", [str(value) for value in frame["runs"]], 1))
    for metric in _order(c.removesuffix("_share") for c in frame.columns if c.endswith("_share")):
        rank = 2 if metric != "loss" else 7
        for name, heading in (("sd", f"{metric} SD"), ("share", "share of all")):
            cells = [_interval(*row) for row in frame[_ends(f"{metric}", name)].to_numpy()]
            columns.append(Column(heading, cells, rank))
    for rank, name in enumerate(("churn", "correlation", "averaging_gain"), 3):
        cells = [_number(value) for value in frame[name]]
        columns.append(Column(name.replace("_", " "), cells, rank))
    columns.append(Column("note", ["" if pd.isna(n) else cut(n, 60) for n in frame["note"]], 6))
    return fit(columns, width)


def fit(columns: Sequence[Column], width: int) -> Table:
    """Return a table in that many characters, without the columns that do not fit."""
    shown: set[int] = set()
    left = width
    for index in sorted(range(len(columns)), key=lambda i: columns[i].rank):
        needed = columns[index].width + (GAP if shown else 0)
        if needed > left:
            # A later, narrower column must not take the place of a more important one.
            break
        left -= needed
        shown.add(index)
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    kept = [columns[index] for index in sorted(shown)]
    for column in kept:
        table.add_column(column.heading, no_wrap=True, overflow="ellipsis")
    for number in range(len(columns[0].cells)):
        cells = []
        for column in kept:
            style = style_of(column.cells[number]) if column.heading == "verdict" else ""
            cells.append(Text(column.cells[number], style=style))
        table.add_row(*cells)
    return table


def _columns(results: Results) -> list[Column]:
    """Return all columns in their order, ranked."""
    table = results.table
    made: list[tuple[str, Sequence[str], int]] = []
    varied = find_varied(results)
    for key in results.overrides:
        made.append((key, [cut(value) for value in table[key]], 0 if key in varied else 10))
    made.append(("verdict", list(table["verdict"]), -1))
    made.append(("runs", [str(value) for value in table["runs"]], 1))
    if table["failed"].any():
        made.append(("failed", [str(value) for value in table["failed"]], 1))
    for axis in ("inputs", "calls", "builds", "runs"):
        made.append((axis, [_state(value) for value in table[f"across_{axis}"]], 2))
    made.append(("replay", [_state(value) for value in table["replay"]], 2))
    made.append(("churn", [_number(value) for value in table["churn"]], 3))
    for metric in _order(c.removesuffix("_mean") for c in table.columns if c.endswith("_mean")):
        cells = [
            _spread(*pair)
            for pair in zip(table[f"{metric}_mean"], table[f"{metric}_sd"], strict=True)
        ]
        made.append((metric, cells, 4 if metric != "loss" else 7))
    made.append(("first divergence", [cut(value) for value in table["first_divergence"]], 5))
    made.append(("varies with", [cut(value) for value in table["varies_with"]], 6))
    made.append(("max abs diff", [_number(value) for value in table["max_abs_diff"]], 8))
    made.append(("labels", ["-" if pd.isna(v) else str(v) for v in table["labels"]], 9))
    if table["claims"].notna().any():
        made.append(("claims", [cut(value) for value in table["claims"]], 3))
    made.append(("predicted", [cut(value, 60) for value in table["predicted"]], 10))
    made.append(("s a run", [_number(value) for value in table["wall_s"]], 9))
    return [Column(heading, list(cells), rank) for heading, cells, rank in made]


def find_varied(results: Results) -> set[str]:
    """The overridden keys that tell configurations apart; the others are the same for all."""
    return {key for key in results.overrides if len(results.table[key].drop_duplicates()) > 1}


def name_row(results: Results, row: Any) -> str:
    """What tells a row's configuration from the others; empty where there is only one.

    Args:
        results: of a sweep.
        row: of the table or another frame that begins with the overridden keys.
    """
    varied = find_varied(results)
    values = [pair for pair in zip(results.overrides, row, strict=False) if pair[0] in varied]
    return " ".join(f"{key}={cut(value)}" for key, value in values if not pd.isna(value))


def build_claims(results: Results) -> Table:
    """Return what was measured of each claim, two lines a claim, by configuration."""
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    previous = ""
    row: Any
    for row in results.claims.itertuples(index=False):
        name = name_row(results, row)
        if name != previous:
            table.add_row(Text("claims", style="bold"), Text(name, style="bold"))
            previous = name
        text = Text(f"{row.claim}\nclaimed {row.check}; measured {row.measured}")
        if not pd.isna(row.needed_replicates):
            text.append(f"; replicates={row.needed_replicates} would settle it")
        if not pd.isna(row.source):
            text.append(f" [{row.source}]", style="dim")
        table.add_row(Text(row.result, style=CLAIM_STYLES[Result(row.result)]), text)
    return table


def _order(metrics: Iterable[str]) -> list[str]:
    """The loss comes last: accuracy is what most tables are about."""
    return sorted(metrics, key=lambda name: name == "loss")


def _ends(metric: str, name: str) -> list[str]:
    return [f"{metric}_{name}{end}" for end in ("", "_low", "_high")]


def _interval(value: float, low: float, high: float) -> str:
    """`0.012 (0.008 to 0.02)`; of values that are all equal the value: nothing bounds it."""
    if pd.isna(value) or pd.isna(low) or low == high:
        return _number(value)
    return f"{value:.3g} ({low:.3g} to {high:.3g})"


def style_of(verdict: str) -> str:
    """Colour of a verdict's name."""
    return STYLES.get(Verdict(verdict), "red")


def cut(value: Any, longest: int = LONGEST_CELL) -> str:
    """A value in at most that many characters; `-` for a missing one."""
    if pd.isna(value):
        return "-"
    text = str(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _state(value: str) -> str:
    return "-" if value == "unmeasured" else value


def _number(value: Any) -> str:
    return "-" if pd.isna(value) else f"{value:.3g}"


def _spread(mean: Any, sd: Any) -> str:
    """`0.953 ± 0.006`: mean and standard deviation, with as many digits as the deviation has."""
    if pd.isna(mean):
        return "-"
    if pd.isna(sd):
        return f"{mean:.3f}"
    if sd == 0:
        return f"{mean:.3f} ± 0"
    return f"{mean:.3f} ± {sd:.3f}" if sd >= 0.0005 else f"{mean:.3f} ± {sd:.0e}"
