"""Tells the class of each row from its targets, and whether a model has a unit for it."""

from __future__ import annotations

from collections.abc import Mapping
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


def check_labels(targets: Mapping[str, Array], units: int, ignored: int | None = None) -> None:
    """Refuse labels that no output unit stands for.

    Args:
        targets: name of a part, as messages say it, to its labels (row, ...).
        units: number of output units.
        ignored: a label that the loss leaves out; None: there is none.

    Raises:
        ConfigError: a label is not in 0..units-1.
    """
    for part, labels in targets.items():
        if labels.dtype.kind not in "iuf" or not labels.size:
            continue
        bad = (labels < 0) | (labels >= units)
        if ignored is not None:
            bad &= labels != ignored
        if not bad.any():
            continue
        odd = labels[bad]
        worst = odd.max() if (odd >= units).any() else odd.min()
        rows = int(bad.reshape(len(labels), -1).any(axis=1).sum())
        units_said = f"the model has {units} output unit{'s' * (units != 1)}"
        rule = f"must give labels from 0 to {units - 1}, as {units_said}"
        shown = f"label {_shown(worst)}; {rows} of {len(labels)} {part} rows are outside"
        raise ConfigError("data.source", rule, shown)


def _are_classes(values: Array) -> bool:
    whole = values.dtype.kind == "f" and bool((values == np.rint(values)).all())
    return whole or values.dtype.kind in "biuSU"


def _is_one_hot(rows: Array) -> bool:
    numeric = rows.dtype.kind in "biuf"
    return numeric and bool(np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all())


def _shown(label: np.generic) -> str:
    value = label.item()
    return str(int(value)) if value == int(value) else str(value)
