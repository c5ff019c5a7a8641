"""Runs and loads sweeps for Python programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from runner.analysis.results import collate
from runner.api.sweep_process import ShownProgress, run_command
from runner.api.sweep_results import Results
from runner.errors import ConfigError
from runner.plan.manifest import MANIFEST, read_manifest


def start_sweep(
    arguments: Sequence[str],
    progress: Callable[[int], ShownProgress],
    environment: Mapping[str, str] | None = None,
) -> Results:
    """Run a sweep by its command line, and return its results.

    Args:
        arguments: of the command line, without the program.
        progress: makes the display of progress for a number of runs.
        environment: further environment variables of the sweep; None for none.

    Raises:
        RunnerError: the sweep was refused, or ended early.
    """
    return load_sweep(run_command(arguments, progress, environment))


def load_sweep(directory: Path) -> Results:
    """Return the results of a sweep that was stored.

    Raises:
        RunnerError: there is no record.
    """
    return Results(collate(directory), _count_planned(directory))


def _count_planned(directory: Path) -> int | None:
    """Return the number of runs that were planned; None without a plan that can be read."""
    if not (directory / MANIFEST).is_file():
        return None
    try:
        return len(read_manifest(directory).runs)
    except ConfigError:
        return None
