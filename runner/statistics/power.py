"""Plans replicates: how many runs it takes for a width, a difference or a verdict.

The values of a metric over runs are taken for independent and normal, as every number of a plan
needs. The SD is known from a few runs only, so that each number is also given for the upper end of
the SD's interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from runner.errors import ConfigError
from runner.numeric.intervals import CONCLUSIVE, alpha_of, needed_trials
from runner.numeric.jackknife import MIN_RUNS, Estimate
from runner.statistics.judgement import MOST_REPLICATES


@dataclass(frozen=True)
class Wanted:
    """What the next sweep is to show; None: nothing of the kind."""

    width: float | None = None
    """The width of the interval of a mean, from end to end, in the metric's units."""
    difference: float | None = None
    """A difference of two means that is to be found, in the metric's units."""
    power: float = 0.8
    """The chance with which it is to be found, in (0, 1)."""
    verdict: bool = False
    """Whether equal runs are to bound the share of runs that could differ."""

    def __post_init__(self) -> None:
        """Refuse numbers that no plan can have.

        Raises:
            ConfigError: a number is out of its range, or nothing is wanted.
        """
        for name in ("width", "difference"):
            number = getattr(self, name)
            if number is not None and not (number > 0 and math.isfinite(number)):
                raise ConfigError(f"--{name}", "must be greater than 0", number)
        if not 0 < self.power < 1:
            raise ConfigError("--power", "must be greater than 0 and less than 1", self.power)
        if self.width is None and self.difference is None and not self.verdict:
            rule = "must be told what to plan for: --width, --difference or --verdict"
            raise ConfigError("power", rule, "none of them")


@dataclass(frozen=True)
class Needed:
    """Numbers of replicates; None: not wanted, not known, or more than MOST_REPLICATES."""

    at_sd: int | None = None
    """If the SD is the one that was measured."""
    at_upper: int | None = None
    """If it is the upper end of its interval."""


@dataclass(frozen=True)
class Plan:
    """How many replicates a configuration needs, and what that rests on."""

    runs: int
    """The number of independent runs that it rests on."""
    sd: Estimate
    """Their SD (ddof=1) with its interval; unknown below MIN_RUNS runs."""
    width: Needed = Needed()
    difference: Needed = Needed()
    """Replicates of each of two configurations that vary as this one does."""
    verdict: int | None = None
    """Replicates of which all have to be the same; None: not wanted, or some differ already."""


def plan_replicates(
    values: Sequence[float], confidence: float, wanted: Wanted, *, same: bool
) -> Plan:
    """Plan the replicates of one configuration.

    Args:
        values: the metric of its independent runs (run,), finite.
        confidence: of intervals and tests, in (0, 1).
        wanted: what the next sweep is to show.
        same: whether its runs were the same, bit for bit.
    """
    sd = estimate_normal_sd(values, confidence)
    return Plan(
        runs=len(values),
        sd=sd,
        width=_at_both(sd, lambda each: needed_for_width(each, wanted.width, confidence)),
        difference=_at_both(
            sd,
            lambda each: needed_for_difference(each, wanted.difference, confidence, wanted.power),
        ),
        verdict=needed_for_verdict(confidence) if wanted.verdict and same else None,
    )


def estimate_normal_sd(values: Sequence[float], confidence: float) -> Estimate:
    """Estimate the SD (ddof=1) of independent normal values, with its chi-square interval.

    The interval is s sqrt((n-1) / q), where q are the quantiles of chi-square with n-1 degrees of
    freedom (for example Hahn and Meeker, Statistical Intervals, 1991, section 4.4).

    Returns:
        All None below MIN_RUNS values; equal values have SD 0 and no interval.
    """
    count = len(values)
    if count < MIN_RUNS:
        return Estimate()
    if min(values) == max(values):
        return Estimate(0.0)
    from scipy.special import chdtri  # takes 0.3 s to import

    sd, half = float(np.std(values, ddof=1)), alpha_of(confidence) / 2
    low, high = (
        sd * math.sqrt((count - 1) / float(chdtri(count - 1, p))) for p in (half, 1 - half)
    )
    return Estimate(sd, low, high)


def needed_for_width(sd: float, width: float | None, confidence: float) -> int | None:
    """Return how many runs bring the t interval of their mean down to a width.

    It is the smallest n with 2 t s / sqrt(n) <= width, where t has n-1 degrees of freedom. The SD
    of the runs to come is itself random, so that about half of such intervals are wider.
    """
    if width is None:
        return None
    from scipy.special import stdtrit  # takes 0.3 s to import

    quantile = 1 - alpha_of(confidence) / 2
    return _find_smallest(
        lambda n: 2 * float(stdtrit(n - 1, quantile)) * sd / math.sqrt(n) <= width
    )


def needed_for_difference(
    sd: float, difference: float | None, confidence: float, power: float
) -> int | None:
    """Return how many runs of each of two configurations find a difference of their means.

    It is the smallest n at which the two-sided t test of two samples with this SD has the power,
    by the noncentral t distribution (Cohen, Statistical Power Analysis, 1988, chapter 2).
    """
    if difference is None:
        return None
    found = difference
    return _find_smallest(lambda n: power_of_t_test(sd, found, n, confidence) >= power)


def power_of_t_test(sd: float, difference: float, runs: int, confidence: float) -> float:
    """Return the power of the two-sided t test of two samples of equal size and SD.

    Args:
        sd: of each sample, in the metric's units; 0: the difference is found for certain.
        difference: of the two means.
        runs: of each sample, at least 2.
        confidence: of the test, in (0, 1).
    """
    if sd == 0:
        return 1.0
    return _power(2 * runs - 2, difference / (sd * math.sqrt(2 / runs)), confidence)


def power_of_paired_t_test(effect: float, pairs: int, confidence: float) -> float:
    """Return the power of the two-sided t test of paired differences.

    Args:
        effect: the mean difference in SDs of the differences.
        pairs: at least 2.
        confidence: of the test, in (0, 1).
    """
    return _power(pairs - 1, effect * math.sqrt(pairs), confidence)


def _power(degrees: int, shift: float, confidence: float) -> float:
    """Return the chance that a noncentral t is beyond the two-sided critical value."""
    from scipy.special import nctdtr, ndtr, stdtrit

    critical = float(stdtrit(degrees, 1 - alpha_of(confidence) / 2))
    below, beneath = (float(nctdtr(degrees, shift, each)) for each in (critical, -critical))
    found = 1 - below + (0.0 if math.isnan(beneath) else beneath)
    # The series fails far out, where the power is 1 up to rounding.
    return float(ndtr(shift - critical)) if math.isnan(found) else found


def needed_for_verdict(confidence: float) -> int:
    """Return how many equal runs bound the share of further runs that differ by CONCLUSIVE."""
    return needed_trials(CONCLUSIVE, confidence) + 1


def _at_both(sd: Estimate, needed: Callable[[float], int | None]) -> Needed:
    """Return the numbers for an SD and its upper end; an SD of 0 says nothing of further runs."""
    if not sd.value:
        return Needed()
    return Needed(needed(sd.value), None if sd.high is None else needed(sd.high))


def _find_smallest(enough: Callable[[int], bool]) -> int | None:
    """Return the smallest number of runs from 2 that is enough; None: MOST_REPLICATES are not.

    More runs than are enough must be enough too.
    """
    if not enough(MOST_REPLICATES):
        return None
    low, high = 2, MOST_REPLICATES
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
