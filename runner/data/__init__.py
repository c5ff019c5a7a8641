"""Data sources: callables that configs name and that return rows, and the split of one table.

In: files, shipped sets, TensorFlow data sets.
Out: arrays or streams, for training and for testing.
Never: draws what no seed reaches.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

ARRAY_SOURCES = {
    "digits": "array_sources",
    "hdf5": "hdf5_source",
    "npy": "array_sources",
    "npz": "array_sources",
    "series": "published.series_files",
    "tiny": "array_sources",
}
"""Name of each source that is also found in this package, to the module that defines it."""


def __getattr__(name: str) -> Any:
    """Return an array source by its name; this imports NumPy only once a source is used."""
    if name not in ARRAY_SOURCES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{ARRAY_SOURCES[name]}"), name)
