"""Callbacks and layers that draw without a seed from one moment of a training on."""

from __future__ import annotations

import random
from pathlib import Path

import keras
import numpy as np


class Jolt(keras.callbacks.Callback):
    """Moves a weight before each training step from one step on, by what no seed decides."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self._step, self._done = step, 0
        self._generator = np.random.default_rng()

    def on_train_batch_begin(self, batch, logs=None):
        if self._done >= self._step:
            kernel = self.model.trainable_variables[0]
            kernel.assign(kernel * self._generator.uniform(0.99, 1.01))
        self._done += 1


class JoltAtEnd(keras.callbacks.Callback):
    """Moves a weight after the last step, by what no seed decides."""

    def on_train_end(self, logs=None):
        kernel = self.model.trainable_variables[0]
        # Not all alike: softmax takes no notice of what is added to all of its units.
        kernel.assign(kernel * (1 + random.SystemRandom().random()))


def unseeded(units: int) -> keras.Model:
    """Return a model whose initial weights no seed decides."""
    seed = random.SystemRandom().randrange(2**31)
    drawn = keras.initializers.GlorotUniform(seed=seed)
    return keras.Sequential(
        [keras.layers.Dense(units, activation="softmax", kernel_initializer=drawn)]
    )


def unseeded_once(units: int) -> keras.Model:
    """Return a model whose initial weights no seed decides if there is a file `part`."""
    if Path("part").exists():
        return unseeded(units)
    return keras.Sequential([keras.layers.Dense(units, activation="softmax")])
