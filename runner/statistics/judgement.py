"""Judges the values of runs against a published result.

The published runs and ours are taken for independent samples of normal values. Rounding counts
against every conclusion: published numbers are moved by up to half a unit of their last digit to
where the conclusion is hardest to reach. `python -m tests.benchmarks cells` measures how often each
conclusion is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from runner.statistics.published_result import PublishedRange, PublishedResult, PublishedRuns

MOST_REPLICATES = 10_000
"""The largest number of replicates that is ever proposed."""

MOST_ARRANGEMENTS = 50_000
"""Most ways to divide values into two samples that are tried one by one."""


class Answer(StrEnum):
    """How our runs stand to a published result."""

    COMPATIBLE = "compatible"
    """The mean of our runs lies where the mean of as many further published runs would lie."""
    EQUIVALENT = "equivalent"
    """The two means are no further apart than a margin that was stated before."""
    DIFFERENT = "different"
    """The two means differ."""
    INCONCLUSIVE = "inconclusive"
    """Neither was shown."""


@dataclass(frozen=True)
class Judgement:
    """An answer and the interval that it rests on."""

    answer: Answer
    low: float | None = None
    """Lower end, in the metric's unit, of what `interval` names; None: there is no interval."""
    high: float | None = None
    """Its upper end."""
    interval: str = ""
    """What lies between `low` and `high`."""
    needed: int | None = None
    """How many replicates in all would settle it at the stated power, if further runs are like the
    ones so far; None: nothing to settle, or no number would."""


INCONCLUSIVE = Judgement(Answer.INCONCLUSIVE)


@dataclass(frozen=True)
class _Gap:
    """The difference of two means: ours less the published one."""

    size: float
    own_variance: float
    published_variance: float
    """Of a single run."""
    own: int
    published: int

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.own_variance / self.own + self.published_variance / self.published)

    @property
    def degrees(self) -> float:
        """Degrees of freedom by Welch and Satterthwaite (Welch, Biometrika 34:28, 1947)."""
        parts = (self.own_variance / self.own, self.published_variance / self.published)
        spread = parts[0] ** 2 / (self.own - 1) + parts[1] ** 2 / (self.published - 1)
        return sum(parts) ** 2 / spread if spread else math.inf


def judge_compatible(
    published: PublishedResult, values: Sequence[float], confidence: float
) -> Judgement:
    """Tell whether runs could be further runs of a publication.

    The mean of m new runs lies, for n published ones with mean and SD s, in mean ± t s sqrt(1/n +
    1/m), where t is of n-1 degrees of freedom (the usual prediction interval; for example Hahn and
    Meeker, Statistical Intervals, 1991, section 4.7). Outside of it the answer is `different` only
    if Welch's test agrees. A range is compatible if our mean lies in it, and different if the
    whole interval of our mean lies outside.

    Args:
        published: the published result.
        values: the metric of our runs (run,).
        confidence: of the interval, in (0, 1).
    """
    if len(values) < 2:
        return INCONCLUSIVE
    runs = published.of
    if isinstance(runs, PublishedRange):
        return _judge_range(published, runs, values, confidence)
    count, sd = runs.n, runs.sd + published.half_unit
    factor = math.sqrt(1 / count + 1 / len(values))
    half = _t(count - 1, (1 + confidence) / 2) * sd * factor + published.half_unit
    low, high = runs.mean - half, runs.mean + half
    interval = f"mean of {len(values)} further published runs"
    if low <= float(np.mean(values)) <= high:
        return Judgement(Answer.COMPATIBLE, low, high, interval)
    answer = judge_different(published, values, confidence)
    return Judgement(answer.answer, low, high, interval, answer.needed)


def judge_different(
    published: PublishedResult, values: Sequence[float], confidence: float
) -> Judgement:
    """Tell whether the means differ: by Welch's test, and by permutation where values are known.

    With the values of all published runs, the exact permutation test of the difference of the
    means has to agree, unless there are too few runs for it to reach the level, or too many to
    try all arrangements. It is never concluded that means do not differ.
    """
    runs = published.of
    if len(values) < 2 or isinstance(runs, PublishedRange):
        return INCONCLUSIVE
    gap = _measure_gap(runs, published.half_unit, values)
    critical = _t(gap.degrees, (1 + confidence) / 2) * gap.error
    low, high = gap.size - critical, gap.size + critical
    slack = published.half_unit
    differs = abs(gap.size) - slack > critical
    if differs and _permutes(runs.values, values, 1 - confidence):
        differs = _permutation_p(runs.values, values) < 1 - confidence
    if differs:
        return Judgement(Answer.DIFFERENT, low, high, "difference of the means")
    needed = _plan(gap, abs(gap.size) - slack, (1 + confidence) / 2, published.power)
    return Judgement(Answer.INCONCLUSIVE, low, high, "difference of the means", needed)


