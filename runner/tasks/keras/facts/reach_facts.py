"""Targets that the last activation of a model cannot give. Imports TensorFlow."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from runner.record.reasons import Clause, Number, between, count
from runner.tasks.keras.causes.call_trace import is_number, name_layers
from runner.tasks.keras.causes.layer_causes import (
    ACTIVATION_LIMITS,
    ONE_UNIT_OUTPUTS,
    name_activation,
    name_kind,
)
from runner.tasks.keras.facts.trained import Trained

LIMITS: dict[str, tuple[float, float]] = {
    **ACTIVATION_LIMITS,
    "relu": (0, math.inf),
    "softplus": (0, math.inf),
    "exponential": (0, math.inf),
    "logsoftmax": (-math.inf, 0),
    "logsigmoid": (-math.inf, 0),
    "elu": (-1, math.inf),
}
"""Activation to the limits (lower, upper) of its values."""

PASSING = (
    keras.layers.Dropout,
    keras.layers.Flatten,
    keras.layers.Identity,
    keras.layers.Permute,
    keras.layers.Reshape,
)
"""Layers that give the values that they receive."""

SLACK = 1e-6
"""Part of a target's own size that it may be past a limit, for rounding."""


def describe_reach(trained: Trained) -> list[Clause]:
    """Return `last-activation`: its limits, and how many training targets lie beyond them.

    Nothing is returned where the last activation has no limits or is not known, or where outputs
    and targets are not compared number by number, as with the labels of several classes.
    """
    targets, units = trained.some_targets, trained.outputs.shape[1]
    if not is_number(targets.dtype) or targets[0].size != units:
        return []
    wide = targets.astype(np.float64)
    wide = wide[np.isfinite(wide)]
    # Every bounded activation that can be the last one reaches some target between 0 and 1.
    alone_suspect = units == 1
    if not wide.size or (wide.min() >= 0 and wide.max() <= 1 and not alone_suspect):
        return []
    layer = find_last_layer(trained)
    limits = layer and _find_limits(layer, units)
    if not limits:
        return []
    slack = SLACK * max(abs(wide.min()), abs(wide.max()))
    beyond = np.count_nonzero((wide < limits[0] - slack) | (wide > limits[1] + slack))
    bounds = dict(zip(("lower", "upper"), limits, strict=True))
    numbers = {
        "size": count(wide.size),
        "beyond": count(int(beyond)),
        "targets": between(wide.min(), wide.max()),
        **{name: Number(each, each) for name, each in bounds.items() if math.isfinite(each)},
    }
    name = name_layers(trained.model).get(id(layer), layer.name)
    words = {"activation": name_activation(layer) or type(layer).__name__}
    return [Clause("last-activation", name, words, numbers)]


def find_last_layer(trained: Trained) -> Any:
    """Return the layer that decides which values the model can give; None where it is not known."""
    model = trained.model
    while True:
        inside = _find_last_inside(model)
        if inside is None:
            inside = trained.call.last if model is trained.model else None
        if not isinstance(inside, keras.Model):
            return inside
        model = inside


def _find_last_inside(model: Any) -> Any:
    """Return the last layer of a Sequential or functional model, as far as its structure tells."""
    if isinstance(model, keras.Sequential):
        layers = [each for each in model.layers if not isinstance(each, PASSING)]
        last = layers[-1] if layers else None
    else:
        names = getattr(model, "output_names", None) or []
        found = {each.name: each for each in model.layers}
        last = found.get(names[0]) if len(names) == 1 else None
    return last.layer if isinstance(last, keras.layers.TimeDistributed) else last


def _find_limits(layer: Any, units: int) -> tuple[float, float] | None:
    kind = name_kind(layer)
    if units == 1 and kind in ONE_UNIT_OUTPUTS:
        return ONE_UNIT_OUTPUTS[kind], ONE_UNIT_OUTPUTS[kind]
    if isinstance(layer, keras.layers.ReLU):
        upper = math.inf if layer.max_value is None else layer.max_value
        return (0, upper) if layer.negative_slope == 0 else (-math.inf, upper)
    return LIMITS.get(kind)
