"""How much each source of randomness varies what a configuration gives. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from runner.jackknife import Estimate, Values, estimate_pairs, estimate_sd, estimate_share
from runner.measurement import Measurement
from runner.schema import SOURCES
from runner.seeds import text_of
from runner.stored import Stored

VARY = "seed.vary"
"""The key whose values are compared."""

NONE, ALL = "none", "all"
"""How configurations are called that vary no source, and every one."""

MOST_PAIRS = 200
"""Pairs of runs whose outputs are averaged; of more, a sample is."""

PAIRS_SEED = 0
"""Of that sample, which is the same for the same number of runs."""

LACKING = "the configuration has none"
OTHER_INPUTS = "its runs have other probe inputs"
SPREADS = ("sd", "share")
BETWEEN_RUNS = ("churn", "correlation", "averaging_gain")
"""Statistics over pairs of runs."""

Row = dict[str, Any]


def attribution(measurements: Sequence[Measurement]) -> pd.DataFrame | None:
    """Compare configurations that differ only in which sources vary by replicate.

    Under derived seeds `seed.vary` says which sources have another seed in each replicate; the
    others keep theirs. So what a source does alone is measured at one value of the others' seeds,
    and says nothing of other values. Statistics are those of Summers and Dinneen (2021). Where
    anything varies, runs with equal seeds count once: a sweep made twice is no further evidence.

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
    groups: dict[tuple[tuple[str, str], ...], list[Measurement]] = {}
    for each in measurements:
        if each.record.vary is not None:
            others = tuple(sorted(pair for pair in each.overrides.items() if pair[0] != VARY))
            groups.setdefault(others, []).append(each)
    kept = {k: g for k, g in groups.items() if len({source_of(m.record.vary) for m in g}) > 1}
    if not kept:
        return None
    keys = dict.fromkeys(k for g in kept.values() for m in g for k in m.overrides if k != VARY)
    differing = [k for k in keys if len({dict(others).get(k) for others in kept}) > 1]
    metrics = list(
        dict.fromkeys(
            name for g in kept.values() for m in g for s in m.runs for name in s.first_metrics
        )
    )
    rows = [
        {**{key: dict(others).get(key) for key in differing}, **row}
        for others, group in kept.items()
        for row in _group_rows(group, metrics)
    ]
    statistics = [f"{metric}_{spread}" for metric in metrics for spread in SPREADS]
    numbers = [f"{n}{end}" for n in (*statistics, *BETWEEN_RUNS) for end in ("", "_low", "_high")]
    frame = pd.DataFrame(rows, columns=[*differing, "source", "runs", *numbers, "note"])
    return frame.astype(dict.fromkeys(numbers, "float64") | {"runs": "int64"})


def source_of(vary: Sequence[str] | None) -> str:
    """Name what varies: `none`, `init`, `init+order`, `all`; `none` also when it is not known."""
    named = [source for source in SOURCES if source in (vary or ())]
    return ALL if len(named) == len(SOURCES) else "+".join(named) or NONE


