"""Run a training configuration again and say whether, and why, its output changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.analysis.results import Results
    from runner.compare.sweeps import SweepDifference

__all__ = ["compare_sweeps", "load"]


def load(path: str | Path) -> Results:
    """Rebuild a sweep's results from its directory.

    Args:
        path: the directory of a sweep, or any directory with records below it.

    Returns:
        `table`, `runs` and `findings` (pandas frames), `outputs` (configuration id to arrays),
        `sentences`.

    Raises:
        runner.errors.RunnerError: there is no record.
    """
    from runner.analysis.results import collate

    return collate(Path(path))


def compare_sweeps(a: str | Path, b: str | Path) -> SweepDifference:
    """Compare two sweeps.

    Args:
        a: the directory of a sweep, or a lock of one.
        b: another.

    Returns:
        `configurations` (each with its state, verdicts and metrics), `only_a`, `only_b`,
        `environment`, and `is_same()`.

    Raises:
        runner.errors.RunnerError: one of them is neither.
    """
    from runner.compare.lock_yaml import read_side
    from runner.compare.sweeps import compare_sweeps

    return compare_sweeps(read_side(Path(a)), read_side(Path(b)))
