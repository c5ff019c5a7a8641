"""Compares metrics of two sweeps: run by run if seeds are equal, else as two samples. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from runner.numeric.bitwise import Tolerance, compare_arrays, worst_of
from runner.numeric.intervals import mean_of, welch_interval
from runner.numeric.verdicts import State
from runner.record.record import RunRecord


@dataclass(frozen=True)
class MetricDifference:
    """One metric of the first build, in A and in B, in its units; a plain script has one build."""

    name: str
    a: float | None
    """Mean over the runs of A; None if no run has the metric or a value is NaN or infinite."""
    b: float | None
    """Mean over the runs of B; None likewise."""
    difference: float | None
    """`b` minus `a`; None if one of them is None."""
    largest: float | None = None
    """Largest |b-a| over runs with equal seeds and over all builds; None if no runs have equal
    seeds, or if a value is NaN or infinite."""
    low: float | None = None
    """Lower end of the interval of `difference` between two samples; None if runs have equal seeds,
    or if a sample has fewer than two values."""
    high: float | None = None
    """Upper end of that interval; None likewise."""
    state: State = State.UNMEASURED
    """How runs with equal seeds compare within the tolerance. Two samples either differ or are
    unmeasured, because samples that could come from one distribution need not do so."""
    only: str | None = None
    """"A" or "B" if only that side's runs have the metric, and `state` is `differs`; else None."""


def compare_paired(
    pairs: Sequence[tuple[RunRecord, RunRecord]], tolerance: Tolerance
) -> tuple[MetricDifference, ...]:
    """Compare the metrics of runs with equal seeds.

    Args:
        pairs: at least one pair of a run of A and a run of B with equal seeds.
        tolerance: a difference within it is `rounding`.
    """
    names = dict.fromkeys(
        name for pair in pairs for record in pair for build in record.metrics for name in build
    )
    return tuple(_compare_metric(name, pairs, tolerance) for name in names)


def compare_samples(
    a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]], confidence: float
) -> tuple[MetricDifference, ...]:
    """Compare the metrics of two samples of independent runs.

    Args:
        a: metric to values in A, one for each independent run.
        b: metric to values in B, likewise.
        confidence: of each interval, in (0, 1); `share_confidence` finds it from that of all
            intervals together.
    """
    found = []
    for name in {**a, **b}:
        one, other = a.get(name, ()), b.get(name, ())
        if a and b and not (one and other):
            found.append(_alone(name, one, other))
            continue
        difference, low, high = welch_interval(one, other, confidence)
        differs = False
        if low is not None and high is not None:
            # If neither sample varies, the interval is a point, which says nothing about chance.
            chance = _chance_of_parting(len(one), len(other)) if low == high else 0.0
            differs = not low <= 0 <= high and chance <= 1 - confidence
        found.append(
            MetricDifference(
                name,
                a=_mean(one),
                b=_mean(other),
                difference=difference,
                low=low,
                high=high,
                state=State.DIFFERS if differs else State.UNMEASURED,
            )
        )
    return tuple(found)


def count_samples(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]) -> int:
    """Return the number of metrics that `compare_samples` can compare: two values on each side."""
    return sum(len(a[name]) > 1 and len(b.get(name, ())) > 1 for name in a)


def _compare_metric(
    name: str, pairs: Sequence[tuple[RunRecord, RunRecord]], tolerance: Tolerance
) -> MetricDifference:
    firsts = [(a.metrics[0], b.metrics[0]) for a, b in pairs if a.metrics and b.metrics]
    both = [(one[name], other[name]) for one, other in firsts if name in one and name in other]
    every = [
        (one[name], other[name])
        for a, b in pairs
        for one, other in zip(a.metrics, b.metrics, strict=False)
        if name in one and name in other
    ]
    if not both:
        ours = [one[name] for one, _ in firsts if name in one]
        return _alone(name, ours, [other[name] for _, other in firsts if name in other])
    a, b = (_mean([pair[side] for pair in both]) for side in (0, 1))
    gaps = [abs(other - one) for one, other in every]
    return MetricDifference(
        name,
        a=a,
        b=b,
        difference=None if a is None or b is None else b - a,
        largest=max(gaps) if all(map(math.isfinite, gaps)) else None,
        state=worst_of(
            compare_arrays(np.float64(one), np.float64(other), tolerance) for one, other in every
        ),
    )


def _alone(name: str, a: Sequence[float], b: Sequence[float]) -> MetricDifference:
    """Describe a metric that the first builds of A and B do not both have."""
    only = "A" if a else "B" if b else None
    state = State.DIFFERS if only else State.UNMEASURED
    return MetricDifference(name, _mean(a), _mean(b), None, state=state, only=only)


def _mean(values: Sequence[float]) -> float | None:
    if not values or not all(map(math.isfinite, values)):
        return None
    return mean_of(values)


def _chance_of_parting(one: int, other: int) -> float:
    """Return the chance that dealing values at random separates two kinds of equal values.

    Of the C(one+other, one) ways to deal them, 2 give each side one kind (the exact permutation
    test).

    Args:
        one: the number of values in one sample.
        other: the number of values in the other.
    """
    return 2 / math.comb(one + other, one)
