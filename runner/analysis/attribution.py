"""How much each source of randomness varies what a configuration gives. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from runner.analysis.column_names import ColumnNames, name_columns
from runner.analysis.measurement import ConfigurationResult
from runner.analysis.run_pairs import averaging_gain, churn, correlation
from runner.config.schema import SOURCES
from runner.numeric.jackknife import Estimate, Values, estimate_sd, estimate_share
from runner.record.reader import StoredRun, group_by_seeds

VARY = "seed.vary"
"""The key whose values are compared."""

NONE, ALL = "none", "all"
"""How configurations are called that vary no source, and every one."""

LACKING = "the configuration has none"
OTHER_INPUTS = "its runs have other probe inputs"
SPREADS = ("sd", "share")
"""Of each metric, as columns `<metric>_<statistic>`, with their ends."""
BETWEEN_RUNS = ("churn", "correlation", "averaging_gain")
"""Statistics over pairs of runs."""
ENDS = ("", "_low", "_high")
"""Of the columns of a statistic: the estimate itself and its interval."""
STATISTICS = tuple(f"{name}{end}" for name in SPREADS for end in ENDS)
COLUMNS = ("source", "runs", *(f"{name}{end}" for name in BETWEEN_RUNS for end in ENDS), "note")
"""Of the frame, beside those of overridden keys and of metrics."""

Row = dict[str, Any]


def attribute_variance(
    measurements: Sequence[ConfigurationResult], names: ColumnNames | None = None
) -> pd.DataFrame | None:
    """Compare configurations that differ only in which sources vary by replicate.

    Under derived seeds `seed.vary` says which sources have another seed in each replicate; the
    others keep theirs. So what a source does alone is measured at one value of the others' seeds,
    and says nothing of other values. Statistics are those of Summers and Dinneen (2021). Where
    anything varies, runs with equal seeds count once: a sweep made twice is no further evidence.

    Args:
        measurements: one a configuration.
        names: of the columns of keys and metrics; None: they are named for this frame alone.

    Returns:
        One row for each group of configurations that agree in all other overrides, and source; None
        when no group has two different ones. Columns:

        - the other overrides, where they differ between groups.
        - `source`: what varies: `none`, `init`, `init+order`, `all`, ...
        - `runs`: successful ones, with different seeds; 0 for a source that the configuration does
          not have, of which a `note` says so.
        - `<metric>_sd` (ddof=1), in the metric's units, and `<metric>_share`, that as a share of
          the SD of the group's `all`; NaN when there is none or it is 0. Shares do not add up to
          1: each source alone can come near it.
        - `churn`, in [0, 1]: mean over pairs of runs of the share of inputs whose label differs.
        - `correlation`, in [-1, 1]: mean over pairs of runs of Pearson's correlation between their
          outputs, over (input, unit). NaN when the outputs of a run are all equal.
        - `averaging_gain`, in [-1, 1]: mean over pairs of runs (of more than MOST_PAIRS, a sample
          that is the same each time) of the accuracy on the probe of their averaged outputs, minus
          the mean of their accuracies. NaN when targets are no class labels.
        - of each of these `_low` and `_high`, its interval at the configuration's confidence (see
          runner.jackknife); NaN for fewer than three runs or where nothing varies.
        - `note`: missing where there is nothing to add.

        The last three are of the first call of the first build, and NaN where the runs of a source
        have other probe inputs, as when the split varies.
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
    """Name what varies: `none`, `init`, `init+order`, `all`; `none` also when it is not known."""
    named = [source for source in SOURCES if source in (vary or ())]
    return ALL if len(named) == len(SOURCES) else "+".join(named) or NONE


def _group_rows(group: Sequence[ConfigurationResult], metrics: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of configurations that differ in their sources only, in causal order."""
    wholes = [each for each in group if source_of(each.configuration.vary) == ALL]
    # Two would be of configurations that differ in something that no override names.
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
    """None first, then single sources as they act, several, and all."""
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
        whole: the runs in which all sources vary.
        metrics: each to what its columns begin with.
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
    if len({_inputs(stored) for stored in runs}) > 1:
        return row | {"note": OTHER_INPUTS}
    outputs = _outputs(runs)
    if outputs is not None:
        row |= _columns("churn", churn(outputs, confidence))
        row |= _columns("correlation", correlation(outputs, confidence))
        if measured.targets is not None:
            gain = averaging_gain(outputs, measured.targets, confidence)
            row |= _columns("averaging_gain", gain)
    return row


def _distinct(measured: ConfigurationResult) -> tuple[StoredRun, ...]:
    """The runs, and of those with equal seeds the first; all of them where no source varies."""
    if not measured.configuration.vary:
        return measured.runs
    return tuple(group[0] for group in group_by_seeds(measured.runs).values())


def _metric(runs: Sequence[StoredRun], name: str) -> Values:
    """(run,); NaN where a run does not have it."""
    return np.array([stored.first_metrics.get(name, np.nan) for stored in runs], np.float64)


def _inputs(stored: StoredRun) -> bytes:
    assert stored.arrays is not None
    return stored.arrays.inputs.tobytes()


def _outputs(runs: Sequence[StoredRun]) -> Values | None:
    """(run, input, unit) of first calls; None when there are none, or they have other shapes."""
    found = [stored.arrays.outputs[0, 0] for stored in runs if stored.arrays is not None]
    if len(found) < 2 or len({each.shape for each in found}) > 1 or found[0].size == 0:
        return None
    return np.stack(found).astype(np.float64)


def _columns(name: str, estimate: Estimate) -> Row:
    return {f"{name}{end}": each for end, each in zip(ENDS, estimate, strict=True)}
