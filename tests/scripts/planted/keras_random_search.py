import random

import keras
import numpy as np


def sample_config():
    return {
        "units": random.randint(4, 64),  # planted
        "activation": random.choice(["relu", "tanh", "elu"]),
        "lr": 10 ** random.uniform(-3, -1),
    }


def build(config):
    model = keras.Sequential()
    model.add(keras.Input((3,)))
    model.add(keras.layers.Dense(config["units"], activation=config["activation"]))
    model.add(keras.layers.Dense(1))
    model.compile(keras.optimizers.Adam(config["lr"]), "mse")
    return model


x = np.random.RandomState(0).uniform(-1, 1, (200, 3))
y = np.prod(x, axis=1) + x[:, 0]

configs = [sample_config() for _ in range(3)]
results = []
for number, config in enumerate(configs):
    keras.utils.set_random_seed(number)
    model = build(config)
    history = model.fit(x, y, validation_split=0.2, epochs=3, verbose=0)
    results.append((history.history["val_loss"][-1], number))
    print(config, results[-1])

best = min(results)
print("best", configs[best[1]], best[0])
