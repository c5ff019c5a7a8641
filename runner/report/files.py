"""Writes the files of a sweep: its tables as Parquet, CSV and Markdown, and its environment."""

from __future__ import annotations

import io
import json

import pandas as pd

from runner.analysis.results import Results
from runner.record.store import write_atomically
from runner.record.surroundings.environment import describe_sweep
from runner.report.github import format_table


def save(results: Results) -> None:
    """Write table.*, runs.* and environment.json into the sweep's directory.

    If rules found something, findings.* is written too; if a key was swept, factors.*; if
    `seed.vary` was, attribution.*; if a configuration has claims, claims.*.
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
