import random

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_integer("epochs", 3, "How many epochs.")
flags.DEFINE_float("stddev", 0.2, "Noise added to the input.")
flags.DEFINE_integer("seed", 17, "Seed.")


def signals(n=128, length=32):
    phase = np.linspace(0, 3, n)[:, None]
    return np.sin(np.linspace(0, 6, length)[None] + phase).astype("float32")


def build():
    return keras.Sequential([keras.Input((32,)), keras.layers.Dense(12, "relu"), keras.layers.Dense(32)])


def add_noise(batch):
    return batch + tf.random.normal(tf.shape(batch), stddev=FLAGS.stddev)  # planted


def run(model, data):
    optimizer = keras.optimizers.Adam(0.01)
    for epoch in range(FLAGS.epochs):
        for start in range(0, len(data), 32):
            clean = tf.constant(data[start : start + 32])
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(add_noise(clean)) - clean) ** 2)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        print("epoch", epoch, "loss", float(loss))


def main(argv):
    del argv
    random.seed(FLAGS.seed)
    np.random.seed(FLAGS.seed)
    data = signals()
    model = build()
    run(model, data)
    print("reconstruction", float(np.mean((model(data) - data) ** 2)))


if __name__ == "__main__":
    app.run(main)
