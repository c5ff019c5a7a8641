"""A training that is spread over two logical devices, as people write it for several GPUs."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf


def main(config, seeds):
    """Train a small model with MirroredStrategy on two halves of the processor."""
    (processor,) = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, halves)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    draws = np.random.RandomState(0)
    x = draws.normal(size=(64, 4)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    with strategy.scope():
        model = keras.Sequential([keras.layers.Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=16, epochs=2, verbose=0)
    weights = {f"weights/{each.path}": each.numpy() for each in model.trainable_variables}
    replicas = float(strategy.num_replicas_in_sync)
    return {"outputs": model.predict(x[:8], verbose=0), "replicas": replicas, "stages": weights}
