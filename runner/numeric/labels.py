"""Finds class labels: those that outputs predict, and those that targets hold."""

from __future__ import annotations

import numpy as np

from runner.numeric.bitwise import Array


def find_labels(outputs: Array) -> Array:
    """Return the labels that outputs predict.

    Args:
        outputs: (..., unit), at least one unit.

    Returns:
        (...,): the first unit with the largest output; -1 where any unit is NaN.
    """
    return np.where(np.isnan(outputs).any(axis=-1), -1, outputs.argmax(axis=-1))


def class_labels(targets: Array) -> Array | None:
    """Return targets as labels (row,) if each row is one whole number; None otherwise."""
    flat = targets.reshape(len(targets), -1)
    return flat[:, 0] if flat.shape[1] == 1 and flat.dtype.kind in "iu" else None
