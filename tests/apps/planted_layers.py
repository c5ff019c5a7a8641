"""A layer that stands for hardware whose sums depend on what else it does."""

from __future__ import annotations

import os

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("planted")
class Jitter(keras.layers.Layer):
    """In training, scales its input by a last bit or two that no seed decides."""

    def call(self, inputs, training=False):
        """(row, ...) in, the same shape out."""
        if not training:
            return inputs
        noise = tf.numpy_function(draw, [], tf.float32)
        noise.set_shape(())
        return inputs * (1 + noise)

    def compute_output_shape(self, input_shape):
        """The same."""
        return input_shape


def draw():
    """Up to a hundredth, from the operating system."""
    return np.float32(int.from_bytes(os.urandom(2), "little") / 2**16 / 100)
