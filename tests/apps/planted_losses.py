"""Code whose state no checkpoint keeps, or whose state does not matter."""

from __future__ import annotations

import json
import random
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from hydra.core.hydra_config import HydraConfig


class Shake(keras.callbacks.Callback):
    """Adds noise to the weights after each epoch, from a global generator."""

    def __init__(self, draws: str) -> None:
        super().__init__()
        self._draw = {"python": random.random, "numpy": np.random.rand}[draws]

    def on_epoch_end(self, epoch, logs=None):
        kernel = self.model.trainable_variables[0]
        kernel.assign(kernel + 0.01 * self._draw())


class ShakeByEpoch(keras.callbacks.Callback):
    """Adds noise to the weights after each epoch, which follows from the epoch."""

    def on_epoch_end(self, epoch, logs=None):
        random.seed(1000 + epoch)
        kernel = self.model.trainable_variables[0]
        kernel.assign(kernel + 0.01 * random.random())


class KeptPatience(keras.callbacks.EarlyStopping):
    """Stops early, and keeps what it remembers in a file in the run's directory."""

    def find_file(self):
        return Path(HydraConfig.get().runtime.output_dir, "patience.json")

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        path = self.find_file()
        if path.exists():
            vars(self).update(json.loads(path.read_text()))

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        kept = {"wait": self.wait, "best": float(self.best), "best_epoch": self.best_epoch}
        self.find_file().write_text(json.dumps(kept))


class DrawOnce(keras.callbacks.Callback):
    """Draws from Python's generator before training, and never again."""

    def on_train_begin(self, logs=None):
        self.shift = random.random()


class Count(keras.callbacks.Callback):
    """Scales the weights by the number of epochs that it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def on_epoch_end(self, epoch, logs=None):
        self.seen += 1
        kernel = self.model.trainable_variables[0]
        kernel.assign(kernel * (1 + 0.01 * self.seen))


class GlobalNoise(keras.layers.Layer):
    """Adds noise from Keras's global generator while the model is trained."""

    def call(self, inputs, training=False):
        if not training:
            return inputs
        return inputs + 0.1 * keras.random.normal(keras.ops.shape(inputs))


class CountedNoise(keras.layers.Layer):
    """Adds noise that follows from a counter, which is a weight."""

    def build(self, shape):
        self.count = self.add_weight((), "zeros", dtype="int32", trainable=False, name="count")

    def call(self, inputs, training=False):
        if not training:
            return inputs
        self.count.assign_add(1)
        seed = tf.stack([7, self.count.value])
        return inputs + 0.1 * tf.random.stateless_normal(tf.shape(inputs), seed)


class Unsaved(keras.layers.Layer):
    """Scales its inputs by a weight that it does not save."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, inputs):
        return inputs * self.scale

    def save_own_variables(self, store):
        """Save nothing."""

    def load_own_variables(self, store):
        """Load nothing."""


class Ever(keras.metrics.Metric):
    """Counts all rows that it was ever given."""

    def __init__(self, name="ever", **settings):
        super().__init__(name=name, **settings)
        self.rows = self.add_variable((), "zeros", name="rows")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.rows.assign_add(keras.ops.cast(keras.ops.shape(y_true)[0], "float32"))

    def result(self):
        return self.rows * 1.0

    def reset_state(self):
        """Forget nothing."""
