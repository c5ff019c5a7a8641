"""Splits one table of rows into a training and a test part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from runner.data.array_sources import Part


def split_rows(part: Part, held: int, seed: int | None) -> tuple[Part, Part, npt.NDArray[np.int64]]:
    """Hold out random rows as a test part.

    Args:
        part: x (row, ...) and y (row, ...).
        held: number of rows to hold out; at least one, and fewer than there are.
        seed: seed of the permutation; None draws it from NumPy's global generator.

    Returns:
        The training part, the test part, and the permutation (row,), whose last `held` entries
        are the rows of the test part.
    """
    x, y = part
    # NumPy's legacy global generator is used on purpose: in scripts, unseeded splits follow it.
    rows = np.random if seed is None else np.random.RandomState(seed)
    order = rows.permutation(len(x)).astype(np.int64)
    train, test = order[:-held], order[-held:]
    return (x[train], y[train]), (x[test], y[test]), order
