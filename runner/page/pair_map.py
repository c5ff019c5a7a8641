"""Measures how far the outputs of any two runs of a configuration are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.analysis.evidence import Evidence
from runner.analysis.outputs import Outputs
from runner.numeric.labels import find_labels

MOST_RUNS = 30
"""How many runs are compared at most, the first ones."""


class Measure(StrEnum):
    """What is measured of two runs."""

    LABELS = "share of inputs whose predicted label differs"
    DISTANCE = "largest difference of an output, in its units"
    BITS = "whether the bits are the same"


@dataclass(frozen=True)
class PairMap:
    """How far any two runs are apart."""

    measure: Measure
    alike: tuple[int, ...]
    """For each run a number that is equal for runs whose outputs are bitwise the same."""
    distances: tuple[tuple[float | None, ...], ...]
    """(run, run): the measure; None where it has no value, or where it is BITS."""
    left_out: int = 0
    """How many further runs are not in it."""


def map_pairs(evidence: Evidence, *, labelled: bool, sized: bool) -> PairMap | None:
    """Compare all pairs of a configuration's runs; None with fewer than two.

    Args:
        evidence: what its runs recorded.
        labelled: whether labels can be compared, which is where churn was measured.
        sized: whether outputs can be subtracted, which is where their largest difference was.
    """
    runs = len(evidence.compared)
    if runs < 2:
        return None
    outputs, shown = evidence.outputs, min(runs, MOST_RUNS)
    measure, values = Measure.BITS, np.full((shown, shown), np.nan)
    if labelled:
        measure, values = Measure.LABELS, _compare_labels(outputs, shown)
    elif sized:
        measure, values = Measure.DISTANCE, _measure_distances(outputs, shown)
    return PairMap(
        measure=measure,
        alike=_number(evidence.output_ids[:shown]),
        distances=tuple(tuple(None if np.isnan(v) else float(v) for v in row) for row in values),
        left_out=runs - shown,
    )


def _number(ids: Sequence[tuple[str | None, ...]]) -> tuple[int, ...]:
    """Number runs so that equal ids have equal numbers; one without a digest is like no other."""
    known: dict[object, int] = {}
    return tuple(
        known.setdefault(run if each[0] is None else each, len(known))
        for run, each in enumerate(ids)
    )


def _compare_labels(outputs: Outputs, shown: int) -> npt.NDArray[np.float64]:
    """Return (run, run): the share of inputs that both have whose labels differ, as for churn."""
    labels = find_labels(outputs.values[:shown, 0, 0], outputs.sizes)
    whole: Any = outputs.present[:shown, 0, 0].all(axis=-1)
    found = np.full((shown, shown), np.nan)
    for run in range(shown):
        both = whole & whole[run]
        differing = ((labels != labels[run]) & both).sum(axis=1)
        np.divide(differing, both.sum(axis=1), out=found[run], where=both.any(axis=1))
    return found


def _measure_distances(outputs: Outputs, shown: int) -> npt.NDArray[np.float64]:
    """Return (run, run): the largest |a-b| over elements that are finite in all runs."""
    usable: Any = (outputs.present & np.isfinite(outputs.values)).all(axis=0)
    values = outputs.values[:shown, usable].astype(np.float64)
    found = np.full((shown, shown), np.nan)
    if values.size:
        with np.errstate(over="ignore"):
            for run in range(shown):
                found[run] = np.abs(values - values[run]).max(axis=1)
    return np.where(np.isfinite(found), found, np.nan)
