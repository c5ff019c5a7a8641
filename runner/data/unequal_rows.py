"""Makes rows of unequal length dense, by filling up the shorter ones as a config says.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from runner.data.nest import Nest, leaves, map_nest
from runner.errors import ConfigError
from runner.numeric.bitwise import Array

NAMES = ("inputs", "targets", "weights")
"""What the places of a row (x, y, weights) hold."""


@dataclass(frozen=True)
class Fills:
    """The values that fill up shorter rows, as `data.pad` declares them; None: none is declared."""

    inputs: Any = None
    targets: Any = None


def fill_up(loaded: Any, fills: Fills) -> Any:
    """Return what a source returned with rows of one shape.

    Shorter rows are filled up at their end, to the length of the longest row of all parts. What has
    rows of one shape already is returned as it is.

    Args:
        loaded: (x, y) or (x, y, weights), a dataset of such rows, or two of one kind.
        fills: the values that fill up.

    Raises:
        ConfigError: rows are of unequal length and no value is declared, or one that they cannot
            hold; or they are sparse, or unequal along several axes.
    """
    several = isinstance(loaded, tuple | list) and len(loaded) == 2
    if several and all(isinstance(each, tf.data.Dataset) for each in loaded):
        return _fill_datasets(tuple(loaded), fills)
    if isinstance(loaded, tf.data.Dataset):
        return _fill_datasets((loaded,), fills)[0]
    two = several and all(isinstance(each, tuple | list) and len(each) in (2, 3) for each in loaded)
    parts = loaded if two else (loaded,)
    if not all(isinstance(part, tuple | list) and len(part) in (2, 3) for part in parts):
        return loaded
    filled: list[list[Nest]] = [[] for _ in parts]
    for place in range(min(map(len, parts))):
        nests = [part[place] for part in parts]
        for rows, nest in zip(filled, _fill_nests(nests, NAMES[place], fills), strict=True):
            rows.append(nest)
    for rows, part in zip(filled, parts, strict=True):
        rows.extend(part[len(rows) :])
    return tuple(map(tuple, filled)) if two else tuple(filled[0])


def _fill_nests(nests: list[Nest], what: str, fills: Fills) -> list[Nest]:
    """Return one place of the rows of all parts, such as x, with rows of one shape."""
    columns = [leaves(nest) for nest in nests]
    if len({len(column) for column in columns}) > 1:
        return nests  # parts that do not fit together are told elsewhere
    made: list[list[Any]] = [[] for _ in nests]
    for group in zip(*columns, strict=True):
        for found in group:
            _check_dense(found, what)
        unequal = [_Unequal.read(each, what) for each in group]
        given = [each for each in unequal if each is not None]
        if given:
            lengths = {length for each in given for length in each.lengths}
            longest = max(lengths, default=0)
            fill = _find_fill(what, fills, lengths)
        for column, each, own in zip(made, group, unequal, strict=True):
            column.append(each if own is None else own.fill(longest, fill, what))
    return [_rebuild(nest, column) for nest, column in zip(nests, made, strict=True)]


@dataclass(frozen=True)
class _Unequal:
    """Rows that may be of unequal length along their first axis."""

    rows: list[Array]

    @classmethod
    def read(cls, value: Any, what: str) -> _Unequal | None:
        """Return rows that are lists or arrays by themselves; None for any other array."""
        if isinstance(value, tf.RaggedTensor):
            if value.ragged_rank > 1:
                raise _error(what, "unequal along several axes", f"a {type(value).__name__}")
            return cls([each.numpy() for each in value])
        if not isinstance(value, np.ndarray) or value.dtype != object or value.ndim != 1:
            return None
        if not len(value) or not all(isinstance(each, list | tuple | np.ndarray) for each in value):
            return None
        try:
            return cls([np.asarray(each) for each in value])
        except ValueError:
            raise _error(what, "unequal along several axes", "an array of lists") from None

    @property
    def lengths(self) -> list[int]:
        return [len(each) if each.ndim else 0 for each in self.rows]

    def fill(self, longest: int, fill: Any, what: str) -> Array:
        """Return the rows as one array (row, ...), filled up to a length."""
        filled = [each for each in self.rows if each.size] or self.rows
        shapes = {each.shape[1:] for each in filled}
        if len(shapes) > 1 or any(each.dtype == object for each in filled):
            raise _error(what, "unequal along several axes", "an array of lists")
        kind = np.result_type(*(each.dtype for each in filled))
        if min(self.lengths) < longest:
            kind = _check_fill(fill, kind, what)
        rows = np.full((len(self.rows), longest, *shapes.pop()), 0 if fill is None else fill, kind)
        for row, each in zip(rows, self.rows, strict=True):
            row[: len(each)] = each.reshape(len(each), *row.shape[1:])
        return rows


def _fill_datasets(parts: Sequence[Any], fills: Fills) -> tuple[Any, ...]:
    """Return datasets of single rows, with the axes of unknown length filled up."""
    specs = [part.element_spec for part in parts]
    if not all(isinstance(spec, tuple) and len(spec) in (2, 3) for spec in specs):
        return tuple(parts)
    for spec in specs:
        for what, nest in zip(NAMES, spec, strict=False):
            for each in leaves(nest):
                _check_spec(each, what, fills)
    for place, fill in enumerate((fills.inputs, fills.targets)):
        if fill is None:
            continue
        open_ = [index for index, each in enumerate(leaves(specs[0][place])) if _is_open(each)]
        if open_ and not any(p.cardinality() == tf.data.INFINITE_CARDINALITY for p in parts):
            found = [_measure(part, place) for part in parts]
            longest = {index: max(each[index] for each in found) for index in open_}
            parts = [part.map(_filler(part, place, longest, fill)) for part in parts]
    return tuple(parts)


def _filler(part: Any, place: int, longest: dict[int, int], fill: Any) -> Callable[..., Any]:
    specs = leaves(part.element_spec[place])
    for index in longest:
        _check_fill(fill, np.dtype(specs[index].dtype.as_numpy_dtype), NAMES[place])

    def apply(*row: Any) -> Any:
        made = []
        for index, each in enumerate(leaves(row[place])):
            dense = _densify(each)
            if index in longest:
                edges = [
                    [0, longest[index] - tf.shape(dense)[0]],
                    *[[0, 0]] * (len(dense.shape) - 1),
                ]
                dense = tf.pad(dense, edges, constant_values=fill)
                dense = tf.ensure_shape(dense, (longest[index], *each.shape[1:]))
            made.append(dense)
        filled = list(row)
        filled[place] = _rebuild(row[place], made)
        return tuple(filled)

    converted: Callable[..., Any] = tf.autograph.experimental.do_not_convert(apply)
    return converted


def _measure(part: Any, place: int) -> list[int]:
    """Return the length of the longest row of each leaf, read in one pass; 0 for single numbers."""

    def grow(longest: Any, *row: Any) -> Any:
        each = [_densify(leaf) for leaf in leaves(row[place])]
        lengths = [tf.shape(leaf)[0] if len(leaf.shape) else 0 for leaf in each]
        return tf.maximum(longest, tf.stack(lengths))

    count = len(leaves(part.element_spec[place]))
    grown = tf.autograph.experimental.do_not_convert(lambda state, row: grow(state, *row))
    found = part.reduce(tf.zeros(count, tf.int32), grown)
    return [int(each) for each in found.numpy()]


def _densify(value: Any) -> Any:
    return value.to_tensor() if isinstance(value, tf.RaggedTensor) else value


def _is_open(spec: Any) -> bool:
    return bool(spec.shape.rank) and spec.shape[0] is None


def _check_spec(spec: Any, what: str, fills: Fills) -> None:
    if isinstance(spec, tf.SparseTensorSpec):
        raise _sparse(what, "SparseTensor", "tf.sparse.to_dense")
    if isinstance(spec, tf.RaggedTensorSpec):
        if spec.ragged_rank > 0 or None in spec.shape[1:]:
            raise _error(what, "unequal along several axes", "a RaggedTensor")
        _find_fill(what, fills, ())


def _check_dense(value: Any, what: str) -> None:
    if isinstance(value, tf.SparseTensor):
        raise _sparse(what, "SparseTensor", "tf.sparse.to_dense")
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise _sparse(what, type(value).__name__, "x.toarray")


def _sparse(what: str, kind: str, function: str) -> ConfigError:
    hint = f"Make them dense in the source, with {function}()"
    return ConfigError("data.source", f"must return {what} that are dense", f"a {kind}", hint)


def _error(what: str, rule: str, received: str) -> ConfigError:
    hint = "Fill them up in the source"
    return ConfigError("data.source", f"returns {what} that are {rule}", received, hint)


def _find_fill(what: str, fills: Fills, lengths: Any) -> Any:
    fill = {"inputs": fills.inputs, "targets": fills.targets}.get(what)
    if fill is None and len(lengths) != 1:
        said = f"rows of {min(lengths)} to {max(lengths)}" if lengths else "ragged rows"
        if what not in ("inputs", "targets"):
            raise _error(what, "of unequal length", said)
        hint = f"To fill up the shorter ones: data.pad.{what}=VALUE, such as 0"
        raise ConfigError("data.source", f"returns {what} of unequal length", said, hint)
    return fill


def _check_fill(fill: Any, kind: np.dtype[Any], what: str) -> np.dtype[Any]:
    """Return the type of the filled rows.

    Raises:
        ConfigError: rows of this type cannot hold the value.
    """
    text = isinstance(fill, str)
    fits = text == (kind.kind in "SUO") and (text or np.array(fill).astype(kind) == fill)
    if not fits or isinstance(fill, bool):
        rule = f"must be a value that {what} of type {kind} can hold"
        raise ConfigError(f"data.pad.{what}", rule, fill if fill != "" else "''")
    return np.result_type(kind, np.array(fill).dtype) if kind.kind == "U" else kind


def _rebuild(nest: Nest, values: list[Any]) -> Nest:
    """Return a nest like another one with other leaves, given in their order."""
    rest = iter(values)
    return map_nest(lambda _: next(rest), nest)
