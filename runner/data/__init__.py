"""Data sources: callables for configs that return rows, and how one table is split in two.

In: files, shipped sets, TensorFlow data sets.
Out: arrays or streams, for training and for testing.
Never: draws what no seed reaches.
"""

from __future__ import annotations

from typing import Any

ARRAY_SOURCES = ("digits", "npy", "npz", "tiny")


def __getattr__(name: str) -> Any:
    """Find the sources that hold arrays here, too, without importing NumPy before they are used."""
    if name not in ARRAY_SOURCES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from runner.data import array_sources

    return getattr(array_sources, name)
