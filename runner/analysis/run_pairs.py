"""Statistics over pairs of runs: churn, correlation, and what averaging two runs gains."""

from __future__ import annotations

from typing import Any

import numpy as np

from runner.numeric.jackknife import Estimate, Values, estimate_pairs
from runner.numeric.labels import find_labels

MOST_PAIRS = 200
"""Pairs of runs whose outputs are averaged; of more, a sample is."""

PAIRS_SEED = 0
"""Of that sample, which is the same for the same number of runs."""


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
    labels = find_labels(outputs)
    on_input = np.broadcast_to(np.arange(inputs), labels.shape)
    counts = np.zeros((inputs, units + 1))  # the last one is -1's, of rows with a NaN
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
