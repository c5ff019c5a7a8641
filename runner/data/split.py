"""Cuts one table of rows into a training and a test part, as an order and a number of rows."""

from __future__ import annotations

from runner.data.array_sources import Part
from runner.numeric.bitwise import Array


def split_rows(part: Part, order: Array, held: int) -> tuple[Part, Part]:
    """Return the training and the test part of one table.

    Args:
        part: x (row, ...) and y (row, ...).
        order: (row,) indices of all rows, those of the training part first.
        held: number of rows of the test part.
    """
    x, y = part
    train, test = order[:-held], order[-held:]
    return (x[train], y[train]), (x[test], y[test])
