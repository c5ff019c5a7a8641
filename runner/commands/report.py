"""`report`: rebuild and print the table of a sweep from its directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runner.errors import ConfigError, RunnerError, SweepFailed


def report(
    path: Annotated[Path, typer.Argument(help="Directory of a sweep, such as outputs/DATE/TIME.")],
    save: Annotated[
        bool, typer.Option(help="Also write the files of the table and the runs again.")
    ] = False,
) -> None:
    """Rebuild the table of a sweep from its records and print it.

    Exit status: 0 if all is well; 1 if runs failed, are missing or damaged, or claims were refuted;
    2 if there is no sweep.
    """
    from runner.analysis.results import collate
    from runner.record.directories import is_locked
    from runner.record.reader import NO_RECORD
    from runner.report import files, sweep_summary

    try:
        results = collate(path)
    except RunnerError:
        raise ConfigError(str(path), NO_RECORD) from None
    if save:
        files.save(results)
    planned, running = count_planned(path), is_locked(path)
    sweep_summary.print_results(results, planned, running)
    if failure := results.explain_failure(None if running else planned):
        raise SweepFailed(failure)


def count_planned(path: Path) -> int | None:
    """Return the number of runs that a sweep planned; None if its plan is missing or damaged."""
    from runner.plan.manifest import MANIFEST, read_manifest

    if not (path / MANIFEST).is_file():
        return None
    try:
        return len(read_manifest(path).runs)
    except ConfigError:
        return None
