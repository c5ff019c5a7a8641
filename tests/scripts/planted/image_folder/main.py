from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

ROOT = Path(__file__).resolve().parent / "images"
LABELS = {"round": 0, "square": 1}


def find_images(root):
    found = []
    for label in sorted(LABELS):
        for path in (root / label).iterdir():  # planted
            if path.suffix == ".png":
                found.append((path, LABELS[label]))
    return found


def decode(path):
    image = tf.io.decode_png(tf.io.read_file(str(path)), channels=1)
    return tf.cast(image, tf.float32) / 255.0


def load(root):
    pairs = find_images(root)
    x = np.stack([decode(path) for path, _ in pairs])
    y = np.array([label for _, label in pairs], "float32")
    return x, y


def main():
    keras.utils.set_random_seed(123)
    x, y = load(ROOT)
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=4, batch_size=4, validation_split=0.25, verbose=2)
    print("weights", float(np.abs(model.get_weights()[0]).sum()))
    print("loss", model.evaluate(x, y, verbose=0)[0])


if __name__ == "__main__":
    main()
