"""Models with a fault that people reported, each in a few lines."""

from __future__ import annotations

import keras

_KEPT: list[keras.Model] = []


def kept(units: int) -> keras.Model:
    """Return the same model at each call, so that a second training goes on from the first."""
    if not _KEPT:
        _KEPT.append(keras.Sequential([keras.layers.Dense(units, activation="softmax")]))
    return _KEPT[0]


class TwoUnnamed(keras.Model):
    """A model of one's own that returns its two outputs as a tuple, or by name."""

    def __init__(self, units: int, named: bool = False) -> None:
        super().__init__()
        self.kind = keras.layers.Dense(units, activation="softmax")
        self.size = keras.layers.Dense(2)
        self.named = named

    def call(self, inputs):
        kind, size = self.kind(inputs), self.size(inputs)
        return {"kind": kind, "size": size} if self.named else (kind, size)
