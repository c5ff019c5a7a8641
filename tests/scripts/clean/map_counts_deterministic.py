import random

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags

flags.DEFINE_integer("seed", 99, "seed")
flags.DEFINE_integer("batch", 20, "batch size")
FLAGS = flags.FLAGS


def scale(x, y):
    return x / tf.norm(x), y


def main(argv):
    random.seed(FLAGS.seed)
    tf.random.set_seed(FLAGS.seed)
    rng = np.random.default_rng(FLAGS.seed)
    x, y = rng.normal(size=(200, 4)), rng.normal(size=200)
    files = [(x[i::4], y[i::4]) for i in range(4)]
    ds = tf.data.Dataset.from_tensor_slices(tuple(np.stack(z) for z in zip(*files)))
    ds = ds.interleave(
        lambda a, b: tf.data.Dataset.from_tensor_slices((a, b)).map(scale, num_parallel_calls=2),
        cycle_length=4, num_parallel_calls=4, deterministic=True,
    )
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(ds.batch(FLAGS.batch), epochs=2, verbose=0)
    print("loss", model.evaluate(x, y, verbose=0))


if __name__ == "__main__":
    app.run(main)
