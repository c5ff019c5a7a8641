"""Computes the statistics of one metric over a stored sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runner.compare.algorithms import (
    MOST_ALGORITHMS,
    Algorithm,
    group_by_task,
    pair_seeds,
    pair_up,
    shared_tasks,
)
from runner.compare.metric_samples import MetricSamples, Sample
from runner.errors import ConfigError
from runner.numeric.intervals import MeanInterval, mean_interval, share_confidence
from runner.numeric.jackknife import Estimate
from runner.statistics.aggregates import ProfilePoint, estimate_iqm, make_profile
from runner.statistics.difference import (
    MIN_COMPARED,
    Difference,
    estimate_paired,
    estimate_unpaired,
)
from runner.statistics.superiority import GAMMA, Outcome, compare_pairs, compare_runs

THRESHOLDS = 101
"""The number of thresholds of a performance profile."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a sweep."""

    tasks: str | None = None
    """The key whose values are tasks; None: there is one task."""
    compare: str | None = None
    """`KEY=A,B`, whose configurations are compared; None: all pairs."""
    margin: float | None = None
    """How far apart means may be and still count as equivalent, in the metric's units."""
    gamma: float = GAMMA
    """The smallest P(A>B) that is meaningful."""

    def __post_init__(self) -> None:
        """Refuse numbers that are out of range.

        Raises:
            ConfigError: as said.
        """
        if self.margin is not None and not self.margin > 0:
            raise ConfigError("--margin", "must be greater than 0", self.margin)
        if not 0.5 < self.gamma < 1:
            raise ConfigError("--gamma", "must be greater than 0.5 and less than 1", self.gamma)


@dataclass(frozen=True)
class Described:
    """One configuration."""

    sample: Sample
    mean: MeanInterval
    iqm: Estimate


@dataclass(frozen=True)
class Aggregate:
    """One algorithm over all tasks."""

    algorithm: Algorithm
    runs: int
    """The smallest number of runs of a task."""
    iqm: Estimate
    profile: tuple[ProfilePoint, ...]


@dataclass(frozen=True)
class Comparison:
    """Two algorithms over the tasks that both have."""

    a: int
    """Index of A among the algorithms, from 0."""
    b: int
    tasks: int
    runs: tuple[int, int]
    """Numbers of runs of A and of B."""
    difference: Difference
    superiority: Outcome


@dataclass(frozen=True)
class SweepStatistics:
    """The statistics of one metric."""

    metric: str
    asked: Asked
    described: tuple[Described, ...]
    """One for each configuration that has finite values."""
    left_out: tuple[tuple[str, str], ...]
    """Name of every other configuration, and why nothing is said of it."""
    algorithms: tuple[Algorithm, ...]
    aggregates: tuple[Aggregate, ...]
    """Of the algorithms that have all tasks."""
    comparisons: tuple[Comparison, ...]
    confidence: float
    """Of each interval of one configuration, in (0, 1)."""
    confidence_of_comparisons: float
    """Of each interval of a comparison, so that all hold together with `confidence`."""


def describe_sweep(read: MetricSamples, asked: Asked) -> SweepStatistics:
    """Compute the statistics of one metric.

    Raises:
        ConfigError: no configuration has finite values, or a key or value that is asked for is not
            there.
    """
    left_out = [(each.shown_name, why) for each in read.samples if (why := _why_left(each))]
    samples = [each for each in read.samples if not _why_left(each)]
    if not samples:
        raise ConfigError("--metric", f"{left_out[0][0]}: {left_out[0][1]}", read.metric)
    confidence = min(each.confidence for each in samples)
    algorithms = group_by_task(samples, asked.tasks)
    pairs: list[tuple[int, int]] = []
    if asked.compare is not None or len(algorithms) <= MOST_ALGORITHMS:
        pairs = pair_up(algorithms, asked.compare)
    pairs = [(a, b) for a, b in pairs if shared_tasks(algorithms[a], algorithms[b])]
    shared = share_confidence(confidence, len(pairs))
    return SweepStatistics(
        metric=read.metric,
        asked=asked,
        described=tuple(_describe(each, confidence) for each in samples),
        left_out=tuple(left_out),
        algorithms=tuple(algorithms),
        aggregates=tuple(_aggregate(algorithms, confidence)),
        comparisons=tuple(_compare(algorithms, pair, asked, shared) for pair in pairs),
        confidence=confidence,
        confidence_of_comparisons=shared,
    )


def _why_left(sample: Sample) -> str | None:
    if not sample.values:
        return "no successful run has the metric"
    return None if sample.finite else "a value is NaN or infinite"


def _describe(sample: Sample, confidence: float) -> Described:
    values = np.asarray(sample.values, np.float64)
    return Described(sample, mean_interval(values, confidence), estimate_iqm([values], confidence))


def _aggregate(algorithms: Sequence[Algorithm], confidence: float) -> list[Aggregate]:
    tasks = list(dict.fromkeys(task for each in algorithms for task in each.tasks))
    whole = [each for each in algorithms if len(each.tasks) == len(tasks)]
    if not whole:
        return []
    values = np.concatenate([np.concatenate(each.strata(tasks)) for each in whole])
    thresholds = np.linspace(values.min(), values.max(), THRESHOLDS).tolist()
    return [
        Aggregate(
            each,
            min(map(len, each.strata(tasks))),
            estimate_iqm(each.strata(tasks), confidence),
            tuple(make_profile(each.strata(tasks), thresholds, confidence)),
        )
        for each in whole
    ]


def _compare(
    algorithms: Sequence[Algorithm], places: tuple[int, int], asked: Asked, confidence: float
) -> Comparison:
    a, b = (algorithms[place] for place in places)
    tasks = shared_tasks(a, b)
    ours, theirs = a.strata(tasks), b.strata(tasks)
    pairs = [pair_seeds(a.tasks[task], b.tasks[task]) for task in tasks]
    if min(map(len, pairs)) >= MIN_COMPARED:
        difference = estimate_paired(pairs, confidence, asked.margin)
        superiority = compare_pairs(pairs, confidence, asked.gamma)
    else:
        difference = estimate_unpaired(ours, theirs, confidence, asked.margin)
        superiority = compare_runs(ours, theirs, confidence, asked.gamma)
    runs = (sum(map(len, ours)), sum(map(len, theirs)))
    return Comparison(*places, len(tasks), runs, difference, superiority)
