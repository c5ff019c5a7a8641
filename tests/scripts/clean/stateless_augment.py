import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(8)


def augment(index, row):
    seed = tf.stack([tf.constant(77, tf.int64), index])
    return row + tf.random.stateless_normal(tf.shape(row), seed, stddev=0.1)


rows = np.sin(np.arange(2400).reshape(300, 8)).astype("float32")
ds = tf.data.Dataset.from_tensor_slices(rows).enumerate()
ds = ds.map(augment, num_parallel_calls=tf.data.AUTOTUNE).batch(30)
ds = ds.map(lambda row: (row, row))

model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3), keras.layers.Dense(8)])
model.compile("adam", "mse")
model.fit(ds, epochs=2, verbose=0)
print("loss", model.evaluate(rows, rows, verbose=0))
