"""Takes down what callbacks remember from one epoch to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from runner.record.fingerprint import digest

REMEMBERED = {
    "EarlyStopping": ("wait", "best", "best_epoch", "best_weights"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
    "ModelCheckpoint": ("best",),
}
"""Callback of Keras's to what it remembers and acts on; the others remember nothing that counts."""

OF_KERAS = frozenset(vars(keras.callbacks.Callback()))
"""Attributes that Keras gives to every callback."""


def list_callback_state(callbacks: Sequence[Any]) -> dict[str, str]:
    """Return `CLASS.ATTRIBUTE` to digest of what callbacks remember.

    Of somebody's own callbacks each attribute counts that is a number, a text, an array or a
    container of such.
    """
    found = {}
    names: dict[str, int] = {}
    for each in callbacks:
        name = type(each).__name__
        names[name] = names.get(name, 0) + 1
        shown = name if names[name] == 1 else f"{name}_{names[name]}"
        for attribute, value in _list_remembered(each):
            text = _describe(value)
            if text is not None:
                found[f"{shown}.{attribute}"] = text
    return found


def _list_remembered(callback: Any) -> list[tuple[str, Any]]:
    own = vars(callback)
    if type(callback).__module__.startswith("keras."):
        names = REMEMBERED.get(type(callback).__name__, ())
        return [(name, own[name]) for name in names if name in own]
    return [(name, value) for name, value in own.items() if name not in OF_KERAS]


def _describe(value: Any) -> str | None:
    """Return the digest of a value; None if it is none that can be compared."""
    if value is None or isinstance(value, bool | int | float | str):
        return digest(np.array([repr(value)]))
    if isinstance(value, np.ndarray | np.generic) and not np.asarray(value).dtype.hasobject:
        return digest(value)
    if isinstance(value, dict):
        value = [item for pair in value.items() for item in pair]
    if isinstance(value, list | tuple):
        parts = [_describe(each) for each in value]
        return None if None in parts else digest(np.array(parts))
    return None
