"""Rows with a group each, as user code would return them."""

from __future__ import annotations

import numpy as np


def of_patients():
    """Sixty rows of twelve patients."""
    x = np.linspace(0, 1, 120, dtype=np.float32).reshape(60, 2)
    return x, np.arange(60) % 2, [f"patient {each // 5}" for each in range(60)]


def without_groups():
    """The same rows, of nobody."""
    return of_patients()[:2]