def _group_rows(group: Sequence[Measurement], metrics: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of configurations that differ in their sources only, in causal order."""
    wholes = [each for each in group if source_of(each.record.vary) == ALL]
    # Two would be of configurations that differ in something that no override names.
    whole = _distinct(wholes[0]) if len(wholes) == 1 else ()
    lacking = [s for s in SOURCES if any(s in each.record.absent for each in group)]
    rows: dict[str, list[Row]] = {}
    for each in group:
        vary = each.record.vary or []
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


def _measured_row(measured: Measurement, whole: Sequence[Stored], metrics: Sequence[str]) -> Row:
    """The row of one configuration, `whole` being the runs in which all sources vary."""
    runs = _distinct(measured)
    confidence = measured.confidence
    row: Row = {"source": source_of(measured.record.vary), "runs": len(runs), "note": None}
    together = [s.record.replicate for s in runs] == [s.record.replicate for s in whole]
    for metric in metrics:
        values, others = _metric(runs, metric), _metric(whole, metric)
        row |= _columns(f"{metric}_sd", estimate_sd(values, confidence))
        share = estimate_share(values, others, confidence)
        if not together or row["source"] == ALL:
            share = Estimate(share.value)
        row |= _columns(f"{metric}_share", share)
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


def _distinct(measured: Measurement) -> tuple[Stored, ...]:
    """The runs, and of those with equal seeds the first; all of them where no source varies."""
    if not measured.record.vary:
        return measured.runs
    firsts: dict[str | None, Stored] = {}
    for stored in measured.runs:
        firsts.setdefault(text_of(stored.record.seeds), stored)
    return tuple(firsts.values())


def _metric(runs: Sequence[Stored], name: str) -> Values:
    """(run,); NaN where a run does not have it."""
    return np.array([stored.first_metrics.get(name, np.nan) for stored in runs], np.float64)


def _inputs(stored: Stored) -> bytes:
    assert stored.arrays is not None
    return stored.arrays.inputs.tobytes()


def _outputs(runs: Sequence[Stored]) -> Values | None:
    """(run, input, unit) of first calls; None when there are none, or they have other shapes."""
    found = [stored.arrays.outputs[0, 0] for stored in runs if stored.arrays is not None]
    if len(found) < 2 or len({each.shape for each in found}) > 1 or found[0].size == 0:
        return None
    return np.stack(found).astype(np.float64)


def _columns(name: str, estimate: Estimate) -> Row:
    ends = ("", "_low", "_high")
    return {f"{name}{end}": each for end, each in zip(ends, estimate, strict=True)}


def churn(outputs: Values, confidence: float = 0.95) -> Estimate:
    """Mean over pairs of runs of the share of inputs whose label differs, as Comparison.churn.

    Linear in runs: of an input's labels, a run agrees with as many others as have its own.

    Args:
        outputs: (run, input, unit); with fewer than two units there is no label.
        confidence: of the interval.
    """
    runs, inputs, units = outputs.shape
    if units < 2:
        return Estimate()
    # A row with a NaN has a label of its own.
    labels = np.where(np.isnan(outputs).any(axis=-1), units, outputs.argmax(axis=-1))
    on_input = np.broadcast_to(np.arange(inputs), labels.shape)
    counts = np.zeros((inputs, units + 1))
    np.add.at(counts, (on_input, labels), 1)
    differing = (runs - counts[on_input, labels]).mean(axis=1)
    return estimate_pairs(differing, np.full(runs, runs - 1.0), confidence, (0, 1))


def correlation(outputs: Values, confidence: float = 0.95) -> Estimate:
    """Mean over pairs of runs of Pearson's correlation of their outputs, over (input, unit).

    Linear in runs: with z the standardised outputs of a run, of unit length, it is
    (|sum z|**2 - R) / (R (R - 1)).

    Args:
        outputs: (run, input, unit); unknown when those of a run are all equal, NaN or infinite.
        confidence: of the interval.
    """
    runs = len(outputs)
    flat = outputs.reshape(runs, -1)
    if not np.isfinite(flat).all() or (flat.min(axis=1) == flat.max(axis=1)).any():
        return Estimate()
    centred = flat - flat.mean(axis=1, keepdims=True)
    centred /= np.abs(centred).max(axis=1, keepdims=True)  # so that squares do not overflow
    z = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    with_others = z @ z.sum(axis=0) - 1
    return estimate_pairs(with_others, np.full(runs, runs - 1.0), confidence, (-1, 1))


def averaging_gain(outputs: Values, targets: Any, confidence: float = 0.95) -> Estimate:
    """Mean over pairs of runs of the accuracy of averaged outputs minus that of the two alone.

    Outputs are averaged as they are, probabilities or logits.

    Args:
        outputs: (run, input, unit); unknown with one unit, or with a NaN or an infinity.
        targets: (input,) class labels; unknown where one is no index of a unit.
        confidence: of the interval.
    """
    runs, inputs, units = outputs.shape
    labels = np.asarray(targets)
    if units < 2 or labels.shape != (inputs,) or not np.isfinite(outputs).all():
        return Estimate()
    if labels.min() < 0 or labels.max() >= units:
        return Estimate()
    alone = (outputs.argmax(axis=-1) == labels).mean(axis=1)
    totals, counts = np.zeros(runs), np.zeros(runs)
    for one, other in _sample_pairs(runs):
        together = ((outputs[one] + outputs[other]).argmax(axis=-1) == labels).mean()
        totals[[one, other]] += together - (alone[one] + alone[other]) / 2
        counts[[one, other]] += 1
    return estimate_pairs(totals, counts, confidence, (-1, 1))


def _sample_pairs(runs: int) -> list[tuple[int, int]]:
    """All pairs of different runs, or MOST_PAIRS of them."""
    number = runs * (runs - 1) // 2
    if number <= MOST_PAIRS:
        return [(one, other) for other in range(runs) for one in range(other)]
    chosen = np.random.default_rng(PAIRS_SEED).choice(number, MOST_PAIRS, replace=False)
    # The pairs below run `other` are numbered from other * (other - 1) / 2.
    others = ((1 + np.sqrt(1 + 8 * chosen.astype(np.float64))) // 2).astype(int)
    return [(int(k - n * (n - 1) // 2), int(n)) for k, n in zip(chosen, others, strict=True)]
