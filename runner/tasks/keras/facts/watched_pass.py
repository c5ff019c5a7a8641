"""One call of a model, in which some layers are watched. Imports TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.numeric.bitwise import Array
from runner.tasks.keras.causes.call_trace import is_number, name_layers
from runner.tasks.keras.keras_internals import Call, find_layers, watched_calls
from runner.tasks.to_numpy import widen

BATCH_NORMALIZATION = keras.layers.BatchNormalization

WATCHED = (keras.layers.Embedding, keras.layers.Normalization, BATCH_NORMALIZATION)
"""Layers of which what they receive is a fact worth a call of the model."""


@dataclass(frozen=True)
class Received:
    """What a layer received in one call of the model."""

    layer: Any
    name: str
    """Name of the layer, as in fingerprints."""
    values: Array
    """Its input, of shape (row, ...), before the layer casts it."""


@dataclass(frozen=True)
class WatchedPass:
    """A call of a model in which batch normalization took the statistics of the rows."""

    received: tuple[Received, ...]
    """In the order of the calls; a layer that is called twice is there twice."""
    outputs: Any
    """What the model returned."""
    last: Any
    """The layer that made what the model returned; None where the model made it itself."""

    def of(self, kind: type) -> list[Received]:
        """Return what the layers of a class received."""
        return [each for each in self.received if isinstance(each.layer, kind)]


def find_watched(model: Any) -> dict[int, str]:
    """Return `id` to name of each layer, at any depth, that is worth watching."""
    names = name_layers(model)
    return {id(each): names.get(id(each), each.name) for each in find_layers(model, WATCHED)}


def watch_pass(model: Any, x: Array, watched: dict[int, str]) -> WatchedPass:
    """Call a model as at inference, except that batch normalization takes the batch's statistics.

    Its moving statistics are afterwards what they were.

    Args:
        model: the trained model.
        x: inputs (row, ...).
        watched: `id` to name of the layers whose input is kept.
    """
    received = []
    made: dict[int, tuple[Any, Any]] = {}

    def watch(call: Call, layer: Any, args: Any, kwargs: Any) -> Any:
        result = watch_layer(call, layer, args, kwargs)
        # The result is held, so that no other gets its id. A model returns what a layer made.
        made.setdefault(id(result), (layer, result))
        return result

    def watch_layer(call: Call, layer: Any, args: Any, kwargs: Any) -> Any:
        if id(layer) not in watched:
            return call(layer, *args, **kwargs)
        values = read(args[0] if args else next(iter(kwargs.values()), None))
        if values is not None:
            received.append(Received(layer, watched[id(layer)], values))
        if isinstance(layer, BATCH_NORMALIZATION):
            kwargs = {**kwargs, "training": True}
        return call(layer, *args, **kwargs)

    held = [
        (variable, variable.numpy())
        for layer in find_layers(model, (BATCH_NORMALIZATION,))
        for variable in layer.non_trainable_variables
    ]
    try:
        with watched_calls(watch):
            outputs = model(x, training=False)
    finally:
        for variable, value in held:
            variable.assign(value)
    return WatchedPass(tuple(received), outputs, made.get(id(outputs), (None, None))[0])


def read(value: Any) -> Array | None:
    """Return a tensor or an array as NumPy's; None if it holds no numbers, or none yet."""
    # A tensor in a graph that is being traced has no value.
    if isinstance(value, tf.Tensor) and hasattr(value, "numpy"):
        value = widen(value.numpy())
    return value if isinstance(value, np.ndarray) and is_number(value.dtype) else None
