import os
import random

import numpy as np
import tensorflow as tf


def set_seeds(seed=10):
    os.environ["PYTHONHASHSEED"] = str(seed)
    random.seed(seed)
    np.random.seed(seed)
    tf.random.set_seed(seed)


def dataset(x, y):
    ds = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(200, seed=3)
    return ds.batch(25).prefetch(tf.data.AUTOTUNE)


def main():
    set_seeds()
    x = np.random.randn(200, 5).astype("float32")
    y = (x ** 2).sum(axis=1)
    inputs = tf.keras.Input((5,))
    h = tf.keras.layers.Dense(12, activation="relu")(inputs)
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(h))
    model.compile("adam", "mse")
    model.fit(dataset(x, y), epochs=3, verbose=0)
    model.save("model.keras")
    print("predictions", model.predict(x[:4], verbose=0).ravel().tolist())


if __name__ == "__main__":
    main()
