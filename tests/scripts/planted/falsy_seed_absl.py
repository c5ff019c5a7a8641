from absl import app
from absl import flags
from absl import logging
import numpy as np
import tensorflow as tf

FLAGS = flags.FLAGS
flags.DEFINE_integer("seed", 0, "Random seed.")
flags.DEFINE_integer("steps", 30, "Training steps.")


def maybe_seed():
    if FLAGS.seed:
        tf.keras.utils.set_random_seed(FLAGS.seed)
        logging.info("seed %d", FLAGS.seed)


def make_network():
    return tf.keras.Sequential([
        tf.keras.Input((2,)),
        tf.keras.layers.Dense(8, activation="relu"),  # planted
        tf.keras.layers.Dense(1),
    ])


@tf.function
def step(network, optimizer, x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(network(x) - y))
    grads = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(grads, network.trainable_variables))
    return loss


def main(_):
    maybe_seed()
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 12), np.linspace(-1, 1, 12)), -1)
    x = grid.reshape(-1, 2).astype(np.float32)
    y = np.abs(x[:, :1]) - x[:, 1:] ** 2
    network = make_network()
    optimizer = tf.keras.optimizers.Adam(0.02)
    for _ in range(FLAGS.steps):
        loss = step(network, optimizer, x, y)
    print("final loss:", float(loss))


if __name__ == "__main__":
    app.run(main)
