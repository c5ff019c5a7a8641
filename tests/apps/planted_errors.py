"""Data, layers and functions that fail, each with one line of TensorFlow's that says why."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

ROWS = 64


def numbers(low=0.0, high=1.0):
    """Numbers between two limits: (row, 6) float32, and labels 0 to 2, for two parts."""
    draws = np.random.default_rng(0)
    x = draws.uniform(low, high, size=(ROWS, 6)).astype(np.float32)
    return (x, np.arange(ROWS) % 3), (x, np.arange(ROWS) % 3)


def iris():
    """Fisher's irises as they are: lengths and widths in centimetres."""
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    return (x.astype(np.float32), y), (x.astype(np.float32), y)


def labels_from_one():
    """Labels that begin with 1: 1 to 7."""
    (x, _), _ = numbers()
    return (x, 1 + np.arange(ROWS) % 7), (x, 1 + np.arange(ROWS) % 7)


def texts():
    """Texts: (row,) and labels."""
    x = np.array(["a cat", "two dogs"] * (ROWS // 2), dtype=object)[:, None]
    return (x.astype(str), np.arange(ROWS) % 2), (x.astype(str), np.arange(ROWS) % 2)


def colours():
    """Words of which one is in no vocabulary."""
    x = np.array([["red"], ["green"], ["mauve"], ["blue"]] * (ROWS // 4))
    return (x, np.arange(ROWS) % 2), (x, np.arange(ROWS) % 2)


# --- rows that stream


def _stream(function, texts_of_rows):
    def part():
        rows = tf.data.Dataset.from_tensor_slices(texts_of_rows)
        return rows.map(lambda text: (function(text), tf.constant(0, tf.int64)))

    return part(), part()


def images():
    """Files that are no images."""

    def decode(text):
        return tf.cast(tf.ensure_shape(tf.io.decode_png(text), (2, 2, 1)), tf.float32)

    return _stream(decode, [b"no image"] * 4)


def asserted():
    """Numbers that a check of the user's own refuses."""

    def parse(text):
        number = tf.strings.to_number(text)
        tf.debugging.assert_less(number, 3.0, message="a year has no such month")
        return number[None]

    return _stream(parse, ["1", "2", "13", "4"])


def counted():
    """A function of Python's that fails in the third row."""

    def read(text):
        return {b"1": np.float32(1), b"2": np.float32(2)}[text]

    def parse(text):
        number = tf.numpy_function(read, [text], tf.float32)
        return tf.ensure_shape(number, ())[None]

    return _stream(parse, ["1", "2", "three", "4"])


# --- errors with a cause


class RowsError(Exception):
    """What somebody's own library raises."""


def unread():
    """An error that only its cause explains."""
    try:
        Path("rows.bin").read_bytes()
    except FileNotFoundError as error:
        raise RowsError("cannot load the rows") from error


def unparsed():
    """The same, twice."""
    try:
        try:
            float("1,5")
        except ValueError as error:
            raise RowsError("bad cell in line 7") from error
    except RowsError as error:
        raise RuntimeError("cannot load the rows") from error


def wrapped():
    """An error that already says what its cause says."""
    try:
        float("1,5")
    except ValueError as error:
        raise RowsError(f"line 7: {error}") from error


def unread_stream():
    """The first of these in a function of Python's that reads a row."""

    def parse(text):
        return tf.ensure_shape(tf.numpy_function(lambda _: unread(), [text], tf.float32), ())[None]

    return _stream(parse, ["1", "2"])


# --- layers


class Products(keras.layers.Layer):
    """Multiplies what does not fit, which shows only once there are rows."""

    def call(self, x):
        """(row, 6) in, (row, 6) out."""
        return tf.matmul(x, x)


class Fixed(keras.layers.Layer):
    """Multiplies with a matrix whose shape does not fit, which shows as soon as it is built."""

    def call(self, x):
        """(row, 6) in, (row, 3) out."""
        return tf.matmul(x, tf.ones((5, 3)))


class Regroup(keras.layers.Layer):
    """Puts rows into groups of seven numbers."""

    def call(self, x):
        """(row, 6) in, (group, 7) out."""
        return tf.reshape(x, (-1, 7))


class Pick(keras.layers.Layer):
    """Looks up what is not there."""

    def call(self, x):
        """(row, 6) in, (row, 1) out."""
        places = tf.cast(tf.round(x[:, :1]), tf.int32) + 9
        return tf.gather(x, places, batch_dims=1)


class Greedy(keras.layers.Layer):
    """Asks for more memory than there is anywhere."""

    def call(self, x):
        """(row, 6) in, the same out."""
        rows = tf.cast(tf.shape(x)[0], tf.int64)
        return x + tf.reduce_sum(tf.random.uniform(tf.stack([rows, 2**40])))


class Checking(keras.layers.Layer):
    """Checks its inputs."""

    def call(self, x):
        """(row, 6) in, the same out."""
        tf.debugging.assert_all_finite(tf.math.log(x - 2), "no logarithm of what is negative")
        return x


class Chained(keras.layers.Layer):
    """Raises an error with a cause."""

    def call(self, x):
        """Nothing."""
        try:
            return {"relu": x}["gelu"]
        except KeyError as error:
            raise RowsError("no such activation") from error


# --- augmentation


def refuse(x, stddev):
    """A row, which is never accepted."""
    tf.debugging.assert_greater(x, 5.0, message="a row must be greater than 5")
    return x


def look_up(x, stddev):
    """A row, through a function of Python's that fails."""

    def read(values):
        raise LookupError(f"no entry for {values.shape}")

    return tf.ensure_shape(tf.numpy_function(read, [x], tf.float32), (6,))


# --- losses and training steps


def loss(y, predicted):
    """Compares what has other shapes."""
    return tf.square(tf.cast(y[:5], predicted.dtype) - predicted[:, 0])


class Stepping(keras.Model):
    """Has a `train_step` with a slip of the pen."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)

    def build(self, input_shape):
        """Create the weights."""
        self.dense.build(input_shape)

    def call(self, x):
        """(row, 6) to (row, 3)."""
        return self.dense(x)

    def train_step(self, data):
        """Never comes to its end."""
        x, y = data
        return {"loss": self.compute_los(x, y)}
