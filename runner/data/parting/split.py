"""Cuts one table of rows in two parts."""

from __future__ import annotations

from runner.data.rows import Rows
from runner.numeric.bitwise import Array


def split_rows(rows: Rows, order: Array, held: int) -> tuple[Rows, Rows]:
    """Return the rows that stay, and those that are held out.

    Args:
        rows: all rows.
        order: (row,) indices of all rows, those that stay first.
        held: number of rows that are held out; at least one, and fewer than there are.
    """
    return rows.take(order[:-held]), rows.take(order[-held:])


def hold_out_last(rows: Rows, held: int) -> tuple[Rows, Rows]:
    """Return the rows but for the last `held` ones, and these, as they stand."""
    return rows.take(slice(-held)), rows.take(slice(-held, None))
