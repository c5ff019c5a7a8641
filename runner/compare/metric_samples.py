"""Reads one metric of every configuration of a stored sweep, as samples of independent runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runner.analysis.measurement import ConfigurationResult, measure
from runner.compare.sweeps import find_varied, name_of
from runner.errors import ConfigError, nearest
from runner.numeric.labels import find_labels
from runner.numeric.verdicts import State
from runner.record.reader import (
    StoredRun,
    content_of,
    explain_no_record,
    group_runs,
    read_stored,
    seed_key,
)
from runner.statistics.true_variance import estimate_true_variance
from runner.text import list_some

CLOSE = 1e-5
"""How far two accuracies of a run may be apart and still be the same number."""

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
    true_variance: float | None = None
    """Of the accuracy on all data of this kind, over the runs with `values`; see
    `runner.statistics.true_variance`. None unless the metric is the accuracy on the probe."""
    probe_rows: int = 0
    """The number of rows of the probe, from which that was estimated; 0 where it was not."""

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
        raise ConfigError(str(directory), explain_no_record(directory))
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
    wrong: npt.NDArray[np.bool_] | None
    """(run, row), whether the first call's label of a row of the probe is wrong; None: there are no
    labels."""

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
            wrong=None if measured.outputs.parts else _find_wrong(runs, measured.targets),
        )

    def take(self, metric: str, varied: set[str]) -> Sample:
        """Return one metric of the runs that have it."""
        having = [i for i, each in enumerate(self.metrics) if metric in each]
        values = tuple(self.metrics[i][metric] for i in having)
        wrong = None if self.wrong is None else self.wrong[having]
        if wrong is not None and not np.allclose(1 - wrong.mean(axis=1), values, atol=CLOSE):
            wrong = None  # another metric, or the probe is not all that was evaluated
        return Sample(
            name=name_of(self.overrides, varied),
            overrides=self.overrides,
            values=values,
            seeds=tuple(self.seeds[i] for i in having),
            runs=self.runs,
            failed=self.failed,
            same=self.same,
            confidence=self.confidence,
            true_variance=None if wrong is None else estimate_true_variance(wrong),
            probe_rows=0 if wrong is None else wrong.shape[1],
        )


def _find_wrong(
    runs: Sequence[StoredRun], labels: npt.NDArray[np.generic] | None
) -> npt.NDArray[np.bool_] | None:
    """Return (run, row), whether a run's first call gives a row of the probe a wrong label.

    None where targets are no labels of the units, or a run lacks outputs or has others in number.
    """
    outputs = [each.arrays.outputs[0, 0] for each in runs if each.arrays is not None]
    if labels is None or len(outputs) < len(runs) or len({each.shape for each in outputs}) != 1:
        return None
    rows, units = outputs[0].shape
    if units < 2 or labels.shape != (rows,) or labels.min() < 0 or labels.max() >= units:
        return None
    stacked = np.stack(outputs)
    return find_labels(stacked) != labels if np.isfinite(stacked).all() else None
