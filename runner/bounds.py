"""What a number of equal runs leaves open: the bound on what further ones may do."""

from __future__ import annotations

import math

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
