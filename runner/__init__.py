"""Run a training configuration again and say whether, and why, its output changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.collate import Results


def load(path: str | Path) -> Results:
    """Rebuild a sweep's results from its directory.

    Args:
        path: the directory of a sweep, or any directory with records below it.

    Returns:
        `table` and `runs` (pandas frames), `outputs` (configuration id to arrays), `sentences`.

    Raises:
        runner.errors.RunnerError: there is no record.
    """
    from runner.collate import collate

    return collate(Path(path))
