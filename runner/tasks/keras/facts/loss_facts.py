"""Losses that depend on the shape of the targets, or are not what is evaluated.

Imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.record.reasons import Clause, Number, count
from runner.tasks.keras.facts.trained import Trained


def describe_losses(trained: Trained) -> list[Clause]:
    """Return `loss-shapes` and `two-losses`, of the compiled loss and of a `train_step`.

    Where targets and predictions have as many numbers in other shapes, each loss is computed with
    the targets as they are and in the shape of the predictions: a loss that differs between the two
    has compared each target with each prediction. A `train_step` that is somebody's own is called
    for this, and weights are set back between the calls. Keras's losses give both one shape, so
    they are not tried.
    """
    model, (x, y) = trained.model, trained.rows
    steps = type(model).train_step is not keras.Model.train_step
    if not steps and not _has_own_loss(model):
        return []
    rows, targets = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    predicted = model(rows, training=False)
    if not tf.is_tensor(predicted):
        return []

    def evaluate(y: Any) -> float:
        return float(model.compute_loss(rows, y, predicted, training=False))

    other = None
    if predicted.shape != targets.shape and tf.size(predicted) == tf.size(targets):
        other = tf.reshape(targets, predicted.shape)
    facts = _compare_shapes("the loss", evaluate, targets, other)
    if not steps:
        return facts
    held = [(variable, variable.numpy()) for variable in _find_state(model)]

    def set_back() -> None:
        for variable, value in held:
            variable.assign(value)
        model.reset_metrics()

    def train(y: Any) -> float:
        set_back()
        return float(model.train_step((rows, y))["loss"])

    facts += _compare_shapes("train_step", train, targets, other)
    trains = train(targets)
    set_back()
    # In the mode of training and from the same seeds, so that dropout leaves out the same units.
    again = model(rows, training=True)
    evaluates = float(model.compute_loss(rows, targets, again, training=True))
    if np.isfinite([trains, evaluates]).all():
        numbers = {
            "rows": count(len(y)),
            "trained": _single(trains),
            "evaluated": _single(evaluates),
        }
        facts.append(Clause("two-losses", "train_step", numbers=numbers))
    return facts


def _compare_shapes(
    where: str, compute: Callable[[Any], float], targets: Any, other: Any
) -> list[Clause]:
    """Return `loss-shapes`: a loss with targets as they are, and with those in another shape.

    Args:
        where: what computes the loss.
        compute: takes targets (row, ...), and returns their loss.
        targets: as training has them.
        other: the same numbers in the shape of the predictions; None if they have it already.
    """
    if other is None:
        return []
    given, again, reshaped = compute(targets), compute(targets), compute(other)
    # A loss that draws differs from call to call, so nothing is known of its shapes.
    if given != again or not np.isfinite([given, reshaped]).all():
        return []
    words = {"targets": str(tuple(targets.shape)), "predictions": str(tuple(other.shape))}
    numbers = {"given": _single(given), "reshaped": _single(reshaped)}
    return [Clause("loss-shapes", where, words, numbers)]


def _has_own_loss(model: Any) -> bool:
    if type(model).compute_loss is not keras.Model.compute_loss:
        return True
    return not str(keras.losses.get(model.loss).__module__).startswith("keras.")


def _find_state(model: Any) -> list[Any]:
    optimizer = getattr(model, "optimizer", None)
    return [*model.variables, *(optimizer.variables if optimizer is not None else [])]


def _single(value: float) -> Number:
    return Number(value, value)
