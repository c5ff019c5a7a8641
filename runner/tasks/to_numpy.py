"""Converts arrays of any framework, tables and nested lists to NumPy arrays, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from runner.errors import ConfigError
from runner.numeric.bitwise import Array

INTEGER_LIMITS = {"i": 2.0**63, "u": 2.0**64}
"""Kind of NumPy type to the smallest whole number that 64 bits of it cannot hold."""


@dataclass(frozen=True)
class NamedArray:
    """An array whose columns may have names."""

    values: Array
    """An array of any shape; (row, column) where it comes from a table."""
    names: tuple[str, ...]
    """Names of the columns, then those of the rows if they have any; empty if there are none."""


def to_named(value: Any, key: str) -> NamedArray:
    """Copy an array of any framework to NumPy, with the names of its columns.

    Args:
        value: An array, nested lists, a `NamedArray`, or a table such as a pandas DataFrame.
        key: The config key that errors name.

    Raises:
        ConfigError: The value is not an array of numbers of at most 64 bits, has masked elements,
            or mixes numbers that no single type holds exactly.
    """
    if isinstance(value, NamedArray):
        return value
    if hasattr(value, "detach"):  # PyTorch does not convert tensors that have a gradient
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
        raise _masked_error(key)
    array = widen(array)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ConfigError(key, "must be an array of numbers of at most 64 bits", array.dtype)
    return NamedArray(array, ())


def widen(array: Array) -> Array:
    """Cast bfloat16, which NumPy lacks, to float32, which holds each of its values exactly."""
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def to_array(value: Any, key: str) -> Array:
    """Copy an array of any framework to NumPy, without names; see `to_named`."""
    return to_named(value, key).values


def unify(arrays: Sequence[Array], key: str) -> list[Array]:
    """Convert arrays to the smallest NumPy type that all of them promote to.

    Raises:
        ConfigError: The conversion would round a 64-bit integer, which could hide a difference.
    """
    kind = np.result_type(*(each.dtype for each in arrays))
    for each in arrays:
        if not is_exact(each, kind):
            names = ", ".join(sorted({str(each.dtype) for each in arrays}))
            rule = "must give outputs that one type holds exactly"
            raise ConfigError(key, rule, f"{names}, with values beyond {kind}")
    return [each.astype(kind) for each in arrays]


def is_exact(array: Array, kind: np.dtype[Any]) -> bool:
    """Return whether the common type `kind` of several arrays holds the values of one exactly."""
    if array.dtype.kind not in "iu" or kind.kind != "f":
        return True
    rounded = array.astype(kind)
    # What a float beyond the limit becomes as an integer depends on the processor.
    within = bool((rounded < INTEGER_LIMITS[array.dtype.kind]).all())
    return within and np.array_equal(rounded.astype(array.dtype), array)


def _from_pandas(value: Any, key: str) -> NamedArray:
    """Convert a DataFrame or a Series: columns get one common type, and labels are kept."""
    table = hasattr(value, "columns")
    parts = [value.iloc[:, column] for column in range(value.shape[1])] if table else [value]
    labels = ([*value.columns] if table else [value.name]) + [*value.index]
    columns = [to_array(each.to_numpy(), key) for each in parts]
    if not columns:
        return NamedArray(np.zeros((len(value), 0)), ())
    columns = unify(columns, key)
    return NamedArray(np.stack(columns, axis=1) if table else columns[0], tuple(map(repr, labels)))


def _check_leaves(value: Any, array: Array, key: str) -> None:
    """Refuse nested lists in which NumPy would round a number or drop a mask."""
    if _has_masked(value):
        raise _masked_error(key)
    if array.dtype.kind != "f":
        return
    for each in np.array(value, dtype=object).flat:
        whole = isinstance(each, int | np.integer)
        if whole and not (np.isfinite(float(each)) and int(float(each)) == int(each)):
            rule = "mixes numbers that no one type holds exactly"
            raise ConfigError(key, rule, f"{each} beside fractions")


def _has_masked(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_has_masked, value))
    return isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value)


def _masked_error(key: str) -> ConfigError:
    rule = "must be an array without masked elements"
    return ConfigError(key, rule, "a masked array", "Fill them, as with .filled(nan)")
