"""Bounds the mean of independent values however often one looks: confidence sequences.

A confidence sequence is an interval after each value, and with the stated confidence all of them
hold at once. So one may look after every value, stop whenever one likes, and go on later.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from runner.numeric.jackknife import NEGLIGIBLE, Values

BETS = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)
"""Shares of the capital that are staked on each value."""

UNIT_INFORMATION = 1.0
"""The variance of the effect size, in SDs, that the normal sequence expects."""

STEPS = 60
"""Number of halvings by which a bound is found."""


class Method(StrEnum):
    """What the values are taken for."""

    BOUNDED = "bounded"
    """Values between two known bounds; nothing else is assumed."""
    NORMAL = "normal"
    """Normal values; their SD is not known."""


class Bounds(NamedTuple):
    """The two ends of an interval; infinite where nothing is known."""

    low: float
    high: float


def bound_mean(values: Values, method: Method, largest: float, alpha: float) -> Bounds:
    """Return the interval of a confidence sequence after these values.

    Args:
        values: (value,).
        method: what they are taken for.
        largest: the largest size that a value can have, for Method.BOUNDED.
        alpha: chance that the mean is ever outside, in (0, 1).
    """
    if method is Method.NORMAL:
        return bound_normal(values, alpha)
    return bound_bounded(values, largest, alpha)


def bound_bounded(values: Values, largest: float, alpha: float) -> Bounds:
    """Bound the mean of values in [-largest, largest] by betting against each mean.

    Who bets a constant share of the capital on each value being above m can be expected to win
    nothing if the mean is m or less, so that the capital reaches 1/alpha with chance alpha at most
    (Ville, 1939). Means against which it did are excluded. The bets are the averages over BETS,
    half of the capital for either direction: Waudby-Smith and Ramdas, Estimating Means of Bounded
    Random Variables by Betting, JRSS B 86:1, 2024 (the hedged capital process with diversified
    bets).

    Raises:
        ValueError: a value is beyond the bounds.
    """
    if values.size and float(np.abs(values).max()) > largest:
        raise ValueError(f"values must be in [-{largest}, {largest}]")
    shares = (values + largest) / (2 * largest)
    low, high = _exclude(shares, alpha), 1 - _exclude(1 - shares, alpha)
    return Bounds((2 * low - 1) * largest, (2 * high - 1) * largest)


def log_capital(shares: Values, mean: float) -> Values:
    """Return the logarithm of the capital after each value, of bets that the mean is above `mean`.

    Args:
        shares: (..., value) in [0, 1].
        mean: in (0, 1).
    """
    bets = np.array(BETS).reshape(-1, *([1] * shares.ndim))
    logs = np.cumsum(np.log1p(bets * (shares / mean - 1)), axis=-1)
    highest = logs.max(axis=0)
    capital: Values = highest + np.log(np.exp(logs - highest).mean(axis=0))
    return capital


def bound_normal(values: Values, alpha: float) -> Bounds:
    """Bound the mean of normal values whose SD is not known.

    For each mean m, the t statistic's likelihood ratio of an effect size ~ N(0, g) against 0 is a
    test martingale: with q = t^2 / (n-1) it is
    (1+ng)^(-1/2) ((1+q) / (1+q/(1+ng)))^(n/2); means at which it reaches 1/alpha are excluded
    (Lai, On Confidence Sequences, Annals of Statistics 4:265, 1976; Wang and Ramdas, Anytime-valid
    t-tests and Confidence Sequences for Gaussian Means with Unknown Variance, 2023). It is finite
    from 5 values on for alpha 0.05.

    Values that come in steps, as shares of some rows do, are not normal: the variance of a rounding
    error, a twelfth of the square of the smallest step seen, is added to theirs. Values that are
    all equal bound nothing.
    """
    count = values.size
    if count < 2 or values.min() == values.max():
        return Bounds(-math.inf, math.inf)
    steps = np.diff(np.sort(values))
    step = float(steps[steps > NEGLIGIBLE * float(steps.max())].min())
    sd = math.sqrt(float(values.var(ddof=1)) + step**2 / 12)
    half = width_in_sds(count, alpha) * sd
    mean = float(values.mean())
    return Bounds(mean - half, mean + half)


def width_in_sds(count: int, alpha: float) -> float:
    """Return half the width of `bound_normal` in SDs (ddof=1); infinite for few values."""
    ratio = 1 + count * UNIT_INFORMATION
    reached = (math.sqrt(ratio) / alpha) ** (2 / count)
    if reached >= ratio:
        return math.inf
    q = (reached - 1) / (1 - reached / ratio)
    return math.sqrt(q * (count - 1) / count)


def _exclude(shares: Values, alpha: float) -> float:
    """Return the largest mean in [0, 1] up to which every mean is excluded."""
    if not shares.size or not shares.max():
        return 0.0
    below, above = 0.0, 1.0
    for _ in range(STEPS):
        middle = (below + above) / 2
        # The capital falls as the mean rises, so that what is excluded is an interval.
        excluded = float(log_capital(shares, middle)[-1]) >= math.log(2 / alpha)
        below, above = (middle, above) if excluded else (below, middle)
    return below
