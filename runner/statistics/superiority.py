"""Estimates how often a run of A is higher than one of B, and decides whether A is better.

The rule is that of Bouthillier et al., Accounting for Variance in Machine Learning Benchmarks,
MLSys 2021: with the interval of P(A>B), a lower end of at most 0.5 is not significant, an upper end
of at most gamma is not meaningful, and anything else is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from runner.numeric.intervals import alpha_of
from runner.numeric.jackknife import Estimate, Values
from runner.statistics.aggregates import MIN_BOOTSTRAP, Strata, resample, take_interval

GAMMA = 0.75
"""The smallest P(A>B) that is meaningful, as the paper recommends."""

ERROR = 0.05
"""Both error rates for which the paper computes its number of pairs."""


class Superiority(StrEnum):
    """What the rule says of A and B; none of it says that they do not differ."""

    A = "A higher"
    B = "B higher"
    NOT_SIGNIFICANT = "not significant"
    """The interval of P(A>B) holds 0.5."""
    NOT_MEANINGFUL = "not meaningful"
    """One is higher in more than half of the pairs, and in no more than gamma of them."""
    TOO_FEW = "too few runs"
    """The rule says neither A nor B, and there are too few pairs for it to say anything else."""


@dataclass(frozen=True)
class Outcome:
    """How often A is higher than B, and what follows."""

    share: Estimate
    """P(A>B), in [0, 1], where a tie counts half; with the interval of the bootstrap."""
    pairs: int
    """The number of pairs of runs; without equal seeds the number of runs of the smaller side."""
    answer: Superiority


def needed_pairs(gamma: float = GAMMA, alpha: float = ERROR, beta: float = ERROR) -> int:
    """Return how many pairs the rule takes: N = ((z_1-alpha + z_1-beta) / (sqrt 6 (0.5-gamma)))^2.

    It is Noether's (1987) sample size of the test of P(A>B) = 0.5; 29 for the default arguments.
    """
    from scipy.special import ndtri  # takes 0.3 s to import

    quantiles = float(ndtri(1 - alpha) + ndtri(1 - beta))
    return math.ceil((quantiles / (math.sqrt(6) * (gamma - 0.5))) ** 2)


def compare_pairs(differences: Strata, confidence: float, gamma: float = GAMMA) -> Outcome:
    """Compare pairs of runs that share their seeds: A less B (pair,) of each task.

    "Higher" is only said if the sign test agrees, because the bootstrap of a few pairs is too
    narrow: that of 3 pairs in which A is higher is the point 1.
    """
    wins = [np.where(each > 0, 1.0, np.where(each < 0, 0.0, 0.5)) for each in differences]
    share = float(np.mean([each.mean() for each in wins]))
    estimate = Estimate(share)
    if min(map(len, wins)) >= MIN_BOOTSTRAP:
        drawn = np.concatenate(
            [np.mean([task.mean(axis=-1) for task in part], axis=0) for part in resample(wins)]
        )
        estimate = Estimate(share, *take_interval(drawn, confidence))
    every = np.concatenate(differences)
    p = _sign_test(int((every > 0).sum()), int((every < 0).sum()))
    return _decide(estimate, sum(map(len, wins)), p < alpha_of(confidence), gamma)


def compare_runs(ours: Strata, theirs: Strata, confidence: float, gamma: float = GAMMA) -> Outcome:
    """Compare every run of A with every run of B of the same task (Agarwal et al., 2021).

    "Higher" is only said if the test of Mann and Whitney (1947) agrees in the mean over tasks: with
    one task its exact p, with several its normal approximation, stratified (van Elteren, 1960,
    with equal weights).
    """
    share = float(np.mean([_share(a, b) for a, b in zip(ours, theirs, strict=True)]))
    sizes = [min(len(a), len(b)) for a, b in zip(ours, theirs, strict=True)]
    estimate = Estimate(share)
    if min(sizes) >= MIN_BOOTSTRAP:
        drawn = []
        for part in resample([*ours, *theirs]):
            each = [
                _shares(a, b) for a, b in zip(part[: len(ours)], part[len(ours) :], strict=True)
            ]
            drawn.append(np.mean(each, axis=0))
        estimate = Estimate(share, *take_interval(np.concatenate(drawn), confidence))
    agrees = _rank_test(ours, theirs, share) < alpha_of(confidence)
    return _decide(estimate, sum(sizes), agrees, gamma)


def _decide(share: Estimate, pairs: int, agrees: bool, gamma: float) -> Outcome:
    """Apply the rule to whichever of A and B is higher more often."""
    if share.value is None or share.low is None or share.high is None:
        return Outcome(share, pairs, Superiority.TOO_FEW)
    swapped = share.value < 0.5
    low, high = (1 - share.high, 1 - share.low) if swapped else (share.low, share.high)
    if low > 0.5 and high > gamma and agrees:
        return Outcome(share, pairs, Superiority.B if swapped else Superiority.A)
    if pairs < needed_pairs(gamma):
        return Outcome(share, pairs, Superiority.TOO_FEW)
    meaningless = low > 0.5 and high <= gamma
    answer = Superiority.NOT_MEANINGFUL if meaningless else Superiority.NOT_SIGNIFICANT
    return Outcome(share, pairs, answer)


def _share(a: Values, b: Values) -> float:
    return float(np.mean((a[:, None] > b) + 0.5 * (a[:, None] == b)))


def _shares(a: Values, b: Values) -> Values:
    """Return P(A>B) of each resample, of (draw, run) of either side."""
    shares = np.zeros(len(a))
    for column in range(b.shape[1]):
        other = b[:, column, None]
        shares += ((a > other) + 0.5 * (a == other)).mean(axis=1)
    shares /= b.shape[1]
    return shares


def _sign_test(wins: int, losses: int) -> float:
    """Return the two-sided p of the sign test, without ties."""
    from scipy.stats import binomtest  # 0.6 s to import

    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def _rank_test(ours: Strata, theirs: Strata, share: float) -> float:
    from scipy.special import ndtr
    from scipy.stats import mannwhitneyu

    if len(ours) == 1:
        return float(mannwhitneyu(ours[0], theirs[0]).pvalue)
    variances = [_null_variance(a, b) for a, b in zip(ours, theirs, strict=True)]
    error = math.sqrt(sum(variances)) / len(ours)
    return 2 * float(ndtr(-abs(share - 0.5) / error)) if error else 1.0


def _null_variance(a: Sequence[float] | Values, b: Sequence[float] | Values) -> float:
    """Return the variance of P(A>B) if A and B are alike, with the correction for ties."""
    m, n = len(a), len(b)
    _, ties = np.unique(np.concatenate([a, b]), return_counts=True)
    corrected = (m + n + 1) - float((ties**3 - ties).sum()) / ((m + n) * (m + n - 1))
    return corrected / (12 * m * n)
