"""What a person reads in the terminal when a sweep or a run has ended."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from runner.collate import Results
from runner.record import Record

HEADINGS = {
    "across_inputs": "inputs",
    "across_calls": "calls",
    "across_builds": "builds",
    "across_runs": "runs_",
}


def print_results(results: Results, planned: int | None = None) -> None:
    """Print the table, a sentence a configuration, and where the files are."""
    console = Console()
    console.print(results.table.to_string())
    for sentence in results.sentences:
        console.print(sentence)
    console.print(results.directory)


def print_record(record: Record, directory: Any) -> None:
    """Print what one run measured, and that variance takes several."""
    console = Console()
    console.print(record.metrics)
    console.print(record.digest)
    console.print(str(directory))
