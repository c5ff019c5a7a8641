"""Models, layers and data with a planted reason for outputs that do not depend on the input."""

from __future__ import annotations

import keras
import numpy as np

ROWS = 32


def rows(reach: float = 1.0, label: int | None = None, same: bool = False):
    """Two columns of positive numbers up to `reach`.

    Args:
        reach: the largest.
        label: of all rows; None: 0 and 1 by turns.
        same: all rows are the first one.
    """
    x = (reach * np.linspace(0.1, 1, 2 * ROWS)).astype(np.float32).reshape(ROWS, 2)
    y = np.arange(ROWS) % 2 if label is None else np.full(ROWS, label)
    return (np.repeat(x[:1], ROWS, axis=0) if same else x), y


def two_branches():
    """One branch is dead, the other has a kernel of zeros."""
    inputs = keras.Input((2,))
    dead = dead_layer()(inputs)
    blind = keras.layers.Dense(3, kernel_initializer="zeros")(inputs)
    joined = keras.layers.Concatenate()([dead, blind])
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(joined))


def skip_connection(gain: float = 1.0):
    """A dead layer beside a connection that skips it, their sum times `gain`."""
    inputs = keras.Input((2,))
    joined = keras.layers.Add()([dead_layer(2)(inputs), inputs])
    scaled = keras.layers.Rescaling(gain)(joined)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(scaled))


def dead_layer(units: int = 4):
    """Far below zero, whatever comes in."""
    below = keras.initializers.Constant(-100)
    return keras.layers.Dense(
        units, activation="relu", kernel_initializer="ones", bias_initializer=below
    )


class Ones(keras.layers.Layer):
    """Ignores what it is given."""

    def call(self, inputs):
        return keras.ops.ones_like(inputs)


class NanToZero(keras.layers.Layer):
    """Hides NaN."""

    def call(self, inputs):
        return keras.ops.nan_to_num(inputs)
