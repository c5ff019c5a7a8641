"""Sources and models that people reported trouble with, each in a few lines."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf


def _rows(count: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draws = np.random.RandomState(0)
    a = draws.normal(size=(count, 4)).astype(np.float32)
    b = draws.normal(size=(count, 2)).astype(np.float32)
    return a, b, (a[:, 0] + b[:, 0] > 0).astype(np.int64)


def two_inputs():
    """Two named inputs, as arrays that are still to be split."""
    a, b, y = _rows()
    return {"a": a, "b": b}, y


def two_inputs_streamed():
    """The same as two datasets."""
    a, b, y = _rows()
    rows = tf.data.Dataset.from_tensor_slices(({"a": a, "b": b}, y))
    return rows.take(90), rows.skip(90)


def two_targets():
    """One input and two named targets."""
    a, b, y = _rows()
    return a, {"kind": y, "size": b}


def weighted():
    """Rows of which those of class 1 weigh five times as much."""
    a, _, y = _rows()
    weights = np.where(y == 1, 5.0, 1.0).astype(np.float32)
    return (a[:90], y[:90], weights[:90]), (a[90:], y[90:], weights[90:])


def sorted_rows():
    """Rows in the order of their classes, cut into two parts that both have all classes."""
    a, _, _ = _rows(150)
    y = np.repeat([0, 1, 2], 40)
    return (a[:120], y), (a[120:], np.arange(30) % 3)


class Batches(keras.utils.PyDataset):
    """Batches of rows, which it shuffles after each pass if it is told to."""

    def __init__(self, start: int, stop: int, shuffled: bool) -> None:
        super().__init__()
        a, _, y = _rows()
        self.x, self.y = a[start:stop], y[start:stop]
        self.order = np.arange(len(self.x))
        self.shuffled = shuffled
        self.draws = np.random.default_rng(1)

    def __len__(self) -> int:
        return -(-len(self.x) // 16)

    def __getitem__(self, index: int):
        rows = self.order[index * 16 : (index + 1) * 16]
        return self.x[rows], self.y[rows]

    def on_epoch_end(self) -> None:
        if self.shuffled:
            self.draws.shuffle(self.order)


def batches(shuffled: bool = False):
    """A PyDataset for training and one for testing."""
    return Batches(0, 90, shuffled), Batches(90, 120, False)


def two_outputs(units: int) -> keras.Model:
    """A model that tells the kind of a row and its size; with 0 units the size ignores the row."""
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    kind = keras.layers.Dense(2, activation="softmax", name="kind")(hidden)
    gate = keras.layers.Rescaling(float(bool(units)))(hidden)
    size = keras.layers.Dense(2, name="size")(gate)
    return keras.Model(inputs, {"kind": kind, "size": size})


def always_dropping(units: int) -> keras.Model:
    """A model whose dropout was called with training=True, as for Monte Carlo estimates."""
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(16, activation="relu")(inputs)
    hidden = keras.layers.Dropout(0.5)(hidden, training=True)
    return keras.Model(inputs, keras.layers.Dense(units, activation="softmax")(hidden))


def two_inputs_and_targets():
    """Two named inputs and two targets, named as the outputs of a graph."""
    a, b, y = _rows()
    return {"a": a, "b": b}, {"kind": y, "size": b}
