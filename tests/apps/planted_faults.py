"""Data and models with faults that outputs alone do not explain, each with a mended twin."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf


def line(shift=0.0, scale=1.0):
    """Numbers that follow from the inputs: (row, 8) and (row,)."""
    draws = np.random.RandomState(0)
    x = draws.normal(size=(200, 8)).astype("float32")
    y = (x @ draws.normal(size=8) * 3 + 5).astype("float32")
    return x * scale + shift, y


def column():
    """The same, with targets in the shape (row, 1) of a model's predictions."""
    x, y = line()
    return x, y[:, None]


def doubled():
    """Twice a number less one, for the same seven rows in both parts."""
    x = np.arange(-1, 6, dtype="float32")[:, None]
    return (x, 2 * x - 1), (x, 2 * x - 1)


def numbers_of(low=0, divided=1.0):
    """Category numbers from `low` to 7, which may be divided: (row, 4), and labels."""
    x = np.random.RandomState(0).randint(low, 8, size=(200, 4))
    y = (x[:, 0] > 3).astype("int64")
    return ((x / divided).astype("float32") if divided != 1 else x), y


def yes_no():
    """A label that a line tells apart: (row, 4), and 0 or 1 for each row."""
    x = np.random.RandomState(0).normal(size=(300, 4)).astype("float32")
    return x, (x.sum(axis=1) > 0).astype("int64")


def several():
    """Rows of three labels, each yes or no: (row, 8) and (row, 3)."""
    draws = np.random.RandomState(0)
    y = (draws.normal(size=(300, 3)) > 0).astype("float32")
    x = draws.normal(size=(300, 8)).astype("float32")
    x[:, :3] += y * 2
    return x, y


def normalized(units, adapt):
    """A model that holds a normalization inside another one."""
    normalization = keras.layers.Normalization(name="scale")
    if adapt:
        normalization.adapt(line(40.0, 9.0)[0])
    dense = keras.layers.Dense(16, activation="relu")
    inner = keras.Sequential([normalization, dense], name="inner")
    return keras.Sequential([inner, keras.layers.Dense(units)])


class Own(keras.Model):
    """Has a `train_step` of its own, which compares targets as they come."""

    def __init__(self, scale=1.0, reshape=False):
        super().__init__()
        self.scale, self.reshape = scale, reshape
        self.hidden = keras.layers.Dense(16, activation="relu")
        self.drop = keras.layers.Dropout(0.1)
        self.last = keras.layers.Dense(1)

    def build(self, input_shape):
        """Create the weights for inputs (row, ...) of this shape."""
        self.hidden.build(input_shape)
        self.last.build((None, 16))

    def call(self, x, training=False):
        """(row, 8) to (row, 1)."""
        return self.last(self.drop(self.hidden(x), training=training))

    def train_step(self, data):
        """One step of gradient descent on the squared difference."""
        x, y = data
        with tf.GradientTape() as tape:
            predicted = self(x, training=True)
            y = tf.reshape(y, tf.shape(predicted)) if self.reshape else y
            loss = self.scale * tf.reduce_mean((y - predicted) ** 2)
        self.optimizer.apply(
            tape.gradient(loss, self.trainable_variables), self.trainable_variables
        )
        return {"loss": loss}


class Measured(Own):
    """The same, with the compiled metrics in each step."""

    def train_step(self, data):
        """One step, and what the metrics say of its rows."""
        x, y = data
        super().train_step(data)
        return self.compute_metrics(x, y, self(x))


@keras.saving.register_keras_serializable("planted")
class Squared(keras.losses.Loss):
    """A loss of somebody's own, which compares targets as they come."""

    def call(self, y, predicted):
        """(row,) and (row, 1), or twice the same shape."""
        return (tf.cast(y, predicted.dtype) - predicted) ** 2


class Drawing(keras.layers.Layer):
    """Draws from TensorFlow's global generator whenever it is called."""

    def call(self, inputs):
        """(row, ...) in, the same shape out."""
        return inputs + 0.01 * tf.random.uniform(tf.shape(inputs))


class Raising(keras.layers.Layer):
    """Raises where it is called on 64 rows, as facts are measured."""

    def call(self, inputs):
        """(row, ...) in, the same shape out."""
        if inputs.shape[0] == 64:
            raise AttributeError("planted")
        return inputs
