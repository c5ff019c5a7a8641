"""Writes the files of a sweep: its page, its tables in three formats, and its environment."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from runner.analysis.results import Results
from runner.record.store import write_atomically
from runner.record.surroundings.environment import describe_sweep
from runner.report.compared_page import describe_change
from runner.report.github import format_table
from runner.text import format_error

if TYPE_CHECKING:
    from runner.compare.sweeps import SweepDifference

PAGE = "report.html"
"""The name of a sweep's page in its directory."""


def save(results: Results, *, running: bool = False) -> None:
    """Write report.html, table.*, runs.* and environment.json into the sweep's directory.

    If rules found something, findings.* is written too; if a key was swept, factors.*; if
    `seed.vary` was, attribution.*; if a configuration has claims, claims.*.

    Args:
        results: the results of the sweep.
        running: whether it still runs.
    """
    _save_frame(results, "table", results.table)
    _save_frame(results, "runs", results.runs)
    if len(results.findings):
        _save_frame(results, "findings", results.findings)
    if len(results.factors):
        _save_frame(results, "factors", results.factors)
    if results.attribution is not None:
        _save_frame(results, "attribution", results.attribution)
    if len(results.claims):
        _save_frame(results, "claims", results.claims)
    directory = results.directory
    write_atomically(directory / "table.md", markdown(results.table).encode())
    environment = json.dumps(describe_sweep(results.environments), indent=1)
    write_atomically(directory / "environment.json", environment.encode())
    try:
        save_page(results, running=running)
    except Exception as error:
        # A page that cannot be made must not take the tables away.
        print(f"{directory / PAGE} was not written: {format_error(error)}", file=sys.stderr)


def save_page(
    results: Results, *, running: bool = False, against: SweepDifference | None = None
) -> Path:
    """Write the page of a sweep into its directory.

    Args:
        results: the results of the sweep.
        running: whether it still runs.
        against: how it compares with an earlier sweep, which is A; None: with none.

    Returns:
        The path of the page.

    Raises:
        OSError: it cannot be written.
    """
    from runner.page.sweep_contents import SweepState
    from runner.page.sweep_page import make_page

    change = None if against is None else describe_change(against)
    state = SweepState(running, change)
    path = results.directory / PAGE
    write_atomically(path, make_page(results, state).encode("utf-8", "backslashreplace"))
    return path


def markdown(table: pd.DataFrame) -> str:
    """Return a frame as a GitHub table with every column; missing values are empty cells."""
    rows = (
        ["" if pd.isna(value) else str(value) for value in row]
        for row in table.itertuples(index=False)
    )
    return "\n".join(format_table(list(table.columns), rows)) + "\n"


def _save_frame(results: Results, name: str, frame: pd.DataFrame) -> None:
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    write_atomically(results.directory / f"{name}.parquet", parquet.getvalue())
    write_atomically(results.directory / f"{name}.csv", frame.to_csv(index=False).encode())
