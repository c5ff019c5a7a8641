"""Data sources and augmentations with a planted cause each, as user code would have them."""

from __future__ import annotations

import numpy as np

ROWS = 64
LABELS = ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay", "kiwi", "lynx")


def from_string_set():
    """Rows in the order of a set of strings, which depends on the interpreter's hash seed."""
    order = [LABELS.index(name) for name in set(LABELS)]
    x = np.array([[rank, value] for rank, value in enumerate(order)] * 4, dtype=np.float32)
    return x, np.arange(len(x)) % 2


def from_unseeded_rng():
    """Rows from a generator that no global seed reaches."""
    return np.random.default_rng().random((ROWS, 2), np.float32), np.arange(ROWS) % 2


def from_numpy_rand():
    """Rows from NumPy's global generator, as it is when nobody seeded it."""
    return np.random.rand(ROWS, 2).astype(np.float32), np.arange(ROWS) % 2  # noqa: NPY002


def constant():
    """Rows that are always the same."""
    return np.linspace(0, 1, 2 * ROWS, dtype=np.float32).reshape(ROWS, 2), np.arange(ROWS) % 2
