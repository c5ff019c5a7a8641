import argparse

import keras
import numpy as np
import tensorflow as tf


class Net(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden = keras.layers.Dense(units, activation="tanh")
        self.out = keras.layers.Dense(1)

    def call(self, x):
        return self.out(self.hidden(x))


@tf.function
def step(net, optimizer, x, y):
    noisy = x + tf.random.normal(tf.shape(x), stddev=0.05)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((net(noisy) - y) ** 2)
    optimizer.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables))
    return loss


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--units", type=int, default=10)
    args = parser.parse_args()
    keras.utils.set_random_seed(args.seed)
    tf.config.experimental.enable_op_determinism()
    x = np.linspace(-1, 1, 80, dtype="float32")[:, None]
    y = np.abs(x)
    net = Net(args.units)
    net.build((None, 1))
    optimizer = keras.optimizers.Adam(0.02)
    for _ in range(25):
        loss = step(net, optimizer, x, y)
    print("loss", float(loss))
