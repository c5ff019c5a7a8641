"""Finds layers that must be adapted to rows before they are used, and were not. Imports Keras."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.errors import ConfigError
from runner.tasks.keras.keras_internals import find_layers

LOOKUPS = (
    keras.layers.TextVectorization,
    keras.layers.StringLookup,
    keras.layers.IntegerLookup,
)
"""Layers that need a vocabulary."""

SIGNS = ("Table not initialized", "vocabulary", "bin_boundaries")
"""What the errors of such layers speak of; a model can fail for another reason."""


def find_missing(model: Any) -> list[tuple[Any, str]]:
    """Return each layer that fails because it was not adapted, with the argument that it lacks."""
    lookups = [
        (each, "vocabulary")
        for each in find_layers(model, LOOKUPS)
        if len(each.get_vocabulary(include_special_tokens=False)) == 0
    ]
    bins = [
        (each, "bin_boundaries")
        for each in find_layers(model, (keras.layers.Discretization,))
        if each.bin_boundaries is None
    ]
    return [*lookups, *bins]


def is_identity(layer: Any) -> bool:
    """Whether a keras.layers.Normalization still has the mean 0 and variance 1 it starts with."""
    if layer.mean is None or layer.input_mean is not None:
        return False
    mean, variance = np.asarray(layer.mean), np.asarray(layer.variance)
    return bool((mean == 0).all() and (variance == 1).all())


@contextmanager
def explain_missing(model: Any) -> Iterator[None]:
    """Turn the error of a layer that was not adapted into one clear line.

    Raises:
        ConfigError: building or training the model failed, and it holds such a layer.
    """
    try:
        yield
    except (RuntimeError, ValueError, tf.errors.OpError) as error:
        missing = find_missing(model) if any(each in str(error) for each in SIGNS) else []
        if not missing:
            raise
        layer, argument = missing[0]
        hint = f"Give it {argument}, or set train.adapt=[{layer.name}]"
        rule = f"{layer.name} ({type(layer).__name__}) must be adapted before it is used"
        raise ConfigError("model", rule, f"no {argument}", hint) from error
