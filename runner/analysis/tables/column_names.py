"""Names the columns of keys and metrics, which may have the names of other columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

OVERRIDE, METRIC = "override_", "metric_"
"""Prefixes of the columns of a key and of a metric whose own name is taken."""


@dataclass(frozen=True)
class ColumnNames:
    """The columns of overridden keys and of metrics; no two columns of a frame share a name."""

    overrides: Mapping[str, str]
    """Key to the name of its column in every frame: the key, or `override_<key>`."""
    metrics: Mapping[str, str]
    """Metric to the beginning of the names of its statistics' columns, in frames that also have
    columns of keys: the metric, or `metric_<metric>`."""
    run_metrics: Mapping[str, str]
    """Metric to the name of its column in the frame of runs: the metric, or `metric_<metric>`."""

    def name_overrides(self, overrides: Mapping[str, str]) -> dict[str, str]:
        """Return a mapping of key to value as one of column to value."""
        return {self.overrides[key]: value for key, value in overrides.items()}


def name_columns(
    keys: Sequence[str],
    metrics: Sequence[str],
    fixed: Collection[str],
    fixed_of_runs: Collection[str],
    statistics: Sequence[str],
) -> ColumnNames:
    """Name the columns of keys and metrics so that no two columns share a name.

    If names clash, a fixed column keeps its name, then the column of a key, then that of a metric.

    Args:
        keys: the keys that were overridden; distinct.
        metrics: the metrics that were measured; distinct.
        fixed: columns that a frame has whatever was overridden and measured; none of them ends
            like the statistic of a metric.
        fixed_of_runs: the fixed columns of the frame of runs.
        statistics: endings of a metric's columns, such as `mean` of `accuracy_mean`.
    """
    overrides = _name_apart(keys, OVERRIDE, [""], {*fixed, *fixed_of_runs})
    taken = overrides.values()
    endings = [f"_{each}" for each in statistics]
    return ColumnNames(
        overrides,
        _name_apart(metrics, METRIC, endings, taken),
        _name_apart(metrics, METRIC, [""], {*taken, *fixed_of_runs}),
    )


def _name_apart(
    names: Sequence[str], prefix: str, endings: Sequence[str], taken: Collection[str]
) -> dict[str, str]:
    """Prefix each name whose columns are taken, as often as necessary."""
    used = {*taken}
    found = {}
    # Names that can stay come first, so that no prefixed name takes one of them.
    for name in sorted(names, key=lambda each: any(each + end in used for end in endings)):
        column = name
        while any(column + end in used for end in endings):
            column = prefix + column
        used |= {column + end for end in endings}
        found[name] = column
    return {name: found[name] for name in names}
