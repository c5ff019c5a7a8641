"""Finds class labels: those that outputs predict, and those that targets hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from runner.numeric.bitwise import Array


def find_labels(outputs: Array, sizes: Sequence[int] = ()) -> Array:
    """Return the labels that outputs predict.

    Args:
        outputs: (..., unit), at least one unit.
        sizes: numbers of units of several outputs that stand beside each other; empty: there is
            one.

    Returns:
        (...,): the first unit with the largest output; -1 where any unit is NaN. Of several
        outputs, a number for the labels of all those with two units or more together.
    """
    if sum(sizes) != outputs.shape[-1]:
        sizes = (outputs.shape[-1],)
    label = np.zeros(outputs.shape[:-1], np.int64)
    start = 0
    for size in sizes:
        if size > 1:
            label = label * size + outputs[..., start : start + size].argmax(axis=-1)
        start += size
    return np.where(np.isnan(outputs).any(axis=-1), -1, label)


def have_labels(units: int, sizes: Sequence[int] = ()) -> bool:
    """Return whether outputs with so many units predict labels; `sizes` as in `find_labels`."""
    return max(sizes) > 1 if sum(sizes) == units and sizes else units > 1


def class_labels(targets: Array) -> Array | None:
    """Return targets as labels (row,) if each row is one whole number; None otherwise."""
    flat = targets.reshape(len(targets), -1)
    return flat[:, 0] if flat.shape[1] == 1 and flat.dtype.kind in "iu" else None
