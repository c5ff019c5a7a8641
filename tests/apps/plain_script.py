"""A plain Keras script: what `python -m runner builds=1` does, as anybody would write it."""

from __future__ import annotations

import sys

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits


def main(path: str, seed: int | None, shuffle: bool) -> None:
    """Train on the digits and save the outputs on the first 64 test rows."""
    if seed is not None:
        keras.utils.set_random_seed(seed)
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    order = np.random.RandomState(0).permutation(len(x))
    held = round(len(x) * 0.2)
    train, test = order[:-held], order[-held:]
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.build((None, 64))
    model.compile(
        keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    rows = tf.data.Dataset.from_tensor_slices((x[train], y[train])).cache()
    if shuffle:
        rows = rows.shuffle(len(train))
    model.fit(rows.batch(32).prefetch(2), epochs=5, verbose=0)
    metrics = model.evaluate(x[test], y[test], verbose=0, return_dict=True)
    np.savez(path, outputs=np.asarray(model(x[test][:64], training=False)), **metrics)


if __name__ == "__main__":
    main(sys.argv[1], None if sys.argv[2] == "unset" else int(sys.argv[2]), sys.argv[3] == "on")
