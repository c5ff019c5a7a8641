"""Splits one table of rows into two parts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from runner.data.rows import Rows


def split_rows(rows: Rows, held: int, seed: int | None) -> tuple[Rows, Rows, npt.NDArray[np.int64]]:
    """Hold out random rows.

    Args:
        rows: all rows.
        held: number of rows to hold out; at least one, and fewer than there are.
        seed: seed of the permutation; None draws it from NumPy's global generator.

    Returns:
        The rows that stay, those held out, and the permutation (row,), whose last `held` entries
        are the rows held out.
    """
    # NumPy's legacy global generator is used on purpose: in scripts, unseeded splits follow it.
    draws = np.random if seed is None else np.random.RandomState(seed)
    order = draws.permutation(rows.count).astype(np.int64)
    return rows.take(order[:-held]), rows.take(order[-held:]), order


def hold_out_last(rows: Rows, held: int) -> tuple[Rows, Rows]:
    """Return the rows but for the last `held` ones, and these, as they stand."""
    return rows.take(slice(-held)), rows.take(slice(-held, None))
