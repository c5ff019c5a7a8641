"""Computes statistics over pairs of runs: churn, correlation, and the gain from averaging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from runner.numeric.jackknife import Estimate, Values, estimate_pairs
from runner.numeric.labels import find_labels, have_labels

MOST_PAIRS = 200
"""How many pairs of runs are averaged at most; of more pairs a sample is taken."""

PAIRS_SEED = 0
"""The seed of that sample, which is the same for the same number of runs."""


def churn(outputs: Values, confidence: float = 0.95, sizes: Sequence[int] = ()) -> Estimate:
    """Estimate the churn: the mean over pairs of runs of the share of inputs whose label differs.

    It is that of Comparison.churn. The time is linear in the number of runs, because for each input
    a run agrees with exactly those runs that share its label.

    Args:
        outputs: (run, input, unit).
        confidence: of the interval, in (0, 1).
        sizes: numbers of units of several outputs; empty for one.

    Returns:
        A number in [0, 1]; all None if there are fewer than two runs, or fewer than two units,
        which leave no labels.
    """
    runs, inputs, units = outputs.shape
    if not have_labels(units, sizes):
        return Estimate()
    distinct, labels = np.unique(find_labels(outputs, sizes), return_inverse=True)
    labels = labels.reshape(runs, inputs)
    on_input = np.broadcast_to(np.arange(inputs), labels.shape)
    counts = np.zeros((inputs, len(distinct)))
    np.add.at(counts, (on_input, labels), 1)
    differing = (runs - counts[on_input, labels]).mean(axis=1)
    return estimate_pairs(differing, np.full(runs, runs - 1.0), confidence, (0, 1))


def correlation(outputs: Values, confidence: float = 0.95) -> Estimate:
    """Estimate the mean over pairs of runs of Pearson's correlation between their outputs.

    The correlation is taken over (input, unit). The time is linear in the number R of runs: with
    z the standardised outputs of a run, of unit length, the mean is (|sum z|**2 - R) / (R (R - 1)).

    Args:
        outputs: (run, input, unit).
        confidence: of the interval, in (0, 1).

    Returns:
        A number in [-1, 1]; all None if there are fewer than two runs, if the outputs of a run are
        all equal, or if an output is NaN or infinite.
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
    """Estimate how much accuracy is gained by averaging the outputs of two runs.

    The gain of a pair of runs is the accuracy of their averaged outputs minus the mean of their own
    accuracies. Outputs are averaged as they are, whether probabilities or logits.

    Args:
        outputs: (run, input, unit).
        targets: class labels (input,).
        confidence: of the interval, in (0, 1).

    Returns:
        The mean gain over pairs of runs, in [-1, 1]. All None if there are fewer than two runs or
        units, if an output is NaN or infinite, or if a label is not the index of a unit.
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
    """Return all pairs of different runs, or a sample of MOST_PAIRS of them if there are more."""
    number = runs * (runs - 1) // 2
    if number <= MOST_PAIRS:
        return [(one, other) for other in range(runs) for one in range(other)]
    chosen = np.random.default_rng(PAIRS_SEED).choice(number, MOST_PAIRS, replace=False)
    # The pairs of run `other` with earlier runs are numbered from other * (other - 1) / 2.
    others = ((1 + np.sqrt(1 + 8 * chosen.astype(np.float64))) // 2).astype(int)
    return [(int(k - n * (n - 1) // 2), int(n)) for k, n in zip(chosen, others, strict=True)]
