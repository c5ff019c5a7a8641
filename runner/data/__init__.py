"""Data sources: callables that configs name and that return rows, and the split of one table.

In: files, shipped sets, TensorFlow data sets.
Out: arrays or streams, for training and for testing.
Never: draws what no seed reaches.
"""

from __future__ import annotations

from typing import Any

ARRAY_SOURCES = ("digits", "npy", "npz", "tiny")
"""Names of the sources in `array_sources` that are also found in this package."""


def __getattr__(name: str) -> Any:
    """Return an array source by its name; this imports NumPy only once a source is used."""
    if name not in ARRAY_SOURCES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from runner.data import array_sources

    return getattr(array_sources, name)
