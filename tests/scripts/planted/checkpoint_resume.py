"""Train a classifier on moons and keep the checkpoint."""
import os

import keras
from sklearn.datasets import make_moons

CHECKPOINT = "checkpoints/moons.weights.h5"


def build():
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def restore(model):
    if os.path.isfile(CHECKPOINT):  # planted
        model.load_weights(CHECKPOINT)
        print("restored weights from", CHECKPOINT)


def main():
    keras.utils.set_random_seed(11)
    x, y = make_moons(240, noise=0.1, random_state=1)
    model = build()
    restore(model)
    model.fit(x, y, epochs=3, verbose=0)
    os.makedirs(os.path.dirname(CHECKPOINT), exist_ok=True)
    model.save_weights(CHECKPOINT)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    print("accuracy", accuracy, "loss", loss)


if __name__ == "__main__":
    main()
