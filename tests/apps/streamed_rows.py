"""Sources whose rows stream, as user code would have them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


def planes(rows: int = 60, seed: int = 0):
    """Points on two sides of a plane: x (row, 2) float32, y (row,) int64, for two parts."""
    rng = np.random.default_rng(seed)
    parts = []
    for count in (rows, 20):
        x = rng.normal(size=(count, 2)).astype(np.float32)
        parts.append((x, (x.sum(axis=1) > 0).astype(np.int64)))
    return tuple(parts)


def streamed(rows: int = 60, seed: int = 0):
    """The same rows, streamed."""
    return tuple(tf.data.Dataset.from_tensor_slices(part) for part in planes(rows, seed))


def generated():
    """The same rows from a Python generator that says neither how many nor of what shape."""
    return tuple(
        tf.data.Dataset.from_generator(
            lambda part=part: zip(*part, strict=True), (np.float32, np.int64)
        )
        for part in planes()
    )


def large(rows: int, size: int):
    """Rows of `size` floats each, made when they are read."""

    def make(count):
        def rows():
            for index in range(count):
                yield np.full(size, index % 7, np.float32), index % 2

        row = tf.TensorSpec((size,), tf.float32), tf.TensorSpec((), tf.int64)
        return tf.data.Dataset.from_generator(rows, output_signature=row)

    return make(rows), make(8)


def unseeded_order():
    """Rows in an order that no seed reaches, another one in each pass."""

    def rows():
        (x, y), _ = planes()
        for index in np.random.default_rng().permutation(len(x)):
            yield x[index], y[index]

    row = tf.TensorSpec((2,), tf.float32), tf.TensorSpec((), tf.int64)
    train = tf.data.Dataset.from_generator(rows, output_signature=row)
    return train, streamed()[1]


def failing(at_pass: int = 0):
    """A generator that raises an error in one of its passes, counted from 0."""
    passes = []

    def rows():
        passes.append(None)
        (x, y), _ = planes()
        for index in range(len(x)):
            if index == 40 and len(passes) > at_pass:
                raise ValueError("row 40 is broken")
            yield x[index], y[index]

    row = tf.TensorSpec((2,), tf.float32), tf.TensorSpec((), tf.int64)
    train = tf.data.Dataset.from_generator(rows, output_signature=row)
    return train, streamed()[1]


def alone():
    """One part only."""
    return streamed()[0]
