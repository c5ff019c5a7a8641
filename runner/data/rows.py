"""Rows as a model is trained on them: inputs, targets and, where they are given, weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from runner.data.nest import Nest, leaves, map_nest, named_leaves
from runner.errors import ConfigError
from runner.numeric.bitwise import Array


@dataclass(frozen=True)
class Rows:
    """Rows in memory; every array has one entry per row on its first axis."""

    x: Nest
    """Inputs (row, ...): one array, or a nest of arrays."""
    y: Nest
    """Targets (row, ...): one array, or a nest of arrays."""
    weights: Nest = None
    """Weights of the rows in the loss (row,), or a nest of these, one for each output; None: all
    weigh the same."""

    @classmethod
    def check(cls, value: Any, key: str = "data.source") -> Rows:
        """Return (x, y) or (x, y, weights) of a source as rows.

        Args:
            value: what the source returned.
            key: the config key that errors name.

        Raises:
            ConfigError: the arrays differ in their number of rows, or have fewer than two; or
                targets or weights are no numbers.
        """
        rows = cls(*(map_nest(np.asarray, each) for each in value))
        weights = leaves(rows.parts[2:])
        if any(each.dtype.kind not in "biuf" for each in weights):
            rule = "must return weights that are numbers as its third array"
            hint = "Groups are for data.split.by=group"
            raise ConfigError(key, rule, ", ".join(str(each.dtype) for each in weights), hint)
        for name, each in named_leaves(rows.y):
            if each.dtype.kind in "USO" and each.size:
                rule = f"must return targets{f' {name}' if name else ''} that are numbers"
                hint = "Number them: names, y = numpy.unique(y, return_inverse=True)"
                first = each.flat[0]
                kind = "text" if isinstance(first, str | bytes) else type(first).__name__
                raise ConfigError(key, rule, f"{first!s} ({kind})", hint)
        counts = {len(each) if each.ndim else 0 for each in rows.arrays}
        if len(counts) > 1 or min(counts) < 2:
            names = [*_name(rows.x, "inputs"), *_name(rows.y, "targets")]
            names += _name(rows.weights, "weights") if rows.weights is not None else []
            rule = "must return as many targets as inputs, at least two"
            raise ConfigError(key, rule, " and ".join(names))
        return rows

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return len(self.arrays[0])

    @property
    def parts(self) -> tuple[Nest, ...]:
        """Return (x, y), or (x, y, weights) where rows have weights, as Keras takes them."""
        return (self.x, self.y) if self.weights is None else (self.x, self.y, self.weights)

    @property
    def arrays(self) -> list[Array]:
        """Return all arrays, in the order of x, y and weights."""
        return leaves(self.parts)

    @property
    def names(self) -> list[str]:
        """Return the names of the arrays in nests; empty where x and y are single arrays."""
        return [name for part in self.parts for name, _ in named_leaves(part) if name]

    def map(self, function: Callable[[Array], Any]) -> Rows:
        """Return the rows with a function applied to each array."""
        return Rows(*(map_nest(function, each) for each in self.parts))

    def take(self, which: Any) -> Rows:
        """Return some rows, given by their indices (row,) or by a slice."""
        return self.map(lambda each: each[which])

    def batches(self, size: int) -> Iterator[Rows]:
        """Yield the rows in batches of at most `size`."""
        for start in range(0, self.count, size):
            yield self.take(slice(start, start + size))


def is_rows(value: Any) -> bool:
    """Return whether a value is (x, y) or (x, y, weights), each an array or a nest of arrays."""
    known = isinstance(value, tuple | list) and len(value) in (2, 3)
    return known and all(leaves(each) and all(map(_is_array, leaves(each))) for each in value)


def is_two_parts(value: Any) -> bool:
    """Return whether a value is a training and a test part.

    A pair of pairs of arrays is taken for two parts; several inputs of one part that are not split
    yet need names.
    """
    known = isinstance(value, tuple | list) and len(value) == 2
    return known and all(isinstance(each, tuple | list) and is_rows(each) for each in value)


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape")


def _name(nest: Nest, what: str) -> list[str]:
    return [
        f"{len(each) if each.ndim else 0} {what}{f' {name}' if name else ''}"
        for name, each in named_leaves(nest)
    ]
