"""What is known of a claim once it was checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from runner.statistics.judgement import Judgement
from runner.statistics.published_result import PublishedResult


@dataclass(frozen=True)
class Cell:
    """A published result and what was measured for it."""

    metric: str
    published: PublishedResult
    judgement: Judgement
    values: tuple[float, ...]
    """The metric of each run (run,)."""
    evaluate: str = "final"
    """Which evaluation of a run counts: final, highest or lowest."""
    row: str | None = None
    """Row of the published table; None: the claim names no cell."""
    column: str | None = None
    """Its column."""


class Result(StrEnum):
    """What the measurement says about a claim."""

    HOLDS = "holds"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    """The runs do not show whether the claim is true, for example because they are too few."""


@dataclass(frozen=True)
class Found:
    """What was measured of a claim, and what follows from that; see `Checked`."""

    measured: str
    result: Result
    needed: int | None = None
    cell: Cell | None = None
    hopeless: bool = False


@dataclass(frozen=True)
class Checked:
    """A claim, what was measured, and what follows from that."""

    text: str
    """The claim in words."""
    source: str | None
    """Where the claim comes from; None if the config does not say."""
    check: str
    """The part of the claim that was checked, such as `across_runs: same`."""
    measured: str
    """What was measured, and in how many runs."""
    result: Result
    needed: int | None = None
    """How many replicates would settle an inconclusive claim if further runs are like the ones so
    far; None if no number would, or if there is nothing to settle."""
    cell: Cell | None = None
    """What a claim about a published result was compared with; None for other claims."""
    hopeless: bool = False
    """Whether no number of further replicates can decide an inconclusive claim."""


def count_results(checked: Sequence[Checked]) -> str | None:
    """Return how many claims had each result, such as `2 refuted, 1 holds`; None without claims."""
    order = (Result.REFUTED, Result.INCONCLUSIVE, Result.HOLDS)
    counts = {result: sum(each.result is result for each in checked) for result in order}
    return ", ".join(f"{number} {result}" for result, number in counts.items() if number) or None
