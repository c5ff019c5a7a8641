"""What the names of metrics became, and whether outputs and targets are what these expect.

Imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from runner.numeric.bitwise import Array
from runner.record.reasons import Clause, Number, between, count
from runner.tasks.keras.causes.call_trace import is_number
from runner.tasks.keras.facts.trained import Trained
from runner.tasks.keras.keras_internals import find_metrics, is_own_layer

SUM_SLACK = 1e-3
"""How far from 1 the targets of a row may sum up to that are shares of classes."""


def describe_metrics(trained: Trained) -> list[Clause]:
    """Return `metric` for each compiled metric of Keras's: its class, and what it was given.

    The loss is one of them, if it is one of Keras's.
    """
    targets = trained.some_targets
    loss = keras.losses.get(trained.model.loss)
    # A loss that Keras looked up by its name is a function.
    kind = getattr(loss, "__name__", type(loss).__name__)
    own = str(getattr(loss, "__module__", "")).startswith("keras.")
    described = [
        Clause("metric", each.name, {"class": type(each).__name__}, _describe(each, trained))
        for each in find_metrics(trained.model)
        if is_own_layer(each) and is_number(targets.dtype)
    ]
    return [Clause("metric", "loss", {"class": kind}), *described] if own else described


def _describe(metric: Any, trained: Trained) -> dict[str, Number]:
    targets = trained.some_targets.reshape(len(trained.some_targets), -1).astype(np.float64)
    outputs = trained.outputs.astype(np.float64)
    if not np.isfinite(outputs).all() or not np.isfinite(targets).all():
        return {}
    if isinstance(metric, keras.metrics.BinaryAccuracy):
        return _describe_binary(targets, outputs, metric.threshold)
    if isinstance(
        metric, keras.metrics.CategoricalAccuracy | keras.metrics.TopKCategoricalAccuracy
    ):
        return _describe_categorical(targets)
    if type(metric) is keras.metrics.Accuracy:
        fractions = int(np.count_nonzero(outputs != np.trunc(outputs)))
        return {"fractions": count(fractions), "outputs": count(outputs.size)}
    return {}


def _describe_binary(targets: Array, outputs: Array, threshold: float) -> dict[str, Number]:
    """Return how many targets are not 0 or 1, and how many outputs no probability.

    `between` counts the outputs that a threshold for logits would put on the other side.
    """
    low, high = sorted((0.0, threshold))
    return {
        "targets": between(targets.min(), targets.max()),
        "size": count(targets.size),
        "others": count(int(np.count_nonzero((targets != 0) & (targets != 1)))),
        "threshold": Number(float(threshold), float(threshold)),
        "outputs": count(outputs.size),
        "given": between(outputs.min(), outputs.max()),
        "outside": count(int(np.count_nonzero((outputs < 0) | (outputs > 1)))),
        "between": count(int(np.count_nonzero((outputs > low) & (outputs <= high)))),
    }


def _describe_categorical(targets: Array) -> dict[str, Number]:
    """Return how many rows (row, class) name several classes or none, or are no classes at all."""
    whole = ((targets == 0) | (targets == 1)).all(axis=1)
    ones = targets.sum(axis=1)
    shares = (targets >= 0).all(axis=1) & (np.abs(ones - 1) <= SUM_SLACK)
    return {
        "targets": between(targets.min(), targets.max()),
        "rows": count(len(targets)),
        "several": count(int(np.count_nonzero(whole & (ones > 1)))),
        "none": count(int(np.count_nonzero(whole & (ones == 0)))),
        "others": count(int(np.count_nonzero(~whole & ~shares))),
    }
