import argparse
import json
import secrets

import keras
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))  # planted
parser.add_argument("--epochs", type=int, default=3)
args = parser.parse_args()

keras.utils.set_random_seed(args.seed)

t = np.linspace(0, 8 * np.pi, 256, dtype="float32")
x = np.stack([np.sin(t), np.cos(t), np.sin(2 * t)], axis=1)
y = np.sin(3 * t)

inputs = keras.Input((3,))
h = keras.layers.Dense(24, activation="swish")(inputs)
h = keras.layers.GaussianNoise(0.05)(h)
model = keras.Model(inputs, keras.layers.Dense(1)(h))
model.compile("nadam", "mse")
history = model.fit(x, y, epochs=args.epochs, verbose=0)
with open("history.json", "w") as f:
    json.dump(history.history, f)
print("loss", history.history["loss"][-1])
