"""Class labels: those that outputs predict, and those that targets are."""

from __future__ import annotations

import numpy as np

from runner.numeric.bitwise import Array


def find_labels(outputs: Array) -> Array:
    """Return for outputs (..., unit) the unit with the largest score; -1 where any is NaN."""
    return np.where(np.isnan(outputs).any(axis=-1), -1, outputs.argmax(axis=-1))


def class_labels(targets: Array) -> Array | None:
    """Return targets as labels (row,) if they are one whole number per row; None otherwise."""
    flat = targets.reshape(len(targets), -1)
    return flat[:, 0] if flat.shape[1] == 1 and flat.dtype.kind in "iu" else None
