"""A plain script with dropout that does what is advised: it keeps the state of its generators.

`python kept_generators.py whole` trains for four epochs. `first DIRECTORY` trains for two and
leaves a checkpoint, from which `second DIRECTORY` goes on. The output of the model is printed.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import keras
import numpy as np

part, place, *options = *sys.argv[1:], ""
keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
x, y = rng.normal(size=(64, 8)).astype("float32"), rng.integers(0, 3, size=64)
model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(16), keras.layers.Dropout(0.5), keras.layers.Dense(3)]
)
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.optimizer.build(model.trainable_variables)


def find_generators():
    layers = (each for each in model.layers if hasattr(each, "seed_generator"))
    return [each.seed_generator.state for each in layers]


first_epoch = 0
if part == "second":
    first_epoch = 2
    model.load_weights(Path(place) / "x.weights.h5")
    if "--forget" not in options:
        with np.load(Path(place) / "generators.npz") as kept:
            for name, variable in zip(kept.files, find_generators(), strict=True):
                variable.assign(kept[name])
epochs = 2 if part == "first" else 4
model.fit(x, y, epochs=epochs, initial_epoch=first_epoch, shuffle=False, verbose=0)
if part == "first":
    model.save_weights(Path(place) / "x.weights.h5")
    np.savez(Path(place) / "generators.npz", *(each.numpy() for each in find_generators()))
print(hashlib.sha256(model.predict(x, verbose=0).tobytes()).hexdigest())
