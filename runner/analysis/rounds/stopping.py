"""Says whether a configuration with `replicates=auto` needs further runs, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from runner.analysis.claims.checked import Checked, Result
from runner.analysis.measurement import ConfigurationResult
from runner.numeric.verdicts import State, Verdict
from runner.record.reader import StoredRun
from runner.record.record import Rounds
from runner.statistics.judgement import Answer

WITNESSED = (Verdict.UNCONTROLLED, Verdict.NON_FINITE, Verdict.COLLAPSED)
"""Verdicts that rest on what was seen, and say of nothing that it was the same."""


class Stop(StrEnum):
    """Why a configuration gets no further run; the words of the table's column `stopped`."""

    SETTLED = "settled"
    """A difference was seen that no further run can undo."""
    BOUNDED = "bounded"
    """`same_replicates` runs showed nothing else; `p_differ_upper` says what is left open."""
    NO_VERDICT = "no verdict"
    """As many runs gave no verdict, because they failed or nothing says why they differ."""
    CLAIMS = "claims decided"
    """One of the first two is true, and so is every claim decided that replicates can decide."""
    MAX = "max_replicates"
    """There are `max_replicates` runs, and something is not decided."""
    BUDGET = "budget"
    """The budget of the sweep is used up."""
    OPEN = "open"
    """Further runs are due: the sweep still runs, or it ended early."""


@dataclass(frozen=True)
class Made:
    """The runs of a configuration that were made."""

    replicates: int
    """Runs that are neither replays nor resumed, failed ones included."""
    replays: int
    runs: int
    """All of them."""
    seconds: float
    """How long all of them took, added up."""

    @classmethod
    def of(cls, group: Sequence[StoredRun]) -> Made:
        """Count the runs of a configuration."""
        records = [each.record for each in group]
        again = sum(each.replay_of is not None for each in records)
        resumed = sum(each.resume_of is not None for each in records)
        seconds = sum(each.wall_s or 0.0 for each in records)
        return cls(len(records) - again - resumed, again, len(records), seconds)


def find_stop(
    rounds: Rounds, made: int, measured: ConfigurationResult, claims: Sequence[Checked]
) -> Stop:
    """Return why a configuration needs no further run; Stop.OPEN if it does.

    A difference settles a verdict at once. That something is the same is never settled, so that a
    verdict which says so of anything, also of replays, takes `same_replicates` successful runs.

    Args:
        rounds: how far it may go.
        made: the number of its runs, failed ones included.
        measured: what they measured.
        claims: its claims, checked.
    """
    further = Stop.MAX if made >= rounds.max_replicates else Stop.OPEN
    if measured.verdict is Verdict.FAILED:
        return Stop.NO_VERDICT if made >= rounds.same_replicates else further
    comparison = measured.comparison
    differs = comparison.across_runs is State.DIFFERS or comparison.parted > 0
    witnessed = differs and measured.verdict in WITNESSED
    if not witnessed and measured.comparison.runs < rounds.same_replicates:
        return further
    if any(_is_open(each) for each in claims):
        return further
    if measured.verdict is Verdict.INSUFFICIENT:
        return Stop.NO_VERDICT
    if claims and all(each.result is not Result.INCONCLUSIVE for each in claims):
        return Stop.CLAIMS
    return Stop.SETTLED if witnessed else Stop.BOUNDED


def _is_open(claim: Checked) -> bool:
    """Return whether further replicates can change what is found of a claim.

    That runs are compatible with published ones is no more than that they were not shown to
    differ, so that it holds only once all runs were made.
    """
    if claim.hopeless:
        return False
    compatible = claim.cell is not None and claim.cell.judgement.answer is Answer.COMPATIBLE
    return claim.result is Result.INCONCLUSIVE or compatible
