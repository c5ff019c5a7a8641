"""Adapts preprocessing layers to the training part before a model is trained. Imports Keras."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.config.schema import ALL
from runner.data.rows import Rows
from runner.data.stream import Stream
from runner.errors import ConfigError, nearest
from runner.numeric.bitwise import Array
from runner.record.fingerprint import digest, stable_names
from runner.tasks.keras.feed.load import batches
from runner.tasks.keras.keras_internals import Call, find_adaptable, watched_calls

KEY = "train.adapt"


def adapt_layers(model: Any, names: Any, rows: Rows | Stream) -> dict[str, str]:
    """Adapt layers of a model, which need not be built yet, each to what reaches it.

    Args:
        model: the model; its layers are changed.
        names: names of layers in the order in which they are adapted, or ALL, in the order of the
            model.
        rows: the training part, the only rows that layers may learn from.

    Returns:
        Stage `adapt/LAYER` to the digest of what the layer learned.

    Raises:
        ConfigError: a name is that of no layer that can be adapted, or nothing reaches the layer.
    """
    layers = find_adaptable(model)
    # Keras counts its own names over the whole process, so that they differ from build to build.
    stable = dict(
        zip(stable_names([each.name for each in layers], model.name), layers, strict=True)
    )
    known = stable | {each.name: each for each in layers}
    chosen = list(stable) if names == ALL else list(names)
    learned = []
    for name in chosen:
        if name not in known:
            rule = "must name layers that can be adapted"
            hint = nearest(name, stable) or f"The model has {', '.join(stable) or 'none'}"
            raise ConfigError(KEY, rule, name, hint)
        inputs = [
            each for batch in batches(rows) for each in _find_inputs(model, known[name], batch)
        ]
        if not inputs:
            raise ConfigError(KEY, f"no row of the training part reaches {name}")
        known[name].adapt(_join(inputs))
        learned.append(digest(*_read_state(known[name])))
    stages = [f"adapt/{name}" for name in stable_names(chosen, model.name)]
    return dict(zip(stages, learned, strict=True))


def _find_inputs(model: Any, layer: Any, rows: Rows) -> Iterator[Array]:
    """Yield what a layer receives in a call of the model, whose later layers are not called."""
    if isinstance(model, keras.Sequential) and layer in model.layers:
        # Called one by one, since the model cannot be built before the layer is adapted.
        x = rows.x
        for each in model.layers[: model.layers.index(layer)]:
            x = each(x)
        yield np.asarray(x)
        return
    received: list[Array] = []

    def watch(call: Call, called: Any, args: Any, kwargs: Any) -> Any:
        if called is layer:
            value = args[0] if args else next(iter(kwargs.values()))
            # Keras first calls a model without values, to build it.
            if hasattr(value, "numpy") or isinstance(value, np.ndarray):
                received.append(np.asarray(value))
                raise _ReachedError
        return call(called, *args, **kwargs)

    with suppress(_ReachedError), watched_calls(watch):
        model(rows.x, training=False)
    yield from received


class _ReachedError(Exception):
    """Ends the call of a model at the layer that is to be adapted."""


def _join(inputs: list[Array]) -> Any:
    """Return batches (row, ...) as one array, or as a tensor of texts, which Keras demands."""
    joined = np.concatenate(inputs)
    return tf.constant(joined) if joined.dtype.kind in "OSU" else joined


def _read_state(layer: Any) -> list[Array]:
    """Return what a layer has learned: its vocabulary, its boundaries or its statistics."""
    if hasattr(layer, "get_vocabulary"):
        return [np.array([str(each) for each in layer.get_vocabulary()])]
    if getattr(layer, "bin_boundaries", None) is not None:
        return [np.asarray(layer.bin_boundaries)]
    return [np.asarray(each) for each in layer.variables]
