"""Models with a fault that people reported, each in a few lines."""

from __future__ import annotations

import keras

_KEPT: list[keras.Model] = []


def kept(units: int) -> keras.Model:
    """Return the same model at each call, so that a second training goes on from the first."""
    if not _KEPT:
        _KEPT.append(keras.Sequential([keras.layers.Dense(units, activation="softmax")]))
    return _KEPT[0]
