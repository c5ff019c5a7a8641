"""Prints what a person reads in the terminal when a sweep or a run has ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from runner.analysis.results import Results
from runner.analysis.tables.row_names import name_row
from runner.record.record import LOG, RunRecord
from runner.report.cell_table import build_cell_tables, count_unsettled
from runner.report.columns import choose_rows, count_left_out
from runner.report.console import make_console
from runner.report.findings.measured_findings import MAX_ON_SCREEN, format_findings
from runner.report.sweep_tables import (
    build_attribution,
    build_claims,
    build_factors,
    build_table,
    style_of,
)
from runner.text import resuming_command

FILES = (
    "report.html", "table.csv", "runs.csv", "findings.csv", "factors.csv", "attribution.csv",
    "claims.csv", "environment.json",
)  # fmt: skip
"""The files that are named if they exist; Parquet and Markdown files lie beside them."""

KILLED, OUT_OF_MEMORY = "SIGKILL", "perhaps the system ran out of memory"
"""The signal with which the system ends a process when memory runs out, and what is then said.

The system leaves no other trace that everybody may read."""

MOST_FAILURES = 5
"""How many different reasons of failed runs are listed; runs.csv has all."""

SCRIPT = "task.script"
"""The key, and column, that names a script."""


def print_results(
    results: Results,
    planned: int | None = None,
    running: bool = False,
    max_findings: int | None = MAX_ON_SCREEN,
) -> None:
    """Print the table, what was found of each configuration, and where the files are.

    Args:
        results: the results of a sweep.
        planned: the number of runs in the sweep's plan; None if it is not known.
        running: whether the sweep still runs.
        max_findings: how many findings are shown at most; None to show all of them.
    """
    console = make_console()
    print_configurations(console, results)
    if text := format_findings(results, max_findings):
        console.print()
        console.print(Text("findings", style="bold"))
        console.print(text)
    further = (
        build_factors(results, console.width),
        build_attribution(results, console.width),
        build_claims(results),
    )
    for table in filter(None, further):
        console.print()
        console.print(table)
    _print_cells(console, results)
    _print_failures(console, results)
    finished = len(results.runs)
    if planned is not None and finished < planned:
        _print_unfinished(console, results, finished, planned, running)
    written = [name for name in FILES if (results.directory / name).exists()]
    _print_files(console, results.directory, written)


def _print_files(console: Console, directory: Path, names: Sequence[str]) -> None:
    """Print where files are; the names go below a path that leaves no room for them."""
    line, named = f"Files: {directory}", f"({', '.join(names)})" if names else ""
    if len(line) + 1 + len(named) <= console.width:
        console.print(f"{line} {named}".rstrip(), soft_wrap=True)
        return
    console.print(line, soft_wrap=True)
    console.print(named)


def print_configurations(console: Console, results: Results) -> None:
    """Print the table, and what was found of each configuration."""
    sparks = console.is_terminal and console.encoding.startswith("utf")
    console.print(build_table(results, console.width, sparks=sparks))
    console.print()
    rows = results.table.to_dict("records")
    count = len(rows)
    for number in choose_rows(count):
        if number is None:
            others = f"... {count_left_out(count)} configurations are not shown"
            console.print(f"{others}: table.csv and table.parquet have them all", style="dim")
            continue
        console.print(_sentence(results, rows[number], results.sentences[number]))


def _print_cells(console: Console, results: Results) -> None:
    for title, table in build_cell_tables(results):
        console.print()
        console.print(title)
        console.print(table)
    if text := count_unsettled(results):
        console.print(text)


def print_record(record: RunRecord, directory: Path) -> None:
    """Print what one run measured, and that several runs are needed to see variance."""
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


def _sentence(results: Results, row: Mapping[Any, Any], sentence: str) -> Text:
    name, verdict = name_row(results, row), row["verdict"]
    head = f"{name} " if name else ""
    return Text.assemble((head, "bold"), (verdict, style_of(verdict)), ": ", sentence)


def _print_unfinished(
    console: Console,
    results: Results,
    finished: int,
    planned: int,
    running: bool,
) -> None:
    if running:
        console.print(f"Still running: {finished} of {planned} runs were made.", style="bold")
        return
    console.print(f"Ended early: {finished} of {planned} runs were made.", style="bold")
    named = results.runs[SCRIPT].dropna() if SCRIPT in results.overrides else ()
    scripts = [str(each).strip("'") for each in named]
    command = resuming_command(str(results.directory), scripts)
    console.print(f"To finish it: {command}", soft_wrap=True)


def _print_failures(console: Console, results: Results) -> None:
    lines = list_failures(results)
    if (results.runs["status"] == "failed").any():
        console.print()
    for line in lines:
        console.print(line, style="red")


def list_failures(results: Results) -> list[str]:
    """Return a line for each different reason why runs failed or could not be used."""
    failed = results.runs[results.runs["status"] == "failed"]
    first_lines = [str(error).splitlines()[0] for error in failed["error"]]
    reasons = Counter(first_lines)
    lines = []
    for reason, count in reasons.most_common(MOST_FAILURES):
        place = failed["dir"].iloc[first_lines.index(reason)]
        hint = f"; {OUT_OF_MEMORY}" if results.signals.get(place) == KILLED else ""
        lines.append(f"{count} failed: {reason}{hint} (see {results.directory / place / LOG})")
    if len(reasons) > MOST_FAILURES:
        lines.append(f"{len(reasons) - MOST_FAILURES} more reasons are in runs.csv")
    lines += [f"not used: {problem}" for problem in results.problems[:MOST_FAILURES]]
    if len(results.problems) > MOST_FAILURES:
        lines.append(f"not used: {len(results.problems) - MOST_FAILURES} more")
    return lines
