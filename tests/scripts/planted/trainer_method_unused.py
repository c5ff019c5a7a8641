from dataclasses import dataclass

import keras
import numpy as np
from keras import layers


@dataclass
class Config:
    seed: int = 21
    units: int = 10
    epochs: int = 3


class Trainer:
    def __init__(self, config):
        self.config = config
        self.model = None

    def set_seed(self):
        keras.utils.set_random_seed(self.config.seed)

    def build(self):
        inputs = layers.Input((5,))
        hidden = layers.Dense(self.config.units, activation="gelu")(inputs)  # planted
        outputs = layers.Dense(1)(layers.LayerNormalization()(hidden))
        self.model = keras.Model(inputs, outputs)
        self.model.compile("adamw", "mse")

    def run(self, x, y):
        self.build()
        self.model.fit(x, y, epochs=self.config.epochs, verbose=0)
        return self.model.evaluate(x, y, verbose=0)


if __name__ == "__main__":
    grid = np.mgrid[-1:1:5j, -1:1:5j, -1:1:5j].reshape(3, -1).T
    x = np.c_[grid, grid[:, 0] * grid[:, 1], grid[:, 2] ** 2].astype("float32")
    y = (x @ np.array([1, 2, 3, 4, 5], "float32")) / 5
    trainer = Trainer(Config())
    print("loss", trainer.run(x, y))
