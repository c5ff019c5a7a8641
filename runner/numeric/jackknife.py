"""Intervals for spreads and for statistics over pairs of runs, where there are few runs."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

MIN_RUNS = 3
"""Below it no run can be left out and a spread remain."""

NEGLIGIBLE = 1e-12
"""A standard error up to it is rounding: nothing varied, and copies are no evidence of more."""


LARGEST_EXPONENT = 700
"""Beyond it the exponential is more than a float holds."""


class Estimate(NamedTuple):
    """A number and its two-sided interval; None is not known."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


def estimate_sd(values: Values, confidence: float = 0.95) -> Estimate:
    """Standard deviation (ddof=1) of independent values, and its interval.

    The interval is the delete-one jackknife's (Tukey, 1958) on the logarithm (Miller, 1968). Of
    3000 samples of 10 normal values it held the true SD in 94 %, of 5 values in 95 %; of BCa
    bootstrap intervals 81 % and 65 % did, and of percentile ones 77 % and 64 %. Of 3 values it is
    true and wide. It draws nothing, so that the same runs always have the same interval.

    Args:
        values: (run,).
        confidence: of the interval, in (0, 1).

    Returns:
        No interval for fewer than MIN_RUNS values, or where all but one are equal; nothing for
        fewer than two values, or where one is NaN or infinite.
    """
    if values.size < 2 or not np.isfinite(values).all():
        return Estimate()
    if values.min() == values.max():
        return Estimate(0.0)
    value = float(values.std(ddof=1))
    return _exponential(value, _log_sd_without(values), confidence)


def estimate_share(values: Values, whole: Values, confidence: float = 0.95) -> Estimate:
    """SD of values as a share of the SD of others; each ddof=1.

    The interval is that of `estimate_sd`, of the ratio's logarithm, where run i is left out of both
    samples at once: runs of one replicate may have seeds in common.

    Args:
        values: (run,).
        whole: (run,): run i is of the same replicate as in `values`; with another number of runs
            there is no interval.
        confidence: of the interval, in (0, 1).

    Returns:
        Nothing where one of the two has no SD, or that of `whole` is 0.
    """
    part, all_of_it = estimate_sd(values).value, estimate_sd(whole).value
    if part is None or not all_of_it:
        return Estimate()
    share = part / all_of_it
    if part == 0 or values.size != whole.size:
        return Estimate(share)
    return _exponential(share, _log_sd_without(values) - _log_sd_without(whole), confidence)


def estimate_pairs(
    totals: Values,
    counts: Values,
    confidence: float = 0.95,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """Mean of a statistic over pairs of different runs, and its interval.

    The interval is the delete-one jackknife's for U-statistics (Arvesen, 1969), which needs each
    run's pairs only as a sum. Of 2000 samples of 10 runs it held the true churn in 94 to 96 %, a
    bootstrap over runs without the pairs of a run and itself in 90 to 91 %. Where the pairs are a
    sample of all it is too wide.

    Args:
        totals: (run,) sum of the statistic over the pairs that the run is in.
        counts: (run,) number of these pairs.
        confidence: of the interval, in (0, 1).
        bounds: the least and the greatest value that the statistic can have.

    Returns:
        No interval for fewer than MIN_RUNS runs or where nothing varies; nothing without a pair, or
        where a total is NaN or infinite.
    """
    total, count = totals.sum() / 2, counts.sum() / 2
    if count == 0 or not np.isfinite(totals).all():
        return Estimate()
    value = float(np.clip(total / count, *bounds))
    if totals.size < MIN_RUNS:
        return Estimate(value)
    half = _half_width((total - totals) / (count - counts), confidence)
    if half is None:
        return Estimate(value)
    return Estimate(value, max(value - half, bounds[0]), min(value + half, bounds[1]))


def _log_sd_without(values: Values) -> Values:
    """(run,): logarithm of the SD of the other values; minus infinity where these are equal."""
    count = values.size
    centred = values - values.mean()
    squares = centred**2
    # Without run i the mean moves by -centred[i] / (count - 1).
    left = squares.sum() - squares - squares / (count - 1)
    left[left <= NEGLIGIBLE * squares.sum()] = 0
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms: Values = np.log(left / (count - 2)) / 2
    return logarithms


def _exponential(value: float, log_without: Values, confidence: float) -> Estimate:
    if log_without.size < MIN_RUNS:
        return Estimate(value)
    half = _half_width(log_without, confidence)
    if half is None or half > LARGEST_EXPONENT:
        return Estimate(value)
    low, high = value * math.exp(-half), value * math.exp(half)
    return Estimate(value, low, high) if math.isfinite(high) else Estimate(value)


def _half_width(without: Values, confidence: float) -> float | None:
    """Half of the interval, from the statistic with each run left out once."""
    from scipy.special import stdtrit  # takes 0.3 s to import

    count = without.size
    if not np.isfinite(without).all():
        return None
    error = math.sqrt((count - 1) / count * float(((without - without.mean()) ** 2).sum()))
    return float(stdtrit(count - 1, (1 + confidence) / 2)) * error if error > NEGLIGIBLE else None
