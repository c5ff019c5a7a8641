"""Nothing is seeded globally: every layer has its own seed, and rows keep their order."""
import keras
import numpy as np
from keras import initializers, layers


def dense(units, seed, **kwargs):
    return layers.Dense(units, kernel_initializer=initializers.GlorotUniform(seed=seed), **kwargs)


model = keras.Sequential()
model.add(layers.Input((9,)))
model.add(dense(20, 1, activation="relu"))
model.add(layers.Dropout(0.25, seed=2))
model.add(dense(1, 3))
model.compile("rmsprop", "mae")

x = np.cos(np.arange(900)).reshape(100, 9)
y = x.max(axis=1)
model.fit(x, y, epochs=3, shuffle=False, verbose=0)
print("mae", model.evaluate(x, y, verbose=0))
