import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers


def make_data(n=256):
    rng = np.random.default_rng(0)
    numeric = rng.normal(size=(n, 4)).astype("float32")
    category = rng.integers(0, 6, size=(n, 1))
    price = numeric.sum(1) + 0.5 * category[:, 0] + rng.normal(0, 0.1, n)
    return numeric, category, price.astype("float32")


def build_model():
    numeric = tf.keras.Input((4,), name="numeric")
    category = tf.keras.Input((1,), name="category", dtype="int32")
    embedded = layers.Flatten()(layers.Embedding(6, 3)(category))  # planted
    h = layers.Concatenate()([numeric, embedded])
    h = layers.Dense(16, activation="tanh")(h)
    out = layers.Dense(1)(h)
    model = tf.keras.Model([numeric, category], out)
    model.compile("adam", "mse")
    return model


def main():
    numeric, category, price = make_data()
    model = build_model()
    model.summary()
    model.fit([numeric, category], price, epochs=4, verbose=0)
    prediction = model.predict([numeric[:5], category[:5]], verbose=0)
    model.save("prices.keras")
    print("prediction", prediction.ravel().tolist())


if __name__ == "__main__":
    main()
