"""One table of rows as a training and a test part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from runner.data.array_sources import Part


def split_rows(part: Part, held: int, seed: int | None) -> tuple[Part, Part, npt.NDArray[np.int64]]:
    """Hold out random rows as a test part.

    Args:
        part: x (row, ...) and y (row, ...).
        held: how many rows are held out; at least one, and fewer than there are.
        seed: of the permutation; None draws it from NumPy's global generator.

    Returns:
        Training part, test part, and the permutation whose last rows are the test part.
    """
    x, y = part
    # The legacy global generator on purpose: unseeded splits follow it in scripts, and so here.
    rows = np.random if seed is None else np.random.RandomState(seed)
    order = rows.permutation(len(x)).astype(np.int64)
    train, test = order[:-held], order[-held:]
    return (x[train], y[train]), (x[test], y[test]), order
