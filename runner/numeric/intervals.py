"""Intervals and bounds: of means, of differences of means, and of what equal trials leave open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from runner.numeric.bitwise import Array


class MeanInterval(NamedTuple):
    """A sample's mean, spread and the interval of its mean, in the units of the values."""

    mean: float | None
    sd: float | None
    """With ddof=1."""
    low: float | None
    high: float | None


_NO_INTERVAL = MeanInterval(None, None, None, None)


def mean_interval(values: Sequence[float] | Array, confidence: float = 0.95) -> MeanInterval:
    """Mean, SD and the two-sided Student t interval of the mean, of independent values.

    All None without values, with one that is NaN or infinite (leave out what is missing before), or
    where float64 overflows; for one value there is a mean and no SD or interval. Equal values have
    SD 0 and the interval [mean, mean], which says only that none of them differed.

    Raises ValueError when confidence is not in (0, 1).
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

    # Importing scipy.special takes 0.3 s (scipy.stats 0.6 s), which a lint or --help need not pay.
    from scipy.special import stdtrit

    with np.errstate(over="ignore", invalid="ignore"):
        mean, sd = float(sample.mean()), float(sample.std(ddof=1))
        half = float(stdtrit(sample.size - 1, 1 - alpha / 2)) * sd / math.sqrt(sample.size)
    found = (mean, sd, mean - half, mean + half)
    return MeanInterval(*found) if np.isfinite(found).all() else _NO_INTERVAL


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of one value or more; of equal ones that value, which rounding may miss."""
    return float(values[0] if min(values) == max(values) else np.mean(values))


def alpha_of(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1). Received: confidence={confidence}")
    return 1 - confidence


CONCLUSIVE = 0.1
"""Bound on the chance that a further trial differs, under which "the same" is a finding."""


def bound_differing(trials: int, confidence: float) -> float:
    """Upper confidence bound, in (0, 1], on the chance of an event that no trial showed.

    1 - alpha**(1/trials) with alpha = 1 - confidence: the one-sided exact binomial bound (Clopper
    and Pearson, 1934) for no event in independent trials. Of R equal runs R-1 are trials, each
    against the first. 1 without a trial.
    """
    if trials < 1:
        return 1.0
    return 1 - math.exp(math.log(1 - confidence) / trials)


def needed_trials(target: float, confidence: float) -> int:
    """The fewest trials whose bound is below `target`, in (0, 1)."""
    needed = max(1, math.floor(math.log(1 - confidence) / math.log(1 - target)))
    while bound_differing(needed, confidence) >= target:
        needed += 1
    return needed


def welch_interval(
    one: Sequence[float], other: Sequence[float], confidence: float = 0.95
) -> tuple[float | None, float | None, float | None]:
    """Mean of `other` minus mean of `one`, and its two-sided interval, low and high.

    For two samples of independent values whose variances need not be equal: Student t with the
    degrees of freedom of Welch (1947) and Satterthwaite (1946), ddof=1.

    Returns:
        All None without values in one of them, or where one is NaN or infinite; with a single value
        in one of them there is a difference and no interval. Two samples of equal values have the
        interval [difference, difference], which says only that none of them differed.
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
    """Confidence of each of many intervals so that all hold together with `confidence`.

    1 - alpha/n (Bonferroni): among many intervals some would exclude 0 by chance.
    """
    return 1 - (1 - confidence) / max(1, intervals)
