"""Compares two runs of a sweep, and says in text where they part."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from runner.analysis.results import Results
from runner.compare.runs import PASSED, RunDifference, diff_runs
from runner.errors import ConfigError, nearest
from runner.record.reader import StoredRun, read_runs_in
from runner.report.console import print_to_text
from runner.report.run_diff import print_difference
from runner.text import list_some

MOST_NAMED = 8
"""Runs that an error lists; the rest are counted."""


@dataclass(frozen=True)
class RunComparison:
    """Where two runs begin to differ, and how far apart they are; printed, it says so."""

    a: str
    """The directory of run A, as in the column `dir` of `runs`."""
    b: str
    difference: RunDifference
    """All that was compared: `builds`, `outputs`, `overrides`, `environment`, `conclusion`."""

    @property
    def same(self) -> bool | None:
        """Whether everything that both recorded is the same; None if nothing was compared."""
        return self.difference.same

    @property
    def same_results(self) -> bool | None:
        """Whether all that the runs returned is the same; None if nothing was compared.

        Stages that were seen by watching do not count: these may vary where the results do not.
        """
        found = self.difference
        if found.same is not False:
            return found.same
        differing = {
            stage.name
            for build in found.builds
            for stage in build.stages
            if stage.state not in PASSED
        }
        metrics = any(each.differing_metrics or each.only for each in found.builds)
        return found.digests.same and not metrics and differing <= found.watched

    def __str__(self) -> str:
        paths = Path(self.a), Path(self.b)
        return print_to_text(lambda console: print_difference(self.difference, paths, console))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def compare_runs(results: Results, a: int | str, b: int | str) -> RunComparison:
    """Compare two runs of a sweep.

    Args:
        results: of the sweep.
        a: the directory of a run as in `results.runs`, or its number where that is the same.
        b: likewise.

    Raises:
        ConfigError: there is no such run.
        RecordError: a run is damaged.
    """
    (name_a, run_a), (name_b, run_b) = _read(results, "a", a), _read(results, "b", b)
    difference = diff_runs(run_a.record, run_b.record, run_a.arrays, run_b.arrays)
    return RunComparison(name_a, name_b, difference)


def _read(results: Results, argument: str, wanted: int | str) -> tuple[str, StoredRun]:
    known = list(results.runs["dir"])
    name = str(wanted)
    if name not in known:
        near = None if name.isdigit() else nearest(name, known)  # near numbers mean nothing
        hint = near or f"Runs: {list_some(known, MOST_NAMED)}"
        raise ConfigError(argument, "there is no such run", wanted, hint)
    (stored,) = read_runs_in([results.directory / name], with_arrays=True)
    return name, stored
