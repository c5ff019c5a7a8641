"""Metrics of two sweeps: run by run where seeds are equal, otherwise as two samples. Pure."""

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
    """One metric in A and in B, in its units; of the first build, which a script would give."""

    name: str
    a: float | None
    """Mean over runs; None: no run has it, or a value is NaN or infinite."""
    b: float | None
    difference: float | None
    """`b` minus `a`."""
    largest: float | None = None
    """Largest |b-a| over runs with equal seeds and over all builds; None where there are none, or
    where a value is NaN or infinite."""
    low: float | None = None
    """Of the interval of `difference` between two samples; None where runs have equal seeds."""
    high: float | None = None
    state: State = State.UNMEASURED
    """Of runs with equal seeds, by the tolerance. Of two samples it is `differs` or unmeasured:
    samples that could be of one distribution need not be."""
    only: str | None = None
    """A or B, where only its runs have the metric; the state is `differs` then."""


def compare_paired(
    pairs: Sequence[tuple[RunRecord, RunRecord]], tolerance: Tolerance
) -> tuple[MetricDifference, ...]:
    """Compare the metrics of runs with equal seeds.

    Args:
        pairs: a run of A and one of B each; at least one.
        tolerance: within which a difference is `rounding`.
    """
    names = dict.fromkeys(
        name for pair in pairs for record in pair for build in record.metrics for name in build
    )
    return tuple(_compare_metric(name, pairs, tolerance) for name in names)


def compare_samples(
    a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]], confidence: float
) -> tuple[MetricDifference, ...]:
    """Compare the metrics of runs of which no two have equal seeds.

    Args:
        a: metric to a value each independent run.
        b: likewise.
        confidence: of each interval. For that of all intervals together see `share_confidence`.
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
            # Where neither sample varies the interval is a point, which knows nothing of chance.
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
    """How many metrics `compare_samples` can compare."""
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
    """Of a metric that not both sides have in their first builds."""
    only = "A" if a else "B" if b else None
    state = State.DIFFERS if only else State.UNMEASURED
    return MetricDifference(name, _mean(a), _mean(b), None, state=state, only=only)


def _mean(values: Sequence[float]) -> float | None:
    if not values or not all(map(math.isfinite, values)):
        return None
    return mean_of(values)


def _chance_of_parting(one: int, other: int) -> float:
    """The chance that two samples of one distribution hold nothing in common by how they were
    dealt: 2 of the C(one+other, one) ways to deal the values (the exact permutation test)."""
    return 2 / math.comb(one + other, one)
