"""How likely ties are by chance, for values that move in steps, such as accuracies."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

ALPHA = 1e-3
"""The chance that a rule speaks of a table in which nothing is wrong, if its assumptions hold."""

WIDEST = 300
"""SD in steps from which a sum over all steps is replaced by its integral."""


def share_alpha(alpha: float, tests: int) -> float:
    """Return the level of each of several tests so that all keep `alpha` together (Bonferroni)."""
    return alpha / max(1, tests)


@cache
def all_equal(sd: float, step: float, n: int) -> float:
    """Return the chance that n normal values, rounded to multiples of a step, are all equal.

    The mean lies on a multiple, where ties are most frequent, so that the chance is not
    understated.

    Args:
        sd: of the values, in the units of the step.
        step: between two possible values.
        n: how many values; fewer than 2 are always equal.
    """
    if n < 2 or sd <= 0:
        return 1.0
    wide = sd / step
    if wide > WIDEST:
        # The integral of the density's n-th power.
        return min(1.0, math.pow(2 * math.pi * wide**2, -(n - 1) / 2) / math.sqrt(n))
    from scipy.special import ndtr  # takes 0.3 s to import

    edges = (np.arange(-math.ceil(6 * wide) - 1, math.ceil(6 * wide) + 3) - 0.5) / wide
    return float((np.diff(ndtr(edges)) ** n).sum())


def same_ties(sizes: Sequence[int], sd: float, step: float) -> float:
    """Return a bound on the chance that n values tie in groups of these sizes, or in larger ones.

    It is the number of ways to part n values into such groups, times the chance that each group is
    equal, times the number of ways to write n as a sum, since other groups would have been noticed.

    Args:
        sizes: of the groups; 1 for a value that no other one equals.
        sd: of the values.
        step: between two possible values.
    """
    n = sum(sizes)
    ways = math.factorial(n)
    for size, count in Counter(sizes).items():
        ways //= math.factorial(size) ** count * math.factorial(count)
    equal = math.prod(all_equal(sd, step, size) for size in sizes)
    return min(1.0, ways * equal * _count_partitions(n))


def _count_partitions(n: int) -> int:
    """Return in how many ways n is a sum of whole numbers, whatever their order."""
    counts = [1] + [0] * n
    for part in range(1, n + 1):
        for total in range(part, n + 1):
            counts[total] += counts[total - part]
    return counts[n]


def most_likely(sd: float, step: float) -> float:
    """Return the largest chance that any one step has, for normal values with this SD."""
    return 1.0 if sd <= 0 else math.erf(0.5 * step / sd / math.sqrt(2))


def smaller_sd(sd: float, most: float, n: int) -> float:
    """Return the chance that n normal values with this SD have a sample SD of at most `most`."""
    if n < 2 or sd <= 0:
        return 1.0
    from scipy.special import chdtr

    return float(chdtr(n - 1, (n - 1) * (most / sd) ** 2))


def count_tail(chances: Sequence[float], least: int) -> float:
    """Return the chance that at least so many of independent events happen (Poisson binomial)."""
    if least <= 0:
        return 1.0
    if least > len(chances):
        return 0.0
    # What happens `least` times or more is kept in the last place.
    counts = np.zeros(least + 1)
    counts[0] = 1.0
    for chance in chances:
        last = counts[least] + counts[least - 1] * chance
        counts[1:least] += (counts[: least - 1] - counts[1:least]) * chance
        counts[0] *= 1 - chance
        counts[least] = last
    return float(counts[least])


def holm(p_values: Sequence[float], alpha: float) -> list[int]:
    """Return the places of the p-values that Holm's (1979) step-down procedure rejects."""
    rejected = []
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, place in enumerate(order):
        if p_values[place] > alpha / (len(p_values) - rank):
            break
        rejected.append(place)
    return sorted(rejected)


def welch_p(difference: float, parts: tuple[float, float], counts: tuple[int, int]) -> float:
    """Return the two-sided p-value of Welch's (1947) test.

    Args:
        difference: of the two means.
        parts: the variance of each mean: squared SD (ddof=1) over the number of runs.
        counts: the numbers of runs, at least 2 each.
    """
    from scipy.special import stdtr

    variance = sum(parts)
    if variance <= 0:
        return 1.0 if difference == 0 else 0.0
    below = sum(part**2 / (n - 1) for part, n in zip(parts, counts, strict=True))
    freedom = variance**2 / below
    return float(2 * stdtr(freedom, -abs(difference) / math.sqrt(variance)))
