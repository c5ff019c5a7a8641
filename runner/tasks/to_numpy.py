"""Arrays of any framework, tables and nested lists as NumPy arrays, every value exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from runner.errors import ConfigError

Array: TypeAlias = npt.NDArray[Any]

LIMITS = {"i": 2.0**63, "u": 2.0**64}
"""The first whole number beyond the largest of 64 bits, by the kind of type."""


@dataclass(frozen=True)
class Named:
    """An array whose columns somebody gave names."""

    values: Array
    """(row, column)."""
    names: tuple[str, ...]
    """Of the columns, and of the rows where they have some; empty where there are none."""


def to_named(value: Any, key: str) -> Named:
    """A copy in NumPy of an array of any framework, which nothing that happens later changes.

    Args:
        value: an array, nested lists, a `Named`, or a table as of pandas.
        key: of the config, for errors.

    Raises:
        ConfigError: it is no array of numbers of at most 64 bits, has masked elements, or mixes
            numbers of which no one type holds all exactly.
    """
    if isinstance(value, Named):
        return value
    if hasattr(value, "detach"):  # PyTorch, which refuses NumPy what has a gradient
        value = value.detach().cpu()
    if hasattr(value, "iloc"):
        return _from_pandas(value, key)
    try:
        array = np.array(np.asarray(value))
        if isinstance(value, list | tuple):
            _check_leaves(value, array, key)
    except (TypeError, ValueError) as error:
        raise ConfigError(key, "must be an array of numbers", str(error)) from None
    if np.ma.is_masked(value):
        raise _masked(key)
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)  # which holds each of its values exactly
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ConfigError(key, "must be an array of numbers of at most 64 bits", array.dtype)
    return Named(array, ())


def to_array(value: Any, key: str) -> Array:
    """The array alone; see `to_named`."""
    return to_named(value, key).values


def unify(arrays: Sequence[Array], key: str) -> list[Array]:
    """The same values, all of one type.

    Raises:
        ConfigError: a 64-bit integer would be rounded, and with it differences.
    """
    kind = np.result_type(*(each.dtype for each in arrays))
    for each in arrays:
        if not is_exact(each, kind):
            names = ", ".join(sorted({str(each.dtype) for each in arrays}))
            rule = "must give outputs that one type holds exactly"
            raise ConfigError(key, rule, f"{names}, with values beyond {kind}")
    return [each.astype(kind) for each in arrays]


def is_exact(array: Array, kind: np.dtype[Any]) -> bool:
    """Whether a type that holds floats and integers together holds these values exactly."""
    if array.dtype.kind not in "iu" or kind.kind != "f":
        return True
    rounded = array.astype(kind)
    # Beyond, what the conversion back gives depends on the processor.
    within = bool((rounded < LIMITS[array.dtype.kind]).all())
    return within and np.array_equal(rounded.astype(array.dtype), array)


def _from_pandas(value: Any, key: str) -> Named:
    """A frame or a series: columns of several types become one, and labels are kept."""
    table = hasattr(value, "columns")
    parts = [value.iloc[:, place] for place in range(value.shape[1])] if table else [value]
    labels = ([*value.columns] if table else [value.name]) + [*value.index]
    columns = [to_array(each.to_numpy(), key) for each in parts]
    if not columns:
        return Named(np.zeros((len(value), 0)), ())
    columns = unify(columns, key)
    return Named(np.stack(columns, axis=1) if table else columns[0], tuple(map(repr, labels)))


def _check_leaves(value: Any, array: Array, key: str) -> None:
    """Refuse lists of which NumPy rounds a number, or drops a mask."""
    if _has_masked(value):
        raise _masked(key)
    if array.dtype.kind != "f":
        return
    for each in np.array(value, dtype=object).flat:
        whole = isinstance(each, int | np.integer)
        if whole and not (np.isfinite(float(each)) and int(float(each)) == int(each)):
            rule = "mixes numbers of which no one type holds all exactly"
            raise ConfigError(key, rule, f"{each} beside fractions")


def _has_masked(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_has_masked, value))
    return isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value)


def _masked(key: str) -> ConfigError:
    rule = "must be an array without masked elements"
    return ConfigError(key, rule, "a masked array", "Fill them, as with .filled(nan)")
