"""How far a sweep is, by its plan and the records that are there; no array is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import RecordError
from runner.plan.manifest import read_manifest
from runner.record.directories import CLAIM
from runner.record.file_tree import find_entries
from runner.record.record import RECORD
from runner.record.store import Configurations, read_run

RECENT = 20
"""Runs that ended last, by whose distances in time the time left is estimated."""

FEWEST = 5
"""Runs that must have ended for such an estimate: those that begin together end together."""


@dataclass(frozen=True)
class Standing:
    """How far a sweep is."""

    planned: int
    """Number of runs in the plan."""
    done: int
    """Number of runs that succeeded."""
    failed: int
    """Number of runs whose last attempt failed."""
    damaged: int
    """Number of records that cannot be read; their runs are to be made again."""
    reasons: dict[str, int] = field(default_factory=dict)
    """The first line of why runs failed, to the number of such runs, the most frequent first."""
    scripts: tuple[str, ...] = ()
    """Files that its configurations run as scripts."""
    started_s: float | None = None
    """When it was begun or gone on with last, in seconds since the epoch; None: not known."""
    ended_s: tuple[float, ...] = ()
    """When the last RECENT runs ended, in seconds since the epoch, in order."""

    @property
    def left(self) -> int:
        """Number of runs that have not ended."""
        return max(0, self.planned - self.done - self.failed)

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the time until the last run ends; None: too few runs have ended."""
        if len(self.ended_s) < FEWEST:
            return None
        each = (self.ended_s[-1] - self.ended_s[0]) / (len(self.ended_s) - 1)
        return each * self.left


def read_standing(directory: Path) -> Standing:
    """Read how far the sweep in a directory is, also while it runs.

    Raises:
        ConfigError: there is no plan of a sweep.
    """
    manifest = read_manifest(directory)
    planned = {run.job for run in manifest.runs}
    known: Configurations = {}
    done, damaged = 0, 0
    failures: list[str] = []
    ended: list[float] = []
    for path in find_entries(directory, RECORD):
        try:
            record = read_run(path, known)
            ended.append(path.stat().st_mtime)
        except (RecordError, OSError):
            damaged += 1
            continue
        if record.job not in planned:
            continue
        if record.status != "failed":  # one that was ended has done what was asked of it
            done += 1
        else:
            failures.append((record.error or "").partition("\n")[0])
    # Written by each program that runs or resumes the sweep, when it begins.
    claimed = directory / CLAIM
    started = claimed.stat().st_mtime if claimed.exists() else None
    last = tuple(sorted(ended)[-RECENT:])
    reasons, scripts = _count(failures), manifest.scripts
    return Standing(len(planned), done, len(failures), damaged, reasons, scripts, started, last)


def _count(reasons: Sequence[str]) -> dict[str, int]:
    return dict(Counter(reasons).most_common())
