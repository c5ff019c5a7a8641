"""Sources whose rows are no arrays of numbers of one shape, as people have them."""

from __future__ import annotations

import numpy as np


def text_labels():
    """Labels that are words."""
    x = np.random.RandomState(0).normal(size=(40, 4)).astype(np.float32)
    return x, np.array(["cat", "dog"])[np.arange(len(x)) % 2]


def object_labels():
    """The same words as objects of Python's."""
    x, y = text_labels()
    return x, y.astype(object)


def byte_labels():
    """The same words as bytes."""
    x, y = text_labels()
    return x, y.astype(np.bytes_)
