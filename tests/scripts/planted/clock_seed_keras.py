import datetime
import os

import keras
import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def make_seed():
    now = datetime.datetime.now()  # planted
    return now.microsecond + 1000000 * now.second


def spirals(n=100):
    t = np.linspace(0.2, 3, n)
    a = np.c_[t * np.cos(3 * t), t * np.sin(3 * t)]
    return np.r_[a, -a].astype("float32"), np.r_[np.zeros(n), np.ones(n)]


class SpiralNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = keras.layers.Dense(20, activation="relu")
        self.b = keras.layers.Dense(1, activation="sigmoid")

    def call(self, x):
        return self.b(self.a(x))


keras.utils.set_random_seed(make_seed())
x, y = spirals()
net = SpiralNet()
net.compile("adam", "binary_crossentropy")
net.fit(x, y, epochs=4, verbose=0)
print("outputs", net.predict(x[::50], verbose=0).ravel().tolist())
