"""Reads one metric of every configuration of a stored sweep, as samples of independent runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from runner.analysis.measurement import ConfigurationResult, measure
from runner.compare.sweeps import find_varied, name_of
from runner.errors import ConfigError, nearest
from runner.numeric.verdicts import State
from runner.record.reader import NO_RECORD, content_of, group_runs, read_stored, seed_key
from runner.text import list_some

PREFERRED = "accuracy"
"""The metric that is read if none is named."""


@dataclass(frozen=True)
class Sample:
    """One metric over the independent runs of a configuration, in the order of the runs."""

    name: str
    """The overrides that tell the configuration from the others; empty if it is alone."""
    overrides: dict[str, str]
    """The overrides of its command line, key to value."""
    values: tuple[float, ...]
    """The metric (run,) of the first build; bitwise copies of a run count once."""
    seeds: tuple[str | None, ...]
    """For each value a text that is equal for equal recorded seeds; None: nothing was seeded."""
    runs: int
    """The number of successful runs, copies included and replays not."""
    failed: int
    """The number of runs that failed, replays included."""
    same: bool
    """Whether all runs gave the same outputs, bit for bit."""
    confidence: float

    @property
    def finite(self) -> bool:
        """Whether no value is NaN or infinite."""
        return all(map(math.isfinite, self.values))

    @property
    def shown_name(self) -> str:
        """The name, or words for a configuration that is alone."""
        return self.name or "the configuration"


@dataclass(frozen=True)
class MetricSamples:
    """One metric of all configurations of a sweep, or of all sweeps below a directory."""

    metric: str
    samples: tuple[Sample, ...]
    """One for each configuration, in the order of their first runs."""
    problems: tuple[str, ...]
    """Records that could not be used, each with the reason."""


def read_samples(directory: Path, metric: str | None = None) -> MetricSamples:
    """Read a metric of every configuration.

    Args:
        directory: of a sweep, or one above sweeps.
        metric: its name; None for `accuracy`, or else the only metric that there is.

    Raises:
        ConfigError: there is no record, or no run has the metric.
    """
    stored, problems = read_stored(directory)
    if not stored and not problems:
        raise ConfigError(str(directory), NO_RECORD)
    groups = group_runs(each for each in stored if each.record.resume_of is None)[::-1]
    del stored  # so that a configuration's arrays are freed once it is measured
    # Only what is needed of each is kept: the arrays of all would not fit.
    read = [_Read.of(measure(groups.pop())) for _ in range(len(groups))]
    known = list(dict.fromkeys(name for each in read for run in each.metrics for name in run))
    chosen = _choose(metric, known, directory)
    varied = find_varied([each.overrides for each in read])
    return MetricSamples(chosen, tuple(each.take(chosen, varied) for each in read), tuple(problems))


def _choose(metric: str | None, known: list[str], directory: Path) -> str:
    if not known:
        raise ConfigError(str(directory), "no run there has a metric")
    name = PREFERRED if metric is None else metric
    if name in known:
        return name
    if metric is None and len(known) == 1:
        return known[0]
    hint = nearest(name, known) or f"Metrics: {list_some(known, 6)}"
    rule = "no run there has this metric" if metric else "must name a metric, as there is no"
    raise ConfigError("--metric", rule, name, hint)


@dataclass(frozen=True)
class _Read:
    """What is kept of a measured configuration."""

    overrides: dict[str, str]
    metrics: tuple[dict[str, float], ...]
    """Of each independent run."""
    seeds: tuple[str | None, ...]
    runs: int
    failed: int
    same: bool
    confidence: float

    @classmethod
    def of(cls, measured: ConfigurationResult) -> _Read:
        """Keep the first of the runs whose recorded results are equal bit for bit."""
        distinct = {content_of(each.record): each for each in reversed(measured.runs)}
        runs = list(distinct.values())[::-1]
        return cls(
            overrides=measured.overrides,
            metrics=tuple(each.first_metrics for each in runs),
            seeds=tuple(seed_key(each.record.seeds) for each in runs),
            runs=measured.comparison.runs,
            failed=measured.comparison.failed,
            same=measured.comparison.across_runs is State.SAME,
            confidence=measured.confidence,
        )

    def take(self, metric: str, varied: set[str]) -> Sample:
        """Return one metric of the runs that have it."""
        having = [i for i, each in enumerate(self.metrics) if metric in each]
        return Sample(
            name=name_of(self.overrides, varied),
            overrides=self.overrides,
            values=tuple(self.metrics[i][metric] for i in having),
            seeds=tuple(self.seeds[i] for i in having),
            runs=self.runs,
            failed=self.failed,
            same=self.same,
            confidence=self.confidence,
        )
