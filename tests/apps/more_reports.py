"""Models and sources of further reports, each in a few lines."""

from __future__ import annotations

import keras
import numpy as np


def steps():
    """Rows of four steps of two numbers, whose label is the sign of the first."""
    x = np.random.RandomState(0).normal(size=(48, 4, 2)).astype(np.float32)
    return x, (x[:, 0, 0] > 0).astype(np.int64)


def rows():
    """Rows of four numbers, whose label is the sign of the first."""
    x, y = steps()
    return x[:, :, 0], y


def pictures():
    """Pictures whose left half is bright or dark."""
    x = np.random.RandomState(0).uniform(size=(48, 6, 6, 1)).astype(np.float32)
    y = np.arange(48) % 2
    x[:, :, :3] *= y[:, None, None, None]
    return x, y


def one_initializer(shared: bool) -> keras.Model:
    """Two branches, whose layers have one initializer object or one each."""
    inputs = keras.Input((4,))
    kept = keras.initializers.VarianceScaling()
    made = [
        keras.layers.Dense(
            4,
            activation="relu",
            name=name,
            kernel_initializer=kept if shared else keras.initializers.VarianceScaling(),
        )(inputs)
        for name in ("left", "right")
    ]
    joined = keras.layers.Concatenate()(made)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax", name="out")(joined))


def remembering(stateful: bool) -> keras.Model:
    """A recurrent layer that keeps its state from one call to the next, or does not."""
    inputs = keras.Input((4, 2), batch_size=8)
    seen = keras.layers.LSTM(3, stateful=stateful)(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(seen))
