"""Code of users' whose seeds and generators are not those of the config."""

from __future__ import annotations

import keras
import numpy as np

INITIALIZER = keras.initializers.GlorotUniform()
"""Made once, so that it gives the same values at every call."""

RNG = np.random.default_rng()
"""Made once, and shared by all runs that are forked afterwards."""


def own_seed(units: int) -> keras.Model:
    """Return a model, after a seed was set that no config decides."""
    keras.utils.set_random_seed(0)
    return drawn(units)


def drawn(units: int) -> keras.Model:
    """Return a model that draws its initial weights as usual."""
    return keras.Sequential([keras.layers.Dense(units, activation="softmax")])


def once(units: int) -> keras.Model:
    """Return a model whose initializer was made when this module was imported."""
    layer = keras.layers.Dense(units, activation="softmax", kernel_initializer=INITIALIZER)
    return keras.Sequential([layer])


def shuffled_once():
    """Return points on two sides of a plane, in an order that the module's generator draws."""
    rows = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)
    rows = rows[RNG.permutation(len(rows))]
    return rows, (rows.sum(axis=1) > 0).astype(np.int64)
