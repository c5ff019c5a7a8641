"""Measures how much each source of randomness varies a configuration's results. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from runner.analysis.measurement import ConfigurationResult
from runner.analysis.run_pairs import averaging_gain, churn, correlation
from runner.analysis.tables.column_names import ColumnNames, name_columns
from runner.config.schema import SOURCES
from runner.numeric.jackknife import Estimate, Values, estimate_sd, estimate_share
from runner.record.reader import StoredRun, group_by_seeds

VARY = "seed.vary"
"""The key whose values are compared: the sources that vary by replicate."""

NONE, ALL = "none", "all"
"""The names of a configuration that varies no source, and of one that varies all of them."""

# The notes of a row.
LACKING = "the configuration has none"
OTHER_INPUTS = "its runs have other probe inputs"

SPREADS = ("sd", "share")
"""The statistics of each metric; their columns are `<metric>_<statistic>` with each of ENDS."""
BETWEEN_RUNS = ("churn", "correlation", "averaging_gain")
"""The statistics over pairs of runs; their columns are the name with each of ENDS."""
ENDS = ("", "_low", "_high")
"""The endings of a statistic's columns: of the estimate, and of the two ends of its interval."""
STATISTICS = tuple(f"{name}{end}" for name in SPREADS for end in ENDS)
"""The endings of a metric's columns."""
COLUMNS = ("source", "runs", *(f"{name}{end}" for name in BETWEEN_RUNS for end in ENDS), "note")
"""The columns of the frame, without those of overridden keys and of metrics."""

Row = dict[str, Any]
"""One row of the frame, column to value."""


def attribute_variance(
    measurements: Sequence[ConfigurationResult], names: ColumnNames | None = None
) -> pd.DataFrame | None:
    """Compare configurations that differ only in which sources vary by replicate.

    Under derived seeds `seed.vary` says which sources have another seed in each replicate; the
    others keep theirs. So the effect of one source alone is measured at one value of the others'
    seeds, and says nothing about other values. The statistics are those of Summers and Dinneen
    (2021). If any source varies, runs with equal seeds count once, because a sweep that is made
    twice is no further evidence.

    Args:
        measurements: one for each configuration.
        names: the columns of keys and metrics; None to name them for this frame alone.

    Returns:
        None if no group of configurations that agree in all other overrides has two different
        sources. Otherwise one row for each such group and source, with these columns:

        - the other overrides that differ between groups.
        - `source`: what varies, such as `none`, `init`, `init+order` or `all`.
        - `runs`: the number of successful runs with different seeds. It is 0 for a source that the
          configuration does not have, and a `note` says so.
        - `<metric>_sd` (ddof=1), in the metric's units, and `<metric>_share`, the same as a share
          of the SD of the group's `all`; NaN if that is missing or 0. Shares do not add up to 1,
          as each source alone can come near it.
        - `churn`, in [0, 1]: mean over pairs of runs of the share of inputs whose label differs.
        - `correlation`, in [-1, 1]: mean over pairs of runs of Pearson's correlation between their
          outputs, over (input, unit). NaN if the outputs of a run are all equal.
        - `averaging_gain`, in [-1, 1]: mean over pairs of runs of the accuracy on the probe of
          their averaged outputs, minus the mean of their accuracies. If there are more than
          MOST_PAIRS pairs, it is taken over a sample that is the same each time. NaN if targets
          are not class labels.
        - `_low` and `_high` of each statistic: its interval at the configuration's confidence (see
          runner.numeric.jackknife); NaN for fewer than three runs or if nothing varies.
        - `note`: missing if there is nothing to add.

        The three statistics over pairs of runs are taken on the first call of the first build.
        They are NaN if the runs of a source have different probe inputs, as when the split varies.
    """
    groups: dict[tuple[tuple[str, str], ...], list[ConfigurationResult]] = {}
    for each in measurements:
        if each.configuration.vary is not None:
            others = tuple(sorted(pair for pair in each.overrides.items() if pair[0] != VARY))
            groups.setdefault(others, []).append(each)
    kept = {
        k: g for k, g in groups.items() if len({source_of(m.configuration.vary) for m in g}) > 1
    }
    if not kept:
        return None
    keys = dict.fromkeys(k for g in kept.values() for m in g for k in m.overrides if k != VARY)
    differing = [k for k in keys if len({dict(others).get(k) for others in kept}) > 1]
    metrics = list(
        dict.fromkeys(
            name for g in kept.values() for m in g for s in m.runs for name in s.first_metrics
        )
    )
    named = names or name_columns(list(keys), metrics, COLUMNS, (), STATISTICS)
    begins = {metric: named.metrics[metric] for metric in metrics}
    columns = {key: named.overrides[key] for key in differing}
    rows = [
        {**{column: dict(others).get(key) for key, column in columns.items()}, **row}
        for others, group in kept.items()
        for row in _group_rows(group, begins)
    ]
    statistics = [f"{begin}_{spread}" for begin in begins.values() for spread in SPREADS]
    numbers = [f"{name}{end}" for name in (*statistics, *BETWEEN_RUNS) for end in ENDS]
    frame = pd.DataFrame(rows, columns=[*columns.values(), "source", "runs", *numbers, "note"])
    return frame.astype(dict.fromkeys(numbers, "float64") | {"runs": "int64"})


