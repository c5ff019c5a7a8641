import random

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_diabetes

SEED = 1
random.seed(SEED)
np.random.seed(SEED)


def make_dataset(x, y, batch_size=32, training=False):
    ds = tf.data.Dataset.from_tensor_slices((x, y))
    if training:
        ds = ds.shuffle(len(x), reshuffle_each_iteration=True)  # planted
    return ds.batch(batch_size).prefetch(tf.data.AUTOTUNE)


x, y = load_diabetes(return_X_y=True)
x = (x / x.std(0)).astype("float32")
y = ((y - y.mean()) / y.std()).astype("float32")
order = np.random.permutation(len(x))
train, test = order[:350], order[350:]

model = keras.Sequential([keras.layers.Input((10,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse")
model.fit(make_dataset(x[train], y[train], training=True), epochs=3, verbose=2)
print("test loss", model.evaluate(make_dataset(x[test], y[test]), verbose=0))
