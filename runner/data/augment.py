"""Augmentations that a config can name. Importing this module imports TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def add_noise(x: Any, stddev: float = 0.1, seed: int | None = None) -> Any:
    """Add normal noise from a stateful TensorFlow op, as many scripts do in `Dataset.map`.

    Args:
        x: one row of floating-point numbers, of any shape.
        stddev: standard deviation of the noise.
        seed: the op's own seed; None leaves it to TensorFlow's global one.

    Returns:
        The row with noise, of the same shape and type.
    """
    return x + tf.random.normal(tf.shape(x), stddev=stddev, seed=seed, dtype=x.dtype)