def source_of(vary: Sequence[str] | None) -> str:
    """Name the sources that vary: `none` (also for None), `init`, `init+order`, `all`, ..."""
    named = [source for source in SOURCES if source in (vary or ())]
    return ALL if len(named) == len(SOURCES) else "+".join(named) or NONE


def _group_rows(group: Sequence[ConfigurationResult], metrics: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of configurations that differ only in their sources, in causal order."""
    wholes = [each for each in group if source_of(each.configuration.vary) == ALL]
    # If there are two, they differ in something that no override names.
    whole = _distinct(wholes[0]) if len(wholes) == 1 else ()
    lacking = [s for s in SOURCES if any(s in each.configuration.absent for each in group)]
    rows: dict[str, list[Row]] = {}
    for each in group:
        vary = each.configuration.vary or []
        row = _measured_row(each, whole, metrics)
        if vary and set(vary) <= set(lacking):
            row["note"] = LACKING
        rows.setdefault(source_of(vary), []).append(row)
    for source in lacking:
        rows.setdefault(source, [{"source": source, "runs": 0, "note": LACKING}])
    for source in sorted(rows, key=_place):
        yield from rows[source]


def _place(source: str) -> tuple[int, ...]:
    """Return a sort key: `none`, then single sources in causal order, then several, then `all`."""
    if source in (NONE, ALL):
        return (-1 if source == NONE else len(SOURCES) + 1,)
    places = tuple(SOURCES.index(each) for each in source.split("+"))
    return (len(places), *places)


def _measured_row(
    measured: ConfigurationResult, whole: Sequence[StoredRun], metrics: Mapping[str, str]
) -> Row:
    """Make the row of one configuration.

    Args:
        measured: the configuration.
        whole: the runs in which all sources vary; empty if there are none.
        metrics: metric to the beginning of its columns' names.
    """
    runs = _distinct(measured)
    confidence = measured.confidence
    row: Row = {"source": source_of(measured.configuration.vary), "runs": len(runs), "note": None}
    together = [s.record.replicate for s in runs] == [s.record.replicate for s in whole]
    for metric, begin in metrics.items():
        values, others = _metric(runs, metric), _metric(whole, metric)
        row |= _columns(f"{begin}_sd", estimate_sd(values, confidence))
        share = estimate_share(values, others, confidence)
        if not together or row["source"] == ALL:
            share = Estimate(share.value)
        row |= _columns(f"{begin}_share", share)
    runs = tuple(each.hold() for each in runs)
    if len({_inputs(stored) for stored in runs}) > 1:
        return row | {"note": OTHER_INPUTS}
    outputs = _outputs(runs)
    if outputs is not None:
        row |= _columns("churn", churn(outputs, confidence, measured.outputs.sizes))
        row |= _columns("correlation", correlation(outputs, confidence))
        if measured.targets is not None and not measured.outputs.parts:
            gain = averaging_gain(outputs, measured.targets, confidence)
            row |= _columns("averaging_gain", gain)
    return row


def _distinct(measured: ConfigurationResult) -> tuple[StoredRun, ...]:
    """Return the first of the runs with equal seeds; if no source varies, return all runs."""
    if not measured.configuration.vary:
        return measured.runs
    return tuple(group[0] for group in group_by_seeds(measured.runs).values())


def _metric(runs: Sequence[StoredRun], name: str) -> Values:
    """Return a metric of each run (run,); NaN for a run that does not have it."""
    return np.array([stored.first_metrics.get(name, np.nan) for stored in runs], np.float64)


def _inputs(stored: StoredRun) -> bytes:
    assert stored.arrays is not None
    return stored.arrays.inputs.tobytes()


def _outputs(runs: Sequence[StoredRun]) -> Values | None:
    """Return the outputs (run, input, unit) of the first calls of the first builds.

    None: fewer than two runs have outputs, the outputs are empty, or their shapes differ.
    """
    found = [stored.arrays.outputs[0, 0] for stored in runs if stored.arrays is not None]
    if len(found) < 2 or len({each.shape for each in found}) > 1 or found[0].size == 0:
        return None
    return np.stack(found).astype(np.float64)


def _columns(name: str, estimate: Estimate) -> Row:
    return {f"{name}{end}": each for end, each in zip(ENDS, estimate, strict=True)}
