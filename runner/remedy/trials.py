"""Tries sets of remedies: each is a sweep of the same script, and is never tried twice."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.analysis.findings.script_causes import Cause, find_causes
from runner.analysis.results import collate
from runner.errors import RunnerError
from runner.numeric.verdicts import State
from runner.record.reader import read_stored
from runner.remedy.remedies import Outside, make_overrides

Run = Callable[[Sequence[str], Path], None]
"""Runs a sweep of the script with further overrides, in a directory."""


@dataclass(frozen=True)
class Trial:
    """The result of a sweep under a set of remedies."""

    directory: Path
    runs: int
    """Runs that succeeded."""
    failed: int
    same: bool
    """Whether all runs succeeded and gave bitwise the same outputs, and no stage before parted."""
    seconds: float | None
    """Median duration of a run; None where none succeeded."""


def read_trial(directory: Path) -> Trial:
    """Read the result of a sweep of one configuration.

    A sweep that left no record is one in which no run succeeded.
    """
    try:
        results = collate(directory)
    except RunnerError:
        return Trial(directory, 0, 0, False, None)
    row = results.table.iloc[0]
    seconds = [float(each) for each in results.runs["wall_s"].dropna()]
    failed = int(row["failed"])
    parted = isinstance(row["first_divergence"], str)
    same = row["across_runs"] == str(State.SAME) and not failed and not parted
    return Trial(
        directory,
        int(row["runs"]),
        failed,
        bool(same),
        statistics.median(seconds) if seconds else None,
    )


def read_causes(directory: Path) -> list[Cause]:
    """Return the lines by which the runs of a sweep of one configuration part; empty if unknown."""
    first = collate(directory).table.iloc[0]["first_divergence"]
    stored, _ = read_stored(directory)
    runs = [each.record for each in stored if each.record.replay_of is None]
    timelines = [each.timelines[0] for each in runs if each.timelines]
    return find_causes(timelines, first) if isinstance(first, str) and timelines else []


def uses_torch(directory: Path) -> bool:
    """Return whether the script of a sweep imported PyTorch."""
    stored, _ = read_stored(directory)
    return any("torch" in each.record.environment for each in stored)


@dataclass
class Trials:
    """The trials of one script."""

    run: Run
    base: Path
    """Directory below which each trial has its own."""
    tell: Callable[[str], None]
    """Shows a line of progress."""
    done: dict[frozenset[str], Trial] = field(default_factory=dict)

    def try_out(self, remedies: Sequence[Outside]) -> Trial:
        """Run the script under remedies, unless that was done before."""
        key = frozenset(each.name for each in remedies)
        if key not in self.done:
            directory = self.base / f"fix{len(self.done) + 1}"
            self.run(make_overrides(remedies), directory)
            trial = read_trial(directory)
            self.done[key] = trial
            found = "the runs repeat" if trial.same else "they do not repeat"
            if trial.failed:
                found = f"{trial.failed} runs failed"
            self.tell(f"tried {', '.join(each.name for each in remedies)}: {found}")
        return self.done[key]

    def works(self, remedies: Sequence[Outside]) -> bool:
        """Return whether the runs repeat under remedies."""
        return self.try_out(remedies).same