def judge_equivalent(
    published: PublishedResult, values: Sequence[float], confidence: float
) -> Judgement:
    """Tell whether the means are within the published result's margin of each other.

    Two one-sided tests (Schuirmann, J Pharmacokin Biopharm 15:657, 1987), that is, the interval
    of the difference at 2 confidence - 1 (90 % for 95 %) lies inside of the margin. If the whole
    interval lies beyond it, the answer is `different`.

    Raises:
        ValueError: the published result has no margin.
    """
    if published.margin is None:
        raise ValueError(f"a margin is needed to tell equivalence. Received: {published}")
    runs, margin, slack = published.of, published.margin, published.half_unit
    if len(values) < 2 or isinstance(runs, PublishedRange):
        return INCONCLUSIVE
    gap = _measure_gap(runs, slack, values)
    critical = _t(gap.degrees, confidence) * gap.error
    low, high = gap.size - critical - slack, gap.size + critical + slack
    interval = "difference of the means"
    if -margin <= low and high <= margin:
        return Judgement(Answer.EQUIVALENT, low, high, interval)
    if abs(gap.size) - critical - slack > margin:
        return Judgement(Answer.DIFFERENT, low, high, interval)
    distance = abs(margin - abs(gap.size)) - slack
    needed = _plan(gap, distance, confidence, published.power)
    return Judgement(Answer.INCONCLUSIVE, low, high, interval, needed)


def _judge_range(
    published: PublishedResult, ends: PublishedRange, values: Sequence[float], confidence: float
) -> Judgement:
    low, high = ends.low - published.half_unit, ends.high + published.half_unit
    mean = float(np.mean(values))
    if low <= mean <= high:
        return Judgement(Answer.COMPATIBLE, low, high, "published range")
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    distance = max(low - mean, mean - high)
    if distance > _t(len(values) - 1, (1 + confidence) / 2) * error:
        return Judgement(Answer.DIFFERENT, low, high, "published range")
    variance = float(np.var(values, ddof=1))
    gap = _Gap(distance, variance, 0.0, len(values), len(values))
    needed = _plan(gap, distance, (1 + confidence) / 2, published.power)
    return Judgement(Answer.INCONCLUSIVE, low, high, "published range", needed)


def _measure_gap(published: PublishedRuns, half_unit: float, values: Sequence[float]) -> _Gap:
    sd = published.sd + (0.0 if published.values else half_unit)
    own = 0.0 if min(values) == max(values) else float(np.var(values, ddof=1))
    size = float(np.mean(values)) - published.mean
    return _Gap(size, own, sd**2, len(values), published.n)


def _permutes(published: Sequence[float], values: Sequence[float], alpha: float) -> bool:
    """Tell whether an exact permutation test is possible and can reach the level."""
    if not published:
        return False
    ways = math.comb(len(published) + len(values), len(values))
    return 2 / ways < alpha and ways <= MOST_ARRANGEMENTS


def _permutation_p(first: Sequence[float], second: Sequence[float]) -> float:
    from scipy.stats import permutation_test  # 0.6 s to import, and most sweeps need no test

    def difference(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        gap: np.ndarray = np.mean(x, axis=axis) - np.mean(y, axis=axis)
        return gap

    found = permutation_test(
        (np.asarray(first), np.asarray(second)), difference, vectorized=True, n_resamples=np.inf
    )
    return float(found.pvalue)


def _t(degrees: float, quantile: float) -> float:
    from scipy.special import ndtri, stdtrit

    return float(ndtri(quantile) if math.isinf(degrees) else stdtrit(degrees, quantile))


def _plan(gap: _Gap, distance: float, quantile: float, power: float) -> int | None:
    """Return how many own runs would bring the interval's half width, and what the power takes
    besides, down to a distance.

    None: the published runs alone are too few, or more than MOST_REPLICATES would be needed.
    """
    if distance <= 0:
        return None

    def settles(count: int) -> bool:
        made = _Gap(gap.size, gap.own_variance, gap.published_variance, count, gap.published)
        factor = _t(made.degrees, quantile) + _t(made.degrees, power)
        return factor * made.error <= distance

    if not settles(MOST_REPLICATES):
        return None
    low, high = gap.own + 1, MOST_REPLICATES
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle + 1, high)
    return low
