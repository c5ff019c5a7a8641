"""Computes intervals of means and of their differences, and bounds from trials that were equal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from runner.numeric.bitwise import Array


class MeanInterval(NamedTuple):
    """A sample's mean, its spread, and the interval of its mean; `mean_interval` says when None."""

    mean: float | None
    """The mean, in the units of the values, as are all four."""
    sd: float | None
    """The standard deviation with ddof=1."""
    low: float | None
    """The lower end of the interval of the mean."""
    high: float | None
    """The upper end of the interval of the mean."""


_NO_INTERVAL = MeanInterval(None, None, None, None)


def mean_interval(values: Sequence[float] | Array, confidence: float = 0.95) -> MeanInterval:
    """Return mean, SD and the two-sided Student t interval of the mean of independent values.

    Args:
        values: (value,), without the missing ones.
        confidence: of the interval, in (0, 1).

    Returns:
        All None if there are no values, if one is NaN or infinite, or if float64 overflows. One
        value has a mean, but no SD and no interval. Equal values have SD 0 and the interval
        [mean, mean], which says only that none of them differed.

    Raises:
        ValueError: the confidence is not in (0, 1).
    """
    alpha = alpha_of(confidence)
    sample = np.asarray(values, dtype=np.float64)
    if sample.size == 0 or not np.isfinite(sample).all():
        return _NO_INTERVAL
    mean = float(sample[0])
    if sample.size == 1:
        return MeanInterval(mean, None, None, None)
    # The mean of equal values can round to a neighbour, which would give them a spread.
    if sample.min() == sample.max():
        return MeanInterval(mean, 0.0, mean, mean)

    # Importing scipy.special takes 0.3 s (scipy.stats 0.6 s), so lint and --help do not import it.
    from scipy.special import stdtrit

    with np.errstate(over="ignore", invalid="ignore"):
        mean, sd = float(sample.mean()), float(sample.std(ddof=1))
        half = float(stdtrit(sample.size - 1, 1 - alpha / 2)) * sd / math.sqrt(sample.size)
    found = (mean, sd, mean - half, mean + half)
    return MeanInterval(*found) if np.isfinite(found).all() else _NO_INTERVAL


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of one or more values; if all are equal, it is exactly that value."""
    return float(values[0] if min(values) == max(values) else np.mean(values))


def alpha_of(confidence: float) -> float:
    """Return 1 - confidence.

    Raises:
        ValueError: the confidence is not in (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1). Received: confidence={confidence}")
    return 1 - confidence


CONCLUSIVE = 0.1
"""A finding of "the same" needs a bound below this on the chance that a further trial differs."""


def bound_differing(trials: int, confidence: float) -> float:
    """Return an upper confidence bound, in (0, 1], on the chance of an event that no trial showed.

    It is 1 - alpha**(1/trials) with alpha = 1 - confidence, the one-sided exact binomial bound
    (Clopper and Pearson, 1934) for no event in independent trials; without a trial it is 1. R equal
    runs are R-1 trials, as each run but the first is compared with the first.

    It holds however often one looks, and whenever one stops, as long as no event was seen. For a
    true chance p, the bound is below p only from some number m of trials on, at which (1-p)**m is
    less than alpha; and whoever reports such a bound has made at least m trials without an event.
    """
    if trials < 1:
        return 1.0
    return 1 - math.exp(math.log(1 - confidence) / trials)


def needed_trials(target: float, confidence: float) -> int:
    """Return the smallest number of trials whose bound is below `target`, which is in (0, 1)."""
    needed = max(1, math.floor(math.log(1 - confidence) / math.log(1 - target)))
    while bound_differing(needed, confidence) >= target:
        needed += 1
    return needed


def welch_interval(
    one: Sequence[float], other: Sequence[float], confidence: float = 0.95
) -> tuple[float | None, float | None, float | None]:
    """Return the mean of `other` minus the mean of `one`, and its two-sided interval.

    The samples consist of independent values, and their variances need not be equal. The interval
    is Student's t with the degrees of freedom of Welch (1947) and Satterthwaite (1946), ddof=1.

    Args:
        one: the values of one sample.
        other: the values of the other.
        confidence: of the interval, in (0, 1).

    Returns:
        The difference, and the lower and upper end of its interval, in the units of the values. All
        are None if a sample is empty or has a NaN or an infinity. If a sample has a single value,
        there is a difference and no interval. Two samples, each of equal values, have the interval
        [difference, difference], which says only that no value differed from its own sample.

    Raises:
        ValueError: the confidence is not in (0, 1).
    """
    a, b = mean_interval(one, confidence), mean_interval(other, confidence)
    if a.mean is None or b.mean is None:
        return None, None, None
    difference = b.mean - a.mean
    if a.sd is None or b.sd is None:
        return difference, None, None
    shares = a.sd**2 / len(one), b.sd**2 / len(other)
    variance = sum(shares)
    if variance == 0:
        return difference, difference, difference

    from scipy.special import stdtrit  # takes 0.3 s to import

    freedom = variance**2 / (shares[0] ** 2 / (len(one) - 1) + shares[1] ** 2 / (len(other) - 1))
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(variance)
    return difference, difference - half, difference + half


def share_confidence(confidence: float, intervals: int) -> float:
    """Return the confidence that each of several intervals needs for all to hold together.

    It is 1 - alpha/intervals (Bonferroni), because some of many intervals exclude 0 by chance.

    Args:
        confidence: that all intervals hold, in (0, 1).
        intervals: how many there are; 0 counts as 1.
    """
    return 1 - (1 - confidence) / max(1, intervals)
