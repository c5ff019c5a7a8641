"""Which means and SDs several runs can have whose values are whole numbers of rows.

A run that gets k of N test rows right has the accuracy k/N. The mean of n runs is a sum of whole
numbers over N * n (GRIM, Brown and Heathers 2017), and the sum of the squared distances from it
takes certain values only (GRIMMER, Anaya 2016).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from runner.published.printed_number import Number

TOLERANCE = 1e-6
"""How far, in rows, arithmetic in float64 may be off."""

MOST_SUMS = 60
"""Sums that a mean may stand for above which every SD is taken to be possible."""

EXACT_SQUARES = 400
"""Sums of squares, in rows, up to which it is told exactly which ones n whole numbers can have."""

EXACT_RUNS = 30
"""Runs up to which that is told."""


def find_sums(mean: Number, steps: float) -> range:
    """Return the whole numbers that, divided by `steps`, are printed as this mean; may be empty.

    Args:
        mean: as printed, in the units of the table.
        steps: rows * runs / the largest value of the scale.
    """
    low = (mean.value - mean.half) * steps
    high = (mean.value + mean.half) * steps
    return range(math.ceil(low - TOLERANCE), math.floor(high + TOLERANCE) + 1)


def find_nearest(mean: Number, steps: float) -> tuple[float, float]:
    """Return the possible means just below and just above one that is not possible."""
    below = math.floor(mean.value * steps)
    return below / steps, (below + 1) / steps


def is_possible_sd(mean: Number, sd: Number, n: int, row: float, ddof: int) -> bool:
    """Return whether n whole numbers of rows can have a printed mean and SD.

    Args:
        mean: as printed.
        sd: as printed.
        n: the number of runs, at least 2.
        row: what one row adds to a run's value: the largest value of the scale over N.
        ddof: 0 or 1, with which the SD was computed.
    """
    sums = find_sums(mean, n / row)
    if len(sums) > MOST_SUMS:
        return True
    low = max(0.0, (sd.value - sd.half) / row) ** 2 * (n - ddof)
    high = ((sd.value + sd.half) / row) ** 2 * (n - ddof)
    return any(_reaches(total % n, n, low, high) for total in sums)


def _reaches(rest: int, n: int, low: float, high: float) -> bool:
    """Return whether a sum of squared distances from the mean can lie from low to high.

    Distances are taken from the whole number below the mean: they sum to `rest`, and the sum of
    their squares is rest**2 / n larger.
    """
    slack = TOLERANCE * max(1.0, high)
    first = math.ceil(low + rest**2 / n - slack)
    last = math.floor(high + rest**2 / n + slack)
    if last > EXACT_SQUARES or n > EXACT_RUNS:
        # A sum of whole numbers and the sum of their squares are both even, or both odd.
        return any((each - rest) % 2 == 0 for each in range(first, min(last, first + 1) + 1))
    possible = _find_squares(n)
    return any(possible[rest, each] for each in range(max(first, 0), last + 1))


@cache
def _find_squares(n: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return [sum, sum of squares]: whether n whole numbers can have both; sums from 0 to n-1."""
    widest = math.isqrt(EXACT_SQUARES)
    reach = math.isqrt(EXACT_SQUARES * n) + widest
    found = np.zeros((2 * reach + 1, EXACT_SQUARES + 1), np.bool_)
    found[reach, 0] = True
    for _ in range(n):
        larger = np.zeros_like(found)
        for value in range(-widest, widest + 1):
            moved = np.roll(found, value, axis=0)[:, : EXACT_SQUARES + 1 - value**2]
            larger[:, value**2 :] |= moved
        found = larger
    return found[reach : reach + n]


def largest_sd(mean: Number, n: int | None, top: float) -> float:
    """Return the largest SD (ddof=1) that values from 0 to `top` with a printed mean can have.

    It is reached where all values but one are 0 or `top`: Bhatia and Davis (2000) for n values.
    With n unknown it is their bound for two values, without regard to what two values can be.
    """
    low = min(max(0.0, (mean.value - mean.half) / top), 1.0)
    high = min(max(0.0, (mean.value + mean.half) / top), 1.0)
    means = [low, high, *([0.5] if low < 0.5 < high else [])]
    if n is None:
        return max(math.sqrt(2 * each * (1 - each)) for each in means) * top
    means += [total / n for total in range(math.ceil(low * n), math.floor(high * n) + 1)]
    return max(math.sqrt(_most_squares(each * n, n) / (n - 1)) for each in means) * top


def _most_squares(total: float, n: int) -> float:
    """Return the largest sum of squared distances from their mean of n values from 0 to 1."""
    whole = math.floor(total)
    return max(0.0, whole + (total - whole) ** 2 - total**2 / n)
