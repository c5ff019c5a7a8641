"""What a person reads in the terminal when a sweep or a run has ended."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.claims import Result
from runner.collate import Results
from runner.record import Record
from runner.verdict import Verdict

TABLE = "table.csv"
"""Is there once a sweep's files are saved."""

PIPE_WIDTH = 100
"""Columns in a pipe, where there is no terminal to measure."""

GAP = 2
"""Columns between two of the table's."""

LONGEST_CELL = 28
"""Characters of a value; the files have all of it."""

MOST_FAILURES = 5
"""Different reasons of failed runs that are listed; runs.csv has all."""

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


def print_results(results: Results, planned: int | None = None) -> None:
    """Print the table, a sentence a configuration, and where the files are.

    Args:
        results: of a sweep.
        planned: runs that the sweep meant to make; None when that is not known.
    """
    console = make_console()
    console.print(build_table(results, console.width))
    console.print()
    for row, sentence in zip(results.table.itertuples(index=False), results.sentences, strict=True):
        console.print(_sentence(results, row, sentence))
    if len(results.claims):
        console.print()
        console.print(build_claims(results))
    _print_failures(console, results)
    finished = len(results.runs)
    if planned is not None and finished < planned:
        console.print(f"Ended early: {finished} of {planned} runs were made.", style="bold")
    saved = (
        " (table.csv, runs.csv, environment.json)" if (results.directory / TABLE).exists() else ""
    )
    console.print(f"Files: {results.directory}{saved}", soft_wrap=True)


def build_claims(results: Results) -> Table:
    """Return what was measured of each claim, two lines a claim, by configuration."""
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    previous = ""
    row: Any
    for row in results.claims.itertuples(index=False):
        name = _name(results, row)
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


def print_record(record: Record, directory: Path) -> None:
    """Print what one run measured, and that variance takes several."""
    console = make_console()
    for build, metrics in enumerate(record.metrics):
        values = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        console.print(f"build {build}: {values}")
    seeds = ", ".join(f"{name} {value}" for name, value in record.seeds.items())
    console.print(f"seeds:   {seeds or 'nothing was seeded'}")
    console.print(f"digest:  {record.digest}")
    console.print(f"record:  {directory / 'record.json'}", soft_wrap=True)
    console.print(
        "One run says nothing about variance: add -m to run it several times and compare."
    )


def make_console() -> Console:
    """Return a console on standard output; colours only in a terminal and without NO_COLOR."""
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns  # COLUMNS comes first
    return Console(width=width, highlight=False, markup=False)


def build_table(results: Results, width: int) -> Table:
    """Return the table in that many characters; columns that do not fit are left out."""
    columns = _columns(results)
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
    for number in range(len(results.table)):
        cells = []
        for column in kept:
            style = _style(column.cells[number]) if column.heading == "verdict" else ""
            cells.append(Text(column.cells[number], style=style))
        table.add_row(*cells)
    return table


def _columns(results: Results) -> list[Column]:
    """Return all columns in their order, ranked."""
    table = results.table
    made: list[tuple[str, Sequence[str], int]] = []
    varied = _varied(results)
    for key in results.overrides:
        made.append((key, [_cut(value) for value in table[key]], 0 if key in varied else 10))
    made.append(("verdict", list(table["verdict"]), -1))
    made.append(("runs", [str(value) for value in table["runs"]], 1))
    if table["failed"].any():
        made.append(("failed", [str(value) for value in table["failed"]], 1))
    for axis in ("inputs", "calls", "builds", "runs"):
        made.append((axis, [_state(value) for value in table[f"across_{axis}"]], 2))
    made.append(("replay", [_state(value) for value in table["replay"]], 2))
    made.append(("churn", [_number(value) for value in table["churn"]], 3))
    metrics = [c.removesuffix("_mean") for c in table.columns if c.endswith("_mean")]
    # The loss comes last: accuracy is what most tables are about.
    for metric in sorted(metrics, key=lambda name: name == "loss"):
        cells = [
            _spread(*pair)
            for pair in zip(table[f"{metric}_mean"], table[f"{metric}_sd"], strict=True)
        ]
        made.append((metric, cells, 4 if metric != "loss" else 7))
    made.append(("first divergence", [_cut(value) for value in table["first_divergence"]], 5))
    made.append(("varies with", [_cut(value) for value in table["varies_with"]], 6))
    made.append(("max abs diff", [_number(value) for value in table["max_abs_diff"]], 8))
    made.append(("s a run", [_number(value) for value in table["wall_s"]], 9))
    return [Column(heading, list(cells), rank) for heading, cells, rank in made]


def _varied(results: Results) -> set[str]:
    """The overridden keys that tell configurations apart; the others are the same for all."""
    return {key for key in results.overrides if len(results.table[key].drop_duplicates()) > 1}


def _name(results: Results, row: Any) -> str:
    """What tells a row's configuration from the others; empty where there is only one.

    Args:
        results: of a sweep.
        row: of the table or another frame that begins with the overridden keys.
    """
    varied = _varied(results)
    values = [pair for pair in zip(results.overrides, row, strict=False) if pair[0] in varied]
    return " ".join(f"{key}={_cut(value)}" for key, value in values if not pd.isna(value))


def _sentence(results: Results, row: Any, sentence: str) -> Text:
    name = _name(results, row)
    verdict = row[len(results.overrides) + 1]
    head = f"{name} " if name else ""
    return Text.assemble((head, "bold"), (verdict, _style(verdict)), ": ", sentence)


def _print_failures(console: Console, results: Results) -> None:
    failed = results.runs[results.runs["status"] == "failed"]
    reasons = Counter(str(error).splitlines()[0] for error in failed["error"])
    if reasons:
        console.print()
    for reason, count in reasons.most_common(MOST_FAILURES):
        first = failed[[str(e).startswith(reason) for e in failed["error"]]].iloc[0]
        console.print(f"{count} failed: {reason} (see {first['dir']}/run.log)", style="red")
    if len(reasons) > MOST_FAILURES:
        console.print(f"{len(reasons) - MOST_FAILURES} more reasons are in runs.csv", style="red")
    for problem in results.problems:
        console.print(f"not used: {problem}", style="red")


def _style(verdict: str) -> str:
    return STYLES.get(Verdict(verdict), "red")


def _cut(value: Any) -> str:
    if pd.isna(value):
        return "-"
    text = str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


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
