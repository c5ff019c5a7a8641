"""Summarizes scores of runs over tasks: interquartile mean and performance profile.

The definitions are those of Agarwal et al., Deep Reinforcement Learning at the Edge of the
Statistical Precipice, NeurIPS 2021, with the stratified bootstrap: runs are drawn with replacement
within each task, and the interval is that of percentiles. The draws have a fixed seed, so that the
same runs always have the same interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from runner.numeric.intervals import alpha_of
from runner.numeric.jackknife import Estimate, Values

Strata: TypeAlias = Sequence[Values]
"""The scores (run,) of each task, at least one task and one run of each."""

MIN_BOOTSTRAP = 3
"""An interval needs this many runs of each task."""

GOOD_BOOTSTRAP = 10
"""Below this many runs of each task a bootstrap interval is too narrow, as the paper says."""

DRAWS = 10_000
"""Number of resamples."""

MOST_DRAWN = 2_000_000
"""Values that are drawn at once, which bounds memory."""

TRIM = 0.25
"""The share of scores that is left out at either end."""


class ProfilePoint(NamedTuple):
    """The share of scores above a threshold, in [0, 1], with its interval."""

    threshold: float
    share: Estimate


def estimate_iqm(strata: Strata, confidence: float) -> Estimate:
    """Estimate the interquartile mean: the mean of the middle half of all scores together.

    A quarter of the scores, rounded down, is left out at either end, as `scipy.stats.trim_mean`
    does. Tasks count by their number of runs.

    Returns:
        A value without an interval if a task has fewer than MIN_BOOTSTRAP runs.
    """
    value = float(trim(np.concatenate(strata)))
    return _bootstrap(strata, trim, value, confidence)


def trim(scores: Values) -> Values:
    """Return the interquartile mean along the last axis."""
    cut = int(TRIM * scores.shape[-1])
    ordered = np.sort(scores, axis=-1)[..., cut : scores.shape[-1] - cut]
    # The mean of equal values can round to a neighbour of theirs.
    mean: Values = np.clip(ordered.mean(axis=-1), ordered[..., 0], ordered[..., -1])
    return mean


def make_profile(
    strata: Strata, thresholds: Sequence[float], confidence: float
) -> list[ProfilePoint]:
    """Return the performance profile: for each threshold the share of scores above it.

    The share is the mean over tasks of that of the task's runs. Its interval holds for each
    threshold by itself.
    """
    points = np.asarray(thresholds, np.float64)
    shares = np.mean([_shares_above(each, points) for each in strata], axis=0)
    if min(map(len, strata)) < MIN_BOOTSTRAP:
        bands = np.full((2, points.size), np.nan)
    else:
        drawn = np.zeros((DRAWS, points.size))
        rng = np.random.default_rng(0)
        for each in strata:
            # How many of n drawn runs lie above is decided by which runs are drawn.
            counts = rng.multinomial(each.size, np.full(each.size, 1 / each.size), size=DRAWS)
            above = (each[:, None] > points).astype(np.float64)
            drawn += counts @ above / each.size / len(strata)
        bands = np.quantile(drawn, _ends(confidence), axis=0)
    missing = np.isnan(bands).any()
    return [
        ProfilePoint(
            float(point),
            Estimate(float(share)) if missing else Estimate(float(share), float(low), float(high)),
        )
        for point, share, low, high in zip(points, shares, *bands, strict=True)
    ]


def resample(strata: Strata) -> Iterator[list[Values]]:
    """Yield parts of DRAWS resamples: for each task its drawn scores (draw, run)."""
    rng = np.random.default_rng(0)
    size = max(1, MOST_DRAWN // sum(map(len, strata)))
    for start in range(0, DRAWS, size):
        draws = min(size, DRAWS - start)
        yield [each[rng.integers(0, len(each), (draws, len(each)))] for each in strata]


def take_interval(drawn: Values, confidence: float) -> tuple[float, float]:
    """Return the two percentiles of resampled statistics (draw,)."""
    low, high = np.quantile(drawn, _ends(confidence))
    return float(low), float(high)


def _bootstrap(
    strata: Strata, statistic: Callable[[Values], Values], value: float, confidence: float
) -> Estimate:
    if min(map(len, strata)) < MIN_BOOTSTRAP:
        return Estimate(value)
    parts = [statistic(np.concatenate(each, axis=-1)) for each in resample(strata)]
    return Estimate(value, *take_interval(np.concatenate(parts), confidence))


def _shares_above(scores: Values, points: Values) -> npt.NDArray[np.float64]:
    shares: npt.NDArray[np.float64] = (scores[:, None] > points).mean(axis=0)
    return shares


def _ends(confidence: float) -> tuple[float, float]:
    half = alpha_of(confidence) / 2
    return half, 1 - half
