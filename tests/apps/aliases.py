"""A trusted module through which other code can be reached."""

from __future__ import annotations

import os  # noqa: F401
from functools import partial
from pathlib import Path

import keras
import numpy as np

Concealed = keras.layers.Lambda
touch = Path("MARKER").touch


class Layer(keras.layers.Layer):
    """A layer that has Keras's `from_config`."""


def rows() -> tuple[np.ndarray, np.ndarray]:
    """Four rows."""
    return np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1])


again = partial(rows)
