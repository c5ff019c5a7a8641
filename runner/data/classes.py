"""Tells the class of each row from its targets, however they are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from runner.errors import ConfigError
from runner.numeric.bitwise import Array


def find_classes(key: str, targets: Any, count: int) -> Array:
    """Return the class of each row (row,): its whole number, its text, or its column of one-hot.

    Args:
        key: the config key that needs classes, for the error.
        targets: (row, ...).
        count: number of rows.

    Raises:
        ConfigError: the targets are no classes.
    """
    flat = np.asarray(targets).reshape(count, -1) if hasattr(targets, "shape") else None
    if flat is not None and flat.shape[1] == 1 and _are_classes(flat):
        return flat[:, 0]
    if flat is not None and _is_one_hot(flat):
        columns: Array = flat.argmax(axis=1)
        return columns
    shown = type(targets).__name__ if flat is None else f"{flat.dtype}, {flat.shape[1]} a row"
    raise ConfigError(key, "needs a class for each row, as one whole number or one-hot", shown)


def _are_classes(values: Array) -> bool:
    whole = values.dtype.kind == "f" and bool((values == np.rint(values)).all())
    return whole or values.dtype.kind in "biuSU"


def _is_one_hot(rows: Array) -> bool:
    numeric = rows.dtype.kind in "biuf"
    return numeric and bool(np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all())
