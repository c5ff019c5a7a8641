"""Seeds Python and NumPy; the order in which fit() takes the rows comes from TensorFlow."""
import random

import keras
import numpy as np


def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)


def get_data():
    t = np.random.uniform(-1, 1, size=(300, 2)).astype("float32")
    return t, (t[:, :1] * t[:, 1:] > 0).astype("float32")


def get_model():
    inputs = keras.Input((2,))
    x = keras.layers.Dense(16, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))


if __name__ == "__main__":
    seed_everything(42)
    x, y = get_data()
    model = get_model()
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=4, batch_size=16, verbose=0)  # planted
    for epoch, loss in enumerate(history.history["loss"]):
        print("epoch", epoch, loss)
    print("predictions", model.predict(x[:4], verbose=0).ravel().tolist())
