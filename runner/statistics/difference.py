"""Estimates the difference of the means of A and B over tasks, and whether it is shown.

It is never concluded that two means are equal: either they are shown to differ, or to be within a
margin that was stated before, or neither is shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from runner.numeric.intervals import alpha_of, mean_of
from runner.statistics.aggregates import Strata

MIN_COMPARED = 3
"""Fewer pairs, or runs of either side, show nothing."""

MOST_FLIPPED = 16
"""Most pairs of which all ways to flip signs are tried, 2 ** 16."""


class Shown(StrEnum):
    """What was shown of the means of A and B."""

    A = "A higher"
    B = "B higher"
    EQUIVALENT = "equivalent"
    """They are no further apart than the margin that was stated."""
    NOTHING = "not shown to differ"
    TOO_FEW = "too few runs"


ROUNDING = 1e-12
"""How far two equal sums may be apart, as a share of the sum of all sizes."""


@dataclass(frozen=True)
class Difference:
    """The difference of two means, A less B, in the metric's units."""

    mean: float
    """The mean over tasks of the difference of each task."""
    paired: bool
    """Whether runs with equal seeds are compared."""
    shown: Shown
    low: float | None = None
    """Lower end of its t interval; None: too few runs, or nothing varied."""
    high: float | None = None
    """Its upper end."""
    inner_low: float | None = None
    """Lower end of the interval by which equivalence is told, at 2 confidence - 1."""
    inner_high: float | None = None
    """Its upper end."""
    p_flip: float | None = None
    """Two-sided p of the exact sign-flip test; None: not paired, or too many pairs."""


@dataclass(frozen=True)
class _Spread:
    """What chance does to a difference."""

    error: float
    """The standard error, above 0."""
    degrees: float
    """Its degrees of freedom."""


def estimate_paired(
    differences: Strata, confidence: float, margin: float | None = None
) -> Difference:
    """Estimate the difference from pairs of runs with equal seeds: A less B (pair,) of each task.

    The interval is Student's t; over tasks, variances add up, with the degrees of freedom of
    Welch and Satterthwaite. A difference is shown if the interval excludes 0 and the exact
    sign-flip test (Fisher, 1935) agrees, unless there are too many pairs to try all ways, or too
    few for it to reach the level. If all pairs have one difference, that test alone tells.

    Args:
        differences: finite.
        confidence: of the interval, in (0, 1).
        margin: how far apart means may be and still count as equivalent; None: not asked.
    """
    p = _flip(differences)
    mean = float(np.mean([mean_of(list(each)) for each in differences]))
    found = Difference(mean, True, Shown.TOO_FEW, p_flip=p)
    if min(map(len, differences)) < MIN_COMPARED:
        return found
    alpha = alpha_of(confidence)
    spread = _measure_spread(differences, len(differences))
    if spread is None:
        return _name_higher(found, shown=p is not None and p < alpha)
    reaches = p is not None and 2.0 ** (1 - sum(map(len, differences))) < alpha
    agrees = p is None or p < alpha or not reaches
    return _judge(found, spread, confidence, margin, agrees)


def estimate_unpaired(
    ours: Strata, theirs: Strata, confidence: float, margin: float | None = None
) -> Difference:
    """Estimate the difference of two samples of independent runs (run,) of each task.

    The interval is Welch's (1947), over tasks as for `estimate_paired`. If no sample varies, what
    tells is the chance that dealing the values at random parts them like this.
    """
    pairs = list(zip(ours, theirs, strict=True))
    mean = float(np.mean([mean_of(list(a)) - mean_of(list(b)) for a, b in pairs]))
    found = Difference(mean, False, Shown.TOO_FEW)
    if min(map(len, [*ours, *theirs])) < MIN_COMPARED:
        return found
    spread = _measure_spread([*ours, *theirs], len(ours))
    if spread is None:
        ways = math.prod(math.comb(len(a) + len(b), len(a)) for a, b in pairs)
        return _name_higher(found, shown=2 / ways < alpha_of(confidence))
    return _judge(found, spread, confidence, margin, True)


def _judge(
    found: Difference, spread: _Spread, confidence: float, margin: float | None, agrees: bool
) -> Difference:
    """Add the intervals, and what they show; `agrees`: whether an exact test allows it."""
    half = _t(spread.degrees, (1 + confidence) / 2) * spread.error
    inner = _t(spread.degrees, confidence) * spread.error
    mean = found.mean
    found = replace(
        found,
        low=mean - half,
        high=mean + half,
        inner_low=mean - inner,
        inner_high=mean + inner,
    )
    # Two one-sided tests (Schuirmann, 1987); means may differ and still be equivalent.
    if margin is not None and abs(mean) + inner < margin:
        return replace(found, shown=Shown.EQUIVALENT)
    return _name_higher(found, shown=agrees and abs(mean) > half)


def _name_higher(found: Difference, *, shown: bool) -> Difference:
    if not shown or found.mean == 0:
        return replace(found, shown=Shown.NOTHING)
    return replace(found, shown=Shown.A if found.mean > 0 else Shown.B)


def _measure_spread(samples: Strata, tasks: int) -> _Spread | None:
    """Return the spread of the sum of samples' means over `tasks`; None: nothing varies."""
    varying = [each for each in samples if each.min() < each.max()]
    if not varying:
        return None
    variances = [float(each.var(ddof=1)) / len(each) for each in varying]
    shares = [v**2 / (len(each) - 1) for v, each in zip(variances, varying, strict=True)]
    return _Spread(math.sqrt(sum(variances)) / tasks, sum(variances) ** 2 / sum(shares))


def _flip(differences: Strata) -> float | None:
    """Return the share of all ways to flip signs whose mean is as far from 0 as the one found."""
    if sum(map(len, differences)) > MOST_FLIPPED:
        return None
    weighted = np.concatenate([each / len(each) for each in differences])
    sums = np.zeros(1)
    for each in weighted:
        sums = np.concatenate([sums + each, sums - each])
    found = abs(float(weighted.sum()))
    return float(np.mean(np.abs(sums) >= found - ROUNDING * float(np.abs(weighted).sum())))


def _t(degrees: float, quantile: float) -> float:
    from scipy.special import stdtrit  # takes 0.3 s to import

    return float(stdtrit(degrees, quantile))
