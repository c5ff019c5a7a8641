"""How far batch normalization's moving statistics are from those of batches. Imports TensorFlow."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from runner.numeric.bitwise import Array
from runner.numeric.labels import class_labels, find_labels
from runner.record.reasons import Clause, Number, between, count
from runner.tasks.keras.facts.trained import Trained
from runner.tasks.keras.facts.watched_pass import Received, read


def describe_moving(trained: Trained) -> list[Clause]:
    """Return `moving-statistics` of each batch normalization that training changed.

    The model is called twice on the same rows: as at inference, and with the rows' own statistics
    in the place of the moving ones. What this does to the outputs is the same in each clause.
    """
    if trained.seen is None or not trained.steps:
        return []
    received = trained.seen.of(keras.layers.BatchNormalization)
    received = [each for each in received if each.layer.trainable and each.values.size]
    own = read(trained.seen.outputs)
    if not received or own is None:
        return []
    moving = read(trained.model(trained.rows[0], training=False))
    if moving is None:
        return []
    effect = _compare_outputs(moving, own, trained.rows[1])
    return [
        Clause(
            "moving-statistics", each.name, numbers={**_compare_statistics(each, trained), **effect}
        )
        for each in received
    ]


def _compare_statistics(received: Received, trained: Trained) -> dict[str, Number]:
    """Return how far the moving mean and variance of a layer are from those of the rows.

    `gap`: of each channel, the difference of means in standard deviations of the rows; `ratio`: the
    moving variance divided by that of the rows. Both are ranges, from the channel at the 10th
    percentile to the one at the 90th.
    """
    layer = received.layer
    values = received.values.astype(np.float64)
    axes = tuple(axis for axis in range(values.ndim) if axis != layer.axis % values.ndim)
    mean, variance = values.mean(axis=axes), values.var(axis=axes) + layer.epsilon
    gaps = np.abs(_values(layer.moving_mean) - mean) / np.sqrt(variance)
    ratios = (_values(layer.moving_variance) + layer.epsilon) / variance
    return {
        "gap": between(*np.quantile(gaps, (0.1, 0.9))),
        "gap_median": _single(np.median(gaps)),
        "ratio": between(*np.quantile(ratios, (0.1, 0.9))),
        "ratio_median": _single(np.median(ratios)),
        "momentum": _single(layer.momentum),
        "steps": count(trained.steps),
    }


def _compare_outputs(moving: Array, own: Array, targets: Array) -> dict[str, Number]:
    """Return how outputs (row, ...) differ between the two ways of calling.

    `shift`: the root mean square of the differences, in standard deviations of the outputs over
    rows. `changed`: how many of `rows` get another label, and `right_moving` and `right_own` how
    many get that of their target; only where targets are class labels.
    """
    flat = [each.reshape(len(each), -1).astype(np.float64) for each in (moving, own)]
    spread = np.sqrt(flat[1].var(axis=0).mean())
    shift = np.sqrt(np.square(flat[1] - flat[0]).mean())
    if not np.isfinite([spread, shift]).all():
        return {}
    numbers = {"shift": _single(shift / max(spread, np.finfo(np.float32).tiny))}
    labels = class_labels(targets)
    if labels is not None and flat[0].shape[1] > 1:
        found = [find_labels(each) for each in flat]
        numbers["rows"] = count(len(labels))
        numbers["changed"] = count(int(np.count_nonzero(found[0] != found[1])))
        for name, each in zip(("right_moving", "right_own"), found, strict=True):
            numbers[name] = count(int(np.count_nonzero(each == labels)))
    return numbers


def _values(variable: Any) -> Array:
    return np.asarray(variable, np.float64)


def _single(value: Any) -> Number:
    return Number(float(value), float(value))
