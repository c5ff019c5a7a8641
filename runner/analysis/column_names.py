"""The columns of keys and metrics, which may be called like other columns of the frames."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

OVERRIDE, METRIC = "override_", "metric_"
"""What the columns of a key and of a metric begin with where the name alone is taken."""


@dataclass(frozen=True)
class ColumnNames:
    """The columns of overridden keys and of metrics; no two of a frame have one name."""

    overrides: Mapping[str, str]
    """Key to its column in each frame that has one: the key, or `override_<key>`."""
    metrics: Mapping[str, str]
    """Metric to what the columns of its statistics begin with, where a frame also has columns of
    keys: the metric, or `metric_<metric>`."""
    run_metrics: Mapping[str, str]
    """Metric to its column in the frame of runs: the metric, or `metric_<metric>`."""

    def name_overrides(self, overrides: Mapping[str, str]) -> dict[str, str]:
        """Return the values of overridden keys by their columns."""
        return {self.overrides[key]: value for key, value in overrides.items()}


def name_columns(
    keys: Sequence[str],
    metrics: Sequence[str],
    fixed: Collection[str],
    fixed_of_runs: Collection[str],
    statistics: Sequence[str],
) -> ColumnNames:
    """Name columns apart: a fixed one comes before that of a key, which comes before a metric's.

    Args:
        keys: that were overridden; distinct.
        metrics: that were measured; distinct.
        fixed: columns that a frame has whatever was overridden and measured; none of them ends
            like the statistic of a metric.
        fixed_of_runs: those of the frame of runs.
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
    """Put the prefix before names of which a column is taken, as often as it takes."""
    used = {*taken}
    found = {}
    # Those that keep their names come first, so that none of them is taken by another.
    for name in sorted(names, key=lambda each: any(each + end in used for end in endings)):
        column = name
        while any(column + end in used for end in endings):
            column = prefix + column
        used |= {column + end for end in endings}
        found[name] = column
    return {name: found[name] for name in names}
